/* SPDX-License-Identifier: MIT */
/* AEDAT 4: header, packets, compression, what is counted. */
#include "events/aedat4_file.h"

#include "core/file.h"
#include "data/files.h"

#define EVENTS_ONLY XML(STREAM("0", "EVTS", SIZE("640", "480")))

/* The FlatBuffer of a packet of `count` elements that follow, up to its count. */
static void put_vector(made_file *file, const char *type, size_t size, size_t count) {
    put_little(file, 28 + size, 4);
    put_hex(file, "10 00 00 00");
    put(file, type, 4);
    put_hex(file, "00 00 06 00 08 00 04 00 06 00 00 00 04 00 00 00");
    put_little(file, count, 4);
}

static void put_event(made_file *file, int64_t t, int x, int y, int polarity) {
    put_little(file, (uint64_t)t, 8);
    put_little(file, (uint16_t)x, 2);
    put_little(file, (uint16_t)y, 2);
    put_little(file, (uint64_t)polarity, 4);
}

/* A packet of two events of stream 0. */
static void put_two(made_file *file, int64_t t) {
    put_packet(file, 0, 64);
    put_vector(file, "EVTS", 32, 2);
    put_event(file, t, 10, 20, 1);
    put_event(file, t + 5, 639, 479, 0);
}
#define TWO(t)                                                                                                         \
    {(t), 10, 20, 1}, {                                                                                                \
        (t) + 5, 639, 479, 0                                                                                           \
    }

/* ---- packets ---- */

static void packets_of_events(void **state) {
    (void)state;
    made_file *file = begin(NONE, -1, EVENTS_ONLY);
    put_hex(file,
            "00 00 00 00 40 00 00 00 3C 00 00 00 10 00 00 00 45 56 54 53 00 00 06 00 08 00 04 00 06 00 00 00 04 00 "
            "00 00 02 00 00 00 49 95 FC 53 3A B4 05 00 9A 00 CC 00 00 00 00 00 4A 95 FC 53 3A B4 05 00 9B 00 CD "
            "00 01 00 00 00");
    put_two(file, INT64_C(1605537493718400));
    decoded *d = decode(file, "aedat4",
                        EVENTS({INT64_C(1605537493718345), 154, 204, 0}, {INT64_C(1605537493718346), 155, 205, 1},
                               TWO(INT64_C(1605537493718400))));
    assert_int_equal(d->info.width, 640);
    assert_int_equal(d->info.height, 480);
    free(d);
}

static void packets_of_others_are_counted(void **state) {
    (void)state;
    made_file *file = begin(NONE, -1,
                            XML(STREAM("2", "IMUS", "") STREAM("1", "FRME", SIZE("346", "260"))
                                    STREAM("0", "EVTS", SIZE("640", "480")) STREAM("7", "XYZZ", "")));
    put_packet(file, 2, 40);
    put_vector(file, "IMUS", 8, 2); /* two offsets of tables, which are not looked at */
    put_little(file, 0, 8);
    put_two(file, 100);
    put_packet(file, 1, 3); /* whatever it holds, one picture */
    put_text(file, "abc");
    put_packet(file, 7, 1);
    put_text(file, "x");
    decoded *d = decode(file, "aedat4", EVENTS(TWO(100)));
    assert_int_equal(d->info.others, 2 + 1 + 1);
    assert_int_equal(d->info.damaged + d->info.truncated, 0);
    free(d);
}

static void the_first_of_several_cameras(void **state) {
    (void)state;
    made_file *file =
        begin(NONE, -1, XML(STREAM("4", "EVTS", SIZE("100", "50")) STREAM("0", "EVTS", SIZE("640", "480"))));
    put_packet(file, 4, 48);
    put_vector(file, "EVTS", 16, 1);
    put_event(file, 90, 1, 2, 1);
    put_two(file, 100);
    decoded *d = decode(file, "aedat4", EVENTS(TWO(100)));
    assert_int_equal(d->info.others, 1);
    free(d);
}

