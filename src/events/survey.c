/* SPDX-License-Identifier: MIT */
#include "events/survey.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"

/* The rule: a pixel that moves with its neighbours sees something, one that alone is busy is hot. */
enum { LEAST_EVENTS = 20, ABOVE_ALL = 10, ABOVE_BESIDE = 5 };

static vdib_status grow(vdib__survey *survey, const char *path, size_t columns, size_t rows) {
    uint32_t *counts = NULL;
    if (columns > VDIB_SURVEY_SIDE || rows > VDIB_SURVEY_SIDE)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: has %zux%zu pixels; hot ones are looked for among up to %dx%d: name a smaller sensor",
                          path, columns, rows, VDIB_SURVEY_SIDE, VDIB_SURVEY_SIDE);
    VDIB_TRY(VDIB_NEW(&counts, columns * rows));
    for (size_t y = 0; y < survey->rows; y++)
        memcpy(counts + y * columns, survey->counts + y * survey->columns, survey->columns * sizeof *counts);
    vdib__free(survey->counts);
    survey->counts = counts;
    survey->columns = columns;
    survey->rows = rows;
    return VDIB_OK;
}

vdib_status vdib__survey_count(vdib__survey *survey, const char *path, size_t width, size_t height) {
    enum { FIRST = 64 };
    return grow(survey, path, width != 0 ? width : FIRST, height != 0 ? height : FIRST);
}

static size_t doubled(size_t side, size_t wanted) {
    while (side < wanted)
        side *= 2;
    return side;
}

vdib_status vdib__survey_look(vdib__survey *survey, const char *path, const vdib_event *events, size_t count) {
    for (size_t i = 0; i < count; i++) {
        survey->width = events[i].x >= survey->width ? events[i].x + 1U : survey->width;
        survey->height = events[i].y >= survey->height ? events[i].y + 1U : survey->height;
    }
    if (survey->counts == NULL)
        return VDIB_OK;
    if (survey->width > survey->columns || survey->height > survey->rows)
        VDIB_TRY(grow(survey, path, doubled(survey->columns, survey->width), doubled(survey->rows, survey->height)));
    for (size_t i = 0; i < count; i++) {
        uint32_t *pixel = &survey->counts[events[i].y * survey->columns + events[i].x];
        *pixel += *pixel != UINT32_MAX;
    }
    return VDIB_OK;
}

/* How many pixels have from 1 to `most` events. */
static size_t count_up_to(const vdib__survey *survey, uint32_t most) {
    size_t found = 0;
    for (size_t i = 0; i < survey->columns * survey->rows; i++)
        found += survey->counts[i] - 1 < most;
    return found;
}

/* Of the pixels that have any events: the least number that half of them do not exceed. */
static uint32_t median_of_active(const vdib__survey *survey) {
    size_t active = count_up_to(survey, UINT32_MAX);
    uint32_t low = 0, high = UINT32_MAX;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        if (2 * count_up_to(survey, middle) >= active)
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* Events of the third busiest pixel beside one: a corner of what moves has three such neighbours. */
static uint32_t busy_beside(const vdib__survey *survey, size_t x, size_t y) {
    enum { PLACE = 3 };
    uint32_t most[PLACE] = {0}; /* in falling order */
    for (size_t row = y - (y > 0); row <= y + 1 && row < survey->height; row++)
        for (size_t column = x - (x > 0); column <= x + 1 && column < survey->width; column++) {
            uint32_t events = survey->counts[row * survey->columns + column];
            if (row == y && column == x)
                continue;
            for (size_t i = 0; i < PLACE; i++)
                if (events > most[i]) {
                    uint32_t less = most[i];
                    most[i] = events;
                    events = less;
                }
        }
    return most[PLACE - 1];
}

static bool is_hot(const vdib__survey *survey, uint32_t median, size_t x, size_t y) {
    uint64_t events = survey->counts[y * survey->columns + x];
    return events >= LEAST_EVENTS && events > (uint64_t)ABOVE_ALL * median &&
           events > (uint64_t)ABOVE_BESIDE * busy_beside(survey, x, y);
}

vdib_status vdib__survey_hot(const vdib__survey *survey, uint64_t **pixels, size_t *count) {
    uint32_t median = survey->width > 0 ? median_of_active(survey) : 0;
    uint64_t *found = NULL;
    size_t capacity = 0, used = 0;
    for (size_t y = 0; y < survey->height; y++)
        for (size_t x = 0; x < survey->width; x++) {
            if (!is_hot(survey, median, x, y))
                continue;
            vdib_status status = VDIB_RESERVE(&found, &capacity, 3 * (used + 1));
            if (status != VDIB_OK) {
                vdib__free(found);
                return status;
            }
            found[3 * used] = x;
            found[3 * used + 1] = y;
            found[3 * used++ + 2] = survey->counts[y * survey->columns + x];
        }
    *pixels = found;
    *count = used;
    return VDIB_OK;
}

void vdib__survey_free(vdib__survey *survey) {
    vdib__free(survey->counts);
    *survey = (vdib__survey){.counts = NULL};
}
