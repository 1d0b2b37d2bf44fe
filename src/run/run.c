/* SPDX-License-Identifier: MIT */
/* A training run and its folder. Order of writing: everything that a resume needs is on disk before the first step, and a
 * checkpoint is written after the lines of metrics.jsonl that it counts. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sized.h"
#include "eval/figures.h"
#include "learn/trainer.h"
#include "run/run_files.h"
#include "run/tensorboard.h"

struct vdib_run {
    char *folder;
    int lock; /* the folder, open and locked; -1 before */
    vdib__run_record record;
    const vdib_dataset *dataset; /* the caller's, or `opened` */
    vdib_dataset *opened;        /* the run's own; NULL with the caller's */
    vdib_trainer *trainer;
    vdib__growing *metrics;
    vdib__tensorboard *tensorboard;
    uint64_t metrics_every;
};

static const char TENSORBOARD_NAME[] = "events.out.tfevents.0000000000.vdib";

static vdib_status in_folder(const vdib_run *run, const char *name,
                             vdib_status (*action)(const vdib_run *, const char *)) {
    char *path = NULL;
    VDIB_TRY(vdib__path_join(run->folder, name, &path));
    vdib_status status = action(run, path);
    vdib__free(path);
    return status;
}

static vdib_status save_model(const vdib_run *run, const char *path) {
    return vdib_model_save(run->trainer->model, path);
}

/* Without validation data the last model is the best one there is. */
static vdib_status save_best(const vdib_run *run, const char *path) {
    return vdib_model_save(run->trainer->has_best ? run->trainer->best : run->trainer->model, path);
}

static vdib_status save_config(const vdib_run *run, const char *path) {
    return vdib_config_save(run->trainer->model->config, path);
}

static vdib_status save_checkpoint(const vdib_run *run, const char *path) {
    vdib__file_lengths lengths;
    VDIB_TRY(vdib__growing_sync(run->metrics, &lengths.metrics));
    VDIB_TRY(vdib__tensorboard_flush(run->tensorboard, &lengths.tensorboard));
    return vdib__checkpoint_save(run->trainer, &lengths, path);
}

static vdib_status write_checkpoint(vdib_run *run) {
    VDIB_TRY(in_folder(run, "checkpoint.safetensors", save_checkpoint));
    run->record.examples = run->trainer->model->examples;
    run->record.seconds = vdib__trainer_seconds(run->trainer);
    return vdib__run_record_save(&run->record, run->folder);
}

/* A path that still names the same folder when the run is resumed from elsewhere. */
static vdib_status absolute(const char *path, char **copy) {
    if (path == NULL)
        return VDIB_OK;
    char *resolved = strncmp(path, "builtin:", 8) == 0 ? NULL : realpath(path, NULL);
    vdib_status status = vdib__strdup(resolved != NULL ? resolved : path, copy);
    free(resolved);
    return status;
}

/* A folder that does not exist, or exists and is empty. */
static vdib_status check_empty(const char *folder) {
    char **names = NULL;
    size_t count = 0;
    if (!vdib__is_folder(folder))
        return vdib__is_file(folder) ? vdib__fail(VDIB_ERROR_EXISTS, "%s: is a file; name a new folder", folder)
                                     : VDIB_OK;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib__names_free(names, count);
    if (count != 0)
        return vdib__fail(VDIB_ERROR_EXISTS,
                          "%s: is not empty; name a new folder, or go on with `vdib train --resume %s`", folder,
                          folder);
    return VDIB_OK;
}

