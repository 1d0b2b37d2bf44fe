/* SPDX-License-Identifier: MIT */
/* NIR files as hidden layers: a model that goes out and comes back spikes as it did; damaged and strange graphs are
 * refused or mended, and said to be. */
#include <unistd.h>

#include "../model/small_model.h"
#include "core/alloc.h"
#include "core/file.h"
#include "small_graph.h"
#include "vdib/import.h"

static char path[4096];

static const char *in(const char *folder, const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static vdib_import *import_of(const char *file) {
    vdib_import *import = NULL;
    assert_ok(vdib_import_open(file, &import));
    return import;
}

/* The model that a configuration and an import make, on the data of `like`. */
static vdib_model *imported(vdib_import *import, const vdib_model *like, const char *const *settings) {
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    assert_ok(vdib_config_create(&config));
    for (; *settings != NULL; settings++)
        assert_ok(vdib_config_set(config, *settings));
    assert_ok(vdib_import_configure(import, config));
    assert_ok(vdib_model_create(config, &like->geometry, &model));
    assert_ok(vdib_import_apply(import, model));
    vdib_config_destroy(config);
    return model;
}

/* Spikes of all hidden layers on random recordings. */
static uint64_t *spikes_of(const vdib_model *model, size_t *words) {
    vdib__batch *batch = NULL;
    uint64_t *all = NULL, presentation = 0;
    size_t used = 0;
    vdib_raster *raster = small_raster(SMALL_STEPS, 3);
    assert_ok(vdib__batch_create(model, 1, 1, SMALL_STEPS, 1, &batch));
    assert_ok(vdib__batch_encode(model, 1, batch, (const vdib_raster *const[]){raster}, 5, VDIB_STAGE_EVALUATION,
                                 &presentation, 1));
    for (size_t l = 0; l < model->encoder.layer_count; l++) {
        size_t count = batch->trials[0]->steps * ((model->encoder.layers[l].outputs + 63) / 64);
        all = realloc(all, (used + count) * sizeof *all);
        memcpy(all + used, batch->trials[0]->layers[l].spikes, count * sizeof *all);
        used += count;
    }
    vdib__batch_destroy(batch);
    vdib_raster_destroy(raster);
    *words = used;
    return all;
}

static void test_there_and_back(void **state) {
    (void)state;
    static const char *const settings[][5] = {
        {"neuron.model=cuba", "neuron.threshold=0.02", "encoder.layers=[14, 9]", NULL},
        {"neuron.model=cuba", "neuron.gain=published", "neuron.threshold=4", NULL},
        {"neuron.model=lif", "encoder.layers=[conv4k3s1p1m2, 8]", "neuron.threshold=0.03", NULL},
        {"neuron.model=lif", "neuron.gain=published", "neuron.threshold=0.3", NULL},
        {"encoder.layers=[14, 9]", "neuron.adaptation_strength=[0.5, 0.2]", "neuron.adaptation_tau_us=30000", NULL},
        {"encoder.layers=[conv4k3s1p1m2, 8]", "neuron.gain=published", "encoder.skip=true", NULL}};
    static const char *const plain[] = {"data.target=image",
                                        "data.steps=13",
                                        "data.blank_steps=3",
                                        "encoder.readouts=9",
                                        "decoder=linear",
                                        "decoder.window=11",
                                        NULL};
    char *folder = support_folder();
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        vdib_model *model = small_model(settings[i]);
        char name[32];
        size_t words = 0, others = 0, fired = 0;
        snprintf(name, sizeof name, "model%zu.nir", i);
        assert_ok(vdib_model_export(
            model, "nir", in(folder, name),
            &(const vdib_export_options){.size = sizeof(vdib_export_options), .program = i == 0 ? "norse" : NULL},
            NULL));
        vdib_import *import = import_of(path);
        vdib_model *other = imported(import, model, plain);
        uint64_t *want = spikes_of(model, &words), *got = spikes_of(other, &others);
        assert_int_equal(words, others);
        for (size_t w = 0; w < words; w++)
            fired += (size_t)__builtin_popcountll(want[w]);
        print_message("case %zu: %zu spikes\n", i, fired);
        assert_true(fired > 20);
        if (i > 0) /* in the steps of Norse, of 1 ms, the decays are others than those of 3.75 ms */
            assert_memory_equal(want, got, words * sizeof *want);
        free(want), free(got);
        vdib_model_destroy(other), vdib_model_destroy(model);
        vdib_import_destroy(import);
    }
    support_folder_remove(folder);
}

