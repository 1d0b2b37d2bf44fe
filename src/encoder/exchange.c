/* SPDX-License-Identifier: MIT */
/* A backward pass that several ranks divide (core/ranks.h). Each brings the errors of its own trials down through the
 * layers; then all tell each other what gradients of weights are made of: the spikes that go into a layer, and the
 * errors of its potentials. With them every rank holds what one process alone would, and forms the same sums. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/threads.h"
#include "encoder/layers.h"

/* A pass and its part of the trials. */
typedef struct exchange {
    const vdib__pass *all;
    vdib__ranks *ranks;
} exchange;

/* ---- what changes in the input of a layer ---- */

static void put_changes(vdib__ranks *ranks, const vdib__changes *changes) {
    uint32_t count = (uint32_t)changes->step_offsets[changes->steps];
    uint32_t *made = vdib__ranks_room(ranks, (changes->steps + 1) * sizeof *made);
    for (size_t t = 0; t < changes->steps && made != NULL; t++)
        made[t] = (uint32_t)(changes->step_offsets[t + 1] - changes->step_offsets[t]) << 1 | changes->restart[t];
    if (made != NULL)
        made[changes->steps] = count;
    vdib__ranks_put(ranks, changes->by_step, count * sizeof *changes->by_step);
}

static vdib_status take_changes(vdib__ranks *ranks, size_t rank, vdib__changes *changes) {
    const void *sent = NULL;
    VDIB_TRY(vdib__ranks_view(ranks, rank, (changes->steps + 1) * sizeof(uint32_t), &sent));
    const uint32_t *steps = sent;
    uint64_t total = 0;
    for (size_t t = 0; t < changes->steps; t++) {
        changes->restart[t] = steps[t] & 1;
        changes->step_offsets[t] = (size_t)total;
        total += steps[t] >> 1;
    }
    if (total != steps[changes->steps])
        return vdib__fail(VDIB_ERROR_FORMAT, "rank %zu sent spikes of another shape; does it run the same settings?",
                          rank);
    changes->step_offsets[changes->steps] = (size_t)total;
    VDIB_TRY(VDIB_RESERVE(&changes->by_step, &changes->step_capacity, (size_t)total));
    VDIB_TRY(vdib__ranks_take(ranks, rank, changes->by_step, (size_t)total * sizeof *changes->by_step));
    for (size_t e = 0; e < total; e++)
        if (changes->by_step[e] >> 1 >= changes->channels)
            return vdib__fail(VDIB_ERROR_FORMAT, "rank %zu sent a spike of channel %u of %zu", rank,
                              changes->by_step[e] >> 1, changes->channels);
    return vdib__changes_by_channel(changes);
}

/* ---- arrays, sent or received by the same list ---- */

/* What of a draw of the readout others need: errors, and spikes where they feed back. */
static size_t list_draw(const vdib__readout *readout, const vdib__trial *draw, vdib__rows *arrays) {
    size_t row = readout->neurons * sizeof(float), count = 0;
    arrays[count++] = (vdib__rows){draw->errors, draw->steps * row};
    if (readout->feedback_bases > 0)
        arrays[count++] = (vdib__rows){draw->blank_window, draw->steps * row};
    if (readout->gaussian)
        arrays[count++] = (vdib__rows){draw->deviation_errors, row};
    return count;
}

/* And of a hidden layer. */
static size_t list_layer(const vdib__encoder *encoder, size_t number, const vdib__trial *trial, vdib__rows *arrays) {
    const vdib__lif_layer *layer = &encoder->layers[number];
    size_t columns = layer->convolutional ? layer->neurons : vdib__blocks(layer->neurons, VDIB_BLOCK) * VDIB_BLOCK;
    size_t count = 0;
    arrays[count++] = (vdib__rows){trial->layers[number].errors, trial->steps * columns * sizeof(float)};
    for (int row = 0; row <= VDIB_TAUS; row++)
        arrays[count++] = vdib__lif_kept_sums(trial, layer, row);
    return count;
}

enum { MOST_ARRAYS = VDIB_TAUS + 3 };

static void put_arrays(vdib__ranks *ranks, const vdib__rows *arrays, size_t count) {
    for (size_t a = 0; a < count; a++)
        vdib__ranks_put(ranks, arrays[a].values, arrays[a].bytes);
}

