/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_MODEL_SMALL_MODEL_H
#define VDIB_TESTS_MODEL_SMALL_MODEL_H
/* Models and inputs that are small and have every size different. */

#include "support.h"

#include "core/random.h"
#include "vdib/vdib.h"

enum { SMALL_INPUTS = 2 * 6 * 5, SMALL_STEPS = 13, SMALL_OUTPUTS = 12, SMALL_READOUTS = 9 };

/* `settings` (NULL-terminated) come on top of 14 hidden and 9 readout neurons, a window of 11 steps, 3 blank steps. */
static inline vdib_model *small_model(const char *const *settings) {
    static const char *const common[] = {"data.target=image", "data.steps=13",      "data.blank_steps=3",
                                         "encoder.layers=14", "encoder.readouts=9", "decoder=linear",
                                         "decoder.window=11", "experiment=small",   "seed=5"};
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 2,
                                    .input_height = 6,
                                    .input_width = 5,
                                    .steps = SMALL_STEPS,
                                    .classes = 3,
                                    .target_height = 4,
                                    .target_width = 3};
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        assert_ok(vdib_config_set(config, common[i]));
    for (; settings != NULL && *settings != NULL; settings++)
        assert_ok(vdib_config_set(config, *settings));
    assert_ok(vdib_model_create(config, &geometry, &model));
    vdib_config_destroy(config);
    return model;
}

/* A raster of about 30 % spikes, another one for every number. */
static inline vdib_raster *small_raster(size_t steps, uint64_t number) {
    vdib_raster *raster = NULL;
    uint8_t *dense = malloc(steps * SMALL_INPUTS);
    const vdib__key key = {.seed = 8, .purpose = VDIB_PURPOSE_STIMULUS, .example = number};
    assert_non_null(dense);
    for (uint32_t i = 0; i < steps * SMALL_INPUTS; i++)
        dense[i] = vdib__random_uniform(&key, 0, i) < 0.3F;
    assert_ok(vdib_raster_create(SMALL_INPUTS, steps, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    free(dense);
    return raster;
}

#endif
