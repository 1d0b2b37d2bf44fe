/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_AVERAGES_H
#define VDIB_LEARN_AVERAGES_H
/* Running averages of training figures over about the last VDIB_AVERAGE_EXAMPLES examples. */

#include <stdint.h>

enum { VDIB_AVERAGE_EXAMPLES = 1000 };

typedef struct vdib__averages {
    double loss, distortion, rate_bits, density;
    uint64_t count; /* examples taken in */
} vdib__averages;

void vdib__averages_add(vdib__averages *averages, double loss, double distortion, double rate_bits, double density);

#endif