/* The vector may stand anywhere behind its table, and be longer than what is held. */
static void a_packet_larger_than_the_window(void **state) {
    (void)state;
    enum { COUNT = 4000, GAP = 3000 };
    made_file *file = begin(NONE, -1, EVENTS_ONLY);
    vdib_event *events = calloc(COUNT, sizeof *events);
    assert_non_null(events);
    put_packet(file, 0, 4 + 28 + GAP + 16 * COUNT);
    put_little(file, 28 + GAP + 16 * COUNT, 4);
    put_hex(file, "10 00 00 00 45 56 54 53 00 00 06 00 08 00 04 00 06 00 00 00");
    put_little(file, 4 + GAP, 4);
    for (size_t i = 0; i < GAP; i++)
        put_little(file, 0xAA, 1);
    put_little(file, COUNT, 4);
    for (int i = 0; i < COUNT; i++) {
        events[i] = (vdib_event){.t = 10 * i, .x = (uint16_t)(i % 640), .y = (uint16_t)(i % 480), .polarity = i & 1};
        put_event(file, events[i].t, events[i].x, events[i].y, events[i].polarity);
    }
    decoded *d = decode(file, "aedat4", COUNT, events);
    assert_int_equal(d->info.damaged, 0);
    free(d);
    free(events);
}

static void the_packets_end_at_the_table(void **state) {
    (void)state;
    made_file *file = begin(NONE, 0, EVENTS_ONLY);
    size_t place = 14 + 4 + 36, end = file->size + 2 * 72; /* where the header says the table is */
    put_two(file, 100);
    put_two(file, 200);
    put_text(file, "FTAB, which is no packet");
    uint8_t table[8] = {(uint8_t)end, (uint8_t)(end >> 8)};
    memcpy(file->bytes + place, table, 8);
    decoded *d = decode(again(file), "aedat4", EVENTS(TWO(100), TWO(200)));
    assert_int_equal(d->info.damaged + d->info.truncated, 0);
    free(d);
    file->size = end; /* its table was lost: what is there is read, and that is said */
    table[0] ^= 0xFF, table[1] = 0xFF;
    memcpy(file->bytes + place, table, 8);
    d = decode(again(file), "aedat4", EVENTS(TWO(100), TWO(200)));
    assert_int_equal(d->info.truncated, 1);
    free(d);
    refuse(again(file), true, "the file ends before its table");
    end -= 30; /* a table inside a packet is none */
    table[0] = (uint8_t)end, table[1] = (uint8_t)(end >> 8);
    memcpy(file->bytes + place, table, 8);
    d = decode(file, "aedat4", EVENTS(TWO(100), TWO(200)));
    assert_int_equal(d->info.damaged, 1);
    free(d);
}

/* A file with a table, whose entries say the packets' places plus `more`. The first packet is damaged, which is seen if
 * it is read. */
static made_file *with_table(size_t more) {
    enum { PACKETS = 3, TABLE_PLACE = 14 + 4 + 36, ENTRY = 48 };
    made_file *file = begin(NONE, 0, EVENTS_ONLY);
    size_t places[PACKETS];
    for (size_t i = 0; i < PACKETS; i++) {
        places[i] = file->size + more;
        put_two(file, (int64_t)(10000000 * i));
    }
    file->bytes[places[0] - more + 8 + 4 + 4] = 'X';
    uint8_t at[] = {(uint8_t)file->size, (uint8_t)(file->size >> 8)};
    memcpy(file->bytes + TABLE_PLACE, at, sizeof at);
    put_little(file, 28 + PACKETS * (4 + ENTRY) + 14, 4);
    put_hex(file, "10 00 00 00 46 54 41 42 00 00 06 00 08 00 04 00 06 00 00 00 04 00 00 00");
    put_little(file, PACKETS, 4);
    size_t first = PACKETS * 4 + 14; /* from the first offset to the first entry, behind their vtable */
    for (size_t i = 0; i < PACKETS; i++)
        put_little(file, first - 4 * i + ENTRY * i, 4);
    put_hex(file, "0E 00 30 00 08 00 10 00 18 00 20 00 28 00");
    for (size_t i = 0; i < PACKETS; i++) {
        put_little(file, 14 + ENTRY * i, 4); /* back to the vtable */
        put_little(file, 0, 4);
        put_little(file, places[i], 8);
        put_little(file, 0, 4);
        put_little(file, 64, 4);
        put_little(file, 2, 8);
        put_little(file, 10000000 * i, 8);
        put_little(file, 10000000 * i + 5, 8);
    }
    return file;
}

