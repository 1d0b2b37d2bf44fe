/* SPDX-License-Identifier: MIT */
/* Whole samples: one decoding of each example, at its last step; examples are run as a batch. */
#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "learn/walk.h"

static size_t first(const vdib_model *model, size_t steps) {
    (void)model;
    return steps - 1;
}

static vdib_status check(const vdib_model *model, const vdib_example *example) {
    size_t steps = vdib_raster_steps(example->raster);
    if (steps < model->window)
        return vdib__fail(VDIB_ERROR_DATA, "examples have %zu step%s; the model needs %zu at least", steps,
                          vdib__s(steps), model->window);
    return VDIB_OK;
}

static vdib_status create(vdib__walk *walk, size_t capacity) {
    VDIB_TRY(VDIB_NEW(&walk->outputs, capacity * walk->model->outputs));
    return vdib__batch_create(walk->model, capacity, 1, walk->steps, walk->threads, &walk->batch);
}

static void destroy(vdib__walk *walk) {
    vdib__batch_destroy(walk->batch);
    vdib__free(walk->outputs);
}

static vdib_status run(vdib__walk *walk) {
    size_t outputs = walk->model->outputs;
    VDIB_TRY(vdib__batch_forward(walk->model, walk->threads, walk->batch, walk->inputs, walk->model->config->seed,
                                 VDIB_STAGE_EVALUATION, walk->indices, walk->count));
    for (size_t i = 0; i < walk->count; i++) {
        const float *logits = walk->batch->logits + i * outputs;
        walk->model->head->output(logits, outputs, walk->outputs + i * outputs);
        if (walk->visit != NULL)
            walk->visit(walk->steps - 1, logits, walk->users[i]);
    }
    return VDIB_OK;
}

static const vdib__trial *trial(const vdib__walk *walk, size_t i) {
    return walk->batch->trials[i];
}

static vdib__loss loss(const vdib__walk *walk, size_t i) {
    return vdib__loss_measure(walk->model, walk->batch, i, walk->examples[i]->target, walk->examples[i]->label);
}

static uint32_t label(const vdib_example *example, size_t step) {
    (void)step;
    return example->label;
}

static size_t spikes(const vdib_raster *readout, size_t step) {
    (void)step;
    return vdib_raster_spikes(readout);
}

static size_t loss_steps(size_t steps) {
    return steps;
}

const vdib__walk_task vdib__task_samples = {.first = first,
                                            .check = check,
                                            .create = create,
                                            .destroy = destroy,
                                            .run = run,
                                            .trial = trial,
                                            .loss = loss,
                                            .label = label,
                                            .spikes = spikes,
                                            .loss_steps = loss_steps};
