/* SPDX-License-Identifier: MIT */
/* The decoders as whole chains, rate decoding, a LeNet, and the rules of the workspace. */
#include <math.h>

#include "chain_reference.h"

static const double BOUND = 1e-5;
static const vdib__tensor_role ROLE = VDIB_TENSOR_DECODER;

static bench decoder_bench(vdib__decoder_parameters parameters, size_t batch, uint64_t seed) {
    bench b = {0};
    assert_ok(vdib__decoder_build(&parameters, &b.table, &b.chain));
    assert_int_equal(b.chain.inputs, parameters.window * parameters.readouts);
    assert_int_equal(b.chain.outputs, parameters.outputs);
    bench_fill(&b, batch, seed);
    return b;
}

static void check(vdib__decoder_parameters parameters, uint64_t seed) {
    bench b = decoder_bench(parameters, 5, seed);
    bench_compare(&b, 1, BOUND);
    bench_compare(&b, 2, BOUND);
    bench_compare(&b, 5, BOUND);
    bench_compare_threads(&b, 1);
    bench_compare_threads(&b, 5);
    bench_free(&b);
}

static void test_decoders(void **state) {
    (void)state;
    uint64_t seed = support_seed(5);
    for (size_t type = 0; type < vdib__decoders.count; type++)
        check((vdib__decoder_parameters){.type = vdib__decoder_of(vdib__decoders.rows[type]),
                                         .window = 13,
                                         .readouts = 19,
                                         .hidden = 37,
                                         .outputs = 3 * 5 * 7,
                                         .channels = 3,
                                         .height = 5,
                                         .width = 7},
              seed);
    check(
        (vdib__decoder_parameters){
            .type = vdib__decoder_named("mlp"), .first = true, .window = 7, .readouts = 5, .outputs = 3},
        seed);
    check(
        (vdib__decoder_parameters){
            .type = vdib__decoder_named("linear"), .counts = true, .window = 7, .readouts = 5, .outputs = 3},
        seed);
    check(
        (vdib__decoder_parameters){
            .type = vdib__decoder_named("mlp"), .counts = true, .window = 7, .readouts = 5, .outputs = 3},
        seed);
}

/* Large enough for the parallel paths of every layer. */
static void test_decoders_parallel(void **state) {
    (void)state;
    uint64_t seed = support_seed(6);
    bench conv = decoder_bench(
        (vdib__decoder_parameters){.type = vdib__decoder_named("conv"), .window = 80, .readouts = 256, .outputs = 784},
        6, seed);
    bench_compare_threads(&conv, 1);
    bench_compare_threads(&conv, 6);
    bench_free(&conv);
    bench mlp = decoder_bench(
        (vdib__decoder_parameters){
            .type = vdib__decoder_named("mlp"), .window = 30, .readouts = 64, .hidden = 301, .outputs = 784},
        7, seed);
    bench_compare(&mlp, 7, BOUND);
    bench_compare_threads(&mlp, 3);
    bench_compare_threads(&mlp, 7);
    bench_free(&mlp);
    vdib__decoder_parameters image = {.type = vdib__decoder_named("upconv"),
                                      .window = 30,
                                      .readouts = 64,
                                      .hidden = 101,
                                      .outputs = 3 * 45 * 50,
                                      .channels = 3,
                                      .height = 45,
                                      .width = 50};
    bench up = decoder_bench(image, 40, seed);
    bench_compare(&up, 3, BOUND);
    bench_compare_threads(&up, 1);
    bench_compare_threads(&up, 40);
    bench_free(&up);
    image.hidden = 0;
    image.counts = true;
    up = decoder_bench(image, 2, seed);
    bench_compare(&up, 2, BOUND);
    bench_free(&up);
}

