/* SPDX-License-Identifier: MIT */
/* A NIR graph in Euler steps, in double precision, by the equations that NIR gives: each node reads the sum of what
 * its sources give in the same step; where edges close a circle, one of them brings what its source gave in the step
 * before. A Delay gives what came in a whole number of steps ago, the nearest. */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "export/nir.h"

/* A parameter of neurons: one for all, or one each. */
typedef struct constant {
    const double *values; /* NULL: `otherwise` */
    size_t each;          /* 0: one for all */
    double otherwise;
} constant;

static inline double at_neuron(const constant *c, size_t i) {
    return c->values != NULL ? c->values[i * c->each] : c->otherwise;
}

typedef struct cell cell;
typedef void run_cell(cell *c, double step);

/* A node at work. */
struct cell {
    const vdib__nir_node *node;
    run_cell *run;
    vdib__nir_shape in, out;
    size_t inputs, outputs;
    double *input, *output, *current, *potential; /* (inputs), (outputs) ... */
    constant tau_syn, tau_mem, r, leak, threshold, reset, weight_in, scale;
    const double *weight, *bias;
    size_t stride[2], padding[2], dilation[2], kernel[2], groups;
    double *ring; /* (delay, outputs) of a Delay */
    size_t delay, newest;
    size_t *sources; /* (source_count) */
    size_t source_count;
};

struct vdib__nir_run {
    cell *cells; /* (count) */
    size_t count, input;
    size_t *order; /* (count) */
    vdib__nir_shape *shapes;
    double step;
};

/* ---- what nodes do ---- */

static void pass_on(cell *c, double step) {
    (void)step;
    memcpy(c->output, c->input, c->outputs * sizeof *c->output);
}

/* W s + b, by the inputs that are not 0. */
static void affine(cell *c, double step) {
    (void)step;
    for (size_t o = 0; o < c->outputs; o++)
        c->output[o] = c->bias != NULL ? c->bias[o] : 0.0;
    for (size_t j = 0; j < c->inputs; j++)
        for (size_t o = 0; o < c->outputs && c->input[j] != 0.0; o++)
            c->output[o] += c->weight[o * c->inputs + j] * c->input[j];
}

/* Adds value x kernel of one input at (channel, y, x) to one output channel's map. */
static void scatter(cell *c, const double *kernel, size_t y, size_t x, double value, double *map) {
    for (size_t ky = 0; ky < c->kernel[0]; ky++)
        for (size_t kx = 0; kx < c->kernel[1]; kx++) {
            size_t row = y + c->padding[0] - ky * c->dilation[0], column = x + c->padding[1] - kx * c->dilation[1];
            if (row % c->stride[0] != 0 || column % c->stride[1] != 0) /* below 0 it wraps around to large numbers */
                continue;
            row /= c->stride[0], column /= c->stride[1];
            if (row < c->out.dim[1] && column < c->out.dim[2])
                map[row * c->out.dim[2] + column] += value * kernel[ky * c->kernel[1] + kx];
        }
}

static void convolution(cell *c, double step) {
    size_t area = c->out.dim[1] * c->out.dim[2], wide = c->in.dim[2], plane = c->in.dim[1] * wide;
    size_t ins = c->in.dim[0] / c->groups, outs = c->out.dim[0] / c->groups, taps = c->kernel[0] * c->kernel[1];
    (void)step;
    for (size_t o = 0; o < c->outputs; o++)
        c->output[o] = c->bias != NULL ? c->bias[o / area] : 0.0;
    for (size_t j = 0; j < c->inputs; j++) {
        if (c->input[j] == 0.0)
            continue;
        size_t channel = j / plane, group = channel / ins;
        for (size_t o = group * outs; o < (group + 1) * outs; o++)
            scatter(c, c->weight + (o * ins + channel % ins) * taps, j % plane / wide, j % wide, c->input[j],
                    c->output + o * area);
    }
}

static void pool(cell *c, double step) {
    double share = vdib__nir_is(c->node, "AvgPool2d") ? 1.0 / (double)(c->kernel[0] * c->kernel[1]) : 1.0;
    size_t area = c->out.dim[1] * c->out.dim[2], wide = c->in.dim[2], plane = c->in.dim[1] * wide;
    (void)step;
    for (size_t o = 0; o < c->outputs; o++) {
        size_t top = o % area / c->out.dim[2] * c->stride[0], left = o % c->out.dim[2] * c->stride[1];
        double sum = 0.0;
        for (size_t ky = 0; ky < c->kernel[0]; ky++)
            for (size_t kx = 0; kx < c->kernel[1]; kx++) {
                size_t row = top + ky - c->padding[0], column = left + kx - c->padding[1];
                if (row < c->in.dim[1] && column < wide)
                    sum += c->input[o / area * plane + row * wide + column];
            }
        c->output[o] = share * sum;
    }
}

