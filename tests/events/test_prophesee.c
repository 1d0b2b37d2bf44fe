/* SPDX-License-Identifier: MIT */
/* Prophesee's files: DAT, RAW EVT 2.0, 2.1 and 3.0. */
#include "events/decode.h"

/* ---- DAT ---- */

static made_file *dat(const char *header, unsigned type) {
    made_file *file = file_new("camera");
    put_text(file, header);
    put_little(file, type, 1);
    put_little(file, 8, 1);
    return file;
}

static void put_dat(made_file *file, uint32_t t, unsigned x, unsigned y, unsigned p) {
    put_little(file, t, 4);
    put_little(file, x | y << 14 | p << 28, 4);
}

static void dat_of_a_real_recording(void **state) {
    (void)state;
    made_file *file = dat("% Data file containing Event2D events.\n% Version 2\n% Date 2017-3-1 12:00:00\n", 0);
    put_hex(file, "00 00 00 00 19 00 02 00 98 00 00 00 38 C0 06 10");
    decoded *d = decode(file, "dat", EVENTS({0, 25, 8, 0}, {152, 56, 27, 1}));
    assert_int_equal(d->info.width, 57);
    assert_int_equal(d->info.on_events, 1);
    free(d);
}

static void dat_headers_of_other_programs(void **state) {
    (void)state;
    static const char *const headers[] = {"% Version 2\n% Width 640\n% Height 480\n",
                                          "% Height 480\n% Width 640\r\n% Version 2\n% end\n",
                                          "% geometry 640x480\n% Data file containing CD events\n"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        made_file *file = dat(headers[i], 12);
        put_dat(file, 5, 639, 479, 1);
        decoded *d = decode(file, "dat", EVENTS({5, 639, 479, 1}));
        assert_int_equal(d->info.width, 640);
        assert_int_equal(d->info.height, 480);
        free(d);
    }
    made_file *file = file_new("a.dat"); /* its ending says what its header does not */
    put_text(file, "% Date today\n");
    put_hex(file, "0C 08");
    free(decode(file, "dat", NO_EVENTS));
    file = dat("% Version 1\n", 0);
    put_little(file, 7, 4);
    put_little(file, 300 | 200 << 9 | 1 << 17, 4);
    free(decode(file, "dat", EVENTS({7, 300, 200, 1})));
}

/* Without any header records begin at once; a few of them, or something else, are not taken for records. */
static void dat_without_a_header(void **state) {
    (void)state;
    vdib_event all[20];
    for (size_t count = 15; count <= 20; count += 5) {
        made_file *file = file_new("old.dat");
        for (size_t i = 0; i < count; i++) {
            all[i] = (vdib_event){100 + 9 * (int64_t)i, (uint16_t)(300 + i), (uint16_t)(7 * i % 240), i % 4 == 2};
            put_dat(file, (uint32_t)all[i].t, all[i].x, all[i].y, all[i].polarity);
        }
        if (count < 16) {
            refuse(file, false, "is no event file");
            continue;
        }
        decoded *d = decode(again(file), "dat", count, all);
        assert_string_equal(d->info.assumed, "DAT by its records: it has no header");
        free(d);
        made_file *other = again(file);
        other->path = "old.bytes"; /* nothing says that it is DAT */
        refuse(other, false, "is no event file");
        for (size_t i = 0; i < count; i += 8)
            file->bytes[8 * i + 7] = 0x20; /* a polarity of 2 */
        refuse(file, false, "is no event file");
    }
}

/* A file that ends where the type of events would stand. */
static void dat_without_records(void **state) {
    (void)state;
    for (size_t bytes = 0; bytes < 2; bytes++) {
        made_file *file = file_new("a.dat");
        put_text(file, "% Version 2\n");
        put_little(file, 12, bytes);
        refuse(again(file), true, "byte 12: the file ends inside its header");
        decoded *d = decode(file, "dat", NO_EVENTS);
        assert_int_equal(d->info.truncated, 1);
        free(d);
    }
    free(decode(dat("% Version 2\n", 12), "dat", NO_EVENTS));
}

