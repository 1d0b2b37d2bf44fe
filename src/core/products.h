/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_PRODUCTS_H
#define VDIB_CORE_PRODUCTS_H
/* Who computes products of dense matrices. */

#include "core/choice.h"
#include "core/kernel_level.h"
#include "core/matrix.h"

typedef struct vdib__product_kind {
    vdib__choice choice;
    bool portable; /* this library's kernels: the same bits on every machine */
} vdib__product_kind;

extern const vdib__choices vdib__product_kinds;

static inline bool vdib__products_are_portable(const vdib__choice *choice) {
    return ((const vdib__product_kind *)choice)->portable;
}

/* The kernels of a level, or NULL for BLAS. */
vdib__products vdib__products_of(bool portable, vdib__kernel_level level);

#endif
