/* SPDX-License-Identifier: MIT */
/* The probabilistic readout as nodes of an ONNX graph: docs/method.md, eq. (9), (10) and (68). A filter is a delay
 * line: the currents of the last steps are a state, and one product with the filter's taps sums them.
 *
 * States: V h of the last tau - 1 steps (batch, tau - 1, K NY); f y of the last tau steps (batch, tau, KF NY). */
#include "export/onnx.h"

#include "core/mathematics.h"

/* The last currents, and the filters that run over them. */
typedef struct delay_line {
    const char *name;
    const float *taps; /* (filters, tau) by lag */
    size_t filters, steps, neurons;
} delay_line;

static size_t columns_of(const delay_line *line) {
    return line->filters * line->neurons;
}

/* sum over lags l and filters k of taps_k(l) rows_(l, k, i): (batch, NY) of rows (batch, tau, K NY). */
static const char *filtered(vdib__onnx *graph, const delay_line *line, const char *rows) {
    const size_t terms = line->steps * line->filters, shape[] = {terms, line->neurons}, row[] = {1, terms};
    const char *name = vdib__onnx_text(graph, "%s.taps", line->name);
    float *taps = vdib__onnx_array(graph, name, 2, row);
    for (size_t term = 0; term < terms && taps != NULL; term++)
        taps[term] = line->taps[term % line->filters * line->steps + term / line->filters];
    const char *x = vdib__onnx_reshape(graph, vdib__onnx_text(graph, "%s.terms", line->name), rows, 2, shape);
    const char *y = vdib__onnx_node(graph, "MatMul", vdib__onnx_text(graph, "%s.sum", line->name), name, x, NULL);
    return vdib__onnx_reshape(graph, vdib__onnx_text(graph, "%s.filtered", line->name), y, 1, &line->neurons);
}

/* newest (batch, columns) before rows (batch, steps, columns): (batch, steps + 1, columns). */
static const char *prepend(vdib__onnx *graph, const delay_line *line, const char *newest, const char *rows) {
    const size_t row[] = {1, columns_of(line)};
    const char *first = vdib__onnx_reshape(graph, vdib__onnx_text(graph, "%s.newest", line->name), newest, 2, row);
    const char *all =
        vdib__onnx_node(graph, "Concat", vdib__onnx_text(graph, "%s.rows", line->name), first, rows, NULL);
    vdib__onnx_number(graph, "axis", 1);
    return all;
}

/* The first `steps` of rows (batch, more, columns), as the next state. */
static void keep_rows(vdib__onnx *graph, const char *state, const char *rows, size_t steps) {
    const int64_t first[] = {0, 0, 0}, end[] = {INT64_MAX, (int64_t)steps, INT64_MAX};
    const char *begins = vdib__onnx_whole(graph, vdib__onnx_text(graph, "%s.begin", state), 3, first);
    const char *ends = vdib__onnx_whole(graph, vdib__onnx_text(graph, "%s.end", state), 3, end);
    vdib__onnx_node(graph, "Slice", vdib__onnx_next(graph, state), rows, begins, ends);
}

/* sum_k (a_k * V_k h): the newest currents count at lag 0. */
static const char *forward(const vdib_model *model, vdib__onnx *graph, const char *input) {
    const vdib__readout *readout = &model->encoder.readout;
    const vdib__tensor *learnt = &model->table.tensors[readout->learns_filters ? readout->taps : 0];
    const delay_line line = {
        .name = "readout.currents",
        .taps = readout->learns_filters ? model->parameters + learnt->offset : readout->basis,
        .filters = readout->bases,
        .steps = readout->filter_steps,
        .neurons = readout->neurons,
    };
    const size_t weight[] = {readout->inputs, columns_of(&line)}, kept[] = {line.steps - 1, columns_of(&line)},
                 one[] = {1, columns_of(&line)};
    const char *newest = vdib__onnx_node(graph, "MatMul", "readout.current", input,
                                         vdib__onnx_tensor(graph, model, readout->weight, 2, weight), NULL);
    if (line.steps == 1)
        return filtered(graph, &line, vdib__onnx_reshape(graph, "readout.currents.rows", newest, 2, one));
    const char *state = vdib__onnx_state(graph, line.name, 2, kept,
                                         "V h of the steps before, the last one first, a row a step: filter by filter");
    const char *rows = prepend(graph, &line, newest, state);
    keep_rows(graph, state, rows, line.steps - 1);
    return filtered(graph, &line, rows);
}

