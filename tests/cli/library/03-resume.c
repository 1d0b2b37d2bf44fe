/* SPDX-License-Identifier: MIT */
#include "frame.h"

int main(void) {
    vdib_config *config = small_config();
    vdib_dataset *data = small_data();
    const vdib_run_options options = {.size = sizeof options, .dataset = data, .checkpoint_every = 8};
    vdib_run *run = NULL;
    vdib_progress progress = {.size = sizeof progress};
    vdib_run_create("runs/own", config, &options, &run);
    while (progress.examples < 12)
        vdib_run_step(run, &progress);
    vdib_run_destroy(run);
    run = NULL;
    {
#include BLOCK
    } vdib_run_step(run, &progress);
    vdib_run_destroy(run);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return progress.examples == 12 ? finish() : 1;
}
