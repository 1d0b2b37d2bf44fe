/* SPDX-License-Identifier: MIT */
/* What is lost, late, empty, missing or doubtful in recordings is counted, said, and refused where it is most of them.
 */
#include "datasets.h"

#include "core/text.h"
#include "data/select.h"
#include "events/events.h"

/* Events of 20 x 10 pixels, one every `step` microseconds from `first` on. */
static void write_events(const char *folder, const char *name, size_t count, uint32_t first, uint32_t step) {
    uint8_t bytes[5 * 400];
    assert_true(count <= 400);
    for (size_t i = 0; i < count; i++)
        files_record(bytes + 5 * i, (uint8_t)(i % 20), (uint8_t)(i / 20 % 10), 1, first + step * (uint32_t)i);
    files_write(folder, name, bytes, 5 * count);
}

/* 20 training recordings of ten classes and 10 test ones, 20 events in 10 ms each. */
static void write_all(const char *folder) {
    char name[64];
    for (int n = 0; n < 30; n++) {
        snprintf(name, sizeof name, "%s/%d/%05d.bin", n < 20 ? "Train" : "Test", n % 10, n + 1);
        write_events(folder, name, 20, 10, 400);
    }
}

static vdib__dataset_parameters parameters(const char *folder) {
    return parameters_of(folder, NULL, &vdib__input_events, &vdib__target_class);
}

static vdib_dataset *looked_at(vdib__dataset_parameters p) {
    vdib_dataset *dataset = open_dataset(p);
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++)
        assert_ok(vdib_dataset_look(dataset, (vdib_split)split, 2));
    return dataset;
}

static uint64_t count(const vdib_dataset *dataset, vdib_data_count which) {
    return vdib_dataset_count(dataset, VDIB_SPLIT_TRAIN, which) +
           vdib_dataset_count(dataset, VDIB_SPLIT_VALIDATION, which) +
           vdib_dataset_count(dataset, VDIB_SPLIT_TEST, which);
}

static void sound_recordings_need_no_note(void **state) {
    char *notes = NULL;
    write_all(*state);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_int_equal(count(dataset, VDIB_COUNT_RECORDINGS), 0);
    vdib_dataset_destroy(dataset);
    dataset = looked_at(parameters(*state));
    assert_int_equal(count(dataset, VDIB_COUNT_RECORDINGS), 30);
    assert_int_equal(count(dataset, VDIB_COUNT_EVENTS), 600);
    for (int which = VDIB_COUNT_OUTSIDE_WINDOW; which <= VDIB_COUNT_RESTARTS; which++)
        assert_int_equal(count(dataset, (vdib_data_count)which), 0);
    assert_ok(vdib_dataset_notes(dataset, &notes));
    assert_string_equal(notes, "");
    vdib__free(notes);
    vdib_dataset_destroy(dataset);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_notes(NULL, &notes), "NULL");
    assert_int_equal(vdib_dataset_count(NULL, VDIB_SPLIT_TEST, VDIB_COUNT_EVENTS), 0);
}

/* Looking at a split is refused, and goes on with allow_loss. */
static void refuse_look(vdib__dataset_parameters p, vdib_split split, const char *part, const char *remedy) {
    vdib_dataset *dataset = open_dataset(p);
    assert_fails(VDIB_ERROR_DATA, vdib_dataset_look(dataset, split, 1), part);
    if (strstr(vdib_last_message(), remedy) == NULL)
        fail_msg("%s: lacks '%s'", vdib_last_message(), remedy);
    assert_non_null(strstr(vdib_last_message(), "data.allow_loss=true"));
    assert_null(strchr(vdib_last_message(), '\n'));
    vdib_dataset_destroy(dataset);
    p.allow_loss = true;
    dataset = open_dataset(p);
    assert_ok(vdib_dataset_look(dataset, split, 1));
    vdib_dataset_destroy(dataset);
}

