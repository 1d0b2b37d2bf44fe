/* SPDX-License-Identifier: MIT */
/* Rasters from (step, channel) pairs, borrowed from compressed rows, and shown as such. */
#include "support.h"

#include "core/random.h"
#include "vdib/raster.h"

enum { STEPS = 40, CHANNELS = 30, PAIRS = 700 };

static vdib_raster *new_raster(void) {
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(CHANNELS, STEPS, &raster));
    return raster;
}

static void random_pairs(uint64_t seed, uint32_t *steps, uint32_t *channels) {
    vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_STIMULUS};
    for (uint32_t i = 0; i < PAIRS; i++) {
        uint32_t words[4];
        vdib__random_block(&key, 0, i, words);
        steps[i] = words[0] % STEPS;
        channels[i] = words[1] % CHANNELS;
    }
}

static void pairs_become_their_spikes(void **state) {
    (void)state;
    uint32_t steps[PAIRS], channels[PAIRS];
    uint8_t want[STEPS * CHANNELS] = {0}, got[STEPS * CHANNELS];
    size_t repeated = 0, distinct = 0;
    vdib_raster *raster = new_raster();
    random_pairs(support_seed(3), steps, channels);
    for (size_t i = 0; i < PAIRS; i++) {
        uint8_t *cell = &want[steps[i] * CHANNELS + channels[i]];
        distinct += *cell == 0;
        *cell = 1;
    }
    for (int round = 0; round < 2; round++) { /* what was there before is replaced */
        assert_ok(vdib_raster_from_pairs(raster, steps, channels, PAIRS, &repeated));
        assert_int_equal(vdib_raster_spikes(raster), distinct);
        assert_int_equal(repeated, PAIRS - distinct);
        assert_true(repeated > 0);
        vdib_raster_to_dense(raster, got);
        assert_memory_equal(got, want, sizeof want);
        for (size_t t = 0; t < STEPS; t++) {
            const uint32_t *row = NULL;
            size_t count = vdib_raster_at(raster, t, &row);
            for (size_t s = 1; s < count; s++)
                assert_true(row[s - 1] < row[s]);
        }
    }
    assert_ok(vdib_raster_from_pairs(raster, NULL, NULL, 0, NULL));
    assert_int_equal(vdib_raster_spikes(raster), 0);
    vdib_raster_destroy(raster);
}

static void pairs_outside_are_refused(void **state) {
    (void)state;
    const uint32_t steps[] = {0, STEPS - 1, STEPS}, channels[] = {0, CHANNELS - 1, 2}, wide[] = {1, CHANNELS, 1};
    size_t repeated = 77;
    vdib_raster *raster = new_raster();
    assert_ok(vdib_raster_from_pairs(raster, steps, channels, 2, &repeated));
    assert_int_equal(repeated, 0);
    repeated = 77;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_from_pairs(raster, steps, channels, 3, &repeated),
                 "spike 2 is in step 40");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_from_pairs(raster, steps, wide, 2, &repeated),
                 "spike 1 is in step 39 and channel 30");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_from_pairs(raster, NULL, channels, 2, NULL),
                 "steps must not be NULL");
    assert_int_equal(repeated, 77);
    assert_int_equal(vdib_raster_spikes(raster), 2);
    vdib_raster_destroy(raster);
}

static void a_view_can_be_borrowed_again(void **state) {
    (void)state;
    uint32_t steps[PAIRS], channels[PAIRS];
    const size_t *offsets = NULL, *seen_offsets = NULL;
    const uint32_t *indices = NULL, *seen_indices = NULL;
    uint8_t want[STEPS * CHANNELS], got[STEPS * CHANNELS];
    vdib_raster *raster = new_raster(), *borrowed = NULL;
    random_pairs(4, steps, channels);
    assert_ok(vdib_raster_from_pairs(raster, steps, channels, PAIRS, NULL));
    assert_ok(vdib_raster_view(raster, &offsets, &indices));
    assert_int_equal(offsets[0], 0);
    assert_int_equal(offsets[STEPS], vdib_raster_spikes(raster));
    assert_ok(vdib_raster_borrow(CHANNELS, STEPS, offsets, indices, &borrowed));
    assert_ok(vdib_raster_view(borrowed, &seen_offsets, &seen_indices));
    assert_ptr_equal(seen_offsets, offsets); /* without a copy */
    assert_ptr_equal(seen_indices, indices);
    vdib_raster_to_dense(raster, want);
    vdib_raster_to_dense(borrowed, got);
    assert_memory_equal(got, want, sizeof want);
    vdib_raster_destroy(borrowed);
    vdib_raster_to_dense(raster, got); /* the arrays are still the raster's */
    assert_memory_equal(got, want, sizeof want);
    vdib_raster_destroy(raster);
}

static void borrowed_rasters_do_not_change(void **state) {
    (void)state;
    static const size_t offsets[] = {0, 1, 1};
    static const uint32_t indices[] = {2};
    static const uint8_t dense[6] = {1};
    const vdib_binning binning = {
        .size = sizeof binning, .width = 3, .height = 1, .polarities = 1, .steps = 2, .step_us = 1};
    const uint32_t zero = 0;
    const vdib_event event = {.t = 0};
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_borrow(3, 2, offsets, indices, &raster));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_from_dense(raster, dense), "borrowed");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_from_pairs(raster, &zero, &zero, 1, NULL), "borrowed");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_bin(raster, &event, 1, &binning, NULL), "borrowed");
    assert_int_equal(vdib_raster_spikes(raster), 1);
    vdib_raster_destroy(raster);
}

static void wrong_rows_are_refused(void **state) {
    (void)state;
    vdib_raster *raster = NULL;
    const size_t good[] = {0, 2, 3}, late[] = {1, 2, 3}, falling[] = {0, 3, 2}, empty[] = {0, 0, 0};
    const uint32_t indices[] = {0, 4, 1}, outside[] = {0, 5, 1}, again[] = {4, 4, 1}, back[] = {4, 0, 1};
    assert_ok(vdib_raster_borrow(5, 2, good, indices, &raster));
    vdib_raster_destroy(raster);
    raster = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_borrow(5, 2, late, indices, &raster), "offsets[0] is 1");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_borrow(5, 2, falling, indices, &raster), "offsets[2] is 2");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_borrow(5, 2, good, outside, &raster), "channel 5");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_borrow(5, 2, good, again, &raster), "increase");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_borrow(5, 2, good, back, &raster), "increase");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_borrow(5, 2, good, NULL, &raster), "NULL");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_borrow(5, 2, NULL, indices, &raster), "NULL");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_borrow(0, 2, good, indices, &raster), "channels");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_borrow(5, 0x1000000, good, indices, &raster), "steps");
    assert_null(raster);
    assert_ok(vdib_raster_borrow(5, 2, empty, NULL, &raster));
    assert_int_equal(vdib_raster_spikes(raster), 0);
    vdib_raster_destroy(raster);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_become_their_spikes),    cmocka_unit_test(pairs_outside_are_refused),
        cmocka_unit_test(a_view_can_be_borrowed_again), cmocka_unit_test(borrowed_rasters_do_not_change),
        cmocka_unit_test(wrong_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
