/* SPDX-License-Identifier: MIT */
/* Training: which examples, which steps, which updates, and what is reported of them. */
#include "reference/trainer/twin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double LN2 = 0.69314718055994530942;

static void fetch(twin *t, vdib_split split, size_t index, vdib__stage stage, uint64_t presentation) {
    if (vdib__dataset_fetch(t->dataset, split, index, t->settings.seed, stage, presentation, t->example) == VDIB_OK)
        return;
    fprintf(stderr, "the twin cannot read example %zu\n", index);
    abort();
}

/* The example shown at a presentation: every epoch goes through the training split in an order of its own. */
void twin_fetch_shown(twin *t, uint64_t presentation) {
    size_t count = vdib_dataset_size(t->dataset, VDIB_SPLIT_TRAIN), index = (size_t)presentation;
    if (count > 0) {
        vdib__key key = {
            .seed = t->settings.seed, .purpose = VDIB_PURPOSE_ORDER, .example = presentation / (uint64_t)count};
        uint32_t *order = malloc(count * sizeof *order);
        if (order == NULL)
            abort();
        vdib__random_permutation(&key, order, (uint32_t)count);
        index = order[presentation % (uint64_t)count];
        free(order);
    }
    fetch(t, VDIB_SPLIT_TRAIN, index, VDIB_STAGE_TRAINING, presentation);
}

vdib__key twin_key(const twin *t, vdib__stage stage, uint64_t presentation) {
    return (vdib__key){
        .seed = t->settings.seed, .purpose = VDIB_PURPOSE_READOUT, .stage = stage, .example = presentation};
}

/* What the fetched example is decoded to: its image (values), or its class. */
typedef struct answer {
    double *values; /* (outputs) the image, or the class as one-hot */
    uint32_t label;
} answer;

static answer answer_of(const twin *t, uint32_t label) {
    answer a = {.values = twin_numbers(t->outputs), .label = label};
    if (t->settings.head == TWIN_CATEGORICAL)
        a.values[label] = 1;
    for (size_t i = 0; i < t->outputs && t->settings.head != TWIN_CATEGORICAL; i++)
        a.values[i] = (double)t->example->target[i];
    return a;
}

/* Roots of how many spikes each input has in each part of the time, in the place of what is received. */
static const double *count_inputs(const twin *t, const twin_record *r) {
    const twin_settings *s = &t->settings;
    size_t steps = r->steps - s->blank;
    for (size_t i = 0; i < s->window * s->row; i++)
        t->received[i] = 0;
    for (size_t step = 0; step < steps; step++)
        for (size_t i = 0; i < s->row; i++)
            t->received[(size_t)floor((double)(s->window * step) / (double)steps) * s->row + i] +=
                r->input[(s->blank + step) * s->row + i];
    for (size_t i = 0; i < s->window * s->row; i++)
        t->received[i] = sqrt(t->received[i]);
    return t->received;
}

/* Decodes the window that ends before step `end` of a record, and the loss of steps [begin, end). With `scale` not 0
 * also the decoder's gradients, times it. */
static twin_loss score(twin *t, const twin_record *r, size_t begin, size_t end, size_t scored, const answer *a,
                       double scale) {
    size_t readouts = t->settings.readouts;
    double *gradient = twin_numbers(t->outputs);
    twin_loss loss = {0};
    size_t first = end - t->settings.window;
    const double *received = t->settings.absent
                                 ? count_inputs(t, r)
                                 : twin_link(t, &r->key, first - t->settings.blank, r->spikes + first * readouts);
    const double *logits = twin_decode(t, received);
    loss.smoothed = loss.distortion = twin_distortion(t, logits, a->values, a->label, gradient);
    if (scale != 0 && t->settings.smoothing > 0)
        loss.smoothed = twin_smoothed(t, logits, a->label, gradient);
    twin_rate(t, r, begin, end, &loss);
    twin_total(t, &loss, scored);
    for (size_t i = 0; i < t->outputs; i++)
        gradient[i] *= scale;
    if (scale != 0)
        twin_decode_backward(t, gradient);
    free(gradient);
    return loss;
}

