/* SPDX-License-Identifier: MIT */
/* Where bytes come from: compressed files of every kind, whole, cut and damaged; pipes and the standard input. */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/files.h"
#include "events/decode.h"
#include "events/events.h"
#include "events/packings.h"

enum { LINES = 20000, MOST_TEXT = LINES * 24 };

/* A text of events that no buffer holds. */
static size_t write_text(char *text) {
    size_t used = 0;
    for (unsigned i = 0; i < LINES; i++)
        used += (size_t)snprintf(text + used, MOST_TEXT - used, "%u,%u,%u,%u\n", 50 * i, i * 7 % 320, i * 11 % 240,
                                 i * i % 3 % 2);
    return used;
}

static bool is_written(const vdib_event *event, size_t i) {
    return event->t == (int64_t)(50 * i) && event->x == i * 7 % 320 && event->y == i * 11 % 240 &&
           event->polarity == i * i % 3 % 2;
}

/* Reads the events of a stream, which is closed; returns how many, which are the first ones of the text. */
static size_t read_written(vdib__event_stream *stream, size_t packet, vdib_events_info *info) {
    static vdib_event events[5000];
    size_t seen = 0, count = 1;
    while (count > 0) {
        assert_ok(vdib__event_stream_read(stream, events, packet, &count));
        for (size_t i = 0; i < count; i++, seen++)
            assert_true(is_written(&events[i], seen));
    }
    *info = *vdib__event_stream_info(stream);
    vdib__event_stream_close(stream);
    return seen;
}

/* The text in members of the kind (1 to `members`), of `*size` bytes. */
static uint8_t *pack(const packing *kind, size_t members, size_t *size) {
    char *text = malloc(MOST_TEXT);
    uint8_t *packed = malloc(MOST_TEXT);
    assert_non_null(text);
    assert_non_null(packed);
    size_t length = write_text(text), begin = 0;
    *size = 0;
    for (size_t m = 0; m < members; m++) {
        size_t end = length * (m + 1) / members;
        *size += kind->pack((uint8_t *)text + begin, end - begin, packed + *size, MOST_TEXT - *size - PACK_ROOM);
        begin = end;
    }
    free(text);
    return packed;
}

static vdib__event_stream *open_packed(const uint8_t *packed, size_t size) {
    vdib__event_stream *stream = NULL;
    assert_ok(vdib__event_stream_of("a.csv.gz", NULL, packed, size, &stream));
    return stream;
}

static void compressed_files_are_unpacked(void **state) {
    char path[FILE_PATH], name[32];
    for (size_t k = 0; k < PACKINGS; k++)
        for (size_t members = 1; members < 4; members++) {
            size_t size = 0, before = vdib__allocated();
            vdib_events_info info;
            vdib__event_stream *stream = NULL;
            uint8_t *packed = pack(&packings[k], members, &size);
            assert_int_equal(read_written(open_packed(packed, size), 777 * members, &info), LINES);
            assert_int_equal(info.truncated + info.damaged, 0);
            assert_string_equal(info.format, "text");
            assert_true(vdib__allocated() - before < 8 * VDIB_BYTES_WINDOW);
            memset(packed + size, 0, 700); /* as on tapes */
            snprintf(name, sizeof name, "%zu.csv%s", members, packings[k].ending);
            files_write(*state, name, packed, size + 700);
            assert_ok(vdib__event_stream_open(files_path(path, *state, name), NULL, &stream));
            assert_int_equal(read_written(stream, 5000, &info), LINES);
            assert_int_equal(info.truncated, 0);
            free(packed);
        }
}

/* Reads strictly, to the first thing that is wrong. */
static void refuse_packed(const uint8_t *packed, size_t size, const char *kind, const char *what) {
    char part[96];
    vdib_event event;
    size_t count = 1;
    vdib__event_stream *stream = open_packed(packed, size);
    vdib_status status = VDIB_OK;
    vdib__event_stream_be_strict(stream);
    while (status == VDIB_OK && count > 0)
        status = vdib__event_stream_read(stream, &event, 1, &count);
    snprintf(part, sizeof part, what, kind);
    assert_fails(VDIB_ERROR_FORMAT, status, part);
    assert_non_null(strstr(vdib_last_message(), "a.csv.gz (unpacked): byte "));
    vdib__event_stream_close(stream);
}

/* The first third is right, the end is not. */
static void read_damaged(vdib__event_stream *stream) {
    vdib_event event;
    size_t count = 1, seen = 0;
    for (; count > 0; seen += count) {
        assert_ok(vdib__event_stream_read(stream, &event, 1, &count));
        assert_true(count == 0 || seen > LINES / 3 || is_written(&event, seen));
    }
    assert_true(seen > LINES / 3);
    assert_true(vdib__event_stream_info(stream)->truncated + vdib__event_stream_info(stream)->damaged > 0);
    vdib__event_stream_close(stream);
}

