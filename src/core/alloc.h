/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_ALLOC_H
#define VDIB_CORE_ALLOC_H
/* All memory of the library. Blocks are aligned to 64 bytes (a cache line, an AVX-512 register). */

#include <stddef.h>

#include "vdib/status.h"

/* Zero-filled block of count * size bytes (overflow is checked); sets the thread's message on failure. count 0 gives a
 * block that may be freed. */
vdib_status vdib__allocate(size_t count, size_t size, void **block);

/* The same without the zeros: what is never written takes no physical memory where the system gives pages at first use.
 */
vdib_status vdib__allocate_unset(size_t count, size_t size, void **block);

/* Bytes that the calling thread has allocated so far, freed ones too: the difference around a call is what that
 * allocates. */
size_t vdib__allocated(void);

/* Allocations of the calling thread that failed so far: the difference around a call that answers yes or no tells
 * whether it could look. */
size_t vdib__allocations_failed(void);

/* Frees a block of vdib__allocate or vdib__allocate_unset; NULL is safe. */
void vdib__free(void *block);

/* Makes *block hold at least `count` elements of `size` bytes: contents up to *capacity elements are kept, *capacity is
 * updated, growth is geometric. *block may be NULL with *capacity 0. */
vdib_status vdib__reserve(void **block, size_t *capacity, size_t count, size_t size);

/* Copy of a string, to be freed with vdib__free. */
vdib_status vdib__strdup(const char *text, char **copy);

/* Typed forms: VDIB_NEW(&pointer, count), VDIB_NEW_UNSET(&pointer, count) and VDIB_RESERVE(&pointer, &capacity, count).
 */
#define VDIB_NEW(pointer, count)       vdib__allocate((count), sizeof **(pointer), (void **)(pointer))
#define VDIB_NEW_UNSET(pointer, count) vdib__allocate_unset((count), sizeof **(pointer), (void **)(pointer))
#define VDIB_RESERVE(pointer, capacity, count)                                                                         \
    vdib__reserve((void **)(pointer), (capacity), (count), sizeof **(pointer))

#endif
