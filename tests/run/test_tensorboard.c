/* SPDX-License-Identifier: MIT */
/* TensorBoard event files: checksums, known records, appending after a kept length. */
#include "support.h"

#include <math.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "run/board.h"
#include "run/tensorboard.h"

/* A record that TensorBoard's own writer made: step 0, tag train_loss, value 0.0616036. */
static const uint8_t KNOWN[] = {0x1E, 0,    0,    0,    0,    0,    0,    0,    0xD9, 0xDC, 0x12, 0x32,
                                0x09, 0x33, 0xC9, 0xC1, 0xE8, 0x68, 0x6F, 0xD8, 0x41, 0x2A, 0x13, 0x0A,
                                0x11, 0x0A, 0x0A, 't',  'r',  'a',  'i',  'n',  '_',  'l',  'o',  's',
                                's',  0x15, 0x19, 0x54, 0x7C, 0x3D, 0x04, 0xBB, 0x22, 0x70};
enum { WALL_TIME_AT = 13, WALL_TIME_SIZE = 8, VERSION_RECORD = 12 + 24 + 4 };

static uint64_t little(const uint8_t *at, int bytes) {
    uint64_t value = 0;
    for (int b = 0; b < bytes; b++)
        value |= (uint64_t)at[b] << (8 * b);
    return value;
}

static char *in_folder(const char *folder, const char *name) {
    char *path = NULL;
    assert_ok(vdib__path_join(folder, name, &path));
    return path;
}

/* The file's bytes after every record's length and checksums have been checked; *records receives how many there are.
 */
static uint8_t *read_records(const char *path, size_t *size, size_t *records) {
    uint8_t *bytes = NULL;
    assert_ok(vdib__file_read(path, &bytes, size));
    size_t at = 0;
    for (*records = 0; at < *size; (*records)++) {
        assert_true(*size - at >= 16);
        uint64_t length = little(bytes + at, 8);
        assert_true(length <= *size - at - 16);
        assert_int_equal(little(bytes + at + 8, 4), vdib__crc32c_masked(bytes + at, 8));
        assert_int_equal(little(bytes + at + 12 + length, 4), vdib__crc32c_masked(bytes + at + 12, length));
        at += 16 + length;
    }
    return bytes;
}

static void checksums_are_castagnolis(void **state) {
    (void)state;
    const uint8_t length[8] = {0x18};
    assert_int_equal(vdib__crc32c("123456789", 9), 0xE3069283);
    assert_int_equal(vdib__crc32c("", 0), 0);
    assert_int_equal(vdib__crc32c_masked(length, 8), 0x224B7FA3);
    assert_int_equal(vdib__crc32c_masked(KNOWN + 12, 30), little(KNOWN + 42, 4));
}

/* Byte for byte but for the time and the checksum that covers it. */
static void a_scalar_is_the_known_record(void **state) {
    (void)state;
    char *folder = support_folder(), *path = in_folder(folder, "events");
    vdib__tensorboard *tensorboard = NULL;
    float value;
    uint32_t word = (uint32_t)little(KNOWN + 38, 4);
    memcpy(&value, &word, sizeof value);
    assert_ok(vdib__tensorboard_open(path, 0, &tensorboard));
    assert_ok(vdib__tensorboard_scalar(tensorboard, "train_loss", 0, value));
    vdib__tensorboard_close(tensorboard);
    size_t size = 0, records = 0;
    uint8_t *bytes = read_records(path, &size, &records);
    assert_int_equal(records, 2);
    assert_int_equal(size, VERSION_RECORD + sizeof KNOWN);
    assert_memory_equal(bytes + 12 + 1 + 8,
                        "\x1A\x0D"
                        "brain.Event:2",
                        15);
    const uint8_t *record = bytes + VERSION_RECORD;
    size_t after = WALL_TIME_AT + WALL_TIME_SIZE;
    assert_memory_equal(record, KNOWN, WALL_TIME_AT);
    assert_memory_equal(record + after, KNOWN + after, sizeof KNOWN - after - 4);
    vdib__free(bytes);
    vdib__free(path);
    support_folder_remove(folder);
}

