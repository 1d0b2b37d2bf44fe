/* SPDX-License-Identifier: MIT */
#include "learn/walk.h"

#include <stdio.h>

#include "core/alloc.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/sized.h"
#include "core/text.h"
#include "core/threads.h"

enum { SHAPE_TEXT = 192 };

static void describe(const vdib_geometry *geometry, char text[SHAPE_TEXT]) {
    char channels[32] = "";
    if (vdib__target_channels(geometry) > 1)
        snprintf(channels, sizeof channels, "%zu x ", vdib__target_channels(geometry));
    snprintf(text, SHAPE_TEXT, "inputs of %zu x %zu x %zu, targets of %s%zu x %zu, %zu class%s",
             geometry->input_channels, geometry->input_height, geometry->input_width, channels, geometry->target_height,
             geometry->target_width, geometry->classes, vdib__es(geometry->classes));
}

static vdib_status check_geometry(const vdib_model *model, const vdib_dataset *dataset) {
    const vdib_geometry *data = vdib_dataset_geometry(dataset), *wanted = &model->geometry;
    bool same = data->input_channels == wanted->input_channels && data->input_height == wanted->input_height &&
                data->input_width == wanted->input_width;
    if (model->head->classes)
        same = same && data->classes == wanted->classes;
    else
        same = same && data->target_height == wanted->target_height && data->target_width == wanted->target_width &&
               vdib__target_channels(data) == vdib__target_channels(wanted);
    if (same)
        return VDIB_OK;
    char got[SHAPE_TEXT], want[SHAPE_TEXT];
    describe(data, got);
    describe(wanted, want);
    return vdib__fail(VDIB_ERROR_DATA,
                      "the data have %s, but the model is made for %s; give it data like those it was trained on", got,
                      want);
}

static const char *const SPLIT_NAMES[] = {"training", "validation", "test"};

const char *vdib__walk_split_name(const vdib__walk *walk) {
    return SPLIT_NAMES[walk->split];
}

static vdib_status choose_total(vdib__walk *walk) {
    if ((int)walk->split < VDIB_SPLIT_TRAIN || walk->split > VDIB_SPLIT_TEST)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "split %d; it is 0 (train), 1 (validation) or 2 (test)",
                          (int)walk->split);
    size_t size = vdib_dataset_size(walk->dataset, walk->split), limit = walk->options.examples;
    bool endless = size == 0 && vdib__dataset_is_endless(walk->dataset) && walk->split == VDIB_SPLIT_TRAIN;
    if (endless && limit == 0)
        return vdib__fail(VDIB_ERROR_DATA, "the training data are endless; say how many examples to evaluate");
    if (!endless && size == 0)
        return vdib__fail(VDIB_ERROR_DATA, "the %s split of the data is empty; choose another split or other data",
                          SPLIT_NAMES[walk->split]);
    VDIB_TRY(vdib__dataset_choose(walk->dataset, walk->split, limit, &walk->order, &walk->total));
    return vdib__dataset_look(walk->dataset, walk->split, walk->order, walk->total, walk->threads);
}

static vdib_status fetch(const vdib__walk *walk, size_t index, vdib_example *example) {
    VDIB_TRY(vdib__dataset_fetch(walk->dataset, walk->split, index, walk->model->config->seed, VDIB_STAGE_EVALUATION,
                                 index, example));
    return vdib__task_check_target(walk->model, example, index);
}

/* The first example shows how many steps all have, and whether they are of the model's task. */
static vdib_status check_first(vdib__walk *walk) {
    vdib_example *example = walk->examples[0];
    VDIB_TRY(fetch(walk, walk->order[0], example));
    walk->steps = vdib_raster_steps(example->raster);
    if (!walk->model->head->classes && example->target == NULL)
        return vdib__fail(VDIB_ERROR_DATA, "the model decodes images or values, but the data have no such targets");
    VDIB_TRY(walk->task->check(walk->model, example));
    walk->decodings = walk->steps - walk->task->first(walk->model, walk->steps);
    return VDIB_OK;
}

size_t vdib__walk_together(const vdib_model *model, size_t steps, size_t total) {
    return vdib__batch_room(model, total < VDIB_WALK_BATCH ? total : VDIB_WALK_BATCH, steps);
}

