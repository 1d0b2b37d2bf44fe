/* SPDX-License-Identifier: MIT */
/* Trainers, runs, evaluations, reports, series and sweeps when memory runs out. */
#include "faults.h"

#include "learn/toy.h"

static vdib_dataset *data;  /* toy data, given */
static vdib_config *config; /* a short training of them */

static void add_digest(faults *f, const vdib_model *model) {
    char digest[VDIB_MODEL_DIGEST];
    TRY(vdib_model_digest(model, digest));
    faults_add(f, digest, strlen(digest));
}

static void add_evaluation(faults *f, const vdib_evaluation *evaluation) {
    double value = 0;
    for (size_t i = 0; i < vdib_figure_count(); i++)
        if (vdib_evaluation_figure(evaluation, i, &value) && strstr(vdib_figure_name(i), "second") == NULL)
            faults_add(f, &value, sizeof value);
}

/* ---- trainers ---- */

static vdib_status begin(vdib_model *model, void *user) {
    FAULTS_ADD((faults *)user, vdib_model_readouts(model));
    return VDIB_OK;
}

static void trainers(faults *f) {
    vdib_trainer *trainer = NULL, *resumed = NULL;
    vdib_training_need need = {.size = sizeof need};
    vdib_progress progress = {.size = sizeof progress};
    char path[FAULTS_PATH];
    TRY(vdib_training_memory(config, data, 1, &need));
    FAULTS_ADD(f, need.total);
    MAKE(trainer, vdib_trainer_create(config, data, &trainer));
    TRY(vdib_trainer_begin(trainer, begin, &(faults){.sum = 0}));
    TRY(vdib_trainer_set_threads(trainer, 1));
    TRY(vdib_trainer_set_limits(trainer, 16, 0, 0));
    TRY(vdib_trainer_on_cancel(trainer, NULL, NULL));
    TRY(vdib_trainer_step(trainer, &progress));
    TRY(vdib_trainer_checkpoint(trainer, faults_path(f, "checkpoint.safetensors", path)));
    MAKE(resumed, vdib_trainer_create(config, data, &resumed));
    TRY(vdib_trainer_set_threads(resumed, 1));
    TRY(vdib_trainer_set_limits(resumed, 16, 0, 0));
    TRY(vdib_trainer_resume(resumed, path));
    while (!progress.done)
        TRY(vdib_trainer_step(resumed, &progress));
    add_digest(f, vdib_trainer_model(resumed));
    add_digest(f, vdib_trainer_best(resumed));
    vdib_trainer_destroy(resumed), vdib_trainer_destroy(trainer);
}

/* A decoder of the program's own, whose loss is the sum of what it reads. */
static void own_decoders(faults *f) {
    vdib_trainer *trainer = NULL;
    vdib_shown shown = {.size = sizeof shown};
    vdib_progress progress = {.size = sizeof progress};
    float gradients[4096];
    double losses[64];
    for (size_t i = 0; i < sizeof gradients / sizeof *gradients; i++)
        gradients[i] = 0.01F;
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        losses[i] = 1;
    MAKE(trainer, vdib_trainer_create(config, data, &trainer));
    TRY(vdib_trainer_set_threads(trainer, 1));
    TRY(vdib_trainer_forward(trainer, &shown));
    assert_true(shown.examples * shown.draws * shown.window * shown.row <= sizeof gradients / sizeof *gradients);
    TRY(vdib_trainer_backward(trainer, gradients, losses, NULL, &progress));
    add_digest(f, vdib_trainer_model(trainer));
    vdib_trainer_destroy(trainer);
}

/* ---- evaluations ---- */

static const vdib_evaluation_options QUIET = {.size = sizeof QUIET, .threads = 1, .no_judge = true};

static void evaluations(faults *f) {
    vdib_model *model = NULL;
    vdib_evaluation evaluation = {NULL};
    vdib_ridge_fit fit = {.size = sizeof fit};
    vdib_evaluation validation = {NULL}, test = {NULL};
    char path[FAULTS_PATH], *json = NULL;
    MAKE(model, vdib_model_create(config, vdib_dataset_geometry(data), &model));
    TRY(vdib_evaluate(model, data, VDIB_SPLIT_TEST, &QUIET, &evaluation));
    add_evaluation(f, &evaluation);
    MAKE(json, vdib_evaluation_json(&evaluation, &json));
    vdib_text_free(json);
    vdib_evaluation_clear(&evaluation);
    TRY(vdib_reconstruct_save(model, data, VDIB_SPLIT_TEST, &QUIET, faults_path(f, "images.png", path)));
    faults_add_file(f, path);
    TRY(vdib_ridge_evaluate(config, data, &QUIET, &fit, &validation, &test));
    add_evaluation(f, &test);
    vdib_evaluation_clear(&validation), vdib_evaluation_clear(&test);
    vdib_model_destroy(model);
}

/* ---- runs ---- */

static void finish(vdib_run *run) {
    vdib_progress progress = {.size = sizeof progress};
    do
        TRY(vdib_run_step(run, &progress));
    while (!progress.done);
}

static void add_results(faults *f, const vdib_results *results) {
    char path[FAULTS_PATH], *csv = NULL, *json = NULL;
    MAKE(csv, vdib_results_csv(results, &csv));
    MAKE(json, vdib_results_json(results, &json));
    TRY(vdib_results_page(results, "faults", faults_path(f, "results.html", path)));
    FAULTS_ADD(f, vdib_results_count(results) + 10 * vdib_results_setting_count(results));
    vdib_text_free(csv), vdib_text_free(json);
}

/* A folder that was begun is in the way of another attempt. */
static vdib_status try_run(const char *folder, vdib_run **run) {
    const vdib_run_options options = {.size = sizeof options, .dataset = data, .threads = 1, .examples = 16};
    vdib_status status = vdib_run_create(folder, config, &options, run);
    if (status != VDIB_OK)
        support_folder_remove(strdup(folder));
    return status;
}

