/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise */
#include "core/alloc.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/error.h"
#include "core/memory_limit.h"
#include "core/sized.h"
#include "core/text.h"
#include "vdib/memory.h"

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

/* Large blocks ask for huge pages: kernels walk down columns of weights, where every row is on a page of its own, and
 * the translation of its address would cost more than its numbers. */
static void *allocate_pages(size_t size, size_t alignment) {
    if (size < (size_t)2 * HUGE_PAGE || size > SIZE_MAX - HUGE_PAGE)
        return aligned_alloc(alignment, size);
    size_t pages = (size + HUGE_PAGE - 1) / HUGE_PAGE;
    void *block = aligned_alloc(HUGE_PAGE, pages * HUGE_PAGE);
#if defined(MADV_HUGEPAGE)
    if (block != NULL)
        (void)madvise(block, pages * HUGE_PAGE, MADV_HUGEPAGE); /* a wish: nothing depends on it */
#endif
    return block;
}

static _Thread_local bool beyond; /* the last allocation that failed did so for the bound */

/* What is counted is what the C library sets aside, since that is known when a block is freed. */
static void *standard_allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    if (vdib__memory_limit() == SIZE_MAX)
        return allocate_pages(size, alignment);
    beyond = !vdib__memory_take(size);
    if (beyond)
        return NULL;
    void *block = allocate_pages(size, alignment);
    vdib__memory_give_back(size);
    beyond = block != NULL && !vdib__memory_take(malloc_usable_size(block));
    if (!beyond)
        return block;
    free(block);
    return NULL;
}

static void standard_release(void *user, void *block) {
    (void)user;
    if (vdib__memory_limit() != SIZE_MAX)
        vdib__memory_give_back(malloc_usable_size(block));
    free(block);
}

static vdib_allocator current = {sizeof(vdib_allocator), standard_allocate, standard_release, NULL};

vdib_status vdib_allocator_set(const vdib_allocator *allocator) {
    if (allocator == NULL) {
        current = (vdib_allocator){sizeof(vdib_allocator), standard_allocate, standard_release, NULL};
        return VDIB_OK;
    }
    vdib_allocator given;
    VDIB_TRY(VDIB_SIZED_READ(vdib_allocator, allocator, &given));
    if (given.allocate == NULL || given.release == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_allocator_set: both functions must be given");
    current = given;
    return VDIB_OK;
}

void vdib_memory_free(void *memory) {
    vdib__free(memory);
}

static _Thread_local size_t allocated, failed;

size_t vdib__allocated(void) {
    return allocated;
}

size_t vdib__allocations_failed(void) {
    return failed;
}

static vdib_status try_to_allocate(size_t count, size_t size, void **block) {
    if (size != 0 && count > (SIZE_MAX - ALIGNMENT) / size)
        return vdib__fail(VDIB_ERROR_MEMORY, "%zu element%s of %zu byte%s do not fit in memory", count, vdib__s(count),
                          size, vdib__s(size));
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes == 0)
        bytes = ALIGNMENT;
    void *memory = current.allocate(current.user, bytes, ALIGNMENT);
    if (memory == NULL && current.allocate == standard_allocate && beyond)
        return vdib__memory_refuse(bytes);
    if (memory == NULL)
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: %zu byte%s could not be allocated", bytes, vdib__s(bytes));
    allocated += bytes;
    *block = memory;
    return VDIB_OK;
}

vdib_status vdib__allocate_unset(size_t count, size_t size, void **block) {
    vdib_status status = try_to_allocate(count, size, block);
    failed += status != VDIB_OK;
    return status;
}

vdib_status vdib__allocate(size_t count, size_t size, void **block) {
    VDIB_TRY(vdib__allocate_unset(count, size, block));
    memset(*block, 0, count * size);
    return VDIB_OK;
}

void vdib__free(void *block) {
    if (block != NULL)
        current.release(current.user, block);
}

vdib_status vdib__reserve(void **block, size_t *capacity, size_t count, size_t size) {
    if (*block != NULL && count <= *capacity)
        return VDIB_OK;
    size_t grown = *capacity + *capacity / 2;
    if (grown < count)
        grown = count;
    if (grown < 16)
        grown = 16;
    void *larger = NULL;
    VDIB_TRY(vdib__allocate(grown, size, &larger));
    if (*block != NULL)
        memcpy(larger, *block, *capacity * size);
    vdib__free(*block);
    *block = larger;
    *capacity = grown;
    return VDIB_OK;
}

vdib_status vdib__strdup(const char *text, char **copy) {
    size_t size = strlen(text) + 1;
    char *memory = NULL;
    VDIB_TRY(VDIB_NEW(&memory, size));
    memcpy(memory, text, size);
    *copy = memory;
    return VDIB_OK;
}
