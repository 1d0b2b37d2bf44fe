/* SPDX-License-Identifier: MIT */
#include "frame.h"

/* The loss is a hundredth of the number of spikes. */
static const float *my_loss(const float *windows) {
    static float gradients[BATCH * STEPS * READOUTS];
    for (size_t i = 0; i < BATCH * STEPS * READOUTS; i++)
        gradients[i] = windows[i] >= 0 ? 0.01F : 0;
    return gradients;
}

static double moved;

static void my_optimiser(float *values, const float *gradients, size_t count) {
    for (size_t i = 0; i < count; i++) {
        values[i] -= 0.1F * gradients[i];
        moved += gradients[i] > 0 ? gradients[i] : -gradients[i];
    }
}

int main(void) {
    const size_t steps = STEPS, count = BATCH;
    const uint64_t seed = 3, presentations[BATCH] = {0, 1, 2, 3};
    const double prices[BATCH] = {0.001, 0.001, 0.001, 0.001};
    const vdib_raster *rasters[BATCH];
    vdib_raster *raster = small_raster();
    vdib_model *model = small_model();
    vdib_batch *batch = NULL;
    float *gradients = calloc(vdib_model_gradient_count(model), sizeof *gradients);
    for (size_t i = 0; i < BATCH; i++)
        rasters[i] = raster;
    {
#include BLOCK
    } vdib_batch_destroy(batch);
    vdib_model_destroy(model);
    vdib_raster_destroy(raster);
    free(gradients);
    return moved > 0 ? finish() : 1;
}
