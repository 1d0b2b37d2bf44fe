/* SPDX-License-Identifier: MIT */
/* The encoder of the published system: bases, one LIF layer, and a readout above it under dfa (vectors basis_*, lif_*,
 * enc_*). */
#include <math.h>

#include "encoder/network.h"
#include "published.h"

static const double BOUND = 1e-4;

static void check_basis(const char *name, size_t steps, size_t bases, double width) {
    size_t shape[4];
    float *want = support_vector(name, shape), *got = malloc(bases * steps * sizeof *got);
    assert_int_equal(shape[0], bases);
    assert_int_equal(shape[1], steps);
    vdib__basis_fill(steps, bases, width, got);
    assert_close(got, want, bases * steps, BOUND);
    free(got), free(want);
}

void published_basis(void **state) {
    (void)state;
    check_basis("basis_tau10_K8_mu0.5", 10, 8, 0.5);
    check_basis("basis_tau10_K1_mu0.5", 10, 1, 0.5);
    check_basis("basis_tau20_K4_mu0.3", 20, 4, 0.3);
    check_basis("basis_tau5_K3_mu1.0", 5, 3, 1.0);
}

/* The network of the vectors, its weights, and one trial with the readout forced to enc_y. */
typedef struct published {
    network net;
    vdib_raster *input;
    vdib__trial *trial;
    float *forced; /* (T, NY) */
    size_t steps, inputs, hidden, readouts;
} published;

static void load_tensor(network *net, const char *name, const char *vector) {
    const vdib__tensor *tensor = network_tensor(net, name);
    size_t shape[4];
    float *values = support_vector(vector, shape);
    assert_int_equal(shape[0] * shape[1] * shape[2] * shape[3], tensor->count);
    for (size_t a = 0; a < tensor->rank; a++)
        assert_int_equal(shape[a], tensor->shape[a]);
    vdib__tensor_from_file(tensor, values, net->parameters + tensor->offset);
    free(values);
}

