/* SPDX-License-Identifier: MIT */
/* Kernel ridge regression on a data set: the penalty by validation, figures of both splits. */
#include "vdib/ridge.h"

#include "config/config.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/sized.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/inputs.h"
#include "eval/evaluation.h"
#include "eval/judging.h"
#include "eval/metrics.h"
#include "eval/ridge.h"

/* What the work needs. */
typedef struct work {
    const vdib_config *config;
    const vdib_dataset *dataset;
    vdib_evaluation_options options;
    int threads;
    vdib__ridge ridge;
} work;

static vdib_status check(const work *w) {
    static const char *const names[] = {"training", "validation", "test"};
    size_t rows = vdib_dataset_size(w->dataset, VDIB_SPLIT_TRAIN);
    if (w->options.examples != 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_ridge_evaluate: options.examples must be 0");
    if (w->options.spikes)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_ridge_evaluate: options.spikes must be false: there are none");
    if (vdib__target_of(w->config->data.target)->by_step)
        return vdib__fail(VDIB_ERROR_DATA, "ridge: every step has a target of its own, but a regression has one for a "
                                           "whole example; choose an experiment whose target is an image or a class");
    for (int s = VDIB_SPLIT_TRAIN; s <= VDIB_SPLIT_TEST; s++)
        if (vdib_dataset_size(w->dataset, (vdib_split)s) == 0)
            return vdib__fail(VDIB_ERROR_DATA, "ridge: the data have no %s examples, or no end of them", names[s]);
    if (rows > VDIB__RIDGE_ROWS)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "ridge: %zu training examples, more than the %d rows that a kernel matrix may have here; lower "
            "data.train_examples",
            rows, VDIB__RIDGE_ROWS);
    return VDIB_OK;
}

static vdib_status check_cancelled(const work *w) {
    if (w->options.cancelled != NULL && w->options.cancelled(w->options.user))
        return vdib__fail(VDIB_ERROR_CANCELLED, "ridge: stopped");
    return VDIB_OK;
}

static vdib_status read_split(const work *w, vdib_split split, vdib__ridge_table *table) {
    VDIB_TRY(check_cancelled(w));
    VDIB_TRY(vdib__dataset_look(w->dataset, split, NULL, 0, w->threads));
    return vdib__ridge_table_fill(w->dataset, split, 0, vdib_dataset_size(w->dataset, split), w->config->seed,
                                  w->threads, table);
}

/* ---- figures ---- */

static vdib__task_kind task_of(const vdib_dataset *dataset) {
    const vdib_geometry *geometry = vdib_dataset_geometry(dataset);
    return geometry->target_width == 0          ? VDIB__TASK_CLASSES
           : vdib__targets_are_images(geometry) ? VDIB__TASK_IMAGES
                                                : VDIB__TASK_VALUES;
}

static size_t largest(const double *values, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        best = values[i] > values[best] ? i : best;
    return best;
}

static vdib_status measure_classes(const vdib__ridge_table *table, const double *outputs, vdib__findings *findings) {
    size_t right = 0;
    VDIB_TRY(vdib__findings_confuse(findings, table->outputs));
    for (size_t i = 0; i < table->rows; i++) {
        size_t said = largest(outputs + i * table->outputs, table->outputs);
        right += said == table->labels[i];
        findings->confusion[table->labels[i] * table->outputs + said]++;
    }
    findings->accuracy = (double)right / (double)table->rows;
    return VDIB_OK;
}

static void measure_errors(const work *w, const vdib__ridge_table *table, const float *said, const float *wanted,
                           vdib__findings *findings) {
    const vdib_geometry *geometry = vdib_dataset_geometry(w->dataset);
    double mse = 0, psnr = 0, ssim = 0, rows = (double)table->rows;
    for (size_t i = 0; i < table->rows; i++) {
        const float *got = said + i * table->outputs, *want = wanted + i * table->outputs;
        double error = vdib__mse(got, want, table->outputs);
        mse += error;
        if (findings->task != VDIB__TASK_IMAGES)
            continue;
        psnr += vdib__psnr(error);
        ssim += vdib__ssim_channels(got, want, vdib__target_channels(geometry), geometry->target_height,
                                    geometry->target_width);
    }
    findings->mse = mse / rows;
    if (findings->task == VDIB__TASK_IMAGES) {
        findings->psnr = psnr / rows;
        findings->ssim = ssim / rows;
    }
}

/* The share of images to which the judge gives the true class. */
static vdib_status judge_images(const work *w, vdib__judge *judge, const vdib__ridge_table *table, const float *images,
                                double *share) {
    uint32_t *labels = NULL;
    size_t right = 0;
    VDIB_TRY(VDIB_NEW(&labels, table->rows));
    vdib_status status = vdib__judge_label(judge, w->threads, images, table->rows, labels);
    for (size_t i = 0; i < table->rows && status == VDIB_OK; i++)
        right += labels[i] == table->labels[i];
    vdib__free(labels);
    *share = (double)right / (double)table->rows;
    return status;
}

/* The natural images behind the examples, where there are some, in place of the targets. */
static vdib_status take_originals(const work *w, vdib_split split, const vdib__ridge_table *table, float *images) {
    vdib_example *example = NULL;
    VDIB_TRY(vdib_example_create(w->dataset, &example));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < table->rows && status == VDIB_OK; i++) {
        status = vdib_dataset_get(w->dataset, split, i, w->config->seed, example);
        for (size_t o = 0; status == VDIB_OK && example->image != NULL && o < table->outputs; o++)
            images[i * table->outputs + o] = example->image[o];
    }
    vdib_example_destroy(example);
    return status;
}

