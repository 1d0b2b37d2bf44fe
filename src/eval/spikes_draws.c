/* SPDX-License-Identifier: MIT */
/* Several draws of the readout's spikes of every example: what one of them says on average, and what their outputs say
 * together, averaged. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/threads.h"
#include "eval/spikes.h"

enum { CHUNK = VDIB_REPLAY_CHUNK };

typedef struct draws {
    size_t count;       /* K */
    size_t together;    /* examples encoded at a time */
    vdib__batch *batch; /* (together) examples, K draws of each */
    float *logits;      /* (K, CHUNK, outputs) */
    float *averaged;    /* (CHUNK, outputs) */
    vdib__score one, all;
} draws;

static void destroy(void *state) {
    draws *d = state;
    vdib__batch_destroy(d->batch);
    vdib__free(d->averaged);
    vdib__free(d->logits);
    vdib__free(d);
}

static vdib_status create_buffers(const vdib__walk *walk, draws *d) {
    d->together = walk->most / d->count > 0 ? walk->most / d->count : 1;
    VDIB_TRY(VDIB_NEW(&d->logits, d->count * CHUNK * walk->model->outputs));
    VDIB_TRY(VDIB_NEW(&d->averaged, CHUNK * walk->model->outputs));
    return vdib__batch_create(walk->model, d->together, d->count, walk->steps, walk->threads, &d->batch);
}

static vdib_status create(const vdib__spikes *spikes, void **state) {
    draws *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->count = spikes->walk->options.draws > 0 ? spikes->walk->options.draws : VDIB__SPIKES_DRAWS;
    vdib_status status = create_buffers(spikes->walk, made);
    if (status != VDIB_OK) {
        destroy(made);
        return status;
    }
    *state = made;
    return VDIB_OK;
}

typedef struct averaging {
    const vdib__head *head;
    const draws *d;
    size_t outputs;
} averaging;

/* Tasks: decodings of the chunk. */
static void average_task(const void *context, size_t i, size_t slot) {
    const averaging *a = context;
    (void)slot;
    a->head->average(a->d->logits + i * a->outputs, a->d->count, CHUNK * a->outputs, a->outputs,
                     a->d->averaged + i * a->outputs);
}

/* Decodes places (count) with every draw; the places name the examples of the walk, `first` is that of the batch's
 * first. */
static vdib_status take_chunk(draws *d, const vdib__spikes *spikes, size_t first, vdib__replay_place *places,
                              size_t count) {
    const vdib_model *model = spikes->walk->model;
    const vdib__replay_way whole = {.arrived = model->window};
    const float *logits = NULL;
    for (size_t m = 0; m < d->count; m++) {
        for (size_t i = 0; i < count; i++) {
            places[i].trial = vdib__batch_sample(d->batch, (places[i].example - first) * d->count + m);
            places[i].sample = (uint8_t)m;
        }
        VDIB_TRY(vdib__replay_decode(spikes->replay, places, count, &whole, &logits));
        VDIB_TRY(vdib__replay_score(spikes->replay, places, count, logits, &d->one));
        memcpy(d->logits + m * CHUNK * model->outputs, logits, count * model->outputs * sizeof *logits);
    }
    if (model->head->average == NULL)
        return VDIB_OK;
    const averaging all = {model->head, d, model->outputs};
    vdib__parallel(spikes->walk->threads, count, average_task, &all);
    return vdib__replay_score(spikes->replay, places, count, d->averaged, &d->all);
}

/* Examples [first, first + some) of the walk's batch. */
static vdib_status take_examples(draws *d, const vdib__spikes *spikes, size_t first, size_t some) {
    const vdib__walk *walk = spikes->walk;
    vdib__replay_place places[CHUNK];
    VDIB_TRY(vdib__batch_encode(walk->model, walk->threads, d->batch, walk->inputs + first, walk->model->config->seed,
                                VDIB_STAGE_EVALUATION, walk->indices + first, some));
    size_t end = (first + some) * walk->decodings;
    for (size_t number = first * walk->decodings; number < end;) {
        size_t count = vdib__replay_places(walk, number, places);
        count = count < end - number ? count : end - number;
        VDIB_TRY(take_chunk(d, spikes, first, places, count));
        number += count;
    }
    return VDIB_OK;
}

static vdib_status take(void *state, const vdib__spikes *spikes) {
    draws *d = state;
    size_t count = spikes->walk->count;
    for (size_t first = 0; first < count; first += d->together)
        VDIB_TRY(take_examples(d, spikes, first, count - first < d->together ? count - first : d->together));
    return VDIB_OK;
}

static vdib_status share(void *state, const vdib__spikes *spikes) {
    vdib__ranks *ranks = spikes->walk->ranks;
    draws *d = state;
    VDIB_TRY(vdib__score_share(&d->one, ranks));
    return vdib__score_share(&d->all, ranks);
}

static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const draws *d = state;
    findings->draws = (double)d->count;
    findings->of_draws = vdib__replay_means(spikes->replay, &d->one);
    if (d->all.count > 0)
        findings->draws_averaged = vdib__replay_means(spikes->replay, &d->all);
    return VDIB_OK;
}

const vdib__spikes_part vdib__spikes_draws = {
    .create = create, .take = take, .share = share, .report = report, .destroy = destroy};
