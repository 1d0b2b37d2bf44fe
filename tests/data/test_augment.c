/* SPDX-License-Identifier: MIT */
/* Augmentation: draws against their ranges, places in closed form, images against a plain reference. */
#include "support.h"

#include <math.h>

#include "data/augmentation.h"

enum { MANY = 4000 };

/* ---- draws ---- */

typedef struct moments {
    double sum, squares, least, most;
} moments;

static void add(moments *m, double value, size_t number) {
    m->sum += value;
    m->squares += value * value;
    m->least = number == 0 || value < m->least ? value : m->least;
    m->most = number == 0 || value > m->most ? value : m->most;
}

/* MANY uniform numbers from low to high: within, close to both ends, mean and variance within 5 standard errors. */
static void check_uniform(const moments *m, double low, double high) {
    double range = high - low, mean = m->sum / MANY, variance = m->squares / MANY - mean * mean;
    assert_true(m->least >= low && m->most <= high);
    assert_true(m->least < low + 0.01 * range && m->most > high - 0.01 * range);
    assert_true(fabs(mean - (low + high) / 2.0) < 5.0 * range / sqrt(12.0 * MANY));
    assert_true(fabs(variance / (range * range / 12.0) - 1.0) < 0.1);
}

static void draws_fill_their_ranges(void **state) {
    (void)state;
    moments m[9] = {{0}};
    double flips = 0, swaps = 0, both = 0, product = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        vdib__key key = vdib__augment_key(3, i);
        vdib__augment_draw d = vdib__augment_draw_of(&EVERYTHING, &key);
        const double values[9] = {d.dx,         d.dy,         d.angle, d.scale,   d.shear,
                                  d.time_shift, d.time_scale, d.drop,  d.noise_hz};
        for (int k = 0; k < 9; k++)
            add(&m[k], values[k], i);
        flips += d.flipped;
        swaps += d.swapped;
        both += d.flipped && d.swapped;
        product += d.dx * d.dy;
        assert_true(d.time_jitter == 700);
    }
    const double pi = acos(-1.0);
    const double ranges[9][2] = {{-2.5, 2.5},   {-2.5, 2.5}, {-pi / 6, pi / 6}, {0.8, 1.2}, {-0.3, 0.3},
                                 {-4000, 4000}, {0.9, 1.1},  {0, 0.4},          {0, 3}};
    for (int k = 0; k < 9; k++)
        check_uniform(&m[k], ranges[k][0], ranges[k][1]);
    assert_true(fabs(flips / MANY - 0.25) < 0.035);
    assert_true(fabs(swaps / MANY - 0.6) < 0.04);
    assert_true(fabs(both / MANY - 0.15) < 0.03);
    assert_true(fabs(product / MANY) < 0.2); /* independent: standard error 0.033 */
}

/* Every number has a place of its own in the key, which results depend on. */
static void draws_have_fixed_places(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        const vdib__key key = {
            .seed = 9, .purpose = VDIB_PURPOSE_AUGMENT, .stage = VDIB_STAGE_TRAINING, .example = 70 + i};
        const vdib__key same = vdib__augment_key(9, 70 + i);
        assert_int_equal(key.purpose, 16);
        double u[11];
        for (uint32_t n = 0; n < 11; n++)
            u[n] = (double)vdib__random_uniform(&key, 0, n);
        vdib__augment_draw d = vdib__augment_draw_of(&EVERYTHING, &same);
        assert_true(d.dx == 2.5 * (2 * u[0] - 1) && d.dy == 2.5 * (2 * u[1] - 1));
        assert_true(fabs(d.angle - acos(-1.0) / 6 * (2 * u[2] - 1)) < 1e-12);
        assert_true(d.scale == 1 + 0.2 * (2 * u[3] - 1) && d.shear == 0.3 * (2 * u[4] - 1));
        assert_true(d.flipped == (u[5] < 0.25) && d.swapped == (u[6] < 0.6));
        assert_true(d.time_shift == 4000 * (2 * u[7] - 1) && d.time_scale == 1 + 0.1 * (2 * u[8] - 1));
        assert_true(d.drop == 0.4 * u[9] && d.noise_hz == 3 * u[10]);
    }
}

