/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_FILE_KEY_H
#define VDIB_CORE_FILE_KEY_H
/* What a file is known by when what was made of it is looked for again. */

#include <stdbool.h>
#include <stdint.h>

/* Of a file's content. */
typedef struct vdib__file_key {
    uint64_t words[2];
} vdib__file_key;

/* The key of a file: `part` (what of the file, as what; any text), its size and time of change, and the bytes at its
 * beginning, in its middle and at its end. false: it cannot be read. */
bool vdib__file_key_of(const char *path, const char *part, vdib__file_key *key);

#endif
