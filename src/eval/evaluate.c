/* SPDX-License-Identifier: MIT */
#include "eval/evaluate.h"

#include <math.h>
#include <string.h>

#include "config/digest.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/kernel_level.h"
#include "core/matrix.h"
#include "core/sized.h"
#include "core/text.h"
#include "core/threads.h"
#include "eval/accounting.h"
#include "eval/ann.h"
#include "eval/by_output.h"
#include "eval/metrics.h"
#include "vdib/vdib.h"

/* What is measured of one example. Threads fill an array of these, one for each example of a batch. */
typedef struct measure {
    vdib__account account;
    double mse, psnr, ssim;
    uint32_t said; /* class tasks */
} measure;

/* Sums over the examples of whole-sample tasks. */
typedef struct tally {
    measure batch[VDIB_WALK_BATCH];
    vdib__accounts accounts;
    vdib__sum mse, psnr, ssim;
    vdib__by_output by_output;
    uint64_t right; /* class tasks */
} tally;

static measure measure_example(const vdib__walk *walk, size_t i) {
    const vdib_geometry *geometry = &walk->model->geometry;
    const vdib_example *example = walk->examples[i];
    size_t outputs = walk->model->outputs;
    const float *output = walk->outputs + i * outputs;
    measure m = {.account = vdib__account_of(walk, i), .psnr = NAN, .ssim = NAN};
    if (walk->model->head->classes) {
        m.mse = vdib__one_hot_mse(output, outputs, example->label);
        m.said = vdib__most_probable(output, outputs);
        return m;
    }
    m.mse = vdib__mse(output, example->target, outputs);
    if (vdib__targets_are_images(geometry)) {
        m.psnr = vdib__psnr(m.mse);
        m.ssim = vdib__ssim_channels(output, example->target, vdib__target_channels(geometry), geometry->target_height,
                                     geometry->target_width);
    }
    return m;
}

typedef struct measuring {
    const vdib__walk *walk;
    tally *t;
} measuring;

/* One task of a parallel loop: example i of the batch. */
static void measure_task(const void *context, size_t i, size_t slot) {
    const measuring *m = context;
    (void)slot;
    m->t->batch[i] = measure_example(m->walk, i);
}

static void take_batch(const vdib__walk *walk, tally *t) {
    const measuring all = {walk, t};
    vdib__parallel(walk->threads, walk->count, measure_task, &all);
    vdib__by_output_add(&t->by_output, walk);
    for (size_t i = 0; i < walk->count; i++) {
        vdib__accounts_add(&t->accounts, &t->batch[i].account);
        vdib__sum_add(&t->mse, t->batch[i].mse);
        vdib__sum_add(&t->psnr, t->batch[i].psnr);
        vdib__sum_add(&t->ssim, t->batch[i].ssim);
        t->right += t->batch[i].said == walk->examples[i]->label;
    }
}

static void confuse(const vdib__walk *walk, const tally *t, const vdib__judging *judging, vdib__findings *findings) {
    for (size_t i = 0; i < walk->count && findings->classes > 0; i++) {
        uint32_t said = judging != NULL ? judging->labels[i] : t->batch[i].said;
        findings->confusion[walk->examples[i]->label * findings->classes + said]++;
    }
}

/* Makes the confusion matrix where somebody says classes: the decoder, or the judge, who may know more classes than the
 * data. */
static vdib_status start_confusion(const vdib__walk *walk, const vdib__judging *judging, vdib__findings *findings) {
    size_t classes = vdib_dataset_geometry(walk->dataset)->classes;
    if (!walk->model->head->classes && judging == NULL)
        return VDIB_OK;
    if (judging != NULL && judging->judge->classes > classes)
        classes = judging->judge->classes;
    return vdib__findings_confuse(findings, classes);
}

static vdib_status report(const vdib__walk *walk, const tally *t, const vdib__judging *judging,
                          vdib__findings *findings) {
    double examples = (double)t->accounts.examples;
    vdib__accounts_report(&t->accounts, walk, findings);
    findings->mse = vdib__sum_value(&t->mse) / examples;
    findings->psnr = vdib__sum_value(&t->psnr) / examples;
    findings->ssim = vdib__sum_value(&t->ssim) / examples;
    if (walk->model->head->classes)
        findings->accuracy = (double)t->right / examples;
    if (judging != NULL) {
        findings->judge_accuracy = (double)judging->right / examples;
        findings->judge_accuracy_original = (double)judging->right_original / examples;
    }
    return vdib__by_output_report(&t->by_output, examples, findings);
}

vdib_status vdib__watch_batch(const vdib__watch *watch, const vdib__walk *walk) {
    vdib__activity_add(watch->activity, walk);
    if (watch->judging != NULL)
        VDIB_TRY(vdib__judging_batch(watch->judging, walk));
    return watch->looking != NULL ? vdib__looking_take(watch->looking) : VDIB_OK;
}

