/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_LFS_H
#define VDIB_CORE_LFS_H
/* Git-LFS pointer files: a few lines of text in the place of data that were never fetched. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { VDIB_LFS_LARGEST = 1024 }; /* bytes; pointers are smaller by their specification */

static inline bool vdib__is_lfs_pointer(const uint8_t *bytes, size_t size) {
    static const char begin[] = "version https://git-lfs";
    return size >= sizeof begin - 1 && size < VDIB_LFS_LARGEST && memcmp(bytes, begin, sizeof begin - 1) == 0;
}

#define VDIB_LFS_MESSAGE "%s: is a Git-LFS pointer, not data; fetch the data with 'git lfs pull'"

#endif