static vdib_status make_buffers(vdib__walk *walk) {
    VDIB_TRY(vdib_example_create(walk->dataset, &walk->examples[0]));
    VDIB_TRY(check_first(walk));
    walk->most = vdib__walk_together(walk->model, walk->steps, walk->total);
    for (size_t i = 1; i < walk->most; i++)
        VDIB_TRY(vdib_example_create(walk->dataset, &walk->examples[i]));
    return walk->task->create(walk, walk->most);
}

vdib_status vdib__walk_open(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                            const vdib_evaluation_options *options, vdib__walk **walk) {
    vdib_evaluation_options used;
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_evaluation_options, options, &used));
    VDIB_TRY(check_geometry(model, dataset));
    vdib__walk *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->model = model;
    made->task = vdib__task_of(model);
    made->dataset = dataset;
    made->split = split;
    made->options = used;
    made->threads = vdib__threads(made->options.threads);
    vdib_status status = choose_total(made);
    made->end = made->total;
    if (status == VDIB_OK)
        status = make_buffers(made);
    if (status != VDIB_OK) {
        vdib__walk_close(made);
        return status;
    }
    *walk = made;
    return VDIB_OK;
}

void vdib__walk_close(vdib__walk *walk) {
    if (walk == NULL)
        return;
    for (size_t i = 0; i < VDIB_WALK_BATCH; i++)
        vdib_example_destroy(walk->examples[i]);
    walk->task->destroy(walk);
    vdib__free(walk->order);
    vdib__free(walk);
}

/* Tasks over the examples of the batch that may fail. */
typedef struct walk_work {
    vdib__walk *walk;
    vdib__failure *failure;
} walk_work;

static void fetch_task(const void *context, size_t i, size_t slot) {
    const walk_work *w = context;
    vdib__walk *walk = w->walk;
    (void)slot;
    vdib__failure_note(w->failure, i, fetch(walk, walk->order[walk->first + i], walk->examples[i]));
    walk->inputs[i] = walk->examples[i]->raster;
    walk->indices[i] = walk->order[walk->first + i];
}

static vdib_status fetch_batch(vdib__walk *walk) {
    vdib__failure failure;
    const walk_work all = {walk, &failure};
    vdib__failure_init(&failure);
    vdib__parallel(walk->threads, walk->count, fetch_task, &all);
    VDIB_TRY(vdib__failure_raise(&failure));
    for (size_t i = 0; i < walk->count; i++)
        if (vdib_raster_steps(walk->inputs[i]) != walk->steps)
            return vdib__fail(VDIB_ERROR_DATA, "example %zu has %zu step%s, the first one %zu; all must have the same",
                              walk->order[walk->first + i], vdib_raster_steps(walk->inputs[i]),
                              vdib__s(vdib_raster_steps(walk->inputs[i])), walk->steps);
    return VDIB_OK;
}

void vdib__walk_divide(vdib__walk *walk, vdib__ranks *ranks) {
    const vdib__portion part = vdib__own_groups(ranks, walk->total, walk->most);
    walk->ranks = ranks;
    walk->first = part.begin;
    walk->end = part.end;
}

vdib_status vdib__walk_share(const vdib__walk *walk, const vdib__rows *arrays, size_t count) {
    return vdib__ranks_share_groups(walk->ranks, walk->total, walk->most, arrays, count);
}

vdib_status vdib__walk_next(vdib__walk *walk) {
    walk->first += walk->count;
    size_t left = walk->end - walk->first;
    walk->count = left < walk->most ? left : walk->most;
    if (walk->count == 0)
        return VDIB_OK;
    if (walk->options.cancelled != NULL && walk->options.cancelled(walk->options.user))
        return vdib__fail(VDIB_ERROR_CANCELLED, "cancelled after %zu of %zu %s example%s", walk->first, walk->total,
                          SPLIT_NAMES[walk->split], vdib__s(walk->total));
    VDIB_TRY(fetch_batch(walk));
    double start = vdib__clock_seconds();
    VDIB_TRY(walk->task->run(walk));
    walk->seconds += vdib__clock_seconds() - start;
    return VDIB_OK;
}
