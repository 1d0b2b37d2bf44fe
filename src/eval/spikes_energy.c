/* SPDX-License-Identifier: MIT */
/* What the encoder does for an example, beside the same layers on counts of events; what the decoder does. */
#include "core/alloc.h"
#include "core/error.h"
#include "core/sum.h"
#include "eval/energy.h"
#include "eval/spikes.h"

/* Summed over examples. */
typedef struct energy {
    vdib__sum additions, multiplications, weights, states;
    uint64_t examples;
} energy;

static vdib_status create(const vdib__spikes *spikes, void **state) {
    energy *made = NULL;
    (void)spikes;
    VDIB_TRY(VDIB_NEW(&made, 1));
    *state = made;
    return VDIB_OK;
}

static vdib_status take(void *state, const vdib__spikes *spikes) {
    const vdib__walk *walk = spikes->walk;
    energy *e = state;
    for (size_t i = 0; i < walk->count; i++) {
        vdib__effort one = vdib__effort_of_spikes(&walk->model->encoder, walk->task->trial(walk, i));
        vdib__sum_add(&e->additions, one.additions);
        vdib__sum_add(&e->multiplications, one.multiplications);
        vdib__sum_add(&e->weights, one.weights);
        vdib__sum_add(&e->states, one.states);
    }
    e->examples += walk->count;
    return VDIB_OK;
}

static vdib_status share(void *state, const vdib__spikes *spikes) {
    vdib__ranks *ranks = spikes->walk->ranks;
    energy *e = state;
    VDIB_TRY(vdib__ranks_sum(ranks, &e->additions, 1));
    VDIB_TRY(vdib__ranks_sum(ranks, &e->multiplications, 1));
    VDIB_TRY(vdib__ranks_sum(ranks, &e->weights, 1));
    VDIB_TRY(vdib__ranks_sum(ranks, &e->states, 1));
    return vdib__ranks_count_up(ranks, &e->examples, 1);
}

static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const energy *e = state;
    const vdib__encoder *encoder = &spikes->walk->model->encoder;
    const vdib__chain *decoder = &spikes->walk->model->decoder;
    const vdib__storage of_spikes = vdib__storage_of_spikes(encoder), of_counts = vdib__storage_of_counts(encoder),
                        of_decoder = vdib__storage_of_chain(decoder);
    const vdib__effort spiking = {vdib__sum_value(&e->additions), vdib__sum_value(&e->multiplications),
                                  vdib__sum_value(&e->weights), vdib__sum_value(&e->states)};
    const vdib__effort counts = vdib__effort_of_counts(encoder), decoding = vdib__effort_of_chain(decoder);
    double passes = (double)spikes->walk->decodings; /* of an ordinary network: one for everything that is decoded */
    findings->spiking = vdib__efforts_of(&spiking, &of_spikes, (double)e->examples);
    findings->counting = vdib__efforts_of(&counts, &of_counts, 1 / passes);
    findings->decoding = vdib__efforts_of(&decoding, &of_decoder, 1 / passes);
    return VDIB_OK;
}

static void destroy(void *state) {
    vdib__free(state);
}

const vdib__spikes_part vdib__spikes_energy = {
    .create = create, .take = take, .share = share, .report = report, .destroy = destroy};
