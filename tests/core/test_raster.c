/* SPDX-License-Identifier: MIT */
/* Rasters at odd sizes against dense matrices, binning and its counters. */
#include "support.h"

#include <math.h>

#include "core/alloc.h"
#include "core/random.h"
#include "core/raster.h"

static const size_t sizes[][2] = {{1, 1}, {1, 17}, {13, 1}, {7, 33}, {30, 64}, {65, 100}}; /* steps, channels */
enum { SIZES = sizeof sizes / sizeof *sizes };

static vdib_raster *new_raster(size_t channels, size_t steps) {
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(channels, steps, &raster));
    return raster;
}

/* A malloc'ed matrix of 0 and other values with the given share of spikes. */
static uint8_t *random_dense(size_t count, uint64_t number, float share) {
    uint8_t *dense = malloc(count);
    assert_non_null(dense);
    vdib__key key = {.seed = 21, .purpose = VDIB_PURPOSE_CODING, .example = number};
    for (size_t i = 0; i < count; i++)
        dense[i] = vdib__random_uniform(&key, 0, (uint32_t)i) < share ? (uint8_t)(1 + i % 255) : 0;
    return dense;
}

static void check_against_dense(const vdib_raster *raster, const uint8_t *dense, size_t steps, size_t channels) {
    size_t spikes = 0;
    for (size_t t = 0; t < steps; t++) {
        const uint32_t *at = NULL;
        size_t count = vdib_raster_at(raster, t, &at), next = 0;
        for (size_t n = 0; n < channels; n++)
            if (dense[t * channels + n] != 0) {
                assert_true(next < count);
                assert_int_equal(at[next++], n);
            }
        assert_int_equal(next, count);
        spikes += count;
    }
    assert_int_equal(vdib_raster_spikes(raster), spikes);
    uint8_t *back = malloc(steps * channels);
    assert_non_null(back);
    vdib_raster_to_dense(raster, back);
    for (size_t i = 0; i < steps * channels; i++)
        assert_int_equal(back[i], dense[i] != 0);
    free(back);
}

static void dense_matrices_come_back(void **state) {
    (void)state;
    static const float shares[] = {0.0F, 0.1F, 1.0F};
    for (size_t i = 0; i < SIZES; i++)
        for (size_t s = 0; s < 3; s++) {
            size_t steps = sizes[i][0], channels = sizes[i][1];
            vdib_raster *raster = new_raster(channels, steps);
            uint8_t *first = random_dense(steps * channels, i, 0.5F);
            uint8_t *dense = random_dense(steps * channels, 100 + i, shares[s]);
            assert_int_equal(vdib_raster_spikes(raster), 0);
            assert_ok(vdib_raster_from_dense(raster, first)); /* content is replaced */
            assert_ok(vdib_raster_from_dense(raster, dense));
            check_against_dense(raster, dense, steps, channels);
            free(dense);
            free(first);
            vdib_raster_destroy(raster);
        }
}

static void by_channel_is_the_transpose(void **state) {
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        size_t steps = sizes[i][0], channels = sizes[i][1];
        vdib_raster *raster = new_raster(channels, steps), *turned = NULL, *back = NULL;
        uint8_t *dense = random_dense(steps * channels, i, 0.3F), *transposed = malloc(steps * channels);
        assert_non_null(transposed);
        for (size_t t = 0; t < steps; t++)
            for (size_t n = 0; n < channels; n++)
                transposed[n * steps + t] = dense[t * channels + n];
        assert_ok(vdib_raster_from_dense(raster, dense));
        assert_ok(vdib_raster_by_channel(raster, &turned));
        assert_int_equal(vdib_raster_steps(turned), channels);
        assert_int_equal(vdib_raster_channels(turned), steps);
        check_against_dense(turned, transposed, channels, steps);
        assert_ok(vdib_raster_by_channel(turned, &back));
        check_against_dense(back, dense, steps, channels);
        vdib_raster_destroy(back);
        vdib_raster_destroy(turned);
        free(transposed);
        free(dense);
        vdib_raster_destroy(raster);
    }
}