/* in -> w (2 x 3) -> n (LIF, with weights back to itself) -> last (weights at the end); or by two ways to n. */
static vdib__nir chain(bool branches) {
    vdib__nir graph = {0};
    size_t input = node(&graph, "Input", "in"), w = node(&graph, "Linear", "w"), n = node(&graph, "LIF", "n");
    size_t back = node(&graph, "Linear", "back"), last = node(&graph, "Linear", "last");
    const size_t two = 2, three = 3, one = 1;
    assert_ok(vdib__nir_fill(&graph, input, "shape", VDIB_HDF5_INT64, 1, &one, 3.0));
    assert_ok(vdib__nir_fill(&graph, w, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){two, three}, 0.5));
    assert_ok(vdib__nir_fill(&graph, back, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){two, two}, 0.5));
    assert_ok(vdib__nir_fill(&graph, last, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){one, two}, 0.5));
    assert_ok(vdib__nir_fill(&graph, n, "tau", VDIB_HDF5_FLOAT64, 1, &two, 0.01));
    assert_ok(vdib__nir_fill(&graph, n, "r", VDIB_HDF5_FLOAT64, 1, &two, 1.0));
    assert_ok(vdib__nir_fill(&graph, n, "v_leak", VDIB_HDF5_FLOAT64, 1, &two, 0.0));
    assert_ok(vdib__nir_fill(&graph, n, "v_threshold", VDIB_HDF5_FLOAT64, 1, &two, 2.0));
    assert_ok(vdib__nir_join(&graph, input, w));
    assert_ok(vdib__nir_join(&graph, w, n));
    assert_ok(vdib__nir_join(&graph, n, back));
    assert_ok(vdib__nir_join(&graph, back, n));
    if (branches)
        assert_ok(vdib__nir_join(&graph, input, last)), assert_ok(vdib__nir_join(&graph, last, n));
    assert_ok(vdib__nir_join(&graph, n, last));
    return graph;
}

/* The sensor, sums of 2 x 2 or none, a convolution, without sums with dilation, LIF neurons. */
static vdib__nir windows(bool sums) {
    vdib__nir graph = {0};
    const size_t three = 3, two = 2, maps[3] = {5, sums ? 2 : 4, sums ? 1 : 3};
    double *values = NULL;
    size_t input = node(&graph, "Input", "in"), conv = node(&graph, "Conv2d", "conv");
    size_t neurons = node(&graph, "LIF", "neurons"), sum = sums ? node(&graph, "SumPool2d", "sum") : conv;
    assert_ok(vdib__nir_put(&graph, input, "shape", VDIB_HDF5_INT64, 1, &three, &values));
    values[0] = 2, values[1] = 6, values[2] = 5;
    assert_ok(vdib__nir_put(&graph, conv, "weight", VDIB_HDF5_FLOAT32, 4, (const size_t[]){5, 2, 2, 2}, &values));
    for (size_t i = 0; i < 40; i++)
        values[i] = (double)(float)(0.1 * (double)(i * 7 % 13) - 0.45);
    assert_ok(vdib__nir_fill(&graph, conv, "dilation", VDIB_HDF5_INT64, 1, &two, sums ? 1.0 : 2.0));
    assert_ok(vdib__nir_fill(&graph, conv, "stride", VDIB_HDF5_INT64, 1, &two, 1.0));
    assert_ok(vdib__nir_fill(&graph, conv, "padding", VDIB_HDF5_INT64, 1, &two, 0.0));
    assert_ok(vdib__nir_fill(&graph, neurons, "tau", VDIB_HDF5_FLOAT64, 3, maps, 0.01));
    assert_ok(vdib__nir_fill(&graph, neurons, "r", VDIB_HDF5_FLOAT64, 3, maps, 1.0));
    assert_ok(vdib__nir_fill(&graph, neurons, "v_leak", VDIB_HDF5_FLOAT64, 3, maps, 0.0));
    assert_ok(vdib__nir_fill(&graph, neurons, "v_reset", VDIB_HDF5_FLOAT64, 3, maps, 0.0));
    assert_ok(vdib__nir_fill(&graph, neurons, "v_threshold", VDIB_HDF5_FLOAT64, 3, maps, 0.2));
    assert_ok(vdib__nir_join(&graph, input, sum));
    if (sums) {
        assert_ok(vdib__nir_fill(&graph, sum, "kernel_size", VDIB_HDF5_INT64, 1, &two, 2.0));
        assert_ok(vdib__nir_fill(&graph, sum, "stride", VDIB_HDF5_INT64, 1, &two, 2.0));
        assert_ok(vdib__nir_fill(&graph, sum, "padding", VDIB_HDF5_INT64, 1, &two, 0.0));
        assert_ok(vdib__nir_join(&graph, sum, conv));
    }
    assert_ok(vdib__nir_join(&graph, conv, neurons));
    return graph;
}

