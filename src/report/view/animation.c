/* SPDX-License-Identifier: MIT */
/* An animated PNG: a picture of every window above the time and the rate of events. */
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "report/view/picture.h"

/* Below a picture, in pixels of the small letters. */
enum { GAP = 8, LEAST_WIDTH = 272, RATE_HEIGHT = 28, SQUARE = 7 };

/* How the parts lie. */
typedef struct plan {
    size_t scale;         /* pixels of a cell's side */
    size_t letters;       /* scale of letters */
    size_t left;          /* where the picture begins */
    size_t width, height; /* of everything */
    size_t below;         /* where what is below begins */
    size_t most;          /* events of the window that has most */
} plan;

static plan plan_of(const vdib_view *view, const vdib__cells *cells) {
    plan made = {.scale = vdib__picture_scale(cells)};
    size_t picture = made.scale * cells->width;
    made.width = picture > LEAST_WIDTH ? picture : LEAST_WIDTH;
    made.letters = made.width >= 2 * LEAST_WIDTH ? 2 : 1;
    made.left = (made.width - picture) / 2;
    made.below = made.scale * cells->height;
    made.height = made.below + GAP + made.letters * (2 * VDIB_LETTER_HEIGHT + GAP) + GAP + RATE_HEIGHT + GAP;
    for (size_t w = 0; w < view->info.pictures; w++) {
        size_t events = view->first[w + 1] - view->first[w];
        made.most = events > made.most ? events : made.most;
    }
    return made;
}

/* "ON", "OFF" and "both" beside squares of their colours, at the right. */
static void put_key(vdib__canvas *canvas, const plan *p, size_t y) {
    static const struct {
        const char *name;
        uint8_t colour;
    } keys[] = {{"both", VDIB_COLOUR_BOTH + 1}, {"OFF", VDIB_COLOUR_OFF + 1}, {"ON", VDIB_COLOUR_ON + 1}};
    size_t side = p->letters * SQUARE, x = p->width - GAP;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        x -= vdib__text_width(keys[i].name, p->letters);
        vdib__canvas_text(canvas, x, y, p->letters, VDIB_COLOUR_SOFT, keys[i].name);
        x -= side + GAP / 2;
        vdib__canvas_fill(canvas, x, y, side, side, keys[i].colour);
        x -= GAP;
    }
}

/* The events of every window as bars, that of `now` bright. */
static void put_rate(vdib__canvas *canvas, const vdib_view *view, const plan *p, size_t y, size_t now) {
    size_t width = p->width - 2 * GAP, pictures = view->info.pictures;
    for (size_t x = 0; x < width; x++) {
        size_t w = x * pictures / width, events = view->first[w + 1] - view->first[w];
        size_t height = events > 0 ? 1 + (RATE_HEIGHT - 1) * events / p->most : 0;
        uint8_t colour = w == now ? VDIB_COLOUR_INK : VDIB_COLOUR_LINE;
        vdib__canvas_fill(canvas, GAP + x, y + RATE_HEIGHT - height, 1, height, colour);
        if (w == now)
            vdib__canvas_fill(canvas, GAP + x, y + RATE_HEIGHT, 1, 2, VDIB_COLOUR_INK);
    }
}