static void scale(cell *c, double step) {
    (void)step;
    for (size_t i = 0; i < c->outputs; i++)
        c->output[i] = at_neuron(&c->scale, i) * c->input[i];
}

static void threshold(cell *c, double step) {
    (void)step;
    for (size_t i = 0; i < c->outputs; i++)
        c->output[i] = c->input[i] > at_neuron(&c->threshold, i) ? 1.0 : 0.0;
}

/* The potential, or, where there is a threshold, the spike and the reset. */
static void give(cell *c, size_t i, bool spikes) {
    double *v = &c->potential[i];
    if (!spikes) {
        c->output[i] = *v;
        return;
    }
    c->output[i] = *v > at_neuron(&c->threshold, i) ? 1.0 : 0.0;
    if (c->output[i] > 0.0)
        *v = at_neuron(&c->reset, i);
}

static void integrate(cell *c, double step) {
    bool spikes = vdib__nir_is(c->node, "IF");
    for (size_t i = 0; i < c->outputs; i++) {
        c->potential[i] += step * at_neuron(&c->r, i) * c->input[i];
        give(c, i, spikes);
    }
}

static void leak(cell *c, double step) {
    bool spikes = vdib__nir_is(c->node, "LIF") || vdib__nir_is(c->node, "CubaLIF");
    bool synapse = c->node->type[0] == 'C';
    for (size_t i = 0; i < c->outputs; i++) {
        double drive = c->input[i], *v = &c->potential[i];
        if (synapse) {
            c->current[i] += step / at_neuron(&c->tau_syn, i) * (at_neuron(&c->weight_in, i) * drive - c->current[i]);
            drive = c->current[i];
        }
        *v += step / at_neuron(&c->tau_mem, i) * (at_neuron(&c->leak, i) - *v + at_neuron(&c->r, i) * drive);
        give(c, i, spikes);
    }
}

static const struct {
    const char *type;
    run_cell *run;
} KINDS[] = {
    {"Input", pass_on},       {"Output", pass_on},     {"Flatten", pass_on}, {"Delay", pass_on},  {"Affine", affine},
    {"Linear", affine},       {"Conv2d", convolution}, {"SumPool2d", pool},  {"AvgPool2d", pool}, {"Scale", scale},
    {"Threshold", threshold}, {"I", integrate},        {"IF", integrate},    {"LI", leak},        {"LIF", leak},
    {"CubaLI", leak},         {"CubaLIF", leak}};

/* ---- making ---- */

static constant constant_of(const vdib__nir_node *node, const char *name, double otherwise) {
    const vdib__nir_array *array = vdib__nir_find(node, name);
    return (constant){.values = array != NULL ? array->values : NULL,
                      .each = array != NULL && array->count > 1,
                      .otherwise = otherwise};
}

static void read_constants(cell *c) {
    const vdib__nir_node *node = c->node;
    bool cuba = node->type[0] == 'C';
    c->tau_syn = constant_of(node, "tau_syn", 1.0);
    c->tau_mem = constant_of(node, cuba ? "tau_mem" : "tau", 1.0);
    c->r = constant_of(node, "r", 1.0);
    c->leak = constant_of(node, "v_leak", 0.0);
    c->threshold = constant_of(node, vdib__nir_is(node, "Threshold") ? "threshold" : "v_threshold", 0.0);
    c->reset = constant_of(node, "v_reset", 0.0);
    c->weight_in = constant_of(node, "w_in", 1.0);
    c->scale = constant_of(node, "scale", 1.0);
}

static void read_windows(cell *c) {
    const vdib__nir_array *weight = vdib__nir_find(c->node, "weight");
    vdib__nir_pair(c->node, "stride", 1.0, c->stride);
    vdib__nir_pair(c->node, "padding", 0.0, c->padding);
    vdib__nir_pair(c->node, "dilation", 1.0, c->dilation);
    vdib__nir_pair(c->node, "kernel_size", 1.0, c->kernel);
    if (weight != NULL && weight->rank == 4)
        c->kernel[0] = weight->shape[2], c->kernel[1] = weight->shape[3];
    double groups = vdib__nir_value(c->node, "groups", 0, 1.0);
    c->groups = groups >= 1.0 && groups < 1e6 ? (size_t)groups : 1;
}

