/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_SUM_H
#define VDIB_CORE_SUM_H
/* Sums that do not depend on the order of what is added, so that several ranks may each add up a part. What is added is
 * rounded to a multiple of 2^-96 (1.3e-29), alone, and the multiples are added as whole numbers; so the sum is exact up
 * to these roundings, and is rounded to a double once, when it is read. */

#include <stddef.h>
#include <stdint.h>

#include "core/ranks.h"

enum { VDIB__SUM_LIMBS = 7 };

/* Empty where all is 0. */
typedef struct vdib__sum {
    int64_t limbs[VDIB__SUM_LIMBS]; /* limbs[k] 2^(32 k - 96), summed */
    double outside; /* what is no number, and infinity with its sign for what is 2^84 (1.9e25) or more; else 0 */
    uint64_t added; /* since the limbs were carried last */
} vdib__sum;

void vdib__sum_add(vdib__sum *sum, double value);
/* Adds what another sum holds. */
void vdib__sum_merge(vdib__sum *sum, const vdib__sum *other);
/* The double that is nearest. */
double vdib__sum_value(const vdib__sum *sum);

/* Sums (count) of every rank become those of all ranks. NULL `ranks`: nothing. */
vdib_status vdib__ranks_sum(vdib__ranks *ranks, vdib__sum *sums, size_t count);
/* The same of whole numbers. */
vdib_status vdib__ranks_count_up(vdib__ranks *ranks, uint64_t *numbers, size_t count);
/* And of sets, as bits: what is in one of them is in all. */
vdib_status vdib__ranks_unite(vdib__ranks *ranks, uint64_t *words, size_t count);

#endif
