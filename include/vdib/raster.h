/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RASTER_H
#define VDIB_RASTER_H
/**
 * @file raster.h
 * Spike rasters: sparse binary signals of N channels over T time steps, the one currency between the parts of vdib.
 *
 * A raster stores, for every step, the channels that spike in it, in increasing order and without repetition. Memory
 * follows the number of spikes.
 */
#include <stddef.h>
#include <stdint.h>

#include "vdib/events.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A spike raster. Reading from several threads is safe while nobody changes it. */
typedef struct vdib_raster vdib_raster;

/**
 * An empty raster.
 * @param channels number of channels N, 1 .. 2^32 - 1
 * @param steps number of time steps T, 1 .. 2^24 - 1
 * @param raster receives it, owned by the caller (vdib_raster_destroy())
 */
VDIB_API vdib_status vdib_raster_create(size_t channels, size_t steps, vdib_raster **raster);

/** Frees a raster; NULL is safe. */
VDIB_API void vdib_raster_destroy(vdib_raster *raster);

/** @return the number of channels N */
VDIB_API size_t vdib_raster_channels(const vdib_raster *raster);
/** @return the number of time steps T */
VDIB_API size_t vdib_raster_steps(const vdib_raster *raster);
/** @return the number of spikes in all steps */
VDIB_API size_t vdib_raster_spikes(const vdib_raster *raster);

/**
 * The spikes of one step.
 * @param step 0 .. T-1
 * @param channels receives a borrowed array of the channels that spike, increasing; valid until the raster changes;
 * may be NULL
 * @return how many there are; 0 for a step outside the raster
 */
VDIB_API size_t vdib_raster_at(const vdib_raster *raster, size_t step, const uint32_t **channels);

/**
 * Replaces the content by a dense matrix.
 * @param dense (T, N) row-major; a value other than 0 is a spike
 */
VDIB_API vdib_status vdib_raster_from_dense(vdib_raster *raster, const uint8_t *dense);

/**
 * Replaces the content by spikes given as pairs, in any order.
 * @param steps, channels (count) spike i is in step steps[i] of channel channels[i], both below the raster's sizes;
 * may be NULL if count is 0
 * @param repeated receives how many spikes were given more than once and merged, since a raster is binary; may be NULL
 * @return ::VDIB_ERROR_ARGUMENT if a spike is outside the raster: the message says which; the raster is as it was
 * before
 */
VDIB_API vdib_status vdib_raster_from_pairs(vdib_raster *raster, const uint32_t *steps, const uint32_t *channels,
                                            size_t count, size_t *repeated);

/**
 * A raster that lies in arrays of the caller's, without a copy (the rows of a sparse matrix in compressed form). It
 * is checked once, here, and cannot be changed: functions that would change it return ::VDIB_ERROR_ARGUMENT.
 * @param channels, steps as vdib_raster_create()
 * @param offsets (steps + 1) the spikes of step t are indices[offsets[t]] to indices[offsets[t + 1] - 1]; offsets[0]
 * is 0
 * @param indices (offsets[steps]) channels below `channels`, increasing within a step; may be NULL if there are no
 * spikes
 * @param raster receives it, owned by the caller (vdib_raster_destroy()); both arrays are borrowed: they must stay, and
 * stay as they are, until then
 * @return ::VDIB_ERROR_ARGUMENT if the arrays are not as described: the message says where
 */
VDIB_API vdib_status vdib_raster_borrow(size_t channels, size_t steps, const size_t *offsets, const uint32_t *indices,
                                        vdib_raster **raster);

/**
 * The raster as the two arrays of vdib_raster_borrow(), without a copy.
 * @param offsets receives (T + 1) offsets, channels receives (spikes) channels, NULL if there are none; both
 * borrowed, valid until the raster changes or is destroyed
 */
VDIB_API vdib_status vdib_raster_view(const vdib_raster *raster, const size_t **offsets, const uint32_t **channels);

/** Writes the raster as a dense (T, N) row-major matrix of 0 and 1. */
VDIB_API void vdib_raster_to_dense(const vdib_raster *raster, uint8_t *dense);

/**
 * The same spikes in by-channel order: the result's steps are this raster's channels and the other way round, so that
 * vdib_raster_at(result, channel, &steps) lists the steps in which a channel spikes.
 */
VDIB_API vdib_status vdib_raster_by_channel(const vdib_raster *raster, vdib_raster **by_channel);

/** How events become a raster: channel = (polarity * height + y) * width + x, step = (t - start_us) / step_us. */
typedef struct vdib_binning {
    size_t size;       /**< sizeof(vdib_binning), set by the caller */
    size_t width;      /**< sensor columns */
    size_t height;     /**< sensor rows */
    size_t polarities; /**< 2, or 1 to merge ON and OFF */
    size_t steps;      /**< time steps T */
    int64_t step_us;   /**< length of a step in microseconds, > 0 */
    int64_t start_us;  /**< time of the start of step 0 */
} vdib_binning;

/** What became of the events: their sum is the number of events given. */
typedef struct vdib_binning_report {
    size_t size;           /**< sizeof(vdib_binning_report), set by the caller */
    size_t spikes;         /**< became a spike of their own */
    size_t repeated;       /**< fell on a (step, channel) that already spiked: merged, a raster is binary */
    size_t outside_window; /**< earlier than start_us, or in a step >= T: dropped */
    size_t outside_sensor; /**< x >= width or y >= height: dropped */
} vdib_binning_report;

/**
 * Replaces the raster's content by binned events (any order). Its shape must be polarities * height * width channels
 * and binning->steps steps.
 * @param report may be NULL
 */
VDIB_API vdib_status vdib_raster_bin(vdib_raster *raster, const vdib_event *events, size_t count,
                                     const vdib_binning *binning, vdib_binning_report *report);

#ifdef __cplusplus
}
#endif
#endif
