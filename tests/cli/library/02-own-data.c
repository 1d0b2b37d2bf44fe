/* SPDX-License-Identifier: MIT */
#include "frame.h"

static void add_all(vdib_dataset *data, const vdib_raster *raster, const float *target) {
    for (uint32_t i = 0; i < 2 * EXAMPLES; i++)
        vdib_dataset_add(data, i < EXAMPLES ? VDIB_SPLIT_TRAIN : VDIB_SPLIT_TEST, raster, target, i % CLASSES);
}
/* "once for every example" */
#define vdib_dataset_add(data, split, raster, target, label)                                                           \
    ((vdib_dataset_add)(data, split, raster, target, label), add_all(data, raster, target))

int main(void) {
    const uint32_t *steps = PAIR_STEPS, *channels = PAIR_CHANNELS, label = 1;
    const size_t count = PAIRS;
    const float target[PIXELS] = {0, 1};
    vdib_config *config = small_config();
    vdib_dataset *data = NULL;
    vdib_raster *raster = small_raster();
    vdib_run *run = NULL;
    vdib_progress progress = {.size = sizeof progress};
    vdib_evaluation figures = {0};
    {
#include BLOCK
    }
    double mse = 0;
    bool evaluated = vdib_evaluation_figure(&figures, vdib_figure_find("mse"), &mse);
    vdib_evaluation_clear(&figures);
    vdib_run_destroy(run);
    vdib_raster_destroy(raster);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return progress.done && evaluated ? finish() : 1;
}
