/* SPDX-License-Identifier: MIT */
/* The code of event chunks in Metavision's HDF5 files, byte by byte as its description says. */
#include "support.h"

#include "hdf5/ecf.h"

enum { MOST = 5000 };

static void decodes_to(const uint8_t *bytes, size_t size, const ecf_event *events, size_t count) {
    ecf_event got[16];
    size_t found = 0;
    assert_true(ecf_count(bytes, size, &found));
    assert_int_equal(found, count);
    assert_true(ecf_decode(bytes, size, got, count));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(got[i].t, events[i].t);
        assert_int_equal(got[i].x, events[i].x);
        assert_int_equal(got[i].y, events[i].y);
        assert_int_equal(got[i].p, events[i].p);
    }
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *exact = malloc(cut + 1);
        exact = realloc(exact, cut > 0 ? cut : 1);
        memcpy(exact, bytes, cut);
        assert_false(cut >= 12 && ecf_decode(exact, cut, got, count));
        free(exact);
    }
}

/* From a chunk that Prophesee's own program wrote: y << 12 | x << 1 | p in 24 bits. */
static void places_in_24_bits(void **state) {
    static const uint8_t bytes[] = {4 << 2 | 2, 0,    0,    0,    5,    0,    0,    0,    0,    0,    0,    0,   0x04,
                                    0xEE,       0xBE, 0x93, 0x1B, 0xA8, 0xB2, 0xB3, 0x1B, 0x02, 0x90, 0x18, 0x0D};
    static const ecf_event events[] = {{.t = 5, .x = 479, .y = 441},
                                       {.t = 5, .x = 503, .y = 443},
                                       {.t = 5, .x = 340, .y = 219},
                                       {.t = 5, .x = 1, .y = 393}};
    (void)state;
    decodes_to(bytes, sizeof bytes, events, 4);
}

/* Times: 2 events at 5, a step of 0x21 and 3 more, 1 event; rows as runs; x << 1 | p in 12 bits. */
static void columns_in_12_bits(void **state) {
    static const uint8_t bytes[] = {4 << 2 | 1, 0,    0,    0,    5,    0,    0,    0,    0,
                                    0,          0,    0,    0x02, 0xF1, 0xF2, 0x31, 0x01, 100 << 5 & 0xFF,
                                    100 >> 3,   0x4D, 0x6D, 0xE4, 0x64, 0x7B, 0x68};
    uint8_t made[sizeof bytes];
    static const ecf_event events[] = {{.t = 5, .x = 874, .y = 100},
                                       {.t = 5, .x = 806, .y = 100, .p = 1},
                                       {.t = 5 + 0x21 + 3, .x = 882, .y = 100},
                                       {.t = 5 + 0x21 + 3, .x = 1085, .y = 100, .p = 1}};
    (void)state;
    memcpy(made, bytes, sizeof made);
    made[17] = (uint8_t)(100 << 5 | 4);
    made[18] = 100 >> 3;
    decodes_to(made, sizeof made, events, 4);
}

/* Columns with those behind them, polarities as runs. */
static void columns_with_masks(void **state) {
    static const uint8_t bytes[] = {4 << 2,
                                    0,
                                    0,
                                    0,
                                    5,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0x04,
                                    0x44,
                                    0,
                                    /* x 9, and 10 and 14; x 3 */ 0x31,
                                    0x01,
                                    0x60,
                                    0x00,
                                    0x83,
                                    0x01};
    static const ecf_event events[] = {{.t = 5, .x = 9, .y = 2, .p = 1},
                                       {.t = 5, .x = 10, .y = 2, .p = 1},
                                       {.t = 5, .x = 14, .y = 2, .p = 1},
                                       {.t = 5, .x = 3, .y = 2}};
    (void)state;
    decodes_to(bytes, sizeof bytes, events, 4);
}

static void random_events(uint64_t seed, unsigned kind, ecf_event *events, size_t count) {
    int64_t t = kind % 3 == 0 ? INT64_MIN + 5 : (int64_t)seed;
    uint64_t bits = seed;
    for (size_t i = 0; i < count; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        unsigned r = (unsigned)(bits >> 33);
        t += r % 16 == 0 ? (int64_t)1 << (r / 16 % 40) : r % 3 == 0 ? (int64_t)(r % 18) : 0;
        events[i] = (ecf_event){.t = t,
                                .x = (uint16_t)(kind % 2 == 0 ? r / 7 % 2048 : i % 2048),
                                .y = (uint16_t)(kind % 4 < 2 ? r / 5 % (kind % 5 == 0 ? 4096 : 2048) : i / 100 % 2048),
                                .p = (int16_t)(kind % 8 < 4 ? r / 11 % 2 : i / 300 % 2)};
    }
}

/* Whatever events come back, and in no more room than is said. */
static void events_come_back(void **state) {
    static ecf_event events[MOST], back[MOST];
    uint8_t *bytes = malloc(ecf_bound(MOST));
    uint64_t seed = support_seed(11);
    size_t least = SIZE_MAX;
    (void)state;
    assert_non_null(bytes);
    for (unsigned kind = 0; kind < 60; kind++) {
        size_t count = kind < 20 ? kind + 1 : MOST - kind % 7, found = 0;
        random_events(seed + kind, kind, events, count);
        size_t size = ecf_encode(events, count, bytes);
        assert_true(size > 0 && size <= ecf_bound(count));
        assert_true(ecf_count(bytes, size, &found) && found == count);
        assert_true(ecf_decode(bytes, size, back, count));
        for (size_t i = 0; i < count; i++)
            assert_true(back[i].t == events[i].t && back[i].x == events[i].x && back[i].y == events[i].y &&
                        back[i].p == events[i].p);
        least = count == MOST && size < least ? size : least;
    }
    assert_true(least < 3 * MOST); /* rows of neighbours take less than three bytes an event */
    free(bytes);
}

static void what_it_cannot_express_is_refused(void **state) {
    uint8_t bytes[128];
    const ecf_event good = {.x = 2047, .y = 4095, .p = 1, .t = 7};
    ecf_event events[2] = {good, good};
    (void)state;
    assert_true(ecf_encode(events, 2, bytes) > 0);
    assert_int_equal(ecf_encode(events, 0, bytes), 0);
    events[1].x = 2048;
    assert_int_equal(ecf_encode(events, 2, bytes), 0);
    events[1] = good;
    events[1].y = 4096;
    assert_int_equal(ecf_encode(events, 2, bytes), 0);
    events[1] = good;
    events[1].p = -1;
    assert_int_equal(ecf_encode(events, 2, bytes), 0);
    events[1] = good;
    events[1].t = 6;
    assert_int_equal(ecf_encode(events, 2, bytes), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_in_24_bits),
        cmocka_unit_test(columns_in_12_bits),
        cmocka_unit_test(columns_with_masks),
        cmocka_unit_test(events_come_back),
        cmocka_unit_test(what_it_cannot_express_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
