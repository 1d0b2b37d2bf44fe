/* SPDX-License-Identifier: MIT */
/* Steps with a learning state: potentials as the whole-sequence pass has them, and gradients of single steps against
 * the double reference. */
#include "encoder/network.h"
#include "reference/encoder_reference.h"

enum { STEPS = 19, BLANK = 2, READOUTS = 9, TARGETS = 6 };

static vdib__encoder_parameters parameters_of(const vdib__credit *mode, bool convolutional, bool lateral) {
    vdib__encoder_parameters p = {
        .neuron = NETWORK_NEURON(0.85F, 0.9F, 0.65F, &vdib__gain_unit, vdib__surrogate_named("fast-sigmoid"), 3.0F),
        .input_shape = {2, 7, 6},
        .layer_count = 2,
        .layers = {{.width = 23}, {.width = 17}},
        .readouts = READOUTS,
        .filter_steps = 5,
        .bases = 3,
        .feedback_bases = 2,
        .basis_width = 0.5,
        .lateral = lateral,
        .credit = mode,
        .targets = TARGETS};
    if (convolutional) {
        p.layers[0].convolutional = true, p.layers[0].width = 5;
        p.layers[0].kernel = 3, p.layers[0].stride = 1, p.layers[0].padding = 1, p.layers[0].pool = 2;
    }
    return p;
}

typedef struct experiment {
    network net;
    vdib_raster *input;
    vdib__trial *trial;
    vdib__encoder_state *running;
    encoder_reference_double *reference;
    vdib__key key;
    float errors[STEPS * READOUTS], hidden_errors[STEPS * READOUTS], target[TARGETS];
} experiment;

static void start(experiment *e, const vdib__encoder_parameters *p, uint64_t seed) {
    network_build(&e->net, p, seed);
    for (size_t i = 0; i < network_weights(&e->net); i++)
        e->net.parameters[i] *= 4.0F;
    size_t inputs = p->input_shape[0] * p->input_shape[1] * p->input_shape[2];
    e->input = random_raster(inputs, STEPS - BLANK, 0.2F, seed);
    e->key = (vdib__key){.seed = seed, .purpose = VDIB_PURPOSE_READOUT};
    random_values(e->hidden_errors, STEPS * READOUTS, seed + 1);
    random_values(e->target, TARGETS, seed + 2);
    assert_ok(vdib__trial_create(&e->net.encoder, STEPS, BLANK, &e->trial));
    e->trial->input = e->input;
    assert_ok(vdib__encoder_forward(&e->net.encoder, &e->net.table, e->net.parameters, 1,
                                    network_workspace(&e->net, 1, STEPS, 1), &e->trial, &e->key, NULL, 1));
    assert_ok(vdib__encoder_state_create(&e->net.encoder, true, &e->running));
    e->reference = encoder_reference_create_double(&e->net.encoder, &e->net.table, e->net.parameters, STEPS, BLANK);
    encoder_reference_set_double(e->reference, e->input, e->trial->blank_window);
    encoder_reference_forward_double(e->reference, false, NULL);
}

static void finish(experiment *e) {
    encoder_reference_destroy_double(e->reference);
    vdib__encoder_state_destroy(e->running);
    vdib__trial_destroy(e->trial);
    vdib_raster_destroy(e->input);
    network_free(&e->net);
}

static void step(experiment *e, size_t t) {
    const uint32_t *spikes = NULL;
    size_t count = t < BLANK ? 0 : vdib_raster_at(e->input, t - BLANK, &spikes);
    assert_ok(vdib__encoder_step(&e->net.encoder, &e->net.table, e->net.parameters, e->running, spikes, count, &e->key,
                                 (uint32_t)t, NULL));
    assert_close(vdib__encoder_state_potentials(e->running), e->trial->potentials + t * READOUTS, READOUTS, 1e-5);
    assert_memory_equal(vdib__encoder_state_spikes(e->running), e->trial->blank_window + t * READOUTS,
                        READOUTS * sizeof(float));
}