static void dat_clocks_turn(void **state) {
    (void)state;
    made_file *file = dat("% Version 2\n", 12);
    put_dat(file, UINT32_MAX - 1, 1, 2, 0);
    put_dat(file, 3, 1, 2, 1);
    put_dat(file, 1, 4, 5, 1); /* late: no turn */
    decoded *d = decode(file, "dat",
                        EVENTS({UINT32_MAX - INT64_C(1), 1, 2, 0}, {(INT64_C(1) << 32) + 3, 1, 2, 1},
                               {(INT64_C(1) << 32) + 1, 4, 5, 1}));
    assert_int_equal(d->info.wraps, 1);
    assert_int_equal(d->info.out_of_order, 1);
    free(d);
}

static void dat_damage_is_counted_and_refused_strictly(void **state) {
    (void)state;
    made_file *file = dat("% Version 2\n% Width 20\n% Height 10\n", 12); /* 37 bytes */
    put_dat(file, 1, 3, 3, 1);
    put_dat(file, 2, 20, 3, 1);
    put_dat(file, 3, 3, 10, 1);
    put_dat(file, 4, 19, 9, 0);
    put_hex(file, "01 02 03");
    refuse(again(file), true, "byte 45: an event beyond the sensor");
    decoded *d = decode(file, "dat", EVENTS({1, 3, 3, 1}, {4, 19, 9, 0}));
    assert_int_equal(d->info.outside, 2);
    assert_int_equal(d->info.truncated, 3);
    free(d);
    file = dat("% Version 2\n", 12);
    put_dat(file, 1, 3, 3, 1);
    put_hex(file, "01");
    refuse(file, true, "byte 22: the file ends inside a record");
    file = dat("% Version 2\n", 12);
    put_dat(file, 2, 3, 3, 1);
    put_dat(file, 1, 3, 3, 1);
    refuse(file, true, "byte 22: an event earlier than the one before; record or export it again");
    file = dat("% Version 2\n", 14);
    put_dat(file, 1, 1, 1, 1);
    d = decode(file, "dat", NO_EVENTS);
    assert_int_equal(d->info.others, 1);
    free(d);
    refuse(dat("% Version 2\n", 3), false, "byte 12: events are of type 3, which is not read");
    file = dat("% Version 2\n", 12);
    file->bytes[file->size - 1] = 16;
    refuse(file, false, "have 8 bytes, not 16");
}

/* ---- EVT 2.0 ---- */

static made_file *raw(const char *header) {
    made_file *file = file_new("camera");
    put_text(file, header);
    return file;
}

static void put_evt2(made_file *file, unsigned type, unsigned low, unsigned x, unsigned y) {
    put_little(file, (uint64_t)type << 28 | low << 22 | x << 11 | y, 4);
}

static void evt2_of_a_real_recording(void **state) {
    (void)state;
    made_file *file = raw("% Date 2020-09-14 09:03:25\n% system_ID 21\n% evt 2.0\n");
    put_hex(file, "70 50 00 80 79 68 07 10");
    decoded *d = decode(file, "evt2", EVENTS({1317888, 237, 121, 1}));
    assert_int_equal(d->info.width, 640);
    assert_int_equal(d->info.height, 480);
    free(d);
}

