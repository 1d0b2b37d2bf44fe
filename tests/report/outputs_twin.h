/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_REPORT_OUTPUTS_TWIN_H
#define VDIB_TESTS_REPORT_OUTPUTS_TWIN_H
/* A run of test_outputs.c beside its plain computation. */
#include <math.h>

#include "data/dataset.h"
#include "plain/plain.h"
#include "plain/read.h"
#include "report/outputs.h"

enum { AVERAGED = 1000 /* examples that the running averages of training reach back */ };

/* What was expected at some number of examples. */
typedef struct expected {
    uint64_t examples;
    plain_losses losses;
    bool improved;
} expected;

/* A run beside its plain computation. */
typedef struct twin {
    const outputs_case *of;
    char *folder;
    vdib_config *config;
    vdib_dataset *dataset;
    vdib_run *run;
    vdib_example *example;
    vdib__order order;
    uint64_t seed, limit;
    size_t batch;
    plain_losses averages;
    uint64_t averaged;
    double best;
    vdib_model *best_model; /* a copy of the best so far */
    uint64_t best_examples;
    size_t train_count, validation_count;
    expected train[OUTPUTS_POINTS], validation[OUTPUTS_POINTS];
} twin;

static inline void assert_near(double got, double want, const char *what) {
    if (!(fabs(got - want) <= 2e-5 * fabs(want)))
        fail_msg("%s is %.9g, but %.9g is right", what, got, want);
}

static inline const char *in_run(const twin *w, const char *name) {
    static char path[1024];
    assert_true(snprintf(path, sizeof path, "%s/run/%s", w->folder, name) < (int)sizeof path);
    return path;
}

#endif
