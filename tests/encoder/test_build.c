/* SPDX-License-Identifier: MIT */
/* Shapes, tensors, initial bounds, counted operations, and what cannot be built or run. */
#include <math.h>

#include "encoder/network.h"

static vdib__encoder_parameters convolutional(void) {
    return (vdib__encoder_parameters){
        .neuron = NETWORK_NEURON(0.85F, 0.9F, 0.65F, &vdib__gain_unit, vdib__surrogate_named("boxcar"), 100.0F),
        .input_shape = {2, 9, 8},
        .layer_count = 2,
        .layers = {{.convolutional = true, .width = 3, .kernel = 3, .stride = 1, .padding = 1, .pool = 2},
                   {.width = 10}},
        .readouts = 6,
        .filter_steps = 5,
        .bases = 4,
        .feedback_bases = 1,
        .basis_width = 0.5,
        .credit = &vdib__credit_dfa,
        .targets = 7,
    };
}

static void check_tensor(const network *n, const char *name, size_t rank, const size_t *shape, double bound) {
    const vdib__tensor *tensor = network_tensor(n, name);
    assert_int_equal(tensor->rank, rank);
    for (size_t a = 0; a < rank; a++)
        assert_int_equal(tensor->shape[a], shape[a]);
    assert_true(fabs((double)tensor->bound - bound) < 1e-6);
}

static void shapes_and_bounds(void **state) {
    (void)state;
    vdib__encoder_parameters p = convolutional();
    network n;
    network_build(&n, &p, 1);
    assert_int_equal(n.encoder.layers[0].neurons, 3 * 9 * 8);
    assert_int_equal(n.encoder.layers[0].outputs, 3 * 4 * 4);
    assert_int_equal(n.encoder.layers[1].inputs, 48);
    check_tensor(&n, "encoder.hidden.0.weight", 4, (size_t[]){3, 2, 3, 3}, 1 / sqrt(18.0));
    check_tensor(&n, "encoder.hidden.0.bias", 1, (size_t[]){3}, 1 / sqrt(18.0));
    check_tensor(&n, "encoder.hidden.1.weight", 2, (size_t[]){10, 48}, 1 / sqrt(48.0));
    check_tensor(&n, "encoder.hidden.1.bias", 1, (size_t[]){10}, 1 / sqrt(48.0));
    double readout = sqrt(6 / (4.0 * (10 + 6)));
    check_tensor(&n, "encoder.readout.weight", 3, (size_t[]){6, 10, 4}, readout);
    check_tensor(&n, "encoder.readout.feedback", 2, (size_t[]){6, 1}, readout);
    check_tensor(&n, "encoder.readout.bias", 1, (size_t[]){6}, readout);
    check_tensor(&n, "feedback.hidden.0", 2, (size_t[]){6, 48}, sqrt(6 / 48.0));
    check_tensor(&n, "feedback.hidden.1", 2, (size_t[]){6, 10}, sqrt(6 / 10.0));
    assert_int_equal(n.table.count, 9);
    network_free(&n);
}

static void tensors_of_modes(void **state) {
    (void)state;
    vdib__encoder_parameters p = convolutional();
    network n;
    p.credit = &vdib__credit_bp;
    network_build(&n, &p, 1);
    assert_int_equal(n.table.count, 7);
    network_free(&n);
    p.credit = &vdib__credit_drtp;
    network_build(&n, &p, 1);
    check_tensor(&n, "feedback.hidden.0", 2, (size_t[]){7, 48}, sqrt(6 / 48.0));
    network_free(&n);
    p.credit = &vdib__credit_fa;
    p.lateral = true, p.feedback_bases = 2;
    network_build(&n, &p, 1);
    check_tensor(&n, "encoder.readout.feedback", 3, (size_t[]){6, 6, 2}, sqrt(6 / (4.0 * (10 + 6))));
    check_tensor(&n, "feedback.readout", 3, (size_t[]){6, 10, 4}, sqrt(6 / (4.0 * (10 + 6))));
    check_tensor(&n, "feedback.hidden.1", 2, (size_t[]){10, 48}, 1 / sqrt(48.0));
    assert_int_equal(n.table.count, 9);
    network_free(&n);
}

/* Fails to build, says `part`, and leaves nothing behind. */
static void refuse(const vdib__encoder_parameters *p, const char *part) {
    vdib__tensor_table table = {0};
    vdib__encoder encoder = {0};
    assert_fails(VDIB_ERROR_CONFIG, vdib__encoder_build(p, &table, &encoder), part);
    assert_null(encoder.readout.basis);
    vdib__tensor_table_free(&table);
}

