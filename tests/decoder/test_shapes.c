/* SPDX-License-Identifier: MIT */
/* Impossible shapes end with an error that names the layer; nothing else is built. */
#include "chain_reference.h"

static const vdib__tensor_role ROLE = VDIB_TENSOR_DECODER;

static void test_affine(void **state) {
    (void)state;
    vdib__tensor_table table = {0};
    vdib__chain chain;
    vdib__chain_begin(&chain, 4, 1, 4);
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_affine(&chain, &table, ROLE, "judge.fc1", 0), "judge.fc1");
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_affine(&chain, &table, ROLE, "judge.fc1", (size_t)1 << 31),
                 "judge.fc1");
    vdib__chain_begin(&chain, 0, 1, 4);
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_affine(&chain, &table, ROLE, "judge.fc1", 3), "0 x 1 x 4");
    vdib__chain_begin(&chain, SIZE_MAX, 2, 2);
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_affine(&chain, &table, ROLE, "judge.fc1", 3), "judge.fc1");
    assert_int_equal(chain.count, 0);
    assert_int_equal(table.count, 0);
    vdib__tensor_table_free(&table);
}

static void test_convolution(void **state) {
    (void)state;
    vdib__tensor_table table = {0};
    vdib__chain chain;
    vdib__chain_begin(&chain, 1, 4, 9);
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_conv(&chain, &table, ROLE, "c", true, 2, 7, 1, 1), "does not fit");
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_conv(&chain, &table, ROLE, "c", true, 2, 0, 1, 0), "kernel 0");
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_conv(&chain, &table, ROLE, "c", true, 2, 3, 0, 1), "stride 0");
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_conv(&chain, &table, ROLE, "c", true, 2, 3, 1, 3), "padding 3");
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_conv(&chain, &table, ROLE, "c", true, 2, 3, 1, SIZE_MAX), "padding");
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_conv(&chain, &table, ROLE, "c", true, 0, 3, 1, 1), "c: an output");
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_conv(&chain, &table, ROLE, "c", false, 2, 3, 1, 1), "height 1, not 4");
    vdib__chain_begin(&chain, 1 << 20, 1, 1 << 10);
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_conv(&chain, &table, ROLE, "c", false, 1, 3, 1, 1), "too many");
    assert_int_equal(table.count, 0);
    vdib__tensor_table_free(&table);
}

static void test_pooling_and_length(void **state) {
    (void)state;
    vdib__chain chain;
    vdib__chain_begin(&chain, 1, 3, 5);
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_max_pool(&chain, 4), "3 x 5");
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_max_pool(&chain, 0), "max-pooling");
    for (size_t l = 0; l < VDIB_CHAIN_LAYERS; l++)
        assert_ok(vdib__chain_relu(&chain));
    assert_fails(VDIB_ERROR_CONFIG, vdib__chain_relu(&chain), "at most 16");
    vdib__chain_workspace *workspace = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__chain_workspace_create(&chain, 0, 1, &workspace), "0 examples");
    assert_fails(VDIB_ERROR_MEMORY, vdib__chain_workspace_create(&chain, SIZE_MAX / 4, 1, &workspace), "memory");
    vdib__chain_begin(&chain, 1, 3, 5);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__chain_workspace_create(&chain, 1, 1, &workspace), "0 layers");
    assert_null(workspace);
}

static void assert_impossible(vdib__decoder_parameters parameters, vdib_status status, const char *part) {
    vdib__tensor_table table = {0};
    vdib__chain chain;
    assert_fails(status, vdib__decoder_build(&parameters, &table, &chain), part);
    vdib__tensor_table_free(&table);
}

static void test_decoders(void **state) {
    (void)state;
    vdib__decoder_parameters good = {.type = vdib__decoder_named("conv"), .window = 8, .readouts = 8, .outputs = 3},
                             bad = good;
    bad.window = 1;
    assert_impossible(bad, VDIB_ERROR_CONFIG, "decoder.conv1");
    bad.window = 0;
    assert_impossible(bad, VDIB_ERROR_CONFIG, "window of 0");
    bad = good;
    bad.readouts = 0;
    assert_impossible(bad, VDIB_ERROR_CONFIG, "0 readouts");
    bad = good;
    bad.outputs = 0;
    assert_impossible(bad, VDIB_ERROR_CONFIG, "0 outputs");
    bad = good;
    bad.counts = true;
    assert_impossible(bad, VDIB_ERROR_CONFIG, "spike counts");
    bad.counts = false;
    bad.first = true;
    assert_impossible(bad, VDIB_ERROR_CONFIG, "first spikes");
    bad.type = vdib__decoder_named("mlp");
    bad.readouts = 1;
    assert_impossible(bad, VDIB_ERROR_CONFIG, "decoder.hidden");
    bad.first = false;
    bad.counts = true;
    bad.type = vdib__decoder_named("mlp");
    bad.readouts = 1;
    assert_impossible(bad, VDIB_ERROR_CONFIG, "decoder.hidden");
    bad = good;
    bad.type = vdib__decoder_named("mlp");
    bad.readouts = SIZE_MAX / 2;
    assert_impossible(bad, VDIB_ERROR_CONFIG, "decoder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_affine),
        cmocka_unit_test(test_convolution),
        cmocka_unit_test(test_pooling_and_length),
        cmocka_unit_test(test_decoders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