static void nothing_asked_is_nothing_drawn(void **state) {
    (void)state;
    const vdib__augmentation none = {.moves_target = true, .step_us = 5};
    vdib__key key = vdib__augment_key(1, 2);
    vdib__augment_draw d = vdib__augment_draw_of(&none, &key), nothing = vdib__augment_nothing();
    assert_true(d.dx == 0 && d.dy == 0 && d.angle == 0 && d.scale == 1 && d.shear == 0 && !d.flipped && !d.swapped);
    assert_true(d.time_shift == 0 && d.time_scale == 1 && d.time_jitter == 0 && d.drop == 0 && d.noise_hz == 0);
    assert_true(nothing.scale == 1 && nothing.time_scale == 1 && nothing.dx == 0 && nothing.drop == 0);
    assert_true(vdib__augmentation_is_none(&none));
    /* each key by itself is something: places, times, others */
    for (size_t i = 0; i < 11; i++) {
        vdib__augmentation one = {.moves_target = false};
        double *const members[11] = {&one.shift,         &one.rotation,   &one.scale,      &one.shear,
                                     &one.flip,          &one.time_shift, &one.time_scale, &one.time_jitter,
                                     &one.polarity_swap, &one.drop,       &one.noise_hz};
        *members[i] = 0.1;
        assert_int_equal(vdib__augmentation_moves(&one), i < 5);
        assert_int_equal(vdib__augmentation_retimes(&one), i >= 5 && i < 8);
        assert_int_equal(vdib__augmentation_edits(&one), i >= 5);
        assert_false(vdib__augmentation_is_none(&one));
    }
}

/* ---- places ---- */

static vdib__augment_draw draw_with(double dx, double dy, double degrees, double scale, double shear, bool flipped) {
    vdib__augment_draw draw = vdib__augment_nothing();
    draw.dx = dx;
    draw.dy = dy;
    draw.angle = degrees * acos(-1.0) / 180.0;
    draw.scale = scale;
    draw.shear = shear;
    draw.flipped = flipped;
    return draw;
}

static void check_point(const vdib__affine *a, double x, double y, double want_x, double want_y) {
    const double got[2] = {a->xx * x + a->xy * y + a->x0, a->yx * x + a->yy * y + a->y0}, want[2] = {want_x, want_y};
    assert_true(fabs(got[0] - want[0]) < 1e-9 && fabs(got[1] - want[1]) < 1e-9);
}

/* On 7 x 5 pixels, whose middle is (3, 2). */
static void points_go_where_they_should(void **state) {
    (void)state;
    vdib__augment_draw shift = draw_with(2, -1, 0, 1, 0, false), turn = draw_with(0, 0, 90, 1, 0, false);
    vdib__augment_draw grow = draw_with(0, 0, 0, 2, 0, false), lean = draw_with(0, 0, 0, 1, 0.5, false);
    vdib__augment_draw flip = draw_with(0, 0, 0, 1, 0, true), all = draw_with(10, 20, 90, 2, 0.5, true);
    vdib__affine a = vdib__affine_of(&shift, 7, 5);
    check_point(&a, 3, 2, 5, 1);
    a = vdib__affine_of(&turn, 7, 5); /* clockwise: what is right of the middle comes below it */
    check_point(&a, 3, 2, 3, 2);
    check_point(&a, 5, 2, 3, 4);
    check_point(&a, 3, 1, 4, 2);
    a = vdib__affine_of(&grow, 7, 5);
    check_point(&a, 4, 1, 5, 0);
    a = vdib__affine_of(&lean, 7, 5); /* what is below the middle moves to the right */
    check_point(&a, 3, 4, 4, 4);
    check_point(&a, 1, 0, 0, 0);
    a = vdib__affine_of(&flip, 7, 5);
    check_point(&a, 0, 4, 6, 4);
    /* flip: (2, 1) from the middle becomes (-2, 1); lean: (-1.5, 1); turn: (-1, -1.5); grow: (-2, -3); shift */
    a = vdib__affine_of(&all, 7, 5);
    check_point(&a, 5, 3, 3 - 2 + 10, 2 - 3 + 20);
    vdib__affine back = vdib__affine_inverse(&a);
    check_point(&back, 11, 19, 5, 3);
    check_point(&back, 3 + 10, 2 + 20, 3, 2);
}

