/* SPDX-License-Identifier: MIT */
/* Files in packets: through the buffer as from memory, in memory of fixed size, options and errors. */
#include "data/files.h"
#include "events/decode.h"
#include "events/packings.h"

enum { EVENTS_WRITTEN = 40000 };

/* ---- files of several buffers ---- */

typedef struct writer {
    const char *name, *header;
    void (*write)(FILE *file, unsigned i);
} writer;

static void little(FILE *file, uint64_t value, size_t count) {
    for (size_t i = 0; i < count; i++)
        putc((int)(value >> (8 * i) & 0xFF), file);
}

static void write_dat(FILE *file, unsigned i) {
    little(file, i, 4);
    little(file, i % 320 | i % 240 << 14 | i % 2 << 28, 4);
}

static void write_evt2(FILE *file, unsigned i) {
    little(file, i % 7 == 0 ? 8U << 28 | i : i % 2 << 28 | i % 320 << 11 | i % 240, 4);
}

static void write_evt21(FILE *file, unsigned i) {
    little(file, i % 7 == 0 ? UINT64_C(8) << 60 | (uint64_t)i << 32 : (uint64_t)(i % 240) << 32 | i % 4096, 8);
}

static void write_evt3(FILE *file, unsigned i) {
    static const unsigned types[] = {8, 6, 0, 2, 3, 4, 5, 4};
    little(file, types[i % 8] << 12 | (i / 8 & (i % 8 < 2 ? 0xFFF : 0xFF)), 2);
}

static void write_aedat2(FILE *file, unsigned i) {
    for (int byte = 24; byte >= 0; byte -= 8)
        putc((int)(i % 32768 >> byte & 0xFF), file);
    for (int byte = 24; byte >= 0; byte -= 8)
        putc((int)(i >> byte & 0xFF), file);
}

/* Packets of 1 to 3 events, between them one of another kind that is longer than the buffer. */
static void write_aedat3(FILE *file, unsigned i) {
    unsigned count = 1 + i % 3, skipped = i % 6000 == 0 ? 100000 : 0;
    const uint32_t numbers[] = {skipped > 0 ? skipped : 8, 4, 0, skipped > 0 ? 1 : count, skipped > 0 ? 1 : count, 1};
    little(file, skipped > 0 ? 2 : 1, 4);
    for (size_t n = 0; n < 6; n++)
        little(file, numbers[n], 4);
    for (unsigned e = 0; e < (skipped > 0 ? skipped / 8 : count); e++)
        little(file, (uint64_t)i << 32 | (i % 128) << 17 | (i % 127) << 2 | 3, 8);
}

static void write_es(FILE *file, unsigned i) {
    if (i % 5 == 0)
        little(file, 0xFF, 1);
    little(file, i % 254, 1);
    little(file, i % 320, 2);
    little(file, i % 240, 2);
}

static void write_text(FILE *file, unsigned i) {
    fprintf(file, "%u,%u,%u,%u\n", 50 * i, i % 320, i % 240, i % 2);
}

static const writer writers[] = {
    {"a.dat", "% Version 2\n\x0C\x08", write_dat},
    {"2.raw", "% evt 2.0\n", write_evt2},
    {"21.raw", "% evt 2.1\n% endianness little\n", write_evt21},
    {"3.raw", "% evt 3.0\n", write_evt3},
    {"2.aedat", "#!AER-DAT2.0\n", write_aedat2},
    {"3.aedat", "#!AER-DAT3.1\r\n#!END-HEADER\r\n", write_aedat3},
    {"a.es", NULL, write_es},
    {"a.csv", "t,x,y,p\n", write_text},
};

static void write_file(const char *path, const writer *w) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    if (w->header != NULL)
        fputs(w->header, file);
    else
        fwrite("Event Stream\2\0\0\1\x40\1\xF0\0", 1, 20, file);
    for (unsigned i = 0; i < EVENTS_WRITTEN; i++)
        w->write(file, i);
    assert_int_equal(fclose(file), 0);
}

