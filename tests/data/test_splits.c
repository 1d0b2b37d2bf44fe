/* SPDX-License-Identifier: MIT */
/* Class folders at any depth, validation folders, and splits that are made. */
#include "datasets.h"

#include <unistd.h>

static vdib__dataset_parameters parameters(const char *folder) {
    vdib__dataset_parameters p = parameters_of(folder, NULL, &vdib__input_events, &vdib__target_class);
    p.test_share = 0.2;
    return p;
}

/* `count` recordings FOLDER/NNNNN.bin from `first` on, whose event says which they are. */
static void write_many(const char *folder, const char *class_, int first, int count) {
    for (int n = first; n < first + count; n++) {
        char name[256];
        snprintf(name, sizeof name, "%s/%05d.bin", class_, n);
        files_recording(folder, name, (uint8_t)(n % 34), (uint8_t)(n / 34), 1);
    }
}

/* Channel of the one event of an example. */
static uint32_t channel_of(const vdib_dataset *dataset, vdib_split split, size_t index, uint32_t *label) {
    vdib_example *example = new_example(dataset);
    const uint32_t *channels = NULL;
    assert_ok(vdib_dataset_get(dataset, split, index, 1, example));
    assert_int_equal(vdib_raster_at(example->raster, 0, &channels), 1);
    uint32_t channel = channels[0];
    *label = example->label;
    vdib_example_destroy(example);
    return channel;
}

/* examples (classes): how many a split has of each. */
static void count_classes(const vdib_dataset *dataset, vdib_split split, size_t *examples) {
    memset(examples, 0, vdib_dataset_geometry(dataset)->classes * sizeof *examples);
    for (size_t i = 0; i < vdib_dataset_size(dataset, split); i++) {
        uint32_t label = 0;
        (void)channel_of(dataset, split, i, &label);
        examples[label]++;
    }
}

static void check_names(const vdib_dataset *dataset, const char *const *names, size_t count) {
    assert_int_equal(vdib_dataset_geometry(dataset)->classes, count);
    for (size_t c = 0; c < count; c++)
        assert_string_equal(vdib_dataset_class_name(dataset, c), names[c]);
}
#define CHECK_NAMES(dataset, ...)                                                                                      \
    check_names((dataset), (const char *const[]){__VA_ARGS__},                                                         \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* ---- class folders at any depth ---- */

static void classes_are_the_folders_that_hold_recordings(void **state) {
    write_many(*state, "Train/animals/cat", 0, 3);
    write_many(*state, "Train/animals/dog", 3, 3);
    write_many(*state, "Train/things/car/blue", 6, 3);
    write_many(*state, "Train/things/car", 9, 1);
    write_many(*state, "Test/cat", 0, 1);
    write_many(*state, "Test/dog", 0, 1);
    write_many(*state, "Test/x/y/z/car", 0, 2);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    size_t counts[3];
    CHECK_NAMES(dataset, "car", "cat", "dog");
    count_classes(dataset, VDIB_SPLIT_TEST, counts);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 1);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) + vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION),
                     10); /* things/car/blue is a part of things/car, the outermost folder with recordings */
    assert_true(notes_say(dataset, "class folders stand more than one folder deep"));
    assert_true(notes_say(dataset, "Train/animals/cat are of class 'cat'"));
    assert_false(notes_say(dataset, "nothing says which recordings are for testing"));
    vdib_dataset_destroy(dataset);
}

/* cat/raw and dog/raw are not one class. */
static void one_name_everywhere_is_no_class(void **state) {
    write_many(*state, "cat/events/raw", 0, 2);
    write_many(*state, "dog/events/raw", 2, 2);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    CHECK_NAMES(dataset, "cat", "dog");
    vdib_dataset_destroy(dataset);
}

/* Numbered sessions are not classes. */
static void sessions_are_no_classes(void **state) {
    write_many(*state, "cat/Session 1", 0, 2);
    write_many(*state, "cat/session_2", 2, 2);
    write_many(*state, "dog/session-01", 4, 2);
    write_many(*state, "dog/rec3", 6, 2);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    CHECK_NAMES(dataset, "cat", "dog");
    vdib_dataset_destroy(dataset);
}

/* Nor are people and dates, where other folders stand above them. */
static void people_and_dates_are_no_classes(void **state) {
    write_many(*state, "clap/user01/2024-01-31", 0, 2);
    write_many(*state, "clap/user02/20240201_1530", 2, 2);
    write_many(*state, "wave/user01/2024.01.31", 4, 2);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    CHECK_NAMES(dataset, "clap", "wave");
    vdib_dataset_destroy(dataset);
}