static void cut_tables_are_counted(void **state) {
    vdib_event events[4];
    (void)state;
    made_file *file = with_table(8);
    for (size_t i = 0; i < 4; i++)
        events[i] = (vdib_event[]){TWO(10000000), TWO(20000000)}[i];
    free(decode(again(file), "aedat4", 4, events));
    for (size_t cut = 1; cut < 200; cut += 66) {
        made_file *less = again(file);
        less->size -= cut;
        decoded *d = decode(less, "aedat4", 4, events);
        assert_int_equal(d->info.truncated, 1);
        free(d);
    }
    free(file);
}

/* A second recording behind the table of the first, say: its events are not read, which is said. */
static void what_follows_the_table_is_counted(void **state) {
    vdib_event events[4];
    (void)state;
    made_file *file = with_table(8);
    for (size_t i = 0; i < 4; i++)
        events[i] = (vdib_event[]){TWO(10000000), TWO(20000000)}[i];
    const size_t end = file->size;
    char wrong[80];
    for (size_t more = 1; more < 100000; more *= 300) {
        while (file->size < end + more)
            put_little(file, 0, 1);
        decoded *d = decode(again(file), "aedat4", 4, events);
        assert_true(d->info.truncated == 0 && d->info.damaged == 2); /* and the first packet */
        free(d);
    }
    made_file *head = begin(NONE, 0, EVENTS_ONLY);
    file->bytes[head->size + 8 + 4 + 4] = 'E'; /* the first packet is sound again */
    snprintf(wrong, sizeof wrong, "byte %zu: something follows the file's table", end);
    refuse(file, true, wrong);
    free(head);
}