/* Mean of everything seen, of the last 1,000 examples or so once there are more. */
static void average(twin *t, double loss, double distortion, double rate, double density) {
    double share = 1 / fmin((double)++t->averaged, 1000);
    t->averages.loss += share * (loss - t->averages.loss);
    t->averages.distortion += share * (distortion - t->averages.distortion);
    t->averages.rate_bits += share * (rate / LN2 - t->averages.rate_bits);
    t->averages.density += share * (density - t->averages.density);
}

/* The middle of an update of `count` examples. */
static double middle(const twin *t, size_t count) {
    return (double)t->examples + (double)count / 2;
}

/* What the learning rates are multiplied with: a linear rise over the first examples, then the decay. */
static double share_of(const twin *t, size_t count) {
    const twin_settings *s = &t->settings;
    double now = middle(t, count), done = fmin(fmax((now - s->warmup) / (s->decay_end - s->warmup), 0), 1), left = 1;
    if (s->decay == TWIN_COSINE)
        left = pow(cos(1.57079632679489661923 * done), 2);
    else if (s->decay == TWIN_STRAIGHT)
        left = 1 - done;
    if (s->decay != TWIN_CONSTANT)
        left = s->decay_floor + left - s->decay_floor * left;
    return now < s->warmup ? left * now / s->warmup : left;
}

static double price_of(const twin *t, size_t count) {
    double part = t->settings.price_rise > 0 ? fmin(middle(t, count) / t->settings.price_rise, 1) : 1;
    return t->settings.price * part;
}

/* ---- episode: one update for a batch ---- */

typedef struct batch {
    size_t examples, count; /* count: draws of all examples, those of one side by side */
    twin_loss *losses;
    double *totals, *windows; /* (count), (count, window, NY) the gradients of the windows */
    answer *answers;
} batch;

static void run_draw(twin *t, batch *b, size_t i) {
    twin_record *r = &t->records[i];
    const twin_settings *s = &t->settings;
    uint64_t presentation = t->examples + i / s->draws;
    vdib__key key = twin_key(t, VDIB_STAGE_TRAINING, presentation);
    double distortion_scale, rate_scale;
    key.sample = (uint8_t)(i % s->draws);
    twin_fetch_shown(t, presentation);
    twin_record_set(t, r, t->example->raster);
    r->key = key;
    for (size_t step = 0; step < r->steps && !s->absent; step++)
        twin_step(t, r, step, &key, NULL);
    twin_scales(t, r->steps - s->blank, &distortion_scale, &rate_scale);
    b->answers[i] = answer_of(t, t->example->label);
    r->label = t->example->label;
    b->losses[i] =
        score(t, r, s->blank, r->steps, r->steps - s->blank, &b->answers[i], distortion_scale / (double)b->count);
    b->totals[i] = b->losses[i].total;
    memcpy(b->windows + i * s->window * s->readouts, t->window_gradient, s->window * s->readouts * sizeof(double));
}

static void learn_batch(twin *t, batch *b) {
    const twin_settings *s = &t->settings;
    for (size_t i = 0; i < b->count; i++) {
        twin_record *r = &t->records[i];
        double weight = twin_estimate(t, r, s->blank, r->steps, r->steps - s->blank, b->totals, b->count, i,
                                      b->windows + i * s->window * s->readouts);
        twin_backward(t, r, s->blank, false, b->answers[i].values, weight);
    }
    twin_update(t, TWIN_ENCODER, b->totals[0]);
}

/* An example counts by the mean over its draws. */
static void average_examples(twin *t, const batch *b) {
    size_t draws = t->settings.draws;
    for (size_t e = 0; e < b->examples; e++) {
        twin_loss mean = {0};
        double cells = (double)((t->records[e * draws].steps - t->settings.blank) * t->settings.readouts);
        for (size_t i = e * draws; i < (e + 1) * draws; i++) {
            mean.total += b->totals[i] / (double)draws, mean.distortion += b->losses[i].distortion / (double)draws;
            mean.rate += b->losses[i].rate / (double)draws, mean.spikes += b->losses[i].spikes / (double)draws;
            free(b->answers[i].values);
        }
        average(t, mean.total, mean.distortion, mean.rate, cells > 0 ? mean.spikes / cells : 0);
    }
}

