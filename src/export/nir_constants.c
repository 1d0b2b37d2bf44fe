/* SPDX-License-Identifier: MIT */
/* Constants of a NIR graph's neurons as those of hidden layers. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "export/nir_import.h"

/* The largest decay of a trace that leaks. */
static const double MOST = 0.999999;
/* From rest or reset up to the threshold, by which weights are divided. */
static const double LEAST_RISE = 1e-6;

/* ---- what cannot be taken ---- */

/* All values of an array, if there is one, are finite, and (`positive`) above zero. */
static vdib_status check_array(const vdib_import *import, size_t of, const char *name, bool positive) {
    const vdib__nir_node *node = &import->graph.nodes[of];
    const vdib__nir_array *array = vdib__nir_find(node, name);
    if (positive && (array == NULL || array->count == 0))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: node %s (%s) has no %s; export the network again", import->path,
                          node->name, node->type, name);
    for (size_t i = 0; array != NULL && i < array->count; i++) {
        double value = array->values[i];
        if (!isfinite(value) || (positive && value <= 0.0))
            return vdib__fail(VDIB_ERROR_DATA, "%s: node %s: %s[%zu] is %g; it must be finite%s: mend the network",
                              import->path, node->name, name, i, value, positive ? " and above zero" : "");
    }
    return VDIB_OK;
}

static size_t units_of(const vdib_import *import, const vdib__nir_layer *layer) {
    return vdib__nir_find(&import->graph.nodes[layer->weights], "weight")->shape[0];
}

/* Whether an array has one value, one for each unit, or one for each place (`area`, 0: not known) of each unit's map,
 * units first. */
static bool is_sized(const vdib__nir_array *array, size_t units, size_t area) {
    size_t first = 0;
    while (first < array->rank && array->shape[first] == 1)
        first++;
    if (array->count == 1)
        return true;
    bool flat = array->rank - first == 1, by_unit = units == 1 || array->shape[first] == units;
    if (array->count == units)
        return by_unit;
    return (by_unit || (flat && area > 0)) && array->count % units == 0 && (area == 0 || array->count == units * area);
}

/* The same of a node's array, which must be as long as the layer, or one value. */
static vdib_status check_size(const vdib_import *import, const vdib__nir_layer *layer, size_t of, const char *name) {
    const vdib__nir_node *node = &import->graph.nodes[of];
    const vdib__nir_array *array = vdib__nir_find(node, name);
    const vdib__nir_shape *maps = &import->shapes[layer->sum != VDIB_NIR_NONE ? layer->sum : layer->weights];
    size_t units = units_of(import, layer);
    size_t area = !vdib__nir_known(maps) ? 0 : maps->rank == 3 ? maps->dim[1] * maps->dim[2] : 1;
    if (array == NULL || array->count == 0 || is_sized(array, units, area))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: node %s: %s has %zu values for a layer of %zu %s; it must have one, or one for each%s: mend "
                      "the network",
                      import->path, node->name, name, array->count, units, area == 1 ? "neurons" : "channels",
                      area == 1 ? "" : " or for each place of their maps, channels first");
}

/* A value of a neuron; arrays of one are for all of them. */
static double at_neuron(const vdib__nir_node *node, const char *name, size_t neuron, double otherwise) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    if (array == NULL || array->count == 0)
        return otherwise;
    return array->values[neuron < array->count ? neuron : 0];
}

