/* SPDX-License-Identifier: MIT */
#include "core/mathematics.h"
#include "encoder/encoder.h"

void vdib__basis_fill(size_t steps, size_t bases, double width, float *basis) {
    /* n(l) = log(l + tau / 10), centres evenly spaced from n(0) to n(tau - 1); DESIGN 2.1 */
    double shift = (double)steps / 10.0;
    double first = vdib__log(shift), last = vdib__log((double)(steps - 1) + shift);
    double spacing = (last - first) / (double)(bases > 1 ? bases - 1 : 1);
    for (size_t k = 0; k < bases; k++)
        for (size_t lag = 0; lag < steps; lag++) {
            /* a basis of one step has no extent in time: its phase is 0 */
            double distance = vdib__log((double)lag + shift) - first - (double)k * spacing;
            double phase = spacing > 0 ? width * VDIB_PI * distance / spacing : 0.0;
            double bounded = phase < -VDIB_PI ? -VDIB_PI : phase > VDIB_PI ? VDIB_PI : phase;
            basis[k * steps + lag] = (float)(0.5 * (1.0 + vdib__cos(bounded)));
        }
}