static void late_recordings_are_said_and_refused(void **state) {
    char name[64];
    write_all(*state);
    write_events(*state, "Test/3/00024.bin", 20, 1000010, 400);
    vdib_dataset *dataset = looked_at(parameters(*state)); /* one of ten */
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_LOST_RECORDINGS), 1);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_LATE_RECORDINGS), 1);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_OUTSIDE_WINDOW), 20);
    assert_true(notes_say(dataset, "1 of 10 test recordings have no event inside"));
    assert_true(notes_say(dataset, "Test/3/00024.bin"));
    vdib_dataset_destroy(dataset);
    write_events(*state, "Test/4/00025.bin", 20, 1000010, 400); /* two of ten: one in five */
    refuse_look(parameters(*state), VDIB_SPLIT_TEST, "of 10 test recordings, 2 have no event inside",
                "data.from_first_event=true");
    vdib__dataset_parameters first = parameters(*state);
    first.from_first_event = true;
    dataset = looked_at(first);
    assert_int_equal(count(dataset, VDIB_COUNT_OUTSIDE_WINDOW), 0);
    assert_int_equal(count(dataset, VDIB_COUNT_LATE_RECORDINGS), 0);
    vdib_dataset_destroy(dataset);
    for (int n = 0; n < 10; n++) { /* all of them begin 2 s late */
        snprintf(name, sizeof name, "Test/%d/%05d.bin", n % 10, n + 21);
        write_events(*state, name, 20, 2000010, 400);
    }
    refuse_look(parameters(*state), VDIB_SPLIT_TEST, "200 of 200 events are lost",
                "the earliest of all is at 2000010 us");
    vdib__dataset_parameters moved = parameters(*state);
    moved.start_us = 2000000;
    dataset = open_dataset(moved);
    assert_ok(vdib_dataset_look(dataset, VDIB_SPLIT_TEST, 1));
    vdib_dataset_destroy(dataset);
}

/* Eleven twelfths of the events come after the window. */
static void long_recordings_are_refused_above_nine_tenths(void **state) {
    char name[64];
    write_all(*state);
    for (int n = 0; n < 10; n++) {
        snprintf(name, sizeof name, "Test/%d/%05d.bin", n % 10, n + 21);
        write_events(*state, name, 240, 0, 500); /* 120 ms; the window has 10 */
    }
    refuse_look(parameters(*state), VDIB_SPLIT_TEST, "2200 of 2400 events are lost", "data.step_us=");
    vdib__dataset_parameters p = parameters(*state);
    p.steps = 13; /* 26 of 240 events inside: below nine tenths lost */
    vdib_dataset *dataset = open_dataset(p);
    assert_ok(vdib_dataset_look(dataset, VDIB_SPLIT_TEST, 1));
    assert_true(notes_say(dataset, "89.2 % of the events of test recordings are lost: 2140 of 2400"));
    vdib_dataset_destroy(dataset);
    for (int n = 0; n < 10; n++) {
        snprintf(name, sizeof name, "Test/%d/%05d.bin", n % 10, n + 21);
        write_events(*state, name, 20, 0, 550); /* a tenth is lost, not more: nothing is said */
    }
    dataset = looked_at(parameters(*state));
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_OUTSIDE_WINDOW), 10);
    assert_false(notes_say(dataset, "are lost"));
    vdib_dataset_destroy(dataset);
}

static void empty_recordings_are_named(void **state) {
    write_all(*state);
    files_write(*state, "Test/0/00021.bin", "", 0);
    vdib_dataset *dataset = looked_at(parameters(*state));
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_EMPTY_RECORDINGS), 1);
    assert_true(notes_say(dataset, "1 of 10 test recordings are empty: they have no event"));
    assert_true(notes_say(dataset, "Test/0/00021.bin"));
    vdib_dataset_destroy(dataset);
    files_write(*state, "Test/1/00022.bin", "", 0);
    refuse_look(parameters(*state), VDIB_SPLIT_TEST, "2 have none at all", "take the empty recordings out");
}

/* An event of a Prophesee DAT file, which states a sensor of 64 x 48. */
static size_t put_dat(uint8_t *bytes, uint32_t t, uint32_t x) {
    const uint32_t words[2] = {t, x | 1U << 14 | 1U << 28};
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
    return 8;
}