static void impossible_layers(void **state) {
    (void)state;
    vdib__encoder_parameters p = convolutional();
    p.layers[0].kernel = 12;
    refuse(&p, "hidden layer 0");
    p = convolutional(), p.layers[0].stride = 0;
    refuse(&p, "hidden layer 0");
    p = convolutional(), p.layers[0].padding = 3;
    refuse(&p, "hidden layer 0");
    p = convolutional(), p.layers[0].pool = 9;
    refuse(&p, "pooling window of 9");
    p = convolutional(), p.layers[0].pool = 0;
    refuse(&p, "hidden layer 0");
    p = convolutional(), p.layers[1].width = 0;
    refuse(&p, "hidden layer 1");
    p = convolutional(), p.layers[1].width = (size_t)1 << 40;
    refuse(&p, "hidden layer 1");
    p = convolutional(), p.layers[0].width = SIZE_MAX / 8;
    refuse(&p, "hidden layer 0");
}

static void impossible_parameters(void **state) {
    (void)state;
    vdib__encoder_parameters p = convolutional();
    p.input_shape[1] = 0;
    refuse(&p, "input");
    p = convolutional(), p.layer_count = VDIB_ENCODER_LAYERS + 1;
    refuse(&p, "at most 8");
    p = convolutional(), p.readouts = 0;
    refuse(&p, "readout of 0 neurons");
    p = convolutional(), p.filter_steps = 0;
    refuse(&p, "0 filter steps");
    p = convolutional(), p.bases = 0;
    refuse(&p, "0 bases");
    p = convolutional(), p.basis_width = NAN;
    refuse(&p, "basis width");
    p = convolutional(), p.neuron.membrane_decay = 1.0F;
    refuse(&p, "decays");
    p = convolutional(), p.neuron.synaptic_decay = NAN;
    refuse(&p, "decays");
    p = convolutional(), p.neuron.surrogate = vdib__surrogate_named("fast-sigmoid"), p.neuron.slope = 0.0F;
    refuse(&p, "slope");
    const vdib__neuron forgetful =
        NETWORK_NEURON(0.85F, 0.9F, -0.1F, &vdib__gain_unit, vdib__surrogate_named("boxcar"), 100.0F);
    p = convolutional(), p.layers[1].neuron = &forgetful;
    refuse(&p, "hidden layer 1: the decays");
    p = convolutional(), p.credit = &vdib__credit_drtp, p.targets = 0;
    refuse(&p, "drtp");
    setenv("VDIB_KERNEL", "fastest", 1);
    p = convolutional();
    refuse(&p, "VDIB_KERNEL");
    unsetenv("VDIB_KERNEL");
}

static void wrong_inputs(void **state) {
    (void)state;
    vdib__encoder_parameters p = convolutional();
    p.credit = &vdib__credit_drtp;
    network n;
    network_build(&n, &p, 1);
    vdib__trial *trial = NULL;
    vdib__trial_destroy(NULL);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__trial_create(&n.encoder, 4, 4, &trial), "4 blank steps");
    assert_ok(vdib__trial_create(&n.encoder, 10, 4, &trial));
    vdib__key key = {.purpose = VDIB_PURPOSE_READOUT};
    assert_fails(VDIB_ERROR_ARGUMENT,
                 vdib__encoder_forward(&n.encoder, &n.table, n.parameters, 1, network_workspace(&n, 1, 10, 1), &trial,
                                       &key, NULL, 1),
                 "no input");
    vdib_raster *narrow = random_raster(143, 6, 0.1F, 1), *longer = random_raster(144, 7, 0.1F, 1);
    trial->input = narrow;
    assert_fails(VDIB_ERROR_ARGUMENT,
                 vdib__encoder_forward(&n.encoder, &n.table, n.parameters, 1, network_workspace(&n, 1, 10, 1), &trial,
                                       &key, NULL, 1),
                 "143 channels");
    trial->input = longer;
    assert_fails(VDIB_ERROR_ARGUMENT,
                 vdib__encoder_forward(&n.encoder, &n.table, n.parameters, 1, network_workspace(&n, 1, 10, 1), &trial,
                                       &key, NULL, 1),
                 "7 steps");
    assert_fails(VDIB_ERROR_ARGUMENT,
                 vdib__encoder_backward(&n.encoder, &n.table, n.parameters, 1, network_workspace(&n, 1, 10, 1), NULL,
                                        &trial, NULL, NULL, NULL, 1, NULL, n.gradients),
                 "targets");
    vdib_raster_destroy(narrow), vdib_raster_destroy(longer);
    vdib__trial_destroy(trial);
    network_free(&n);
}