static vdib_status take_arrays(vdib__ranks *ranks, size_t rank, const vdib__rows *arrays, size_t count) {
    for (size_t a = 0; a < count; a++)
        VDIB_TRY(vdib__ranks_take(ranks, rank, arrays[a].values, arrays[a].bytes));
    return VDIB_OK;
}

/* ---- trials ---- */

static void put_trial(const exchange *x, vdib__trial *trial) {
    const vdib__encoder *encoder = x->all->encoder;
    vdib__rows arrays[MOST_ARRAYS];
    for (size_t l = 0; l <= encoder->layer_count; l++)
        put_changes(x->ranks, trial->changes[l]);
    for (size_t m = 0; m <= trial->others; m++)
        put_arrays(x->ranks, arrays, list_draw(&encoder->readout, vdib__trial_draw(trial, m), arrays));
}

static vdib_status take_trial(const exchange *x, size_t rank, vdib__trial *trial) {
    const vdib__encoder *encoder = x->all->encoder;
    vdib__rows arrays[MOST_ARRAYS];
    for (size_t l = 0; l <= encoder->layer_count; l++)
        VDIB_TRY(take_changes(x->ranks, rank, trial->changes[l]));
    for (size_t m = 0; m <= trial->others; m++)
        VDIB_TRY(take_arrays(x->ranks, rank, arrays, list_draw(&encoder->readout, vdib__trial_draw(trial, m), arrays)));
    return VDIB_OK;
}

/* What was sent of all trials, this rank's own among them: its readout's errors are those of one draw again. */
static vdib_status take_trials(const exchange *x) {
    for (size_t r = 0; r < vdib__ranks_count(x->ranks); r++) {
        vdib__portion part = vdib__ranks_portion(x->ranks, r, x->all->count);
        for (size_t i = part.begin; i < part.end; i++)
            VDIB_TRY(take_trial(x, r, x->all->trials[i]));
    }
    return VDIB_OK;
}

static vdib_status take_layer(const exchange *x, size_t number) {
    vdib__rows arrays[MOST_ARRAYS];
    for (size_t r = 0; r < vdib__ranks_count(x->ranks); r++) {
        vdib__portion part = vdib__ranks_portion(x->ranks, r, x->all->count);
        for (size_t i = part.begin; i < part.end; i++)
            VDIB_TRY(take_arrays(x->ranks, r, arrays, list_layer(x->all->encoder, number, x->all->trials[i], arrays)));
    }
    return VDIB_OK;
}

/* The errors of this rank's trials, sent layer by layer from the top. */
static void send_errors(const exchange *x, const vdib__pass *own) {
    vdib__rows arrays[MOST_ARRAYS];
    for (size_t i = 0; i < own->count; i++)
        put_trial(x, own->trials[i]);
    if (own->count > 0)
        vdib__readout_merge(own);
    for (size_t l = own->encoder->layer_count; l-- > 0;) {
        if (own->count > 0)
            vdib__lif_adjoint(own, l);
        for (size_t i = 0; i < own->count; i++)
            put_arrays(x->ranks, arrays, list_layer(own->encoder, l, own->trials[i], arrays));
    }
}

vdib_status vdib__exchange_errors(const vdib__pass *all, vdib__ranks *ranks, float *gradients) {
    const exchange x = {all, ranks};
    const vdib__portion part = vdib__own_portion(ranks, all->count);
    vdib__pass own = *all;
    own.trials += part.begin;
    own.count = vdib__portion_size(part);
    own.hidden_errors = all->hidden_errors != NULL ? all->hidden_errors + part.begin : NULL;
    own.targets = all->targets != NULL ? all->targets + part.begin : NULL;
    own.target_weights = all->target_weights != NULL ? all->target_weights + part.begin : NULL;
    send_errors(&x, &own);
    VDIB_TRY(vdib__ranks_gather(ranks));
    VDIB_TRY(take_trials(&x));
    vdib__readout_feedback_gradient(all, gradients);
    vdib__readout_merge(all);
    for (size_t l = all->encoder->layer_count; l-- > 0;) {
        VDIB_TRY(take_layer(&x, l));
        vdib__lif_sums(all, l, gradients);
    }
    return VDIB_OK;
}
