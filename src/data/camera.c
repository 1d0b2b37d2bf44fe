/* SPDX-License-Identifier: MIT */
#include "data/camera.h"

#include "core/error.h"
#include "core/mathematics.h"

/* The image moves by at most this many pixels between two samples; levels are linear in time between them. */
#define SAMPLE_PIXELS 0.2
/* Where the image is on the sensor every 5 ms, {x, y}, while the camera makes the three saccades of N-MNIST (Orchard et
 * al. 2015): measured, not commanded. Of all paths this one explains the recordings 1, 3, 5 ... 799 of N-MNIST's
 * training part best: in every stretch of 5 ms, the ON less the OFF events of a pixel are in the mean proportional to
 * the change of the log intensity of the image, moved to the two ends of the stretch (least squares over the spatial
 * frequencies below 1.3 per pixel). docs/data.md, "The built-in camera", has more. */
#define KNOT_US 5000.0
static const double saccades[][2] = {
    {-2.53, -1.79}, {-2.54, -1.76}, {-2.56, -1.69}, {-2.58, -1.54}, {-2.62, -1.31}, {-2.66, -0.97}, {-2.69, -0.52},
    {-2.70, 0.03},  {-2.69, 0.63},  {-2.65, 1.27},  {-2.53, 1.89},  {-2.29, 2.44},  {-1.99, 2.88},  {-1.69, 3.22},
    {-1.41, 3.46},  {-1.23, 3.57},  {-1.15, 3.61},  {-1.10, 3.62},  {-1.07, 3.61},  {-1.02, 3.58},  {-0.97, 3.55},
    {-0.89, 3.51},  {-0.80, 3.49},  {-0.69, 3.47},  {-0.54, 3.44},  {-0.31, 3.33},  {0.02, 3.11},   {0.37, 2.75},
    {0.73, 2.29},   {1.04, 1.74},   {1.27, 1.15},   {1.42, 0.57},   {1.55, 0.00},   {1.72, -0.53},  {1.90, -0.96},
    {2.06, -1.25},  {2.18, -1.43},  {2.26, -1.51},  {2.33, -1.54},  {2.40, -1.55},  {2.50, -1.55},  {2.60, -1.55},
    {2.69, -1.56},  {2.74, -1.57},  {2.76, -1.59},  {2.74, -1.60},  {2.60, -1.61},  {2.25, -1.60},  {1.78, -1.58},
    {1.29, -1.58},  {0.78, -1.59},  {0.25, -1.61},  {-0.29, -1.65}, {-0.80, -1.68}, {-1.23, -1.73}, {-1.56, -1.78},
    {-1.83, -1.82}, {-2.07, -1.84}, {-2.25, -1.84}, {-2.36, -1.83}, {-2.40, -1.82}, {-2.41, -1.81}, {-2.41, -1.81},
    {-2.41, -1.81}};
enum { KNOTS = sizeof saccades / sizeof saccades[0] };
/* Circular motion: radius in pixels, time of a turn. */
#define CIRCLE_RADIUS 2.0
#define CIRCLE_US     1000000.0

enum {
    LARGEST_SIDE = 0xFFFF,
    TRIAL_US = 500, /* samples are multiples of this apart; the largest speed is 0.07 pixels in it */
    LONGEST_INTERVAL_US = 10000
};
static const int64_t LONGEST_US = INT64_C(3600000000);

/* The values that make recordings of the images behind the training recordings of N-MNIST most like these
 * (bench/camera_match.c). The thresholds lie above the smallest contrast of the sensor, ATIS, of 13 % (Posch et al.
 * 2011; Gallego et al. 2022, table 1). To the sensor, ink is dark: bright ink with ON and OFF exchanged gives the
 * numbers of events of the recordings less well (correlation 0.84 instead of 0.99). */
vdib__camera vdib__camera_saccades(void) {
    return (vdib__camera){.width = 34,
                          .height = 34,
                          .threshold = 0.175,
                          .threshold_off = 0.185,
                          .mismatch = 0.1,
                          .refractory_us = 1700,
                          .noise_hz = 0.3,
                          .dark = 0.16,
                          .dark_ink = true,
                          .blur = 0.5,
                          .receptor_us = 500,
                          .circular = false,
                          .duration_us = 315000};
}

vdib__camera vdib__camera_circular(void) {
    return (vdib__camera){.width = 26,
                          .height = 26,
                          .threshold = 0.25,
                          .threshold_off = 0.25,
                          .mismatch = 0.1,
                          .refractory_us = 1000,
                          .noise_hz = 0.25,
                          .dark = 0.15,
                          .circular = true,
                          .duration_us = 2000000};
}

const vdib__motion vdib__motion_saccades = {
    .choice = {.name = "saccades", .help = "three saccades of 105 ms, as N-MNIST: 34 x 34 pixels"},
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
    double knot = fmin(floor(t / KNOT_US), KNOTS - 2), part = fmin(t / KNOT_US - knot, 1.0);
    const double *from = saccades[(int)knot], *to = saccades[(int)knot + 1];
    *x = from[0] + part * (to[0] - from[0]);
    *y = from[1] + part * (to[1] - from[1]);
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

/* What a pixel does, and what reaches it. */
static vdib_status check_pixels(const vdib__camera *camera) {
    if (!(camera->threshold >= 0.01 && camera->threshold <= 100.0) ||
        !(camera->threshold_off >= 0.01 && camera->threshold_off <= 100.0) ||
        !(camera->mismatch >= 0 && camera->mismatch <= 1))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "camera: thresholds %g and %g, mismatch %g; they must be in 0.01 to 100 and in 0 to 1",
                          camera->threshold, camera->threshold_off, camera->mismatch);
    if (!(camera->dark >= 1e-6 && camera->dark <= 1.0) || !(camera->noise_hz >= 0 && camera->noise_hz <= 1e5))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "camera: dark %g and noise_hz %g; they must be in 1e-6 to 1 and in 0 to 1e5", camera->dark,
                          camera->noise_hz);
    if (!(camera->blur >= 0 && camera->blur <= VDIB_CAMERA_BLUR) ||
        !(camera->receptor_us >= 0 && camera->receptor_us <= 1e6))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "camera: blur %g and receptor_us %g; they must be in 0 to %g and in 0 to 1e6", camera->blur,
                          camera->receptor_us, VDIB_CAMERA_BLUR);
    return VDIB_OK;
}

vdib_status vdib__camera_check(const vdib__camera *camera, const float *image, size_t rows, size_t columns) {
    if (camera->width == 0 || camera->width > LARGEST_SIDE || camera->height == 0 || camera->height > LARGEST_SIDE)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "camera: the sensor is %zu x %zu; its sides must be 1 to %d",
                          camera->width, camera->height, LARGEST_SIDE);
    VDIB_TRY(check_pixels(camera));
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
