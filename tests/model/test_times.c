/* SPDX-License-Identifier: MIT */
/* Time constants of a model: from the configuration to the layers, and back in microseconds. */
#include "small_model.h"

#include <math.h>

#include "model/model.h"

static void assert_constant(const vdib_time_constant *got, double wanted) {
    assert_true(got->most - got->least <= 1e-9 * wanted && fabs(got->mean - got->most) <= 1e-9 * wanted);
    assert_true(fabs(got->mean - wanted) <= 1e-5 * wanted);
}

/* Steps of images and blobs have 1,000 us by default, those of recordings 3,750. */
static void layers_have_the_time_constants_of_the_configuration(void **state) {
    static const char *const settings[] = {"encoder.layers=[14, 7]",        "data.input=rate",
                                           "neuron.synaptic_tau_us=[2000]", "neuron.membrane_tau_us=[1000, 3000]",
                                           "neuron.refractory_decay=0",     NULL};
    (void)state;
    vdib_model *model = small_model(settings);
    assert_int_equal(vdib_model_layers(model), 2);
    for (size_t l = 0; l < 2; l++) {
        vdib_layer_times times = {.size = sizeof times};
        const vdib__neuron *neuron = &model->encoder.layers[l].neuron;
        double membrane = l == 0 ? 1000 : 3000;
        assert_ok(vdib_model_times(model, l, &times));
        assert_constant(&times.synapse, 2000);
        assert_constant(&times.membrane, membrane);
        assert_true(times.refractory.mean == 0);
        assert_true(neuron->synaptic_decay == (float)exp(-0.5));
        assert_true(neuron->membrane_decay == (float)exp(-1000 / membrane));
        assert_true(neuron->refractory_decay == 0.0F);
        assert_true(model->encoder.layers[l].constants.membrane_decay == neuron->membrane_decay);
        assert_true(model->encoder.layers[l].constants.synaptic_decay == neuron->synaptic_decay);
    }
    vdib_layer_times times = {.size = sizeof times};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_times(model, 2, &times), "hidden layer 2: the model has 2");
    assert_int_equal(vdib_model_layers(NULL), 0);
    vdib_model_destroy(model);
}

static void decays_have_time_constants(void **state) {
    static const char *const settings[] = {"neuron.refractory_decay=0.5", NULL};
    vdib_layer_times times = {.size = sizeof times};
    (void)state;
    vdib_model *model = small_model(settings);
    assert_ok(vdib_model_times(model, 0, &times));
    assert_constant(&times.synapse, -3750 / log(0.85));
    assert_constant(&times.membrane, -3750 / log(0.9));
    assert_constant(&times.refractory, -3750 / log(0.5));
    vdib_model_destroy(model);
}

/* Learnt time constants are weights: they begin at the configuration's, within their bounds. */
static void learnt_time_constants_are_weights(void **state) {
    static const char *const settings[] = {"data.step_us=2000",
                                           "encoder.layers=[14, 7]",
                                           "neuron.synaptic_tau_us=[5000, 9000]",
                                           "neuron.membrane_tau_us=[900000]",
                                           "neuron.refractory_decay=0",
                                           "neuron.learn_tau=all",
                                           NULL};
    vdib_layer_times times = {.size = sizeof times};
    (void)state;
    vdib_model *model = small_model(settings);
    assert_ok(vdib_model_times(model, 1, &times));
    assert_constant(&times.synapse, 9000);
    assert_constant(&times.membrane, 2000 * 10 * SMALL_STEPS); /* ten examples */
    assert_constant(&times.refractory, 1000);                  /* half a step */
    assert_ok(vdib_model_times(model, 0, &times));
    assert_constant(&times.synapse, 5000);
    const vdib__tensor *tensor = &model->table.tensors[model->encoder.layers[0].log_tau[VDIB_TAU_SYNAPSE]];
    assert_string_equal(tensor->name, "encoder.hidden.0.log_tau_synapse");
    assert_int_equal(tensor->count, 14);
    for (size_t i = 0; i < 14; i++)
        model->parameters[tensor->offset + i] = (float)log(1 + (double)i);
    assert_ok(vdib_model_times(model, 0, &times));
    assert_true(fabs(times.synapse.least - 2000) < 0.1 && fabs(times.synapse.most - 28000) < 0.1 &&
                fabs(times.synapse.mean - 15000) < 0.1);
    vdib_model_destroy(model);
}

/* A stream's steps are as long as those of the data. */
static void a_stream_bins_by_the_default_step(void **state) {
    vdib_model *model = small_model(NULL);
    vdib_stream *stream = NULL;
    vdib_stream_counts counts = {.size = sizeof counts};
    (void)state;
    assert_ok(vdib_stream_create(model, 1, 0, &stream));
    assert_ok(vdib_stream_advance(stream, 3749, NULL, NULL));
    assert_ok(vdib_stream_counted(stream, &counts));
    assert_int_equal(counts.steps, 0);
    assert_ok(vdib_stream_advance(stream, 2 * 3750, NULL, NULL));
    assert_ok(vdib_stream_counted(stream, &counts));
    assert_int_equal(counts.steps, 2);
    vdib_stream_destroy(stream);
    vdib_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_have_the_time_constants_of_the_configuration),
        cmocka_unit_test(decays_have_time_constants),
        cmocka_unit_test(learnt_time_constants_are_weights),
        cmocka_unit_test(a_stream_bins_by_the_default_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
