/* SPDX-License-Identifier: MIT */
/* The event-driven float encoder against the dense plain reference in float and double: potentials, spikes and
 * gradients at odd sizes, in every mode. */
#include <math.h>

#include "encoder/network.h"
#include "reference/encoder_reference.h"

static const double BOUND = 1e-5;

typedef struct size_case {
    vdib__encoder_parameters parameters;
    size_t steps, blank;
    float density;
} size_case;

static vdib__neuron neuron_of(const vdib__surrogate *surrogate, bool unit) {
    return (vdib__neuron)NETWORK_NEURON(0.85F, 0.9F, 0.65F, unit ? &vdib__gain_unit : &vdib__gain_published, surrogate,
                                        3.0F);
}

static size_case two_layers(void) {
    return (size_case){.parameters = {.neuron = neuron_of(vdib__surrogate_named("logistic"), true),
                                      .input_shape = {2, 11, 13},
                                      .layer_count = 2,
                                      .layers = {{.width = 70}, {.width = 33}},
                                      .readouts = 13,
                                      .filter_steps = 6,
                                      .bases = 3,
                                      .feedback_bases = 1,
                                      .basis_width = 0.5,
                                      .credit = &vdib__credit_dfa,
                                      .targets = 9},
                       .steps = 23,
                       .blank = 3,
                       .density = 0.2F};
}

static size_case convolution(size_t kernel, size_t stride, size_t padding, size_t pool) {
    size_case c = two_layers();
    c.parameters.layers[0].convolutional = true;
    c.parameters.layers[0].width = 5, c.parameters.layers[0].kernel = kernel, c.parameters.layers[0].stride = stride;
    c.parameters.layers[0].padding = padding, c.parameters.layers[0].pool = pool;
    return c;
}

/* Two convolutions, so that one is projected back on the other. */
static size_case two_convolutions(void) {
    size_case c = convolution(3, 1, 1, 2);
    c.parameters.layers[1].convolutional = true;
    c.parameters.layers[1].width = 4, c.parameters.layers[1].kernel = 2, c.parameters.layers[1].stride = 1;
    c.parameters.layers[1].padding = 1, c.parameters.layers[1].pool = 2;
    return c;
}

/* Two convolutions with more channels than are worked on side by side, the second one with its own stride. */
static size_case wide_convolutions(size_t kernel, size_t stride, size_t padding, size_t pool) {
    size_case c = convolution(3, 2, 1, 1);
    c.parameters.layers[0].width = 19;
    c.parameters.layers[1].convolutional = true;
    c.parameters.layers[1].width = 18, c.parameters.layers[1].kernel = kernel, c.parameters.layers[1].stride = stride;
    c.parameters.layers[1].padding = padding, c.parameters.layers[1].pool = pool;
    c.steps = 9, c.blank = 2;
    return c;
}

/* The library's run of a case, kept for both references. */
typedef struct run {
    network net;
    vdib_raster *input;
    vdib__trial *trial;
    float *hidden_errors, *target;
} run;

static void run_library(run *r, const size_case *c, uint64_t seed) {
    network_build(&r->net, &c->parameters, seed);
    const vdib__encoder *encoder = &r->net.encoder;
    const vdib__gain *gain = c->parameters.neuron.gain;
    float scale = gain == &vdib__gain_unit  ? 6.0F
                  : gain == &vdib__gain_one ? 0.6F
                                            : 0.1F; /* potentials of the surrogates' width */
    for (size_t i = 0; i < network_weights(&r->net); i++)
        r->net.parameters[i] *= scale;
    size_t inputs = encoder->layer_count > 0 ? encoder->layers[0].inputs : encoder->readout.inputs;
    size_t neurons = encoder->readout.neurons, values = c->steps * neurons;
    r->input = random_raster(inputs, c->steps - c->blank, c->density, seed);
    assert_ok(vdib__trial_create(encoder, c->steps, c->blank, &r->trial));
    r->trial->input = r->input;
    vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_READOUT};
    assert_ok(vdib__encoder_forward(encoder, &r->net.table, r->net.parameters, 2,
                                    network_workspace(&r->net, 1, c->steps, 2), &r->trial, &key, NULL, 1));
    r->hidden_errors = malloc(values * sizeof *r->hidden_errors);
    r->target = malloc((c->parameters.targets + 1) * sizeof *r->target);
    random_values(r->trial->errors, values, seed + 1);
    random_values(r->hidden_errors, values, seed + 2);
    random_values(r->target, c->parameters.targets, seed + 3);
    memset(r->trial->errors, 0, c->blank * neurons * sizeof(float));
    memset(r->hidden_errors, 0, c->blank * neurons * sizeof(float));
    const float *hidden = r->hidden_errors, *target = r->target, weight = 0.3F;
    assert_ok(vdib__encoder_backward(encoder, &r->net.table, r->net.parameters, 2,
                                     network_workspace(&r->net, 1, c->steps, 2), NULL, &r->trial, &hidden, &target,
                                     &weight, 1, NULL, r->net.gradients));
}

