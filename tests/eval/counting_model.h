/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVAL_COUNTING_MODEL_H
#define VDIB_TESTS_EVAL_COUNTING_MODEL_H

#include "support.h"
#include "vdib/vdib.h"

/* A network on counts with its initial weights, for the small data set; `setting` comes last. */
static inline vdib_model *counting_model(bool images, const vdib_geometry *geometry, const char *setting) {
    static const char *const settings[] = {"experiment=counting", "seed=5",         "data.steps=12",
                                           "encoder.type=counts", "encoder.bins=3", "decoder=mlp",
                                           "decoder.hidden=5"};
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_config_set(config, images ? "data.target=image" : "data.target=class"));
    if (setting != NULL)
        assert_ok(vdib_config_set(config, setting));
    assert_ok(vdib_model_create(config, geometry, &model));
    vdib_config_destroy(config);
    return model;
}

#endif
