/* SPDX-License-Identifier: MIT */
/* Images of files before the built-in camera, alone and mixed with recordings, and where on its sensor they lie. */
#include "datasets.h"

#include "core/raster.h"
#include "data/dataset_parts.h"
#include "data/studio.h"

enum { TRAIN = 30, TEST = 12, SIDE = 28, STEPS = 20, STEP_US = 15000, RECORDINGS = 20 };

/* Train: recording n (1 .. 20) of class (n - 1) % 10 has one ON event at (n, 3), 1000 n us. Test: 5 such. */
static void make_recordings(const char *folder) {
    char name[64];
    for (uint8_t n = 1; n <= RECORDINGS; n++) {
        snprintf(name, sizeof name, "Train/%d/%05d.bin", (n - 1) % 10, n);
        files_recording(folder, name, n, 3, 1000U * n);
    }
    for (uint8_t n = 1; n <= 5; n++) {
        snprintf(name, sizeof name, "Test/%d/%05d.bin", (n - 1) % 10, n);
        files_recording(folder, name, n, 4, 500U);
    }
}

/* 30 training images, whose labels are those of make_recordings, and 12 test images. */
static const char *make_images(const char *folder, const char *name, size_t height, size_t width,
                               char path[FILE_PATH]) {
    char part[FILE_PATH];
    snprintf(path, FILE_PATH, "%s/%s", folder, name);
    files_path(part, path, "x");
    files_idx_part(path, "train", TRAIN, height, width, 0);
    files_idx_part(path, "t10k", TEST, height, width, 0);
    return path;
}

static vdib__dataset_parameters parameters(const char *data, const vdib__target *target) {
    vdib__dataset_parameters made = parameters_of(data, NULL, &vdib__input_events, target);
    made.steps = STEPS;
    made.step_us = STEP_US;
    made.threads = 2;
    return made;
}

/* The raster of an image (height, width) as the standard camera films it under this number. */
static vdib_raster *film(const float *image, size_t height, size_t width, uint64_t number, int64_t start_us) {
    vdib__camera camera = vdib__camera_saccades();
    vdib_event *events = NULL;
    vdib_raster *raster = NULL;
    size_t count = 0;
    vdib_binning binning = {.size = sizeof binning,
                            .width = 34,
                            .height = 34,
                            .polarities = 2,
                            .steps = STEPS,
                            .step_us = STEP_US,
                            .start_us = start_us};
    assert_ok(vdib__camera_record(&camera, image, height, width, 0, number, &events, &count));
    assert_ok(vdib_raster_create((size_t)2 * 34 * 34, STEPS, &raster));
    if (start_us < 0)
        binning.start_us = events[0].t;
    assert_ok(vdib_raster_bin(raster, events, count, &binning, NULL));
    vdib__free(events);
    return raster;
}

static void film_name(char name[2 * FILE_PATH], const char *path) {
    snprintf(name, 2 * FILE_PATH, "film:%s", path);
}

/* Images of 20 x 24 pixels: every recording is what the camera makes of one, under the image's number. */
static void images_of_a_folder_are_filmed(void **state) {
    char path[FILE_PATH], name[2 * FILE_PATH];
    film_name(name, make_images(*state, "small", 20, 24, path));
    for (int first = 0; first < 2; first++) {
        vdib__dataset_parameters p = parameters(name, &vdib__target_image);
        p.from_first_event = first == 1;
        vdib_dataset *dataset = open_dataset(p);
        vdib_example *example = new_example(dataset);
        const vdib_geometry *g = vdib_dataset_geometry(dataset);
        assert_int_equal(g->input_width * 100 + g->input_height, 3434);
        assert_int_equal(g->target_width * 100 + g->target_height, 2420);
        assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), TRAIN - 3);
        assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), TEST);
        assert_non_null(strstr(vdib_dataset_summary(dataset), "built-in camera's recordings of"));
        for (size_t i = 0; i < TEST; i++) {
            const vdib__images *images = vdib__dataset_images(dataset, VDIB_SPLIT_TEST);
            assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 1, example));
            assert_true(example->target == vdib__image_at(images, i));
            assert_int_equal(example->label, i % 10);
            vdib_raster *expected = film(example->target, 20, 24, 1000000 + i, first == 1 ? -1 : 0);
            assert_true(vdib_raster_spikes(expected) > 100);
            assert_true(same_rasters(example->raster, expected));
            vdib_raster_destroy(expected);
        }
        vdib_example_destroy(example);
        vdib_dataset_destroy(dataset);
    }
}