/* What is wrong in files is counted as they are read, and said with the first one's name. */
static void cut_and_damaged_recordings_are_said(void **state) {
    static const char head[] = "% Data file\n% Version 2\n% Width 64\n% Height 48\n";
    uint8_t bytes[400];
    size_t size = sizeof head - 1;
    write_all(*state);
    memcpy(bytes, head, size);
    bytes[size++] = 0x0C;
    bytes[size++] = 8;
    for (uint32_t i = 0; i < 20; i++)
        size += put_dat(bytes + size, 400 * i, i == 7 || i == 8 ? 70 : i);
    files_write(*state, "Test/5/00026.dat", bytes, size - 3);
    vdib__dataset_parameters p = parameters(*state);
    p.allow_loss = true;
    vdib_dataset *dataset = looked_at(p);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_CUT_RECORDINGS), 1);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_BEYOND_STATED), 2);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TRAIN, VDIB_COUNT_CUT_RECORDINGS), 0);
    assert_true(notes_say(dataset, "1 of 11 test recordings are cut short: they end inside a record"));
    assert_true(notes_say(dataset, "have events beyond the sensor that their files state, which are left out: /"));
    assert_true(notes_say(dataset, "Test/5/00026.dat"));
    vdib_dataset_destroy(dataset);
    files_write(*state, "Test/5/00026.dat", "x", 1);
    files_write(*state, "Test/6/00127.csv", "t,x,y,p\n1,2,3,1\nhere,is,no,event\n5,2,3,1\n9,2,3,1\n", 49);
    dataset = looked_at(p);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_DAMAGED), 1);
    assert_true(
        notes_say(dataset, "1 of 11 test recordings are damaged: what their format does not know is left out: /"));
    vdib_dataset_destroy(dataset);
}

static void clocks_and_order_are_said(void **state) {
    uint8_t bytes[5 * 60];
    write_all(*state);
    for (uint32_t i = 0; i < 60; i++) /* the clock restarts in the middle of 60 ms */
        files_record(bytes + 5 * i, 1, 1, 1, (i < 30 ? 30000 : 0) + 1000 * (i % 30));
    files_write(*state, "Test/5/00026.bin", bytes, sizeof bytes);
    for (uint32_t i = 0; i < 20; i++)
        files_record(bytes + 5 * i, 1, 1, 1, 400 * i - (i == 9 ? 500 : 0));
    files_write(*state, "Test/6/00027.bin", bytes, 100);
    vdib__dataset_parameters p = parameters(*state);
    p.allow_loss = true;
    vdib_dataset *dataset = looked_at(p);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_RESTARTS), 1);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_OUT_OF_ORDER), 1);
    assert_true(notes_say(dataset, "have a clock that starts again inside them"));
    assert_true(notes_say(dataset, "Test/5/00026.bin"));
    assert_true(notes_say(dataset, "have events out of the order of time"));
    vdib_dataset_destroy(dataset);
}

/* 400 events in ten test recordings, `step` microseconds apart; at (0, 0), or all over 20 x 10 pixels. */
static void write_many(const char *folder, uint8_t polarity, uint32_t step, bool one_pixel) {
    char name[64];
    uint8_t bytes[5 * 400];
    write_all(folder);
    for (uint32_t i = 0; i < 400; i++)
        files_record(bytes + (size_t)5 * i, one_pixel ? 0 : (uint8_t)(i % 20), one_pixel ? 0 : (uint8_t)(i / 20 % 10),
                     polarity, 10 + step * i);
    for (int n = 20; n < 30; n++) {
        snprintf(name, sizeof name, "Test/%d/%05d.bin", n % 10, n + 1);
        files_write(folder, name, bytes, sizeof bytes);
    }
}

/* Files whose events are sound one by one, but not together. */
static void recordings_that_may_be_of_another_layout_are_said(void **state) {
    static const char layout[] = "or the files are of another layout than 5 bytes an event (x, y, then big endian";
    write_many(*state, 1, 20, false);
    vdib_dataset *dataset = looked_at(parameters(*state));
    assert_false(notes_say(dataset, "layout"));
    vdib_dataset_destroy(dataset);
    write_many(*state, 1, 2, false); /* 800 us of steps of 1000 */
    dataset = looked_at(parameters(*state));
    assert_true(notes_say(dataset, "10 of 10 test recordings have nearly all of their events in one of the steps: "
                                   "data.step_us is too long for them, or the files"));
    assert_true(notes_say(dataset, layout));
    assert_true(notes_say(dataset, "Test/0/00021.bin, "));
    vdib_dataset_destroy(dataset);
    vdib__dataset_parameters p = parameters(*state);
    p.step_us = 42; /* a twentieth in each */
    dataset = looked_at(p);
    assert_false(notes_say(dataset, "layout"));
    vdib_dataset_destroy(dataset);
    p.step_us = 10000; /* one step is one step */
    p.steps = 1;
    dataset = looked_at(p);
    assert_false(notes_say(dataset, "layout"));
    vdib_dataset_destroy(dataset);
    write_many(*state, 0, 20, false);
    dataset = looked_at(parameters(*state));
    assert_true(notes_say(dataset, "10 of 10 test recordings have no ON event: their sensor has one polarity"));
    assert_true(notes_say(dataset, layout));
    vdib_dataset_destroy(dataset);
    p = parameters(*state);
    p.polarities = 1;
    dataset = looked_at(p);
    assert_false(notes_say(dataset, "layout"));
    vdib_dataset_destroy(dataset);
    write_many(*state, 1, 20, true);
    dataset = looked_at(parameters(*state));
    assert_true(notes_say(dataset, "10 of 10 test recordings have all of their events at pixel (0, 0)"));
    vdib_dataset_destroy(dataset);
}

