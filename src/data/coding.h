/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_CODING_H
#define VDIB_DATA_CODING_H
/* Images as spikes; docs/method.md, eq. (12) and (13). raster: steps x pixels, its shape gives T and the number of
 * pixels. Pixels in [0, 1]. */

#include "core/random.h"
#include "core/raster.h"

/* Rate code: Bernoulli(x) in every step; key has purpose CODING. The same bits at every level. */
vdib_status vdib__code_rate(vdib__kernel_level level, const float *pixels, const vdib__key *key, vdib_raster *raster);

/* Latency code: pixel x spikes once, at step T - round(x (T - 1)) counted from 0; step T does not exist. */
vdib_status vdib__code_latency(const float *pixels, vdib_raster *raster);

#endif
