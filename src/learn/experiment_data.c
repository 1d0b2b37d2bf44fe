/* SPDX-License-Identifier: MIT */
/* The data of an experiment: a configuration's keys as the parameters of a data set. */

#include "learn/experiment_data.h"

#include <string.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "core/threads.h"
#include "data/data_name.h"
#include "data/dataset_parts.h"
#include "data/film_write.h"
#include "data/recordings/units.h"
#include "model/model.h"

vdib__augmentation vdib__augmentation_of(const vdib_config *config) {
    return (vdib__augmentation){
        .shift = config->augment.shift,
        .rotation = config->augment.rotation,
        .scale = config->augment.scale,
        .shear = config->augment.shear,
        .flip = config->augment.flip,
        .polarity_swap = config->augment.polarity_swap,
        .time_shift = config->augment.time_shift_us,
        .time_jitter = config->augment.time_jitter_us,
        .time_scale = config->augment.time_scale,
        .drop = config->augment.drop,
        .noise_hz = config->augment.noise_hz,
        .step_us = vdib_config_step_us(config),
        .moves_target = config->augment.moves_target,
    };
}

vdib_status vdib__experiment_fitted(const vdib_config *config, const vdib_dataset *dataset, vdib_config **fitted) {
    VDIB_TRY(vdib_config_copy(config, fitted));
    if (!vdib__dataset_has_sensor(dataset))
        return VDIB_OK;
    const vdib__dataset_parameters *p = &dataset->parameters;
    if (dataset->fitted) {
        (*fitted)->data.step_us = p->step_us;
        (*fitted)->data.from_first_event = p->from_first_event;
    }
    (*fitted)->data.polarities = dataset->geometry.input_channels;
    vdib_status status = vdib_config_check(*fitted);
    if (status != VDIB_OK) {
        vdib_config_destroy(*fitted);
        *fitted = NULL;
    }
    return status;
}

vdib_status vdib__experiment_parameters(const char *data, const vdib_config *config,
                                        const vdib_dataset_options *options, vdib__dataset_parameters *described) {
    vdib_dataset_options used;
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_dataset_options, options, &used));
    const vdib_model *model = used.model;
    VDIB_TRY(vdib_config_check(config));
    const vdib__input *input = vdib__input_of(config->data.input);
    vdib__dataset_parameters parameters = {
        .data = data != NULL ? data : vdib__builtin_of(config->data.builtin)->name,
        .images = used.images,
        .input = input,
        .target = vdib__target_of(config->data.target),
        .steps = config->data.steps,
        .test_steps = vdib__config_test_steps(config),
        .step_us = vdib_config_step_us(config),
        .start_us = config->data.start_us,
        .from_first_event = config->data.from_first_event,
        .time_unit = vdib__time_unit_of(config->data.time_unit),
        .fit_window = config->data.fit_window && model == NULL,
        .allow_loss = config->data.allow_loss,
        .for_model = model != NULL,
        .polarities = config->data.polarities,
        .train_examples = config->data.train_examples,
        .test_examples = config->data.test_examples,
        .window_us = config->data.window_us,
        .stride_us = config->data.stride_us > 0 ? config->data.stride_us : config->data.window_us,
        .test_share = config->data.test_share,
        .split_seed = config->data.split_seed,
        .motion = vdib__motion_of(config->data.motion),
        .anywhere = vdib__choice_is(config->data.place, "anywhere"),
        .film_exclude = config->data.film_exclude,
        .mix = config->data.mix,
        .delta = config->data.delta,
        .warmup_steps = vdib__config_warmup_steps(config),
        .augmentation = vdib__augmentation_of(config),
        .threads = vdib__threads(used.threads),
        .cancelled = used.cancelled,
        .user = used.user,
    };
    VDIB_TRY(vdib__config_pixels(config, &parameters.pixels));
    parameters.sensor_width = parameters.pixels.width;
    parameters.sensor_height = parameters.pixels.height;
    VDIB_TRY(vdib__config_target_size(config, &parameters.target_width, &parameters.target_height));
    parameters.unit_targets = strcmp(vdib__config_head(config)->name, "bernoulli") == 0;
    if (model != NULL && model->geometry.target_width == 0) {
        parameters.classes = model->geometry.classes;
        parameters.class_names = (const char *const *)model->class_names;
    }
    if (model != NULL && parameters.sensor_width == 0 && vdib__input_is_recordings(input)) {
        parameters.sensor_width = model->geometry.input_width;
        parameters.sensor_height = model->geometry.input_height;
    }
    *described = parameters;
    return VDIB_OK;
}