static void copies_take_any_shape(void **state) {
    (void)state;
    vdib_raster *copy = new_raster(3, 5);
    for (size_t i = 0; i < SIZES; i++) {
        size_t steps = sizes[i][0], channels = sizes[i][1];
        vdib_raster *raster = new_raster(channels, steps);
        uint8_t *dense = random_dense(steps * channels, i, 0.2F);
        assert_ok(vdib_raster_from_dense(raster, dense));
        assert_ok(vdib__raster_copy(raster, copy));
        vdib_raster_destroy(raster);
        assert_int_equal(vdib_raster_channels(copy), channels);
        check_against_dense(copy, dense, steps, channels);
        free(dense);
    }
    assert_ok(vdib__raster_reshape(copy, 9, 65));
    assert_int_equal(vdib_raster_spikes(copy), 0);
    vdib_raster_destroy(copy);
}

static const vdib_binning window = {
    .size = sizeof(vdib_binning), .width = 3, .height = 2, .polarities = 2, .steps = 4, .step_us = 10, .start_us = -5};

static void every_event_is_counted_once(void **state) {
    (void)state;
    static const vdib_event events[] = {
        {34, 2, 1, 1},  /* last microsecond of the window */
        {-5, 0, 0, 0},  /* first one */
        {-6, 0, 0, 0},  /* too early */
        {35, 0, 0, 0},  /* too late */
        {4, 1, 0, 1},   /* last of step 0 */
        {5, 1, 0, 1},   /* first of step 1 */
        {9, 1, 0, 1},   /* repeated in step 1 */
        {5, 1, 0, 0},   /* the other polarity is another channel */
        {5, 3, 0, 0},   /* beyond the columns */
        {5, 0, 2, 0},   /* beyond the rows */
        {-99, 9, 9, 0}, /* outside both: counted as outside the sensor */
        {7, 1, 0, 255}, /* any polarity but 0 is ON: repeated */
        {INT64_MIN, 0, 0, 0}, {INT64_MAX, 0, 0, 0},
    };
    enum { COUNT = sizeof events / sizeof *events };
    uint8_t wanted[4 * 12] = {0};
    wanted[0] = wanted[6 + 1] = wanted[12 + 6 + 1] = wanted[12 + 1] = wanted[3 * 12 + 6 + 3 + 2] = 1;
    vdib_raster *raster = new_raster(12, 4);
    vdib_binning_report report = {.size = sizeof(vdib_binning_report)};
    assert_ok(vdib_raster_bin(raster, events, COUNT, &window, &report));
    check_against_dense(raster, wanted, 4, 12);
    assert_int_equal(report.spikes, 5);
    assert_int_equal(report.repeated, 2);
    assert_int_equal(report.outside_window, 4);
    assert_int_equal(report.outside_sensor, 3);
    assert_int_equal(report.spikes + report.repeated + report.outside_window + report.outside_sensor, COUNT);
    assert_ok(vdib_raster_bin(raster, NULL, 0, &window, NULL));
    assert_int_equal(vdib_raster_spikes(raster), 0);
    vdib_raster_destroy(raster);
}

static void merged_polarities_share_channels(void **state) {
    (void)state;
    static const vdib_event events[] = {{0, 1, 1, 0}, {3, 1, 1, 1}, {12, 1, 1, 1}};
    vdib_binning binning = window;
    binning.polarities = 1;
    vdib_raster *raster = new_raster(6, 4);
    vdib_binning_report report = {.size = sizeof(vdib_binning_report)};
    const uint32_t *channels = NULL;
    assert_ok(vdib_raster_bin(raster, events, 3, &binning, &report));
    assert_int_equal(report.spikes, 2);
    assert_int_equal(report.repeated, 1);
    assert_int_equal(vdib_raster_at(raster, 1, &channels), 1);
    assert_int_equal(channels[0], 4);
    vdib_raster_destroy(raster);
}

