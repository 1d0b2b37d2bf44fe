/* SPDX-License-Identifier: MIT */
#include "eval/evaluate.h"
#include "eval/metrics.h"

double vdib__class_mse(const vdib__target *target, size_t classes, uint32_t got, uint32_t want) {
    if (target->units_of == NULL) /* one-hot: they differ in two places */
        return got == want ? 0.0 : 2.0 / (double)classes;
    float got_units[VDIB_TARGET_UNITS], want_units[VDIB_TARGET_UNITS];
    target->units_of(got, got_units);
    target->units_of(want, want_units);
    return vdib__mse(got_units, want_units, target->units);
}

vdib__constant vdib__constant_predictor(const vdib__target *target, const uint64_t *counts, size_t classes) {
    vdib__constant constant = {0};
    uint64_t total = 0;
    for (uint32_t c = 0; c < classes; c++) {
        total += counts[c];
        if (counts[c] > counts[constant.answer])
            constant.answer = c;
    }
    for (uint32_t c = 0; c < classes; c++)
        constant.mse += (double)counts[c] * vdib__class_mse(target, classes, constant.answer, c);
    constant.accuracy = (double)counts[constant.answer] / (double)total;
    constant.mse /= (double)total;
    return constant;
}
