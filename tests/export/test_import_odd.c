/* SPDX-License-Identifier: MIT */
/* Graphs that are no plain row of layers, or whose arrays do not fit: what is taken of them, and what is said. */
#include "../model/small_model.h"
#include "small_graph.h"
#include "vdib/import.h"

enum { IN, W, N, V, M, NODES };

/* Constants of `count` LIF neurons. */
static void fill_neurons(vdib__nir *graph, size_t of, size_t count) {
    fill(graph, of, "tau", count, 0.02), fill(graph, of, "r", count, 1.0), fill(graph, of, "v_leak", count, 0.0);
    fill(graph, of, "v_threshold", count, 0.2), fill(graph, of, "v_reset", count, 0.0);
}

/* in (60) -> w -> n (5 LIF) -> v -> m (3 LIF), the nodes IN to M. */
static vdib__nir row(void) {
    vdib__nir graph = {0};
    (void)node(&graph, "Input", "in"), (void)node(&graph, "Affine", "w"), (void)node(&graph, "LIF", "n");
    (void)node(&graph, "Linear", "v"), (void)node(&graph, "LIF", "m");
    fill(&graph, IN, "shape", 1, SMALL_INPUTS);
    assert_ok(vdib__nir_fill(&graph, W, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){5, SMALL_INPUTS}, 0.05));
    assert_ok(vdib__nir_fill(&graph, V, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){3, 5}, 0.5));
    fill(&graph, W, "bias", 5, 0.01);
    fill_neurons(&graph, N, 5), fill_neurons(&graph, M, 3);
    for (size_t i = IN; i < M; i++)
        join(&graph, i, i + 1);
    return graph;
}

/* in (2, 6, 5) -> w, a convolution to (4, 5, 4) -> n (LIF), the nodes IN to N. */
static vdib__nir maps(void) {
    vdib__nir graph = {0};
    double *shape = NULL;
    const size_t three = 3;
    (void)node(&graph, "Input", "in"), (void)node(&graph, "Conv2d", "w"), (void)node(&graph, "LIF", "n");
    assert_ok(vdib__nir_put(&graph, IN, "shape", VDIB_HDF5_INT64, 1, &three, &shape));
    shape[0] = 2, shape[1] = 6, shape[2] = 5;
    assert_ok(vdib__nir_fill(&graph, W, "weight", VDIB_HDF5_FLOAT32, 4, (const size_t[]){4, 2, 2, 2}, 0.05));
    fill_neurons(&graph, N, 1);
    join(&graph, IN, W), join(&graph, W, N);
    return graph;
}

/* A layer of (4, 5, 4) maps more: sums of 2 x 2 of them, times `factor` before or after, and a Threshold of a half. */
static vdib__nir sums(double factor, bool before) {
    vdib__nir graph = maps();
    size_t scale = node(&graph, "Scale", "scale"), sum = node(&graph, "SumPool2d", "sum");
    size_t last = node(&graph, "Threshold", "or");
    fill(&graph, scale, "scale", 1, factor), fill(&graph, last, "threshold", 1, 0.5);
    fill(&graph, sum, "kernel_size", 2, 2.0), fill(&graph, sum, "stride", 2, 2.0), fill(&graph, sum, "padding", 2, 0.0);
    join(&graph, N, before ? scale : sum), join(&graph, before ? scale : sum, before ? sum : scale);
    join(&graph, before ? sum : scale, last);
    return graph;
}

/* An array of a node becomes another one. */
static void replace(vdib__nir *graph, size_t of, const char *name, size_t rank, const size_t *shape, double value) {
    vdib__nir_array *array = (vdib__nir_array *)vdib__nir_find(&graph->nodes[of], name);
    snprintf(array->name, sizeof array->name, "no_%s", name);
    if (shape != NULL)
        assert_ok(vdib__nir_fill(graph, of, name, VDIB_HDF5_FLOAT64, rank, shape, value));
}

/* ---- what an import says ---- */

typedef struct taken {
    vdib_status status;
    vdib_import *import;
    vdib_config *config;
    vdib_model *model;
    char *folder;
} taken;

