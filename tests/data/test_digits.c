/* SPDX-License-Identifier: MIT */
/* Drawn digits: classes, margins, variety, legibility. */
#include "support.h"

#include <math.h>

#include "data/digits.h"

enum { SIDE = VDIB_DIGIT_SIDE, PIXELS = SIDE * SIDE, CLASSES = VDIB_DIGIT_CLASSES, MANY = 1000, TESTED = 300 };

static double squared_distance(const float *a, const float *b) {
    double sum = 0;
    for (int i = 0; i < PIXELS; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

static double ink(const float *pixels) {
    double sum = 0;
    for (int i = 0; i < PIXELS; i++)
        sum += (double)pixels[i];
    return sum;
}

static void classes_take_turns(void **state) {
    (void)state;
    float pixels[PIXELS];
    const uint64_t far = (uint64_t)1 << 39;
    for (uint64_t number = 0; number < 40; number++)
        assert_int_equal(vdib__digit_draw(1, number, pixels), number % CLASSES);
    assert_int_equal(vdib__digit_draw(1, far, pixels), far % CLASSES);
}

/* Pixels are in [0, 1], the outermost ring is empty, there is as much ink as a pen leaves, and fully inked places. */
static void ink_stays_inside_the_margins(void **state) {
    (void)state;
    uint64_t seed = support_seed(21);
    float pixels[PIXELS];
    for (uint64_t number = 0; number < MANY; number++) {
        vdib__digit_draw(seed, number, pixels);
        float largest = 0.0F;
        for (int i = 0; i < PIXELS; i++) {
            assert_true(pixels[i] >= 0.0F && pixels[i] <= 1.0F);
            largest = pixels[i] > largest ? pixels[i] : largest;
            int row = i / SIDE, column = i % SIDE;
            if (row == 0 || row == SIDE - 1 || column == 0 || column == SIDE - 1)
                assert_true(pixels[i] == 0.0F);
        }
        assert_true(largest > 0.9F);
        assert_true(ink(pixels) > 15.0 && ink(pixels) < 250.0);
    }
}

static void digits_are_anti_aliased(void **state) {
    (void)state;
    uint64_t seed = support_seed(22);
    size_t grey = 0, black = 0;
    float pixels[PIXELS];
    for (uint64_t number = 0; number < 100; number++) {
        vdib__digit_draw(seed, number, pixels);
        for (int i = 0; i < PIXELS; i++) {
            grey += pixels[i] > 0.05F && pixels[i] < 0.95F;
            black += pixels[i] >= 0.95F;
        }
    }
    assert_true(grey > black / 4 && grey < 4 * black);
}

static void the_middle_is_near_the_image_middle(void **state) {
    (void)state;
    uint64_t seed = support_seed(23);
    float pixels[PIXELS];
    double mean_x = 0, mean_y = 0;
    for (uint64_t number = 0; number < MANY; number++) {
        vdib__digit_draw(seed, number, pixels);
        double x = 0, y = 0, total = ink(pixels);
        for (int i = 0; i < PIXELS; i++) {
            x += (i % SIDE + 0.5) * (double)pixels[i] / total;
            y += ((double)(i / SIDE) + 0.5) * (double)pixels[i] / total;
        }
        assert_true(fabs(x - 14.0) < 5.5 && fabs(y - 14.0) < 5.5);
        mean_x += x / MANY;
        mean_y += y / MANY;
    }
    assert_true(fabs(mean_x - 14.0) < 1.0 && fabs(mean_y - 14.0) < 1.0);
}

static void seed_and_number_decide(void **state) {
    (void)state;
    uint64_t seed = support_seed(24);
    float first[PIXELS], again[PIXELS], other[PIXELS];
    for (uint64_t number = 0; number < 50; number++) {
        vdib__digit_draw(seed, number, first);
        vdib__digit_draw(seed, number, again);
        assert_memory_equal(first, again, sizeof first);
        vdib__digit_draw(seed, number + CLASSES, other);
        assert_true(squared_distance(first, other) > 1.0);
        vdib__digit_draw(seed + 1, number, other);
        assert_true(squared_distance(first, other) > 1.0);
    }
}

/* The class whose mean image is nearest. */
static uint32_t nearest_mean(float means[CLASSES][PIXELS], const float *pixels) {
    uint32_t best = 0;
    for (uint32_t c = 1; c < CLASSES; c++)
        if (squared_distance(means[c], pixels) < squared_distance(means[best], pixels))
            best = c;
    return best;
}

/* Even the plainest classifier reads most of them; a good one must have room, so not all. */
static void digits_are_legible(void **state) {
    (void)state;
    uint64_t seed = support_seed(25);
    static float means[CLASSES][PIXELS];
    float pixels[PIXELS];
    memset(means, 0, sizeof means);
    for (uint64_t number = 0; number < MANY; number++) {
        uint32_t class_ = vdib__digit_draw(seed, number, pixels);
        for (int i = 0; i < PIXELS; i++)
            means[class_][i] += pixels[i] * CLASSES / MANY;
    }
    size_t right = 0;
    for (uint64_t number = MANY; number < MANY + TESTED; number++) {
        uint32_t class_ = vdib__digit_draw(seed, number, pixels);
        right += nearest_mean(means, pixels) == class_;
    }
    print_message("nearest class mean: %zu of %d right\n", right, TESTED);
    assert_in_range(right, TESTED * 70 / 100, TESTED * 95 / 100);
}

/* Judges of drawn digits are kept by the number of the drawing. If this fails, the digits have changed: raise
 * VDIB_DIGIT_DRAWING and put the new sum here. */
static void the_drawing_is_the_numbered_one(void **state) {
    (void)state;
    uint64_t sum = UINT64_C(14695981039346656037); /* FNV-1a of the words */
    float pixels[PIXELS];
    for (uint64_t number = 0; number < MANY; number++) {
        vdib__digit_draw(0, number, pixels);
        for (int i = 0; i < PIXELS; i++) {
            uint32_t word;
            memcpy(&word, &pixels[i], sizeof word);
            sum = (sum ^ word) * UINT64_C(1099511628211);
        }
    }
    assert_int_equal(VDIB_DIGIT_DRAWING, 1);
    print_message("sum of the drawing: 0x%016llx\n", (unsigned long long)sum);
    assert_true(sum == UINT64_C(0x39e5c4e3f8d1f1cf));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_take_turns),
        cmocka_unit_test(ink_stays_inside_the_margins),
        cmocka_unit_test(digits_are_anti_aliased),
        cmocka_unit_test(the_middle_is_near_the_image_middle),
        cmocka_unit_test(seed_and_number_decide),
        cmocka_unit_test(digits_are_legible),
        cmocka_unit_test(the_drawing_is_the_numbered_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