vdib_status vdib__watch_share(const vdib__watch *watch, vdib__ranks *ranks) {
    VDIB_TRY(vdib__activity_share(watch->activity, ranks));
    if (watch->judging != NULL)
        VDIB_TRY(vdib__judging_share(watch->judging, ranks));
    return watch->looking != NULL ? vdib__looking_share(watch->looking) : VDIB_OK;
}

/* What all ranks have found, on every one of them. */
static vdib_status share(vdib__walk *walk, tally *t, const vdib__watch *watch, vdib__findings *findings) {
    vdib__ranks *ranks = walk->ranks;
    vdib__sum *sums[] = {&t->mse, &t->psnr, &t->ssim};
    VDIB_TRY(vdib__accounts_share(&t->accounts, walk));
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        VDIB_TRY(vdib__ranks_sum(ranks, sums[i], 1));
    VDIB_TRY(vdib__by_output_share(&t->by_output, ranks));
    VDIB_TRY(vdib__ranks_count_up(ranks, &t->right, 1));
    VDIB_TRY(vdib__ranks_count_up(ranks, findings->confusion, findings->classes * findings->classes));
    return vdib__watch_share(watch, ranks);
}

static vdib_status walk_samples(vdib__walk *walk, tally *t, const vdib__watch *watch, vdib__findings *findings) {
    for (;;) {
        VDIB_TRY(vdib__walk_next(walk));
        if (walk->count == 0)
            return share(walk, t, watch, findings);
        take_batch(walk, t);
        VDIB_TRY(vdib__watch_batch(watch, walk));
        confuse(walk, t, watch->judging, findings);
    }
}

static vdib_status evaluate_samples(vdib__walk *walk, const vdib__watch *watch, vdib__findings *findings) {
    tally *t = NULL;
    VDIB_TRY(VDIB_NEW(&t, 1));
    vdib__by_output_start(&t->by_output, walk);
    vdib_status status = start_confusion(walk, watch->judging, findings);
    if (status == VDIB_OK)
        status = walk_samples(walk, t, watch, findings);
    if (status == VDIB_OK)
        status = report(walk, t, watch->judging, findings);
    vdib__free(t);
    return status;
}

static vdib__task_kind task_of(const vdib__walk *walk) {
    if (walk->task->by_step)
        return VDIB__TASK_STEPS;
    if (walk->model->head->classes)
        return VDIB__TASK_CLASSES;
    return vdib__targets_are_images(&walk->model->geometry) ? VDIB__TASK_IMAGES : VDIB__TASK_VALUES;
}

static vdib_status open_watch(const vdib__walk *walk, vdib__watch *watch) {
    VDIB_TRY(vdib__activity_create(walk, &watch->activity));
    VDIB_TRY(vdib__judging_open(walk, &watch->judging));
    return walk->options.spikes ? vdib__looking_open(walk, watch->judging, &watch->looking) : VDIB_OK;
}

static vdib_status evaluate(vdib__walk *walk, vdib__findings *findings) {
    VDIB_TRY(vdib__strdup(walk->model->config->experiment, &findings->experiment));
    if (walk->model->encoder.absent)
        findings->encoder = walk->model->config->encoder.type->name;
    else if (!vdib__model_sends_spikes(walk->model))
        findings->readout = walk->model->config->readout.type->name;
    vdib__watch watch = {.activity = NULL};
    vdib_status status = open_watch(walk, &watch);
    if (status == VDIB_OK)
        status = findings->task == VDIB__TASK_STEPS ? vdib__evaluate_steps(walk, &watch, findings)
                                                    : evaluate_samples(walk, &watch, findings);
    if (status == VDIB_OK && watch.looking != NULL)
        status = vdib__looking_report(watch.looking, findings);
    if (status == VDIB_OK) {
        const vdib__activity_summary summary = vdib__activity_sum_up(watch.activity);
        status = vdib__findings_warn(findings, &summary);
    }
    vdib__looking_close(watch.looking);
    vdib__judging_close(watch.judging);
    vdib__activity_destroy(watch.activity);
    return status;
}

static vdib_status check_options(const vdib_evaluation_options *options) {
    if (options->draws != 0 && !options->spikes)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "options.draws is %zu, but it is a part of options.spikes",
                          options->draws);
    if (options->marginal_examples != 0 && !options->spikes)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "options.marginal_examples is %zu, but it is a part of options.spikes",
                          options->marginal_examples);
    if (options->ann != NULL && !options->spikes)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "options.ann is given, but it is a part of options.spikes");
    if (options->draws > VDIB__SPIKES_MOST_DRAWS)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "options.draws is %zu; at most %d are averaged", options->draws,
                          (int)VDIB__SPIKES_MOST_DRAWS);
    return VDIB_OK;
}