static void evt2_words_of_all_types(void **state) {
    (void)state;
    made_file *file = raw("% format EVT2;height=20;width=30\n% end\n"); /* 39 bytes */
    put_evt2(file, 1, 3, 1, 1);                                         /* before any time */
    put_little(file, UINT32_C(0x80000002), 4);
    put_evt2(file, 0, 3, 5, 6);
    put_evt2(file, 0xA, 3, 0, 1);
    put_evt2(file, 0xD, 0, 0, 0);
    put_evt2(file, 0xE, 0, 0, 0);
    put_evt2(file, 0xF, 0, 0, 0);
    put_evt2(file, 0x9, 0, 0, 0); /* 71: there is no such type */
    put_evt2(file, 1, 1, 7, 8);
    put_evt2(file, 1, 2, 30, 8); /* beyond the sensor */
    put_hex(file, "FF");
    refuse(again(file), true, "byte 39: an event before the first time stamp");
    decoded *d = decode(file, "evt2", EVENTS({131, 5, 6, 0}, {129, 7, 8, 1}));
    assert_int_equal(d->info.untimed, 1);
    assert_int_equal(d->info.others, 3);
    assert_int_equal(d->info.damaged, 1);
    assert_int_equal(d->info.outside, 1);
    assert_int_equal(d->info.truncated, 1);
    assert_int_equal(d->info.out_of_order, 1);
    free(d);
    file = raw("% evt 2.0\n");
    put_evt2(file, 7, 0, 0, 0);
    refuse(file, true, "byte 10: a word of no known type");
}

static void evt2_clocks_turn_after_34_bits(void **state) {
    (void)state;
    made_file *file = raw("% evt 2.0\n");
    put_little(file, UINT32_C(0x8FFFFFFF), 4);
    put_evt2(file, 1, 63, 1, 1);
    put_little(file, UINT32_C(0x80000000), 4);
    put_evt2(file, 1, 5, 1, 1);
    put_little(file, UINT32_C(0x80001000), 4);
    put_little(file, UINT32_C(0x80000100), 4); /* goes back, but has not run out */
    put_evt2(file, 0, 0, 1, 1);
    int64_t turn = INT64_C(1) << 34;
    decoded *d = decode(file, "evt2", EVENTS({turn - 1, 1, 1, 1}, {turn + 5, 1, 1, 1}, {turn + 0x100 * 64, 1, 1, 0}));
    assert_int_equal(d->info.wraps, 1);
    free(d);
}

/* ---- EVT 2.1 ---- */

/* A word by the order of its halves. */
static void put_evt21(made_file *file, uint64_t word, bool legacy) {
    put_little(file, legacy ? word >> 32 : word, 4);
    put_little(file, legacy ? word : word >> 32, 4);
}

static uint64_t vector21(unsigned type, unsigned low, unsigned x, unsigned y, uint32_t mask) {
    return (uint64_t)type << 60 | (uint64_t)low << 54 | (uint64_t)x << 43 | (uint64_t)y << 32 | mask;
}

static void evt21_of_either_order(void **state) {
    (void)state;
    static const char *const headers[] = {"% evt 2.1\n% endianness little\n",
                                          "% format EVT21;endianness=legacy;height=480;width=640\n",
                                          "% evt 2.1\n% format EVT21\n"};
    for (size_t i = 0; i < 4; i++) { /* the last header says no order: it is found by the words */
        made_file *file = raw(headers[i < 3 ? i : 2]);
        bool legacy = i % 2 == 1;
        put_evt21(file, UINT64_C(8) << 60 | UINT64_C(0x5070) << 32, legacy);
        put_evt21(file, UINT64_C(0x1142006400000005), legacy);
        free(decode(file, "evt21", EVENTS({1317893, 64, 100, 1}, {1317893, 66, 100, 1})));
    }
    made_file *file = raw(headers[0]);
    put_evt21(file, UINT64_C(8) << 60 | UINT64_C(0x5070) << 32, false);
    put_hex(file, "05 00 00 00 64 00 42 11");
    free(decode(file, "evt21", EVENTS({1317893, 64, 100, 1}, {1317893, 66, 100, 1})));
}

/* Where the types are known in either order of the halves, times that grow decide. */
static void times_decide_the_order_of_the_halves(void **state) {
    (void)state;
    for (int legacy = 0; legacy < 2; legacy++) {
        made_file *file = raw("% evt 2.1\n");
        vdib_event all[8];
        for (unsigned i = 0; i < 4; i++) {
            put_evt21(file, UINT64_C(8) << 60 | (uint64_t)(i + 1) << 32, legacy == 1);
            put_evt21(file, vector21(1, 5, 64, 100, UINT32_C(0x80000000) | UINT32_C(0x80) >> i), legacy == 1);
        }
        for (unsigned i = 0; i < 4; i++) {
            const int64_t t = 64 * (int64_t)(i + 1) + 5;
            all[2 * i] = (vdib_event){t, (uint16_t)(64 + 7 - i), 100, 1};
            all[2 * i + 1] = (vdib_event){t, 64 + 31, 100, 1};
        }
        free(decode(file, "evt21", 8, all));
    }
}

