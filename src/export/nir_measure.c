/* SPDX-License-Identifier: MIT */
/* How near a NIR graph is to the model that it was made from: both run on recordings, and the spikes that differ are
 * counted. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "export/nir.h"

/* Pairs of a neuron and a step in which either spikes, and in which one alone does. */
typedef struct tally {
    uint64_t either, one;
} tally;

typedef struct work {
    const vdib_model *model;
    const vdib__nir_model *made;
    vdib__nir_run *run;
    vdib__batch *batch;
    tally layers[VDIB_ENCODER_LAYERS], readout;
} work;

static void count_pair(tally *t, bool a, bool b) {
    t->either += a || b;
    t->one += a != b;
}

static double share(const tally *t) {
    return t->either > 0 ? (double)t->one / (double)t->either : 0.0;
}

/* The graph has taken step t of the trial. */
static void compare_step(work *w, const vdib__trial *trial, size_t t) {
    const vdib__encoder *encoder = &w->model->encoder;
    size_t count;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const uint64_t *bits = trial->layers[l].spikes + t * ((encoder->layers[l].outputs + 63) / 64);
        const double *got = vdib__nir_run_output(w->run, w->made->layers[l], &count);
        for (size_t i = 0; i < count; i++)
            count_pair(&w->layers[l], got[i] > 0.0, (bits[i / 64] >> i % 64 & 1) != 0);
    }
    if (w->made->readout == SIZE_MAX || t < trial->blank_steps || encoder->readout.gaussian)
        return;
    const float *spikes = trial->window + (t - trial->blank_steps) * encoder->readout.neurons;
    const double *got = vdib__nir_run_output(w->run, w->made->readout, &count);
    for (size_t i = 0; i < count; i++)
        count_pair(&w->readout, got[i] > 0.0, spikes[i] > 0.0F);
}

static vdib_status compare_recording(work *w, const vdib_raster *raster, size_t number) {
    uint64_t presentation = number;
    VDIB_TRY(vdib__batch_encode(w->model, 1, w->batch, &raster, w->model->config->seed, VDIB_STAGE_EVALUATION,
                                &presentation, 1));
    const vdib__trial *trial = w->batch->trials[0];
    vdib__nir_run_reset(w->run);
    for (size_t t = 0; t < trial->steps; t++) {
        const uint32_t *spikes = NULL;
        size_t count = t < trial->blank_steps ? 0 : vdib_raster_at(raster, t - trial->blank_steps, &spikes);
        vdib__nir_run_step(w->run, spikes, count);
        compare_step(w, trial, t);
    }
    return VDIB_OK;
}

static vdib_status compare_all(work *w, const vdib_export_options *options) {
    VDIB_TRY(vdib__nir_run_create(&w->made->graph, vdib__nir_step_of(w->model), &w->run));
    VDIB_TRY(vdib__batch_create(w->model, 1, 1, vdib_raster_steps(options->recordings[0]), 1, &w->batch));
    for (size_t i = 0; i < options->recording_count; i++)
        VDIB_TRY(compare_recording(w, options->recordings[i], i));
    return VDIB_OK;
}

vdib_status vdib__nir_measure(const vdib__export *job, const vdib__nir_model *made, vdib__nir_gaps *gaps) {
    work w = {.model = job->model, .made = made};
    for (size_t l = 0; l < VDIB_ENCODER_LAYERS; l++)
        gaps->layers[l] = -1.0;
    gaps->readout = -1.0;
    gaps->recordings = job->options->recording_count;
    if (gaps->recordings == 0)
        return VDIB_OK;
    vdib_status status = compare_all(&w, job->options);
    for (size_t l = 0; l < VDIB_ENCODER_LAYERS && status == VDIB_OK; l++) {
        gaps->layers[l] = share(&w.layers[l]);
        gaps->spikes[l] = w.layers[l].either;
    }
    if (made->readout != SIZE_MAX && !job->model->encoder.readout.gaussian)
        gaps->readout = share(&w.readout);
    vdib__nir_run_destroy(w.run);
    vdib__batch_destroy(w.batch);
    return status;
}
