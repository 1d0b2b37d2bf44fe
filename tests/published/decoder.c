/* SPDX-License-Identifier: MIT */
/* The decoders of the published system: a window z (12, 16) to 9 outputs. */
#include <math.h>

#include "core/mathematics.h"
#include "decoder/chain_reference.h"
#include "published.h"

enum { WINDOW = 12, READOUTS = 16, OUTPUTS = 9 };
static const double BOUND = 1e-4;

typedef struct published {
    const char *name;
    vdib__decoder_type type;
    vdib__head head;
} published;

static float *vector_of(const published *p, const char *part, size_t shape[4]) {
    char name[96];
    snprintf(name, sizeof name, "dec_%s_%s", p->name, part);
    return support_vector(name, shape);
}

/* The vector of a tensor ("" or "g_" before its PyTorch name), whose shape must be the table's. */
static float *tensor_vector(const published *p, const char *prefix, const vdib__tensor *tensor) {
    char part[80];
    assert_memory_equal(tensor->name, "decoder.", strlen("decoder."));
    snprintf(part, sizeof part, "%s%s", prefix, tensor->name + strlen("decoder."));
    size_t shape[4];
    float *values = vector_of(p, part, shape);
    for (size_t a = 0; a < VDIB_TENSOR_RANK; a++)
        assert_int_equal(shape[a], tensor->shape[a]);
    return values;
}

static void check_outputs(const published *p, const float *logits, const float *target, uint32_t label) {
    size_t shape[4];
    float *want = vector_of(p, "out", shape), *loss = vector_of(p, "loss", shape), values[OUTPUTS];
    vdib__head_output(p->head, logits, OUTPUTS, values);
    if (p->head == VDIB_HEAD_CATEGORICAL)
        for (size_t i = 0; i < OUTPUTS; i++)
            values[i] = (float)log((double)values[i]);
    assert_close(values, want, OUTPUTS, BOUND);
    double distortion = vdib__head_distortion(p->head, logits, OUTPUTS, target, label);
    float mean = (float)(p->head == VDIB_HEAD_BERNOULLI ? distortion / OUTPUTS : distortion);
    assert_close(&mean, loss, 1, BOUND);
    free(want);
    free(loss);
}

static void check(const published *p) {
    bench b = {0};
    const vdib__decoder_parameters parameters = {
        .type = p->type, .window = WINDOW, .readouts = READOUTS, .outputs = OUTPUTS};
    assert_ok(vdib__decoder_build(&parameters, &b.table, &b.chain));
    bench_fill(&b, 1, 0);
    size_t shape[4];
    for (size_t t = 0; t < b.table.count; t++) {
        float *values = tensor_vector(p, "", &b.table.tensors[t]);
        memcpy(b.parameters + b.table.tensors[t].offset, values, b.table.tensors[t].count * sizeof *values);
        free(values);
    }
    float *z = vector_of(p, "z", shape), *target = vector_of(p, "target", shape);
    memcpy(b.input, z, b.chain.inputs * sizeof *z);
    uint32_t label = p->head == VDIB_HEAD_CATEGORICAL ? (uint32_t)target[0] : 0;
    outcome forward = bench_run(&b, 1, 1, 1);
    check_outputs(p, forward.output, target, label);
    float scale = p->head == VDIB_HEAD_BERNOULLI ? 1.0F / OUTPUTS : 1.0F;
    vdib__head_gradient(p->head, forward.output, OUTPUTS, target, label, scale, b.error);
    outcome backward = bench_run(&b, 1, 1, 1);
    for (size_t t = 0; t < b.table.count; t++) {
        float *want = tensor_vector(p, "g_", &b.table.tensors[t]);
        assert_close(backward.gradients + b.table.tensors[t].offset, want, b.table.tensors[t].count, BOUND);
        free(want);
    }
    outcome_free(&backward);
    outcome_free(&forward);
    free(target);
    free(z);
    bench_free(&b);
}

void published_decoder_conv(void **state) {
    (void)state;
    check(&(published){"conv", VDIB_DECODER_CONV, VDIB_HEAD_BERNOULLI});
}

void published_decoder_mlp(void **state) {
    (void)state;
    check(&(published){"mlp", VDIB_DECODER_MLP, VDIB_HEAD_BERNOULLI});
}

void published_decoder_linear(void **state) {
    (void)state;
    check(&(published){"linear", VDIB_DECODER_LINEAR, VDIB_HEAD_CATEGORICAL});
}
