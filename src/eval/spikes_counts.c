/* SPDX-License-Identifier: MIT */
/* What counts alone say: kernel ridge regression on how often each readout neuron spikes in the decoder's window,
 * learnt from training examples. A decoder of time cannot be asked that. */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "eval/metrics.h"
#include "eval/ridge.h"
#include "eval/spikes.h"

/* Of the training examples one in HELD chooses the penalty. */
enum { HELD = 5 };

typedef struct counting {
    size_t features, outputs;
    vdib__ridge ridge;
    vdib__ridge_table batch;  /* of the walk, its rows */
    vdib__ridge_table learnt; /* of the training examples, theirs; handed to the ridge */
    double *values;           /* (VDIB_WALK_BATCH, outputs) */
    float *said;              /* (VDIB_WALK_BATCH, outputs) */
    vdib__score score;
} counting;

static void destroy(void *state) {
    counting *c = state;
    vdib__ridge_free(&c->ridge);
    vdib__ridge_table_free(&c->learnt);
    vdib__ridge_table_free(&c->batch);
    vdib__free(c->said);
    vdib__free(c->values);
    vdib__free(c);
}

/* Row `row` of a table: square roots of the counts of example i of the walk's batch, and its target. */
static void fill_row(const vdib__walk *walk, size_t i, size_t row, vdib__ridge_table *table) {
    const vdib_model *model = walk->model;
    const vdib_example *example = walk->examples[i];
    const float *window = walk->batch->windows + i * model->window * model->row;
    float *x = table->x + row * table->features;
    double *y = table->y + row * table->outputs;
    memset(x, 0, table->features * sizeof *x);
    for (size_t k = 0; k < model->window * model->row; k++)
        x[k % model->row] += window[k];
    table->squares[row] = 0;
    for (size_t f = 0; f < table->features; f++) {
        x[f] = sqrtf(x[f]);
        table->squares[row] += (double)x[f] * (double)x[f];
    }
    for (size_t o = 0; o < table->outputs; o++)
        y[o] = !model->head->classes ? (double)example->target[o] : o == example->label ? 1.0 : 0.0;
    table->labels[row] = example->label;
}

/* ---- learning ---- */

static void copy_row(const vdib__ridge_table *from, size_t row, vdib__ridge_table *to, size_t at) {
    memcpy(to->x + at * to->features, from->x + row * from->features, to->features * sizeof *to->x);
    memcpy(to->y + at * to->outputs, from->y + row * from->outputs, to->outputs * sizeof *to->y);
    to->squares[at] = from->squares[row];
    to->labels[at] = from->labels[row];
}

/* Every HELD-th row to `held`, the others to `fitted`. */
static vdib_status part(const counting *c, const vdib__ridge_table *all, vdib__ridge_table *fitted,
                        vdib__ridge_table *held) {
    size_t kept = all->rows / HELD;
    VDIB_TRY(vdib__ridge_table_create(all->rows - kept, c->features, c->outputs, fitted));
    VDIB_TRY(vdib__ridge_table_create(kept, c->features, c->outputs, held));
    for (size_t row = 0, f = 0, h = 0; row < all->rows; row++)
        if (row % HELD == HELD - 1)
            copy_row(all, row, held, h++);
        else
            copy_row(all, row, fitted, f++);
    return VDIB_OK;
}

static vdib_status choose_penalty(const counting *c, const vdib__ridge_table *all, int threads, double *penalty) {
    vdib__ridge_table fitted = {.rows = 0}, held = {.rows = 0};
    vdib__ridge ridge = {.width = 0};
    double *outputs = NULL;
    vdib_status status = part(c, all, &fitted, &held);
    if (status == VDIB_OK)
        status = VDIB_NEW(&outputs, held.rows * c->outputs);
    if (status == VDIB_OK)
        status = vdib__ridge_create(&fitted, threads, &ridge);
    if (status == VDIB_OK)
        status = vdib__ridge_choose(&ridge, &held, threads, NULL, NULL, outputs, penalty);
    vdib__free(outputs);
    vdib__ridge_free(&ridge);
    vdib__ridge_table_free(&held);
    vdib__ridge_table_free(&fitted);
    return status;
}

static vdib_status study(void *state, const vdib__spikes *spikes) {
    counting *c = state;
    for (size_t i = 0; i < spikes->training->count; i++)
        fill_row(spikes->training, i, spikes->training->first + i, &c->learnt);
    return VDIB_OK;
}

