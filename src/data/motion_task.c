/* SPDX-License-Identifier: MIT */
#include "data/motion_task.h"

#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/threads.h"

/* Times in microseconds. A bar is one column wide. The two bars have 150 ms each: they set out 5 to 35 ms after its
 * beginning and take 70 to 110 ms, so that all events lie between 3 and 297 ms, whatever the class. */
#define HALF_US     150000.0
#define EARLIEST_US 5000.0
#define START_US    30000.0 /* range of the start */
#define SHORTEST_US 70000.0
#define CROSSING_US 40000.0 /* range of the time of crossing */
#define JITTER_US   2000.0  /* an event is up to this much early or late */
#define KEPT        0.8     /* chance of a pixel's event */
#define BACKGROUND  0.05    /* chance of a background event of a pixel and polarity, at any time */

enum { STREAM = 7 }; /* layer of the keys: drifting blobs have 0 */

/* One bar: which half of the sensor it crosses, when, and which way. */
typedef struct bar {
    size_t first, columns; /* of the half */
    double start, column;  /* when it enters, time for a column */
    bool left;             /* it goes to the left */
} bar;

static double uniform(uint32_t word) {
    return (double)word * 0x1p-32;
}

/* When the bar enters a column, and when it leaves it, without jitter. */
static double enters(const bar *b, size_t x) {
    size_t place = x - b->first, way = b->left ? b->columns - 1 - place : place;
    return b->start + (double)way * b->column;
}

static void add(vdib_event *events, size_t *count, double t, size_t x, size_t y, bool on) {
    events[(*count)++] = (vdib_event){.t = (int64_t)t, .x = (uint16_t)x, .y = (uint16_t)y, .polarity = on};
}

/* What a pixel has: an ON event where a bar enters, an OFF event where it leaves, each with a chance, and background
 * events. How many there are is drawn by words that do not depend on the class. */
static void draw_pixel(const vdib__key *key, const bar *b, size_t x, size_t y, size_t pixel, vdib_event *events,
                       size_t *count) {
    uint32_t words[8];
    vdib__random_block(key, 1, (uint32_t)(2 * pixel), words);
    vdib__random_block(key, 1, (uint32_t)(2 * pixel + 1), words + 4);
    for (int on = 0; on < 2; on++) {
        const uint32_t *w = words + 4 * on;
        double jitter = JITTER_US * (2.0 * uniform(w[1]) - 1.0);
        if (b != NULL && uniform(w[0]) < KEPT)
            add(events, count, enters(b, x) + (on == 1 ? 0.0 : b->column) + jitter, x, y, on == 1);
        if (uniform(w[2]) < BACKGROUND)
            add(events, count, VDIB_MOTION_US * uniform(w[3]), x, y, on == 1);
    }
}

void vdib__motion_draw(size_t width, size_t height, uint64_t number, vdib_event *events, size_t *count) {
    const vdib__key key = {.purpose = VDIB_PURPOSE_STIMULUS, .example = number, .layer = STREAM};
    unsigned class_ = (unsigned)(number % VDIB_MOTION_CLASSES);
    size_t columns = width / 2;
    uint32_t words[4];
    bar bars[2];
    vdib__random_block(&key, 0, 0, words);
    for (unsigned half = 0; half < 2; half++) { /* the left one, the right one */
        bool second = (class_ >> 2 & 1) != half;
        double crossing = SHORTEST_US + CROSSING_US * uniform(words[2 * half + 1]);
        bars[half] = (bar){.first = half * columns,
                           .columns = columns,
                           .start = (second ? HALF_US : 0.0) + EARLIEST_US + START_US * uniform(words[2 * half]),
                           .column = crossing / (double)columns,
                           .left = (class_ >> (1 - half) & 1) != 0};
    }
    *count = 0;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            const bar *b = x < columns ? &bars[0] : x < 2 * columns ? &bars[1] : NULL; /* an odd column has none */
            draw_pixel(&key, b, x, y, y * width + x, events, count);
        }
}

/* ---- the data set ---- */

typedef struct drawing {
    const vdib_dataset *dataset;
    vdib__item *items;
    vdib_event **events; /* (threads) scratch */
    vdib__failure *failure;
} drawing;

