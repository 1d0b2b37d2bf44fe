/* SPDX-License-Identifier: MIT */
/* Filmed images that are mixed with real recordings for training: which ones, and what is left out. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/ranges.h"
#include "core/text.h"
#include "data/dataset_parts.h"
#include "data/select.h"

/* ---- images that are not filmed ---- */

vdib_status vdib__film_exclude(vdib_dataset *dataset, const char *name, const vdib__images *images, bool *excluded) {
    const char *ranges = dataset->parameters.film_exclude;
    size_t count = 0;
    if (ranges == NULL || strcmp(ranges, "none") == 0)
        return VDIB_OK;
    for (size_t i = 0; i < images->count; i++) {
        excluded[i] = excluded[i] || vdib__ranges_hold(ranges, i);
        count += vdib__ranges_hold(ranges, i);
    }
    return vdib__note(dataset, "%s: %zu training image%s %s not filmed: data.film_exclude is %s", name, count,
                      vdib__s(count), count == 1 ? "is" : "are", ranges);
}

/* Marks the images behind the validation recordings: recording NNNNN of the training part shows image NNNNN - 1. */
static vdib_status exclude_validation(vdib_dataset *dataset, const char *name, size_t images, bool *excluded) {
    const vdib__part *part = &dataset->parts[VDIB_PART_TRAIN];
    size_t training = part->count - dataset->validation, count = 0;
    for (size_t i = training; i < part->count; i++) {
        uint64_t number = part->items[dataset->members[i]].number;
        if (number == 0 || number > images)
            continue;
        count += !excluded[number - 1];
        excluded[number - 1] = true;
    }
    if (count == 0)
        return VDIB_OK;
    return vdib__note(dataset,
                      "%s: %zu training image%s %s not filmed: validation recordings show %s (recording NNNNN shows "
                      "image NNNNN - 1)",
                      name, count, vdib__s(count), count == 1 ? "is" : "are", count == 1 ? "it" : "them");
}

/* ---- mixing ---- */

/* Recordings and filmed images agree in their sensor, their classes and the size of their natural images. */
static vdib_status check(const vdib_dataset *dataset, const char *data, const char *name, const vdib__images *images) {
    const vdib__motion *motion = dataset->parameters.motion;
    vdib__camera camera = motion != NULL ? motion->camera() : vdib__camera_saccades();
    const vdib_geometry *g = &dataset->geometry;
    const vdib__images *natural = &dataset->natural[VDIB_PART_TRAIN];
    if (camera.width != g->input_width || camera.height != g->input_height)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: its recordings have %zux%zu pixels, but the built-in camera, which films %s, %zux%zu "
                          "(data.motion=%s); only recordings of one sensor can be mixed",
                          data, g->input_width, g->input_height, name, camera.width, camera.height,
                          motion != NULL ? motion->choice.name : "saccades");
    if (dataset->class_names != NULL)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: its classes have names, and those of %s are numbers; only recordings of digits can be "
                          "mixed with filmed images",
                          data, name);
    for (size_t i = 0; i < images->count; i++)
        if (images->labels[i] >= g->classes)
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: image %zu is of class %u, but the recordings of %s have %zu classes", name, i,
                              (unsigned)images->labels[i], data, g->classes);
    if (natural->count > 0 && (natural->height != images->height || natural->width != images->width))
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: its images have %zux%zu pixels, those of the recordings %zux%zu; both must be of one size", name,
            images->height, images->width, natural->height, natural->width);
    return VDIB_OK;
}

static vdib_status add_image(vdib_dataset *dataset, const vdib__images *images, size_t i) {
    vdib__item *item = NULL;
    VDIB_TRY(vdib__part_add(&dataset->parts[VDIB_PART_TRAIN], &item));
    item->label = images->labels[i];
    item->number = i;
    item->image = vdib__image_at(images, i);
    dataset->mixed_count++;
    return VDIB_OK;
}

/* Of the images that may be filmed, data.mix for every real training recording, evenly over the classes. */
static vdib_status add_some(vdib_dataset *dataset, const char *name, const vdib__images *images, const bool *excluded) {
    size_t real = dataset->parts[VDIB_PART_TRAIN].count - dataset->validation, count = 0, *places = NULL;
    size_t *chosen = NULL;
    uint32_t *labels = NULL;
    vdib_status status;
    VDIB_TRY_GOTO(VDIB_NEW(&places, images->count), done);
    VDIB_TRY_GOTO(VDIB_NEW(&labels, images->count), done);
    VDIB_TRY_GOTO(VDIB_NEW(&chosen, images->count), done);
    for (size_t i = 0; i < images->count; i++)
        if (!excluded[i]) {
            places[count] = i;
            labels[count++] = images->labels[i];
        }
    size_t wanted = dataset->parameters.mix * real, taken = wanted != 0 && wanted < count ? wanted : count;
    status = count > 0 ? VDIB_OK : vdib__fail(VDIB_ERROR_DATA, "%s: every training image is left out; film some", name);
    if (status != VDIB_OK)
        goto done;
    VDIB_TRY_GOTO(vdib__select_evenly(labels, count, taken, chosen), done);
    for (size_t i = 0; i < taken; i++)
        VDIB_TRY_GOTO(add_image(dataset, images, places[chosen[i]]), done);
    status = vdib__note(dataset, "%s: %zu of its %zu training images are filmed and mixed with %zu training recordings",
                        name, taken, images->count, real);
done:
    vdib__free(labels);
    vdib__free(chosen);
    vdib__free(places);
    return status;
}

vdib_status vdib__recordings_mix(vdib_dataset *dataset, const char *data, const char *name,
                                 const vdib__images *images) {
    bool *excluded = NULL;
    VDIB_TRY(check(dataset, data, name, images));
    VDIB_TRY(vdib__split_reserve(dataset));
    vdib__split_settle(dataset); /* validation recordings are chosen among real ones alone */
    VDIB_TRY(VDIB_NEW(&excluded, images->count));
    vdib_status status = vdib__film_exclude(dataset, name, images, excluded);
    if (status == VDIB_OK)
        status = exclude_validation(dataset, name, images->count, excluded);
    if (status == VDIB_OK)
        status = add_some(dataset, name, images, excluded);
    vdib__free(excluded);
    VDIB_TRY(status);
    return vdib__recordings_film(dataset, images);
}
