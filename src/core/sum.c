/* SPDX-License-Identifier: MIT */
#include "core/sum.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/error.h"

enum {
    LIMB_BITS = 32,
    UNIT = 96,         /* the unit of the lowest limb is 2^-UNIT */
    MOST = 84,         /* what is 2^MOST or more counts as infinite */
    MANTISSA = 52,     /* bits behind the point */
    BIAS = 1023,       /* of the exponent */
    NOT_FINITE = 0x7ff /* the exponent of infinity and of what is no number */
};

#define LIMB_BASE  ((int64_t)1 << LIMB_BITS)
#define LIMB_MASK  (LIMB_BASE - 1)
#define MOST_ADDED ((uint64_t)1 << 28) /* additions of less than 2^33 each for which a limb has room */

/* Leaves every limb but the last in [0, 2^32): there is one such way of writing a sum. The last one has the sign, and
 * less than that too: it counts 2^96, and fewer than 2^44 numbers below 2^84 are added. */
static void carry(vdib__sum *sum) {
    for (size_t k = 0; k + 1 < VDIB__SUM_LIMBS; k++) {
        int64_t low = sum->limbs[k] & LIMB_MASK;
        sum->limbs[k + 1] += (sum->limbs[k] - low) / LIMB_BASE;
        sum->limbs[k] = low;
    }
    sum->added = 0;
}

static void room_for_one(vdib__sum *sum) {
    if (sum->added >= MOST_ADDED)
        carry(sum);
    sum->added++;
}

/* Adds sign * magnitude * 2^(place - UNIT), magnitude below 2^53. */
static void add_at(vdib__sum *sum, uint64_t magnitude, unsigned place, int64_t sign) {
    unsigned limb = place / LIMB_BITS, shift = place % LIMB_BITS;
    uint64_t low = (magnitude & (uint64_t)LIMB_MASK) << shift, high = (magnitude >> LIMB_BITS) << shift;
    room_for_one(sum);
    sum->limbs[limb] += sign * (int64_t)(low & (uint64_t)LIMB_MASK);
    sum->limbs[limb + 1] += sign * (int64_t)((low >> LIMB_BITS) + (high & (uint64_t)LIMB_MASK));
    sum->limbs[limb + 2] += sign * (int64_t)(high >> LIMB_BITS);
}

void vdib__sum_add(vdib__sum *sum, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> MANTISSA & NOT_FINITE);
    uint64_t magnitude = (bits & (((uint64_t)1 << MANTISSA) - 1)) | (uint64_t)1 << MANTISSA;
    int64_t sign = bits >> 63 != 0 ? -1 : 1;
    /* of its last bit, in units; numbers below 2^-1022, which are written otherwise, are far below 1 */
    int place = exponent - BIAS - MANTISSA + UNIT;
    if (exponent >= BIAS + MOST)
        sum->outside += exponent == NOT_FINITE ? value : sign < 0 ? -INFINITY : INFINITY;
    else if (place >= 0)
        add_at(sum, magnitude, (unsigned)place, sign);
    else if (place >= -MANTISSA - 1) /* rounded, halves away from 0 */
        add_at(sum, ((magnitude >> (-place - 1)) + 1) >> 1, 0, sign);
}

void vdib__sum_merge(vdib__sum *sum, const vdib__sum *other) {
    vdib__sum carried = *other;
    carry(&carried);
    carry(sum);
    for (size_t k = 0; k < VDIB__SUM_LIMBS; k++)
        sum->limbs[k] += carried.limbs[k];
    sum->outside += carried.outside;
    sum->added = 1;
}

/* The limbs of a number that is not below 0, of which `top` is the highest that is not 0: 64 bits from its first one
 * on, the last of them set if anything is behind them. So they round as all of them would. */
static uint64_t leading_bits(const vdib__sum *sum, size_t top, int *exponent) {
    uint64_t first = (uint64_t)sum->limbs[top], second = top > 0 ? (uint64_t)sum->limbs[top - 1] : 0,
             third = top > 1 ? (uint64_t)sum->limbs[top - 2] : 0;
    int zeros = 0;
    while ((first << zeros & (uint64_t)1 << (LIMB_BITS - 1)) == 0)
        zeros++;
    uint64_t bits = ((first << LIMB_BITS | second) << zeros) | third << zeros >> LIMB_BITS;
    uint64_t behind = third << zeros & (uint64_t)LIMB_MASK;
    for (size_t k = 0; k + 2 < top; k++)
        behind |= (uint64_t)sum->limbs[k];
    *exponent = (int)(top * LIMB_BITS) - LIMB_BITS - zeros - UNIT;
    return behind != 0 ? bits | 1 : bits;
}

double vdib__sum_value(const vdib__sum *sum) {
    vdib__sum carried = *sum;
    carry(&carried);
    if (isnan(sum->outside) || sum->outside != 0)
        return sum->outside;
    bool below = carried.limbs[VDIB__SUM_LIMBS - 1] < 0;
    for (size_t k = 0; k < VDIB__SUM_LIMBS && below; k++)
        carried.limbs[k] = -carried.limbs[k];
    carry(&carried);
    size_t top = VDIB__SUM_LIMBS;
    while (top > 0 && carried.limbs[top - 1] == 0)
        top--;
    if (top == 0)
        return 0;
    int exponent = 0;
    uint64_t bits = leading_bits(&carried, top - 1, &exponent);
    return ldexp(below ? -(double)bits : (double)bits, exponent);
}

/* ---- of several ranks ---- */

/* Every rank has `count` values of some size at `own`; merge(own, other) takes in another rank's. */
static vdib_status reduce(vdib__ranks *ranks, void *own, size_t size, size_t count,
                          void (*merge)(void *, const void *)) {
    union {
        vdib__sum sum;
        uint64_t number;
    } other;
    if (ranks == NULL)
        return VDIB_OK;
    vdib__ranks_put(ranks, own, count * size);
    VDIB_TRY(vdib__ranks_gather(ranks));
    for (size_t r = 0; r < vdib__ranks_count(ranks); r++)
        for (size_t i = 0; i < count && r != vdib__ranks_own(ranks); i++) {
            VDIB_TRY(vdib__ranks_take(ranks, r, &other, size));
            merge((uint8_t *)own + i * size, &other);
        }
    return VDIB_OK;
}

static void merge_sum(void *own, const void *other) {
    vdib__sum_merge(own, other);
}

static void merge_number(void *own, const void *other) {
    *(uint64_t *)own += *(const uint64_t *)other;
}

static void merge_bits(void *own, const void *other) {
    *(uint64_t *)own |= *(const uint64_t *)other;
}

vdib_status vdib__ranks_sum(vdib__ranks *ranks, vdib__sum *sums, size_t count) {
    return reduce(ranks, sums, sizeof *sums, count, merge_sum);
}

vdib_status vdib__ranks_count_up(vdib__ranks *ranks, uint64_t *numbers, size_t count) {
    return reduce(ranks, numbers, sizeof *numbers, count, merge_number);
}

vdib_status vdib__ranks_unite(vdib__ranks *ranks, uint64_t *words, size_t count) {
    return reduce(ranks, words, sizeof *words, count, merge_bits);
}
