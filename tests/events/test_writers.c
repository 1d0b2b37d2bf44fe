/* SPDX-License-Identifier: MIT */
/* What is written is read back, event for event; what a format does not hold is refused before anything is written. */
#include "support.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/hdf5.h"
#include "events/stream.h"
#include "events/writer.h"

enum { MOST = 20000 };

/* The next of a sequence of numbers (splitmix64; Steele et al. 2014). */
static uint64_t draw_number(uint64_t *seed) {
    uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static const vdib__event_writer *row_of(const char *name) {
    const vdib__event_writer *row = NULL;
    assert_ok(vdib__event_writer_find(name, "", &row));
    return row;
}

/* The first of its endings. */
static void path_of(const vdib__event_writer *row, char path[64]) {
    snprintf(path, 64, "made%.*s", (int)strcspn(row->endings, " "), row->endings);
}

/* Decodes bytes and compares. */
static void read_back(const vdib__event_writer *row, const uint8_t *bytes, size_t size, size_t width, size_t height,
                      const vdib_event *events, size_t count) {
    vdib__event_stream *stream = NULL;
    char path[64];
    vdib_event *got = malloc((MOST + 1) * sizeof *got);
    size_t made = 0, more = 1;
    assert_non_null(got);
    path_of(row, path);
    assert_ok(vdib__event_stream_of(path, NULL, bytes, size, &stream));
    vdib__event_stream_be_strict(stream);
    for (; more > 0; made += more)
        assert_ok(vdib__event_stream_read(stream, got + made, MOST + 1 - made, &more));
    assert_int_equal(made, count);
    for (size_t i = 0; i < count; i++)
        if (got[i].t != events[i].t || got[i].x != events[i].x || got[i].y != events[i].y ||
            got[i].polarity != events[i].polarity)
            fail_msg("%s: event %zu is (%" PRId64 ", %u, %u, %u), not (%" PRId64 ", %u, %u, %u)", row->name, i,
                     got[i].t, got[i].x, got[i].y, got[i].polarity, events[i].t, events[i].x, events[i].y,
                     events[i].polarity);
    const vdib_events_info *info = vdib__event_stream_info(stream);
    if (width != 0 && strstr(row->lost, "sensor") == NULL)
        assert_true(info->width == width && info->height == height);
    assert_int_equal(info->others + info->damaged + info->truncated + info->outside, 0);
    vdib__event_stream_close(stream);
    free(got);
}

static void round_trip(const char *format, size_t width, size_t height, const vdib_event *events, size_t count) {
    const vdib__event_writer *row = row_of(format);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__events_encode(row, "made", width, height, events, count, &bytes, &size));
    read_back(row, bytes, size, width, height, events, count);
    vdib__free(bytes);
}

/* Formats with a header, and sensors as large as they hold. */
static const struct {
    const char *format;
    size_t side;
    int64_t most_us;
} headed[] = {
    {"es", 65535, INT64_C(1) << 31},          {"dat", 16384, UINT32_MAX},   {"evt2", 2048, (INT64_C(1) << 34) - 1},
    {"evt3", 2048, (INT64_C(1) << 40) - 1},   {"aedat4", 32768, INT64_MAX}, {"csv", 65535, INT64_C(9999999999999999)},
    {"npz", 65535, INT64_C(9999999999999999)}};
enum { HEADED = sizeof headed / sizeof *headed };

/* Steps of time as cameras have them, and pauses up to `longest`. */
static int64_t next_time(uint64_t *seed, int64_t time, int64_t most, int64_t longest) {
    uint64_t kind = draw_number(seed) % 16, step = draw_number(seed);
    int64_t moved = time;
    if (kind >= 10)
        moved += (int64_t)(step % 3);
    if (kind == 14)
        moved += (int64_t)(step % 5000);
    if (kind == 15 && step % 50 == 0)
        moved += (int64_t)(step % (uint64_t)longest);
    return moved <= most ? moved : time;
}

