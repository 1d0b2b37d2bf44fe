/* SPDX-License-Identifier: MIT */
/* The sensor that files state, what is read of it (data.crop, data.pool), and time windows that follow recordings. */
#include "datasets.h"

#include "data/dataset_parts.h"

static vdib__dataset_parameters parameters(const char *data) {
    return parameters_of(data, NULL, &vdib__input_events, &vdib__target_class);
}

/* A Prophesee DAT file of a sensor: events (x, y) at `first` us, and then 1 ms apart. */
static void write_dat(const char *folder, const char *name, size_t width, size_t height, const uint16_t (*places)[2],
                      size_t count, uint32_t first) {
    uint8_t bytes[1024];
    size_t used = (size_t)snprintf((char *)bytes, sizeof bytes, "%% Data file containing CD events.\n%% Version 2\n");
    if (width > 0)
        used +=
            (size_t)snprintf((char *)bytes + used, sizeof bytes - used, "%% Height %zu\n%% Width %zu\n", height, width);
    bytes[used++] = 0x0C;
    bytes[used++] = 8;
    for (size_t i = 0; i < count; i++) {
        uint32_t words[2] = {first + 1000 * (uint32_t)i, places[i][0] | (uint32_t)places[i][1] << 14 | 1U << 28};
        for (size_t b = 0; b < 8; b++)
            bytes[used++] = (uint8_t)(words[b / 4] >> 8 * (b % 4));
    }
    files_write(folder, name, bytes, used);
}

static const uint16_t places[][2] = {{0, 0}, {10, 7}, {11, 7}, {11, 8}, {20, 30}, {63, 47}};
enum { PLACES = sizeof places / sizeof places[0] };

static void write_pair(const char *folder, size_t width, size_t height) {
    write_dat(folder, "Train/a/1.dat", width, height, places, PLACES, 0);
    write_dat(folder, "Test/a/2.dat", width, height, places, PLACES, 0);
}

static void check_sensor(const vdib_dataset *dataset, size_t width, size_t height) {
    assert_int_equal(vdib_dataset_geometry(dataset)->input_width, width);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_height, height);
}

/* ---- the sensor ---- */

static void files_say_the_size_of_the_sensor(void **state) {
    write_pair(*state, 640, 480);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    check_sensor(dataset, 640, 480);
    assert_true(notes_say(dataset, "640 x 480 pixels make 614400 input channels, which every readout neuron weighs: "
                                   "data.pool=4"));
    vdib_dataset_destroy(dataset);
    write_dat(*state, "Train/a/3.dat", 1280, 480, places, PLACES, 0);
    dataset = open_dataset(parameters(*state));
    check_sensor(dataset, 1280, 480);
    assert_true(notes_say(dataset, "2 of 2 recordings say their sensor's size, and not the same: "));
    vdib_dataset_destroy(dataset);
    write_dat(*state, "Train/a/3.dat", 0, 0, (const uint16_t[][2]){{700, 500}}, 1, 0); /* says nothing, and has more */
    dataset = open_dataset(parameters(*state));
    check_sensor(dataset, 701, 501);
    vdib_dataset_destroy(dataset);
    write_dat(*state, "Train/a/1.dat", 20, 20, places, PLACES, 0); /* none is as small as a digit's by itself */
    write_dat(*state, "Train/a/3.dat", 20, 20, places, PLACES, 0);
    dataset = open_dataset(parameters(*state));
    check_sensor(dataset, 20, 20);
    vdib_dataset_destroy(dataset);
}

/* ---- what is read of it ---- */

/* Columns, rows and steps of an example's spikes. */
static const char *spikes_of(const vdib_dataset *dataset) {
    static char text[256];
    const vdib_geometry *g = vdib_dataset_geometry(dataset);
    vdib_example *example = new_example(dataset);
    size_t used = 0;
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 0, 1, example));
    text[0] = '\0';
    for (size_t t = 0; t < vdib_raster_steps(example->raster); t++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(example->raster, t, &channels);
        for (size_t i = 0; i < count; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu,%zu@%zu", used > 0 ? " " : "",
                                     channels[i] % g->input_width, channels[i] / g->input_width % g->input_height, t);
    }
    vdib_example_destroy(example);
    return text;
}

