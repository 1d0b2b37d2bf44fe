/* SPDX-License-Identifier: MIT */
#include "core/error.h"
#include "encoder/layers.h"

/* Errors of every layer before the first gradient: a sink moves the weights that they pass through. */
static void bring_errors(const vdib__pass *pass, float *gradients) {
    vdib__readout_feedback_gradient(pass, gradients); /* of each draw's own spikes and errors */
    vdib__readout_merge(pass);
    for (size_t l = pass->encoder->layer_count; l-- > 0;) {
        vdib__lif_adjoint(pass, l);
        vdib__lif_sums(pass, l, gradients);
    }
}

vdib_status vdib__encoder_backward(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                   const float *parameters, int threads, vdib__encoder_workspace *workspace,
                                   vdib__ranks *ranks, vdib__trial *const *trials, const float *const *hidden_errors,
                                   const float *const *targets, const float *target_weights, size_t count,
                                   const vdib__gradient_sink *sink, float *gradients) {
    vdib__pass pass = vdib__pass_over(encoder, table, parameters, threads, workspace, trials, count);
    pass.hidden_errors = hidden_errors;
    pass.targets = targets;
    pass.target_weights = target_weights;
    if (encoder->credit->target && encoder->layer_count > 0 && targets == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "drtp feedback needs the targets of the examples");
    VDIB_TRY(vdib__pass_start(&pass));
    if (ranks == NULL)
        bring_errors(&pass, gradients);
    else
        VDIB_TRY(vdib__exchange_errors(&pass, ranks, gradients));
    vdib__readout_gradient(&pass, sink, gradients);
    for (size_t l = encoder->layer_count; l-- > 0;)
        vdib__lif_gradient(&pass, l, sink, gradients);
    return VDIB_OK;
}