static void free_run(run *r) {
    free(r->hidden_errors), free(r->target);
    vdib__trial_destroy(r->trial);
    vdib_raster_destroy(r->input);
    network_free(&r->net);
}

static void widen(const float *values, size_t count, double *wide) {
    for (size_t i = 0; i < count; i++)
        wide[i] = (double)values[i];
}

static void check_values(const float *got, const double *want, size_t count, double bound) {
    double *wide = malloc((count + 1) * sizeof *wide);
    widen(got, count, wide);
    assert_close_double(wide, want, count, bound);
    free(wide);
}

static void check_spikes(const vdib_raster *raster, const double *want) {
    uint8_t *got = malloc(raster->steps * raster->channels);
    vdib_raster_to_dense(raster, got);
    for (size_t i = 0; i < raster->steps * raster->channels; i++)
        assert_int_equal(got[i], want[i] != 0.0);
    free(got);
}

static void check_forward(const run *r, const encoder_reference_double *want) {
    const vdib__encoder *encoder = &r->net.encoder;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        check_values(r->trial->layers[l].potentials, want->layers[l].potentials,
                     want->steps * encoder->layers[l].neurons, BOUND);
        vdib_raster *spikes = NULL;
        assert_ok(vdib__trial_spikes(encoder, r->trial, l, &spikes));
        check_spikes(spikes, want->layers[l].outputs);
        vdib_raster_destroy(spikes);
    }
    check_values(r->trial->potentials, want->potentials, want->steps * encoder->readout.neurons, BOUND);
    for (size_t i = 0; i < want->steps * encoder->readout.neurons; i++)
        assert_true(fabs((double)r->trial->probabilities[i] - 1 / (1 + exp(-(double)r->trial->potentials[i]))) < 1e-6);
}

static void check_gradients(const run *r, const double *want) {
    for (size_t i = 0; i < r->net.table.count; i++) {
        const vdib__tensor *tensor = &r->net.table.tensors[i];
        if (tensor->role != VDIB_TENSOR_ENCODER)
            continue;
        float *got = malloc(tensor->count * sizeof *got);
        vdib__tensor_to_file(tensor, r->net.gradients + tensor->offset, got);
        check_values(got, want + tensor->offset, tensor->count, BOUND);
        free(got);
    }
}

/* Surrogates are evaluated at the library's potentials, once these agree: under the published gain potentials reach
 * hundreds, and their rounding alone would move the derivatives by more than the bound, in any float code. */
static void check_double(const run *r, const size_case *c) {
    const vdib__encoder *encoder = &r->net.encoder;
    encoder_reference_double *want =
        encoder_reference_create_double(encoder, &r->net.table, r->net.parameters, c->steps, c->blank);
    encoder_reference_set_double(want, r->input, r->trial->blank_window);
    encoder_reference_forward_double(want, false, NULL);
    check_forward(r, want);
    for (size_t l = 0; l < encoder->layer_count; l++)
        widen(r->trial->layers[l].potentials, c->steps * encoder->layers[l].neurons, want->layers[l].potentials);
    encoder_reference_backward_double(want, r->trial->errors, r->hidden_errors, r->target, 0.3F);
    check_gradients(r, want->gradients);
    encoder_reference_destroy_double(want);
}

