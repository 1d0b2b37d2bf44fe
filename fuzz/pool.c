/* SPDX-License-Identifier: MIT */
/* Large blocks are kept from input to input: the system would map, clear and unmap their pages each time, which takes
 * longer than most inputs. A block that is kept is poisoned, so that its use after its release is seen; one that was
 * lost is known to nobody, so that it is seen as a leak. */
#include <stdint.h>
#include <stdlib.h>

#include <sanitizer/asan_interface.h>

#include "vdib/memory.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);

enum { LEAST = 16 << 10, MOST = 4 << 20, KEPT = 16, HEAD = 64 };

/* The blocks that were released, the oldest first; before each, its size, in bytes that are poisoned. */
static unsigned char *kept[KEPT];
static size_t kept_count;

static size_t *size_of(unsigned char *block) {
    return (size_t *)(void *)(block - HEAD);
}

__attribute__((no_sanitize("address"))) static size_t stated_size(unsigned char *block) {
    return *size_of(block);
}

static unsigned char *take_kept(size_t size) {
    for (size_t i = 0; i < kept_count; i++) {
        unsigned char *block = kept[i];
        if (stated_size(block) != size)
            continue;
        for (kept_count--; i < kept_count; i++)
            kept[i] = kept[i + 1];
        ASAN_UNPOISON_MEMORY_REGION(block, size);
        return block;
    }
    return NULL;
}

static void *allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    (void)alignment; /* HEAD at most */
    unsigned char *block = size >= LEAST && size <= MOST ? take_kept(size) : NULL;
    if (block != NULL)
        return block;
    block = aligned_alloc(HEAD, size + HEAD);
    if (block == NULL)
        return NULL;
    block += HEAD;
    *size_of(block) = size;
    ASAN_POISON_MEMORY_REGION(block - HEAD, HEAD);
    return block;
}

static void release(void *user, void *memory) {
    (void)user;
    unsigned char *block = memory;
    size_t size = stated_size(block);
    if (size < LEAST || size > MOST) {
        free(block - HEAD);
        return;
    }
    if (kept_count == KEPT) {
        free(kept[0] - HEAD);
        for (size_t i = 1; i < kept_count; i++)
            kept[i - 1] = kept[i];
        kept_count--;
    }
    ASAN_POISON_MEMORY_REGION(block, size);
    kept[kept_count++] = block;
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    static const vdib_allocator pool = {sizeof(vdib_allocator), allocate, release, NULL};
    (void)count;
    (void)arguments;
    return vdib_allocator_set(&pool) == VDIB_OK ? 0 : 1;
}