/* A neuron whose threshold is not above where it rests, or is reset to, would never be silent. */
static vdib_status check_thresholds(const vdib_import *import, size_t of) {
    static const char *const BELOW[] = {"v_leak", "v_reset"};
    const vdib__nir_node *node = &import->graph.nodes[of];
    size_t neurons = 1;
    for (size_t a = 0; a < node->array_count; a++)
        neurons = node->arrays[a].count > neurons ? node->arrays[a].count : neurons;
    for (size_t i = 0; i < neurons; i++)
        for (size_t b = 0; b < 2; b++) {
            double threshold = at_neuron(node, "v_threshold", i, 1.0), below = at_neuron(node, BELOW[b], i, 0.0);
            if (!(threshold - below > LEAST_RISE))
                return vdib__fail(VDIB_ERROR_DATA,
                                  "%s: node %s: v_threshold[%zu] is %g, and %s %g; the threshold must be above it by "
                                  "more than %g: mend the network",
                                  import->path, node->name, i, threshold, BELOW[b], below, LEAST_RISE);
        }
    return VDIB_OK;
}

/* A constant of neurons. */
static vdib_status check_constant(const vdib_import *import, const vdib__nir_layer *layer, size_t of, const char *name,
                                  bool positive) {
    VDIB_TRY(check_array(import, of, name, positive));
    return check_size(import, layer, of, name);
}

static vdib_status check_neurons(const vdib_import *import, const vdib__nir_layer *layer) {
    static const char *const FINITE[] = {"r", "v_leak", "v_reset", "v_threshold", "w_in"};
    size_t of = layer->neurons;
    const vdib__nir_node *neurons = &import->graph.nodes[of];
    bool cuba = vdib__nir_is(neurons, "CubaLIF");
    if (cuba)
        VDIB_TRY(check_constant(import, layer, of, "tau_syn", true));
    if (!vdib__nir_is(neurons, "IF"))
        VDIB_TRY(check_constant(import, layer, of, cuba ? "tau_mem" : "tau", true));
    for (size_t i = 0; i < sizeof FINITE / sizeof *FINITE; i++)
        VDIB_TRY(check_constant(import, layer, of, FINITE[i], false));
    if (vdib__nir_find(neurons, "v_threshold") == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: node %s (%s) has no v_threshold; export the network again",
                          import->path, neurons->name, neurons->type);
    return check_thresholds(import, of);
}

/* An LI in a circle with a Threshold draws the potential down. */
static vdib_status check_circle(const vdib_import *import, const vdib__nir_layer *layer, size_t of) {
    const vdib__nir_node *node = &import->graph.nodes[of];
    VDIB_TRY(check_constant(import, layer, of, "tau", true));
    VDIB_TRY(check_constant(import, layer, of, "r", false));
    VDIB_TRY(check_constant(import, layer, of, "v_leak", false));
    const vdib__nir_array *r = vdib__nir_find(node, "r");
    for (size_t i = 0; i < (r != NULL ? r->count : 1); i++)
        if (!(at_neuron(node, "r", i, 1.0) < -LEAST_RISE) || at_neuron(node, "v_leak", i, 0.0) != 0.0)
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: node %s: r[%zu] is %g, and v_leak %g; what a spike draws off the potential has an r "
                              "below 0 and no v_leak: mend the network",
                              import->path, node->name, i, at_neuron(node, "r", i, 1.0),
                              at_neuron(node, "v_leak", i, 0.0));
    return VDIB_OK;
}

static vdib_status check_response(const vdib_import *import, const vdib__nir_layer *layer) {
    static const char *const FINITE[] = {"r", "v_leak", "w_in"};
    VDIB_TRY(check_constant(import, layer, layer->traces, "tau_syn", true));
    VDIB_TRY(check_constant(import, layer, layer->traces, "tau_mem", true));
    for (size_t i = 0; i < sizeof FINITE / sizeof *FINITE; i++)
        VDIB_TRY(check_constant(import, layer, layer->traces, FINITE[i], false));
    VDIB_TRY(check_constant(import, layer, layer->neurons, "threshold", false));
    VDIB_TRY(check_circle(import, layer, layer->refractory));
    return layer->adaptation != VDIB_NIR_NONE ? check_circle(import, layer, layer->adaptation) : VDIB_OK;
}

