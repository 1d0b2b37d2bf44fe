/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "results.h"
#include "signals.h"

/* What the threads share; the members behind the lock are read and written under it. */
typedef struct jobs {
    vdib_sweep *sweep;
    const cli_arguments *arguments;
    size_t threads; /* of a run */
    pthread_mutex_t lock;
    size_t next;                           /* run that is looked at next */
    size_t share, done, failed, elsewhere; /* runs of this part */
    int code;                              /* of what ended everything: data that cannot be opened, a full disk */
} jobs;

static bool is_ours(const cli_arguments *arguments, size_t index) {
    return arguments->parts == 0 || index % arguments->parts == arguments->part - 1;
}

/* The next run to train; false if there is none, or work has ended. */
static bool take(jobs *j, size_t *index) {
    bool found = false;
    (void)pthread_mutex_lock(&j->lock);
    while (!found && j->code == CLI_DONE && !cli_stopped(NULL) && j->next < vdib_sweep_count(j->sweep)) {
        *index = j->next++;
        found = is_ours(j->arguments, *index) && vdib_sweep_state_of(j->sweep, *index) != VDIB_SWEEP_DONE;
    }
    (void)pthread_mutex_unlock(&j->lock);
    return found;
}

/* A run cannot go on. Only its own numbers concern it alone; everything else would stop the others too. */
static void note_failure(jobs *j, vdib_status status) {
    char message[CLI_PATH];
    snprintf(message, sizeof message, "%s", vdib_last_message());
    (void)pthread_mutex_lock(&j->lock);
    if (status == VDIB_ERROR_EXISTS)
        j->elsewhere++;
    else if (status == VDIB_ERROR_NUMERIC) {
        j->failed++;
        (void)cli_fail(CLI_FAILED, "%s", message);
    } else if (status != VDIB_ERROR_CANCELLED && j->code == CLI_DONE)
        j->code = cli_library_fail(status);
    (void)pthread_mutex_unlock(&j->lock);
}

/* "0003-beta-0.1-seed-2" */
static const char *name_of(const jobs *j, size_t index) {
    const char *folder = vdib_sweep_run_folder(j->sweep, index), *slash = strrchr(folder, '/');
    return slash != NULL ? slash + 1 : folder;
}

static void note_beginning(jobs *j, size_t index, const vdib_run *run) {
    char count[CLI_TEXT];
    uint64_t before = vdib_model_examples(vdib_run_model(run));
    (void)pthread_mutex_lock(&j->lock);
    if (before > 0)
        printf("resumed  %s, after %s example%s\n", name_of(j, index), cli_count(before, count), cli_s(before));
    else
        printf("begun    %s\n", name_of(j, index));
    cli_flush();
    (void)pthread_mutex_unlock(&j->lock);
}

static void note_end(jobs *j, size_t index, const vdib_progress *last, const vdib_evaluation *evaluation) {
    char text[CLI_TEXT], count[CLI_TEXT];
    double value = 0;
    (void)pthread_mutex_lock(&j->lock);
    j->done++;
    printf("done     %s, %zu of %zu: %s example%s in %s", name_of(j, index), j->done, j->share,
           cli_count(last->examples, count), cli_s(last->examples), cli_duration(last->seconds, text));
    for (size_t i = 0; cli_results_headline(i) < vdib_figure_count(); i++) {
        size_t f = cli_results_headline(i);
        if (!vdib_evaluation_figure(evaluation, f, &value))
            continue;
        printf(", %s %s", vdib_figure_label(f), cli_figure_value(f, value, text));
        if (vdib_figure_unit(f)[0] != '\0')
            printf(" %s", vdib_figure_unit(f));
    }
    putchar('\n');
    cli_flush();
    (void)pthread_mutex_unlock(&j->lock);
}

