/* SPDX-License-Identifier: MIT */
/* What is decoded before all spikes are there: the first steps of the window have arrived, the rest is 0. */
#include <math.h>

#include "core/alloc.h"
#include "core/error.h"
#include "eval/spikes.h"

enum { POINTS = 10 };

typedef struct anytime {
    size_t count;
    size_t arrived[POINTS]; /* (count) increasing, the last one is the window */
    vdib__score scores[POINTS];
} anytime;

/* Where every step is decoded there is no beginning: such tasks have none of this. */
static vdib_status create(const vdib__spikes *spikes, void **state) {
    size_t window = spikes->walk->model->window;
    anytime *made = NULL;
    if (spikes->walk->task->by_step)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->count = window < POINTS ? window : POINTS;
    for (size_t k = 0; k < made->count; k++)
        made->arrived[k] = ((k + 1) * window + made->count / 2) / made->count; /* rounded */
    *state = made;
    return VDIB_OK;
}

static vdib_status take(void *state, const vdib__spikes *spikes) {
    anytime *a = state;
    for (size_t k = 0; k < a->count; k++) {
        const vdib__replay_way way = {.arrived = a->arrived[k]};
        VDIB_TRY(vdib__replay_batch(spikes->replay, &way, &a->scores[k]));
    }
    return VDIB_OK;
}

static vdib_status share(void *state, const vdib__spikes *spikes) {
    vdib__ranks *ranks = spikes->walk->ranks;
    anytime *a = state;
    for (size_t k = 0; k < a->count; k++)
        VDIB_TRY(vdib__score_share(&a->scores[k], ranks));
    return VDIB_OK;
}

/* Makes the array of one score, unless the task has no such score. */
static vdib_status put(vdib__findings *findings, vdib__array_id id, const double *values, size_t count) {
    return isnan(values[0]) ? VDIB_OK : vdib__findings_put(findings, id, values, count);
}

static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const anytime *a = state;
    double steps[POINTS], accuracy[POINTS], judged[POINTS], mse[POINTS], distortion[POINTS];
    for (size_t k = 0; k < a->count; k++) {
        vdib__scores means = vdib__replay_means(spikes->replay, &a->scores[k]);
        steps[k] = (double)a->arrived[k];
        accuracy[k] = means.accuracy;
        judged[k] = means.judge_accuracy;
        mse[k] = means.mse;
        distortion[k] = means.distortion_nats;
    }
    VDIB_TRY(put(findings, VDIB__ARRAY_ANYTIME_STEPS, steps, a->count));
    VDIB_TRY(put(findings, VDIB__ARRAY_ANYTIME_ACCURACY, accuracy, a->count));
    VDIB_TRY(put(findings, VDIB__ARRAY_ANYTIME_JUDGE_ACCURACY, judged, a->count));
    VDIB_TRY(put(findings, VDIB__ARRAY_ANYTIME_MSE, mse, a->count));
    return put(findings, VDIB__ARRAY_ANYTIME_DISTORTION, distortion, a->count);
}

static void destroy(void *state) {
    vdib__free(state);
}

const vdib__spikes_part vdib__spikes_anytime = {
    .create = create, .take = take, .share = share, .report = report, .destroy = destroy};