static vdib_status check_bias(const vdib_import *import, const vdib__nir_layer *layer) {
    const vdib__nir_array *bias = vdib__nir_find(&import->graph.nodes[layer->weights], "bias");
    size_t units = units_of(import, layer);
    if (bias == NULL || bias->count <= 1 || bias->count == units)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: node %s: bias has %zu values, and the weights %zu units; it must have as many, or one: mend "
                      "the network",
                      import->path, import->graph.nodes[layer->weights].name, bias->count, units);
}

vdib_status vdib__nir_check_layer(const vdib_import *import, const vdib__nir_layer *layer) {
    VDIB_TRY(check_array(import, layer->weights, "weight", false));
    VDIB_TRY(check_array(import, layer->weights, "bias", false));
    VDIB_TRY(check_bias(import, layer));
    if (layer->scale != VDIB_NIR_NONE)
        VDIB_TRY(check_array(import, layer->scale, "scale", false));
    if (!isfinite(layer->before))
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: node %s reads what is multiplied by %g; it must be finite: mend the "
                          "network",
                          import->path, import->graph.nodes[layer->weights].name, layer->before);
    return vdib__nir_responds(layer) ? check_response(import, layer) : check_neurons(import, layer);
}

/* ---- constants ---- */

static double mean_of(const vdib__nir_node *node, const char *name, double otherwise) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    double sum = 0.0;
    for (size_t i = 0; array != NULL && i < array->count; i++)
        sum += array->values[i];
    return array != NULL && array->count > 0 ? sum / (double)array->count : otherwise;
}

/* name / gain over all neurons, if it is the same for all of them; 0 otherwise. */
static double quotient(const vdib__nir_node *node, const char *name, const char *gain) {
    const vdib__nir_array *of = vdib__nir_find(node, name), *by = vdib__nir_find(node, gain);
    size_t count = of != NULL && by != NULL ? (of->count > by->count ? of->count : by->count) : 0;
    double first = count > 0 ? at_neuron(node, name, 0, 0.0) / at_neuron(node, gain, 0, 1.0) : 0.0;
    for (size_t i = 1; i < count; i++)
        if (!(fabs(at_neuron(node, name, i, 0.0) / at_neuron(node, gain, i, 1.0) / first - 1.0) < 1e-4))
            return 0.0;
    return isfinite(first) ? first : 0.0;
}

/* The step that a program had that wrote r = tau / step (and w_in = tau_syn / step); 0: its constants do not say. */
static double own_step(const vdib__nir_node *node) {
    bool cuba = vdib__nir_is(node, "CubaLIF");
    double step = mean_of(node, "r", 1.0) > 1.0 ? quotient(node, cuba ? "tau_mem" : "tau", "r") : 0.0;
    if (!cuba || step <= 0.0)
        return step > 0.0 ? step : 0.0;
    return fabs(quotient(node, "tau_syn", "w_in") / step - 1.0) < 0.01 ? step : 0.0;
}

/* Traces that read what came in a step before: how long that step is; 0: they read it at once. */
static double own_delay(const vdib_import *import, const vdib__nir_layer *layer) {
    double delay = layer->delay != VDIB_NIR_NONE ? mean_of(&import->graph.nodes[layer->delay], "delay", 0.0) : 0.0;
    return isfinite(delay) && delay > 0.0 ? delay : 0.0;
}

/* As configurations keep it, in single precision. */
static double decay_of(double step, double tau) {
    double decay = tau > 0.0 ? 1.0 - step / tau : 0.0;
    return (double)(float)(decay < 0.0 ? 0.0 : decay > MOST ? MOST : decay);
}

