/* SPDX-License-Identifier: MIT */
/* The data of an experiment: a configuration's keys as the parameters of a data set. */

#include "config/config.h"
#include "core/error.h"
#include "core/threads.h"
#include "data/dataset.h"

/* Recordings whose events all miss the window would train a network on nothing. */
static vdib_status check_spikes(const vdib_dataset *dataset, const vdib_config *config) {
    enum { PROBED = 32 };
    vdib_split split = vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) > 0 ? VDIB_SPLIT_TRAIN : VDIB_SPLIT_TEST;
    size_t size = vdib_dataset_size(dataset, split), spikes = 0;
    vdib_example *example = NULL;
    VDIB_TRY(vdib_example_create(dataset, &example));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < size && i < PROBED && spikes == 0 && status == VDIB_OK; i++) {
        status = vdib_dataset_get(dataset, split, i, config->seed, example);
        if (status == VDIB_OK)
            spikes += vdib_raster_spikes(example->raster);
    }
    vdib_example_destroy(example);
    if (status == VDIB_OK && size > 0 && spikes == 0)
        return vdib__fail(VDIB_ERROR_DATA,
                          "no event of the first %zu recordings falls in %zu steps of %lld us from %lld us on; change "
                          "data.steps, data.step_us or data.start_us",
                          size < PROBED ? size : (size_t)PROBED, config->data.steps, (long long)config->data.step_us,
                          (long long)config->data.start_us);
    return status;
}

vdib_status vdib_dataset_open_images(const char *data, const char *images, const vdib_config *config, size_t threads,
                                     vdib_dataset **dataset) {
    VDIB_TRY(vdib_config_check(config));
    const vdib__input *input = vdib__input_of(config->data.input);
    vdib__dataset_parameters parameters = {
        .data = data,
        .images = images,
        .input = input,
        .target = vdib__target_of(config->data.target),
        .steps = config->data.steps,
        .test_steps = vdib__config_test_steps(config),
        .step_us = config->data.step_us,
        .start_us = config->data.start_us,
        .polarities = config->data.polarities,
        .train_examples = config->data.train_examples,
        .test_examples = config->data.test_examples,
        .motion = vdib__motion_of(config->data.motion),
        .delta = config->data.delta,
        .warmup_steps = vdib__choice_is(config->data.input, "stepwise") ? config->decoder.window : 0,
        .threads = vdib__threads(threads),
    };
    vdib_dataset *opened = NULL;
    VDIB_TRY(vdib__dataset_open(&parameters, &opened));
    vdib_status status = vdib__input_is_recordings(input) ? check_spikes(opened, config) : VDIB_OK;
    if (status != VDIB_OK) {
        vdib_dataset_destroy(opened);
        return status;
    }
    *dataset = opened;
    return VDIB_OK;
}

vdib_status vdib_dataset_open(const char *data, const vdib_config *config, vdib_dataset **dataset) {
    return vdib_dataset_open_images(data, NULL, config, 0, dataset);
}
