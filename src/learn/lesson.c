/* SPDX-License-Identifier: MIT */
#include "learn/lesson.h"

#include "core/alloc.h"
#include "core/error.h"
#include "core/threads.h"
#include "learn/updates.h"

struct vdib__lesson {
    vdib__sample *samples; /* (B, M) */
    float *weights;        /* (B, M) */
    float *hidden_errors;  /* (B, M, blank + T, NY), NULL unless direct feedback differs from the readout's errors */
    const float **hidden_rows; /* (B) into hidden_errors, NULL with it */
    size_t rows;               /* floats of one sample there */
};

size_t vdib__lesson_bytes(const vdib_model *model, const vdib__estimator_plan *plan, size_t examples, size_t steps) {
    size_t rows = (steps + model->config->data.blank_steps) * model->encoder.readout.neurons;
    return examples * plan->draws * (sizeof(vdib__sample) + (plan->hidden_unscaled ? rows * sizeof(float) : 0));
}

vdib_status vdib__lesson_create(const vdib_trainer *trainer, size_t examples, size_t steps, vdib__lesson **lesson) {
    const vdib_model *model = trainer->model;
    size_t samples = examples * trainer->plan.draws;
    vdib__lesson *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->rows = (steps + model->config->data.blank_steps) * model->encoder.readout.neurons;
    vdib_status status = VDIB_NEW(&made->samples, samples);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->weights, samples);
    if (status == VDIB_OK && trainer->plan.hidden_unscaled)
        status = VDIB_NEW(&made->hidden_errors, samples * made->rows);
    if (status == VDIB_OK && trainer->plan.hidden_unscaled)
        status = VDIB_NEW(&made->hidden_rows, examples);
    if (status != VDIB_OK) {
        vdib__lesson_destroy(made);
        return status;
    }
    for (size_t i = 0; i < examples && made->hidden_rows != NULL; i++)
        made->hidden_rows[i] = made->hidden_errors + i * trainer->plan.draws * made->rows;
    *lesson = made;
    return VDIB_OK;
}

void vdib__lesson_destroy(vdib__lesson *lesson) {
    if (lesson == NULL)
        return;
    vdib__free(lesson->hidden_rows);
    vdib__free(lesson->hidden_errors);
    vdib__free(lesson->weights);
    vdib__free(lesson->samples);
    vdib__free(lesson);
}

/* Blank steps are not scored: their errors stay 0. */
static vdib__sample sample_of(const vdib__lesson *lesson, const vdib__trial *trial, size_t blank, size_t i) {
    return (vdib__sample){.potentials = trial->potentials + blank,
                          .probabilities = trial->probabilities != NULL ? trial->probabilities + blank : NULL,
                          .spikes = trial->window,
                          .noise = trial->noise != NULL ? trial->noise + blank : NULL,
                          .deviations = trial->deviations,
                          .deviation_errors = trial->deviation_errors,
                          .errors = trial->errors + blank,
                          .hidden_errors =
                              lesson->hidden_errors != NULL ? lesson->hidden_errors + i * lesson->rows + blank : NULL};
}

/* Hidden layers see the sum of an example's draws, in the rows and the weight of the example. */
static void merge_draws(vdib__lesson *lesson, size_t examples, size_t draws) {
    for (size_t i = 0; i < examples && draws > 1; i++) {
        float *row = lesson->hidden_errors != NULL ? lesson->hidden_errors + i * draws * lesson->rows : NULL;
        float weight = 0.0F;
        for (size_t m = 0; m < draws; m++)
            weight += lesson->weights[i * draws + m];
        for (size_t k = lesson->rows; row != NULL && k < draws * lesson->rows; k++)
            row[k % lesson->rows] += row[k];
        lesson->weights[i] = weight;
    }
}

/* What the tasks share, which are draws of this rank's examples. */
typedef struct crediting {
    const vdib_model *model;
    const vdib__batch *batch;
    const vdib__estimate *estimate;
    size_t first; /* draw of this rank */
} crediting;

static void credit_task(const void *context, size_t number, size_t slot) {
    const crediting *c = context;
    const vdib__estimate *estimate = c->estimate;
    size_t i = c->first + number;
    (void)slot;
    estimate->plan->estimator->credit(estimate, &estimate->samples[i], estimate->weights[i]);
}

static void recur_task(const void *context, size_t number, size_t slot) {
    const crediting *c = context;
    (void)slot;
    vdib__encoder_recur(&c->model->encoder, &c->model->table, c->model->parameters,
                        vdib__batch_sample(c->batch, c->first + number));
}

vdib_status vdib__lesson_give(vdib__lesson *lesson, vdib_trainer *trainer, const vdib__batch *batch,
                              const vdib__lesson_terms *terms) {
    const vdib__estimator_plan *plan = &trainer->plan;
    size_t readouts = trainer->model->encoder.readout.neurons, count = terms->examples * plan->draws;
    size_t window = trainer->model->window, blank = trainer->model->config->data.blank_steps * readouts;
    for (size_t i = 0; i < count; i++) {
        vdib__sample *sample = &lesson->samples[i];
        *sample = sample_of(lesson, vdib__batch_sample(batch, i), blank, i);
        sample->loss = terms->losses != NULL ? terms->losses[i] : 0.0;
        if (terms->labels != NULL)
            sample->label = terms->labels[i / plan->draws];
        if (terms->window_gradients != NULL)
            sample->window_gradient = terms->window_gradients + i * window * trainer->model->row;
    }
    const vdib__estimate estimate = {.plan = plan,
                                     .examples = terms->examples,
                                     .draws = plan->draws,
                                     .steps = batch->steps,
                                     .window = window,
                                     .readouts = readouts,
                                     .samples = lesson->samples,
                                     .weights = lesson->weights};
    plan->estimator->weigh(&estimate);
    vdib__portion part = vdib__own_portion(trainer->ranks, terms->examples);
    const crediting all = {trainer->model, batch, &estimate, part.begin * plan->draws};
    vdib__parallel(trainer->threads, vdib__portion_size(part) * plan->draws, credit_task, &all);
    if (plan->estimator->reads_gradient && trainer->model->encoder.credit->recurrent)
        vdib__parallel(trainer->threads, vdib__portion_size(part) * plan->draws, recur_task, &all);
    merge_draws(lesson, terms->examples, plan->draws);
    return vdib__update_encoder(trainer, batch->encoder_workspace, batch->trials, lesson->hidden_rows, terms->targets,
                                lesson->weights, terms->examples, lesson->samples[0].loss);
}