/* A graph through a file, which is written and freed, as the layers of a model of the small geometry. */
static taken take(vdib__nir graph) {
    taken made = {.folder = support_folder()};
    char path[4096];
    vdib_model *like = small_model(NULL);
    snprintf(path, sizeof path, "%s/odd.nir", made.folder);
    write_graph(&graph, path);
    assert_ok(vdib_config_create(&made.config));
    assert_ok(vdib_config_set(made.config, "data.target=image"));
    assert_ok(vdib_config_set(made.config, "decoder=linear"));
    made.status = vdib_import_open(path, &made.import);
    if (made.status == VDIB_OK)
        made.status = vdib_import_configure(made.import, made.config);
    if (made.status == VDIB_OK)
        made.status = vdib_model_create(made.config, &like->geometry, &made.model);
    if (made.status == VDIB_OK)
        made.status = vdib_import_apply(made.import, made.model);
    vdib_model_destroy(like);
    return made;
}

static void leave(taken *made) {
    vdib_model_destroy(made->model);
    vdib_config_destroy(made->config);
    vdib_import_destroy(made->import);
    support_folder_remove(made->folder);
}

/* The row of a part of which the report says something, NULL as a text: there is none. */
static const char *said(const taken *made, const char *part, vdib_fidelity fidelity) {
    const vdib_export_report *report = vdib_import_report(made->import);
    for (size_t i = 0; i < vdib_export_report_count(report); i++) {
        vdib_export_row row = {.size = sizeof row};
        assert_ok(vdib_export_report_row(report, i, &row));
        if (strcmp(row.part, part) == 0 && row.fidelity == fidelity)
            return row.note;
    }
    return NULL;
}

static void assert_says(const taken *made, const char *part, vdib_fidelity fidelity, const char *words) {
    const char *note = said(made, part, fidelity);
    if (note == NULL || strstr(note, words) == NULL)
        fail_msg("%s: '%s' instead of '%s'", part, note != NULL ? note : "nothing", words);
}

static void assert_layers(const taken *made, const char *layers) {
    char value[256];
    assert_ok(vdib_config_get(made->config, "encoder.layers", value, sizeof value));
    assert_string_equal(value, layers);
}

static void assert_refused(vdib__nir graph, vdib_status status, const char *words) {
    taken made = take(graph);
    assert_int_equal(made.status, status);
    if (strstr(vdib_last_message(), words) == NULL || strstr(vdib_last_message(), "odd.nir") == NULL)
        fail_msg("'%s' instead of '%s'", vdib_last_message(), words);
    leave(&made);
}

/* ---- ways ---- */

static void test_plain(void **state) {
    (void)state;
    taken made = take(row());
    assert_ok(made.status);
    assert_layers(&made, "[5, 3]");
    assert_says(&made, "w, n", VDIB_FIDELITY_EXACT, "LIF");
    assert_says(&made, "v, m", VDIB_FIDELITY_EXACT, "LIF");
    leave(&made);
}

/* What comes into a layer beside the layer below is left out, and said of that layer alone. */
static void test_more_comes_in(void **state) {
    (void)state;
    static const struct {
        size_t from, to;
        const char *part, *other, *source;
    } cases[] = {{N, N, "w, n", "v, m", "n"}, {M, M, "v, m", "w, n", "m"},     {M, W, "w, n", "v, m", "m"},
                 {M, V, "v, m", "w, n", "m"}, {NODES, N, "w, n", "v, m", "x"}, {NODES, M, "v, m", "w, n", "x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vdib__nir graph = row();
        size_t more = node(&graph, "Linear", "x");
        assert_ok(vdib__nir_fill(&graph, more, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){5, 3}, 0.5));
        join(&graph, cases[i].from, cases[i].to);
        if (cases[i].from == M && cases[i].to == W) /* by weights */
            graph.edges[graph.edge_count - 1].to = more, join(&graph, more, N);
        taken made = take(graph);
        assert_ok(made.status);
        assert_says(&made, cases[i].part, VDIB_FIDELITY_APPROXIMATE, "what else comes into it is left out");
        assert_non_null(said(&made, cases[i].other, VDIB_FIDELITY_EXACT));
        assert_non_null(
            said(&made, cases[i].from == M && cases[i].to == W ? "x" : cases[i].source, VDIB_FIDELITY_LEFT_OUT));
        leave(&made);
    }
}

