/* SPDX-License-Identifier: MIT */
/* Recordings as events, kept for augmentation: those on the sensor that can come into the window. */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "data/augment.h"

/* Times beyond this many microseconds on either side are in every span that is so large. */
#define LONGEST 0x1p52

vdib__span vdib__span_of(const vdib__augmentation *a, const vdib_binning *binning) {
    double margin = a->time_shift + a->time_jitter, slowest = 1.0 - a->time_scale;
    double duration = (double)binning->steps * (double)binning->step_us;
    return (vdib__span){.from = -(int64_t)fmin(ceil(margin / slowest), LONGEST),
                        .to = (int64_t)fmin(ceil((duration + margin) / slowest), LONGEST) + 1};
}

vdib_status vdib__clip_reserve(vdib__clip *clip, size_t count) {
    VDIB_TRY(VDIB_RESERVE(&clip->times, &clip->capacities[0], count));
    VDIB_TRY(VDIB_RESERVE(&clip->x, &clip->capacities[1], count));
    return VDIB_RESERVE(&clip->y, &clip->capacities[2], count);
}

vdib_status vdib__clip_fill(vdib__clip *clip, const vdib__span *span, const vdib_event *events, size_t count,
                            const vdib_binning *binning) {
    VDIB_TRY(vdib__clip_reserve(clip, count));
    clip->span = *span;
    clip->first = clip->count = 0;
    for (size_t i = 0; i < count; i++) {
        const vdib_event *event = &events[i];
        if (event->x >= binning->width || event->y >= binning->height)
            continue;
        int64_t since = event->t - binning->start_us;
        clip->first += since < span->from;
        if (since < span->from || since >= span->to)
            continue;
        clip->times[clip->count] = 2 * since + (event->polarity != 0);
        clip->x[clip->count] = event->x;
        clip->y[clip->count] = event->y;
        clip->count++;
    }
    return VDIB_OK;
}

vdib_status vdib__clip_copy(const vdib__clip *clip, vdib__clip **copy) {
    vdib__clip *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__clip_reserve(made, clip->count);
    if (status != VDIB_OK) {
        vdib__clip_destroy(made);
        return status;
    }
    made->span = clip->span;
    made->first = clip->first;
    made->count = clip->count;
    if (clip->count > 0) {
        memcpy(made->times, clip->times, clip->count * sizeof *made->times);
        memcpy(made->x, clip->x, clip->count * sizeof *made->x);
        memcpy(made->y, clip->y, clip->count * sizeof *made->y);
    }
    *copy = made;
    return VDIB_OK;
}

size_t vdib__clip_bytes(const vdib__clip *clip) {
    return sizeof *clip + clip->count * (sizeof *clip->times + sizeof *clip->x + sizeof *clip->y);
}

void vdib__clip_clear(vdib__clip *clip) {
    vdib__free(clip->y);
    vdib__free(clip->x);
    vdib__free(clip->times);
    *clip = (vdib__clip){0};
}

void vdib__clip_destroy(vdib__clip *clip) {
    if (clip == NULL)
        return;
    vdib__clip_clear(clip);
    vdib__free(clip);
}
