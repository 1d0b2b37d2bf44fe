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
    /* Of predictors that know the present class: (classes) the Markov predictor's answers; NULL: they are not asked. */
    const uint32_t *answers;
    uint64_t copy_right, markov_right;
    double copy_squares, markov_squares;
} score;

/* The same step by who knows the present class alone. */
static void score_present(size_t step, uint32_t truth, score *s) {
    uint32_t now = vdib__present_class(s->target, s->example->raster, step), later = s->answers[now];
    s->copy_right += now == truth;
    s->copy_squares += vdib__class_mse(s->target, s->classes, now, truth);
    s->markov_right += later == truth;
    s->markov_squares += vdib__class_mse(s->target, s->classes, later, truth);
}

static void score_step(size_t step, const float *logits, void *user) {
    score *s = user;
    uint32_t said = vdib__most_probable(logits, s->classes), truth = s->example->step_labels[step];
    s->right += said == truth;
    s->squares += vdib__class_mse(s->target, s->classes, said, truth);
    s->counts[truth]++;
    if (s->answers != NULL)
        score_present(step, truth, s);
}

/* Mean over sequences and its standard error, by the moments. */
typedef struct moments {
    vdib__sum sum, squares;
    uint64_t count;
} moments;

static void moments_add(moments *m, double value) {
    vdib__sum_add(&m->sum, value);
    vdib__sum_add(&m->squares, value * value);
    m->count++;
}

static vdib_status moments_share(moments *m, vdib__ranks *ranks) {
    VDIB_TRY(vdib__ranks_sum(ranks, &m->sum, 1));
    VDIB_TRY(vdib__ranks_sum(ranks, &m->squares, 1));
    return vdib__ranks_count_up(ranks, &m->count, 1);
}

static double mean_of(const moments *m) {
    return vdib__sum_value(&m->sum) / (double)m->count;
}

/* NaN for a single sequence, which shows no spread. */
static double standard_error(const moments *m) {
    if (m->count < 2)
        return NAN;
    double n = (double)m->count, mean = mean_of(m);
    double variance = (vdib__sum_value(&m->squares) - n * mean * mean) / (n - 1);
    return sqrt((variance > 0 ? variance : 0) / n);
}

typedef struct tally {
    score scores[VDIB_WALK_BATCH];
    vdib__accounts accounts;
    moments accuracy, mse;
    size_t classes;
    uint64_t *counts;  /* (VDIB_WALK_BATCH + 1, classes) of each sequence, and of all */
    uint32_t *answers; /* (classes) of the Markov predictor; NULL: none */
    /* sums over the sequences, of the predictors that know the present class */
    uint64_t copy_right, markov_right;
    vdib__sum copy_squares, markov_squares;
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
                               .answers = t->answers,
                               .counts = t->counts + i * t->classes};
        walk->users[i] = &t->scores[i];
    }
}

static void take_batch(const vdib__walk *walk, tally *t) {
    for (size_t i = 0; i < walk->count; i++) {
        const score *s = &t->scores[i];
        vdib__account account = vdib__account_of(walk, i);
        vdib__accounts_add(&t->accounts, &account);
        moments_add(&t->accuracy, (double)s->right / (double)account.scored);
        moments_add(&t->mse, s->squares / (double)account.scored);
        t->copy_right += s->copy_right;
        t->markov_right += s->markov_right;
        vdib__sum_add(&t->copy_squares, s->copy_squares);
        vdib__sum_add(&t->markov_squares, s->markov_squares);
        for (size_t c = 0; c < t->classes; c++)
            all_counts(t)[c] += s->counts[c];
    }
}

/* Predictors that look ahead from the present class: there is nothing to predict of the present or the past, and
 * nothing to learn from without training sequences. */
static vdib_status learn_transitions(const vdib__walk *walk, tally *t) {
    const vdib_config *config = walk->model->config;
    const vdib__target *target = vdib__target_of(config->data.target);
    if (target->class_of == NULL || config->data.delta <= 0 || !vdib__dataset_is_endless(walk->dataset))
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&t->answers, t->classes));
    return vdib__markov_learn(walk->dataset, config->seed, target, t->answers);
}

static void report_present(const tally *t, vdib__findings *findings) {
    double scored = (double)t->accounts.scored;
    findings->copy_accuracy = (double)t->copy_right / scored;
    findings->copy_mse = vdib__sum_value(&t->copy_squares) / scored;
    findings->markov_accuracy = (double)t->markov_right / scored;
    findings->markov_mse = vdib__sum_value(&t->markov_squares) / scored;
}

static void report(const vdib__walk *walk, const tally *t, vdib__findings *findings) {
    const vdib__target *target = vdib__target_of(walk->model->config->data.target);
    vdib__constant constant = vdib__constant_predictor(target, all_counts(t), t->classes);
    findings->accuracy = mean_of(&t->accuracy);
    findings->accuracy_standard_error = standard_error(&t->accuracy);
    findings->mse = mean_of(&t->mse);
    findings->mse_standard_error = standard_error(&t->mse);
    findings->constant_accuracy = constant.accuracy;
    findings->constant_mse = constant.mse;
    if (t->answers != NULL)
        report_present(t, findings);
    vdib__accounts_report(&t->accounts, walk, findings);
}

/* What all ranks have found, on every one of them. */
static vdib_status share(vdib__walk *walk, tally *t, const vdib__watch *watch) {
    vdib__ranks *ranks = walk->ranks;
    VDIB_TRY(vdib__accounts_share(&t->accounts, walk));
    VDIB_TRY(moments_share(&t->accuracy, ranks));
    VDIB_TRY(moments_share(&t->mse, ranks));
    VDIB_TRY(vdib__ranks_count_up(ranks, &t->copy_right, 1));
    VDIB_TRY(vdib__ranks_count_up(ranks, &t->markov_right, 1));
    VDIB_TRY(vdib__ranks_sum(ranks, &t->copy_squares, 1));
    VDIB_TRY(vdib__ranks_sum(ranks, &t->markov_squares, 1));
    VDIB_TRY(vdib__ranks_count_up(ranks, all_counts(t), t->classes));
    return vdib__watch_share(watch, ranks);
}

static vdib_status walk_sequences(vdib__walk *walk, tally *t, const vdib__watch *watch) {
    const vdib__target *target = vdib__target_of(walk->model->config->data.target);
    t->classes = walk->model->outputs;
    if (target->units_of != NULL && t->classes != target->classes)
        return vdib__fail(VDIB_ERROR_DATA, "the model has %zu class%s; data.target '%s' has %zu", t->classes,
                          vdib__es(t->classes), target->choice.name, target->classes);
    VDIB_TRY(VDIB_NEW(&t->counts, (VDIB_WALK_BATCH + 1) * t->classes));
    VDIB_TRY(learn_transitions(walk, t));
    walk->visit = score_step;
    do {
        start_batch(walk, t);
        VDIB_TRY(vdib__walk_next(walk));
        take_batch(walk, t);
        VDIB_TRY(vdib__watch_batch(watch, walk));
    } while (walk->count > 0);
    return share(walk, t, watch);
}

vdib_status vdib__evaluate_steps(vdib__walk *walk, const vdib__watch *watch, vdib__findings *findings) {
    tally *t = NULL;
    VDIB_TRY(VDIB_NEW(&t, 1));
    vdib_status status = walk_sequences(walk, t, watch);
    if (status == VDIB_OK)
        report(walk, t, findings);
    vdib__free(t->answers);
    vdib__free(t->counts);
    vdib__free(t);
    return status;
}
