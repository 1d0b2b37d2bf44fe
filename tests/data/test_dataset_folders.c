/* SPDX-License-Identifier: MIT */
/* Folders of recordings: where they are, which classes they have, and what in them is not read. */
#include "datasets.h"

static vdib__dataset_parameters parameters(const char *folder) {
    return parameters_of(folder, NULL, &vdib__input_events, &vdib__target_class);
}

/* Recordings of one event each; the last name is NULL. */
static void write_recordings(const char *folder, const char *const *names) {
    for (; *names != NULL; names++)
        files_recording(folder, *names, 1, 1, 1);
}
#define WRITE(folder, ...) write_recordings((folder), (const char *const[]){__VA_ARGS__, NULL})

static uint32_t label_of(const vdib_dataset *dataset, vdib_split split, size_t index) {
    vdib_example *example = new_example(dataset);
    assert_ok(vdib_dataset_get(dataset, split, index, 1, example));
    uint32_t label = example->label;
    vdib_example_destroy(example);
    return label;
}

/* ---- where they are ---- */

static void data_are_found_deeper_and_in_any_case(void **state) {
    char folder[FILE_PATH], inside[FILE_PATH + 16];
    snprintf(folder, sizeof folder, "%s/a/b", (const char *)*state);
    files_recording(folder, "train/0/1.BIN", 1, 1, 1);
    files_recording(folder, "train/0/2.bin", 1, 1, 1);
    files_recording(folder, "TEST/0/1.bin", 1, 1, 1);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 1);
    assert_true(notes_say(dataset, "recordings are taken from"));
    vdib_dataset_destroy(dataset);
    assert_string_equal(vdib_dataset_holds(*state), "recordings");
    snprintf(inside, sizeof inside, "%s/train", folder);
    refuse_dataset(parameters(inside), VDIB_ERROR_DATA, "is one part of a data set; give the folder that holds both");
    snprintf(folder, sizeof folder, "%s/c", (const char *)*state);
    files_recording(folder, "Train/0/1.bin", 1, 1, 1);
    files_recording(folder, "Test/0/1.bin", 1, 1, 1);
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, "2 of its folders hold recordings; give one of them");
    char path[FILE_PATH];
    files_path(path, folder, "TRAIN/x");
    vdib_dataset_destroy(open_dataset(parameters(folder))); /* the exact name is meant */
    snprintf(folder, sizeof folder, "%s/d", (const char *)*state);
    assert_ok(vdib__folder_make(folder));
    assert_null(vdib_dataset_holds(folder));
    assert_null(vdib_dataset_holds("/nowhere"));
}

/* A folder inside of a data set, or too far above it: the message names the one to give. */
static void the_folder_to_give_is_named(void **state) {
    char folder[FILE_PATH], inside[2 * FILE_PATH], hint[3 * FILE_PATH];
    snprintf(folder, sizeof folder, "%s/a/b/c/nmnist", (const char *)*state);
    WRITE(folder, "Train/3/1.bin", "Train/3/2.bin", "Test/3/1.bin", "Train/3/more/1.bin");
    snprintf(hint, sizeof hint, "is one part of a data set; give the folder that holds both: %s", folder);
    static const char *const parts[] = {"Train", "Train/3", "Train/3/more", "Test/3", "Train/3/"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(inside, sizeof inside, "%s/%s", folder, parts[i]);
        refuse_dataset(parameters(inside), VDIB_ERROR_DATA, hint);
    }
    snprintf(inside, sizeof inside, "%s/Train/3/1.bin", folder);
    snprintf(hint, sizeof hint, "3/1.bin: is a file; give the folder that holds the data: %s", folder);
    refuse_dataset(parameters(inside), VDIB_ERROR_IO, hint);
    snprintf(hint, sizeof hint, "its recordings are too many folders down; give the folder that holds them: %s",
             folder);
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, hint);
    snprintf(inside, sizeof inside, "%s/a/b", (const char *)*state); /* two further down they are taken */
    vdib_dataset_destroy(open_dataset(parameters(inside)));
    WRITE(*state, "x/y/z/w/Train/0/1.bin", "x/y/z/w/Test/0/1.bin");
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, ", or another one like it");
    WRITE(*state, "far/1/2/3/4/5/Train/0/1.bin", "far/1/2/3/4/5/Test/0/1.bin"); /* looking ends somewhere */
    snprintf(inside, sizeof inside, "%s/far", (const char *)*state);
    refuse_dataset(parameters(inside), VDIB_ERROR_DATA, "far/1/2/3/4/5");
    snprintf(inside, sizeof inside, "%s/further", (const char *)*state);
    WRITE(inside, "0/1/2/3/4/5/6/7/8/Train/0/1.bin");
    refuse_dataset(parameters(inside), VDIB_ERROR_DATA, "holds neither recordings");
}

