/* SPDX-License-Identifier: MIT */
/* Predictors of steps ahead that know nothing but the class that the input shows now: a copy of it, and what followed
 * it most often in training sequences. docs/method.md, eq. (67). */
#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "data/dataset.h"
#include "eval/evaluate.h"

uint32_t vdib__present_class(const vdib__target *target, const vdib_raster *raster, size_t step) {
    const uint32_t *channels = NULL;
    size_t count = vdib_raster_at(raster, step, &channels);
    return target->class_of(channels, count);
}

static vdib_status add_sequence(const vdib_dataset *dataset, uint64_t seed, size_t number, const vdib__target *target,
                                vdib_example *example, uint64_t *counts) {
    VDIB_TRY(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, number, seed, VDIB_STAGE_TRAINING, number, example));
    for (size_t t = 0; t < vdib_raster_steps(example->raster); t++)
        counts[vdib__present_class(target, example->raster, t) * target->classes + example->step_labels[t]]++;
    return VDIB_OK;
}

vdib_status vdib__transitions_count(const vdib_dataset *dataset, uint64_t seed, const vdib__target *target,
                                    size_t sequences, uint64_t *counts) {
    vdib_example *example = NULL;
    VDIB_TRY(vdib_example_create(dataset, &example));
    vdib_status status = VDIB_OK;
    for (size_t n = 0; n < sequences && status == VDIB_OK; n++)
        status = add_sequence(dataset, seed, n, target, example, counts);
    vdib_example_destroy(example);
    return status;
}

/* Share of all transitions that lead to class j. */
static double share_of(const uint64_t *counts, size_t classes, size_t j) {
    uint64_t some = 0, all = 0;
    for (size_t i = 0; i < classes; i++)
        for (size_t k = 0; k < classes; k++) {
            some += k == j ? counts[i * classes + k] : 0;
            all += counts[i * classes + k];
        }
    return all > 0 ? (double)some / (double)all : 0.0;
}

vdib_status vdib__markov_answers(const uint64_t *counts, size_t classes, double alpha, uint32_t *answers) {
    double *shares = NULL;
    VDIB_TRY(VDIB_NEW(&shares, classes));
    for (size_t j = 0; j < classes; j++)
        shares[j] = share_of(counts, classes, j);
    for (size_t i = 0; i < classes; i++) {
        double most = -1.0;
        for (size_t j = 0; j < classes; j++) {
            double weight = (double)counts[i * classes + j] + alpha * shares[j];
            if (weight > most) {
                most = weight;
                answers[i] = (uint32_t)j;
            }
        }
    }
    vdib__free(shares);
    return VDIB_OK;
}

vdib_status vdib__markov_learn(const vdib_dataset *dataset, uint64_t seed, const vdib__target *target,
                               uint32_t *answers) {
    uint64_t *counts = NULL;
    VDIB_TRY(VDIB_NEW(&counts, target->classes * target->classes));
    vdib_status status = vdib__transitions_count(dataset, seed, target, VDIB_MARKOV_SEQUENCES, counts);
    if (status == VDIB_OK)
        status = vdib__markov_answers(counts, target->classes, 1.0, answers);
    vdib__free(counts);
    return status;
}
