/* SPDX-License-Identifier: MIT */
/* Running the model on the few test examples that a report shows. */
#include "report/report.h"

#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/threads.h"
#include "data/blobs.h"
#include "eval/judging.h"
#include "eval/metrics.h"
#include "report/film.h"

/* At most so many examples are looked at to find some of every class. */
enum { MOST_VISITS = 2000 };

/* The chosen examples, in the order of their classes. */
typedef struct choice {
    size_t count;
    vdib_example *examples[VDIB_REPORT_EXAMPLES + 1]; /* one spare: the one being looked at */
    const vdib_raster *inputs[VDIB_REPORT_EXAMPLES];
    uint64_t indices[VDIB_REPORT_EXAMPLES];
} choice;

static size_t common_divisor(size_t a, size_t b) {
    while (b != 0) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A stride that visits all of 0 .. size - 1 and spreads early visits evenly: near the golden section, coprime to size.
 */
static size_t spreading_stride(size_t size) {
    size_t stride = (size_t)((double)size * 0.618033988749895);
    stride = stride > 0 ? stride : 1;
    while (common_divisor(stride, size) != 1)
        stride++;
    return stride;
}

static void insert_by_label(choice *c) {
    size_t at = c->count++;
    vdib_example *fresh = c->examples[at];
    for (; at > 0 && (c->examples[at - 1]->label > fresh->label ||
                      (c->examples[at - 1]->label == fresh->label && c->examples[at - 1]->index > fresh->index));
         at--)
        c->examples[at] = c->examples[at - 1];
    c->examples[at] = fresh;
}

static size_t count_label(const choice *c, uint32_t label) {
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++)
        count += c->examples[i]->label == label;
    return count;
}

/* The same number of each class, as many as there is room for, from all over the first `size` test examples. */
static vdib_status choose(const vdib_model *model, const vdib_dataset *dataset, size_t size, choice *c) {
    size_t classes = vdib_dataset_geometry(dataset)->classes, stride = spreading_stride(size), at = 0;
    size_t quota = classes > 0 ? VDIB_REPORT_EXAMPLES / classes : VDIB_REPORT_EXAMPLES;
    quota = quota > 0 ? quota : 1;
    VDIB_TRY(vdib_example_create(dataset, &c->examples[0]));
    for (size_t visit = 0; visit < size && visit < MOST_VISITS && c->count < VDIB_REPORT_EXAMPLES; visit++) {
        vdib_example *fresh = c->examples[c->count];
        VDIB_TRY(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, at, model->config->seed, fresh));
        if (count_label(c, fresh->label) < quota) {
            insert_by_label(c);
            VDIB_TRY(vdib_example_create(dataset, &c->examples[c->count]));
        }
        at = (at + stride) % size;
    }
    for (size_t i = 0; i < c->count; i++) {
        c->inputs[i] = c->examples[i]->raster;
        c->indices[i] = c->examples[i]->index;
    }
    return VDIB_OK;
}

/* The smallest and the largest value of the targets, where any is beyond 0 to 1. */
static vdib__report_range range_of(const vdib_model *model, const choice *c) {
    vdib__report_range range = {0, 0};
    bool beyond = false;
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < model->outputs; k++) {
            float value = c->examples[i]->target[k];
            range.low = (i == 0 && k == 0) || value < range.low ? value : range.low;
            range.high = (i == 0 && k == 0) || value > range.high ? value : range.high;
            beyond = beyond || value < 0 || value > 1;
        }
    return beyond ? range : (vdib__report_range){0, 1};
}

/* A class task's probabilities and most probable class. */
static vdib_status keep_probabilities(const vdib_model *model, const float *logits, vdib__report_example *kept) {
    VDIB_TRY(VDIB_NEW(&kept->probabilities, model->outputs));
    model->head->output(logits, model->outputs, kept->probabilities);
    kept->classes = model->outputs;
    kept->named = true;
    kept->said = vdib__most_probable(kept->probabilities, model->outputs);
    return VDIB_OK;
}

