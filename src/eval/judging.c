/* SPDX-License-Identifier: MIT */
#include "eval/judging.h"

#include <string.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/sum.h"

static const vdib__choice lenet = {.name = "lenet", .help = "LeNet-5, trained on the natural training images"};
static const vdib__choice nobody = {.name = "none", .help = "nobody: figures of the judge are absent"};
static const vdib__choice *const judges[] = {&lenet, &nobody};
const vdib__choices vdib__judges = VDIB_CHOICES(judges);

/* Whether anybody wants a judge, and there is something to say. */
static vdib_status check_wish(const vdib_config *config, const vdib_dataset *dataset,
                              const vdib_evaluation_options *options, bool *wanted) {
    size_t classes = vdib_dataset_geometry(dataset)->classes;
    *wanted = !options->no_judge && config->evaluation.judge != &nobody && classes > 1;
    if (classes < 2 && !options->no_judge && config->evaluation.judge == &lenet)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "evaluation.judge is lenet, but the data have %zu class, so there is nothing to label; set it "
            "to auto or none",
            classes);
    return VDIB_OK;
}

/* The training split's targets as images: pixels and labels are owned by the caller. */
static vdib_status targets_as_images(const vdib_dataset *dataset, vdib__images *images) {
    const vdib_geometry *geometry = vdib_dataset_geometry(dataset);
    size_t pixels = vdib__target_values(geometry);
    images->channels = vdib__target_channels(geometry);
    images->height = geometry->target_height;
    images->width = geometry->target_width;
    images->count = vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN);
    vdib_example *example = NULL;
    VDIB_TRY(VDIB_NEW(&images->pixels, images->count * pixels));
    VDIB_TRY(VDIB_NEW(&images->labels, images->count));
    VDIB_TRY(vdib_example_create(dataset, &example));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < images->count && status == VDIB_OK; i++) {
        status = vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 0, example);
        if (status == VDIB_OK) {
            memcpy(images->pixels + i * pixels, example->target, pixels * sizeof *images->pixels);
            images->labels[i] = example->label;
        }
    }
    vdib_example_destroy(example);
    return status;
}

static vdib_status open_judge_of_images(const vdib_dataset *dataset, int threads,
                                        const vdib_evaluation_options *options, vdib__ranks *ranks,
                                        vdib__judge **judge) {
    vdib__images images;
    vdib_status status = vdib__dataset_judge_images(dataset, &images);
    if (status == VDIB_OK)
        status = vdib__judge_open_unless(&images, threads, options->cancelled, options->user, ranks, judge);
    vdib__free(images.chosen);
    return status;
}

static vdib_status open_judge_of_targets(const vdib_dataset *dataset, int threads,
                                         const vdib_evaluation_options *options, vdib__ranks *ranks,
                                         vdib__judge **judge) {
    vdib__images targets = {0};
    vdib_status status = targets_as_images(dataset, &targets);
    if (status == VDIB_OK)
        status = vdib__judge_open_unless(&targets, threads, options->cancelled, options->user, ranks, judge);
    vdib__free(targets.labels);
    vdib__free(targets.pixels);
    return status;
}

vdib_status vdib__judging_judge(const vdib_config *config, const vdib_dataset *dataset, int threads,
                                const vdib_evaluation_options *options, vdib__ranks *ranks, vdib__judge **judge) {
    bool wanted = false;
    const vdib_geometry *geometry = vdib_dataset_geometry(dataset);
    const vdib__images *natural = vdib__dataset_images(dataset, VDIB_SPLIT_TRAIN);
    *judge = NULL;
    VDIB_TRY(check_wish(config, dataset, options, &wanted));
    if (!wanted || !vdib__targets_are_images(geometry))
        return VDIB_OK;
    if (natural == NULL)
        return vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) > 0
                   ? open_judge_of_targets(dataset, threads, options, ranks, judge)
                   : VDIB_OK;
    bool same = natural->height == geometry->target_height && natural->width == geometry->target_width &&
                (natural->channels == 3) == (vdib__target_channels(geometry) == 3);
    return natural->count > 0 && same ? open_judge_of_images(dataset, threads, options, ranks, judge) : VDIB_OK;
}

vdib_status vdib__judging_open(const vdib__walk *walk, vdib__judging **judging) {
    vdib__judge *judge = NULL;
    vdib__judging *made = NULL;
    *judging = NULL;
    if (walk->model->head->classes)
        return VDIB_OK;
    VDIB_TRY(
        vdib__judging_judge(walk->model->config, walk->dataset, walk->threads, &walk->options, walk->ranks, &judge));
    if (judge == NULL)
        return VDIB_OK;
    vdib_status status = VDIB_NEW(&made, 1);
    if (status == VDIB_OK) {
        *made =
            (vdib__judging){.judge = judge, .natural = vdib__dataset_images(walk->dataset, VDIB_SPLIT_TRAIN) != NULL};
        status = VDIB_NEW(&made->originals, VDIB_WALK_BATCH * walk->model->outputs);
    } else {
        vdib__judge_destroy(judge);
    }
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

vdib_status vdib__judging_share(vdib__judging *judging, vdib__ranks *ranks) {
    VDIB_TRY(vdib__ranks_count_up(ranks, &judging->right, 1));
    return vdib__ranks_count_up(ranks, &judging->right_original, 1);
}