static void what_is_cut_or_damaged_ends_early_and_is_counted(void **state) {
    (void)state;
    for (size_t k = 0; k < PACKINGS; k++) {
        size_t size = 0, seen = 0;
        vdib_events_info info;
        uint8_t *packed = pack(&packings[k], 3, &size);
        const char *what = packings[k].what;
        seen = read_written(open_packed(packed, size - 1), 500, &info);
        assert_true(seen > LINES / 2 && info.truncated > 0); /* whole members before, at least */
        refuse_packed(packed, size - 1, what, "its %s data end early");
        seen = read_written(open_packed(packed, size / 2), 500, &info);
        assert_true(seen > LINES / 4 && seen < LINES && info.truncated > 0);
        memset(packed + size / 2, 0xA5, size / 4); /* what comes of that is nobody's guess, but it ends */
        read_damaged(open_packed(packed, size));
        free(packed);
        packed = pack(&packings[k], 1, &size);
        memcpy(packed + size, "\0\0garbage", 9);
        assert_int_equal(read_written(open_packed(packed, size + 9), 500, &info), LINES);
        assert_int_equal(info.truncated, 1);
        refuse_packed(packed, size + 9, what, "bytes that are no %s data follow");
        free(packed);
    }
}

/* A megabyte and a half of one line, packed to some kilobytes. */
static void memory_does_not_follow_what_is_unpacked(void **state) {
    enum { SIZE = 3 << 19, PACKED = 1 << 16 };
    (void)state;
    uint8_t *text = malloc(SIZE), *packed = malloc(PACKED);
    assert_non_null(text);
    assert_non_null(packed);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (uint8_t) "1,2,3,1\n"[i % 8];
    for (size_t k = 0; k < PACKINGS; k++) {
        static vdib_event events[512];
        size_t size = packings[k].pack(text, SIZE, packed, PACKED), before = vdib__allocated(), seen = 0, count = 1;
        vdib__event_stream *stream = open_packed(packed, size);
        for (; count > 0; seen += count)
            assert_ok(vdib__event_stream_read(stream, events, 512, &count));
        assert_int_equal(seen, SIZE / 8);
        vdib__event_stream_close(stream);
        assert_true(vdib__allocated() - before < 4 * VDIB_BYTES_WINDOW);
    }
    free(text);
    free(packed);
}

/* The name within says what a file without a header is; one of no whole records is cut. */
static void formats_without_a_header_are_known_by_the_name_inside(void **state) {
    char path[FILE_PATH];
    uint8_t packed[PACK_ROOM], records[8 * 5];
    vdib_events *events = NULL;
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    for (unsigned i = 0; i < 8; i++)
        files_record(records + 5 * i, (uint8_t)i, 2, 1, 1000 * i);
    for (size_t cut = 0; cut < 3; cut++) {
        size_t size = pack_gzip(records, sizeof records - cut, packed, sizeof packed);
        files_write(*state, "1.bin.gz", packed, size);
        assert_ok(vdib_events_open(files_path(path, *state, "1.bin.gz"), &events));
        assert_ok(vdib_events_describe(events, &info));
        assert_string_equal(info.format, "nmnist");
        assert_int_equal(info.events, cut > 0 ? 7 : 8);
        assert_int_equal(info.truncated, cut > 0 ? 5 - cut : 0);
        vdib_events_close(events);
    }
    files_write(*state, "other.GZ", packed, 30);
    assert_fails(VDIB_ERROR_FORMAT, vdib_events_open(files_path(path, *state, "other.GZ"), &events),
                 "other.GZ (unpacked): is no event file by its name or content");
}

static void damaged_headers_end_at_once(void **state) {
    static const char *const begins[] = {"\x1F\x8B\x08\x01", "\x28\xB5\x2F\xFD\x08\x50", "BZh91AY&SY"};
    (void)state;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        vdib__event_stream *stream = NULL;
        uint8_t bytes[64];
        memset(bytes, 0xFF, sizeof bytes);
        memcpy(bytes, begins[i], strlen(begins[i]));
        assert_fails(VDIB_ERROR_FORMAT, vdib__event_stream_of("a.gz", NULL, bytes, sizeof bytes, &stream),
                     "data are damaged from here on, and what follows is lost; fetch it again");
    }
}

#if VDIB_WITH_ZSTD
/* A frame of Zstandard that names a dictionary is not damaged: nobody has the dictionary. */
static void dictionaries_are_asked_for(void **state) {
    static const uint8_t frame[] = {0x28, 0xB5, 0x2F, 0xFD, 0x21, 9, 2, 0x11, 0, 0, '1', ',', 0, 0, 0, 0};
    vdib__event_stream *stream = NULL;
    (void)state;
    assert_fails(VDIB_ERROR_FORMAT, vdib__event_stream_of("a.csv.zst", NULL, frame, sizeof frame, &stream),
                 "a.csv.zst: needs more memory to be unpacked than is given, or a dictionary; compress it without "
                 "--long, --ultra and -D");
}
#endif

