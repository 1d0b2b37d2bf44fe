/* SPDX-License-Identifier: MIT */
/* ROS 1 bags: records, chunks, arrays and packets of events, pictures. */
#include "events/rosbag_file.h"

#include "core/alloc.h"
#include "data/files.h"

#define DVS "dvs_msgs/EventArray"

static void put_event(made_file *file, uint32_t seconds, uint32_t nanoseconds, int x, int y, int polarity) {
    put_little(file, (uint64_t)x, 2);
    put_little(file, (uint64_t)y, 2);
    put_little(file, seconds, 4);
    put_little(file, nanoseconds, 4);
    put_little(file, (uint64_t)polarity, 1);
}

/* A message of two events. */
static void put_two(made_file *file, int connection, uint32_t t) {
    size_t from = begin_message(file, connection);
    put_head(file, 0, 1000 * t, 640, 480);
    put_little(file, 2, 4);
    put_event(file, 3, 1000 * t + 999, 10, 20, 1);
    put_event(file, 3, 1000 * t + 5000, 639, 479, 0);
    put_length_before(file, from);
}
#define TWO(t)                                                                                                         \
    {3000000 + (t), 10, 20, 1}, {                                                                                      \
        3000005 + (t), 639, 479, 0                                                                                     \
    }

/* ---- records ---- */

static void arrays_of_events(void **state) {
    (void)state;
    static const char *const types[] = {DVS, "prophesee_event_msgs/EventArray"};
    for (size_t i = 0; i < 2; i++) {
        made_file *file = bag_new();
        put_record(file, 3, -1); /* the bag's header, with its padding */
        put_string(file, "      ");
        size_t chunk = file->size;
        put_connection(file, 1, "/imu", "sensor_msgs/Imu");
        put_connection(file, 4, "/dvs/events", types[i]);
        put_two(file, 4, 100);
        put_chunk_before(file, chunk, "none");
        put_record(file, 4, 4); /* its index */
        put_string(file, "index");
        chunk = file->size;
        put_string(file, "0123"); /* a record of nothing, with data */
        file->size = chunk;
        size_t from = begin_message(file, 1);
        put_text(file, "measurements");
        put_length_before(file, from);
        put_two(file, 4, 200);
        put_chunk_before(file, chunk, "none");
        put_record(file, 6, -1);
        put_string(file, "chunks");
        decoded *d = decode(file, "rosbag", EVENTS(TWO(100), TWO(200)));
        assert_int_equal(d->info.width, 640);
        assert_int_equal(d->info.height, 480);
        assert_int_equal(d->info.others, 1);
        assert_int_equal(d->info.damaged + d->info.truncated, 0);
        free(d);
    }
}

/* Records need not lie in chunks; the first connection's topic is read. */
static void the_first_topic(void **state) {
    (void)state;
    made_file *file = bag_new();
    put_connection(file, 9, "/right/events", DVS);
    put_connection(file, 2, "/left/events", DVS);
    put_connection(file, 3, "/left/events", DVS);
    put_connection(file, 2, "/right/events", DVS); /* said before, differently */
    put_two(file, 2, 100);
    put_two(file, 9, 110);
    put_two(file, 3, 120);
    decoded *d = decode(file, "rosbag", EVENTS(TWO(110)));
    assert_int_equal(d->info.others, 2);
    free(d);
}

/* "#1" is the second topic of events, by the index where there is one, else as they come. */
static void recordings_of_several_topics(void **state) {
    char path[512];
    made_file *file = bag_new();
    put_connection(file, 3, "/imu", "sensor_msgs/Imu");
    put_connection(file, 9, "/left/events", DVS);
    put_connection(file, 2, "/left/events", DVS);
    put_two(file, 2, 100);
    put_connection(file, 5, "/right/events", DVS);
    put_two(file, 5, 110);
    put_two(file, 9, 120);
    for (int indexed = 0; indexed < 2; indexed++) {
        vdib__event_stream *stream = NULL;
        vdib_event events[8];
        size_t count = 0;
        if (indexed == 1) { /* the same with a header, and an index that has the topics the other way round */
            made_file *whole = bag_new();
            put_little(whole, 8 + 4 + 18, 4);
            put_field(whole, "op", "\x03", 1);
            put_field(whole, "index_pos", (uint8_t[]){0, 0, 0, 0, 0, 0, 0, 0}, 8);
            size_t place = whole->size - 8;
            put_string(whole, "");
            put(whole, file->bytes + 13, file->size - 13);
            uint8_t at[] = {(uint8_t)whole->size, (uint8_t)(whole->size >> 8)};
            memcpy(whole->bytes + place, at, sizeof at);
            put_connection(whole, 5, "/right/events", DVS);
            put_connection(whole, 2, "/left/events", DVS);
            put_connection(whole, 9, "/left/events", DVS);
            free(file);
            file = whole;
        }
        snprintf(path, sizeof path, "%s/two.bag", (char *)*state);
        assert_ok(vdib__file_write(path, file->bytes, file->size));
        strcat(path, "#1");
        assert_ok(vdib__event_stream_open(path, NULL, &stream));
        assert_int_equal(vdib__event_stream_info(stream)->recordings, 2);
        assert_ok(vdib__event_stream_read(stream, events, 8, &count));
        assert_int_equal(count, indexed ? 4 : 2);
        assert_int_equal(events[0].t, indexed ? 3000100 : 3000110);
        assert_ok(vdib__event_stream_select(stream, 0));
        assert_ok(vdib__event_stream_read(stream, events, 8, &count));
        assert_int_equal(count, indexed ? 2 : 4);
        vdib__event_stream_close(stream);
        path[strlen(path) - 1] = '2';
        assert_fails(VDIB_ERROR_FORMAT, vdib__event_stream_open(path, NULL, &stream), "there is no #2");
    }
    free(file);
}

