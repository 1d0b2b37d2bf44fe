/* SPDX-License-Identifier: MIT */
/* Step by step: a class is decoded at every step of a long sequence at which the decoder's window is full; sequences
 * are run side by side. */
#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "learn/walk.h"

static size_t first(const vdib_model *model, size_t steps) {
    (void)steps;
    return model->window;
}

static vdib_status check(const vdib_model *model, const vdib_example *example) {
    size_t steps = vdib_raster_steps(example->raster);
    if (steps <= model->window)
        return vdib__fail(VDIB_ERROR_DATA, "examples have %zu step%s; the model needs %zu at least", steps,
                          vdib__s(steps), model->window + 1);
    if (!model->head->classes || example->step_labels == NULL)
        return vdib__fail(VDIB_ERROR_DATA, "the model decodes step by step, but the data have no class for every step");
    return VDIB_OK;
}

static vdib_status create(vdib__walk *walk, size_t capacity) {
    for (size_t i = 0; i < capacity; i++)
        VDIB_TRY(vdib__sequence_create(walk->model, walk->steps, &walk->sequences[i]));
    return VDIB_OK;
}

static void destroy(vdib__walk *walk) {
    for (size_t i = 0; i < VDIB_WALK_BATCH; i++)
        vdib__sequence_destroy(walk->sequences[i]);
}

typedef struct running {
    vdib__walk *walk;
    vdib__failure *failure;
} running;

/* Tasks of a loop: sequences of the batch. */
static void run_one(const void *context, size_t i, size_t slot) {
    const running *r = context;
    vdib__walk *walk = r->walk;
    (void)slot;
    vdib__failure_note(r->failure, i,
                       vdib__sequence_run(walk->model, walk->sequences[i], walk->examples[i], walk->model->config->seed,
                                          walk->indices[i], walk->visit, walk->users[i], &walk->losses[i]));
}

static vdib_status run(vdib__walk *walk) {
    vdib__failure failure;
    const running all = {walk, &failure};
    vdib__failure_init(&failure);
    vdib__parallel(walk->threads, walk->count, run_one, &all);
    return vdib__failure_raise(&failure);
}

static const vdib__trial *trial(const vdib__walk *walk, size_t i) {
    return vdib__sequence_trial(walk->sequences[i]);
}

static vdib__loss loss(const vdib__walk *walk, size_t i) {
    return walk->losses[i];
}

static uint32_t label(const vdib_example *example, size_t step) {
    return example->step_labels[step];
}

static size_t spikes(const vdib_raster *readout, size_t step) {
    const uint32_t *channels = NULL;
    return vdib_raster_at(readout, step, &channels);
}

static size_t loss_steps(size_t steps) {
    (void)steps;
    return 1;
}

const vdib__walk_task vdib__task_steps = {.by_step = true,
                                          .first = first,
                                          .check = check,
                                          .create = create,
                                          .destroy = destroy,
                                          .run = run,
                                          .trial = trial,
                                          .loss = loss,
                                          .label = label,
                                          .spikes = spikes,
                                          .loss_steps = loss_steps};
