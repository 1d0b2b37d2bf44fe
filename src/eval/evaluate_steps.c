/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "data/inputs.h"
#include "eval/accounting.h"
#include "eval/evaluate.h"
#include "eval/metrics.h"

/* One sequence's scores. */
typedef struct score {
    const vdib_example *example;
    const vdib__target *target;
    size_t classes;
    uint64_t right;
    double squares;   /* sum over the scored steps of the squared difference of classes */
    uint64_t *counts; /* (classes) scored steps of each true class */
} score;

static void score_step(size_t step, const float *logits, void *user) {
    score *s = user;
    uint32_t said = vdib__most_probable(logits, s->classes), truth = s->example->step_labels[step];
    s->right += said == truth;
    s->squares += vdib__class_mse(s->target, s->classes, said, truth);
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
    size_t classes;
    uint64_t *counts; /* (VDIB_WALK_BATCH + 1, classes) of each sequence, and of all */
} tally;

static uint64_t *all_counts(const tally *t) {
    return t->counts + VDIB_WALK_BATCH * t->classes;
}

static void start_batch(vdib__walk *walk, tally *t) {
    memset(t->counts, 0, VDIB_WALK_BATCH * t->classes * sizeof *t->counts);
    for (size_t i = 0; i < VDIB_WALK_BATCH; i++) {
        t->scores[i] = (score){.example = walk->examples[i],
                               .target = vdib__target_of(walk->model->config->data.target),
                               .classes = t->classes,
                               .counts = t->counts + i * t->classes};
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
        for (size_t c = 0; c < t->classes; c++)
            all_counts(t)[c] += s->counts[c];
    }
}

static void report(const vdib__walk *walk, const tally *t, vdib__findings *findings) {
    const vdib__target *target = vdib__target_of(walk->model->config->data.target);
    vdib__constant constant = vdib__constant_predictor(target, all_counts(t), t->classes);
    findings->accuracy = t->accuracy.sum / (double)t->accuracy.count;
    findings->accuracy_standard_error = standard_error(&t->accuracy);
    findings->mse = t->mse.sum / (double)t->mse.count;
    findings->mse_standard_error = standard_error(&t->mse);
    findings->constant_accuracy = constant.accuracy;
    findings->constant_mse = constant.mse;
    vdib__account_report(&t->account, walk, findings);
}

static vdib_status walk_sequences(vdib__walk *walk, tally *t, vdib__activity *activity) {
    const vdib__target *target = vdib__target_of(walk->model->config->data.target);
    t->classes = walk->model->outputs;
    if (target->units_of != NULL && t->classes != target->classes)
        return vdib__fail(VDIB_ERROR_DATA, "the model has %zu class%s; data.target '%s' has %zu", t->classes,
                          vdib__es(t->classes), target->choice.name, target->classes);
    VDIB_TRY(VDIB_NEW(&t->counts, (VDIB_WALK_BATCH + 1) * t->classes));
    walk->visit = score_step;
    do {
        start_batch(walk, t);
        VDIB_TRY(vdib__walk_next(walk));
        take_batch(walk, t);
        vdib__activity_add(activity, walk);
    } while (walk->count > 0);
    return VDIB_OK;
}

vdib_status vdib__evaluate_steps(vdib__walk *walk, vdib__activity *activity, vdib__findings *findings) {
    tally *t = NULL;
    VDIB_TRY(VDIB_NEW(&t, 1));
    vdib_status status = walk_sequences(walk, t, activity);
    if (status == VDIB_OK)
        report(walk, t, findings);
    vdib__free(t->counts);
    vdib__free(t);
    return status;
}