/* How many of its packets are passed over: by the table, where it is right. */
static void ranges_are_sought_by_the_table(void **state) {
    (void)state;
    static const struct {
        size_t more;
        bool believed;
    } cases[] = {{8, true}, {0, true}, {4, false}, {100000, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made_file *file = with_table(cases[i].more);
        for (size_t size = 1; size <= 7; size += 3) {
            /* events may be a second out of order, so that a packet that ends before a range is read, too */
            int64_t from = size == 7 ? 20000010 : 20000001;
            vdib__event_stream *stream = NULL;
            vdib_event events[8];
            size_t count = 1, seen = 0;
            assert_ok(vdib__event_stream_of("a", NULL, file->bytes, file->size, &stream));
            vdib__range range;
            assert_ok(vdib__range_of(from, 30000000, false, &range));
            vdib__event_stream_limit(stream, &range);
            for (; count > 0; seen += count)
                assert_ok(vdib__event_stream_read(stream, events + seen, size, &count));
            assert_int_equal(seen, size < 7);
            assert_true(seen == 0 || events[0].t == 20000005);
            assert_int_equal(vdib__event_stream_info(stream)->damaged, !cases[i].believed);
            vdib__event_stream_close(stream);
        }
        free(file);
    }
}

/* "#1" is the second stream of events, and a stream that is open goes to any of them. */
static void recordings_of_several_cameras(void **state) {
    char path[512];
    made_file *file =
        begin(NONE, -1, XML(STREAM("4", "EVTS", SIZE("100", "50")) STREAM("0", "EVTS", SIZE("640", "480"))));
    put_packet(file, 4, 48);
    put_vector(file, "EVTS", 16, 1);
    put_event(file, 90, 1, 2, 1);
    put_two(file, 100);
    snprintf(path, sizeof path, "%s/two.aedat4", (char *)*state);
    assert_ok(vdib__file_write(path, file->bytes, file->size));
    free(file);
    vdib__event_stream *stream = NULL;
    vdib_event events[4];
    size_t count = 0;
    strcat(path, "#1");
    assert_ok(vdib__event_stream_open(path, NULL, &stream));
    assert_int_equal(vdib__event_stream_info(stream)->recordings, 2);
    assert_int_equal(vdib__event_stream_info(stream)->width, 100);
    assert_ok(vdib__event_stream_read(stream, events, 4, &count));
    assert_true(count == 1 && events[0].t == 90);
    assert_ok(vdib__event_stream_select(stream, 0));
    assert_ok(vdib__event_stream_read(stream, events, 4, &count));
    assert_true(count == 2 && events[1].x == 639);
    assert_int_equal(vdib__event_stream_info(stream)->width, 640);
    vdib__event_stream_close(stream);
    path[strlen(path) - 1] = '2';
    assert_fails(VDIB_ERROR_FORMAT, vdib__event_stream_open(path, NULL, &stream), "there is no #2");
}

/* ---- compression ---- */

#define SIX                                                                                                            \
    {1000, 10, 20, 0}, {1001, 11, 20, 1}, {1002, 12, 20, 0}, {1003, 13, 20, 1}, {1004, 14, 20, 0}, {                   \
        1005, 15, 20, 1                                                                                                \
    }

/* Six events, as the programs `lz4` and `zstd` pack them; a number of the LZ4 frame is its checksum. */
static void put_packed(made_file *file, bool zstd) {
    put_packet(file, 0, zstd ? 95 : 112);
    put_hex(file, zstd ? "28 B5 2F FD 20 80 B5 02 00 B4 03 7C 00 00 00 10 00 00 00 45 56 54 53 00 00 06 00 08 00 04 00 "
                         "06 00 00 00 04 00 00 00 E8 03 00 0A 00 14 00 E9 0B 00 14 00 01 00 00 00 EA 0C EB 0D EC 0E ED "
                         "0F 00 14 00 01 00 00 00 0B 00 20 0B C8 07 32 03 59 40 BE A1 32 03 59 CE 4C 01 8C E0 5A 1B EB "
                         "1C 03"
                       : "04 22 4D 18 64 40 A7 5D 00 00 00 F0 0B 7C 00 00 00 10 00 00 00 45 56 54 53 00 00 06 00 08 00 "
                         "04 00 06 00 00 00 04 00 0E 00 51 00 00 E8 03 00 01 00 31 0A 00 14 08 00 13 E9 10 00 93 0B 00 "
                         "14 00 01 00 00 00 EA 10 00 13 0C 20 00 13 EB 10 00 13 0D 20 00 13 EC 10 00 13 0E 20 00 13 ED "
                         "10 00 80 0F 00 14 00 01 00 00 00 00 00 00 00 9C F5 5C 59");
}

static const struct {
    int compression;
    bool zstd, there;
} packings[] = {{LZ4, false, VDIB_WITH_LZ4},
                {LZ4_HIGH, false, VDIB_WITH_LZ4},
                {ZSTD, true, VDIB_WITH_ZSTD},
                {ZSTD_HIGH, true, VDIB_WITH_ZSTD}};

static void packed_packets(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        made_file *file = begin(packings[i].compression, -1, EVENTS_ONLY);
        put_packed(file, packings[i].zstd);
        put_packed(file, packings[i].zstd);
        if (!packings[i].there) {
            refuse(file, false, "which this build of vdib was made without");
            continue;
        }
        decoded *d = decode(file, "aedat4", EVENTS(SIX, SIX));
        assert_int_equal(d->info.damaged + d->info.truncated, 0);
        assert_int_equal(d->info.out_of_order, 1);
        free(d);
    }
}