/* Whether every array of a cell is as long as it is read. */
static bool fits(const cell *c) {
    const vdib__nir_array *weight = vdib__nir_find(c->node, "weight"), *bias = vdib__nir_find(c->node, "bias");
    bool maps = c->run == convolution || c->run == pool;
    if ((maps && (c->in.rank != 3 || c->out.rank != 3)) || (c->run == affine && c->inputs != weight->shape[1]))
        return false;
    if (c->run == convolution && (c->in.dim[0] % c->groups != 0 || c->out.dim[0] % c->groups != 0 ||
                                  weight->shape[1] != c->in.dim[0] / c->groups))
        return false;
    if (bias != NULL && (c->run == affine || c->run == convolution) && bias->count != c->out.dim[0])
        return false;
    if (c->run == affine || maps)
        return true;
    for (size_t a = 0; a < c->node->array_count && c->run != pass_on; a++)
        if (c->node->arrays[a].count != 1 && c->node->arrays[a].count != c->outputs)
            return false;
    return c->inputs == c->outputs;
}

static vdib_status make_delay(cell *c, double step) {
    double delay = vdib__nir_value(c->node, "delay", 0, 0.0) / step;
    if (!(delay >= 0.0 && delay < 1e5))
        return vdib__fail(VDIB_ERROR_FORMAT, "node %s: a delay of %g steps", c->node->name, delay);
    c->delay = (size_t)(delay + 0.5);
    return VDIB_NEW(&c->ring, c->delay * c->outputs);
}

static vdib_status make_cell(cell *c, const vdib__nir_node *node, double step) {
    const vdib__nir_array *weight = vdib__nir_find(node, "weight"), *bias = vdib__nir_find(node, "bias");
    c->node = node;
    for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++)
        if (vdib__nir_is(node, KINDS[k].type))
            c->run = KINDS[k].run;
    if (c->run == NULL)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED, "node %s is of type %s, which cannot be run", node->name, node->type);
    if (!vdib__nir_known(&c->out) || !vdib__nir_known(&c->in))
        return vdib__fail(VDIB_ERROR_FORMAT, "node %s (%s): its shape cannot be known", node->name, node->type);
    c->inputs = vdib__nir_count(&c->in), c->outputs = vdib__nir_count(&c->out);
    c->weight = weight != NULL ? weight->values : NULL, c->bias = bias != NULL ? bias->values : NULL;
    read_constants(c);
    read_windows(c);
    if (!fits(c))
        return vdib__fail(VDIB_ERROR_FORMAT, "node %s (%s): its arrays do not fit what it reads", node->name,
                          node->type);
    VDIB_TRY(VDIB_NEW(&c->input, c->inputs));
    VDIB_TRY(VDIB_NEW(&c->output, c->outputs));
    VDIB_TRY(VDIB_NEW(&c->current, c->outputs));
    VDIB_TRY(VDIB_NEW(&c->potential, c->outputs));
    return vdib__nir_is(node, "Delay") ? make_delay(c, step) : VDIB_OK;
}

static vdib_status find_sources(const vdib__nir *graph, vdib__nir_run *run) {
    for (size_t i = 0; i < run->count; i++) {
        cell *c = &run->cells[i];
        VDIB_TRY(VDIB_NEW(&c->sources, graph->edge_count));
        for (size_t e = 0; e < graph->edge_count; e++)
            if (graph->edges[e].to == i)
                c->sources[c->source_count++] = graph->edges[e].from;
        c->in = c->out = run->shapes[i];
        if (c->source_count > 0)
            c->in = run->shapes[c->sources[0]];
        for (size_t s = 1; s < c->source_count; s++)
            if (!vdib__nir_known(&c->in) || !vdib__nir_known(&run->shapes[c->sources[s]]) ||
                vdib__nir_count(&run->shapes[c->sources[s]]) != vdib__nir_count(&c->in))
                return vdib__fail(VDIB_ERROR_FORMAT, "node %s: %s and %s give it arrays of different shapes",
                                  graph->nodes[i].name, graph->nodes[c->sources[0]].name,
                                  graph->nodes[c->sources[s]].name);
    }
    return VDIB_OK;
}

/* ---- order ---- */

/* What a Delay gives is there when a step begins. */
static bool is_ready(const vdib__nir_run *run, const bool *done, size_t node) {
    const cell *c = &run->cells[node];
    for (size_t s = 0; s < c->source_count; s++)
        if (!done[c->sources[s]] && run->cells[c->sources[s]].delay == 0)
            return false;
    return true;
}

/* The first node of a circle to begin with: one that something else comes into already. */
static size_t first_of_circle(const vdib__nir_run *run, const bool *done) {
    size_t any = SIZE_MAX;
    for (size_t i = 0; i < run->count; i++) {
        if (done[i])
            continue;
        any = any == SIZE_MAX ? i : any;
        for (size_t s = 0; s < run->cells[i].source_count; s++)
            if (done[run->cells[i].sources[s]])
                return i;
    }
    return any;
}

static vdib_status find_order(vdib__nir_run *run) {
    bool *done = NULL;
    VDIB_TRY(VDIB_NEW(&done, run->count));
    for (size_t used = 0; used < run->count;) {
        size_t before = used;
        for (size_t i = 0; i < run->count; i++)
            if (!done[i] && is_ready(run, done, i)) {
                run->order[used++] = i;
                done[i] = true;
            }
        if (used == before) {
            run->order[used] = first_of_circle(run, done);
            done[run->order[used++]] = true;
        }
    }
    vdib__free(done);
    return VDIB_OK;
}

