/* SPDX-License-Identifier: MIT */
#include "eval/warnings.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/text.h"

/* A kind of warning. `measure` gives the value for hidden layer `layer` (ignored by rows that are not `by_layer`);
 * NaN: it does not apply. The message says the value as a percentage, and the layer where there is one. */
typedef struct row {
    const char *code;
    bool by_layer;
    bool above;       /* warns above the threshold, else below it */
    double threshold; /* share, or spikes a neuron and step */
    double (*measure)(const vdib__activity_summary *summary, size_t layer);
    const char *what; /* what the percentage is of */
    const char *remedy;
    const char *taught; /* the remedy where spike probabilities are taught by hand; NULL: the same */
} row;

static double density(const vdib__activity_summary *s, size_t layer) {
    (void)layer;
    return s->readout_density;
}

static double readout_silent(const vdib__activity_summary *s, size_t layer) {
    (void)layer;
    return s->readout_silent;
}

static double input_silent(const vdib__activity_summary *s, size_t layer) {
    (void)layer;
    return s->input_silent;
}

static double hidden_silent(const vdib__activity_summary *s, size_t layer) {
    return s->hidden[layer].silent;
}

static double hidden_saturated(const vdib__activity_summary *s, size_t layer) {
    return s->hidden[layer].saturated;
}

/* Silent ones and those that always spike together: neither carries anything. */
static double hidden_constant(const vdib__activity_summary *s, size_t layer) {
    return s->hidden[layer].silent + s->hidden[layer].saturated;
}

/* How much of the targets' spread the decoded values have; no question where the targets are all the same. */
static double output_variety(const vdib__activity_summary *s, size_t layer) {
    (void)layer;
    return s->examples > 1 && s->target_spread > 1e-6 ? s->output_spread / s->target_spread : NAN;
}

/* Spikes a readout neuron and step. */
#define SILENT    0.001
#define SATURATED 0.9

/* A readout that spikes less than once in a thousand steps of a neuron sends next to nothing; above nine tenths its
 * spikes say little, and so does a hidden layer most of whose neurons never change. Of several rows of one kind the
 * first speaks. */
static const row ROWS[] = {
    {"input-silent", false, true, 0.1, input_silent,
     "of the examples have no input spike: the encoder sees nothing in them",
     "look at data.start_us, data.steps, data.step_us and data.sensor, or set data.from_first_event=true", NULL},
    {"encoder-silent", false, false, SILENT, density,
     "of the readout's neurons and steps have a spike: the encoder is silent",
     "lower objective.beta, raise objective.prior_probability, or lower learning.encoder_learning_rate",
     "raise learning.target_on or learning.target_off, or lower learning.encoder_learning_rate"},
    {"encoder-saturated", false, true, SATURATED, density,
     "of the readout's neurons and steps have a spike: the encoder is saturated",
     "raise objective.beta, lower objective.prior_probability or learning.encoder_learning_rate, or set "
     "neuron.gain=unit",
     "lower learning.target_on, learning.target_off or learning.encoder_learning_rate, or set neuron.gain=unit"},
    {"readout-neurons-silent", false, true, 0.5, readout_silent, "of the readout's neurons never spike",
     "lower encoder.readouts or objective.beta", "raise learning.target_on or learning.target_off"},
    {"hidden-silent", true, true, 0.9, hidden_silent, "of its neurons never spike",
     "give it more input (data.steps, data.step_us), set neuron.gain=published, or lower "
     "learning.encoder_learning_rate",
     NULL},
    {"hidden-saturated", true, true, 0.9, hidden_saturated, "of its neurons spike in every step",
     "set neuron.gain=unit, or lower learning.encoder_learning_rate", NULL},
    {"hidden-constant", true, true, 0.9, hidden_constant,
     "of its neurons never change: they are silent or spike in every step",
     "set neuron.gain=unit, or lower learning.encoder_learning_rate", NULL},
    {"output-constant", false, false, 0.02, output_variety,
     "of the targets' variety is in what is decoded: it hardly depends on the example",
     "train longer, raise learning.decoder_learning_rate, or lower objective.beta",
     "train longer, raise learning.decoder_learning_rate, or set learning.target_on further from learning.target_off"},
};

static bool warns(const row *r, double value) {
    return isfinite(value) && (r->above ? value > r->threshold : value < r->threshold);
}

static void say(const row *r, size_t layer, double value, bool taught, vdib__warning *warning) {
    char place[48] = "";
    if (r->by_layer)
        snprintf(place, sizeof place, "hidden layer %zu: ", layer + 1);
    double percent = 100 * value;
    warning->code = r->code;
    vdib__format(warning->message, sizeof warning->message, "%s%.*f %% %s; %s", place,
                 percent >= 0.005 && percent < 1 ? 2 : 0, percent, r->what,
                 taught && r->taught != NULL ? r->taught : r->remedy);
}

/* Whether it is said already: a layer's silence or saturation is what "constant" would say once more, and a receiver
 * that is told nothing, or all at once, always says the same. */
static bool is_said(const row *r, const vdib__activity_summary *s, size_t layer) {
    if (r->measure == hidden_constant)
        return s->hidden[layer].silent > r->threshold || s->hidden[layer].saturated > r->threshold;
    if (r->measure == output_variety)
        return s->readout_density < SILENT || s->readout_density > SATURATED;
    return r->measure == readout_silent && s->readout_density < SILENT;
}

size_t vdib__warnings_find(const vdib__activity_summary *summary, vdib__warning warnings[VDIB__WARNINGS_MOST]) {
    size_t count = 0;
    for (size_t r = 0; r < sizeof ROWS / sizeof ROWS[0]; r++)
        for (size_t l = 0; l < (ROWS[r].by_layer ? summary->layers : 1) && count < VDIB__WARNINGS_MOST; l++) {
            double value = ROWS[r].measure(summary, l);
            if (warns(&ROWS[r], value) && !is_said(&ROWS[r], summary, l))
                say(&ROWS[r], l, value, summary->taught, &warnings[count++]);
        }
    return count;
}