static void images_further_down_are_named(void **state) {
    char folder[FILE_PATH], hint[2 * FILE_PATH];
    snprintf(folder, sizeof folder, "%s/a/b/c", (const char *)*state);
    files_idx_part(folder, "train", 20, 28, 28, 0);
    files_idx_part(folder, "t10k", 5, 28, 28, 0);
    snprintf(hint, sizeof hint, "its images are too many folders down; give the folder that holds them: %s", folder);
    refuse_dataset(parameters_of(*state, NULL, &vdib__input_rate, &vdib__target_class), VDIB_ERROR_DATA, hint);
}

/* Looking for data ends after some hundred entries. */
static void large_folders_are_not_searched(void **state) {
    char name[64];
    for (int n = 0; n < 600; n++) {
        snprintf(name, sizeof name, "%03d", n);
        files_write(*state, name, "x", 1);
    }
    WRITE(*state, "z/a/b/c/Train/0/1.bin", "z/a/b/c/Test/0/1.bin");
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, "holds neither recordings");
}

static void recordings_without_classes_are_refused(void **state) {
    WRITE(*state, "1.bin", "2.bin");
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, "holds recordings without a folder for each class");
}

/* ---- classes whose names differ in the case of letters ---- */

static void classes_in_another_case_are_one(void **state) {
    WRITE(*state, "Train/Cat/1.bin", "Train/Cat/2.bin", "Train/dog/3.bin", "Train/dog/4.bin", "Test/cat/1.bin",
          "Test/DOG/2.bin");
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_int_equal(vdib_dataset_geometry(dataset)->classes, 2);
    assert_string_equal(vdib_dataset_class_name(dataset, 0), "Cat");
    assert_string_equal(vdib_dataset_class_name(dataset, 1), "dog");
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 2);
    assert_int_equal(label_of(dataset, VDIB_SPLIT_TEST, 0), 0);
    assert_int_equal(label_of(dataset, VDIB_SPLIT_TEST, 1), 1);
    assert_true(notes_say(dataset, "class folders 'Cat' of Train and 'cat' of Test are taken for one class, 'Cat'"));
    assert_true(notes_say(dataset, "class folders 'dog' of Train and 'DOG' of Test are taken for one class, 'dog'"));
    assert_false(notes_say(dataset, "is no class"));
    assert_false(notes_say(dataset, "missing"));
    vdib_dataset_destroy(dataset);
}

/* A part that has both tells them apart: letters of handwriting, say. */
static void classes_in_another_case_stay_apart_in_one_part(void **state) {
    WRITE(*state, "Train/a/1.bin", "Train/A/2.bin", "Test/a/1.bin", "Test/A/2.bin", "Train/b/3.bin", "Train/B/4.bin",
          "Test/b/3.bin");
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_int_equal(vdib_dataset_geometry(dataset)->classes, 4);
    assert_string_equal(vdib_dataset_class_name(dataset, 0), "A");
    assert_string_equal(vdib_dataset_class_name(dataset, 3), "b");
    assert_int_equal(label_of(dataset, VDIB_SPLIT_TEST, 2), 3);
    assert_false(notes_say(dataset, "are taken for one class"));
    vdib_dataset_destroy(dataset);
}

