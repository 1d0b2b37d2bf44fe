/* SPDX-License-Identifier: MIT */
#include "core/mathematics.h"
#include "encoder/encoder.h"

void vdib__basis_fill(size_t steps, size_t bases, double width, float *basis) {
    /* n(l) = log(l + tau / 10), centres evenly spaced from n(0) to n(tau - 1); docs/method.md, eq. (11) */
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

vdib__filter vdib__filter_of(const float *taps, size_t steps) {
    vdib__filter filter = {.taps = taps, .end = steps};
    while (filter.end > 0 && taps[filter.end - 1] == 0.0F)
        filter.end--;
    while (filter.first < filter.end && taps[filter.first] == 0.0F)
        filter.first++;
    return filter;
}

size_t vdib__readout_taps(const vdib__readout *readout) {
    size_t taps = 0;
    if (readout->learns_filters)
        return readout->bases * readout->filter_steps;
    for (size_t k = 0; k < readout->bases; k++)
        taps += readout->filters[k].end - readout->filters[k].first;
    return taps;
}
