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
 * @param channels receives a borrowed array of the channels that spike, increasing; valid until the raster changes
 * @return how many there are; 0 for a step outside the raster
 */
VDIB_API size_t vdib_raster_at(const vdib_raster *raster, size_t step, const uint32_t **channels);

/**
 * Replaces the content by a dense matrix.
 * @param dense (T, N) row-major; a value other than 0 is a spike
 */
VDIB_API vdib_status vdib_raster_from_dense(vdib_raster *raster, const uint8_t *dense);

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
 * Replaces the raster's content by binned events (any order). Its shape must be polarities * height * width channels and
 * binning->steps steps.
 * @param report may be NULL
 */
VDIB_API vdib_status vdib_raster_bin(vdib_raster *raster, const vdib_event *events, size_t count,
                                     const vdib_binning *binning, vdib_binning_report *report);

#ifdef __cplusplus
}
#endif
#endif