/* ---- compression ---- */

static void an_lz4_chunk(void **state) {
    (void)state;
    made_file *file = bag_new();
    size_t chunk = file->size;
    put_connection(file, 0, "/dvs/events", DVS);
    put_two(file, 0, 100);
    size_t size = file->size - chunk;
    made_file *packed = file_new("camera");
    put(packed, file->bytes, chunk);
    put_hex(packed, "04 22 4D 18 60 40 82"); /* a frame of one block that is stored */
    put_little(packed, size | UINT32_C(0x80000000), 4);
    put(packed, file->bytes + chunk, size);
    put_little(packed, 0, 4);
    free(file);
    made_file *broken = again(packed);
    put_chunk_before(packed, chunk, "lz4");
    if (VDIB_WITH_LZ4)
        free(decode(packed, "rosbag", EVENTS(TWO(100))));
    else
        refuse(packed, false, "which this build of vdib was made without");
    if (VDIB_WITH_LZ4) { /* no frame: one damaged chunk, and the bag goes on */
        broken->bytes[chunk] ^= 1;
        put_chunk_before(broken, chunk, "lz4");
        put_connection(broken, 0, "/dvs/events", DVS);
        put_two(broken, 0, 200);
        decoded *d = decode(again(broken), "rosbag", EVENTS(TWO(200)));
        assert_int_equal(d->info.damaged, 1);
        free(d);
        refuse(broken, true, "byte 13: a chunk that cannot be unpacked");
    } else {
        free(broken);
    }
}

/* The same connection and message, as the program `bzip2` packs them. */
static void a_bzip2_chunk(void **state) {
    (void)state;
    made_file *file = bag_new();
    size_t chunk = file->size;
    put_hex(file, "42 5A 68 39 31 41 59 26 53 59 E5 4E FE 8E 00 00 2D 7F F3 7E B0 26 40 00 40 A0 0A 22 00 00 00 "
                  "AF A3 DD 20 C1 90 00 10 40 00 00 00 C0 00 20 00 74 1A A7 AA 79 AA 36 49 8D 01 01 A6 40 6D 4F "
                  "CA 9E A0 D1 40 0D 0D 34 00 00 00 05 06 D6 27 C2 9A 53 8C 84 04 20 40 96 9C 6C 14 06 08 19 99 "
                  "A4 C9 63 24 99 02 EF EF 3B F8 C2 E0 AF 68 99 98 D2 C9 94 BE 91 19 6C 1F 04 47 7F 29 9E E4 11 "
                  "70 6B DC A1 88 73 9E BA D4 14 54 2B 13 8A DA 20 49 64 4D 6C 10 DE F2 24 A5 44 1D C7 6C 8A 52 "
                  "F7 D1 FF C5 DC 91 4E 14 24 39 53 BF A3 80");
    put_chunk_before(file, chunk, "bz2");
    if (VDIB_WITH_BZIP2)
        free(decode(file, "rosbag", EVENTS(TWO(100))));
    else
        refuse(file, false, "which this build of vdib was made without");
}

static void an_unknown_compression(void **state) {
    (void)state;
    made_file *file = bag_new();
    size_t chunk = file->size;
    put_text(file, "whatever");
    put_chunk_before(file, chunk, "zip");
    put_connection(file, 0, "/dvs/events", DVS);
    put_two(file, 0, 200);
    decoded *d = decode(file, "rosbag", EVENTS(TWO(200)));
    assert_int_equal(d->info.damaged, 1);
    free(d);
}

/* ---- packets of EVT 3.0 ---- */

