/* SPDX-License-Identifier: MIT */
/* AEDAT 1.0, 2.0 and 3: sensors, clocks, what is left out. */
#include "events/decode.h"

static made_file *aedat(const char *header) {
    made_file *file = file_new("camera");
    put_text(file, header);
    return file;
}

static void put_aer(made_file *file, uint32_t address, uint32_t stamp) {
    put_big(file, address, 4);
    put_big(file, stamp, 4);
}

/* ---- 1.0 and 2.0 ---- */

static void dvs128_addresses(void **state) {
    (void)state;
    made_file *file = aedat("#!AER-DAT2.0\r\n# This is a raw AE data file - do not edit\r\n");
    put_hex(file, "00 00 3A 79 00 01 86 A0");
    put_aer(file, 0x8000, 100001);               /* an external input */
    put_aer(file, UINT32_C(0x80000000), 100001); /* a special event */
    put_aer(file, 0x7FFE, 100002);
    put_hex(file, "00 00 3A");
    decoded *d = decode(file, "aedat2", EVENTS({100000, 67, 69, 0}, {100002, 0, 0, 1}));
    assert_string_equal(d->info.assumed, "the sensor by its addresses: its header names none");
    assert_int_equal(d->info.width, 128);
    assert_int_equal(d->info.height, 128);
    assert_int_equal(d->info.others, 2);
    assert_int_equal(d->info.truncated, 3);
    free(d);
}

static void addresses_of_16_bits(void **state) {
    (void)state;
    made_file *file = aedat("#!AER-DAT1.0\n");
    put_hex(file, "3A 79 00 01 86 A0");
    free(decode(file, "aedat2", EVENTS({100000, 67, 69, 0})));
    file = file_new("old.aedat"); /* no line says the version: 1.0 */
    put_text(file, "# a recording\n");
    put_hex(file, "3A 79 00 01 86 A0");
    free(decode(file, "aedat2", EVENTS({100000, 67, 69, 0})));
    file = file_new("comment");
    put_text(file, "# a recording\n");
    refuse(file, false, "is no event file by its name or content");
}

static void davis_addresses(void **state) {
    (void)state;
    static const struct {
        const char *chip;
        uint16_t width, height;
    } chips[] = {{"eu.seebetter.ini.chips.davis.Davis346red", 346, 260},
                 {"eu.seebetter.ini.chips.davis.DAVIS240C", 240, 180},
                 {"ch.unizh.ini.jaer.chip.davis.Davis128", 128, 128},
                 {"eu.seebetter.ini.chips.davis.Davis640", 640, 480}};
    for (size_t i = 0; i < sizeof chips / sizeof *chips; i++) {
        char header[128];
        snprintf(header, sizeof header, "#!AER-DAT2.0\r\n# AEChip: %s\r\n#End Of ASCII Header\r\n", chips[i].chip);
        made_file *file = aedat(header);
        uint16_t x = (uint16_t)(chips[i].width - 1), y = (uint16_t)(chips[i].height - 1);
        put_aer(file, UINT32_C(0x23202020), 5); /* begins with a byte like "#" */
        put_aer(file, UINT32_C(100) << 22 | UINT32_C(120) << 12 | 1 << 11, 1000);
        put_aer(file, UINT32_C(0x80000000) | 0x400, 1001); /* a measurement */
        put_aer(file, UINT32_C(100) << 22 | 0x400, 1001);  /* an external input */
        put_aer(file, UINT32_C(0), 1002);
        put_aer(file, (uint32_t)chips[i].height << 22, 1003); /* beyond the sensor */
        bool inside = 140 < chips[i].height && 514 < chips[i].width;
        vdib_event all[] = {{5, (uint16_t)(x - 514), (uint16_t)(y - 140), 0},
                            {1000, (uint16_t)(x - 120), (uint16_t)(y - 100), 1},
                            {1002, x, y, 0}};
        decoded *d = decode(file, "aedat2", inside ? 3 : 2, all + !inside);
        assert_int_equal(d->info.width, chips[i].width);
        assert_int_equal(d->info.height, chips[i].height);
        assert_int_equal(d->info.others, 2);
        assert_int_equal(d->info.outside, chips[i].height < 512 ? 1 + !inside : 0);
        free(d);
    }
    made_file *file = aedat("#!AER-DAT2.0\n# AEChip: eu.seebetter.ini.chips.davis.Davis346red\n");
    put_hex(file, "32 06 48 00 00 00 03 E8");
    free(decode(file, "aedat2", EVENTS({1000, 245, 59, 1})));
}

