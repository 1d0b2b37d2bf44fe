/* SPDX-License-Identifier: MIT */
/* Adam for a training loop of the program's own: vdib/gradient.h. */
#include <math.h>
#include <stdbool.h>

#include "core/error.h"
#include "core/sized.h"
#include "core/threads.h"
#include "learn/kernels_optimizer.h"
#include "vdib/gradient.h"

/* Elements of a task: whole pieces. */
enum { SLICE = 16384 };

typedef struct updating {
    const size_t *elements; /* of each tensor */
    float *const *values;
    const float *const *gradients;
    float *const *first, *const *second;
    vdib__adam_step step;
    const vdib__optimizer_kernels *kernels;
} updating;

/* How many elements of [at, end) of a tensor are left out. */
static size_t silent_at(const updating *u, size_t tensor, size_t at, size_t end) {
    if (u->step.shrink != 1.0F)
        return 0;
    return u->kernels->silent(u->gradients[tensor] + at, u->second[tensor] + at, end - at);
}

/* Elements [at, end) of a tensor: those that move, as many as lie side by side at once. */
static void update_slice(const updating *u, size_t tensor, size_t at, size_t end) {
    while (at < end) {
        size_t from = at += silent_at(u, tensor, at, end), piece = VDIB_SILENT_PIECE;
        while (at < end && silent_at(u, tensor, at, end - at < piece ? end : at + piece) == 0)
            at += piece;
        at = at < end ? at : end;
        u->kernels->adam(u->values[tensor] + from, u->gradients[tensor] + from, u->first[tensor] + from,
                         u->second[tensor] + from, at - from, &u->step);
    }
}

/* Tasks: slices of the first tensor, then those of the next. */
static void slice_task(const void *context, size_t slice, size_t slot) {
    const updating *u = context;
    size_t tensor = 0;
    (void)slot;
    for (; slice >= vdib__blocks(u->elements[tensor], SLICE); tensor++)
        slice -= vdib__blocks(u->elements[tensor], SLICE);
    size_t begin = slice * SLICE, left = u->elements[tensor] - begin;
    update_slice(u, tensor, begin, begin + (left < SLICE ? left : SLICE));
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

vdib_status vdib_adam_update(const vdib_adam *adam, size_t count, const size_t *elements, float *const *values,
                             const float *const *gradients, float *const *first, float *const *second) {
    VDIB_REQUIRE(adam, elements, values, gradients, first, second);
    vdib_adam used;
    VDIB_TRY(VDIB_SIZED_READ(vdib_adam, adam, &used));
    VDIB_TRY(check_numbers(&used));
    vdib__kernel_level level = VDIB_KERNEL_PORTABLE;
    VDIB_TRY(vdib__kernel_level_choose(&level));
    size_t slices = 0;
    for (size_t i = 0; i < count; i++) {
        if (elements[i] > 0 && (values[i] == NULL || gradients[i] == NULL || first[i] == NULL || second[i] == NULL))
            return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_adam_update: an array of tensor %zu is NULL", i);
        slices += vdib__blocks(elements[i], SLICE);
    }
    const updating all = {.elements = elements,
                          .values = values,
                          .gradients = gradients,
                          .first = first,
                          .second = second,
                          .step = step_of(&used),
                          .kernels = vdib__optimizer_kernels_of(level)};
    vdib__parallel(vdib__threads(used.threads), slices, slice_task, &all);
    return VDIB_OK;
}
