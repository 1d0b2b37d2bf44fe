/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_DATASET_PARTS_H
#define VDIB_DATA_DATASET_PARTS_H
/* Inside of a data set: the training examples (whose validation examples are chosen in dataset_split.c) and the test
 * examples, each an item that says where its spikes come from. */

#include <pthread.h>
#include <stdatomic.h>

#include "data/dataset.h"
#include "data/digits.h"

enum {
    VDIB_PART_TRAIN = 0,
    VDIB_PART_TEST = 1,
    VDIB_PARTS = 2,
    VDIB_SUMMARY = 512,
    VDIB_TEST_NUMBERS =
        1000000, /* built-in digits of the test part have numbers from here on: no training part reaches it */
    VDIB_BUILTIN_TRAIN = 4000, /* built-in examples unless said otherwise */
    VDIB_BUILTIN_TEST = 500
};

/* One example. Its spikes are read from `path`, or copied from `raster`, or coded from `image`. */
typedef struct vdib__item {
    uint32_t label;
    uint64_t number;     /* NNNNN of the recording's file name; 0 if that is no number */
    char *path;          /* recording on disk, or NULL */
    vdib_raster *raster; /* kept raster, or NULL */
    float *values;       /* target of a data set of one's own, or NULL */
    const float *image;  /* natural image behind the example, borrowed, or NULL */
    const float *target; /* borrowed, NULL if the target is the label */
} vdib__item;

typedef struct vdib__part {
    vdib__item *items; /* (count) */
    size_t count, capacity;
} vdib__part;

struct vdib_dataset {
    /* parameters; the strings of `parameters` are gone after opening */
    vdib__dataset_parameters parameters;
    vdib_geometry geometry;
    vdib__kernel_level level;
    bool own; /* made by vdib_dataset_create */
    char summary[VDIB_SUMMARY];
    /* images, training and test part */
    vdib__images natural[VDIB_PARTS]; /* of the judge and the classes; empty if there are none */
    vdib__images shown[VDIB_PARTS];   /* coded or filmed ones where they are not the natural ones, else empty */
    /* examples */
    vdib__part parts[VDIB_PARTS];
    /* validation split of parts[VDIB_PART_TRAIN] */
    uint32_t *members;     /* (training items): training split, then validation split, each increasing */
    uint32_t *permutation; /* (training items) scratch of the choice */
    size_t member_capacity, permutation_capacity;
    size_t validation;   /* examples of the validation split */
    atomic_bool settled; /* members are up to date */
    pthread_mutex_t lock;
};

/* An example and what its pointers borrow. */
typedef struct vdib__example {
    vdib_example example; /* first: the public pointer is this one */
    uint32_t *step_labels;
    size_t step_capacity;
} vdib__example;

/* dataset.c */
vdib_status vdib__dataset_new(vdib_dataset **dataset);
/* Adds an empty item to a part. The pointer is valid until the next one is added. */
vdib_status vdib__part_add(vdib__part *part, vdib__item **item);
/* Drops all items after the first `count`. */
void vdib__part_limit(vdib__part *part, size_t count);

/* dataset_split.c: memory for the split of the training items there are (call after every change of them), and the split
 * itself, made when it is first asked for; safe from several threads. */
vdib_status vdib__split_reserve(vdib_dataset *dataset);
void vdib__split_settle(vdib_dataset *dataset);
/* Item of an example; its index is checked. */
vdib_status vdib__split_item(const vdib_dataset *dataset, vdib_split split, size_t index, const vdib__item **item);

/* dataset_images.c: training and test images of an IDX folder, or drawn digits (train, test: how many). */
vdib_status vdib__image_parts_load(const char *folder, vdib__images images[VDIB_PARTS]);
vdib_status vdib__image_parts_draw(size_t train, size_t test, int threads, vdib__images images[VDIB_PARTS]);
/* Training digits alone, and of these the pixels of the first of every class: the others wait for vdib__images_complete. */
vdib_status vdib__image_parts_draw_classes(size_t train, vdib__images images[VDIB_PARTS]);
/* Borrowed pixels of one image. */
static inline const float *vdib__image_at(const vdib__images *images, size_t index) {
    return images->pixels + index * images->height * images->width;
}
/* Image and target of every item by parameters.target. `images_name` is for messages. */
vdib_status vdib__targets_assign(vdib_dataset *dataset, const char *images_name);
/* The targets themselves: each item's own image, or the first training image of its class. */
vdib_status vdib__assign_own_images(vdib_dataset *dataset, const char *images_name);
vdib_status vdib__assign_class_images(vdib_dataset *dataset, const char *images_name);

/* dataset_recordings.c */
/* Whether a folder has the layout of N-MNIST: a folder Train or Test. */
bool vdib__recordings_folder(const char *folder);
/* Lists the recordings of both parts, by number, then class, then name, and checks each without decoding it. Fills the
 * geometry's sensor. */
vdib_status vdib__recordings_list(vdib_dataset *dataset, const char *folder);
/* Gives every item of a part its own image: image NUMBER - 1 of the natural ones. VDIB_ERROR_DATA if one has none, or one
 * of another class. */
vdib_status vdib__recordings_match(vdib_dataset *dataset, int part, const char *images_name);
/* Films every item's image with the built-in camera and keeps the rasters. */
vdib_status vdib__recordings_film(vdib_dataset *dataset);
/* How a data set bins events. */
vdib_binning vdib__recordings_binning(const vdib_dataset *dataset);

#endif
