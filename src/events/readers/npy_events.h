/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_NPY_EVENTS_H
#define VDIB_EVENTS_READERS_NPY_EVENTS_H
/* Events in arrays of NumPy: in one array with a row an event, or column by column in an array of its own each. */

#include "events/columns.h"
#include "events/readers/npy_header.h"
#include "events/readers/npy_values.h"

/* t, x, y, p; columns of an array without names, at most; rows that are converted at once */
enum { VDIB_NPY_ROLES = 4, VDIB_NPY_WIDEST = 5, VDIB_NPY_BLOCK = 1024 };

/* Where the values of one column are. */
typedef struct vdib__npy_column {
    bool present;
    vdib__npy_field field; /* its offset is that in a row */
    size_t stride;         /* bytes from a value to that of the next row */
    vdib__bytes *bytes;    /* at the next row; columns of one array may share them */
    vdib__bytes own;       /* of a column that lies apart */
    char *path;            /* of the file that it is in, where that is not the recording's; owned */
} vdib__npy_column;

typedef struct vdib__npy_events {
    vdib__bytes *bytes; /* of the file, where what is wrong is counted */
    vdib__columns columns;
    vdib__npy_column of[VDIB_NPY_WIDEST];           /* of the roles; while these are found, as in the array */
    uint64_t rows;                                  /* that were not read */
    bool ended;                                     /* what was wrong behind them is counted */
    int64_t values[VDIB_NPY_ROLES][VDIB_NPY_BLOCK]; /* of the rows at hand; absent columns: 0, p 1 */
    uint8_t fraction[VDIB_NPY_BLOCK];               /* whether x or y had one, where they are rounded */
} vdib__npy_events;

/* Whether an array holds events by its shape: records or four columns do, perhaps three and five. */
typedef enum vdib__npy_likeness { VDIB_NPY_OTHER, VDIB_NPY_PERHAPS, VDIB_NPY_EVENTS } vdib__npy_likeness;
vdib__npy_likeness vdib__npy_events_like(const vdib__npy *header);

/* Sets the type of a column's numbers and, of times that say it, the unit; false if these are no numbers. */
bool vdib__npy_set_type(vdib__npy_events *events, vdib__npy_column *column, const vdib__npy_field *type);

/* Finds the columns in one array, whose header was taken from `array`. *events is new, but for its `bytes`; its columns
 * are closed by vdib__npy_events_close, after failure too. `array` outlives it. */
vdib_status vdib__npy_events_of(vdib__bytes *array, const vdib__npy *header, vdib__npy_events *events);

/* The same of an array without names whose columns are known: places of t, x, y, p, -1 where there is none. */
vdib_status vdib__npy_events_in_order(vdib__bytes *array, const vdib__npy *header, const int places[VDIB_NPY_ROLES],
                                      vdib__npy_events *events);

/* Column `role` (t, x, y, p, in this order) is an array of its own, whose header was taken; it is closed with *events,
 * after failure too. All have as many numbers as the times. */
vdib_status vdib__npy_events_column(vdib__npy_events *events, size_t role, const vdib__npy *header, vdib__bytes array);

/* The same of x or y, which one array holds both of: N x 2, or 2 x N. */
vdib_status vdib__npy_events_pair(vdib__npy_events *events, size_t role, const vdib__npy *header, vdib__bytes array);

/* Finds out by their values what the first `wide` columns are, arrays that were placed as they stand in the file
 * (vdib__npy_events_column). */
vdib_status vdib__npy_events_guess(vdib__npy_events *events, const char *path, unsigned wide);

/* Looks at the first rows of columns that are in place: unit of time (info->unit: the one asked for), polarities,
 * fractions; *info says what was found. */
vdib_status vdib__npy_events_begin(vdib__npy_events *events, vdib_events_info *info);

/* As a reader's read. */
vdib_status vdib__npy_events_read(vdib__npy_events *events, vdib_events_info *info, vdib_event *to, size_t capacity,
                                  size_t *count);

void vdib__npy_events_close(vdib__npy_events *events);

#endif