/* Random events in any order against a dense matrix. */
static void binning_agrees_with_a_dense_matrix(void **state) {
    (void)state;
    enum { EVENTS = 5000, STEPS = 37, WIDTH = 9, HEIGHT = 11, CHANNELS = 2 * WIDTH * HEIGHT };
    vdib_event *events = calloc(EVENTS, sizeof *events);
    uint8_t *dense = calloc(STEPS * CHANNELS, 1);
    assert_true(events != NULL && dense != NULL);
    vdib_binning binning = {.size = sizeof(vdib_binning),
                            .width = WIDTH,
                            .height = HEIGHT,
                            .polarities = 2,
                            .steps = STEPS,
                            .step_us = 7,
                            .start_us = 20};
    vdib__key key = {.seed = support_seed(31), .purpose = VDIB_PURPOSE_CODING};
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t word = vdib__random_word(&key, 0, i);
        events[i] = (vdib_event){.t = word % 300, .x = word >> 10 & 15, .y = word >> 14 & 15, .polarity = word >> 31};
        const vdib_event *e = &events[i];
        if (e->x < WIDTH && e->y < HEIGHT && e->t >= 20 && (e->t - 20) / 7 < STEPS)
            dense[(e->t - 20) / 7 * CHANNELS + (e->polarity * HEIGHT + e->y) * WIDTH + e->x] = 1;
    }
    vdib_raster *raster = new_raster(CHANNELS, STEPS);
    vdib_binning_report report = {.size = sizeof(vdib_binning_report)};
    assert_ok(vdib_raster_bin(raster, events, EVENTS, &binning, &report));
    check_against_dense(raster, dense, STEPS, CHANNELS);
    assert_int_equal(report.spikes + report.repeated + report.outside_window + report.outside_sensor, EVENTS);
    assert_true(report.repeated > 0 && report.outside_window > 0 && report.outside_sensor > 0);
    vdib_raster_destroy(raster);
    free(dense);
    free(events);
}

static void refuse_binning(vdib_raster *raster, vdib_binning binning) {
    vdib_event event = {0};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_bin(raster, &event, 1, &binning, NULL), "vdib_raster_bin");
}

static void bad_arguments_are_refused(void **state) {
    (void)state;
    vdib_raster *raster = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_create(0, 5, &raster), "not 5 x 0");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_create(5, 0, &raster), "not 0 x 5");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_create((size_t)UINT32_MAX + 1, 1, &raster), "2^32 - 1");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_raster_create(1, 1U << 24, &raster), "16777216");
    assert_null(raster);
    assert_ok(vdib_raster_create(UINT32_MAX, 1, &raster));
    vdib_raster_destroy(raster);
    vdib_raster_destroy(NULL);
    raster = new_raster(12, 4);
    vdib_binning bad = window;
    bad.step_us = 0;
    refuse_binning(raster, bad);
    bad = window;
    bad.polarities = 3;
    refuse_binning(raster, bad);
    bad = window;
    bad.width = 4;
    refuse_binning(raster, bad);
    bad = window;
    bad.steps = 5;
    refuse_binning(raster, bad);
    const uint32_t *channels = NULL;
    assert_int_equal(vdib_raster_at(raster, 4, &channels), 0);
    vdib_raster_destroy(raster);
}

/* A sensor of more pixels than a raster may have steps (2^24). */
static void large_sensors_are_binned(void **state) {
    (void)state;
    vdib_binning binning = {
        .size = sizeof(vdib_binning), .width = 5000, .height = 4000, .polarities = 1, .steps = 1, .step_us = 1};
    vdib_event event = {0, 4999, 3999, 1};
    const uint32_t *channels = NULL;
    vdib_raster *raster = new_raster(20000000, 1);
    assert_ok(vdib_raster_bin(raster, &event, 1, &binning, NULL));
    assert_int_equal(vdib_raster_at(raster, 0, &channels), 1);
    assert_int_equal(channels[0], 19999999);
    vdib_raster_destroy(raster);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_matrices_come_back),
        cmocka_unit_test(by_channel_is_the_transpose),
        cmocka_unit_test(copies_take_any_shape),
        cmocka_unit_test(every_event_is_counted_once),
        cmocka_unit_test(merged_polarities_share_channels),
        cmocka_unit_test(binning_agrees_with_a_dense_matrix),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(large_sensors_are_binned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