/* Runs of growing x in one row, single events, rows and polarities that change. */
static size_t draw(uint64_t *seed, size_t width, size_t height, int64_t most, vdib_event *events) {
    size_t count = draw_number(seed) % MOST, made = 0;
    int64_t time = draw_number(seed) % 2 == 0 ? 0 : (int64_t)(draw_number(seed) % 20000000);
    while (made < count) {
        size_t run = draw_number(seed) % 4 == 0 ? 1 + draw_number(seed) % 40 : 1;
        vdib_event event = {.t = time,
                            .x = (uint16_t)(draw_number(seed) % width),
                            .y = (uint16_t)(draw_number(seed) % height),
                            .polarity = (uint8_t)(draw_number(seed) % 2)};
        for (; run > 0 && made < count && event.x < width; run--) {
            events[made++] = event;
            event.x = (uint16_t)(event.x + 1 + draw_number(seed) % 3);
        }
        time = next_time(seed, time, most, 40000000);
    }
    return count;
}

static void random_events_come_back(void **state) {
    uint64_t seed = *(uint64_t *)*state;
    vdib_event *events = malloc(MOST * sizeof *events);
    assert_non_null(events);
    for (int round = 0; round < 6; round++)
        for (size_t f = 0; f < HEADED; f++) {
            size_t width = round == 0 ? headed[f].side : 1 + draw_number(&seed) % headed[f].side;
            size_t height = round == 0 ? headed[f].side : 1 + draw_number(&seed) % headed[f].side;
            size_t count = draw(&seed, width, height, headed[f].most_us, events);
            round_trip(headed[f].format, width, height, events, count);
        }
    free(events);
}

static void edges_come_back(void **state) {
    (void)state;
    for (size_t f = 0; f < HEADED; f++) {
        uint16_t last = (uint16_t)(headed[f].side - 1);
        const vdib_event events[] = {{0, 0, 0, 0},
                                     {0, last, last, 1},
                                     {0, 0, last, 1},
                                     {126, last, 0, 0},
                                     {253, 0, 0, 1},
                                     {4095, 1, 0, 0},
                                     {4096, 0, 1, 1},
                                     {16777215, last, last, 1},
                                     {16777216, 0, 0, 0},
                                     {40000000, 3, 2, 1},
                                     {headed[f].most_us, 0, 0, 1}};
        enum { EVENTS = sizeof events / sizeof *events };
        for (size_t count = 0; count <= EVENTS; count++)
            round_trip(headed[f].format, headed[f].side, headed[f].side, events, count);
        for (size_t first = 0; first < EVENTS; first++) /* one event alone, at every time */
            round_trip(headed[f].format, headed[f].side, headed[f].side, events + first, 1);
    }
    round_trip("csv", 0, 0, (vdib_event[]){{INT64_MIN + 1, 3, 4, 0}, {-5, 65535, 65535, 1}, {0, 0, 0, 1}}, 0);
    round_trip("csv", 0, 0, (vdib_event[]){{-2000000, 3, 4, 0}, {-5, 6553, 655, 1}, {0, 0, 0, 1}}, 3);
    round_trip("dat", 0, 0, (vdib_event[]){{7, 3, 4, 0}, {UINT32_MAX, 16383, 16383, 1}}, 2);
}

/* Records without a header are known by what events look like: these move as in a recording. */
static void records_come_back(void **state) {
    static const struct {
        const char *format;
        unsigned columns, rows;
        int64_t most_us;
    } formats[] = {{"nmnist", 256, 240, (1 << 23) - 1},
                   {"slayer", 256, 256, (1 << 23) - 1},
                   {"slayer1", 65536, 1, (1 << 23) - 1},
                   {"slayer3", 4096, 4096, (1 << 24) - 1}};
    uint64_t seed = *(uint64_t *)*state;
    vdib_event *events = malloc(MOST * sizeof *events);
    assert_non_null(events);
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        for (size_t i = 0; i < MOST; i++)
            events[i] = (vdib_event){.t = (int64_t)i * (formats[f].most_us / (MOST - 1)),
                                     .x = (uint16_t)(draw_number(&seed) % formats[f].columns),
                                     .y = (uint16_t)(draw_number(&seed) % formats[f].rows),
                                     .polarity = (uint8_t)(draw_number(&seed) % 2)};
        events[MOST - 1].t = formats[f].most_us;
        round_trip(formats[f].format, 0, 0, events, MOST);
        round_trip(formats[f].format, 0, 0, events, 0);
        round_trip(formats[f].format, 0, 0, events + 7, 1);
    }
    free(events);
}