/* Outputs and probes beside the way are passed by; an edge that is there twice is one. */
static void test_beside_the_way(void **state) {
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        vdib__nir graph = row();
        size_t probe = node(&graph, "LI", "probe"), output = node(&graph, "Output", "out");
        const vdib__nir_edge on = graph.edges[2];
        if (turn == 1) /* the way on comes last */
            graph.edge_count--, graph.edges[2] = graph.edges[3];
        join(&graph, N, probe), join(&graph, N, output), join(&graph, M, output), join(&graph, W, N);
        if (turn == 1)
            join(&graph, on.from, on.to);
        taken made = take(graph);
        assert_ok(made.status);
        assert_layers(&made, "[5, 3]");
        assert_says(&made, "w, n", VDIB_FIDELITY_EXACT, "LIF");
        assert_says(&made, "v, m", VDIB_FIDELITY_EXACT, "LIF");
        assert_says(&made, "probe", VDIB_FIDELITY_LEFT_OUT, "leads to no hidden neurons");
        assert_says(&made, "n", VDIB_FIDELITY_APPROXIMATE, "two edges from w to it");
        assert_null(said(&made, "out", VDIB_FIDELITY_LEFT_OUT));
        leave(&made);
    }
}

static void test_inputs(void **state) {
    (void)state;
    vdib__nir graph = row();
    (void)node(&graph, "Input", "on");
    assert_refused(graph, VDIB_ERROR_UNSUPPORTED, "the graph has several Inputs, in and on");
    graph = row();
    snprintf(graph.nodes[IN].name, 3, "i.");
    taken made = take(graph); /* a point in a name is no subgraph's */
    assert_ok(made.status);
    leave(&made);
}

/* Maps of the Input are those of the data; a batch of one, or one number, says nothing. */
static void test_maps(void **state) {
    (void)state;
    taken made = take(maps());
    assert_ok(made.status);
    assert_says(&made, "w, n", VDIB_FIDELITY_EXACT, "LIF");
    leave(&made);
    const size_t three = 3, four = 4;
    for (int turn = 0; turn < 3; turn++) {
        vdib__nir graph = maps();
        double *shape = NULL;
        replace(&graph, IN, "shape", 0, NULL, 0.0);
        assert_ok(vdib__nir_put(&graph, IN, "shape", VDIB_HDF5_INT64, 1, turn == 2 ? &four : &three, &shape));
        shape[0] = turn == 2 ? 1 : 2, shape[1] = turn == 2 ? 2 : 5, shape[2] = 6;
        if (turn == 2) {
            shape[3] = 5;
            made = take(graph);
            assert_ok(made.status);
            leave(&made);
        } else if (turn == 1) {
            shape[0] = 6, shape[1] = 5, shape[2] = 2;
            assert_refused(graph, VDIB_ERROR_DATA, "the network was made for 6 x 5 x 2, and the data are 2 x 6 x 5");
        } else
            assert_refused(graph, VDIB_ERROR_DATA, "node in: the network was made for 2 x 5 x 6, and the data");
    }
}

/* ---- arrays ---- */