/* A vector without events is nothing, wherever it stands. */
static void empty_vectors_are_nothing(void **state) {
    (void)state;
    made_file *file = raw("% evt 2.1\n% endianness little\n");
    put_evt21(file, vector21(1, 0, 0, 0, 0), false);
    put_evt21(file, UINT64_C(8) << 60, false);
    put_evt21(file, vector21(1, 0, 0, 0, 0), false);
    vdib__event_stream *stream = NULL;
    vdib_event event;
    size_t count = 9;
    assert_ok(vdib__event_stream_of(file->path, NULL, file->bytes, file->size, &stream));
    vdib__event_stream_be_strict(stream);
    assert_ok(vdib__event_stream_read(stream, &event, 1, &count));
    assert_int_equal(count, 0);
    vdib__event_stream_close(stream);
    free(file);
}

static void evt21_words_of_all_types(void **state) {
    (void)state;
    vdib_event all[33];
    made_file *file = raw("% format EVT21;endianness=little;height=720;width=1280\n"); /* 55 bytes */
    put_evt21(file, vector21(1, 0, 0, 0, 7), false);
    put_evt21(file, UINT64_C(8) << 60 | UINT64_C(1) << 32, false);
    put_evt21(file, vector21(0, 2, 33, 4, UINT32_MAX), false); /* x need not be a multiple of 32 */
    put_evt21(file, UINT64_C(0xA) << 60, false);
    put_evt21(file, UINT64_C(0xE) << 60, false);
    put_evt21(file, UINT64_C(0xF) << 60, false);
    put_evt21(file, UINT64_C(0x5) << 60, false);
    put_evt21(file, vector21(1, 3, 1279, 719, 3), false); /* the second is beyond the sensor */
    put_hex(file, "01 02 03 04 05");
    for (uint16_t i = 0; i < 32; i++)
        all[i] = (vdib_event){66, (uint16_t)(33 + i), 4, 0};
    all[32] = (vdib_event){67, 1279, 719, 1};
    refuse(again(file), true, "byte 55: an event before the first time stamp");
    decoded *d = decode(file, "evt21", 33, all);
    assert_int_equal(d->info.untimed, 3);
    assert_int_equal(d->info.others, 2);
    assert_int_equal(d->info.damaged, 1);
    assert_int_equal(d->info.outside, 1);
    assert_int_equal(d->info.truncated, 5);
    free(d);
}

/* ---- EVT 3.0 ---- */

static void put_evt3(made_file *file, unsigned type, unsigned payload) {
    put_little(file, type << 12 | payload, 2);
}

static void evt3_of_a_real_recording(void **state) {
    (void)state;
    made_file *file = raw("% Date 2020-09-25 07:48:29\n% evt 3.0\n% plugin_name hal_plugin_gen41_evk3\n");
    put_hex(file, "2D 8B 00 60 C8 00 6A 23 26 2B");
    put_hex(file, "40 34 00 40 00 40 C0 50");
    decoded *d = decode(
        file, "evt3",
        EVENTS({11718656, 874, 200, 0}, {11718656, 806, 200, 1}, {11718656, 1118, 200, 0}, {11718656, 1119, 200, 0}));
    assert_int_equal(d->info.width, 1280);
    assert_int_equal(d->info.height, 720);
    free(d);
}

