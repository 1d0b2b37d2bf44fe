/* SPDX-License-Identifier: MIT */
/* Conversions of small recordings, whose every event is known, and of unsorted ones. */
#include "support.h"

#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "events/in_order.h"
#include "events/survey.h"
#include "vdib/convert.h"

static char *folder;

static const char *in_folder(const char *name) {
    static char paths[64][128];
    static int next;
    char *path = paths[next++ % 64];
    assert_true(snprintf(path, 128, "%s/%s", folder, name) < 128);
    return path;
}

static const char *write_text(const char *name, const char *text) {
    const char *path = in_folder(name);
    assert_ok(vdib__file_write(path, text, strlen(text)));
    return path;
}

/* Converts `text`, a CSV file, into one that is compared with `wanted`. */
static vdib_conversion_report convert(const char *text, vdib_conversion conversion, const char *wanted) {
    const char *from = write_text("from.csv", text), *to = in_folder("to.csv");
    vdib_conversion_report report = {.size = sizeof report};
    uint8_t *made = NULL;
    size_t size = 0;
    conversion.size = sizeof conversion;
    conversion.replace = true;
    assert_ok(vdib_convert(from, to, &conversion, &report, NULL));
    assert_ok(vdib__file_read(to, &made, &size));
    assert_string_equal((char *)made, wanted);
    vdib__free(made);
    return report;
}

/* Four events in the corners of a sensor of 4 x 3, one at (1, 2). */
#define CORNERS "t,x@4,y@3,on\n10,0,0,1\n20,3,0,0\n30,0,2,1\n40,3,2,0\n50,1,2,1\n"

static void steps_do_what_they_say(void **state) {
    (void)state;
    convert(CORNERS, (vdib_conversion){.polarity = VDIB_POLARITY_BOTH}, CORNERS);
    convert(CORNERS, (vdib_conversion){.flip_x = true},
            "t,x@4,y@3,on\n10,3,0,1\n20,0,0,0\n30,3,2,1\n40,0,2,0\n50,2,2,1\n");
    convert(CORNERS, (vdib_conversion){.flip_y = true},
            "t,x@4,y@3,on\n10,0,2,1\n20,3,2,0\n30,0,0,1\n40,3,0,0\n50,1,0,1\n");
    convert(CORNERS, (vdib_conversion){.rotate = 90},
            "t,x@3,y@4,on\n10,2,0,1\n20,2,3,0\n30,0,0,1\n40,0,3,0\n50,0,1,1\n");
    convert(CORNERS, (vdib_conversion){.rotate = 180},
            "t,x@4,y@3,on\n10,3,2,1\n20,0,2,0\n30,3,0,1\n40,0,0,0\n50,2,0,1\n");
    convert(CORNERS, (vdib_conversion){.rotate = 270},
            "t,x@3,y@4,on\n10,0,3,1\n20,0,0,0\n30,2,3,1\n40,2,0,0\n50,2,2,1\n");
    convert(CORNERS, (vdib_conversion){.down_sample = 2},
            "t,x@2,y@2,on\n10,0,0,1\n20,1,0,0\n30,0,1,1\n40,1,1,0\n50,0,1,1\n");
    convert(CORNERS, (vdib_conversion){.rebase = true},
            "t,x@4,y@3,on\n0,0,0,1\n10,3,0,0\n20,0,2,1\n30,3,2,0\n40,1,2,1\n");
    /* in the order of the documentation: the crop first, then the flip of what it leaves, then the rotation */
    convert(
        CORNERS,
        (vdib_conversion){.crop_x = 1, .crop_y = 1, .crop_width = 3, .crop_height = 2, .flip_x = true, .rotate = 90},
        "t,x@2,y@3,on\n40,0,0,0\n50,0,2,1\n");
}

