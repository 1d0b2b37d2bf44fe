/* SPDX-License-Identifier: MIT */
/* The bits that it takes to send the readout's spikes: ideal lengths of an arithmetic code under a model of the spikes
 * that sender and receiver share, beside a list of events. */
#include <math.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/sum.h"
#include "eval/spikes.h"

/* Bits of one bit that is sent, by what it is. */
typedef struct code {
    double silent, spike;
} code;

typedef struct sending {
    size_t steps, neurons, inputs;
    code prior;
    code *marginal;   /* (rows, neurons) row t % rows for step t; NULL: no training examples to learn from */
    uint64_t *counts; /* (rows, neurons) training spikes, while it is learnt */
    size_t rows;      /* steps, or 1: a probability a neuron for all steps */
    vdib__sum prior_bits, marginal_bits;
    uint64_t events, input_events, examples;
} sending;

static void destroy(void *state) {
    sending *s = state;
    vdib__free(s->marginal);
    vdib__free(s->counts);
    vdib__free(s);
}

static code code_of(double probability) {
    return (code){.silent = -vdib__log(1.0 - probability) / VDIB_LN2, .spike = -vdib__log(probability) / VDIB_LN2};
}

/* ---- the marginal ---- */

static vdib_status create_marginal(sending *s, const vdib__walk *training) {
    s->rows = !training->task->by_step && training->steps == s->steps ? s->steps : 1;
    VDIB_TRY(VDIB_NEW(&s->counts, s->rows * s->neurons));
    return VDIB_NEW(&s->marginal, s->rows * s->neurons);
}

static vdib_status study(void *state, const vdib__spikes *spikes) {
    const vdib__walk *training = spikes->training;
    sending *s = state;
    for (size_t i = 0; i < training->count; i++) {
        const vdib_raster *readout = training->task->trial(training, i)->readout;
        for (size_t t = 0; t < vdib_raster_steps(readout); t++) {
            const uint32_t *neurons = NULL;
            size_t count = vdib_raster_at(readout, t, &neurons);
            for (size_t k = 0; k < count; k++)
                s->counts[t % s->rows * s->neurons + neurons[k]]++;
        }
    }
    return VDIB_OK;
}

/* Probabilities (n + 1/2)/(N + 1): n spikes in N places. */
static vdib_status learn(void *state, const vdib__spikes *spikes) {
    const vdib__walk *training = spikes->training;
    sending *s = state;
    VDIB_TRY(vdib__ranks_count_up(training->ranks, s->counts, s->rows * s->neurons));
    double places = (double)training->total * (s->rows == 1 ? (double)training->steps : 1.0);
    for (size_t k = 0; k < s->rows * s->neurons; k++)
        s->marginal[k] = code_of(((double)s->counts[k] + 0.5) / (places + 1.0));
    return VDIB_OK;
}

/* ---- what is sent ---- */

static vdib_status create(const vdib__spikes *spikes, void **state) {
    const vdib__walk *walk = spikes->walk;
    const vdib_geometry *geometry = &walk->model->geometry;
    sending *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->steps = walk->steps;
    made->neurons = walk->model->encoder.readout.neurons;
    made->inputs = geometry->input_channels * geometry->input_height * geometry->input_width;
    made->prior = code_of(walk->model->config->objective.prior_probability);
    vdib_status status = spikes->training != NULL ? create_marginal(made, spikes->training) : VDIB_OK;
    if (status != VDIB_OK) {
        destroy(made);
        return status;
    }
    *state = made;
    return VDIB_OK;
}

static void take_example(sending *s, const float *y) {
    double prior_bits = 0, marginal_bits = 0;
    for (size_t t = 0; t < s->steps; t++)
        for (size_t i = 0; i < s->neurons; i++) {
            bool spike = y[t * s->neurons + i] != 0.0F;
            prior_bits += spike ? s->prior.spike : s->prior.silent;
            if (s->marginal == NULL)
                continue;
            const code *marginal = &s->marginal[t % s->rows * s->neurons + i];
            marginal_bits += spike ? marginal->spike : marginal->silent;
        }
    vdib__sum_add(&s->prior_bits, prior_bits);
    vdib__sum_add(&s->marginal_bits, marginal_bits);
}

static vdib_status take(void *state, const vdib__spikes *spikes) {
    const vdib__walk *walk = spikes->walk;
    sending *s = state;
    for (size_t i = 0; i < walk->count; i++) {
        const vdib__trial *trial = walk->task->trial(walk, i);
        take_example(s, trial->window);
        s->events += vdib_raster_spikes(trial->readout);
        s->input_events += vdib_raster_spikes(walk->examples[i]->raster);
    }
    s->examples += walk->count;
    return VDIB_OK;
}

static vdib_status share(void *state, const vdib__spikes *spikes) {
    vdib__ranks *ranks = spikes->walk->ranks;
    sending *s = state;
    VDIB_TRY(vdib__ranks_sum(ranks, &s->prior_bits, 1));
    VDIB_TRY(vdib__ranks_sum(ranks, &s->marginal_bits, 1));
    VDIB_TRY(vdib__ranks_count_up(ranks, &s->events, 1));
    VDIB_TRY(vdib__ranks_count_up(ranks, &s->input_events, 1));
    return vdib__ranks_count_up(ranks, &s->examples, 1);
}

/* Bits that number one of `count` things: the logarithm, rounded up. */
static double address_bits(size_t count) {
    double bits = 0;
    for (size_t rest = count > 0 ? count - 1 : 0; rest > 0; rest /= 2)
        bits++;
    return bits;
}

static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const sending *s = state;
    double examples = (double)s->examples, step = address_bits(s->steps);
    (void)spikes;
    findings->bits_prior = vdib__sum_value(&s->prior_bits) / examples;
    findings->bits_marginal = s->marginal != NULL ? vdib__sum_value(&s->marginal_bits) / examples : NAN;
    findings->bits_events = (double)s->events / examples * (address_bits(s->neurons) + step);
    findings->bits_input_events = (double)s->input_events / examples * (address_bits(s->inputs) + step);
    return VDIB_OK;
}

const vdib__spikes_part vdib__spikes_code = {.create = create,
                                             .study = study,
                                             .learn = learn,
                                             .take = take,
                                             .share = share,
                                             .report = report,
                                             .destroy = destroy};
