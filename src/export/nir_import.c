/* SPDX-License-Identifier: MIT */
/* NIR files as hidden layers to train on. */
#include "vdib/import.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "export/nir_import.h"

enum { SETTING = 512, LINE = 640 };

/* ---- open ---- */

vdib_status vdib__import_from(vdib__hdf5 *file, const char *path, vdib_import **import) {
    vdib_import *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__strdup(path, &made->path);
    if (status == VDIB_OK)
        status = vdib__export_report_create("nir", &made->report);
    if (status == VDIB_OK)
        status = vdib__nir_read_from(file, path, &made->graph);
    if (status == VDIB_OK)
        *import = made;
    else
        vdib_import_destroy(made);
    return status;
}

vdib_status vdib_import_open(const char *path, vdib_import **import) {
    VDIB_REQUIRE(path, import);
    vdib__hdf5 *file = NULL;
    VDIB_TRY(vdib__hdf5_open(path, &file));
    vdib_status status = vdib__import_from(file, path, import);
    vdib__hdf5_close(file);
    return status;
}

void vdib_import_destroy(vdib_import *import) {
    if (import == NULL)
        return;
    vdib__nir_free(&import->graph);
    vdib__free(import->shapes);
    vdib_export_report_destroy(import->report);
    vdib__free(import->path);
    vdib__free(import);
}

const vdib_export_report *vdib_import_report(const vdib_import *import) {
    return import != NULL ? import->report : NULL;
}

/* ---- describe ---- */

typedef struct lines {
    char *text;
    size_t used, capacity;
} lines;

static vdib_status add(lines *to, const char *line) {
    size_t length = strlen(line);
    VDIB_TRY(VDIB_RESERVE(&to->text, &to->capacity, to->used + length + 2));
    memcpy(to->text + to->used, line, length + 1);
    to->used += length;
    return VDIB_OK;
}

/* "  fc1  Affine  weight 38 x 12, bias 38  -> lif1.lif" */
static vdib_status add_node(lines *to, const vdib__nir *graph, size_t node) {
    const vdib__nir_node *of = &graph->nodes[node];
    char line[LINE];
    vdib__format(line, sizeof line, "  %-20s %-10s", of->name, of->type);
    VDIB_TRY(add(to, line));
    for (size_t a = 0; a < of->array_count; a++) {
        vdib__format(line, sizeof line, "%s %s", a > 0 ? "," : "", of->arrays[a].name);
        VDIB_TRY(add(to, line));
        for (size_t i = 0; i < of->arrays[a].rank; i++) {
            vdib__format(line, sizeof line, "%s%zu", i > 0 ? " x " : " ", of->arrays[a].shape[i]);
            VDIB_TRY(add(to, line));
        }
    }
    bool first = true;
    for (size_t e = 0; e < graph->edge_count; e++)
        if (graph->edges[e].from == node) {
            vdib__format(line, sizeof line, "%s%s", first ? "  -> " : ", ", graph->nodes[graph->edges[e].to].name);
            first = false;
            VDIB_TRY(add(to, line));
        }
    return add(to, "\n");
}

static vdib_status add_all(lines *to, const vdib_import *import) {
    const vdib__nir *graph = &import->graph;
    char line[LINE];
    vdib__format(line, sizeof line, "%s: NIR graph, version %s, %zu nodes, %zu edges\n", import->path,
                 graph->version != NULL ? graph->version : "not said", graph->node_count, graph->edge_count);
    VDIB_TRY(add(to, line));
    for (size_t i = 0; i < graph->node_count; i++)
        VDIB_TRY(add_node(to, graph, i));
    for (size_t i = 0; i < graph->note_count; i++) {
        vdib__format(line, sizeof line, "  mended        %s\n", graph->notes[i]);
        VDIB_TRY(add(to, line));
    }
    return VDIB_OK;
}

vdib_status vdib_import_describe(const vdib_import *import, char **text) {
    VDIB_REQUIRE(import, text);
    lines made = {.used = 0};
    vdib_status status = add_all(&made, import);
    if (status == VDIB_OK)
        *text = made.text;
    else
        vdib__free(made.text);
    return status;
}

/* ---- configure ---- */

