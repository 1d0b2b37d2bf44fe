/* SPDX-License-Identifier: MIT */
/* NIR graphs in memory: how they run, what does not fit, and that a model and its graph give the same spikes. Files
 * are compared with other programs by tests/interop. */
#include <unistd.h>

#include "../model/small_model.h"
#include "small_graph.h"

static vdib__nir_run *run_of(const vdib__nir *graph) {
    vdib__nir_run *run = NULL;
    assert_ok(vdib__nir_run_create(graph, 0.5, &run));
    return run;
}

static double output(const vdib__nir_run *run, size_t of) {
    size_t count = 0;
    const double *values = vdib__nir_run_output(run, of, &count);
    assert_int_equal(count, 1);
    return values[0];
}

/* Input -> Delay of three steps -> LIF: tau = 1 s, steps of half a second: v' = v / 2 + r x / 2. */
static void test_delays_and_resets(void **state) {
    (void)state;
    vdib__nir graph = {0};
    size_t input = node(&graph, "Input", "in"), delay = node(&graph, "Delay", "d"), lif = node(&graph, "LIF", "n");
    fill(&graph, input, "shape", 1, 1.0);
    fill(&graph, delay, "delay", 1, 1.5);
    fill(&graph, lif, "tau", 1, 1.0), fill(&graph, lif, "r", 1, 2.0), fill(&graph, lif, "v_leak", 1, 0.0);
    fill(&graph, lif, "v_threshold", 1, 1.25), fill(&graph, lif, "v_reset", 1, -2.0);
    join(&graph, input, delay), join(&graph, delay, lif);
    vdib__nir_run *run = run_of(&graph);
    static const double spikes[] = {0, 0, 0, 0, 1, 0, 0}; /* v: 0 0 0 1 1.5, then -2: -1 + 1, ... */
    for (int again = 0; again < 2; again++) {
        for (size_t t = 0; t < 7; t++) {
            vdib__nir_run_step(run, (const uint32_t[]){0}, 1);
            assert_true(output(run, delay) == (t >= 3 ? 1.0 : 0.0));
            assert_true(output(run, lif) == spikes[t]);
        }
        vdib__nir_run_reset(run);
    }
    vdib__nir_run_destroy(run);
    vdib__nir_free(&graph);
}

/* A neuron whose own spike comes back by a weight of -1: the spike of the step before. */
static void test_circles(void **state) {
    (void)state;
    vdib__nir graph = {0};
    const size_t square[2] = {1, 1};
    size_t back = node(&graph, "Linear", "back"), fire = node(&graph, "Threshold", "n");
    size_t input = node(&graph, "Input", "in");
    fill(&graph, input, "shape", 1, 1.0), fill(&graph, fire, "threshold", 1, 0.5);
    assert_ok(vdib__nir_fill(&graph, back, "weight", VDIB_HDF5_FLOAT32, 2, square, -1.0));
    join(&graph, input, fire), join(&graph, fire, back), join(&graph, back, fire);
    vdib__nir_run *run = run_of(&graph);
    for (size_t t = 0; t < 6; t++) {
        vdib__nir_run_step(run, (const uint32_t[]){0}, 1);
        assert_true(output(run, fire) == (t % 2 == 0 ? 1.0 : 0.0));
    }
    vdib__nir_run_destroy(run);
    vdib__nir_free(&graph);
}

static void refuse(const vdib__nir *graph, vdib_status status, const char *words) {
    vdib__nir_run *run = NULL;
    assert_fails(status, vdib__nir_run_create(graph, 1e-3, &run), words);
    assert_null(run);
}

