/* SPDX-License-Identifier: MIT */
/* How the time of an example grows with the density of its input, its steps, the neurons, the batch and the threads. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "bench/bench.h"
#include "core/error.h"
#include "core/threads.h"
#include "encoder/layers.h"

static const double SCALING_INTERVAL = 0.03; /* seconds */
enum { HALVING_ROUNDS = 3 };

/* What is timed of a network. */
typedef struct timed {
    vdib__bench_network net;
    int threads;
} timed;

static void drop(void *user, const vdib__gradient_piece *piece) {
    (void)user;
    (void)piece;
}

static const vdib__gradient_sink nowhere = {.take = drop};

static vdib_status whole_encoder(void *user) {
    timed *t = user;
    vdib__bench_network *n = &t->net;
    VDIB_TRY(vdib__encoder_forward(&n->encoder, &n->table, n->parameters, t->threads, n->workspace, n->trials, n->keys,
                                   NULL, n->count));
    return vdib__encoder_backward(&n->encoder, &n->table, n->parameters, t->threads, n->workspace, NULL, n->trials,
                                  NULL, NULL, NULL, n->count, &nowhere, n->gradients);
}

/* The input layer alone: its entries, currents and neurons, and the gradient of its weights. */
static vdib_status input_layer(void *user) {
    timed *t = user;
    vdib__bench_network *n = &t->net;
    vdib__pass pass = {.encoder = &n->encoder,
                       .kernels = vdib__encoder_kernels_of(n->encoder.level),
                       .table = &n->table,
                       .parameters = n->parameters,
                       .threads = 1,
                       .trials = n->trials,
                       .count = n->count,
                       .workspace = n->workspace};
    vdib_status status = vdib__changes_of_raster(n->trials[0]->changes[0], n->trials[0]->input, 0);
    if (status == VDIB_OK)
        status = vdib__lif_forward(&pass, 0);
    if (status == VDIB_OK)
        vdib__lif_gradient(&pass, 0, &nowhere, n->gradients);
    return status;
}

/* Seconds of one example. */
static vdib_status time_shape(const vdib__bench_shape *shape, int threads, vdib__bench_work *work, double *seconds) {
    timed t = {.threads = threads};
    VDIB_TRY(vdib__bench_network_create(shape, &t.net));
    vdib_status status = vdib__bench_time(work, &t, SCALING_INTERVAL, seconds);
    *seconds /= (double)shape->batch;
    vdib__bench_network_free(&t.net);
    return status;
}

static void report(const vdib__bench *bench, const vdib_scaling *point) {
    if (bench->options->scaling != NULL)
        bench->options->scaling(bench->options->user, point);
}

static vdib_status point(const vdib__bench *bench, const char *section, const char *what, double value,
                         const vdib__bench_shape *shape, int threads, vdib__bench_work *work) {
    vdib_scaling result = {.size = sizeof(vdib_scaling), .section = section, .what = what, .value = value};
    VDIB_TRY(vdib__bench_go_on(bench));
    VDIB_TRY(time_shape(shape, threads, work, &result.seconds));
    report(bench, &result);
    return VDIB_OK;
}

static const vdib__bench_shape usual = {2312, 800, 256, 80, 1, 3760.0 / (2312 * 80)};

static vdib_status by_density(const vdib__bench *bench, const char *section) {
    static const double percents[] = {0.5, 1, 2, 5, 10, 20};
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        vdib__bench_shape shape = usual;
        shape.density = percents[i] / 100;
        VDIB_TRY(point(bench, section, "input layer", percents[i], &shape, 1, input_layer));
        VDIB_TRY(point(bench, section, "encoder", percents[i], &shape, 1, whole_encoder));
    }
    return VDIB_OK;
}

/* A section that varies one size of the usual shape: first, first * factor, ... last. */
typedef struct varied_size {
    const char *section;
    size_t offset; /* of the size in the shape */
    size_t first, last, factor;
} varied_size;

static const varied_size varied[] = {
    {"steps", offsetof(vdib__bench_shape, steps), 20, 320, 2},
    {"hidden", offsetof(vdib__bench_shape, hidden), 100, 1600, 2},
    {"batch", offsetof(vdib__bench_shape, batch), 1, 64, 4},
};

static vdib_status by_size(const vdib__bench *bench, const char *section) {
    const varied_size *v = varied;
    while (strcmp(v->section, section) != 0)
        v++;
    for (size_t size = v->first; size <= v->last; size *= v->factor) {
        vdib__bench_shape shape = usual;
        memcpy((char *)&shape + v->offset, &size, sizeof size);
        VDIB_TRY(point(bench, section, "encoder", (double)size, &shape, 1, whole_encoder));
    }
    return VDIB_OK;
}

static vdib_status by_threads(const vdib__bench *bench, const char *section) {
    for (size_t threads = 1; threads <= (size_t)vdib__threads(0); threads *= 2) {
        vdib__bench_shape shape = usual;
        VDIB_TRY(point(bench, section, "encoder, one example", (double)threads, &shape, (int)threads, whole_encoder));
        shape.batch = 16;
        VDIB_TRY(point(bench, section, "encoder, batch 16", (double)threads, &shape, (int)threads, whole_encoder));
    }
    return VDIB_OK;
}

/* Half the spikes against all of them, by turns: what slows the machine for a while slows both. */
static vdib_status by_half(const vdib__bench *bench, const char *section) {
    vdib__bench_shape shapes[2] = {usual, usual};
    double seconds[2] = {INFINITY, INFINITY};
    shapes[1].density /= 2;
    for (int round = 0; round < HALVING_ROUNDS; round++)
        for (int s = 0; s < 2; s++) {
            double now = 0;
            VDIB_TRY(time_shape(&shapes[s], 1, input_layer, &now));
            seconds[s] = now < seconds[s] ? now : seconds[s];
        }
    vdib_scaling result = {.size = sizeof(vdib_scaling),
                           .section = section,
                           .what = "input layer",
                           .value = 100 * usual.density,
                           .seconds = seconds[1] / seconds[0]};
    report(bench, &result);
    return VDIB_OK;
}

const vdib__bench_entry vdib__bench_scaling[] = {
    {"halving", by_half}, {"density", by_density}, {"steps", by_size}, {"hidden", by_size},
    {"batch", by_size},   {"threads", by_threads}, {NULL, NULL},
};