static void a_part_is_read(void **state) {
    write_pair(*state, 64, 48);
    vdib__dataset_parameters p = parameters(*state);
    p.pixels = (vdib__pixels){.left = 10, .top = 7, .columns = 11, .rows = 24};
    vdib_dataset *dataset = open_dataset(p);
    check_sensor(dataset, 11, 24);
    assert_string_equal(spikes_of(dataset), "0,0@1 1,0@2 1,1@3 10,23@4");
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_EVENTS), 4);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_OUTSIDE_SENSOR), 0);
    assert_true(notes_say(dataset, "33.3 % of the events of test recordings lie outside data.crop and are not read"));
    vdib_dataset_destroy(dataset);
    p.pixels.columns = 55;
    refuse_dataset(
        p, VDIB_ERROR_DATA,
        "data.crop reads 55 x 24 pixels from column 10 and row 7 on, which reach beyond the sensor of 64 x 48");
}

static void squares_of_pixels_are_one(void **state) {
    write_pair(*state, 64, 48);
    vdib__dataset_parameters p = parameters(*state);
    p.pixels.pool = 5;
    p.step_us = 10000;
    vdib_dataset *dataset = open_dataset(p);
    check_sensor(dataset, 13, 10); /* those at the border are cut */
    assert_string_equal(spikes_of(dataset), "0,0@0 2,1@0 4,6@0 12,9@0");
    vdib_dataset_destroy(dataset);
    p.pixels = (vdib__pixels){.left = 10, .top = 7, .columns = 11, .rows = 24, .pool = 2};
    dataset = open_dataset(p);
    check_sensor(dataset, 6, 12);
    assert_string_equal(spikes_of(dataset), "0,0@0 5,11@0");
    vdib_dataset_destroy(dataset);
    p.sensor_width = p.sensor_height = 40; /* beyond the sensor, not beside the part: counted as lost */
    dataset = open_dataset(p);
    assert_string_equal(spikes_of(dataset), "0,0@0 5,11@0");
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_OUTSIDE_SENSOR), 1);
    vdib_dataset_destroy(dataset);
}

/* ---- time ---- */

static void check_window(const vdib_dataset *dataset, int64_t step_us, bool from_first) {
    assert_int_equal(vdib__dataset_step_us(dataset), step_us);
    assert_int_equal(dataset->parameters.from_first_event, from_first);
}

/* Recordings of two events, `length` us apart. */
static void write_lengths(const char *folder, uint32_t first, uint32_t length) {
    for (int n = 0; n < 4; n++) {
        uint8_t bytes[10];
        char name[32];
        snprintf(name, sizeof name, "%s/a/%d.bin", n < 3 ? "Train" : "Test", n);
        files_record(bytes, 1, 1, 1, first);
        files_record(bytes + 5, 2, 2, 1, first + length);
        files_write(folder, name, bytes, sizeof bytes);
    }
}

static void a_window_follows_the_recordings(void **state) {
    static const struct {
        uint32_t first, length;
        int64_t step_us;
        bool from_first;
    } cases[] = {
        {0, 9999, 1000, false},                                /* exactly covered */
        {0, 12499, 1000, false},                               /* four fifths of it: as it is */
        {0, 12500, 1300, false},                               /* less: covered, two digits */
        {0, 4999, 1000, false},                                /* twice as long: as it is */
        {0, 4998, 500, false},                                 /* longer */
        {0, 5000000, 510000, false},                           /* 500,000.1 us and up */
        {50000, 9999, 1000, true},                             /* all of them begin after it */
        {50000, 99999, 10000, true}, {9000, 900, 1000, false}, /* late, but inside */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_lengths(*state, cases[i].first, cases[i].length);
        vdib__dataset_parameters p = parameters(*state);
        vdib_dataset *dataset = open_dataset(p);
        check_window(dataset, 1000, false); /* nobody asked */
        vdib_dataset_destroy(dataset);
        p.fit_window = true;
        dataset = open_dataset(p);
        check_window(dataset, cases[i].step_us, cases[i].from_first);
        assert_int_equal(notes_say(dataset, "nine recordings in ten last up to"), cases[i].step_us != 1000);
        assert_int_equal(notes_say(dataset, "time counts from the first event of each"), cases[i].from_first);
        vdib_dataset_destroy(dataset);
    }
}

