/* SPDX-License-Identifier: MIT */
/* Event files as packets: one clock, other layouts, bytes through a buffer. */
#include <unistd.h>

#include "data/files.h"

#include "events/events.h"
#include "events/stream.h"

enum { MOST = 4096 };

/* The bytes of a recording that is being written. */
typedef struct recording {
    uint8_t bytes[5 * MOST];
    size_t count;
} recording;

static void add(recording *r, uint32_t t) {
    assert_true(r->count < MOST);
    files_record(r->bytes + 5 * r->count, (uint8_t)(r->count % 34), (uint8_t)(r->count / 34 % 34), 1, t);
    r->count++;
}

/* `count` events, `step` microseconds apart. */
static void add_run(recording *r, uint32_t from, uint32_t step, size_t count) {
    for (size_t i = 0; i < count; i++)
        add(r, from + step * (uint32_t)i);
}

static vdib_events *open_recording(const recording *r) {
    vdib_events *events = NULL;
    assert_ok(vdib__events_decode("a.bin", NULL, r->bytes, 5 * r->count, &events));
    return events;
}

static vdib_events_info describe(const vdib_events *events) {
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    assert_ok(vdib_events_describe(events, &info));
    return info;
}

static int64_t time_at(const vdib_events *events, size_t index) {
    const vdib_event *all = NULL;
    size_t count = 0;
    assert_ok(vdib_events_all(events, &all, &count));
    assert_true(index < count);
    return all[index].t;
}

static void a_clock_that_restarts_goes_on_without_a_gap(void **state) {
    (void)state;
    recording r = {.count = 0};
    add_run(&r, 500, 1000, 100); /* to 99,500 us */
    add_run(&r, 0, 1000, 100);
    vdib_events *events = open_recording(&r);
    assert_int_equal(describe(events).restarts, 1);
    assert_int_equal(describe(events).wraps, 0);
    assert_int_equal(describe(events).out_of_order, 0);
    assert_int_equal(time_at(events, 99), 99500);
    assert_int_equal(time_at(events, 100), 99500);
    assert_int_equal(time_at(events, 199), 99500 + 99000);
    vdib_events_close(events);
}

static void late_events_are_no_restart(void **state) {
    (void)state;
    recording r = {.count = 0};
    add_run(&r, 30000, 1000, 50);
    add(&r, 100); /* a single event far back, then one a little late */
    add_run(&r, 80000, 1000, 50);
    add(&r, 128500);
    add_run(&r, 130000, 1000, 50);
    vdib_events *events = open_recording(&r);
    assert_int_equal(describe(events).restarts, 0);
    assert_int_equal(describe(events).wraps, 0);
    assert_int_equal(describe(events).out_of_order, 2);
    assert_int_equal(time_at(events, 0), 100);
    assert_int_equal(describe(events).last_us, 179000);
    vdib_events_close(events);
}

/* One damaged time far ahead moves nothing else, wherever it stands. */
static void a_damaged_time_leaves_the_others_alone(void **state) {
    (void)state;
    for (size_t damaged = 1; damaged < 99; damaged++)
        for (uint32_t to = 1000000; to < 8000000; to += 3400000) {
            recording r = {.count = 0};
            add_run(&r, 0, 1000, damaged);
            add(&r, to);
            add_run(&r, (uint32_t)damaged * 1000, 1000, 110 - damaged);
            vdib_events *events = open_recording(&r);
            assert_int_equal(describe(events).restarts + describe(events).wraps, 0);
            assert_int_equal(describe(events).out_of_order, 1);
            assert_int_equal(time_at(events, 109), 109000);
            assert_int_equal(time_at(events, 110), to);
            vdib_events_close(events);
        }
}

static void a_late_event_of_the_turn_before_is_no_turn(void **state) {
    (void)state;
    const uint32_t turn = 1U << 23;
    recording r = {.count = 0};
    add_run(&r, turn - 20000, 1000, 20);
    add(&r, 5);
    add(&r, turn - 3); /* late */
    add_run(&r, 10, 1000, 20);
    vdib_events *events = open_recording(&r);
    assert_int_equal(describe(events).wraps, 1);
    assert_int_equal(describe(events).restarts, 0);
    assert_int_equal(describe(events).out_of_order, 1);
    assert_int_equal(time_at(events, 20), turn - 3);
    assert_int_equal(time_at(events, 21), turn + 5);
    assert_int_equal(describe(events).last_us, turn + 10 + 19000);
    vdib_events_close(events);
}

