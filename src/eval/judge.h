/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_JUDGE_H
#define VDIB_EVAL_JUDGE_H
/* The judge: LeNet-5 (LeCun et al. 1998) with rectifiers and max-pooling, trained on natural images, labels
 * reconstructions.
 *
 *     6 maps 5 x 5 pad 2, pool 2, 16 maps 5 x 5, pool 2, affine 120, affine 84, affine to the classes
 *
 * The first maps read the one or three channels of the images. What it reads has sides of 16 to 64 pixels: larger
 * images become means of square blocks of their pixels, smaller ones have zeros around them (judge_fit.c).
 *
 * Its seed is fixed: the same images give the same judge for every model, seed and number of threads. */

#include <stddef.h>
#include <stdint.h>

#include "core/ranks.h"
#include "data/dataset.h"
#include "decoder/decoder.h"

enum {
    VDIB_JUDGE_SIDE = 16,  /* smallest height and width that the network's shapes allow */
    VDIB_JUDGE_MOST = 64,  /* the largest that it reads */
    VDIB_JUDGE_RECIPE = 3, /* part of the cache's key: raised whenever network or training change */
    VDIB_JUDGE_BATCH = 64
};

/* Not shared between threads. */
typedef struct vdib__judge {
    size_t channels, height, width;   /* of what the network reads */
    size_t image_height, image_width; /* of the images that it is given, */
    size_t block;                     /* of which it reads means of block x block pixels, */
    float *fitted; /* (VDIB_JUDGE_BATCH, channels, height, width) here; NULL: it reads them as they are */
    size_t classes;
    vdib__tensor_table table;
    vdib__chain chain;
    float *parameters; /* (table.total) */
    vdib__chain_workspace *workspace;
    vdib_cancelled *cancelled; /* asked between updates while it is trained; NULL: never */
    void *user;
} vdib__judge;

/* How many of `images` a judge is trained on: those chosen, else all. */
size_t vdib__judge_count(const vdib__images *images);

/* The judge of `images` (vdib__dataset_judge_images): from the cache folder, else trained and put there. A cache that
 * cannot be written, or a damaged file in it, is no error. VDIB_ERROR_DATA if the images are too small or fewer than
 * one. */
vdib_status vdib__judge_open(const vdib__images *images, int threads, vdib__judge **judge);

/* As open; VDIB_ERROR_CANCELLED if the caller says so while it is trained. Of several ranks (NULL: alone) rank 0 opens
 * it, and the others have its weights. */
vdib_status vdib__judge_open_unless(const vdib__images *images, int threads, vdib_cancelled *cancelled, void *user,
                                    vdib__ranks *ranks, vdib__judge **judge);

void vdib__judge_destroy(vdib__judge *judge);

/* labels (count): the most probable class of each of images (count, channels, image_height, image_width); the lowest on
 * ties. */
vdib_status vdib__judge_label(vdib__judge *judge, int threads, const float *images, size_t count, uint32_t *labels);

/* ---- steps of vdib__judge_open ---- */

/* An untrained judge: shapes and initial weights (seed 0); classes are the largest label plus one. */
vdib_status vdib__judge_create(const vdib__images *images, vdib__judge **judge);

/* Fits images of a size and number of channels to what the network reads: fills the judge's shapes. (judge_fit.c) */
void vdib__judge_fit_shape(vdib__judge *judge, size_t channels, size_t height, size_t width);
/* fitted (count, channels, height, width) of images (count, channels, image_height, image_width). (judge_fit.c) */
void vdib__judge_fit(const vdib__judge *judge, const float *images, size_t count, float *fitted);

/* The learning rate after `done` of all presentations: 0.004 at first, falling linearly to 0. */
float vdib__judge_learning_rate(uint64_t done, uint64_t presentations);

/* Trains with Adam on 80,000 presentations (2 to 50 an image), each shifted by up to a pixel either way.
 * (judge_train.c) */
vdib_status vdib__judge_train(vdib__judge *judge, const vdib__images *images, int threads);

/* "<cache folder>/judge-<hash of images and recipe>.safetensors", freed with vdib__free; NULL if there is no cache
 * folder
 * ($VDIB_CACHE, else $XDG_CACHE_HOME/vdib, else $HOME/.cache/vdib). (judge_cache.c) */
vdib_status vdib__judge_path(const vdib__images *images, char **path);

/* Weights from and to a cache file. Loading fails unless every tensor is there and the checksum is right; the weights
 * are then undefined. (judge_cache.c) */
vdib_status vdib__judge_load(vdib__judge *judge, const char *path);
vdib_status vdib__judge_save(const vdib__judge *judge, const char *path);

#endif