/* Nothing turns, leans or moves across a picture of one line. */
static void lines_stay_lines(void **state) {
    (void)state;
    vdib__augment_draw all = draw_with(10, 20, 90, 2, 0.5, true);
    vdib__affine row = vdib__affine_of(&all, 7, 1), column = vdib__affine_of(&all, 1, 5);
    check_point(&row, 5, 0, 3 - 4 + 10, 0);
    check_point(&column, 0, 4, 0, 2 + 4 + 20);
    vdib__affine back = vdib__affine_inverse(&row);
    check_point(&back, 9, 0, 5, 0);
}

/* ---- images ---- */

/* Weights of bilinear interpolation as hats around every pixel, and Cramer's rule for the place before the move. */
static double plain_pixel(const vdib__augment_draw *d, size_t width, size_t height, const float *image, double column,
                          double row) {
    double c = cos(d->angle), s = sin(d->angle), mx = (double)(width - 1) / 2, my = (double)(height - 1) / 2;
    double x = (column - d->dx - mx) / d->scale, y = (row - d->dy - my) / d->scale;
    double across = c * x + s * y, down = -s * x + c * y; /* turned back */
    across -= d->shear * down;
    across = (d->flipped ? -across : across) + mx;
    down += my;
    double sum = 0;
    for (size_t i = 0; i < height; i++)
        for (size_t j = 0; j < width; j++)
            sum += (double)image[i * width + j] * fmax(0, 1 - fabs(across - (double)j)) *
                   fmax(0, 1 - fabs(down - (double)i));
    return sum;
}

static void images_match_the_plain_reference(void **state) {
    (void)state;
    enum { WIDTH = 9, HEIGHT = 6, PIXELS = WIDTH * HEIGHT };
    float image[PIXELS], moved[PIXELS], want[PIXELS];
    const vdib__key content = {.seed = 4, .purpose = VDIB_PURPOSE_STIMULUS};
    for (uint32_t i = 0; i < PIXELS; i++)
        image[i] = vdib__random_uniform(&content, 0, i);
    for (uint64_t n = 0; n < 50; n++) {
        vdib__key key = vdib__augment_key(6, n);
        vdib__augment_draw draw = vdib__augment_draw_of(&EVERYTHING, &key);
        vdib__augment_image(&draw, WIDTH, HEIGHT, image, moved);
        for (size_t i = 0; i < PIXELS; i++) {
            want[i] = (float)plain_pixel(&draw, WIDTH, HEIGHT, image, (double)(i % WIDTH), (double)(i / WIDTH));
            assert_true(moved[i] >= 0.0F && moved[i] <= 1.0F);
        }
        assert_close(moved, want, PIXELS, 1e-6);
    }
}

static void images_move_by_whole_and_half_pixels(void **state) {
    (void)state;
    static const float image[6] = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F};
    static const float right[6] = {0, 0.1F, 0.2F, 0, 0.4F, 0.5F}, up[6] = {0.4F, 0.5F, 0.6F, 0, 0, 0};
    static const float half[6] = {0.15F, 0.25F, 0.15F, 0.45F, 0.55F, 0.3F};
    static const float flipped[6] = {0.3F, 0.2F, 0.1F, 0.6F, 0.5F, 0.4F};
    float moved[6];
    vdib__augment_draw draw = vdib__augment_nothing();
    vdib__augment_image(&draw, 3, 2, image, moved);
    assert_memory_equal(moved, image, sizeof image);
    draw = draw_with(1, 0, 0, 1, 0, false);
    vdib__augment_image(&draw, 3, 2, image, moved);
    assert_memory_equal(moved, right, sizeof right);
    draw = draw_with(0, -1, 0, 1, 0, false);
    vdib__augment_image(&draw, 3, 2, image, moved);
    assert_memory_equal(moved, up, sizeof up);
    draw = draw_with(-0.5, 0, 0, 1, 0, false);
    vdib__augment_image(&draw, 3, 2, image, moved);
    assert_close(moved, half, 6, 1e-6);
    draw = draw_with(0, 0, 0, 1, 0, true);
    vdib__augment_image(&draw, 3, 2, image, moved);
    assert_memory_equal(moved, flipped, sizeof flipped);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_fill_their_ranges),
        cmocka_unit_test(draws_have_fixed_places),
        cmocka_unit_test(nothing_asked_is_nothing_drawn),
        cmocka_unit_test(points_go_where_they_should),
        cmocka_unit_test(lines_stay_lines),
        cmocka_unit_test(images_match_the_plain_reference),
        cmocka_unit_test(images_move_by_whole_and_half_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