static void numbers_alone_are_told_apart_by_the_innermost(void **state) {
    write_many(*state, "session1/user01", 0, 2);
    write_many(*state, "session1/user02", 2, 2);
    write_many(*state, "session2/user01", 4, 2);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    CHECK_NAMES(dataset, "user01", "user02");
    vdib_dataset_destroy(dataset);
}

/* A link to a folder above would list everything of it as the class. */
static void links_upwards_are_not_followed(void **state) {
    char path[FILE_PATH];
    write_many(*state, "a/b/c/d/e/cat", 0, 3);
    write_many(*state, "a/b/c/d/e/dog", 3, 2);
    assert_int_equal(symlink(*state, files_path(path, *state, "a/b/c/d/e/dog/all")), 0);
    assert_int_equal(symlink("..", files_path(path, *state, "a/b/c/d/e/up")), 0);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    CHECK_NAMES(dataset, "cat", "dog");
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) + vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION) +
                         vdib_dataset_size(dataset, VDIB_SPLIT_TEST),
                     5);
    assert_true(notes_say(dataset, "a/b/c/d/e/dog/all"));
    vdib_dataset_destroy(dataset);
}

static void validation_folders_are_the_validation_split(void **state) {
    write_many(*state, "train/a", 0, 30);
    write_many(*state, "valid/a", 30, 3);
    write_many(*state, "valid/b", 33, 2);
    write_many(*state, "test/b", 40, 4);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    size_t counts[2];
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 30);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 5);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 4);
    count_classes(dataset, VDIB_SPLIT_VALIDATION, counts);
    assert_int_equal(counts[0], 3);
    assert_int_equal(counts[1], 2);
    vdib_dataset_destroy(dataset);
    write_many(*state, "Validation/a", 0, 1);
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, "has folders Validation and valid; rename the one");
}

/* ---- splits that are made ---- */

static void a_split_is_stratified_and_repeatable(void **state) {
    write_many(*state, "cat", 0, 50);
    write_many(*state, "dog", 100, 7);
    write_many(*state, "eel", 200, 1);
    vdib__dataset_parameters p = parameters(*state);
    vdib_dataset *first = open_dataset(p), *again = open_dataset(p);
    size_t counts[3];
    CHECK_NAMES(first, "cat", "dog", "eel");
    count_classes(first, VDIB_SPLIT_TEST, counts);
    assert_int_equal(counts[0], 10);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 0); /* the only one is for training */
    assert_int_equal(vdib_dataset_size(first, VDIB_SPLIT_TRAIN) + vdib_dataset_size(first, VDIB_SPLIT_VALIDATION), 47);
    assert_true(notes_say(first, "nothing says which recordings are for testing: 11 of 58 examples are, a share of 0.2 "
                                 "of every class's recordings drawn by data.split_seed 0"));
    assert_string_equal(vdib_dataset_split_digest(first), vdib_dataset_split_digest(again));
    p.split_seed = 1;
    vdib_dataset *other = open_dataset(p);
    assert_string_not_equal(vdib_dataset_split_digest(first), vdib_dataset_split_digest(other));
    size_t shared = 0;
    for (size_t i = 0; i < vdib_dataset_size(first, VDIB_SPLIT_TEST); i++)
        for (size_t k = 0; k < vdib_dataset_size(other, VDIB_SPLIT_TEST); k++) {
            uint32_t label;
            assert_int_equal(channel_of(first, VDIB_SPLIT_TEST, i, &label),
                             channel_of(again, VDIB_SPLIT_TEST, i, &label));
            shared += channel_of(first, VDIB_SPLIT_TEST, i, &label) == channel_of(other, VDIB_SPLIT_TEST, k, &label);
        }
    assert_in_range(shared, 0, 7); /* of 11; 2 are expected */
    vdib_dataset_destroy(other);
    vdib_dataset_destroy(again);
    vdib_dataset_destroy(first);
}

static void the_share_is_rounded_and_never_all(void **state) {
    static const struct {
        double share;
        size_t tested;
    } cases[] = {{0.5, 5}, {0.01, 1}, {0.99, 9}, {0.25, 3}, {0.24, 2}};
    write_many(*state, "a", 0, 10);
    write_many(*state, "b", 20, 10);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vdib__dataset_parameters p = parameters(*state);
        p.test_share = cases[i].share;
        vdib_dataset *dataset = open_dataset(p);
        assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 2 * cases[i].tested);
        vdib_dataset_destroy(dataset);
    }
}

