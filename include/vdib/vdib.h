/* SPDX-License-Identifier: MIT */
#ifndef VDIB_VDIB_H
#define VDIB_VDIB_H
/**
 * @file vdib.h
 * vdib: learn to decode time from spikes. This header includes the whole public interface.
 *
 * Rules that hold for all of it:
 *
 * **Errors.** A function that can fail returns a ::vdib_status and writes its results through its last parameters,
 * which are untouched on failure; vdib_last_message() says in one line what was wrong. Functions that cannot fail
 * return their value.
 *
 * **NULL.** A pointer may be NULL where its description says so, and nowhere else: NULL elsewhere is
 * ::VDIB_ERROR_ARGUMENT, or 0, NULL or nothing from a function that returns no status. vdib_thing_destroy(NULL) does
 * nothing.
 *
 * **Structs carry their size.** Every public struct but ::vdib_event and ::vdib_evaluation begins with `size_t size`:
 * its size in the program that was compiled with this header. Whoever declares the struct sets it, whether the struct
 * goes in or comes out:
 *
 *     vdib_progress progress = {.size = sizeof(vdib_progress)};              // C
 *     vdib_progress progress{}; progress.size = sizeof progress;             // C++
 *
 * Members are only ever added, at the end, and 0 means the default in those that the caller sets. So a program keeps
 * working with a later library: what it does not know is taken as 0, and is not written to it. With an earlier
 * library, members that the library does not know come out as 0, and must be 0 going in, else the call fails with
 * ::VDIB_ERROR_UNSUPPORTED. A size of 0 stands for the members that the struct has in 0.2.0: programs that say `=
 * {0}` work, but never see a member that comes later. Any other size that is too small to hold a member is
 * ::VDIB_ERROR_ARGUMENT. In structs that the library makes and lends (::vdib_example, and those that callbacks are
 * handed) the library sets the size: copy no more than that.
 *
 * **Callbacks.** A callback's first parameter is `void *user`. Where one is given to a function, `user` follows it;
 * where some stand in a struct, one `user` for all of them follows the last. A callback may be NULL only where that
 * is said. Callbacks are called from the calling thread unless their description says otherwise, and must not throw
 * C++ exceptions or leave by longjmp.
 *
 * **Threads.** Different objects may be used by different threads at once. One object is used by one thread at a time
 * unless its description says otherwise.
 */
#include "vdib/batch.h"
#include "vdib/benchmark.h"
#include "vdib/config.h"
#include "vdib/convert.h"
#include "vdib/dataset.h"
#include "vdib/evaluate.h"
#include "vdib/events.h"
#include "vdib/export.h"
#include "vdib/figures.h"
#include "vdib/file.h"
#include "vdib/gradient.h"
#include "vdib/import.h"
#include "vdib/memory.h"
#include "vdib/model.h"
#include "vdib/ranks.h"
#include "vdib/raster.h"
#include "vdib/results.h"
#include "vdib/ridge.h"
#include "vdib/run.h"
#include "vdib/series.h"
#include "vdib/status.h"
#include "vdib/stream.h"
#include "vdib/sweep.h"
#include "vdib/train.h"
#include "vdib/view.h"

#define VDIB_VERSION_MAJOR 0
#define VDIB_VERSION_MINOR 1
#define VDIB_VERSION_PATCH 0
#define VDIB_VERSION       "0.1.0"

/** The version as one number that grows: 10000 * major + 100 * minor + patch. */
#define VDIB_VERSION_NUMBER (10000 * VDIB_VERSION_MAJOR + 100 * VDIB_VERSION_MINOR + VDIB_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/** @return the version of the library at run time, "MAJOR.MINOR.PATCH"; compare with ::VDIB_VERSION. Thread-safe. */
VDIB_API const char *vdib_version(void);

/** @return ::VDIB_VERSION_NUMBER of the library at run time. Thread-safe. */
VDIB_API int vdib_version_number(void);

/** @return the cores that this process may use, by its affinity mask and its control group: what 0 threads stand for.
 * Thread-safe. */
VDIB_API size_t vdib_cores(void);

#ifdef __cplusplus
}
#endif
#endif
