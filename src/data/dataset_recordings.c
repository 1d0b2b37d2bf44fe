/* SPDX-License-Identifier: MIT */
/* Recordings of an event camera: the images that they show, and drawn digits before the built-in camera. */

#include "core/alloc.h"
#include "core/error.h"
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
                "%s: recording NNNNN shows image NNNNN - 1, but %s has %zu %s images; add the missing ones "
                "or choose data.target=class-image",
                item->path, images_name, images->count, part == VDIB_PART_TRAIN ? "train" : "t10k");
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

static vdib_status film_item(const vdib_dataset *dataset, const vdib__camera *camera, uint64_t number,
                             vdib__item *item) {
    vdib_event *events = NULL;
    size_t count = 0;
    vdib_binning binning = vdib__recordings_binning(dataset);
    VDIB_TRY(vdib_raster_create(binning.polarities * binning.height * binning.width, binning.steps, &item->raster));
    VDIB_TRY(vdib__camera_record(camera, item->image, VDIB_DIGIT_SIDE, VDIB_DIGIT_SIDE, 0, number, &events, &count));
    vdib_status status = vdib_raster_bin(item->raster, events, count, &binning, NULL);
    vdib__free(events);
    return status;
}

typedef struct filming {
    const vdib_dataset *dataset;
    const vdib__camera *camera;
    vdib__item *items; /* of task 0 and those after it */
    vdib__failure *failure;
} filming;

/* Recordings between two questions whether to stop. */
enum { FILMED_AT_ONCE = 256 };

/* Tasks: items of a part. */
static void film_task(const void *context, size_t i, size_t slot) {
    const filming *f = context;
    (void)slot;
    vdib__failure_note(f->failure, i, film_item(f->dataset, f->camera, f->items[i].number, &f->items[i]));
}

vdib_status vdib__recordings_film(vdib_dataset *dataset) {
    const vdib__motion *motion = dataset->parameters.motion;
    vdib__camera camera = motion != NULL ? motion->camera() : vdib__camera_saccades();
    dataset->geometry.input_width = camera.width;
    dataset->geometry.input_height = camera.height;
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t begin = 0; begin < dataset->parts[p].count; begin += FILMED_AT_ONCE) {
            size_t left = dataset->parts[p].count - begin;
            vdib__failure failure;
            const filming some = {dataset, &camera, dataset->parts[p].items + begin, &failure};
            vdib__failure_init(&failure);
            VDIB_TRY(vdib__dataset_cancelled(dataset));
            vdib__parallel(dataset->parameters.threads, left < FILMED_AT_ONCE ? left : FILMED_AT_ONCE, film_task,
                           &some);
            VDIB_TRY(vdib__failure_raise(&failure));
        }
    return VDIB_OK;
}
