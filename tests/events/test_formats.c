/* SPDX-License-Identifier: MIT */
/* Event Stream, and SLAYER's formats beside .bs2. */
#include "events/decode.h"

/* ---- Event Stream ---- */

static made_file *es(unsigned version, unsigned type, unsigned width, unsigned height) {
    made_file *file = file_new("camera");
    put_text(file, "Event Stream");
    put_little(file, version, 3);
    put_little(file, type, 1);
    if (type != 0) {
        put_little(file, width, 2);
        put_little(file, height, 2);
    }
    return file;
}

static void put_es(made_file *file, unsigned byte, unsigned x, unsigned y) {
    put_little(file, byte, 1);
    put_little(file, x, 2);
    put_little(file, y, 2);
}

static void streams_of_a_dvs(void **state) {
    (void)state;
    made_file *file = es(2, 1, 320, 240);
    put_es(file, 5 << 1 | 1, 3, 0);
    put_hex(file, "FF FF FE");
    put_es(file, 126 << 1, 319, 239);
    put_es(file, 1, 320, 0);
    put_es(file, 1, 0, 240);
    put_hex(file, "03 01 00");
    refuse(again(file), true, "byte 33: an event beyond the sensor");
    decoded *d = decode(file, "es", EVENTS({5, 3, 239, 1}, {5 + 254 + 126, 319, 0, 0}));
    assert_int_equal(d->info.width, 320);
    assert_int_equal(d->info.outside, 2);
    assert_int_equal(d->info.truncated, 3);
    free(d);
}

static void streams_of_other_sensors(void **state) {
    (void)state;
    made_file *file = es(2, 2, 10, 10); /* ATIS */
    put_es(file, 7 << 2 | 1 << 1, 3, 4);
    put_hex(file, "FD FF FC"); /* 1, 3 and 0 times 63 us */
    put_es(file, 62 << 2 | 1 << 1 | 1, 3, 4);
    put_es(file, 1 << 2, 5, 9);
    decoded *d = decode(file, "es", EVENTS({7, 3, 5, 1}, {7 + 4 * 63 + 63, 5, 0, 0}));
    assert_int_equal(d->info.others, 1);
    free(d);
    file = es(2, 4, 10, 10); /* colours */
    put_hex(file, "05 01 00 02 00 07 08 09 FF FE 05 01");
    d = decode(file, "es", NO_EVENTS);
    assert_int_equal(d->info.others, 1);
    assert_int_equal(d->info.truncated, 2);
    free(d);
    file = es(2, 0, 0, 0);           /* any bytes */
    put_hex(file, "05 04 AA BB");    /* two of them */
    put_hex(file, "FF FE 00 03 02"); /* 1 + 128 */
    for (size_t i = 0; i < 129; i++)
        put_little(file, 0xFF, 1);
    put_hex(file, "00 06 01 02"); /* three, but two are there */
    d = decode(file, "es", NO_EVENTS);
    assert_int_equal(d->info.others, 2);
    assert_int_equal(d->info.truncated, 4);
    free(d);
}

static void streams_that_are_refused(void **state) {
    (void)state;
    refuse(es(1, 1, 3, 4), false, "byte 12: is of version 1.0.0 of Event Stream; version 2 is read");
    refuse(es(2, 3, 3, 4), false, "byte 15: its events are of type 3");
    refuse(es(2, 9, 3, 4), false, "byte 15: its events are of type 9");
    made_file *file = es(2, 1, 3, 4);
    file->size = 19;
    refuse(file, false, "byte 19: ends inside its header");
    file = es(2, 0, 3, 4);
    file->size = 15;
    refuse(file, false, "byte 15: ends inside its header");
}

/* ---- SLAYER ---- */

static void slayer_in_one_dimension(void **state) {
    (void)state;
    made_file *file = file_new("a.bs1");
    put_hex(file, "00 3F 80 04 00 02 58 00 04 05");
    free(decode(file, "slayer1", EVENTS({1024, 63, 0, 1}, {1029, 600, 0, 0})));
}

static void slayer_of_large_sensors(void **state) {
    (void)state;
    made_file *file = file_new("a.bs3");
    put_hex(file, "03 10 52 00 00 00 1C 50 02 D0 01 00 01 00 03 10 52 02 00 01 01");
    decoded *d = decode(file, "slayer3", EVENTS({28, 49, 82, 0}, {256, 1280, 720, 1}));
    assert_int_equal(d->info.others, 1); /* a third channel */
    assert_int_equal(d->info.width, 1281);
    free(d);
    file = file_new("turn.bs3");
    put_hex(file, "03 10 52 00 FF FF FF 03 10 52 01 00 00 04");
    d = decode(file, "slayer3", EVENTS({(1 << 24) - 1, 49, 82, 0}, {(1 << 24) + 4, 49, 82, 1}));
    assert_int_equal(d->info.wraps, 1);
    free(d);
    file = file_new("cut.bs3");
    put_hex(file, "03 10 52 00 00 00 1C 03");
    refuse(file, false, "ends inside event 1 (8 bytes, not a multiple of 7)");
}

/* What a clock makes good is refused strictly. */
static void clocks_are_strict(void **state) {
    (void)state;
    made_file *file = file_new("late.bs1");
    for (uint32_t i = 0; i < 20; i++) {
        put_big(file, i, 2);
        put_big(file, i == 7 ? 100 : 1000 * i, 3);
    }
    refuse(file, true, "byte 35: an event earlier than the one before");
    file = file_new("restart.bs1");
    for (uint32_t i = 0; i < 40; i++) {
        put_big(file, i, 2);
        put_big(file, 3000 * (i % 20), 3);
    }
    refuse(file, true, "byte 100: a clock that starts again without having run out");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_a_dvs),         cmocka_unit_test(streams_of_other_sensors),
        cmocka_unit_test(streams_that_are_refused), cmocka_unit_test(slayer_in_one_dimension),
        cmocka_unit_test(slayer_of_large_sensors),  cmocka_unit_test(clocks_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
