/* SPDX-License-Identifier: MIT */
#include "learn/sequence.h"

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"

struct vdib__sequence {
    size_t steps;
    vdib__trial *trial;
    vdib__encoder_workspace *encoder_workspace;
    vdib__chain_workspace *workspace; /* the decoder's */
    float *received;                  /* (steps, NR), NULL where all that is sent arrives */
};

vdib_status vdib__sequence_create(const vdib_model *model, size_t steps, vdib__sequence **sequence) {
    size_t blank = model->config->data.blank_steps;
    vdib__sequence *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->steps = steps;
    vdib_status status = vdib__trial_create(&model->encoder, blank + steps, blank, &made->trial);
    if (status == VDIB_OK)
        status = vdib__encoder_workspace_create(&model->encoder, 1, blank + steps, 1, &made->encoder_workspace);
    if (status == VDIB_OK)
        status = vdib__chain_workspace_create(&model->decoder, 1, 1, &made->workspace);
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_EVALUATION);
    if (status == VDIB_OK && !vdib__link_is_plain(&link))
        status = VDIB_NEW(&made->received, steps * model->row);
    if (status != VDIB_OK) {
        vdib__sequence_destroy(made);
        return status;
    }
    *sequence = made;
    return VDIB_OK;
}

void vdib__sequence_destroy(vdib__sequence *sequence) {
    if (sequence == NULL)
        return;
    vdib__free(sequence->received);
    vdib__chain_workspace_destroy(sequence->workspace);
    vdib__encoder_workspace_destroy(sequence->encoder_workspace);
    vdib__trial_destroy(sequence->trial);
    vdib__free(sequence);
}

vdib_status vdib__sequence_run(const vdib_model *model, vdib__sequence *sequence, const vdib_example *example,
                               uint64_t seed, uint64_t index, vdib__sequence_visit *visit, void *user,
                               vdib__loss *loss) {
    size_t readouts = model->encoder.readout.neurons;
    vdib__trial *trial = sequence->trial;
    trial->input = example->raster;
    vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_EVALUATION, .example = index};
    VDIB_TRY(vdib__encoder_forward(&model->encoder, &model->table, model->parameters, 1, sequence->encoder_workspace,
                                   &trial, &key, NULL, 1));
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_EVALUATION);
    const float *received = sequence->received != NULL ? sequence->received : trial->window;
    if (sequence->received != NULL)
        vdib__link_receive(&link, &key, 0, sequence->steps, trial->window, sequence->received);
    *loss = (vdib__loss){0};
    for (size_t t = model->window; t < sequence->steps; t++) {
        const float *window = received + (t + 1 - model->window) * model->row, *logits = NULL;
        VDIB_TRY(vdib__chain_forward(&model->decoder, &model->table, model->parameters, 1, sequence->workspace, window,
                                     1, &logits));
        loss->distortion += model->head->distortion(logits, model->outputs, example->target, example->step_labels[t]);
        vdib__rate_add(model->encoder.level, trial->potentials + (trial->blank_steps + t) * readouts,
                       trial->window + t * readouts, readouts, model->config->objective.prior_probability,
                       &loss->rate_sampled, &loss->rate);
        loss->spikes += trial->readout->offsets[t + 1] - trial->readout->offsets[t];
        if (visit != NULL)
            visit(t, logits, user);
    }
    return VDIB_OK;
}

const vdib__trial *vdib__sequence_trial(const vdib__sequence *sequence) {
    return sequence->trial;
}