static void put_words(made_file *file, const char *encoding, const char *hex) {
    size_t from = begin_message(file, 0);
    put_head(file, 1, 0, 640, 480);
    put_little(file, 5, 8);
    put_little(file, 6, 8);
    put_string(file, encoding);
    put_little(file, 0, 1);
    size_t words = file->size;
    put_hex(file, hex);
    put_length_before(file, words);
    put_length_before(file, from);
}

/* What a message leaves open, the next one goes on with. A word that begins like a header is none. */
static void packets_of_words(void **state) {
    (void)state;
    made_file *file = bag_new();
    put_connection(file, 0, "/camera/events", "event_camera_msgs/EventPacket");
    put_words(file, "evt3", "25 20 01 80 02 60 07 00"); /* an event without a time; 4098 us; row 7 */
    put_words(file, "evt3", "");
    put_words(file, "evt3", "09 20 03 60 0A 28");
    decoded *d = decode(file, "rosbag", EVENTS({4098, 9, 7, 0}, {4099, 10, 7, 1}));
    assert_int_equal(d->info.untimed, 1);
    assert_int_equal(d->info.width, 640);
    assert_int_equal(d->info.damaged + d->info.truncated, 0);
    free(d);
}

static void packets_that_are_wrong(void **state) {
    (void)state;
    made_file *file = bag_new();
    put_connection(file, 0, "/camera/events", "event_camera_msgs/EventPacket");
    put_words(file, "evt3", "01 80 02 60 07 00");
    size_t from = begin_message(file, 0);
    put_text(file, "no packet");
    put_length_before(file, from);
    put_words(file, "evt3", "09 20");
    decoded *d = decode(again(file), "rosbag", EVENTS({4098, 9, 7, 0}));
    assert_int_equal(d->info.damaged, 1);
    free(d);
    put_words(file, "evt3", "0A 20 00 B0"); /* a word of no kind */
    refuse(again(file), true, "a message that is not what its type has");
    free(file);
    file = bag_new();
    put_connection(file, 0, "/camera/events", "event_camera_msgs/EventPacket");
    put_words(file, "libcaer_cmp", "09 20");
    refuse(file, false,
           "the packets of topic /camera/events are encoded as 'libcaer_cmp', of which evt3 alone is read");
}

/* ---- what is wrong ---- */

static void bags_that_were_cut(void **state) {
    (void)state;
    made_file *file = bag_new();
    put_connection(file, 0, "/dvs/events", DVS);
    put_two(file, 0, 100);
    size_t chunk = file->size;
    put_two(file, 0, 200);
    size_t before = file->size;
    put_chunk_before(file, chunk, "none");
    file->size -= 5; /* inside the last event of the chunk */
    decoded *d = decode(again(file), "rosbag", EVENTS(TWO(100), {3000200, 10, 20, 1}));
    assert_int_equal(d->info.truncated, 1);
    assert_int_equal(d->info.damaged, 0);
    free(d);
    file->size = chunk + 3; /* inside a record's header */
    d = decode(again(file), "rosbag", EVENTS(TWO(100)));
    assert_int_equal(d->info.truncated, 3);
    free(d);
    file->size = chunk - 5; /* inside a message without a chunk */
    d = decode(again(file), "rosbag", EVENTS({3000100, 10, 20, 1}));
    assert_int_equal(d->info.truncated, 1);
    free(d);
    file->size = 20; /* before any topic */
    d = decode(file, "rosbag", NO_EVENTS);
    assert_true(d->info.truncated > 0);
    free(d);
    assert_true(before > chunk);
}

static void records_that_are_wrong(void **state) {
    (void)state;
    made_file *file = bag_new();
    put_connection(file, 0, "/dvs/events", DVS);
    put_two(file, 5, 50); /* of no connection */
    size_t from = begin_message(file, 0);
    put_text(file, "no array");
    put_length_before(file, from);
    put_two(file, 0, 100);
    put_record(file, 77, -1); /* of no kind */
    put_string(file, "data");
    size_t chunk = file->size;
    put_two(file, 0, 150);
    put_little(file, 0x7FFFFFFF, 4); /* a header longer than any: the chunk ends */
    put_little(file, 0, 4);
    put_chunk_before(file, chunk, "none");
    put_two(file, 0, 200);
    size_t last = file->size;
    put_little(file, 0x7FFFFFFF, 4); /* the bag ends */
    put_text(file, "and what follows is not looked at");
    decoded *d = decode(again(file), "rosbag", EVENTS(TWO(100), TWO(150), TWO(200)));
    assert_int_equal(d->info.damaged, 5);
    assert_int_equal(d->info.truncated, 0);
    free(d);
    assert_true(last < file->size);
    refuse(file, true, "a message of no connection");
}

