/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_DATASET_H
#define VDIB_DATA_DATASET_H
/* Data sets inside the library. `data` knows no configuration: vdib_dataset_open (learn/experiment_data.c) turns one
 * into these parameters. */

#include <stdbool.h>

#include "core/digest.h"
#include "core/pixels.h"
#include "core/random.h"
#include "data/augment.h"
#include "data/camera.h"
#include "data/inputs.h"
#include "vdib/dataset.h"

/* data.test_share unless somebody sets it. */
#define VDIB_TEST_SHARE 0.2

typedef struct vdib__dataset_parameters {
    const char *data;   /* as vdib_dataset_open; NULL = "builtin:digits" (or blobs, by input) */
    const char *images; /* vdib_dataset_options::images */
    const vdib__input *input;
    const vdib__target *target;
    size_t steps, test_steps;
    int64_t step_us, start_us;
    size_t polarities;
    size_t train_examples,
        test_examples;          /* limits, 0 = all; built-in digits: 4000 and 500; blobs: 0 = 20 test sequences */
    const vdib__motion *motion; /* of images before the built-in camera; NULL: saccades */
    int delta;                  /* blobs */
    size_t warmup_steps;        /* blobs: steps before those that are scored (tau_d), part of each sequence */
    size_t sensor_width, sensor_height; /* of recordings; 0: concluded from them */
    vdib__pixels pixels;                /* what is read of the sensor; its width and height are filled by opening */
    bool fit_window;                    /* step_us and from_first_event follow the recordings */
    size_t target_width, target_height; /* of targets from files and frames; 0: as they are */
    bool unit_targets;                  /* targets must lie in [0, 1]: the decoder's head asks for it */
    bool anywhere;                      /* filmed images lie anywhere on the sensor, else in its middle */
    const char *film_exclude;           /* training images that are not filmed (core/ranges.h); NULL: none */
    size_t mix;                         /* filmed images mixed in for every real training recording; 0: all */
    bool unfilmed;                      /* leave the images that the camera would film as they are */
    bool from_first_event;              /* time 0 of a recording is its first event */
    const char *time_unit;              /* of recordings whose format does not say it; NULL: recognised */
    bool allow_loss;                    /* do not refuse data whose events are lost */
    bool for_model;                     /* it is for a trained model: remedies name what can still be changed */
    int64_t window_us, stride_us;       /* of examples cut from recordings; 0: none */
    double test_share;                  /* of recordings that nobody has split, (0, 1) */
    uint64_t split_seed;                /* that they are drawn by */
    size_t classes;                     /* how many a model knows; 0: what the data show */
    const char *const
        *class_names; /* (classes) names of folders in the order of labels; NULL: digits, or what the data show */
    vdib__augmentation augmentation; /* that training will ask for: recordings are kept so that it is quick */
    int threads;
    vdib_cancelled *cancelled; /* asked while the data are opened; NULL: never */
    void *user;
} vdib__dataset_parameters;

vdib_status vdib__dataset_open(const vdib__dataset_parameters *parameters, vdib_dataset **dataset);

/* A data set of one recording, its only test example, of class 0 of one; the sensor's size is given. */
vdib_status vdib__dataset_open_file(const vdib__dataset_parameters *parameters, const char *path,
                                    vdib_dataset **dataset);

/* Fetches an example; noise and generated stimuli are keyed by (seed, stage, presentation): the presentation number in
 * training, the example's index in evaluation. Validation and test sequences of blobs are keyed by their index alone.
 */
vdib_status vdib__dataset_fetch(const vdib_dataset *dataset, vdib_split split, size_t index, uint64_t seed,
                                vdib__stage stage, uint64_t presentation, vdib_example *example);

/* The same of a training example, augmented; without augmentation it is vdib__dataset_fetch() in the training stage.
 * Places: images that are coded are moved before they are coded, events and spikes one by one. A target that is the
 * image behind the example moves with it, if `moves_target`; class images, and values of a data set of one's own,
 * stay as they are. */
vdib_status vdib__dataset_fetch_augmented(const vdib_dataset *dataset, size_t index, uint64_t seed,
                                          uint64_t presentation, const vdib__augmentation *augmentation,
                                          vdib_example *example);

/* VDIB_ERROR_CONFIG if a data set cannot be augmented so; the message names the key. */
vdib_status vdib__dataset_check_augmentation(const vdib_dataset *dataset, const vdib__augmentation *augmentation);

/* Looks at the recordings of a split before they are used: decodes those of `indices` (count), or of the whole split
 * where that is NULL, 4,096 of them at most, and keeps what it made of them for vdib__dataset_fetch(). VDIB_ERROR_DATA
 * where the data are lost: over nine tenths of all events, or every event of one recording in five, lie outside the
 * time window or the sensor or were never there, unless parameters.allow_loss. Other data have nothing to look at. */