/* Without a name, addresses above 16 bits are a DAVIS's, of the size that they ask for. */
static void sensors_without_a_name(void **state) {
    (void)state;
    static const uint16_t sizes[][2] = {{240, 180}, {346, 260}, {640, 480}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        made_file *file = aedat("#!AER-DAT2.0\n");
        uint32_t x = sizes[i][0] - 1U, y = sizes[i][1] - 1U;
        put_aer(file, y << 22 | x << 12, 7);
        decoded *d = decode(file, "aedat2", EVENTS({7, 0, 0, 0}));
        assert_int_equal(d->info.width, sizes[i][0]);
        assert_int_equal(d->info.height, sizes[i][1]);
        free(d);
    }
}

static void silicon_cochleas(void **state) {
    (void)state;
    made_file *file = aedat("#!AER-DAT2.0\n# AEChip: ch.unizh.ini.jaer.chip.cochlea.CochleaAMS1c\n");
    put_aer(file, 0x300 | 63 << 2 | 2 | 1, 10);
    put_aer(file, 0x100 | 5 << 2, 11);
    put_aer(file, 0x2000, 12);
    decoded *d = decode(file, "aedat2", EVENTS({10, 63, 7, 1}, {11, 5, 1, 0}));
    assert_int_equal(d->info.others, 1);
    free(d);
}

/* 32 bits with a sign: they turn from the largest to the smallest; steps back are no turns. */
static void signed_clocks_turn(void **state) {
    (void)state;
    made_file *file = aedat("#!AER-DAT2.0\n");
    put_aer(file, 0, INT32_MAX);
    put_aer(file, 0, UINT32_C(0x80000004));
    put_aer(file, 0, UINT32_C(0x80000001));
    put_aer(file, 0, 0);
    int64_t most = INT32_MAX;
    decoded *d = decode(
        file, "aedat2",
        EVENTS({most, 127, 127, 1}, {most + 5, 127, 127, 1}, {most + 2, 127, 127, 1}, {INT64_C(1) << 32, 127, 127, 1}));
    assert_int_equal(d->info.wraps, 1);
    assert_int_equal(d->info.out_of_order, 1);
    free(d);
    file = aedat("#!AER-DAT2.0\n");
    put_aer(file, 0, UINT32_MAX); /* begins before 0 */
    put_aer(file, 0, 3);
    d = decode(file, "aedat2", EVENTS({-1, 127, 127, 1}, {3, 127, 127, 1}));
    assert_int_equal(d->info.wraps, 0);
    assert_int_equal(d->info.first_us, -1);
    free(d);
}

/* Preferences of a sensor stand in the header: as many and as long lines as they like. */
static void long_headers(void **state) {
    (void)state;
    made_file *file = aedat("#!AER-DAT2.0\n#");
    for (size_t i = 0; i < 9000; i++)
        put_text(file, "<a b=\"c\">");
    put_text(file, "\n");
    for (size_t i = 0; i < 2000; i++)
        put_text(file, "#  <map>\r\n");
    put_aer(file, 0, 9);
    free(decode(file, "aedat2", EVENTS({9, 127, 127, 1})));
}

/* Rows have 9 bits, also where a sensor is looked for that has them. */
static void sensors_without_a_name_have_rows_of_nine_bits(void **state) {
    (void)state;
    made_file *file = aedat("#!AER-DAT2.0\n");
    put_aer(file, 300U << 22 | 100U << 12 | 1U << 11, 1000);
    decoded *d = decode(file, "aedat2", EVENTS({1000, 539, 179, 1}));
    assert_int_equal(d->info.width, 640);
    assert_int_equal(d->info.height, 480);
    free(d);
}

static void cut_headers_are_counted_and_refused_strictly(void **state) {
    (void)state;
    static const char header[] = "#!AER-DAT2.0\r\n# A recording\r\n";
    for (size_t size = 11; size < sizeof header - 1; size++) {
        if (size == 14) /* a whole line: events may follow, or none */
            continue;
        cut_header("camera", header, size, "aedat2", size < 14 ? size : size - 14);
    }
    for (size_t size = 1; size < 9; size++) { /* shorter than what says that it is one, whatever its name */
        made_file *file = file_new("a.aedat");
        put(file, header, size);
        refuse(file, false, "is no event file by its name or content");
    }
    made_file *file = aedat(header);
    decoded *d = decode(file, "aedat2", NO_EVENTS);
    assert_int_equal(d->info.truncated, 0);
    free(d);
}

