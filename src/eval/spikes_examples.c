/* SPDX-License-Identifier: MIT */
/* What is said of every example: its class, the answer of the decoder or of the judge, and its spikes, so that two
 * models can be compared recording by recording (bench/paired). */
#include "core/alloc.h"
#include "core/error.h"
#include "eval/metrics.h"
#include "eval/spikes.h"

typedef struct examples {
    size_t total;
    double *labels, *answers, *counts; /* (total) */
} examples;

static void destroy(void *state) {
    examples *e = state;
    vdib__free(e->counts);
    vdib__free(e->answers);
    vdib__free(e->labels);
    vdib__free(e);
}

/* Only where somebody answers with a class. */
static vdib_status create(const vdib__spikes *spikes, void **state) {
    const vdib__walk *walk = spikes->walk;
    examples *made = NULL;
    if (walk->task->by_step || (!walk->model->head->classes && spikes->judging == NULL))
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->total = walk->total;
    vdib_status status = VDIB_NEW(&made->labels, made->total);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->answers, made->total);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->counts, made->total);
    if (status != VDIB_OK) {
        destroy(made);
        return status;
    }
    *state = made;
    return VDIB_OK;
}

static vdib_status take(void *state, const vdib__spikes *spikes) {
    const vdib__walk *walk = spikes->walk;
    const examples *e = state;
    uint32_t answers[VDIB_WALK_BATCH];
    size_t outputs = walk->model->outputs;
    if (walk->model->head->classes)
        for (size_t i = 0; i < walk->count; i++)
            answers[i] = vdib__most_probable(walk->outputs + i * outputs, outputs);
    else
        VDIB_TRY(vdib__judge_label(spikes->judging->judge, walk->threads, walk->outputs, walk->count, answers));
    for (size_t i = 0; i < walk->count; i++) {
        e->labels[walk->first + i] = walk->examples[i]->label;
        e->answers[walk->first + i] = answers[i];
        e->counts[walk->first + i] = (double)vdib_raster_spikes(walk->task->trial(walk, i)->readout);
    }
    return VDIB_OK;
}

static vdib_status share(void *state, const vdib__spikes *spikes) {
    const examples *e = state;
    const vdib__rows rows[] = {
        {e->labels, sizeof *e->labels}, {e->answers, sizeof *e->answers}, {e->counts, sizeof *e->counts}};
    return vdib__walk_share(spikes->walk, rows, sizeof rows / sizeof *rows);
}

static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const examples *e = state;
    (void)spikes;
    VDIB_TRY(vdib__findings_put(findings, VDIB__ARRAY_EXAMPLE_LABELS, e->labels, e->total));
    VDIB_TRY(vdib__findings_put(findings, VDIB__ARRAY_EXAMPLE_ANSWERS, e->answers, e->total));
    return vdib__findings_put(findings, VDIB__ARRAY_EXAMPLE_SPIKES, e->counts, e->total);
}

const vdib__spikes_part vdib__spikes_examples = {
    .create = create,
    .take = take,
    .share = share,
    .report = report,
    .destroy = destroy,
};
