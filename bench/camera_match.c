/* SPDX-License-Identifier: MIT */
/* How like real recordings those of the built-in camera are:
 *
 *     camera-match RECORDINGS IMAGES [--fit] [--every N] [--step-us US] [NAME=VALUE...]
 *
 * films the images behind every Nth training recording of an N-MNIST folder and prints, over these recordings, the
 * correlation of binary rasters (step, channel), events a recording and how they correlate, the share of ON events, and
 * events a step. NAME=VALUE changes the camera (threshold, threshold_off, mismatch, refractory_us, noise_hz, dark,
 * dark_ink, blur, receptor_us, duration_us); --fit then looks for values that raise the correlation, one at a time.
 * Test recordings are never read. docs/data.md, "The built-in camera", has the figures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "data/dataset_parts.h"
#include "vdib/vdib.h"

static void must(vdib_status status) {
    if (status == VDIB_OK)
        return;
    fprintf(stderr, "camera-match: %s\n", vdib_last_message());
    exit(1);
}

static void usage(void) {
    fprintf(stderr, "usage: camera-match RECORDINGS IMAGES [--fit] [--every N] [--step-us US] [NAME=VALUE...]\n");
    exit(2);
}

enum { MOST_STEPS = 400 };

/* Sums over recordings of one kind, real or simulated. */
typedef struct tally {
    double events, squares, on, spikes;
    double steps[MOST_STEPS][2]; /* events by polarity */
} tally;

typedef struct match {
    vdib_dataset *data;
    size_t every;
    double correlation, product; /* sum over recordings: of rasters; events of one kind times those of the other */
    size_t count;
    tally real, simulated;
} match;

typedef struct parameter {
    const char *name;
    double *real;
    int64_t *whole;
    bool *flag;
} parameter;

static void tell(tally *t, const vdib_event *events, size_t count, const vdib_raster *raster, const vdib_binning *b) {
    t->events += (double)count;
    t->squares += (double)count * (double)count;
    t->spikes += (double)vdib_raster_spikes(raster);
    for (size_t i = 0; i < count; i++) {
        int64_t step = events[i].t / b->step_us;
        t->on += events[i].polarity;
        if (step >= 0 && step < (int64_t)b->steps)
            t->steps[step][events[i].polarity] += 1;
    }
}

/* Correlation of two binary rasters of one shape over all steps and channels. */
static double correlate(const vdib_raster *a, const vdib_raster *b) {
    double total = (double)(vdib_raster_steps(a) * vdib_raster_channels(a)), both = 0;
    double first = (double)vdib_raster_spikes(a), second = (double)vdib_raster_spikes(b);
    for (size_t t = 0; t < vdib_raster_steps(a); t++) {
        const uint32_t *x = NULL, *y = NULL;
        size_t nx = vdib_raster_at(a, t, &x), ny = vdib_raster_at(b, t, &y);
        for (size_t i = 0, j = 0; i < nx && j < ny;) {
            both += x[i] == y[j];
            size_t next = x[i] <= y[j];
            j += y[j] <= x[i];
            i += next;
        }
    }
    double variance = (first - first * first / total) * (second - second * second / total);
    return variance > 0 ? (both - first * second / total) / sqrt(variance) : 0;
}

static void compare(match *m, vdib__recorder *recorder, const vdib__item *item, vdib_raster *rasters[2]) {
    vdib_events *file = NULL;
    const vdib_event *real = NULL, *simulated = NULL;
    size_t real_count = 0, simulated_count = 0;
    const vdib__images *images = &m->data->natural[VDIB_PART_TRAIN];
    vdib_binning binning = vdib__recordings_binning(m->data);
    must(vdib_events_open(item->path, &file));
    must(vdib_events_all(file, &real, &real_count));
    must(vdib__recorder_record(recorder, item->image, images->height, images->width, 0, item->number - 1, &simulated,
                               &simulated_count));
    must(vdib_raster_bin(rasters[0], real, real_count, &binning, NULL));
    must(vdib_raster_bin(rasters[1], simulated, simulated_count, &binning, NULL));
    m->correlation += correlate(rasters[0], rasters[1]);
    m->product += (double)real_count * (double)simulated_count;
    m->count++;
    tell(&m->real, real, real_count, rasters[0], &binning);
    tell(&m->simulated, simulated, simulated_count, rasters[1], &binning);
    vdib_events_close(file);
}

/* The mean correlation of rasters; the rest in *m. */
static double match_all(match *m, const vdib__camera *camera) {
    vdib__recorder *recorder = NULL;
    vdib_raster *rasters[2] = {NULL, NULL};
    const vdib__part *part = &m->data->parts[VDIB_PART_TRAIN];
    const vdib_geometry *g = vdib_dataset_geometry(m->data);
    match fresh = {.data = m->data, .every = m->every};
    *m = fresh;
    must(vdib__recorder_create(camera, &recorder));
    for (int i = 0; i < 2; i++)
        must(vdib_raster_create(g->input_channels * g->input_height * g->input_width, g->steps, &rasters[i]));
    for (size_t i = 0; i < part->count; i += m->every)
        compare(m, recorder, &part->items[i], rasters);
    for (int i = 0; i < 2; i++)
        vdib_raster_destroy(rasters[i]);
    vdib__recorder_destroy(recorder);
    return m->correlation / (double)m->count;
}