/* The reference's gradient of step t alone. Under bp and fa its errors of earlier steps are what the step-wise rule
 * leaves out: the readout's are right as they are, those of hidden layers are formed again from the errors of step
 * t. */
static void reference_step(experiment *e, size_t t) {
    encoder_reference_double *r = e->reference;
    const vdib__encoder *encoder = &e->net.encoder;
    memset(e->errors, 0, sizeof e->errors);
    random_values(e->errors + t * READOUTS, READOUTS, 100 + t);
    encoder_reference_backward_double(r, e->errors, e->hidden_errors, e->target, 0.4F);
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        const vdib__tensor *weight = &e->net.table.tensors[layer->weight], *bias = &e->net.table.tensors[layer->bias];
        if (layer->convolutional)
            continue;
        for (size_t n = 0; n < layer->neurons; n++) {
            double error = r->layers[l].errors[t * layer->neurons + n];
            r->gradients[bias->offset + n] = error;
            for (size_t j = 0; j < layer->inputs; j++)
                r->gradients[weight->offset + n * layer->inputs + j] =
                    error * r->layers[l].traces[t * layer->inputs + j];
        }
    }
}

static void check_tensor(const experiment *e, size_t index, double bound) {
    const vdib__tensor *tensor = &e->net.table.tensors[index];
    float *file = malloc(tensor->count * sizeof *file);
    double *got = malloc(tensor->count * sizeof *got);
    vdib__tensor_to_file(tensor, e->net.gradients + tensor->offset, file);
    for (size_t i = 0; i < tensor->count; i++)
        got[i] = (double)file[i];
    assert_close_double(got, e->reference->gradients + tensor->offset, tensor->count, bound);
    free(file), free(got);
}

static void backward(experiment *e, size_t t) {
    assert_ok(vdib__encoder_step_backward(&e->net.encoder, &e->net.table, e->net.parameters, e->running,
                                          e->errors + t * READOUTS, e->hidden_errors + t * READOUTS, e->target, 0.4F,
                                          e->net.gradients));
}

static void check_single_steps(const vdib__encoder_parameters *p, uint64_t seed) {
    experiment e = {0};
    start(&e, p, seed);
    for (size_t t = 0; t < STEPS; t++) {
        step(&e, t);
        if (t < BLANK)
            continue;
        reference_step(&e, t);
        memset(e.net.gradients, 0xFF, e.net.table.trained * sizeof(float));
        backward(&e, t);
        for (size_t i = 0; i < e.net.table.count; i++)
            if (e.net.table.tensors[i].role == VDIB_TENSOR_ENCODER)
                check_tensor(&e, i, 1e-5);
    }
    finish(&e);
}

static void single_steps(void **state) {
    (void)state;
    uint64_t seed = support_seed(41);
    for (size_t mode = 0; mode < vdib__credits.count; mode++) {
        vdib__encoder_parameters p = parameters_of(vdib__credit_of(vdib__credits.rows[mode]), false, mode % 2 == 1);
        p.joined = mode != 1;
        p.neuron.adaptation_decay = 0.8F, p.neuron.adaptation_strength = mode < 2 ? 2.0F : 0.0F;
        check_single_steps(&p, seed);
        p.learns_filters = true;
        check_single_steps(&p, seed);
    }
}

