/* SPDX-License-Identifier: MIT */
#include "eval/arrays.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "eval/evaluation.h"

const vdib__array_kind vdib__array_kinds[VDIB__ARRAYS] = {
    [VDIB__ARRAY_MSE_BY_OUTPUT] = {"mse_by_output",
                                   "mean squared error of each value, where vectors of up to 64 values are decoded "
                                   "(in every evaluation of such a task)",
                                   false},
    [VDIB__ARRAY_VARIANCE_BY_OUTPUT] = {"target_variance_by_output",
                                        "variance of the targets of each of these values: the MSE of always saying "
                                        "their mean",
                                        false},
    [VDIB__ARRAY_RATE_BY_STEP] =
        {"rate_bits_by_step",
         "bits of the rate in each step; their sum is rate_bits, step by step (of the scored steps) their mean", false},
    [VDIB__ARRAY_RATE_BY_NEURON] = {"rate_bits_by_neuron",
                                    "bits of the rate of each readout neuron; their sum is rate_bits", false},
    [VDIB__ARRAY_ANYTIME_STEPS] = {"anytime_steps",
                                   "steps of the decoder's window that have arrived, for the next four", true},
    [VDIB__ARRAY_ANYTIME_ACCURACY] = {"anytime_accuracy", "accuracy, from these steps alone", false},
    [VDIB__ARRAY_ANYTIME_JUDGE_ACCURACY] = {"anytime_judge_accuracy", "judge accuracy, from these steps alone", false},
    [VDIB__ARRAY_ANYTIME_MSE] = {"anytime_mse", "MSE per output, from these steps alone", false},
    [VDIB__ARRAY_ANYTIME_DISTORTION] = {"anytime_distortion_nats", "distortion in nats, from these steps alone", false},
    [VDIB__ARRAY_PICTURE_LABELS] = {"picture_labels", "classes of up to 500 examples, evenly spread, for the next four",
                                    true},
    [VDIB__ARRAY_PICTURE_TIME_X] = {"picture_time_x", "first principal component of their spikes in time", false},
    [VDIB__ARRAY_PICTURE_TIME_Y] = {"picture_time_y", "second principal component of their spikes in time", false},
    [VDIB__ARRAY_PICTURE_COUNTS_X] = {"picture_counts_x", "first principal component of their counts of spikes", false},
    [VDIB__ARRAY_PICTURE_COUNTS_Y] = {"picture_counts_y", "second principal component of their counts of spikes",
                                      false},
    [VDIB__ARRAY_PICTURE_SHARES] = {"picture_shares",
                                    "shares of the variance that these components have, two of time, two of counts",
                                    false},
    [VDIB__ARRAY_EXAMPLE_LABELS] = {"label_by_example", "class of each example, in the order of the split", true},
    [VDIB__ARRAY_EXAMPLE_ANSWERS] = {"answer_by_example", "class that the decoder, or the judge, says of it", true},
    [VDIB__ARRAY_EXAMPLE_SPIKES] = {"spikes_by_example", "readout spikes of it", true},
};

vdib_status vdib__findings_array(vdib__findings *findings, vdib__array_id id, size_t count, double **values) {
    vdib__array *array = &findings->arrays[id];
    VDIB_TRY(VDIB_NEW(&array->values, count));
    array->count = count;
    *values = array->values;
    return VDIB_OK;
}

vdib_status vdib__findings_put(vdib__findings *findings, vdib__array_id id, const double *values, size_t count) {
    double *copy = NULL;
    VDIB_TRY(vdib__findings_array(findings, id, count, &copy));
    memcpy(copy, values, count * sizeof *copy);
    return VDIB_OK;
}

size_t vdib_array_count(void) {
    return VDIB__ARRAYS;
}

const char *vdib_array_name(size_t array) {
    return array < VDIB__ARRAYS ? vdib__array_kinds[array].name : NULL;
}

const char *vdib_array_help(size_t array) {
    return array < VDIB__ARRAYS ? vdib__array_kinds[array].help : NULL;
}

const double *vdib_evaluation_array(const vdib_evaluation *evaluation, const char *name, size_t *count) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    for (size_t a = 0; a < VDIB__ARRAYS && findings != NULL && name != NULL; a++)
        if (strcmp(vdib__array_kinds[a].name, name) == 0 && findings->arrays[a].values != NULL) {
            if (count != NULL)
                *count = findings->arrays[a].count;
            return findings->arrays[a].values;
        }
    return NULL;
}
