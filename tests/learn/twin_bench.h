/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_LEARN_TWIN_BENCH_H
#define VDIB_TESTS_LEARN_TWIN_BENCH_H
/* A small smooth network of the trainer's twin, in double, and its gradients beside finite differences. */

#include "support.h"

#include <math.h>

#include "reference/trainer/twin.h"
#include "vdib/vdib.h"

enum { CHANNELS = 12, STEPS = 5, CLASSES = 3, PIXELS = 4 };
static const double BOUND = 1e-9;

/* ---- a small network ---- */

static inline float uniform(uint64_t example, uint32_t number) {
    vdib__key key = {.seed = 31, .purpose = VDIB_PURPOSE_STIMULUS, .example = example};
    return vdib__random_uniform(&key, 0, number);
}

/* Two examples to train on and one to validate with; CHANNELS as maps of 2 x 3 x 2. */
static inline vdib_dataset *small_data(size_t steps) {
    const vdib_geometry geometry = {sizeof geometry, 2, 3, 2, steps, CLASSES, 2, 2, 1};
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    assert_ok(vdib_raster_create(CHANNELS, steps, &raster));
    for (uint32_t i = 0; i < 3; i++) {
        uint8_t dense[STEPS * CHANNELS];
        float target[PIXELS];
        for (uint32_t k = 0; k < steps * CHANNELS; k++)
            dense[k] = uniform(i, k) < 0.3F;
        for (uint32_t p = 0; p < PIXELS; p++)
            target[p] = uniform(i, 1000 + p);
        assert_ok(vdib_raster_from_dense(raster, dense));
        assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, target, i));
    }
    vdib_raster_destroy(raster);
    return dataset;
}

typedef struct bench {
    vdib_dataset *dataset;
    twin *twin;
    double *target; /* (outputs) */
    uint32_t label;
} bench;

/* `settings` (NULL-terminated) on top of a smooth small network. */
static inline bench set_up(size_t steps, const char *const *settings) {
    static const char *const standard[] = {"data.target=image",
                                           "encoder.layers=[5, 4]",
                                           "encoder.readouts=3",
                                           "readout.filter_steps=3",
                                           "readout.bases=2",
                                           "readout.feedback_bases=2",
                                           "readout.feedback=lateral",
                                           "neuron.surrogate=logistic",
                                           "neuron.synaptic_decay=0.5",
                                           "neuron.membrane_decay=0.6",
                                           "data.blank_steps=2",
                                           "decoder=mlp",
                                           "decoder.hidden=7",
                                           "objective.beta=0.3",
                                           "objective.prior_probability=0.2",
                                           "learning.estimator=straight-through",
                                           "learning.credit_assignment=bp"};
    vdib_config *config = NULL;
    char text[32];
    bench b = {.dataset = small_data(steps)};
    assert_ok(vdib_config_create(&config));
    snprintf(text, sizeof text, "data.steps=%zu", steps);
    assert_ok(vdib_config_set(config, text));
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
        assert_ok(vdib_config_set(config, standard[i]));
    for (size_t i = 0; settings[i] != NULL; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_config_check(config));
    twin_settings plain = twin_settings_of(config, vdib_dataset_geometry(b.dataset));
    b.twin = twin_create(&plain, b.dataset);
    b.twin->smooth = true;
    assert_ok(vdib_dataset_get(b.dataset, VDIB_SPLIT_TRAIN, 0, 1, b.twin->example));
    b.target = twin_numbers(b.twin->outputs);
    b.label = b.twin->example->label;
    for (size_t i = 0; i < b.twin->outputs; i++)
        b.target[i] = plain.head == TWIN_CATEGORICAL ? i == b.label : (double)b.twin->example->target[i];
    vdib_config_destroy(config);
    return b;
}

static inline void tear_down(bench *b) {
    free(b->target);
    twin_destroy(b->twin);
    vdib_dataset_destroy(b->dataset);
}

/* Steps [0, end) of the example with the weights as they are; readout spikes drawn, or those of `forced` (T, NY). */
static inline void run(bench *b, twin_record *r, size_t end, const double *forced) {
    vdib__key key = {.seed = 3, .purpose = VDIB_PURPOSE_READOUT};
    size_t readouts = b->twin->settings.readouts;
    twin_record_set(b->twin, r, b->twin->example->raster);
    for (size_t step = 0; step < end && step < r->steps; step++)
        twin_step(b->twin, r, step, &key, forced != NULL ? forced + step * readouts : NULL);
}

/* ---- finite differences ---- */

typedef double function(bench *b, const twin_record *frozen);

/* Distance of the points. The 2,500 ReLUs of conv2d lie so close to 0 that theirs is shorter. */
static double reach = 2e-3;

/* Derivative by the six-point formula: its error is h^6 / 140 of the seventh derivative. */
static inline double derivative(bench *b, const twin_record *frozen, function *f, double *parameter) {
    const double h = reach, kept = *parameter, factors[3] = {45, -9, 1};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        *parameter = kept + (i + 1) * h;
        double above = f(b, frozen);
        *parameter = kept - (i + 1) * h;
        sum += factors[i] * (above - f(b, frozen));
    }
    *parameter = kept;
    return sum / (60 * h);
}

/* The gradients of the tensors of a role are the derivatives of f. */
static inline void check(bench *b, const twin_record *frozen, function *f, twin_role role, const char *prefix) {
    for (size_t i = 0; i < b->twin->tensor_count; i++) {
        twin_tensor *tensor = &b->twin->tensors[i];
        if (tensor->role != role || strncmp(tensor->name, prefix, strlen(prefix)) != 0)
            continue;
        double *want = twin_numbers(tensor->count), *got = twin_numbers(tensor->count), largest = 0, off = 0;
        memcpy(got, tensor->gradients, tensor->count * sizeof *got);
        for (size_t e = 0; e < tensor->count; e++) {
            want[e] = derivative(b, frozen, f, &tensor->values[e]);
            largest = fmax(largest, fabs(want[e])), off = fmax(off, fabs(want[e] - got[e]));
        }
        if (!(off <= BOUND * largest + 1e-15 / reach &&
              largest > 1e-6)) /* sums of about 1 are rounded at 1e-16, over h */
            fail_msg("%s: gradient of at most %g is off by %g", tensor->name, largest, off);
        free(got), free(want);
    }
}

#endif