/* 20,000 events column by column: the first index is the fastest. */
static void write_columns(const char *path) {
    enum { ROWS = 20000 };
    static const char header[] = "\x93NUMPY\1\0\x3C\0{'descr': '<u4', 'fortran_order': True, 'shape': (20000,4)}\n";
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(sizeof header - 1, 10 + 0x3C);
    fwrite(header, 1, sizeof header - 1, file);
    for (unsigned c = 0; c < 4; c++)
        for (unsigned i = 0; i < ROWS; i++)
            little(file, c == 0 ? 3 * i : c == 1 ? i % 320 : c == 2 ? i % 240 : i % 2, 4);
    assert_int_equal(fclose(file), 0);
}

/* The events of a file are those of its bytes, whatever the packets, and reading takes no more memory than the buffers
 * of its columns. */
static void compare(const char *path) {
    uint8_t *bytes = NULL;
    size_t size = 0, seen = 0;
    vdib_events *whole = NULL;
    assert_ok(vdib__file_read(path, &bytes, &size));
    assert_true(size > VDIB_BYTES_WINDOW);
    for (size_t packet = 1; packet < 10000; packet = 9 * packet + 4) {
        vdib__event_stream *stream = NULL;
        vdib_packets *packets = NULL;
        vdib_event *from_file = malloc(packet * sizeof *from_file), *from_bytes = malloc(packet * sizeof *from_bytes);
        size_t before = vdib__allocated(), count = 1, other = 0;
        assert_non_null(from_file);
        assert_non_null(from_bytes);
        assert_ok(vdib_packets_open(path, NULL, &packets));
        assert_ok(vdib__event_stream_of(path, NULL, bytes, size, &stream));
        for (seen = 0; count > 0; seen += count) {
            assert_ok(vdib_packets_read(packets, from_file, packet, &count));
            assert_ok(vdib__event_stream_read(stream, from_bytes, packet, &other));
            assert_int_equal(count, other);
            for (size_t i = 0; i < count; i++)
                assert_true(from_file[i].t == from_bytes[i].t && from_file[i].x == from_bytes[i].x &&
                            from_file[i].y == from_bytes[i].y && from_file[i].polarity == from_bytes[i].polarity);
        }
        assert_true(vdib__allocated() - before < 8 * VDIB_BYTES_WINDOW);
        vdib_packets_close(packets);
        vdib__event_stream_close(stream);
        free(from_file);
        free(from_bytes);
    }
    assert_ok(vdib_events_open(path, &whole));
    const vdib_event *all = NULL;
    size_t count = 0;
    assert_ok(vdib_events_all(whole, &all, &count));
    assert_int_equal(count, seen);
    assert_true(count > 5000);
    vdib_events_close(whole);
    vdib__free(bytes);
}

/* Everything that is said of a file, and a number that depends on every event. */
static vdib_events_info read_all(const char *path, const uint8_t *bytes, size_t size, uint64_t *sum) {
    vdib__event_stream *stream = NULL;
    static vdib_event events[1000];
    size_t count = 1;
    *sum = 0;
    assert_ok(vdib__event_stream_of(path, NULL, bytes, size, &stream));
    while (count > 0) {
        assert_ok(vdib__event_stream_read(stream, events, 1000, &count));
        for (size_t i = 0; i < count; i++)
            *sum = 31 * *sum + (uint64_t)events[i].t + 7 * events[i].x + 5 * events[i].y + events[i].polarity;
    }
    vdib_events_info info = *vdib__event_stream_info(stream);
    vdib__event_stream_close(stream);
    return info;
}

