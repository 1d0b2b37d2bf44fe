/* SPDX-License-Identifier: MIT */
#include "frame.h"

/* The program's own. */
struct sample {
    uint32_t label;
    float image[PIXELS];
    const uint32_t *steps, *channels;
    size_t count;
};

static const struct sample *find(struct sample *samples, vdib_split split, size_t index) {
    samples[index % CLASSES].label = (uint32_t)(index % CLASSES);
    return &samples[split == VDIB_SPLIT_TEST ? 1 - index % CLASSES : index % CLASSES];
}

#include BLOCK

int main(void) {
    const vdib_geometry geometry = small_geometry();
    struct sample samples[CLASSES] = {{1, {0.5F}, PAIR_STEPS, PAIR_CHANNELS, PAIRS},
                                      {1, {0.25F}, PAIR_STEPS, PAIR_CHANNELS, PAIRS}};
    const vdib_dataset_source source = {
        .size = sizeof source, .train = 10, .test = 10, .fetch = fetch, .user = samples};
    vdib_dataset *data = NULL;
    vdib_example *example = NULL;
    vdib_dataset_create_callback(&geometry, &source, &data);
    vdib_example_create(data, &example);
    vdib_dataset_get(data, VDIB_SPLIT_TEST, 0, 0, example);
    bool good = example->label == 1 && example->target[0] == 0.25F && vdib_raster_spikes(example->raster) == PAIRS;
    vdib_example_destroy(example);
    vdib_dataset_destroy(data);
    return good ? finish() : 1;
}
