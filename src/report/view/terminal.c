/* SPDX-License-Identifier: MIT */
/* A recording as text: two cells a letter, one above the other, in Unicode half blocks. */
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "report/view/view.h"

enum {
    LEAST_COLUMNS = 20,
    MOST_COLUMNS = 500,
    BESIDE = 2, /* pictures beside each other, at least, */
    MOST_BESIDE = 6,
    NARROW = 40,  /* but one where there are fewer columns */
    GAP = 2,      /* columns between them */
    LINES = 2,    /* rows of pictures */
    TALL = 2,     /* cells of a picture, one above the other, for a column of the terminal, at most */
    CHANNELS = 48 /* cells of channels over time, one above the other */
};

/* Text that is being made. */
typedef struct page {
    vdib__writer writer;
    bool colour;
    vdib_status status; /* the first failure */
} page;

static void put(page *p, const char *text) {
    if (p->status == VDIB_OK)
        p->status = vdib__writer_put(&p->writer, text, strlen(text));
}

static void put_blanks(page *p, size_t count) {
    for (size_t i = 0; i < count; i++)
        put(p, " ");
}

static void put_colour(page *p, int layer, uint8_t colour) {
    char text[32];
    const uint8_t *c = vdib__view_colours[colour];
    snprintf(text, sizeof text, "\x1B[%d;2;%d;%d;%dm", layer, c[0], c[1], c[2]);
    put(p, text);
}

/* A letter for the upper and the lower cell. */
static void put_pair(page *p, uint8_t upper, uint8_t lower) {
    enum { FOREGROUND = 38, BACKGROUND = 48 };
    bool above = upper != VDIB_COLOUR_PAPER, below = lower != VDIB_COLOUR_PAPER;
    if (!above && !below) {
        put(p, " ");
        return;
    }
    if (p->colour) {
        put_colour(p, FOREGROUND, above ? upper : lower);
        if (above && below)
            put_colour(p, BACKGROUND, lower);
    }
    put(p, above && below && !p->colour ? "\xE2\x96\x88" : above ? "\xE2\x96\x80" : "\xE2\x96\x84");
    if (p->colour)
        put(p, "\x1B[0m");
}

/* One line of a picture. */
static void put_line(page *p, const vdib__cells *cells, size_t line, size_t full) {
    const uint32_t none[2] = {0, 0}, *upper = &cells->counts[2 * (2 * line) * cells->width];
    bool below = 2 * line + 1 < cells->height;
    for (size_t x = 0; x < cells->width; x++)
        put_pair(p, vdib__cell_colour(upper + 2 * x, full),
                 vdib__cell_colour(below ? upper + 2 * (cells->width + x) : none, full));
}

/* From how many events on these cells have the full colour. */
static size_t full_of(const vdib__cells *cells) {
    size_t events = 0, active = 0;
    for (size_t i = 0; i < cells->width * cells->height; i++) {
        size_t count = (size_t)cells->counts[2 * i] + cells->counts[2 * i + 1];
        events += count;
        active += count > 0;
    }
    size_t full = active > 0 ? 2 * events / active : 0;
    return full < VDIB_SHADES ? VDIB_SHADES : full;
}

/* ---- pictures beside each other ---- */

typedef struct grid {
    size_t beside, pictures, pool, width, height; /* of a picture: cells */
} grid;

static grid grid_of(const vdib_view *view, size_t columns) {
    grid g = {.beside = columns < NARROW ? 1 : (columns + GAP) / (view->info.width + GAP)};
    if (columns >= NARROW)
        g.beside = g.beside < BESIDE ? BESIDE : g.beside > MOST_BESIDE ? MOST_BESIDE : g.beside;
    size_t room = (columns - GAP * (g.beside - 1)) / g.beside;
    size_t wide = (view->info.width - 1) / room + 1, tall = (view->info.height - 1) / (TALL * columns) + 1;
    g.pool = wide > tall ? wide : tall;
    g.width = (view->info.width - 1) / g.pool + 1;
    g.height = (view->info.height - 1) / g.pool + 1;
    g.pictures = LINES * g.beside < view->info.pictures ? LINES * g.beside : view->info.pictures;
    return g;
}