/* A damaged packet is left out, as far as it is damaged, and the next one read. */
static void damaged_frames(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        if (!packings[i].there)
            continue;
        made_file *file = begin(packings[i].compression, -1, EVENTS_ONLY);
        size_t magic = file->size + 8;
        put_packed(file, packings[i].zstd);
        put_packed(file, packings[i].zstd);
        file->bytes[magic] ^= 1;
        decoded *d = decode(again(file), "aedat4", EVENTS(SIX));
        assert_int_equal(d->info.damaged, 1);
        free(d);
        char part[96];
        snprintf(part, sizeof part, "byte %zu: a packet that is not what its stream has", magic - 8);
        refuse(file, true, part);
    }
}

/* libzstd unpacks what its versions before 0.8 wrote, which no camera's program has used; of damaged bytes it makes
 * up events then. */
static void frames_of_other_formats(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        for (uint8_t old = 0x22; old <= 0x27 && packings[i].there; old++) {
            made_file *file = begin(packings[i].compression, -1, EVENTS_ONLY);
            size_t magic = file->size + 8;
            put_packed(file, packings[i].zstd);
            put_packed(file, packings[i].zstd);
            file->bytes[magic] = old;
            decoded *d = decode(file, "aedat4", EVENTS(SIX));
            assert_int_equal(d->info.damaged, 1);
            assert_int_equal(d->info.outside + d->info.truncated, 0);
            free(d);
        }
    }
}

/* A frame that needs more bytes than its packet has is damaged; the file goes on. */
static void frames_longer_than_their_packets(void **state) {
    enum { LOST = 30 };
    (void)state;
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        if (!packings[i].there)
            continue;
        made_file *file = begin(packings[i].compression, -1, EVENTS_ONLY);
        size_t packet = file->size;
        put_packed(file, packings[i].zstd);
        file->size -= LOST;
        file->bytes[packet + 4] -= LOST; /* of the size that the packet's header says */
        put_packed(file, packings[i].zstd);
        decoded *d = decode(file, "aedat4", EVENTS(SIX));
        assert_int_equal(d->info.damaged, 1);
        assert_int_equal(d->info.truncated, 0);
        free(d);
    }
}

/* The library delivers nothing of a block with which a wrong checksum comes. */
static void a_wrong_checksum(void **state) {
    (void)state;
    if (!packings[0].there)
        return;
    made_file *file = begin(LZ4, -1, EVENTS_ONLY);
    put_packed(file, false);
    put_packed(file, false);
    file->bytes[file->size - 1] ^= 1;
    decoded *d = decode(file, "aedat4", EVENTS(SIX));
    assert_int_equal(d->info.damaged, 1);
    free(d);
}

/* ---- what is wrong ---- */

static void a_file_that_was_cut(void **state) {
    (void)state;
    made_file *file = begin(NONE, -1, EVENTS_ONLY);
    put_two(file, 100);
    size_t end = file->size;
    put_two(file, 200);
    file->size = end + 5; /* inside the packet's header */
    decoded *d = decode(again(file), "aedat4", EVENTS(TWO(100)));
    assert_int_equal(d->info.truncated, 5);
    free(d);
    file->size = end + 8 + 32 + 17; /* inside its second event */
    d = decode(again(file), "aedat4", EVENTS(TWO(100), {200, 10, 20, 1}));
    assert_int_equal(d->info.truncated, 1);
    assert_int_equal(d->info.damaged, 0);
    free(d);
    refuse(again(file), true, "the file ends inside a packet");
    file->size = end + 8; /* behind its header */
    d = decode(file, "aedat4", EVENTS(TWO(100)));
    assert_int_equal(d->info.truncated, 1);
    free(d);
}