/* Trains and evaluates: validation.json first, so that a run that has its evaluation.json is done. */
static vdib_status finish(const jobs *j, vdib_run *run, vdib_progress *last, vdib_evaluation *evaluation) {
    const vdib_evaluation_options options = {.size = sizeof options, .threads = j->threads, .cancelled = cli_stopped};
    vdib_status status = VDIB_OK;
    while (status == VDIB_OK && !last->done)
        status = vdib_run_step(run, last);
    if (status == VDIB_OK)
        status = vdib_run_validate(run, &options, NULL);
    if (status == VDIB_OK)
        status = vdib_report_write_dataset(vdib_run_folder(run), vdib_run_dataset(run), &options, evaluation);
    return status;
}

static void train(jobs *j, size_t index) {
    vdib_run *run = NULL;
    vdib_progress last = {.size = sizeof last};
    vdib_evaluation evaluation = {NULL};
    vdib_status status = vdib_sweep_run(j->sweep, index, &run);
    if (status == VDIB_OK) {
        note_beginning(j, index, run);
        status = finish(j, run, &last, &evaluation);
    }
    if (status == VDIB_OK)
        note_end(j, index, &last, &evaluation);
    else
        note_failure(j, status);
    vdib_evaluation_clear(&evaluation);
    vdib_run_destroy(run);
}

static void *work(void *user) {
    jobs *j = user;
    size_t index = 0;
    while (take(j, &index))
        train(j, index);
    return NULL;
}

/* This thread works too; where no other can be started it does everything. */
static void work_together(jobs *j, size_t count) {
    pthread_t *others = calloc(count, sizeof *others);
    size_t started = 0;
    while (others != NULL && started + 1 < count && pthread_create(&others[started], NULL, work, j) == 0)
        started++;
    (void)work(j);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(others[i], NULL);
    free(others);
}

static void count_share(jobs *j) {
    for (size_t i = 0; i < vdib_sweep_count(j->sweep); i++)
        if (is_ours(j->arguments, i)) {
            j->share++;
            j->done += vdib_sweep_state_of(j->sweep, i) == VDIB_SWEEP_DONE;
        }
}

/* What is left to say when no thread works any more. */
static int conclude(const jobs *j) {
    const char *folder = vdib_sweep_folder(j->sweep);
    if (cli_stop_code() != 0)
        return cli_fail(cli_stop_code(), "%s: stopped, %zu of %zu run%s done; go on with `vdib sweep --resume %s`",
                        folder, j->done, j->share, cli_s(j->share), folder);
    if (j->code != CLI_DONE)
        return j->code;
    if (j->elsewhere > 0)
        printf("%zu run%s left to another process that trains %s\n", j->elsewhere, cli_s(j->elsewhere),
               j->elsewhere == 1 ? "it" : "them");
    if (j->failed > 0)
        return cli_fail(CLI_FAILED, "%s: %zu of %zu run%s failed; the others are done", folder, j->failed, j->share,
                        cli_s(j->share));
    return CLI_DONE;
}

int cli_jobs_run(vdib_sweep *sweep, const cli_arguments *arguments) {
    jobs j = {.sweep = sweep, .arguments = arguments, .threads = arguments->threads > 0 ? arguments->threads : 1};
    count_share(&j);
    size_t left = j.share - j.done, count = (size_t)arguments->jobs < left ? (size_t)arguments->jobs : left;
    printf("sweep    %s: %zu run%s", vdib_sweep_folder(sweep), j.share, cli_s(j.share));
    if (arguments->parts > 0)
        printf(" of %zu, part %llu of %llu", vdib_sweep_count(sweep), (unsigned long long)arguments->part,
               (unsigned long long)arguments->parts);
    printf(", %zu done; %zu at once\n", j.done, count);
    cli_signals_catch();
    cli_signals_reader();
    cli_flush();
    (void)pthread_mutex_init(&j.lock, NULL);
    work_together(&j, count);
    (void)pthread_mutex_destroy(&j.lock);
    return conclude(&j);
}
