/* SPDX-License-Identifier: MIT */
/* Random numbers: pinned values, keys that do not meet, distributions. */
#include "support.h"

#include <math.h>

#include <Random123/philox.h>

#include "core/random.h"

/* Known answers of Philox 4x32-10 (Random123's kat_vectors), so that the numbers are those of every other machine. */
static void philox_is_philox(void **state) {
    (void)state;
    philox4x32_ctr_t zeros = {{0}}, ones = {{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}};
    philox4x32_key_t key = {{0}}, all = {{0xFFFFFFFF, 0xFFFFFFFF}};
    philox4x32_ctr_t result = philox4x32(zeros, key);
    static const uint32_t wanted[2][4] = {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                          {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}};
    assert_memory_equal(result.v, wanted[0], sizeof wanted[0]);
    result = philox4x32(ones, all);
    assert_memory_equal(result.v, wanted[1], sizeof wanted[1]);
}

static void words_are_those_of_their_block(void **state) {
    (void)state;
    vdib__key key = {.seed = 0x123456789ABCDEF0, .purpose = VDIB_PURPOSE_READOUT, .example = (1ULL << 40) - 1};
    for (uint32_t block = 0; block < 20; block++) {
        uint32_t words[4];
        vdib__random_block(&key, 77, block, words);
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(vdib__random_word(&key, 77, 4 * block + i), words[i]);
            assert_true(vdib__random_uniform(&key, 77, 4 * block + i) == vdib__uniform(words[i]));
        }
    }
}

/* Kernels of every level that this machine has, any number of blocks in any order. */
static void many_blocks_are_those_of_one(void **state) {
    (void)state;
    const vdib__key key = {.seed = 0xFEDCBA9876543210,
                           .purpose = VDIB_PURPOSE_CODING,
                           .stage = VDIB_STAGE_EVALUATION,
                           .example = (1ULL << 39) + 12345,
                           .layer = 3,
                           .sample = 200};
    static const size_t counts[] = {0, 1, 5, 15, 16, 17, 32, 49};
    vdib__kernel_level best;
    assert_ok(vdib__kernel_level_choose(&best));
    for (int level = 0; level <= (int)best; level++)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            uint32_t numbers[49], words[4 * 49 + 1], wanted[4];
            for (uint32_t i = 0; i < 49; i++)
                numbers[i] = i * i * 87654321U;
            words[4 * counts[c]] = 77;
            vdib__random_blocks((vdib__kernel_level)level, &key, 0xABCDEF, numbers, counts[c], words);
            for (size_t i = 0; i < counts[c]; i++) {
                vdib__random_block(&key, 0xABCDEF, numbers[i], wanted);
                assert_memory_equal(words + 4 * i, wanted, sizeof wanted);
            }
            assert_int_equal(words[4 * counts[c]], 77);
        }
}

