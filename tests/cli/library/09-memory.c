/* SPDX-License-Identifier: MIT */
#include "frame.h"

int main(void) {
    const size_t steps = STEPS, count = BATCH;
    const uint64_t seed = 3, indices[BATCH] = {0, 1, 2, 3};
    const vdib_raster *rasters[BATCH], *readouts[BATCH];
    const float *windows = NULL;
    float outputs[BATCH * PIXELS] = {0};
    vdib_raster *raster = small_raster();
    vdib_model *made = small_model(), *model = NULL;
    vdib_batch *batch = NULL;
    void *bytes = NULL;
    size_t size = 0;
    for (size_t i = 0; i < BATCH; i++)
        rasters[i] = raster;
    vdib_model_save_memory(made, &bytes, &size);
    {
#include BLOCK
    } vdib_batch_destroy(batch);
    vdib_model_destroy(model);
    vdib_model_destroy(made);
    vdib_memory_free(bytes);
    vdib_raster_destroy(raster);
    return outputs[BATCH * PIXELS - 1] > 0 ? finish() : 1;
}