static vdib_status judge(const work *w, vdib_split split, const vdib__ridge_table *table, const float *said,
                         float *wanted, vdib__findings *findings) {
    vdib__judge *made = NULL;
    if (findings->task != VDIB__TASK_IMAGES)
        return VDIB_OK;
    VDIB_TRY(vdib__judging_judge(w->config, w->dataset, w->threads, &w->options, NULL, &made));
    if (made == NULL)
        return VDIB_OK;
    vdib_status status = judge_images(w, made, table, said, &findings->judge_accuracy);
    if (status == VDIB_OK)
        status = take_originals(w, split, table, wanted);
    if (status == VDIB_OK)
        status = judge_images(w, made, table, wanted, &findings->judge_accuracy_original);
    vdib__judge_destroy(made);
    return status;
}

/* said and wanted (rows, outputs) are scratch. */
static vdib_status measure(const work *w, vdib_split split, const vdib__ridge_table *table, const double *outputs,
                           float *said, float *wanted, vdib__findings *findings) {
    size_t count = table->rows * table->outputs;
    VDIB_TRY(vdib__strdup(w->config->experiment, &findings->experiment));
    findings->seed = w->config->seed;
    findings->examples = table->rows;
    findings->input_spikes_per_example = table->spikes / (double)table->rows;
    vdib__ridge_say(outputs, count, findings->task != VDIB__TASK_VALUES, said);
    for (size_t i = 0; i < count; i++)
        wanted[i] = (float)table->y[i];
    measure_errors(w, table, said, wanted, findings);
    if (findings->task == VDIB__TASK_CLASSES)
        VDIB_TRY(measure_classes(table, outputs, findings));
    VDIB_TRY(judge(w, split, table, said, wanted, findings));
    size_t *all = NULL, all_count = 0;
    VDIB_TRY(vdib__dataset_choose(w->dataset, split, 0, &all, &all_count));
    vdib_status status = vdib__findings_take_data(findings, w->dataset, split, all, all_count);
    vdib__free(all);
    return status;
}

static vdib_status evaluate(const work *w, vdib_split split, const vdib__ridge_table *table, vdib_evaluation *given) {
    vdib__findings *findings = NULL;
    double *outputs = NULL;
    float *said = NULL, *wanted = NULL;
    size_t count = table->rows * table->outputs;
    vdib_status status = VDIB_NEW(&outputs, count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&said, count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&wanted, count);
    if (status == VDIB_OK)
        status = vdib__findings_create(task_of(w->dataset), &findings);
    if (status == VDIB_OK)
        status = vdib__ridge_predict(&w->ridge, table, w->threads, outputs);
    if (status == VDIB_OK)
        status = measure(w, split, table, outputs, said, wanted, findings);
    vdib__free(outputs);
    vdib__free(said);
    vdib__free(wanted);
    if (status == VDIB_OK)
        given->findings = findings;
    else
        vdib__findings_destroy(findings);
    return status;
}

/* ---- the whole ---- */

static vdib_status fit_and_evaluate(work *w, vdib_ridge_fit *fit, vdib_evaluation evaluations[2]) {
    vdib__ridge_table table = {.rows = 0};
    double *outputs = NULL, penalty = VDIB__RIDGE_PENALTY[VDIB__RIDGE_PENALTIES - 1];
    VDIB_TRY(check(w));
    VDIB_TRY(read_split(w, VDIB_SPLIT_TRAIN, &table));
    VDIB_TRY(vdib__ridge_create(&table, w->threads, &w->ridge));
    VDIB_TRY(read_split(w, VDIB_SPLIT_VALIDATION, &table));
    vdib_status status = VDIB_NEW(&outputs, table.rows * table.outputs);
    if (status == VDIB_OK)
        status =
            vdib__ridge_choose(&w->ridge, &table, w->threads, w->options.cancelled, w->options.user, outputs, &penalty);
    if (status == VDIB_OK)
        status = vdib__ridge_solve(&w->ridge, penalty);
    vdib__free(outputs);
    if (status == VDIB_OK)
        status = evaluate(w, VDIB_SPLIT_VALIDATION, &table, &evaluations[0]);
    vdib__ridge_table_free(&table);
    VDIB_TRY(status);
    VDIB_TRY(read_split(w, VDIB_SPLIT_TEST, &table));
    status = evaluate(w, VDIB_SPLIT_TEST, &table, &evaluations[1]);
    vdib__ridge_table_free(&table);
    *fit = (vdib_ridge_fit){.size = sizeof *fit,
                            .rows = w->ridge.train.rows,
                            .features = w->ridge.train.features,
                            .width = w->ridge.width,
                            .penalty = penalty};
    return status;
}

vdib_status vdib_ridge_evaluate(const vdib_config *config, const vdib_dataset *dataset,
                                const vdib_evaluation_options *options, vdib_ridge_fit *fit,
                                vdib_evaluation *validation, vdib_evaluation *test) {
    work w = {.config = config, .dataset = dataset};
    vdib_ridge_fit made;
    vdib_evaluation evaluations[2] = {{NULL}, {NULL}}, *given[2] = {validation, test};
    VDIB_REQUIRE(config, dataset);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_evaluation_options, options, &w.options));
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_ridge_fit, fit));
    w.threads = vdib__threads(w.options.threads);
    vdib_status status = fit_and_evaluate(&w, &made, evaluations);
    vdib__ridge_free(&w.ridge);
    if (status == VDIB_OK)
        VDIB_SIZED_WRITE(vdib_ridge_fit, &made, fit);
    for (size_t e = 0; e < 2; e++)
        if (status == VDIB_OK && given[e] != NULL)
            *given[e] = evaluations[e];
        else
            vdib_evaluation_clear(&evaluations[e]);
    return status;
}
