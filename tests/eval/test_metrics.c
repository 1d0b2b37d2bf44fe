/* SPDX-License-Identifier: MIT */
/* Image metrics against constants of scikit-image 0.26 (win_size 7, data range 1) on a pattern that float32 holds
 * exactly. */
#include <math.h>

#include "eval/metrics.h"
#include "support.h"

enum { LARGEST = 28 * 28 };

/* Pixel (row, column) = (5 row^2 + slope column + 3 row column) mod 16 / 16. */
static void pattern(size_t height, size_t width, size_t slope, float *image) {
    for (size_t row = 0; row < height; row++)
        for (size_t column = 0; column < width; column++)
            image[row * width + column] = (float)((5 * row * row + slope * column + 3 * row * column) % 16) / 16.0F;
}

static void check(size_t height, size_t width, const float *got, const float *want, const double constants[3]) {
    double mse = vdib__mse(got, want, height * width);
    double figures[3] = {vdib__ssim(got, want, height, width), mse, vdib__psnr(mse)};
    for (size_t i = 0; i < 3; i++)
        assert_close_double(&figures[i], &constants[i], 1, 1e-9);
}

static void unlike_images_give_the_reference_constants(void **state) {
    (void)state;
    static const struct {
        size_t height, width;
        double constants[3]; /* SSIM, MSE, PSNR */
    } cases[] = {{28, 28, {0.020531115499651417, 0.1568877551020408, 8.044109512450405}},
                 {7, 7, {0.08426750630622927, 0.15943877551020408, 7.974060496763821}},
                 {9, 13, {0.004628811891128652, 0.15064102564102563, 8.220567360827253}}};
    float x[LARGEST], y[LARGEST];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pattern(cases[i].height, cases[i].width, 7, x);
        pattern(cases[i].height, cases[i].width, 11, y);
        check(cases[i].height, cases[i].width, x, y, cases[i].constants);
        check(cases[i].height, cases[i].width, y, x, cases[i].constants); /* all three are symmetric */
    }
}

static void paler_images_give_the_reference_constants(void **state) {
    (void)state;
    float x[LARGEST], paler[LARGEST], black[LARGEST] = {0};
    pattern(28, 28, 7, x);
    for (size_t i = 0; i < LARGEST; i++)
        paler[i] = 0.75F * x[i] + 0.125F;
    check(28, 28, paler, x, (double[]){0.960105379187743, 0.0050883390465561226, 22.934239584558163});
    check(28, 28, black, x, (double[]){4.294894212331795e-06, 0.34384964923469385, 4.636314143509382});
}

static void identical_images_are_capped_at_100_decibel(void **state) {
    (void)state;
    float x[LARGEST];
    pattern(28, 28, 7, x);
    check(28, 28, x, x, (double[]){1.0, 0.0, 100.0});
    double below = vdib__psnr(1e-9), above = vdib__psnr(1e-12), ninety = 90, hundred = 100;
    assert_close_double(&below, &ninety, 1, 1e-12);
    assert_close_double(&above, &hundred, 1, 0);
}

static void what_has_no_value_is_nan(void **state) {
    (void)state;
    float x[LARGEST];
    pattern(28, 28, 7, x);
    assert_true(isnan(vdib__ssim(x, x, 6, 28)));
    assert_true(isnan(vdib__ssim(x, x, 28, 6)));
    float broken[LARGEST];
    memcpy(broken, x, sizeof x);
    broken[300] = NAN;
    double mse = vdib__mse(broken, x, LARGEST);
    assert_true(isnan(mse));
    assert_true(isnan(vdib__psnr(mse)));
    assert_true(isnan(vdib__ssim(broken, x, 28, 28)));
}

/* Of colour images the mean of the channels' similarities. */
static void colour_is_the_mean_over_channels(void **state) {
    (void)state;
    enum { SIDE = 9, MAP = SIDE * SIDE };
    float got[3 * MAP], want[3 * MAP];
    double sum = 0;
    for (size_t i = 0; i < 3 * MAP; i++) {
        want[i] = (float)(i * 7 % 11) / 11.0F;
        got[i] = (float)(i * (3 + i / MAP) % 13) / 13.0F;
    }
    for (size_t c = 0; c < 3; c++)
        sum += vdib__ssim(got + c * MAP, want + c * MAP, SIDE, SIDE);
    double mean = sum / 3, of_all = vdib__ssim_channels(got, want, 3, SIDE, SIDE);
    double of_one = vdib__ssim_channels(got, want, 1, SIDE, SIDE), first = vdib__ssim(got, want, SIDE, SIDE);
    assert_close_double(&of_all, &mean, 1, 1e-15);
    assert_close_double(&of_one, &first, 1, 0);
    assert_true(fabs(of_all - of_one) > 1e-3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unlike_images_give_the_reference_constants),
        cmocka_unit_test(paler_images_give_the_reference_constants),
        cmocka_unit_test(identical_images_are_capped_at_100_decibel),
        cmocka_unit_test(what_has_no_value_is_nan),
        cmocka_unit_test(colour_is_the_mean_over_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
