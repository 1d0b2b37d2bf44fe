/* SPDX-License-Identifier: MIT */
/* Each layer alone against the double reference, at odd sizes, strides and paddings. */
#include <math.h>

#include "chain_reference.h"

static const double BOUND = 1e-5;
enum { BATCH = 41 }; /* more than the shards of a convolution, and no multiple of them */

/* Batches of 1, 2 and 5 in a workspace for more, and a full one. */
static void check(bench *b, uint64_t seed) {
    bench_fill(b, BATCH, seed);
    const size_t batches[] = {1, 2, 5, BATCH};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        bench_compare(b, batches[i], BOUND);
    bench_compare_threads(b, BATCH);
    bench_free(b);
}

static void test_affine(void **state) {
    (void)state;
    const size_t sizes[][2] = {{1, 1}, {3, 7}, {50, 210}, {257, 65}, {131, 129}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bench b = {0};
        vdib__chain_begin(&b.chain, 1, 1, sizes[i][0]);
        assert_ok(vdib__chain_affine(&b.chain, &b.table, VDIB_TENSOR_DECODER, "fc", sizes[i][1]));
        check(&b, support_seed(11 + i));
    }
}

typedef struct convolution {
    bool two_dimensional;
    size_t channels, height, width, out_channels, kernel, stride, padding;
} convolution;

static void test_convolutions(void **state) {
    (void)state;
    const convolution cases[] = {
        {false, 12, 1, 16, 6, 3, 2, 1}, {false, 5, 1, 1, 3, 3, 2, 1}, {false, 3, 1, 17, 4, 5, 3, 2},
        {false, 2, 1, 9, 1, 1, 1, 0},   {false, 1, 1, 8, 2, 4, 1, 3}, {true, 1, 7, 5, 4, 3, 2, 1},
        {true, 3, 5, 9, 2, 3, 1, 1},    {true, 2, 1, 6, 3, 3, 2, 1},  {true, 4, 11, 3, 5, 5, 3, 2},
        {true, 1, 6, 6, 2, 2, 2, 0},    {true, 2, 4, 4, 3, 4, 1, 0},  {true, 2, 2, 2, 3, 5, 4, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const convolution *c = &cases[i];
        bench b = {0};
        vdib__chain_begin(&b.chain, c->channels, c->height, c->width);
        assert_ok(vdib__chain_conv(&b.chain, &b.table, VDIB_TENSOR_DECODER, "conv", c->two_dimensional, c->out_channels,
                                   c->kernel, c->stride, c->padding));
        check(&b, support_seed(31 + i));
    }
}

/* Large enough for several tiles an example and for parallel regions; the last tile is shorter. */
static void test_tiles(void **state) {
    (void)state;
    bench b = {0};
    vdib__chain_begin(&b.chain, 32, 23, 41);
    assert_ok(vdib__chain_conv(&b.chain, &b.table, VDIB_TENSOR_DECODER, "conv", true, 6, 3, 1, 1));
    bench_fill(&b, 3, support_seed(71));
    bench_compare(&b, 1, BOUND);
    bench_compare(&b, 3, BOUND);
    bench_compare_threads(&b, 1);
    bench_compare_threads(&b, 3);
    bench_free(&b);
}

static void test_pooling_relu_count(void **state) {
    (void)state;
    const size_t windows[] = {1, 2, 3, 5};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        bench b = {0};
        vdib__chain_begin(&b.chain, 3, 7, 5);
        assert_ok(vdib__chain_max_pool(&b.chain, windows[i]));
        assert_int_equal(b.chain.layers[0].out_height, 7 / windows[i]);
        assert_int_equal(b.chain.layers[0].out_width, 5 / windows[i]);
        check(&b, support_seed(81 + i));
    }
    bench relu = {0};
    vdib__chain_begin(&relu.chain, 2, 3, 20011);
    assert_ok(vdib__chain_relu(&relu.chain));
    check(&relu, support_seed(91));
    bench count = {0};
    vdib__chain_begin(&count.chain, 11, 1, 7);
    assert_ok(vdib__chain_count(&count.chain));
    assert_int_equal(count.chain.outputs, 7);
    check(&count, support_seed(92));
}

/* Steps 0..3 of five neurons: spikes in the first step, in the third and the fourth, in the last, none, and one of a
 * value that dropout has scaled. */
static void test_first_spikes(void **state) {
    (void)state;
    enum { STEPS = 4, NEURONS = 5 };
    bench b = {0};
    vdib__chain_begin(&b.chain, STEPS, 1, NEURONS);
    assert_ok(vdib__chain_first(&b.chain));
    assert_int_equal(b.chain.outputs, NEURONS);
    bench_fill(&b, 2, 0);
    const float input[STEPS * NEURONS] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 1.6F, 0, 1, 0, 0, 1.6F, 1, 1, 1, 0, 0};
    const float read[NEURONS] = {1, 0.5F, 0.25F, 0, 1.2F}, error[NEURONS] = {2, 4, 8, 16, 32};
    const float wanted[STEPS * NEURONS] = {2, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 2, 0, 0, 0, 0, 0, 2, 0, 0};
    for (size_t i = 0; i < 2; i++) { /* the same twice */
        memcpy(b.input + i * STEPS * NEURONS, input, sizeof input);
        memcpy(b.error + i * NEURONS, error, sizeof error);
    }
    outcome o = bench_run(&b, 1, 2, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_close(o.output + i * NEURONS, read, NEURONS, 1e-6);
        assert_close(o.input_gradient + i * STEPS * NEURONS, wanted, STEPS * NEURONS, 1e-6);
    }
    outcome_free(&o);
    bench_free(&b);
}

/* Equal values of a window: the gradient goes to the first. Unread last row and column get none. */
static void test_pooling_ties(void **state) {
    (void)state;
    bench b = {0};
    vdib__chain_begin(&b.chain, 1, 3, 3);
    assert_ok(vdib__chain_max_pool(&b.chain, 2));
    bench_fill(&b, 1, 0);
    const float input[] = {0, 4, 9, 4, 4, 9, 9, 9, 9}, wanted[] = {0, 3, 0, 0, 0, 0, 0, 0, 0};
    memcpy(b.input, input, sizeof input);
    b.error[0] = 3.0F;
    outcome o = bench_run(&b, 1, 1, 1);
    assert_true(o.output[0] == 4.0F);
    assert_memory_equal(o.input_gradient, wanted, sizeof wanted);
    outcome_free(&o);
    bench_free(&b);
}

/* A NaN must reach the output, not vanish in a comparison. */
static void test_nan_passes(void **state) {
    (void)state;
    bench b = {0};
    vdib__chain_begin(&b.chain, 1, 2, 2);
    assert_ok(vdib__chain_relu(&b.chain));
    assert_ok(vdib__chain_max_pool(&b.chain, 2));
    bench_fill(&b, 1, 0);
    for (size_t place = 0; place < 4; place++) {
        for (size_t i = 0; i < 4; i++)
            b.input[i] = i == place ? (float)NAN : (float)i;
        outcome o = bench_run(&b, 1, 1, 1);
        assert_true(isnan(o.output[0]));
        outcome_free(&o);
    }
    bench_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_affine),       cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_tiles),        cmocka_unit_test(test_pooling_relu_count),
        cmocka_unit_test(test_first_spikes), cmocka_unit_test(test_pooling_ties),
        cmocka_unit_test(test_nan_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