static void classes_in_several_cases_are_refused(void **state) {
    char folder[FILE_PATH];
    snprintf(folder, sizeof folder, "%s/test", (const char *)*state);
    WRITE(folder, "Train/Cat/1.bin", "Test/cat/1.bin", "Test/CAT/2.bin");
    refuse_dataset(
        parameters(folder), VDIB_ERROR_DATA,
        "class folder 'Cat' of Train may be 'CAT' or 'cat' of Test, which differ in the case of letters alone");
    snprintf(folder, sizeof folder, "%s/train", (const char *)*state);
    WRITE(folder, "Train/Cat/1.bin", "Train/CAT/2.bin", "Test/cat/1.bin");
    refuse_dataset(parameters(folder), VDIB_ERROR_DATA, "class folder 'cat' of Test may be 'CAT' or 'Cat' of Train");
}

/* A model's names against the folders of an evaluation. */
static void classes_of_a_model_are_known_in_another_case(void **state) {
    static const char *const known[] = {"Cat", "dog", "DOG"};
    char folder[FILE_PATH];
    snprintf(folder, sizeof folder, "%s/one", (const char *)*state);
    WRITE(folder, "Test/cat/1.bin", "Test/dog/2.bin");
    vdib__dataset_parameters p = parameters(folder);
    p.class_names = known;
    p.classes = 3;
    vdib_dataset *dataset = open_dataset(p);
    assert_int_equal(label_of(dataset, VDIB_SPLIT_TEST, 0), 0);
    assert_int_equal(label_of(dataset, VDIB_SPLIT_TEST, 1), 1);
    assert_true(notes_say(dataset, "class folder 'cat' is taken for the model's class 'Cat'"));
    assert_false(notes_say(dataset, "class folder 'dog'"));
    vdib_dataset_destroy(dataset);
    WRITE(folder, "Test/Dog/3.bin"); /* dog or DOG */
    refuse_dataset(p, VDIB_ERROR_DATA, "has recordings of class 'Dog', which the model was not trained on");
    snprintf(folder, sizeof folder, "%s/two", (const char *)*state);
    WRITE(folder, "Test/cat/1.bin", "Test/Cat/2.bin"); /* one of them is the model's */
    refuse_dataset(p, VDIB_ERROR_DATA, "has recordings of class 'cat', which the model was not trained on");
    snprintf(folder, sizeof folder, "%s/three", (const char *)*state);
    WRITE(folder, "Test/cat/1.bin", "Test/CAT/2.bin");
    refuse_dataset(p, VDIB_ERROR_DATA, "has recordings of class 'cat', which the model was not trained on");
}

/* ---- what is not read ---- */

static void files_that_are_not_read_are_said(void **state) {
    WRITE(*state, "Train/0/1.bin", "Train/0/2.bin", "Test/0/1.bin");
    files_write(*state, "Train/0/.hidden", "x", 1);
    files_write(*state, "Train/README.txt", "x", 1);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_false(notes_say(dataset, "not read"));
    vdib_dataset_destroy(dataset);
    files_write(*state, "Test/0/00099.mat", "x", 1);
    files_write(*state, "Test/stray.bin", "x", 1);
    WRITE(*state, "Test/0/more/1.bin");
    dataset = open_dataset(parameters(*state));
    assert_true(notes_say(
        dataset, "1 file in the folders of the classes, not named like recordings or without events, is not read, /"));
    assert_true(notes_say(dataset, "Test/0/00099.mat"));
    assert_true(notes_say(dataset, "1 recording beside the folders of the classes is not read, /"));
    assert_true(notes_say(dataset, "Test/stray.bin"));
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 2); /* what lies deeper is of the class, too */
    assert_false(notes_say(dataset, "more than one folder deep"));
    vdib_dataset_destroy(dataset);
    files_write(*state, "Train/0/notes.txt", "x", 1);
    files_write(*state, "Train/0/README", "x", 1);
    WRITE(*state, "Train/1.bin", "Train/0/sub/1.bin");
    dataset = open_dataset(parameters(*state));
    assert_true(notes_say(
        dataset,
        "3 files in the folders of the classes, not named like recordings or without events, are not read, the "
        "first is /"));
    assert_true(notes_say(dataset, "Train/0/README"));
    assert_true(notes_say(dataset, "2 recordings beside the folders of the classes are not read, the first is /"));
    vdib_dataset_destroy(dataset);
}