/* Data that are named go before those that the experiment has built in. */
static vdib_status note_builtin(const char *data, const vdib_config *config, vdib_dataset *dataset) {
    const vdib__builtin *builtin = vdib__builtin_of(config->data.builtin);
    if (data == NULL || builtin->name == NULL || strcmp(data, builtin->name) == 0)
        return VDIB_OK;
    return vdib__note(dataset, "data.builtin is %s, which is not read: other data are named, %s", builtin->choice.name,
                      data);
}

/* Data that a model was trained on are to be split as they were then. */
static vdib_status note_split(const vdib_dataset_options *options, vdib_dataset *dataset) {
    vdib_dataset_options used;
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_dataset_options, options, &used));
    const char *is = vdib_dataset_split_digest(dataset);
    if (used.split == NULL || is == NULL || strcmp(used.split, is) == 0)
        return VDIB_OK;
    return vdib__note(dataset,
                      "the data are split in another way than when the model was trained (digest %.10s..., now "
                      "%.10s...): test examples may be ones that it has learnt from",
                      used.split, is);
}

vdib_status vdib_dataset_open_with(const char *data, const vdib_config *config, const vdib_dataset_options *options,
                                   vdib_dataset **dataset) {
    vdib__dataset_parameters parameters;
    VDIB_REQUIRE(config, dataset);
    VDIB_TRY(vdib__experiment_parameters(data, config, options, &parameters));
    vdib_dataset *made = NULL;
    VDIB_TRY(vdib__dataset_open(&parameters, &made));
    vdib_status status = note_builtin(data, config, made);
    if (status == VDIB_OK)
        status = note_split(options, made);
    if (status == VDIB_OK)
        *dataset = made;
    else
        vdib_dataset_destroy(made);
    return status;
}

vdib_status vdib_film(const char *data, const vdib_config *config, const vdib_dataset_options *options,
                      const char *folder, size_t *train, size_t *test, char **notes) {
    vdib__dataset_parameters parameters;
    size_t counts[2] = {0, 0};
    char *text = NULL;
    VDIB_REQUIRE(config, folder);
    VDIB_TRY(vdib__experiment_parameters(data, config, options, &parameters));
    VDIB_TRY(vdib__film_write(&parameters, folder, counts, &text));
    if (train != NULL)
        *train = counts[0];
    if (test != NULL)
        *test = counts[1];
    if (notes != NULL)
        *notes = text;
    else
        vdib__free(text);
    return VDIB_OK;
}

vdib_status vdib_dataset_open_images(const char *data, const char *images, const vdib_config *config, size_t threads,
                                     vdib_dataset **dataset) {
    const vdib_dataset_options options = {.size = sizeof options, .images = images, .threads = threads};
    return vdib_dataset_open_with(data, config, &options, dataset);
}

vdib_status vdib_dataset_open_model(const char *data, const char *images, const vdib_model *model, size_t threads,
                                    vdib_dataset **dataset) {
    VDIB_REQUIRE(model);
    const vdib_dataset_options options = {.size = sizeof options, .images = images, .threads = threads, .model = model};
    return vdib_dataset_open_with(data, model->config, &options, dataset);
}

vdib_status vdib_dataset_open(const char *data, const vdib_config *config, vdib_dataset **dataset) {
    return vdib_dataset_open_with(data, config, NULL, dataset);
}
