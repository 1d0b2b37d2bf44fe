/* SPDX-License-Identifier: MIT */
#include "eval/spikes.h"

#include "core/alloc.h"
#include "core/error.h"

static const vdib__spikes_part *const parts[] = {&vdib__spikes_split,   &vdib__spikes_shuffles, &vdib__spikes_counts,
                                                 &vdib__spikes_anytime, &vdib__spikes_draws,    &vdib__spikes_code,
                                                 &vdib__spikes_picture, &vdib__spikes_energy,   &vdib__spikes_examples};
enum { PARTS = sizeof parts / sizeof *parts };

struct vdib__looking {
    vdib__spikes spikes;
    void *states[PARTS];
};

static vdib_status create_parts(vdib__looking *l) {
    for (size_t p = 0; p < PARTS; p++)
        VDIB_TRY(parts[p]->create(&l->spikes, &l->states[p]));
    return VDIB_OK;
}

static bool learns(const vdib__looking *l, size_t p) {
    return l->states[p] != NULL && parts[p]->study != NULL;
}

/* One walk for all parts that learn. */
static vdib_status study(vdib__looking *l, vdib__walk *training) {
    do {
        VDIB_TRY(vdib__walk_next(training));
        for (size_t p = 0; p < PARTS; p++)
            if (learns(l, p))
                VDIB_TRY(parts[p]->study(l->states[p], &l->spikes));
    } while (training->count > 0);
    for (size_t p = 0; p < PARTS; p++)
        if (learns(l, p))
            VDIB_TRY(parts[p]->learn(l->states[p], &l->spikes));
    return VDIB_OK;
}

/* NULL where there are no training examples. */
static vdib_status open_training(const vdib__walk *walk, vdib__walk **training) {
    vdib_evaluation_options options = walk->options;
    options.examples = options.marginal_examples > 0 ? options.marginal_examples : VDIB__SPIKES_MARGINAL;
    if (vdib_dataset_size(walk->dataset, VDIB_SPLIT_TRAIN) == 0 && !vdib__dataset_is_endless(walk->dataset))
        return VDIB_OK;
    VDIB_TRY(vdib__walk_open(walk->model, walk->dataset, VDIB_SPLIT_TRAIN, &options, training));
    vdib__walk_divide(*training, walk->ranks);
    return VDIB_OK;
}

static vdib_status prepare(vdib__looking *l) {
    vdib__walk *training = NULL;
    VDIB_TRY(vdib__replay_create(l->spikes.walk, l->spikes.judging, &l->spikes.replay));
    VDIB_TRY(open_training(l->spikes.walk, &training));
    l->spikes.training = training;
    vdib_status status = create_parts(l);
    if (status == VDIB_OK && training != NULL)
        status = study(l, training);
    l->spikes.training = NULL;
    vdib__walk_close(training);
    return status;
}

vdib_status vdib__looking_open(const vdib__walk *walk, vdib__judging *judging, vdib__looking **looking) {
    vdib__looking *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->spikes = (vdib__spikes){.walk = walk, .judging = judging};
    vdib_status status = prepare(made);
    if (status != VDIB_OK) {
        vdib__looking_close(made);
        return status;
    }
    *looking = made;
    return VDIB_OK;
}

vdib_status vdib__looking_take(vdib__looking *looking) {
    for (size_t p = 0; p < PARTS; p++)
        if (looking->states[p] != NULL)
            VDIB_TRY(parts[p]->take(looking->states[p], &looking->spikes));
    return VDIB_OK;
}

vdib_status vdib__looking_share(vdib__looking *looking) {
    for (size_t p = 0; p < PARTS; p++)
        if (looking->states[p] != NULL)
            VDIB_TRY(parts[p]->share(looking->states[p], &looking->spikes));
    return VDIB_OK;
}

vdib_status vdib__looking_report(const vdib__looking *looking, vdib__findings *findings) {
    for (size_t p = 0; p < PARTS; p++)
        if (looking->states[p] != NULL)
            VDIB_TRY(parts[p]->report(looking->states[p], &looking->spikes, findings));
    return VDIB_OK;
}

void vdib__looking_close(vdib__looking *looking) {
    if (looking == NULL)
        return;
    for (size_t p = 0; p < PARTS; p++)
        if (looking->states[p] != NULL)
            parts[p]->destroy(looking->states[p]);
    vdib__replay_destroy(looking->spikes.replay);
    vdib__free(looking);
}