/* A packet between two good ones: so many of its events are read, and it is counted as damaged. */
static void between(size_t size, size_t length, const char *type, size_t count, size_t events) {
    made_file *file = begin(NONE, -1, EVENTS_ONLY);
    vdib_event all[] = {TWO(100), TWO(150), TWO(200)};
    put_two(file, 100);
    size_t at = file->size;
    put_packet(file, 0, size);
    put_little(file, length, 4);
    put_hex(file, "10 00 00 00");
    put(file, type, 4);
    put_hex(file, "00 00 06 00 08 00 04 00 06 00 00 00 04 00 00 00");
    put_little(file, count, 4);
    put_event(file, 150, 10, 20, 1);
    put_event(file, 155, 639, 479, 0);
    for (size_t i = 0; i < 80; i++)
        put_little(file, 0, 1);
    file->size = at + 8 + size;
    put_two(file, 200);
    memmove(all + 2 + events, all + 4, 2 * sizeof *all);
    decoded *d = decode(file, "aedat4", 4 + events, all);
    assert_int_equal(d->info.damaged, 1);
    assert_int_equal(d->info.truncated, 0);
    free(d);
}

static void packets_that_are_not_what_they_say(void **state) {
    (void)state;
    between(64, 60, "FRME", 2, 0); /* another kind */
    between(64, 60, "EVTS", 3, 0); /* more events than it has room for */
    between(64, 60, "EVTS", 0xFFFFFFFF, 0);
    between(64, 92, "EVTS", 2, 2); /* shorter than it says */
    between(64, 92, "EVTS", 3, 2); /* and with one event too many */
    between(64, 200000, "EVTS", 2, 2);
    between(70, 60, "EVTS", 2, 2); /* longer */
    between(3, 60, "EVTS", 2, 0);  /* no length */
    between(20, 60, "EVTS", 2, 0); /* no table */
}

static void headers_of_packets(void **state) {
    (void)state;
    made_file *file = begin(NONE, -1, EVENTS_ONLY);
    put_two(file, 100);
    size_t at = file->size;
    put_packet(file, 9, 4); /* a stream that the header does not have */
    put_little(file, 0, 4);
    put_two(file, 200);
    decoded *d = decode(again(file), "aedat4", EVENTS(TWO(100), TWO(200)));
    assert_int_equal(d->info.damaged, 1);
    free(d);
    memset(file->bytes + at + 4, 0xFF, 4); /* a size of -1: nothing can be read from there on */
    d = decode(again(file), "aedat4", EVENTS(TWO(100)));
    assert_int_equal(d->info.damaged, 1);
    free(d);
    memset(file->bytes + at + 4, 0x7F, 4); /* or one beyond the end, of no stream */
    d = decode(file, "aedat4", EVENTS(TWO(100)));
    assert_int_equal(d->info.damaged, 1);
    free(d);
}

static void events_that_are_none(void **state) {
    (void)state;
    made_file *file = begin(NONE, -1, EVENTS_ONLY);
    put_packet(file, 0, 32 + 16 * 5);
    put_vector(file, "EVTS", 16 * 5, 5);
    put_event(file, 100, -1, 20, 1);
    put_event(file, 101, 1, -20, 1);
    put_event(file, -102, 1, 20, 1);
    put_event(file, 103, 640, 20, 1);                                              /* beyond the sensor */
    put_event(file, 104, 1, 2, 200);                                               /* any polarity but 0 is ON */
    decoded *d = decode(file, "aedat4", EVENTS({-102, 1, 20, 1}, {104, 1, 2, 1})); /* times have a sign */
    assert_int_equal(d->info.damaged, 2);
    assert_int_equal(d->info.outside, 1);
    free(d);
}

/* ---- the header ---- */

