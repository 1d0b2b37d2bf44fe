/* SPDX-License-Identifier: MIT */
/* Adam for a training loop of the program's own: vdib/gradient.h. */
#include "learn/adam.h"

#include <math.h>
#include <stdbool.h>

#include "core/error.h"
#include "core/sized.h"
#include "core/threads.h"

/* Elements of a task: whole pieces. */
enum { SLICE = 16384 };

/* ---- elements side by side ---- */

/* How many elements of [at, end) are left out. */
static size_t silent_at(const vdib__adam *adam, const float *gradients, const float *second, size_t at, size_t end) {
    return adam->step.shrink != 1.0F ? 0 : adam->kernels->silent(gradients + at, second + at, end - at);
}

void vdib__adam_move(const vdib__adam *adam, float *values, const float *gradients, float *first, float *second,
                     size_t count) {
    for (size_t at = 0; at < count;) {
        size_t from = at += silent_at(adam, gradients, second, at, count), piece = VDIB_SILENT_PIECE;
        while (at < count && silent_at(adam, gradients, second, at, count - at < piece ? count : at + piece) == 0)
            at += piece;
        at = at < count ? at : count;
        adam->kernels->adam(values + from, gradients + from, first + from, second + from, at - from, &adam->step);
    }
}

/* ---- several tensors ---- */

typedef struct updating {
    const size_t *elements; /* of each tensor */
    float *const *values;
    const float *const *gradients;
    float *const *first, *const *second;
    vdib__adam adam;
} updating;

/* Tasks: slices of the first tensor, then those of the next. */
static void slice_task(const void *context, size_t slice, size_t slot) {
    const updating *u = context;
    size_t tensor = 0;
    (void)slot;
    for (; slice >= vdib__blocks(u->elements[tensor], SLICE); tensor++)
        slice -= vdib__blocks(u->elements[tensor], SLICE);
    size_t begin = slice * SLICE, left = u->elements[tensor] - begin;
    vdib__adam_move(&u->adam, u->values[tensor] + begin, u->gradients[tensor] + begin, u->first[tensor] + begin,
                    u->second[tensor] + begin, left < SLICE ? left : SLICE);
}

/* ---- its numbers ---- */

static bool is_memory(double beta) {
    return beta >= 0 && beta < 1;
}

static vdib_status check_numbers(const char *function, const vdib_adam *a) {
    if (!(isfinite(a->learning_rate) && a->learning_rate >= 0))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: the learning rate is %g; it must not be negative", function,
                          a->learning_rate);
    if (!is_memory(a->beta1) || !is_memory(a->beta2))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: beta1 is %g and beta2 %g; both are from 0 to below 1", function,
                          a->beta1, a->beta2);
    if (!(isfinite(a->epsilon) && a->epsilon > 0) || !(isfinite(a->weight_decay) && a->weight_decay >= 0))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "%s: epsilon is %g and the weight decay %g; the one must be above 0, the other "
                          "must not be negative",
                          function, a->epsilon, a->weight_decay);
    if (a->update == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: the number of the update is 0; the first is 1", function);
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

vdib_status vdib__adam_begin(const char *function, const vdib_adam *given, vdib__adam *adam) {
    vdib_adam used;
    vdib__kernel_level level = VDIB_KERNEL_PORTABLE;
    VDIB_TRY(VDIB_SIZED_READ(vdib_adam, given, &used));
    VDIB_TRY(check_numbers(function, &used));
    VDIB_TRY(vdib__kernel_level_choose(&level));
    *adam = (vdib__adam){
        .step = step_of(&used), .kernels = vdib__optimizer_kernels_of(level), .threads = vdib__threads(used.threads)};
    return VDIB_OK;
}

vdib_status vdib_adam_update(const vdib_adam *adam, size_t count, const size_t *elements, float *const *values,
                             const float *const *gradients, float *const *first, float *const *second) {
    VDIB_REQUIRE(adam, elements, values, gradients, first, second);
    updating all = {.elements = elements, .values = values, .gradients = gradients, .first = first, .second = second};
    VDIB_TRY(vdib__adam_begin("vdib_adam_update", adam, &all.adam));
    size_t slices = 0;
    for (size_t i = 0; i < count; i++) {
        if (elements[i] > 0 && (values[i] == NULL || gradients[i] == NULL || first[i] == NULL || second[i] == NULL))
            return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_adam_update: an array of tensor %zu is NULL", i);
        slices += vdib__blocks(elements[i], SLICE);
    }
    vdib__parallel(all.adam.threads, slices, slice_task, &all);
    return VDIB_OK;
}