vdib_status vdib__dataset_look(const vdib_dataset *dataset, vdib_split split, const size_t *indices, size_t count,
                               int threads);

/* The sensor that has one, and what is read of it, borrowed; NULL: none has. */
const vdib__pixels *vdib__dataset_pixels(const vdib_dataset *dataset);

/* Names of the classes (geometry.classes), borrowed; NULL where they have numbers only. */
const char *const *vdib__dataset_class_names(const vdib_dataset *dataset);

/* Whether the examples are recordings, or filmed, by a sensor of geometry.input_width x input_height pixels. */
bool vdib__dataset_has_sensor(const vdib_dataset *dataset);

/* The examples that a limit leaves of a split: *indices (*count), increasing, freed with vdib__free; evenly over the
 * classes (select.h). limit 0: all. Endless splits have the first ones. */
vdib_status vdib__dataset_choose(const vdib_dataset *dataset, vdib_split split, size_t limit, size_t **indices,
                                 size_t *count);

/* vdib_dataset_notes(), and the classes that are missing among the examples `indices` (count) of a split where these
 * are not all of it. Freed with vdib__free. */
vdib_status vdib__dataset_notes_of(const vdib_dataset *dataset, vdib_split split, const size_t *indices, size_t count,
                                   char **notes);

/* Length of a time step of recordings in microseconds; 0 for a data set of one's own. */
int64_t vdib__dataset_step_us(const vdib_dataset *dataset);

/* Whether the training split has no end: its examples are made as they are needed. */
bool vdib__dataset_is_endless(const vdib_dataset *dataset);

/* The natural images of a data set (judge, targets): all of a part, whatever the limits and splits of its examples. */
typedef struct vdib__images {
    size_t count, height, width;
    size_t channels;  /* 3: red, green, blue; 0 and 1: grey */
    float *pixels;    /* (count, channels, height, width) in [0, 1] */
    uint32_t *labels; /* (count) */
    bool drawn;       /* drawn digits; training image i is the digit number i */
    size_t undrawn;   /* of these, how many at the end have no pixels yet (vdib__images_complete) */
    uint32_t *chosen; /* (chosen_count) the numbers of those that a judge is trained on, increasing; NULL: all */
    size_t chosen_count;
} vdib__images;

/* Values of one image. */
static inline size_t vdib__images_values(const vdib__images *images) {
    return (images->channels != 0 ? images->channels : 1) * images->height * images->width;
}

/* Draws what is missing. *all borrows from `images` if nothing is, else it owns its pixels: free them if they differ.
 */
vdib_status vdib__images_complete(const vdib__images *images, int threads, vdib__images *all);

/* The natural training and test images behind a data set, borrowed; NULL where there are none. */
const vdib__images *vdib__dataset_images(const vdib_dataset *dataset, vdib_split split);

/* What a judge may be trained on: the natural training images, borrowed, without those behind validation examples
 * alone, so that what it says of these is worth as much as of test examples. images->chosen is freed with vdib__free;
 * count is 0 where there are no natural images. (dataset_split.c) */
vdib_status vdib__dataset_judge_images(const vdib_dataset *dataset, vdib__images *images);

/* A fingerprint of the data: shapes, labels, and the content of recordings (beyond 256 MiB in all: names, sizes and
 * both ends of each), images, rasters and targets; of examples that the program makes, 256 of each split. What the
 * library draws itself counts by its number, what its camera films by the camera's version too. The same data give the
 * same text on every machine of one byte order. (dataset_digest.c) */
enum { VDIB_DATA_FACTS = 12, VDIB_DATA_FACT = 72 };
typedef struct vdib__data_account {
    char facts[VDIB_DATA_FACTS][VDIB_DATA_FACT]; /* what the fingerprint is of, part by part, named below; "" is none */
} vdib__data_account;
vdib_status vdib__dataset_account(const vdib_dataset *dataset, vdib__data_account *account,
                                  char text[VDIB_DIGEST_TEXT]);
/* "training and validation examples" and the like; NULL beyond the last. */
const char *vdib__data_fact_name(size_t fact);

/* Training example shown at presentation number p (0, 1, ...): epoch p / N is a permutation of the training split keyed
 * by (seed, ORDER, epoch). `order` caches one epoch. Endless data sets give index = p. */
typedef struct vdib__order {
    uint64_t seed;
    size_t count;   /* N */
    uint64_t epoch; /* of `permutation` */
    uint32_t *permutation;
} vdib__order;
vdib_status vdib__order_create(const vdib_dataset *dataset, uint64_t seed, vdib__order *order);
size_t vdib__order_index(vdib__order *order, uint64_t presentation);
void vdib__order_free(vdib__order *order);

#endif
