/* SPDX-License-Identifier: MIT */
/* Sums in any order, beside sums that keep what rounding loses (Shewchuk, Adaptive precision floating-point arithmetic,
 * 1997). */
#include <math.h>

#include "support.h"

#include "core/random.h"
#include "core/sum.h"
#include "learn/ranks_of_threads.h"

enum { MANY = 5000, PARTIALS = 64 };

/* Numbers of both signs and of sizes from 2^-20 to 2^20, all multiples of 2^-80. */
static void fill(uint64_t seed, double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_SHUFFLE, .example = i};
        uint32_t words[4];
        vdib__random_block(&key, 0, 0, words);
        double value = ldexp((double)words[0] + ldexp((double)(words[1] >> 12), -20), (int)(words[2] % 40) - 52);
        values[i] = words[3] % 2 == 0 ? value : -value;
    }
}

/* The sum without rounding, as numbers that do not overlap; then rounded. */
static double reference(const double *values, size_t count) {
    double partials[PARTIALS];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        double x = values[i];
        size_t kept = 0;
        for (size_t k = 0; k < used; k++) {
            double y = partials[k], high = x + y, shadow = high - x, low = (x - (high - shadow)) + (y - shadow);
            if (low != 0)
                partials[kept++] = low;
            x = high;
        }
        partials[kept++] = x;
        used = kept;
        assert_true(used < PARTIALS);
    }
    double sum = 0;
    for (size_t k = 0; k < used; k++)
        sum += partials[k];
    return sum;
}

static double sum_of(const double *values, size_t count) {
    vdib__sum sum = {.added = 0};
    for (size_t i = 0; i < count; i++)
        vdib__sum_add(&sum, values[i]);
    return vdib__sum_value(&sum);
}

static void nothing_is_lost(void **state) {
    (void)state;
    double values[MANY];
    const double tenths[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, far[] = {1e16, 1.0, -1e16, 1e-12};
    const double halves[] = {1.0, 0x1p-53}, more[] = {1.0, 0x1p-53, 0x1p-96}, odd[] = {1.0 + 0x1p-52, 0x1p-53};
    assert_true(sum_of(tenths, 10) == 1.0);
    assert_true(sum_of(far, 4) == 1.0 + 1e-12);
    assert_true(sum_of(halves, 2) == 1.0); /* to the even one of two that are as near */
    assert_true(sum_of(more, 3) == 1.0 + 0x1p-52);
    assert_true(sum_of(odd, 2) == 1.0 + 0x1p-51);
    assert_true(sum_of(values, 0) == 0.0);
    for (uint64_t seed = 0; seed < 20; seed++) {
        fill(seed, values, MANY);
        assert_true(sum_of(values, MANY) == reference(values, MANY));
        for (size_t i = 0; i < 100; i++)
            assert_true(sum_of(values + i, 1) == values[i]);
    }
}

static void small_and_large_numbers_are_as_said(void **state) {
    (void)state;
    const double small[] = {0x1p-97, 0x1p-98, -0x1p-97, 3 * 0x1p-98, 5e-324}, units[] = {1, 0, -1, 1, 0};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        assert_true(sum_of(&small[i], 1) == units[i] * 0x1p-96);
    const double most = 0x1.fffffffffffffp83, outside = 0x1p84, none[] = {INFINITY, 1, -INFINITY}, nan = NAN;
    const double under[] = {1, -0x1p90};
    assert_true(sum_of(&most, 1) == most);
    assert_true(isinf(sum_of(&outside, 1)) && sum_of(&outside, 1) > 0);
    assert_true(isinf(sum_of(under, 2)) && sum_of(under, 2) < 0);
    assert_true(isnan(sum_of(none, 3)) && isnan(sum_of(&nan, 1)));
}

/* Carrying once in so many additions; a sum that was carried is as one that was not. */
static void many_additions_carry(void **state) {
    (void)state;
    vdib__sum sum = {.added = ((uint64_t)1 << 28) - 2}, plain = {.added = 0};
    for (size_t i = 0; i < 8; i++) {
        vdib__sum_add(&sum, -0x1.fffffffffffffp-1);
        vdib__sum_add(&plain, -0x1.fffffffffffffp-1);
    }
    assert_true(sum.added < 8);
    vdib__sum large = {.added = 0};
    for (size_t i = 0; i < 10000; i++)
        vdib__sum_add(&large, -0x1p83);
    assert_true(vdib__sum_value(&large) == -10000 * 0x1p83);
    assert_true(vdib__sum_value(&sum) == vdib__sum_value(&plain) && vdib__sum_value(&sum) == -8 + 0x1p-50);
}

static void any_order_and_any_parts_give_the_same(void **state) {
    (void)state;
    double values[MANY];
    fill(77, values, MANY);
    double whole = sum_of(values, MANY);
    for (size_t parts = 2; parts < 9; parts++) {
        vdib__sum all = {.added = 0};
        for (size_t p = parts; p-- > 0;) {
            vdib__sum one = {.added = 0};
            for (size_t i = p; i < MANY; i += parts)
                vdib__sum_add(&one, values[i]);
            vdib__sum_merge(&all, &one);
        }
        assert_true(vdib__sum_value(&all) == whole);
    }
}

/* One rank of several, and what it has summed. */
typedef struct rank {
    seat seat;
    vdib__sum sums[2];
    uint64_t numbers[3], bits[2];
    vdib_status status;
} rank;

static void *add_up(void *user) {
    rank *r = user;
    vdib_ranks given = ranks_at(&r->seat);
    vdib__ranks *ranks = NULL;
    r->status = vdib__ranks_create(&given, &ranks);
    for (size_t i = 0; i < 2; i++)
        vdib__sum_add(&r->sums[i], ldexp(1, (int)r->seat.rank * 30 - 30 * (int)i));
    for (size_t i = 0; i < 3; i++)
        r->numbers[i] = (r->seat.rank + 1) << (20 * i);
    if (r->status == VDIB_OK)
        r->status = vdib__ranks_sum(ranks, r->sums, 2);
    if (r->status == VDIB_OK)
        r->status = vdib__ranks_count_up(ranks, r->numbers, 3);
    r->bits[r->seat.rank] = 5;
    r->bits[0] |= 4;
    if (r->status == VDIB_OK)
        r->status = vdib__ranks_unite(ranks, r->bits, 2);
    vdib__ranks_destroy(ranks);
    return NULL;
}

static void ranks_add_up(void **state) {
    (void)state;
    enum { RANKS = 2 };
    rank ranks[RANKS] = {{.status = VDIB_OK}};
    meeting_hold(ranks, RANKS, sizeof *ranks, add_up);
    for (size_t r = 0; r < RANKS; r++) {
        assert_int_equal(ranks[r].status, VDIB_OK);
        assert_true(vdib__sum_value(&ranks[r].sums[0]) == 0x1p30 + 1 &&
                    vdib__sum_value(&ranks[r].sums[1]) == 1 + 0x1p-30);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(ranks[r].numbers[i], (uint64_t)3 << (20 * i));
        assert_true(ranks[r].bits[0] == 5 && ranks[r].bits[1] == 5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),      cmocka_unit_test(small_and_large_numbers_are_as_said),
        cmocka_unit_test(many_additions_carry), cmocka_unit_test(any_order_and_any_parts_give_the_same),
        cmocka_unit_test(ranks_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