/* Readers need no size: what they read and count of a compressed file, wherever it is cut, is the same. */
static void sizes_need_not_be_known(const char *path) {
    uint8_t *bytes = NULL, *packed = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(path, &bytes, &size));
    packed = malloc(2 * size);
    assert_non_null(packed);
    for (size_t cut = 0; cut < 1200; cut = 3 * cut + 1) {
        uint64_t plain = 0, unpacked = 0;
        size_t length = pack_gzip(bytes, size - cut, packed, 2 * size);
        vdib_events_info a = read_all(path, bytes, size - cut, &plain), b = read_all(path, packed, length, &unpacked);
        assert_int_equal(plain, unpacked);
        assert_memory_equal(&a, &b, sizeof a);
    }
    free(packed);
    vdib__free(bytes);
}

static void files_of_several_buffers(void **state) {
    char path[FILE_PATH];
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        write_file(files_path(path, *state, writers[i].name), &writers[i]);
        compare(path);
        sizes_need_not_be_known(path);
    }
    write_columns(files_path(path, *state, "columns.npy"));
    compare(path);
}

/* ---- the interface ---- */

static void strict_packets_name_the_byte(void **state) {
    char path[FILE_PATH];
    vdib_packets_options options = {.size = sizeof(vdib_packets_options), .strict = true};
    vdib_packets *packets = NULL;
    vdib_event events[8];
    size_t count = 9;
    files_write(*state, "a.csv", "10,1,2,1\n9,1,2,1\n", 17);
    assert_ok(vdib_packets_open(files_path(path, *state, "a.csv"), &options, &packets));
    assert_fails(VDIB_ERROR_FORMAT, vdib_packets_read(packets, events, 8, &count),
                 "a.csv: byte 9: an event earlier than the one before");
    assert_int_equal(count, 9);
    vdib_packets_close(packets);
    options.strict = false;
    assert_ok(vdib_packets_open(path, &options, &packets));
    assert_ok(vdib_packets_read(packets, events, 8, &count));
    assert_int_equal(count, 2);
    assert_int_equal(events[1].t, 9);
    vdib_packets_close(packets);
}

static void arguments_are_checked(void **state) {
    char path[FILE_PATH];
    vdib_packets_options options = {.size = sizeof(vdib_packets_options) + 1000000};
    vdib_packets *packets = NULL;
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    vdib_event event;
    size_t count = 0;
    files_recording(*state, "a.bin", 1, 2, 3);
    files_path(path, *state, "a.bin");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_packets_open(path, NULL, NULL), "packets");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_packets_open(path, &options, &packets), "vdib_packets_options");
    assert_ok(vdib_packets_open(path, NULL, &packets));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_packets_read(packets, &event, 0, &count), "a packet has room for 1 event");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_packets_describe(packets, NULL), "may be NULL");
    assert_ok(vdib_packets_read(packets, &event, 1, &count));
    assert_int_equal(count, 1);
    assert_ok(vdib_packets_describe(packets, &info));
    assert_int_equal(info.events, 1);
    assert_string_equal(info.format, "nmnist");
    vdib_packets_close(packets);
    packets = NULL;
    assert_fails(VDIB_ERROR_IO, vdib_packets_open("/nowhere/a.bin", NULL, &packets), "/nowhere/a.bin");
    assert_null(packets);
}

/* What a program that knows nothing of the new counts gets: as much of the struct as it has room for. */
static void a_smaller_info_is_filled(void **state) {
    char path[FILE_PATH];
    vdib_packets *packets = NULL;
    vdib_events_info info;
    memset(&info, 0x5A, sizeof info);
    info.size = offsetof(vdib_events_info, outside);
    files_recording(*state, "a.bin", 1, 2, 3);
    assert_ok(vdib_packets_open(files_path(path, *state, "a.bin"), NULL, &packets));
    assert_ok(vdib_packets_describe(packets, &info));
    assert_string_equal(info.format, "nmnist");
    assert_int_equal(info.dropped, 0);
    assert_int_equal((uint8_t)info.outside, 0x5A);
    vdib_packets_close(packets);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(files_of_several_buffers),
        files_test(strict_packets_name_the_byte),
        files_test(arguments_are_checked),
        files_test(a_smaller_info_is_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