static vdib_raster *load_input(size_t *steps, size_t *inputs) {
    size_t shape[4];
    float *x = support_vector("lif_x", shape);
    *steps = shape[0], *inputs = shape[1];
    uint8_t *dense = calloc(shape[0] * shape[1], 1);
    for (size_t i = 0; i < shape[0] * shape[1]; i++)
        dense[i] = x[i] != 0.0F;
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(*inputs, *steps, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    free(dense), free(x);
    return raster;
}

static published *published_create(void) {
    published *p = calloc(1, sizeof *p);
    assert_non_null(p);
    size_t shape[4];
    p->input = load_input(&p->steps, &p->inputs);
    free(support_vector("lif_b", shape));
    p->hidden = shape[0];
    p->forced = support_vector("enc_y", shape);
    assert_int_equal(shape[0], p->steps);
    p->readouts = shape[1];
    vdib__encoder_parameters parameters = {.neuron = {.synaptic_decay = 0.85F,
                                                      .membrane_decay = 0.9F,
                                                      .refractory_decay = 0.65F,
                                                      .gain = &vdib__gain_published,
                                                      .surrogate = vdib__surrogate_named("boxcar")},
                                           .input_shape = {p->inputs, 1, 1},
                                           .layer_count = 1,
                                           .layers = {{.width = p->hidden}},
                                           .readouts = p->readouts,
                                           .filter_steps = 10,
                                           .bases = 8,
                                           .feedback_bases = 1,
                                           .basis_width = 0.5,
                                           .credit = &vdib__credit_dfa};
    network_build(&p->net, &parameters, 1);
    load_tensor(&p->net, "encoder.hidden.0.weight", "lif_w");
    load_tensor(&p->net, "encoder.hidden.0.bias", "lif_b");
    load_tensor(&p->net, "encoder.readout.weight", "enc_V");
    load_tensor(&p->net, "encoder.readout.feedback", "enc_f");
    load_tensor(&p->net, "encoder.readout.bias", "enc_bias");
    load_tensor(&p->net, "feedback.hidden.0", "enc_B");
    assert_ok(vdib__trial_create(&p->net.encoder, p->steps, 0, &p->trial));
    p->trial->input = p->input;
    vdib__key key = {.seed = 1, .purpose = VDIB_PURPOSE_READOUT};
    const float *forced = p->forced;
    assert_ok(vdib__encoder_forward(&p->net.encoder, &p->net.table, p->net.parameters, 1,
                                    network_workspace(&p->net, 1, p->steps, 1), &p->trial, &key, &forced, 1));
    return p;
}

static void published_destroy(published *p) {
    vdib__trial_destroy(p->trial);
    vdib_raster_destroy(p->input);
    network_free(&p->net);
    free(p->forced), free(p);
}

static void check_spikes(const vdib_raster *raster, const char *vector) {
    size_t shape[4];
    float *want = support_vector(vector, shape);
    uint8_t *got = malloc(shape[0] * shape[1]);
    assert_int_equal(raster->steps, shape[0]);
    assert_int_equal(raster->channels, shape[1]);
    vdib_raster_to_dense(raster, got);
    for (size_t i = 0; i < shape[0] * shape[1]; i++)
        assert_int_equal(got[i], want[i] != 0.0F);
    free(got), free(want);
}

static void check_values(const float *got, size_t count, const char *vector) {
    size_t shape[4];
    float *want = support_vector(vector, shape);
    assert_int_equal(shape[0] * shape[1] * shape[2] * shape[3], count);
    assert_close(got, want, count, BOUND);
    free(want);
}

void published_lif(void **state) {
    (void)state;
    published *p = published_create();
    check_values(p->trial->layers[0].potentials, p->steps * p->hidden, "lif_u");
    vdib_raster *spikes = NULL;
    assert_ok(vdib__trial_spikes(&p->net.encoder, p->trial, 0, &spikes));
    check_spikes(spikes, "lif_h");
    check_spikes(spikes, "enc_h");
    vdib_raster_destroy(spikes);
    published_destroy(p);
}

/* Sum over t of the mean over neurons of log(p / q), over T, with the published 1e-7 inside the logarithms. */
static float rate_loss(const published *p, double r0) {
    double sum = 0;
    for (size_t i = 0; i < p->steps * p->readouts; i++) {
        double probability = (double)p->trial->probabilities[i];
        sum += p->forced[i] != 0.0F ? log(1e-7 + probability / r0) : log(1e-7 + (1 - probability) / (1 - r0));
    }
    return (float)(sum / (double)(p->steps * p->readouts));
}

static void check_gradient(const published *p, const char *name, const char *vector) {
    const vdib__tensor *tensor = network_tensor(&p->net, name);
    float *got = malloc(tensor->count * sizeof *got);
    vdib__tensor_to_file(tensor, p->net.gradients + tensor->offset, got);
    check_values(got, tensor->count, vector);
    free(got);
}

void published_readout(void **state) {
    (void)state;
    published *p = published_create();
    size_t count = p->steps * p->readouts;
    check_values(p->trial->potentials, count, "enc_u");
    check_spikes(p->trial->readout, "enc_y");
    float loss = rate_loss(p, 0.3);
    check_values(&loss, 1, "enc_rate_loss");
    /* the readout's error carries the 1 / (NY T) of the means, the dfa error does not */
    float *hidden = malloc(count * sizeof *hidden);
    for (size_t i = 0; i < count; i++) {
        hidden[i] = p->forced[i] - p->trial->probabilities[i];
        p->trial->errors[i] = hidden[i] / (float)count;
    }
    const float *hidden_errors = hidden;
    assert_ok(vdib__encoder_backward(&p->net.encoder, &p->net.table, p->net.parameters, 2,
                                     network_workspace(&p->net, 1, p->steps, 2), NULL, &p->trial, &hidden_errors, NULL,
                                     NULL, 1, NULL, p->net.gradients));
    check_gradient(p, "encoder.readout.weight", "enc_gV");
    check_gradient(p, "encoder.readout.feedback", "enc_gf");
    check_gradient(p, "encoder.readout.bias", "enc_gbias");
    check_gradient(p, "encoder.hidden.0.weight", "enc_gW");
    check_gradient(p, "encoder.hidden.0.bias", "enc_gb");
    free(hidden);
    published_destroy(p);
}