/* The bytes do not depend on the packets in which events come. */
static void packets_do_not_matter(void **state) {
    uint64_t seed = *(uint64_t *)*state;
    char name[] = "/tmp/vdib-writers-XXXXXX", path[64];
    vdib_event *events = malloc(MOST * sizeof *events);
    assert_non_null(events);
    assert_non_null(mkdtemp(name));
    for (size_t f = 0; f < HEADED; f++) {
        vdib_writer_options options = {
            .size = sizeof options, .format = headed[f].format, .width = 100, .height = 80, .replace = true};
        size_t count = draw(&seed, 100, 80, headed[f].most_us, events), size = 0, got = 0;
        uint8_t *bytes = NULL, *file = NULL;
        vdib_writer *writer = NULL;
        snprintf(path, sizeof path, "%s/file", name);
        assert_ok(vdib__events_encode(row_of(headed[f].format), "made", 100, 80, events, count, &bytes, &size));
        assert_ok(vdib_writer_open(path, &options, &writer));
        for (size_t i = 0, some = 0; i < count; i += some) {
            some = draw_number(&seed) % 50;
            some = some < count - i ? some : count - i;
            assert_ok(vdib_writer_put(writer, events + i, some));
        }
        assert_ok(vdib_writer_finish(writer));
        vdib_writer_close(writer);
        assert_ok(vdib__file_read(path, &file, &got));
        assert_int_equal(got, size);
        assert_memory_equal(file, bytes, size);
        vdib__free(file);
        vdib__free(bytes);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(name), 0);
    free(events);
}

/* Reads events of a range of time from a file and compares them with those of the array that are inside. */
static void compare_range(const char *path, int64_t from, int64_t to, const vdib_event *events, size_t count) {
    vdib_packets_options options = {.size = sizeof options, .from_us = from, .to_us = to};
    vdib_packets *packets = NULL;
    vdib_event packet[1000];
    size_t next = 0, got = 1;
    assert_ok(vdib_packets_open(path, &options, &packets));
    while (got > 0) {
        assert_ok(vdib_packets_read(packets, packet, 1000, &got));
        for (size_t i = 0; i < got; i++, next++) {
            while (next < count && (events[next].t < from || events[next].t >= to))
                next++;
            assert_true(next < count && packet[i].t == events[next].t && packet[i].x == events[next].x &&
                        packet[i].y == events[next].y && packet[i].polarity == events[next].polarity);
        }
    }
    while (next < count && (events[next].t < from || events[next].t >= to))
        next++;
    assert_int_equal(next, count);
    vdib_packets_close(packets);
}