/* The first window of a picture. */
static size_t begin_of(const vdib_view *view, const grid *g, size_t picture) {
    return picture * view->info.pictures / g->pictures;
}

static void put_caption(page *p, const vdib_view *view, size_t first, size_t last, size_t width, bool ends) {
    char text[96];
    vdib__time_unit unit = vdib__view_unit(view);
    double window = (double)view->info.window_us / unit.us;
    size_t events = view->first[last] - view->first[first];
    int length = vdib__format(text, sizeof text, "%.*f .. %.*f %s, %zu event%s", unit.digits, window * (double)first,
                              unit.digits, window * (double)last, unit.name, events, vdib__s(events));
    size_t used = (size_t)length < width ? (size_t)length : width;
    text[used] = '\0';
    put(p, text);
    if (!ends)
        put_blanks(p, width - used + GAP);
}

/* A row of pictures, from number `from` to before `to`. */
static void put_row(page *p, const vdib_view *view, const grid *g, size_t from, size_t to, vdib__cells *cells) {
    for (size_t i = from; i < to; i++) {
        vdib__cells_count(view, begin_of(view, g, i), begin_of(view, g, i + 1), g->pool, &cells[i - from]);
        put_caption(p, view, begin_of(view, g, i), begin_of(view, g, i + 1), g->width, i + 1 == to);
    }
    put(p, "\n");
    for (size_t line = 0; line < (g->height + 1) / 2; line++) {
        for (size_t i = from; i < to; i++) {
            put_line(p, &cells[i - from], line, full_of(&cells[i - from]));
            put_blanks(p, i + 1 < to ? GAP : 0);
        }
        put(p, "\n");
    }
}

static vdib_status put_grid(page *p, const vdib_view *view, size_t columns) {
    grid g = grid_of(view, columns);
    vdib__cells cells[MOST_BESIDE] = {0};
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < g.beside && status == VDIB_OK; i++)
        status = vdib__cells_new(view, g.pool, 0, &cells[i]);
    for (size_t from = 0; from < g.pictures && status == VDIB_OK; from += g.beside)
        put_row(p, view, &g, from, from + g.beside < g.pictures ? from + g.beside : g.pictures, cells);
    for (size_t i = 0; i < g.beside; i++)
        vdib__free(cells[i].counts);
    return status;
}

/* ---- channels over time ---- */

static vdib_status put_channels(page *p, const vdib_view *view, size_t columns) {
    vdib__cells cells = {0};
    char text[96];
    size_t pool = (view->channels - 1) / CHANNELS + 1;
    VDIB_TRY(vdib__cells_new(view, pool, columns, &cells));
    vdib__cells_count(view, 0, view->info.pictures, pool, &cells);
    for (size_t line = 0; line < (cells.height + 1) / 2; line++) {
        put_line(p, &cells, line, full_of(&cells));
        put(p, "\n");
    }
    vdib__time_unit unit = vdib__view_unit(view);
    vdib__format(text, sizeof text, "0 .. %.*f %s, channels 0 (below) to %zu\n", unit.digits,
                 (double)view->info.window_us * (double)view->info.pictures / unit.us, unit.name, view->channels - 1);
    put(p, text);
    vdib__free(cells.counts);
    return VDIB_OK;
}

vdib_status vdib_view_text(const vdib_view *view, size_t columns, bool colour, char **text) {
    page p = {.colour = colour};
    uint8_t *bytes = NULL;
    size_t size = 0;
    VDIB_REQUIRE(view, text);
    if (columns < LEAST_COLUMNS || columns > MOST_COLUMNS)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a terminal of %zu columns; %d to %d are served", columns, LEAST_COLUMNS,
                          MOST_COLUMNS);
    VDIB_TRY(vdib__writer_open_memory(&p.writer, "text"));
    vdib_status status = view->channels > 0 ? put_channels(&p, view, columns) : put_grid(&p, view, columns);
    if (status == VDIB_OK && p.status == VDIB_OK)
        p.status = vdib__writer_put(&p.writer, "", 1);
    status = status == VDIB_OK ? p.status : status;
    if (status != VDIB_OK) {
        vdib__writer_abandon(&p.writer);
        return status;
    }
    vdib__writer_take(&p.writer, &bytes, &size);
    *text = (char *)bytes;
    return VDIB_OK;
}
