/* SPDX-License-Identifier: MIT */
/* What training and evaluation refuse, and what they say: data of other shapes, checkpoints of other training, limits
 * that have no meaning. Nothing changes by a refusal. */
#include "toy.h"

#include "model/safetensors.h"

static vdib_model *toy_model(const char *const *settings, const vdib_dataset *dataset) {
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_model *model = NULL;
    toy_set(config, settings);
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    vdib_config_destroy(config);
    return model;
}

/* A data set with one test example of `steps` steps: `image`, or only a class. */
static vdib_dataset *one_example(size_t channels, size_t steps, bool image, size_t classes) {
    const vdib_geometry geometry = {sizeof geometry, 1, 4, channels / 4, steps, classes, image ? 2 : 0, image ? 3 : 0,
                                    image ? 1 : 0};
    const float target[TOY_PIXELS] = {0};
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    assert_ok(vdib_raster_create(channels, steps, &raster));
    assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TEST, raster, image ? target : NULL, 0));
    vdib_raster_destroy(raster);
    return dataset;
}

static void refuse_evaluation(const vdib_model *model, vdib_dataset *dataset, vdib_split split, vdib_status status,
                              const char *part) {
    vdib_evaluation evaluation = {0};
    const vdib_evaluation_options options = {.size = sizeof options, .threads = 1};
    assert_fails(status, vdib_evaluate(model, dataset, split, &options, &evaluation), part);
    vdib_dataset_destroy(dataset);
}

static void data_of_another_shape_are_not_evaluated(void **state) {
    (void)state;
    static const char *const none[] = {NULL}, *const class[] = {"data.target=class", NULL};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_model *image = toy_model(none, dataset), *labels = toy_model(class, dataset);
    refuse_evaluation(image, one_example(24, TOY_STEPS, true, 2), VDIB_SPLIT_TEST, VDIB_ERROR_DATA, "1 x 4 x 6");
    refuse_evaluation(image, one_example(TOY_CHANNELS, TOY_STEPS, false, 2), VDIB_SPLIT_TEST, VDIB_ERROR_DATA, "0 x 0");
    refuse_evaluation(labels, one_example(TOY_CHANNELS, TOY_STEPS, true, 3), VDIB_SPLIT_TEST, VDIB_ERROR_DATA,
                      "3 classes");
    refuse_evaluation(image, one_example(TOY_CHANNELS, 4, true, 2), VDIB_SPLIT_TEST, VDIB_ERROR_DATA, "6 at least");
    refuse_evaluation(image, one_example(TOY_CHANNELS, TOY_STEPS, true, 2), VDIB_SPLIT_VALIDATION, VDIB_ERROR_DATA,
                      "the validation split");
    refuse_evaluation(image, one_example(TOY_CHANNELS, TOY_STEPS, true, 2), (vdib_split)7, VDIB_ERROR_ARGUMENT,
                      "split 7");
    vdib_model_destroy(labels);
    vdib_model_destroy(image);
    vdib_dataset_destroy(dataset);
}

static void steps_without_classes_are_not_decoded(void **state) {
    (void)state;
    static const char *const units[] = {"data.target=units",
                                        "data.input=blobs",
                                        "decoder.window=3",
                                        "decoder=linear",
                                        "learning.schedule=online",
                                        "learning.batch_size=1",
                                        NULL};
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_dataset *blobs = NULL;
    vdib_model *model = NULL;
    toy_set(config, units);
    assert_ok(vdib_dataset_open(NULL, config, &blobs));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(blobs), &model));
    const vdib_geometry *g = vdib_dataset_geometry(blobs);
    const vdib_geometry geometry = {
        sizeof geometry, g->input_channels, g->input_height, g->input_width, 3, g->classes, 0, 0, 0};
    vdib_raster *raster = NULL;
    for (size_t steps = 3; steps < 5; steps++) { /* one step less than the window needs, then enough of them */
        vdib_dataset *own = NULL;
        vdib_geometry shape = geometry;
        shape.steps = steps;
        assert_ok(vdib_dataset_create(&shape, &own));
        assert_ok(vdib_raster_create(g->input_channels * g->input_height * g->input_width, steps, &raster));
        assert_ok(vdib_dataset_add(own, VDIB_SPLIT_TEST, raster, NULL, 0));
        vdib_raster_destroy(raster);
        refuse_evaluation(model, own, VDIB_SPLIT_TEST, VDIB_ERROR_DATA,
                          steps == 3 ? "needs 4 at least" : "no class for every step");
    }
    vdib_evaluation evaluation = {0};
    assert_fails(VDIB_ERROR_DATA, vdib_evaluate(model, blobs, VDIB_SPLIT_TRAIN, NULL, &evaluation), "endless");
    vdib_model_destroy(model);
    vdib_dataset_destroy(blobs);
    vdib_config_destroy(config);
}

