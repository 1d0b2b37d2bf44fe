/* SPDX-License-Identifier: MIT */
/* Ranges of time, sought or not: the same events as all of the file's that are inside. */
#include <time.h>

#include "data/files.h"
#include "events/range.h"
#include "events/seek.h"
#include "events/stream.h"
#include "events/words.h"
#include "vdib/events.h"

enum { PACKET = 4096, SPARSE = 2400000, WORDS = 5 << 20 };

/* What a range holds: how many events, and a number that depends on each. */
typedef struct held {
    size_t count;
    uint64_t sum;
    vdib_events_info info;
} held;

static void add(held *h, const vdib_event *e) {
    h->sum = 31 * h->sum + (uint64_t)e->t + 7 * e->x + 5 * e->y + e->polarity;
    h->count++;
}

static held read_range(const char *path, int64_t from, int64_t to, bool relative, bool strict) {
    static vdib_event events[PACKET];
    const vdib_packets_options options = {
        .size = sizeof options, .strict = strict, .from_us = from, .to_us = to, .relative = relative};
    held h = {.info = {.size = sizeof(vdib_events_info)}};
    vdib_packets *packets = NULL;
    size_t count = 1;
    assert_ok(vdib_packets_open(path, &options, &packets));
    while (count > 0) {
        assert_ok(vdib_packets_read(packets, events, PACKET, &count));
        for (size_t i = 0; i < count; i++)
            add(&h, &events[i]);
    }
    assert_ok(vdib_packets_describe(packets, &h.info));
    assert_int_equal(h.info.events, h.count);
    vdib_packets_close(packets);
    return h;
}

/* The same from all events of the file. */
static held choose(const vdib_event *events, size_t count, int64_t from, int64_t to) {
    held h = {.count = 0};
    for (size_t i = 0; i < count; i++)
        if (events[i].t >= from && events[i].t < to)
            add(&h, &events[i]);
    return h;
}

/* All events of a file. */
static vdib_event *read_all(const char *path, size_t *count) {
    vdib_packets *packets = NULL;
    vdib_event *events = NULL;
    size_t capacity = 0, got = 1;
    assert_ok(vdib_packets_open(path, NULL, &packets));
    for (*count = 0; got > 0; *count += got) {
        assert_ok(VDIB_RESERVE(&events, &capacity, *count + PACKET));
        assert_ok(vdib_packets_read(packets, events + *count, PACKET, &got));
    }
    vdib_packets_close(packets);
    return events;
}

static void compare(const char *path, bool strict) {
    size_t count = 0;
    vdib_event *events = read_all(path, &count);
    int64_t first = events[0].t, length = events[count - 1].t - first;
    for (int i = 0; i < 10; i++) {
        int64_t from = first + length * i / 10 + i, to = from + length / 17 + 3;
        held want = choose(events, count, from, to), got = read_range(path, from, to, false, strict),
             relative = read_range(path, from - first, to - first, true, strict);
        assert_true(want.count > 0);
        assert_int_equal(got.count, want.count);
        assert_int_equal(got.sum, want.sum);
        assert_int_equal(relative.sum, want.sum);
        assert_true(got.info.first_us >= from && got.info.last_us < to);
    }
    held all = choose(events, count, INT64_MIN, INT64_MAX);
    assert_int_equal(read_range(path, 0, 0, false, false).sum, all.sum);
    assert_int_equal(read_range(path, INT64_MIN, INT64_MAX, true, false).sum, all.sum);
    assert_int_equal(read_range(path, INT64_MIN, first + 1, false, false).count, 1);
    assert_int_equal(read_range(path, first + length, INT64_MAX, false, false).count, 1);
    assert_int_equal(read_range(path, first + length + 1, INT64_MAX, false, false).count, 0);
    vdib__free(events);
}

static FILE *create(const char *path, const char *header) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(header, file);
    return file;
}

static void little(FILE *file, uint64_t value, size_t count) {
    for (size_t i = 0; i < count; i++)
        putc((int)(value >> (8 * i) & 0xFF), file);
}

