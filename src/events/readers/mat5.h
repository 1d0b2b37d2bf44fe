/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_MAT5_H
#define VDIB_EVENTS_READERS_MAT5_H
/* The arrays of a MATLAB file of version 5 (`.mat`, as MATLAB, Octave and SciPy save by default): "MAT-File Level 5
 * File Format", The MathWorks. A file is a header of 128 bytes and elements behind each other, of which a variable may
 * be packed by zlib. */

#include "events/bytes.h"
#include "events/readers/npy_header.h"

enum { VDIB_MAT5_ARRAYS = 64, VDIB_MAT5_NAME = 64, VDIB_MAT5_HEADER = 128 };

/* A variable that is an array of numbers, or a field of one that is a structure. */
typedef struct vdib__mat5_array {
    char name[VDIB_MAT5_NAME], group[VDIB_MAT5_NAME]; /* "x" of "TD"; "" where it is no field */
    vdib__npy type;                                   /* of its numbers, in the order of columns, and its shape */
    uint64_t packed;                                  /* the file's byte where what is packed begins; 0: it is not */
    uint64_t begin;                                   /* of its numbers, in the file or in what is unpacked */
} vdib__mat5_array;

typedef struct vdib__mat5 {
    bool big; /* endian */
    bool cut; /* the file ends inside a variable */
    size_t count;
    vdib__mat5_array arrays[VDIB_MAT5_ARRAYS];
} vdib__mat5;

/* Whether a file that begins so is one. */
bool vdib__mat5_is(const uint8_t *begin, size_t count);

/* Lists the arrays of a file, the first VDIB_MAT5_ARRAYS of them; what is no array of numbers is passed over. `bytes`
 * can seek, and stay where they are. */
vdib_status vdib__mat5_list(const vdib__bytes *bytes, vdib__mat5 *mat);

/* The bytes of an array, at its first number. The file's must outlive them. */
vdib_status vdib__mat5_open(const vdib__bytes *bytes, const vdib__mat5_array *array, vdib__bytes *numbers);

#endif
