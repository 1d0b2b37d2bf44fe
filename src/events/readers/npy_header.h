/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_NPY_HEADER_H
#define VDIB_EVENTS_READERS_NPY_HEADER_H
/* The header of a NumPy array: type, order and shape. */

#include "events/bytes.h"

#include <stdbool.h>

enum { VDIB_NPY_FIELDS = 16, VDIB_NPY_NAME = 32, VDIB_NPY_RANK = 4 };

/* The type of an array's elements, or one field of records. */
typedef struct vdib__npy_field {
    char name[VDIB_NPY_NAME]; /* "": no record */
    char kind;                /* b, i, u, f; m and M are times; others are no numbers */
    bool has_unit;            /* times in s, ms, us or ns: microseconds are times * 10^power */
    int power;
    bool big;            /* big endian */
    size_t size, offset; /* bytes, in a record */
} vdib__npy_field;

typedef struct vdib__npy {
    vdib__npy_field fields[VDIB_NPY_FIELDS]; /* (count) */
    size_t count, item;                      /* fields; bytes of an element or record */
    bool fortran;                            /* the first index is the fastest */
    size_t rank;
    uint64_t shape[VDIB_NPY_RANK];
} vdib__npy;

/* Whether a file that begins so is such an array. */
bool vdib__npy_is(const uint8_t *begin, size_t count);

/* Whether it is an array of records, and how many elements it has if all but one of its dimensions are 1. */
bool vdib__npy_is_record(const vdib__npy *header);
bool vdib__npy_is_list(const vdib__npy *header, uint64_t *count);

/* Takes the header; what is behind it are the elements. */
vdib_status vdib__npy_header(vdib__bytes *bytes, vdib__npy *header);

#endif