static void put_below(vdib__canvas *canvas, const vdib_view *view, const plan *p, size_t now) {
    char text[96];
    size_t y = p->below + GAP, line = p->letters * VDIB_LETTER_HEIGHT + GAP;
    double window = (double)view->info.window_us;
    vdib__time_unit unit = vdib__view_unit(view);
    vdib__canvas_fill(canvas, 0, p->below, p->width, p->height - p->below, VDIB_COLOUR_CARD);
    vdib__format(text, sizeof text, "%.*f", unit.digits, window * (double)now / unit.us);
    size_t x = GAP + vdib__canvas_text(canvas, GAP, y, p->letters, VDIB_COLOUR_INK, text);
    vdib__format(text, sizeof text, " of %.*f %s", unit.digits, window * (double)view->info.pictures / unit.us,
                 unit.name);
    vdib__canvas_text(canvas, x, y, p->letters, VDIB_COLOUR_SOFT, text);
    put_key(canvas, p, y);
    vdib__format(text, sizeof text, "%zu events in %.4g ms; %.3g x real time", view->first[now + 1] - view->first[now],
                 window / 1e3, window * view->info.fps / 1e6);
    vdib__canvas_text(canvas, GAP, y + line, p->letters, VDIB_COLOUR_SOFT, text);
    put_rate(canvas, view, p, y + 2 * line, now);
}

/* Below channels over time: which they are, and the range of time. */
static void put_axes(vdib__canvas *canvas, const vdib_view *view, const plan *p) {
    char text[96];
    size_t y = p->below + GAP, line = p->letters * VDIB_LETTER_HEIGHT + GAP;
    vdib__time_unit unit = vdib__view_unit(view);
    vdib__canvas_fill(canvas, 0, p->below, p->width, p->height - p->below, VDIB_COLOUR_CARD);
    vdib__format(text, sizeof text, "0 to %.*f %s, channels 0 to %zu", unit.digits, /* from the left, from the bottom */
                 (double)view->info.window_us * (double)view->info.pictures / unit.us, unit.name, view->channels - 1);
    vdib__canvas_text(canvas, GAP, y, p->letters, VDIB_COLOUR_INK, text);
    vdib__format(text, sizeof text, "%zu events", view->info.events);
    vdib__canvas_text(canvas, GAP, y + line, p->letters, VDIB_COLOUR_SOFT, text);
    put_rate(canvas, view, p, y + 2 * line, SIZE_MAX);
}

static vdib_status add_pictures(const vdib_view *view, const plan *p, vdib__cells *cells, vdib__canvas *canvas,
                                vdib__apng *apng) {
    bool flat = view->channels > 0;
    for (size_t w = 0; w < (flat ? 1 : view->info.pictures); w++) {
        vdib__cells_count(view, w, flat ? view->info.pictures : w + 1, view->pool, cells);
        vdib__canvas_fill(canvas, 0, 0, p->width, p->below, VDIB_COLOUR_PAPER);
        vdib__canvas_cells(canvas, p->left, 0, p->scale, cells, view->full);
        if (flat)
            put_axes(canvas, view, p);
        else
            put_below(canvas, view, p, w);
        VDIB_TRY(vdib__apng_add(apng, canvas));
    }
    return VDIB_OK;
}

static vdib_status write_animation(const vdib_view *view, vdib__writer *writer) {
    vdib__cells cells = {0};
    vdib__canvas canvas = {0};
    vdib__apng apng;
    VDIB_TRY(vdib__cells_new(view, view->pool, VDIB_VIEW_SIDE, &cells));
    plan p = plan_of(view, &cells);
    vdib_status status = vdib__canvas_new(p.width, p.height, VDIB_COLOUR_PAPER, &canvas);
    if (status == VDIB_OK) {
        status = vdib__apng_begin(writer, p.width, p.height, view->channels > 0 ? 1 : view->info.pictures,
                                  view->info.fps, &apng);
        if (status == VDIB_OK)
            status = vdib__apng_end(&apng, add_pictures(view, &p, &cells, &canvas, &apng));
    }
    vdib__free(canvas.pixels);
    vdib__free(cells.counts);
    return status;
}

vdib_status vdib_view_animation(const vdib_view *view, const char *path) {
    vdib__writer writer;
    VDIB_REQUIRE(view, path);
    VDIB_TRY(vdib__writer_open(&writer, path));
    vdib_status status = write_animation(view, &writer);
    if (status == VDIB_OK)
        return vdib__writer_commit(&writer);
    vdib__writer_abandon(&writer);
    return status;
}
