/* SPDX-License-Identifier: MIT */
/* The inner loops of reading give the same at every kernel level, for any number of events. */
#include "support.h"

#include "events/kernels_events.h"

enum { MOST = 77 };

static uint64_t state_of = 0;

static uint32_t next(void) {
    state_of = state_of * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state_of >> 33);
}

static bool has_level(vdib__kernel_level level) {
    vdib__kernel_level best = VDIB_KERNEL_PORTABLE;
    assert_int_equal(unsetenv("VDIB_KERNEL"), 0);
    assert_ok(vdib__kernel_level_choose(&best));
    return level <= best;
}

static void assert_events(const vdib_event *a, const vdib_event *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        assert_true(a[i].t == b[i].t && a[i].x == b[i].x && a[i].y == b[i].y && a[i].polarity == b[i].polarity);
}

/* Fails unless a look is what one event after the other gives. */
static void assert_look(const vdib__event_look *got, const vdib_event *events, size_t count) {
    vdib__event_look want = {.late = 0};
    for (size_t i = 0; i < count; i++) {
        want.late += i > 0 && events[i].t < events[i - 1].t;
        want.on += events[i].polarity;
        want.x = events[i].x > want.x ? events[i].x : want.x;
        want.y = events[i].y > want.y ? events[i].y : want.y;
    }
    assert_true(got->late == want.late && got->on == want.on && got->x == want.x && got->y == want.y);
}

static void looks_are_the_same(const vdib__event_kernels *kernels, size_t count) {
    vdib_event events[MOST];
    memset(events, 0xA5, sizeof events); /* what is between members does not count */
    for (size_t i = 0; i < count; i++) {
        events[i].t = (int64_t)(next() % 4) - 2 + (next() % 8 == 0 ? INT64_MIN / 2 : 0);
        events[i].x = (uint16_t)(next() % 320);
        events[i].y = (uint16_t)(next() % 240);
        events[i].polarity = (uint8_t)(next() % 2);
    }
    if (next() % 2 == 0)
        events[next() % count].x = 320;
    else if (next() % 2 == 0)
        events[next() % count].y = 40000;
    vdib__event_look got = kernels->look(events, count);
    assert_look(&got, events, count);
}

static void records_are_the_same(const vdib__event_kernels *kernels, size_t count) {
    const vdib__event_kernels *plain = vdib__event_kernels_of(VDIB_KERNEL_PORTABLE);
    vdib_event a[MOST], b[MOST];
    uint8_t *bytes = malloc(8 * count + 1); /* what reads beyond them is seen by a sanitizer */
    assert_non_null(bytes);
    for (size_t i = 0; i < 8 * count; i++)
        bytes[i] = (uint8_t)next();
    int64_t turns = (int64_t)next() << 32;
    const vdib__dat_clock clock = {123456, turns};
    vdib__event_look seen;
    uint32_t changed = kernels->dat(bytes, count, &clock, a, &seen);
    assert_look(&seen, a, count);
    assert_int_equal(changed, plain->dat(bytes, count, &clock, b, &seen));
    assert_look(&seen, b, count);
    assert_events(a, b, count);
    for (size_t i = 0; i < 2 * count; i++) /* events, and a word of another type now and then */
        bytes[4 * i + 3] = (uint8_t)(next() % 60 == 0 ? next() : next() % 32);
    for (size_t begin = 0; begin < 2 * count && begin < 9; begin++) {
        size_t words = 2 * count - begin < MOST ? 2 * count - begin : MOST;
        size_t made = kernels->evt2(bytes + 4 * begin, words, turns, a);
        assert_int_equal(made, plain->evt2(bytes + 4 * begin, words, turns, b));
        assert_events(a, b, made);
    }
    free(bytes);
}

static void levels_give_the_same(void **state) {
    (void)state;
    state_of = support_seed(1);
    for (int level = 0; level < VDIB_KERNEL_LEVELS; level++) {
        if (!has_level((vdib__kernel_level)level)) {
            printf("this machine has no %s\n", vdib__kernel_level_name((vdib__kernel_level)level));
            continue;
        }
        const vdib__event_kernels *kernels = vdib__event_kernels_of((vdib__kernel_level)level);
        for (int round = 0; round < 200; round++)
            for (size_t count = 1; count <= MOST; count += 1 + (size_t)round % 5) {
                looks_are_the_same(kernels, count);
                records_are_the_same(kernels, count);
            }
    }
}

/* One of each by hand. */
static void records_are_what_the_format_says(void **state) {
    (void)state;
    static const uint8_t dat[] = {7, 0, 0, 0x80, 0x05, 0x80, 0x01, 0x10}, evt2[] = {0x03, 0x28, 0x40, 0x10};
    const vdib__event_kernels *plain = vdib__event_kernels_of(VDIB_KERNEL_PORTABLE);
    const vdib__dat_clock clock = {7, 1000};
    vdib__event_look seen;
    vdib_event event;
    assert_int_equal(plain->dat(dat, 1, &clock, &event, &seen), UINT32_C(1) << 31);
    assert_true(seen.late == 0 && seen.on == 1 && seen.x == 5 && seen.y == 6);
    assert_true(event.t == 0x80000007 + INT64_C(1000) && event.x == 5 && event.y == 6 && event.polarity == 1);
    assert_int_equal(plain->evt2(evt2, 1, 640, &event), 1);
    assert_true(event.t == 641 && event.x == 5 && event.y == 3 && event.polarity == 1);
    assert_non_null(vdib__event_kernels_choose());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_give_the_same),
        cmocka_unit_test(records_are_what_the_format_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
