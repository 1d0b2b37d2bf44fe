/* SPDX-License-Identifier: MIT */
/* Gradients of every layer and head of the double reference against central differences. */
#include <math.h>

#include "chain_reference.h"

static const double BOUND = 1e-6, STEP = 1e-5;

/* A differentiable piece: weight, bias and input to output; some arrays may be empty. */
typedef struct piece {
    const vdib__layer *layer;
    size_t weights, biases;
    double *weight, *bias, *input, *error; /* error (outputs): the loss is error . output */
    double *weight_gradient, *bias_gradient, *input_gradient;
} piece;

static double loss(const piece *p) {
    double *output = bench_memory(p->layer->outputs, sizeof *output), sum = 0;
    exact_forward(p->layer, p->weight, p->bias, p->input, output);
    for (size_t i = 0; i < p->layer->outputs; i++)
        sum += p->error[i] * output[i];
    free(output);
    return sum;
}

static void check_array(const piece *p, double *values, const double *gradient, size_t count) {
    double *numeric = bench_memory(count, sizeof *numeric);
    for (size_t i = 0; i < count; i++) {
        double kept = values[i];
        values[i] = kept + STEP;
        double above = loss(p);
        values[i] = kept - STEP;
        double below = loss(p);
        values[i] = kept;
        numeric[i] = (above - below) / (2 * STEP);
    }
    assert_close_double(gradient, numeric, count, BOUND);
    free(numeric);
}

/* About uniform in [-1, 1), no two within 20 STEP of each other, none within 10 STEP of 0, so that no kink lies inside
 * a difference. */
static double *apart(uint64_t seed, uint64_t stream, size_t count) {
    float *raw = bench_memory(count, sizeof *raw);
    bench_random(seed, stream, raw, count);
    double *values = bench_memory(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        double grid = 20 * STEP * (double)count;
        values[i] = (floor((double)raw[i] / grid) + ((double)i + 0.5) / (double)count) * grid;
    }
    free(raw);
    return values;
}

static void check_layer(const vdib__layer *layer, uint64_t seed) {
    size_t patch = layer->kind == VDIB_LAYER_AFFINE   ? layer->inputs
                   : layer->kind == VDIB_LAYER_CONV1D ? layer->in_channels * layer->kernel
                                                      : layer->in_channels * layer->kernel * layer->kernel;
    piece p = {.layer = layer};
    p.biases = has_parameters(layer) ? layer->out_channels : 0;
    p.weights = layer->kind == VDIB_LAYER_UPCONV2D ? p.biases * layer->in_channels * layer->kernel * layer->kernel
                                                   : p.biases * patch;
    p.weight = apart(seed, 1, p.weights);
    p.bias = apart(seed, 2, p.biases);
    p.input = apart(seed, 3, layer->inputs);
    p.error = apart(seed, 4, layer->outputs);
    p.weight_gradient = bench_memory(p.weights, sizeof(double));
    p.bias_gradient = bench_memory(p.biases, sizeof(double));
    p.input_gradient = bench_memory(layer->inputs, sizeof(double));
    exact_backward(layer, p.weight, p.input, p.error, p.weight_gradient, p.bias_gradient, p.input_gradient);
    check_array(&p, p.weight, p.weight_gradient, p.weights);
    check_array(&p, p.bias, p.bias_gradient, p.biases);
    check_array(&p, p.input, p.input_gradient, layer->inputs);
    double *arrays[] = {p.weight, p.bias, p.input, p.error, p.weight_gradient, p.bias_gradient, p.input_gradient};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
}

static void test_layers(void **state) {
    (void)state;
    uint64_t seed = support_seed(41);
    bench b = {0};
    vdib__chain *chain = &b.chain;
    const vdib__tensor_role role = VDIB_TENSOR_DECODER;
    vdib__chain_begin(chain, 2, 9, 11);
    assert_ok(vdib__chain_conv(chain, &b.table, role, "a", true, 3, 3, 1, 1));
    assert_ok(vdib__chain_relu(chain));
    assert_ok(vdib__chain_max_pool(chain, 2));
    assert_ok(vdib__chain_conv(chain, &b.table, role, "b", true, 4, 3, 2, 1));
    assert_ok(vdib__chain_upconv(chain, &b.table, role, "u", 3, 4, 2, 1, 4, 5)); /* 2 x 3 to 4 x 6, cut */
    assert_ok(vdib__chain_upconv(chain, &b.table, role, "v", 2, 3, 1, 0, 6, 6));
    assert_ok(vdib__chain_affine(chain, &b.table, role, "c", 7));
    for (size_t l = 0; l < chain->count; l++)
        check_layer(&chain->layers[l], seed + l);
    vdib__chain_begin(chain, 6, 1, 13);
    assert_ok(vdib__chain_conv(chain, &b.table, role, "d", false, 3, 3, 2, 1));
    assert_ok(vdib__chain_conv(chain, &b.table, role, "e", false, 4, 5, 3, 2));
    assert_ok(vdib__chain_count(chain));
    vdib__chain_begin(chain, 6, 1, 13);
    assert_ok(vdib__chain_first(chain));
    for (size_t l = 0; l < chain->count; l++)
        check_layer(&chain->layers[l], seed + 10 + l);
    vdib__tensor_table_free(&b.table);
}

enum { OUTPUTS = 9, LABEL = 4 };

static double head_loss(const vdib__head *head, const double *logits, const double *target, double *gradient) {
    if (head == &vdib__head_bernoulli)
        return decoder_reference_bernoulli_double(OUTPUTS, logits, target, gradient);
    if (head == &vdib__head_categorical)
        return decoder_reference_categorical_double(OUTPUTS, logits, LABEL, gradient);
    assert_ptr_equal(head, &vdib__head_gaussian); /* a head without a reference is none that this test covers */
    return decoder_reference_gaussian_double(OUTPUTS, logits, target, gradient);
}

static void test_heads(void **state) {
    (void)state;
    uint64_t seed = support_seed(42);
    for (size_t h = 0; h < vdib__heads.count; h++) {
        const vdib__head *head = vdib__head_of(vdib__heads.rows[h]);
        double *logits = apart(seed, 1, OUTPUTS), *target = apart(seed, 2, OUTPUTS);
        double gradient[OUTPUTS], unused[OUTPUTS], numeric[OUTPUTS];
        for (size_t i = 0; i < OUTPUTS; i++)
            target[i] = 0.5 + 0.5 * target[i];
        head_loss(head, logits, target, gradient);
        for (size_t i = 0; i < OUTPUTS; i++) {
            double kept = logits[i];
            logits[i] = kept + STEP;
            numeric[i] = head_loss(head, logits, target, unused);
            logits[i] = kept - STEP;
            numeric[i] = (numeric[i] - head_loss(head, logits, target, unused)) / (2 * STEP);
            logits[i] = kept;
        }
        assert_close_double(gradient, numeric, OUTPUTS, BOUND);
        free(logits);
        free(target);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