static void headers_that_are_wrong(void **state) {
    (void)state;
    refuse(begin(5, -1, EVENTS_ONLY), false, "compression 5 is none of 0 to 4");
    refuse(begin(-1, -1, EVENTS_ONLY), false, "compression -1 is none of 0 to 4");
    refuse(begin(NONE, -1, XML("")), false, "has no stream of type EVTS (its header describes no stream)");
    refuse(begin(NONE, -1, XML(STREAM("3", "FRME", "") STREAM("1", "IMUS", ""))), false,
           "has no stream of type EVTS (its streams: 1 IMUS, 3 FRME)");
    made_file *file = begin(NONE, -1, EVENTS_ONLY);
    file->bytes[18 + 4] = 'J';
    refuse(file, false, "byte 18: the header is no FlatBuffer IOHE");
    file = begin(NONE, -1, EVENTS_ONLY);
    file->bytes[18 + 47] = 0xFF; /* a text longer than the header */
    refuse(file, false, "byte 18: the header is no FlatBuffer IOHE");
    file = begin(NONE, -1, EVENTS_ONLY);
    file->bytes[17] = 0x7F;
    refuse(file, false, "byte 14: a header of 21");
}

static void headers_that_are_cut(void **state) {
    (void)state;
    static const size_t sizes[] = {14, 17, 18, 100};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        made_file *file = begin(NONE, -1, EVENTS_ONLY);
        file->size = sizes[i];
        refuse(again(file), true, "byte 14: the file ends inside its header");
        decoded *d = decode(file, "aedat4", NO_EVENTS);
        assert_true(d->info.truncated > 0);
        free(d);
    }
}

/* Descriptions as other programs might write them. */
static void descriptions(void **state) {
    (void)state;
    static const char *const xml[] = {
        "<?xml version=\"1.0\"?><!-- streams --><dv><node name='other'><node name='0'><attr "
        "key='typeIdentifier'>FRME</attr></node></node><node path='/' name='outInfo'><node name='x'/><node "
        "name='0'><attr key='typeIdentifier'>EVTS</attr><node name='more'><attr key='sizeX'>3</attr></node><node "
        "name='info'><attr key='sizeX'>640</attr><node name='deeper'><attr key='sizeY'>3</attr></node><attr "
        "key='sizeY'>480</attr></node></node></node></dv>",
        "<dv><node name=\"outInfo\"><node name=\"0\"><attr key=\"typeIdentifier\">EVTS</attr><node "
        "name=\"info\"><attr key=\"sizeX\">640</attr><attr key=\"sizeY\">480"};
    for (size_t i = 0; i < sizeof xml / sizeof *xml; i++) {
        made_file *file = begin(NONE, -1, xml[i]);
        put_two(file, 100);
        decoded *d = decode(file, "aedat4", EVENTS(TWO(100)));
        assert_int_equal(d->info.width, 640);
        assert_int_equal(d->info.height, 480);
        free(d);
    }
}

static void a_sensor_without_a_size(void **state) {
    (void)state;
    made_file *file = begin(NONE, -1, XML(STREAM("0", "EVTS", SIZE("-5", "70000"))));
    put_two(file, 100);
    decoded *d = decode(file, "aedat4", EVENTS(TWO(100)));
    assert_int_equal(d->info.width, 640);
    assert_int_equal(d->info.height, 480);
    free(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_of_events),
        cmocka_unit_test(packets_of_others_are_counted),
        cmocka_unit_test(the_first_of_several_cameras),
        cmocka_unit_test(a_packet_larger_than_the_window),
        cmocka_unit_test(the_packets_end_at_the_table),
        cmocka_unit_test(cut_tables_are_counted),
        cmocka_unit_test(what_follows_the_table_is_counted),
        cmocka_unit_test(ranges_are_sought_by_the_table),
        files_test(recordings_of_several_cameras),
        cmocka_unit_test(packed_packets),
        cmocka_unit_test(damaged_frames),
        cmocka_unit_test(frames_of_other_formats),
        cmocka_unit_test(frames_longer_than_their_packets),
        cmocka_unit_test(a_wrong_checksum),
        cmocka_unit_test(a_file_that_was_cut),
        cmocka_unit_test(packets_that_are_not_what_they_say),
        cmocka_unit_test(headers_of_packets),
        cmocka_unit_test(events_that_are_none),
        cmocka_unit_test(headers_that_are_wrong),
        cmocka_unit_test(headers_that_are_cut),
        cmocka_unit_test(descriptions),
        cmocka_unit_test(a_sensor_without_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