/* One process a run: two would write into each other's files. A file system without locks is left to the user. */
static vdib_status lock_folder(vdib_run *run) {
    run->lock = open(run->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->lock < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened as a folder", run->folder);
    if (flock(run->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return vdib__fail(VDIB_ERROR_EXISTS, "%s: another process is using this run; wait for it, or name a new folder",
                          run->folder);
    return VDIB_OK;
}

/* The caller's data set, or the one that the record names. */
static vdib_status open_data(vdib_run *run, const vdib_config *config, const vdib_dataset *given) {
    const vdib__run_record *record = &run->record;
    run->dataset = given;
    if (given != NULL)
        return VDIB_OK;
    if (record->dataset != NULL)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: was trained on data that a program gave it (%s); go on from that program, with "
                          "vdib_resume_options::dataset",
                          run->folder, record->dataset);
    VDIB_TRY(vdib_dataset_open_images(record->data, record->images, config, record->threads, &run->opened));
    run->dataset = run->opened;
    return VDIB_OK;
}

/* Data, trainer and its limits from the record. */
static vdib_status prepare(vdib_run *run, const vdib_config *config, const vdib_dataset *given) {
    const vdib__run_record *record = &run->record;
    VDIB_TRY(open_data(run, config, given));
    VDIB_TRY(vdib_trainer_create(config, run->dataset, &run->trainer));
    VDIB_TRY(vdib_trainer_set_threads(run->trainer, record->threads));
    VDIB_TRY(vdib_trainer_set_limits(run->trainer, record->example_limit, record->epoch_limit, record->second_limit));
    size_t every = config->training.validate_every;
    run->metrics_every = every >= 10 ? every / 10 : 100;
    return VDIB_OK;
}

/* The growing files, cut to the lengths of the checkpoint. */
static vdib_status open_files(vdib_run *run, const vdib__file_lengths *lengths) {
    char *path = NULL;
    VDIB_TRY(vdib__metrics_open(run->folder, lengths->metrics, &run->metrics));
    VDIB_TRY(vdib__path_join(run->folder, TENSORBOARD_NAME, &path));
    vdib_status status = vdib__tensorboard_open(path, lengths->tensorboard, &run->tensorboard);
    vdib__free(path);
    return status;
}

/* What a run begins with; a beginning that fails leaves nothing behind. */
static vdib_status begin_folder(vdib_run *run) {
    static const char *const first[] = {"config.yaml", "run.json", "metrics.jsonl", TENSORBOARD_NAME};
    const vdib__file_lengths none = {0};
    VDIB_TRY(check_empty(run->folder)); /* again: now nobody else can fill it */
    vdib_status status = in_folder(run, "config.yaml", save_config);
    if (status == VDIB_OK)
        status = vdib__run_record_save(&run->record, run->folder);
    if (status == VDIB_OK)
        status = open_files(run, &none);
    for (size_t i = 0; i < sizeof first / sizeof first[0] && status != VDIB_OK; i++) {
        char *path = NULL;
        if (vdib__path_join(run->folder, first[i], &path) == VDIB_OK)
            (void)unlink(path);
        vdib__free(path);
    }
    return status;
}

static vdib_status fill_record(vdib__run_record *record, const vdib_config *config, const vdib_run_options *options) {
    bool limited = options->examples != 0 || options->epochs != 0 || options->seconds > 0;
    record->example_limit = limited ? options->examples : config->training.examples;
    record->epoch_limit = options->epochs;
    record->second_limit = options->seconds;
    record->checkpoint_every =
        options->checkpoint_every != 0 ? options->checkpoint_every : config->training.checkpoint_every;
    record->threads = options->threads;
    VDIB_TRY(absolute(options->data, &record->data));
    VDIB_TRY(absolute(options->images, &record->images));
    if (options->dataset != NULL)
        VDIB_TRY(vdib__strdup(vdib_dataset_summary(options->dataset), &record->dataset));
    return vdib__run_record_machine(record);
}

vdib_status vdib_run_create(const char *folder, const vdib_config *config, const vdib_run_options *options,
                            vdib_run **run) {
    vdib_run_options used;
    VDIB_REQUIRE(folder, config, run);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_run_options, options, &used));
    if (used.dataset != NULL && (used.data != NULL || used.images != NULL))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_run_create: a data set is given, and a path of data beside it; give one of them");
    VDIB_TRY(check_empty(folder));
    vdib_run *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->lock = -1;
    vdib_status status = vdib__strdup(folder, &made->folder);
    if (status != VDIB_OK)
        goto failed;
    VDIB_TRY_GOTO(fill_record(&made->record, config, &used), failed);
    VDIB_TRY_GOTO(prepare(made, config, used.dataset), failed);
    VDIB_TRY_GOTO(vdib__folder_make(folder), failed);
    VDIB_TRY_GOTO(lock_folder(made), failed);
    VDIB_TRY_GOTO(begin_folder(made), failed);
    *run = made;
    return VDIB_OK;
failed:
    vdib_run_destroy(made);
    return status;
}

