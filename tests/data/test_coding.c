/* SPDX-License-Identifier: MIT */
/* Rate and latency codes of images: the exact conventions. */
#include "support.h"

#include <math.h>

#include "data/coding.h"

static vdib_raster *new_raster(size_t pixels, size_t steps) {
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(pixels, steps, &raster));
    return raster;
}

/* dense (T, N) of a raster; malloc'ed. */
static uint8_t *dense_of(const vdib_raster *raster) {
    uint8_t *dense = malloc(vdib_raster_steps(raster) * vdib_raster_channels(raster));
    assert_non_null(dense);
    vdib_raster_to_dense(raster, dense);
    return dense;
}

/* Step of the only spike of a pixel, T if it has none. */
static size_t spike_of(const uint8_t *dense, size_t pixel, size_t pixels, size_t steps) {
    size_t found = steps;
    for (size_t t = 0; t < steps; t++)
        if (dense[t * pixels + pixel] != 0) {
            assert_int_equal(found, steps);
            found = t;
        }
    return found;
}

static void latency_steps_are_those_of_the_convention(void **state) {
    (void)state;
    /* T = 30: x = 1 spikes at 30 - 29 = 1, 0.5 at 30 - round(14.5) = 15, below 0.5 / 29 never; nothing in step 0. */
    static const float pixels[] = {1.0F,  0.5F, 0.0F, 0.5F / 29.0F + 1e-4F, 0.5F / 29.0F - 1e-4F, 128.0F / 255.0F, 2.0F,
                                   -1.0F, NAN,  1.0F};
    static const size_t wanted[] = {1, 15, 30, 29, 30, 15, 1, 30, 30, 1};
    enum { COUNT = sizeof pixels / sizeof *pixels, STEPS = 30 };
    vdib_raster *raster = new_raster(COUNT, STEPS);
    assert_ok(vdib__code_latency(pixels, raster));
    uint8_t *dense = dense_of(raster);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(spike_of(dense, i, COUNT, STEPS), wanted[i]);
    assert_int_equal(vdib_raster_spikes(raster), 6);
    free(dense);
    vdib_raster_destroy(raster);
}

static void every_grey_value_has_its_latency(void **state) {
    (void)state;
    static const size_t lengths[] = {1, 2, 7, 30, 80, 255};
    float pixels[256];
    for (int i = 0; i < 256; i++)
        pixels[i] = (float)i / 255.0F;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        size_t steps = lengths[l];
        vdib_raster *raster = new_raster(256, steps);
        assert_ok(vdib__code_latency(pixels, raster));
        assert_ok(vdib__code_latency(pixels, raster)); /* a used raster is as good as a new one */
        uint8_t *dense = dense_of(raster);
        for (size_t i = 0; i < 256; i++)
            /* round(i (T - 1) / 255) in whole numbers; i (T - 1) / 255 is never half a number */
            assert_int_equal(spike_of(dense, i, 256, steps), steps - (2 * i * (steps - 1) + 255) / 510);
        free(dense);
        vdib_raster_destroy(raster);
    }
}

static void rate_code_compares_the_keyed_numbers(void **state) {
    (void)state;
    static const float pixels[] = {0.0F, 1.0F, 0.3F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.9F, 0.01F, 0.5F};
    enum { COUNT = sizeof pixels / sizeof *pixels, STEPS = 50 };
    vdib__key key = {.seed = support_seed(3), .purpose = VDIB_PURPOSE_CODING, .example = 17};
    vdib_raster *raster = new_raster(COUNT, STEPS);
    assert_ok(vdib__code_rate(VDIB_KERNEL_PORTABLE, pixels, &key, raster));
    uint8_t *dense = dense_of(raster);
    for (uint32_t t = 0; t < STEPS; t++)
        for (uint32_t n = 0; n < COUNT; n++)
            assert_int_equal(dense[t * COUNT + n], vdib__random_uniform(&key, t, n) < pixels[n]);
    free(dense);
    vdib_raster_destroy(raster);
}

/* Spike counts within 5 standard deviations; 0 never and 1 always spikes. */
static void rates_are_the_pixels(void **state) {
    (void)state;
    enum { STEPS = 20000 };
    static const float pixels[] = {0.0F, 0.1F, 0.5F, 0.9F, 1.0F};
    vdib__key key = {.seed = support_seed(4), .purpose = VDIB_PURPOSE_CODING};
    vdib_raster *raster = new_raster(5, STEPS), *by_pixel = NULL;
    assert_ok(vdib__code_rate(VDIB_KERNEL_PORTABLE, pixels, &key, raster));
    assert_ok(vdib_raster_by_channel(raster, &by_pixel));
    for (size_t n = 0; n < 5; n++) {
        const uint32_t *steps = NULL;
        double count = (double)vdib_raster_at(by_pixel, n, &steps), mean = STEPS * (double)pixels[n];
        assert_true(fabs(count - mean) <= 5.0 * sqrt(mean * (1.0 - (double)pixels[n])));
    }
    vdib_raster_destroy(by_pixel);
    vdib_raster_destroy(raster);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latency_steps_are_those_of_the_convention),
        cmocka_unit_test(every_grey_value_has_its_latency),
        cmocka_unit_test(rate_code_compares_the_keyed_numbers),
        cmocka_unit_test(rates_are_the_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