static void check_float(const run *r, const size_case *c) {
    const vdib__encoder *encoder = &r->net.encoder;
    encoder_reference_float *want =
        encoder_reference_create_float(encoder, &r->net.table, r->net.parameters, c->steps, c->blank);
    encoder_reference_set_float(want, r->input, r->trial->blank_window);
    encoder_reference_forward_float(want, false, NULL);
    assert_close(r->trial->potentials, want->potentials, c->steps * encoder->readout.neurons, BOUND);
    for (size_t l = 0; l < encoder->layer_count; l++) {
        size_t count = c->steps * encoder->layers[l].neurons;
        assert_close(r->trial->layers[l].potentials, want->layers[l].potentials, count, BOUND);
        memcpy(want->layers[l].potentials, r->trial->layers[l].potentials, count * sizeof(float));
    }
    encoder_reference_backward_float(want, r->trial->errors, r->hidden_errors, r->target, 0.3F);
    double *wide = malloc((r->net.table.trained + 1) * sizeof *wide);
    widen(want->gradients, r->net.table.trained, wide);
    check_gradients(r, wide);
    free(wide);
    encoder_reference_destroy_float(want);
}

static void check_case(const size_case *c, uint64_t seed) {
    run r = {0};
    run_library(&r, c, seed);
    const vdib__encoder *encoder = &r.net.encoder;
    for (size_t l = 0; l < encoder->layer_count; l++) { /* neither silent nor saturated */
        vdib_raster *raster = NULL;
        assert_ok(vdib__trial_spikes(encoder, r.trial, l, &raster));
        size_t spikes = vdib_raster_spikes(raster), all = c->steps * encoder->layers[l].outputs;
        vdib_raster_destroy(raster);
        assert_true(spikes > 0 && spikes < all);
    }
    check_double(&r, c);
    check_float(&r, c);
    free_run(&r);
}

static void every_mode_and_neuron(void **state) {
    (void)state;
    uint64_t seed = support_seed(21);
    for (size_t mode = 0; mode < vdib__credits.count; mode++)
        for (size_t s = 0; s < vdib__surrogates.count; s++)
            for (int unit = 0; unit < 2; unit++) {
                size_case c = two_layers();
                c.parameters.credit = vdib__credit_of(vdib__credits.rows[mode]);
                c.parameters.neuron = neuron_of(vdib__surrogate_of(vdib__surrogates.rows[s]), unit != 0);
                c.parameters.truncation = unit != 0 ? 6 : 0; /* for bptt; 20 data steps are no multiple of it */
                check_case(&c, seed);
            }
}

/* Each layer has neurons of its own: decays, gain and surrogate. */
static void layers_that_differ(void **state) {
    (void)state;
    const vdib__neuron slow =
        NETWORK_NEURON(0.7F, 0.95F, 0.8F, &vdib__gain_unit, vdib__surrogate_named("fast-sigmoid"), 5.0F);
    uint64_t seed = support_seed(26);
    for (size_t mode = 0; mode < vdib__credits.count; mode++)
        for (size_t other = 0; other < 2; other++) {
            size_case cases[] = {two_layers(), convolution(3, 1, 1, 2)};
            for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                cases[i].parameters.credit = vdib__credit_of(vdib__credits.rows[mode]);
                cases[i].parameters.layers[other].neuron = &slow;
                check_case(&cases[i], seed);
            }
        }
}

/* Thresholds that adapt, in one layer or in both, each in its own way. */
static void thresholds_that_adapt(void **state) {
    (void)state;
    vdib__neuron slow = neuron_of(vdib__surrogate_named("logistic"), true);
    slow.adaptation_decay = 0.9F, slow.adaptation_strength = 4.0F;
    uint64_t seed = support_seed(28);
    for (size_t mode = 0; mode < vdib__credits.count; mode++) {
        size_case cases[] = {two_layers(), convolution(3, 1, 1, 2), two_convolutions()};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            cases[i].parameters.credit = vdib__credit_of(vdib__credits.rows[mode]);
            cases[i].parameters.layers[(mode + i) % 2].neuron = &slow;
            cases[i].parameters.truncation = i == 1 ? 7 : 0;
            if (i > 0)
                cases[i].parameters.neuron.adaptation_decay = 0.6F,
                cases[i].parameters.neuron.adaptation_strength = 1.5F;
            check_case(&cases[i], seed);
        }
    }
}