/* "[38, conv16k5s2p1m2]" */
static void layer_list(const vdib_import *import, char text[SETTING]) {
    size_t used = (size_t)vdib__format(text, SETTING, "encoder.layers=[");
    for (size_t l = 0; l < import->layer_count && used < SETTING; l++) {
        const vdib__nir_layer *layer = &import->layers[l];
        const vdib__nir_weights weights = vdib__nir_weights_of(import, layer);
        used += (size_t)vdib__format(text + used, SETTING - used, "%s%s%zu", l > 0 ? ", " : "",
                                     weights.rank == 4 ? "conv" : "", weights.shape[0]);
        if (weights.rank == 4 && used < SETTING)
            used += (size_t)vdib__format(text + used, SETTING - used, "k%zus%zup%zu", weights.shape[2], weights.stride,
                                         weights.padding);
        if (layer->pool > 1 && used < SETTING)
            used += (size_t)vdib__format(text + used, SETTING - used, "m%zu", layer->pool);
    }
    if (used < SETTING)
        vdib__format(text + used, SETTING - used, "]");
}

static vdib_status set_number(vdib_config *config, const char *key, double value) {
    char setting[SETTING];
    vdib__format(setting, sizeof setting, "%s=%.9g", key, value);
    return vdib_config_set(config, setting);
}

/* Steps of a decay's time constant. One so short or so long that single precision does not tell it from none or from
 * no end is 0, or the most. */
static double steps_of(double decay) {
    static const double LEAST = 0.05, MOST = 1e9;
    double tau = decay >= 1.0 ? MOST : decay > 0.0 ? -1.0 / log(decay) : 0.0;
    return tau < LEAST ? 0.0 : tau;
}

/* Decays that are the same in all layers are keys; others become time constants. */
static vdib_status set_decays(const vdib_import *import, vdib_config *config, const char *name, size_t offset) {
    char key[64], setting[SETTING];
    double step = (double)vdib_config_step_us(config);
    bool same = vdib__nir_same_decays(import, offset);
    vdib__format(setting, sizeof setting, "neuron.%s_tau_us=[", name);
    for (size_t l = 0; l < import->layer_count && !same; l++) {
        size_t used = strlen(setting);
        vdib__format(setting + used, sizeof setting - used, "%s%.9g", l > 0 ? ", " : "",
                     step * steps_of(*vdib__nir_decay(&import->layers[l], offset)));
    }
    strcat(setting, "]");
    VDIB_TRY(vdib_config_set(config, setting));
    vdib__format(key, sizeof key, "neuron.%s_decay", name);
    return same ? set_number(config, key, *vdib__nir_decay(&import->layers[0], offset)) : VDIB_OK;
}

static vdib_status note_layer(vdib_import *import, size_t number) {
    const vdib__nir_layer *layer = &import->layers[number];
    const vdib__nir *graph = &import->graph;
    const char *differs = vdib__nir_differs(import, layer);
    char part[256], as[64], more[64] = "";
    vdib__format(part, sizeof part, "%s, %s", graph->nodes[layer->weights].name, graph->nodes[layer->neurons].name);
    vdib__format(as, sizeof as, "encoder.hidden.%zu", number);
    if (vdib__nir_responds(layer))
        vdib__format(more, sizeof more, ", %.4g of the refractory trace,", layer->refractory_decay);
    bool exact = differs[0] == '\0' && !layer->guessed;
    return vdib__import_note(import, part, as, exact ? VDIB_FIDELITY_EXACT : VDIB_FIDELITY_APPROXIMATE,
                             "%s, decays %.4g and %.4g%s a step of %g s%s%s",
                             vdib__nir_responds(layer) ? "neurons that are not reset"
                                                       : graph->nodes[layer->neurons].type,
                             layer->synaptic_decay, layer->membrane_decay, more, layer->step, differs,
                             layer->guessed ? "; that step is a guess: r taken for tau/step"
                             : vdib__nir_is(&graph->nodes[layer->neurons], "IF") ? "; r is what an input adds in a step"
                                                                                 : "");
}

static bool any_synapse(const vdib_import *import) {
    for (size_t l = 0; l < import->layer_count; l++)
        if (vdib__nir_is(&import->graph.nodes[import->layers[l].neurons], "CubaLIF"))
            return true;
    return false;
}

