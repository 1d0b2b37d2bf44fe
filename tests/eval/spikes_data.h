/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVAL_SPIKES_DATA_H
#define VDIB_TESTS_EVAL_SPIKES_DATA_H
/* Evaluations with what the spikes say, and what the encoder does to one example, by itself. */

#include <math.h>

#include "eval/evaluation.h"
#include "eval/judge.h"
#include "eval/small_data.h"
#include "eval/small_judge.h"
#include "model/model.h"

enum { MOST_VALUES = 4096 };

/* One example's pass through the encoder. */
typedef struct encoded {
    size_t steps, neurons;
    double p[MOST_VALUES]; /* (steps, neurons) probabilities of data steps */
    float y[MOST_VALUES];  /* (steps, neurons) spikes */
    vdib_example *example;
} encoded;

/* Example `index` of a split, draw number `sample`, keyed as an evaluation does. */
static inline encoded *encode_example(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                                      size_t index, size_t sample) {
    uint64_t seed = model->config->seed, presentation = index;
    encoded *e = test_calloc(1, sizeof *e);
    vdib__batch *batch = NULL;
    assert_ok(vdib_example_create(dataset, &e->example));
    assert_ok(vdib__dataset_fetch(dataset, split, index, seed, VDIB_STAGE_EVALUATION, index, e->example));
    e->steps = vdib_raster_steps(e->example->raster);
    e->neurons = model->encoder.readout.neurons;
    assert_true(e->steps * e->neurons <= MOST_VALUES);
    const vdib_raster *input = e->example->raster;
    assert_ok(vdib__batch_create(model, 1, sample + 1, e->steps, 1, &batch));
    assert_ok(vdib__batch_encode(model, 1, batch, &input, seed, VDIB_STAGE_EVALUATION, &presentation, 1));
    const vdib__trial *trial = vdib__batch_sample(batch, sample);
    for (size_t k = 0; k < e->steps * e->neurons; k++) {
        e->p[k] = trial->probabilities[trial->blank_steps * e->neurons + k];
        e->y[k] = trial->window[k];
    }
    vdib__batch_destroy(batch);
    return e;
}

static inline void encoded_free(encoded *e) {
    vdib_example_destroy(e->example);
    test_free(e);
}

static inline vdib_evaluation spikes_evaluated(const vdib_model *model, const vdib_dataset *dataset,
                                               const vdib_evaluation_options *options) {
    vdib_evaluation_options used = *options;
    vdib_evaluation evaluation = {NULL};
    used.size = sizeof used;
    used.spikes = true;
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &used, &evaluation));
    return evaluation;
}

/* An array that must be there with so many values. */
static inline const double *array_of(const vdib_evaluation *evaluation, const char *name, size_t count) {
    size_t found = 0;
    const double *values = vdib_evaluation_array(evaluation, name, &found);
    if (values == NULL)
        print_error("no array %s\n", name);
    assert_non_null(values);
    assert_int_equal(found, count);
    return values;
}

/* Judges are trained into a folder of this test's own. */
static char *spikes_cache;

static inline int own_cache(void **state) {
    (void)state;
    spikes_cache = support_folder();
    return setenv("VDIB_CACHE", spikes_cache, 1);
}

static inline int remove_cache(void **state) {
    (void)state;
    support_folder_remove(spikes_cache);
    return 0;
}

/* 1 if the judge says the label of an image, else 0. */
static inline double judged_right(vdib__judge *judge, const float *image, uint32_t label) {
    uint32_t said = 0;
    assert_ok(vdib__judge_label(judge, 1, image, 1, &said));
    return said == label ? 1 : 0;
}

static inline void assert_double(double got, double want, double bound) {
    assert_close_double(&got, &want, 1, bound);
}

/* A model on drifting blobs, decoded step by step: 10 readouts, a window of 5. */
typedef struct world {
    vdib_dataset *dataset;
    vdib_model *model;
} world;

enum { BLOB_WINDOW = 5, BLOB_READOUTS = 10, BLOB_TESTS = 3, BLOB_SCORED = 40 };

static inline world make_world(void) {
    static const char *const settings[] = {"data.test_examples=3", "data.test_steps=40", "seed=9"};
    world w = {0};
    vdib_config *config = NULL;
    assert_ok(vdib_config_load("published/predict", &config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_dataset_open(NULL, config, &w.dataset));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(w.dataset), &w.model));
    vdib_config_destroy(config);
    return w;
}

static inline void free_world(world *w) {
    vdib_model_destroy(w->model);
    vdib_dataset_destroy(w->dataset);
}

#endif
