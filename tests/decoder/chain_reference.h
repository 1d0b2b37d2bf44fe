/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_DECODER_CHAIN_REFERENCE_H
#define VDIB_TESTS_DECODER_CHAIN_REFERENCE_H
/* A chain and what it takes to run it in a test, and the same chain on the double reference. */

#include "core/alloc.h"
#include "core/random.h"
#include "decoder/decoder.h"
#include "reference/decoder_reference.h"
#include "support.h"

typedef struct bench {
    vdib__tensor_table table;
    vdib__chain chain;
    float *parameters; /* (total) */
    float *input;      /* (B, inputs) */
    float *error;      /* (B, outputs): gradient of the outputs */
    size_t batch;
} bench;

/* What one forward and backward gives; float from the library, double from the reference. */
typedef struct outcome {
    float *output, *gradients, *input_gradient;
} outcome;

typedef struct exact_outcome {
    double *output, *gradients, *input_gradient;
} exact_outcome;

static inline void *bench_memory(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);
    assert_non_null(memory);
    return memory;
}

/* values uniform in [-1, 1), keyed by (seed, stream). */
static inline void bench_random(uint64_t seed, uint64_t stream, float *values, size_t count) {
    vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_STIMULUS, .example = stream};
    for (size_t i = 0; i < count; i++)
        values[i] = 2.0F * vdib__random_uniform(&key, 0, (uint32_t)i) - 1.0F;
}

/* After the chain of `b` has been built: parameters, inputs and output gradients from the seed. */
static inline void bench_fill(bench *b, size_t batch, uint64_t seed) {
    vdib__tensor_layout(&b->table);
    b->batch = batch;
    b->parameters = bench_memory(b->table.total, sizeof(float));
    b->input = bench_memory(batch * b->chain.inputs, sizeof(float));
    b->error = bench_memory(batch * b->chain.outputs, sizeof(float));
    vdib__tensor_initialise(&b->table, seed, b->parameters);
    bench_random(seed, 1, b->input, batch * b->chain.inputs);
    bench_random(seed, 2, b->error, batch * b->chain.outputs);
}

static inline void bench_free(bench *b) {
    free(b->error);
    free(b->input);
    free(b->parameters);
    vdib__tensor_table_free(&b->table);
    *b = (bench){0};
}

static inline void outcome_free(outcome *o) {
    free(o->output);
    free(o->gradients);
    free(o->input_gradient);
}

static inline void exact_outcome_free(exact_outcome *o) {
    free(o->output);
    free(o->gradients);
    free(o->input_gradient);
}

/* Forward and backward of the first `batch` examples in a workspace made for `capacity`. Gradients start as garbage,
 * for they are to be overwritten. */
static inline outcome bench_run(const bench *b, int threads, size_t batch, size_t capacity) {
    vdib__chain_workspace *workspace = NULL;
    assert_ok(vdib__chain_workspace_create(&b->chain, capacity, threads, &workspace));
    outcome o = {.output = bench_memory(batch * b->chain.outputs, sizeof(float)),
                 .gradients = bench_memory(b->table.total, sizeof(float)),
                 .input_gradient = bench_memory(batch * b->chain.inputs, sizeof(float))};
    for (size_t t = 0; t < b->table.count; t++)
        for (size_t i = 0; i < b->table.tensors[t].count; i++)
            o.gradients[b->table.tensors[t].offset + i] = 1e30F;
    const float *output = NULL;
    assert_ok(vdib__chain_forward(&b->chain, &b->table, b->parameters, threads, workspace, b->input, batch, &output));
    memcpy(o.output, output, batch * b->chain.outputs * sizeof(float));
    assert_ok(vdib__chain_backward(&b->chain, &b->table, b->parameters, threads, workspace, b->error, batch, NULL,
                                   o.gradients, o.input_gradient));
    vdib__chain_workspace_destroy(workspace);
    return o;
}

