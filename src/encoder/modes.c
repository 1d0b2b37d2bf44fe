/* SPDX-License-Identifier: MIT */
#include "encoder/modes.h"

/* ---- encoder.type ---- */

/* What is learnt or sent step by step, and what happens to spikes on the way, needs spikes. */
static const vdib__need counting[] = {
    {.key = "data.target", .any = "values class", .remedy = "counts are of a whole example"},
    {.key = "learning.schedule", .any = "episode"},
    {.key = "learning.draws", .least = 1, .most = 1, .remedy = "nothing is drawn"},
    {.key = "channel.type", .any = "none", .remedy = "no spikes are sent"},
    {.key = "decoder.coding", .any = "time", .remedy = "encoder.bins=1 has one count for the whole example"},
    {.key = "encoder.initialisation", .any = "law", .remedy = "there are no weights to set"},
    {0}};
static const vdib__encoder_type spiking = {
    .choice = {.name = "spiking", .help = "spiking layers, and a readout whose spikes the decoder reads"}};
static const vdib__encoder_type counts = {
    .choice = {.name = "counts",
               .help = "none: the decoder reads square roots of counts of the input's events",
               .needs = counting},
    .absent = true};

static const vdib__choice *const types[] = {&spiking.choice, &counts.choice};
const vdib__choices vdib__encoder_types = VDIB_CHOICES(types);

/* ---- learning.credit_assignment. Tag "error": it takes the error of the readout. ---- */

const vdib__credit vdib__credit_dfa = {
    .choice = {.name = "dfa",
               .help = "direct feedback alignment: a fixed random matrix takes the error to every layer, step by step",
               .tags = "error"}};
const vdib__credit vdib__credit_fa = {
    .choice = {.name = "fa",
               .help = "feedback alignment: as bp, with fixed random weights in place of the weights",
               .tags = "error"},
    .layered = true};
const vdib__credit vdib__credit_drtp = {
    .choice = {.name = "drtp",
               .help = "direct random target projection: a fixed random matrix takes the target to every layer"},
    .target = true};
const vdib__credit vdib__credit_bp = {
    .choice = {.name = "bp",
               .help = "back-propagation through weights, filters and traces, without recursions",
               .tags = "error"},
    .layered = true,
    .symmetric = true};

static const vdib__need whole_examples[] = {
    {.key = "learning.schedule", .any = "episode", .remedy = "or bp: online weights move between the steps"}, {0}};
const vdib__credit vdib__credit_bptt = {
    .choice = {.name = "bptt",
               .help = "back-propagation through time: as bp, and through what spikes do to their own neurons later",
               .tags = "error recurrent",
               .needs = whole_examples},
    .layered = true,
    .symmetric = true,
    .recurrent = true};

static const vdib__choice *const credits[] = {&vdib__credit_dfa.choice, &vdib__credit_fa.choice,
                                              &vdib__credit_drtp.choice, &vdib__credit_bp.choice,
                                              &vdib__credit_bptt.choice};
const vdib__choices vdib__credits = VDIB_CHOICES(credits);

/* ---- neuron.model. Tag "reset": spikes set the potential back to 0. ---- */

/* What a weight did to the potential is gone after a reset: no trace of the input tells it to online learning. */
static const vdib__need reset_needs[] = {
    {.key = "learning.schedule", .any = "episode", .remedy = "or neuron.model=srm"},
    {.key = "neuron.learn_tau", .any = "none", .remedy = "or neuron.model=srm"},
    {0}};
const vdib__neuron_model vdib__neuron_srm = {
    .choice = {.name = "srm", .help = "spike response: delayed input traces, and a refractory trace of its own spikes"},
    .synapse = true};
const vdib__neuron_model vdib__neuron_cuba = {
    .choice = {.name = "cuba",
               .help = "current-based LIF as NIR's CubaLIF: synapse, membrane, reset to 0 above the threshold",
               .tags = "reset",
               .needs = reset_needs},
    .resets = true,
    .synapse = true};
const vdib__neuron_model vdib__neuron_lif = {.choice = {.name = "lif",
                                                        .help = "the same without a synapse, as NIR's LIF",
                                                        .tags = "reset",
                                                        .needs = reset_needs},
                                             .resets = true};