/* Every field of the key, the step and the neuron give other numbers. */
static void every_part_of_the_key_counts(void **state) {
    (void)state;
    const vdib__key base = {.seed = 1, .purpose = VDIB_PURPOSE_INIT, .stage = VDIB_STAGE_TRAINING, .example = 1};
    vdib__key keys[10];
    for (int i = 0; i < 10; i++)
        keys[i] = base;
    keys[1].seed = 2;
    keys[2].seed = 1ULL << 32 | 1;
    keys[3].purpose = VDIB_PURPOSE_ORDER;
    keys[4].stage = VDIB_STAGE_EVALUATION;
    keys[5].example = 2;
    keys[6].example = 1ULL << 32 | 1;
    keys[7].example = 1ULL << 39 | 1;
    keys[8].layer = 1;
    keys[9].sample = 1;
    uint32_t words[12][4];
    for (int i = 0; i < 10; i++)
        vdib__random_block(&keys[i], 0, 0, words[i]);
    vdib__random_block(&base, 1, 0, words[10]);
    vdib__random_block(&base, 0, 1, words[11]);
    for (int i = 0; i < 12; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(words[i], words[j], sizeof words[i]);
}

/* Every bit of the key that may be set gives other numbers: no two parts of it share a bit of the counter. */
static void every_bit_of_the_key_counts(void **state) {
    (void)state;
    enum {
        SEED = 64,
        EXAMPLE = 40,
        STEP = 24,
        NEURON = 32,
        SMALL = 8,
        MOST = SEED + EXAMPLE + STEP + NEURON + 3 * SMALL
    };
    vdib__key keys[MOST + 1];
    uint32_t steps[MOST + 1], neurons[MOST + 1], words[MOST + 1][4];
    size_t count = 0;
    for (size_t k = 0; k <= MOST; k++) {
        keys[k] = (vdib__key){.seed = 0, .purpose = (vdib__purpose)0};
        steps[k] = neurons[k] = 0;
    }
    for (int bit = 0; bit < SEED; bit++)
        keys[count++].seed = 1ULL << bit;
    for (int bit = 0; bit < EXAMPLE; bit++)
        keys[count++].example = 1ULL << bit;
    for (int bit = 0; bit < STEP; bit++)
        steps[count++] = 1U << bit;
    for (int bit = 0; bit < NEURON; bit++)
        neurons[count++] = 1U << bit;
    for (int bit = 0; bit < SMALL; bit++) {
        keys[count++].layer = (uint8_t)(1U << bit);
        keys[count++].sample = (uint8_t)(1U << bit);
        keys[count++].purpose = (vdib__purpose)(1U << bit);
    }
    assert_int_equal(count, MOST);
    for (size_t k = 0; k <= MOST; k++)
        vdib__random_block(&keys[k], steps[k], neurons[k], words[k]);
    for (size_t a = 0; a <= MOST; a++)
        for (size_t b = 0; b < a; b++)
            if (memcmp(words[a], words[b], sizeof words[a]) == 0)
                fail_msg("parts %zu and %zu of the key give the same numbers", a, b);
}

static void uniforms_are_uniform(void **state) {
    (void)state;
    enum { COUNT = 200000, BINS = 20 };
    vdib__key key = {.seed = support_seed(5), .purpose = VDIB_PURPOSE_CODING};
    size_t bins[BINS] = {0};
    for (uint32_t i = 0; i < COUNT; i++) {
        float u = vdib__random_uniform(&key, 3, i);
        assert_true(u >= 0.0F && u < 1.0F);
        bins[(size_t)(u * BINS)]++;
    }
    double chi = 0, mean = (double)COUNT / BINS;
    for (int b = 0; b < BINS; b++)
        chi += ((double)bins[b] - mean) * ((double)bins[b] - mean) / mean;
    assert_true(chi < 60.0); /* 19 degrees of freedom: exceeded once in 10^5 seeds */
    assert_true(vdib__uniform(0) == 0.0F);
    assert_true(vdib__uniform(UINT32_MAX) == 1.0F - 0x1p-24F);
}

static void normals_are_normal(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    vdib__key key = {.seed = support_seed(6), .purpose = VDIB_PURPOSE_STIMULUS};
    double sums[4] = {0};
    for (uint32_t i = 0; i < COUNT; i++) {
        double x = vdib__random_normal(&key, 0, i);
        assert_true(isfinite(x));
        sums[0] += x;
        sums[1] += x * x;
        sums[2] += x * x * x;
        sums[3] += x * x * x * x;
    }
    /* Moments 0, 1, 0, 3 within 5 standard errors: variances 1, 2, 15, 96. */
    static const double moments[4] = {0, 1, 0, 3}, variances[4] = {1, 2, 15, 96};
    for (int m = 0; m < 4; m++)
        assert_true(fabs(sums[m] / COUNT - moments[m]) <= 5.0 * sqrt(variances[m] / COUNT));
}

static void permutations_hold_everything_once(void **state) {
    (void)state;
    static const uint32_t counts[] = {0, 1, 2, 3, 100, 1001};
    uint32_t order[1001], again[1001];
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        uint8_t seen[1001] = {0};
        vdib__key key = {.seed = support_seed(7), .purpose = VDIB_PURPOSE_ORDER, .example = c};
        vdib__random_permutation(&key, order, counts[c]);
        vdib__random_permutation(&key, again, counts[c]);
        for (uint32_t i = 0; i < counts[c]; i++) {
            assert_true(order[i] < counts[c]);
            assert_int_equal(seen[order[i]]++, 0);
            assert_int_equal(order[i], again[i]);
        }
    }
}

/* All 6 orders of three come up equally often. */
static void permutations_are_fair(void **state) {
    (void)state;
    enum { COUNT = 60000 };
    size_t counts[27] = {0};
    double chi = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        uint32_t order[3];
        vdib__key key = {.seed = 11, .purpose = VDIB_PURPOSE_ORDER, .example = i};
        vdib__random_permutation(&key, order, 3);
        counts[9 * order[0] + 3 * order[1] + order[2]]++;
    }
    for (int i = 0; i < 27; i++)
        if (counts[i] != 0)
            chi += ((double)counts[i] - COUNT / 6.0) * ((double)counts[i] - COUNT / 6.0) / (COUNT / 6.0);
    assert_true(chi < 35.0); /* 5 degrees of freedom */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_is_philox),
        cmocka_unit_test(words_are_those_of_their_block),
        cmocka_unit_test(many_blocks_are_those_of_one),
        cmocka_unit_test(every_part_of_the_key_counts),
        cmocka_unit_test(every_bit_of_the_key_counts),
        cmocka_unit_test(uniforms_are_uniform),
        cmocka_unit_test(normals_are_normal),
        cmocka_unit_test(permutations_hold_everything_once),
        cmocka_unit_test(permutations_are_fair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
