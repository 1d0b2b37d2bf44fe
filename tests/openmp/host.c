/* SPDX-License-Identifier: MIT */
/* A host program with OpenMP loops of its own, as PyTorch brings them: training beside and inside of them ends,
 * gives the same loss and leaves the host's settings alone. What it costs is printed, not judged: it depends on what
 * else the machine does. */
#include "support.h"

#include <omp.h>

#include "core/clock.h"
#include "core/matrix.h"
#include "vdib/vdib.h"

enum { HOSTS = 2, STEPS = SUPPORT_SANITIZED ? 3 : 12, ROUNDS = 2 };

/* What all of them train on, which threads may share. */
static vdib_config *config;
static vdib_dataset *data;

/* The host's own work: some milliseconds on all of its threads, which spin at its end for a while. */
static double host_loop(void) {
    double sum = 0;
#pragma omp parallel for reduction(+ : sum) num_threads(HOSTS)
    for (int i = 0; i < 400000; i++)
        sum += 1.0 / (1.0 + i);
    return sum;
}

static int open_data(void **state) {
    static const char *const settings[] = {"training.validate_every=0", "training.examples=100000",
                                           "data.train_examples=32", "data.test_examples=2", "encoder.layers=[64]"};
    (void)state;
    assert_ok(vdib_config_load("demo", &config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_dataset_open("builtin:digits", config, &data));
    return 0;
}

static int close_data(void **state) {
    (void)state;
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return 0;
}

/* The loss after some steps, and how long they took, host loops not counted; with host loops between the steps or
 * without. */
static double train(bool host, double *seconds) {
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof progress};
    assert_ok(vdib_trainer_create(config, data, &trainer));
    assert_ok(vdib_trainer_set_threads(trainer, 2));
    *seconds = 0;
    for (int step = 0; step < STEPS; step++) {
        if (host)
            assert_true(host_loop() > 1);
        double start = vdib__clock_seconds();
        assert_ok(vdib_trainer_step(trainer, &progress));
        *seconds += vdib__clock_seconds() - start;
    }
    vdib_trainer_destroy(trainer);
    return progress.loss;
}

static void training_between_host_loops(void **state) {
    (void)state;
    double alone = 0, beside = 0, fastest = 1e9, beside_fastest = 1e9;
    omp_set_num_threads(HOSTS + 1);
    double loss = train(false, &alone);
    for (int round = 0; round < ROUNDS; round++) {
        assert_true(train(false, &alone) == loss);
        assert_true(train(true, &beside) == loss);
        fastest = alone < fastest ? alone : fastest;
        beside_fastest = beside < beside_fastest ? beside : beside_fastest;
    }
    assert_int_equal(omp_get_max_threads(), HOSTS + 1);
    print_message("fastest of %d: %.1f ms by itself, %.1f ms between host loops\n", ROUNDS, 1e3 * fastest,
                  1e3 * beside_fastest);
}

/* Every thread of the host may train, each with threads of the library's. */
static void training_inside_host_loops(void **state) {
    (void)state;
    double losses[HOSTS], seconds = 0, loss = train(false, &seconds);
#pragma omp parallel for num_threads(HOSTS)
    for (int i = 0; i < HOSTS; i++) {
        double unused = 0;
        losses[i] = train(false, &unused);
    }
    for (int i = 0; i < HOSTS; i++)
        assert_true(losses[i] == loss);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_between_host_loops),
        cmocka_unit_test(training_inside_host_loops),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}
