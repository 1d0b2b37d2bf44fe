/* SPDX-License-Identifier: MIT */
/* decoder.type=auto: what suits the targets, and a model that says which one it has. */
#include "small_model.h"

static vdib_model *model_for(const char *decoder, const char *target, size_t height, size_t width) {
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 1,
                                    .input_height = 3,
                                    .input_width = 2,
                                    .steps = 4,
                                    .classes = 3,
                                    .target_height = height,
                                    .target_width = width};
    const char *const settings[] = {
        decoder, target, "data.steps=4", "encoder.layers=[]", "encoder.readouts=2", "decoder.hidden=3"};
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_model_create(config, &geometry, &model));
    vdib_config_destroy(config);
    return model;
}

static void what_suits_is_chosen(void **state) {
    (void)state;
    static const struct {
        const char *target;
        size_t height, width;
        const char *is;
    } cases[] = {{"data.target=image", 28, 28, "mlp"},
                 {"data.target=image", 32, 32, "mlp"},
                 {"data.target=image", 41, 25, "upconv"},
                 {"data.target=image", 48, 64, "upconv"},
                 {"data.target=class", 48, 64, "mlp"}};
    char folder[4096], setting[64], name[16], digests[2][VDIB_MODEL_DIGEST];
    char *made = support_folder();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(setting, sizeof setting, "decoder.type=%s", cases[i].is);
        snprintf(folder, sizeof folder, "%s/%zu.safetensors", made, i);
        vdib_model *model = model_for("decoder.type=auto", cases[i].target, cases[i].height, cases[i].width);
        vdib_model *named = model_for(setting, cases[i].target, cases[i].height, cases[i].width), *again = NULL;
        assert_ok(vdib_model_digest(model, digests[0]));
        assert_ok(vdib_model_digest(named, digests[1]));
        assert_string_equal(digests[0], digests[1]);
        assert_ok(vdib_model_save(model, folder));
        assert_ok(vdib_model_load(folder, &again));
        assert_ok(vdib_config_get(vdib_model_config(again), "decoder.type", name, sizeof name));
        assert_string_equal(name, cases[i].is);
        vdib_model_destroy(model), vdib_model_destroy(named), vdib_model_destroy(again);
    }
    support_folder_remove(made);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_suits_is_chosen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