static void test_sizes(void **state) {
    (void)state;
    static const char *const constants[] = {"tau", "r", "v_leak", "v_threshold", "v_reset"};
    static const size_t seven = 7, ten = 10, shapes[][3] = {{5, 4}, {4}, {20}, {8}, {5, 4, 4}};
    static const size_t ranks[] = {2, 1, 1, 1, 3};
    char words[96];
    for (size_t i = 0; i < 5; i++) {
        vdib__nir graph = row();
        replace(&graph, N, constants[i], 1, i % 2 == 0 ? &seven : &ten, strcmp(constants[i], "tau") == 0 ? 0.02 : 0.1);
        snprintf(words, sizeof words, "node n: %s has %zu values for a layer of 5 neurons", constants[i],
                 i % 2 == 0 ? seven : ten);
        assert_refused(graph, VDIB_ERROR_DATA, words);
    }
    for (size_t i = 0; i < 5; i++) { /* of 4 channels of 5 x 4 places */
        vdib__nir graph = maps();
        replace(&graph, N, "v_threshold", ranks[i], shapes[i], 0.2);
        if (i == 1) {
            taken made = take(graph);
            assert_ok(made.status);
            assert_non_null(said(&made, "w, n", VDIB_FIDELITY_EXACT));
            leave(&made);
        } else
            assert_refused(graph, VDIB_ERROR_DATA, "for a layer of 4 channels");
    }
    vdib__nir graph = row();
    replace(&graph, W, "bias", 1, &seven, 0.1);
    assert_refused(graph, VDIB_ERROR_DATA, "node w: bias has 7 values, and the weights 5 units");
}

/* One number is for all neurons. */
static void test_single_numbers(void **state) {
    (void)state;
    static const size_t one = 1;
    for (size_t rank = 0; rank < 2; rank++) {
        vdib__nir graph = row();
        replace(&graph, W, "bias", rank, &one, 0.25), replace(&graph, N, "v_threshold", rank, &one, 0.5);
        taken made = take(graph);
        assert_ok(made.status);
        const vdib__lif_layer *layer = &made.model->encoder.layers[0];
        const float *bias = made.model->parameters + made.model->table.tensors[layer->bias].offset;
        for (size_t i = 0; i < 5; i++) /* r over the threshold */
            assert_float_equal(bias[i], 0.5F, 1e-6F);
        leave(&made);
    }
}

static void test_missing(void **state) {
    (void)state;
    vdib__nir graph = row();
    replace(&graph, N, "v_threshold", 0, NULL, 0.0);
    assert_refused(graph, VDIB_ERROR_FORMAT, "node n (LIF) has no v_threshold");
    static const char *const guessed[] = {"r", "v_leak"};
    for (size_t i = 0; i < 2; i++) {
        graph = row();
        replace(&graph, N, guessed[i], 0, NULL, 0.0);
        taken made = take(graph);
        assert_ok(made.status);
        assert_says(&made, "w, n", VDIB_FIDELITY_APPROXIMATE, "its r or v_leak is missing: 1 and 0 are taken");
        leave(&made);
    }
}

/* Neurons that leak to another potential than 0, and are reset to it, are there from the first step on. */
static void test_rest(void **state) {
    (void)state;
    static const size_t five = 5;
    vdib__nir graph = row();
    replace(&graph, N, "v_leak", 1, &five, 0.1), replace(&graph, N, "v_reset", 1, &five, 0.1);
    taken made = take(graph);
    assert_ok(made.status);
    assert_says(&made, "w, n", VDIB_FIDELITY_APPROXIMATE, "it begins at the potential that it leaks to");
    leave(&made);
}

/* A time constant of a step, of one layer or of both: nothing is left of a step in the next one. */
static void test_short_times(void **state) {
    (void)state;
    static const size_t one = 1;
    for (int both = 0; both < 2; both++) {
        vdib__nir graph = row();
        const double step = 3750e-6;
        replace(&graph, N, "tau", 1, &one, step);
        if (both)
            replace(&graph, M, "tau", 1, &one, step);
        taken made = take(graph);
        assert_ok(made.status);
        assert_says(&made, "w, n", VDIB_FIDELITY_EXACT, "decays 0 and 0 ");
        assert_non_null(said(&made, "v, m", VDIB_FIDELITY_EXACT));
        assert_true(made.model->encoder.layers[0].constants.membrane_decay == 0.0F);
        leave(&made);
    }
}

