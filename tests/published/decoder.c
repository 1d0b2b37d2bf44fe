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
    const vdib__decoder *type;
    const vdib__head *head;
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
    p->head->output(logits, OUTPUTS, values);
    if (p->head->classes)
        for (size_t i = 0; i < OUTPUTS; i++)
            values[i] = (float)log((double)values[i]);
    assert_close(values, want, OUTPUTS, BOUND);
    double distortion = p->head->distortion(logits, OUTPUTS, target, label);
    float mean = (float)(p->head == &vdib__head_bernoulli ? distortion / OUTPUTS : distortion);
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
    uint32_t label = p->head->classes ? (uint32_t)target[0] : 0;
    outcome forward = bench_run(&b, 1, 1, 1);
    check_outputs(p, forward.output, target, label);
    float scale = p->head == &vdib__head_bernoulli ? 1.0F / OUTPUTS : 1.0F;
    p->head->gradient(forward.output, OUTPUTS, target, label, scale, b.error);
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
    check(&(published){"conv", vdib__decoder_named("conv"), &vdib__head_bernoulli});
}

void published_decoder_mlp(void **state) {
    (void)state;
    check(&(published){"mlp", vdib__decoder_named("mlp"), &vdib__head_bernoulli});
}

void published_decoder_linear(void **state) {
    (void)state;
    check(&(published){"linear", vdib__decoder_named("linear"), &vdib__head_categorical});
}
