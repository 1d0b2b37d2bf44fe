/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_MOMENTS_H
#define VDIB_RUN_MOMENTS_H
/* Mean and standard deviation over runs. Two passes: every value is added, then every value is spread. */

#include <math.h>
#include <stddef.h>

typedef struct vdib__moments {
    size_t count;
    double sum, squares;
} vdib__moments;

static inline void vdib__moments_add(vdib__moments *moments, double value) {
    moments->count++;
    moments->sum += value;
}

static inline double vdib__moments_mean(const vdib__moments *moments) {
    return moments->count > 0 ? moments->sum / (double)moments->count : 0;
}

static inline void vdib__moments_spread(vdib__moments *moments, double value) {
    double distance = value - vdib__moments_mean(moments);
    moments->squares += distance * distance;
}

/* With the n - 1 of a sample; 0 for one value. */
static inline double vdib__moments_deviation(const vdib__moments *moments) {
    return moments->count > 1 ? sqrt(moments->squares / (double)(moments->count - 1)) : 0;
}

#endif
