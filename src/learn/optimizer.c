/* SPDX-License-Identifier: MIT */
#include "learn/optimizer.h"

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/threads.h"

/* Elements of a task: a fixed cut, so that sums over tasks have one order. */
enum { SLICE = 16384 };

/* Rows fetched before they are needed, and elements that are weighed before Adam takes them. */
enum { ROWS_AHEAD = 3, CHUNK = 1024 };

const vdib__update_rule vdib__update_sgd = {.choice = {.name = "sgd", .help = "gradient descent"}};
const vdib__update_rule vdib__update_adam = {.choice = {.name = "adam", .help = "Adam (Kingma and Ba 2015)"},
                                             .moments = true};
const vdib__update_rule vdib__update_adamw = {
    .choice = {.name = "adamw", .help = "AdamW, Adam with decoupled weight decay (Loshchilov and Hutter 2019)"},
    .moments = true,
    .decays = true};
static const vdib__choice *const rules[] = {&vdib__update_sgd.choice, &vdib__update_adam.choice,
                                            &vdib__update_adamw.choice};
const vdib__choices vdib__update_rules = VDIB_CHOICES(rules);

VDIB_KERNEL_TABLES(vdib__optimizer_kernels, vdib__optimizer_kernels);

const vdib__optimizer_kernels *vdib__optimizer_kernels_of(vdib__kernel_level level) {
    return VDIB_KERNEL_TABLE_AT(vdib__optimizer_kernels, level);
}

size_t vdib__optimizer_bytes(const vdib__optimizer *optimizer) {
    size_t arrays = (optimizer->rule->moments ? 2 : 0) + (optimizer->baseline ? 2 : 0);
    return arrays * optimizer->count * sizeof(float);
}

vdib_status vdib__optimizer_start(vdib__optimizer *optimizer) {
    optimizer->power[0] = optimizer->power[1] = 1.0;
    if (optimizer->rule->moments) {
        VDIB_TRY(VDIB_NEW(&optimizer->first, optimizer->count));
        VDIB_TRY(VDIB_NEW(&optimizer->second, optimizer->count));
    }
    if (optimizer->baseline) {
        VDIB_TRY(VDIB_NEW(&optimizer->numerator, optimizer->count));
        VDIB_TRY(VDIB_NEW(&optimizer->denominator, optimizer->count));
    }
    return VDIB_OK;
}

void vdib__optimizer_free(vdib__optimizer *optimizer) {
    for (size_t r = 0; r < optimizer->row_tensors; r++) {
        vdib__free(optimizer->rows[r].moved);
        vdib__free(optimizer->rows[r].entered);
    }
    optimizer->row_tensors = 0;
    vdib__free(optimizer->denominator);
    vdib__free(optimizer->numerator);
    vdib__free(optimizer->second);
    vdib__free(optimizer->first);
    optimizer->first = optimizer->second = optimizer->numerator = optimizer->denominator = NULL;
}

vdib_status vdib__optimizer_add_rows(vdib__optimizer *optimizer, size_t offset, size_t rows, size_t columns) {
    if (optimizer->row_tensors == VDIB_OPTIMIZER_ROWS)
        return VDIB_OK;
    vdib__optimizer_rows *added = &optimizer->rows[optimizer->row_tensors++];
    *added = (vdib__optimizer_rows){.offset = offset, .rows = rows, .columns = columns};
    VDIB_TRY(VDIB_NEW(&added->entered, rows));
    return VDIB_NEW(&added->moved, rows);
}

bool vdib__optimizer_takes_pieces(const vdib__optimizer *optimizer) {
    return !optimizer->rule->moments || !(optimizer->clip_norm > 0);
}

/* ---- constants of an update ---- */