static void runs(faults *f) {
    const vdib_resume_options resume = {.size = sizeof resume, .dataset = data, .threads = 1};
    vdib_run *run = NULL, *resumed = NULL;
    vdib_progress progress = {.size = sizeof progress};
    vdib_run_info info = {.size = sizeof info};
    vdib_evaluation evaluation = {NULL}, validation = {NULL};
    vdib_results *results = NULL;
    char folder[FAULTS_PATH];
    faults_path(f, "run", folder);
    MAKE(run, try_run(folder, &run));
    TRY(vdib_run_on_cancel(run, NULL, NULL));
    TRY(vdib_run_step(run, &progress));
    vdib_run_destroy(run);
    MAKE(resumed, vdib_run_resume(folder, &resume, &resumed));
    finish(resumed);
    add_digest(f, vdib_run_model(resumed));
    TRY(vdib_run_validate(resumed, &QUIET, &validation));
    add_evaluation(f, &validation);
    vdib_run_destroy(resumed);
    TRY(vdib_run_describe(folder, &info));
    FAULTS_ADD(f, info.examples + info.finished);
    vdib_run_info_clear(&info);
    TRY(vdib_report_write_dataset(folder, data, &QUIET, &evaluation));
    add_evaluation(f, &evaluation);
    vdib_evaluation_clear(&validation), vdib_evaluation_clear(&evaluation);
    MAKE(results, vdib_results_read(&(const char *){folder}, 1, &results));
    add_results(f, results);
    vdib_results_destroy(results);
}

static vdib_status try_series(const char *folder, vdib_series **series) {
    const vdib_run_options options = {.size = sizeof options, .dataset = data, .threads = 1, .examples = 8};
    vdib_status status = vdib_series_create(folder, config, 2, &options, series);
    if (status != VDIB_OK)
        support_folder_remove(strdup(folder));
    return status;
}

static void series_of_runs(faults *f) {
    const vdib_resume_options resume = {.size = sizeof resume, .dataset = data, .threads = 1};
    vdib_series *series = NULL, *again = NULL;
    char folder[FAULTS_PATH];
    double mean = 0, deviation = 0;
    faults_path(f, "series", folder);
    MAKE(series, try_series(folder, &series));
    for (size_t i = 0; i < vdib_series_count(series); i++) {
        vdib_run *run = NULL;
        vdib_evaluation evaluation = {NULL};
        MAKE(run, vdib_series_run(series, i, &run));
        finish(run);
        TRY(vdib_report_write_dataset(vdib_run_folder(run), data, &QUIET, &evaluation));
        TRY(vdib_series_add(series, &evaluation));
        vdib_evaluation_clear(&evaluation);
        vdib_run_destroy(run);
    }
    TRY(vdib_series_finish(series));
    if (vdib_series_figure(series, vdib_figure_find("accuracy"), &mean, &deviation))
        faults_add(f, &mean, sizeof mean);
    vdib_series_destroy(series);
    MAKE(again, vdib_series_resume(folder, &resume, &again));
    FAULTS_ADD(f, vdib_series_count(again));
    vdib_series_destroy(again);
}

static vdib_status try_sweep(const char *folder, vdib_sweep **sweep) {
    static const char *const over[] = {"objective.beta=0.001,0.1"};
    const vdib_run_options options = {.size = sizeof options, .dataset = data, .threads = 1, .examples = 8};
    vdib_status status = vdib_sweep_create(folder, config, over, 1, 1, &options, sweep);
    if (status != VDIB_OK)
        support_folder_remove(strdup(folder));
    return status;
}

static void sweeps(faults *f) {
    const vdib_resume_options resume = {.size = sizeof resume, .dataset = data, .threads = 1};
    vdib_sweep *sweep = NULL, *again = NULL;
    vdib_results *results = NULL;
    char folder[FAULTS_PATH];
    faults_path(f, "sweep", folder);
    MAKE(sweep, try_sweep(folder, &sweep));
    for (size_t i = 0; i < vdib_sweep_count(sweep); i++) {
        vdib_run *run = NULL;
        vdib_config *own = NULL;
        MAKE(own, vdib_sweep_config(sweep, i, &own));
        vdib_config_destroy(own);
        MAKE(run, vdib_sweep_run(sweep, i, &run));
        finish(run);
        add_digest(f, vdib_run_model(run));
        vdib_run_destroy(run);
    }
    TRY(vdib_sweep_write(sweep));
    MAKE(again, vdib_sweep_open(folder, &resume, &again));
    FAULTS_ADD(f, vdib_sweep_count(again));
    vdib_sweep_destroy(again);
    MAKE(results, vdib_sweep_results(sweep, &results));
    add_results(f, results);
    vdib_results_destroy(results);
    vdib_sweep_destroy(sweep);
}

static void whatever_fails_is_said_and_can_be_done_again(void **state) {
    (void)state;
    data = toy_dataset(true);
    config = toy_config(TOY_STRAIGHT);
    toy_set(config, (const char *const[]){"training.examples=16", "training.validate_every=8",
                                          "training.checkpoint_every=8", NULL});
    faults_campaign("trainers", trainers, 150);
    faults_campaign("own decoders", own_decoders, 150);
    faults_campaign("evaluations", evaluations, 100);
    faults_campaign("runs", runs, 100);
    faults_campaign("series", series_of_runs, 60);
    faults_campaign("sweeps", sweeps, 60);
    vdib_config_destroy(config);
    vdib_dataset_destroy(data);
}

int main(void) {
    return faults_main(whatever_fails_is_said_and_can_be_done_again);
}