/* Every rank learns from the rows of all. */
static vdib_status learn(void *state, const vdib__spikes *spikes) {
    counting *c = state;
    vdib__ridge_table *all = &c->learnt;
    int threads = spikes->training->threads;
    double penalty = VDIB__RIDGE_PENALTY[VDIB__RIDGE_PENALTIES - 1];
    const vdib__rows rows[] = {{all->x, all->features * sizeof *all->x},
                               {all->squares, sizeof *all->squares},
                               {all->y, all->outputs * sizeof *all->y},
                               {all->labels, sizeof *all->labels}};
    VDIB_TRY(vdib__walk_share(spikes->training, rows, sizeof rows / sizeof *rows));
    VDIB_TRY(choose_penalty(c, &c->learnt, threads, &penalty));
    VDIB_TRY(vdib__ridge_create(&c->learnt, threads, &c->ridge));
    return vdib__ridge_solve(&c->ridge, penalty);
}

/* ---- the part ---- */

static vdib_status create_state(const vdib__spikes *spikes, counting *c) {
    c->features = spikes->walk->model->row;
    c->outputs = spikes->walk->model->outputs;
    VDIB_TRY(VDIB_NEW(&c->values, VDIB_WALK_BATCH * c->outputs));
    VDIB_TRY(VDIB_NEW(&c->said, VDIB_WALK_BATCH * c->outputs));
    VDIB_TRY(vdib__ridge_table_create(VDIB_WALK_BATCH, c->features, c->outputs, &c->batch));
    return vdib__ridge_table_create(spikes->training->total, c->features, c->outputs, &c->learnt);
}

/* There must be something to learn from, and one answer an example. */
static vdib_status create(const vdib__spikes *spikes, void **state) {
    counting *made = NULL;
    if (spikes->walk->task->by_step || spikes->training == NULL || spikes->training->total < 2 * (size_t)HELD)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = create_state(spikes, made);
    if (status == VDIB_OK)
        *state = made;
    else
        destroy(made);
    return status;
}

static void score(counting *c, const vdib__spikes *spikes, size_t i) {
    const vdib__walk *walk = spikes->walk;
    const vdib_example *example = walk->examples[i];
    const float *said = c->said + i * c->outputs;
    c->score.count++;
    if (walk->model->head->classes) {
        vdib__sum_add(&c->score.squares, vdib__one_hot_mse(said, c->outputs, example->label));
        c->score.right += vdib__most_probable(said, c->outputs) == example->label;
    } else {
        vdib__sum_add(&c->score.squares, vdib__mse(said, example->target, c->outputs));
    }
}

static vdib_status take(void *state, const vdib__spikes *spikes) {
    const vdib__walk *walk = spikes->walk;
    counting *c = state;
    uint32_t labels[VDIB_WALK_BATCH];
    for (size_t i = 0; i < walk->count; i++)
        fill_row(walk, i, i, &c->batch);
    c->batch.rows = walk->count;
    VDIB_TRY(vdib__ridge_predict(&c->ridge, &c->batch, walk->threads, c->values));
    bool bounded = walk->model->head->classes || vdib__targets_are_images(&walk->model->geometry);
    vdib__ridge_say(c->values, walk->count * c->outputs, bounded, c->said);
    for (size_t i = 0; i < walk->count; i++)
        score(c, spikes, i);
    if (spikes->judging == NULL)
        return VDIB_OK;
    VDIB_TRY(vdib__judge_label(spikes->judging->judge, walk->threads, c->said, walk->count, labels));
    for (size_t i = 0; i < walk->count; i++)
        c->score.judged_right += labels[i] == walk->examples[i]->label;
    return VDIB_OK;
}

static vdib_status share(void *state, const vdib__spikes *spikes) {
    counting *c = state;
    return vdib__score_share(&c->score, spikes->walk->ranks);
}

static vdib_status report(const void *state, const vdib__spikes *spikes, vdib__findings *findings) {
    const counting *c = state;
    findings->counts_alone = vdib__replay_means(spikes->replay, &c->score);
    findings->counts_alone.distortion_nats = NAN; /* a regression has none */
    return VDIB_OK;
}

const vdib__spikes_part vdib__spikes_counts = {.create = create,
                                               .study = study,
                                               .learn = learn,
                                               .take = take,
                                               .share = share,
                                               .report = report,
                                               .destroy = destroy};
