/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_KERNELS_CAMERA_H
#define VDIB_DATA_KERNELS_CAMERA_H
/* The camera's inner loops over the pixels of its sensor, compiled once a kernel level; every level gives the bits of
 * the scalar functions of core/mathematics.h. Counts are multiples of VDIB_CAMERA_BLOCK: arrays are padded. */

#include <stddef.h>
#include <stdint.h>

#include "core/kernel_level.h"

enum { VDIB_CAMERA_BLOCK = 16 };

/* Where between four neighbouring pixels a sample lies, and the intensity of ink: background + slope * ink. */
typedef struct vdib__camera_sample {
    float a, b;              /* towards the right and lower neighbours, in [0, 1) */
    float background, slope; /* intensities */
    float background_level;  /* logarithm of the background's */
} vdib__camera_sample;

typedef struct vdib__camera_kernels {
    /* ink (width) of a row of the sensor, bilinear between two rows of the canvas (width + 1 each) */
    void (*ink)(float *ink, const float *upper, const float *lower, size_t width, const vdib__camera_sample *sample);
    /* light (count) = background + slope * ink and levels (count) = log(light), the latter in place of ink */
    void (*levels)(float *ink, float *light, size_t count, const vdib__camera_sample *sample);
    /* levels (count) that follow those given with a time constant of 1 / (light * times), where `times` is how many
     * time constants of intensity 1 have passed since `before`: before + (level - before) * k / (1 + k), k = light *
     * times (the implicit Euler step of a low pass) */
    void (*follow)(float *levels, const float *before, const float *light, size_t count, float times);
    /* numbers (count) of the pixels to which something may happen: their level has left the thresholds of their
     * reference at `after`, or `soonest` is before `end`. Returns how many. */
    size_t (*active)(uint32_t *numbers, size_t count, const float *after, const float *reference, const float *on,
                     const float *off, const float *soonest, float end);
    /* logs (count) = log((word + 1) 2^-32) */
    void (*log_uniforms)(double *logs, const uint32_t *words, size_t count);
    /* cosines (count) = cos(2 pi word 2^-32) */
    void (*cosines)(double *cosines, const uint32_t *words, size_t count);
} vdib__camera_kernels;

const vdib__camera_kernels *vdib__camera_kernels_of(vdib__kernel_level level);

#endif
