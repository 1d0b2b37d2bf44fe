/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVAL_SMALL_DATA_H
#define VDIB_TESTS_EVAL_SMALL_DATA_H
/* A data set and models small enough to evaluate in milliseconds: 2 x 4 x 4 inputs, 12 steps, 4 classes, and as target
 * an image of 16 x 16 pixels with a bar in the class's quarter, or the class. */

#include "support.h"
#include "vdib/vdib.h"

enum {
    SMALL_CHANNELS = 32,
    SMALL_STEPS = 12,
    SMALL_CLASSES = 4,
    SMALL_SIDE = 16,
    SMALL_PIXELS = SMALL_SIDE * SMALL_SIDE,
    SMALL_TRAIN = 48,
    SMALL_TEST = 37 /* more than a batch of 32, and no multiple of it */
};

static inline vdib_geometry small_geometry(bool images) {
    return (vdib_geometry){.size = sizeof(vdib_geometry),
                           .input_channels = 2,
                           .input_height = 4,
                           .input_width = 4,
                           .steps = SMALL_STEPS,
                           .classes = SMALL_CLASSES,
                           .target_height = images ? SMALL_SIDE : 0,
                           .target_width = images ? SMALL_SIDE : 0};
}

static inline void small_raster(size_t number, uint32_t label, vdib_raster *raster) {
    uint8_t dense[SMALL_STEPS * SMALL_CHANNELS];
    for (size_t t = 0; t < SMALL_STEPS; t++)
        for (size_t c = 0; c < SMALL_CHANNELS; c++)
            dense[t * SMALL_CHANNELS + c] =
                (t * 7 + c * 13 + label * 5 + number * number * 3) % 11 < 1 + 3 * (c % SMALL_CLASSES == label);
    assert_ok(vdib_raster_from_dense(raster, dense));
}

static inline void small_image(size_t number, uint32_t label, float *image) {
    for (size_t row = 0; row < SMALL_SIDE; row++)
        for (size_t column = 0; column < SMALL_SIDE; column++)
            image[row * SMALL_SIDE + column] =
                (column / 4 == label ? 0.8F : 0.1F) + 0.02F * (float)((row + column * 3 + number) % 5);
}

static inline void small_add(vdib_dataset *dataset, vdib_split split, size_t count, bool images) {
    vdib_raster *raster = NULL;
    float image[SMALL_PIXELS];
    assert_ok(vdib_raster_create(SMALL_CHANNELS, SMALL_STEPS, &raster));
    for (size_t i = 0; i < count; i++) {
        uint32_t label = (uint32_t)((i * i + i / 3) % SMALL_CLASSES);
        small_raster(i + 100 * (size_t)split, label, raster);
        small_image(i, label, image);
        assert_ok(vdib_dataset_add(dataset, split, raster, images ? image : NULL, label));
    }
    vdib_raster_destroy(raster);
}

static inline vdib_dataset *small_dataset(bool images) {
    vdib_geometry geometry = small_geometry(images);
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    small_add(dataset, VDIB_SPLIT_TRAIN, SMALL_TRAIN, images);
    small_add(dataset, VDIB_SPLIT_TEST, SMALL_TEST, images);
    return dataset;
}

/* A model of settings (count), and of `last` where it is not NULL, with its initial weights. */
static inline vdib_model *small_model_of(const char *const *settings, size_t count, const char *last, bool images,
                                         const vdib_geometry *geometry) {
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < count; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_config_set(config, images ? "data.target=image" : "data.target=class"));
    if (last != NULL)
        assert_ok(vdib_config_set(config, last));
    assert_ok(vdib_model_create(config, geometry, &model));
    vdib_config_destroy(config);
    return model;
}

/* A model with its initial weights: hidden layer 14, 9 readouts, linear decoder, 3 blank steps, seed 5. */
static inline vdib_model *small_model(bool images) {
    static const char *const settings[] = {"experiment=small",  "seed=5",
                                           "data.steps=12",     "data.blank_steps=3",
                                           "encoder.layers=14", "encoder.readouts=9",
                                           "decoder=linear",    "objective.prior_probability=0.2"};
    vdib_geometry geometry = small_geometry(images);
    return small_model_of(settings, sizeof settings / sizeof *settings, NULL, images, &geometry);
}

/* `output` of the model for test example `index`, by the public functions alone; returns the label. */
static inline uint32_t small_reconstruct(const vdib_model *model, const vdib_dataset *dataset, size_t index,
                                         float *target, float *output) {
    vdib_example *example = NULL;
    assert_ok(vdib_example_create(dataset, &example));
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, index, 5, example));
    assert_ok(vdib_model_reconstruct(model, example->raster, 5, index, output));
    if (target != NULL && example->target != NULL)
        memcpy(target, example->target, vdib_model_outputs(model) * sizeof *target);
    uint32_t label = example->label;
    vdib_example_destroy(example);
    return label;
}

#endif
