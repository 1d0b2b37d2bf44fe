/* SPDX-License-Identifier: MIT */
#include "frame.h"

static void my_decoder(const float *windows, const vdib_example *const *data, float *gradients, double *losses) {
    for (size_t i = 0; i < BATCH * STEPS * READOUTS; i++)
        gradients[i] = 0.01F * windows[i];
    for (size_t i = 0; i < BATCH; i++)
        losses[i] = 1 + data[i]->label;
}

int main(void) {
    static float gradients[BATCH * STEPS * READOUTS];
    double losses[BATCH];
    vdib_config *config = small_config();
    vdib_dataset *data = small_data();
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof progress};
    vdib_trainer_create(config, data, &trainer);
    {
#include BLOCK
    } vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return progress.examples == 40 ? finish() : 1;
}
