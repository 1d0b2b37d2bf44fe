/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_INPUTS_H
#define VDIB_DATA_INPUTS_H
/* What an experiment reads and decodes: values of data.input and data.target. */

#include <stdbool.h>

#include "core/choice.h"
#include "core/kernel_level.h"
#include "core/random.h"
#include "data/targets/picture.h"
#include "vdib/dataset.h"

/* data.input. An input either has examples, recordings of events (tag "recordings") or images that it codes (tag
 * "one-spike": by one spike a channel at most), or makes a stimulus of its own without end. Tag "stepwise": every step
 * of its sequences has a class. */
typedef struct vdib__input {
    vdib__choice choice;
    /* Images: the spikes of `pixels` (pixels of a step's channels, in [0, 1]); the raster's shape gives T and their
     * number. */
    vdib_status (*code)(vdib__kernel_level level, const float *pixels, const vdib__key *key, vdib_raster *raster);
    /* A stimulus of its own; all NULL where there are examples. Opening fills geometry and summary. */
    vdib_status (*open)(vdib_dataset *dataset, const char *data);
    vdib_status (*fetch)(const vdib_dataset *dataset, vdib_split split, size_t index, uint64_t seed, vdib__stage stage,
                         uint64_t presentation, vdib_example *example);
    size_t (*size)(const vdib_dataset *dataset, vdib_split split); /* sequences of a split; 0: endless */
} vdib__input;

extern const vdib__input vdib__input_events, vdib__input_rate, vdib__input_latency, vdib__input_blobs;
extern const vdib__choices vdib__inputs;

static inline const vdib__input *vdib__input_of(const vdib__choice *choice) {
    return (const vdib__input *)choice;
}

static inline bool vdib__input_is_recordings(const vdib__input *input) {
    return vdib__choice_is(&input->choice, "recordings");
}

enum { VDIB_TARGET_UNITS = 64 }; /* the most units that a class can stand for */

/* data.target. Tags: "values", a vector such as an image; "classes", one of the data's classes. */
typedef struct vdib__target {
    vdib__choice choice;
    bool by_step;              /* every step has one of its own; else an example has one */
    bool own_image;            /* the very image that the example shows */
    bool files;                /* read from files beside recordings (targets.h), where there are some; */
    vdib__picture_range range; /* VDIB_RANGE_ANY: they are arrays, and there must be some */
    bool frames;               /* read from the recordings themselves */
    /* Classes that stand for a set of units each, of which some spike: how many classes and units there are, and values
     * (units) = 1 for those that spike, else 0. 0 and NULL where a class is nothing but one of them. */
    size_t classes, units;
    void (*units_of)(uint32_t class_, float *values);
    /* The class that the input itself shows in a step, of the channels (count) that spike; NULL: it shows none. */
    uint32_t (*class_of)(const uint32_t *channels, size_t count);
    /* Gives all examples their targets; NULL where labels are all that is needed. `images_name` is for messages. */
    vdib_status (*assign)(vdib_dataset *dataset, const char *images_name);
} vdib__target;

extern const vdib__target vdib__target_image, vdib__target_class_image, vdib__target_class, vdib__target_units,
    vdib__target_arrays, vdib__target_frames;
extern const vdib__choices vdib__targets;

static inline const vdib__target *vdib__target_of(const vdib__choice *choice) {
    return (const vdib__target *)choice;
}

#endif