static void what_is_left_out_is_counted(void **state) {
    (void)state;
    vdib_conversion_report report =
        convert(CORNERS, (vdib_conversion){.from_us = 20, .to_us = 40}, "t,x@4,y@3,on\n20,3,0,0\n30,0,2,1\n");
    assert_int_equal(report.read, 2);
    assert_true(report.written == 2 && report.width == 4 && report.height == 3);
    assert_string_equal(report.format, "csv");
    report = convert(CORNERS, (vdib_conversion){.from_us = 20, .to_us = 40, .relative = true},
                     "t,x@4,y@3,on\n30,0,2,1\n40,3,2,0\n");
    assert_int_equal(report.read, 2);
    report = convert(CORNERS, (vdib_conversion){.from_us = INT64_MIN, .to_us = 20, .relative = true},
                     "t,x@4,y@3,on\n10,0,0,1\n20,3,0,0\n");
    assert_int_equal(report.read, 2);
    report = convert(CORNERS, (vdib_conversion){.crop_x = 1, .crop_width = 3, .crop_height = 3},
                     "t,x@3,y@3,on\n20,2,0,0\n40,2,2,0\n50,0,2,1\n");
    assert_int_equal(report.cropped, 2);
    report = convert(CORNERS, (vdib_conversion){.polarity = VDIB_POLARITY_OFF}, "t,x@4,y@3,on\n20,3,0,0\n40,3,2,0\n");
    assert_int_equal(report.other_polarity, 3);
    report = convert(CORNERS, (vdib_conversion){.polarity = VDIB_POLARITY_ON},
                     "t,x@4,y@3,on\n10,0,0,1\n30,0,2,1\n50,1,2,1\n");
    assert_int_equal(report.other_polarity, 2);
    report =
        convert(CORNERS, (vdib_conversion){.width = 3, .height = 3}, "t,x@3,y@3,on\n10,0,0,1\n30,0,2,1\n50,1,2,1\n");
    assert_int_equal(report.beyond, 2);
    /* of the same pixel and polarity, after the last one kept: 10, (14), 16; the other polarity is free */
    report = convert("t,x@4,y@3,on\n10,1,1,1\n14,1,1,1\n15,1,1,0\n16,1,1,1\n17,2,1,1\n",
                     (vdib_conversion){.refractory_us = 6}, "t,x@4,y@3,on\n10,1,1,1\n15,1,1,0\n16,1,1,1\n17,2,1,1\n");
    assert_int_equal(report.refractory, 1);
}

/* Counts stay with their pixels when the sensor turns out to be larger. */
static void pixels_keep_their_counts(void **state) {
    enum { BUSY = 5 };
    vdib__survey survey = {.counts = NULL};
    vdib_event events[BUSY + 1];
    (void)state;
    for (size_t i = 0; i <= BUSY; i++)
        events[i] = i < BUSY ? (vdib_event){.x = 3, .y = 40} : (vdib_event){.x = 100, .y = 70};
    assert_ok(vdib__survey_count(&survey, "a", 0, 0));
    assert_ok(vdib__survey_look(&survey, "a", events, BUSY));
    const size_t before = survey.columns;
    assert_ok(vdib__survey_look(&survey, "a", events + BUSY, 1));
    assert_true(survey.columns > before && survey.width == 101 && survey.height == 71);
    for (size_t y = 0; y < survey.rows; y++)
        for (size_t x = 0; x < survey.columns; x++)
            assert_int_equal(survey.counts[y * survey.columns + x], x == 3 && y == 40     ? BUSY
                                                                    : x == 100 && y == 70 ? 1
                                                                                          : 0);
    vdib__survey_free(&survey);
}

/* Where all pixels that see anything stand alone, none of them is hot. */
static void lonely_pixels_are_not_hot(void **state) {
    enum { PIXELS = 10, EVENTS = 30 };
    vdib__survey survey = {.counts = NULL};
    vdib_event events[PIXELS * EVENTS];
    uint64_t *pixels = NULL;
    size_t count = 1;
    (void)state;
    for (size_t i = 0; i < PIXELS * EVENTS; i++)
        events[i] = (vdib_event){.x = (uint16_t)(5 * (i % PIXELS)), .y = 8};
    assert_ok(vdib__survey_count(&survey, "a", 64, 64));
    assert_ok(vdib__survey_look(&survey, "a", events, PIXELS * EVENTS));
    assert_ok(vdib__survey_hot(&survey, &pixels, &count));
    assert_int_equal(count, 0);
    vdib__free(pixels);
    vdib__survey_free(&survey);
}

static void hot_pixels_are_found(void **state) {
    (void)state;
    /* 20 x 20 pixels with 2 events each, an edge of 3 x 20 with 40, two hot ones, one of 19 events, which is too few */
    char *text = malloc(1 << 20);
    size_t used = 0, time = 0, row = 0;
    assert_non_null(text);
    used += (size_t)sprintf(text, "t,x@32,y@32,on\n");
    for (int y = 0; y < 20; y++)
        for (int x = 0; x < 20; x++) {
            row = y == 6 && x == 0 ? time : row;
            int events = x >= 8 && x < 11 ? 40 : 2;
            events = x == 3 && y == 4 ? 300 : x == 15 && y == 15 ? 19 : x == 19 && y == 0 ? 21 : events;
            for (int i = 0; i < events; i++)
                used += (size_t)sprintf(text + used, "%zu,%d,%d,%d\n", time++, x, y, i % 2);
        }
    const char *from = write_text("from.csv", text), *to = in_folder("to.dat");
    vdib_conversion conversion = {.size = sizeof conversion, .hot_pixels = true, .replace = true};
    vdib_conversion_report report = {.size = sizeof report};
    vdib_events_info info = {.size = sizeof info};
    assert_ok(vdib_convert(from, to, &conversion, &report, &info));
    assert_int_equal(report.pixel_count, 2);
    const uint64_t hot[] = {19, 0, 21, 3, 4, 300}; /* column, row, events */
    assert_memory_equal(report.pixels, hot, sizeof hot);
    assert_int_equal(report.hot, 321);
    assert_int_equal(report.read, time);
    assert_int_equal(report.written, time - 321);
    assert_int_equal(info.events, time);
    vdib_conversion_report_clear(&report);
    assert_int_equal(report.pixel_count, 0);
    /* within a time range that has none of the busy pixel's */
    conversion.from_us = (int64_t)row;
    conversion.to_us = INT64_MAX;
    assert_ok(vdib_convert(from, to, &conversion, &report, NULL));
    assert_int_equal(report.pixel_count, 0);
    assert_int_equal(report.hot, 0);
    free(text);
}

