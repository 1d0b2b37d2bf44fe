/* SPDX-License-Identifier: MIT */
/* Training that runs out of memory: whichever allocation fails, it is reported and nothing is left behind; with the
 * allocation granted, the weights are those of undisturbed training. */
#include <stdatomic.h>

#include "model/model.h"
#include "toy.h"
#include "vdib/memory.h"

/* Allocations that may still be made, and blocks that are held. */
static atomic_size_t allowed = SIZE_MAX, held;

static void *scarce_allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    size_t left = atomic_load(&allowed);
    do
        if (left == 0)
            return NULL;
    while (!atomic_compare_exchange_weak(&allowed, &left, left - 1));
    atomic_fetch_add(&held, 1);
    return aligned_alloc(alignment, size);
}

static void scarce_release(void *user, void *block) {
    (void)user;
    atomic_fetch_sub(&held, 1);
    free(block);
}

static int start(void **state) {
    (void)state;
    const vdib_allocator scarce = {sizeof(vdib_allocator), scarce_allocate, scarce_release, NULL};
    return vdib_allocator_set(&scarce) == VDIB_OK ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    return vdib_allocator_set(NULL) == VDIB_OK ? 0 : -1;
}

/* Training to the limit with a checkpoint and a resume after the first update. */
typedef struct training {
    const vdib_config *config;
    const vdib_dataset *dataset;
    char path[4096];
    float *values; /* (count) the model's parameters at the end */
    size_t count;
    vdib_progress progress;
} training;

static vdib_status train_with(const training *t, vdib_trainer *first, vdib_trainer **second) {
    vdib_progress progress = {.size = sizeof progress};
    vdib_status status = vdib_trainer_set_threads(first, 1);
    if (status == VDIB_OK)
        status = vdib_trainer_step(first, &progress);
    if (status == VDIB_OK)
        status = vdib_trainer_checkpoint(first, t->path);
    if (status == VDIB_OK)
        status = vdib_trainer_create(t->config, t->dataset, second);
    if (status == VDIB_OK)
        status = vdib_trainer_set_threads(*second, 1);
    if (status == VDIB_OK)
        status = vdib_trainer_resume(*second, t->path);
    return status;
}

static vdib_status run(training *t) {
    vdib_trainer *first = NULL, *second = NULL;
    vdib_status status = vdib_trainer_create(t->config, t->dataset, &first);
    assert_int_equal(status == VDIB_OK, first != NULL);
    if (status == VDIB_OK)
        status = train_with(t, first, &second);
    t->progress = (vdib_progress){.size = sizeof t->progress};
    while (status == VDIB_OK && !t->progress.done)
        status = vdib_trainer_step(second, &t->progress);
    if (status == VDIB_OK)
        memcpy(t->values, vdib_trainer_model(second)->parameters, t->count * sizeof *t->values);
    vdib_trainer_destroy(second);
    vdib_trainer_destroy(first);
    return status;
}

/* Runs with 0, 1, 2, ... allocations until one succeeds; returns how many it needs. */
static size_t starve(training *t) {
    size_t before = atomic_load(&held), needed = 0;
    for (vdib_status status = VDIB_ERROR_MEMORY; status != VDIB_OK; needed++) {
        atomic_store(&allowed, needed);
        status = run(t);
        atomic_store(&allowed, SIZE_MAX);
        if (status != VDIB_OK)
            assert_int_equal(status, VDIB_ERROR_MEMORY);
        assert_int_equal(atomic_load(&held), before);
        assert_true(needed < 100000);
    }
    return needed - 1;
}

static void check(vdib_config *config, const vdib_dataset *dataset, char *folder) {
    training t = {.config = config, .dataset = dataset};
    vdib_model *model = NULL;
    snprintf(t.path, sizeof t.path, "%s/checkpoint.safetensors", folder);
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    t.count = model->table.total;
    vdib_model_destroy(model);
    float *want = calloc(t.count, sizeof *want);
    t.values = calloc(t.count, sizeof *t.values);
    assert_true(want != NULL && t.values != NULL);
    assert_ok(run(&t));
    memcpy(want, t.values, t.count * sizeof *want);
    memset(t.values, 0, t.count * sizeof *t.values);
    double loss = t.progress.validation_loss;
    size_t needed = starve(&t);
    print_message("%zu allocations\n", needed);
    assert_true(needed >= 100);
    assert_memory_equal(t.values, want, t.count * sizeof *want);
    assert_true(t.progress.validated && t.progress.validation_loss == loss);
    free(t.values), free(want);
}

static void whichever_allocation_fails_is_reported(void **state) {
    (void)state;
    static const char *const variants[][6] = {
        {"learning.feedback=drtp", "learning.batch_size=4", NULL},
        {"learning.estimator=reinforce", "learning.feedback=dfa", "learning.dfa_normalised=false",
         "learning.batch_size=1", NULL},
        {"learning.estimator=rloo", "learning.draws=3", "learning.feedback=dfa", "learning.dfa_normalised=false", NULL},
        {"learning.schedule=online", "decoder.window=3", "learning.batch_size=1", NULL},
        {"augment.shift=1", "augment.time_shift_us=5000", "augment.noise_hz=50", NULL},
        {"learning.schedule=online", "decoder.window=3", "learning.batch_size=1", "learning.estimator=reinforce",
         "learning.dfa_normalised=false", NULL}};
    char *folder = support_folder();
    vdib_dataset *dataset = toy_dataset(true);
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        vdib_config *config = toy_config(TOY_STRAIGHT);
        toy_set(config, variants[i]);
        if (i == 4)
            assert_ok(vdib_config_set(config, "learning.feedback=dfa"));
        assert_ok(vdib_config_set(config, "training.examples=8"));
        check(config, dataset, folder);
        vdib_config_destroy(config);
    }
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

/* Step-by-step data: validation runs sequences. */
static void sequences_that_do_not_fit_are_reported(void **state) {
    (void)state;
    static const char *const settings[] = {"data.target=units",
                                           "data.input=blobs",
                                           "data.steps=7",
                                           "decoder.window=3",
                                           "decoder=linear",
                                           "learning.schedule=online",
                                           "learning.batch_size=1",
                                           "training.examples=2",
                                           "training.validate_every=0",
                                           NULL};
    char *folder = support_folder();
    vdib_dataset *dataset = NULL;
    vdib_config *config = toy_config(TOY_STRAIGHT);
    toy_set(config, settings);
    assert_ok(vdib_dataset_open(NULL, config, &dataset));
    check(config, dataset, folder);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whichever_allocation_fails_is_reported, start, stop),
        cmocka_unit_test_setup_teardown(sequences_that_do_not_fit_are_reported, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