static void every_turn_is_counted(void **state) {
    (void)state;
    recording r = {.count = 0};
    for (int turn = 0; turn < 5; turn++)
        add_run(&r, 0, 100000, 84); /* 8.3 s of 8.39 s */
    vdib_events *events = open_recording(&r);
    assert_int_equal(describe(events).wraps, 4);
    assert_int_equal(describe(events).restarts + describe(events).out_of_order, 0);
    assert_int_equal(describe(events).last_us, 4 * (INT64_C(1) << 23) + 8300000);
    vdib_events_close(events);
}

/* Packets of any size give the same events, and the clock looks ahead across their borders. */
static void packets_of_any_size_are_the_same(void **state) {
    (void)state;
    recording r = {.count = 0};
    add_run(&r, 0, 100, 2040);
    add_run(&r, 5, 100, 2040);
    vdib_events *events = open_recording(&r);
    for (size_t size = 1; size < 3000; size = 3 * size + 1) {
        vdib__event_stream *stream = NULL;
        vdib_event packet[3000];
        size_t count = 1, seen = 0;
        assert_ok(vdib__event_stream_of("a.bin", NULL, r.bytes, 5 * r.count, &stream));
        for (; count > 0; seen += count) {
            assert_ok(vdib__event_stream_read(stream, packet, size, &count));
            assert_true(count <= size);
            for (size_t i = 0; i < count; i++)
                assert_int_equal(packet[i].t, time_at(events, seen + i));
        }
        assert_int_equal(seen, 4080);
        assert_int_equal(vdib__event_stream_info(stream)->restarts, 1);
        vdib__event_stream_close(stream);
    }
    vdib_events_close(events);
}

static void refuse(const char *path, const uint8_t *bytes, size_t size, const char *part) {
    vdib_events *events = NULL;
    assert_fails(VDIB_ERROR_FORMAT, vdib__events_decode(path, NULL, bytes, size, &events), part);
    assert_non_null(strstr(vdib_last_message(), path));
    assert_null(strchr(vdib_last_message(), '\n'));
    assert_null(events);
}

/* Records of another layout, little endian, in a file whose size is a multiple of 5 as well: t (8 or 4 bytes), x, y (2
 * each), p. */
static size_t other_layout(size_t time_bytes, size_t record, uint8_t *bytes) {
    uint64_t draw = 12345;
    for (size_t i = 0; i < 1000; i++) {
        uint8_t *at = bytes + i * record;
        draw = draw * UINT64_C(6364136223846793005) + 1;
        uint64_t t = 1000000 + 137 * i, x = draw >> 33 & 511, y = draw >> 43 & 255;
        memset(at, 0, record);
        for (size_t b = 0; b < time_bytes; b++)
            at[b] = (uint8_t)(t >> (8 * b));
        at[time_bytes] = (uint8_t)x;
        at[time_bytes + 1] = (uint8_t)(x >> 8);
        at[time_bytes + 2] = (uint8_t)y;
        at[time_bytes + 4] = (uint8_t)(draw >> 60 & 1);
    }
    return 1000 * record;
}

static void other_layouts_are_refused(void **state) {
    (void)state;
    static uint8_t bytes[16000];
    static const size_t layouts[][2] = {{8, 13}, {8, 16}, {4, 9}, {4, 12}, {4, 10}, {4, 8}};
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        size_t size = other_layout(layouts[i][0], layouts[i][1] == 8 ? 10 : layouts[i][1], bytes);
        refuse("camera.bin", bytes, size, "does not look like a recording of format nmnist");
        refuse("camera.bs2", bytes, size, "does not look like a recording of format slayer");
    }
    memset(bytes, 0, sizeof bytes);
    refuse("zeros.bin", bytes, 5000, "only repeat the one before");
    for (size_t i = 0; i < 5000; i++) /* text */
        bytes[i] = (uint8_t) "0.001234 17 204 1\n"[i * 7 % 18];
    refuse("text.bin", bytes, 5000, "does not look like");
}