/* Neurons of a convolution that an input reaches, by trying every output position. */
static size_t positions(const vdib__lif_layer *layer, size_t input) {
    long x = (long)(input % layer->in_width), y = (long)(input / layer->in_width % layer->in_height);
    size_t reached = 0;
    for (long oy = 0; oy < (long)layer->out_height; oy++)
        for (long ox = 0; ox < (long)layer->out_width; ox++) {
            long ky = y + (long)layer->padding - oy * (long)layer->stride;
            long kx = x + (long)layer->padding - ox * (long)layer->stride;
            reached += ky >= 0 && kx >= 0 && ky < (long)layer->kernel && kx < (long)layer->kernel;
        }
    return reached;
}

static void check_operations(size_t kernel, size_t stride, size_t padding) {
    enum { STEPS = 12, BLANK = 3 };
    vdib__encoder_parameters p = convolutional();
    p.layers[0].kernel = kernel, p.layers[0].stride = stride, p.layers[0].padding = padding, p.layers[0].pool = 1;
    network n;
    network_build(&n, &p, 1);
    vdib_raster *input = random_raster(144, STEPS - BLANK, 0.3F, 1);
    vdib__trial *trial = NULL;
    vdib__key key = {.purpose = VDIB_PURPOSE_READOUT};
    assert_ok(vdib__trial_create(&n.encoder, STEPS, BLANK, &trial));
    trial->input = input;
    assert_ok(vdib__encoder_forward(&n.encoder, &n.table, n.parameters, 1, network_workspace(&n, 1, STEPS, 1), &trial,
                                    &key, NULL, 1));
    vdib_raster *hidden[2] = {NULL, NULL};
    for (size_t l = 0; l < 2; l++)
        assert_ok(vdib__trial_spikes(&n.encoder, trial, l, &hidden[l]));
    uint64_t want = 0;
    for (size_t t = 0; t < STEPS - BLANK; t++) {
        const uint32_t *spikes = NULL;
        size_t count = vdib_raster_at(input, t, &spikes);
        for (size_t s = 0; s < count; s++)
            want += 3 * positions(&n.encoder.layers[0], spikes[s]);
        want += 10 * vdib_raster_at(hidden[0], BLANK + t, &spikes);
        want += 6 * vdib_raster_at(hidden[1], BLANK + t, &spikes);
    }
    assert_true(want > 0);
    assert_int_equal(vdib__encoder_operations(&n.encoder, trial), want);
    vdib_raster_destroy(hidden[0]);
    vdib_raster_destroy(hidden[1]);
    vdib__trial_destroy(trial);
    vdib_raster_destroy(input);
    network_free(&n);
}

static void counted_operations(void **state) {
    (void)state;
    check_operations(3, 1, 1);
    check_operations(3, 2, 0);
    check_operations(4, 3, 2);
    check_operations(2, 3, 1);
}

/* Initial values lie in the bounds and fill them; the bias of one basis step is finite. */
static void initial_values(void **state) {
    (void)state;
    vdib__encoder_parameters p = convolutional();
    network n;
    network_build(&n, &p, 3);
    for (size_t i = 0; i < n.table.count; i++) {
        const vdib__tensor *tensor = &n.table.tensors[i];
        float largest = 0.0F;
        for (size_t e = 0; e < tensor->count; e++)
            largest = fmaxf(largest, fabsf(n.parameters[tensor->offset + e]));
        assert_true(largest > 0.0F && largest <= tensor->bound);
        assert_true(tensor->count < 50 || largest > 0.9F * tensor->bound);
    }
    network_free(&n);
    float single[2] = {NAN, NAN};
    vdib__basis_fill(1, 2, 0.5, single);
    assert_true(single[0] == 1.0F && single[1] == 1.0F);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_and_bounds), cmocka_unit_test(tensors_of_modes),
        cmocka_unit_test(impossible_layers), cmocka_unit_test(impossible_parameters),
        cmocka_unit_test(wrong_inputs),      cmocka_unit_test(counted_operations),
        cmocka_unit_test(initial_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