static void small_files_are_read_through(void **state) {
    char path[FILE_PATH];
    uint8_t record[5];
    FILE *file = create(files_path(path, *state, "a.csv"), "");
    for (unsigned i = 0; i < 5000; i++)
        fprintf(file, "%u,%u,%u,%u\n", 500 + 37 * i, i % 300, i % 200, i % 2);
    assert_int_equal(fclose(file), 0);
    compare(path, true);
    file = create(files_path(path, *state, "a.bin"), ""); /* its clock turns */
    for (uint32_t i = 0; i < 5000; i++) {
        files_record(record, (uint8_t)(i % 34), (uint8_t)(i % 31), i % 2 == 1, 4001 * i % (1U << 23));
        fwrite(record, 1, sizeof record, file);
    }
    assert_int_equal(fclose(file), 0);
    compare(path, false);
}

/* A late event is inside, though one from behind the end came before it. */
static void late_events_belong_to_their_range(void **state) {
    char path[FILE_PATH];
    static const char content[] = "10,1,2,1\n30,1,2,1\n20,1,2,1\n40,1,2,1\n";
    files_write(*state, "a.csv", content, sizeof content - 1);
    held found = read_range(files_path(path, *state, "a.csv"), 15, 25, false, false);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.info.first_us, 20);
}

/* 7,200 s, within which the clock starts again once. */
static void write_dat(const char *path) {
    FILE *file = create(path, "% Version 2\n\x0C\x08");
    for (uint32_t i = 0; i < SPARSE; i++) {
        little(file, 3000 * i, 4); /* modulo 2^32 */
        little(file, i % 640 | i % 480 << 14 | i % 2 << 28, 4);
    }
    assert_int_equal(fclose(file), 0);
}

static void ranges_of_dat_are_sought(void **state) {
    char path[FILE_PATH];
    write_dat(files_path(path, *state, "a.dat"));
    compare(path, true);
    assert_int_equal(read_range(path, INT64_C(7000000000), INT64_C(7000001000), false, false).info.wraps, 1);
}

/* Each fourth word tells the time, which begins at 8,590 s and starts again after 17,180. */
static void ranges_of_evt2_are_sought(void **state) {
    char path[FILE_PATH];
    FILE *file = create(files_path(path, *state, "a.raw"), "% evt 2.0\n% geometry 640x480\n");
    for (uint32_t i = 0; i < WORDS; i++)
        little(file,
               i % 4 == 0 ? UINT32_C(8) << 28 | ((i / 4 * 150 + (1U << 27)) & 0x0FFFFFFF)
                          : i % 2 << 28 | i % 64 << 22 | i % 640 << 11 | i % 480,
               4);
    assert_int_equal(fclose(file), 0);
    compare(path, false);
    assert_int_equal(read_range(path, INT64_C(20000000000), INT64_C(20000100000), false, false).info.wraps, 1);
}

static void ranges_of_evt21_are_sought(void **state) {
    char path[FILE_PATH];
    FILE *file = create(files_path(path, *state, "b.raw"), "% evt 2.1\n% endianness legacy\n% geometry 640x480\n");
    for (uint32_t i = 0; i < WORDS / 2; i++) {
        little(file,
               i % 4 == 0 ? UINT32_C(8) << 28 | ((i / 4 * 150 + (7U << 25)) & 0x0FFFFFFF) : i % 64 << 22 | i % 480, 4);
        little(file, i % 4 == 0 ? 0 : 1U << i % 32, 4);
    }
    assert_int_equal(fclose(file), 0);
    compare(path, false);
}

/* ---- where it goes to ---- */

static bool stamp_of(const void *state, const uint8_t *at, size_t count, size_t *begin, int64_t *stamp_us) {
    ++*(size_t *)(uintptr_t)state;
    *begin = 0;
    *stamp_us = count >= 8 ? (int64_t)vdib__little32(at) : 0;
    return count >= 8;
}