/* A sensor of 34 x 34 pixels, an event in 100 us or so, written in five bytes of another layout. */
static size_t five_bytes_of_another_layout(const char *layout, size_t count, uint8_t *bytes) {
    uint64_t draw = 99;
    uint32_t t = 700;
    for (size_t i = 0; i < count; i++, bytes += 5) {
        draw = draw * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint8_t x = (uint8_t)((draw >> 33) % 34), y = (uint8_t)((draw >> 45) % 34), address = (uint8_t)(draw >> 40);
        t += (uint32_t)(draw >> 55) % 200;
        for (size_t b = 0; b < 5; b++) {
            char what = layout[b]; /* 0 to 3: a byte of the time, the lowest is 0 */
            bytes[b] = what == 'x' ? x : what == 'y' ? y : what == 'a' ? address : (uint8_t)(t >> (8 * (what - '0')));
        }
    }
    return 5 * count;
}

static void five_bytes_of_other_layouts_are_refused(void **state) {
    (void)state;
    static uint8_t bytes[5 * 20000];
    static const struct {
        const char *layout;
        size_t count;
        const char *said;
    } files[] = {{"0123a", 400, "its time stamps do not grow"},
                 {"0123a", 3000, "its time stamps jump by multiples of 65.5 ms and do not grow in between"},
                 {"0123a", 20000, "its time stamps jump by multiples of 65.5 ms"},
                 {"a0123", 400, "its time stamps jump by multiples of 65.5 ms"},
                 {"a0123", 20000, "its time stamps jump by multiples of 65.5 ms"},
                 {"3210a", 3000, "all of its events have one x, and y only grows, as a clock does"},
                 {"012xy", 400, "its time stamps do not grow"},
                 {"012xy", 3000, "its time stamps leave out one half of every 65.5 ms"},
                 {"xy012", 400, "go back in time by more than 10 ms"},
                 {"210xy", 400, "go back in time by more than 10 ms"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t size = five_bytes_of_another_layout(files[i].layout, files[i].count, bytes);
        refuse("other.bs2", bytes, size, files[i].said);
        refuse("other.bin", bytes, size, /* rows 240 move its clock, which may show in another way */
               "convert it to 5 bytes an event (x, y, then big endian 1 bit of polarity and 23 bits of microseconds), "
               "sorted by time");
    }
    for (size_t count = 100; count <= 20000; count += 4975) { /* what is read is not doubted */
        vdib_events *events = NULL;
        size_t size = five_bytes_of_another_layout("xy210", count, bytes);
        assert_ok(vdib__events_decode("sound.bs2", NULL, bytes, size, &events));
        assert_int_equal(describe(events).out_of_order, 0);
        vdib_events_close(events);
    }
}

static void files_of_known_formats_are_named(void **state) {
    (void)state;
    static const struct {
        const char *begin, *what;
    } files[] = {{"#!AER-DAT5.0\r\n", "is an AEDAT file of another version by its content"},
                 {"\x89PNG\r\n\x1A\n", "is a PNG image by its content, which is not read; event files are read"},
                 {"SQLite format 3", "is an SQLite database, as ROS 2 bags are (.db3)"},
                 {"\x89MCAP0\r\n", "is an MCAP file, as ROS 2 bags are"},
                 {"MATLAB 5.0 MAT-file",
                  "is a MATLAB file that ends inside its header by its content, which is not read; fetch it again"},
                 {"....ftypisom", "is a video (MP4)"},
                 {"RIFF....AVI LIST", "is a video (AVI)"},
                 {"PAR1....", "is a Parquet file"},
                 {"#ROSBAG V1.2\n", "is a ROS bag of another version"},
                 {"\xFF\xD8\xFF\xE0", "is a JPEG image"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        refuse("a.file", (const uint8_t *)files[i].begin, strlen(files[i].begin), files[i].what);
        assert_true(strlen(vdib_last_message()) < 200);
    }
}

/* Few events, or some that are out of order, are no reason for doubt. */
static void recordings_are_not_doubted_without_need(void **state) {
    (void)state;
    recording r = {.count = 0};
    for (size_t i = 0; i < 30; i++)
        add(&r, i % 2 == 0 ? 100000 : 0);
    vdib_events *events = open_recording(&r);
    assert_int_equal(describe(events).events, 30);
    vdib_events_close(events);
    r.count = 0;
    for (uint32_t i = 0; i < 1000; i++) /* every second one is 9 ms late */
        add(&r, 10000 + 100 * i - (i % 2 == 0 ? 9000 : 0));
    events = open_recording(&r);
    assert_int_equal(describe(events).out_of_order, 499);
    assert_int_equal(describe(events).restarts, 0);
    vdib_events_close(events);
    r.count = 0;
    for (uint32_t i = 0; i < 1000; i++) /* one in 21 goes far back */
        add(&r, i % 21 == 20 ? 0 : 20000 + 100 * i);
    events = open_recording(&r);
    assert_int_equal(describe(events).out_of_order, 47);
    vdib_events_close(events);
    r.count = 0;
    for (uint32_t i = 0; i < 3000; i++) /* within 8 ms in any order, and three flashes in all */
        add(&r, 100 + 150000 * (i / 1000) + i % 1000 / 50 * 1000 + i * 37 % 50 * 160);
    events = open_recording(&r);
    assert_int_equal(describe(events).events, 3000);
    vdib_events_close(events);
    r.count = 0;
    for (uint32_t i = 0; i < 3000; i++) /* four clocks that restart, at one pixel */
        files_record(r.bytes + 5 * r.count++, 3, 4, 1, i % 750 * 50);
    events = open_recording(&r);
    assert_int_equal(describe(events).restarts, 3);
    vdib_events_close(events);
}

static void bytes_come_through_a_buffer(void **state) {
    enum { SIZE = 3 * VDIB_BYTES_WINDOW + 17 };
    char path[FILE_PATH];
    uint8_t *content = malloc(SIZE);
    assert_non_null(content);
    for (size_t i = 0; i < SIZE; i++)
        content[i] = (uint8_t)(i * 31 + (i >> 8));
    files_write(*state, "bytes", content, SIZE);
    vdib__bytes bytes;
    const uint8_t *at = NULL;
    size_t count = 0;
    assert_ok(vdib__bytes_open(files_path(path, *state, "bytes"), &bytes));
    assert_int_equal(bytes.size, SIZE);
    for (size_t taken = 0, wanted = 1; taken < SIZE; wanted = wanted * 7 % VDIB_BYTES_WINDOW + 1) {
        assert_ok(vdib__bytes_look(&bytes, wanted, &at, &count));
        assert_int_equal(count, wanted < SIZE - taken ? wanted : SIZE - taken);
        assert_memory_equal(at, content + taken, count);
        size_t used = count > 1 ? count / 2 : count;
        vdib__bytes_take(&bytes, used);
        taken += used;
        assert_int_equal(bytes.offset, taken);
    }
    assert_ok(vdib__bytes_look(&bytes, 1, &at, &count));
    assert_int_equal(count, 0);
    vdib__bytes_close(&bytes);
    free(content);
}

static void a_file_that_is_cut_while_it_is_read_is_an_error(void **state) {
    char path[FILE_PATH];
    static uint8_t content[2 * VDIB_BYTES_WINDOW];
    vdib__bytes bytes;
    const uint8_t *at = NULL;
    size_t count = 0;
    files_write(*state, "cut", content, sizeof content);
    assert_ok(vdib__bytes_open(files_path(path, *state, "cut"), &bytes));
    assert_int_equal(truncate(path, 100), 0);
    assert_fails(VDIB_ERROR_IO, vdib__bytes_look(&bytes, 200, &at, &count), "ends after 100 of 131072 bytes");
    vdib__bytes_close(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_restarts_goes_on_without_a_gap),
        cmocka_unit_test(late_events_are_no_restart),
        cmocka_unit_test(a_damaged_time_leaves_the_others_alone),
        cmocka_unit_test(a_late_event_of_the_turn_before_is_no_turn),
        cmocka_unit_test(every_turn_is_counted),
        cmocka_unit_test(packets_of_any_size_are_the_same),
        cmocka_unit_test(other_layouts_are_refused),
        cmocka_unit_test(five_bytes_of_other_layouts_are_refused),
        cmocka_unit_test(files_of_known_formats_are_named),
        cmocka_unit_test(recordings_are_not_doubted_without_need),
        files_test(bytes_come_through_a_buffer),
        files_test(a_file_that_is_cut_while_it_is_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
