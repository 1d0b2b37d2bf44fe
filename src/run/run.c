/* SPDX-License-Identifier: MIT */
/* A training run and its folder. Order of writing: everything that a resume needs is on disk before the first step,
 * and a checkpoint is written after the lines of metrics.jsonl that it counts. */

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/kernel_level.h"
#include "core/matrix.h"
#include "core/products.h"
#include "core/sized.h"
#include "core/text.h"
#include "data/data_name.h"
#include "eval/figures.h"
#include "learn/trainer.h"
#include "run/begin.h"
#include "run/board.h"
#include "run/folder.h"
#include "run/memory.h"
#include "run/resume.h"
#include "run/run_files.h"
#include "run/tensorboard.h"
#include "run/together.h"
#include "vdib/vdib.h"

struct vdib_run {
    char *folder;
    int lock;    /* the folder, open and locked; -1 before */
    char *notes; /* lines for the user; NULL: none */
    vdib__run_record record;
    const vdib_dataset *dataset; /* the caller's, or `opened` */
    vdib_dataset *opened;        /* the run's own; NULL with the caller's */
    vdib__shared_data *shared;   /* a share of data that other runs read too; NULL: none */
    vdib_trainer *trainer;
    vdib__growing *metrics;
    vdib__tensorboard *tensorboard;
    uint64_t metrics_every;
    bool follows; /* a rank that trains along with rank 0, which has the folder: nothing is written here */
};

static vdib_status in_folder(const vdib_run *run, vdib_run_file file,
                             vdib_status (*action)(const vdib_run *, const char *)) {
    char *path = NULL;
    VDIB_TRY(vdib__run_path(run->folder, file, &path));
    vdib_status status = action(run, path);
    vdib__free(path);
    return status;
}

static vdib_status save_model(const vdib_run *run, const char *path) {
    return vdib_model_save(vdib__trainer_result(run->trainer), path);
}

/* Without validation data the last model is the best one there is. */
static vdib_status save_best(const vdib_run *run, const char *path) {
    return vdib_model_save(run->trainer->has_best ? run->trainer->best : vdib__trainer_result(run->trainer), path);
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
    VDIB_TRY(in_folder(run, VDIB_RUN_FILE_CHECKPOINT, save_checkpoint));
    run->record.examples = run->trainer->model->examples;
    run->record.seconds = vdib__trainer_seconds(run->trainer);
    return vdib__run_record_save(&run->record, run->folder);
}

/* What the caller gives along: a data set of its own, or NULL; whether to stop; whether to go on where it is refused.
 */
typedef struct given_data {
    const vdib_dataset *dataset;
    const vdib_dataset *opened; /* what the record names, opened already; NULL: not yet */
    vdib_cancelled *cancelled;
    void *user;
    bool force;
    const vdib_ranks *ranks;
} given_data;

/* The caller's data set, or the one that the record names. */
static vdib_status open_data(vdib_run *run, const vdib_config *config, const given_data *given) {
    const vdib__run_record *record = &run->record;
    run->dataset = given->dataset != NULL ? given->dataset : given->opened;
    if (run->dataset != NULL)
        return VDIB_OK;
    if (record->dataset != NULL)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: was trained on data that a program gave it (%s); go on from that program, which "
                          "gives it again",
                          run->folder, record->dataset);
    const vdib_dataset_options options = {.size = sizeof options,
                                          .images = record->images,
                                          .threads = record->threads,
                                          .cancelled = given->cancelled,
                                          .user = given->user};
    VDIB_TRY(vdib_dataset_open_with(record->data, config, &options, &run->opened));
    run->dataset = run->opened;
    return VDIB_OK;
}

