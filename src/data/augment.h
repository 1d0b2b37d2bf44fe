/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_AUGMENT_H
#define VDIB_DATA_AUGMENT_H
/* Augmentation: training examples that are a little different at every presentation; docs/method.md, eq. (14a) to
 * (14d). Every number is keyed by (seed, AUGMENT, presentation), those of single events by the number of the event
 * too. */

#include <stdbool.h>

#include "core/kernel_level.h"
#include "core/random.h"
#include "core/raster.h"
#include "vdib/events.h"

/* The keys augment.*: what each presentation draws from. All 0: nothing is changed. */
typedef struct vdib__augmentation {
    double shift;                   /* pixels; both dx and dy within +- this */
    double rotation;                /* degrees; within +- this */
    double scale, shear;            /* scale within 1 +- this, [0, 1); shear within +- this */
    double flip, polarity_swap;     /* probabilities */
    double time_shift, time_jitter; /* microseconds; one shift within +- this; of every event, within +- this */
    double time_scale;              /* within 1 +- this, [0, 1) */
    double drop;                    /* share of events lost, within 0 to this, [0, 1) */
    double noise_hz;                /* events per pixel and second, within 0 to this */
    int64_t step_us;                /* microseconds of a step of data of one's own, which do not say it */
    bool moves_target;              /* a target that is the image behind the example moves with it */
} vdib__augmentation;

bool vdib__augmentation_moves(const vdib__augmentation *augmentation); /* pixels to other places */
bool vdib__augmentation_retimes(const vdib__augmentation *augmentation);
/* Anything beside places: time, polarity, drops or noise. */
bool vdib__augmentation_edits(const vdib__augmentation *augmentation);
static inline bool vdib__augmentation_is_none(const vdib__augmentation *augmentation) {
    return !vdib__augmentation_moves(augmentation) && !vdib__augmentation_edits(augmentation);
}

/* What one presentation drew. */
typedef struct vdib__augment_draw {
    double dx, dy;       /* pixels, to the right and downwards */
    double angle;        /* radians, clockwise as seen */
    double scale, shear; /* 1 and 0: none */
    bool flipped, swapped;
    double time_shift, time_scale, time_jitter; /* microseconds; 1: none; the largest jitter */
    double drop, noise_hz;
} vdib__augment_draw;

/* What leaves everything as it is. */
vdib__augment_draw vdib__augment_nothing(void);
vdib__augment_draw vdib__augment_draw_of(const vdib__augmentation *augmentation, const vdib__key *key);
/* The key of a presentation. */
static inline vdib__key vdib__augment_key(uint64_t seed, uint64_t presentation) {
    return (vdib__key){
        .seed = seed, .purpose = VDIB_PURPOSE_AUGMENT, .stage = VDIB_STAGE_TRAINING, .example = presentation};
}

/* Where a point (x, y) of a picture of width x height pixels goes: (xx x + xy y + x0, yx x + yy y + y0). A picture of
 * one row or column is neither turned nor sheared, and nothing moves across it. */
typedef struct vdib__affine {
    double xx, xy, x0, yx, yy, y0;
} vdib__affine;
vdib__affine vdib__affine_of(const vdib__augment_draw *draw, size_t width, size_t height);
vdib__affine vdib__affine_inverse(const vdib__affine *affine);

/* moved (height, width) = an image moved, bilinearly; what comes from beyond it is 0. */
void vdib__augment_image(const vdib__augment_draw *draw, size_t width, size_t height, const float *image, float *moved);

/* ---- events ---- */

/* The times of a recording, relative to the begin of its window, from which augmentation can bring events into the
 * window: [from, to). */
typedef struct vdib__span {
    int64_t from, to; /* microseconds */
} vdib__span;
vdib__span vdib__span_of(const vdib__augmentation *augmentation, const vdib_binning *binning);

/* The events of a recording on its sensor and within a span, in order of time. */
typedef struct vdib__clip {
    vdib__span span;
    uint64_t first;  /* events on the sensor before them: event i of the clip is event first + i of the recording */
    size_t count;    /* of the events */
    int64_t *times;  /* (count) 2 t + polarity; t in microseconds since the window began */
    uint16_t *x, *y; /* (count) */
    size_t capacities[3];
} vdib__clip;

/* Fills a clip, reusing its memory, from events in order of time. `binning` says where the window begins, and the
 * sensor. */
vdib_status vdib__clip_fill(vdib__clip *clip, const vdib__span *span, const vdib_event *events, size_t count,
                            const vdib_binning *binning);
/* Memory for `count` events; what it holds is lost. */
vdib_status vdib__clip_reserve(vdib__clip *clip, size_t count);
vdib_status vdib__clip_copy(const vdib__clip *clip, vdib__clip **copy);
size_t vdib__clip_bytes(const vdib__clip *clip);
/* NULL is safe. */
void vdib__clip_destroy(vdib__clip *clip);
/* What it holds, not the struct itself. */
void vdib__clip_clear(vdib__clip *clip);

/* Buffers of one thread at a time. */
typedef struct vdib__augmenter vdib__augmenter;
vdib_status vdib__augmenter_create(vdib__kernel_level level, vdib__augmenter **augmenter);
void vdib__augmenter_destroy(vdib__augmenter *augmenter);

/* How a data set bins events: planes are channels of a pixel (polarities). */
typedef struct vdib__augment_shape {
    size_t planes, height, width, steps;
    int64_t step_us;
} vdib__augment_shape;

/* raster (of the shape) = the events of a clip, as drawn; key: vdib__augment_key. Events moved off the sensor or out
 * of the window are lost. Without augmentation the raster is that of vdib_raster_bin(). */
vdib_status vdib__augment_clip(vdib__augmenter *augmenter, const vdib__augment_draw *draw, const vdib__key *key,
                               const vdib__augment_shape *shape, const vdib__clip *clip, vdib_raster *raster);
/* The same of a raster, in place: each of its spikes is an event. `retimes`: their times within their steps, which a
 * raster does not say, are drawn; else they stay in their steps. */
vdib_status vdib__augment_raster(vdib__augmenter *augmenter, const vdib__augment_draw *draw, const vdib__key *key,
                                 const vdib__augment_shape *shape, bool retimes, vdib_raster *raster);

#endif
