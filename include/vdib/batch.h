/* SPDX-License-Identifier: MIT */
#ifndef VDIB_BATCH_H
#define VDIB_BATCH_H
/**
 * @file batch.h
 * Many examples at once, in memory that is set aside beforehand: a server's or a host language's way into a model.
 *
 *     vdib_batch_create(model, 64, steps, 0, 0, &batch);
 *     vdib_batch_encode(batch, rasters, count, seed, indices, readouts);     // spikes in, spikes out
 *     vdib_batch_windows(batch, &windows);                                   // what the decoder reads of them
 *     vdib_batch_decode(batch, windows, count, outputs);                     // natural signals out
 *
 * The spikes are those of vdib_model_encode() to the bit, the outputs those of vdib_model_decode() up to rounding:
 * the sums of a matrix product may stand in another order for another number of examples.
 */
#include <stddef.h>
#include <stdint.h>

#include "vdib/model.h"
#include "vdib/raster.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A workspace for batches of one model. One thread at a time; several batches may share a model. */
typedef struct vdib_batch vdib_batch;

/**
 * Sets memory aside: after this nothing is allocated.
 * @param model borrowed until the batch is destroyed; it must stay as it is meanwhile
 * @param capacity the most examples of one call, B
 * @param steps time steps T of every raster, at least the decoder's window (vdib_model_window())
 * @param spikes the most spikes of one raster that memory is set aside for; more are encoded too, but memory is
 * allocated for them. 0: for a spike of every channel in every step
 * @param threads 0: every core; changes no result
 * @param batch receives it, owned by the caller (vdib_batch_destroy())
 */
VDIB_API vdib_status vdib_batch_create(const vdib_model *model, size_t capacity, size_t steps, size_t spikes,
                                       size_t threads, vdib_batch **batch);

/** Frees a batch; NULL is safe. */
VDIB_API void vdib_batch_destroy(vdib_batch *batch);

/**
 * Encodes examples.
 * @param rasters (count) each T x input channels
 * @param count 1 .. B
 * @param seed, indices (count) key each readout's draw, as vdib_model_encode()
 * @param readouts (count) receives rasters T x NY, borrowed from the batch until its next encoding; may be NULL. With
 * vdib_batch_set_draws() there are M of them for each example, and as many windows
 */
VDIB_API vdib_status vdib_batch_encode(vdib_batch *batch, const vdib_raster *const *rasters, size_t count,
                                       uint64_t seed, const uint64_t *indices, const vdib_raster **readouts);

/**
 * What the decoder reads of the last encoding.
 * @param windows receives (count, tau_d, NY) values, 1 for a spike and else 0: the last tau_d steps of each readout;
 * borrowed from the batch until its next encoding
 */
VDIB_API vdib_status vdib_batch_windows(const vdib_batch *batch, const float **windows);

/**
 * Decodes windows of readout spikes.
 * @param windows (count, tau_d, vdib_model_row()) from vdib_batch_windows() or the caller's own
 * @param count 1 .. B, times the draws of vdib_batch_set_draws()
 * @param outputs receives (count, vdib_model_outputs()) values as vdib_model_decode()
 */
VDIB_API vdib_status vdib_batch_decode(vdib_batch *batch, const float *windows, size_t count, float *outputs);

#ifdef __cplusplus
}
#endif
#endif