/* Files that a killed process was still writing: "<name>.tmp-<process>". */
static vdib_status remove_temporaries(const char *folder) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        char *path = NULL;
        if (strstr(names[i], ".tmp-") == NULL)
            continue;
        status = vdib__path_join(folder, names[i], &path);
        if (status == VDIB_OK)
            (void)unlink(path);
        vdib__free(path);
    }
    vdib__names_free(names, count);
    return status;
}

/* The folder's own configuration and, if there is one yet, its checkpoint. */
static vdib_status restore(vdib_run *run, const vdib_dataset *given) {
    char *config_path = NULL, *checkpoint_path = NULL;
    vdib_config *config = NULL;
    vdib__file_lengths lengths = {0};
    vdib_status status = vdib__path_join(run->folder, "config.yaml", &config_path);
    if (status != VDIB_OK)
        return status;
    VDIB_TRY_GOTO(vdib__path_join(run->folder, "checkpoint.safetensors", &checkpoint_path), done);
    VDIB_TRY_GOTO(vdib_config_load(config_path, &config), done);
    VDIB_TRY_GOTO(prepare(run, config, given), done);
    if (vdib__is_file(checkpoint_path))
        VDIB_TRY_GOTO(vdib__checkpoint_load(run->trainer, &lengths, checkpoint_path), done);
    status = open_files(run, &lengths);
done:
    vdib_config_destroy(config);
    vdib__free(checkpoint_path);
    vdib__free(config_path);
    return status;
}

vdib_status vdib_run_resume(const char *folder, const vdib_resume_options *options, vdib_run **run) {
    vdib_run *made = NULL;
    vdib_resume_options used;
    VDIB_REQUIRE(folder, run);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_resume_options, options, &used));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->lock = -1;
    vdib_status status = vdib__strdup(folder, &made->folder);
    if (status != VDIB_OK)
        goto failed;
    VDIB_TRY_GOTO(lock_folder(made), failed);
    VDIB_TRY_GOTO(vdib__run_record_load(folder, &made->record), failed);
    made->record.threads = used.threads;
    VDIB_TRY_GOTO(restore(made, used.dataset), failed);
    VDIB_TRY_GOTO(remove_temporaries(folder), failed);
    *run = made;
    return VDIB_OK;
failed:
    vdib_run_destroy(made);
    return status;
}

static bool crossed(uint64_t before, uint64_t now, uint64_t every) {
    return every != 0 && before / every != now / every;
}

/* A point of every curve at this number of examples: tags "train/NAME" or "validation/NAME". */
static vdib_status draw_curves(vdib_run *run, const vdib_progress *now, bool validation) {
    char tag[128];
    double value = 0;
    size_t count = 0;
    const vdib__figure *figures = vdib__figures(&count);
    for (size_t f = 0; f < count; f++) {
        if ((figures[f].uses & VDIB__FIGURE_CURVE) == 0 || !vdib_progress_figure(now, f, validation, &value))
            continue;
        snprintf(tag, sizeof tag, "%s/%s", validation ? "validation" : "train", figures[f].name);
        VDIB_TRY(vdib__tensorboard_scalar(run->tensorboard, tag, now->examples, (float)value));
    }
    return VDIB_OK;
}

/* One train or validation point in metrics.jsonl and for TensorBoard. */
static vdib_status record(vdib_run *run, const vdib_progress *now, bool validation) {
    VDIB_TRY(vdib__metrics_point(run->metrics, now, validation));
    VDIB_TRY(draw_curves(run, now, validation));
    return validation && now->improved ? in_folder(run, "best.safetensors", save_best) : VDIB_OK;
}

static vdib_status finish(vdib_run *run) {
    VDIB_TRY(in_folder(run, "best.safetensors", save_best));
    VDIB_TRY(in_folder(run, "model.safetensors", save_model));
    run->record.finished = true;
    return vdib__run_record_save(&run->record, run->folder);
}

