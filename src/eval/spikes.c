/* SPDX-License-Identifier: MIT */
#include "eval/spikes.h"
#include "core/error.h"

static const vdib__spikes_part *const parts[] = {&vdib__spikes_split,   &vdib__spikes_shuffles, &vdib__spikes_counts,
                                                 &vdib__spikes_anytime, &vdib__spikes_draws,    &vdib__spikes_code,
                                                 &vdib__spikes_picture, &vdib__spikes_energy,   &vdib__spikes_examples};
enum { PARTS = sizeof parts / sizeof *parts };

typedef struct looking {
    vdib__spikes spikes;
    void *states[PARTS];
} looking;

static vdib_status create_parts(looking *l) {
    for (size_t p = 0; p < PARTS; p++)
        VDIB_TRY(parts[p]->create(&l->spikes, &l->states[p]));
    return VDIB_OK;
}

static vdib_status look(looking *l) {
    for (;;) {
        VDIB_TRY(vdib__walk_next(l->spikes.walk));
        if (l->spikes.walk->count == 0)
            return VDIB_OK;
        for (size_t p = 0; p < PARTS; p++)
            if (l->states[p] != NULL)
                VDIB_TRY(parts[p]->take(l->states[p], &l->spikes));
    }
}

static vdib_status report(const looking *l, vdib__findings *findings) {
    for (size_t p = 0; p < PARTS; p++)
        if (l->states[p] != NULL)
            VDIB_TRY(parts[p]->report(l->states[p], &l->spikes, findings));
    return VDIB_OK;
}

vdib_status vdib__spikes_training(const vdib__walk *walk, vdib__walk **training) {
    vdib_evaluation_options options = walk->options;
    options.examples = options.marginal_examples > 0 ? options.marginal_examples : VDIB__SPIKES_MARGINAL;
    return vdib__walk_open(walk->model, walk->dataset, VDIB_SPLIT_TRAIN, &options, training);
}

vdib_status vdib__spikes_find(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                              const vdib_evaluation_options *options, vdib__findings *findings) {
    looking l = {.states = {NULL}};
    VDIB_TRY(vdib__walk_open(model, dataset, split, options, &l.spikes.walk));
    vdib_status status = vdib__judging_open(l.spikes.walk, &l.spikes.judging);
    if (status == VDIB_OK)
        status = vdib__replay_create(l.spikes.walk, l.spikes.judging, &l.spikes.replay);
    if (status == VDIB_OK)
        status = create_parts(&l);
    if (status == VDIB_OK)
        status = look(&l);
    if (status == VDIB_OK)
        status = report(&l, findings);
    for (size_t p = 0; p < PARTS; p++)
        if (l.states[p] != NULL)
            parts[p]->destroy(l.states[p]);
    vdib__replay_destroy(l.spikes.replay);
    vdib__judging_close(l.spikes.judging);
    vdib__walk_close(l.spikes.walk);
    return status;
}
