/* SPDX-License-Identifier: MIT */
/* What no single key can tell: the meaning of "auto", and combinations. */
#include "config/keys.h"
#include "core/error.h"
#include "decoder/decoder.h"

vdib__rate_term vdib__config_rate(const vdib_config *config) {
    if (config->objective.rate != VDIB_RATE_AUTO)
        return (vdib__rate_term)config->objective.rate;
    return config->learning.estimator == VDIB_ESTIMATOR_STRAIGHT_THROUGH ? VDIB_RATE_ANALYTIC : VDIB_RATE_SAMPLED;
}

vdib__baseline vdib__config_baseline(const vdib_config *config) {
    if (config->learning.baseline != VDIB_BASELINE_AUTO)
        return (vdib__baseline)config->learning.baseline;
    if (config->learning.estimator == VDIB_ESTIMATOR_STRAIGHT_THROUGH)
        return VDIB_BASELINE_NONE;
    return config->learning.batch_size == 1 ? VDIB_BASELINE_PER_PARAMETER : VDIB_BASELINE_BATCH;
}

/* Whether the target is a label among classes rather than an image. */
static bool decodes_classes(const vdib_config *config) {
    return config->data.target == VDIB_TARGET_CLASS || config->data.target == VDIB_TARGET_UNITS;
}

vdib__head_choice vdib__config_head(const vdib_config *config) {
    if (config->decoder.head != VDIB_HEAD_CHOICE_AUTO)
        return (vdib__head_choice)config->decoder.head;
    return decodes_classes(config) ? VDIB_HEAD_CHOICE_CATEGORICAL : VDIB_HEAD_CHOICE_BERNOULLI;
}

size_t vdib__config_test_steps(const vdib_config *config) {
    return config->data.test_steps != 0 ? config->data.test_steps : config->data.steps;
}

size_t vdib__config_window(const vdib_config *config) {
    return config->decoder.window != 0 ? config->decoder.window : config->data.steps;
}

static vdib_status check_data(const vdib_config *config) {
    bool blobs = config->data.input == VDIB_INPUT_BLOBS, units = config->data.target == VDIB_TARGET_UNITS;
    if (units && !blobs)
        return vdib__fail(VDIB_ERROR_CONFIG, "data.target is 'units', which needs data.input 'blobs'; choose image, "
                                             "class-image or class for recordings and images");
    if (blobs && !units)
        return vdib__fail(VDIB_ERROR_CONFIG, "data.input is 'blobs', which needs data.target 'units'");
    return VDIB_OK;
}

static vdib_status check_decoder(const vdib_config *config) {
    bool categorical = vdib__config_head(config) == VDIB_HEAD_CHOICE_CATEGORICAL;
    size_t window = vdib__config_window(config);
    if (decodes_classes(config) && !categorical)
        return vdib__fail(VDIB_ERROR_CONFIG, "decoder.head must be categorical or auto where data.target is class or "
                                             "units");
    if (!decodes_classes(config) && categorical)
        return vdib__fail(VDIB_ERROR_CONFIG, "decoder.head is 'categorical', which needs data.target class or units; "
                                             "images take bernoulli, gaussian or auto");
    if (window > config->data.steps)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.window is %zu, more than the %zu of data.steps; it takes at most "
                          "data.steps, or 0 for all of them",
                          window, config->data.steps);
    bool reads_windows = config->decoder.type == VDIB_DECODER_LINEAR || config->decoder.type == VDIB_DECODER_MLP;
    if (config->decoder.coding == VDIB_CODING_RATE && !reads_windows)
        return vdib__fail(VDIB_ERROR_CONFIG, "decoder.coding is 'rate', which needs decoder.type linear or mlp");
    if (config->decoder.type == VDIB_DECODER_CONV && window < 4)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.type is 'conv', which needs a decoder.window of at least 4 steps, "
                          "not %zu; choose linear or mlp",
                          window);
    return VDIB_OK;
}

static vdib_status check_estimator(const vdib_config *config) {
    bool straight = config->learning.estimator == VDIB_ESTIMATOR_STRAIGHT_THROUGH;
    if (straight && vdib__config_rate(config) != VDIB_RATE_ANALYTIC)
        return vdib__fail(VDIB_ERROR_CONFIG, "learning.estimator is 'straight-through', which needs objective.rate "
                                             "analytic or auto");
    if (!straight && vdib__config_rate(config) != VDIB_RATE_SAMPLED)
        return vdib__fail(VDIB_ERROR_CONFIG, "learning.estimator is 'reinforce', which needs objective.rate sampled or "
                                             "auto");
    vdib__baseline baseline = vdib__config_baseline(config);
    if (straight && baseline != VDIB_BASELINE_NONE)
        return vdib__fail(VDIB_ERROR_CONFIG, "learning.estimator is 'straight-through', which has no baseline; set "
                                             "learning.baseline to auto or none");
    if (baseline == VDIB_BASELINE_PER_PARAMETER && config->learning.batch_size != 1)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "learning.baseline is 'per-parameter', which needs learning.batch_size 1, "
                          "not %zu; set it to auto or batch",
                          config->learning.batch_size);
    if (baseline == VDIB_BASELINE_BATCH && config->learning.batch_size < 2)
        return vdib__fail(VDIB_ERROR_CONFIG, "learning.baseline is 'batch', which needs a learning.batch_size of at "
                                             "least 2; set it to auto or per-parameter");
    return VDIB_OK;
}

static vdib_status check_schedule(const vdib_config *config) {
    if (config->learning.schedule != VDIB_SCHEDULE_ONLINE)
        return VDIB_OK;
    if (config->learning.batch_size != 1)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "learning.schedule is 'online', which needs learning.batch_size 1, not %zu",
                          config->learning.batch_size);
    if (config->decoder.window == 0 || config->decoder.window >= config->data.steps)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "learning.schedule is 'online', which needs a decoder.window of 1 to %zu "
                          "steps, fewer than data.steps; it is %zu",
                          config->data.steps - 1, config->decoder.window);
    return VDIB_OK;
}

vdib_status vdib_config_check(const vdib_config *config) {
    if (config == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_check: config must not be NULL");
    for (size_t l = 0; l < config->encoder.layer_count; l++) {
        vdib__layer_text parsed;
        VDIB_TRY(vdib__config_layer(config, l, &parsed));
    }
    VDIB_TRY(check_data(config));
    VDIB_TRY(check_decoder(config));
    VDIB_TRY(check_estimator(config));
    return check_schedule(config);
}