/* An IF keeps its potential; r is what an input adds in a step, or, as one over the step, in a second. */
static void test_no_leak(void **state) {
    (void)state;
    static const size_t five = 5;
    for (int seconds = 0; seconds < 2; seconds++) {
        vdib__nir graph = row();
        vdib__nir_node *n = &graph.nodes[N];
        memcpy(n->type, "IF", 3);
        replace(&graph, N, "tau", 0, NULL, 0.0), replace(&graph, N, "v_leak", 0, NULL, 0.0);
        replace(&graph, N, "r", 1, &five, seconds ? 1 / 3750e-6 : 1.0);
        taken made = take(graph);
        assert_ok(made.status);
        assert_says(&made, "w, n", VDIB_FIDELITY_EXACT, "IF, decays 0 and 1 a step of 0.00375 s; r is what");
        assert_non_null(said(&made, "v, m", VDIB_FIDELITY_EXACT));
        const vdib__lif_constants *c = &made.model->encoder.layers[0].constants;
        const float *weight = made.model->parameters;
        weight += made.model->table.tensors[made.model->encoder.layers[0].weight].offset;
        assert_true(c->membrane_decay == 1.0F && c->membrane_gain == 1.0F);
        assert_true(made.model->encoder.layers[1].constants.membrane_decay < 1.0F);
        assert_float_equal(weight[0], 0.05 / 0.2, 1e-7); /* over the threshold */
        leave(&made);
    }
}

/* ---- sums of spikes ---- */

/* in -> w -> pool, windows of 2 x 2 -> n. */
static vdib__nir sums_behind(const char *type, double stride, double padding) {
    vdib__nir graph = maps();
    size_t pool = node(&graph, type, "pool");
    graph.edges[1].to = pool, graph.edges[1].from = W;
    join(&graph, pool, N);
    fill(&graph, W, "bias", 4, 0.01);
    fill(&graph, pool, "kernel_size", 2, 2.0), fill(&graph, pool, "stride", 2, stride);
    fill(&graph, pool, "padding", 2, padding);
    return graph;
}

/* Sums, or means, of what a convolution gives are another convolution; largest values are not. */
static void test_sums_behind(void **state) {
    (void)state;
    static const char *const layers[] = {"[conv4k3s1p0]", "[conv4k3s2p0]"};
    static const double taps[] = {1, 2, 1, 2, 4, 2, 1, 2, 1};
    for (int mean = 0; mean < 2; mean++)
        for (int stride = 1; stride < 3; stride++) {
            taken made = take(sums_behind(mean ? "AvgPool2d" : "SumPool2d", stride, 0.0));
            assert_ok(made.status);
            assert_layers(&made, layers[stride - 1]);
            assert_says(&made, "pool", VDIB_FIDELITY_EXACT, "weights of w at the places of windows of 2 x 2");
            assert_non_null(said(&made, "w, n", VDIB_FIDELITY_EXACT));
            const vdib__tensor_table *table = &made.model->table;
            const vdib__lif_layer *layer = &made.model->encoder.layers[0];
            const float *bias = made.model->parameters + table->tensors[layer->bias].offset;
            float weights[72];
            vdib__tensor_to_file(&table->tensors[layer->weight],
                                 made.model->parameters + table->tensors[layer->weight].offset, weights);
            for (size_t i = 0; i < 9; i++)
                assert_float_equal(weights[i], 0.05 * taps[i] / (mean ? 4.0 : 1.0) / 0.2, 1e-6);
            assert_float_equal(bias[0], 0.01 * (mean ? 1.0 : 4.0) / 0.2, 1e-6);
            leave(&made);
        }
    assert_refused(
        sums_behind("SumPool2d", 2.0, 1.0), VDIB_ERROR_UNSUPPORTED,
        "node pool (SumPool2d) is no hidden layer's: windows between a convolution and its neurons that are");
    assert_refused(
        sums_behind("MaxPool2d", 2.0, 0.0), VDIB_ERROR_UNSUPPORTED,
        "node pool (MaxPool2d) is no hidden layer's: the largest of several values is no sum of them; train");
}