static void zeros_and_steps_are_written(void **state) {
    (void)state;
    char *folder = support_folder(), *path = in_folder(folder, "events");
    vdib__tensorboard *tensorboard = NULL;
    assert_ok(vdib__tensorboard_open(path, 0, &tensorboard));
    assert_ok(vdib__tensorboard_scalar(tensorboard, "z", 300, 0.0F));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__tensorboard_scalar(tensorboard, "z", UINT64_MAX, 0.0F), "below 2^63");
    vdib__tensorboard_close(tensorboard);
    size_t size = 0, records = 0;
    uint8_t *bytes = read_records(path, &size, &records);
    /* step 300 as a varint; summary { value { tag "z", simple_value 0 } } */
    const uint8_t want[] = {0x10, 0xAC, 0x02, 0x2A, 0x0A, 0x0A, 0x08, 0x0A, 0x01, 'z', 0x15, 0, 0, 0, 0};
    assert_int_equal(records, 2);
    assert_int_equal(size, VERSION_RECORD + 12 + 9 + sizeof want + 4);
    assert_memory_equal(bytes + VERSION_RECORD + 12 + 9, want, sizeof want);
    vdib__free(bytes);
    vdib__free(path);
    support_folder_remove(folder);
}

static void an_image_carries_its_png(void **state) {
    (void)state;
    char *folder = support_folder(), *path = in_folder(folder, "events");
    const uint8_t png[] = {0x89, 'P', 'N', 'G'};
    const vdib__tensorboard_picture picture = {.height = 2, .width = 3, .channels = 1, .png = png, .png_size = 4};
    vdib__tensorboard *tensorboard = NULL;
    assert_ok(vdib__tensorboard_open(path, 0, &tensorboard));
    assert_ok(vdib__tensorboard_image(tensorboard, "i", 1, &picture));
    vdib__tensorboard_close(tensorboard);
    size_t size = 0, records = 0;
    uint8_t *bytes = read_records(path, &size, &records);
    const uint8_t want[] = {0x10, 1,    0x2A, 0x13, 0x0A, 0x11, 0x0A, 1,    'i', 0x22, 0x0C, 0x08,
                            2,    0x10, 3,    0x18, 1,    0x22, 4,    0x89, 'P', 'N',  'G'};
    assert_int_equal(records, 2);
    assert_int_equal(size, VERSION_RECORD + 12 + 9 + sizeof want + 4);
    assert_memory_equal(bytes + VERSION_RECORD + 12 + 9, want, sizeof want);
    vdib__free(bytes);
    vdib__free(path);
    support_folder_remove(folder);
}

/* One event of a file that has nothing else: its bytes after time and step. */
static uint8_t *only_event(const char *path, size_t *size) {
    size_t whole = 0, records = 0;
    uint8_t *bytes = read_records(path, &whole, &records);
    assert_int_equal(records, 2);
    *size = whole - VERSION_RECORD - 12 - 9 - 4;
    memmove(bytes, bytes + VERSION_RECORD + 12 + 9, *size);
    return bytes;
}

/* Where `part` (length) first is, NULL if nowhere. */
static uint8_t *find(uint8_t *bytes, size_t size, const void *part, size_t length) {
    for (size_t at = 0; at + length <= size; at++)
        if (memcmp(bytes + at, part, length) == 0)
            return bytes + at;
    return NULL;
}