static void what_is_sought_is_near(void **state) {
    char path[FILE_PATH];
    vdib__bytes bytes;
    vdib__sought sought;
    size_t looks = 0;
    write_dat(files_path(path, *state, "a.dat"));
    assert_ok(vdib__bytes_open(path, &bytes));
    assert_ok(vdib__bytes_skip(&bytes, 14));
    vdib__seek seek = {.bytes = &bytes, .record = 8, .turn_us = INT64_C(1) << 32, .stamp = stamp_of, .state = &looks};
    assert_ok(vdib__seek_time(&seek, INT64_C(6000000000), &sought));
    assert_true(sought.found && looks < 1100);
    assert_int_equal(sought.turns_us, INT64_C(1) << 32);
    int64_t at = sought.turns_us + sought.stamp_us; /* a thousandth of the file before, and the slack */
    assert_true(at < INT64_C(5999000000) && at > INT64_C(5980000000));
    assert_int_equal((bytes.offset - 14) / 8 * 3000, at);
    assert_ok(vdib__bytes_seek(&bytes, 14));
    assert_ok(vdib__seek_time(&seek, 900000, &sought));
    assert_false(sought.found); /* at the beginning */
    assert_int_equal(bytes.offset, 14);
    seek.turn_us = 20000000; /* of which a look is more than a quarter behind the last one: nothing is certain */
    assert_ok(vdib__seek_time(&seek, INT64_C(6000000000), &sought));
    assert_false(sought.found);
    assert_int_equal(bytes.offset, 14);
    vdib__bytes_close(&bytes);
}

/* Time stamps of places: steps of 10 us, half a second in which the clock turns, steps of 10 ms. */
static bool stamp_by_place(const void *state, const uint8_t *at, size_t count, size_t *begin, int64_t *stamp_us) {
    const int64_t place = (int64_t)(*(size_t *)(uintptr_t)state)++;
    (void)at;
    *begin = 0;
    *stamp_us = place < 500 ? (INT64_C(1) << 32) - 100000 - 10 * (499 - place) : 400000 + 10000 * (place - 500);
    return count >= 8;
}

/* A clock may turn in a pause: up to a second of it says nothing against the places. */
static void clocks_turn_in_pauses(void **state) {
    char path[FILE_PATH];
    vdib__bytes bytes;
    vdib__sought sought;
    size_t looks = 0;
    write_dat(files_path(path, *state, "a.dat"));
    assert_ok(vdib__bytes_open(path, &bytes));
    vdib__seek seek = {
        .bytes = &bytes, .record = 8, .turn_us = INT64_C(1) << 32, .stamp = stamp_by_place, .state = &looks};
    assert_ok(vdib__seek_time(&seek, (INT64_C(1) << 32) + 4000000, &sought));
    assert_true(sought.found && sought.turns_us == INT64_C(1) << 32);
    assert_int_equal(sought.stamp_us, 2990000);
    vdib__bytes_close(&bytes);
}

/* A reader of events of a millisecond each, which remembers how many it was asked for first and next, and where it was
 * sent to. */
typedef struct counted {
    int64_t next, sought;
    size_t asked[2], reads;
} counted;

static counted counts;

static vdib_status open_counted(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    (void)bytes;
    info->width = info->height = 1;
    counts = (counted){.sought = -1};
    *state = &counts;
    return VDIB_OK;
}

static vdib_status read_counted(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                                size_t *count) {
    counted *c = state;
    (void)info;
    if (c->reads < 2)
        c->asked[c->reads] = capacity;
    c->reads++;
    for (*count = 0; *count < capacity && c->next < 1000000; ++*count, c->next += 1000)
        events[*count] = (vdib_event){.t = c->next};
    return VDIB_OK;
}

static vdib_status seek_counted(void *state, vdib_events_info *info, int64_t us) {
    counted *c = state;
    (void)info;
    c->sought = us;
    c->next = us;
    return VDIB_OK;
}

static void close_counted(void *state) {
    (void)state;
}

