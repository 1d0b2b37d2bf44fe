/* SPDX-License-Identifier: MIT */
/* Gradients of the double reference, with a smooth Theta, against central differences. bp is checked through the whole
 * network; every mode layer by layer, as the derivative of sum_t dL/dh_t h_t with what reaches the layer held. */
#include "encoder/network.h"
#include "reference/encoder_reference.h"

enum { STEPS = 11, BLANK = 2 };
static const double BOUND = 1e-6;
/* Distance of the points. Where a difference is small beside the sums that it is taken of, it is larger. */
static double epsilon = 1e-6;

typedef struct experiment {
    network net;
    vdib_raster *input;
    float readout[STEPS * 16], errors[STEPS * 16], hidden_errors[STEPS * 16], target[8];
    encoder_reference_double *base, *moved; /* the smooth run, and the perturbed one */
} experiment;

static vdib__encoder_parameters dense(const vdib__surrogate *surrogate, float slope, bool unit) {
    return (vdib__encoder_parameters){
        .neuron = NETWORK_NEURON(0.8F, 0.7F, 0.6F, unit ? &vdib__gain_unit : &vdib__gain_published, surrogate, slope),
        .input_shape = {7, 1, 1},
        .layer_count = 2,
        .layers = {{.width = 5}, {.width = 4}},
        .readouts = 3,
        .filter_steps = 4,
        .bases = 2,
        .feedback_bases = 2,
        .basis_width = 0.5,
        .credit = &vdib__credit_bp,
        .targets = 5,
    };
}

static vdib__encoder_parameters convolutional(void) {
    vdib__encoder_parameters p = dense(vdib__surrogate_named("logistic"), 1.0F, true);
    p.input_shape[0] = 2, p.input_shape[1] = 7, p.input_shape[2] = 6;
    p.layers[0].convolutional = true, p.layers[0].width = 2, p.layers[0].kernel = 3;
    p.layers[0].stride = 1, p.layers[0].padding = 1, p.layers[0].pool = 2;
    return p;
}

static void start(experiment *e, const vdib__encoder_parameters *parameters, uint64_t seed) {
    network_build(&e->net, parameters, seed);
    const vdib__encoder *encoder = &e->net.encoder;
    const vdib__gain *gain = parameters->neuron.gain;
    if (gain != &vdib__gain_unit) /* potentials of the surrogate's width, as unit gain has them */
        for (size_t i = 0; i < network_weights(&e->net); i++)
            e->net.parameters[i] *= gain == &vdib__gain_one ? 0.3F : 0.05F;
    size_t values = STEPS * encoder->readout.neurons, blank = BLANK * encoder->readout.neurons;
    e->input = random_raster(encoder->layers[0].inputs, STEPS - BLANK, 0.4F, seed);
    random_values(e->errors, values, seed + 1);
    random_values(e->hidden_errors, values, seed + 2);
    random_values(e->readout, values, seed + 3);
    random_values(e->target, 8, seed + 4);
    for (size_t i = 0; i < values; i++)
        e->readout[i] = e->readout[i] > 0.2F;
    memset(e->errors, 0, blank * sizeof *e->errors);
    memset(e->hidden_errors, 0, blank * sizeof *e->errors);
    encoder_reference_double **runs[2] = {&e->base, &e->moved};
    for (int i = 0; i < 2; i++) {
        *runs[i] = encoder_reference_create_double(encoder, &e->net.table, e->net.parameters, STEPS, BLANK);
        encoder_reference_set_double(*runs[i], e->input, e->readout);
    }
    encoder_reference_forward_double(e->base, true, NULL);
    encoder_reference_backward_double(e->base, e->errors, e->hidden_errors, e->target, 0.7F);
}

static void finish(experiment *e) {
    encoder_reference_destroy_double(e->base);
    encoder_reference_destroy_double(e->moved);
    vdib_raster_destroy(e->input);
    network_free(&e->net);
}

