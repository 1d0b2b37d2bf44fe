/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_LEARN_TOY_H
#define VDIB_TESTS_LEARN_TOY_H
/* A data set and configurations small enough to train in milliseconds. */

#include "support.h"

#include "core/random.h"
#include "vdib/vdib.h"

enum { TOY_CHANNELS = 20, TOY_STEPS = 6, TOY_TRAIN = 40, TOY_TEST = 10, TOY_CLASSES = 2, TOY_PIXELS = 6 };

/* Class c spikes in its own half of the channels; its target is its own 2 x 3 image. */
static inline vdib_dataset *toy_dataset(bool images) {
    vdib_geometry geometry = {sizeof(vdib_geometry), 1, 4, 5, TOY_STEPS, TOY_CLASSES, images ? 2 : 0, images ? 3 : 0,
                              images ? 1 : 0};
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    assert_ok(vdib_raster_create(TOY_CHANNELS, TOY_STEPS, &raster));
    for (uint32_t i = 0; i < TOY_TRAIN + TOY_TEST; i++) {
        uint8_t dense[TOY_STEPS * TOY_CHANNELS];
        float target[TOY_PIXELS];
        uint32_t label = i % TOY_CLASSES;
        vdib__key key = {.seed = 5, .purpose = VDIB_PURPOSE_STIMULUS, .example = i};
        for (uint32_t k = 0; k < TOY_STEPS * TOY_CHANNELS; k++) {
            bool own = (k % TOY_CHANNELS) / (TOY_CHANNELS / TOY_CLASSES) == label;
            dense[k] = vdib__random_uniform(&key, 0, k) < (own ? 0.4F : 0.05F);
        }
        for (uint32_t p = 0; p < TOY_PIXELS; p++)
            target[p] = p % TOY_CLASSES == label ? 1.0F : 0.0F;
        assert_ok(vdib_raster_from_dense(raster, dense));
        assert_ok(vdib_dataset_add(dataset, i < TOY_TRAIN ? VDIB_SPLIT_TRAIN : VDIB_SPLIT_TEST, raster,
                                   images ? target : NULL, label));
    }
    vdib_raster_destroy(raster);
    return dataset;
}

static inline void toy_set(vdib_config *config, const char *const *settings) {
    for (size_t i = 0; settings[i] != NULL; i++)
        assert_ok(vdib_config_set(config, settings[i]));
}

/* Small layers; `settings` (NULL-terminated) come on top. */
static inline vdib_config *toy_config(const char *const *settings) {
    static const char *const small[] = {"data.target=image",
                                        "data.steps=6",
                                        "encoder.layers=12",
                                        "encoder.readouts=8",
                                        "readout.filter_steps=4",
                                        "readout.bases=3",
                                        "decoder=mlp",
                                        "decoder.hidden=16",
                                        "training.examples=120",
                                        "training.validate_every=40",
                                        "training.checkpoint_every=40",
                                        NULL};
    vdib_config *config = NULL;
    assert_ok(vdib_config_create(&config));
    toy_set(config, small);
    toy_set(config, settings);
    return config;
}

/* Ready settings: the published rule, and the rule of the demo. */
static const char *const TOY_PUBLISHED[] = {"learning.estimator=reinforce",
                                            "learning.credit_assignment=dfa",
                                            "neuron.gain=published",
                                            "learning.baseline_memory=0.01",
                                            "learning.dfa_normalised=false",
                                            "data.blank_steps=3",
                                            NULL};
static const char *const TOY_STRAIGHT[] = {"learning.estimator=straight-through",
                                           "learning.credit_assignment=bp",
                                           "neuron.gain=unit",
                                           "neuron.surrogate=fast-sigmoid",
                                           "neuron.surrogate_slope=3",
                                           "learning.encoder_optimizer=adam",
                                           "learning.batch_size=4",
                                           "learning.encoder_learning_rate=0.01",
                                           "learning.decoder_learning_rate=0.01",
                                           "objective.prior_probability=0.1",
                                           NULL};

#endif