/* Of HDF5, which a helper writes: whole and, by the index, ranges of time. */
static void hdf5_files_come_back(void **state) {
    static const char *const formats[] = {"openeb", "dsec"};
    uint64_t seed = *(uint64_t *)*state;
    char folder[] = "/tmp/vdib-writers-XXXXXX", path[64];
    vdib_event *events = malloc(MOST * sizeof *events);
    assert_non_null(events);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    for (size_t round = 0; round < 8; round++) {
        vdib_writer_options options = {
            .size = sizeof options, .format = formats[round % 2], .width = 640, .height = 480, .replace = true};
        vdib_writer *writer = NULL;
        size_t count = round < 2 ? 0 : round < 4 ? 1 : MOST - draw_number(&seed) % 1000; /* a chunk has 16,384 */
        size_t first = 0;
        int64_t time = 1000000;
        for (size_t i = 0; i < count; i++) {
            events[i] = (vdib_event){.t = time,
                                     .x = (uint16_t)(draw_number(&seed) % 640),
                                     .y = (uint16_t)(draw_number(&seed) % 480),
                                     .polarity = (uint8_t)(draw_number(&seed) % 2)};
            time += round >= 6                      ? 2000 /* at the boundaries of the index */
                    : draw_number(&seed) % 100 == 0 ? (int64_t)(draw_number(&seed) % 9000)
                                                    : (int64_t)(i % 3);
        }
        vdib_status status = vdib_writer_open(path, &options, &writer);
        if (status == VDIB_ERROR_UNSUPPORTED)
            skip(); /* built without HDF5 */
        assert_ok(status);
        for (size_t some = 0; first < count; first += some) {
            some = 1 + draw_number(&seed) % 9000;
            some = some < count - first ? some : count - first;
            assert_ok(vdib_writer_put(writer, events + first, some));
        }
        assert_ok(vdib_writer_finish(writer));
        vdib_writer_close(writer);
        compare_range(path, INT64_MIN, INT64_MAX, events, count);
        for (size_t i = 0; i < 4 && count > 1; i++) {
            int64_t from = events[draw_number(&seed) % count].t;
            compare_range(path, from, from + 1 + (int64_t)(draw_number(&seed) % 100000), events, count);
        }
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else is left */
    free(events);
}

/* What other programs look up: DSEC's index has every millisecond and one behind the last event, and OpenEB's says what
 * its times count from. */
static void indexes_are_those_of_the_formats(void **state) {
    const vdib_event events[] = {{7000, 1, 2, 1}, {7500, 3, 4, 0}, {9000, 5, 6, 1}, {9100, 5, 6, 1}};
    static const double entries[] = {0, 2, 2, 4}; /* events before each millisecond from the first one on */
    char folder[] = "/tmp/vdib-writers-XXXXXX", path[64], *offset = NULL;
    vdib__hdf5 *file = NULL;
    vdib__hdf5_info info;
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    double *numbers = NULL, begin = 0;
    size_t count = 0;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    for (int round = 0; round < 2; round++) {
        vdib_writer_options options = {
            .size = sizeof options, .format = round == 0 ? "dsec" : "openeb", .width = 9, .height = 9, .replace = true};
        vdib_writer *writer = NULL;
        if (vdib_writer_open(path, &options, &writer) == VDIB_ERROR_UNSUPPORTED)
            skip(); /* built without HDF5 */
        assert_ok(vdib_writer_put(writer, events, 4));
        assert_ok(vdib_writer_finish(writer));
        vdib_writer_close(writer);
        assert_ok(vdib__hdf5_open(path, &file));
        if (round == 0) {
            assert_ok(vdib__hdf5_number(file, "/t_offset", NULL, &begin));
            assert_ok(vdib__hdf5_numbers(file, "/ms_to_idx", NULL, 16, &numbers, &count, NULL));
            assert_true(begin == 7000 && count == 4);
            assert_memory_equal(numbers, entries, sizeof entries);
        } else {
            assert_ok(vdib__hdf5_text(file, "/CD/indexes", "offset", &offset));
            assert_string_equal(offset, "-7000");
            assert_ok(vdib__hdf5_look(file, "/CD/indexes", NULL, &info)); /* id and time, of every 2,000 us */
            assert_int_equal(info.rows, 3);
            assert_ok(vdib__hdf5_read(file, "/CD/indexes", &info, 0, 3, arrays));
            assert_true(vdib__hdf5_whole(&arrays[0], 0) == 0 && vdib__hdf5_whole(&arrays[1], 0) == -1);
            assert_true(vdib__hdf5_whole(&arrays[0], 1) == 0 && vdib__hdf5_whole(&arrays[1], 1) == 0);
            assert_true(vdib__hdf5_whole(&arrays[0], 2) == 2 && vdib__hdf5_whole(&arrays[1], 2) == 2000);
        }
        vdib__hdf5_close(file);
    }
    vdib__free(numbers);
    vdib__free(offset);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* EVT 3.0: five events of one time and row in 32 columns are a vector, four are not. */
static void vectors_are_written_where_they_pay(void **state) {
    (void)state;
    const vdib_event events[] = {{5, 10, 3, 1}, {5, 12, 3, 1}, {5, 20, 3, 1}, {5, 30, 3, 1}, {5, 41, 3, 1}};
    static const uint8_t five[] = {0x00, 0x80, 0x05, 0x60, 0x03, 0x00, 0x0A, 0x38, 0x05, 0x44, 0x00, 0x41, 0x80, 0x50};
    static const uint8_t four[] = {0x00, 0x80, 0x05, 0x60, 0x03, 0x00, 0x0A, 0x28, 0x0C, 0x28, 0x14, 0x28, 0x1E, 0x28};
    for (size_t count = 4; count <= 5; count++) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        assert_ok(vdib__events_encode(row_of("evt3"), "made", 64, 64, events, count, &bytes, &size));
        assert_true(size > sizeof five);
        assert_memory_equal(bytes + size - sizeof five, count == 5 ? five : four, sizeof five);
        vdib__free(bytes);
    }
}

static void refused(const char *format, size_t side, const vdib_event *events, size_t count, const char *part) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_fails(VDIB_ERROR_DATA, vdib__events_encode(row_of(format), "made", side, side, events, count, &bytes, &size),
                 part);
    assert_null(bytes);
    assert_non_null(strstr(vdib_last_message(), "made: event 1"));
}