static void assert_tensor(const vdib__tensor_table *table, size_t index, const char *name, size_t a, size_t b, size_t c,
                          size_t d, double bound) {
    assert_true(index < table->count);
    const vdib__tensor *tensor = &table->tensors[index];
    assert_string_equal(tensor->name, name);
    const size_t shape[] = {a, b, c, d};
    for (size_t axis = 0; axis < VDIB_TENSOR_RANK; axis++)
        assert_int_equal(tensor->shape[axis], shape[axis]);
    assert_true(tensor->role == ROLE);
    assert_true(fabs((double)tensor->bound - bound) < 1e-6);
}

/* Names, PyTorch shapes and +-1/sqrt(fan_in). */
static void test_tensors(void **state) {
    (void)state;
    const vdib__decoder_parameters conv = {
        .type = vdib__decoder_named("conv"), .window = 80, .readouts = 256, .outputs = 784};
    bench b = {0};
    assert_ok(vdib__decoder_build(&conv, &b.table, &b.chain));
    assert_int_equal(b.table.count, 6);
    assert_tensor(&b.table, 0, "decoder.conv1.weight", 40, 80, 3, 1, 1 / sqrt(240));
    assert_tensor(&b.table, 1, "decoder.conv1.bias", 40, 1, 1, 1, 1 / sqrt(240));
    assert_tensor(&b.table, 2, "decoder.conv2.weight", 20, 40, 3, 1, 1 / sqrt(120));
    assert_tensor(&b.table, 4, "decoder.fc.weight", 784, 1280, 1, 1, 1 / sqrt(1280));
    vdib__tensor_table_free(&b.table);
    const vdib__decoder_parameters conv2d = {
        .type = vdib__decoder_named("conv2d"), .window = 30, .readouts = 256, .outputs = 784};
    b = (bench){0};
    assert_ok(vdib__decoder_build(&conv2d, &b.table, &b.chain));
    assert_int_equal(b.table.count, 10);
    assert_tensor(&b.table, 0, "decoder.conv1.weight", 64, 1, 3, 3, 1 / sqrt(9));
    assert_tensor(&b.table, 2, "decoder.conv2.weight", 32, 64, 3, 3, 1 / sqrt(576));
    assert_tensor(&b.table, 4, "decoder.conv3.weight", 8, 32, 3, 3, 1 / sqrt(288));
    assert_tensor(&b.table, 6, "decoder.fc1.weight", 2048, 8 * 8 * 64, 1, 1, 1 / sqrt(8 * 8 * 64));
    assert_tensor(&b.table, 8, "decoder.fc2.weight", 784, 2048, 1, 1, 1 / sqrt(2048));
    vdib__tensor_table_free(&b.table);
    const vdib__decoder_parameters mlp = {
        .type = vdib__decoder_named("mlp"), .window = 5, .readouts = 10, .outputs = 3};
    b = (bench){0};
    assert_ok(vdib__decoder_build(&mlp, &b.table, &b.chain));
    assert_tensor(&b.table, 0, "decoder.fc1.weight", 25, 50, 1, 1, 1 / sqrt(50));
    vdib__tensor_table_free(&b.table);
    vdib__decoder_parameters up = {.type = vdib__decoder_named("upconv"),
                                   .window = 5,
                                   .readouts = 10,
                                   .hidden = 20,
                                   .outputs = 3 * 49 * 64,
                                   .channels = 3,
                                   .height = 49,
                                   .width = 64};
    b = (bench){0};
    assert_ok(vdib__decoder_build(&up, &b.table, &b.chain));
    assert_int_equal(b.table.count, 10);
    assert_tensor(&b.table, 2, "decoder.fc2.weight", 64 * 7 * 8, 20, 1, 1, 1 / sqrt(20)); /* 49 / 8 is above 6 */
    assert_tensor(&b.table, 4, "decoder.up1.weight", 64, 32, 4, 4, 1 / sqrt(4 * 64));
    assert_tensor(&b.table, 5, "decoder.up1.bias", 32, 1, 1, 1, 1 / sqrt(4 * 64));
    assert_tensor(&b.table, 6, "decoder.up2.weight", 32, 16, 4, 4, 1 / sqrt(4 * 32));
    assert_tensor(&b.table, 8, "decoder.up3.weight", 16, 3, 4, 4, 1 / sqrt(4 * 16));
    vdib__tensor_table_free(&b.table);
    up.height = 47; /* 47 / 8 is below it: one doubling less */
    up.outputs = 3 * 47 * 64;
    b = (bench){0};
    assert_ok(vdib__decoder_build(&up, &b.table, &b.chain));
    assert_int_equal(b.table.count, 8);
    assert_tensor(&b.table, 2, "decoder.fc2.weight", 32 * 12 * 16, 20, 1, 1, 1 / sqrt(20));
    vdib__tensor_table_free(&b.table);
}