/* The test recordings of a class are drawn by its name and its files alone. */
static void another_class_changes_no_other(void **state) {
    char longer[FILE_PATH];
    snprintf(longer, sizeof longer, "%s/longer", (const char *)*state);
    write_many(*state, "short/b", 0, 30);
    write_many(longer, "a", 100, 5);
    write_many(longer, "b", 0, 30);
    char shorter[FILE_PATH];
    snprintf(shorter, sizeof shorter, "%s/short", (const char *)*state);
    vdib_dataset *one = open_dataset(parameters(shorter)), *two = open_dataset(parameters(longer));
    uint32_t label;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(channel_of(one, VDIB_SPLIT_TEST, i, &label), channel_of(two, VDIB_SPLIT_TEST, i, &label));
    vdib_dataset_destroy(two);
    vdib_dataset_destroy(one);
}

/* Given splits have a digest too, which their folder's place does not change. */
static void a_digest_follows_the_split(void **state) {
    char folder[FILE_PATH], other[FILE_PATH];
    snprintf(folder, sizeof folder, "%s/here", (const char *)*state);
    snprintf(other, sizeof other, "%s/there", (const char *)*state);
    for (int i = 0; i < 2; i++) {
        write_many(i == 0 ? folder : other, "Train/0", 1, 3);
        write_many(i == 0 ? folder : other, "Test/0", 1, 2);
    }
    vdib_dataset *here = open_dataset(parameters(folder)), *there = open_dataset(parameters(other));
    assert_int_equal(strlen(vdib_dataset_split_digest(here)), 64);
    assert_string_equal(vdib_dataset_split_digest(here), vdib_dataset_split_digest(there));
    vdib_dataset_destroy(there);
    write_many(other, "Test/0", 3, 1);
    there = open_dataset(parameters(other));
    assert_string_not_equal(vdib_dataset_split_digest(here), vdib_dataset_split_digest(there));
    vdib_dataset_destroy(there);
    vdib_dataset_destroy(here);
    assert_null(vdib_dataset_split_digest(NULL));
}

/* ---- the validation split ---- */

static void validation_is_drawn_class_by_class(void **state) {
    write_many(*state, "Train/cat", 0, 40);
    write_many(*state, "Train/dog", 100, 15);
    write_many(*state, "Train/eel", 200, 2);
    write_many(*state, "Train/fox", 300, 1);
    write_many(*state, "Test/cat", 400, 1);
    vdib_dataset *first = open_dataset(parameters(*state)), *again = open_dataset(parameters(*state));
    size_t counts[4];
    uint32_t label;
    count_classes(first, VDIB_SPLIT_VALIDATION, counts);
    assert_int_equal(counts[0], 4);
    assert_int_equal(counts[1], 2); /* 1.5, rounded */
    assert_int_equal(counts[2], 1);
    assert_int_equal(counts[3], 0); /* the only one is for training */
    assert_true(
        notes_say(first, "no validation example of 1 class, which has too few training recordings: class 'fox'"));
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(channel_of(first, VDIB_SPLIT_VALIDATION, i, &label),
                         channel_of(again, VDIB_SPLIT_VALIDATION, i, &label));
    vdib_dataset_destroy(again);
    vdib_dataset_destroy(first);
}

/* What is drawn of a class depends on it alone. */
static void validation_of_a_class_is_its_own_matter(void **state) {
    char one[FILE_PATH], two[FILE_PATH];
    snprintf(one, sizeof one, "%s/one", (const char *)*state);
    snprintf(two, sizeof two, "%s/two", (const char *)*state);
    write_many(one, "Train/a", 0, 30);
    write_many(one, "Train/c", 100, 30);
    write_many(one, "Test/a", 0, 1);
    write_many(two, "Train/a", 0, 30);
    write_many(two, "Train/b", 200, 30);
    write_many(two, "Train/c", 100, 30);
    write_many(two, "Test/a", 0, 1);
    vdib_dataset *first = open_dataset(parameters(one)), *second = open_dataset(parameters(two));
    size_t found = 0;
    assert_int_equal(vdib_dataset_size(first, VDIB_SPLIT_VALIDATION), 6);
    assert_int_equal(vdib_dataset_size(second, VDIB_SPLIT_VALIDATION), 9);
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 9; k++) {
            uint32_t label;
            found += channel_of(first, VDIB_SPLIT_VALIDATION, i, &label) ==
                     channel_of(second, VDIB_SPLIT_VALIDATION, k, &label);
        }
    assert_int_equal(found, 6);
    vdib_dataset_destroy(second);
    vdib_dataset_destroy(first);
}