/* The sensor, sums of 2 x 2, dense weights, LIF neurons. */
static vdib__nir dense_windows(void) {
    static const char *const constants[] = {"tau", "r", "v_leak", "v_reset", "v_threshold"};
    static const double constant[] = {0.01, 1.0, 0.0, 0.0, 0.2};
    vdib__nir graph = {0};
    const size_t three = 3, two = 2, five = 5;
    double *values = NULL;
    size_t input = node(&graph, "Input", "in"), sum = node(&graph, "SumPool2d", "sum");
    (void)node(&graph, "Flatten", "flat");
    size_t dense = node(&graph, "Linear", "dense");
    size_t neurons = node(&graph, "LIF", "neurons");
    assert_ok(vdib__nir_put(&graph, input, "shape", VDIB_HDF5_INT64, 1, &three, &values));
    values[0] = 2, values[1] = 6, values[2] = 5;
    assert_ok(vdib__nir_fill(&graph, sum, "kernel_size", VDIB_HDF5_INT64, 1, &two, 2.0));
    assert_ok(vdib__nir_fill(&graph, sum, "stride", VDIB_HDF5_INT64, 1, &two, 2.0));
    assert_ok(vdib__nir_fill(&graph, sum, "padding", VDIB_HDF5_INT64, 1, &two, 0.0));
    assert_ok(vdib__nir_put(&graph, dense, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){5, 12}, &values));
    for (size_t i = 0; i < 60; i++)
        values[i] = (double)(float)(0.1 * (double)(i * 7 % 13) - 0.45);
    for (size_t c = 0; c < 5; c++)
        assert_ok(vdib__nir_fill(&graph, neurons, constants[c], VDIB_HDF5_FLOAT64, 1, &five, constant[c]));
    for (size_t i = input; i < neurons; i++)
        assert_ok(vdib__nir_join(&graph, i, i + 1));
    return graph;
}

/* Weights over windows, as kernels with zeros, give the spikes of the graph that NIR's equations run. */
static void compare_windows(vdib__nir graph, size_t neurons, const char *file) {
    static const char *const plain[] = {"data.target=image", "data.steps=13", "encoder.readouts=9", "decoder=linear",
                                        NULL};
    vdib__nir_run *run = NULL;
    vdib_model *like = small_model(NULL);
    vdib_raster *raster = small_raster(SMALL_STEPS, 3);
    size_t words = 0, count = 0, fired = 0;
    assert_ok(vdib__nir_run_create(&graph, 3750e-6, &run));
    assert_ok(vdib__nir_write(&graph, file));
    vdib_import *import = import_of(file);
    vdib_model *model = imported(import, like, plain);
    uint64_t *spikes = spikes_of(model, &words);
    assert_int_equal(words, SMALL_STEPS);
    for (size_t t = 0; t < SMALL_STEPS; t++) {
        vdib__nir_run_step(run, raster->indices + raster->offsets[t], raster->offsets[t + 1] - raster->offsets[t]);
        const double *want = vdib__nir_run_output(run, neurons, &count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(spikes[t] >> i & 1, want[i] > 0.0);
            fired += want[i] > 0.0;
        }
    }
    assert_true(fired > 10 && fired < SMALL_STEPS * count);
    vdib__nir_run_destroy(run);
    vdib__nir_free(&graph);
    free(spikes);
    vdib_raster_destroy(raster);
    vdib_model_destroy(model), vdib_model_destroy(like);
    vdib_import_destroy(import);
}

