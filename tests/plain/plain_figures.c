/* SPDX-License-Identifier: MIT */
/* The figures of docs/method.md from runs of the plain model. */
#include "plain/plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* The steps that are scored, in order: all at once at the last one, or one by one from the first full window on. */
static size_t first_scored(const plain_model *model, size_t steps) {
    return model->stepwise ? model->window : steps - 1;
}

plain_losses plain_losses_of(const plain_model *model, const vdib_example *example, const vdib__key *key) {
    plain_trial *trial = plain_run(model, example->raster, key);
    double *logits = calloc(model->outputs, sizeof *logits), distortion = 0;
    size_t first = model->stepwise ? model->window : 0, counted = trial->steps - first; /* steps that the rate counts */
    double decodings = model->stepwise ? (double)counted : 1, spikes = 0;
    assert_non_null(logits);
    for (size_t t = first_scored(model, trial->steps); t < trial->steps; t++) {
        plain_decode(model, trial, t, logits);
        distortion += plain_distortion(model, logits, example->target,
                                       model->stepwise ? example->step_labels[t] : example->label);
    }
    for (size_t i = first * model->readouts; i < trial->steps * model->readouts; i++)
        spikes += trial->spikes[i];
    double rate = plain_rate(model, trial, first), sampled = plain_rate_sampled(model, trial, first);
    /* the mean of the distortion is over outputs, that of the rate over neurons and the steps that one loss covers */
    double outputs = model->head == PLAIN_CATEGORICAL ? 1 : (double)model->outputs;
    double neuron_steps = (double)model->readouts * (model->stepwise ? 1 : (double)trial->steps);
    double term = (model->analytic ? rate : sampled) / decodings;
    plain_losses losses = {.distortion = distortion / decodings,
                           .rate_bits = rate / log(2) / decodings,
                           .density = spikes / ((double)model->readouts * (double)counted)};
    losses.loss =
        losses.distortion / (model->mean ? outputs : 1) + model->beta * term / (model->mean ? neuron_steps : 1);
    free(logits);
    plain_trial_free(trial);
    return losses;
}

static vdib__key evaluation_key(const plain_model *model, size_t index) {
    return (vdib__key){
        .seed = model->seed, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_EVALUATION, .example = index};
}

plain_losses plain_validate(const plain_model *model, const vdib_dataset *dataset, vdib_split split) {
    vdib_example *example = NULL;
    plain_losses sum = {0};
    size_t size = vdib_dataset_size(dataset, split);
    assert_ok(vdib_example_create(dataset, &example));
    for (size_t i = 0; i < size; i++) {
        vdib__key key = evaluation_key(model, i);
        assert_ok(vdib_dataset_get(dataset, split, i, model->seed, example));
        plain_losses one = plain_losses_of(model, example, &key);
        sum.loss += one.loss / (double)size;
        sum.distortion += one.distortion / (double)size;
        sum.rate_bits += one.rate_bits / (double)size;
    }
    vdib_example_destroy(example);
    return sum;
}

/* ---- images ---- */

static double mean_squared_error(const double *got, const float *want, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (got[i] - want[i]) * (got[i] - want[i]);
    return sum / (double)count;
}

/* Mean and (co)variance with n - 1 of two 7 x 7 windows, in two passes. */
static double window_similarity(const double *got, const float *want, size_t width) {
    double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < 49; i++) {
        a += got[i / 7 * width + i % 7] / 49;
        b += want[i / 7 * width + i % 7] / 49;
    }
    for (size_t i = 0; i < 49; i++) {
        double x = got[i / 7 * width + i % 7] - a, y = want[i / 7 * width + i % 7] - b;
        aa += x * x / 48;
        bb += y * y / 48;
        ab += x * y / 48;
    }
    return (2 * a * b + 1e-4) * (2 * ab + 9e-4) / ((a * a + b * b + 1e-4) * (aa + bb + 9e-4));
}

static double similarity(const double *got, const float *want, size_t height, size_t width) {
    double sum = 0;
    if (height < 7 || width < 7)
        return NAN;
    for (size_t row = 0; row + 7 <= height; row++)
        for (size_t column = 0; column + 7 <= width; column++)
            sum += window_similarity(got + row * width + column, want + row * width + column, width);
    return sum / (double)((height - 6) * (width - 6));
}

/* ---- the blobs ---- */

enum { UNITS = 20, PAIRS = UNITS * (UNITS + 1) / 2 };

/* The two units of a class: classes go through the pairs (a, b), a <= b, in order. */
static void units_of(uint32_t class_number, double units[UNITS]) {
    memset(units, 0, UNITS * sizeof *units);
    for (uint32_t a = 0; a < UNITS; a++)
        for (uint32_t b = a; b < UNITS; b++)
            if (class_number-- == 0)
                units[a] = units[b] = 1;
}

