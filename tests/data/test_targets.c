/* SPDX-License-Identifier: MIT */
/* Targets from files: which file belongs to which recording, one size and number of channels for all, refusals. */
#include "datasets.h"

#include <math.h>

#include "data/targets/targets.h"

/* A picture of 3 x 2 pixels: grey ones have one value, colour ones three, in every pixel. */
static void put_picture(const char *folder, const char *name, const uint8_t *colour, bool grey) {
    uint8_t bytes[64];
    int head = snprintf((char *)bytes, sizeof bytes, "P%c 3 2 255\n", grey ? '5' : '6');
    for (size_t i = 0; i < 6; i++)
        for (size_t c = 0; c < (grey ? 1 : 3); c++)
            bytes[(size_t)head + (grey ? i : 3 * i + c)] = colour[c];
    files_write(folder, name, bytes, (size_t)head + (grey ? 6 : 18));
}

/* A float32 array (count). */
static void put_array(const char *folder, const char *name, const float *values, size_t count) {
    uint8_t bytes[256] = "\x93NUMPY\1\0";
    int length =
        snprintf((char *)bytes + 10, 128, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu,), }\n", count);
    bytes[8] = (uint8_t)length;
    memcpy(bytes + 10 + length, values, count * sizeof *values);
    files_write(folder, name, bytes, 10 + (size_t)length + count * sizeof *values);
}

static const uint8_t red[3] = {255, 51, 0}, blue[3] = {0, 102, 255};

static vdib__dataset_parameters recorded(const char *folder, const vdib__target *target) {
    return parameters_of(folder, NULL, &vdib__input_events, target);
}

/* All examples of the training part (validation among them) and the test part, by the number of the recording. */
static const float *target_of(const vdib_dataset *dataset, int part, uint64_t number) {
    for (size_t i = 0; i < dataset->parts[part].count; i++)
        if (dataset->parts[part].items[i].number == number)
            return dataset->parts[part].items[i].target;
    fail_msg("no recording %d in part %d", (int)number, part);
    return NULL;
}

static void assert_filled(const float *target, const uint8_t *colour) {
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < 6; i++)
            assert_true(target[6 * c + i] == (float)colour[c] / 255.0F);
}

/* Recordings 1 and 2 for training, 3 for testing; beside them red, blue, red pictures, in folders of classes or not. */
static char *make_pairs(bool classes) {
    char *folder = support_folder(), name[64];
    for (int i = 1; i <= 3; i++) {
        const char *part = i < 3 ? "Train" : "Test", *class_ = classes ? (i == 2 ? "/dog" : "/cat") : "";
        snprintf(name, sizeof name, "%s%s/%05d.bin", part, class_, i);
        files_recording(folder, name, (uint8_t)i, 3, 1000);
        snprintf(name, sizeof name, "%s%s/%05d.ppm", part, class_, i);
        put_picture(folder, name, i == 2 ? blue : red, false);
    }
    return folder;
}

static void check_pairs(const vdib_dataset *dataset, size_t classes) {
    const vdib_geometry *g = vdib_dataset_geometry(dataset);
    assert_int_equal(g->target_channels, 3);
    assert_int_equal(g->target_height * 10 + g->target_width, 23);
    assert_int_equal(g->classes, classes);
    assert_filled(target_of(dataset, 0, 1), red);
    assert_filled(target_of(dataset, 0, 2), blue);
    assert_filled(target_of(dataset, 1, 3), red);
    assert_int_equal(dataset->natural[0].count, 2);
    assert_int_equal(dataset->natural[0].channels, 3);
    vdib_example *example = new_example(dataset);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 0, 1, example));
    assert_image_shape(example, 3, 2, 3);
    vdib_example_destroy(example);
}

