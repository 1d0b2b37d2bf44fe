/* SPDX-License-Identifier: MIT */
/* What pixels sent, and their colours. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "report/view/view.h"

/* On a dark ground, the report's blue and orange from faint to strong, and lilac for both. */
const uint8_t vdib__view_colours[VDIB_COLOURS][3] = {
    {0x12, 0x14, 0x18}, {0x2F, 0x6F, 0xAE}, {0x58, 0x9F, 0xE0}, {0xA6, 0xD4, 0xFF}, {0xA0, 0x52, 0x14},
    {0xE0, 0x86, 0x38}, {0xFF, 0xC4, 0x8A}, {0x75, 0x66, 0x96}, {0xA7, 0x98, 0xC8}, {0xE2, 0xD9, 0xF4},
    {0xE6, 0xE8, 0xEA}, {0x9A, 0xA1, 0xAA}, {0x4A, 0x51, 0x5B}, {0x1C, 0x1F, 0x23}};

vdib__time_unit vdib__view_unit(const vdib_view *view) {
    double length = (double)view->info.window_us * (double)view->info.pictures;
    if (length >= 1e5)
        return (vdib__time_unit){"s", 1e6, 3};
    return length >= 1e3 ? (vdib__time_unit){"ms", 1e3, length >= 1e4 ? 1 : 3} : (vdib__time_unit){"us", 1, 0};
}

vdib_status vdib__cells_new(const vdib_view *view, size_t pool, size_t columns, vdib__cells *cells) {
    bool flat = view->channels > 0;
    vdib__cells made = {.width = flat ? columns : (view->info.width + pool - 1) / pool,
                        .height = ((flat ? view->channels : view->info.height) + pool - 1) / pool};
    VDIB_TRY(VDIB_NEW(&made.counts, made.width * made.height * 2));
    *cells = made;
    return VDIB_OK;
}

/* The cell of an event of channels over time: time to the right, channel 0 at the bottom. */
static size_t flat_cell(const vdib_view *view, const vdib_event *event, size_t pool, const vdib__cells *cells) {
    uint64_t length = (uint64_t)view->info.window_us * view->info.pictures;
    double at = (double)((uint64_t)event->t - (uint64_t)view->info.first_us) / (double)length;
    size_t column = (size_t)(at * (double)cells->width);
    column = column < cells->width ? column : cells->width - 1;
    return (cells->height - 1 - event->x / pool) * cells->width + column;
}

void vdib__cells_count(const vdib_view *view, size_t first, size_t last, size_t pool, vdib__cells *cells) {
    memset(cells->counts, 0, cells->width * cells->height * 2 * sizeof *cells->counts);
    for (size_t i = view->first[first]; i < view->first[last]; i++) {
        const vdib_event *event = &view->events[i];
        size_t cell =
            view->channels > 0 ? flat_cell(view, event, pool, cells) : event->y / pool * cells->width + event->x / pool;
        cells->counts[2 * cell + event->polarity]++;
    }
}

uint8_t vdib__cell_colour(const uint32_t counts[2], size_t full) {
    uint32_t most = counts[0] > counts[1] ? counts[0] : counts[1], least = counts[0] + counts[1] - most;
    if (most == 0)
        return VDIB_COLOUR_PAPER;
    uint8_t colour = counts[1] > counts[0] ? VDIB_COLOUR_ON : VDIB_COLOUR_OFF;
    size_t steps = full > 1 ? full - 1 : 1, shade = (2 * (VDIB_SHADES - 1) * (size_t)(most - 1) + steps) / (2 * steps);
    shade = shade < VDIB_SHADES ? shade : VDIB_SHADES - 1;
    return (uint8_t)((2 * (uint64_t)least >= most ? VDIB_COLOUR_BOTH : colour) + shade);
}
