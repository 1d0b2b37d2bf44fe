/* SPDX-License-Identifier: MIT */
#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/threads.h"
#include "learn/trainer.h"
#include "learn/walk.h"

/* The mean loss of what is decoded of example i of the walk's batch. */
static vdib__loss loss_of(const vdib__walk *walk, size_t i) {
    vdib__loss loss = walk->task->loss(walk, i);
    double scored = (double)walk->decodings;
    loss.distortion /= scored;
    loss.rate_sampled /= scored;
    loss.rate /= scored;
    return loss;
}

typedef struct measuring {
    const vdib__walk *walk;
    vdib__loss *losses;
} measuring;

/* Tasks: examples of the batch. */
static void measure_task(const void *context, size_t i, size_t slot) {
    const measuring *m = context;
    (void)slot;
    m->losses[i] = loss_of(m->walk, i);
}

/* losses (total) of this rank's part of the examples; all of them afterwards. */
static vdib_status measure_all(vdib__walk *walk, vdib__loss *losses) {
    const vdib__rows rows = {losses, sizeof *losses};
    for (;;) {
        VDIB_TRY(vdib__walk_next(walk));
        if (walk->count == 0)
            return vdib__walk_share(walk, &rows, 1);
        const measuring all = {walk, losses + walk->first};
        vdib__parallel(walk->threads, walk->count, measure_task, &all);
    }
}

static vdib__validation mean_of(const vdib__walk *walk, const vdib__loss *losses) {
    size_t steps = walk->task->loss_steps(walk->steps);
    vdib__validation sum = {0};
    double examples = (double)walk->total;
    for (size_t i = 0; i < walk->total; i++) {
        sum.loss += vdib__loss_total(walk->model, &losses[i], steps);
        sum.distortion += losses[i].distortion;
        sum.rate_bits += losses[i].rate / VDIB_LN2;
    }
    return (vdib__validation){sum.loss / examples, sum.distortion / examples, sum.rate_bits / examples};
}

vdib_status vdib__validate(const vdib_trainer *trainer, vdib__validation *validation) {
    vdib__walk *walk = NULL;
    vdib__loss *losses = NULL;
    bool alone = trainer->ranks == NULL; /* several ranks stop together, between updates */
    const vdib_evaluation_options options = {.size = sizeof(vdib_evaluation_options),
                                             .threads = (size_t)trainer->threads,
                                             .cancelled = alone ? trainer->cancelled : NULL,
                                             .user = trainer->user};
    VDIB_TRY(vdib__walk_open(vdib__trainer_result(trainer), trainer->dataset, VDIB_SPLIT_VALIDATION, &options, &walk));
    vdib__walk_divide(walk, trainer->ranks);
    vdib_status status = VDIB_NEW(&losses, walk->total);
    if (status == VDIB_OK)
        status = measure_all(walk, losses);
    if (status == VDIB_OK)
        *validation = mean_of(walk, losses);
    vdib__free(losses);
    vdib__walk_close(walk);
    return status;
}