static double units_error(uint32_t got, uint32_t want) {
    double a[UNITS], b[UNITS], sum = 0;
    units_of(got, a);
    units_of(want, b);
    for (size_t i = 0; i < UNITS; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]) / UNITS;
    return sum;
}

/* ---- an evaluation ---- */

static void add(plain_evaluation *e, const char *name, double value) {
    if (isnan(value))
        return;
    assert_true(e->count < PLAIN_FIGURES);
    e->names[e->count] = name;
    e->values[e->count++] = value;
}

double plain_get(const plain_evaluation *evaluation, const char *name) {
    for (size_t i = 0; i < evaluation->count; i++)
        if (strcmp(evaluation->names[i], name) == 0)
            return evaluation->values[i];
    return NAN;
}

static uint32_t most_probable(const double *values, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        best = values[i] > values[best] ? i : best;
    return (uint32_t)best;
}

/* What is added up over examples. */
typedef struct sums {
    const plain_model *model;
    const vdib_geometry *geometry;
    size_t examples, scored, steps;
    double distortion, rate, sampled, spikes, input, operations; /* totals */
    double right, squares, psnr, ssim, judged,
        judged_original;                   /* sums over examples, step-by-step: means of sequences */
    double right_squares, squares_squares; /* of the sequences' means, for the standard errors */
    uint64_t counts[PAIRS];                /* scored steps of each true class */
    double *output;                        /* (outputs) */
    double *logits;
} sums;

static void count_trial(sums *s, const plain_trial *trial) {
    size_t first = s->model->stepwise ? s->model->window : 0;
    s->examples++;
    s->steps = trial->steps;
    s->scored += s->model->stepwise ? trial->steps - first : 1;
    s->rate += plain_rate(s->model, trial, first) / log(2);
    s->sampled += plain_rate_sampled(s->model, trial, first) / log(2);
    s->spikes += (double)trial->readout_spikes;
    s->input += (double)trial->input_spikes;
    s->operations += (double)trial->operations;
}

static void score_sequence(sums *s, const plain_trial *trial, const vdib_example *example) {
    double right = 0, squares = 0, n = (double)(trial->steps - s->model->window);
    for (size_t t = s->model->window; t < trial->steps; t++) {
        uint32_t truth = example->step_labels[t];
        plain_decode(s->model, trial, t, s->logits);
        uint32_t said = most_probable(s->logits, s->model->outputs);
        s->distortion += plain_distortion(s->model, s->logits, NULL, truth);
        right += said == truth;
        squares += units_error(said, truth);
        s->counts[truth]++;
    }
    s->right += right / n;
    s->right_squares += right / n * right / n;
    s->squares += squares / n;
    s->squares_squares += squares / n * squares / n;
}

/* Returns the class that the decoder says. */
static uint32_t score_sample(sums *s, const plain_trial *trial, const vdib_example *example) {
    const plain_model *m = s->model;
    plain_decode(m, trial, trial->steps - 1, s->logits);
    plain_output(m, s->logits, s->output);
    s->distortion += plain_distortion(m, s->logits, example->target, example->label);
    if (m->head == PLAIN_CATEGORICAL) {
        double sum = 0;
        for (size_t c = 0; c < m->outputs; c++)
            sum += pow(s->output[c] - (c == example->label ? 1 : 0), 2);
        uint32_t said = most_probable(s->output, m->outputs);
        s->squares += sum / (double)m->outputs;
        s->right += said == example->label;
        return said;
    }
    double error = mean_squared_error(s->output, example->target, m->outputs);
    s->squares += error;
    s->psnr += fmin(-10 * log10(error), 100);
    s->ssim += similarity(s->output, example->target, s->geometry->target_height, s->geometry->target_width);
    return 0;
}

static uint32_t ask_judge(sums *s, const vdib_example *example, plain_judge *judge, void *user) {
    size_t pixels = s->model->outputs;
    float *image = calloc(pixels, sizeof *image);
    uint32_t said = 0;
    assert_non_null(image);
    judge(user, example->image != NULL ? example->image : example->target, 1, &said);
    s->judged_original += said == example->label;
    for (size_t p = 0; p < pixels; p++)
        image[p] = (float)s->output[p];
    judge(user, image, 1, &said);
    s->judged += said == example->label;
    free(image);
    return said;
}

static double standard_error(double sum, double squares, double n) {
    return n > 1 ? sqrt((squares / n - sum / n * (sum / n)) * n / (n - 1) / n) : NAN;
}

