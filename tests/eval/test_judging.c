/* SPDX-License-Identifier: MIT */
/* The judge at work: on folders of images it looks at each example's natural image, also where the target is that of
 * its class; and where there can be no judge. */
#include <math.h>

#include "core/alloc.h"
#include "data/dataset.h"
#include "data/files.h"
#include "eval/judge.h"
#include "eval/small_judge.h"
#include "plain/plain.h"

enum { SIDE = 16, TRAIN = 40, TEST = 33, CLASSES = 3 };

/* The bytes of an image: a bar where the class says, under noise. */
static void put_image(uint64_t number, uint32_t label, uint8_t *pixels) {
    const vdib__key key = {.seed = 77, .purpose = VDIB_PURPOSE_STIMULUS, .example = number};
    for (uint32_t p = 0; p < SIDE * SIDE; p++)
        pixels[p] = (uint8_t)(vdib__random_uniform(&key, 0, p) * (p % SIDE / 6 == label ? 215 : 230) +
                              (p % SIDE / 6 == label ? 38 : 0));
}

static void put_part(const char *folder, const char *part, uint64_t first, size_t count) {
    uint8_t images[16 + TRAIN * SIDE * SIDE] = "\0\0\x08\x03", labels[8 + TRAIN] = "\0\0\x08\x01";
    char name[64];
    files_big_endian(images + 4, count);
    files_big_endian(images + 8, SIDE);
    files_big_endian(images + 12, SIDE);
    files_big_endian(labels + 4, count);
    for (size_t i = 0; i < count; i++) {
        labels[8 + i] = (uint8_t)((i * i + i / 4) % CLASSES);
        put_image(first + i, labels[8 + i], images + 16 + i * SIDE * SIDE);
    }
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    files_write(folder, name, images, 16 + count * SIDE * SIDE);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    files_write(folder, name, labels, 8 + count);
}

static vdib_config *config_for(const char *target) {
    const char *const settings[] = {"data.input=latency", "data.steps=8",   target,   "encoder.layers=[9]",
                                    "encoder.readouts=6", "decoder=linear", "seed=11"};
    vdib_config *config = NULL;
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    return config;
}

static void ask(void *user, const float *images, size_t count, uint32_t *labels) {
    assert_ok(vdib__judge_label(user, 1, images, count, labels));
}

/* Judge accuracies of an untrained model, counted from the judge's answers. */
static void check_folder(const char *folder, const char *target) {
    vdib_config *config = config_for(target);
    vdib_dataset *dataset = NULL;
    vdib_model *model = NULL;
    vdib__judge *judge = NULL;
    vdib_evaluation got = {NULL};
    assert_ok(vdib_dataset_open(folder, config, &dataset));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    vdib__images images;
    assert_ok(vdib__dataset_judge_images(dataset, &images));
    assert_int_equal(images.chosen_count, images.count - vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION));
    assert_ok(vdib__judge_open(&images, 1, &judge));
    vdib__free(images.chosen);
    plain_model *plain = plain_model_of(model);
    plain_evaluation *want = plain_evaluate(plain, dataset, VDIB_SPLIT_TEST, 0, ask, judge);
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &got));
    static const char *const names[] = {"judge_accuracy", "judge_accuracy_original", "mse", "ssim"};
    for (size_t i = 0; i < 4; i++) {
        double value = vdib_evaluation_get(&got, names[i]), right = plain_get(want, names[i]);
        assert_close_double(&value, &right, 1, 2e-5);
    }
    print_message("%s: judge accuracy %.3f, on originals %.3f\n", target, plain_get(want, "judge_accuracy"),
                  plain_get(want, "judge_accuracy_original"));
    assert_true(plain_get(want, "judge_accuracy_original") > plain_get(want, "judge_accuracy") + 0.1);
    assert_true(plain_get(want, "judge_accuracy_original") < 0.99); /* else it could be that of the class images */
    assert_int_equal(vdib_evaluation_classes(&got), 10);            /* those of the data: digits */
    for (size_t i = 0; i < 10 * want->classes; i++)
        assert_int_equal(vdib_evaluation_confusion(&got, i / 10, i % 10), want->confusion[i]);
    vdib_evaluation_clear(&got);
    plain_evaluation_free(want);
    plain_model_free(plain);
    vdib__judge_destroy(judge);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}