/* A count of one has a noun of one. */
static void one_thing_is_not_several(void **state) {
    for (int n = 1; n <= 2; n++) {
        uint8_t bytes[5 * 10];
        for (uint32_t i = 0; i < 10; i++)
            files_record(bytes + (size_t)5 * i, i == 0 && n == 1 ? 30 : 1, 1, 1, 10 + i);
        files_write(*state, n == 1 ? "Test/0/1.bin" : "Train/0/1.bin", bytes, sizeof bytes);
    }
    vdib__dataset_parameters p = parameters(*state);
    p.steps = 1;
    p.sensor_width = p.sensor_height = 20;
    vdib_dataset *dataset = looked_at(p);
    assert_true(notes_say(dataset, "1 event of 1 test recording lies outside the 20 x 20 pixels and is dropped"));
    vdib_dataset_destroy(dataset);
    p.start_us = 1000000;
    refuse_look(p, VDIB_SPLIT_TEST, "of 1 test recording, 1 has no event inside 1 step of 1000 us", "data.");
    assert_string_equal(vdib__s(0), "s");
    assert_string_equal(vdib__s(1), "");
    assert_string_equal(vdib__s(2), "s");
    assert_string_equal(vdib__es(1), "");
    assert_string_equal(vdib__es(2), "es");
}

/* The remedy for losses doubts the layout first. */
static void losses_of_another_layout_get_no_misleading_remedy(void **state) {
    write_many(*state, 1, 1000, false);
    refuse_look(parameters(*state), VDIB_SPLIT_TEST, "3900 of 4000 events are lost", "they last until");
    write_many(*state, 0, 1000, false);
    refuse_look(parameters(*state), VDIB_SPLIT_TEST,
                "10 of them have no ON event, or one pixel: if these are files of "
                "another layout, convert them to 5 bytes an event",
                "data.step_us");
    write_many(*state, 1, 1000, true);
    refuse_look(parameters(*state), VDIB_SPLIT_TEST, "if these are files of another layout", "if they are sound");
    vdib__dataset_parameters p = parameters(*state); /* 320 of 400 events: lost, but not refused */
    p.step_us = 8000;
    vdib_dataset *dataset = looked_at(p);
    assert_true(notes_say(dataset, "80.0 % of the events of test recordings are lost"));
    assert_false(notes_say(dataset, "change that"));
    vdib_dataset_destroy(dataset);
    write_many(*state, 1, 1000, false);
    dataset = looked_at(p);
    assert_true(notes_say(dataset, "data.from_first_event and data.sensor change that"));
    vdib_dataset_destroy(dataset);
}

/* One damaged event in one of many recordings, on a sensor of `side` x `side`. */
static void check_sensor(const char *folder, uint8_t side, uint8_t x, uint8_t y, size_t width, size_t height) {
    char name[64];
    uint8_t bytes[5 * 400];
    for (int n = 0; n < 30; n++) {
        for (uint32_t i = 0; i < 400; i++)
            files_record(bytes + 5 * i, (uint8_t)(i * 7 % side), (uint8_t)((i * 11 + i / 3) % side), 1, 20 * i);
        if (n == 7)
            files_record(bytes + 5 * 200, x, y, 1, 4000);
        snprintf(name, sizeof name, "%s/%d/%05d.bin", n < 20 ? "Train" : "Test", n % 10, n + 1);
        files_write(folder, name, bytes, sizeof bytes);
    }
    vdib_dataset *dataset = looked_at(parameters(folder));
    assert_int_equal(vdib_dataset_geometry(dataset)->input_width, width);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_height, height);
    bool beyond = x >= width || y >= height;
    assert_int_equal(count(dataset, VDIB_COUNT_OUTSIDE_SENSOR), beyond);
    if (beyond) {
        assert_true(notes_say(dataset, "Train/7/00008.bin"));
        assert_true(notes_say(dataset, "dropped as damaged"));
    }
    vdib_dataset_destroy(dataset);
}