static inline decoder_reference_maps maps_of(const vdib__layer *layer) {
    bool flat = layer->kind == VDIB_LAYER_CONV1D;
    return (decoder_reference_maps){.in_channels = layer->in_channels,
                                    .in_height = layer->in_height,
                                    .in_width = layer->in_width,
                                    .out_channels = layer->out_channels,
                                    .out_height = layer->out_height,
                                    .out_width = layer->out_width,
                                    .kernel_height = flat ? 1 : layer->kernel,
                                    .kernel_width = layer->kernel,
                                    .stride = layer->stride,
                                    .padding_height = flat ? 0 : layer->padding,
                                    .padding_width = layer->padding};
}

static inline void exact_forward(const vdib__layer *layer, const double *weight, const double *bias,
                                 const double *input, double *output) {
    decoder_reference_maps maps = maps_of(layer);
    switch (layer->kind) {
    case VDIB_LAYER_AFFINE:
        decoder_reference_affine_forward_double(layer->inputs, layer->outputs, weight, bias, input, output);
        break;
    case VDIB_LAYER_CONV1D:
    case VDIB_LAYER_CONV2D:
        decoder_reference_convolution_forward_double(&maps, weight, bias, input, output);
        break;
    case VDIB_LAYER_UPCONV2D:
        decoder_reference_upconvolution_forward_double(&maps, weight, bias, input, output);
        break;
    case VDIB_LAYER_MAX_POOL:
        decoder_reference_max_pool_forward_double(&maps, input, output);
        break;
    case VDIB_LAYER_RELU:
        decoder_reference_relu_forward_double(layer->inputs, input, output);
        break;
    case VDIB_LAYER_FIRST:
        decoder_reference_first_forward_double(layer->in_channels, layer->outputs, input, output);
        break;
    case VDIB_LAYER_COUNT:
        decoder_reference_count_forward_double(layer->in_channels, layer->outputs, input, output);
        break;
    }
}

static inline void exact_backward(const vdib__layer *layer, const double *weight, const double *input,
                                  const double *error, double *weight_gradient, double *bias_gradient,
                                  double *input_gradient) {
    decoder_reference_maps maps = maps_of(layer);
    switch (layer->kind) {
    case VDIB_LAYER_AFFINE:
        decoder_reference_affine_backward_double(layer->inputs, layer->outputs, weight, input, error, weight_gradient,
                                                 bias_gradient, input_gradient);
        break;
    case VDIB_LAYER_CONV1D:
    case VDIB_LAYER_CONV2D:
        decoder_reference_convolution_backward_double(&maps, weight, input, error, weight_gradient, bias_gradient,
                                                      input_gradient);
        break;
    case VDIB_LAYER_UPCONV2D:
        decoder_reference_upconvolution_backward_double(&maps, weight, input, error, weight_gradient, bias_gradient,
                                                        input_gradient);
        break;
    case VDIB_LAYER_MAX_POOL:
        decoder_reference_max_pool_backward_double(&maps, input, error, input_gradient);
        break;
    case VDIB_LAYER_RELU:
        decoder_reference_relu_backward_double(layer->inputs, input, error, input_gradient);
        break;
    case VDIB_LAYER_FIRST:
        decoder_reference_first_backward_double(layer->in_channels, layer->outputs, input, error, input_gradient);
        break;
    case VDIB_LAYER_COUNT:
        decoder_reference_count_backward_double(layer->in_channels, layer->outputs, error, input_gradient);
        break;
    }
}

static inline double *widened(const float *values, size_t count) {
    double *wide = bench_memory(count, sizeof *wide);
    for (size_t i = 0; i < count; i++)
        wide[i] = (double)values[i];
    return wide;
}

static inline bool has_parameters(const vdib__layer *layer) {
    return layer->kind == VDIB_LAYER_AFFINE || layer->kind == VDIB_LAYER_CONV1D || layer->kind == VDIB_LAYER_CONV2D ||
           layer->kind == VDIB_LAYER_UPCONV2D;
}