static void evt3_vectors_in_any_order(void **state) {
    (void)state;
    made_file *file = raw("% evt 3.0\n");
    put_evt3(file, 8, 0);
    put_evt3(file, 6, 9);
    put_evt3(file, 0, 3);
    put_evt3(file, 3, 100 | 1 << 11);
    put_evt3(file, 5, 0xF81); /* 8 bits count */
    put_evt3(file, 4, 0x801);
    put_evt3(file, 4, 0);
    put_evt3(file, 5, 2);
    free(decode(file, "evt3", EVENTS({9, 100, 3, 1}, {9, 107, 3, 1}, {9, 108, 3, 1}, {9, 119, 3, 1}, {9, 133, 3, 1})));
}

/* A lower part that goes back is no turn; a new upper part has a lower one of 0. */
static void evt3_clocks(void **state) {
    (void)state;
    made_file *file = raw("% evt 3.0\n");
    put_evt3(file, 8, 0xFFF);
    put_evt3(file, 0, 1);
    put_evt3(file, 6, 811);
    put_evt3(file, 2, 1);
    put_evt3(file, 8, 0xFFF);
    put_evt3(file, 6, 800);
    put_evt3(file, 2, 2);
    put_evt3(file, 8, 0x7FF); /* the clock ran out */
    put_evt3(file, 2, 3);
    put_evt3(file, 8, 0x7FE); /* goes back a little */
    put_evt3(file, 2, 4);
    int64_t turn = INT64_C(1) << 24, high = INT64_C(0xFFF) << 12;
    decoded *d = decode(file, "evt3",
                        EVENTS({high + 811, 1, 1, 0}, {high + 800, 2, 1, 0}, {turn + (0x7FF << 12), 3, 1, 0},
                               {turn + (0x7FE << 12), 4, 1, 0}));
    assert_int_equal(d->info.wraps, 1);
    assert_int_equal(d->info.out_of_order, 2);
    free(d);
}

static void evt3_words_of_all_types(void **state) {
    (void)state;
    made_file *file = raw("% evt 3.0\n% geometry 20x10\n"); /* 27 bytes */
    put_evt3(file, 0, 1);
    put_evt3(file, 2, 1); /* no time yet */
    put_evt3(file, 8, 0);
    put_evt3(file, 2, 2 | 1 << 11);
    put_evt3(file, 0xA, 0);
    put_evt3(file, 0xE, 0);
    put_evt3(file, 0xD, 0);
    put_evt3(file, 0x7, 0);
    put_evt3(file, 0xF, 0);
    put_evt3(file, 0x9, 0);
    put_evt3(file, 1, 5); /* measurements, up to the next row */
    put_evt3(file, 2, 3);
    put_evt3(file, 3, 3);
    put_evt3(file, 4, 3);
    put_evt3(file, 0, 10); /* beyond the sensor */
    put_evt3(file, 2, 4);
    put_evt3(file, 0, 9);
    put_evt3(file, 2, 19);
    put_evt3(file, 3, 2047);
    put_evt3(file, 4, 0);
    put_evt3(file, 4, 1); /* 2059 */
    put_hex(file, "01");
    refuse(again(file), true, "byte 29: an event before the first time stamp");
    decoded *d = decode(file, "evt3", EVENTS({0, 2, 1, 1}, {0, 19, 9, 0}));
    assert_int_equal(d->info.untimed, 1);
    assert_int_equal(d->info.others, 3 + 3);
    assert_int_equal(d->info.damaged, 2);
    assert_int_equal(d->info.outside, 1);
    assert_int_equal(d->info.truncated, 1);
    free(d);
}

/* The version of DAT files that do not say it shows in their records: x of 9 bits and y of 8, or of 14 each. */
static void dat_without_a_version(void **state) {
    (void)state;
    for (unsigned version = 1; version <= 2; version++) {
        made_file *file = dat("% Data file containing Event2D events.\n", 0);
        vdib_event all[20];
        for (unsigned i = 0; i < 20; i++) {
            all[i] = (vdib_event){i, (uint16_t)(100 + i), (uint16_t)(3 * i), i % 2};
            put_little(file, i, 4);
            put_little(file,
                       version == 1 ? (100 + i) | 3 * i << 9 | (i % 2) << 17 : (100 + i) | 3 * i << 14 | (i % 2) << 28,
                       4);
        }
        decoded *d = decode(file, "dat", 20, all);
        assert_string_equal(d->info.assumed, version == 1 ? "version 1 by its records: its header names none"
                                                          : "version 2 by its records: its header names none");
        free(d);
    }
    made_file *file = dat("% Version 2\n", 12);
    put_dat(file, 5, 3, 4, 1);
    decoded *d = decode(file, "dat", EVENTS({5, 3, 4, 1}));
    assert_null(d->info.assumed);
    free(d);
    refuse(dat("% Version 3\n", 12), false, "is of version 3 of DAT, which is not read; versions 1 and 2 are");
}

