/* SPDX-License-Identifier: MIT */
/* The channel between encoder and decoder, and dropout on spikes. */
#include "reference/trainer/twin.h"

static bool happens(const vdib__key *key, vdib__purpose purpose, size_t step, size_t neuron, double probability) {
    vdib__key own = *key;
    own.purpose = purpose;
    return (double)vdib__random_uniform(&own, (uint32_t)step, (uint32_t)neuron) < probability;
}

/* Whether the spike of neuron i in a data step meets with the channel. */
static bool event_of(const twin *t, const vdib__key *key, size_t step, size_t i) {
    const twin_settings *s = &t->settings;
    bool packets = s->channel == TWIN_PACKETS;
    size_t at = packets ? step / s->packet_steps : step, who = packets ? 0 : i;
    if (t->forced != NULL)
        return t->forced[packets ? at : at * s->readouts + i] != 0;
    return happens(key, VDIB_PURPOSE_CHANNEL, at, who, s->events[key->stage == VDIB_STAGE_TRAINING ? 0 : 1]);
}

/* The first step of the window that is cut away; its length if none is. */
static size_t cut_of(const twin *t, const vdib__key *key) {
    const twin_settings *s = &t->settings;
    vdib__key own = {.seed = key->seed, .stage = key->stage, .example = key->example}; /* the same for every draw */
    if (key->stage != VDIB_STAGE_TRAINING || !happens(&own, VDIB_PURPOSE_CUT, 0, 0, s->cuts))
        return s->window;
    for (size_t step = 1; step < s->window; step++)
        if (happens(&own, VDIB_PURPOSE_CUT, 0, 1, (double)step / (double)s->window))
            return step;
    return s->window;
}

const double *twin_link(twin *t, const vdib__key *key, size_t first, const double *sent) {
    const twin_settings *s = &t->settings;
    bool training = key->stage == VDIB_STAGE_TRAINING;
    for (size_t step = 0; step < s->window; step++) {
        for (size_t i = 0; i < s->readouts; i++) {
            bool event = s->channel != TWIN_NO_CHANNEL && event_of(t, key, first + step, i);
            bool drops = training && s->dropout > 0;
            bool dropped = drops && happens(key, VDIB_PURPOSE_DROPOUT, first + step, i, s->dropout);
            double kept = dropped ? 0 : drops ? 1 / (1 - s->dropout) : 1, y = sent[step * s->readouts + i];
            bool cut = step >= cut_of(t, key);
            double slope = cut ? 0 : !event ? 1 : s->channel == TWIN_FLIPS ? -1 : 0;
            double arrives = s->channel == TWIN_FLIPS && event && !cut ? 1 - y : slope * y;
            t->received[step * s->row + i] = kept * arrives;
            t->slopes[step * s->readouts + i] = kept * slope;
        }
        if (s->channel == TWIN_PACKETS)
            t->received[step * s->row + s->readouts] = step < cut_of(t, key) && event_of(t, key, first + step, 0);
    }
    return t->received;
}
