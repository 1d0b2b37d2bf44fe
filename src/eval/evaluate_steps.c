/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "core/alloc.h"
#include "core/error.h"
#include "data/blobs.h"
#include "eval/accounting.h"
#include "eval/evaluate.h"
#include "eval/metrics.h"

/* One sequence's scores. */
typedef struct score {
    const vdib_example *example;
    uint64_t right;
    double squares;                     /* sum over the scored steps of the units' MSE */
    uint64_t counts[VDIB_BLOB_CLASSES]; /* scored steps of each true class */
} score;

static void score_step(size_t step, const float *logits, void *user) {
    score *s = user;
    uint32_t said = vdib__most_probable(logits, VDIB_BLOB_CLASSES), truth = s->example->step_labels[step];
    s->right += said == truth;
    s->squares += vdib__units_mse(said, truth);
    s->counts[truth]++;
}

/* Mean over sequences and its standard error, by the moments. */
typedef struct moments {
    double sum, squares;
    size_t count;
} moments;

static void moments_add(moments *m, double value) {
    m->sum += value;
    m->squares += value * value;
    m->count++;
}

/* NaN for a single sequence, which shows no spread. */
static double standard_error(const moments *m) {
    if (m->count < 2)
        return NAN;
    double n = (double)m->count, mean = m->sum / n, variance = (m->squares - n * mean * mean) / (n - 1);
    return sqrt((variance > 0 ? variance : 0) / n);
}

typedef struct tally {
    score scores[VDIB_WALK_BATCH];
    vdib__account account;
    moments accuracy, mse;
    uint64_t counts[VDIB_BLOB_CLASSES];
} tally;

static void start_batch(vdib__walk *walk, tally *t) {
    for (size_t i = 0; i < VDIB_WALK_BATCH; i++) {
        t->scores[i] = (score){.example = walk->examples[i]};
        walk->users[i] = &t->scores[i];
    }
}

static void take_batch(const vdib__walk *walk, tally *t) {
    for (size_t i = 0; i < walk->count; i++) {
        const score *s = &t->scores[i];
        vdib__account account = vdib__account_of(walk, i);
        vdib__account_add(&t->account, &account);
        moments_add(&t->accuracy, (double)s->right / (double)account.scored);
        moments_add(&t->mse, s->squares / (double)account.scored);
        for (size_t c = 0; c < VDIB_BLOB_CLASSES; c++)
            t->counts[c] += s->counts[c];
    }
}

static void report(const vdib__walk *walk, const tally *t, vdib__findings *findings) {
    vdib__constant constant = vdib__constant_predictor(t->counts);
    findings->accuracy = t->accuracy.sum / (double)t->accuracy.count;
    findings->accuracy_standard_error = standard_error(&t->accuracy);
    findings->mse = t->mse.sum / (double)t->mse.count;
    findings->mse_standard_error = standard_error(&t->mse);
    findings->constant_accuracy = constant.accuracy;
    findings->constant_mse = constant.mse;
    vdib__account_report(&t->account, walk, findings);
}

vdib_status vdib__evaluate_steps(vdib__walk *walk, vdib__findings *findings) {
    if (walk->model->outputs != VDIB_BLOB_CLASSES)
        return vdib__fail(VDIB_ERROR_DATA, "the model has %zu classes; pairs of %d units make %d", walk->model->outputs,
                          VDIB_BLOB_UNITS, VDIB_BLOB_CLASSES);
    tally *t = NULL;
    VDIB_TRY(VDIB_NEW(&t, 1));
    walk->visit = score_step;
    vdib_status status = VDIB_OK;
    do {
        start_batch(walk, t);
        status = vdib__walk_next(walk);
        if (status == VDIB_OK)
            take_batch(walk, t);
    } while (status == VDIB_OK && walk->count > 0);
    if (status == VDIB_OK)
        report(walk, t, findings);
    vdib__free(t);
    return status;
}