static void response_decays(const vdib_import *import, vdib__nir_layer *layer) {
    const vdib__nir_node *nodes = import->graph.nodes, *traces = &nodes[layer->traces];
    layer->synaptic_decay = decay_of(layer->step, mean_of(traces, "tau_syn", 0.0));
    layer->membrane_decay = decay_of(layer->step, mean_of(traces, "tau_mem", 0.0));
    layer->refractory_decay = decay_of(layer->step, mean_of(&nodes[layer->refractory], "tau", 0.0));
    if (layer->adaptation == VDIB_NIR_NONE)
        return;
    layer->adaptation_decay = decay_of(layer->step, mean_of(&nodes[layer->adaptation], "tau", 0.0));
    layer->adaptation_strength =
        mean_of(&nodes[layer->adaptation], "r", -1.0) / mean_of(&nodes[layer->refractory], "r", -1.0);
}

void vdib__nir_decays(const vdib_import *import, vdib__nir_layer *layer, double step) {
    const vdib__nir_node *node = &import->graph.nodes[layer->neurons];
    bool cuba = vdib__nir_is(node, "CubaLIF"), responds = vdib__nir_responds(layer);
    double own = responds ? own_delay(import, layer) : vdib__nir_is_own(&import->graph) ? 0.0 : own_step(node);
    layer->step = own > 0.0 ? own : step;
    layer->guessed = !cuba && !responds && own > 0.0 && fabs(own / step - 1.0) > 1e-4;
    if (responds) {
        response_decays(import, layer);
        return;
    }
    layer->synaptic_decay = cuba ? decay_of(layer->step, mean_of(node, "tau_syn", 0.0)) : 0.0;
    layer->membrane_decay =
        vdib__nir_is(node, "IF") ? 1.0 : decay_of(layer->step, mean_of(node, cuba ? "tau_mem" : "tau", 0.0));
}

bool vdib__nir_same_decays(const vdib_import *import, size_t offset) {
    static const double NEAR = 1e-6;
    for (size_t l = 1; l < import->layer_count; l++)
        if (fabs(*vdib__nir_decay(&import->layers[l], offset) - *vdib__nir_decay(&import->layers[0], offset)) >= NEAR)
            return false;
    return true;
}

bool vdib__nir_keeps(const vdib_import *import) {
    for (size_t l = 0; l < import->layer_count; l++)
        if (vdib__nir_is(&import->graph.nodes[import->layers[l].neurons], "IF"))
            return true;
    return false;
}

/* The mean of a parameter over the neurons of a unit: a neuron of a dense layer, a channel of a convolution. */
static double of_unit(const vdib__nir_node *node, const char *name, size_t units, size_t unit, double otherwise) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    if (array == NULL || array->count == 0)
        return otherwise;
    if (array->count < units || array->count % units != 0)
        return array->values[0];
    size_t area = array->count / units;
    double sum = 0.0;
    for (size_t i = unit * area; i < (unit + 1) * area; i++)
        sum += array->values[i];
    return sum / (double)area;
}

/* How far the potential of a unit rises to a spike, which is 1 here: from rest to its threshold, or what a spike's
 * refractory trace draws it down by. */
static double rise_of(const vdib_import *import, const vdib__nir_layer *layer, size_t units, size_t unit) {
    const vdib__nir_node *node = &import->graph.nodes[layer->neurons];
    if (vdib__nir_responds(layer))
        return -of_unit(&import->graph.nodes[layer->refractory], "r", units, unit, -1.0);
    return of_unit(node, "v_threshold", units, unit, 1.0) - of_unit(node, "v_leak", units, unit, 0.0);
}

/* What an input of 1 adds to the potential of an IF: r in a step, as programs write it that have no time; where r is
 * one over the step, that is r of each second. */
static double add_of(const vdib__nir_layer *layer, double r) {
    return fabs(r * layer->step - 1.0) < 1e-3 ? r * layer->step : r;
}

/* An input of 1 adds w_in step/tau_syn to the current, and that r step/tau_mem to the potential; here 1 - beta and
 * 1 - alpha, or 1 each with neuron.gain=one. All of it is linear up to the threshold. */