static void test_what_does_not_fit(void **state) {
    (void)state;
    vdib__nir graph = {0};
    const size_t wide[2] = {2, 3};
    refuse(&graph, VDIB_ERROR_FORMAT, "no Input");
    size_t input = node(&graph, "Input", "in"), weights = node(&graph, "Linear", "w");
    fill(&graph, input, "shape", 1, 4.0);
    join(&graph, input, weights);
    refuse(&graph, VDIB_ERROR_FORMAT, "node w (Linear) has no fitting weight");
    assert_ok(vdib__nir_fill(&graph, weights, "weight", VDIB_HDF5_FLOAT32, 2, wide, 1.0));
    refuse(&graph, VDIB_ERROR_FORMAT, "node w (Linear): its arrays do not fit");
    size_t odd = node(&graph, "Sigmoid", "odd");
    join(&graph, weights, odd);
    graph.nodes[input].arrays[0].values[0] = 3.0;
    refuse(&graph, VDIB_ERROR_UNSUPPORTED, "odd is of type Sigmoid");
    vdib__nir_free(&graph);
}

/* ---- a model and its graph ---- */

/* Shares of spikes that differ, over random recordings of so many steps. */
static vdib__nir_gaps gaps_of(const vdib_model *model, size_t steps) {
    vdib_raster *rasters[3];
    const vdib_raster *inputs[3];
    for (size_t i = 0; i < 3; i++)
        inputs[i] = rasters[i] = small_raster(steps, i);
    const vdib_export_options options = {.size = sizeof options, .recordings = inputs, .recording_count = 3};
    const vdib__export job = {.model = model, .options = &options};
    vdib__nir_model made = {.program = VDIB_NIR_ANY};
    vdib__nir_gaps gaps;
    assert_ok(vdib__nir_hidden(model, &made));
    assert_ok(vdib__nir_readout(model, &made));
    assert_ok(vdib__nir_measure(&job, &made, &gaps));
    vdib__nir_free(&made.graph);
    for (size_t i = 0; i < 3; i++)
        vdib_raster_destroy(rasters[i]);
    return gaps;
}

static void test_same_spikes(void **state) {
    (void)state;
    static const char *const settings[][5] = {
        {"neuron.model=srm", NULL},
        {"neuron.model=cuba", "neuron.threshold=0.05", NULL},
        {"neuron.model=lif", "encoder.layers=[conv4k3p1m2, 9]", NULL},
        {"neuron.model=lif", "neuron.gain=one", "neuron.membrane_decay=1", "neuron.threshold=0.7", NULL}};
    for (size_t i = 0; i < 4; i++) {
        vdib_model *model = small_model(settings[i]);
        vdib__nir_gaps gaps = gaps_of(model, SMALL_STEPS);
        for (size_t l = 0; l < model->encoder.layer_count; l++) {
            print_message("%s, layer %zu: %llu spikes, %g differ\n", settings[i][0], l,
                          (unsigned long long)gaps.spikes[l], gaps.layers[l]);
            assert_true(gaps.layers[l] == 0.0);
            assert_true(gaps.spikes[l] > 0);
        }
        assert_true(gaps.readout > 0.0 && gaps.readout <= 1.0); /* drawn, and not drawn */
        vdib_model_destroy(model);
    }
}

/* Neurons that do not leak are IF; with a synapse NIR has none, and the programs have none at all. */
static void test_no_leak(void **state) {
    (void)state;
    static const char *const settings[][5] = {
        {"neuron.model=lif", "neuron.gain=one", "neuron.membrane_decay=1", "neuron.threshold=2", NULL},
        {"neuron.model=cuba", "neuron.gain=one", "neuron.membrane_decay=1", "neuron.threshold=2", NULL}};
    for (size_t i = 0; i < 2; i++) {
        vdib_model *model = small_model(settings[i]);
        vdib__nir_model made = {.program = VDIB_NIR_ANY};
        if (i == 0) {
            assert_ok(vdib__nir_hidden(model, &made));
            const vdib__nir_node *neurons = &made.graph.nodes[made.neurons[0]];
            assert_string_equal(neurons->type, "IF");
            assert_float_equal(vdib__nir_value(neurons, "r", 0, 0.0) * vdib__nir_step_of(model), 1.0, 1e-12);
            assert_fails(VDIB_ERROR_UNSUPPORTED, vdib__nir_check_program(model, VDIB_NIR_NORSE),
                         "neurons that do not leak, which norse has not");
        } else
            assert_fails(VDIB_ERROR_UNSUPPORTED, vdib__nir_hidden(model, &made), "a synapse and no leak");
        vdib__nir_free(&made.graph);
        vdib_model_destroy(model);
    }
}

