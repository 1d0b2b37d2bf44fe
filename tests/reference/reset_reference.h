/* SPDX-License-Identifier: MIT */
/* Part of encoder_reference.c: neurons that are reset, docs/method.md, eq. (76) to (79). Gradients are sums over what a
 * current does to each later potential, which is run forward in time with the resets held. */

static bool resets(const vdib__lif_layer *layer) {
    return layer->neuron.model != NULL && !is(&layer->neuron.model->choice, "srm");
}

static REAL threshold_of(const vdib__lif_layer *layer) {
    return (REAL)layer->neuron.threshold;
}

/* How the potential of step t moves with the neuron's own spikes of the stretch, where bptt lets them move: `moved` is
 * that of the step before. */
static REAL moved_by_resets(const reference *r, const gains *g, size_t number, size_t n, size_t t, const REAL *held,
                            REAL moved, REAL before) {
    size_t at = (t - 1) * r->encoder->layers[number].neurons + n;
    if (t <= r->blank || stretch_end(r, t - 1) <= t)
        return 0;
    return g->alpha * ((1 - held[at]) * moved - before * (r->layers[number].spikes[at] - held[at]));
}

/* One neuron over all steps; `held` are the spikes that reset it. */
static void reset_neuron(reference *r, size_t number, size_t n, const REAL *input, bool smooth,
                         const reference *frozen) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    layer_run *run = &r->layers[number];
    const REAL *held = frozen != NULL ? frozen->layers[number].spikes : run->spikes;
    const gains g = gains_of(r, layer, n / (layer->out_height * layer->out_width));
    REAL current = 0, v = 0, moved = 0;
    for (size_t t = 0; t < r->steps; t++) {
        size_t at = t * layer->neurons + n;
        if (frozen != NULL && recurs(r) && t > 0)
            moved = moved_by_resets(r, &g, number, n, t, held, moved, v);
        current = g.beta * current + g.tau_s * drive(r, layer, input + t * layer->inputs, n);
        v = g.alpha * (t > 0 ? v * (1 - held[at - layer->neurons]) : 0) + g.tau_m * current;
        run->potentials[at] = v + moved - threshold_of(layer);
        run->spikes[at] = smooth ? smooth_theta(&layer->neuron, run->potentials[at]) : run->potentials[at] > 0;
        if (frozen != NULL && t < r->blank)
            run->spikes[at] = held[at];
    }
}

static void reset_forward(reference *r, size_t number, const REAL *input, bool smooth, const reference *frozen) {
    for (size_t n = 0; n < r->encoder->layers[number].neurons; n++)
        reset_neuron(r, number, n, input, smooth, frozen);
}

/* What a spike of step t does to its neuron's later potentials: v_t is missing in them, and leaks away. */
static REAL reset_later_errors(const reference *r, size_t number, size_t n, size_t t) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    const gains g = gains_of(r, layer, n / (layer->out_height * layer->out_width));
    REAL sum = 0, missing = r->layers[number].potentials[t * layer->neurons + n] + threshold_of(layer);
    for (size_t later = t + 1; later < stretch_end(r, t); later++) {
        missing *= g.alpha * (later == t + 1 ? 1 : 1 - r->layers[number].spikes[(later - 1) * layer->neurons + n]);
        sum -= missing * r->layers[number].errors[later * layer->neurons + n];
    }
    return sum;
}

/* dL/d(W s + b) of step t: the errors of all later potentials times what a current of this step does to them. */
static REAL current_error(const reference *r, size_t number, size_t n, size_t t) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    const gains g = gains_of(r, layer, n / (layer->out_height * layer->out_width));
    REAL sum = 0, current = g.tau_s, v = 0;
    for (size_t later = t; later < r->steps; later++) {
        v += g.tau_m * current;
        sum += v * r->layers[number].errors[later * layer->neurons + n];
        v *= g.alpha * (1 - r->layers[number].spikes[later * layer->neurons + n]);
        current *= g.beta;
    }
    return sum;
}

/* Gradients of weights and bias, when all errors of the layer are there. */
static void reset_gradients(reference *r, size_t number, const REAL *input) {
    const vdib__lif_layer *layer = &r->encoder->layers[number];
    for (size_t t = 0; t < r->steps; t++)
        for (size_t n = 0; n < layer->neurons; n++) {
            REAL error = current_error(r, number, n, t);
            gradient(r, layer->bias)[n / (layer->out_height * layer->out_width)] += error;
            for (size_t j = 0; j < layer->inputs; j++) {
                size_t w = synapse(layer, n, j);
                if (w != NONE)
                    gradient(r, layer->weight)[w] += error * input[t * layer->inputs + j];
            }
        }
}