static void test_factors_around_sums(void **state) {
    (void)state;
    for (int before = 0; before < 2; before++) {
        taken made = take(sums(0.6, before)); /* one spike is enough */
        assert_ok(made.status);
        assert_layers(&made, "[conv4k2s1p0m2]");
        leave(&made);
        made = take(sums(0.3, before)); /* two spikes are needed */
        assert_ok(made.status);
        assert_layers(&made, "[conv4k2s1p0]");
        assert_says(&made, "or", VDIB_FIDELITY_LEFT_OUT, "no OR of the spikes");
        leave(&made);
    }
}

/* The factor is the OR's alone: it does not reach the weights behind. */
static void test_factor_of_an_or(void **state) {
    (void)state;
    float first[2] = {0.0F};
    for (int turn = 0; turn < 2; turn++) {
        vdib__nir graph = sums(turn == 0 ? 0.6 : 0.9, true);
        size_t flat = node(&graph, "Flatten", "flat"), weights = node(&graph, "Linear", "v");
        size_t neurons = node(&graph, "LIF", "m");
        assert_ok(vdib__nir_fill(&graph, weights, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){3, 16}, 0.5));
        fill_neurons(&graph, neurons, 3);
        join(&graph, flat - 1, flat), join(&graph, flat, weights), join(&graph, weights, neurons);
        taken made = take(graph);
        assert_ok(made.status);
        assert_layers(&made, "[conv4k2s1p0m2, 3]");
        first[turn] = made.model->parameters[made.model->table.tensors[made.model->encoder.layers[1].weight].offset];
        leave(&made);
    }
    assert_true(first[0] == first[1] && first[0] > 0.0F);
}

/* Sums, or means, of 3 x 3 of maps, and a convolution with padding over them. */
static void test_folded_padding(void **state) {
    (void)state;
    static const size_t one = 1;
    float first[2] = {0.0F};
    for (int mean = 0; mean < 2; mean++) {
        vdib__nir graph = maps();
        replace(&graph, W, "weight", 4, (const size_t[]){4, 2, 1, 1}, 0.5);
        fill(&graph, W, "stride", 1, 2.0);
        size_t pool = node(&graph, mean ? "AvgPool2d" : "SumPool2d", "pool"), more = node(&graph, "Conv2d", "v");
        size_t neurons = node(&graph, "LIF", "m");
        fill(&graph, pool, "kernel_size", 2, 3.0), fill(&graph, pool, "stride", 2, 3.0);
        fill(&graph, pool, "padding", 2, 0.0), fill(&graph, more, "padding", 2, 1.0);
        assert_ok(vdib__nir_fill(&graph, more, "weight", VDIB_HDF5_FLOAT32, 4, (const size_t[]){4, 4, 3, 3}, 0.5));
        fill_neurons(&graph, neurons, one);
        join(&graph, N, pool), join(&graph, pool, more), join(&graph, more, neurons);
        taken made = take(graph);
        assert_ok(made.status);
        assert_layers(&made, "[conv4k1s2p0, conv4k9s3p3]");
        first[mean] = made.model->parameters[made.model->table.tensors[made.model->encoder.layers[1].weight].offset];
        leave(&made);
    }
    assert_float_equal(first[0], 9.0F * first[1], 1e-4F);
}