/* 0-3 and 7 are neither trained on nor validated; the others keep their numbers. */
static void excluded_images_are_not_filmed(void **state) {
    char path[FILE_PATH], name[2 * FILE_PATH];
    film_name(name, make_images(*state, "images", SIDE, SIDE, path));
    vdib__dataset_parameters p = parameters(name, &vdib__target_image);
    p.film_exclude = "0-3,7,99";
    vdib_dataset *dataset = open_dataset(p);
    const vdib__part *part = &dataset->parts[VDIB_PART_TRAIN];
    assert_true(notes_say(dataset, "5 training images are not filmed: data.film_exclude is 0-3,7,99"));
    assert_int_equal(part->count, TRAIN - 5);
    assert_int_equal(dataset->parts[VDIB_PART_TEST].count, TEST);
    for (size_t i = 0; i < part->count; i++) {
        uint64_t number = i < 3 ? i + 4 : i + 5;
        assert_int_equal(part->items[i].number, number);
        assert_int_equal(part->items[i].label, number % 10);
        assert_true(part->items[i].image == vdib__image_at(vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN), number));
    }
    vdib_raster *expected = film(part->items[20].image, SIDE, SIDE, 25, 0);
    assert_true(same_rasters(part->items[20].raster, expected));
    vdib_raster_destroy(expected);
    vdib_dataset_destroy(dataset);
    p.film_exclude = "0-29";
    refuse_dataset(p, VDIB_ERROR_DATA, "data.film_exclude leaves out every training image");
}

/* ---- mixing ---- */

static void mixed_name(char name[3 * FILE_PATH], const char *recordings, const char *images) {
    snprintf(name, 3 * FILE_PATH, "%s+film:%s", recordings, images);
}

/* Validation and test are what they are without the images; the images behind validation recordings are left out. */
static void films_are_mixed_with_recordings(void **state) {
    char path[FILE_PATH], name[3 * FILE_PATH];
    make_recordings(*state);
    mixed_name(name, *state, make_images(*state, "images", SIDE, SIDE, path));
    vdib_dataset *real = open_dataset(parameters(*state, &vdib__target_class));
    vdib_dataset *mixed = open_dataset(parameters(name, &vdib__target_class));
    size_t real_training = vdib_dataset_size(real, VDIB_SPLIT_TRAIN);
    vdib_example *a = new_example(real), *b = new_example(mixed);
    assert_int_equal(real_training, 18);
    assert_int_equal(vdib_dataset_size(mixed, VDIB_SPLIT_TRAIN), 18 + TRAIN - 2);
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++)
        for (size_t i = 0; i < vdib_dataset_size(real, (vdib_split)split); i++) {
            assert_int_equal(vdib_dataset_size(real, (vdib_split)split) == vdib_dataset_size(mixed, (vdib_split)split),
                             split != VDIB_SPLIT_TRAIN);
            assert_ok(vdib_dataset_get(real, (vdib_split)split, i, 1, a));
            assert_ok(vdib_dataset_get(mixed, (vdib_split)split, i, 1, b));
            assert_int_equal(a->label, b->label);
            assert_true(same_rasters(a->raster, b->raster));
        }
    assert_true(notes_say(mixed, "2 training images are not filmed: validation recordings show them"));
    assert_true(notes_say(mixed, "28 of its 30 training images are filmed and mixed with 18 training recordings"));
    assert_non_null(strstr(vdib_dataset_summary(mixed), "46 train, 2 validation, 5 test"));
    for (size_t i = real_training, number = 0; i < vdib_dataset_size(mixed, VDIB_SPLIT_TRAIN); i++, number++) {
        for (size_t v = 0; v < 2; v++) { /* in order: one after the other is skipped */
            const vdib__item *item = NULL;
            assert_ok(vdib__split_item(mixed, VDIB_SPLIT_VALIDATION, v, &item));
            number += item->number == number + 1;
        }
        assert_ok(vdib_dataset_get(mixed, VDIB_SPLIT_TRAIN, i, 1, b));
        assert_int_equal(b->label, number % 10);
        vdib_raster *expected = film(b->image, SIDE, SIDE, number, 0);
        assert_true(same_rasters(b->raster, expected));
        assert_true(b->image == vdib__image_at(&mixed->mixed[VDIB_PART_TRAIN], number));
        assert_image_shape(b, 1, SIDE, SIDE);
        vdib_raster_destroy(expected);
    }
    assert_ok(vdib__dataset_look(mixed, VDIB_SPLIT_TRAIN, NULL, 0, 2));
    vdib_example_destroy(b);
    vdib_example_destroy(a);
    vdib_dataset_destroy(mixed);
    vdib_dataset_destroy(real);
}