/* ---- the run ---- */

static vdib_status find_input(const vdib__nir *graph, vdib__nir_run *run) {
    run->input = SIZE_MAX;
    for (size_t i = 0; i < graph->node_count; i++)
        if (vdib__nir_is(&graph->nodes[i], "Input")) {
            if (run->input != SIZE_MAX)
                return vdib__fail(VDIB_ERROR_UNSUPPORTED, "the graph has more than one Input: %s and %s",
                                  graph->nodes[run->input].name, graph->nodes[i].name);
            run->input = i;
        }
    return run->input != SIZE_MAX ? VDIB_OK : vdib__fail(VDIB_ERROR_FORMAT, "the graph has no Input");
}

static vdib_status make(const vdib__nir *graph, double step, vdib__nir_run *run) {
    run->step = step;
    VDIB_TRY(VDIB_NEW(&run->cells, graph->node_count));
    run->count = graph->node_count;
    VDIB_TRY(VDIB_NEW(&run->order, run->count));
    VDIB_TRY(VDIB_NEW(&run->shapes, run->count));
    VDIB_TRY(find_input(graph, run));
    VDIB_TRY(vdib__nir_shapes(graph, run->shapes));
    VDIB_TRY(find_sources(graph, run));
    for (size_t i = 0; i < run->count; i++)
        VDIB_TRY(make_cell(&run->cells[i], &graph->nodes[i], step));
    return find_order(run);
}

vdib_status vdib__nir_run_create(const vdib__nir *graph, double step, vdib__nir_run **run) {
    vdib__nir_run *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = make(graph, step, made);
    if (status == VDIB_OK)
        *run = made;
    else
        vdib__nir_run_destroy(made);
    return status;
}

void vdib__nir_run_destroy(vdib__nir_run *run) {
    if (run == NULL)
        return;
    for (size_t i = 0; i < run->count; i++) {
        cell *c = &run->cells[i];
        vdib__free(c->input), vdib__free(c->output), vdib__free(c->current), vdib__free(c->potential);
        vdib__free(c->ring), vdib__free(c->sources);
    }
    vdib__free(run->cells);
    vdib__free(run->order);
    vdib__free(run->shapes);
    vdib__free(run);
}

void vdib__nir_run_reset(vdib__nir_run *run) {
    for (size_t i = 0; i < run->count; i++) {
        cell *c = &run->cells[i];
        memset(c->output, 0, c->outputs * sizeof *c->output);
        memset(c->current, 0, c->outputs * sizeof *c->current);
        memset(c->potential, 0, c->outputs * sizeof *c->potential);
        if (c->delay > 0)
            memset(c->ring, 0, c->delay * c->outputs * sizeof *c->ring);
        c->newest = 0;
    }
}

static void gather(const vdib__nir_run *run, cell *c) {
    memset(c->input, 0, c->inputs * sizeof *c->input);
    for (size_t s = 0; s < c->source_count; s++)
        for (size_t i = 0; i < c->inputs; i++)
            c->input[i] += run->cells[c->sources[s]].output[i];
}

/* The oldest row of the ring came in `delay` steps before the one that begins: it is the next one to be written. */
static void delayed(cell *c) {
    const double *oldest = c->ring + (c->newest + 1) % c->delay * c->outputs;
    memcpy(c->output, oldest, c->outputs * sizeof *c->output);
}

static void keep(cell *c) {
    c->newest = (c->newest + 1) % c->delay;
    memcpy(c->ring + c->newest * c->outputs, c->input, c->outputs * sizeof *c->input);
}

void vdib__nir_run_step(vdib__nir_run *run, const uint32_t *spikes, size_t count) {
    cell *input = &run->cells[run->input];
    for (size_t i = 0; i < run->count; i++)
        if (run->cells[i].delay > 0)
            delayed(&run->cells[i]);
    for (size_t k = 0; k < run->count; k++) {
        cell *c = &run->cells[run->order[k]];
        gather(run, c);
        if (c == input)
            for (size_t s = 0; s < count; s++)
                c->input[spikes[s]] = 1.0;
        if (c->delay == 0)
            c->run(c, run->step);
    }
    for (size_t i = 0; i < run->count; i++) /* what goes into a Delay may be made after it in the step */
        if (run->cells[i].delay > 0) {
            gather(run, &run->cells[i]);
            keep(&run->cells[i]);
        }
}

const double *vdib__nir_run_output(const vdib__nir_run *run, size_t node, size_t *count) {
    *count = run->cells[node].outputs;
    return run->cells[node].output;
}
