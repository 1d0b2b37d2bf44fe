/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_NPY_VALUES_H
#define VDIB_EVENTS_READERS_NPY_VALUES_H
/* The numbers of a NumPy array. */

#include "events/columns.h"
#include "events/readers/npy_header.h"

/* Whether elements of this type are numbers. */
bool vdib__npy_is_number(const vdib__npy_field *field);

/* The number at `at`, where the field begins; false if it has more than 63 bits. */
bool vdib__npy_number(const vdib__npy_field *field, const uint8_t *at, vdib__number *number);

/* What is no whole number of 62 bits. */
#define VDIB_NPY_NONE INT64_MIN

/* values (rows) = the numbers `stride` bytes apart times 10^power, rounded to whole ones (halves away from 0) or, if
 * `exact`, VDIB_NPY_NONE where they are none. */
void vdib__npy_values(const vdib__npy_field *field, const uint8_t *at, size_t stride, size_t rows, int power,
                      bool exact, int64_t *values);

#endif