/* What does not grow with readouts, steps and pixels at once: the weights that a larger image needs. */
static void test_upconv_grows_slowly(void **state) {
    (void)state;
    size_t weights[2] = {0};
    for (size_t i = 0; i < 2; i++) {
        size_t side = (size_t)64 << i;
        const vdib__decoder_parameters p = {.type = vdib__decoder_named("upconv"),
                                            .window = 20,
                                            .readouts = 128,
                                            .hidden = 64,
                                            .outputs = side * side,
                                            .channels = 1,
                                            .height = side,
                                            .width = side};
        bench b = {0};
        assert_ok(vdib__decoder_build(&p, &b.table, &b.chain));
        vdib__tensor_layout(&b.table);
        weights[i] = b.table.total;
        vdib__tensor_table_free(&b.table);
    }
    assert_true(weights[1] < weights[0] + weights[0] / 2);
    bench b = {0};
    const vdib__decoder_parameters vector = {.type = vdib__decoder_named("upconv"),
                                             .window = 2,
                                             .readouts = 3,
                                             .outputs = 7,
                                             .channels = 1,
                                             .height = 1,
                                             .width = 7};
    assert_fails(VDIB_ERROR_CONFIG, vdib__decoder_build(&vector, &b.table, &b.chain),
                 "makes images, but the targets are 7 values");
    vdib__tensor_table_free(&b.table);
}

/* Where the nonlinearities are: `conv` has none between its convolutions, `conv2d` none after the first. */
static void test_layer_kinds(void **state) {
    (void)state;
    const vdib__layer_kind conv[] = {VDIB_LAYER_CONV1D, VDIB_LAYER_CONV1D, VDIB_LAYER_RELU, VDIB_LAYER_AFFINE};
    const vdib__layer_kind conv2d[] = {VDIB_LAYER_CONV2D, VDIB_LAYER_CONV2D, VDIB_LAYER_RELU, VDIB_LAYER_CONV2D,
                                       VDIB_LAYER_RELU,   VDIB_LAYER_AFFINE, VDIB_LAYER_RELU, VDIB_LAYER_AFFINE};
    vdib__decoder_parameters parameters = {
        .type = vdib__decoder_named("conv"), .window = 8, .readouts = 8, .outputs = 3};
    bench b = {0};
    assert_ok(vdib__decoder_build(&parameters, &b.table, &b.chain));
    assert_int_equal(b.chain.count, sizeof conv / sizeof *conv);
    for (size_t l = 0; l < b.chain.count; l++)
        assert_int_equal(b.chain.layers[l].kind, conv[l]);
    parameters.type = vdib__decoder_named("conv2d");
    assert_ok(vdib__decoder_build(&parameters, &b.table, &b.chain));
    assert_int_equal(b.chain.count, sizeof conv2d / sizeof *conv2d);
    for (size_t l = 0; l < b.chain.count; l++)
        assert_int_equal(b.chain.layers[l].kind, conv2d[l]);
    vdib__tensor_table_free(&b.table);
}