/* One image for every training recording, as many of each class; image targets are each one's own. */
static void the_share_of_films_is_a_key(void **state) {
    char path[FILE_PATH], name[3 * FILE_PATH];
    size_t classes[10] = {0};
    make_recordings(*state);
    mixed_name(name, *state, make_images(*state, "images", SIDE, SIDE, path));
    vdib__dataset_parameters p = parameters(name, &vdib__target_image);
    p.mix = 1;
    p.film_exclude = "20-24";
    vdib_dataset *dataset = open_dataset(p);
    vdib_example *example = new_example(dataset);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 36);
    assert_int_equal(dataset->mixed_count, 18);
    assert_int_equal(dataset->mixed[VDIB_PART_TRAIN].count, 0); /* the natural images are the same ones */
    for (size_t i = 18; i < 36; i++) {
        const vdib__item *item = NULL;
        assert_ok(vdib__split_item(dataset, VDIB_SPLIT_TRAIN, i, &item));
        assert_true(item->number < 20 || item->number > 24);
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 1, example));
        assert_true(example->target == vdib__image_at(&dataset->natural[VDIB_PART_TRAIN], item->number));
        classes[example->label]++;
    }
    for (int c = 0; c < 10; c++)
        assert_in_range(classes[c], 1, 2);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
    p.for_model = true; /* what is evaluated is real */
    dataset = open_dataset(p);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 18);
    vdib_dataset_destroy(dataset);
}

static void fingerprint(vdib__dataset_parameters p, char text[VDIB_DIGEST_TEXT]) {
    vdib__data_account account;
    vdib_dataset *dataset = open_dataset(p);
    assert_ok(vdib__dataset_account(dataset, &account, text));
    vdib_dataset_destroy(dataset);
}

/* A run that is resumed notices other images, another share and other exclusions. */
static void the_fingerprint_covers_what_is_mixed_in(void **state) {
    char path[FILE_PATH], name[3 * FILE_PATH], was[VDIB_DIGEST_TEXT], is[VDIB_DIGEST_TEXT];
    make_recordings(*state);
    mixed_name(name, *state, make_images(*state, "images", SIDE, SIDE, path));
    vdib__dataset_parameters p = parameters(name, &vdib__target_class);
    fingerprint(p, was);
    fingerprint(p, is);
    assert_string_equal(was, is);
    p.mix = 1;
    fingerprint(p, is);
    assert_string_not_equal(was, is);
    p.mix = 0;
    p.film_exclude = "29";
    fingerprint(p, is);
    assert_string_not_equal(was, is);
    p.film_exclude = NULL;
    for (int drawn = 0; drawn < 2; drawn++) { /* a pixel of the last image, also where targets are drawn digits */
        char file[FILE_PATH];
        uint8_t *bytes = NULL;
        size_t size = 0;
        p.images = drawn == 1 ? "builtin:digits" : NULL;
        p.target = drawn == 1 ? &vdib__target_class_image : &vdib__target_class;
        fingerprint(p, was);
        assert_ok(vdib__file_read(files_path(file, path, "train-images-idx3-ubyte"), &bytes, &size));
        bytes[size - 1] ^= 1;
        assert_ok(vdib__file_write(file, bytes, size));
        vdib__free(bytes);
        fingerprint(p, is);
        assert_string_not_equal(was, is);
    }
}

/* Drawn digits count by their numbers, their films by the camera's version too: a run does not go on unnoticed with the
 * recordings of another camera. */
static void the_fingerprint_knows_the_camera(void **state) {
    enum { TRAINING_CONTENT = 6 };
    (void)state;
    vdib__dataset_parameters p = parameters("builtin:digits", &vdib__target_class);
    vdib__data_account account;
    vdib__digest digest;
    char text[VDIB_DIGEST_TEXT];
    p.train_examples = p.test_examples = 10;
    vdib_dataset *dataset = open_dataset(p);
    assert_ok(vdib__dataset_account(dataset, &account, text));
    vdib_dataset_destroy(dataset);
    vdib__digest_begin(&digest);
    for (uint64_t number = 0; number < 10; number++) {
        vdib__digest_add_number(&digest, number);
        vdib__digest_add_number(&digest, VDIB_CAMERA_VERSION);
    }
    vdib__digest_end(&digest, text);
    assert_string_equal(vdib__data_fact_name(TRAINING_CONTENT), "digest of the training recordings and images");
    assert_string_equal(account.facts[TRAINING_CONTENT], text);
}

