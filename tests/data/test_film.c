/* SPDX-License-Identifier: MIT */
/* Filmed digits in the cache, and the camera's kernels beside the scalar functions. */
#include "datasets.h"

#include <sys/stat.h>

#include "core/mathematics.h"
#include "data/kernels_camera.h"

enum { TRAIN = 300, TEST = 20 };

static vdib__dataset_parameters parameters(void) {
    vdib__dataset_parameters made = parameters_of(NULL, NULL, &vdib__input_events, &vdib__target_image);
    made.train_examples = TRAIN;
    made.test_examples = TEST;
    made.steps = 20;
    made.step_us = 15000;
    made.threads = 2;
    return made;
}

/* The only file of the cache; its path. */
static size_t cached(const char *folder, char path[2 * FILE_PATH]) {
    char **names = NULL;
    size_t count = 0;
    assert_ok(vdib__folder_list(folder, &names, &count));
    if (count > 0)
        snprintf(path, 2 * FILE_PATH, "%s/%s", folder, names[0]);
    vdib__names_free(names, count);
    return count;
}

static void compare(const vdib_dataset *a, const vdib_dataset *b) {
    vdib_example *first = new_example(a), *second = new_example(b);
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++) {
        assert_int_equal(vdib_dataset_size(a, (vdib_split)split), vdib_dataset_size(b, (vdib_split)split));
        for (size_t i = 0; i < vdib_dataset_size(a, (vdib_split)split); i++) {
            assert_ok(vdib_dataset_get(a, (vdib_split)split, i, 1, first));
            assert_ok(vdib_dataset_get(b, (vdib_split)split, i, 1, second));
            assert_true(vdib_raster_spikes(first->raster) > 100);
            assert_true(same_rasters(first->raster, second->raster));
        }
    }
    vdib_example_destroy(first);
    vdib_example_destroy(second);
}

/* The bytes of the cached file are kept, or written anew if they are damaged; the rasters are the same in any case. */
static void filmed_digits_are_kept(void **state) {
    char path[2 * FILE_PATH];
    uint8_t *good = NULL, *now = NULL;
    size_t size = 0, now_size = 0;
    setenv("VDIB_CACHE", "off", 1);
    vdib_dataset *filmed = open_dataset(parameters());
    setenv("VDIB_CACHE", *state, 1);
    assert_int_equal(cached(*state, path), 0);
    vdib_dataset_destroy(open_dataset(parameters()));
    assert_int_equal(cached(*state, path), 1);
    assert_ok(vdib__file_read(path, &good, &size));
    for (size_t damage = 0; damage < 6; damage++) {
        static const size_t places[] = {0, 9, 17, 33, 60};
        if (damage == 5) {
            assert_ok(vdib__file_write(path, good, size / 2));
        } else {
            good[damage < 5 ? places[damage] : 0] ^= 0x10;
            assert_ok(vdib__file_write(path, good, size));
            good[places[damage]] ^= 0x10;
        }
        vdib_dataset *again = open_dataset(parameters());
        compare(filmed, again);
        vdib_dataset_destroy(again);
        assert_ok(vdib__file_read(path, &now, &now_size));
        assert_int_equal(now_size, size);
        assert_memory_equal(now, good, size);
        vdib__free(now);
    }
    struct stat before, after;
    assert_int_equal(stat(path, &before), 0);
    vdib_dataset *kept = open_dataset(parameters());
    assert_int_equal(stat(path, &after), 0);
    assert_true(after.st_ino == before.st_ino); /* read, not written anew */
    compare(filmed, kept);
    vdib_dataset_destroy(kept);
    vdib_dataset_destroy(filmed);
    vdib__free(good);
}

/* Whatever the rasters depend on has a file of its own; few recordings have none. */
static void other_settings_have_other_files(void **state) {
    char path[2 * FILE_PATH];
    setenv("VDIB_CACHE", *state, 1);
    size_t files = 0;
    for (int change = 0; change < 7; change++) {
        vdib__dataset_parameters p = parameters();
        p.train_examples += change == 1;
        p.test_examples += change == 2;
        p.steps -= change == 3;
        p.step_us -= change == 4;
        p.start_us += change == 5;
        p.polarities -= change == 6;
        vdib_dataset_destroy(open_dataset(p));
        assert_int_equal(cached(*state, path), ++files);
    }
    vdib__dataset_parameters few = parameters();
    few.train_examples = 30;
    vdib_dataset_destroy(open_dataset(few));
    assert_int_equal(cached(*state, path), files);
}

/* Images of a folder are known by their pixels: other ones under the same numbers are filmed anew. */
static void other_images_have_other_files(void **state) {
    enum { FIRST_PIXELS = 16 }; /* behind the header of the file */
    char cache[FILE_PATH], images[FILE_PATH], file[2 * FILE_PATH], path[2 * FILE_PATH], name[2 * FILE_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    snprintf(images, sizeof images, "%s/images", (const char *)*state);
    snprintf(name, sizeof name, "film:%s", images);
    snprintf(file, sizeof file, "%s/train-images-idx3-ubyte", images);
    files_path(path, images, "x");
    files_idx_part(images, "train", TRAIN, 8, 9, 0);
    files_idx_part(images, "t10k", TEST, 8, 9, 0);
    snprintf(cache, sizeof cache, "%s/cache", (const char *)*state);
    setenv("VDIB_CACHE", cache, 1);
    vdib__dataset_parameters p = parameters();
    p.data = name;
    p.train_examples = p.test_examples = 0;
    vdib_dataset *dataset = open_dataset(p), *again = open_dataset(p);
    assert_int_equal(cached(cache, path), 1);
    vdib_example *before = new_example(dataset), *after = new_example(again);
    assert_ok(vdib__file_read(file, &bytes, &size));
    for (size_t i = FIRST_PIXELS; i < FIRST_PIXELS + 72; i++)
        bytes[i] = (uint8_t)(255 - bytes[i]);
    assert_ok(vdib__file_write(file, bytes, size));
    vdib_dataset_destroy(again);
    again = open_dataset(p);
    assert_int_equal(cached(cache, path), 2);
    size_t changed = 0;
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_VALIDATION; split++)
        for (size_t i = 0; i < vdib_dataset_size(dataset, (vdib_split)split); i++) {
            assert_ok(vdib_dataset_get(dataset, (vdib_split)split, i, 1, before));
            assert_ok(vdib_dataset_get(again, (vdib_split)split, i, 1, after));
            changed += !same_rasters(before->raster, after->raster);
        }
    assert_int_equal(changed, 1);
    vdib__free(bytes);
    vdib_example_destroy(after);
    vdib_example_destroy(before);
    vdib_dataset_destroy(again);
    vdib_dataset_destroy(dataset);
}