static vdib_status keep_example(const vdib_model *model, const vdib__batch *batch, size_t i,
                                const vdib_example *example, float *outputs, vdib__report_content *content) {
    const vdib_geometry *geometry = &model->geometry;
    const float *logits = batch->logits + i * model->outputs;
    vdib__report_example *kept = &content->examples[content->example_count++];
    kept->index = example->index;
    kept->label = example->label;
    kept->spikes = vdib_raster_spikes(batch->trials[i]->readout);
    VDIB_TRY(vdib__report_picture_input(example, geometry, content->latency, &kept->input));
    if (content->task == VDIB_REPORT_CLASSES)
        return keep_probabilities(model, logits, kept);
    model->head->output(logits, model->outputs, outputs);
    VDIB_TRY(vdib__report_picture_target(example->target, geometry, &content->range, &kept->target));
    return vdib__report_picture_target(outputs, geometry, &content->range, &kept->output);
}

/* What the judge says of the frames of a film. */
static vdib_status judge_film(vdib__judge *judge, int threads, vdib__report_film *film) {
    if (film->outputs == 0)
        return VDIB_OK;
    film->named = true;
    return vdib__judge_label(judge, threads, film->values, film->frames, film->said);
}

/* What the judge says of the reconstructions, where there is a judge. */
static vdib_status judge(const vdib_model *model, const vdib_dataset *dataset, const vdib_evaluation_options *options,
                         const float *outputs, vdib__report_content *content) {
    const vdib_evaluation_options one = {.size = sizeof(vdib_evaluation_options),
                                         .threads = options->threads,
                                         .examples = 1,
                                         .no_judge = options->no_judge};
    vdib__walk *walk = NULL;
    vdib__judging *judging = NULL;
    uint32_t labels[VDIB_REPORT_EXAMPLES];
    VDIB_TRY(vdib__walk_open(model, dataset, VDIB_SPLIT_TEST, &one, &walk));
    vdib_status status = vdib__judging_open(walk, &judging);
    if (status == VDIB_OK && judging != NULL)
        status = vdib__judge_label(judging->judge, walk->threads, outputs, content->example_count, labels);
    for (size_t i = 0; i < content->example_count && status == VDIB_OK && judging != NULL; i++) {
        content->examples[i].named = true;
        content->examples[i].said = labels[i];
    }
    for (size_t i = 0; i < content->trial_count && status == VDIB_OK && judging != NULL; i++)
        status = judge_film(judging->judge, walk->threads, &content->trials[i].film);
    vdib__judging_close(judging);
    vdib__walk_close(walk);
    return status;
}

/* Rasters and films of examples at the beginning, the middle and the end: of different classes. The batch holds those
 * from `first` on. */
static vdib_status keep_trials(const vdib_model *model, int threads, vdib__batch *batch, size_t first, size_t count,
                               const choice *c, vdib__report_content *content) {
    size_t wanted = c->count < VDIB_REPORT_TRIALS ? c->count : VDIB_REPORT_TRIALS;
    for (size_t k = 0; k < wanted; k++) {
        size_t i = wanted > 1 ? k * (c->count - 1) / (wanted - 1) : 0;
        if (i < first || i >= first + count)
            continue;
        vdib__report_trial *trial = &content->trials[content->trial_count++];
        trial->index = c->examples[i]->index;
        trial->label = c->examples[i]->label;
        VDIB_TRY(vdib__report_picture_trial(&model->encoder, batch->trials[i - first], 0, batch->steps, trial));
        trial->film.range = content->range;
        VDIB_TRY(vdib__film_trial(model, threads, batch, i - first, &trial->film));
    }
    return VDIB_OK;
}

/* Encodes, decodes and pictures examples [first, first + count). */
static vdib_status run_part(const vdib_model *model, int threads, vdib__batch *batch, size_t first, size_t count,
                            const choice *c, float *outputs, vdib__report_content *content) {
    VDIB_TRY(vdib__batch_forward(model, threads, batch, c->inputs + first, model->config->seed, VDIB_STAGE_EVALUATION,
                                 c->indices + first, count));
    for (size_t i = 0; i < count; i++)
        VDIB_TRY(
            keep_example(model, batch, i, c->examples[first + i], outputs + (first + i) * model->outputs, content));
    return keep_trials(model, threads, batch, first, count, c, content);
}

