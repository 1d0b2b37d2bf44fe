/* SPDX-License-Identifier: MIT */
#ifndef VDIB_REPORT_VIEW_VIEW_H
#define VDIB_REPORT_VIEW_VIEW_H
/* Recordings to look at: events in windows of time (view.c), what pixels sent in them (cells.c), pictures of few
 * colours (canvas.c), and what they are put into. */

#include "core/file.h"
#include "vdib/events.h"
#include "vdib/view.h"

/* ---- a recording ---- */

struct vdib_view {
    char *path;
    vdib_event *events; /* (first[info.pictures]), by windows */
    size_t capacity;
    size_t *first;   /* (info.pictures + 1): the first event of a window */
    size_t channels; /* of a sensor without rows; 0: it has rows and columns */
    size_t pool;     /* pixels of the sensor, or channels, to a side of a cell of pictures */
    size_t full;     /* events of such a cell in a window from which on it has the full colour */
    vdib_view_info info;
};

/* Sides of pictures at most, without what stands below. */
enum { VDIB_VIEW_SIDE = 640 };

/* The unit in which times of a recording are said: s, ms or us, microseconds in one, and digits behind the point. */
typedef struct vdib__time_unit {
    const char *name;
    double us;
    int digits;
} vdib__time_unit;
vdib__time_unit vdib__view_unit(const vdib_view *view);

/* ---- what pixels sent ---- */

/* Events by polarity of the cells of a picture. */
typedef struct vdib__cells {
    size_t width, height;
    uint32_t *counts; /* (height, width, 2): OFF, ON */
} vdib__cells;

/* Cells for the sensor, `pool` x `pool` pixels each; of channels over time, as many columns and `pool` channels a row.
 */
vdib_status vdib__cells_new(const vdib_view *view, size_t pool, size_t columns, vdib__cells *cells);

/* The events of windows first <= w < last. */
void vdib__cells_count(const vdib_view *view, size_t first, size_t last, size_t pool, vdib__cells *cells);

/* The colour of a cell of which `full` events have the full one; both, where the rarer polarity has half as many as
 * the other. */
uint8_t vdib__cell_colour(const uint32_t counts[2], size_t full);

/* ---- pictures of few colours ---- */

enum {
    VDIB_COLOUR_PAPER = 0,
    VDIB_COLOUR_ON = 1,  /* three of them, from faint to strong */
    VDIB_COLOUR_OFF = 4, /* likewise */
    VDIB_COLOUR_BOTH = 7,
    VDIB_COLOUR_INK = 10,
    VDIB_COLOUR_SOFT,
    VDIB_COLOUR_LINE,
    VDIB_COLOUR_CARD,
    VDIB_COLOURS
};
enum { VDIB_SHADES = 3 };

/* Red, green, blue of each. */
extern const uint8_t vdib__view_colours[VDIB_COLOURS][3];

typedef struct vdib__canvas {
    size_t width, height;
    uint8_t *pixels; /* (height, width): colours */
} vdib__canvas;

vdib_status vdib__canvas_new(size_t width, size_t height, uint8_t colour, vdib__canvas *canvas);

/* A rectangle, as far as it lies on the canvas. */
void vdib__canvas_fill(vdib__canvas *canvas, size_t x, size_t y, size_t width, size_t height, uint8_t colour);

/* Text of ASCII, `scale` times 5 x 7 pixels a letter with one to the next; other letters are a box each. Returns how
 * wide it is. */
enum { VDIB_LETTER_WIDTH = 6, VDIB_LETTER_HEIGHT = 7 };
size_t vdib__canvas_text(vdib__canvas *canvas, size_t x, size_t y, size_t scale, uint8_t colour, const char *text);
size_t vdib__text_width(const char *text, size_t scale);

/* Cells, `scale` times as large. */
void vdib__canvas_cells(vdib__canvas *canvas, size_t x, size_t y, size_t scale, const vdib__cells *cells, size_t full);

/* ---- PNG files of these colours (apng.c) ---- */

typedef struct vdib__apng {
    vdib__writer *writer; /* borrowed */
    size_t width, height, frames, made;
    double fps;
    uint32_t sequence;
    uint8_t *rows, *packed; /* a picture before and after compression */
    size_t room;
} vdib__apng;

/* Begins a PNG of `frames` pictures, an ordinary one if that is 1. */
vdib_status vdib__apng_begin(vdib__writer *writer, size_t width, size_t height, size_t frames, double fps,
                             vdib__apng *apng);
vdib_status vdib__apng_add(vdib__apng *apng, const vdib__canvas *canvas);
/* Ends the PNG if all pictures were added and `status` is VDIB_OK; frees what is in *apng. Returns the first
 * failure. */
vdib_status vdib__apng_end(vdib__apng *apng, vdib_status status);

#endif
