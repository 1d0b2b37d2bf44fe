/* SPDX-License-Identifier: MIT */
/* What the decoder, as it was trained, makes of spikes in random order. */
#include "core/alloc.h"
#include "core/error.h"
#include "eval/shuffle.h"
#include "eval/spikes.h"

typedef struct shuffles {
    vdib__score times, neurons;
} shuffles;

static vdib_status create(const vdib__spikes *spikes, void **state) {
    shuffles *made = NULL;
    (void)spikes;
    VDIB_TRY(VDIB_NEW(&made, 1));
    *state = made;
    return VDIB_OK;
}

static vdib_status take(void *state, const vdib__spikes *spikes) {
    shuffles *s = state;
    size_t window = spikes->walk->model->window;
    const vdib__replay_way times = {.change = vdib__shuffle_times, .arrived = window};
    const vdib__replay_way neurons = {.change = vdib__shuffle_neurons, .arrived = window};
    VDIB_TRY(vdib__replay_batch(spikes->replay, &times, &s->times));
    return vdib__replay_batch(spikes->replay, &neurons, &s->neurons);
}

static vdib_status share(void *state, const vdib__spikes *spikes) {
    vdib__ranks *ranks = spikes->walk->ranks;
    shuffles *s = state;
    VDIB_TRY(vdib__score_share(&s->times, ranks));
    return vdib__score_share(&s->neurons, ranks);
}

static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const shuffles *s = state;
    findings->times_shuffled = vdib__replay_means(spikes->replay, &s->times);
    findings->neurons_shuffled = vdib__replay_means(spikes->replay, &s->neurons);
    return VDIB_OK;
}

static void destroy(void *state) {
    vdib__free(state);
}

const vdib__spikes_part vdib__spikes_shuffles = {
    .create = create, .take = take, .share = share, .report = report, .destroy = destroy};