static void pictures_stand_beside_recordings(void **state) {
    (void)state;
    char *folder = make_pairs(true);
    vdib_dataset *dataset = open_dataset(recorded(folder, &vdib__target_image));
    check_pairs(dataset, 2);
    assert_false(notes_say(dataset, "not read"));
    assert_false(notes_say(dataset, "no judge"));
    assert_non_null(strstr(vdib_dataset_summary(dataset), "3 x 2 in colour"));
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

/* Without folders of classes there are no labels; labels themselves need them. */
static void recordings_need_no_classes(void **state) {
    (void)state;
    char *folder = make_pairs(false);
    vdib_dataset *dataset = open_dataset(recorded(folder, &vdib__target_image));
    check_pairs(dataset, 1);
    assert_true(notes_say(dataset, "no judge"));
    vdib_dataset_destroy(dataset);
    refuse_dataset(recorded(folder, &vdib__target_class), VDIB_ERROR_DATA, "beside the folders of the classes");
    support_folder_remove(folder);
}

/* One folder with recordings and pictures: the split is made. */
static void one_folder_holds_both(void **state) {
    (void)state;
    char *folder = support_folder(), name[64];
    for (int i = 1; i <= 10; i++) {
        snprintf(name, sizeof name, "%05d.bin", i);
        files_recording(folder, name, (uint8_t)i, 3, 1000);
        snprintf(name, sizeof name,
                 i % 3 == 0   ? "targets/%05d.PGM"
                 : i % 3 == 1 ? "Targets/%05d.Pgm"
                              : "targets/%05d.pgm",
                 i);
        put_picture(folder, name, i % 2 == 0 ? blue : red, true);
    }
    vdib__dataset_parameters p = recorded(folder, &vdib__target_image);
    p.test_share = 0.2;
    vdib_dataset *dataset = open_dataset(p);
    assert_int_equal(vdib_dataset_geometry(dataset)->target_channels, 1);
    assert_int_equal(vdib_dataset_geometry(dataset)->classes, 1);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 2);
    assert_true(notes_say(dataset, "nothing says which recordings are for testing"));
    for (int p_ = 0; p_ < 2; p_++)
        for (size_t i = 0; i < dataset->parts[p_].count; i++) {
            const vdib__item *item = &dataset->parts[p_].items[i];
            assert_true(item->target[5] == (item->number % 2 == 0 ? 0.0F : 1.0F));
        }
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

/* FOLDER/targets in the place of the recording; arrays as they are. */
static void arrays_stand_in_a_folder(void **state) {
    (void)state;
    char *folder = support_folder();
    files_recording(folder, "Train/00001.bin", 1, 3, 1000);
    files_recording(folder, "Train/00002.bin", 1, 3, 1000);
    files_recording(folder, "Test/00003.bin", 1, 3, 1000);
    put_array(folder, "targets/Train/00001.npy", (const float[]){-2.5F, 7.0F, 0.25F}, 3);
    put_array(folder, "targets/Train/00002.npy", (const float[]){1.0F, 2.0F, 3.0F}, 3);
    put_array(folder, "targets/Test/00003.npy", (const float[]){0.0F, 0.5F, 1.0F}, 3);
    vdib__dataset_parameters p = recorded(folder, &vdib__target_arrays);
    vdib_dataset *dataset = open_dataset(p);
    const vdib_geometry *g = vdib_dataset_geometry(dataset);
    assert_int_equal(g->target_channels * 100 + g->target_height * 10 + g->target_width, 113);
    assert_true(target_of(dataset, 0, 1)[0] == -2.5F && target_of(dataset, 1, 3)[1] == 0.5F);
    vdib_dataset_destroy(dataset);
    p.unit_targets = true;
    refuse_dataset(p, VDIB_ERROR_DATA, "decoder.head=bernoulli");
    p.target = &vdib__target_image; /* brightness is from 0 to 1 */
    refuse_dataset(p, VDIB_ERROR_DATA, "00001.npy: element (0, 0, 0) is outside 0 to 1");
    p.target = &vdib__target_arrays;
    p.unit_targets = false;
    put_array(folder, "targets/Test/00003.npy", (const float[]){0.0F, 0.5F}, 2);
    refuse_dataset(p, VDIB_ERROR_DATA, "Test/00003.npy: has 2 x 1 values");
    support_folder_remove(folder);
}

static void other_sizes_are_refused_or_resized(void **state) {
    (void)state;
    char *folder = make_pairs(true);
    put_picture(folder, "Test/cat/00003.ppm", red, true); /* grey, and in the next line larger */
    files_write(folder, "Test/cat/00003.ppm", "P2 6 4 2\n2 2 2 2 2 2 1 1 1 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0\n", 57);
    vdib__dataset_parameters p = recorded(folder, &vdib__target_image);
    refuse_dataset(p, VDIB_ERROR_DATA, "Test/cat/00003.ppm: has 6 x 4 pixels");
    assert_non_null(strstr(vdib_last_message(), "data.target_size=3x2"));
    p.target_width = 3;
    p.target_height = 2;
    vdib_dataset *dataset = open_dataset(p);
    const float *grey = target_of(dataset, 1, 3);
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < 6; i++)
            assert_true(fabsf(grey[6 * c + i] - (i < 3 ? 0.75F : 0.0F)) < 1e-6F);
    assert_true(notes_say(dataset, "1 of 3 targets are resized to 3 x 2"));
    assert_true(notes_say(dataset, "1 of 3 targets are grey"));
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

static void what_is_missing_or_damaged_is_named(void **state) {
    (void)state;
    char *folder = make_pairs(true), path[FILE_PATH];
    vdib__dataset_parameters p = recorded(folder, &vdib__target_image);
    files_write(folder, "Train/dog/00002.ppm", "\xFF\xD8\xFF\xE0", 4);
    refuse_dataset(p, VDIB_ERROR_FORMAT, "00002.ppm: is a JPEG file");
    assert_int_equal(remove(files_path(path, folder, "Train/dog/00002.ppm")), 0);
    refuse_dataset(p, VDIB_ERROR_DATA, "Train/dog/00002.bin: has no target; put a file of the same name");
    files_write(folder, "Train/dog/00002.jpeg", "\xFF\xD8\xFF\xE0", 4);
    refuse_dataset(p, VDIB_ERROR_DATA, "Train/dog/00002.jpeg: is no target of");
    assert_int_equal(remove(files_path(path, folder, "Train/dog/00002.jpeg")), 0);
    p.target = &vdib__target_arrays;
    refuse_dataset(p, VDIB_ERROR_DATA, "has no target");
    p.target = &vdib__target_frames;
    refuse_dataset(p, VDIB_ERROR_FORMAT, ".bin");
    p.target = &vdib__target_class; /* pictures do not matter then, and that is said */
    vdib_dataset *dataset = open_dataset(p);
    assert_true(notes_say(dataset, "not named like recordings"));
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

/* Films have neither files nor frames. */
static void films_are_refused(void **state) {
    (void)state;
    refuse_dataset(recorded(NULL, &vdib__target_frames), VDIB_ERROR_DATA, "neither frames nor files");
    refuse_dataset(recorded("builtin:motion", &vdib__target_arrays), VDIB_ERROR_DATA, "choose data.target=class");
}

/* Targets show what the whole sensor sees: a shift of it is as large a part of them. */
static void targets_move_with_the_sensor(void **state) {
    (void)state;
    char *folder = make_pairs(true);
    vdib__dataset_parameters p = recorded(folder, &vdib__target_image);
    p.sensor_width = 30;
    p.sensor_height = 20;
    p.augmentation = (vdib__augmentation){.shift = 10, .moves_target = true};
    vdib_dataset *dataset = open_dataset(p);
    vdib_example *example = new_example(dataset);
    for (uint64_t number = 0; number < 20; number++) {
        assert_ok(vdib__dataset_fetch_augmented(dataset, 0, 1, number, &p.augmentation, example));
        const vdib__key key = vdib__augment_key(1, number);
        vdib__augment_draw draw = vdib__augment_draw_of(&p.augmentation, &key);
        draw.dx /= 10;
        draw.dy /= 10;
        float want[6];
        const float *still = dataset->parts[0].items[dataset->members[0]].target;
        for (size_t c = 0; c < 3; c++) {
            vdib__augment_image(&draw, 3, 2, still + 6 * c, want);
            assert_close(example->target + 6 * c, want, 6, 1e-6);
        }
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_stand_beside_recordings),
        cmocka_unit_test(recordings_need_no_classes),
        cmocka_unit_test(one_folder_holds_both),
        cmocka_unit_test(arrays_stand_in_a_folder),
        cmocka_unit_test(other_sizes_are_refused_or_resized),
        cmocka_unit_test(what_is_missing_or_damaged_is_named),
        cmocka_unit_test(films_are_refused),
        cmocka_unit_test(targets_move_with_the_sensor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
