/* SPDX-License-Identifier: MIT */
#include "frame.h"

/* A few examples will do. */
#define vdib_trainer_create(config, data, trainer)                                                                     \
    (vdib_config_set(config, "training.examples=16"), (vdib_trainer_create)(config, data, trainer))

int main(void) {
    vdib_config *config = NULL;
    vdib_dataset *data = NULL;
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof progress};
    {
#include BLOCK
    } vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return progress.examples == 16 ? finish() : 1;
}