static void natural_images_are_judged(void **state) {
    const char *folder = *state;
    put_part(folder, "train", 0, TRAIN);
    put_part(folder, "t10k", 500, TEST);
    assert_int_equal(setenv("VDIB_CACHE", folder, 1), 0);
    check_folder(folder, "data.target=image");
    check_folder(folder, "data.target=class-image");
}

/* ---- where there is no judge ---- */

/* A data set of one's own with targets of channels x height x width, and `train` training examples. */
static vdib_dataset *own_dataset(size_t height, size_t width, size_t channels, size_t train) {
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 1,
                                    .input_height = 1,
                                    .input_width = 6,
                                    .steps = 4,
                                    .classes = 2,
                                    .target_height = height,
                                    .target_width = width,
                                    .target_channels = channels};
    static const uint8_t dense[4 * 6] = {1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1};
    float target[3 * 20 * 20] = {0.5F, 0.25F};
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    assert_ok(vdib_raster_create(6, 4, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    for (size_t i = 0; i < train; i++)
        assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, target, (uint32_t)(i % 2)));
    assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TEST, raster, target, 1));
    vdib_raster_destroy(raster);
    return dataset;
}

static bool is_judged_in(size_t channels, size_t height, size_t width, size_t train) {
    vdib_config *config = config_for("data.target=image");
    vdib_dataset *dataset = own_dataset(height, width, channels, train);
    vdib_model *model = NULL;
    vdib_evaluation got = {NULL};
    assert_ok(vdib_config_set(config, "data.input=events"));
    assert_ok(vdib_config_set(config, "data.steps=4"));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &got));
    bool judged = !isnan(vdib_evaluation_get(&got, "judge_accuracy"));
    assert_int_equal(isnan(vdib_evaluation_get(&got, "judge_accuracy_original")), !judged);
    assert_int_equal(vdib_evaluation_classes(&got), judged ? 2 : 0);
    assert_int_equal(isnan(vdib_evaluation_get(&got, "ssim")), height < 7 || width < 7);
    assert_int_equal(isnan(vdib_evaluation_get(&got, "psnr")), height < 2);
    assert_false(isnan(vdib_evaluation_get(&got, "mse")));
    vdib_evaluation_clear(&got);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
    return judged;
}

static bool is_judged(size_t height, size_t width, size_t train) {
    return is_judged_in(1, height, width, train);
}

static void images_of_any_size_have_a_judge(void **state) {
    assert_int_equal(setenv("VDIB_CACHE", *state, 1), 0);
    assert_true(is_judged(16, 16, 4));
    assert_true(is_judged(17, 20, 4));
    assert_true(is_judged(15, 16, 4));
    assert_true(is_judged(6, 20, 4));
    assert_true(is_judged(2, 2, 4));
    assert_false(is_judged(1, 20, 4));  /* a vector */
    assert_false(is_judged(16, 16, 0)); /* nothing to train it on */
}

/* The number of classes of the confusion matrix; 0: no figure of a judge is there. */
static size_t judged_classes(const char *setting, bool no_judge, const vdib_dataset *dataset) {
    const vdib_evaluation_options options = {.size = sizeof options, .no_judge = no_judge};
    vdib_config *config = config_for("data.target=image");
    vdib_model *model = NULL;
    vdib_evaluation got = {NULL};
    double value = 0;
    assert_ok(vdib_config_set(config, "data.input=events"));
    assert_ok(vdib_config_set(config, "data.steps=4"));
    assert_ok(vdib_config_set(config, setting));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, &options, &got));
    for (size_t f = 0; f < vdib_figure_count(); f++)
        if (strncmp(vdib_figure_name(f), "judge", 5) == 0 && strstr(vdib_figure_name(f), "_original") != NULL)
            assert_int_equal(vdib_evaluation_figure(&got, f, &value), vdib_evaluation_classes(&got) > 0);
    size_t classes = vdib_evaluation_classes(&got);
    vdib_evaluation_clear(&got);
    vdib_model_destroy(model);
    vdib_config_destroy(config);
    return classes;
}