/* Rate decoding is blind to when a neuron spikes. */
static void test_rate_decoding(void **state) {
    (void)state;
    enum { WINDOW = 4, READOUTS = 3 };
    bench b = decoder_bench((vdib__decoder_parameters){.type = vdib__decoder_named("linear"),
                                                       .counts = true,
                                                       .window = WINDOW,
                                                       .readouts = READOUTS,
                                                       .outputs = 2},
                            2, 3);
    assert_int_equal(b.table.tensors[0].shape[1], READOUTS);
    const float windows[2][WINDOW * READOUTS] = {{1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0},
                                                 {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0}};
    memcpy(b.input, windows, sizeof windows);
    outcome o = bench_run(&b, 1, 2, 2);
    assert_memory_equal(o.output, o.output + 2, 2 * sizeof(float));
    const float *weight = b.parameters + b.table.tensors[0].offset, *bias = b.parameters + b.table.tensors[1].offset;
    for (size_t i = 0; i < 2; i++)
        assert_true(fabsf(o.output[i] - (2 * weight[i * READOUTS] + weight[i * READOUTS + 1] + bias[i])) < 1e-6F);
    outcome_free(&o);
    bench_free(&b);
}

/* The judge's layers, with pooling of odd maps. */
static void test_lenet(void **state) {
    (void)state;
    bench b = {0};
    vdib__chain_begin(&b.chain, 1, 30, 28);
    assert_ok(vdib__chain_conv(&b.chain, &b.table, ROLE, "conv1", true, 6, 5, 1, 2));
    assert_ok(vdib__chain_relu(&b.chain));
    assert_ok(vdib__chain_max_pool(&b.chain, 2));
    assert_ok(vdib__chain_conv(&b.chain, &b.table, ROLE, "conv2", true, 16, 5, 1, 0));
    assert_ok(vdib__chain_relu(&b.chain));
    assert_ok(vdib__chain_max_pool(&b.chain, 2));
    assert_int_equal(b.chain.outputs, 16 * 5 * 5);
    assert_ok(vdib__chain_affine(&b.chain, &b.table, ROLE, "fc1", 84));
    assert_ok(vdib__chain_relu(&b.chain));
    assert_ok(vdib__chain_affine(&b.chain, &b.table, ROLE, "fc2", 10));
    bench_fill(&b, 35, support_seed(7));
    bench_compare(&b, 35, BOUND);
    bench_compare_threads(&b, 35);
    bench_free(&b);
}

/* Gradients come to a sink once, the same to the bit, and nothing reads a weight that a sink was given the gradient
 * of. */
static void check_sink(vdib__decoder_parameters parameters, size_t batch) {
    bench b = decoder_bench(parameters, batch, 11);
    outcome wanted = bench_run(&b, 1, batch, batch);
    for (int threads = 1; threads <= 3; threads++) {
        float *weights = bench_memory(b.table.total, sizeof *weights),
              *scratch = bench_memory(b.table.total, sizeof *scratch);
        float *input_gradient = bench_memory(batch * b.chain.inputs, sizeof *input_gradient);
        support_sink taken = {.gradients = bench_memory(b.table.total, sizeof(float)), .parameters = weights};
        memcpy(weights, b.parameters, b.table.total * sizeof *weights);
        for (size_t t = 0; t < b.table.count; t++)
            memset(taken.gradients + b.table.tensors[t].offset, 0xFF, b.table.tensors[t].count * sizeof(float));
        const vdib__gradient_sink sink = {.take = support_take, .user = &taken};
        const float *output = NULL;
        vdib__chain_workspace *workspace = NULL;
        assert_ok(vdib__chain_workspace_create(&b.chain, batch, 4, &workspace));
        assert_ok(vdib__chain_forward(&b.chain, &b.table, weights, threads, workspace, b.input, batch, &output));
        assert_ok(vdib__chain_backward(&b.chain, &b.table, weights, threads, workspace, b.error, batch, &sink, scratch,
                                       input_gradient));
        assert_int_equal(taken.taken, vdib__tensor_elements(&b.table, ROLE));
        for (size_t t = 0; t < b.table.count; t++)
            assert_memory_equal(taken.gradients + b.table.tensors[t].offset,
                                wanted.gradients + b.table.tensors[t].offset, b.table.tensors[t].count * sizeof(float));
        assert_memory_equal(input_gradient, wanted.input_gradient, batch * b.chain.inputs * sizeof(float));
        vdib__chain_workspace_destroy(workspace);
        free(taken.gradients), free(input_gradient), free(scratch), free(weights);
    }
    outcome_free(&wanted);
    bench_free(&b);
}