static void print(const match *m) {
    double n = (double)m->count;
    const tally *r = &m->real, *s = &m->simulated;
    double covariance = m->product / n - r->events * s->events / n / n;
    double deviations =
        sqrt((r->squares / n - r->events * r->events / n / n) * (s->squares / n - s->events * s->events / n / n));
    printf("%zu recordings, real beside simulated\n", m->count);
    printf("correlation of rasters      %.4f\n", m->correlation / n);
    printf("events a recording          %.0f %.0f, correlation %.4f\n", r->events / n, s->events / n,
           covariance / deviations);
    printf("spikes of a raster          %.0f %.0f\n", r->spikes / n, s->spikes / n);
    printf("share of ON events          %.4f %.4f\n", r->on / r->events, s->on / s->events);
    printf("step: OFF and ON events, real; simulated\n");
    for (size_t t = 0; t < vdib_dataset_geometry(m->data)->steps; t++)
        printf("%3zu: %6.1f %6.1f; %6.1f %6.1f\n", t, r->steps[t][0] / n, r->steps[t][1] / n, s->steps[t][0] / n,
               s->steps[t][1] / n);
}

/* Raises the correlation by larger and smaller values of one parameter after the other. */
static void fit(match *m, vdib__camera *camera) {
    double *const values[] = {&camera->dark, &camera->threshold, &camera->threshold_off, &camera->blur,
                              &camera->receptor_us};
    static const char *const names[] = {"dark", "threshold", "threshold_off", "blur", "receptor_us"};
    double best = match_all(m, camera), factor = 1.2;
    for (int round = 0; round < 4; round++, factor = sqrt(factor))
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
            for (int direction = 0; direction < 2; direction++)
                for (bool better = true; better;) {
                    double before = *values[i];
                    *values[i] *= direction == 0 ? factor : 1.0 / factor;
                    double now = match_all(m, camera);
                    better = now > best + 1e-5;
                    if (better)
                        printf("%s=%.4g: %.4f\n", names[i], *values[i], now);
                    best = better ? now : best;
                    *values[i] = better ? *values[i] : before;
                }
}

static void set(vdib__camera *camera, const char *setting) {
    const parameter known[] = {
        {"threshold", &camera->threshold, NULL, NULL},     {"threshold_off", &camera->threshold_off, NULL, NULL},
        {"mismatch", &camera->mismatch, NULL, NULL},       {"refractory_us", NULL, &camera->refractory_us, NULL},
        {"noise_hz", &camera->noise_hz, NULL, NULL},       {"dark", &camera->dark, NULL, NULL},
        {"dark_ink", NULL, NULL, &camera->dark_ink},       {"blur", &camera->blur, NULL, NULL},
        {"receptor_us", &camera->receptor_us, NULL, NULL}, {"duration_us", NULL, &camera->duration_us, NULL}};
    const char *equals = strchr(setting, '=');
    char *end = NULL;
    double value = equals != NULL ? strtod(equals + 1, &end) : 0;
    for (size_t i = 0; equals != NULL && end != equals + 1 && *end == '\0' && i < sizeof known / sizeof known[0]; i++) {
        if (strncmp(setting, known[i].name, (size_t)(equals - setting)) != 0 || known[i].name[equals - setting] != '\0')
            continue;
        if (known[i].real != NULL)
            *known[i].real = value;
        else if (known[i].whole != NULL)
            *known[i].whole = (int64_t)value;
        else
            *known[i].flag = value != 0;
        return;
    }
    fprintf(stderr, "camera-match: %s: no such setting of the camera\n", setting);
    exit(2);
}

int main(int argc, char **argv) {
    vdib__camera camera = vdib__camera_saccades();
    bool fitting = false;
    match m = {.every = 1};
    if (argc < 3)
        usage();
    vdib__dataset_parameters p = {.data = argv[1],
                                  .images = argv[2],
                                  .input = &vdib__input_events,
                                  .target = &vdib__target_image,
                                  .step_us = 15000,
                                  .polarities = 2,
                                  .threads = 1};
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--fit") == 0)
            fitting = true;
        else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc)
            m.every = (size_t)atol(argv[++i]);
        else if (strcmp(argv[i], "--step-us") == 0 && i + 1 < argc)
            p.step_us = atol(argv[++i]);
        else
            set(&camera, argv[i]);
    }
    if (m.every == 0 || p.step_us < 1000 || p.step_us > 300000)
        usage();
    p.steps = (size_t)(300000 / p.step_us);
    must(vdib__dataset_open(&p, &m.data));
    if (fitting)
        fit(&m, &camera);
    match_all(&m, &camera);
    print(&m);
    vdib_dataset_destroy(m.data);
    return 0;
}