/* ---- pipes ---- */

static void write_all(int descriptor, const uint8_t *bytes, size_t size) {
    for (size_t written = 0; written < size;) { /* pieces of no round size */
        size_t piece = size - written < 4999 ? size - written : 4999;
        ssize_t done = write(descriptor, bytes + written, piece);
        if (done <= 0)
            _exit(1);
        written += (size_t)done;
    }
    _exit(0);
}

/* A process that writes the text into a FIFO, or a pipe. */
static pid_t writer(const char *path, int descriptor, const uint8_t *bytes, size_t size) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_all(path != NULL ? open(path, O_WRONLY) : descriptor, bytes, size);
    return child;
}

static void end_writer(pid_t child) {
    int code = 1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
}

static void events_come_from_a_fifo(void **state) {
    char path[FILE_PATH], *text = malloc(MOST_TEXT);
    vdib__event_stream *stream = NULL;
    vdib_events_info info;
    size_t size = write_text(text);
    assert_int_equal(mkfifo(files_path(path, *state, "a.csv"), 0600), 0);
    pid_t child = writer(path, -1, (uint8_t *)text, size);
    assert_ok(vdib__event_stream_open(path, NULL, &stream)); /* waits for the writer */
    assert_int_equal(read_written(stream, 1000, &info), LINES);
    end_writer(child);
    free(text);
    vdib_events *events = NULL;
    assert_fails(VDIB_ERROR_IO, vdib__events_check(path), "is not a regular file"); /* of a data set: at once */
    assert_fails(VDIB_ERROR_IO, vdib_events_open("/dev/null", &events), "/dev/null: is not a regular file");
}

/* The standard input becomes a pipe with these bytes. */
static vdib_status from_input(const uint8_t *bytes, size_t size, vdib__event_stream **stream, pid_t *child) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *child = fork();
    assert_true(*child >= 0);
    if (*child == 0) {
        (void)close(ends[0]);
        write_all(ends[1], bytes, size);
    }
    (void)close(ends[1]);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    (void)close(ends[0]);
    return vdib__event_stream_open("-", NULL, stream);
}

static void events_come_from_the_standard_input(void **state) {
    (void)state;
    vdib__event_stream *stream = NULL;
    vdib_events_info info;
    pid_t child = 0;
    for (size_t members = 1; members < 3; members++) {
        size_t size = 0;
        uint8_t *packed = pack(&packings[0], members, &size);
        assert_ok(from_input(packed, size, &stream, &child));
        assert_int_equal(read_written(stream, 5000, &info), LINES);
        end_writer(child);
        free(packed);
    }
}

/* Columns that lie one after the other cannot be read side by side from a pipe, but from a compressed file. */
static void what_goes_back_is_refused_on_a_pipe(void **state) {
    static const char header[] =
        "\x93NUMPY\1\0\x46\0{'descr': '<i4', 'fortran_order': False, 'shape': (4, 3), }          \n";
    static const int32_t columns[4][3] = {{10, 20, 30}, {1, 2, 3}, {4, 5, 6}, {1, 0, 1}};
    uint8_t bytes[256], packed[PACK_ROOM];
    char path[FILE_PATH];
    vdib__event_stream *stream = NULL;
    vdib_event events[4];
    size_t count = 0, size = sizeof header - 1;
    pid_t child = 0;
    assert_int_equal(size, 10 + 0x46);
    memcpy(bytes, header, size);
    memcpy(bytes + size, columns, sizeof columns);
    size += sizeof columns;
    assert_fails(VDIB_ERROR_FORMAT, from_input(bytes, size, &stream, &child),
                 "standard input: byte 80: such a file is not read from its beginning to its end in one go; copy it");
    end_writer(child);
    files_write(*state, "a.npy.gz", packed, pack_gzip(bytes, size, packed, sizeof packed));
    assert_ok(vdib__event_stream_open(files_path(path, *state, "a.npy.gz"), NULL, &stream));
    assert_ok(vdib__event_stream_read(stream, events, 4, &count));
    assert_int_equal(count, 3);
    assert_int_equal(events[2].t, 30);
    assert_int_equal(events[2].x, 3);
    assert_int_equal(events[2].y, 6);
    vdib__event_stream_close(stream);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(compressed_files_are_unpacked),
        cmocka_unit_test(what_is_cut_or_damaged_ends_early_and_is_counted),
        cmocka_unit_test(memory_does_not_follow_what_is_unpacked),
        files_test(formats_without_a_header_are_known_by_the_name_inside),
        cmocka_unit_test(damaged_headers_end_at_once),
#if VDIB_WITH_ZSTD
        cmocka_unit_test(dictionaries_are_asked_for),
#endif
        files_test(events_come_from_a_fifo),
        cmocka_unit_test(events_come_from_the_standard_input),
        files_test(what_goes_back_is_refused_on_a_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
