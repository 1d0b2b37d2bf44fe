/* SPDX-License-Identifier: MIT */
/* What vdib_reconstruct_save and vdib_raster_save write, read back through libzip. */
#include <zip.h>

#include "core/alloc.h"
#include "core/file.h"
#include "eval/small_data.h"

static char *folder;

static int make_folder(void **state) {
    (void)state;
    folder = support_folder();
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static char *in_folder(const char *name) {
    char *path = NULL;
    assert_ok(vdib__path_join(folder, name, &path));
    return path;
}

/* The values of array `name` (malloc'ed), whose type and shape must be as given. */
static void *array_of(const char *path, const char *name, const char *type, const char *shape, size_t bytes) {
    char entry[64], header[129] = "", wanted[64];
    snprintf(entry, sizeof entry, "%s.npy", name);
    zip_t *zip = zip_open(path, ZIP_RDONLY, NULL);
    assert_non_null(zip);
    zip_file_t *file = zip_fopen(zip, entry, 0);
    assert_non_null(file);
    assert_int_equal(zip_fread(file, header, 128), 128);
    snprintf(wanted, sizeof wanted, "'descr': '%s'", type);
    assert_non_null(strstr(header + 10, wanted));
    snprintf(wanted, sizeof wanted, "'shape': %s", shape);
    assert_non_null(strstr(header + 10, wanted));
    char *values = test_malloc(bytes + 1);
    assert_int_equal(zip_fread(file, values, bytes + 1), bytes); /* nothing follows */
    zip_fclose(file);
    zip_close(zip);
    return values;
}

static void images_and_their_targets(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(true);
    vdib_model *model = small_model(true);
    char *path = in_folder("images.npz");
    assert_ok(vdib_reconstruct_save(model, dataset, VDIB_SPLIT_TEST, NULL, path));
    float *recon = array_of(path, "recon", "<f4", "(37, 256)", SMALL_TEST * SMALL_PIXELS * 4);
    float *target = array_of(path, "target", "<f4", "(37, 256)", SMALL_TEST * SMALL_PIXELS * 4);
    int64_t *label = array_of(path, "label", "<i8", "(37,)", SMALL_TEST * 8);
    int64_t *spikes = array_of(path, "spikes", "<i8", "(37,)", SMALL_TEST * 8);
    vdib_evaluation evaluation = {NULL};
    int64_t sum = 0;
    for (size_t i = 0; i < SMALL_TEST; i++) {
        float want_target[SMALL_PIXELS], want[SMALL_PIXELS];
        assert_int_equal(label[i], small_reconstruct(model, dataset, i, want_target, want));
        assert_close(recon + i * SMALL_PIXELS, want, SMALL_PIXELS, 1e-6);
        assert_memory_equal(target + i * SMALL_PIXELS, want_target, sizeof want_target);
        sum += spikes[i];
    }
    setenv("VDIB_CACHE", folder, 1);
    assert_ok(vdib_evaluate(model, dataset, VDIB_SPLIT_TEST, NULL, &evaluation));
    assert_int_equal(sum, (int64_t)(vdib_evaluation_get(&evaluation, "spikes_per_example") * SMALL_TEST + 0.5));
    vdib_evaluation_clear(&evaluation);
    test_free(spikes);
    test_free(label);
    test_free(target);
    test_free(recon);
    vdib__free(path);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

static void classes_have_one_hot_targets(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    char *path = in_folder("classes.npz");
    vdib_evaluation_options options = {.size = sizeof(vdib_evaluation_options), .examples = 5, .threads = 2};
    assert_ok(vdib_reconstruct_save(model, dataset, VDIB_SPLIT_TEST, &options, path));
    float *recon = array_of(path, "recon", "<f4", "(5, 4)", 5 * SMALL_CLASSES * 4);
    float *target = array_of(path, "target", "<f4", "(5, 4)", 5 * SMALL_CLASSES * 4);
    int64_t *label = array_of(path, "label", "<i8", "(5,)", 5 * 8);
    static const size_t chosen[5] = {0, 1, 2, 3, 7}; /* one of each class, and a second of the first */
    for (size_t i = 0; i < 5; i++) {
        float want[SMALL_CLASSES];
        uint32_t truth = small_reconstruct(model, dataset, chosen[i], NULL, want);
        assert_int_equal(label[i], truth);
        assert_close(recon + i * SMALL_CLASSES, want, SMALL_CLASSES, 1e-6);
        for (uint32_t c = 0; c < SMALL_CLASSES; c++)
            assert_true(target[i * SMALL_CLASSES + c] == (c == truth ? 1.0F : 0.0F));
    }
    test_free(label);
    test_free(target);
    test_free(recon);
    vdib__free(path);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* 2 sequences of 40 scored steps: a row for every step. */
static void steps_have_a_row_each(void **state) {
    (void)state;
    vdib_config *config = NULL;
    vdib_dataset *dataset = NULL;
    vdib_model *model = NULL;
    vdib_example *example = NULL;
    assert_ok(vdib_config_load("published/predict", &config));
    assert_ok(vdib_config_set(config, "data.test_examples=2"));
    assert_ok(vdib_config_set(config, "data.test_steps=40"));
    assert_ok(vdib_dataset_open(NULL, config, &dataset));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    char *path = in_folder("steps.npz");
    assert_ok(vdib_reconstruct_save(model, dataset, VDIB_SPLIT_TEST, NULL, path));
    float *recon = array_of(path, "recon", "<f4", "(80, 210)", 80 * 210 * 4);
    int64_t *label = array_of(path, "label", "<i8", "(80,)", 80 * 8);
    int64_t *spikes = array_of(path, "spikes", "<i8", "(80,)", 80 * 8);
    assert_ok(vdib_example_create(dataset, &example));
    for (size_t s = 0; s < 2; s++) {
        vdib_raster *readout = NULL;
        float last[210];
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, s, 1, example));
        assert_ok(vdib_model_encode(model, example->raster, 1, s, &readout));
        for (size_t t = 0; t < 40; t++) {
            const uint32_t *channels = NULL;
            assert_int_equal(label[s * 40 + t], example->step_labels[5 + t]);
            assert_int_equal(spikes[s * 40 + t], vdib_raster_at(readout, 5 + t, &channels));
        }
        assert_ok(vdib_model_decode(model, readout, last)); /* the last window is that of the last step */
        assert_close(recon + (s * 40 + 39) * 210, last, 210, 1e-6);
        vdib_raster_destroy(readout);
    }
    vdib_example_destroy(example);
    test_free(spikes);
    test_free(label);
    test_free(recon);
    vdib__free(path);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}

static void rasters_are_lists_of_spikes(void **state) {
    (void)state;
    static const uint8_t dense[3 * 4] = {0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0};
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(4, 3, &raster));
    char *path = in_folder("raster.npz");
    assert_ok(vdib_raster_save(raster, path)); /* no spike at all */
    test_free(array_of(path, "step", "<u4", "(0,)", 0));
    assert_ok(vdib_raster_from_dense(raster, dense));
    assert_ok(vdib_raster_save(raster, path));
    uint32_t *step = array_of(path, "step", "<u4", "(3,)", 12), *channel = array_of(path, "channel", "<u4", "(3,)", 12);
    int64_t *shape = array_of(path, "shape", "<i8", "(2,)", 16);
    assert_memory_equal(step, ((uint32_t[]){0, 0, 2}), 12);
    assert_memory_equal(channel, ((uint32_t[]){1, 3, 0}), 12);
    assert_memory_equal(shape, ((int64_t[]){3, 4}), 16);
    test_free(shape);
    test_free(channel);
    test_free(step);
    vdib__free(path);
    vdib_raster_destroy(raster);
}

static void a_path_that_cannot_be_written_is_named(void **state) {
    (void)state;
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(2, 2, &raster));
    char *path = in_folder("missing/file.npz");
    assert_fails(VDIB_ERROR_IO, vdib_raster_save(raster, path), "missing/file.npz");
    assert_fails(VDIB_ERROR_IO, vdib_reconstruct_save(model, dataset, VDIB_SPLIT_TEST, NULL, path), "missing/file.npz");
    vdib__free(path);
    vdib_raster_destroy(raster);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_and_their_targets),
        cmocka_unit_test(classes_have_one_hot_targets),
        cmocka_unit_test(steps_have_a_row_each),
        cmocka_unit_test(rasters_are_lists_of_spikes),
        cmocka_unit_test(a_path_that_cannot_be_written_is_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