/* Readout weights that are so large that what is likelier than none is certain: the graph's spikes are those that are
 * drawn, with every filter, its feedback and its skip connection. */
static void test_certain_readouts(void **state) {
    (void)state;
    static const char *const settings[][4] = {{"encoder.layers=[14]", NULL},
                                              {"readout.feedback=lateral", "readout.feedback_bases=2", NULL},
                                              {"readout.learns_filters=true", "encoder.skip=true", NULL},
                                              {"encoder.layers=[]", "readout.filter_steps=1", "readout.bases=1", NULL}};
    for (size_t i = 0; i < 4; i++) {
        vdib_model *model = small_model(settings[i]);
        for (size_t t = 0; t < model->table.count; t++) {
            const vdib__tensor *tensor = &model->table.tensors[t];
            bool factor = strncmp(tensor->name, "encoder.readout.", 16) == 0 && strstr(tensor->name, "taps") == NULL &&
                          strstr(tensor->name, "filter") == NULL;
            for (size_t k = 0; k < tensor->count && factor; k++)
                model->parameters[tensor->offset + k] *= 1e6F;
        }
        vdib__nir_gaps gaps = gaps_of(model, SMALL_STEPS);
        print_message("%s: %g of the readout's spikes differ\n", settings[i][0], gaps.readout);
        assert_true(gaps.readout == 0.0);
        vdib_model_destroy(model);
    }
}

/* Readouts that nothing drives spike now and then, and never in the graph; in recordings of a step, too. */
static void test_drawn_spikes(void **state) {
    (void)state;
    for (size_t steps = 1; steps <= SMALL_STEPS; steps += SMALL_STEPS - 1) {
        vdib_model *model = small_model((const char *const[]){"decoder.window=1", NULL});
        const vdib__readout *readout = &model->encoder.readout;
        const vdib__tensor *weight = &model->table.tensors[readout->weight],
                           *bias = &model->table.tensors[readout->bias];
        for (size_t i = 0; i < weight->count; i++)
            model->parameters[weight->offset + i] = 0.0F;
        for (size_t i = 0; i < bias->count; i++)
            model->parameters[bias->offset + i] = -1.0F;
        for (size_t i = 0; i < model->table.tensors[readout->feedback].count; i++)
            model->parameters[model->table.tensors[readout->feedback].offset + i] = 0.0F;
        assert_true(gaps_of(model, steps).readout == 1.0);
        vdib_model_destroy(model);
    }
}

/* The value of an array of a layer's neurons, the same for all of them. */
static double constant(const vdib__nir_model *made, size_t layer, const char *name) {
    return vdib__nir_value(&made->graph.nodes[made->neurons[layer]], name, 0, -1.0);
}