static void damaged_addresses_are_refused_strictly(void **state) {
    (void)state;
    made_file *file = aedat("#!AER-DAT2.0\n# AEChip: x.DVS128\n");
    put_aer(file, 0, 1);
    put_aer(file, 0x10000, 2);
    refuse(again(file), true, "byte 40: an address of more than 16 bits");
    decoded *d = decode(file, "aedat2", EVENTS({1, 127, 127, 1}));
    assert_int_equal(d->info.damaged, 1);
    free(d);
}

/* ---- 3 ---- */

static const char header3[] =
    "#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: then\r\n#!END-HEADER\r\n";

static void cut_headers_of_packets(void **state) {
    (void)state;
    for (size_t size = 11; size < sizeof header3 - 1; size++) {
        size_t whole = size;
        while (whole > 0 && header3[whole - 1] != '\n')
            whole--;
        if (whole < size)
            cut_header("camera", header3, size, "aedat3", size - whole);
    }
    made_file *file = aedat("#!AER-DAT3.1\r\n#Format: RAW\r\n"); /* whole lines, without the last one */
    refuse(again(file), true, "byte 28: the file ends inside its header");
    decoded *d = decode(file, "aedat3", NO_EVENTS);
    assert_int_equal(d->info.truncated, 1);
    free(d);
    d = decode(aedat(header3), "aedat3", NO_EVENTS);
    assert_int_equal(d->info.truncated, 0);
    free(d);
}

static void put_packet(made_file *file, unsigned type, uint32_t event, uint32_t turn, uint32_t capacity,
                       uint32_t count) {
    const uint32_t numbers[] = {event, 4, turn, capacity, count, count};
    put_little(file, type, 2);
    put_little(file, 1, 2);
    for (size_t i = 0; i < 6; i++)
        put_little(file, numbers[i], 4);
}

static void put_polarity(made_file *file, unsigned x, unsigned y, unsigned p, unsigned valid, uint32_t stamp) {
    put_little(file, x << 17 | y << 2 | p << 1 | valid, 4);
    put_little(file, stamp, 4);
}

/* Places have 15 bits. */
static void large_places_of_packets(void **state) {
    (void)state;
    made_file *file = aedat("#!AER-DAT3.1\r\n#!END-HEADER\r\n");
    put_packet(file, 1, 8, 0, 1, 1);
    put_polarity(file, 20001, 30002, 1, 1, 7);
    free(decode(file, "aedat3", EVENTS({7, 20001, 30002, 1})));
}

static void packets_of_polarity(void **state) {
    (void)state;
    made_file *file = aedat(header3);
    put_hex(file, "01 00 01 00 08 00 00 00 04 00 00 00 00 00 00 00 01 00 00 00 01 00 00 00 01 00 00 00");
    put_hex(file, "CB 00 C8 00 6F 70 C5 04");
    put_packet(file, 0, 8, 0, 2, 2); /* special */
    put_hex(file, "01 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00");
    put_packet(file, 1, 12, 2, 4, 3); /* longer events, and room for one more */
    for (unsigned i = 0; i < 4; i++) {
        put_polarity(file, i, 127, 0, i != 1, 5 + i);
        put_little(file, 99, 4);
    }
    put_packet(file, 1, 8, 0, 0, 0);
    put_packet(file, 2, 100000, 0, 1, 1); /* a frame */
    for (size_t i = 0; i < 100000; i++)
        put_little(file, 1, 1);
    put_packet(file, 1, 8, 3, 2, 2);
    put_polarity(file, 128, 0, 1, 1, 0); /* beyond the sensor */
    put_polarity(file, 127, 1, 1, 1, 1);
    int64_t turn = INT64_C(1) << 31;
    decoded *d = decode(file, "aedat3",
                        EVENTS({80048239, 100, 50, 1}, {2 * turn + 5, 0, 127, 0}, {2 * turn + 7, 2, 127, 0},
                               {3 * turn + 1, 127, 1, 1}));
    assert_int_equal(d->info.width, 128);
    assert_int_equal(d->info.others, 3);
    assert_int_equal(d->info.dropped, 1);
    assert_int_equal(d->info.outside, 1);
    assert_int_equal(d->info.damaged + d->info.truncated, 0);
    free(d);
}