/* The first example as it is read: data settings make others of the same files. */
static void digest_example(const vdib__walk *walk, char digest[VDIB_DIGEST_TEXT]) {
    const vdib_raster *raster = walk->examples[0]->raster;
    vdib__digest made;
    vdib__digest_begin(&made);
    for (size_t t = 0; t < walk->steps; t++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(raster, t, &channels);
        vdib__digest_add_number(&made, count);
        if (count > 0)
            vdib__digest_add(&made, channels, count * sizeof *channels);
    }
    vdib__digest_end(&made, digest);
}

/* Ranks find the same if they have the same of all this. */
static vdib_status compare_ranks(const vdib__walk *walk) {
    char facts[VDIB_MESSAGE_SIZE], model[VDIB_MODEL_DIGEST], data[VDIB_DIGEST_TEXT], settings[VDIB_DIGEST_TEXT],
        example[VDIB_DIGEST_TEXT];
    vdib__data_account account;
    vdib__kernel_level level;
    const vdib_evaluation_options *asked = &walk->options;
    if (walk->ranks == NULL)
        return VDIB_OK;
    VDIB_TRY(vdib__kernel_level_choose(&level));
    VDIB_TRY(vdib_model_digest(walk->model, model));
    VDIB_TRY(vdib__config_digest(walk->model->config, settings));
    VDIB_TRY(vdib__dataset_account(walk->dataset, &account, data));
    digest_example(walk, example);
    vdib__format(facts, sizeof facts,
                 "version: %s\nkernel level: %s\nBLAS: %s\nmodel (digest): %.16s\nsettings (digest): %.16s\n"
                 "data (digest): %.16s\nsplit: %s\nexamples: %zu\nhow data are read (digest): %.16s\n"
                 "what is asked: %s, %zu draws, %zu examples for the marginal, %s, %s",
                 VDIB_VERSION, vdib__kernel_level_name(level), vdib__blas_name(), model, settings, data,
                 vdib__walk_split_name(walk), walk->total, example, asked->spikes ? "with spikes" : "without spikes",
                 asked->draws, asked->marginal_examples, asked->no_judge ? "no judge" : "a judge",
                 asked->ann != NULL ? "an ANN" : "no ANN");
    return vdib__ranks_compare(walk->ranks, facts);
}

static vdib_status evaluate_split(vdib__walk *walk, vdib__findings **findings) {
    vdib__findings *made = NULL;
    VDIB_TRY(check_options(&walk->options));
    if (walk->options.spikes)
        VDIB_TRY(vdib__model_check_spiking("what the spikes say", walk->model));
    if (walk->options.ann != NULL)
        VDIB_TRY(vdib__ann_check(walk->options.ann, walk->model));
    VDIB_TRY(compare_ranks(walk));
    VDIB_TRY(vdib__findings_create(task_of(walk), &made));
    vdib_status status = evaluate(walk, made);
    if (status == VDIB_OK)
        status = vdib__findings_take_data(made, walk->dataset, walk->split, walk->order, walk->total);
    if (status == VDIB_OK)
        *findings = made;
    else
        vdib__findings_destroy(made);
    return status;
}

/* The same with the ranks that the options name; they end together. */
static vdib_status evaluate_together(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                                     const vdib_evaluation_options *options, vdib__findings **findings) {
    vdib__walk *walk = NULL;
    vdib__ranks *ranks = NULL;
    if (options->ranks != NULL)
        VDIB_TRY(vdib__ranks_create(options->ranks, &ranks));
    vdib_status status = vdib__walk_open(model, dataset, split, options, &walk);
    if (status == VDIB_OK)
        vdib__walk_divide(walk, ranks);
    if (status == VDIB_OK)
        status = evaluate_split(walk, findings);
    status = vdib__ranks_settle(ranks, status);
    vdib__walk_close(walk);
    vdib__ranks_destroy(ranks);
    return status;
}

vdib_status vdib_evaluate(const vdib_model *model, const vdib_dataset *dataset, vdib_split split,
                          const vdib_evaluation_options *options, vdib_evaluation *evaluation) {
    vdib_evaluation_options used;
    vdib__findings *made = NULL;
    VDIB_REQUIRE(model, dataset, evaluation);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_evaluation_options, options, &used));
    VDIB_TRY(evaluate_together(model, dataset, split, &used, &made));
    vdib_status status = used.ann != NULL ? vdib__ann_find(dataset, split, &used, made) : VDIB_OK;
    if (status == VDIB_OK)
        evaluation->findings = made;
    else
        vdib__findings_destroy(made);
    return status;
}
