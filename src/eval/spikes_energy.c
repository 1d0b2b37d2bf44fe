/* SPDX-License-Identifier: MIT */
/* What the encoder does for an example, beside the same layers on counts of events; what the decoder does. */
#include "core/alloc.h"
#include "core/error.h"
#include "eval/energy.h"
#include "eval/spikes.h"

typedef struct energy {
    vdib__effort spiking; /* summed over examples */
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
        e->spiking.additions += one.additions;
        e->spiking.multiplications += one.multiplications;
        e->spiking.weights += one.weights;
        e->spiking.states += one.states;
    }
    e->examples += walk->count;
    return VDIB_OK;
}

static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const energy *e = state;
    const vdib__encoder *encoder = &spikes->walk->model->encoder;
    const vdib__chain *decoder = &spikes->walk->model->decoder;
    const vdib__storage of_spikes = vdib__storage_of_spikes(encoder), of_counts = vdib__storage_of_counts(encoder),
                        of_decoder = vdib__storage_of_chain(decoder);
    const vdib__effort counts = vdib__effort_of_counts(encoder), decoding = vdib__effort_of_chain(decoder);
    double passes = (double)spikes->walk->decodings; /* of an ordinary network: one for everything that is decoded */
    findings->spiking = vdib__efforts_of(&e->spiking, &of_spikes, (double)e->examples);
    findings->counting = vdib__efforts_of(&counts, &of_counts, 1 / passes);
    findings->decoding = vdib__efforts_of(&decoding, &of_decoder, 1 / passes);
    return VDIB_OK;
}

static void destroy(void *state) {
    vdib__free(state);
}

const vdib__spikes_part vdib__spikes_energy = {.create = create, .take = take, .report = report, .destroy = destroy};
