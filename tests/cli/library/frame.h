/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_CLI_LIBRARY_FRAME_H
#define VDIB_TESTS_CLI_LIBRARY_FRAME_H
/* What the blocks of docs/library.md leave out. Each program here is the frame of one block, in the order of the page:
 * the macro BLOCK names a file that holds the block as it is printed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vdib/vdib.h>

enum { CHANNELS = 24, STEPS = 12, CLASSES = 2, READOUTS = 8, PIXELS = 16, EXAMPLES = 20, BATCH = 4 };

static const uint32_t PAIR_STEPS[] = {0, 3, 3, 7, 11}, PAIR_CHANNELS[] = {2, 20, 1, 5, 23};
enum { PAIRS = 5 };

/* The exit code: no call failed. */
static inline int finish(void) {
    const char *message = vdib_last_message();
    if (message[0] != '\0')
        fprintf(stderr, "%s\n", message);
    return message[0] == '\0' ? 0 : 1;
}

static inline vdib_geometry small_geometry(void) {
    return (vdib_geometry){.size = sizeof(vdib_geometry),
                           .input_channels = 1,
                           .input_height = 1,
                           .input_width = CHANNELS,
                           .steps = STEPS,
                           .classes = CLASSES,
                           .target_height = 4,
                           .target_width = 4};
}

static inline vdib_config *small_config(void) {
    static const char *const settings[] = {"data.target=image",     "data.steps=12",
                                           "encoder.layers=10",     "encoder.readouts=8",
                                           "decoder=linear",        "learning.estimator=straight-through",
                                           "learning.batch_size=4", "learning.credit_assignment=bp",
                                           "training.examples=40"};
    vdib_config *config = NULL;
    vdib_config_create(&config);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        vdib_config_set(config, settings[i]);
    return config;
}

static inline vdib_raster *small_raster(void) {
    vdib_raster *raster = NULL;
    vdib_raster_create(CHANNELS, STEPS, &raster);
    vdib_raster_from_pairs(raster, PAIR_STEPS, PAIR_CHANNELS, PAIRS, NULL);
    return raster;
}

static inline vdib_dataset *small_data(void) {
    const vdib_geometry geometry = small_geometry();
    const float target[PIXELS] = {0, 1};
    vdib_dataset *data = NULL;
    vdib_raster *raster = small_raster();
    vdib_dataset_create(&geometry, &data);
    for (uint32_t i = 0; i < 2 * EXAMPLES; i++)
        vdib_dataset_add(data, i < EXAMPLES ? VDIB_SPLIT_TRAIN : VDIB_SPLIT_TEST, raster, target, i % CLASSES);
    vdib_raster_destroy(raster);
    return data;
}

static inline vdib_model *small_model(void) {
    const vdib_geometry geometry = small_geometry();
    vdib_config *config = small_config();
    vdib_model *model = NULL;
    vdib_model_create(config, &geometry, &model);
    vdib_config_destroy(config);
    return model;
}

#endif