/* Of a relative range one event is read, whose time says where the range begins; then it is sought, and read whole. */
static void relative_ranges_are_sought_at_once(void **state) {
    static const vdib__event_reader reader = {
        .name = "counted", .open = open_counted, .read = read_counted, .seek = seek_counted, .close = close_counted};
    static vdib_event events[PACKET];
    const uint8_t content[8] = {0};
    vdib__event_stream *stream = NULL;
    vdib__range range;
    size_t count = 0;
    (void)state;
    assert_ok(vdib__event_stream_of("counted", &reader, content, sizeof content, &stream));
    assert_ok(vdib__range_of(500000, 600000, true, &range));
    vdib__event_stream_limit(stream, &range);
    assert_ok(vdib__event_stream_read(stream, events, PACKET, &count));
    assert_int_equal(counts.asked[0], 1);
    assert_int_equal(counts.asked[1], PACKET);
    assert_int_equal(counts.sought, 500000);
    assert_int_equal(count, 100);
    vdib__event_stream_close(stream);
}

static void empty_ranges_are_refused(void **state) {
    char path[FILE_PATH];
    vdib_packets *packets = NULL;
    vdib_packets_options options = {.size = sizeof options, .from_us = 20, .to_us = 20};
    files_recording(*state, "a.bin", 1, 2, 3);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_packets_open(files_path(path, *state, "a.bin"), &options, &packets),
                 "the range from 20 us to 20 us is empty");
    options.size = offsetof(vdib_packets_options, from_us); /* a program that knows of no ranges */
    assert_ok(vdib_packets_open(path, &options, &packets));
    vdib_packets_close(packets);
}

/* ---- time to the first event ---- */

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* Of a file of a gigabyte, most of it a hole, in 20 ms; the best of some tries, beside other programs. */
static void the_first_event_is_there_at_once(void **state) {
    char path[FILE_PATH];
    double best = 1e9;
    FILE *file = create(files_path(path, *state, "a.dat"), "% Version 2\n\x0C\x08");
    little(file, UINT64_C(0x0000500200000007), 8);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(truncate(path, 1 << 30), 0);
    for (int i = 0; i < 10; i++) {
        vdib_packets *packets = NULL;
        vdib_event event;
        size_t count = 0;
        double begin = milliseconds();
        assert_ok(vdib_packets_open(path, NULL, &packets));
        assert_ok(vdib_packets_read(packets, &event, 1, &count));
        double taken = milliseconds() - begin;
        best = taken < best ? taken : best;
        assert_int_equal(event.t, 7);
        vdib_packets_close(packets);
    }
    assert_true(best < 20);
}

/* An event a little behind the range does not end it: one inside may follow. */
static void a_range_ends_with_its_slack(void **state) {
    (void)state;
    vdib__range range;
    vdib_event event = {.t = 2000};
    assert_ok(vdib__range_of(1000, 2000, false, &range));
    assert_int_equal(vdib__range_keep(&range, &event, 1), 0);
    event.t = 2000 + VDIB_RANGE_SLACK_US - 1;
    assert_int_equal(vdib__range_keep(&range, &event, 1), 0);
    assert_false(range.passed);
    event.t = 1999;
    assert_int_equal(vdib__range_keep(&range, &event, 1), 1);
    event.t = 2000 + VDIB_RANGE_SLACK_US;
    assert_int_equal(vdib__range_keep(&range, &event, 1), 0);
    assert_true(range.passed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_ends_with_its_slack),
        files_test(small_files_are_read_through),
        files_test(late_events_belong_to_their_range),
        files_test(ranges_of_dat_are_sought),
        files_test(ranges_of_evt2_are_sought),
        files_test(ranges_of_evt21_are_sought),
        files_test(what_is_sought_is_near),
        files_test(clocks_turn_in_pauses),
        cmocka_unit_test(relative_ranges_are_sought_at_once),
        files_test(empty_ranges_are_refused),
        files_test(the_first_event_is_there_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
