/* SPDX-License-Identifier: MIT */
#include "eval/metrics.h"

#include "core/mathematics.h"

#define LN10 2.302585092994045684

double vdib__mse(const float *got, const float *want, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = (double)got[i] - (double)want[i];
        sum += difference * difference;
    }
    return sum / (double)count;
}

double vdib__one_hot_mse(const float *probabilities, size_t classes, uint32_t label) {
    double sum = 0;
    for (size_t c = 0; c < classes; c++) {
        double difference = probabilities[c] - (c == label ? 1.0 : 0.0);
        sum += difference * difference;
    }
    return sum / (double)classes;
}

double vdib__psnr(double mse) {
    if (mse == 0)
        return VDIB_PSNR_LIMIT;
    double decibel = -10.0 / LN10 * vdib__log(mse);
    return decibel > VDIB_PSNR_LIMIT ? VDIB_PSNR_LIMIT : decibel;
}

/* First and second moments of a pair of windows. */
typedef struct moments {
    double x, y, xx, yy, xy;
} moments;

static moments window_sums(const float *got, const float *want, size_t width) {
    moments sums = {0};
    for (size_t row = 0; row < VDIB_SSIM_WINDOW; row++)
        for (size_t column = 0; column < VDIB_SSIM_WINDOW; column++) {
            double x = got[row * width + column], y = want[row * width + column];
            sums.x += x;
            sums.y += y;
            sums.xx += x * x;
            sums.yy += y * y;
            sums.xy += x * y;
        }
    return sums;
}

/* Wang et al. 2004, eq. 13, with (co)variances over n - 1. */
static double window_similarity(const moments *sums) {
    const double n = VDIB_SSIM_WINDOW * VDIB_SSIM_WINDOW, c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    double mean_x = sums->x / n, mean_y = sums->y / n;
    double variance_x = (sums->xx - n * mean_x * mean_x) / (n - 1),
           variance_y = (sums->yy - n * mean_y * mean_y) / (n - 1);
    double covariance = (sums->xy - n * mean_x * mean_y) / (n - 1);
    double luminance = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1);
    return luminance * (2 * covariance + c2) / (variance_x + variance_y + c2);
}

double vdib__ssim(const float *got, const float *want, size_t height, size_t width) {
    if (height < VDIB_SSIM_WINDOW || width < VDIB_SSIM_WINDOW)
        return NAN;
    size_t rows = height - VDIB_SSIM_WINDOW + 1, columns = width - VDIB_SSIM_WINDOW + 1;
    double sum = 0;
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            size_t corner = row * width + column;
            moments sums = window_sums(got + corner, want + corner, width);
            sum += window_similarity(&sums);
        }
    return sum / (double)(rows * columns);
}

double vdib__ssim_channels(const float *got, const float *want, size_t channels, size_t height, size_t width) {
    double sum = 0;
    for (size_t c = 0; c < channels; c++)
        sum += vdib__ssim(got + c * height * width, want + c * height * width, height, width);
    return sum / (double)channels;
}

uint32_t vdib__most_probable(const float *values, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (values[i] > values[best])
            best = i;
    return (uint32_t)best;
}
