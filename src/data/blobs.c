/* SPDX-License-Identifier: MIT */
#include "data/blobs.h"

#include <stdbool.h>
#include <string.h>

#include "core/error.h"
#include "core/mathematics.h"
#include "core/text.h"

enum { BLOBS = 2, MAX_STEPS = 0xFFFFFF - 2 * VDIB_BLOB_REACH };

/* One blob; angles in radians. */
typedef struct blob {
    double velocity;  /* v_t */
    double amplitude; /* A_t */
    double angle;     /* theta_t, not wrapped: the position is A_t times it */
} blob;

/* Box-Muller: two independent standard normals from two words. */
static void normal_pair(const uint32_t words[2], double *first, double *second) {
    double radius = vdib__sqrt(-2.0 * vdib__log(((double)words[0] + 1.0) * 0x1p-32));
    double turn = 2.0 * VDIB_PI * ((double)words[1] * 0x1p-32);
    *first = radius * vdib__cos(turn);
    *second = radius * vdib__sin(turn);
}

/* Into [-pi, pi). */
static double wrap(double angle) {
    double wrapped = angle - 2.0 * VDIB_PI * floor((angle + VDIB_PI) / (2.0 * VDIB_PI));
    return wrapped < VDIB_PI ? wrapped : -VDIB_PI;
}

/* The unit k whose place -pi + 2 pi k / 20 is nearest on the line (not around the circle). */
static uint32_t nearest_unit(double position) {
    double place = (position + VDIB_PI) * (VDIB_BLOB_UNITS / (2.0 * VDIB_PI));
    uint32_t unit = (uint32_t)(place + 0.5);
    return unit < VDIB_BLOB_UNITS ? unit : VDIB_BLOB_UNITS - 1;
}

static void start(const vdib__key *key, blob blobs[BLOBS]) {
    uint32_t words[4];
    vdib__random_block(key, 0, 1, words);
    for (int i = 0; i < BLOBS; i++)
        blobs[i] = (blob){.velocity = 1.0, .amplitude = 0.5, .angle = VDIB_PI * ((double)words[i] * 0x1p-31 - 1.0)};
}

/* Moves both blobs on by a step (t = 0 is where they start) and returns the units that spike. */
static void advance(const vdib__key *key, uint32_t t, blob blobs[BLOBS], uint32_t units[BLOBS]) {
    uint32_t words[4];
    vdib__random_block(key, t, 0, words);
    for (size_t i = 0; i < BLOBS; i++) {
        double eta, noise;
        normal_pair(&words[2 * i], &eta, &noise);
        blob *b = &blobs[i];
        if (t != 0) {
            b->angle += b->velocity;
            b->velocity = 0.9 * b->velocity - 0.14 * eta;
            b->amplitude = 0.99 * b->amplitude + 0.01 * eta;
        }
        units[i] = nearest_unit(wrap(b->amplitude * (b->angle + 0.45 * noise)));
    }
}

static vdib_status append_step(vdib__raster_builder *builder, const uint32_t units[BLOBS]) {
    uint32_t low = units[0] < units[1] ? units[0] : units[1], high = units[0] < units[1] ? units[1] : units[0];
    VDIB_TRY(vdib__raster_append(builder, low));
    if (high != low)
        VDIB_TRY(vdib__raster_append(builder, high));
    vdib__raster_end_step(builder);
    return VDIB_OK;
}

vdib_status vdib__blobs_fill(const vdib__key *key, int delta, size_t steps, vdib_raster *raster,
                             uint32_t *step_labels) {
    if (delta < -VDIB_BLOB_REACH || delta > VDIB_BLOB_REACH)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "blobs: delta is %d; it must be -%d to %d", delta, VDIB_BLOB_REACH,
                          VDIB_BLOB_REACH);
    if (steps == 0 || steps > MAX_STEPS)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "blobs: a sequence of %zu step%s; it must have 1 to %d", steps,
                          vdib__s(steps), MAX_STEPS);
    if (raster->channels != VDIB_BLOB_UNITS || raster->steps != steps)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "blobs: the raster has %zu step%s of %zu channel%s; it must have %zu of %d", raster->steps,
                          vdib__s(raster->steps), raster->channels, vdib__s(raster->channels), steps, VDIB_BLOB_UNITS);
    blob blobs[BLOBS];
    uint32_t units[BLOBS];
    vdib__raster_builder builder;
    vdib__raster_begin(&builder, raster);
    start(key, blobs);
    for (size_t t = 0; t < steps + 2 * (size_t)VDIB_BLOB_REACH; t++) {
        advance(key, (uint32_t)t, blobs, units);
        /* Step s of the raster is the stimulus at t = s + REACH, its label the stimulus at t = s + REACH + delta. */
        if (t >= VDIB_BLOB_REACH && t < steps + VDIB_BLOB_REACH)
            VDIB_TRY(append_step(&builder, units));
        size_t lead = (size_t)((int64_t)VDIB_BLOB_REACH + delta);
        if (t >= lead && t < steps + lead)
            step_labels[t - lead] = vdib__blobs_class(units[0], units[1]);
    }
    return VDIB_OK;
}

/* First class of the pairs (a, b), b >= a: rows of 20, 19, 18, ... classes. */
static uint32_t row_start(uint32_t a) {
    return a * VDIB_BLOB_UNITS - a * (a - 1) / 2;
}

uint32_t vdib__blobs_class(uint32_t a, uint32_t b) {
    return a <= b ? row_start(a) + b - a : row_start(b) + a - b;
}

uint32_t vdib__blobs_class_of(const uint32_t *units, size_t count) {
    return vdib__blobs_class(units[0], units[count - 1]);
}

void vdib__blobs_pair(uint32_t class_, uint32_t *a, uint32_t *b) {
    uint32_t row = 0;
    while (row + 1 < VDIB_BLOB_UNITS && row_start(row + 1) <= class_)
        row++;
    *a = row;
    *b = row + class_ - row_start(row);
}

void vdib__blobs_units(uint32_t class_, float *units) {
    uint32_t a, b;
    vdib__blobs_pair(class_, &a, &b);
    memset(units, 0, VDIB_BLOB_UNITS * sizeof *units);
    units[a] = 1.0F;
    units[b] = 1.0F;
}