static void test_sink(void **state) {
    (void)state;
    const size_t batches[] = {1, 3, 9}; /* one, few and many examples take different ways */
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        for (size_t type = 0; type < vdib__decoders.count; type++)
            check_sink((vdib__decoder_parameters){.type = vdib__decoder_of(vdib__decoders.rows[type]),
                                                  .window = 17,
                                                  .readouts = 67,
                                                  .hidden = 4100, /* rows of more than one chunk */
                                                  .outputs = 6,
                                                  .channels = 1,
                                                  .height = 2,
                                                  .width = 3},
                       batches[i]);
}

/* Without input gradients the parameters' gradients are the same, and so they are in a smaller workspace. */
static void test_workspace(void **state) {
    (void)state;
    bench b = decoder_bench(
        (vdib__decoder_parameters){.type = vdib__decoder_named("conv"), .window = 8, .readouts = 21, .outputs = 4}, 4,
        8);
    outcome wide = bench_run(&b, 1, 3, 4), exact = bench_run(&b, 1, 3, 3);
    assert_memory_equal(wide.gradients, exact.gradients, b.table.total * sizeof(float));
    assert_memory_equal(wide.output, exact.output, 3 * b.chain.outputs * sizeof(float));
    float *gradients = bench_memory(b.table.total, sizeof *gradients);
    vdib__chain_workspace *workspace = NULL;
    const float *output = NULL;
    assert_ok(vdib__chain_workspace_create(&b.chain, 4, 2, &workspace));
    assert_fails(
        VDIB_ERROR_ARGUMENT,
        vdib__chain_backward(&b.chain, &b.table, b.parameters, 1, workspace, b.error, 3, NULL, gradients, NULL),
        "after forward for 0");
    assert_ok(vdib__chain_forward(&b.chain, &b.table, b.parameters, 1, workspace, b.input, 3, &output));
    assert_ok(vdib__chain_backward(&b.chain, &b.table, b.parameters, 1, workspace, b.error, 3, NULL, gradients, NULL));
    assert_memory_equal(gradients, exact.gradients, b.table.total * sizeof(float));
    assert_fails(
        VDIB_ERROR_ARGUMENT,
        vdib__chain_backward(&b.chain, &b.table, b.parameters, 1, workspace, b.error, 2, NULL, gradients, NULL),
        "after forward for 3");
    assert_fails(VDIB_ERROR_ARGUMENT,
                 vdib__chain_forward(&b.chain, &b.table, b.parameters, 1, workspace, b.input, 5, &output),
                 "holds 1 to 4");
    assert_fails(VDIB_ERROR_ARGUMENT,
                 vdib__chain_forward(&b.chain, &b.table, b.parameters, 1, workspace, b.input, 0, &output),
                 "holds 1 to 4");
    vdib__chain_workspace_destroy(workspace);
    vdib__chain_workspace_destroy(NULL);
    free(gradients);
    outcome_free(&wide);
    outcome_free(&exact);
    bench_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoders),    cmocka_unit_test(test_decoders_parallel),
        cmocka_unit_test(test_tensors),     cmocka_unit_test(test_upconv_grows_slowly),
        cmocka_unit_test(test_layer_kinds), cmocka_unit_test(test_rate_decoding),
        cmocka_unit_test(test_lenet),       cmocka_unit_test(test_workspace),
        cmocka_unit_test(test_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
