/* SPDX-License-Identifier: MIT */
#ifndef VDIB_MEMORY_H
#define VDIB_MEMORY_H
/**
 * @file memory.h
 * Replacing the allocator, which only programs need that manage memory themselves; and giving memory back.
 */
#include <stddef.h>

#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where the library's memory comes from. The struct is copied. Both functions are called from several threads at
 * once. */
typedef struct vdib_allocator {
    size_t size; /**< sizeof(vdib_allocator), set by the caller */
    /** Returns a block of at least `size` bytes (size > 0) aligned to `alignment` (a power of two), or NULL. */
    void *(*allocate)(void *user, size_t size, size_t alignment);
    /** Frees a block that `allocate` returned; never called with NULL. */
    void (*release)(void *user, void *block);
    /** Handed to both. */
    void *user;
} vdib_allocator;

/**
 * Replaces the allocator of the whole process; NULL restores the standard one. This is the library's only process-wide
 * setting: call it before any other vdib function, from one thread, while no vdib object exists.
 */
VDIB_API vdib_status vdib_allocator_set(const vdib_allocator *allocator);

/** Frees memory that the library handed out where a function's description names this one; NULL is safe. */
VDIB_API void vdib_memory_free(void *memory);

#ifdef __cplusplus
}
#endif
#endif
