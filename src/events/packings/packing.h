/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_PACKINGS_PACKING_H
#define VDIB_EVENTS_PACKINGS_PACKING_H
/* A kind of compression, as a row of the table in unpack.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VDIB_PACKING_MAGIC = 10 }; /* bytes by which every kind is known */

/* What is being unpacked; the kind knows of what type. */
typedef struct vdib__codec {
    void *state;
} vdib__codec;

typedef enum vdib__outcome {
    VDIB_OUTCOME_MORE,    /* took or made something; nothing of both: wants more bytes */
    VDIB_OUTCOME_END,     /* of a member */
    VDIB_OUTCOME_DAMAGED, /* nothing more can be unpacked */
    VDIB_OUTCOME_WIDE     /* it would need more memory than is given, or something else that is not there */
} vdib__outcome;

typedef struct vdib__packing {
    const char *ending; /* of the names of such files: ".gz" */
    /* What is said (static): bytes that cannot be unpacked, the end inside a member, something else behind the last
     * member. */
    const char *damaged, *cut, *followed;
    const char *wide; /* what is said where it needs too much memory, or where this build cannot unpack it */

    /* Whether a file or member begins so, of which `count` bytes are there: all, or VDIB_PACKING_MAGIC at least.
     * Nothing else may be given to `step`: libzstd would unpack its formats of before 2016, too, and make things up. */
    bool (*begins)(const uint8_t *at, size_t count);
    /* Before the first member, `size` bytes with all others (VDIB_SIZE_UNKNOWN: a pipe), and before each other one;
     * false: out of memory. begin NULL: this build cannot unpack it. */
    bool (*begin)(vdib__codec *codec, uint64_t size);
    bool (*again)(vdib__codec *codec);
    /* Unpacks some of in[0..count) to out[0..capacity): *used and *made bytes. */
    vdib__outcome (*step)(vdib__codec *codec, const uint8_t *in, size_t count, size_t *used, uint8_t *out,
                          size_t capacity, size_t *made);
    void (*end)(vdib__codec *codec);
} vdib__packing;

extern const vdib__packing vdib__packing_gzip, vdib__packing_zstd, vdib__packing_bzip2, vdib__packing_xz,
    vdib__packing_lz4;

/* What is said of a kind. */
#define VDIB_PACKING_SAYS(what)                                                                                        \
    .damaged = "its " what " data are damaged from here on, and what follows is lost",                                 \
    .cut = "its " what " data end early, and what follows is lost",                                                    \
    .followed = "bytes that are no " what " data follow"
#define VDIB_PACKING_WITHOUT(what, option)                                                                             \
    .wide = "is compressed by " what ", which this build of vdib was made without (" option                            \
            "); unpack it, or build vdib with it"

#endif
