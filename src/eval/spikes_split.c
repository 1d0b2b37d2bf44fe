/* SPDX-License-Identifier: MIT */
/* The rate, which bounds the directed information, split over the steps and over the neurons; docs/method.md,
 * eq. (19). */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/sum.h"
#include "eval/spikes.h"

typedef struct split {
    size_t first, steps, neurons; /* data steps [first, first + steps) have a rate */
    double prior;
    vdib__sum *by_step;   /* (steps) nats, summed over neurons and examples */
    vdib__sum *by_neuron; /* (neurons) nats, summed over steps and examples */
    double *of_one;       /* (neurons) nats of one example */
    uint64_t examples;
} split;

static void destroy(void *state) {
    split *s = state;
    vdib__free(s->of_one);
    vdib__free(s->by_step);
    vdib__free(s->by_neuron);
    vdib__free(s);
}

static vdib_status create(const vdib__spikes *spikes, void **state) {
    const vdib__walk *walk = spikes->walk;
    split *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->first = walk->task->by_step ? walk->steps - walk->decodings : 0;
    made->steps = walk->steps - made->first;
    made->neurons = walk->model->encoder.readout.neurons;
    made->prior = walk->model->config->objective.prior_probability;
    vdib_status status = VDIB_NEW(&made->by_step, made->steps);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->by_neuron, made->neurons);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->of_one, made->neurons);
    if (status != VDIB_OK) {
        destroy(made);
        return status;
    }
    *state = made;
    return VDIB_OK;
}

/* KL(sigma(u) || r0) in nats. With s = log(1 - r0) - log(r0) it is sigma(u) (u + s) - log(1 + exp(u)) - log(1 - r0). */
static double divergence(double u, double log_on, double log_off) {
    double e = vdib__exp(u > 0 ? -u : u), p = (u > 0 ? 1.0 : e) / (1.0 + e);
    return p * (u + log_off - log_on) - vdib__softplus(u) - log_off;
}

static void add_example(split *s, const vdib__trial *trial) {
    double log_on = vdib__log(s->prior), log_off = vdib__log(1.0 - s->prior);
    memset(s->of_one, 0, s->neurons * sizeof *s->of_one);
    for (size_t t = 0; t < s->steps; t++) {
        double of_step = 0;
        const float *u = trial->potentials + (trial->blank_steps + s->first + t) * s->neurons;
        for (size_t i = 0; i < s->neurons; i++) {
            double nats = divergence((double)u[i], log_on, log_off);
            of_step += nats;
            s->of_one[i] += nats;
        }
        vdib__sum_add(&s->by_step[t], of_step);
    }
    for (size_t i = 0; i < s->neurons; i++)
        vdib__sum_add(&s->by_neuron[i], s->of_one[i]);
    s->examples++;
}

static vdib_status take(void *state, const vdib__spikes *spikes) {
    for (size_t i = 0; i < spikes->walk->count; i++)
        add_example(state, spikes->walk->task->trial(spikes->walk, i));
    return VDIB_OK;
}

static vdib_status share(void *state, const vdib__spikes *spikes) {
    vdib__ranks *ranks = spikes->walk->ranks;
    split *s = state;
    VDIB_TRY(vdib__ranks_sum(ranks, s->by_step, s->steps));
    VDIB_TRY(vdib__ranks_sum(ranks, s->by_neuron, s->neurons));
    return vdib__ranks_count_up(ranks, &s->examples, 1);
}

/* Bits for every thing that is decoded: an example, or a scored step. */
static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const split *s = state;
    double examples = (double)s->examples, *by_step = NULL, *by_neuron = NULL;
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_RATE_BY_STEP, s->steps, &by_step));
    VDIB_TRY(vdib__findings_array(findings, VDIB__ARRAY_RATE_BY_NEURON, s->neurons, &by_neuron));
    for (size_t t = 0; t < s->steps; t++)
        by_step[t] = vdib__sum_value(&s->by_step[t]) / VDIB_LN2 / examples;
    for (size_t i = 0; i < s->neurons; i++)
        by_neuron[i] = vdib__sum_value(&s->by_neuron[i]) / VDIB_LN2 / examples / (double)spikes->walk->decodings;
    return VDIB_OK;
}

const vdib__spikes_part vdib__spikes_split = {
    .create = create, .take = take, .share = share, .report = report, .destroy = destroy};