static void what_does_not_go_together_is_refused(void **state) {
    char images[FILE_PATH], other[FILE_PATH], named[FILE_PATH], name[3 * FILE_PATH], path[FILE_PATH];
    make_recordings(*state);
    make_images(*state, "images", SIDE, SIDE, images);
    make_images(*state, "other", 20, 20, other);
    mixed_name(name, *state, images);
    vdib__dataset_parameters p = parameters(name, &vdib__target_class);
    p.motion = &vdib__motion_circle;
    refuse_dataset(p, VDIB_ERROR_DATA, "its recordings have 34x34 pixels, but the built-in camera, which films");
    p.motion = NULL;
    p.sensor_width = p.sensor_height = 40;
    refuse_dataset(p, VDIB_ERROR_DATA, "its recordings have 40x40 pixels");
    p = parameters(name, &vdib__target_class);
    p.input = &vdib__input_rate;
    refuse_dataset(p, VDIB_ERROR_DATA, "is filmed, which makes recordings, but data.input is rate");
    p = parameters(name, &vdib__target_class);
    p.film_exclude = "0-29";
    refuse_dataset(p, VDIB_ERROR_DATA, "every training image is left out");
    p.film_exclude = NULL;
    p.images = other;
    refuse_dataset(p, VDIB_ERROR_DATA, "its images have 28x28 pixels, those of the recordings 20x20");
    p = parameters(*state, &vdib__target_class);
    p.mix = 2;
    refuse_dataset(p, VDIB_ERROR_DATA, "data.mix is 2, but nothing is mixed in");
    p.mix = 0;
    p.film_exclude = "3";
    refuse_dataset(p, VDIB_ERROR_DATA, "data.film_exclude is 3, but no image is filmed");
    snprintf(name, sizeof name, "film:%s/Train", (char *)*state);
    refuse_dataset(parameters(name, &vdib__target_class), VDIB_ERROR_DATA, "images");
    snprintf(name, sizeof name, "film:%s/missing", (char *)*state);
    refuse_dataset(parameters(name, &vdib__target_class), VDIB_ERROR_IO, "there is no such folder");
    snprintf(name, sizeof name, "%s+film:%s/Train", (char *)*state, (char *)*state);
    refuse_dataset(parameters(name, &vdib__target_class), VDIB_ERROR_DATA, "images");
    snprintf(named, sizeof named, "%s/named", (char *)*state);
    files_recording(named, "Train/cat/00001.bin", 1, 1, 1000);
    files_recording(named, "Test/cat/00001.bin", 1, 1, 1000);
    snprintf(name, sizeof name, "%s+film:%s", named, images);
    refuse_dataset(parameters(name, &vdib__target_class), VDIB_ERROR_DATA, "its classes have names");
    files_recording(*state, "Train/9/00099.bin", 1, 1, 1000); /* labels beyond the ten digits */
    uint8_t labels[8 + TRAIN] = {0, 0, 8, 1, 0, 0, 0, TRAIN, 11};
    assert_ok(vdib__file_write(files_path(path, images, "train-labels-idx1-ubyte"), labels, sizeof labels));
    mixed_name(name, *state, images);
    refuse_dataset(parameters(name, &vdib__target_class), VDIB_ERROR_DATA,
                   "image 0 is of class 11, but the recordings of");
}

/* ---- places ---- */

/* The first row or column of the events of a raster (2, height, width), and the last one. */
static void bounds(const vdib_raster *raster, const size_t sides[2], size_t low[2], size_t high[2]) {
    low[0] = low[1] = SIZE_MAX;
    high[0] = high[1] = 0;
    for (size_t t = 0; t < vdib_raster_steps(raster); t++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(raster, t, &channels);
        for (size_t i = 0; i < count; i++) {
            size_t at[2] = {channels[i] % sides[0], channels[i] / sides[0] % sides[1]};
            for (int axis = 0; axis < 2; axis++) {
                low[axis] = at[axis] < low[axis] ? at[axis] : low[axis];
                high[axis] = at[axis] > high[axis] ? at[axis] : high[axis];
            }
        }
    }
}

/* An image of one bright pixel in each corner on 68 x 50 pixels: what is seen of it is 28 + 2 x 3 pixels wide at most
 * and inside the sensor. Of 35 x 17 places each column and each row is taken. */
