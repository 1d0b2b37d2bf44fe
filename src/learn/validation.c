/* SPDX-License-Identifier: MIT */
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

static vdib_status sum_batches(vdib__walk *walk, vdib__validation *sum) {
    vdib__loss losses[VDIB_WALK_BATCH];
    const measuring all = {walk, losses};
    size_t steps = walk->task->loss_steps(walk->steps);
    for (;;) {
        VDIB_TRY(vdib__walk_next(walk));
        if (walk->count == 0)
            return VDIB_OK;
        vdib__parallel(walk->threads, walk->count, measure_task, &all);
        for (size_t i = 0; i < walk->count; i++) {
            sum->loss += vdib__loss_total(walk->model, &losses[i], steps);
            sum->distortion += losses[i].distortion;
            sum->rate_bits += losses[i].rate / VDIB_LN2;
        }
    }
}

vdib_status vdib__validate(const vdib_trainer *trainer, vdib__validation *validation) {
    vdib__walk *walk = NULL;
    vdib__validation sum = {0};
    const vdib_evaluation_options options = {.size = sizeof(vdib_evaluation_options),
                                             .threads = (size_t)trainer->threads,
                                             .cancelled = trainer->cancelled,
                                             .user = trainer->user};
    VDIB_TRY(vdib__walk_open(vdib__trainer_result(trainer), trainer->dataset, VDIB_SPLIT_VALIDATION, &options, &walk));
    vdib_status status = sum_batches(walk, &sum);
    double examples = (double)walk->total;
    vdib__walk_close(walk);
    if (status == VDIB_OK)
        *validation = (vdib__validation){sum.loss / examples, sum.distortion / examples, sum.rate_bits / examples};
    return status;
}
