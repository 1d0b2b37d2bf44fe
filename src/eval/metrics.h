/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_METRICS_H
#define VDIB_EVAL_METRICS_H
/* How close a reconstruction is to its target. Values have data range 1; sums run in double, in a fixed order. */

#include <stddef.h>
#include <stdint.h>

/* Identical images have no finite PSNR: a mean over images takes them at this value, the PSNR of an MSE of 1e-10. */
#define VDIB_PSNR_LIMIT 100.0 /* decibel */

/* Side of the window of the structural similarity, in pixels. */
enum { VDIB_SSIM_WINDOW = 7 };

/* Mean squared difference of two arrays (count > 0). */
double vdib__mse(const float *got, const float *want, size_t count);

/* Mean squared difference of probabilities (classes) and the one-hot target. */
double vdib__one_hot_mse(const float *probabilities, size_t classes, uint32_t label);

/* Peak signal-to-noise ratio -10 log10(mse) in decibel, at most VDIB_PSNR_LIMIT. */
double vdib__psnr(double mse);

/* Structural similarity of two images (height, width) (Wang et al. 2004): uniform 7 x 7 window, K1 0.01, K2 0.03,
 * sample (n - 1) variances, mean over the positions where the window fits. NaN for images smaller than the window. */
double vdib__ssim(const float *got, const float *want, size_t height, size_t width);

/* Its mean over the channels of (channels, height, width). */
double vdib__ssim_channels(const float *got, const float *want, size_t channels, size_t height, size_t width);

/* Position of the largest value, the first on ties: the most probable class. */
uint32_t vdib__most_probable(const float *values, size_t count);

#endif
