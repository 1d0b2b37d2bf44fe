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

/* ---- numbers (numbers.c) ---- */

/* A number: whole * 10^power, or a double. */
typedef struct vdib__number {
    bool is_real;
    int64_t whole;
    int power;
    double real;
} vdib__number;

/* Reads a decimal number, or 0 or 1 as a word (true, false, on, off, ...); *at moves behind it. Digits beyond the 18th
 * do not count. */
bool vdib__number_read(const char **at, const char *end, vdib__number *number);

/* The number times 10^power, rounded to a whole one; false if that has more than 62 bits. *exact (NULL: not asked):
 * whether nothing was rounded. */
bool vdib__number_scale(const vdib__number *number, int power, int64_t *value, bool *exact);

double vdib__number_value(const vdib__number *number);

/* ---- columns ---- */

typedef struct vdib__columns {
    int t, x, y, p;                       /* places of the columns; -1: there is none, y is 0, p ON */
    int nanos;                            /* nanoseconds beside whole seconds, as ROS has them; -1: there are none */
    int xy;                               /* an array that holds x and y; -1: there is none */
    unsigned boxes;                       /* names of the sides of boxes, which are no events: 1 w, 2 h */
    unsigned char rank_x, rank_y, rank_p; /* how sure their names are, 1 surest */
    int power;                            /* microseconds are times * 10^power */
    const char *unit, *unit_by;           /* name, and what said it, static; NULL: not known yet */
    size_t width, height;                 /* of the sensor, 0: unknown */
    const char *doubt;                    /* why the unit may be another one, static; NULL: nothing speaks against it */
    const char *order;                    /* by their values, static: "x y p t"; NULL: names say it */
    bool ambiguous;                       /* in another order the values are events as well */
    int off;                              /* polarities begin at 0 (or -1), or at 1: that is OFF then, and 2 is ON */
    const char *polarities;               /* what was made of them, static; NULL: they are 0 and 1 */
    bool rounds; /* places have fractions, as rectified ones do: they are rounded, and counted */
} vdib__columns;

extern const vdib__columns vdib__columns_none;

/* What a column's name (of `length` bytes) says; false if it is none that matters. Columns begin as vdib__columns_none.
 */
bool vdib__columns_name(vdib__columns *columns, int column, const char *name, size_t length);

/* After the last name: whether they have said enough, t and x. */
bool vdib__columns_complete(vdib__columns *columns);

/* The same where an array may hold x and y ("xy"): x and y are the same place then. */
bool vdib__columns_complete_pairs(vdib__columns *columns);

/* Whether x and y stand in one array. */
static inline bool vdib__columns_paired(const vdib__columns *columns) {
    return columns->x >= 0 && columns->x == columns->y;
}

/* Whether the names are those of boxes around objects, and what messages say of these. */
bool vdib__columns_are_boxes(const vdib__columns *columns);
#define VDIB_COLUMNS_BOXES                                                                                             \
    "%s: holds boxes around objects (columns w and h), no events; give the file of the recording beside it"

/* Sets the unit that `power` stands for; `by` says what said so, static. */
void vdib__columns_set_unit(vdib__columns *columns, int power, const char *by);

/* What `unit_by` is where the unit was recognised. */
extern const char *const vdib__columns_by_numbers;

/* Sets the unit that a user names: s, ms, us, ns or a longer word; false if it is none. */
bool vdib__columns_ask_unit(vdib__columns *columns, const char *word);

/* Finds out by what the columns hold: rows (count, stride), NaN behind their last number. First the orders t x y p, x y
 * p t and x y t p are tried, then all others in which x is before y, then polarities of 1 and 2, then those of rows
 * that begin with their number, which go first where the first column counts or stands still. Of three columns (NaN in
 * the fourth, or none) p or y is missing, and one order alone may have times that grow, in eight rows or more.
 * Polarities are -1, 0 or 1, places whole numbers, times grow. */
bool vdib__columns_guess(const double *rows, size_t count, size_t stride, vdib__columns *columns);

/* Looks at places and polarities of rows (count, stride), and says (static) why they are no recording, though their
 * columns are known: none is an event. NULL: they are one. */
const char *vdib__columns_judge(const double *rows, size_t count, size_t stride, vdib__columns *columns);

/* Finds out the unit of time, where nothing has said it, by the times of rows (count, stride): docs/data.md has the
 * rules. */
typedef enum vdib__times { VDIB_TIMES_TEXT, VDIB_TIMES_DOUBLE, VDIB_TIMES_SINGLE, VDIB_TIMES_PICTURES } vdib__times;
void vdib__columns_time(const double *rows, size_t count, size_t stride, vdib__times kind, vdib__columns *columns);

/* An event of its numbers, NULL where there is no column; false if they are none. Adds to *rounded where a place had a
 * fraction. */
bool vdib__columns_event(const vdib__columns *columns, const vdib__number *t, const vdib__number *x,
                         const vdib__number *y, const vdib__number *p, vdib_event *event, size_t *rounded);

/* What a recording says of its columns. */
void vdib__columns_tell(const vdib__columns *columns, vdib_events_info *info);

#endif
