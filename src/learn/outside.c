/* SPDX-License-Identifier: MIT */
/* Training the encoder for a decoder of the program's: an update in two halves, between which the program decodes. */

#include <math.h>

#include "core/error.h"
#include "core/sized.h"
#include "learn/trainer.h"

vdib_status vdib_trainer_forward(vdib_trainer *trainer, vdib_shown *shown) {
    VDIB_REQUIRE(trainer, shown);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_shown, shown));
    VDIB_TRY(vdib__model_check_spiking("vdib_trainer_forward", trainer->model));
    if (trainer->ranks != NULL)
        return vdib__fail(
            VDIB_ERROR_UNSUPPORTED,
            "vdib_trainer_forward: a decoder of the program's trains in one process; several ranks divide "
            "the examples of vdib_trainer_step");
    if (trainer->schedule->show == NULL)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "vdib_trainer_forward: learning.schedule=%s updates within an example; an outside decoder needs "
            "learning.schedule=episode",
            trainer->schedule->choice.name);
    VDIB_TRY(vdib__trainer_begin(trainer));
    trainer->shown = 0;
    vdib_shown made = {.size = sizeof made,
                       .window = trainer->model->window,
                       .readouts = trainer->model->encoder.readout.neurons,
                       .row = trainer->model->row};
    size_t count = vdib__trainer_is_done(trainer) ? 0 : (size_t)vdib__trainer_next_count(trainer);
    if (count > 0)
        VDIB_TRY(trainer->schedule->show(trainer, trainer->scheduled, count, &made));
    trainer->shown = count;
    VDIB_SIZED_WRITE(vdib_shown, &made, shown);
    return VDIB_OK;
}

/* What the configuration's rules read must be there. */
static vdib_status check_given(const vdib_trainer *trainer, const vdib__outside *outside) {
    const vdib__estimator *estimator = trainer->plan.estimator;
    if (trainer->shown == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_trainer_backward: nothing was shown; call vdib_trainer_forward first");
    if (estimator->reads_gradient && outside->window_gradients == NULL)
        return vdib__fail(
            VDIB_ERROR_ARGUMENT,
            "vdib_trainer_backward: learning.estimator=%s needs window_gradients, the derivative of the loss by "
            "the windows",
            estimator->choice.name);
    if (vdib__choice_is(&estimator->choice, "score") && outside->losses == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_trainer_backward: learning.estimator=%s needs losses, the loss of each example",
                          estimator->choice.name);
    if (trainer->model->encoder.credit->target && outside->targets == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_trainer_backward: learning.credit_assignment=%s needs targets",
                          trainer->model->encoder.credit->choice.name);
    return VDIB_OK;
}

static vdib_status check_finite(const vdib_trainer *trainer, const vdib__outside *outside) {
    size_t count = trainer->shown, row = trainer->model->window * trainer->model->row;
    size_t samples = count * trainer->plan.draws;
    size_t gradients = outside->window_gradients != NULL ? samples * row : 0;
    size_t targets = outside->targets != NULL ? count * trainer->model->outputs : 0;
    for (size_t i = 0; i < samples && outside->losses != NULL; i++)
        if (!isfinite(outside->losses[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC, "vdib_trainer_backward: loss %zu is not finite", i);
    for (size_t i = 0; i < gradients; i++)
        if (!isfinite(outside->window_gradients[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC, "vdib_trainer_backward: the gradient of window %zu is not finite",
                              i / row);
    for (size_t i = 0; i < targets; i++)
        if (!isfinite(outside->targets[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC, "vdib_trainer_backward: target %zu is not finite",
                              i / trainer->model->outputs);
    return VDIB_OK;
}

vdib_status vdib_trainer_backward(vdib_trainer *trainer, const float *window_gradients, const double *losses,
                                  const float *targets, vdib_progress *progress) {
    const vdib__outside outside = {window_gradients, losses, targets};
    VDIB_REQUIRE(trainer);
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_progress, progress));
    VDIB_TRY(check_given(trainer, &outside));
    VDIB_TRY(check_finite(trainer, &outside));
    size_t count = trainer->shown;
    trainer->shown = 0;
    trainer->step_began = trainer->model->examples;
    VDIB_TRY(trainer->schedule->learn(trainer, trainer->scheduled, count, &outside));
    vdib_progress now = {.size = sizeof now, .done = vdib__trainer_is_done(trainer)};
    if (now.done)
        VDIB_TRY(vdib__trainer_check_weights(trainer));
    vdib__trainer_report(trainer, &now);
    VDIB_SIZED_WRITE(vdib_progress, &now, progress);
    return VDIB_OK;
}
