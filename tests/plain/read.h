/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_PLAIN_READ_H
#define VDIB_TESTS_PLAIN_READ_H
/* Reading what the library wrote, without its code: TensorBoard event files and the report's page. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One point of a curve. */
typedef struct read_point {
    char tag[64];
    uint64_t step;
    float value;
} read_point;

/* The scalars of an event file, malloc'ed, in the order of the file; *count receives how many. Lengths and checksums of
 * all records are checked, and that the first record names the version. */
read_point *read_events(const char *path, size_t *count);

/* A whole text file, malloc'ed. */
char *read_text(const char *path);

/* A number as a page shows it: digits with commas, a typographic minus, an exponent. */
typedef struct read_number {
    double value;
    double half;     /* half a unit of its last digit */
    const char *end; /* behind it */
} read_number;
read_number read_shown(const char *text);

/* Fails unless a number that is shown at `text` is `want` rounded to the digits that are shown. */
void read_assert_shown(const char *text, double want, const char *what);

/* Where `part` is behind `from`; fails the test if it is not there. The result is behind the part. */
const char *read_behind(const char *from, const char *part);

#endif
