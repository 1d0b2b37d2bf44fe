/* SPDX-License-Identifier: MIT */
/* vdib_report_write: from a run folder to report.html and evaluation.json. */
#include "report/report.h"

#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sized.h"
#include "report/film.h"
#include "run/run_files.h"
#include "vdib/run.h"
#include "vdib/train.h"

static void clear_trial(vdib__report_trial *trial) {
    for (size_t r = 0; r < VDIB_REPORT_RASTERS; r++)
        vdib__free(trial->rasters[r].ink.pixels);
    vdib__film_clear(&trial->film);
}

void vdib__report_clear(vdib__report_content *content) {
    for (size_t i = 0; i < VDIB_REPORT_EXAMPLES; i++) {
        vdib__free(content->examples[i].input.pixels);
        vdib__free(content->examples[i].target.pixels);
        vdib__free(content->examples[i].output.pixels);
        vdib__free(content->examples[i].probabilities);
    }
    for (size_t i = 0; i < VDIB_REPORT_TRIALS; i++)
        clear_trial(&content->trials[i]);
    for (size_t i = 0; i < VDIB_REPORT_FACTS; i++)
        vdib__free(content->facts[i].text);
    vdib__free(content->training.points);
    vdib__free(content->validation.points);
    vdib__free(content->configuration);
    vdib_evaluation_clear(&content->evaluation);
    *content = (vdib__report_content){0};
}

static vdib__report_task task_of(const vdib_model *model) {
    if (vdib__target_of(model->config->data.target)->by_step)
        return VDIB_REPORT_UNITS;
    return model->head->classes ? VDIB_REPORT_CLASSES : VDIB_REPORT_IMAGES;
}

static void describe(const vdib_model *model, const vdib_dataset *dataset, vdib__report_content *content) {
    const vdib_config *config = model->config;
    content->task = task_of(model);
    snprintf(content->title, sizeof content->title, "%s", config->experiment);
    content->latency = vdib__choice_is(config->data.input, "one-spike");
    content->labelled = vdib_dataset_geometry(dataset)->classes > 1;
    content->sends_spikes = vdib__model_sends_spikes(model);
    int64_t step_us = vdib__dataset_step_us(dataset); /* which may be another one than in training */
    step_us = step_us > 0 ? step_us : vdib_config_step_us(config);
    content->step_ms = vdib__choice_is(config->data.input, "recordings") ? (double)step_us / 1000.0 : 0;
    content->beta = config->objective.beta;
    content->prior_rate = config->objective.prior_probability;
}

/* What a report needs to be made. */
typedef struct sources {
    const char *folder;
    vdib_model *model;
    const vdib_dataset *dataset;
    vdib_dataset *opened; /* by path; NULL with the caller's */
} sources;

static vdib_status load_model(sources *s) {
    char *path = NULL;
    VDIB_TRY(vdib__path_join(s->folder, vdib_run_file_name(VDIB_RUN_FILE_MODEL), &path));
    vdib_status status = VDIB_OK;
    if (!vdib__is_file(path))
        status =
            vdib__fail(VDIB_ERROR_IO, "%s: has no model.safetensors yet; finish the run with `vdib train --resume %s`",
                       s->folder, s->folder);
    else
        status = vdib_model_load(path, &s->model);
    vdib__free(path);
    return status;
}

/* Where the data of a report come from. */
typedef struct data_source {
    const char *data, *images;   /* NULL: those of the run */
    const vdib_dataset *dataset; /* NULL: by path */
} data_source;

/* The data set that the caller gives, or that is named, or the run's. */
static vdib_status open_data(const vdib_run_info *info, const data_source *from, const vdib_evaluation_options *options,
                             sources *s) {
    s->dataset = from->dataset;
    if (from->dataset != NULL)
        return VDIB_OK;
    if (info->dataset != NULL && from->data == NULL)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: was trained on data that a program gave it (%s); name data like those, or write the report "
            "from that program",
            s->folder, info->dataset);
    const char *data = from->data != NULL ? from->data : info->data;
    const vdib_dataset_options opening = {.size = sizeof opening,
                                          .images = from->images != NULL ? from->images : info->images,
                                          .threads = options->threads,
                                          .cancelled = options->cancelled,
                                          .user = options->user,
                                          .model = s->model};
    VDIB_TRY(vdib_dataset_open_with(data, s->model->config, &opening, &s->opened));
    s->dataset = s->opened;
    return VDIB_OK;
}