static void test_windows(void **state) {
    (void)state;
    char *folder = support_folder();
    compare_windows(windows(true), 2, in(folder, "sums.nir"));
    compare_windows(windows(false), 2, in(folder, "dilation.nir"));
    compare_windows(dense_windows(), 4, in(folder, "dense.nir"));
    support_folder_remove(folder);
}

static vdib_export_row row_of(const vdib_import *import, const char *part) {
    vdib_export_row row = {.size = sizeof row};
    for (size_t i = 0; i < vdib_export_report_count(vdib_import_report(import)); i++) {
        assert_ok(vdib_export_report_row(vdib_import_report(import), i, &row));
        if (strcmp(row.part, part) == 0)
            return row;
    }
    fail_msg("the report says nothing of %s", part);
    return row;
}

static void test_what_is_taken(void **state) {
    (void)state;
    char *folder = support_folder(), *text = NULL, value[64];
    vdib__nir graph = chain(false);
    vdib_config *config = NULL;
    write_graph(&graph, in(folder, "chain.nir"));
    vdib_import *import = import_of(path);
    assert_ok(vdib_import_describe(import, &text));
    assert_non_null(strstr(text, "5 nodes, 5 edges"));
    assert_non_null(strstr(text, "weight 2 x 3"));
    vdib_text_free(text);
    assert_ok(vdib_config_create(&config));
    assert_ok(vdib_config_set(config, "data.step_us=1000"));
    assert_ok(vdib_import_configure(import, config));
    assert_ok(vdib_config_get(config, "encoder.layers", value, sizeof value));
    assert_string_equal(value, "[2]");
    assert_ok(vdib_config_get(config, "neuron.membrane_decay", value, sizeof value));
    assert_true(strtod(value, NULL) > 0.8999 && strtod(value, NULL) < 0.9001);
    assert_int_equal(row_of(import, "w, n").fidelity, VDIB_FIDELITY_APPROXIMATE);
    assert_non_null(strstr(row_of(import, "w, n").note, "its recurrent weights are left out"));
    assert_int_equal(row_of(import, "back").fidelity, VDIB_FIDELITY_LEFT_OUT);
    assert_int_equal(row_of(import, "last").fidelity, VDIB_FIDELITY_LEFT_OUT);
    vdib_model *model = small_model(NULL); /* of other shapes */
    assert_fails(VDIB_ERROR_DATA, vdib_import_apply(import, model), "chain.nir: node w reads 3 inputs");
    vdib_model_destroy(model);
    vdib_config_destroy(config);
    vdib_import_destroy(import);
    support_folder_remove(folder);
}

static const double NOT_A_NUMBER = 0.0 / 0.0, INFINITE = 1.0 / 0.0;

/* The values of an array of a node of the chain, but the first if it is not r; what importing then says. */
static vdib_status with(size_t of, const char *name, double value, char fidelity[8]) {
    char *folder = support_folder();
    vdib__nir graph = chain(false);
    vdib_config *config = NULL;
    graph.edges[2] = graph.edges[4]; /* without the recurrent weights */
    graph.edge_count = 3;
    for (size_t a = 0; a < graph.nodes[of].array_count; a++)
        if (strcmp(graph.nodes[of].arrays[a].name, name) == 0)
            for (size_t i = strcmp(name, "r") != 0; i < graph.nodes[of].arrays[a].count; i++)
                graph.nodes[of].arrays[a].values[i] = value;
    write_graph(&graph, in(folder, "chain.nir"));
    vdib_import *import = import_of(path);
    assert_ok(vdib_config_create(&config));
    assert_ok(vdib_config_set(config, "data.step_us=1000"));
    vdib_status status = vdib_import_configure(import, config);
    if (status == VDIB_OK)
        snprintf(fidelity, 8, "%s", row_of(import, "w, n").fidelity == VDIB_FIDELITY_EXACT ? "exact" : "other");
    vdib_config_destroy(config);
    vdib_import_destroy(import);
    support_folder_remove(folder);
    return status;
}