/* Score of the answer that most steps have, given always. */
static void add_constant(plain_evaluation *e, const sums *s) {
    uint32_t answer = 0;
    double error = 0;
    for (uint32_t c = 0; c < PAIRS; c++)
        answer = s->counts[c] > s->counts[answer] ? c : answer;
    for (uint32_t c = 0; c < PAIRS; c++)
        error += (double)s->counts[c] * units_error(answer, c);
    add(e, "constant_accuracy", (double)s->counts[answer] / (double)s->scored);
    add(e, "constant_mse", error / (double)s->scored);
}

static void add_quality(plain_evaluation *e, const sums *s, bool judged) {
    double n = (double)s->examples;
    bool classes = s->model->head == PLAIN_CATEGORICAL, images = !classes && s->geometry->target_height > 1;
    add(e, "judge_accuracy", judged ? s->judged / n : NAN);
    add(e, "judge_accuracy_original", judged ? s->judged_original / n : NAN);
    add(e, "accuracy", classes ? s->right / n : NAN);
    add(e, "mse", s->squares / n);
    if (s->model->stepwise) {
        add(e, "accuracy_standard_error", standard_error(s->right, s->right_squares, n));
        add(e, "mse_standard_error", standard_error(s->squares, s->squares_squares, n));
        add_constant(e, s);
    }
    add(e, "psnr", images ? s->psnr / n : NAN);
    add(e, "ssim", images ? s->ssim / n : NAN);
}

static void add_figures(plain_evaluation *e, const sums *s, bool judged) {
    double n = (double)s->examples, scored = (double)s->scored;
    double outputs = s->model->head == PLAIN_CATEGORICAL ? 1 : (double)s->model->outputs;
    add(e, "examples", n);
    add(e, "steps", s->model->stepwise ? scored : NAN);
    add_quality(e, s, judged);
    add(e, "distortion_nats", s->distortion / scored);
    add(e, "distortion_nats_per_output", s->distortion / scored / outputs);
    add(e, "rate_bits", s->rate / scored);
    add(e, "rate_bits_sampled", s->sampled / scored);
    add(e, "spikes_per_example", s->spikes / n);
    add(e, "spike_density", s->spikes / n / (double)(s->model->readouts * s->steps));
    add(e, "input_spikes_per_example", s->input / n);
    add(e, "synaptic_operations", s->operations / n);
}

static size_t size_of(const vdib_dataset *dataset, vdib_split split, size_t examples) {
    size_t size = vdib_dataset_size(dataset, split);
    return examples != 0 && examples < size ? examples : size;
}

static void start(plain_evaluation *e, sums *s, size_t size, bool confused) {
    e->classes = confused ? s->geometry->classes : 0;
    e->confusion = calloc(e->classes * e->classes + 1, sizeof *e->confusion);
    e->said = calloc(size, sizeof *e->said);
    e->spikes = calloc(size, sizeof *e->spikes);
    s->output = calloc(s->model->outputs, sizeof *s->output);
    s->logits = calloc(s->model->outputs, sizeof *s->logits);
    assert_true(e->confusion != NULL && e->said != NULL && e->spikes != NULL && s->output != NULL && s->logits != NULL);
}

plain_evaluation *plain_evaluate(const plain_model *model, const vdib_dataset *dataset, vdib_split split,
                                 size_t examples, plain_judge *judge, void *user) {
    plain_evaluation *e = calloc(1, sizeof *e);
    sums s = {.model = model, .geometry = vdib_dataset_geometry(dataset)};
    size_t size = size_of(dataset, split, examples);
    vdib_example *example = NULL;
    assert_non_null(e);
    assert_ok(vdib_example_create(dataset, &example));
    start(e, &s, size, !model->stepwise && (model->head == PLAIN_CATEGORICAL || judge != NULL));
    for (size_t i = 0; i < size; i++) {
        vdib__key key = evaluation_key(model, i);
        assert_ok(vdib_dataset_get(dataset, split, i, model->seed, example));
        plain_trial *trial = plain_run(model, example->raster, &key);
        count_trial(&s, trial);
        e->spikes[i] = trial->readout_spikes;
        if (model->stepwise)
            score_sequence(&s, trial, example);
        else
            e->said[i] = score_sample(&s, trial, example);
        if (judge != NULL)
            e->said[i] = ask_judge(&s, example, judge, user);
        if (e->classes > 0)
            e->confusion[example->label * e->classes + e->said[i]]++;
        plain_trial_free(trial);
    }
    add_figures(e, &s, judge != NULL);
    vdib_example_destroy(example);
    free(s.output);
    free(s.logits);
    return e;
}

void plain_evaluation_free(plain_evaluation *evaluation) {
    free(evaluation->confusion);
    free(evaluation->said);
    free(evaluation->spikes);
    free(evaluation);
}