static double gain_of(const vdib_import *import, const vdib__nir_layer *layer, size_t unit) {
    bool responds = vdib__nir_responds(layer);
    const vdib__nir_node *node = &import->graph.nodes[responds ? layer->traces : layer->neurons];
    size_t units = units_of(import, layer);
    bool cuba = responds || vdib__nir_is(node, "CubaLIF");
    double r = of_unit(node, "r", units, unit, 1.0), gain = 1.0;
    double tau = of_unit(node, cuba ? "tau_mem" : "tau", units, unit, 0.0);
    double synapse = of_unit(node, "tau_syn", units, unit, 0.0);
    gain *= vdib__nir_is(node, "IF") ? add_of(layer, r) : tau > layer->step ? r * layer->step / tau : r;
    if (cuba)
        gain *= of_unit(node, "w_in", units, unit, 1.0) * (synapse > layer->step ? layer->step / synapse : 1.0);
    if (!vdib__nir_keeps(import))
        gain /= (1.0 - layer->synaptic_decay) * (1.0 - layer->membrane_decay);
    return gain / rise_of(import, layer, units, unit);
}

static double behind(const vdib_import *import, const vdib__nir_layer *layer, size_t unit) {
    if (layer->scale == VDIB_NIR_NONE)
        return 1.0;
    return of_unit(&import->graph.nodes[layer->scale], "scale", units_of(import, layer), unit, 1.0);
}

double vdib__nir_scale(const vdib_import *import, const vdib__nir_layer *layer, size_t unit) {
    return layer->before * vdib__nir_share(import, layer) * behind(import, layer, unit) * gain_of(import, layer, unit);
}

/* Of the spike-response form the threshold, which the bias is less: spikes are where u >= 0 here, v > it there. */
double vdib__nir_bias(const vdib_import *import, const vdib__nir_layer *layer, size_t unit) {
    size_t units = units_of(import, layer);
    if (vdib__nir_responds(layer)) {
        double threshold = of_unit(&import->graph.nodes[layer->neurons], "threshold", units, unit, 0.0) -
                           of_unit(&import->graph.nodes[layer->traces], "v_leak", units, unit, 0.0);
        return -nextafter(threshold, INFINITY) / rise_of(import, layer, units, unit);
    }
    const vdib__nir_array *bias = vdib__nir_find(&import->graph.nodes[layer->weights], "bias");
    if (bias == NULL || bias->count == 0)
        return 0.0;
    double places = (double)(layer->window * layer->window) * vdib__nir_share(import, layer);
    return bias->values[bias->count > 1 ? unit : 0] * places * behind(import, layer, unit) *
           gain_of(import, layer, unit);
}

/* ---- what is not the same ---- */

/* Whether a parameter has more than one value over a node. */
static bool varies(const vdib__nir_node *node, const char *name) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    for (size_t i = 1; array != NULL && i < array->count; i++)
        if (fabs(array->values[i] - array->values[0]) > 1e-6 * fabs(array->values[0]))
            return true;
    return false;
}

/* Whether a parameter has more than one value over the places of a channel, where a unit here has one. */
static bool varies_within(const vdib__nir_node *node, const char *name, size_t units) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    size_t area = array != NULL && array->count % units == 0 ? array->count / units : 1;
    for (size_t i = 0; array != NULL && i < array->count; i++) {
        double first = array->values[i / area * area];
        if (fabs(array->values[i] - first) > 1e-6 * fabs(first))
            return true;
    }
    return false;
}

