/* SPDX-License-Identifier: MIT */
/* Adam for a training loop of the program's own: vdib/gradient.h. */
#include <math.h>
#include <stdbool.h>

#include "core/error.h"
#include "core/sized.h"
#include "core/threads.h"
#include "learn/kernels_optimizer.h"
#include "vdib/gradient.h"

/* Elements of a task, and those that are left out together where nothing moves them: a slice is a whole number of
 * pieces. */
enum { SLICE = 16384, PIECE = 64 };

typedef struct updating {
    size_t count;
    float *values;
    const float *gradient;
    float *first, *second;
    vdib__adam_step step;
    const vdib__optimizer_kernels *kernels;
} updating;

static bool are_zero(const float *values, size_t count) {
    float most = 0.0F;
    for (size_t i = 0; i < count; i++)
        most = fabsf(values[i]) > most || values[i] != values[i] ? 1.0F : most;
    return most == 0.0F;
}

static bool is_silent(const updating *u, size_t begin, size_t end) {
    size_t count = end - begin < PIECE ? end - begin : PIECE;
    return u->step.shrink == 1.0F && are_zero(u->gradient + begin, count) && are_zero(u->second + begin, count);
}

/* Tasks: slices, of which pieces that move are updated, as many as lie side by side at once. */
static void slice_task(const void *context, size_t slice, size_t slot) {
    const updating *u = context;
    size_t at = slice * SLICE, end = u->count - at < SLICE ? u->count : at + SLICE;
    (void)slot;
    while (at < end) {
        size_t from = at;
        while (at < end && !is_silent(u, at, end))
            at += PIECE;
        size_t moving = (at < end ? at : end) - from;
        u->kernels->adam(u->values + from, u->gradient + from, u->first + from, u->second + from, moving, &u->step);
        at += PIECE; /* a silent one, or beyond the end */
    }
}

static bool is_memory(double beta) {
    return beta >= 0 && beta < 1;
}

static vdib_status check_numbers(const vdib_adam *a) {
    if (!(isfinite(a->learning_rate) && a->learning_rate >= 0))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_adam_update: the learning rate is %g; it must not be negative",
                          a->learning_rate);
    if (!is_memory(a->beta1) || !is_memory(a->beta2))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_adam_update: beta1 is %g and beta2 %g; both are from 0 to below 1",
                          a->beta1, a->beta2);
    if (!(isfinite(a->epsilon) && a->epsilon > 0) || !(isfinite(a->weight_decay) && a->weight_decay >= 0))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_adam_update: epsilon is %g and the weight decay %g; the one must be above 0, the other "
                          "must not be negative",
                          a->epsilon, a->weight_decay);
    if (a->update == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_adam_update: the number of the update is 0; the first is 1");
    return VDIB_OK;
}

/* beta^n by multiplications alone, in an order that n decides. */
static double power(double beta, uint64_t n) {
    double result = 1.0;
    for (; n > 0; n >>= 1, beta *= beta)
        result *= n & 1 ? beta : 1.0;
    return result;
}

static vdib__adam_step step_of(const vdib_adam *a) {
    return (vdib__adam_step){.learning_rate = (float)(a->learning_rate / (1.0 - power(a->beta1, a->update))),
                             .second_scale = (float)(1.0 / (1.0 - power(a->beta2, a->update))),
                             .shrink = (float)(1.0 - a->learning_rate * a->weight_decay),
                             .scale = 1.0F,
                             .beta1 = (float)a->beta1,
                             .beta2 = (float)a->beta2,
                             .epsilon = (float)a->epsilon};
}

vdib_status vdib_adam_update(const vdib_adam *adam, size_t count, float *values, const float *gradient, float *first,
                             float *second) {
    VDIB_REQUIRE(adam, values, gradient, first, second);
    vdib_adam used;
    VDIB_TRY(VDIB_SIZED_READ(vdib_adam, adam, &used));
    VDIB_TRY(check_numbers(&used));
    vdib__kernel_level level = VDIB_KERNEL_PORTABLE;
    VDIB_TRY(vdib__kernel_level_choose(&level));
    const updating all = {.count = count,
                          .values = values,
                          .gradient = gradient,
                          .first = first,
                          .second = second,
                          .step = step_of(&used),
                          .kernels = vdib__optimizer_kernels_of(level)};
    vdib__parallel(vdib__threads(used.threads), vdib__blocks(count, SLICE), slice_task, &all);
    return VDIB_OK;
}
