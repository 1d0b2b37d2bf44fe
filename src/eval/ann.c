/* SPDX-License-Identifier: MIT */
#include "eval/ann.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "eval/energy.h"
#include "model/model.h"

/* Keys that say what an example is: the network must have learnt from examples like the model's. */
static const char *const keys[] = {"data.input",   "data.target",   "data.steps",
                                   "data.step_us", "data.start_us", "data.from_first_event"};

/* The value of a key; data.step_us has defaults of its own. */
static vdib_status value_of(const vdib_config *config, const char *key, char text[VDIB_CONFIG_TEXT]) {
    if (strcmp(key, "data.step_us") != 0)
        return vdib_config_get(config, key, text, VDIB_CONFIG_TEXT);
    snprintf(text, VDIB_CONFIG_TEXT, "%lld", (long long)vdib_config_step_us(config));
    return VDIB_OK;
}

static vdib_status check_keys(const vdib_config *ann, const vdib_config *model) {
    char other[VDIB_CONFIG_TEXT], own[VDIB_CONFIG_TEXT];
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        VDIB_TRY(value_of(ann, keys[k], other));
        VDIB_TRY(value_of(model, keys[k], own));
        if (strcmp(other, own) != 0)
            return vdib__fail(
                VDIB_ERROR_DATA,
                "the ANN (%s) has %s %s, the model %s; compare it with one that was trained with the same",
                ann->experiment, keys[k], other, own);
    }
    return VDIB_OK;
}

enum { SHAPE_TEXT = 128 };

static void describe(const vdib_model *model, char text[SHAPE_TEXT]) {
    const vdib_geometry *geometry = &model->geometry;
    snprintf(text, SHAPE_TEXT, "inputs of %zu x %zu x %zu in %zu steps and %zu outputs", geometry->input_channels,
             geometry->input_height, geometry->input_width, geometry->steps, model->outputs);
}

static vdib_status check_shape(const vdib_model *ann, const vdib_model *model) {
    char other[SHAPE_TEXT], own[SHAPE_TEXT];
    describe(ann, other);
    describe(model, own);
    if (strcmp(other, own) == 0)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA,
                      "the ANN (%s) has %s, the model %s; compare it with one that was trained on the same data",
                      ann->config->experiment, other, own);
}

vdib_status vdib__ann_check(const vdib_model *ann, const vdib_model *model) {
    if (!ann->encoder.absent)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "the ANN (%s) has encoder.type '%s'; name a model with encoder.type=counts, as the experiment "
            "baseline/ann trains",
            ann->config->experiment, ann->config->encoder.type->name);
    VDIB_TRY(check_keys(ann->config, model->config));
    return check_shape(ann, model);
}

/* An event adds 1 to its count, which is read and written; then all layers run once. */
static vdib__efforts effort_of(const vdib_model *ann, double events) {
    const vdib__storage storage = vdib__storage_of_chain(&ann->decoder);
    vdib__effort effort = vdib__effort_of_chain(&ann->decoder);
    effort.additions += events;
    effort.states += 2 * events;
    return vdib__efforts_of(&effort, &storage, 1);
}

vdib_status vdib__ann_find(const vdib_dataset *dataset, vdib_split split, const vdib_evaluation_options *options,
                           vdib__findings *findings) {
    const vdib_evaluation_options plain = {.size = sizeof plain,
                                           .threads = options->threads,
                                           .examples = options->examples,
                                           .cancelled = options->cancelled,
                                           .user = options->user,
                                           .ranks = options->ranks};
    vdib_evaluation evaluation = {NULL};
    VDIB_TRY(vdib_evaluate(options->ann, dataset, split, &plain, &evaluation));
    const vdib__findings *found = vdib__findings_of(&evaluation);
    findings->ann.accuracy = found->accuracy;
    findings->ann.judge_accuracy = found->judge_accuracy;
    findings->ann.mse = found->mse;
    findings->ann_effort = effort_of(options->ann, findings->input_spikes_per_example);
    vdib_evaluation_clear(&evaluation);
    return VDIB_OK;
}