/* Maps behind a kernel with zeros between its taps are smaller; a factor behind the weights is the bias's, too. */
static void test_shapes_and_factors(void **state) {
    (void)state;
    vdib__nir graph = maps(), scaled = row();
    fill(&graph, W, "dilation", 1, 2.0); /* maps of 4 x 3 */
    size_t sum = node(&graph, "SumPool2d", "sum"), dense = node(&graph, "Linear", "v"), m = node(&graph, "LIF", "m");
    fill(&graph, sum, "kernel_size", 2, 2.0), fill(&graph, sum, "stride", 2, 2.0), fill(&graph, sum, "padding", 2, 0.0);
    assert_ok(vdib__nir_fill(&graph, dense, "weight", VDIB_HDF5_FLOAT32, 2, (const size_t[]){3, 8}, 0.5));
    fill_neurons(&graph, m, 3);
    join(&graph, N, sum), join(&graph, sum, dense), join(&graph, dense, m);
    taken made = take(graph);
    assert_ok(made.status);
    assert_layers(&made, "[conv4k3s1p0, 3]");
    leave(&made);
    size_t scale = node(&scaled, "Scale", "scale");
    fill(&scaled, scale, "scale", 1, 3.0);
    scaled.edges[1].to = scale; /* w -> scale -> n */
    join(&scaled, scale, N);
    made = take(scaled);
    assert_ok(made.status);
    const vdib__lif_layer *layer = &made.model->encoder.layers[0];
    assert_float_equal(made.model->parameters[made.model->table.tensors[layer->bias].offset], 3.0 * 0.01 / 0.2, 1e-6);
    assert_float_equal(made.model->parameters[made.model->table.tensors[layer->weight].offset], 3.0 * 0.05 / 0.2, 1e-6);
    leave(&made);
}

/* Of four channels in two groups the first two read the first input channel. */
static void test_groups(void **state) {
    (void)state;
    vdib__nir graph = maps();
    replace(&graph, W, "weight", 4, (const size_t[]){4, 1, 1, 1}, 0.05);
    fill(&graph, W, "groups", 1, 2.0);
    taken made = take(graph);
    assert_ok(made.status);
    const vdib__tensor *tensor = &made.model->table.tensors[made.model->encoder.layers[0].weight];
    float file[8];
    assert_int_equal(tensor->count, 8);
    vdib__tensor_to_file(tensor, made.model->parameters + tensor->offset, file);
    for (size_t out = 0; out < 4; out++)
        for (size_t in = 0; in < 2; in++)
            assert_true((file[out * 2 + in] != 0.0F) == (out / 2 == in));
    leave(&made);
}

static void test_delay_of_nothing(void **state) {
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        vdib__nir graph = row();
        size_t delay = node(&graph, "Delay", "d");
        fill(&graph, delay, "delay", 1, turn == 0 ? 0.0 : 0.01);
        graph.edges[1].to = delay; /* w -> d -> n */
        join(&graph, delay, N);
        taken made = take(graph);
        assert_ok(made.status);
        assert_non_null(said(&made, "w, n", turn == 0 ? VDIB_FIDELITY_EXACT : VDIB_FIDELITY_APPROXIMATE));
        leave(&made);
    }
}

/* ---- words ---- */

/* in (2, 6, 5) -> w, 3 x 3 with its padding as a word -> n (LIF). */
static void write_word(const char *path, const char *padding) {
    static const char *const names[] = {"tau", "r", "v_leak", "v_threshold"}, *const edges[] = {"in", "w", "w", "n"};
    static const double constants[] = {0.02, 1.0, 0.0, 0.2};
    static const uint64_t pairs[2] = {2, 2}, weight[4] = {4, 2, 3, 3}, three = 3;
    static const int64_t maps[3] = {2, 6, 5};
    static const float values[72] = {1.0F};
    vdib__hdf5_output *output = NULL;
    char at[64];
    assert_ok(vdib__hdf5_create(path, &output));
    assert_ok(vdib__hdf5_put_text(output, "/node/nodes/in/type", NULL, "Input"));
    assert_ok(vdib__hdf5_put_numbers(output, "/node/nodes/in/shape", NULL, VDIB_HDF5_INT64, 1, &three, maps));
    assert_ok(vdib__hdf5_put_text(output, "/node/nodes/w/type", NULL, "Conv2d"));
    assert_ok(vdib__hdf5_put_text(output, "/node/nodes/w/padding", NULL, padding));
    assert_ok(vdib__hdf5_put_numbers(output, "/node/nodes/w/weight", NULL, VDIB_HDF5_FLOAT32, 4, weight, values));
    assert_ok(vdib__hdf5_put_text(output, "/node/nodes/n/type", NULL, "LIF"));
    for (size_t i = 0; i < 4; i++) {
        snprintf(at, sizeof at, "/node/nodes/n/%s", names[i]);
        assert_ok(vdib__hdf5_put_numbers(output, at, NULL, VDIB_HDF5_FLOAT64, 0, NULL, &constants[i]));
    }
    assert_ok(vdib__hdf5_put_texts(output, "/node/edges", NULL, 2, pairs, edges));
    assert_ok(vdib__hdf5_finish(output));
}