static void test_constants(void **state) {
    (void)state;
    enum { W = 1, N = 2 };
    const struct {
        size_t node;
        const char *name;
        double value;
        const char *says;
    } wrong[] = {{W, "weight", NOT_A_NUMBER, "chain.nir: node w: weight[1] is nan; it must be finite"},
                 {W, "weight", -INFINITE, "chain.nir: node w: weight[1] is -inf"},
                 {N, "tau", NOT_A_NUMBER, "chain.nir: node n: tau[1] is nan; it must be finite and above zero"},
                 {N, "tau", -0.01, "node n: tau[1] is -0.01"},
                 {N, "tau", 0.0, "node n: tau[1] is 0;"},
                 {N, "r", INFINITE, "node n: r[0] is inf"},
                 {N, "v_threshold", NOT_A_NUMBER, "node n: v_threshold[1] is nan"},
                 {N, "v_threshold", 0.0, "node n: v_threshold[1] is 0, and v_leak 0"},
                 {N, "v_threshold", -2.0, "node n: v_threshold[1] is -2, and v_leak 0"},
                 {N, "v_leak", 2.5, "node n: v_threshold[1] is 2, and v_leak 2.5"}};
    char fidelity[8];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(VDIB_ERROR_DATA, with(wrong[i].node, wrong[i].name, wrong[i].value, fidelity), wrong[i].says);
    assert_ok(with(N, "v_leak", 1.5, fidelity)); /* and it is reset to 0 */
    assert_string_equal(fidelity, "other");
    assert_ok(with(N, "r", 2.0, fidelity)); /* for tau = 10 ms: a step of 5 ms, by r alone */
    assert_string_equal(fidelity, "other");
    assert_ok(with(N, "r", 10.0, fidelity)); /* the step of the data */
    assert_string_equal(fidelity, "exact");
}

static void test_refusals(void **state) {
    (void)state;
    char *folder = support_folder();
    uint8_t *bytes = NULL;
    size_t size = 0;
    vdib_import *import = NULL;
    vdib_config *config = NULL;
    vdib__nir graph = chain(true);
    write_graph(&graph, in(folder, "branch.nir"));
    import = import_of(path);
    assert_ok(vdib_config_create(&config));
    assert_fails(VDIB_ERROR_UNSUPPORTED, vdib_import_configure(import, config), "branches behind in");
    vdib_import_destroy(import);
    vdib_config_destroy(config);
    import = NULL;
    assert_ok(vdib__file_read(path, &bytes, &size));
    for (size_t cut = 0; cut < size; cut += size / 9 + 1) { /* cut files are refused by name, none takes us along */
        assert_ok(vdib__file_write(in(folder, "cut.nir"), bytes, cut));
        if (vdib_import_open(path, &import) == VDIB_OK)
            vdib_import_destroy(import);
        else
            assert_non_null(strstr(vdib_last_message(), "cut.nir"));
        import = NULL;
    }
    vdib__free(bytes);
    assert_ok(vdib__file_write(in(folder, "text.nir"), "not HDF5 at all", 15));
    assert_fails(VDIB_ERROR_FORMAT, vdib_import_open(path, &import), "text.nir");
    vdib_status missing = vdib_import_open(in(folder, "none.nir"), &import);
    assert_true(missing != VDIB_OK && strstr(vdib_last_message(), "none.nir") != NULL);
    assert_null(import);
    support_folder_remove(folder);
}

int main(void) {
    vdib_import *import = NULL;
    if (vdib_import_open("/dev/null", &import) == VDIB_ERROR_UNSUPPORTED) {
        printf("SKIPPED: %s\n", vdib_last_message());
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_windows),  cmocka_unit_test(test_what_is_taken),
        cmocka_unit_test(test_constants),      cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
