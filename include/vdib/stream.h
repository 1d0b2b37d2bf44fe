/* SPDX-License-Identifier: MIT */
#ifndef VDIB_STREAM_H
#define VDIB_STREAM_H
/**
 * @file stream.h
 * The encoder as a device runs it: one time step, or one packet of timed events at a time.
 *
 *     vdib_stream_create(model, seed, 0, &stream);
 *     while (sensor gives a packet)
 *         vdib_stream_push(stream, events, count, send_spikes, user);   // send_spikes() gets every finished step
 *     vdib_stream_decode(stream, output);                               // the receiver's side of the last steps
 *
 * A stream gives the spikes of vdib_model_encode() with the same seed and index, to the bit. Nothing is allocated after
 * creation. The work of a step is that of its neurons, and of the weights of the inputs that changed in it.
 *
 * A stream belongs to one thread at a time; several streams may share one model, which must stay as it is meanwhile.
 */
#include <stddef.h>
#include <stdint.h>

#include "vdib/events.h"
#include "vdib/model.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The running state of a model's encoder, and the window that its decoder reads. */
typedef struct vdib_stream vdib_stream;

/**
 * A stream before its first step. The model's blank steps have passed.
 * @param model borrowed until the stream is destroyed
 * @param seed, index key the readout's draw, as in vdib_model_encode()
 * @param stream receives it, owned by the caller (vdib_stream_destroy())
 */
VDIB_API vdib_status vdib_stream_create(const vdib_model *model, uint64_t seed, uint64_t index, vdib_stream **stream);

/** Frees a stream; NULL is safe. */
VDIB_API void vdib_stream_destroy(vdib_stream *stream);

/** Back to the state after creation, with another index; counts are zeroed. */
VDIB_API vdib_status vdib_stream_reset(vdib_stream *stream, uint64_t index);

/**
 * One time step (paper, eq. 1 to 3).
 * @param channels (count) input channels that spike in it, increasing, below the model's number of inputs
 * @param spikes receives the readout neurons that spike, increasing; borrowed, valid until the next call; may be NULL
 * @param spike_count receives how many; may be NULL
 * @return ::VDIB_ERROR_ARGUMENT if the channels are not as described, or if events of an open step wait in the
 * stream; the stream is as it was before
 */
VDIB_API vdib_status vdib_stream_step(vdib_stream *stream, const uint32_t *channels, size_t count,
                                      const uint32_t **spikes, size_t *spike_count);

/** Called for every finished step, counted from 0, with the readout neurons (count) that spike in it, increasing. */
typedef void vdib_stream_visit(void *user, uint64_t step, const uint32_t *spikes, size_t count);

/**
 * A packet of events in any order within a step, binned as vdib_raster_bin() bins the model's data: an event belongs
 * to step (t - start_us) / step_us of the configuration (data.start_us, data.step_us). If that sets
 * data.from_first_event, times count from the earliest event of the first packet after creation or reset, as they do
 * from the first event of a recording in training; steps that vdib_stream_step() took before it come before that time.
 * A step is finished by the first event of a later one, or by
 * vdib_stream_advance(). Every step is run, silent ones too: some ten microseconds each, for a pause of an hour in
 * steps of 3.75 ms ten seconds; after long pauses call vdib_stream_reset() instead.
 * @param visit called for each step that the packet finishes, those without events included; may be NULL
 * @return ::VDIB_ERROR_DATA if the model's input is not events, or if an event is more than 2^24 steps ahead: a damaged
 * time; events before it have been taken
 */
VDIB_API vdib_status vdib_stream_push(vdib_stream *stream, const vdib_event *events, size_t count,
                                      vdib_stream_visit *visit, void *user);

/** Finishes every step that ends at or before time_us, on the clock of the events. A time in the past does nothing, nor
 * does any time before the first event where data.from_first_event counts from that. Errors as vdib_stream_push().
 * */
VDIB_API vdib_status vdib_stream_advance(vdib_stream *stream, int64_t time_us, vdib_stream_visit *visit, void *user);

/**
 * What the decoder makes of the last steps: the values of vdib_model_decode() for the window that ends with the step
 * that was finished last. Steps before the first count as silent.
 * @param output (vdib_model_outputs())
 */
VDIB_API vdib_status vdib_stream_decode(vdib_stream *stream, float *output);

/** What a stream has seen since creation or reset. */
typedef struct vdib_stream_counts {
    size_t size;             /**< sizeof(vdib_stream_counts), set by the caller */
    uint64_t steps;          /**< finished */
    uint64_t input_spikes;   /**< in finished steps */
    uint64_t readout_spikes; /**< in finished steps */
    uint64_t repeated;       /**< events on a channel that already spiked in their step: merged */
    uint64_t late;           /**< events of a finished step, or before the first one: dropped */
    uint64_t outside_sensor; /**< events with x >= width or y >= height: dropped */
} vdib_stream_counts;

/** Fills *counts. */
VDIB_API vdib_status vdib_stream_counted(const vdib_stream *stream, vdib_stream_counts *counts);

#ifdef __cplusplus
}
#endif
#endif