/* Formats in a header as programs and cameras write them. */
static void names_of_formats(void **state) {
    (void)state;
    static const char *const headers[] = {
        "% evt 2.0\n",
        "% EVT 2.0\r\n% end\r\n",
        "% camera_integrator_name Prophesee\n% format EVT2;height=480;width=640\n% end\n",
        "% format EVT 2.0;height=480;width=640\n",
        "%\n% evt: 2.0\n%\n",
        "% date 2024-01-01 10:00:00\n%evt 2.0\n%end\n"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        made_file *file = raw(headers[i]);
        put_hex(file, "70 50 00 80 79 68 07 10");
        decoded *d = decode(file, "evt2", EVENTS({1317888, 237, 121, 1}));
        assert_null(d->info.assumed);
        free(d);
    }
    static const char *const unknown[] = {"% evt 4.0\n", "% format EVT4;height=720;width=1280\n% end\n",
                                          "% evt 2.0x\n% end\n"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        made_file *file = raw(unknown[i]);
        put_hex(file, "70 50 00 80 79 68 07 10");
        refuse(file, false, "which is not read; EVT2, EVT2.1, EVT3 and DAT are: convert it");
    }
    made_file *file = raw("% sensor_name IMX636\n% evt 2.0\n");
    put_hex(file, "70 50 00 80 79 68 07 10");
    decoded *d = decode(file, "evt2", EVENTS({1317888, 237, 121, 1}));
    assert_int_equal(d->info.width, 1280);
    free(d);
}

/* The first RAW files say nothing of their words; text with such lines is no recording. */
static void headers_that_say_nothing(void **state) {
    (void)state;
    made_file *file = file_new("old.raw");
    put_text(file, "% Date 2018\n% end\n");
    put_hex(file, "70 50 00 80 79 68 07 10");
    decoded *d = decode(file, "evt2", EVENTS({1317888, 237, 121, 1}));
    assert_string_equal(d->info.assumed, "EVT 2.0 by its words: its header names no format");
    free(d);
    file = file_new("old.raw"); /* times of both kinds, y, then x with and without a base */
    put_text(file, "% Date 2018\n% end\n");
    put_hex(file, "00 80 64 60 07 00 09 28 01 30 03 40 02 00 0B 20 05 00 0C 20");
    d = decode(file, "evt3", EVENTS({100, 9, 7, 1}, {100, 1, 7, 0}, {100, 2, 7, 0}, {100, 11, 2, 0}, {100, 12, 5, 0}));
    assert_string_equal(d->info.assumed, "EVT 3.0 by its words: its header names no format");
    free(d);
    file = file_new("notes");
    put_text(file, "% Date 2018\n% a comment\n");
    refuse(file, false, "is no event file by its name or content");
}

/* Words of an event each: x is 3 i, y is 7, polarities change, and the clock of 64 or 4096 us goes on every four. */
static made_file *words_alone(unsigned format, size_t count, vdib_event *events) {
    made_file *file = file_new("cut.raw");
    for (size_t i = 0; i < count; i++) {
        const uint64_t high = 5 + i / 4, x = 3 * i, polarity = i % 2;
        events[i] = (vdib_event){(int64_t)(high << (format == 3 ? 12 : 6)), (uint16_t)x, 7, polarity == 1};
        if (i % 4 == 0 && format == 3)
            put_little(file, 0x8000 | high, 2);
        else if (i % 4 == 0)
            put_little(file, (0x80000000U | high) << (format == 21 ? 32 : 0), format == 2 ? 4 : 8);
        if (format == 2)
            put_evt2(file, (unsigned)polarity, 0, (unsigned)x, 7);
        else if (format == 21)
            put_little(file, polarity << 60 | x / 32 * 32 << 43 | UINT64_C(7) << 32 | UINT64_C(1) << x % 32, 8);
        else {
            put_little(file, 7, 2);
            put_little(file, 0x2000 | polarity << 11 | x, 2);
        }
    }
    return file;
}

