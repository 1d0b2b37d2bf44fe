/* SPDX-License-Identifier: MIT */
/* The order in which training examples are shown. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "data/dataset.h"

static void shuffle(vdib__order *order, uint64_t epoch) {
    vdib__key key = {.seed = order->seed, .purpose = VDIB_PURPOSE_ORDER, .example = epoch};
    vdib__random_permutation(&key, order->permutation, (uint32_t)order->count);
    order->epoch = epoch;
}

vdib_status vdib__order_create(const vdib_dataset *dataset, uint64_t seed, vdib__order *order) {
    vdib__order made = {.seed = seed, .count = vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN)};
    if (made.count > UINT32_MAX)
        return vdib__fail(VDIB_ERROR_DATA, "%zu training example%s; at most 2^32 - 1 can be ordered", made.count,
                          vdib__s(made.count));
    if (made.count > 0) {
        VDIB_TRY(VDIB_NEW(&made.permutation, made.count));
        shuffle(&made, 0);
    }
    *order = made;
    return VDIB_OK;
}

size_t vdib__order_index(vdib__order *order, uint64_t presentation) {
    if (order->count == 0)
        return (size_t)presentation;
    uint64_t epoch = presentation / order->count;
    if (epoch != order->epoch)
        shuffle(order, epoch);
    return order->permutation[presentation % order->count];
}

void vdib__order_free(vdib__order *order) {
    vdib__free(order->permutation);
    *order = (vdib__order){0};
}