/* Adds a line to the notes. */
static vdib_status note(vdib_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
static vdib_status note(vdib_run *run, const char *format, ...) {
    char line[VDIB_MESSAGE_SIZE], *joined = NULL;
    va_list values;
    va_start(values, format);
    vdib__vformat(line, sizeof line, format, values);
    va_end(values);
    size_t length = run->notes != NULL ? strlen(run->notes) + 1 : 0, size = length + strlen(line) + 1;
    VDIB_TRY(VDIB_NEW(&joined, size));
    if (run->notes != NULL)
        snprintf(joined, size, "%s\n", run->notes);
    snprintf(joined + length, size - length, "%s", line);
    vdib__free(run->notes);
    run->notes = joined;
    return VDIB_OK;
}

/* What slows this machine down and could be cured. */
static vdib_status note_machine(vdib_run *run) {
    vdib__kernel_level level;
    VDIB_TRY(vdib__kernel_level_choose(&level));
    if (vdib__products_are_portable(run->trainer->model->config->numeric.products) ||
        !vdib__blas_is_old(vdib__blas_core(), level))
        return VDIB_OK;
    return note(run,
                "OpenBLAS takes its kernels for %s here, which are several times slower than this processor: set "
                "OPENBLAS_CORETYPE=%s, or install a newer OpenBLAS",
                vdib__blas_core(), level == VDIB_KERNEL_AVX512 ? "SkylakeX" : "Haswell");
}

/* A decay that ends before training does: from there on the learning rates stay as they are. */
static vdib_status note_decay(vdib_run *run) {
    const vdib_config *config = run->trainer->model->config;
    uint64_t end = config->learning.decay_examples, limit = vdib__trainer_limit(run->trainer);
    if (!vdib__choice_is(config->learning.decay, "ends") || (limit != 0 && limit <= end))
        return VDIB_OK;
    return note(run, "the learning rates %s their end after %llu example%s (learning.decay_examples) and stay there",
                run->record.examples >= end ? "have reached" : "reach", (unsigned long long)end, vdib__s(end));
}

/* A warm-up that was asked for is too long for so few examples. */
static vdib_status note_shorter_warmup(vdib_run *run, const vdib_config *asked) {
    const vdib_config *config = run->trainer->model->config;
    uint64_t warmup = config->learning.warmup_examples, limit = config->learning.decay_examples;
    if (warmup == asked->learning.warmup_examples)
        return VDIB_OK;
    return note(run,
                "the learning rates rise over the first %llu of %llu example%s, a quarter, and not over the %llu of "
                "learning.warmup_examples (learning.decay_examples, above that, keeps them)",
                (unsigned long long)warmup, (unsigned long long)limit, vdib__s(limit),
                (unsigned long long)asked->learning.warmup_examples);
}

/* Training that ends before its learning rates have risen: hardly anything is learnt. */
static vdib_status note_warmup(vdib_run *run) {
    uint64_t warmup = run->trainer->model->config->learning.warmup_examples;
    uint64_t limit = vdib__trainer_limit(run->trainer);
    if (limit == 0 || warmup < limit)
        return VDIB_OK;
    return note(run,
                "training ends after %llu example%s, while the learning rates still rise (learning.warmup_examples is "
                "%llu): it learns little; train on more, or lower it",
                (unsigned long long)limit, vdib__s(limit), (unsigned long long)warmup);
}

/* Data, trainer and its limits from the record. */
/* Data in files are judged at the end; a data set of the program's own may be evaluated elsewhere. */
static vdib_status check_test(const vdib_run *run, const given_data *given) {
    if (given->dataset != NULL || vdib_dataset_size(run->dataset, VDIB_SPLIT_TEST) > 0)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: there are no test examples, by which a model is judged; add some (recordings to "
                      "Test/<class>/, lines of split test to a manifest), or leave the splits out: one is made then",
                      vdib_dataset_summary(run->dataset));
}

static vdib_status prepare(vdib_run *run, const vdib_config *config, const given_data *given) {
    const vdib__run_record *record = &run->record;
    VDIB_TRY(open_data(run, config, given));
    VDIB_TRY(check_test(run, given));
    VDIB_TRY(vdib__memory_check(config, run->dataset, record->threads, given->force));
    VDIB_TRY(vdib_dataset_look(run->dataset, VDIB_SPLIT_TEST, record->threads)); /* before hours are spent */
    VDIB_TRY(vdib__memory_advise(vdib_trainer_create(config, run->dataset, &run->trainer)));
    if (given->ranks != NULL)
        VDIB_TRY(vdib_trainer_set_ranks(run->trainer, given->ranks));
    VDIB_TRY(vdib_trainer_set_threads(run->trainer, record->threads));
    VDIB_TRY(vdib_trainer_set_limits(run->trainer, record->example_limit, record->epoch_limit, record->second_limit));
    VDIB_TRY(vdib__trainer_fix_course(run->trainer));
    VDIB_TRY(note_decay(run));
    VDIB_TRY(note_shorter_warmup(run, config));
    VDIB_TRY(note_warmup(run));
    size_t every = config->training.validate_every;
    run->metrics_every = every >= 10 ? every / 10 : 100;
    return note_machine(run);
}

static vdib_status note_lost(vdib_run *run, vdib_run_file file, uint64_t lost) {
    if (lost == 0)
        return VDIB_OK;
    return note(run, "%s: the last %llu byte%s before the checkpoint are missing; it goes on after what is whole",
                vdib_run_file_name(file), (unsigned long long)lost, vdib__s(lost));
}

/* The growing files, cut to the lengths of the checkpoint. */
static vdib_status open_files(vdib_run *run, const vdib__file_lengths *lengths) {
    char *path = NULL;
    VDIB_TRY(vdib__metrics_open(run->folder, lengths->metrics, &run->metrics));
    VDIB_TRY(note_lost(run, VDIB_RUN_FILE_METRICS, vdib__growing_lost(run->metrics)));
    VDIB_TRY(vdib__run_path(run->folder, VDIB_RUN_FILE_TENSORBOARD, &path));
    vdib_status status = vdib__tensorboard_open(path, lengths->tensorboard, &run->tensorboard);
    vdib__free(path);
    VDIB_TRY(status);
    if (vdib__tensorboard_is_new(run->tensorboard))
        VDIB_TRY(vdib__board_begin(run->tensorboard, run->trainer->model->config));
    return note_lost(run, VDIB_RUN_FILE_TENSORBOARD, vdib__tensorboard_lost(run->tensorboard));
}

/* What a run begins with; a beginning that fails leaves nothing behind. */
static vdib_status begin_folder(vdib_run *run) {
    const vdib__file_lengths none = {0};
    VDIB_TRY(vdib__run_folder_check_empty(run->folder)); /* again: now nobody else can fill it */
    vdib_status status = in_folder(run, VDIB_RUN_FILE_CONFIG, save_config);
    if (status == VDIB_OK)
        status = vdib__run_record_save(&run->record, run->folder);
    if (status == VDIB_OK)
        status = open_files(run, &none);
    if (status != VDIB_OK)
        vdib__run_folder_undo(run->folder);
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
    VDIB_TRY(vdib__data_name_absolute(options->data, &record->data));
    VDIB_TRY(vdib__data_name_absolute(options->images, &record->images));
    if (options->init != NULL)
        VDIB_TRY(vdib__data_name_absolute(options->init, &record->init));
    if (options->dataset != NULL)
        VDIB_TRY(vdib__strdup(vdib_dataset_summary(options->dataset), &record->dataset));
    return vdib__run_record_machine(record);
}

/* What a resume compares with. */
static vdib_status record_beginning(vdib_run *run) {
    VDIB_TRY(vdib__run_record_data(&run->record, run->dataset));
    return vdib__run_record_configuration(&run->record, run->trainer->model->config);
}

/* Weights of a file take the place of those that training would begin with. */
static vdib_status take_weights(vdib_model *model, void *user) {
    vdib_run *run = user;
    vdib_weights_taken taken = {.size = sizeof taken};
    VDIB_TRY(vdib_model_take_weights(model, run->record.init, &taken));
    VDIB_TRY(
        note(run, "begins with %zu of %zu tensors from %s", taken.taken, taken.taken + taken.kept, run->record.init));
    if (taken.unknown > 0)
        VDIB_TRY(note(run, "%s: %zu tensor%s of it %s no part of this model", run->record.init, taken.unknown,
                      vdib__s(taken.unknown), taken.unknown == 1 ? "is" : "are"));
    return VDIB_OK;
}

/* What initialisation from data did is one of the first lines. */
static vdib_status note_initialised(vdib_run *run) {
    char line[VDIB_MESSAGE_SIZE];
    const vdib__initialised *made = &run->trainer->initialised;
    char *text = NULL;
    size_t size = 0, used = 0;
    for (size_t layer = 0; layer <= made->layers && made->examples > 0; layer++) {
        vdib__initialised_line(made, layer, line, sizeof line);
        VDIB_TRY(note(run, "%s", line));
        VDIB_TRY(VDIB_RESERVE(&text, &size, used + strlen(line) + 2));
        used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? "\n" : "", line);
    }
    vdib__free(run->record.initialised);
    run->record.initialised = text;
    return VDIB_OK;
}