/* A RAW file without any header is known by its words, under its name alone, and if all of them are sound. */
static void raw_without_a_header(void **state) {
    static const unsigned formats[] = {2, 21, 3};
    static const char *const names[] = {"evt2", "evt21", "evt3"};
    static const char *const said[] = {"EVT 2.0 by its words: it has no header",
                                       "EVT 2.1 by its words: it has no header",
                                       "EVT 3.0 by its words: it has no header"};
    vdib_event events[20];
    (void)state;
    for (size_t f = 0; f < 3; f++) {
        made_file *file = words_alone(formats[f], 20, events);
        decoded *d = decode(again(file), names[f], 20, events);
        assert_string_equal(d->info.assumed, said[f]);
        free(d);
        made_file *other = again(file);
        other->path = "cut.bytes";
        refuse(other, false, "is no event file");
        other = again(file);
        other->bytes[file->size - 1] |= 0x90; /* the upper bits of a word: no type */
        refuse(other, false, "is no event file");
        free(file);
        refuse(words_alone(formats[f], 15, events), false, "is no event file"); /* few events */
    }
    made_file *file = file_new("picture.raw"); /* of zeros, events of EVT 2.0 if there were times */
    for (size_t i = 0; i < 64; i++)
        put_little(file, 0, 8);
    refuse(file, false, "is no event file");
}

static void cut_headers_are_counted_and_refused_strictly(void **state) {
    (void)state;
    static const struct {
        const char *header, *format;
    } files[] = {{"% evt 2.0\n% Date 2020", "evt2"},
                 {"% evt 2.1\n% Date 2020", "evt21"},
                 {"% evt 3.0\n% Date 2020", "evt3"},
                 {"% Data  x\n% Date 2020", "dat"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        for (size_t cut = 1; cut <= strlen(files[i].header) - 10; cut++)
            cut_header("camera", files[i].header, 10 + cut, files[i].format, cut);
    made_file *file = raw("% evt 2.0\n%"); /* a word whose first byte is that of "%": no header */
    put_hex(file, "00 00 80");
    decoded *d = decode(file, "evt2", NO_EVENTS);
    assert_int_equal(d->info.truncated, 0);
    free(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dat_of_a_real_recording),
        cmocka_unit_test(dat_headers_of_other_programs),
        cmocka_unit_test(dat_without_a_header),
        cmocka_unit_test(raw_without_a_header),
        cmocka_unit_test(dat_without_records),
        cmocka_unit_test(dat_clocks_turn),
        cmocka_unit_test(dat_damage_is_counted_and_refused_strictly),
        cmocka_unit_test(evt2_of_a_real_recording),
        cmocka_unit_test(evt2_words_of_all_types),
        cmocka_unit_test(evt2_clocks_turn_after_34_bits),
        cmocka_unit_test(evt21_of_either_order),
        cmocka_unit_test(times_decide_the_order_of_the_halves),
        cmocka_unit_test(empty_vectors_are_nothing),
        cmocka_unit_test(evt21_words_of_all_types),
        cmocka_unit_test(evt3_of_a_real_recording),
        cmocka_unit_test(evt3_vectors_in_any_order),
        cmocka_unit_test(evt3_clocks),
        cmocka_unit_test(evt3_words_of_all_types),
        cmocka_unit_test(dat_without_a_version),
        cmocka_unit_test(names_of_formats),
        cmocka_unit_test(headers_that_say_nothing),
        cmocka_unit_test(cut_headers_are_counted_and_refused_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