/* ---- kernels ---- */

enum { COUNT = 64 };

static uint32_t next_word(uint64_t *draw) {
    *draw = *draw * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (uint32_t)(*draw >> 32);
}

static void check_level(vdib__kernel_level level) {
    const vdib__camera_kernels *kernels = vdib__camera_kernels_of(level);
    float values[COUNT], wanted[COUNT], light[COUNT], lit[COUNT], before[COUNT], upper[COUNT + 1], lower[COUNT + 1];
    uint32_t words[COUNT];
    double logs[COUNT], cosines[COUNT];
    uint64_t draw = 7;
    for (int round = 0; round < 200; round++) {
        vdib__camera_sample at = {.a = (float)(next_word(&draw) % 1000) / 1000,
                                  .b = (float)(next_word(&draw) % 1000) / 1000,
                                  .background = 0.05F + (float)(next_word(&draw) % 90) / 100};
        at.slope = (round % 2 == 0 ? 1.0F : 0.04F) - at.background;
        at.background_level = vdib__logf(at.background);
        for (size_t i = 0; i <= COUNT; i++) {
            upper[i] = round % 3 == 0 && i < 32 ? 0.0F : (float)(next_word(&draw) % 256) / 255;
            lower[i] = round % 3 == 0 && i < 32 ? 0.0F : (float)(next_word(&draw) % 256) / 255;
        }
        kernels->ink(values, upper, lower, COUNT, &at);
        for (size_t i = 0; i < COUNT; i++) {
            float ink = (1.0F - at.b) * ((1.0F - at.a) * upper[i] + at.a * upper[i + 1]) +
                        at.b * ((1.0F - at.a) * lower[i] + at.a * lower[i + 1]);
            lit[i] = at.background + at.slope * ink;
            wanted[i] = vdib__logf(lit[i]);
            before[i] = (float)(next_word(&draw) % 256) / -100;
            words[i] = round == 0 ? (i % 2 == 0 ? 0 : UINT32_MAX) : next_word(&draw);
        }
        kernels->levels(values, light, COUNT, &at);
        assert_memory_equal(values, wanted, sizeof wanted);
        assert_memory_equal(light, lit, sizeof lit);
        kernels->follow(values, before, light, COUNT, 0.7F);
        for (size_t i = 0; i < COUNT; i++) {
            float passed = lit[i] * 0.7F, followed = before[i] + (wanted[i] - before[i]) * (passed / (1.0F + passed));
            assert_true(values[i] == followed);
        }
        kernels->log_uniforms(logs, words, COUNT);
        kernels->cosines(cosines, words, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            assert_true(logs[i] == vdib__log(((double)words[i] + 1.0) * 0x1p-32));
            assert_true(cosines[i] == vdib__cos(2.0 * VDIB_PI * ((double)words[i] * 0x1p-32)));
        }
    }
}

static void check_active(vdib__kernel_level level) {
    float after[COUNT], reference[COUNT], on[COUNT], off[COUNT], soonest[COUNT];
    uint32_t numbers[COUNT];
    uint64_t draw = 11;
    for (int round = 0; round < 200; round++) {
        size_t expected = 0;
        for (size_t i = 0; i < COUNT; i++) {
            after[i] = (float)(next_word(&draw) % 8) / 4;
            reference[i] = (float)(next_word(&draw) % 8) / 4;
            on[i] = off[i] = i % 16 == 15 ? INFINITY : (float)(1 + next_word(&draw) % 8) / 4;
            soonest[i] = next_word(&draw) % 4 == 0 ? 100.0F : next_word(&draw) % 4 == 0 ? 99.0F : INFINITY;
        }
        size_t found =
            vdib__camera_kernels_of(level)->active(numbers, COUNT, after, reference, on, off, soonest, 100.0F);
        for (size_t i = 0; i < COUNT; i++) {
            float change = after[i] - reference[i];
            if (change >= on[i] || -change >= off[i] || soonest[i] < 100.0F) {
                assert_true(expected < found);
                assert_int_equal(numbers[expected++], i);
            }
        }
        assert_int_equal(found, expected);
    }
}

static void every_level_gives_the_scalar_bits(void **state) {
    (void)state;
    vdib__kernel_level best;
    unsetenv("VDIB_KERNEL");
    assert_ok(vdib__kernel_level_choose(&best));
    for (int level = VDIB_KERNEL_PORTABLE; level <= (int)best; level++) {
        check_level((vdib__kernel_level)level);
        check_active((vdib__kernel_level)level);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(filmed_digits_are_kept),
        files_test(other_settings_have_other_files),
        files_test(other_images_have_other_files),
        cmocka_unit_test(every_level_gives_the_scalar_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