static void a_judge_can_be_left_out(void **state) {
    assert_int_equal(setenv("VDIB_CACHE", *state, 1), 0);
    vdib_dataset *dataset = own_dataset(8, 8, 1, 4);
    assert_int_equal(judged_classes("evaluation.judge=auto", false, dataset), 2);
    assert_int_equal(judged_classes("evaluation.judge=lenet", false, dataset), 2);
    assert_int_equal(judged_classes("evaluation.judge=none", false, dataset), 0);
    assert_int_equal(judged_classes("evaluation.judge=lenet", true, dataset), 0);
    vdib_dataset_destroy(dataset);
}

/* Data of one class have no labels: nobody is asked for any. */
static void one_class_has_no_judge(void **state) {
    assert_int_equal(setenv("VDIB_CACHE", *state, 1), 0);
    vdib_dataset *dataset = own_dataset(8, 8, 1, 4);
    ((vdib_geometry *)vdib_dataset_geometry(dataset))->classes = 1;
    assert_int_equal(judged_classes("evaluation.judge=auto", false, dataset), 0);
    assert_int_equal(judged_classes("evaluation.judge=none", false, dataset), 0);
    vdib_config *config = config_for("data.target=image");
    vdib_model *model = NULL;
    vdib_evaluation got = {NULL};
    assert_ok(vdib_config_set(config, "data.input=events"));
    assert_ok(vdib_config_set(config, "data.steps=4"));
    assert_ok(vdib_config_set(config, "evaluation.judge=lenet"));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    assert_fails(VDIB_ERROR_DATA, vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &got), "nothing to label");
    vdib_model_destroy(model);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

/* Colour: SSIM is the mean of the channels', and the judge reads all of them. */
static void colour_is_measured(void **state) {
    assert_int_equal(setenv("VDIB_CACHE", *state, 1), 0);
    assert_true(is_judged_in(3, 20, 16, 4));
    assert_true(is_judged_in(3, 5, 7, 4));
}

/* Whoever has natural images or targets to learn from gets the same judge: a regression, too. */
static void a_regression_is_judged_by_targets(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(true);
    vdib_model *model = small_model(true);
    vdib__judge *judge = small_judge(dataset);
    vdib_example *example = NULL;
    vdib_evaluation test = {NULL};
    double right = 0;
    assert_ok(vdib_example_create(dataset, &example));
    for (size_t i = 0; i < SMALL_TEST; i++) {
        uint32_t label = 0;
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 0, example));
        assert_ok(vdib__judge_label(judge, 1, example->target, 1, &label));
        right += label == example->label;
    }
    assert_ok(vdib_ridge_evaluate(vdib_model_config(model), dataset, NULL, NULL, NULL, &test));
    assert_true(right > 0.5 * SMALL_TEST);
    assert_true(vdib_evaluation_get(&test, "judge_accuracy_original") == right / SMALL_TEST);
    assert_true(vdib_evaluation_get(&test, "judge_accuracy") > 0);
    vdib_evaluation_clear(&test);
    vdib_example_destroy(example);
    vdib__judge_destroy(judge);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_regression_is_judged_by_targets),
        files_test(natural_images_are_judged),
        files_test(images_of_any_size_have_a_judge),
        files_test(a_judge_can_be_left_out),
        files_test(one_class_has_no_judge),
        files_test(colour_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
