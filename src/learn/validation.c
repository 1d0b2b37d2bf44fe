/* SPDX-License-Identifier: MIT */
#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "learn/sequence.h"
#include "learn/trainer.h"

/* Examples of one forward pass: a fixed number, whatever the training batch. */
enum { VALIDATION_BATCH = 32 };

static void take(vdib__validation *validation, const vdib_model *model, const vdib__loss *loss, size_t scored,
                 double weight, size_t steps) {
    vdib__loss mean = {.distortion = loss->distortion / (double)scored,
                       .rate_sampled = loss->rate_sampled / (double)scored,
                       .rate = loss->rate / (double)scored};
    validation->loss += weight * vdib__loss_total(model, &mean, steps);
    validation->distortion += weight * mean.distortion;
    validation->rate_bits += weight * mean.rate / VDIB_LN2;
}

static vdib_status validate_sequences(const vdib_model *model, const vdib_dataset *dataset,
                                      vdib__validation *validation) {
    size_t size = vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION);
    vdib__sequence *sequence = NULL;
    vdib_example *example = NULL;
    vdib_status status = vdib_example_create(dataset, &example);
    for (size_t i = 0; i < size && status == VDIB_OK; i++) {
        vdib__sequence_loss loss;
        status = vdib_dataset_get(dataset, VDIB_SPLIT_VALIDATION, i, model->config->seed, example);
        if (status == VDIB_OK && sequence == NULL)
            status = vdib__sequence_create(model, vdib_raster_steps(example->raster), &sequence);
        if (status == VDIB_OK)
            status = vdib__sequence_run(model, sequence, example, model->config->seed, i, NULL, NULL, &loss);
        if (status == VDIB_OK)
            take(validation, model, &loss.sum, loss.steps, 1.0 / (double)size, 1);
    }
    vdib__sequence_destroy(sequence);
    vdib_example_destroy(example);
    return status;
}

/* Buffers of a pass over whole-sample examples. */
typedef struct pass {
    vdib__batch *batch;
    vdib_example *examples[VALIDATION_BATCH];
    const vdib_raster *inputs[VALIDATION_BATCH];
    uint64_t indices[VALIDATION_BATCH];
    vdib__loss losses[VALIDATION_BATCH];
} pass;

static vdib_status validate_batch(const vdib_model *model, const vdib_dataset *dataset, int threads, pass *p,
                                  size_t first, size_t count) {
    vdib__failure failure;
    vdib__failure_init(&failure);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < count; i++) {
        vdib__failure_note(
            &failure, i,
            vdib_dataset_get(dataset, VDIB_SPLIT_VALIDATION, first + i, model->config->seed, p->examples[i]));
        p->inputs[i] = p->examples[i]->raster;
        p->indices[i] = first + i;
    }
    VDIB_TRY(vdib__failure_raise(&failure));
    VDIB_TRY(vdib__batch_forward(model, threads, p->batch, p->inputs, model->config->seed, VDIB_STAGE_EVALUATION,
                                 p->indices, count));
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < count; i++)
        p->losses[i] = vdib__loss_measure(model, p->batch, i, p->examples[i]->target, p->examples[i]->label);
    return VDIB_OK;
}

static vdib_status validate_samples(const vdib_model *model, const vdib_dataset *dataset, int threads,
                                    vdib__validation *validation) {
    size_t size = vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), steps = model->geometry.steps;
    pass *p = NULL;
    VDIB_TRY(VDIB_NEW(&p, 1));
    vdib_status status = vdib__batch_create(model, VALIDATION_BATCH, steps, &p->batch);
    for (size_t i = 0; i < VALIDATION_BATCH && status == VDIB_OK; i++)
        status = vdib_example_create(dataset, &p->examples[i]);
    for (size_t first = 0; first < size && status == VDIB_OK; first += VALIDATION_BATCH) {
        size_t count = size - first < VALIDATION_BATCH ? size - first : VALIDATION_BATCH;
        status = validate_batch(model, dataset, threads, p, first, count);
        for (size_t i = 0; i < count && status == VDIB_OK; i++)
            take(validation, model, &p->losses[i], 1, 1.0 / (double)size, steps);
    }
    for (size_t i = 0; i < VALIDATION_BATCH; i++)
        vdib_example_destroy(p->examples[i]);
    vdib__batch_destroy(p->batch);
    vdib__free(p);
    return status;
}

vdib_status vdib__validate(const vdib_model *model, const vdib_dataset *dataset, int threads,
                           vdib__validation *validation) {
    *validation = (vdib__validation){0};
    if (model->config->data.target == VDIB_TARGET_UNITS)
        return validate_sequences(model, dataset, validation);
    return validate_samples(model, dataset, threads, validation);
}