/* Learnt time constants: of one trace or of all, of neurons and of channels, with thresholds that adapt or stay. */
static void learnt_time_constants(void **state) {
    (void)state;
    uint64_t seed = support_seed(29);
    for (size_t mode = 0; mode < vdib__credits.count; mode++)
        for (size_t gain = 0; gain < (SUPPORT_SANITIZED ? 1 : vdib__gains.count); gain++) {
            size_case cases[] = {two_layers(), convolution(3, 1, 1, 2), two_convolutions()};
            for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                vdib__neuron *neuron = &cases[i].parameters.neuron;
                cases[i].parameters.credit = vdib__credit_of(vdib__credits.rows[mode]);
                neuron->gain = vdib__gain_of(vdib__gains.rows[gain]);
                neuron->learns[VDIB_TAU_SYNAPSE] = neuron->learns[VDIB_TAU_MEMBRANE] = true;
                neuron->learns[VDIB_TAU_REFRACTORY] = mode % 2 == 0;
                neuron->adaptation_decay = 0.7F, neuron->adaptation_strength = mode % 4 < 2 ? 0.5F : 0.0F;
                cases[i].parameters.truncation = i == 2 ? 4 : 0;
                check_case(&cases[i], seed);
            }
        }
}

/* Neurons that are reset, with and without a synapse, without a leak, beside others and alone, in every mode. */
static void neurons_that_are_reset(void **state) {
    (void)state;
    vdib__neuron cuba = neuron_of(vdib__surrogate_named("logistic"), true), lif = cuba, keeps = cuba;
    cuba.model = &vdib__neuron_cuba, cuba.threshold = 0.3F;
    lif.model = &vdib__neuron_lif, lif.threshold = 0.2F, lif.synaptic_decay = 0.0F;
    keeps.model = &vdib__neuron_lif, keeps.threshold = 4.0F, keeps.synaptic_decay = 0.0F;
    keeps.gain = &vdib__gain_one, keeps.membrane_decay = 1.0F;
    uint64_t seed = support_seed(31);
    for (size_t mode = 0; mode < vdib__credits.count; mode++)
        for (size_t s = 0; s < (SUPPORT_SANITIZED ? 1 : vdib__surrogates.count); s++) {
            size_case cases[] = {two_layers(), convolution(3, 1, 1, 2), two_convolutions(), two_layers(), two_layers()};
            for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                cases[i].parameters.credit = vdib__credit_of(vdib__credits.rows[mode]);
                cuba.surrogate = lif.surrogate = keeps.surrogate = vdib__surrogate_of(vdib__surrogates.rows[s]);
                cases[i].parameters.layers[0].neuron = i < 3 ? &cuba : i < 4 ? &lif : &keeps;
                cases[i].parameters.layers[1].neuron = i % 2 == 0 ? &lif : i < 3 ? NULL : &cuba;
                cases[i].parameters.truncation = i == 2 ? 4 : 0;
                check_case(&cases[i], seed);
            }
        }
}

/* The readout reads the sensor beside a dense or a convolutional layer. */
static void joined_readouts(void **state) {
    (void)state;
    uint64_t seed = support_seed(30);
    for (size_t mode = 0; mode < vdib__credits.count; mode++) {
        size_case cases[] = {two_layers(), two_convolutions()};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            cases[i].parameters.credit = vdib__credit_of(vdib__credits.rows[mode]);
            cases[i].parameters.joined = true;
            cases[i].parameters.layer_count = mode % 2 == 0 ? 2 : 1;
            check_case(&cases[i], seed);
        }
    }
}