/* sum over data steps of errors times potentials: its derivative to u is `errors`. What the base run has is taken off,
 * so that the difference of two losses keeps its digits. */
static double readout_loss(const experiment *e) {
    double sum = 0;
    for (size_t i = 0; i < STEPS * e->net.encoder.readout.neurons; i++)
        sum += (double)e->errors[i] * (e->moved->potentials[i] - e->base->potentials[i]);
    return sum;
}

/* sum over data steps of the teaching signal times the layer's outputs: its derivative to h is that signal */
static double layer_loss(const experiment *e, size_t number) {
    size_t outputs = e->net.encoder.layers[number].outputs;
    double sum = 0;
    for (size_t i = BLANK * outputs; i < STEPS * outputs; i++)
        sum += e->base->layers[number].teaching[i] *
               (e->moved->layers[number].outputs[i] - e->base->layers[number].outputs[i]);
    return sum;
}

/* number: a hidden layer, or -1 for the readout's loss */
static double loss_at(const experiment *e, int number) {
    encoder_reference_forward_double(e->moved, true, e->base);
    return number < 0 ? readout_loss(e) : layer_loss(e, (size_t)number);
}

static void check_tensor(experiment *e, size_t index, int number) {
    const vdib__tensor *tensor = &e->net.table.tensors[index];
    double *numeric = malloc(tensor->count * sizeof *numeric), norm = 0;
    for (size_t i = 0; i < tensor->count; i++) {
        double *parameter = e->moved->parameters + tensor->offset + i, kept = *parameter;
        *parameter = kept + epsilon;
        double above = loss_at(e, number);
        *parameter = kept - epsilon;
        numeric[i] = (above - loss_at(e, number)) / (2 * epsilon);
        *parameter = kept;
        norm += numeric[i] * numeric[i];
    }
    print_message("%s\n", tensor->name);
    /* a gradient that is zero everywhere tests nothing; those of time constants are smaller */
    assert_true(norm > (strstr(tensor->name, "log_tau") != NULL ? 1e-9 : 1e-6));
    assert_close_double(e->base->gradients + tensor->offset, numeric, tensor->count, BOUND);
    free(numeric);
}

static void check_whole(const vdib__encoder_parameters *parameters, uint64_t seed) {
    experiment e = {0};
    start(&e, parameters, seed);
    for (size_t i = 0; i < e.net.table.count; i++)
        if (e.net.table.tensors[i].role == VDIB_TENSOR_ENCODER)
            check_tensor(&e, i, -1);
    finish(&e);
}

static void check_layers(const vdib__encoder_parameters *parameters, uint64_t seed) {
    experiment e = {0};
    start(&e, parameters, seed);
    for (size_t l = 0; l < parameters->layer_count; l++) {
        check_tensor(&e, e.net.encoder.layers[l].weight, (int)l);
        check_tensor(&e, e.net.encoder.layers[l].bias, (int)l);
    }
    finish(&e);
}

static void whole_network(void **state) {
    (void)state;
    uint64_t seed = support_seed(11);
    vdib__encoder_parameters p = dense(vdib__surrogate_named("logistic"), 1.0F, true);
    check_whole(&p, seed);
    p = dense(vdib__surrogate_named("fast-sigmoid"), 3.0F, true);
    check_whole(&p, seed);
    p = dense(vdib__surrogate_named("boxcar"), 1.0F, true);
    check_whole(&p, seed);
    p = dense(vdib__surrogate_named("logistic"), 1.0F, false);
    check_whole(&p, seed);
    p.lateral = true;
    check_whole(&p, seed);
    p = dense(vdib__surrogate_named("logistic"), 1.0F, true);
    p.learns_filters = true;
    check_whole(&p, seed);
    p.filter_steps = 14; /* longer than the sequence: the last taps have no gradient */
    check_whole(&p, seed);
}