static void episode(twin *t) {
    const twin_settings *s = &t->settings;
    uint64_t left = s->limit - t->examples;
    batch b = {.examples = left < s->batch_size ? (size_t)left : s->batch_size};
    b.count = b.examples * s->draws;
    b.losses = calloc(b.count, sizeof *b.losses), b.answers = calloc(b.count, sizeof *b.answers);
    b.totals = twin_numbers(b.count), b.windows = twin_numbers(b.count * s->window * s->readouts);
    if (b.losses == NULL || b.answers == NULL)
        abort();
    t->share = share_of(t, b.examples), t->price = price_of(t, b.examples);
    twin_clear_gradients(t, TWIN_ENCODER), twin_clear_gradients(t, TWIN_DECODER);
    for (size_t i = 0; i < b.count; i++)
        run_draw(t, &b, i);
    if (!s->absent)
        learn_batch(t, &b); /* before the decoder moves, though no gradient of it is read any more */
    twin_update(t, TWIN_DECODER, 0);
    average_examples(t, &b);
    t->examples += b.examples;
    free(b.losses), free(b.answers), free(b.totals), free(b.windows);
}

/* ---- online: one update for every step of a batch of sequences once the window is full ---- */

/* A sequence that is learnt from beside others. */
typedef struct sequence {
    uint32_t *labels; /* (data steps) */
    double *target;   /* (outputs) of images and values */
    twin_loss now, sum;
    double *window; /* (NY) gradient of the newest step */
} sequence;

static sequence sequence_of(twin *t, size_t i) {
    const twin_settings *s = &t->settings;
    twin_record *r = &t->records[i];
    twin_fetch_shown(t, t->examples + i);
    twin_record_set(t, r, t->example->raster);
    r->key = twin_key(t, VDIB_STAGE_TRAINING, t->examples + i);
    sequence q = {.labels = calloc(r->steps, sizeof *q.labels), .window = twin_numbers(s->readouts)};
    if (q.labels == NULL)
        abort();
    for (size_t step = 0; step < r->steps - s->blank; step++)
        q.labels[step] = t->example->step_labels != NULL ? t->example->step_labels[step] : t->example->label;
    answer a = answer_of(t, 0);
    q.target = a.values;
    return q;
}

/* The answer of a step: a class as one-hot, or the target. */
static answer step_answer(const twin *t, const sequence *q, size_t data_step) {
    answer a = {.values = twin_numbers(t->outputs), .label = q->labels[data_step]};
    memcpy(a.values, q->target, t->outputs * sizeof *a.values);
    if (t->settings.head == TWIN_CATEGORICAL) {
        memset(a.values, 0, t->outputs * sizeof *a.values);
        a.values[a.label] = 1;
    }
    return a;
}

/* One update of the mean loss of a step of all sequences. The loss of a step credits the spikes of that step only: the
 * last row of its window. */
static void learn_step(twin *t, sequence *all, size_t count, size_t step) {
    const twin_settings *s = &t->settings;
    double distortion_scale, rate_scale, *totals = twin_numbers(count);
    twin_scales(t, 1, &distortion_scale, &rate_scale);
    twin_clear_gradients(t, TWIN_ENCODER), twin_clear_gradients(t, TWIN_DECODER);
    for (size_t i = 0; i < count; i++) {
        answer a = step_answer(t, &all[i], step - s->blank);
        all[i].now = score(t, &t->records[i], step, step + 1, 1, &a, distortion_scale / (double)count);
        totals[i] = all[i].now.total;
        memcpy(all[i].window, t->window_gradient + (s->window - 1) * s->readouts, s->readouts * sizeof(double));
        free(a.values);
    }
    for (size_t i = 0; i < count; i++) {
        answer a = step_answer(t, &all[i], step - s->blank);
        double *newest = twin_numbers(s->window * s->readouts);
        memcpy(newest + (s->window - 1) * s->readouts, all[i].window, s->readouts * sizeof(double));
        t->records[i].label = all[i].labels[step - s->blank];
        double weight = twin_estimate(t, &t->records[i], step, step + 1, 1, totals, count, i, newest);
        twin_backward(t, &t->records[i], step, true, a.values, weight);
        free(newest), free(a.values);
    }
    twin_update(t, TWIN_ENCODER, totals[0]);
    twin_update(t, TWIN_DECODER, 0);
    free(totals);
}