static void sensors_are_measured_where_they_must_be(void **state) {
    (void)state;
    const char *from = write_text("from.csv", "t,x,y,on\n1,5,2,1\n2,0,9,0\n"), *to = in_folder("to.es");
    vdib_conversion conversion = {.size = sizeof conversion, .replace = true};
    vdib_conversion_report report = {.size = sizeof report};
    vdib_events_info info = {.size = sizeof info};
    assert_ok(vdib_convert(from, to, &conversion, &report, &info));
    assert_true(report.measured && report.width == 6 && report.height == 10);
    assert_true(report.read == 2 && report.written == 2 && info.events == 2);
    assert_ok(vdib_convert(from, in_folder("to.dat"), &conversion, &report, &info));
    assert_true(!report.measured && report.width == 0);
    conversion.width = conversion.height = 64;
    assert_ok(vdib_convert(from, to, &conversion, &report, &info));
    assert_true(!report.measured && report.width == 64 && report.height == 64);
    conversion = (vdib_conversion){.size = sizeof conversion, .replace = true, .crop_width = 6, .crop_height = 3};
    assert_ok(vdib_convert(from, to, &conversion, &report, &info));
    assert_true(!report.measured && report.width == 6 && report.height == 3 && report.cropped == 1);
    from = write_text("from.csv", "t,x,y,on\n");
    conversion.crop_width = conversion.crop_height = 0;
    assert_ok(vdib_convert(from, to, &conversion, &report, &info));
    assert_true(report.measured && report.width == 1 && report.height == 1 && report.written == 0);
}

static void late_events_are_moved_into_order(void **state) {
    (void)state;
    const char text[] = "t,x@4,y@3,on\n30,0,2,1\n10,0,0,1\n20,3,0,0\n20,3,1,0\n40,3,2,0\n";
    const char sorted[] = "t,x@4,y@3,on\n10,0,0,1\n20,3,0,0\n20,3,1,0\n30,0,2,1\n40,3,2,0\n";
    vdib_conversion_report report = convert(text, (vdib_conversion){.rebase = false}, sorted);
    assert_int_equal(report.late, 3);
    assert_int_equal(convert(text, (vdib_conversion){.sort = true}, sorted).late, 3);
}

/* Collects what is delivered. */
typedef struct collected {
    vdib_event *events;
    size_t count;
} collected;

static vdib_status collect(void *user, vdib_event *events, size_t count) {
    collected *c = user;
    memcpy(c->events + c->count, events, count * sizeof *events);
    c->count += count;
    return VDIB_OK;
}

/* 300,000 events, of which every 1,000th is late by `late` places. */
static vdib_status sort_late(size_t late, bool whole, size_t packet, collected *c, size_t *moved) {
    enum { COUNT = 300000 };
    vdib_event *events = calloc(COUNT, sizeof *events);
    vdib__in_order order = {.path = "made", .whole = whole, .deliver = collect, .user = c};
    vdib_status status = VDIB_OK;
    assert_non_null(events);
    c->events = calloc(COUNT, sizeof *events);
    c->count = 0;
    assert_non_null(c->events);
    for (size_t i = 0; i < COUNT; i++)
        events[i] = (vdib_event){.t = (int64_t)(i % 1000 == 999 && i > late ? i - late : i), .x = (uint16_t)(i % 1000)};
    for (size_t i = 0; i < COUNT && status == VDIB_OK; i += packet)
        status = vdib__in_order_put(&order, events + i, packet < COUNT - i ? packet : COUNT - i);
    if (status == VDIB_OK)
        status = vdib__in_order_end(&order);
    *moved = order.moved;
    for (size_t i = 1; i < c->count; i++)
        assert_true(c->events[i - 1].t < c->events[i].t ||
                    (c->events[i - 1].t == c->events[i].t && c->events[i - 1].x != 999)); /* stably */
    if (status == VDIB_OK)
        assert_int_equal(c->count, COUNT);
    vdib__in_order_free(&order);
    free(events);
    free(c->events);
    return status;
}

