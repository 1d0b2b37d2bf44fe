/* SPDX-License-Identifier: MIT */
#include "eval/by_output.h"

#include <string.h>

#include "core/error.h"
#include "core/geometry.h"

void vdib__by_output_start(vdib__by_output *sums, const vdib__walk *walk) {
    bool vector = !walk->model->head->classes && !vdib__targets_are_images(&walk->model->geometry);
    memset(sums, 0, sizeof *sums);
    sums->outputs = vector && walk->model->outputs <= VDIB__OUTPUTS_LISTED ? walk->model->outputs : 0;
}

void vdib__by_output_add(vdib__by_output *sums, const vdib__walk *walk) {
    for (size_t i = 0; i < walk->count; i++)
        for (size_t o = 0; o < sums->outputs; o++) {
            double target = (double)walk->examples[i]->target[o];
            double error = (double)walk->outputs[i * sums->outputs + o] - target;
            vdib__sum_add(&sums->errors[o], error * error);
            vdib__sum_add(&sums->targets[o], target);
            vdib__sum_add(&sums->squares[o], target * target);
        }
}

vdib_status vdib__by_output_share(vdib__by_output *sums, vdib__ranks *ranks) {
    VDIB_TRY(vdib__ranks_sum(ranks, sums->errors, sums->outputs));
    VDIB_TRY(vdib__ranks_sum(ranks, sums->targets, sums->outputs));
    return vdib__ranks_sum(ranks, sums->squares, sums->outputs);
}

vdib_status vdib__by_output_report(const vdib__by_output *sums, double examples, vdib__findings *findings) {
    double *errors = NULL, *variances = NULL;
    if (sums->outputs == 0)
        return VDIB_OK;
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_MSE_BY_OUTPUT, sums->outputs, &errors));
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_VARIANCE_BY_OUTPUT, sums->outputs, &variances));
    for (size_t o = 0; o < sums->outputs; o++) {
        double mean = vdib__sum_value(&sums->targets[o]) / examples;
        double variance = vdib__sum_value(&sums->squares[o]) / examples - mean * mean;
        errors[o] = vdib__sum_value(&sums->errors[o]) / examples;
        variances[o] = variance < 0 ? 0 : variance; /* by rounding */
    }
    return VDIB_OK;
}