static void images_lie_where_they_are_put(void **state) {
    enum { WIDTH = 68, HEIGHT = 50, IMAGES = 400 };
    const size_t sides[2] = {WIDTH, HEIGHT};
    vdib__camera camera = vdib__camera_saccades();
    float image[SIDE * SIDE] = {0};
    bool taken[2][WIDTH] = {{false}};
    vdib__studio *studio = NULL;
    vdib_raster *raster = NULL;
    vdib_binning binning = {
        .size = sizeof binning, .width = WIDTH, .height = HEIGHT, .polarities = 2, .steps = 1, .step_us = 400000};
    (void)state;
    image[0] = image[SIDE - 1] = image[SIDE * SIDE - SIDE] = image[SIDE * SIDE - 1] = 1.0F;
    camera.width = WIDTH;
    camera.height = HEIGHT;
    camera.noise_hz = camera.mismatch = 0;
    assert_ok(vdib_raster_create((size_t)2 * WIDTH * HEIGHT, 1, &raster));
    assert_ok(vdib__studio_create(&camera, true, SIDE, SIDE, &studio));
    for (uint64_t number = 0; number < IMAGES; number++) {
        const vdib_event *events = NULL;
        size_t count = 0, low[2], high[2];
        assert_ok(vdib__studio_film(studio, image, number, &events, &count));
        assert_ok(vdib_raster_bin(raster, events, count, &binning, NULL));
        bounds(raster, sides, low, high);
        for (int axis = 0; axis < 2; axis++) {
            assert_in_range(high[axis] - low[axis], SIDE + 3, SIDE + 7);
            taken[axis][low[axis]] = true;
        }
    }
    for (int axis = 0; axis < 2; axis++) {
        size_t places = 0;
        for (size_t i = 0; i < WIDTH; i++)
            places += taken[axis][i];
        assert_int_equal(places, sides[axis] - SIDE - 6 + 1);
    }
    vdib__studio_destroy(studio);
    vdib_raster_destroy(raster);
}

/* data.sensor widens the camera's, and data.place=anywhere needs room. */
static void digits_lie_anywhere_on_a_larger_sensor(void **state) {
    (void)state;
    vdib__dataset_parameters p = parameters("builtin:digits", &vdib__target_image);
    p.train_examples = 40;
    p.test_examples = 10;
    p.sensor_width = 50;
    p.sensor_height = 68;
    vdib_dataset *middle = open_dataset(p);
    p.anywhere = true;
    vdib_dataset *anywhere = open_dataset(p);
    vdib_dataset *again = open_dataset(p);
    vdib_example *a = new_example(middle), *b = new_example(anywhere), *c = new_example(again);
    size_t elsewhere = 0;
    assert_int_equal(vdib_dataset_geometry(anywhere)->input_width, 50);
    assert_int_equal(vdib_dataset_geometry(anywhere)->input_height, 68);
    assert_int_equal(vdib_dataset_geometry(anywhere)->target_width, SIDE);
    for (size_t i = 0; i < 10; i++) {
        assert_ok(vdib_dataset_get(middle, VDIB_SPLIT_TEST, i, 1, a));
        assert_ok(vdib_dataset_get(anywhere, VDIB_SPLIT_TEST, i, 1, b));
        assert_ok(vdib_dataset_get(again, VDIB_SPLIT_TEST, i, 1, c));
        assert_true(same_rasters(b->raster, c->raster));
        elsewhere += !same_rasters(a->raster, b->raster);
    }
    assert_true(elsewhere >= 9);
    vdib_example_destroy(c);
    vdib_example_destroy(b);
    vdib_example_destroy(a);
    vdib_dataset_destroy(again);
    vdib_dataset_destroy(anywhere);
    vdib_dataset_destroy(middle);
    p.sensor_width = 33;
    refuse_dataset(p, VDIB_ERROR_DATA, "no room for images of 28x28 that move; set data.sensor to 34x34 or more");
    p.anywhere = false;
    p.sensor_width = 20;
    refuse_dataset(p, VDIB_ERROR_DATA,
                   "data.sensor is 20x68, but the images that the built-in camera films have 28x28");
}

int main(void) {
    setenv("VDIB_CACHE", "off", 1);
    const struct CMUnitTest tests[] = {
        files_test(images_of_a_folder_are_filmed),
        files_test(excluded_images_are_not_filmed),
        files_test(films_are_mixed_with_recordings),
        files_test(the_share_of_films_is_a_key),
        files_test(the_fingerprint_covers_what_is_mixed_in),
        cmocka_unit_test(the_fingerprint_knows_the_camera),
        files_test(what_does_not_go_together_is_refused),
        cmocka_unit_test(images_lie_where_they_are_put),
        cmocka_unit_test(digits_lie_anywhere_on_a_larger_sensor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
