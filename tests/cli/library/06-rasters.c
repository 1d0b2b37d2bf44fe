/* SPDX-License-Identifier: MIT */
#include "frame.h"

int main(void) {
    const uint32_t *steps = PAIR_STEPS, *channels = PAIR_CHANNELS, *indices = NULL;
    const size_t count = PAIRS, *offsets = NULL;
    size_t repeated = 1;
    vdib_raster *raster = small_raster(), *borrowed = NULL;
    {
#include BLOCK
    }
    bool good = repeated == 0 && vdib_raster_spikes(borrowed) == PAIRS && indices[offsets[3]] == 1;
    vdib_raster_destroy(borrowed);
    vdib_raster_destroy(raster);
    return good ? finish() : 1;
}