static vdib_status run_choice(const vdib_model *model, const vdib_dataset *dataset,
                              const vdib_evaluation_options *options, const choice *c, vdib__report_content *content) {
    vdib__batch *batch = NULL;
    float *outputs = NULL; /* (count, outputs) */
    int used = vdib__threads(options->threads);
    size_t steps = vdib_raster_steps(c->inputs[0]), some = vdib__batch_room(model, c->count, steps);
    if (content->task == VDIB_REPORT_IMAGES)
        content->range = range_of(model, c);
    VDIB_TRY(VDIB_NEW(&outputs, c->count * model->outputs));
    vdib_status status = vdib__batch_create(model, some, 1, steps, used, &batch);
    for (size_t first = 0; first < c->count && status == VDIB_OK; first += some)
        status =
            run_part(model, used, batch, first, c->count - first < some ? c->count - first : some, c, outputs, content);
    if (status == VDIB_OK && content->task == VDIB_REPORT_IMAGES)
        status = judge(model, dataset, options, outputs, content);
    vdib__batch_destroy(batch);
    vdib__free(outputs);
    return status;
}

static vdib_status collect_samples(const vdib_model *model, const vdib_dataset *dataset,
                                   const vdib_evaluation_options *options, vdib__report_content *content) {
    size_t size = vdib_dataset_size(dataset, VDIB_SPLIT_TEST);
    size = options->examples != 0 && options->examples < size ? options->examples : size;
    if (size == 0)
        return vdib__fail(VDIB_ERROR_DATA, "the test split of the data is empty; give the report other data");
    choice c = {0};
    vdib_status status = choose(model, dataset, size, &c);
    if (status == VDIB_OK)
        status = run_choice(model, dataset, options, &c, content);
    for (size_t i = 0; i <= VDIB_REPORT_EXAMPLES; i++)
        vdib_example_destroy(c.examples[i]);
    return status;
}

/* ---- step-by-step tasks ---- */

/* Keeps the most probable class of the first steps. */
static void visit_step(size_t step, const float *logits, void *user) {
    vdib__report_strip *strip = user;
    if (strip->count == 0)
        strip->first = step;
    if (strip->count < VDIB_REPORT_STEPS)
        strip->said[strip->count++] = vdib__most_probable(logits, VDIB_BLOB_CLASSES);
}

static vdib_status collect_sequence(const vdib_model *model, const vdib_dataset *dataset,
                                    const vdib_evaluation_options *options, vdib__report_content *content) {
    const vdib_evaluation_options one = {
        .size = sizeof(vdib_evaluation_options), .threads = options->threads, .examples = 1};
    vdib__walk *walk = NULL;
    vdib__report_strip *strip = &content->strip;
    VDIB_TRY(vdib__walk_open(model, dataset, VDIB_SPLIT_TEST, &one, &walk));
    walk->visit = visit_step;
    walk->users[0] = strip;
    vdib_status status = vdib__walk_next(walk);
    for (size_t t = 0; t < strip->count && status == VDIB_OK; t++)
        strip->truth[t] = walk->examples[0]->step_labels[strip->first + t];
    if (status == VDIB_OK)
        status = vdib__report_picture_trial(&model->encoder, walk->task->trial(walk, 0), strip->first, strip->count,
                                            &content->trials[0]);
    if (status == VDIB_OK)
        status = vdib__film_strip(strip, walk->task->trial(walk, 0), &content->trials[0].film);
    content->trial_count = status == VDIB_OK ? 1 : 0;
    vdib__walk_close(walk);
    return status;
}

vdib_status vdib__report_collect(const vdib_model *model, const vdib_dataset *dataset,
                                 const vdib_evaluation_options *options, vdib__report_content *content) {
    if (content->task == VDIB_REPORT_UNITS)
        return collect_sequence(model, dataset, options, content);
    return collect_samples(model, dataset, options, content);
}