static const vdib__choice *const models[] = {&vdib__neuron_srm.choice, &vdib__neuron_cuba.choice,
                                             &vdib__neuron_lif.choice};
const vdib__choices vdib__neuron_models = VDIB_CHOICES(models);

/* ---- neuron.gain: docs/method.md, eq. (1) to (3) ---- */

/* The published gain makes the impulse response peak far above 1; unit gain makes its sum 1. With a gain of one, what
 * comes in is added as it is, as in snnTorch and sinabs: it alone is one for traces that do not decay. */
static float published_trace(float decay) {
    return 1.0F / (1.0F - decay);
}

static float complement(float decay) {
    return 1.0F - decay;
}

static float published_trace_slope(float decay) {
    return published_trace(decay) * published_trace(decay);
}

static float one(float decay) {
    (void)decay;
    return 1.0F;
}

static float none(float decay) {
    (void)decay;
    return 0.0F;
}

static float falling(float decay) {
    (void)decay;
    return -1.0F;
}

const vdib__gain vdib__gain_published = {
    .choice = {.name = "published", .help = "1 / (1 - decay), the refractory trace's 1"},
    .trace = published_trace,
    .refractory = one,
    .trace_slope = published_trace_slope,
    .refractory_slope = none};
const vdib__gain vdib__gain_unit = {.choice = {.name = "unit", .help = "1 - decay"},
                                    .trace = complement,
                                    .refractory = complement,
                                    .trace_slope = falling,
                                    .refractory_slope = falling};

const vdib__gain vdib__gain_one = {.choice = {.name = "one", .help = "1: what comes in is added as it is"},
                                   .trace = one,
                                   .refractory = one,
                                   .trace_slope = none,
                                   .refractory_slope = none};

static const vdib__choice *const gains[] = {&vdib__gain_published.choice, &vdib__gain_unit.choice,
                                            &vdib__gain_one.choice};
const vdib__choices vdib__gains = VDIB_CHOICES(gains);

/* ---- neuron.learn_tau ---- */

static const vdib__learnt_times constant = {.choice = {.name = "none", .help = "none: they stay as given"}};
static const vdib__learnt_times traces = {.choice = {.name = "traces", .help = "those of the synapse and the membrane"},
                                          .traces = true};
static const vdib__learnt_times all = {
    .choice = {.name = "all", .help = "those of the refractory trace, too"}, .traces = true, .refractory = true};

static const vdib__choice *const learnt[] = {&constant.choice, &traces.choice, &all.choice};
const vdib__choices vdib__learnt_times_choices = VDIB_CHOICES(learnt);

/* ---- readout.feedback ---- */

static const vdib__reach neuron = {.choice = {.name = "neuron", .help = "its own"}};
static const vdib__reach lateral = {.choice = {.name = "lateral", .help = "the whole layer's"}, .lateral = true};

static const vdib__choice *const reaches[] = {&neuron.choice, &lateral.choice};
const vdib__choices vdib__reaches = VDIB_CHOICES(reaches);

/* ---- readout.type ---- */

/* The gradient goes through what is drawn, as it is; there are no spikes that others could read. */
static const vdib__need gaussian_needs[] = {
    {.key = "encoder.type", .any = "spiking", .remedy = "there is no readout"},
    {.key = "data.target", .any = "values class", .remedy = "its numbers are learnt from whole examples"},
    {.key = "learning.schedule", .any = "episode"},
    {.key = "learning.estimator", .any = "straight-through", .remedy = "its gradient goes through the numbers drawn"},
    {.key = "objective.rate_term", .any = "analytic", .remedy = "or auto"},
    {.key = "channel.type", .any = "none", .remedy = "no spikes are sent"},
    {.key = "decoder.coding", .any = "time", .remedy = "no spikes are sent"},
    {.key = "encoder.initialisation", .any = "law", .remedy = "the readout has no spike probabilities to set"},
    {0}};
static const vdib__readout_type spikes = {.choice = {.name = "spiking", .help = "a spike or none, at random"}};
static const vdib__readout_type gaussian = {
    .choice = {.name = "gaussian",
               .help = "a number: its potential and Gaussian noise of a strength that is learnt",
               .needs = gaussian_needs},
    .gaussian = true};

static const vdib__choice *const readouts[] = {&spikes.choice, &gaussian.choice};
const vdib__choices vdib__readout_types = VDIB_CHOICES(readouts);
