/* SPDX-License-Identifier: MIT */
/* N-MNIST .bin and SLAYER .bs2 files, good and bad. */
#include "data/files.h"

#include <unistd.h>

#include "vdib/events.h"

/* Two real records: x 7, y 15, ON, 654 us; x 19, y 18, OFF, 2999 us. */
static const uint8_t two[10] = {0x07, 0x0F, 0x80, 0x02, 0x8E, 0x13, 0x12, 0x00, 0x0B, 0xB7};

static vdib_events *open_bytes(const char *folder, const char *name, const uint8_t *bytes, size_t size) {
    char path[FILE_PATH];
    vdib_events *events = NULL;
    files_write(folder, name, bytes, size);
    assert_ok(vdib_events_open(files_path(path, folder, name), &events));
    return events;
}

static vdib_events_info describe(const vdib_events *events) {
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    assert_ok(vdib_events_describe(events, &info));
    return info;
}

static void records_are_decoded(void **state) {
    vdib_events *events = open_bytes(*state, "00001.bin", two, sizeof two);
    vdib_event buffer[3];
    size_t count = 0;
    assert_ok(vdib_events_read(events, buffer, 3, &count));
    assert_int_equal(count, 2);
    assert_true(buffer[0].x == 7 && buffer[0].y == 15 && buffer[0].polarity == 1 && buffer[0].t == 654);
    assert_true(buffer[1].x == 19 && buffer[1].y == 18 && buffer[1].polarity == 0 && buffer[1].t == 2999);
    assert_ok(vdib_events_read(events, buffer, 3, &count));
    assert_int_equal(count, 0);
    vdib_events_info info = describe(events);
    assert_string_equal(info.format, "nmnist");
    assert_int_equal(info.events, 2);
    assert_int_equal(info.on_events, 1);
    assert_int_equal(info.width, 20);
    assert_int_equal(info.height, 19);
    assert_int_equal(info.first_us, 654);
    assert_int_equal(info.last_us, 2999);
    assert_int_equal(info.out_of_order + info.overflows + info.wraps, 0);
    vdib_events_close(events);
}

static void packets_join_to_the_whole(void **state) {
    enum { COUNT = 23 };
    uint8_t bytes[5 * COUNT];
    for (uint8_t i = 0; i < COUNT; i++)
        files_record(bytes + 5 * i, i, (uint8_t)(COUNT - i), i % 2, 100U * i);
    vdib_events *events = open_bytes(*state, "packets.BIN", bytes, sizeof bytes);
    const vdib_event *all = NULL;
    size_t whole = 0, count = 0, seen = 0;
    assert_ok(vdib_events_all(events, &all, &whole));
    assert_int_equal(whole, COUNT);
    vdib_event packet[7];
    do {
        assert_ok(vdib_events_read(events, packet, 7, &count));
        for (size_t i = 0; i < count; i++, seen++) {
            assert_true(packet[i].t == (int64_t)(100 * seen) && packet[i].x == seen && packet[i].polarity == seen % 2);
            assert_true(all[seen].t == packet[i].t);
        }
    } while (count > 0);
    assert_int_equal(seen, COUNT);
    vdib_events_close(events);
}

static void overflow_records_move_the_clock_of_bin_files_only(void **state) {
    uint8_t bytes[25];
    files_record(bytes, 1, 2, 1, 8000);
    files_record(bytes + 5, 0, 240, 0, 0);
    files_record(bytes + 10, 3, 4, 0, 10);
    files_record(bytes + 15, 9, 240, 1, 3);
    files_record(bytes + 20, 5, 6, 1, 20);
    const vdib_event *all = NULL;
    size_t count = 0;
    vdib_events *events = open_bytes(*state, "a.bin", bytes, sizeof bytes);
    assert_ok(vdib_events_all(events, &all, &count));
    assert_int_equal(count, 3);
    assert_true(all[0].t == 8000 && all[1].t == 8192 + 10 && all[2].t == 2 * 8192 + 20);
    assert_int_equal(describe(events).overflows, 2);
    assert_int_equal(describe(events).out_of_order, 0);
    assert_int_equal(describe(events).height, 7);
    vdib_events_close(events);
    events = open_bytes(*state, "a.bs2", bytes, sizeof bytes);
    assert_ok(vdib_events_all(events, &all, &count));
    assert_int_equal(count, 5);
    assert_int_equal(describe(events).overflows, 0);
    assert_int_equal(describe(events).height, 241);
    assert_string_equal(describe(events).format, "slayer");
    vdib_events_close(events);
}

