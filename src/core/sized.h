/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_SIZED_H
#define VDIB_CORE_SIZED_H
/* Structs that cross the public interface begin with their size in bytes, as the program that uses the library was
 * compiled with it (the rule stands in vdib.h). Public functions pass them through these; inside the library they are
 * always whole.
 *
 *     vdib_binning used;
 *     VDIB_TRY(VDIB_SIZED_READ(vdib_binning, binning, &used));          a struct that the caller fills
 *     VDIB_TRY(VDIB_SIZED_CHECK(vdib_binning_report, report));      a struct that the library fills: before
 *     VDIB_SIZED_WRITE(vdib_binning_report, &counted, report);      and after the work
 */

#include <stddef.h>

#include "vdib/convert.h"
#include "vdib/evaluate.h"
#include "vdib/events.h"
#include "vdib/ranks.h"
#include "vdib/status.h"
#include "vdib/train.h"
#include "vdib/view.h"

/* What a size of 0 stands for: the struct as it was in 0.2.0, the first version with sizes. A struct that has grown
 * since has a row here, with the first member that it had not. */
#ifdef __cppcheck__ /* it reads no _Generic inside of conditions */
#define VDIB_SIZED_FIRST(type) sizeof(type)
#else
#define VDIB_SIZED_FIRST(type)                                                                                         \
    _Generic((type *)NULL, vdib_progress *                                                                             \
             : offsetof(vdib_progress, encoder_learning_rate), vdib_shown *                                            \
             : offsetof(vdib_shown, draws), vdib_evaluation_options *                                                  \
             : offsetof(vdib_evaluation_options, spikes), vdib_events_info *                                           \
             : offsetof(vdib_events_info, outside), vdib_packets_options *                                             \
             : offsetof(vdib_packets_options, from_us), vdib_conversion *                                              \
             : offsetof(vdib_conversion, unit), vdib_view_options *                                                    \
             : offsetof(vdib_view_options, unit), vdib_run_options *                                                   \
             : offsetof(vdib_run_options, init), vdib_resume_options *                                                 \
             : offsetof(vdib_resume_options, ranks), default                                                           \
             : sizeof(type))
#endif

/* Copies *given to *copy, whose size is set to its own. Members that the caller does not know are 0; members that
 * this library does not know must be 0. VDIB_ERROR_ARGUMENT if given is NULL or its size is not set,
 * VDIB_ERROR_UNSUPPORTED if it sets a member that this library does not know. */
#define VDIB_SIZED_READ(type, given, copy)                                                                             \
    vdib__sized_read(#type, (const type *){(given)}, VDIB_SIZED_FIRST(type), (type *){(copy)}, sizeof(type))

/* As VDIB_SIZED_READ, where NULL means that every member is 0. */
#define VDIB_SIZED_READ_OPTIONAL(type, given, copy)                                                                    \
    ((given) != NULL ? VDIB_SIZED_READ(type, given, copy) : (*(copy) = (type){.size = sizeof(type)}, VDIB_OK))

/* Whether a struct can be filled: VDIB_ERROR_ARGUMENT if it is NULL or its size is not set. */
#define VDIB_SIZED_CHECK(type, given) vdib__sized_check(#type, (const type *){(given)}, VDIB_SIZED_FIRST(type))

/* As VDIB_SIZED_CHECK, where NULL is legal. */
#define VDIB_SIZED_CHECK_OPTIONAL(type, given) ((given) == NULL ? VDIB_OK : VDIB_SIZED_CHECK(type, given))

/* Copies to *given, which was checked, as many bytes of *made as it has room for; what it has beyond becomes 0, its
 * size stays. given NULL: nothing. */
#define VDIB_SIZED_WRITE(type, made, given)                                                                            \
    vdib__sized_write((const type *){(made)}, sizeof(type), VDIB_SIZED_FIRST(type), (type *){(given)})

vdib_status vdib__sized_read(const char *type, const void *given, size_t first, void *copy, size_t size);
vdib_status vdib__sized_check(const char *type, const void *given, size_t first);
void vdib__sized_write(const void *made, size_t size, size_t first, void *given);

#endif