static const char *model_of(const vdib_import *import) {
    return vdib__nir_responds(&import->layers[0]) ? "srm" : any_synapse(import) ? "cuba" : "lif";
}

/* Layers without adaptation have the strength 0 where others adapt. */
static vdib_status set_adaptation(const vdib_import *import, vdib_config *config) {
    char strengths[SETTING] = "neuron.adaptation_strength=[", taus[SETTING] = "neuron.adaptation_tau_us=[";
    double step = (double)vdib_config_step_us(config);
    bool any = false;
    for (size_t l = 0; l < import->layer_count; l++)
        any = any || import->layers[l].adaptation_strength > 0.0;
    for (size_t l = 0; l < import->layer_count && any; l++) {
        double tau = step * steps_of(import->layers[l].adaptation_decay);
        size_t used = strlen(strengths), more = strlen(taus);
        vdib__format(strengths + used, SETTING - used, "%s%.9g", l > 0 ? ", " : "",
                     import->layers[l].adaptation_strength);
        vdib__format(taus + more, SETTING - more, "%s%.9g", l > 0 ? ", " : "", tau);
    }
    strcat(strengths, "]"), strcat(taus, "]");
    VDIB_TRY(vdib_config_set(config, strengths));
    return vdib_config_set(config, taus);
}

static vdib_status set_response(const vdib_import *import, vdib_config *config) {
    VDIB_TRY(set_decays(import, config, "refractory", offsetof(vdib__nir_layer, refractory_decay)));
    return set_adaptation(import, config);
}

static vdib_status set_neurons(const vdib_import *import, vdib_config *config) {
    bool responds = vdib__nir_responds(&import->layers[0]);
    char model[64];
    vdib__format(model, sizeof model, "neuron.model=%s", model_of(import));
    VDIB_TRY(vdib_config_set(config, model));
    VDIB_TRY(vdib_config_set(config, vdib__nir_keeps(import) ? "neuron.gain=one" : "neuron.gain=unit"));
    if (responds)
        VDIB_TRY(set_response(import, config));
    else
        VDIB_TRY(vdib_config_set(config, "neuron.threshold=1"));
    if (responds || any_synapse(import))
        VDIB_TRY(set_decays(import, config, "synaptic", offsetof(vdib__nir_layer, synaptic_decay)));
    return set_decays(import, config, "membrane", offsetof(vdib__nir_layer, membrane_decay));
}

static vdib_status note_mended(vdib_import *import) {
    for (size_t i = 0; i < import->graph.note_count; i++)
        VDIB_TRY(
            vdib__import_note(import, "graph", "", VDIB_FIDELITY_APPROXIMATE, "mended: %s", import->graph.notes[i]));
    return VDIB_OK;
}

vdib_status vdib_import_configure(vdib_import *import, vdib_config *config) {
    VDIB_REQUIRE(import, config);
    char layers[SETTING];
    if (import->layer_count == 0) {
        VDIB_TRY(vdib__nir_layers(import));
        VDIB_TRY(note_mended(import));
    }
    for (size_t l = 0; l < import->layer_count; l++)
        vdib__nir_decays(import, &import->layers[l], 1e-6 * (double)vdib_config_step_us(config));
    for (size_t l = 0; l < import->layer_count; l++)
        VDIB_TRY(note_layer(import, l));
    layer_list(import, layers);
    VDIB_TRY(vdib_config_set(config, layers));
    return set_neurons(import, config);
}

/* ---- apply ---- */

/* The dimensions of maps that are above 1: a batch or a single channel says nothing. */
static size_t without_ones(size_t rank, const size_t *dim, size_t kept[VDIB_NIR_RANK]) {
    size_t count = 0;
    for (size_t i = 0; i < rank; i++)
        if (dim[i] != 1)
            kept[count++] = dim[i];
    return count;
}