/* Times fall back now and then; x numbers the events in file order. */
static void unordered_events_are_sorted_stably(void **state) {
    static const uint32_t times[] = {50, 20, 20, 90, 50, 10, 90, 90, 0, 50, 20};
    enum { COUNT = sizeof times / sizeof *times };
    uint8_t bytes[5 * COUNT];
    size_t drops = 0, count = 0;
    for (uint8_t i = 0; i < COUNT; i++) {
        files_record(bytes + 5 * i, i, 0, 0, times[i]);
        drops += i > 0 && times[i] < times[i - 1];
    }
    vdib_events *events = open_bytes(*state, "a.bs2", bytes, sizeof bytes);
    assert_int_equal(describe(events).out_of_order, drops);
    assert_int_equal(describe(events).first_us, 0);
    assert_int_equal(describe(events).last_us, 90);
    const vdib_event *all = NULL;
    assert_ok(vdib_events_all(events, &all, &count));
    assert_int_equal(count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(all[i].t == times[all[i].x]);
        if (i > 0)
            assert_true(all[i - 1].t < all[i].t || (all[i - 1].t == all[i].t && all[i - 1].x < all[i].x));
    }
    vdib_events_close(events);
}

static void a_clock_that_starts_again_is_continued(void **state) {
    uint8_t bytes[20];
    files_record(bytes, 0, 0, 0, (1U << 23) - 5);
    files_record(bytes + 5, 1, 0, 0, 7);
    files_record(bytes + 10, 2, 0, 0, 1U << 22);
    files_record(bytes + 15, 3, 0, 0, 0); /* a drop of 2^22 is disorder, not a wrap */
    vdib_events *events = open_bytes(*state, "a.bin", bytes, sizeof bytes);
    const vdib_event *all = NULL;
    size_t count = 0;
    assert_ok(vdib_events_all(events, &all, &count));
    assert_int_equal(describe(events).wraps, 1);
    assert_int_equal(describe(events).out_of_order, 1);
    assert_true(all[0].t == (1 << 23) - 5 && all[1].t == 1 << 23 && all[2].t == (1 << 23) + 7);
    assert_int_equal(all[1].x, 3);
    vdib_events_close(events);
}

static void an_empty_file_has_no_events(void **state) {
    vdib_events *events = open_bytes(*state, "empty.bin", two, 0);
    vdib_event event;
    size_t count = 9;
    assert_ok(vdib_events_read(events, &event, 1, &count));
    assert_int_equal(count, 0);
    assert_int_equal(describe(events).events, 0);
    assert_int_equal(describe(events).width, 0);
    vdib_events_close(events);
    vdib_events_close(NULL);
}

static void refuse(const char *folder, const char *name, vdib_status status, const char *part) {
    char path[FILE_PATH];
    vdib_events *events = NULL;
    assert_fails(status, vdib_events_open(files_path(path, folder, name), &events), part);
    assert_non_null(strstr(vdib_last_message(), name));
    assert_null(strchr(vdib_last_message(), '\n'));
    assert_null(events);
}

static void bad_files_are_refused(void **state) {
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10640\n";
    char path[FILE_PATH];
    files_write(*state, "cut.bin", two, 9);
    refuse(*state, "cut.bin", VDIB_ERROR_FORMAT, "ends inside event 1 (9 bytes");
    files_write(*state, "pointer.bin", pointer, sizeof pointer - 1);
    refuse(*state, "pointer.bin", VDIB_ERROR_FORMAT, "git lfs pull");
    files_write(*state, "sound.wav", two, sizeof two);
    refuse(*state, "sound.wav", VDIB_ERROR_FORMAT, ".bs2");
    files_write(*state, "noending", two, sizeof two);
    refuse(*state, "noending", VDIB_ERROR_FORMAT, "(.bin .bs2");
    refuse(*state, "missing.bin", VDIB_ERROR_IO, "No such file");
    files_path(path, *state, "folder.bin/file");
    refuse(*state, "folder.bin", VDIB_ERROR_IO, "not a regular file");
    files_write(*state, "large.bin", two, sizeof two);
    assert_int_equal(truncate(files_path(path, *state, "large.bin"), ((off_t)64 << 20) + 1), 0);
    refuse(*state, "large.bin", VDIB_ERROR_FORMAT, "a recording at most 67108864");
}

static void an_unreadable_file_is_refused(void **state) {
    if (geteuid() == 0) /* root reads everything */
        skip();
    char path[FILE_PATH];
    files_write(*state, "secret.bin", two, sizeof two);
    assert_int_equal(chmod(files_path(path, *state, "secret.bin"), 0), 0);
    refuse(*state, "secret.bin", VDIB_ERROR_IO, "Permission denied");
}

static void describe_needs_both_arguments(void **state) {
    (void)state;
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_events_describe(NULL, &info), "may be NULL");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(records_are_decoded),
        files_test(packets_join_to_the_whole),
        files_test(overflow_records_move_the_clock_of_bin_files_only),
        files_test(unordered_events_are_sorted_stably),
        files_test(a_clock_that_starts_again_is_continued),
        files_test(an_empty_file_has_no_events),
        files_test(bad_files_are_refused),
        files_test(an_unreadable_file_is_refused),
        cmocka_unit_test(describe_needs_both_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
