/* SPDX-License-Identifier: MIT */
/* Rasters and the arrays of other programs: made from (step, channel) pairs, borrowed from compressed rows, shown as
 * such. */
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/text.h"

/* ---- pairs ---- */

static vdib_status check_pairs(const vdib_raster *raster, const uint32_t *steps, const uint32_t *channels,
                               size_t count) {
    for (size_t i = 0; i < count; i++)
        if (steps[i] >= raster->steps || channels[i] >= raster->channels)
            return vdib__fail(
                VDIB_ERROR_ARGUMENT,
                "vdib_raster_from_pairs: spike %zu is in step %lu and channel %lu; the raster has %zu step%s and %zu "
                "channel%s, counted from 0",
                i, (unsigned long)steps[i], (unsigned long)channels[i], raster->steps, vdib__s(raster->steps),
                raster->channels, vdib__s(raster->channels));
    return VDIB_OK;
}

/* offsets (T + 1) become the number of spikes before each step. */
static void count_steps(const uint32_t *steps, size_t count, size_t *offsets, size_t rows) {
    memset(offsets, 0, (rows + 1) * sizeof *offsets);
    for (size_t i = 0; i < count; i++)
        offsets[steps[i] + 1]++;
    for (size_t t = 0; t < rows; t++)
        offsets[t + 1] += offsets[t];
}

static int compare_channels(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts each step's channels unless they are sorted already, and drops repetitions. */
static void sort_steps(vdib_raster *raster) {
    size_t kept = 0, begin = 0;
    for (size_t t = 0; t < raster->steps; t++) {
        size_t end = raster->offsets[t + 1], first = kept;
        uint32_t *row = raster->indices;
        bool sorted = true;
        for (size_t s = begin + 1; s < end && sorted; s++)
            sorted = row[s - 1] <= row[s];
        if (!sorted)
            qsort(row + begin, end - begin, sizeof *row, compare_channels);
        for (size_t s = begin; s < end; s++)
            if (kept == first || row[kept - 1] != row[s])
                row[kept++] = row[s];
        begin = end;
        raster->offsets[t + 1] = kept;
    }
}

vdib_status vdib_raster_from_pairs(vdib_raster *raster, const uint32_t *steps, const uint32_t *channels, size_t count,
                                   size_t *repeated) {
    VDIB_REQUIRE(raster);
    if (count > 0)
        VDIB_REQUIRE(steps, channels);
    VDIB_TRY(vdib__raster_check_changeable("vdib_raster_from_pairs", raster));
    VDIB_TRY(check_pairs(raster, steps, channels, count));
    VDIB_TRY(VDIB_RESERVE(&raster->indices, &raster->capacity, count));
    count_steps(steps, count, raster->offsets, raster->steps);
    for (size_t i = 0; i < count; i++) /* offsets serve as write cursors, each ends at its row's end */
        raster->indices[raster->offsets[steps[i]]++] = channels[i];
    memmove(raster->offsets + 1, raster->offsets, raster->steps * sizeof *raster->offsets);
    raster->offsets[0] = 0;
    sort_steps(raster);
    if (repeated != NULL)
        *repeated = count - vdib_raster_spikes(raster);
    return VDIB_OK;
}

/* ---- compressed rows ---- */

static vdib_status check_rows(size_t channels, size_t steps, const size_t *offsets, const uint32_t *indices) {
    if (offsets[0] != 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_raster_borrow: offsets[0] is %zu; it must be 0", offsets[0]);
    for (size_t t = 0; t < steps; t++)
        if (offsets[t + 1] < offsets[t])
            return vdib__fail(
                VDIB_ERROR_ARGUMENT,
                "vdib_raster_borrow: offsets[%zu] is %zu, less than the %zu before it; they must not fall", t + 1,
                offsets[t + 1], offsets[t]);
    if (offsets[steps] > 0 && indices == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_raster_borrow: channels must not be NULL where there are spikes");
    for (size_t t = 0; t < steps; t++)
        for (size_t s = offsets[t]; s < offsets[t + 1]; s++) {
            if (indices[s] >= channels)
                return vdib__fail(
                    VDIB_ERROR_ARGUMENT,
                    "vdib_raster_borrow: spike %zu, in step %zu, is in channel %lu; there are %zu channel%s", s, t,
                    (unsigned long)indices[s], channels, vdib__s(channels));
            if (s > offsets[t] && indices[s] <= indices[s - 1])
                return vdib__fail(
                    VDIB_ERROR_ARGUMENT,
                    "vdib_raster_borrow: channel %lu follows %lu in step %zu; within a step channels increase",
                    (unsigned long)indices[s], (unsigned long)indices[s - 1], t);
        }
    return VDIB_OK;
}

vdib_status vdib_raster_borrow(size_t channels, size_t steps, const size_t *offsets, const uint32_t *indices,
                               vdib_raster **raster) {
    VDIB_REQUIRE(offsets, raster);
    VDIB_TRY(vdib__raster_check_shape(channels, steps));
    VDIB_TRY(check_rows(channels, steps, offsets, indices));
    vdib_raster *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    *made = (vdib_raster){.channels = channels,
                          .steps = steps,
                          .offsets = (size_t *)offsets, /* never written to: `borrowed` */
                          .indices = (uint32_t *)indices,
                          .borrowed = true};
    *raster = made;
    return VDIB_OK;
}

vdib_status vdib_raster_view(const vdib_raster *raster, const size_t **offsets, const uint32_t **channels) {
    VDIB_REQUIRE(raster, offsets, channels);
    *offsets = raster->offsets;
    *channels = raster->indices;
    return VDIB_OK;
}