static void order_is_made_in_a_window(void **state) {
    (void)state;
    collected c;
    size_t moved = 0, other = 0;
    for (size_t packet = 1000; packet <= 300000; packet *= 17) {
        assert_ok(sort_late(0, false, packet, &c, &moved));
        assert_int_equal(moved, 0);
        assert_ok(sort_late(VDIB_IN_ORDER_WINDOW - 1, false, packet, &c, &moved));
        assert_ok(sort_late(VDIB_IN_ORDER_WINDOW - 1, true, packet, &c, &other));
        assert_true(moved > 200 && moved == other);
        assert_fails(VDIB_ERROR_DATA, sort_late(3 * VDIB_IN_ORDER_WINDOW, false, packet, &c, &moved),
                     "made: an event at");
        assert_non_null(strstr(vdib_last_message(), "have the whole recording sorted (--sort)"));
        assert_ok(sort_late(3 * VDIB_IN_ORDER_WINDOW, true, packet, &c, &moved));
    }
}

static void refused(vdib_conversion conversion, vdib_status status, const char *part) {
    const char *from = write_text("from.csv", CORNERS), *to = in_folder("refused.csv");
    conversion.size = sizeof conversion;
    assert_fails(status, vdib_convert(from, to, &conversion, NULL, NULL), part);
    assert_int_not_equal(access(to, F_OK), 0);
}

static bool stop(void *user) {
    return ++*(int *)user > 1;
}

static void bad_conversions_are_refused(void **state) {
    (void)state;
    int asked = 0;
    refused((vdib_conversion){.from_us = 5, .to_us = 5}, VDIB_ERROR_ARGUMENT, "from 5 us to 5 us is empty");
    refused((vdib_conversion){.width = 5}, VDIB_ERROR_ARGUMENT, "a sensor of 5x0 pixels");
    refused((vdib_conversion){.crop_width = 5}, VDIB_ERROR_ARGUMENT, "a crop of 5x0 pixels");
    refused((vdib_conversion){.crop_x = 2, .crop_width = 3, .crop_height = 3}, VDIB_ERROR_DATA,
            "from.csv: the crop of 3x3 pixels at (2, 0) goes beyond the sensor of 4x3");
    refused((vdib_conversion){.crop_x = 65530, .crop_width = 30, .crop_height = 3}, VDIB_ERROR_ARGUMENT,
            "a crop that ends beyond column or row 65536");
    refused((vdib_conversion){.rotate = 45}, VDIB_ERROR_ARGUMENT, "a rotation by 45 degrees");
    refused((vdib_conversion){.refractory_us = -1}, VDIB_ERROR_ARGUMENT, "a refractory time of -1 us");
    refused((vdib_conversion){.down_sample = 1 << 20}, VDIB_ERROR_ARGUMENT, "down-sampling by 1048576");
    refused((vdib_conversion){.polarity = (vdib_polarity_kept)3}, VDIB_ERROR_ARGUMENT, "polarity 3");
    refused((vdib_conversion){.format = "evt5"}, VDIB_ERROR_ARGUMENT, "evt5: is no format that is written");
    refused((vdib_conversion){.cancelled = stop, .user = &asked}, VDIB_ERROR_CANCELLED, "the conversion was stopped");
    refused((vdib_conversion){.format = "slayer1"}, VDIB_ERROR_DATA, "the sensor has 4x3 pixels, but format slayer1");
    const char *from = write_text("from.csv", CORNERS);
    vdib_conversion conversion = {.size = sizeof conversion, .replace = true};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_convert(from, from, &conversion, NULL, NULL),
                 "would be converted into itself");
    assert_fails(VDIB_ERROR_IO, vdib_convert(in_folder("none.csv"), in_folder("to.csv"), &conversion, NULL, NULL),
                 "none.csv: cannot be opened");
    write_text("there.csv", "kept");
    conversion.replace = false;
    assert_fails(VDIB_ERROR_EXISTS, vdib_convert(from, in_folder("there.csv"), &conversion, NULL, NULL),
                 "there.csv: exists");
}

int main(void) {
    folder = support_folder();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_do_what_they_say),
        cmocka_unit_test(what_is_left_out_is_counted),
        cmocka_unit_test(hot_pixels_are_found),
        cmocka_unit_test(pixels_keep_their_counts),
        cmocka_unit_test(lonely_pixels_are_not_hot),
        cmocka_unit_test(sensors_are_measured_where_they_must_be),
        cmocka_unit_test(late_events_are_moved_into_order),
        cmocka_unit_test(order_is_made_in_a_window),
        cmocka_unit_test(bad_conversions_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    support_folder_remove(folder);
    return failed;
}