/* The weights that training begins with, before its first step. */
static vdib_status initialise(vdib_run *run, vdib_beginning *begin, void *user) {
    VDIB_TRY(vdib__trainer_initialise(run->trainer));
    if (run->record.init != NULL)
        VDIB_TRY(vdib_trainer_begin(run->trainer, take_weights, run));
    if (begin != NULL)
        VDIB_TRY(vdib_trainer_begin(run->trainer, begin, user));
    return note_initialised(run);
}

/* The caller may have asked to stop while the data were opened: then nothing is begun. */
static vdib_status check_cancelled(vdib_cancelled *cancelled, void *user) {
    if (cancelled != NULL && cancelled(user))
        return vdib__fail(VDIB_ERROR_CANCELLED, "stopped before training began");
    return VDIB_OK;
}

/* The folder that was named, or a new one; a new one whose beginning fails is removed again. */
static vdib_status make_folder(vdib_run *run, const vdib_config *config) {
    bool named = run->folder != NULL;
    VDIB_TRY(named ? vdib__folder_make(run->folder) : vdib__run_folder_new("runs", config->experiment, &run->folder));
    vdib_status status = vdib__run_folder_lock(run->folder, &run->lock);
    if (status == VDIB_OK)
        status = begin_folder(run);
    if (status != VDIB_OK && !named)
        (void)rmdir(run->folder);
    return status;
}