static void convolutions(void **state) {
    (void)state;
    uint64_t seed = support_seed(22);
    for (size_t mode = 0; mode < vdib__credits.count; mode++) {
        size_case cases[] = {convolution(3, 1, 1, 2),       convolution(3, 2, 0, 1),      convolution(5, 3, 2, 2),
                             convolution(2, 3, 1, 1),       two_convolutions(),           wide_convolutions(3, 2, 1, 1),
                             wide_convolutions(4, 3, 3, 2), wide_convolutions(5, 1, 2, 6)};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            cases[i].parameters.credit = vdib__credit_of(vdib__credits.rows[mode]);
            check_case(&cases[i], seed);
        }
    }
}

static void lateral_feedback(void **state) {
    (void)state;
    size_case c = two_layers();
    c.parameters.lateral = true;
    c.parameters.feedback_bases = 2;
    check_case(&c, support_seed(23));
    c.parameters.readouts = 70; /* more than one block */
    check_case(&c, support_seed(23));
}

static void readout_alone(void **state) {
    (void)state;
    size_case c = two_layers();
    c.parameters.layer_count = 0;
    check_case(&c, support_seed(24));
    c.parameters.feedback_bases = 0;
    check_case(&c, support_seed(24));
    c.blank = 0;
    c.parameters.filter_steps = 40; /* longer than the sequence */
    check_case(&c, support_seed(24));
}

/* Filters that learn: random taps, some of them 0 at either end, in every mode, over one block of neurons and two. */
static void learnt_filters(void **state) {
    (void)state;
    uint64_t seed = support_seed(28);
    for (size_t mode = 0; mode < vdib__credits.count; mode++) {
        size_case c = two_layers();
        c.parameters.credit = vdib__credit_of(vdib__credits.rows[mode]);
        c.parameters.learns_filters = true;
        c.parameters.joined = mode % 2 == 0;
        check_case(&c, seed);
        c.parameters.readouts = 70;
        check_case(&c, seed);
        c.parameters.layer_count = 0;
        c.parameters.filter_steps = 40; /* longer than the sequence */
        check_case(&c, seed);
    }
    size_case c = two_layers();
    c.parameters.learns_filters = true;
    c.parameters.credit = &vdib__credit_bp;
    c.parameters.input_shape[0] = 1;
    c.steps = 211, c.blank = 1; /* more than a tile */
    check_case(&c, seed);
}

/* The filters in use follow the parameters, not what they began as. */
static void filters_follow_their_parameters(void **state) {
    (void)state;
    size_case c = two_layers();
    c.parameters.layer_count = 0;
    c.parameters.learns_filters = true;
    run r = {0};
    run_library(&r, &c, 29);
    const vdib__readout *readout = &r.net.encoder.readout;
    const vdib__tensor *taps = network_tensor(&r.net, "encoder.readout.basis");
    assert_int_equal(taps->rank, 2);
    assert_int_equal(taps->shape[0], 3);
    assert_int_equal(taps->shape[1], 6);
    assert_int_equal(vdib__readout_taps(readout), 18);
    vdib__encoder_initialise(&r.net.encoder, &r.net.table, r.net.parameters);
    assert_memory_equal(r.net.parameters + taps->offset, readout->basis, 18 * sizeof(float));
    vdib__key key = {.seed = 29, .purpose = VDIB_PURPOSE_READOUT};
    for (int cut = 0; cut < 3; cut++) { /* whole, without its ends, and nothing but one tap at lag 5 */
        float *values = r.net.parameters + taps->offset;
        for (size_t k = 0; k < 3; k++)
            for (size_t lag = 0; lag < 6; lag++)
                values[k * 6 + lag] = cut == 0   ? 1.0F + (float)lag
                                      : cut == 1 ? (float)(lag > 0 && lag < 5)
                                                 : (float)(lag == 5 && k == 1);
        assert_ok(vdib__encoder_forward(&r.net.encoder, &r.net.table, r.net.parameters, 1,
                                        network_workspace(&r.net, 1, c.steps, 1), &r.trial, &key, NULL, 1));
        memset(r.net.gradients, 0xFF, r.net.table.trained * sizeof(float));
        assert_ok(vdib__encoder_backward(&r.net.encoder, &r.net.table, r.net.parameters, 1,
                                         network_workspace(&r.net, 1, c.steps, 1), NULL, &r.trial, NULL, NULL, NULL, 1,
                                         NULL, r.net.gradients));
        encoder_reference_double *reference =
            encoder_reference_create_double(&r.net.encoder, &r.net.table, r.net.parameters, c.steps, c.blank);
        encoder_reference_set_double(reference, r.input, r.trial->blank_window);
        encoder_reference_forward_double(reference, false, NULL);
        check_forward(&r, reference);
        encoder_reference_backward_double(reference, r.trial->errors, NULL, NULL, 1.0F);
        check_gradients(&r, reference->gradients);
        encoder_reference_destroy_double(reference);
    }
    free_run(&r);
}