/* What a program makes of its constants is vdib's step: decays, and the threshold over the gains that it has. */
static void test_programs(void **state) {
    (void)state;
    static const char *const settings[][4] = {
        {"neuron.model=cuba", "neuron.threshold=0.05", NULL},
        {"neuron.model=lif", "neuron.threshold=0.05", NULL},
        {"neuron.model=cuba", "neuron.threshold=4", "neuron.gain=published", NULL},
        {"neuron.model=lif", "neuron.threshold=4", "neuron.gain=published", NULL}};
    for (size_t i = 0; i < 8; i++) {
        vdib_model *model = small_model(settings[i / 2]);
        const vdib__lif_constants *c = &model->encoder.layers[0].constants;
        bool cuba = i / 2 % 2 == 0, torch = i % 2 == 0;
        double step = torch ? 1e-4 : 1e-3, threshold = (double)model->encoder.layers[0].neuron.threshold;
        vdib__nir_model made = {.program = torch ? VDIB_NIR_SNNTORCH : VDIB_NIR_NORSE};
        assert_ok(vdib__nir_hidden(model, &made));
        vdib__nir_for_program(model, &made);
        double membrane = constant(&made, 0, cuba ? "tau_mem" : "tau"), r = constant(&made, 0, "r");
        assert_float_equal(1.0 - step / membrane, (double)c->membrane_decay, 1e-9);
        double gain = cuba ? (double)c->synaptic_gain * (double)c->membrane_gain : (double)c->membrane_gain;
        double own = r * step / membrane; /* of an input in the potential */
        if (cuba) {
            assert_float_equal(1.0 - step / constant(&made, 0, "tau_syn"), (double)c->synaptic_decay, 1e-9);
            own *= constant(&made, 0, "w_in") * step / constant(&made, 0, "tau_syn");
        }
        if (torch) /* which demands it */
            assert_float_equal(own, 1.0, 1e-9);
        if (!torch && !cuba) /* which has no r of an LIF */
            assert_float_equal(own, step / membrane, 1e-12);
        assert_float_equal(constant(&made, 0, "v_threshold") / own, threshold / gain, 1e-6 * threshold / gain);
        vdib__nir_free(&made.graph);
        vdib_model_destroy(model);
    }
}

/* A figure of nothing that differs is a figure. */
static void test_measured(void **state) {
    (void)state;
    char *folder = support_folder(), path[4096], *json = NULL;
    vdib_model *model = small_model(NULL);
    vdib_raster *raster = small_raster(SMALL_STEPS, 1);
    vdib_export_report *report = NULL;
    const vdib_raster *inputs[] = {raster};
    const vdib_export_options options = {.size = sizeof options, .recordings = inputs, .recording_count = 1};
    snprintf(path, sizeof path, "%s/model.nir", folder);
    vdib_status status = vdib_model_export(model, "nir", path, &options, &report);
    if (status == VDIB_OK) {
        assert_ok(vdib_export_report_json(report, &json));
        assert_non_null(strstr(json, "\"difference\": 0.0"));
        vdib_text_free(json);
        vdib_export_report_destroy(report);
    } else
        assert_int_equal(status, VDIB_ERROR_UNSUPPORTED); /* no HDF5 */
    vdib_raster_destroy(raster);
    vdib_model_destroy(model);
    support_folder_remove(folder);
}

static void test_refusals(void **state) {
    (void)state;
    char *folder = support_folder(), path[4096];
    vdib_export_report *report = NULL;
    vdib_model *model = small_model(NULL);
    snprintf(path, sizeof path, "%s/model.nir", folder);
    vdib_export_options options = {.size = sizeof options, .program = "brian"};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_export(model, "nir", path, &options, &report), "snntorch or norse");
    options.program = "norse"; /* its neurons are not those of the spike-response form */
    assert_fails(VDIB_ERROR_UNSUPPORTED, vdib_model_export(model, "nir", path, &options, &report), "neuron.model=cuba");
    vdib_model *none = small_model((const char *const[]){"encoder.layers=[]", NULL});
    assert_fails(VDIB_ERROR_UNSUPPORTED, vdib_model_export(none, "nir", path, &options, &report), "no hidden layer");
    vdib_model_destroy(none);
    options = (vdib_export_options){.size = sizeof options, .only = "decoder"};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_export(model, "nir", path, &options, &report), "encoder");
    assert_int_equal(access(path, F_OK), -1);
    vdib_model_destroy(model);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delays_and_resets), cmocka_unit_test(test_circles),
        cmocka_unit_test(test_what_does_not_fit), cmocka_unit_test(test_same_spikes),
        cmocka_unit_test(test_no_leak),           cmocka_unit_test(test_certain_readouts),
        cmocka_unit_test(test_drawn_spikes),      cmocka_unit_test(test_programs),
        cmocka_unit_test(test_measured),          cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