static void training_needs_examples_and_limits_that_mean_something(void **state) {
    (void)state;
    static const char *const units[] = {"data.target=units", "data.input=blobs",      "decoder.window=3",
                                        "decoder=linear",    "learning.batch_size=1", NULL};
    vdib_dataset *empty = one_example(TOY_CHANNELS, TOY_STEPS, true, 2), *blobs = NULL;
    vdib_config *config = toy_config(TOY_STRAIGHT), *stepwise = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    assert_fails(VDIB_ERROR_DATA, vdib_trainer_create(config, empty, &trainer),
                 "6 steps: there are no training examples");
    assert_null(trainer);
    toy_set(stepwise, units);
    assert_ok(vdib_dataset_open(NULL, stepwise, &blobs));
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_create(stepwise, blobs, &trainer), "learning.schedule online");
    assert_ok(vdib_config_set(stepwise, "learning.schedule=online"));
    assert_ok(vdib_trainer_create(stepwise, blobs, &trainer));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_set_limits(trainer, 0, 1, 0), "no epochs");
    vdib_progress progress = {.size = sizeof progress};
    assert_ok(vdib_trainer_step(trainer, &progress));
    assert_true(!progress.done && progress.examples == 1 && progress.epochs == 0);
    assert_ok(vdib_trainer_set_limits(trainer, 0, 0, 1e6));
    assert_ok(vdib_trainer_step(trainer, &progress));
    assert_true(!progress.done && progress.limit == 0 && progress.seconds_left > 9e5 && progress.seconds_left < 1e6);
    assert_ok(vdib_trainer_set_limits(trainer, 0, 0, 1e-9)); /* used up */
    assert_ok(vdib_trainer_step(trainer, &progress));
    assert_true(progress.done && progress.examples == 2 && progress.seconds_left == 0);
    assert_ok(vdib_trainer_step(trainer, NULL));
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(blobs), vdib_dataset_destroy(empty);
    vdib_config_destroy(stepwise), vdib_config_destroy(config);
}

static void checkpoints_of_other_training_are_refused(void **state) {
    (void)state;
    char *folder = support_folder(), path[4096];
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(TOY_STRAIGHT), *other = toy_config(TOY_PUBLISHED);
    vdib_trainer *trainer = NULL, *stranger = NULL;
    const float number = 1;
    const vdib__safetensors_entry entry = {
        .name = "a", .dtype = VDIB_DTYPE_F32, .rank = 1, .shape = {1}, .data = &number};
    const vdib__safetensors_text texts[] = {{"vdib_checkpoint", "99"}, {"vdib_config", "{}"}};
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_create(other, dataset, &stranger));
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
    assert_fails(VDIB_ERROR_IO, vdib_trainer_resume(trainer, path), path);
    assert_ok(vdib__safetensors_write(path, &entry, 1, NULL, 0));
    assert_fails(VDIB_ERROR_FORMAT, vdib_trainer_resume(trainer, path), "no vdib checkpoint");
    assert_ok(vdib__safetensors_write(path, &entry, 1, texts, 2));
    assert_fails(VDIB_ERROR_VERSION, vdib_trainer_resume(trainer, path), "format 99");
    assert_ok(vdib_trainer_checkpoint(trainer, path));
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_resume(stranger, path), "another configuration");
    assert_ok(vdib_trainer_resume(trainer, path));
    vdib_trainer_destroy(stranger), vdib_trainer_destroy(trainer);
    vdib_config_destroy(other), vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_of_another_shape_are_not_evaluated),
        cmocka_unit_test(steps_without_classes_are_not_decoded),
        cmocka_unit_test(training_needs_examples_and_limits_that_mean_something),
        cmocka_unit_test(checkpoints_of_other_training_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