static void whole_convolution(void **state) {
    (void)state;
    vdib__encoder_parameters p = convolutional();
    check_whole(&p, support_seed(12));
    p.layers[0].stride = 2, p.layers[0].padding = 0, p.layers[0].pool = 1;
    check_whole(&p, support_seed(12));
}

/* Time constants, of neurons and of channels, under every gain. */
static void learnt_time_constants(void **state) {
    (void)state;
    for (size_t gain = 0; gain < vdib__gains.count; gain++) {
        const vdib__gain *of = vdib__gain_of(vdib__gains.rows[gain]);
        vdib__encoder_parameters cases[] = {dense(vdib__surrogate_named("logistic"), 1.0F, true), convolutional()};
        for (size_t i = 0; i < (of == &vdib__gain_unit ? 2 : 1); i++) {
            for (int tau = 0; tau < VDIB_TAUS; tau++)
                cases[i].neuron.learns[tau] = true;
            cases[i].neuron.gain = of;
            check_whole(&cases[i], support_seed(14));
        }
    }
}

/* Back through time: the refractory trace and the adaptive threshold too, whole and in stretches, with constants that
 * are the same for all neurons or a neuron's own. */
static void through_time(void **state) {
    (void)state;
    epsilon = 1e-5;
    for (size_t truncation = 0; truncation < 5; truncation += 4) {
        vdib__encoder_parameters cases[] = {
            dense(vdib__surrogate_named("logistic"), 1.0F, true), dense(vdib__surrogate_named("logistic"), 1.0F, false),
            dense(vdib__surrogate_named("fast-sigmoid"), 3.0F, true), convolutional(), convolutional()};
        size_t count = sizeof cases / sizeof *cases;
        for (size_t i = 0; i < count; i++) {
            cases[i].credit = &vdib__credit_bptt;
            cases[i].truncation = truncation;
            if (i % 2 == 0)
                cases[i].neuron.adaptation_decay = 0.7F, cases[i].neuron.adaptation_strength = 2.0F;
            for (int tau = 0; tau < VDIB_TAUS && i > 2; tau++)
                cases[i].neuron.learns[tau] = true;
            check_whole(&cases[i], support_seed(15));
        }
    }
    epsilon = 1e-6;
}

/* Neurons that are reset: back through the traces with the resets held, and through the resets too, whole and in
 * stretches; with and without a synapse. */
static void neurons_that_are_reset(void **state) {
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        vdib__encoder_parameters p = i % 3 == 2 ? convolutional()
                                                : dense(vdib__surrogate_named(i % 3 == 0 ? "logistic" : "fast-sigmoid"),
                                                        i % 3 == 0 ? 1.0F : 3.0F, true);
        p.neuron.model = i % 2 == 0 ? &vdib__neuron_cuba : &vdib__neuron_lif;
        p.neuron.threshold = 0.2F;
        if (i % 2 != 0)
            p.neuron.synaptic_decay = 0.0F;
        if (i >= 6)
            p.credit = &vdib__credit_bptt, p.truncation = i >= 9 ? 4 : 0;
        check_whole(&p, support_seed(16));
    }
}

static void every_mode(void **state) {
    (void)state;
    uint64_t seed = support_seed(13);
    for (size_t mode = 0; mode < vdib__credits.count; mode++) {
        vdib__encoder_parameters p = dense(vdib__surrogate_named("fast-sigmoid"), 3.0F, true);
        p.credit = vdib__credit_of(vdib__credits.rows[mode]);
        check_layers(&p, seed);
        p = convolutional();
        p.credit = vdib__credit_of(vdib__credits.rows[mode]);
        check_layers(&p, seed);
        p.neuron.model = &vdib__neuron_cuba, p.neuron.threshold = 0.2F;
        check_layers(&p, seed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_network),          cmocka_unit_test(whole_convolution),
        cmocka_unit_test(learnt_time_constants),  cmocka_unit_test(through_time),
        cmocka_unit_test(neurons_that_are_reset), cmocka_unit_test(every_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
