/* SPDX-License-Identifier: MIT */
/* Fetching training examples that are augmented. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/text.h"
#include "data/dataset_parts.h"

/* How one presentation is augmented. */
typedef struct presentation {
    const vdib__augmentation *augmentation;
    vdib__key key;
    vdib__augment_draw draw;
    vdib__augment_shape shape;
    double pixel_width, pixel_height; /* of the sensor, in pixels of the target */
} presentation;

/* The image (channels, height, width) behind an example in its place of this presentation; left where it is if nothing
 * moves. */
static vdib_status move_image(const presentation *p, size_t channels, size_t height, size_t width, const float *image,
                              vdib__example *whole, const float **moved) {
    size_t plane = height * width;
    vdib__augment_draw draw = p->draw;
    draw.dx *= p->pixel_width;
    draw.dy *= p->pixel_height;
    *moved = image;
    if (!vdib__augmentation_moves(p->augmentation))
        return VDIB_OK;
    VDIB_TRY(VDIB_RESERVE(&whole->moved, &whole->moved_capacity, channels * plane));
    for (size_t c = 0; c < channels; c++)
        vdib__augment_image(&draw, width, height, image + c * plane, whole->moved + c * plane);
    *moved = whole->moved;
    return VDIB_OK;
}

/* An image: moved, then coded; its spikes may still be edited. */
static vdib_status fill_image(const vdib_dataset *dataset, const vdib__item *item, const vdib__key *coding,
                              const presentation *p, vdib__example *whole) {
    const float *image = NULL;
    VDIB_TRY(move_image(p, 1, p->shape.height, p->shape.width, item->image, whole, &image));
    VDIB_TRY(vdib__fetch_raster(dataset, item, image, coding, whole));
    whole->example.image = image;
    if (dataset->parameters.target->own_image && p->augmentation->moves_target)
        whole->example.target = image;
    if (!vdib__augmentation_edits(p->augmentation))
        return VDIB_OK;
    vdib__augment_draw in_place = p->draw;
    in_place.dx = in_place.dy = in_place.angle = in_place.shear = 0.0;
    in_place.scale = 1.0;
    in_place.flipped = false;
    return vdib__augment_raster(whole->augmenter, &in_place, &p->key, &p->shape,
                                vdib__augmentation_retimes(p->augmentation), whole->example.raster);
}

/* A recording: its events or, where there are none, its spikes; the image that it shows may be the target. */
static vdib_status fill_events(const vdib_dataset *dataset, const vdib__item *item, const presentation *p,
                               vdib__example *whole) {
    const vdib_geometry *geometry = &dataset->geometry;
    if (!dataset->own && dataset->parameters.target->own_image && p->augmentation->moves_target) {
        VDIB_TRY(move_image(p, vdib__target_channels(geometry), geometry->target_height, geometry->target_width,
                            item->image, whole, &whole->example.target));
        whole->example.image = whole->example.target;
    }
    if (item->path == NULL) {
        VDIB_TRY(vdib__raster_copy(item->raster, whole->example.raster));
        return vdib__augment_raster(whole->augmenter, &p->draw, &p->key, &p->shape,
                                    vdib__augmentation_retimes(p->augmentation), whole->example.raster);
    }
    const vdib__clip *clip = NULL;
    const vdib_binning binning = vdib__recordings_binning(dataset);
    const vdib__span span = vdib__span_of(p->augmentation, &binning);
    VDIB_TRY(vdib__recording_clip(dataset, item, &span, &whole->clip, &clip));
    return vdib__augment_clip(whole->augmenter, &p->draw, &p->key, &p->shape, clip, whole->example.raster);
}

vdib_status vdib__dataset_fetch_augmented(const vdib_dataset *dataset, size_t index, uint64_t seed, uint64_t number,
                                          const vdib__augmentation *augmentation, vdib_example *example) {
    vdib__example *whole = (vdib__example *)example;
    const vdib__item *item = NULL;
    if (vdib__augmentation_is_none(augmentation))
        return vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, index, seed, VDIB_STAGE_TRAINING, number, example);
    VDIB_TRY(vdib__dataset_check_augmentation(dataset, augmentation));
    VDIB_TRY(vdib__fetch_augmenter(dataset, whole));
    presentation p = {.augmentation = augmentation,
                      .key = vdib__augment_key(seed, number),
                      .shape = vdib__fetch_shape(dataset),
                      .pixel_width = 1,
                      .pixel_height = 1};
    if (dataset->targets_cover) {
        p.pixel_width = (double)dataset->geometry.target_width / (double)dataset->geometry.input_width;
        p.pixel_height = (double)dataset->geometry.target_height / (double)dataset->geometry.input_height;
    }
    if (dataset->own)
        p.shape.step_us = augmentation->step_us;
    p.draw = vdib__augment_draw_of(augmentation, &p.key);
    if (dataset->callback != NULL) {
        VDIB_TRY(vdib__callback_fetch(dataset, VDIB_SPLIT_TRAIN, index, example));
        return vdib__augment_raster(whole->augmenter, &p.draw, &p.key, &p.shape,
                                    vdib__augmentation_retimes(augmentation), example->raster);
    }
    VDIB_TRY(vdib__split_item(dataset, VDIB_SPLIT_TRAIN, index, &item));
    vdib__key coding = {.seed = seed, .purpose = VDIB_PURPOSE_CODING, .stage = VDIB_STAGE_TRAINING, .example = number};
    vdib__fetch_describe(dataset, item, index, example);
    return item->path == NULL && item->raster == NULL ? fill_image(dataset, item, &coding, &p, whole)
                                                      : fill_events(dataset, item, &p, whole);
}

vdib_status vdib__dataset_check_augmentation(const vdib_dataset *dataset, const vdib__augmentation *augmentation) {
    if (vdib__augmentation_is_none(augmentation))
        return VDIB_OK;
    if (dataset->parameters.input->fetch != NULL)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "augment.*: the examples of data.input=%s are made anew all the time; they are not augmented",
                          dataset->parameters.input->choice.name);
    if (augmentation->polarity_swap > 0 && dataset->geometry.input_channels != 2)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "augment.polarity_swap is %g, but the data have %zu channel%s a pixel and not ON and OFF; "
                          "set it to 0",
                          augmentation->polarity_swap, dataset->geometry.input_channels,
                          vdib__s(dataset->geometry.input_channels));
    return VDIB_OK;
}