/* Under dfa and drtp the gradients of the steps add up to that of the sequence, convolutions included. */
static void sum_of_steps(void **state) {
    (void)state;
    uint64_t seed = support_seed(42);
    const vdib__credit *const direct[] = {&vdib__credit_dfa, &vdib__credit_drtp};
    for (size_t variant = 0; variant < 6; variant++) { /* the last four learn time constants */
        size_t mode = variant % 2;
        vdib__encoder_parameters p = parameters_of(direct[mode], variant < 4, false);
        for (int tau = 0; tau < VDIB_TAUS && variant >= 2; tau++)
            p.neuron.learns[tau] = tau != VDIB_TAU_REFRACTORY || mode == 0;
        p.neuron.adaptation_decay = 0.8F, p.neuron.adaptation_strength = mode == 0 ? 2.0F : 0.0F;
        p.learns_filters = variant % 3 == 1;
        experiment e = {0};
        start(&e, &p, seed);
        float *sum = calloc(e.net.table.trained, sizeof *sum);
        random_values(e.errors + BLANK * READOUTS, (STEPS - BLANK) * READOUTS, seed + 9);
        encoder_reference_backward_double(e.reference, e.errors, e.hidden_errors, e.target, 0.4F);
        for (size_t t = 0; t < STEPS; t++) {
            step(&e, t);
            if (t < BLANK)
                continue;
            backward(&e, t);
            for (size_t i = 0; i < e.net.table.trained; i++)
                sum[i] += e.net.gradients[i];
        }
        memcpy(e.net.gradients, sum, e.net.table.trained * sizeof *sum);
        for (size_t i = 0; i < e.net.table.count; i++)
            if (e.net.table.tensors[i].role == VDIB_TENSOR_ENCODER)
                check_tensor(&e, i, 1e-5);
        free(sum);
        finish(&e);
    }
}

/* Weights that move between steps act on the traces of earlier steps: a readout weight made 0 ends what it did. */
static void moving_weights(void **state) {
    (void)state;
    vdib__encoder_parameters p = parameters_of(&vdib__credit_bp, false, false);
    p.layer_count = 0;
    experiment e = {0};
    start(&e, &p, 43);
    for (size_t t = 0; t < 8; t++)
        step(&e, t);
    const vdib__tensor *weight = network_tensor(&e.net, "encoder.readout.weight");
    const vdib__tensor *self = network_tensor(&e.net, "encoder.readout.feedback");
    memset(e.net.parameters + weight->offset, 0, weight->count * sizeof(float));
    memset(e.net.parameters + self->offset, 0, self->count * sizeof(float));
    assert_ok(vdib__encoder_step(&e.net.encoder, &e.net.table, e.net.parameters, e.running, NULL, 0, &e.key, 8, NULL));
    assert_memory_equal(vdib__encoder_state_potentials(e.running),
                        e.net.parameters + network_tensor(&e.net, "encoder.readout.bias")->offset,
                        READOUTS * sizeof(float));
    finish(&e);
}

static void misuse(void **state) {
    (void)state;
    vdib__encoder_parameters p = parameters_of(&vdib__credit_drtp, false, false);
    experiment e = {0};
    start(&e, &p, 44);
    assert_fails(VDIB_ERROR_ARGUMENT,
                 vdib__encoder_step_backward(&e.net.encoder, &e.net.table, e.net.parameters, e.running, e.errors, NULL,
                                             e.target, 1.0F, e.net.gradients),
                 "a step that was taken");
    step(&e, 0);
    assert_fails(VDIB_ERROR_ARGUMENT,
                 vdib__encoder_step_backward(&e.net.encoder, &e.net.table, e.net.parameters, e.running, e.errors, NULL,
                                             NULL, 1.0F, e.net.gradients),
                 "target");
    const uint32_t beyond[] = {84}, twice[] = {3, 3};
    assert_fails(
        VDIB_ERROR_ARGUMENT,
        vdib__encoder_step(&e.net.encoder, &e.net.table, e.net.parameters, e.running, beyond, 1, &e.key, 1, NULL),
        "channel 84");
    assert_fails(
        VDIB_ERROR_ARGUMENT,
        vdib__encoder_step(&e.net.encoder, &e.net.table, e.net.parameters, e.running, twice, 2, &e.key, 1, NULL),
        "must increase");
    vdib__encoder_state_destroy(NULL);
    finish(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_steps),
        cmocka_unit_test(sum_of_steps),
        cmocka_unit_test(moving_weights),
        cmocka_unit_test(misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