void vdib__optimizer_begin(vdib__optimizer *optimizer, double loss) {
    vdib__optimizer *o = optimizer;
    bool first = o->updates == 0;
    if (o->baseline)
        o->signal = first ? loss : o->memory * o->signal + (1.0 - o->memory) * loss;
    o->score = (vdib__score_step){
        .learning_rate = o->learning_rate, .memory = first ? 0.0F : o->memory, .signal = (float)o->signal};
    double beta1 = o->beta[0] > 0 ? o->beta[0] : VDIB_ADAM_BETA1, beta2 = o->beta[1] > 0 ? o->beta[1] : VDIB_ADAM_BETA2;
    o->power[0] *= beta1;
    o->power[1] *= beta2;
    o->adam = (vdib__adam_step){.learning_rate = (float)(o->learning_rate / (1.0 - o->power[0])),
                                .second_scale = (float)(1.0 / (1.0 - o->power[1])),
                                .shrink = 1.0F,
                                .scale = 1.0F,
                                .beta1 = (float)beta1,
                                .beta2 = (float)beta2,
                                .epsilon = (float)VDIB_ADAM_EPSILON};
    double n = (double)o->updates, begun = (1.0 + n) / (10.0 + n);
    o->average_share = (float)(1.0 - (o->average_memory < begun ? o->average_memory : begun));
    if (o->rule->decays)
        o->adam.shrink = 1.0F - o->learning_rate * o->weight_decay;
}

void vdib__optimizer_end(vdib__optimizer *optimizer) {
    optimizer->updates++;
    for (size_t r = 0; r < optimizer->row_tensors; r++) {
        vdib__optimizer_rows *tensor = &optimizer->rows[r];
        for (size_t row = 0; row < tensor->rows; row++) {
            if (tensor->moved[row])
                tensor->entered[row] = optimizer->updates;
            tensor->moved[row] = false;
        }
    }
}

/* ---- pieces ---- */

void vdib__optimizer_scale(vdib__optimizer *optimizer, size_t offset, size_t count, double scale) {
    optimizer->scaled[optimizer->scaled_count++] =
        (vdib__optimizer_scaled){.begin = offset, .end = offset + count, .scale = (float)scale};
}

/* The constants of an update of parameters whose learning rate is scaled. */
static vdib__optimizer scaled_by(const vdib__optimizer *optimizer, float scale) {
    vdib__optimizer o = *optimizer;
    o.learning_rate *= scale;
    o.score.learning_rate *= scale;
    o.adam.learning_rate *= scale;
    if (o.rule->decays)
        o.adam.shrink = 1.0F - o.learning_rate * o.weight_decay;
    return o;
}

/* `count` parameters from `at` on, numbered within the optimizer, whose averages lag behind by `missed` updates. */
static void update_alike(const vdib__optimizer *o, float *weights, const float *gradients, size_t at, size_t count,
                         uint64_t missed) {
    const vdib__optimizer_kernels *kernels = vdib__optimizer_kernels_of(o->level);
    vdib__averages_row averages = {.missed = missed};
    if (o->baseline) {
        averages.numerator = o->numerator + at;
        averages.denominator = o->denominator + at;
    }
    if (!o->rule->moments) {
        if (o->baseline)
            kernels->score(&o->score, weights, gradients, &averages, count);
        else
            kernels->sgd(weights, gradients, count, o->learning_rate);
        return;
    }
    if (!o->baseline) {
        kernels->adam(weights, gradients, o->first + at, o->second + at, count, &o->adam);
        return;
    }
    for (size_t begin = 0; begin < count; begin += CHUNK) {
        float weighed[CHUNK];
        size_t some = count - begin < CHUNK ? count - begin : CHUNK;
        kernels->weigh(&o->score, weighed, gradients + begin, &averages, some);
        kernels->adam(weights + begin, weighed, o->first + at + begin, o->second + at + begin, some, &o->adam);
        averages.numerator += some;
        averages.denominator += some;
    }
}

/* The same for parameters some of which have a learning rate of their own. */
static void update_scaled(const vdib__optimizer *o, float *weights, const float *gradients, size_t at, size_t count,
                          uint64_t missed) {
    size_t done = 0;
    for (size_t s = 0; s < o->scaled_count; s++) {
        size_t begin = o->scaled[s].begin - o->first_parameter, end = o->scaled[s].end - o->first_parameter;
        size_t from = begin > at + done ? begin - at : done, to = end < at + count ? end - at : count;
        if (begin >= at + count || end <= at + done)
            continue;
        const vdib__optimizer own = scaled_by(o, o->scaled[s].scale);
        update_alike(o, weights + done, gradients + done, at + done, from - done, missed);
        update_alike(&own, weights + from, gradients + from, at + from, to - from, missed);
        done = to;
    }
    update_alike(o, weights + done, gradients + done, at + done, count - done, missed);
}