static void one_damaged_event_does_not_make_a_sensor(void **state) {
    check_sensor(*state, 34, 255, 200, 34, 34);
    check_sensor(*state, 34, 10, 239, 34, 34);
    check_sensor(*state, 34, 100, 10, 34, 34);
    check_sensor(*state, 60, 255, 3, 60, 60);
    check_sensor(*state, 120, 2, 250, 120, 120);
    check_sensor(*state, 34, 33, 33, 34, 34);
    check_sensor(*state, 60, 62, 3, 63, 60); /* too near to be called damaged */
}

static void the_sensor_can_be_given(void **state) {
    write_all(*state);
    vdib__dataset_parameters p = parameters(*state);
    p.sensor_width = 15;
    p.sensor_height = 10;
    vdib_dataset *dataset = looked_at(p);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_width, 15);
    assert_int_equal(count(dataset, VDIB_COUNT_OUTSIDE_SENSOR), 30 * 5);
    assert_true(notes_say(dataset, "lie outside the 15 x 10 pixels and are dropped"));
    vdib_dataset_destroy(dataset);
    p.sensor_width = 1;
    p.sensor_height = 1;
    refuse_look(p, VDIB_SPLIT_TRAIN, "of 18 training recordings", "data.sensor=20x1 holds them all");
    p = parameters_of(NULL, NULL, &vdib__input_events, &vdib__target_class);
    p.train_examples = p.test_examples = 2;
    p.sensor_width = 20;
    p.sensor_height = 20;
    refuse_dataset(p, VDIB_ERROR_DATA,
                   "data.sensor is 20x20, but the images that the built-in camera films have 28x28");
}

/* What a message advises for a trained model is what can be set there: not its steps, nor its sensor. */
static void remedies_for_a_model_can_be_set(void **state) {
    char name[64];
    for (int n = 0; n < 30; n++) { /* half of each comes after the window, but the first events do not */
        snprintf(name, sizeof name, "%s/%d/%05d.bin", n < 20 ? "Train" : "Test", n % 10, n + 1);
        write_events(*state, name, 40, 10, 400);
    }
    vdib__dataset_parameters p = parameters(*state);
    p.step_us = 100;
    refuse_look(p, VDIB_SPLIT_TEST, "of 10 test recordings", "data.steps=");
    p.for_model = true;
    refuse_look(p, VDIB_SPLIT_TEST, "of 10 test recordings", "us: data.step_us=");
    vdib_dataset *dataset = open_dataset(p);
    assert_fails(VDIB_ERROR_DATA, vdib_dataset_look(dataset, VDIB_SPLIT_TEST, 1), "data.step_us=");
    assert_null(strstr(vdib_last_message(), "data.steps"));
    vdib_dataset_destroy(dataset);
    p = parameters(*state);
    p.sensor_width = p.sensor_height = 1;
    p.for_model = true;
    refuse_look(p, VDIB_SPLIT_TRAIN, "of 18 training recordings", "; in training data.sensor=");
}

/* ---- classes ---- */

static void classes_are_the_sorted_names_of_folders(void **state) {
    static const char *const names[] = {"wave", "10", "9", "clap", "2"}, *const sorted[] = {"2", "9", "10", "clap",
                                                                                            "wave"};
    char name[64], path[FILE_PATH];
    for (int n = 0; n < 20; n++) {
        snprintf(name, sizeof name, "%s/%s/r%d.bin", n % 4 < 2 ? "Train" : "Test", names[n / 4], n);
        write_events(*state, name, 20, 10, 400);
    }
    files_path(path, *state, "Train/nothing/x");
    vdib_dataset *dataset = looked_at(parameters(*state));
    assert_int_equal(vdib_dataset_geometry(dataset)->classes, 5);
    for (size_t c = 0; c < 5; c++)
        assert_string_equal(vdib_dataset_class_name(dataset, c), sorted[c]);
    assert_null(vdib_dataset_class_name(dataset, 5));
    assert_true(notes_say(dataset, "class folder 'nothing' of"));
    vdib_dataset_destroy(dataset);
    vdib__dataset_parameters p = parameters(*state);
    p.target = &vdib__target_class_image;
    refuse_dataset(p, VDIB_ERROR_DATA, "its classes have names, and built-in digits show none of them");
    static const char *const known[] = {"wave", "9", "clap", "2", "jump", "10"};
    p = parameters(*state); /* a model's own order, and a class that is not there */
    p.class_names = known;
    p.classes = 6;
    dataset = open_dataset(p);
    vdib_example *example = new_example(dataset);
    assert_ok(
        vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 0, 1, example)); /* by label, then name: r10 of clap is not first */
    assert_int_equal(example->label, 0);
    assert_true(notes_say(dataset, "no training example of class 'jump'"));
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
    p.classes = 5;
    refuse_dataset(p, VDIB_ERROR_DATA, "has recordings of class '10', which the model was not trained on");
}

