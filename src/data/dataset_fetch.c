/* SPDX-License-Identifier: MIT */
/* Fetching examples. Everything that is written belongs to the example, so that threads do not meet. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "data/dataset_parts.h"

vdib_status vdib_example_create(const vdib_dataset *dataset, vdib_example **example) {
    VDIB_REQUIRE(dataset, example);
    const vdib_geometry *geometry = &dataset->geometry;
    vdib__example *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->example.size = sizeof made->example;
    vdib_status status = vdib_raster_create(geometry->input_channels * geometry->input_height * geometry->input_width,
                                            geometry->steps, &made->example.raster);
    if (status != VDIB_OK) {
        vdib__free(made);
        return status;
    }
    *example = &made->example;
    return VDIB_OK;
}

void vdib_example_destroy(vdib_example *example) {
    if (example == NULL)
        return;
    vdib__example *whole = (vdib__example *)example;
    vdib__clip_clear(&whole->clip);
    vdib__augmenter_destroy(whole->augmenter);
    vdib__free(whole->moved);
    vdib__free(whole->values);
    vdib__free(whole->step_labels);
    vdib_raster_destroy(whole->example.raster);
    vdib__free(whole);
}

vdib__augment_shape vdib__fetch_shape(const vdib_dataset *dataset) {
    const vdib_geometry *geometry = &dataset->geometry;
    return (vdib__augment_shape){.planes = geometry->input_channels,
                                 .height = geometry->input_height,
                                 .width = geometry->input_width,
                                 .steps = geometry->steps,
                                 .step_us = dataset->parameters.step_us};
}

vdib_status vdib__fetch_augmenter(const vdib_dataset *dataset, vdib__example *whole) {
    return whole->augmenter != NULL ? VDIB_OK : vdib__augmenter_create(dataset->level, &whole->augmenter);
}

/* A recording: binned before, or from its events. */
static vdib_status fill_recording(const vdib_dataset *dataset, const vdib__item *item, vdib__example *whole) {
    const vdib__clip *clip = atomic_load(&item->clip);
    if (clip == NULL || atomic_load(&item->kept) != NULL)
        return vdib__recording_read(dataset, item, whole->example.raster);
    (void)vdib__recording_count(item);
    const vdib__augment_draw nothing = vdib__augment_nothing();
    const vdib__key key = vdib__augment_key(0, 0);
    const vdib__augment_shape shape = vdib__fetch_shape(dataset);
    VDIB_TRY(vdib__fetch_augmenter(dataset, whole));
    return vdib__augment_clip(whole->augmenter, &nothing, &key, &shape, clip, whole->example.raster);
}

vdib_status vdib__fetch_raster(const vdib_dataset *dataset, const vdib__item *item, const float *image,
                               const vdib__key *key, vdib__example *whole) {
    const vdib_geometry *geometry = &dataset->geometry;
    vdib_raster *raster = whole->example.raster;
    VDIB_TRY(vdib__raster_reshape(raster, geometry->input_channels * geometry->input_height * geometry->input_width,
                                  geometry->steps));
    if (item->raster != NULL)
        return vdib__raster_copy(item->raster, raster);
    if (item->path != NULL)
        return fill_recording(dataset, item, whole);
    return dataset->parameters.input->code(dataset->level, image, key, raster);
}

/* The shape of the images behind examples: all of a data set have one. */
static void describe_image(const vdib_dataset *dataset, vdib_example *example) {
    const vdib__images *shown = dataset->shown[VDIB_PART_TRAIN].count > 0 ? dataset->shown : dataset->mixed;
    const vdib__images *images = dataset->natural[VDIB_PART_TRAIN].count > 0 ? dataset->natural : shown;
    bool none = example->image == NULL;
    example->image_channels = none ? 0 : images->channels == 3 ? 3 : 1;
    example->image_height = none ? 0 : images->height;
    example->image_width = none ? 0 : images->width;
}

void vdib__fetch_describe(const vdib_dataset *dataset, const vdib__item *item, size_t index, vdib_example *example) {
    example->target = item->target;
    example->image = item->image;
    example->step_labels = NULL;
    example->label = item->label;
    example->index = index;
    describe_image(dataset, example);
}

vdib_status vdib__dataset_fetch(const vdib_dataset *dataset, vdib_split split, size_t index, uint64_t seed,
                                vdib__stage stage, uint64_t presentation, vdib_example *example) {
    if (dataset->parameters.input->fetch != NULL)
        return dataset->parameters.input->fetch(dataset, split, index, seed, stage, presentation, example);
    if (dataset->callback != NULL)
        return vdib__callback_fetch(dataset, split, index, example);
    const vdib__item *item = NULL;
    VDIB_TRY(vdib__split_item(dataset, split, index, &item));
    vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_CODING, .stage = stage, .example = presentation};
    VDIB_TRY(vdib__fetch_raster(dataset, item, item->image, &key, (vdib__example *)example));
    vdib__fetch_describe(dataset, item, index, example);
    return VDIB_OK;
}

vdib_status vdib_dataset_get(const vdib_dataset *dataset, vdib_split split, size_t index, uint64_t seed,
                             vdib_example *example) {
    VDIB_REQUIRE(dataset, example);
    return vdib__dataset_fetch(dataset, split, index, seed, VDIB_STAGE_EVALUATION, index, example);
}