/* One example through the double reference; adds to result->gradients. */
static inline void exact_example(const bench *b, const double *parameters, size_t example, exact_outcome *result) {
    const vdib__chain *chain = &b->chain;
    double *values[VDIB_CHAIN_LAYERS + 1] = {widened(b->input + example * chain->inputs, chain->inputs)};
    for (size_t l = 0; l < chain->count; l++) {
        const vdib__layer *layer = &chain->layers[l];
        bool has = has_parameters(layer);
        values[l + 1] = bench_memory(layer->outputs, sizeof(double));
        exact_forward(layer, has ? parameters + b->table.tensors[layer->weight].offset : NULL,
                      has ? parameters + b->table.tensors[layer->bias].offset : NULL, values[l], values[l + 1]);
    }
    memcpy(result->output + example * chain->outputs, values[chain->count], chain->outputs * sizeof(double));
    double *error = widened(b->error + example * chain->outputs, chain->outputs);
    for (size_t l = chain->count; l-- > 0;) {
        const vdib__layer *layer = &chain->layers[l];
        bool has = has_parameters(layer);
        double *below = bench_memory(layer->inputs, sizeof(double));
        exact_backward(layer, has ? parameters + b->table.tensors[layer->weight].offset : NULL, values[l], error,
                       has ? result->gradients + b->table.tensors[layer->weight].offset : NULL,
                       has ? result->gradients + b->table.tensors[layer->bias].offset : NULL, below);
        free(error);
        error = below;
    }
    memcpy(result->input_gradient + example * chain->inputs, error, chain->inputs * sizeof(double));
    free(error);
    for (size_t l = 0; l <= chain->count; l++)
        free(values[l]);
}

static inline exact_outcome bench_exact(const bench *b, size_t batch) {
    exact_outcome o = {.output = bench_memory(batch * b->chain.outputs, sizeof(double)),
                       .gradients = bench_memory(b->table.total, sizeof(double)),
                       .input_gradient = bench_memory(batch * b->chain.inputs, sizeof(double))};
    double *parameters = widened(b->parameters, b->table.total);
    for (size_t example = 0; example < batch; example++)
        exact_example(b, parameters, example, &o);
    free(parameters);
    return o;
}

static inline void assert_close_to_exact(const float *got, const double *want, size_t count, double bound) {
    double *wide = widened(got, count);
    assert_close_double(wide, want, count, bound);
    free(wide);
}

/* The library against the double reference for one batch size: outputs, each tensor's gradient, input gradients. */
static inline void bench_compare(const bench *b, size_t batch, double bound) {
    outcome got = bench_run(b, 1, batch, b->batch);
    exact_outcome want = bench_exact(b, batch);
    assert_close_to_exact(got.output, want.output, batch * b->chain.outputs, bound);
    assert_close_to_exact(got.input_gradient, want.input_gradient, batch * b->chain.inputs, bound);
    for (size_t t = 0; t < b->table.count; t++) {
        const vdib__tensor *tensor = &b->table.tensors[t];
        assert_close_to_exact(got.gradients + tensor->offset, want.gradients + tensor->offset, tensor->count, bound);
    }
    outcome_free(&got);
    exact_outcome_free(&want);
}

/* 2 and 3 threads give the bits of 1. */
static inline void bench_compare_threads(const bench *b, size_t batch) {
    outcome one = bench_run(b, 1, batch, b->batch);
    for (int threads = 2; threads <= 3; threads++) {
        outcome more = bench_run(b, threads, batch, b->batch);
        assert_memory_equal(more.output, one.output, batch * b->chain.outputs * sizeof(float));
        assert_memory_equal(more.gradients, one.gradients, b->table.total * sizeof(float));
        assert_memory_equal(more.input_gradient, one.input_gradient, batch * b->chain.inputs * sizeof(float));
        outcome_free(&more);
    }
    outcome_free(&one);
}

#endif