static double real_at(const uint8_t *at) {
    uint64_t bits = little(at, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Summary { value { tag "h", histo { min 1, max 2, num 3, sum 4, sum_squares 5, limits 6, counts 7 } } } */
static void a_histogram_counts_every_value_once(void **state) {
    (void)state;
    char *folder = support_folder(), *path = in_folder(folder, "events");
    const float values[] = {-1.0F, 2.0F, 0.5F, -0.95F, INFINITY, 2.0F, NAN, -0.9F};
    vdib__tensorboard *tensorboard = NULL;
    assert_ok(vdib__tensorboard_open(path, 0, &tensorboard));
    assert_ok(vdib__tensorboard_histogram(tensorboard, "h", 0, values, 8));
    assert_ok(vdib__tensorboard_histogram(tensorboard, "nothing", 0, values + 4, 1)); /* is not written */
    vdib__tensorboard_close(tensorboard);
    size_t size = 0;
    uint8_t *bytes = only_event(path, &size), *histogram = find(bytes, size, "h\x2A", 2);
    assert_non_null(histogram);
    histogram += 2 + 2; /* a length of two bytes */
    const double want[] = {-1, 2, 6, 1.65, 1 + 4 + 0.25 + 0.9025 + 4 + 0.81};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(histogram[9 * i], (i + 1) << 3 | 1);
        assert_true(fabs(real_at(histogram + 9 * i + 1) - want[i]) < 1e-6);
    }
    const uint8_t *limits = histogram + 45, *counts = limits + 3 + 240;
    assert_memory_equal(limits, "\x32\xF0\x01", 3);
    assert_memory_equal(counts, "\x3A\xF0\x01", 3);
    for (int b = 0; b < 30; b++) {
        double least = b == 0 ? -INFINITY : real_at(limits + 3 + 8 * (b - 1)), most = real_at(limits + 3 + 8 * b);
        double inside = 0;
        for (size_t i = 0; i < 8; i++)
            inside += isfinite(values[i]) && values[i] > least && values[i] <= most;
        assert_true(real_at(counts + 3 + 8 * b) == inside);
        assert_true(fabs(most - (-1 + 0.1 * (b + 1))) < 1e-6);
    }
    vdib__free(bytes);
    vdib__free(path);
    support_folder_remove(folder);
}

/* Equal values have one bucket. */
static void a_histogram_of_one_value(void **state) {
    (void)state;
    char *folder = support_folder(), *path = in_folder(folder, "events");
    const float values[] = {0.25F, 0.25F, 0.25F};
    vdib__tensorboard *tensorboard = NULL;
    assert_ok(vdib__tensorboard_open(path, 0, &tensorboard));
    assert_ok(vdib__tensorboard_histogram(tensorboard, "h", 0, values, 3));
    vdib__tensorboard_close(tensorboard);
    size_t size = 0;
    uint8_t *bytes = only_event(path, &size), *limits = find(bytes, size, "\x32\x08", 2);
    assert_non_null(limits);
    assert_true(real_at(limits + 2) == 0.25);
    assert_memory_equal(limits + 10, "\x3A\x08", 2);
    assert_true(real_at(limits + 12) == 3);
    vdib__free(bytes);
    vdib__free(path);
    support_folder_remove(folder);
}

/* Map entries { key = 1, value = 2 } with google.protobuf.Value: number 2, text 3, truth 4. */
static void settings_are_what_they_look_like(void **state) {
    (void)state;
    char *folder = support_folder(), *path = in_folder(folder, "events");
    const vdib__tensorboard_setting settings[] = {{"n", "-2.5"},  {"t", "[40, 30]"}, {"y", "true"},
                                                  {"o", "false"}, {"e", ""},         {"i", "nan"}};
    const uint8_t number[] = {0x0A, 0x0E, 0x0A, 1, 'n', 0x12, 9, 0x11, 0, 0, 0, 0, 0, 0, 4, 0xC0};
    const uint8_t text[] = {0x0A, 1, 't', 0x12, 10, 0x1A, 8, '[', '4', '0', ',', ' ', '3', '0', ']'};
    const uint8_t yes[] = {0x0A, 1, 'y', 0x12, 2, 0x20, 1}, no[] = {0x0A, 1, 'o', 0x12, 2, 0x20, 0};
    const uint8_t empty[] = {0x0A, 1, 'e', 0x12, 2, 0x1A, 0}, odd[] = {0x0A, 1, 'i', 0x12, 5, 0x1A, 3, 'n', 'a', 'n'};
    vdib__tensorboard *tensorboard = NULL;
    assert_ok(vdib__tensorboard_open(path, 0, &tensorboard));
    assert_true(vdib__tensorboard_is_new(tensorboard));
    assert_ok(vdib__tensorboard_session_start(tensorboard, settings, 6));
    vdib__tensorboard_close(tensorboard);
    size_t size = 0;
    uint8_t *bytes = only_event(path, &size);
    assert_non_null(find(bytes, size, "_hparams_/session_start_info", 28));
    assert_non_null(find(bytes, size, "\x0A\x07hparams\x12", 10));
    assert_non_null(find(bytes, size, number, sizeof number));
    assert_non_null(find(bytes, size, text, sizeof text));
    assert_non_null(find(bytes, size, yes, sizeof yes));
    assert_non_null(find(bytes, size, no, sizeof no));
    assert_non_null(find(bytes, size, empty, sizeof empty));
    assert_non_null(find(bytes, size, odd, sizeof odd));
    vdib__free(bytes);
    uint64_t length = 0;
    assert_ok(vdib__tensorboard_open(path, VERSION_RECORD, &tensorboard));
    assert_false(vdib__tensorboard_is_new(tensorboard));
    assert_ok(vdib__tensorboard_session_end(tensorboard));
    assert_ok(vdib__tensorboard_flush(tensorboard, &length));
    vdib__tensorboard_close(tensorboard);
    bytes = only_event(path, &size);
    assert_non_null(find(bytes, size, "_hparams_/session_end_info", 26));
    vdib__free(bytes);
    uint64_t again = 0; /* a run that was killed right behind it ends it once */
    assert_ok(vdib__tensorboard_open(path, length, &tensorboard));
    assert_ok(vdib__tensorboard_session_end(tensorboard));
    assert_ok(vdib__tensorboard_flush(tensorboard, &again));
    assert_int_equal(again, length);
    assert_ok(vdib__tensorboard_scalar(tensorboard, "train/loss", 1, 0.5F)); /* and again if more comes */
    assert_ok(vdib__tensorboard_session_end(tensorboard));
    assert_ok(vdib__tensorboard_flush(tensorboard, &again));
    assert_true(again > length + 60); /* two records */
    vdib__tensorboard_close(tensorboard);
    vdib__free(path);
    support_folder_remove(folder);
}

/* The first, second, fourth, eighth ... validation and the end, whatever an update's size. */
static void few_steps_are_shown(void **state) {
    (void)state;
    size_t due = 0;
    for (uint64_t examples = 0; examples < 1000; examples += 4) {
        bool is = vdib__board_is_due(examples, examples + 4, 10, false);
        due += is;
        assert_int_equal(is, examples == 8 || examples == 16 || examples == 36 || examples == 76 || examples == 156 ||
                                 examples == 316 || examples == 636);
    }
    assert_int_equal(due, 7);
    assert_true(vdib__board_is_due(4, 8, 10, true));
    assert_true(vdib__board_is_due(0, 4, 0, true));
    assert_false(vdib__board_is_due(0, 4, 0, false));
    assert_true(vdib__board_is_due(0, 1000, 10, false)); /* a step over many validations */
}

/* A run that breaks off after a checkpoint: what came behind is cut, the file goes on without a second version record.
 */
static void appending_cuts_to_the_kept_length(void **state) {
    (void)state;
    char *folder = support_folder(), *path = in_folder(folder, "events");
    vdib__tensorboard *tensorboard = NULL;
    uint64_t kept = 0, end = 0;
    assert_ok(vdib__tensorboard_open(path, 0, &tensorboard));
    assert_ok(vdib__tensorboard_scalar(tensorboard, "a", 1, 1.0F));
    assert_ok(vdib__tensorboard_flush(tensorboard, &kept));
    assert_ok(vdib__tensorboard_scalar(tensorboard, "lost", 2, 2.0F));
    vdib__tensorboard_close(tensorboard);
    assert_ok(vdib__tensorboard_open(path, kept, &tensorboard));
    assert_ok(vdib__tensorboard_scalar(tensorboard, "b", 2, 2.0F));
    assert_ok(vdib__tensorboard_flush(tensorboard, &end));
    vdib__tensorboard_close(tensorboard);
    size_t size = 0, records = 0;
    uint8_t *bytes = read_records(path, &size, &records);
    assert_int_equal(records, 3);
    assert_int_equal(size, end);
    for (size_t at = 0; at + 4 <= size; at++)
        assert_memory_not_equal(bytes + at, "lost", 4);
    vdib__free(bytes);
    assert_ok(vdib__tensorboard_open(path, 0, &tensorboard));
    vdib__tensorboard_close(tensorboard);
    bytes = read_records(path, &size, &records);
    assert_int_equal(records, 1);
    vdib__free(bytes);
    vdib__free(path);
    support_folder_remove(folder);
}

/* A file that is shorter than at the checkpoint, or damaged, goes on after its last whole record. */
static void a_cut_file_is_repaired(void **state) {
    (void)state;
    char *folder = support_folder(), *path = in_folder(folder, "events");
    vdib__tensorboard *tensorboard = NULL;
    uint64_t first = 0, second = 0, end = 0;
    assert_ok(vdib__tensorboard_open(path, 0, &tensorboard));
    assert_ok(vdib__tensorboard_scalar(tensorboard, "a", 1, 1.0F));
    assert_ok(vdib__tensorboard_flush(tensorboard, &first));
    assert_ok(vdib__tensorboard_scalar(tensorboard, "b", 2, 2.0F));
    assert_ok(vdib__tensorboard_flush(tensorboard, &second));
    assert_int_equal(vdib__tensorboard_lost(tensorboard), 0);
    vdib__tensorboard_close(tensorboard);
    for (uint64_t cut = first + 1; cut < second; cut += 5) {
        assert_int_equal(truncate(path, (off_t)cut), 0);
        assert_ok(vdib__tensorboard_open(path, second, &tensorboard));
        assert_int_equal(vdib__tensorboard_lost(tensorboard), second - first);
        assert_ok(vdib__tensorboard_scalar(tensorboard, "b", 2, 2.0F));
        assert_ok(vdib__tensorboard_flush(tensorboard, &end));
        vdib__tensorboard_close(tensorboard);
        assert_int_equal(end, second);
        size_t size = 0, records = 0;
        uint8_t *bytes = read_records(path, &size, &records);
        assert_int_equal(records, 3);
        vdib__free(bytes);
    }
    vdib__free(path);
    support_folder_remove(folder);
}

static void bad_files_are_refused(void **state) {
    (void)state;
    char *folder = support_folder(), *path = in_folder(folder, "events"), *missing = in_folder(folder, "no/events");
    vdib__tensorboard *tensorboard = NULL;
    assert_fails(VDIB_ERROR_IO, vdib__tensorboard_open(missing, 0, &tensorboard), "no/events");
    vdib__free(path);
    vdib__free(missing);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_are_castagnolis),
        cmocka_unit_test(a_scalar_is_the_known_record),
        cmocka_unit_test(zeros_and_steps_are_written),
        cmocka_unit_test(an_image_carries_its_png),
        cmocka_unit_test(a_histogram_counts_every_value_once),
        cmocka_unit_test(a_histogram_of_one_value),
        cmocka_unit_test(settings_are_what_they_look_like),
        cmocka_unit_test(few_steps_are_shown),
        cmocka_unit_test(appending_cuts_to_the_kept_length),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(a_cut_file_is_repaired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