static void many_classes_are_read(void **state) {
    char name[64];
    for (int n = 0; n < 300; n++) {
        snprintf(name, sizeof name, "%s/class%03d/1.bin", n < 150 ? "Train" : "Test", n % 150);
        write_events(*state, name, 2, 10, 400);
    }
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_int_equal(vdib_dataset_geometry(dataset)->classes, 150);
    assert_string_equal(vdib_dataset_class_name(dataset, 149), "class149");
    vdib_dataset_destroy(dataset);
}

/* Files whose names begin with no number, sorted by class: limits take every class. */
static void limits_take_every_class(void **state) {
    char name[64];
    for (int n = 0; n < 80; n++) {
        snprintf(name, sizeof name, "%s/%d/take%d.bin", n < 40 ? "Train" : "Test", n % 10, n);
        write_events(*state, name, 20, 10, 400);
    }
    vdib__dataset_parameters p = parameters(*state);
    p.test_examples = 10;
    p.train_examples = 4;
    vdib_dataset *dataset = looked_at(p);
    vdib_example *example = new_example(dataset);
    for (size_t i = 0; i < 10; i++) {
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 1, example));
        assert_int_equal(example->label, i);
    }
    assert_true(notes_say(dataset, "no training example of class "));
    assert_true(notes_say(dataset, "7 of 10 classes are missing"));
    assert_false(notes_say(dataset, "no test example"));
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void choices_are_even(void **state) {
    (void)state;
    static const uint32_t labels[] = {2, 2, 2, 2, 0, 2, 1, 0, 2, 2, 5};
    static const size_t wanted[12][11] = {{0},
                                          {4},
                                          {4, 6},
                                          {0, 4, 6},
                                          {0, 4, 6, 10},
                                          {0, 4, 6, 7, 10},
                                          {0, 1, 4, 6, 7, 10},
                                          {0, 1, 2, 4, 6, 7, 10},
                                          {0, 1, 2, 3, 4, 6, 7, 10},
                                          {0, 1, 2, 3, 4, 5, 6, 7, 10},
                                          {0, 1, 2, 3, 4, 5, 6, 7, 8, 10},
                                          {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
    for (size_t limit = 0; limit <= 11; limit++) {
        size_t chosen[11] = {0};
        assert_ok(vdib__select_evenly(labels, 11, limit, chosen));
        assert_memory_equal(chosen, wanted[limit], limit * sizeof *chosen);
    }
}

/* The second reading of a recording needs no file. */
static void binned_recordings_are_kept(void **state) {
    write_all(*state);
    vdib_dataset *dataset = looked_at(parameters(*state));
    vdib_example *first = new_example(dataset), *second = new_example(dataset);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 0, 1, first));
    write_events(*state, "Test/0/00021.bin", 5, 10, 400);
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 0, 1, second));
    assert_int_equal(vdib_raster_spikes(second->raster), 20);
    assert_true(same_rasters(first->raster, second->raster));
    vdib_example_destroy(first);
    vdib_example_destroy(second);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(sound_recordings_need_no_note),
        files_test(late_recordings_are_said_and_refused),
        files_test(long_recordings_are_refused_above_nine_tenths),
        files_test(empty_recordings_are_named),
        files_test(clocks_and_order_are_said),
        files_test(cut_and_damaged_recordings_are_said),
        files_test(recordings_that_may_be_of_another_layout_are_said),
        files_test(one_thing_is_not_several),
        files_test(losses_of_another_layout_get_no_misleading_remedy),
        files_test(one_damaged_event_does_not_make_a_sensor),
        files_test(the_sensor_can_be_given),
        files_test(remedies_for_a_model_can_be_set),
        files_test(classes_are_the_sorted_names_of_folders),
        files_test(many_classes_are_read),
        files_test(limits_take_every_class),
        cmocka_unit_test(choices_are_even),
        files_test(binned_recordings_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
