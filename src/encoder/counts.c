/* SPDX-License-Identifier: MIT */
/* What takes the place of an encoder: counts of the input's spikes. */
#include <string.h>

#include "core/mathematics.h"
#include "core/raster.h"
#include "encoder/encoder.h"

void vdib__counts_fill(const vdib_raster *raster, size_t bins, float *values) {
    size_t channels = raster->channels;
    memset(values, 0, bins * channels * sizeof *values);
    for (size_t t = 0; t < raster->steps; t++) {
        float *row = values + bins * t / raster->steps * channels;
        for (size_t s = raster->offsets[t]; s < raster->offsets[t + 1]; s++)
            row[raster->indices[s]] += 1.0F;
    }
    for (size_t i = 0; i < bins * channels; i++)
        values[i] = (float)vdib__sqrt((double)values[i]);
}
