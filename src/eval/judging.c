/* SPDX-License-Identifier: MIT */
#include "eval/judging.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"

/* The training split's targets as images: pixels and labels are owned by the caller. */
static vdib_status targets_as_images(const vdib__walk *walk, vdib__images *images) {
    const vdib_geometry *geometry = vdib_dataset_geometry(walk->dataset);
    size_t pixels = geometry->target_height * geometry->target_width;
    images->height = geometry->target_height;
    images->width = geometry->target_width;
    images->count = vdib_dataset_size(walk->dataset, VDIB_SPLIT_TRAIN);
    vdib_example *example = NULL;
    VDIB_TRY(VDIB_NEW(&images->pixels, images->count * pixels));
    VDIB_TRY(VDIB_NEW(&images->labels, images->count));
    VDIB_TRY(vdib_example_create(walk->dataset, &example));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < images->count && status == VDIB_OK; i++) {
        status = vdib_dataset_get(walk->dataset, VDIB_SPLIT_TRAIN, i, 0, example);
        if (status == VDIB_OK) {
            memcpy(images->pixels + i * pixels, example->target, pixels * sizeof *images->pixels);
            images->labels[i] = example->label;
        }
    }
    vdib_example_destroy(example);
    return status;
}

static bool judgeable(const vdib_geometry *geometry, const vdib__images *natural) {
    if (geometry->target_height < VDIB_JUDGE_SIDE || geometry->target_width < VDIB_JUDGE_SIDE)
        return false;
    return natural == NULL || (natural->count > 0 && natural->height == geometry->target_height &&
                               natural->width == geometry->target_width);
}

vdib_status vdib__judging_judge(const vdib_dataset *dataset, int threads, const vdib_evaluation_options *options,
                                vdib__judge **judge) {
    vdib__images images;
    vdib_status status = vdib__dataset_judge_images(dataset, &images);
    if (status == VDIB_OK)
        status = vdib__judge_open_unless(&images, threads, options->cancelled, options->user, judge);
    vdib__free(images.chosen);
    return status;
}

static vdib_status open_judge_of_targets(const vdib__walk *walk, vdib__judge **judge) {
    vdib__images targets = {0};
    vdib_status status = targets_as_images(walk, &targets);
    if (status == VDIB_OK)
        status = vdib__judge_open_unless(&targets, walk->threads, walk->options.cancelled, walk->options.user, judge);
    vdib__free(targets.labels);
    vdib__free(targets.pixels);
    return status;
}

vdib_status vdib__judging_open(const vdib__walk *walk, vdib__judging **judging) {
    const vdib_geometry *geometry = vdib_dataset_geometry(walk->dataset);
    const vdib__images *natural = vdib__dataset_images(walk->dataset, VDIB_SPLIT_TRAIN);
    *judging = NULL;
    if (walk->model->head->classes || !judgeable(geometry, natural))
        return VDIB_OK;
    if (natural == NULL && vdib_dataset_size(walk->dataset, VDIB_SPLIT_TRAIN) == 0)
        return VDIB_OK;
    vdib__judging *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->natural = natural != NULL;
    vdib_status status = VDIB_NEW(&made->originals, VDIB_WALK_BATCH * walk->model->outputs);
    if (status == VDIB_OK)
        status = natural != NULL ? vdib__judging_judge(walk->dataset, walk->threads, &walk->options, &made->judge)
                                 : open_judge_of_targets(walk, &made->judge);
    if (status != VDIB_OK) {
        vdib__judging_close(made);
        return status;
    }
    *judging = made;
    return VDIB_OK;
}

void vdib__judging_close(vdib__judging *judging) {
    if (judging == NULL)
        return;
    vdib__judge_destroy(judging->judge);
    vdib__free(judging->originals);
    vdib__free(judging);
}

static size_t count_right(const vdib__walk *walk, const uint32_t *labels) {
    size_t right = 0;
    for (size_t i = 0; i < walk->count; i++)
        right += labels[i] == walk->examples[i]->label;
    return right;
}

vdib_status vdib__judging_batch(vdib__judging *judging, const vdib__walk *walk) {
    size_t pixels = walk->model->outputs;
    for (size_t i = 0; i < walk->count; i++) {
        const vdib_example *example = walk->examples[i];
        const float *original = judging->natural && example->image != NULL ? example->image : example->target;
        memcpy(judging->originals + i * pixels, original, pixels * sizeof *original);
    }
    VDIB_TRY(vdib__judge_label(judging->judge, walk->threads, judging->originals, walk->count, judging->labels));
    judging->right_original += count_right(walk, judging->labels);
    VDIB_TRY(vdib__judge_label(judging->judge, walk->threads, walk->outputs, walk->count, judging->labels));
    judging->right += count_right(walk, judging->labels);
    return VDIB_OK;
}