/* The same of parameters that learn apart. */
static void update_apart(const vdib__optimizer *o, float *weights, const float *gradients, size_t at, size_t count) {
    vdib__optimizer own = *o;
    own.learning_rate = own.score.learning_rate = o->apart_learning_rate;
    own.adam.learning_rate = (float)(o->apart_learning_rate / (1.0 - o->power[0]));
    own.adam.shrink = 1.0F;
    update_alike(&own, weights, gradients, at, count, 0);
    for (size_t i = 0; i < count; i++) {
        weights[i] = weights[i] < o->apart_least ? o->apart_least : weights[i];
        weights[i] = weights[i] > o->apart_most ? o->apart_most : weights[i];
    }
}

static void update_range(const vdib__optimizer *o, float *weights, const float *gradients, size_t at, size_t count,
                         uint64_t missed) {
    size_t alike = o->count - o->apart, some = at >= alike ? 0 : alike - at < count ? alike - at : count;
    if (some > 0)
        update_scaled(o, weights, gradients, at, some, missed);
    if (some < count)
        update_apart(o, weights + some, gradients + some, at + some, count - some);
}

/* A row without gradient: Adam's moments still move it once they are not 0. */
static void update_silent(const vdib__optimizer *o, float *weights, size_t at, size_t count, bool ever_moved) {
    static const float none[CHUNK];
    if (!o->rule->moments || (!ever_moved && !o->rule->decays))
        return;
    for (size_t begin = 0; begin < count; begin += CHUNK) {
        size_t some = count - begin < CHUNK ? count - begin : CHUNK;
        vdib__optimizer_kernels_of(o->level)->adam(weights + begin, none, o->first + at + begin, o->second + at + begin,
                                                   some, &o->adam);
    }
}

static void average_range(const vdib__optimizer *o, const float *weights, size_t at, size_t count) {
    if (o->average != NULL)
        vdib__optimizer_kernels_of(o->level)->average(o->average + at, weights, count, o->average_share);
}

static void prefetch(const float *values, size_t count) {
    for (size_t i = 0; i < count && values != NULL; i += 16)
        __builtin_prefetch(values + i, 1, 3);
}

/* A short row of a wide tensor lies on a page of its own: no hardware guesses the next one. */
static void prefetch_row(const vdib__optimizer *o, const float *weights, size_t at, size_t count) {
    prefetch(weights, count);
    prefetch(o->numerator != NULL ? o->numerator + at : NULL, count);
    prefetch(o->denominator != NULL ? o->denominator + at : NULL, count);
    prefetch(o->first != NULL ? o->first + at : NULL, count);
    prefetch(o->second != NULL ? o->second + at : NULL, count);
    prefetch(o->average != NULL ? o->average + at : NULL, count);
}

static vdib__optimizer_rows *rows_of(vdib__optimizer *optimizer, size_t offset) {
    for (size_t r = 0; r < optimizer->row_tensors; r++) {
        vdib__optimizer_rows *tensor = &optimizer->rows[r];
        if (offset >= tensor->offset && offset < tensor->offset + tensor->rows * tensor->columns)
            return tensor;
    }
    return NULL;
}

void vdib__optimizer_take(vdib__optimizer *optimizer, float *parameters, const vdib__gradient_piece *piece) {
    vdib__optimizer_rows *tensor = rows_of(optimizer, piece->offset);
    size_t first = tensor != NULL ? (piece->offset - tensor->offset) / tensor->columns : 0;
    bool leftmost = tensor != NULL && (piece->offset - tensor->offset) % tensor->columns == 0;
    for (size_t r = 0; r < piece->rows; r++) {
        size_t place = piece->offset + r * piece->stride, at = place - optimizer->first_parameter,
               next = r + ROWS_AHEAD;
        if (next < piece->rows && !(piece->silent != NULL && piece->silent[next]))
            prefetch_row(optimizer, parameters + place + ROWS_AHEAD * piece->stride, at + ROWS_AHEAD * piece->stride,
                         piece->width);
        uint64_t entered = tensor != NULL ? tensor->entered[first + r] : optimizer->updates;
        if (piece->silent != NULL && piece->silent[r]) {
            update_silent(optimizer, parameters + place, at, piece->width, tensor == NULL || entered != 0);
            average_range(optimizer, parameters + place, at, piece->width);
            continue;
        }
        update_range(optimizer, parameters + place, piece->values + r * piece->width, at, piece->width,
                     optimizer->updates - entered);
        average_range(optimizer, parameters + place, at, piece->width);
        if (leftmost)
            tensor->moved[first + r] = true;
    }
}