static vdib_status load(const data_source *from, const vdib_evaluation_options *options, sources *s) {
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    VDIB_TRY(vdib_run_describe(s->folder, &info));
    vdib_status status = load_model(s);
    if (status == VDIB_OK)
        status = open_data(&info, from, options, s);
    vdib_run_info_clear(&info);
    return status;
}

static vdib_status read_configuration(const char *path, vdib__report_content *content) {
    uint8_t *text = NULL;
    size_t size = 0;
    VDIB_TRY(vdib__file_read(path, &text, &size));
    content->configuration = (char *)text;
    return VDIB_OK;
}

/* Calls `use` with the path of a file of the folder. */
static vdib_status from_folder(const char *folder, vdib_run_file file, vdib__report_content *content,
                               vdib_status (*use)(const char *, vdib__report_content *)) {
    char *path = NULL;
    VDIB_TRY(vdib__path_join(folder, vdib_run_file_name(file), &path));
    vdib_status status = use(path, content);
    vdib__free(path);
    return status;
}

static vdib_status prepare(const data_source *from, const vdib_evaluation_options *options, sources *s,
                           vdib__report_content *content) {
    VDIB_TRY(load(from, options, s));
    describe(s->model, s->dataset, content);
    VDIB_TRY(from_folder(s->folder, VDIB_RUN_FILE_METRICS, content, vdib__report_metrics));
    return from_folder(s->folder, VDIB_RUN_FILE_CONFIG, content, read_configuration);
}

/* Other ranks, which have begun with the evaluation, hear of what fails before it. */
static vdib_status fill(const data_source *from, const vdib_evaluation_options *options, sources *s,
                        vdib__report_content *content) {
    vdib_status status = prepare(from, options, s, content);
    if (status != VDIB_OK)
        return options->ranks != NULL ? vdib_ranks_agree(options->ranks, status) : status;
    VDIB_TRY(vdib_evaluate(s->model, s->dataset, VDIB_SPLIT_TEST, options, &content->evaluation));
    VDIB_TRY(vdib__report_collect(s->model, s->dataset, options, content));
    return vdib__report_facts(s->folder, s->model, s->dataset, content);
}

static vdib_status write_page(const char *path, vdib__report_content *content) {
    vdib__writer writer;
    VDIB_TRY(vdib__writer_open(&writer, path));
    vdib_status status = vdib__report_render(content, writer.stream);
    if (status != VDIB_OK) {
        vdib__writer_abandon(&writer);
        return status;
    }
    return vdib__writer_commit(&writer);
}

static vdib_status write_report(const char *folder, const data_source *from, const vdib_evaluation_options *options,
                                vdib_evaluation *evaluation) {
    vdib_evaluation_options used;
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_evaluation_options, options, &used));
    sources s = {.folder = folder};
    vdib__report_content *content = NULL;
    VDIB_TRY(VDIB_NEW(&content, 1));
    vdib_status status = fill(from, &used, &s, content);
    if (status == VDIB_OK)
        status = from_folder(folder, VDIB_RUN_FILE_REPORT, content, write_page);
    if (status == VDIB_OK)
        status = vdib__run_evaluation_save(folder, VDIB_RUN_FILE_EVALUATION, &content->evaluation);
    if (status == VDIB_OK && evaluation != NULL) {
        *evaluation = content->evaluation;
        content->evaluation = (vdib_evaluation){NULL};
    }
    vdib__report_clear(content);
    vdib__free(content);
    vdib_dataset_destroy(s.opened);
    vdib_model_destroy(s.model);
    return status;
}

vdib_status vdib_report_write(const char *folder, const char *data, const char *images,
                              const vdib_evaluation_options *options, vdib_evaluation *evaluation) {
    VDIB_REQUIRE(folder);
    const data_source from = {.data = data, .images = images};
    return write_report(folder, &from, options, evaluation);
}

vdib_status vdib_report_write_dataset(const char *folder, const vdib_dataset *dataset,
                                      const vdib_evaluation_options *options, vdib_evaluation *evaluation) {
    VDIB_REQUIRE(folder, dataset);
    const data_source from = {.dataset = dataset};
    return write_report(folder, &from, options, evaluation);
}
