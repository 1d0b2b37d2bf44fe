/* SPDX-License-Identifier: MIT */
#include "data/blobs.h"
#include "eval/evaluate.h"
#include "eval/metrics.h"

double vdib__units_mse(uint32_t got, uint32_t want) {
    float got_units[VDIB_BLOB_UNITS], want_units[VDIB_BLOB_UNITS];
    vdib__blobs_units(got, got_units);
    vdib__blobs_units(want, want_units);
    return vdib__mse(got_units, want_units, VDIB_BLOB_UNITS);
}

vdib__constant vdib__constant_predictor(const uint64_t *counts) {
    vdib__constant constant = {0};
    uint64_t total = 0;
    for (uint32_t c = 0; c < VDIB_BLOB_CLASSES; c++) {
        total += counts[c];
        if (counts[c] > counts[constant.answer])
            constant.answer = c;
    }
    for (uint32_t c = 0; c < VDIB_BLOB_CLASSES; c++)
        constant.mse += (double)counts[c] * vdib__units_mse(constant.answer, c);
    constant.accuracy = (double)counts[constant.answer] / (double)total;
    constant.mse /= (double)total;
    return constant;
}