/* f y, (batch, KF NY) */
static const char *fed_back(const vdib_model *model, vdib__onnx *graph, const char *spikes) {
    const vdib__readout *readout = &model->encoder.readout;
    const size_t columns = readout->feedback_bases * readout->neurons, all[] = {readout->neurons, columns},
                 own[] = {readout->feedback_bases, readout->neurons}, row[] = {1, readout->neurons};
    if (readout->lateral)
        return vdib__onnx_node(graph, "MatMul", "readout.feedback.current", spikes,
                               vdib__onnx_tensor(graph, model, readout->feedback, 2, all), NULL);
    const char *x = vdib__onnx_reshape(graph, "readout.feedback.spikes", spikes, 2, row);
    const char *y = vdib__onnx_node(graph, "Mul", "readout.feedback.products", x,
                                    vdib__onnx_tensor(graph, model, readout->feedback, 2, own), NULL);
    return vdib__onnx_reshape(graph, "readout.feedback.current", y, 1, &columns);
}

/* z = u + s eps */
static void add_noise(const vdib_model *model, vdib__onnx *graph, const char *u) {
    const vdib__readout *readout = &model->encoder.readout;
    const vdib__tensor *logarithms = &model->table.tensors[readout->log_deviation];
    const char *noise = vdib__onnx_input(graph, "noise", 1, &readout->neurons, "independent standard normal numbers");
    const char *name = "readout.deviation";
    float *deviations = vdib__onnx_array(graph, name, 1, &readout->neurons);
    for (size_t i = 0; i < readout->neurons && deviations != NULL; i++)
        deviations[i] = vdib__expf(model->parameters[logarithms->offset + i]);
    const char *scaled = vdib__onnx_node(graph, "Mul", "readout.noise", noise, name, NULL);
    vdib__onnx_node(graph, "Add", "values", u, scaled, NULL);
    vdib__onnx_output(graph, "values", 1, &readout->neurons, "what is sent to the decoder in this step");
}

/* y = 1 where a uniform number is below sigma(u); returns y. */
static const char *draw(const vdib_model *model, vdib__onnx *graph, const char *u) {
    const vdib__readout *readout = &model->encoder.readout;
    const char *uniform =
        vdib__onnx_input(graph, "uniform", 1, &readout->neurons, "independent uniform numbers in [0, 1)");
    const char *p = vdib__onnx_node(graph, "Sigmoid", "probabilities", u, NULL, NULL);
    const char *below = vdib__onnx_node(graph, "Less", "readout.below", uniform, p, NULL);
    const char *spikes = vdib__onnx_node(graph, "Cast", "spikes", below, NULL, NULL);
    vdib__onnx_number(graph, "to", 1); /* float32 */
    vdib__onnx_output(graph, spikes, 1, &readout->neurons, "what is sent to the decoder in this step: 0 or 1");
    vdib__onnx_output(graph, p, 1, &readout->neurons, "probabilities of these spikes");
    return spikes;
}

void vdib__onnx_readout(const vdib__export *job, vdib__onnx *graph, const char *input) {
    const vdib_model *model = job->model;
    const vdib__readout *readout = &model->encoder.readout;
    const char *b = vdib__onnx_tensor(graph, model, readout->bias, 1, &readout->neurons);
    const char *drive = forward(model, graph, input), *u = "potentials";
    const delay_line line = {.name = "readout.feedback",
                             .taps = readout->feedback_basis,
                             .filters = readout->feedback_bases,
                             .steps = readout->filter_steps,
                             .neurons = readout->neurons};
    const size_t kept[] = {line.steps, columns_of(&line)};
    const char *state = NULL;
    if (line.filters == 0) {
        vdib__onnx_node(graph, "Add", u, drive, b, NULL);
    } else {
        state =
            vdib__onnx_state(graph, line.name, 2, kept, "f y of the steps before, the last one first, a row a step");
        const char *sum = vdib__onnx_node(graph, "Add", "readout.driven", drive, b, NULL);
        vdib__onnx_node(graph, "Add", u, sum, filtered(graph, &line, state), NULL);
    }
    vdib__onnx_output(graph, u, 1, &readout->neurons, "potentials of the readout: logits of the probabilities");
    if (readout->gaussian) {
        add_noise(model, graph, u);
        return;
    }
    const char *spikes = draw(model, graph, u);
    if (state != NULL)
        keep_rows(graph, state, prepend(graph, &line, fed_back(model, graph, spikes), state), line.steps);
}