static void online(twin *t) {
    const twin_settings *s = &t->settings;
    uint64_t left = s->limit - t->examples;
    size_t count = left < s->batch_size ? (size_t)left : s->batch_size;
    sequence *all = calloc(count, sizeof *all);
    double scored = 0;
    if (all == NULL)
        abort();
    t->share = share_of(t, count), t->price = price_of(t, count);
    for (size_t i = 0; i < count; i++)
        all[i] = sequence_of(t, i);
    for (size_t step = 0; step < t->records[0].steps; step++) {
        for (size_t i = 0; i < count; i++)
            twin_step(t, &t->records[i], step, &t->records[i].key, NULL);
        if (step < s->blank + s->window)
            continue;
        learn_step(t, all, count, step);
        scored++;
        for (size_t i = 0; i < count; i++) {
            twin_loss *sum = &all[i].sum, *now = &all[i].now;
            sum->total += now->total, sum->distortion += now->distortion, sum->rate += now->rate;
            sum->spikes += now->spikes;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const twin_loss *sum = &all[i].sum;
        average(t, sum->total / scored, sum->distortion / scored, sum->rate / scored,
                sum->spikes / scored / (double)s->readouts);
        free(all[i].labels), free(all[i].target), free(all[i].window);
    }
    t->examples += count;
    free(all);
}

/* ---- validation ---- */

/* The loss of one example; of a sequence its mean over the steps after the first `window`. */
static twin_loss evaluate(twin *t, size_t index) {
    const twin_settings *s = &t->settings;
    twin_record *r = &t->records[0];
    vdib__key key = twin_key(t, VDIB_STAGE_EVALUATION, index);
    twin_loss sum = {0};
    fetch(t, VDIB_SPLIT_VALIDATION, index, VDIB_STAGE_EVALUATION, index);
    twin_record_set(t, r, t->example->raster);
    r->key = key;
    for (size_t step = 0; step < r->steps && !s->absent; step++)
        twin_step(t, r, step, &key, NULL);
    size_t begin = s->by_step ? s->blank + s->window : r->steps - 1, scored = r->steps - begin;
    for (size_t step = begin; step < r->steps; step++) {
        answer a = answer_of(t, s->by_step ? t->example->step_labels[step - s->blank] : t->example->label);
        size_t from = s->by_step ? step : s->blank, steps = s->by_step ? 1 : r->steps - s->blank;
        twin_loss loss = score(t, r, from, step + 1, steps, &a, 0);
        sum.total += loss.total / (double)scored, sum.distortion += loss.distortion / (double)scored;
        sum.rate += loss.rate / (double)scored;
        free(a.values);
    }
    return sum;
}

/* The averages of the weights and the weights change places. */
static void exchange(twin *t) {
    for (size_t i = 0; i < t->tensor_count && t->settings.average_memory > 0; i++) {
        double *values = t->tensors[i].values;
        t->tensors[i].values = t->tensors[i].average, t->tensors[i].average = values;
    }
}

static bool validate(twin *t) {
    size_t count = vdib_dataset_size(t->dataset, VDIB_SPLIT_VALIDATION);
    t->validation = (twin_figures){0}, t->price = t->settings.price;
    exchange(t);
    for (size_t i = 0; i < count; i++) {
        twin_loss loss = evaluate(t, i);
        t->validation.loss += loss.total / (double)count;
        t->validation.distortion += loss.distortion / (double)count;
        t->validation.rate_bits += loss.rate / LN2 / (double)count;
    }
    exchange(t);
    if (t->has_best && !(t->validation.loss < t->best_loss))
        return false;
    t->has_best = true, t->best_loss = t->validation.loss, t->best_examples = t->examples;
    return true;
}

twin_result twin_train(twin *t) {
    uint64_t before = t->examples, every = t->settings.validate_every;
    if (t->settings.online)
        online(t);
    else
        episode(t);
    if (t->before_validation != NULL)
        t->before_validation(t, t->user);
    twin_result result = {.done = t->examples >= t->settings.limit};
    bool crossed = every != 0 && before / every != t->examples / every;
    result.validated = vdib_dataset_size(t->dataset, VDIB_SPLIT_VALIDATION) > 0 && (result.done || crossed);
    result.improved = result.validated && !t->trains_only && validate(t);
    return result;
}