static void version_3_0_counts_from_the_bottom(void **state) {
    (void)state;
    made_file *file = aedat("#!AER-DAT3.0\r\n#Source 1: DAVIS240C\r\n");
    put_packet(file, 1, 8, 0, 1, 1);
    put_little(file, 100U << 18 | 50U << 4 | 3, 4);
    put_little(file, 77, 4);
    decoded *d = decode(file, "aedat3", EVENTS({77, 100, 180 - 1 - 50, 1}));
    assert_int_equal(d->info.height, 180);
    free(d);
    file = aedat("#!AER-DAT3.1\r\n#Source 0: DVS128\r\n#Source 1: DAVIS240C\r\n#!END-HEADER\r\n");
    put_packet(file, 1, 8, 0, 1, 1); /* of which of the two? */
    put_polarity(file, 200, 150, 1, 1, 1);
    d = decode(file, "aedat3", EVENTS({1, 200, 150, 1}));
    assert_int_equal(d->info.width, 201);
    free(d);
}

static void packets_that_are_cut_or_damaged(void **state) {
    (void)state;
    size_t header = sizeof header3 - 1;
    for (size_t cut = 1; cut < 16 + 28; cut++) {
        made_file *file = aedat(header3);
        put_packet(file, 1, 8, 0, 2, 2);
        put_polarity(file, 1, 2, 1, 1, 10);
        put_polarity(file, 3, 4, 0, 1, 11);
        file->size -= cut;
        vdib_event events[] = {{10, 1, 2, 1}};
        decoded *d = decode(file, "aedat3", cut <= 8 ? 1 : 0, events);
        size_t rest = cut <= 8 ? 8 - cut : cut <= 16 ? 16 - cut : 44 - cut;
        assert_int_equal(d->info.truncated, rest > 0 ? rest : 1);
        free(d);
    }
    static const struct {
        unsigned type;
        uint32_t event, turn, capacity, count;
    } bad[] = {{0xFFFF, 8, 0, 1, 1}, {1, 0, 0, 1, 1},          {1, 4, 0, 1, 1},         {1, 8, UINT32_MAX, 1, 1},
               {1, 8, 0, 1, 2},      {1, 8, 0, UINT32_MAX, 1}, {1, UINT32_MAX, 0, 1, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char part[64];
        made_file *file = aedat(header3);
        put_packet(file, bad[i].type, bad[i].event, bad[i].turn, bad[i].capacity, bad[i].count);
        put_polarity(file, 1, 2, 1, 1, 10);
        snprintf(part, sizeof part, "byte %zu: no header of a packet", header);
        refuse(again(file), true, part);
        decoded *d = decode(file, "aedat3", NO_EVENTS);
        assert_int_equal(d->info.damaged, 1);
        free(d);
    }
    made_file *file = aedat(header3);
    put_packet(file, 1, 8, 0, 1, 1);
    put_polarity(file, 1, 2, 1, 1, UINT32_C(0x80000000));
    put_packet(file, 2, 0x7FFFFFFF, 0, 0x7FFFFFFF, 1); /* longer than the file */
    decoded *d = decode(file, "aedat3", NO_EVENTS);
    assert_int_equal(d->info.damaged, 1);
    free(d);
    refuse(aedat("#!AER-DAT3.1\r\n#Format: PNG\r\n#!END-HEADER\r\n"), false, "byte 14: its packets are compressed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dvs128_addresses),
        cmocka_unit_test(addresses_of_16_bits),
        cmocka_unit_test(davis_addresses),
        cmocka_unit_test(sensors_without_a_name),
        cmocka_unit_test(silicon_cochleas),
        cmocka_unit_test(signed_clocks_turn),
        cmocka_unit_test(long_headers),
        cmocka_unit_test(sensors_without_a_name_have_rows_of_nine_bits),
        cmocka_unit_test(cut_headers_are_counted_and_refused_strictly),
        cmocka_unit_test(large_places_of_packets),
        cmocka_unit_test(cut_headers_of_packets),
        cmocka_unit_test(damaged_addresses_are_refused_strictly),
        cmocka_unit_test(packets_of_polarity),
        cmocka_unit_test(version_3_0_counts_from_the_bottom),
        cmocka_unit_test(packets_that_are_cut_or_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
