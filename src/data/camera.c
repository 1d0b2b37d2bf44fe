/* SPDX-License-Identifier: MIT */
#include "data/camera.h"

#include "core/error.h"
#include "core/mathematics.h"

/* The image moves by at most this many pixels between two samples; levels are linear in time between them. */
#define SAMPLE_PIXELS 0.2
/* The three saccades go around this triangle (a side is 5.6 pixels), 100 ms each, from rest to rest. */
#define SACCADE_US    100000.0
#define SACCADE_RIGHT 2.8
#define SACCADE_UP    1.6
#define SACCADE_DOWN  3.2
/* Circular motion: radius in pixels, time of a turn. */
#define CIRCLE_RADIUS 2.0
#define CIRCLE_US     1000000.0

enum {
    LARGEST_SIDE = 0xFFFF,
    TRIAL_US = 500, /* samples are multiples of this apart; the largest speed is 0.06 pixels in it */
    LONGEST_INTERVAL_US = 10000
};
static const int64_t LONGEST_US = INT64_C(3600000000);

vdib__camera vdib__camera_saccades(void) {
    return (vdib__camera){.width = 34,
                          .height = 34,
                          .threshold = 0.25,
                          .mismatch = 0.1,
                          .refractory_us = 1000,
                          .noise_hz = 0.25,
                          .dark = 0.15,
                          .circular = false,
                          .duration_us = 300000};
}

vdib__camera vdib__camera_circular(void) {
    vdib__camera camera = vdib__camera_saccades();
    camera.width = camera.height = 26;
    camera.circular = true;
    camera.duration_us = 2000000;
    return camera;
}

const vdib__motion vdib__motion_saccades = {
    .choice = {.name = "saccades", .help = "three saccades of 100 ms, as N-MNIST: 34 x 34 pixels"},
    .camera = vdib__camera_saccades};
const vdib__motion vdib__motion_circle = {
    .choice = {.name = "circle", .help = "a slow circle of 2 s, as MNIST-DVS: 26 x 26 pixels"},
    .camera = vdib__camera_circular};

static const vdib__choice *const motions[] = {&vdib__motion_saccades.choice, &vdib__motion_circle.choice};
const vdib__choices vdib__motions = VDIB_CHOICES(motions);

void vdib__camera_offset(const vdib__camera *camera, double t, double *x, double *y) {
    if (camera->circular) {
        double turn = 2.0 * VDIB_PI * t / CIRCLE_US;
        *x = CIRCLE_RADIUS * vdib__cos(turn);
        *y = CIRCLE_RADIUS * vdib__sin(turn);
        return;
    }
    static const double corners[4][2] = {
        {-SACCADE_RIGHT, -SACCADE_UP}, {0, SACCADE_DOWN}, {SACCADE_RIGHT, -SACCADE_UP}, {-SACCADE_RIGHT, -SACCADE_UP}};
    double saccade = fmin(floor(t / SACCADE_US), 2.0), part = fmin(t / SACCADE_US - saccade, 1.0);
    /* Speed 1 - cos(2 pi part): the camera starts and ends each saccade at rest. */
    double way = part - vdib__sin(2.0 * VDIB_PI * part) / (2.0 * VDIB_PI);
    const double *from = corners[(int)saccade], *to = corners[(int)saccade + 1];
    *x = from[0] + way * (to[0] - from[0]);
    *y = from[1] + way * (to[1] - from[1]);
}

int64_t vdib__camera_next_sample(const vdib__camera *camera, int64_t start) {
    double x, y, next_x, next_y;
    vdib__camera_offset(camera, (double)start, &x, &y);
    int64_t end = start;
    do {
        end += TRIAL_US;
        vdib__camera_offset(camera, (double)(end + TRIAL_US), &next_x, &next_y);
    } while (end - start < LONGEST_INTERVAL_US &&
             (next_x - x) * (next_x - x) + (next_y - y) * (next_y - y) < SAMPLE_PIXELS * SAMPLE_PIXELS);
    return end < camera->duration_us ? end : camera->duration_us;
}

vdib_status vdib__camera_check(const vdib__camera *camera, const float *image, size_t rows, size_t columns) {
    if (camera->width == 0 || camera->width > LARGEST_SIDE || camera->height == 0 || camera->height > LARGEST_SIDE)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "camera: the sensor is %zu x %zu; its sides must be 1 to %d",
                          camera->width, camera->height, LARGEST_SIDE);
    if (!(camera->threshold >= 0.01 && camera->threshold <= 100.0) || !(camera->mismatch >= 0 && camera->mismatch <= 1))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "camera: threshold %g and mismatch %g; they must be in 0.01 to 100 and in 0 to 1",
                          camera->threshold, camera->mismatch);
    if (!(camera->dark >= 1e-6 && camera->dark <= 1.0) || !(camera->noise_hz >= 0 && camera->noise_hz <= 1e5))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "camera: dark %g and noise_hz %g; they must be in 1e-6 to 1 and in 0 to 1e5", camera->dark,
                          camera->noise_hz);
    if (camera->refractory_us < 0 || camera->refractory_us > LONGEST_US || camera->duration_us <= 0 ||
        camera->duration_us > LONGEST_US)
        return vdib__fail(
            VDIB_ERROR_ARGUMENT,
            "camera: refractory_us %lld and duration_us %lld; they must be 0 to 3600000000 and 1 to 3600000000",
            (long long)camera->refractory_us, (long long)camera->duration_us);
    if (rows == 0 || rows > LARGEST_SIDE || columns == 0 || columns > LARGEST_SIDE)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "camera: the image is %zu x %zu; its sides must be 1 to %d", rows,
                          columns, LARGEST_SIDE);
    for (size_t i = 0; i < rows * columns; i++)
        if (!(image[i] >= 0.0F && image[i] <= 1.0F))
            return vdib__fail(VDIB_ERROR_ARGUMENT, "camera: pixel (%zu, %zu) of the image is %g; it must be in 0 to 1",
                              i / columns, i % columns, (double)image[i]);
    return VDIB_OK;
}
