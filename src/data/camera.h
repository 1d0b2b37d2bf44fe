/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_CAMERA_H
#define VDIB_DATA_CAMERA_H
/* A simulated event camera that looks at a moving image: per-pixel log-intensity thresholds with mismatch, refractory
 * time, background noise; events with microsecond times (after Lichtsteiner et al. 2008; Hu et al., v2e, 2021). */

#include <stdbool.h>

#include "core/choice.h"
#include "vdib/events.h"

typedef struct vdib__camera {
    size_t width, height;  /* sensor */
    double threshold;      /* contrast step in log intensity of an ON event, for example 0.25 */
    double threshold_off;  /* and of an OFF event, positive too */
    double mismatch;       /* standard deviation of the thresholds between pixels, relative */
    int64_t refractory_us; /* dead time of a pixel after an event */
    double noise_hz;       /* background events per pixel and second */
    double dark;           /* the smaller intensity of ink and background relative to the larger one, > 0 */
    bool dark_ink;         /* ink is dark on a bright background, else bright on a dark one */
    double blur;           /* standard deviation of the optics' blur, pixels; 0: none */
    double receptor_us;    /* time constant of a pixel that sees intensity 1; at intensity I it is 1 / I of that */
    bool circular;         /* slow circular motion for 2 s (MNIST-DVS) instead of three 100 ms saccades (N-MNIST) */
    int64_t duration_us;
} vdib__camera;

/* The standard settings of the two motions: 34 x 34 pixels, 315 ms, saccades, as measured on N-MNIST; 26 x 26 pixels,
 * 2 s, circular. */
vdib__camera vdib__camera_saccades(void);
vdib__camera vdib__camera_circular(void);

/* data.motion: how images move before the camera. */
typedef struct vdib__motion {
    vdib__choice choice;
    vdib__camera (*camera)(void);
} vdib__motion;

extern const vdib__motion vdib__motion_saccades, vdib__motion_circle;
extern const vdib__choices vdib__motions;

/* data.place: where on the sensor filmed images lie (studio.h). */
extern const vdib__choices vdib__places;

static inline const vdib__motion *vdib__motion_of(const vdib__choice *choice) {
    return (const vdib__motion *)choice;
}

/* To be raised whenever the camera's events change for the same settings: films are kept by this number, and runs
 * remember it. */
enum { VDIB_CAMERA_VERSION = 2 };

enum { VDIB_CAMERA_REACH = 4 }; /* no motion is longer, pixels */
#define VDIB_CAMERA_BLUR 4.0    /* nor a blur wider */

/* Where the image is at time t (microseconds), pixels from the middle of the sensor. */
void vdib__camera_offset(const vdib__camera *camera, double t, double *x, double *y);

/* The time of the sample after the one at `start`, whole microseconds: levels are linear in time between samples. */
int64_t vdib__camera_next_sample(const vdib__camera *camera, int64_t start);

/* Whether the settings and the image (rows, columns; 0 .. 1) can be recorded. */
vdib_status vdib__camera_check(const vdib__camera *camera, const float *image, size_t rows, size_t columns);

/* What one recording after the other needs (recorder.c); for one thread at a time. */
typedef struct vdib__recorder vdib__recorder;
vdib_status vdib__recorder_create(const vdib__camera *camera, vdib__recorder **recorder);
/* NULL is safe. */
void vdib__recorder_destroy(vdib__recorder *recorder);

/* Records `image` (rows, columns; 0 .. 1) moving before the camera. *events (count) in order of time, borrowed until
 * the next recording. Thresholds and noise are keyed by (seed, number). */
vdib_status vdib__recorder_record(vdib__recorder *recorder, const float *image, size_t rows, size_t columns,
                                  uint64_t seed, uint64_t number, const vdib_event **events, size_t *count);

/* The same in one call: *events (count) is freed with vdib__free. Thread-safe. */
vdib_status vdib__camera_record(const vdib__camera *camera, const float *image, size_t rows, size_t columns,
                                uint64_t seed, uint64_t number, vdib_event **events, size_t *count);

#endif