static vdib_status draw_item(const drawing *d, vdib__item *item, vdib_event *events) {
    size_t count = 0;
    vdib_binning b = vdib__recordings_binning(d->dataset);
    VDIB_TRY(vdib_raster_create(b.polarities * b.height * b.width, b.steps, &item->raster));
    vdib__motion_draw(b.width, b.height, item->number, events, &count);
    return vdib_raster_bin(item->raster, events, count, &b, NULL);
}

/* Tasks: items. */
static void draw_task(const void *context, size_t i, size_t slot) {
    const drawing *d = context;
    vdib__failure_note(d->failure, i, draw_item(d, &d->items[i], d->events[slot]));
}

static vdib_status draw_parts(vdib_dataset *dataset) {
    size_t threads = (size_t)dataset->parameters.threads, made = 0;
    size_t pixels = dataset->geometry.input_width * dataset->geometry.input_height;
    vdib_event **events = NULL;
    VDIB_TRY(VDIB_NEW(&events, threads));
    vdib_status status = VDIB_OK;
    for (; made < threads && status == VDIB_OK; made++)
        status = VDIB_NEW(&events[made], 4 * pixels);
    for (int p = 0; p < VDIB_PARTS && status == VDIB_OK; p++) {
        vdib__failure failure;
        const drawing all = {dataset, dataset->parts[p].items, events, &failure};
        vdib__failure_init(&failure);
        vdib__parallel((int)threads, dataset->parts[p].count, draw_task, &all);
        status = vdib__failure_raise(&failure);
    }
    for (size_t i = 0; i < threads; i++)
        vdib__free(events[i]);
    vdib__free(events);
    return status;
}

static vdib_status check(const vdib__dataset_parameters *p, size_t width, size_t height) {
    if (!vdib__input_is_recordings(p->input))
        return vdib__fail(VDIB_ERROR_DATA, "builtin:motion has recordings, but data.input is %s; choose events",
                          p->input->choice.name);
    if (!vdib__choice_is(&p->target->choice, "classes"))
        return vdib__fail(VDIB_ERROR_DATA,
                          "builtin:motion has classes and no images, but data.target is %s; choose data.target=class",
                          p->target->choice.name);
    if (width < 4 || width > 1024 || height > 1024)
        return vdib__fail(VDIB_ERROR_DATA, "builtin:motion has 4x1 to 1024x1024 pixels; data.sensor is %zux%zu", width,
                          height);
    if (p->train_examples > VDIB_TEST_NUMBERS)
        return vdib__fail(VDIB_ERROR_DATA,
                          "builtin:motion has at most %d training recordings; data.train_examples is "
                          "%zu",
                          VDIB_TEST_NUMBERS, p->train_examples);
    return VDIB_OK;
}

vdib_status vdib__motion_open(vdib_dataset *dataset) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    vdib_geometry *g = &dataset->geometry;
    const size_t counts[VDIB_PARTS] = {p->train_examples != 0 ? p->train_examples : VDIB_BUILTIN_TRAIN,
                                       p->test_examples != 0 ? p->test_examples : VDIB_BUILTIN_TEST};
    g->input_width = p->sensor_width != 0 ? p->sensor_width : VDIB_MOTION_SIDE;
    g->input_height = p->sensor_height != 0 ? p->sensor_height : VDIB_MOTION_SIDE;
    g->input_channels = p->polarities;
    VDIB_TRY(check(p, g->input_width, g->input_height));
    VDIB_TRY(vdib__classes_set(dataset, NULL, VDIB_MOTION_CLASSES));
    for (int part = 0; part < VDIB_PARTS; part++)
        for (size_t i = 0; i < counts[part]; i++) {
            vdib__item *item = NULL;
            VDIB_TRY(vdib__part_add(&dataset->parts[part], &item));
            item->number = i + (part == VDIB_PART_TEST ? VDIB_TEST_NUMBERS : 0);
            item->label = (uint32_t)(item->number % VDIB_MOTION_CLASSES);
        }
    snprintf(dataset->summary, sizeof dataset->summary, "built-in motion on %zu x %zu pixels", g->input_width,
             g->input_height);
    return draw_parts(dataset);
}