static void what_is_not_held_is_refused(void **state) {
    (void)state;
    refused("es", 10, (vdib_event[]){{5, 0, 0, 0}, {4, 0, 0, 0}}, 2, "is earlier than the one before it at 5 us; sort");
    refused("csv", 10, (vdib_event[]){{-5, 0, 0, 0}, {-6, 0, 0, 0}}, 2, "sort the recording by time");
    refused("evt2", 10, (vdib_event[]){{5, 0, 0, 0}, {5, 10, 0, 0}}, 2, "at (10, 0), beyond the 10x10 pixels of its");
    refused("evt2", 10, (vdib_event[]){{5, 0, 0, 0}, {5, 0, 10, 0}}, 2, "at (0, 10), beyond the 10x10");
    refused("dat", 0, (vdib_event[]){{5, 16383, 0, 0}, {5, 16384, 0, 0}}, 2, "beyond the 16384x16384 pixels of dat");
    refused("dat", 0, (vdib_event[]){{5, 0, 0, 0}, {INT64_C(1) << 32, 0, 0, 0}}, 2,
            "is at 4294967296 us, but format dat holds times from 0 to 4294967295 us; count times from the first");
    refused("evt2", 9, (vdib_event[]){{5, 0, 0, 0}, {INT64_C(1) << 34, 0, 0, 0}}, 2, "from 0 to 17179869183 us");
    refused("evt3", 9, (vdib_event[]){{5, 0, 0, 0}, {INT64_C(1) << 40, 0, 0, 0}}, 2, "from 0 to 1099511627775 us");
    refused("nmnist", 0, (vdib_event[]){{5, 0, 0, 0}, {1 << 23, 0, 0, 0}}, 2, "from 0 to 8388607 us");
    refused("nmnist", 0, (vdib_event[]){{5, 0, 0, 0}, {5, 0, 240, 0}}, 2, "beyond the 256x240 pixels of nmnist");
    refused("slayer1", 0, (vdib_event[]){{5, 65535, 0, 0}, {5, 0, 1, 0}}, 2, "beyond the 65536x1 pixels");
    refused("es", 10, (vdib_event[]){{5, 0, 0, 0}, {6 + (INT64_C(1) << 32), 0, 0, 0}}, 2,
            "comes 4294967297 us after the one before it, and format es holds no gap above 4294967296 us");
    refused("es", 10, (vdib_event[]){{5, 0, 0, 0}, {6, 0, 0, 2}}, 2, "has polarity 2");

    uint8_t *bytes = NULL;
    size_t size = 0;
    const vdib_event before[] = {{-1, 0, 0, 0}}, unix_time[] = {{INT64_C(1605537493718345), 0, 0, 0}};
    assert_fails(VDIB_ERROR_DATA, vdib__events_encode(row_of("evt3"), "made", 9, 9, before, 1, &bytes, &size),
                 "made: event 0 is at -1 us, but format evt3 holds times from 0");
    assert_fails(VDIB_ERROR_DATA, vdib__events_encode(row_of("es"), "made", 9, 9, unix_time, 1, &bytes, &size),
                 "comes 1605537493718345 us after time 0");
    assert_fails(VDIB_ERROR_DATA, vdib__events_encode(row_of("evt2"), "made", 2049, 9, NULL, 0, &bytes, &size),
                 "the sensor has 2049x9 pixels, but format evt2 holds at most 2048x2048; crop");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__events_encode(row_of("es"), "made", 0, 0, NULL, 0, &bytes, &size),
                 "a file of format es begins with the sensor's size; give it");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__events_encode(row_of("csv"), "made", 0, 9, NULL, 0, &bytes, &size),
                 "the sensor's size is 0x9; give both sides");
}