/* Sequences longer than a tile, with borders and blank steps at awkward places. */
static void long_sequences(void **state) {
    (void)state;
    size_case c = two_layers();
    c.parameters.input_shape[0] = 1;
    c.parameters.credit = &vdib__credit_bp;
    c.steps = 211, c.blank = 1;
    check_case(&c, support_seed(25));
    c.steps = 200, c.blank = 99;
    check_case(&c, support_seed(25));
    c.parameters.credit = &vdib__credit_bptt;
    check_case(&c, support_seed(25));
}

/* Errors that are brought to a layer in several blocks of rows and columns, and in several waves of rows. */
static void large_products(void **state) {
    (void)state;
    size_case c = two_layers();
    c.parameters.input_shape[1] = 2, c.parameters.input_shape[2] = 3;
    c.parameters.credit = &vdib__credit_bp;
    c.parameters.layers[0].width = 10, c.parameters.layers[1].width = 290;
    c.parameters.readouts = 5;
    c.steps = 700, c.blank = 3;
    check_case(&c, support_seed(27));
    c.parameters.layer_count = 1;
    c.parameters.readouts = 2050, c.parameters.bases = 8, c.parameters.filter_steps = 3;
    c.steps = 300;
    check_case(&c, support_seed(27));
}

/* fa with the true weights in place of the random ones is bp, bit for bit. */
static void feedback_alignment(void **state) {
    (void)state;
    size_case c = two_convolutions();
    c.parameters.credit = &vdib__credit_fa;
    run r = {0};
    run_library(&r, &c, 26);
    const vdib__encoder *encoder = &r.net.encoder;
    const vdib__tensor *tensors = r.net.table.tensors;
    size_t pairs[2][2] = {{encoder->layers[1].fixed, encoder->layers[1].weight},
                          {encoder->readout.fixed, encoder->readout.weight}};
    for (int i = 0; i < 2; i++)
        memcpy(r.net.parameters + tensors[pairs[i][0]].offset, r.net.parameters + tensors[pairs[i][1]].offset,
               tensors[pairs[i][0]].count * sizeof(float));
    float *other = calloc(r.net.table.trained, sizeof *other);
    assert_ok(vdib__encoder_backward(encoder, &r.net.table, r.net.parameters, 1,
                                     network_workspace(&r.net, 1, c.steps, 1), NULL, &r.trial, NULL, NULL, NULL, 1,
                                     NULL, r.net.gradients));
    assert_memory_not_equal(other, r.net.gradients, r.net.table.trained * sizeof *other);
    r.net.encoder.credit = &vdib__credit_bp;
    assert_ok(vdib__encoder_backward(encoder, &r.net.table, r.net.parameters, 1,
                                     network_workspace(&r.net, 1, c.steps, 1), NULL, &r.trial, NULL, NULL, NULL, 1,
                                     NULL, other));
    assert_memory_equal(other, r.net.gradients, r.net.table.trained * sizeof *other);
    free(other);
    free_run(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_and_neuron),  cmocka_unit_test(layers_that_differ),
        cmocka_unit_test(convolutions),           cmocka_unit_test(lateral_feedback),
        cmocka_unit_test(readout_alone),          cmocka_unit_test(long_sequences),
        cmocka_unit_test(large_products),         cmocka_unit_test(feedback_alignment),
        cmocka_unit_test(thresholds_that_adapt),  cmocka_unit_test(learnt_time_constants),
        cmocka_unit_test(neurons_that_are_reset), cmocka_unit_test(joined_readouts),
        cmocka_unit_test(learnt_filters),         cmocka_unit_test(filters_follow_their_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