/* Endings that other files have too: the content must agree. */
static void recordings_of_other_formats_lie_in_folders_too(void **state) {
    static const char header[] = "Event Stream\2\0\0\1\x14\0\x0A", event[] = "\x03\3\0\4";
    char es[sizeof header + sizeof event];
    memcpy(es, header, sizeof header);
    memcpy(es + sizeof header, event, sizeof event);
    WRITE(*state, "Train/0/1.bin", "Test/0/1.bin");
    files_write(*state, "Train/0/2.es", es, sizeof es);
    files_write(*state, "Train/0/3.csv", "1,2,3,1\n2,3,4,0\n", 16);
    files_write(*state, "Train/0/4.txt", "0.000001 2 3 1\n", 15);
    files_write(*state, "Train/0/labels.csv", "class,startTime_usec,endTime_usec\n1,2,3\n", 40);
    files_write(*state, "Train/0/notes.txt", "x", 1);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) + vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION),
                     4);
    assert_ok(vdib_dataset_look(dataset, VDIB_SPLIT_TRAIN, 1));
    assert_ok(vdib_dataset_look(dataset, VDIB_SPLIT_VALIDATION, 1));
    assert_true(notes_say(dataset, "the recordings are of 3 formats: "));
    assert_true(notes_say(dataset, "2 text"));
    assert_true(notes_say(
        dataset, "2 files in the folders of the classes, not named like recordings or without events, are not read"));
    vdib_example *example = new_example(dataset);
    for (size_t i = 0; i < vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN); i++) {
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 1, example));
        assert_in_range(vdib_raster_spikes(example->raster), 1, 2);
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* Each part is judged by what it holds itself. */
static void parts_without_recordings_say_why(void **state) {
    files_write(*state, "Train/0/1.bin", "", 0);
    files_write(*state, "Train/0/1.wav", "", 0);
    files_write(*state, "Test/0/2.gz", "x", 1);
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, "Test/0/2.gz is none by its name; convert");
    files_write(*state, "Test/0/3.gz", "x", 1);
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, "Test/0/2.gz is none by its name, and so are all others;");
    WRITE(*state, "Test/4.bin");
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, "Test/4.bin: stands beside the folders of the classes");
}

/* A recording that is compressed is one by the name inside. */
static void compressed_recordings_are_recordings(void **state) {
    uint8_t record[5];
    files_record(record, 3, 4, 1, 5000);
    for (int class = 0; class < 10; class ++) {
        char name[64];
        snprintf(name, sizeof name, "Train/%d/1.bin.gz", class);
        files_write_gzip(*state, name, record, sizeof record);
        snprintf(name, sizeof name, "Test/%d/1.bin", class);
        files_write(*state, name, record, sizeof record);
    }
    vdib_dataset *dataset = open_dataset(parameters(*state));
    vdib_example *example = new_example(dataset);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, 0, 1, example));
    assert_int_equal(vdib_raster_spikes(example->raster), 1);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(data_are_found_deeper_and_in_any_case),
        files_test(the_folder_to_give_is_named),
        files_test(images_further_down_are_named),
        files_test(large_folders_are_not_searched),
        files_test(recordings_without_classes_are_refused),
        files_test(classes_in_another_case_are_one),
        files_test(classes_in_another_case_stay_apart_in_one_part),
        files_test(classes_in_several_cases_are_refused),
        files_test(classes_of_a_model_are_known_in_another_case),
        files_test(compressed_recordings_are_recordings),
        files_test(files_that_are_not_read_are_said),
        files_test(recordings_of_other_formats_lie_in_folders_too),
        files_test(parts_without_recordings_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