/* ---- everything at once ---- */

/* Sum of squares of a slice in double. */
static double slice_square(const float *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * values[i];
    return sum;
}

/* The factor that brings the gradients' norm down to `limit`. Slices are summed in order. */
static float clip_factor(const float *gradients, size_t count, double limit) {
    double sum = 0;
    for (size_t begin = 0; begin < count; begin += SLICE)
        sum += slice_square(gradients + begin, count - begin < SLICE ? count - begin : SLICE);
    double norm = sqrt(sum);
    return norm > limit ? (float)(limit / norm) : 1.0F;
}

/* Clipping is by the norm of the weighted gradients: all of them come first, and the update follows without baseline.
 */
static vdib__optimizer clipped(const vdib__optimizer *optimizer, float *gradients) {
    vdib__optimizer o = *optimizer;
    vdib__averages_row averages = {.numerator = o.numerator, .denominator = o.denominator};
    if (o.baseline)
        vdib__optimizer_kernels_of(o.level)->weigh(&o.score, gradients, gradients, &averages, o.count);
    o.baseline = false;
    o.adam.scale = clip_factor(gradients, o.count, o.clip_norm);
    return o;
}

typedef struct updating {
    vdib__optimizer *now;
    float *parameters;
    const float *gradients;
} updating;

/* Tasks: slices of all parameters, each taken as one piece. */
static void take_slice(const void *context, size_t slice, size_t slot) {
    const updating *u = context;
    size_t begin = slice * SLICE, left = u->now->count - begin, place = u->now->first_parameter + begin;
    const vdib__gradient_piece piece = {
        .offset = place, .rows = 1, .width = left < SLICE ? left : SLICE, .values = u->gradients + place};
    (void)slot;
    vdib__optimizer_take(u->now, u->parameters, &piece);
}

void vdib__optimizer_update(vdib__optimizer *optimizer, int threads, float *parameters, float *gradients, double loss) {
    vdib__optimizer_settle(optimizer);
    vdib__optimizer_begin(optimizer, loss);
    vdib__optimizer now = vdib__optimizer_takes_pieces(optimizer)
                              ? *optimizer
                              : clipped(optimizer, gradients + optimizer->first_parameter);
    const updating all = {&now, parameters, gradients};
    vdib__parallel(threads, vdib__blocks(optimizer->count, SLICE), take_slice, &all);
    for (size_t r = 0; r < optimizer->row_tensors; r++)
        memset(optimizer->rows[r].moved, 1, optimizer->rows[r].rows * sizeof *optimizer->rows[r].moved);
    vdib__optimizer_end(optimizer);
}

/* ---- silent rows ---- */

void vdib__optimizer_settle(vdib__optimizer *optimizer) {
    for (size_t r = 0; r < optimizer->row_tensors; r++) {
        vdib__optimizer_rows *tensor = &optimizer->rows[r];
        for (size_t row = 0; row < tensor->rows && optimizer->baseline; row++) {
            size_t at = tensor->offset - optimizer->first_parameter + row * tensor->columns;
            vdib__averages_row averages = {.numerator = optimizer->numerator + at,
                                           .denominator = optimizer->denominator + at,
                                           .missed = optimizer->updates - tensor->entered[row]};
            if (averages.missed > 0)
                vdib__optimizer_kernels_of(optimizer->level)->catch_up(&averages, tensor->columns, optimizer->memory);
            tensor->entered[row] = optimizer->updates;
        }
    }
}

void vdib__optimizer_loaded(vdib__optimizer *optimizer) {
    for (size_t r = 0; r < optimizer->row_tensors; r++)
        for (size_t row = 0; row < optimizer->rows[r].rows; row++)
            optimizer->rows[r].entered[row] = optimizer->updates;
}