static vdib_status start(vdib_run **run) {
    vdib_run *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->lock = -1;
    *run = made;
    return VDIB_OK;
}

vdib_status vdib_run_create(const char *folder, const vdib_config *config, const vdib_run_options *options,
                            vdib_run **run) {
    VDIB_REQUIRE(config, run);
    return vdib__run_begin(folder, config, options, NULL, run);
}

static vdib_status begin(vdib_run *made, const char *folder, const vdib_config *config, const vdib_run_options *used,
                         const vdib_dataset *opened) {
    const given_data given = {used->dataset, opened, used->cancelled, used->user, used->force, used->ranks};
    if (folder != NULL && !made->follows)
        VDIB_TRY(vdib__run_folder_check_empty(folder));
    if (folder != NULL)
        VDIB_TRY(vdib__strdup(folder, &made->folder));
    VDIB_TRY(fill_record(&made->record, config, used));
    VDIB_TRY(prepare(made, config, &given));
    VDIB_TRY(record_beginning(made));
    VDIB_TRY(vdib__run_compare_ranks(made->trainer, &made->record));
    VDIB_TRY(check_cancelled(used->cancelled, used->user));
    VDIB_TRY(vdib_run_on_cancel(made, used->cancelled, used->user));
    VDIB_TRY(initialise(made, used->begin, used->begin_user));
    VDIB_TRY(vdib__run_compare_weights(made->trainer));
    if (made->follows)
        return VDIB_OK;
    VDIB_TRY(make_folder(made, config));
    /* whatever becomes of the file that they come from, a resume begins with the same weights */
    return used->init != NULL || used->begin != NULL ? write_checkpoint(made) : VDIB_OK;
}

vdib_status vdib__run_begin(const char *folder, const vdib_config *config, const vdib_run_options *options,
                            const vdib_dataset *opened, vdib_run **run) {
    vdib_run_options used;
    vdib_run *made = NULL;
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_run_options, options, &used));
    if (used.dataset != NULL && (used.data != NULL || used.images != NULL))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_run_create: a data set is given, and a path of data beside it; give one of them");
    VDIB_TRY(start(&made));
    made->follows = vdib__run_follows(used.ranks);
    vdib_status status = begin(made, folder, config, &used, opened);
    status = vdib__run_settle(made->trainer, used.ranks, status);
    if (status == VDIB_OK)
        status = vdib__ranks_share(made->trainer->ranks, 0, NULL, 0); /* all have begun */
    if (status != VDIB_OK) {
        vdib_run_destroy(made);
        return status;
    }
    *run = made;
    return VDIB_OK;
}

