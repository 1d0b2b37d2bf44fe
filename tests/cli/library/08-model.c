/* SPDX-License-Identifier: MIT */
#include "frame.h"

int main(void) {
    const uint64_t seed = 3, index = 0;
    vdib_model *model = small_model();
    vdib_raster *raster = small_raster(), *readout = NULL;
    float output[PIXELS] = {0};
    vdib_model_save(model, "model.safetensors");
    vdib_model_destroy(model);
    {
#include BLOCK
    } vdib_raster_destroy(readout);
    vdib_raster_destroy(raster);
    vdib_model_destroy(model);
    return output[0] > 0 && output[0] < 1 ? finish() : 1;
}