/* An Input that has maps has those of the data: flat ones would be read in another order. */
static vdib_status check_input(const vdib_import *import, const vdib_model *model) {
    const vdib_geometry *g = &model->geometry;
    const vdib__nir_shape *input = &import->shapes[import->input];
    const size_t data[3] = {g->input_channels, g->input_height, g->input_width};
    size_t want[VDIB_NIR_RANK], got[VDIB_NIR_RANK];
    if (!vdib__nir_is(&import->graph.nodes[import->input], "Input") || !vdib__nir_known(input))
        return VDIB_OK;
    size_t wanted = without_ones(input->rank, input->dim, want), given = without_ones(3, data, got);
    if (wanted < 2 || (wanted == given && memcmp(want, got, given * sizeof *want) == 0))
        return VDIB_OK;
    char maps[96] = "";
    for (size_t i = 0; i < input->rank; i++) {
        size_t used = strlen(maps);
        vdib__format(maps + used, sizeof maps - used, "%s%zu", i > 0 ? " x " : "", input->dim[i]);
    }
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: node %s: the network was made for %s, and the data are %zu x %zu x %zu (polarities, rows, "
                      "columns); the data must have the shape that the network was made for",
                      import->path, import->graph.nodes[import->input].name, maps, data[0], data[1], data[2]);
}

static vdib_status check_shape(const vdib_import *import, const vdib_model *model, size_t number) {
    const vdib__nir_weights weights = vdib__nir_weights_of(import, &import->layers[number]);
    const vdib__tensor *tensor = &model->table.tensors[model->encoder.layers[number].weight];
    if (tensor->rank == weights.rank && memcmp(tensor->shape, weights.shape, weights.rank * sizeof *weights.shape) == 0)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: node %s reads %zu %s, hidden layer %zu %zu; the data must have the shape that the network "
                      "was made for",
                      import->path, import->graph.nodes[import->layers[number].weights].name, weights.shape[1],
                      weights.rank == 4 ? "channels" : "inputs", number, tensor->rank > 1 ? tensor->shape[1] : 0);
}

/* Weights (count) in the file's order and biases (units) of a layer, as single precision has them. */
static vdib_status scale_layer(const vdib_import *import, size_t number, size_t units, size_t each, double *values,
                               float *file, float *biases) {
    const vdib__nir_layer *layer = &import->layers[number];
    const char *name = import->graph.nodes[layer->weights].name;
    vdib__nir_unfold(import, layer, values);
    for (size_t unit = 0; unit < units; unit++) {
        double scale = vdib__nir_scale(import, layer, unit), bias = vdib__nir_bias(import, layer, unit);
        bool finite = isfinite((float)bias);
        for (size_t i = unit * each; i < (unit + 1) * each; i++) {
            file[i] = (float)(values[i] * scale);
            finite = finite && isfinite(file[i]);
        }
        if (!finite)
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: node %s: with the constants of its neurons the weights of unit %zu are above what "
                              "single precision holds: mend the network",
                              import->path, name, unit);
        biases[unit] = (float)bias;
    }
    return VDIB_OK;
}

static vdib_status apply_layer(const vdib_import *import, vdib_model *model, size_t number) {
    const vdib__tensor *tensor = &model->table.tensors[model->encoder.layers[number].weight];
    const vdib__tensor *bias = &model->table.tensors[model->encoder.layers[number].bias];
    size_t units = tensor->shape[0];
    double *values = NULL;
    float *file = NULL;
    VDIB_TRY(VDIB_NEW(&values, tensor->count));
    vdib_status status = VDIB_NEW(&file, tensor->count);
    if (status == VDIB_OK)
        status =
            scale_layer(import, number, units, tensor->count / units, values, file, model->parameters + bias->offset);
    if (status == VDIB_OK)
        vdib__tensor_from_file(tensor, file, model->parameters + tensor->offset);
    vdib__free(file);
    vdib__free(values);
    return status;
}

vdib_status vdib_import_apply(const vdib_import *import, vdib_model *model) {
    VDIB_REQUIRE(import, model);
    if (import->layer_count != model->encoder.layer_count || import->layer_count == 0)
        return vdib__fail(VDIB_ERROR_DATA, "%s: %zu hidden layer%s to take, and the model has %zu; configure it first",
                          import->path, import->layer_count, vdib__s(import->layer_count), model->encoder.layer_count);
    VDIB_TRY(check_input(import, model));
    for (size_t l = 0; l < import->layer_count; l++)
        VDIB_TRY(check_shape(import, model, l));
    for (size_t l = 0; l < import->layer_count; l++)
        VDIB_TRY(apply_layer(import, model, l));
    return VDIB_OK;
}
