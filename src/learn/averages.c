/* SPDX-License-Identifier: MIT */
#include "learn/averages.h"

void vdib__averages_add(vdib__averages *averages, double loss, double distortion, double rate_bits, double density) {
    averages->count++;
    double share =
        averages->count < VDIB_AVERAGE_EXAMPLES ? 1.0 / (double)averages->count : 1.0 / (double)VDIB_AVERAGE_EXAMPLES;
    averages->loss += share * (loss - averages->loss);
    averages->distortion += share * (distortion - averages->distortion);
    averages->rate_bits += share * (rate_bits - averages->rate_bits);
    averages->density += share * (density - averages->density);
}