static void test_padding_words(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"same", "[conv4k3s1p1]"}, {"valid", "[conv4k3s1p0]"}, {"reflect", NULL}};
    char path[4096];
    for (size_t i = 0; i < 3; i++) {
        taken made = {.folder = support_folder()};
        snprintf(path, sizeof path, "%s/odd.nir", made.folder);
        write_word(path, cases[i][0]);
        vdib_status status = vdib_import_open(path, &made.import);
        if (cases[i][1] != NULL) {
            assert_ok(status);
            assert_ok(vdib_config_create(&made.config));
            assert_ok(vdib_import_configure(made.import, made.config));
            assert_layers(&made, cases[i][1]);
        } else
            assert_fails(VDIB_ERROR_UNSUPPORTED, status, "odd.nir: node w (Conv2d): its padding is a word");
        leave(&made);
    }
}

/* ---- subgraphs ---- */

/* Ports of a subgraph are its Input and Output by whatever name; names that meet are refused. */
static void test_ports(void **state) {
    (void)state;
    static const char *const edges[] = {"in", "sub", "sub", "out"}, *const inner[] = {"a", "b", "b", "c"};
    static const uint64_t shape[2] = {2, 2};
    static const char *const nodes[][2] = {{"in", "Input"},
                                           {"out", "Output"},
                                           {"sub", "NIRGraph"},
                                           {"sub/nodes/a", "Input"},
                                           {"sub/nodes/b", "Threshold"},
                                           {"sub/nodes/c", "Output"},
                                           {"sub.b", "Threshold"}};
    char *folder = support_folder(), *text = NULL, path[4096], at[256];
    for (size_t count = 6; count < 8; count++) {
        vdib__hdf5_output *output = NULL;
        vdib_import *import = NULL;
        snprintf(path, sizeof path, "%s/ports%zu.nir", folder, count);
        assert_ok(vdib__hdf5_create(path, &output));
        for (size_t i = 0; i < count; i++) {
            snprintf(at, sizeof at, "/node/nodes/%s/type", nodes[i][0]);
            assert_ok(vdib__hdf5_put_text(output, at, NULL, nodes[i][1]));
        }
        assert_ok(vdib__hdf5_put_texts(output, "/node/edges", NULL, 2, shape, edges));
        assert_ok(vdib__hdf5_put_texts(output, "/node/nodes/sub/edges", NULL, 2, shape, inner));
        assert_ok(vdib__hdf5_finish(output));
        if (count == 7) {
            assert_fails(VDIB_ERROR_UNSUPPORTED, vdib_import_open(path, &import), "two nodes are called sub.b");
            continue;
        }
        assert_ok(vdib_import_open(path, &import));
        assert_ok(vdib_import_describe(import, &text));
        assert_non_null(strstr(text, "-> sub.a"));
        assert_non_null(strstr(text, "sub.c                Output      -> out"));
        assert_null(strstr(text, "mended"));
        vdib_text_free(text);
        vdib_import_destroy(import);
    }
    support_folder_remove(folder);
}

int main(void) {
    vdib_import *import = NULL;
    if (vdib_import_open("/dev/null", &import) == VDIB_ERROR_UNSUPPORTED) {
        printf("SKIPPED: %s\n", vdib_last_message());
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folded_padding),
        cmocka_unit_test(test_shapes_and_factors),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_padding_words),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_more_comes_in),
        cmocka_unit_test(test_beside_the_way),
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_single_numbers),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_short_times),
        cmocka_unit_test(test_no_leak),
        cmocka_unit_test(test_sums_behind),
        cmocka_unit_test(test_factors_around_sums),
        cmocka_unit_test(test_factor_of_an_or),
        cmocka_unit_test(test_delay_of_nothing),
        cmocka_unit_test(test_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