static const char *response_differs(const vdib_import *import, const vdib__nir_layer *layer, size_t units) {
    const vdib__nir_node *nodes = import->graph.nodes, *traces = &nodes[layer->traces];
    const vdib__nir_node *refractory = &nodes[layer->refractory];
    if (own_delay(import, layer) == 0.0)
        return "; its traces read what comes in at once, here a step later: a Delay of a step before them is missing";
    if (layer->step < 0.0 || varies(&nodes[layer->delay], "delay"))
        return "; delays differ between neurons: their mean is a step";
    if (varies(traces, "tau_syn") || varies(traces, "tau_mem") || varies(refractory, "tau") ||
        (layer->adaptation != VDIB_NIR_NONE && varies(&nodes[layer->adaptation], "tau")))
        return "; time constants differ between neurons: their mean is taken";
    if (layer->adaptation != VDIB_NIR_NONE && (varies(&nodes[layer->adaptation], "r") || varies(refractory, "r")))
        return "; strengths of adaptation differ between neurons: their mean is taken";
    if (varies_within(&nodes[layer->neurons], "threshold", units) || varies_within(traces, "r", units) ||
        varies_within(traces, "w_in", units) || varies_within(refractory, "r", units))
        return "; thresholds or resistances of a channel differ: their mean is taken";
    return "";
}

/* Whether a neuron is reset to another potential than the one it leaks to. */
static bool resets_elsewhere(const vdib__nir_node *node) {
    const vdib__nir_array *reset = vdib__nir_find(node, "v_reset"), *leak = vdib__nir_find(node, "v_leak");
    size_t count = reset != NULL ? reset->count : 1;
    count = leak != NULL && leak->count > count ? leak->count : count;
    for (size_t i = 0; i < count; i++)
        if (fabs(at_neuron(node, "v_reset", i, 0.0) - at_neuron(node, "v_leak", i, 0.0)) > 1e-9)
            return true;
    return false;
}

static bool leaks_elsewhere(const vdib__nir_node *node) {
    const vdib__nir_array *leak = vdib__nir_find(node, "v_leak");
    for (size_t i = 0; leak != NULL && i < leak->count; i++)
        if (leak->values[i] != 0.0)
            return true;
    return false;
}

static const char *neurons_differ(const vdib_import *import, const vdib__nir_layer *layer, size_t units) {
    const vdib__nir_node *node = &import->graph.nodes[layer->neurons];
    bool leaks = !vdib__nir_is(node, "IF");
    if (!leaks && vdib__nir_find(node, "r") == NULL)
        return "; its r is missing: 1 is taken";
    if (leaks && (vdib__nir_find(node, "r") == NULL || vdib__nir_find(node, "v_leak") == NULL))
        return "; its r or v_leak is missing: 1 and 0 are taken";
    if (varies(node, "tau_syn") || varies(node, "tau_mem") || varies(node, "tau"))
        return "; time constants differ between neurons: their mean is taken";
    if (resets_elsewhere(node))
        return leaks ? "; it is reset to another potential than it leaks to"
                     : "; it is reset to another potential than the 0 that it begins at";
    if (leaks_elsewhere(node))
        return "; it begins at the potential that it leaks to, where others may begin at 0";
    if (varies_within(node, "v_threshold", units) || varies_within(node, "r", units) ||
        varies_within(node, "w_in", units) || varies_within(node, "v_leak", units))
        return "; thresholds or resistances of a channel differ: their mean is taken";
    return "";
}

const char *vdib__nir_differs(const vdib_import *import, const vdib__nir_layer *layer) {
    size_t units = units_of(import, layer);
    bool responds = vdib__nir_responds(layer);
    if (layer->without != NULL)
        return layer->without;
    const char *differs = responds ? response_differs(import, layer, units) : neurons_differ(import, layer, units);
    const vdib__nir_node *node = &import->graph.nodes[responds ? layer->traces : layer->neurons];
    double tau = vdib__nir_value(node, vdib__nir_is(node, "LIF") ? "tau" : "tau_mem", 0, layer->step);
    if (differs[0] == '\0' && tau < layer->step * (1.0 - 1e-9))
        return "; its time constant is shorter than a step: no leak from one to the next is left";
    if (differs[0] == '\0' && layer->membrane_decay >= (double)(float)MOST && layer->membrane_decay < 1.0)
        return "; its leak is less than a millionth a step, which is taken for it";
    return differs;
}
