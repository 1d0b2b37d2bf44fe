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

/* Shares of spikes that differ, over random recordings. */
static vdib__nir_gaps gaps_of(const vdib_model *model) {
    vdib_raster *rasters[3];
    const vdib_raster *inputs[3];
    for (size_t i = 0; i < 3; i++)
        inputs[i] = rasters[i] = small_raster(SMALL_STEPS, i);
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
    static const char *const settings[][3] = {{"neuron.model=srm", NULL},
                                              {"neuron.model=cuba", "neuron.threshold=0.05", NULL},
                                              {"neuron.model=lif", "encoder.layers=[conv4k3p1m2, 9]", NULL}};
    for (size_t i = 0; i < 3; i++) {
        vdib_model *model = small_model(settings[i]);
        vdib__nir_gaps gaps = gaps_of(model);
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
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