vdib_status vdib_run_step(vdib_run *run, vdib_progress *progress) {
    vdib_progress now = {.size = sizeof(vdib_progress)};
    VDIB_REQUIRE(run);
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_progress, progress));
    uint64_t before = run->trainer->model->examples;
    vdib_status status = vdib_trainer_step(run->trainer, &now);
    if (status == VDIB_ERROR_CANCELLED) {
        VDIB_TRY(write_checkpoint(run));
        return vdib__fail(VDIB_ERROR_CANCELLED, "%s: stopped after %llu examples; go on with `vdib train --resume %s`",
                          run->folder, (unsigned long long)before, run->folder);
    }
    VDIB_TRY(status);
    if (now.examples != before && (now.done || crossed(before, now.examples, run->metrics_every)))
        VDIB_TRY(record(run, &now, false));
    if (now.validated)
        VDIB_TRY(record(run, &now, true));
    if (now.done ? !run->record.finished : crossed(before, now.examples, run->record.checkpoint_every))
        VDIB_TRY(write_checkpoint(run));
    if (now.done && !run->record.finished)
        VDIB_TRY(finish(run));
    VDIB_SIZED_WRITE(vdib_progress, &now, progress);
    return VDIB_OK;
}

vdib_status vdib_run_on_cancel(vdib_run *run, vdib_cancelled *cancelled, void *user) {
    VDIB_REQUIRE(run);
    return vdib_trainer_on_cancel(run->trainer, cancelled, user);
}

const vdib_model *vdib_run_model(const vdib_run *run) {
    return run != NULL ? run->trainer->model : NULL;
}

const vdib_dataset *vdib_run_dataset(const vdib_run *run) {
    return run != NULL ? run->dataset : NULL;
}

enum { INFO_TEXTS = 6 };

static void texts_of(const vdib_run_info *info, char *texts[INFO_TEXTS]) {
    char *const all[INFO_TEXTS] = {info->data, info->images, info->dataset, info->kernel, info->blas, info->machine};
    memcpy(texts, all, sizeof all);
}

/* Texts that a caller of an earlier version has no place for are freed here. */
static vdib_status hand_out(const vdib_run_info *made, vdib_run_info *info) {
    vdib_run_info held;
    char *texts[INFO_TEXTS], *kept[INFO_TEXTS];
    VDIB_SIZED_WRITE(vdib_run_info, made, info);
    VDIB_TRY(VDIB_SIZED_READ(vdib_run_info, info, &held));
    texts_of(made, texts);
    texts_of(&held, kept);
    for (size_t i = 0; i < INFO_TEXTS; i++)
        if (kept[i] == NULL)
            vdib__free(texts[i]);
    return VDIB_OK;
}

vdib_status vdib_run_describe(const char *folder, vdib_run_info *info) {
    vdib__run_record record;
    VDIB_REQUIRE(folder, info);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_run_info, info));
    VDIB_TRY(vdib__run_record_load(folder, &record));
    const vdib_run_info made = {.size = sizeof(vdib_run_info),
                                .data = record.data,
                                .images = record.images,
                                .dataset = record.dataset,
                                .kernel = record.kernel,
                                .blas = record.blas,
                                .machine = record.machine,
                                .examples = record.examples,
                                .seconds = record.seconds,
                                .finished = record.finished};
    return hand_out(&made, info);
}

void vdib_run_info_clear(vdib_run_info *info) {
    vdib_run_info whole;
    if (info == NULL || VDIB_SIZED_READ(vdib_run_info, info, &whole) != VDIB_OK)
        return;
    char *texts[INFO_TEXTS];
    texts_of(&whole, texts);
    for (size_t i = 0; i < INFO_TEXTS; i++)
        vdib__free(texts[i]);
    whole = (vdib_run_info){.size = sizeof(vdib_run_info)};
    VDIB_SIZED_WRITE(vdib_run_info, &whole, info);
}

void vdib_run_destroy(vdib_run *run) {
    if (run == NULL)
        return;
    vdib__tensorboard_close(run->tensorboard);
    vdib__growing_close(run->metrics);
    vdib_trainer_destroy(run->trainer);
    vdib_dataset_destroy(run->opened);
    vdib__run_record_clear(&run->record);
    if (run->lock >= 0)
        (void)close(run->lock);
    vdib__free(run->folder);
    vdib__free(run);
}