/* One long recording in ten is no reason. */
static void few_long_recordings_change_nothing(void **state) {
    char name[32];
    for (int n = 0; n < 20; n++) {
        uint8_t bytes[10];
        snprintf(name, sizeof name, "%s/a/%d.bin", n < 19 ? "Train" : "Test", n);
        files_record(bytes, 1, 1, 1, 0);
        files_record(bytes + 5, 2, 2, 1, n == 7 ? 5000000 : 9000);
        files_write(*state, name, bytes, sizeof bytes);
    }
    vdib__dataset_parameters p = parameters(*state);
    p.fit_window = true;
    vdib_dataset *dataset = open_dataset(p);
    check_window(dataset, 1000, false);
    vdib_dataset_destroy(dataset);
}

/* ---- recordings that are not held as a whole ---- */

/* A data set that holds recordings of so many events as a whole. */
static vdib_dataset *open_limited(vdib__dataset_parameters p, size_t most) {
    vdib_dataset *dataset = open_dataset(p);
    dataset->most_events = most;
    return dataset;
}

static void check_same(const vdib__dataset_parameters *p, size_t most) {
    vdib_dataset *whole = open_limited(*p, 1 << 20), *parts = open_limited(*p, most);
    vdib_example *a = new_example(whole), *b = new_example(parts);
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++) {
        for (size_t i = 0; i < vdib_dataset_size(whole, (vdib_split)split); i++) {
            assert_ok(vdib_dataset_get(whole, (vdib_split)split, i, 1, a));
            assert_ok(vdib_dataset_get(parts, (vdib_split)split, i, 1, b));
            assert_true(vdib_raster_spikes(a->raster) > 0);
            assert_true(same_rasters(a->raster, b->raster));
        }
        for (int c = VDIB_COUNT_RECORDINGS; c <= VDIB_COUNT_RESTARTS; c++)
            assert_int_equal(vdib_dataset_count(whole, (vdib_split)split, (vdib_data_count)c),
                             vdib_dataset_count(parts, (vdib_split)split, (vdib_data_count)c));
    }
    vdib_example_destroy(b);
    vdib_example_destroy(a);
    vdib_dataset_destroy(parts);
    vdib_dataset_destroy(whole);
}

static void long_recordings_are_binned_as_they_are_read(void **state) {
    enum { EVENTS = 150000 };
    char *text = malloc((EVENTS + 1) * 24);
    assert_non_null(text);
    for (int n = 0; n < 3; n++) {
        size_t used = (size_t)snprintf(text, 24, "t,x,y,p\n");
        char name[32];
        for (uint32_t i = 0; i < EVENTS; i++) {
            uint32_t jitter = i * 2654435761U >> 26; /* below 64 us: events come early and late */
            used += (size_t)snprintf(text + used, 24, "%u,%u,%u,%u\n", 500 + i / 8 + jitter, (i * 7 + (uint32_t)n) % 50,
                                     i * 13 % 40, i % 3 == 0);
        }
        snprintf(name, sizeof name, "%s/a/%d.csv", n < 2 ? "Train" : "Test", n + 1);
        files_write(*state, name, text, used);
    }
    free(text);
    vdib__dataset_parameters p = parameters(*state);
    p.sensor_width = 48; /* events of two columns lie beyond it */
    p.sensor_height = 40;
    check_same(&p, 1000);
    p.from_first_event = true;
    p.pixels = (vdib__pixels){.left = 3, .top = 5, .columns = 30, .rows = 20, .pool = 3};
    check_same(&p, 1000);
    p.window_us = 6000;
    p.stride_us = 4000;
    check_same(&p, 1000);
    p.augmentation.drop = 0.1; /* recordings are kept as events */
    check_same(&p, 140000);
    vdib_dataset *dataset = open_limited(p, 1000);
    vdib_example *example = new_example(dataset);
    assert_fails(VDIB_ERROR_DATA, vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, 0, 1, example),
                 "has more than 4000 events that augmentation may show; cut it into windows");
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(files_say_the_size_of_the_sensor),   files_test(a_part_is_read),
        files_test(squares_of_pixels_are_one),          files_test(a_window_follows_the_recordings),
        files_test(few_long_recordings_change_nothing), files_test(long_recordings_are_binned_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
