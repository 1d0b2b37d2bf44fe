/* SPDX-License-Identifier: MIT */
#include "frame.h"

static vdib_status fetch(void *user, vdib_split split, size_t index, vdib_fetched *example) {
    (void)user, (void)split;
    example->label = (uint32_t)(index % CLASSES);
    return vdib_raster_from_pairs(example->raster, PAIR_STEPS, PAIR_CHANNELS, PAIRS, NULL);
}

int main(void) {
    const vdib_geometry geometry = small_geometry();
    int numbers = 0, *mine = &numbers;
    vdib_dataset *data = NULL;
    {
#include BLOCK
    } size_t size = vdib_dataset_size(data, VDIB_SPLIT_TEST);
    vdib_dataset_destroy(data);
    return size == 10000 ? finish() : 1;
}
