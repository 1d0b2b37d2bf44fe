/* SPDX-License-Identifier: MIT */
/* How near a NIR graph is to the model that it was made from: both run on recordings, and the spikes that differ are
 * counted. A layer by itself reads what it reads in the model, so that its figure is its own. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "export/nir.h"
#include "model/model.h"

/* Counts of (neuron, step) pairs in which either spikes, and in which only one does. */
typedef struct tally {
    uint64_t either, one;
} tally;

static double share(const tally *t) {
    return t->either > 0 ? (double)t->one / (double)t->either : 0.0;
}

typedef struct work {
    const vdib__export *job;
    const vdib__nir_model *made;
    vdib__nir_run *run;
    vdib__batch *batch;
    tally layers[VDIB_ENCODER_LAYERS], whole, readout;
} work;

static void compare(tally *t, const double *got, const uint64_t *want, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool a = got[i] > 0.0, b = (want[i / 64] >> i % 64 & 1) != 0;
        t->either += a || b;
        t->one += a != b;
    }
}

/* The spikes of step t as a list. */
static size_t list_of(const uint64_t *bits, size_t count, uint32_t *list) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if ((bits[i / 64] >> i % 64 & 1) != 0)
            list[found++] = (uint32_t)i;
    return found;
}