/* The folder's own configuration and, if there is one yet, its checkpoint. */
static vdib_status restore(vdib_run *run, const vdib_resume_options *options, const vdib_dataset *opened) {
    char *config_path = NULL, *checkpoint_path = NULL, *differences = NULL;
    vdib_config *config = NULL;
    vdib__file_lengths lengths = {0};
    const given_data given = {options->dataset, opened,         options->cancelled,
                              options->user,    options->force, options->ranks};
    vdib_status status = vdib__run_path(run->folder, VDIB_RUN_FILE_CONFIG, &config_path);
    if (status != VDIB_OK)
        return status;
    VDIB_TRY_GOTO(vdib__run_path(run->folder, VDIB_RUN_FILE_CHECKPOINT, &checkpoint_path), done);
    VDIB_TRY_GOTO(vdib_config_load(config_path, &config), done);
    VDIB_TRY_GOTO(prepare(run, config, &given), done);
    VDIB_TRY_GOTO(check_cancelled(options->cancelled, options->user), done);
    if (!run->record.finished && !run->follows) /* else nothing is left to compute, or rank 0 looks */
        VDIB_TRY_GOTO(vdib__resume_check(&run->record, run->folder, checkpoint_path, config, run->dataset,
                                         options->force, &differences),
                      done);
    const char *version = run->record.version != NULL ? run->record.version : "an earlier vdib";
    if (!run->record.finished && strcmp(version, VDIB_VERSION) != 0)
        VDIB_TRY_GOTO(note(run, "begun by %s, this is vdib %s: sums may have another order since, in the last digits",
                           version, VDIB_VERSION),
                      done);
    if (differences != NULL)
        VDIB_TRY_GOTO(note(run, "forced to go on, to another result: %s", differences), done);
    if (vdib__is_file(checkpoint_path))
        VDIB_TRY_GOTO(vdib__checkpoint_load(run->trainer, options->force, &lengths, checkpoint_path), done);
    if (!run->trainer->is_initialised && run->record.init != NULL) {
        status = vdib__fail(VDIB_ERROR_DATA,
                            "%s: has no checkpoint, which holds the weights of %s that it began with; start it anew",
                            run->folder, run->record.init);
        goto done;
    }
    if (!run->trainer->is_initialised) { /* killed before its first checkpoint */
        VDIB_TRY_GOTO(vdib_run_on_cancel(run, options->cancelled, options->user), done);
        VDIB_TRY_GOTO(initialise(run, NULL, NULL), done);
    }
    if (!run->follows)
        status = open_files(run, &lengths);
done:
    vdib__free(differences);
    vdib_config_destroy(config);
    vdib__free(checkpoint_path);
    vdib__free(config_path);
    return status;
}

vdib_status vdib_run_resume(const char *folder, const vdib_resume_options *options, vdib_run **run) {
    VDIB_REQUIRE(folder, run);
    return vdib__run_go_on(folder, options, NULL, run);
}

static vdib_status go_on(vdib_run *made, const char *folder, const vdib_resume_options *used,
                         const vdib_dataset *opened) {
    VDIB_TRY(vdib__strdup(folder, &made->folder));
    if (!made->follows)
        VDIB_TRY(vdib__run_folder_lock(folder, &made->lock));
    VDIB_TRY(vdib__run_record_load(folder, &made->record));
    made->record.threads = used->threads;
    VDIB_TRY(restore(made, used, opened));
    VDIB_TRY(vdib__run_compare_resumed(made->trainer, made->dataset, folder, &made->record));
    if (!made->follows)
        VDIB_TRY(vdib__run_folder_clean(folder));
    return vdib_run_on_cancel(made, used->cancelled, used->user);
}

vdib_status vdib__run_go_on(const char *folder, const vdib_resume_options *options, const vdib_dataset *opened,
                            vdib_run **run) {
    vdib_resume_options used;
    vdib_run *made = NULL;
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_resume_options, options, &used));
    VDIB_TRY(start(&made));
    made->follows = vdib__run_follows(used.ranks);
    vdib_status status = go_on(made, folder, &used, opened);
    status = vdib__run_settle(made->trainer, used.ranks, status);
    if (status == VDIB_OK) /* all have read the folder before it changes */
        status = vdib__ranks_share(made->trainer->ranks, 0, NULL, 0);
    if (status != VDIB_OK) {
        vdib_run_destroy(made);
        return status;
    }
    *run = made;
    return VDIB_OK;
}

void vdib__run_share(vdib_run *run, vdib__shared_data *shared) {
    run->shared = shared;
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
        if ((figures[f].uses & VDIB__FIGURE_TENSORBOARD) == 0 || !vdib_progress_figure(now, f, validation, &value))
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
    return validation && now->improved ? in_folder(run, VDIB_RUN_FILE_BEST, save_best) : VDIB_OK;
}

