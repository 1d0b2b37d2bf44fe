/* SPDX-License-Identifier: MIT */
/* Counts in the place of an encoder: of hand-made rasters, against counting one spike after the other. */
#include "support.h"

#include <math.h>

#include "core/random.h"
#include "core/raster.h"
#include "encoder/encoder.h"

enum { CHANNELS = 3, STEPS = 7 };

/* Channel 0 spikes in every step, channel 1 in the first and the last, channel 2 never. */
static void roots_of_counts_in_each_part_of_the_time(void **state) {
    (void)state;
    uint8_t dense[STEPS * CHANNELS] = {0};
    vdib_raster *raster = NULL;
    float values[3 * CHANNELS];
    for (size_t t = 0; t < STEPS; t++)
        dense[t * CHANNELS] = 1;
    dense[1] = dense[(STEPS - 1) * CHANNELS + 1] = 1;
    assert_ok(vdib_raster_create(CHANNELS, STEPS, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    for (size_t i = 0; i < 3 * CHANNELS; i++)
        values[i] = 9;                    /* of an example before */
    vdib__counts_fill(raster, 3, values); /* steps 0 1 2, 3 4, 5 6 */
    const float want[3 * CHANNELS] = {sqrtf(3), 1, 0, sqrtf(2), 0, 0, sqrtf(2), 1, 0};
    for (size_t i = 0; i < 3 * CHANNELS; i++)
        assert_float_equal(values[i], want[i], 1e-7);
    vdib__counts_fill(raster, 1, values);
    const float whole[CHANNELS] = {sqrtf(7), sqrtf(2), 0};
    for (size_t i = 0; i < CHANNELS; i++)
        assert_float_equal(values[i], whole[i], 1e-7);
    vdib_raster_destroy(raster);
}

/* Squares of all values are the spikes, whatever the parts; with as many parts as steps they are the raster. */
static void no_spike_is_lost(void **state) {
    enum { MANY = 29, LONG = 23 };
    (void)state;
    uint8_t dense[LONG * MANY];
    float values[LONG * MANY];
    vdib_raster *raster = NULL;
    vdib__key key = {.seed = support_seed(3), .purpose = VDIB_PURPOSE_STIMULUS};
    for (uint32_t i = 0; i < LONG * MANY; i++)
        dense[i] = vdib__random_uniform(&key, 0, i) < 0.3F;
    assert_ok(vdib_raster_create(MANY, LONG, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    for (size_t bins = 1; bins <= LONG; bins++) {
        double sum = 0;
        vdib__counts_fill(raster, bins, values);
        for (size_t i = 0; i < bins * MANY; i++)
            sum += (double)values[i] * (double)values[i];
        assert_float_equal(sum, (double)vdib_raster_spikes(raster), 1e-4);
    }
    for (size_t i = 0; i < LONG * MANY; i++)
        assert_true(values[i] == (float)dense[i]);
    vdib_raster_destroy(raster);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_of_counts_in_each_part_of_the_time),
        cmocka_unit_test(no_spike_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
