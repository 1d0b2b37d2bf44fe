/* SPDX-License-Identifier: MIT */
/* Recordings of an event camera: the images that they show, and how they become rasters. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/camera.h"
#include "data/dataset_parts.h"

vdib_status vdib__recordings_match(vdib_dataset *dataset, int part, const char *images_name) {
    const vdib__images *images = &dataset->natural[part];
    for (size_t i = 0; i < dataset->parts[part].count; i++) {
        vdib__item *item = &dataset->parts[part].items[i];
        if (item->number == 0 || item->number > images->count)
            return vdib__fail(
                VDIB_ERROR_DATA,
                "%s: recording NNNNN shows image NNNNN - 1, but %s has %zu %s image%s; add the missing ones or "
                "train with data.target=class-image",
                item->path, images_name, images->count, part == VDIB_PART_TRAIN ? "train" : "t10k",
                vdib__s(images->count));
        if (images->labels[item->number - 1] != item->label)
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: is of class %u, but image %llu of %s shows a %u; these are not the images that were "
                              "recorded",
                              item->path, (unsigned)item->label, (unsigned long long)item->number - 1, images_name,
                              (unsigned)images->labels[item->number - 1]);
        item->image = vdib__image_at(images, (size_t)item->number - 1);
    }
    return VDIB_OK;
}

vdib_binning vdib__recordings_binning(const vdib_dataset *dataset) {
    const vdib_geometry *geometry = &dataset->geometry;
    return (vdib_binning){.size = sizeof(vdib_binning),
                          .width = geometry->input_width,
                          .height = geometry->input_height,
                          .polarities = geometry->input_channels,
                          .steps = geometry->steps,
                          .step_us = dataset->parameters.step_us,
                          .start_us = dataset->parameters.start_us};
}

int64_t vdib__dataset_step_us(const vdib_dataset *dataset) {
    return dataset->parameters.step_us;
}
