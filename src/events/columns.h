/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_COLUMNS_H
#define VDIB_EVENTS_COLUMNS_H
/* Events as rows of numbers, of text and of arrays: which column is what, in which unit time is, and what a row's
 * numbers are as an event. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/events.h"

enum { VDIB_COLUMNS_MOST = 16, VDIB_COLUMNS_SAMPLE = 256 };

/* A number: whole * 10^power, or a double. */
typedef struct vdib__number {
    bool is_real;
    int64_t whole;
    int power;
    double real;
} vdib__number;

/* Reads a decimal number, true or false; *at moves behind it. Digits beyond the 18th do not count. */
bool vdib__number_read(const char **at, const char *end, vdib__number *number);

/* The number times 10^power, rounded to a whole one; false if that has more than 62 bits. *exact (NULL: not asked):
 * whether nothing was rounded. */
bool vdib__number_scale(const vdib__number *number, int power, int64_t *value, bool *exact);

double vdib__number_value(const vdib__number *number);

typedef struct vdib__columns {
    int t, x, y, p; /* places of the columns; -1: there is none, y is 0, p ON */
    int power;      /* microseconds are times * 10^power */
    const char *unit;
    size_t width, height; /* of the sensor, 0: unknown */
} vdib__columns;

/* What a column's name (of `length` bytes) says; false if it is none that matters. Columns begin as vdib__columns_none.
 */
bool vdib__columns_name(vdib__columns *columns, int column, const char *name, size_t length);
extern const vdib__columns vdib__columns_none;

/* Whether names have said enough: t and x. */
bool vdib__columns_complete(const vdib__columns *columns);

/* Finds out by what the columns hold: rows (count, stride), of which the first four columns count. The orders are t x y
 * p, x y p t and x y t p: polarities are -1, 0 or 1, places whole numbers, times grow. */
bool vdib__columns_guess(const double *rows, size_t count, size_t stride, vdib__columns *columns);

/* Why rows (count, stride) are no recording, though their columns have names, static: none is an event, or polarities
 * are counted from 1, of which half would be lost. NULL: they are one. */
const char *vdib__columns_judge(const double *rows, size_t count, size_t stride, const vdib__columns *columns);

/* Finds out the unit of time, where no name said it, by the times of rows (count, stride): whole numbers are
 * microseconds, or nanoseconds from 10^17 on (since 1970); others seconds, or (if `thousandths` are to be told)
 * milliseconds where all are multiples of 0.001. */
void vdib__columns_time(const double *rows, size_t count, size_t stride, bool thousandths, vdib__columns *columns);

/* An event of its numbers, NULL where there is no column; false if they are none. */
bool vdib__columns_event(const vdib__columns *columns, const vdib__number *t, const vdib__number *x,
                         const vdib__number *y, const vdib__number *p, vdib_event *event);

#endif
