/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_RASTER_H
#define VDIB_CORE_RASTER_H
/* Inside of a spike raster (T steps, N channels): compressed rows by time. */

#include <stdbool.h>

#include "vdib/raster.h"

struct vdib_raster {
    size_t channels;   /* N */
    size_t steps;      /* T */
    size_t *offsets;   /* (T + 1): spikes of step t are indices[offsets[t] .. offsets[t + 1]) */
    uint32_t *indices; /* (offsets[T]): channels, increasing within a step */
    size_t capacity;   /* of indices */
    bool borrowed;     /* offsets and indices are the caller's: neither changed nor freed */
};

/* VDIB_ERROR_ARGUMENT unless a raster can have this shape. */
vdib_status vdib__raster_check_shape(size_t channels, size_t steps);

/* VDIB_ERROR_ARGUMENT if the raster is borrowed; `function` leads the message. */
vdib_status vdib__raster_check_changeable(const char *function, const vdib_raster *raster);

/* Gives an existing raster another shape (contents are cleared, memory is reused). */
vdib_status vdib__raster_reshape(vdib_raster *raster, size_t channels, size_t steps);

/* Building step by step, in order: begin, then for each step append its channels (increasing) and end the step. */
typedef struct vdib__raster_builder {
    vdib_raster *raster;
    size_t step;  /* the step being filled */
    size_t count; /* spikes so far */
} vdib__raster_builder;

void vdib__raster_begin(vdib__raster_builder *builder, vdib_raster *raster);
vdib_status vdib__raster_append(vdib__raster_builder *builder, uint32_t channel);
/* Ends the current step; after T calls the raster is complete. */
void vdib__raster_end_step(vdib__raster_builder *builder);

/* by_channel (any shape before) = the spikes of `raster` by channel, reusing by_channel's memory. */
vdib_status vdib__raster_transpose(const vdib_raster *raster, vdib_raster *by_channel);

vdib_status vdib__raster_copy(const vdib_raster *raster, vdib_raster *copy);

#endif