static vdib_status finish(vdib_run *run) {
    VDIB_TRY(in_folder(run, VDIB_RUN_FILE_BEST, save_best));
    VDIB_TRY(in_folder(run, VDIB_RUN_FILE_MODEL, save_model));
    run->record.finished = true;
    return vdib__run_record_save(&run->record, run->folder);
}

static bool checkpoint_due(const vdib_run *run, uint64_t before, const vdib_progress *now) {
    return now->done ? !run->record.finished : crossed(before, now->examples, run->record.checkpoint_every);
}

/* What a step leaves in the folder. */
static vdib_status write_step(vdib_run *run, uint64_t before, const vdib_progress *now) {
    uint64_t validate_every = run->trainer->model->config->training.validate_every;
    if (now->examples != before && (now->done || crossed(before, now->examples, run->metrics_every)))
        VDIB_TRY(record(run, now, false));
    if (now->validated)
        VDIB_TRY(record(run, now, true));
    if (now->examples != before && vdib__board_is_due(before, now->examples, validate_every, now->done))
        VDIB_TRY(vdib__board_show(run->tensorboard, run->trainer, now->examples));
    if (now->done && !run->record.finished)
        VDIB_TRY(vdib__tensorboard_session_end(run->tensorboard));
    if (checkpoint_due(run, before, now))
        VDIB_TRY(write_checkpoint(run));
    return now->done && !run->record.finished ? finish(run) : VDIB_OK;
}

static vdib_status stop(vdib_run *run) {
    char said[VDIB_MESSAGE_SIZE];
    vdib__format(said, sizeof said, "%s", vdib_last_message());
    VDIB_TRY(vdib_trainer_collect(run->trainer));
    if (run->follows)
        return vdib__fail(VDIB_ERROR_CANCELLED, "%s", said);
    VDIB_TRY(write_checkpoint(run));
    return vdib__fail(VDIB_ERROR_CANCELLED, "%s: stopped after %llu example%s; go on with `vdib train --resume %s`",
                      run->folder, (unsigned long long)run->trainer->model->examples,
                      vdib__s(run->trainer->model->examples), run->folder);
}

vdib_status vdib_run_step(vdib_run *run, vdib_progress *progress) {
    vdib_progress now = {.size = sizeof(vdib_progress)};
    VDIB_REQUIRE(run);
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_progress, progress));
    uint64_t before = vdib__trainer_step_begin(run->trainer);
    vdib_status status = vdib_trainer_step(run->trainer, &now);
    if (status == VDIB_ERROR_CANCELLED)
        return stop(run);
    VDIB_TRY(vdib__memory_advise(status));
    if (checkpoint_due(run, before, &now))
        VDIB_TRY(vdib_trainer_collect(run->trainer));
    if (!run->follows)
        VDIB_TRY(vdib__ranks_settle(run->trainer->ranks, write_step(run, before, &now)));
    if (now.done) /* all ranks know that the models are written */
        VDIB_TRY(vdib__ranks_share(run->trainer->ranks, 0, NULL, 0));
    VDIB_SIZED_WRITE(vdib_progress, &now, progress);
    return VDIB_OK;
}

vdib_status vdib_run_on_cancel(vdib_run *run, vdib_cancelled *cancelled, void *user) {
    VDIB_REQUIRE(run);
    return vdib_trainer_on_cancel(run->trainer, cancelled, user);
}

const char *vdib_run_notes(const vdib_run *run) {
    return run != NULL && run->notes != NULL ? run->notes : "";
}

const char *vdib_run_folder(const vdib_run *run) {
    return run != NULL ? run->folder : NULL;
}

const vdib_model *vdib_run_model(const vdib_run *run) {
    return run != NULL ? vdib__trainer_result(run->trainer) : NULL;
}

const vdib_dataset *vdib_run_dataset(const vdib_run *run) {
    return run != NULL ? run->dataset : NULL;
}

void vdib_run_destroy(vdib_run *run) {
    if (run == NULL)
        return;
    vdib__tensorboard_close(run->tensorboard);
    vdib__growing_close(run->metrics);
    vdib_trainer_destroy(run->trainer);
    vdib_dataset_destroy(run->opened);
    vdib__shared_data_release(run->shared);
    vdib__run_record_clear(&run->record);
    if (run->lock >= 0)
        (void)close(run->lock);
    vdib__free(run->notes);
    vdib__free(run->folder);
    vdib__free(run);
}