static void files_are_there_when_they_are_complete(void **state) {
    (void)state;
    char folder[] = "/tmp/vdib-writers-XXXXXX", path[64], **names = NULL;
    const vdib_event events[] = {{1, 2, 3, 1}, {0, 2, 3, 1}};
    vdib_writer *writer = NULL;
    size_t count = 0;
    vdib_writer_options options = {.size = sizeof options};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/new.csv", folder);
    assert_ok(vdib_writer_open(path, NULL, &writer));
    assert_ok(vdib_writer_put(writer, events, 1));
    assert_fails(VDIB_ERROR_DATA, vdib_writer_put(writer, events + 1, 1), "new.csv: event 1 at 0 us is earlier");
    assert_int_not_equal(access(path, F_OK), 0);
    vdib_writer_close(writer); /* not finished: nothing is left */
    assert_ok(vdib__folder_list(folder, &names, &count));
    assert_int_equal(count, 0);
    vdib__names_free(names, count);

    assert_ok(vdib_writer_open(path, NULL, &writer));
    assert_ok(vdib_writer_finish(writer));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_writer_put(writer, events, 1), "is finished");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_writer_finish(writer), "is finished already");
    vdib_writer_close(writer);
    assert_fails(VDIB_ERROR_EXISTS, vdib_writer_open(path, NULL, &writer), "new.csv: exists; name another file");
    options.replace = true;
    assert_ok(vdib_writer_open(path, &options, &writer));
    vdib_writer_close(writer);
    assert_int_equal(access(path, F_OK), 0); /* what was there is kept */
    assert_int_equal(unlink(path), 0);

    options.format = "evt4";
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_writer_open(path, &options, &writer),
                 "evt4: is no format that is written; there are: es (.es), dat (.dat)");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_writer_open("folder.es/file", NULL, &writer),
                 "folder.es/file: its name does not say in which format");
    assert_fails(VDIB_ERROR_IO, vdib_writer_open("/nowhere/at/all.csv", NULL, &writer),
                 "/nowhere/at/all.csv: cannot be created: No such file");
    options.format = "csv";
    assert_fails(VDIB_ERROR_IO, vdib_writer_open(folder, &options, &writer), "is a folder; name a file");
    assert_int_equal(rmdir(folder), 0);
}

static void devices_and_pipes_stay(void **state) {
    (void)state;
    struct stat entry;
    const vdib_event event = {1, 2, 3, 1};
    vdib_writer_options options = {.size = sizeof options, .format = "csv"};
    vdib_writer *writer = NULL;
    assert_ok(vdib_writer_open("/dev/null", &options, &writer));
    assert_ok(vdib_writer_put(writer, &event, 1));
    assert_ok(vdib_writer_finish(writer));
    vdib_writer_close(writer);
    assert_int_equal(stat("/dev/null", &entry), 0);
    assert_true(S_ISCHR(entry.st_mode));
    assert_ok(vdib_writer_open("/dev/full", &options, &writer));
    assert_ok(vdib_writer_put(writer, &event, 1));
    assert_fails(VDIB_ERROR_IO, vdib_writer_finish(writer), "/dev/full: cannot be written");
    vdib_writer_close(writer);
}

static void formats_are_described(void **state) {
    (void)state;
    vdib_writer_format format = {.size = sizeof format};
    assert_true(vdib_writer_format_count() >= 9);
    for (size_t i = 0; i < vdib_writer_format_count(); i++) {
        assert_ok(vdib_writer_format_describe(i, &format));
        assert_true(format.columns >= 256 && format.rows >= 1 && format.most_us > 0 && format.help[0] != '\0');
    }
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_writer_format_describe(vdib_writer_format_count(), &format), "formats 0 to");
}

int main(void) {
    uint64_t seed = support_seed(7);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(random_events_come_back, &seed),
        cmocka_unit_test(edges_come_back),
        cmocka_unit_test_prestate(records_come_back, &seed),
        cmocka_unit_test_prestate(packets_do_not_matter, &seed),
        cmocka_unit_test_prestate(hdf5_files_come_back, &seed),
        cmocka_unit_test(indexes_are_those_of_the_formats),
        cmocka_unit_test(vectors_are_written_where_they_pay),
        cmocka_unit_test(what_is_not_held_is_refused),
        cmocka_unit_test(files_are_there_when_they_are_complete),
        cmocka_unit_test(devices_and_pipes_stay),
        cmocka_unit_test(formats_are_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