/* As many events as an array says must fill its message. */
static void arrays_of_a_wrong_length(void **state) {
    (void)state;
    made_file *file = bag_new();
    put_connection(file, 0, "/dvs/events", DVS);
    size_t from = begin_message(file, 0);
    put_head(file, 0, 0, 640, 480);
    put_little(file, 0xFFFFFFFF, 4);
    put_event(file, 3, 0, 1, 2, 1);
    put_length_before(file, from);
    from = begin_message(file, 0);
    put_head(file, 0, 0, 640, 480);
    put_little(file, 1, 4);
    put_event(file, 3, 7000, 1, 2, 200);
    put_text(file, "more");
    put_length_before(file, from);
    decoded *d = decode(file, "rosbag", EVENTS({3000007, 1, 2, 1}));
    assert_int_equal(d->info.damaged, 2);
    free(d);
}

static void bags_without_events(void **state) {
    (void)state;
    made_file *file = bag_new();
    put_connection(file, 0, "/imu", "sensor_msgs/Imu");
    put_connection(file, 1, "/camera/image", "sensor_msgs/Image");
    refuse(file, false,
           "has no topic of events; its topics: /imu sensor_msgs/Imu, /camera/image sensor_msgs/Image; record");
    file = file_new("camera");
    put_text(file, "#ROSBAG V1.2\n");
    refuse(file, false, "byte 0: is a ROS bag of another version than 2.0");
}

/* ---- pictures ---- */

static void put_image(made_file *file, const char *encoding, uint32_t width, uint32_t height, uint32_t step,
                      size_t bytes) {
    size_t from = begin_message(file, 1);
    put_head(file, 3, 4000, width, height);
    put_string(file, encoding);
    put_little(file, 0, 1);
    put_little(file, step, 4);
    size_t data = file->size;
    for (size_t i = 0; i < bytes; i++)
        put_little(file, i, 1);
    put_length_before(file, data);
    put_length_before(file, from);
}

static void pictures(void **state) {
    made_file *file = bag_new();
    char *path = NULL;
    vdib_frames *frames = NULL;
    put_connection(file, 0, "/dvs/events", DVS);
    put_connection(file, 1, "/camera/image", "sensor_msgs/Image");
    put_two(file, 0, 100);
    put_image(file, "mono8", 3, 2, 4, 8);
    put_image(file, "mono16", 2, 2, 4, 8);
    put_image(file, "mono8", 3, 2, 2, 4);  /* rows shorter than the picture */
    put_image(file, "mono8", 3, 2, 4, 12); /* more rows than it has */
    put_image(file, "mono8", 3, 2, 0, 0);
    put_image(file, "bgr8", 2, 1, 6, 6);
    put_image(file, "rgba8", 1, 2, 4, 8);
    assert_ok(vdib__path_join(*state, "a.bag", &path));
    assert_ok(vdib__file_write(path, file->bytes, file->size));
    assert_ok(vdib_frames_open(path, &frames));
    static const struct {
        size_t width, height, channels;
        uint8_t pixels[6];
    } wanted[] = {{3, 2, 1, {0, 1, 2, 4, 5, 6}}, {2, 1, 3, {2, 1, 0, 5, 4, 3}}, {1, 2, 3, {0, 1, 2, 4, 5, 6}}};
    vdib_frame frame = {.size = sizeof frame};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(vdib_frames_next(frames, &frame));
        assert_true(frame.t == 3000004 && frame.width == wanted[i].width && frame.height == wanted[i].height);
        assert_int_equal(frame.channels, wanted[i].channels);
        assert_memory_equal(frame.pixels, wanted[i].pixels, 6);
    }
    assert_ok(vdib_frames_next(frames, &frame));
    assert_null(frame.pixels);
    vdib_frames_info info = {.size = sizeof info};
    assert_ok(vdib_frames_describe(frames, &info));
    assert_string_equal(info.format, "rosbag");
    assert_true(info.frames == 3 && info.damaged == 4 && info.width == 3 && info.height == 2);
    vdib_frames_close(frames);
    vdib__free(path);
    free(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_of_events),
        cmocka_unit_test(the_first_topic),
        files_test(recordings_of_several_topics),
        cmocka_unit_test(an_lz4_chunk),
        cmocka_unit_test(a_bzip2_chunk),
        cmocka_unit_test(an_unknown_compression),
        cmocka_unit_test(packets_of_words),
        cmocka_unit_test(packets_that_are_wrong),
        cmocka_unit_test(bags_that_were_cut),
        cmocka_unit_test(records_that_are_wrong),
        cmocka_unit_test(arrays_of_a_wrong_length),
        cmocka_unit_test(bags_without_events),
        files_test(pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