/* Of digits it is drawn from all recordings, as long as that leaves every class some: the draw of nine ones and a two
 * may take the two. */
static void digits_keep_their_last_example(void **state) {
    size_t counts[10];
    for (int two = 0; two < 10; two++) {
        char folder[FILE_PATH];
        snprintf(folder, sizeof folder, "%s/%d", (const char *)*state, two);
        for (int n = 0; n < 10; n++)
            write_many(folder, n == two ? "Train/2" : "Train/1", n, 1);
        write_many(folder, "Test/1", 0, 1);
        vdib_dataset *dataset = open_dataset(parameters(folder));
        count_classes(dataset, VDIB_SPLIT_TRAIN, counts);
        assert_int_equal(counts[1], 8);
        assert_int_equal(counts[2], 1);
        vdib_dataset_destroy(dataset);
    }
}

/* Recordings stay whole: the only example of a class keeps the recording that it is a part of from validation. */
static void validation_takes_whole_recordings(void **state) {
    write_many(*state, "a", 0, 11);
    for (int once = 0; once < 10; once++) {
        char list[2048] = "path,split,label,from,to\na/00010.bin,test,a,,\n";
        for (int n = 0; n < 10; n++)
            snprintf(list + strlen(list), sizeof list - strlen(list),
                     "a/%05d.bin,train,a,0,10\na/%05d.bin,train,%s,10,20\n", n, n, n == once ? "once" : "b");
        files_write(*state, "manifest.csv", list, strlen(list));
        vdib_dataset *dataset = open_dataset(parameters(*state));
        assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 2);
        assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 18);
        assert_true(notes_say(dataset, "no validation example of 1 class, which has too few training recordings: "
                                       "class 'once'"));
        vdib_dataset_destroy(dataset);
    }
}

static void keys_of_a_split_that_is_given_are_said(void **state) {
    write_many(*state, "Train/a", 0, 4);
    write_many(*state, "Train/b", 4, 4);
    write_many(*state, "Test/a", 8, 1);
    vdib__dataset_parameters p = parameters(*state);
    vdib_dataset *dataset = open_dataset(p);
    assert_false(notes_say(dataset, "data.test_share"));
    vdib_dataset_destroy(dataset);
    p.test_share = 0.5;
    dataset = open_dataset(p);
    assert_true(notes_say(dataset, "data.test_share (0.5) and data.split_seed (0) are not used"));
    vdib_dataset_destroy(dataset);
}

static void a_single_class_is_said(void **state) {
    write_many(*state, "Train/a", 0, 4);
    write_many(*state, "Test/a", 8, 1);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_true(notes_say(dataset, "all training recordings are of class 'a': there is nothing to tell apart"));
    vdib_dataset_destroy(dataset);
    write_many(*state, "Train/b", 4, 4);
    dataset = open_dataset(parameters(*state));
    assert_false(notes_say(dataset, "nothing to tell apart"));
    vdib_dataset_destroy(dataset);
}

/* Where each is the only one of its class there still is a validation split. */
static void singles_have_a_validation_example(void **state) {
    write_many(*state, "Train/a", 0, 1);
    write_many(*state, "Train/b", 1, 1);
    write_many(*state, "Train/c", 2, 1);
    write_many(*state, "Test/a", 3, 1);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 2);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 1);
    assert_true(notes_say(dataset, "no class has two training recordings"));
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(classes_are_the_folders_that_hold_recordings),
        files_test(one_name_everywhere_is_no_class),
        files_test(sessions_are_no_classes),
        files_test(people_and_dates_are_no_classes),
        files_test(numbers_alone_are_told_apart_by_the_innermost),
        files_test(links_upwards_are_not_followed),
        files_test(validation_folders_are_the_validation_split),
        files_test(a_split_is_stratified_and_repeatable),
        files_test(the_share_is_rounded_and_never_all),
        files_test(another_class_changes_no_other),
        files_test(a_digest_follows_the_split),
        files_test(validation_is_drawn_class_by_class),
        files_test(validation_of_a_class_is_its_own_matter),
        files_test(digits_keep_their_last_example),
        files_test(validation_takes_whole_recordings),
        files_test(singles_have_a_validation_example),
        files_test(keys_of_a_split_that_is_given_are_said),
        files_test(a_single_class_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
