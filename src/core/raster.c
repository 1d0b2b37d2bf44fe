/* SPDX-License-Identifier: MIT */
#include "core/raster.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "core/text.h"

enum { MAX_STEPS = 0xFFFFFF };

/* Rasters by channel have as many steps as channels: more than MAX_STEPS. */
static vdib_status check_sizes(size_t channels, size_t steps) {
    if (channels == 0 || channels > UINT32_MAX || steps == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "a raster has at least one step and 1 to 2^32 - 1 channels, not %zu x %zu", steps, channels);
    return VDIB_OK;
}

vdib_status vdib__raster_check_shape(size_t channels, size_t steps) {
    if (steps > MAX_STEPS)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a raster has at most %d steps, not %zu", MAX_STEPS, steps);
    return check_sizes(channels, steps);
}

vdib_status vdib__raster_check_changeable(const char *function, const vdib_raster *raster) {
    if (raster->borrowed)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "%s: the raster is borrowed (vdib_raster_borrow) and cannot be changed; make one with "
                          "vdib_raster_create",
                          function);
    return VDIB_OK;
}

vdib_status vdib__raster_reshape(vdib_raster *raster, size_t channels, size_t steps) {
    VDIB_TRY(check_sizes(channels, steps));
    if (steps != raster->steps || raster->offsets == NULL) {
        size_t *offsets = NULL;
        VDIB_TRY(VDIB_NEW(&offsets, steps + 1));
        vdib__free(raster->offsets);
        raster->offsets = offsets;
    } else {
        memset(raster->offsets, 0, (steps + 1) * sizeof *raster->offsets);
    }
    raster->channels = channels;
    raster->steps = steps;
    return VDIB_OK;
}

vdib_status vdib_raster_create(size_t channels, size_t steps, vdib_raster **raster) {
    VDIB_REQUIRE(raster);
    VDIB_TRY(vdib__raster_check_shape(channels, steps));
    vdib_raster *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__raster_reshape(made, channels, steps);
    if (status != VDIB_OK) {
        vdib_raster_destroy(made);
        return status;
    }
    *raster = made;
    return VDIB_OK;
}

void vdib_raster_destroy(vdib_raster *raster) {
    if (raster == NULL)
        return;
    if (!raster->borrowed) {
        vdib__free(raster->indices);
        vdib__free(raster->offsets);
    }
    vdib__free(raster);
}

size_t vdib_raster_channels(const vdib_raster *raster) {
    return raster != NULL ? raster->channels : 0;
}

size_t vdib_raster_steps(const vdib_raster *raster) {
    return raster != NULL ? raster->steps : 0;
}

size_t vdib_raster_spikes(const vdib_raster *raster) {
    return raster != NULL ? raster->offsets[raster->steps] : 0;
}

size_t vdib_raster_at(const vdib_raster *raster, size_t step, const uint32_t **channels) {
    bool inside = raster != NULL && step < raster->steps;
    if (channels != NULL)
        *channels = inside ? raster->indices + raster->offsets[step] : NULL;
    if (!inside)
        return 0;
    return raster->offsets[step + 1] - raster->offsets[step];
}

void vdib__raster_begin(vdib__raster_builder *builder, vdib_raster *raster) {
    *builder = (vdib__raster_builder){.raster = raster};
    raster->offsets[0] = 0;
}

vdib_status vdib__raster_append(vdib__raster_builder *builder, uint32_t channel) {
    vdib_raster *raster = builder->raster;
    if (builder->count == raster->capacity || raster->indices == NULL)
        VDIB_TRY(VDIB_RESERVE(&raster->indices, &raster->capacity, builder->count + 1));
    raster->indices[builder->count++] = channel;
    return VDIB_OK;
}

void vdib__raster_end_step(vdib__raster_builder *builder) {
    builder->raster->offsets[++builder->step] = builder->count;
}

vdib_status vdib_raster_from_dense(vdib_raster *raster, const uint8_t *dense) {
    VDIB_REQUIRE(raster, dense);
    VDIB_TRY(vdib__raster_check_changeable("vdib_raster_from_dense", raster));
    vdib__raster_builder builder;
    vdib__raster_begin(&builder, raster);
    for (size_t t = 0; t < raster->steps; t++) {
        for (size_t n = 0; n < raster->channels; n++)
            if (dense[t * raster->channels + n] != 0)
                VDIB_TRY(vdib__raster_append(&builder, (uint32_t)n));
        vdib__raster_end_step(&builder);
    }
    return VDIB_OK;
}

void vdib_raster_to_dense(const vdib_raster *raster, uint8_t *dense) {
    if (raster == NULL || dense == NULL)
        return;
    memset(dense, 0, raster->steps * raster->channels);
    for (size_t t = 0; t < raster->steps; t++)
        for (size_t s = raster->offsets[t]; s < raster->offsets[t + 1]; s++)
            dense[t * raster->channels + raster->indices[s]] = 1;
}

/* offsets[i + 1] holds the number of entries of row i; afterwards offsets[i] is the start of row i. */
static void counts_to_offsets(size_t *offsets, size_t rows) {
    offsets[0] = 0;
    for (size_t i = 0; i < rows; i++)
        offsets[i + 1] += offsets[i];
}

/* Shifts offsets that were used as write cursors (each now at its row's end) back to the rows' starts. */
static void cursors_to_offsets(size_t *offsets, size_t rows) {
    memmove(offsets + 1, offsets, rows * sizeof *offsets);
    offsets[0] = 0;
}

vdib_status vdib__raster_transpose(const vdib_raster *raster, vdib_raster *by_channel) {
    VDIB_TRY(vdib__raster_reshape(by_channel, raster->steps, raster->channels));
    size_t spikes = vdib_raster_spikes(raster);
    VDIB_TRY(VDIB_RESERVE(&by_channel->indices, &by_channel->capacity, spikes));
    for (size_t s = 0; s < spikes; s++)
        by_channel->offsets[raster->indices[s] + 1]++;
    counts_to_offsets(by_channel->offsets, raster->channels);
    for (size_t t = 0; t < raster->steps; t++)
        for (size_t s = raster->offsets[t]; s < raster->offsets[t + 1]; s++)
            by_channel->indices[by_channel->offsets[raster->indices[s]]++] = (uint32_t)t;
    cursors_to_offsets(by_channel->offsets, raster->channels);
    return VDIB_OK;
}

vdib_status vdib_raster_by_channel(const vdib_raster *raster, vdib_raster **by_channel) {
    VDIB_REQUIRE(raster, by_channel);
    vdib_raster *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__raster_transpose(raster, made);
    if (status != VDIB_OK) {
        vdib_raster_destroy(made);
        return status;
    }
    *by_channel = made;
    return VDIB_OK;
}

vdib_status vdib__raster_copy(const vdib_raster *raster, vdib_raster *copy) {
    VDIB_TRY(vdib__raster_reshape(copy, raster->channels, raster->steps));
    size_t spikes = vdib_raster_spikes(raster);
    VDIB_TRY(VDIB_RESERVE(&copy->indices, &copy->capacity, spikes));
    memcpy(copy->offsets, raster->offsets, (raster->steps + 1) * sizeof *copy->offsets);
    if (spikes != 0)
        memcpy(copy->indices, raster->indices, spikes * sizeof *copy->indices);
    return VDIB_OK;
}

/* Step of an event, or `steps` if it is outside the window or the sensor (counted in the report). */
static size_t event_step(const vdib_event *event, const vdib_binning *binning, vdib_binning_report *report) {
    if (event->x >= binning->width || event->y >= binning->height) {
        report->outside_sensor++;
        return binning->steps;
    }
    if (event->t < binning->start_us ||
        ((uint64_t)event->t - (uint64_t)binning->start_us) / (uint64_t)binning->step_us >= binning->steps) {
        report->outside_window++;
        return binning->steps;
    }
    return (size_t)(((uint64_t)event->t - (uint64_t)binning->start_us) / (uint64_t)binning->step_us);
}

static uint32_t event_channel(const vdib_event *event, const vdib_binning *binning) {
    size_t plane = binning->polarities == 2 && event->polarity != 0 ? 1 : 0;
    return (uint32_t)((plane * binning->height + event->y) * binning->width + event->x);
}

/* Removes repeated channels of each step (sorted); returns how many were removed. */
static size_t merge_repeated(vdib_raster *raster) {
    size_t kept = 0, start = 0;
    for (size_t t = 0; t < raster->steps; t++) {
        size_t end = raster->offsets[t + 1], first = kept;
        for (size_t s = start; s < end; s++)
            if (kept == first || raster->indices[kept - 1] != raster->indices[s])
                raster->indices[kept++] = raster->indices[s];
        start = end;
        raster->offsets[t + 1] = kept;
    }
    return start - kept;
}

vdib_status vdib_raster_bin(vdib_raster *raster, const vdib_event *events, size_t count, const vdib_binning *given,
                            vdib_binning_report *report) {
    vdib_binning used;
    const vdib_binning *binning = &used;
    VDIB_REQUIRE(raster);
    if (count > 0)
        VDIB_REQUIRE(events);
    VDIB_TRY(vdib__raster_check_changeable("vdib_raster_bin", raster));
    VDIB_TRY(VDIB_SIZED_READ(vdib_binning, given, &used));
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_binning_report, report));
    if (binning->step_us <= 0 || (binning->polarities != 1 && binning->polarities != 2) ||
        raster->steps != binning->steps || raster->channels != binning->polarities * binning->height * binning->width)
        return vdib__fail(
            VDIB_ERROR_ARGUMENT,
            "vdib_raster_bin: step_us must be positive, polarities 1 or 2, and the raster's shape %zu step%s x %zu "
            "channels that of the binning",
            raster->steps, vdib__s(raster->steps), raster->channels);
    vdib_binning_report counted = {.size = sizeof(vdib_binning_report)};
    /* Two counting sorts: by channel first, then by step (transposing sorts the channels within each step). */
    vdib_raster *by_channel = NULL;
    VDIB_TRY(VDIB_NEW(&by_channel, 1));
    vdib_status status = vdib__raster_reshape(by_channel, raster->steps, raster->channels);
    if (status == VDIB_OK)
        status = VDIB_RESERVE(&by_channel->indices, &by_channel->capacity, count);
    if (status == VDIB_OK) {
        for (size_t i = 0; i < count; i++)
            if (event_step(&events[i], binning, &counted) < binning->steps)
                by_channel->offsets[event_channel(&events[i], binning) + 1]++;
        counts_to_offsets(by_channel->offsets, raster->channels);
        vdib_binning_report again = {.size = sizeof(vdib_binning_report)};
        for (size_t i = 0; i < count; i++) {
            size_t step = event_step(&events[i], binning, &again);
            if (step < binning->steps)
                by_channel->indices[by_channel->offsets[event_channel(&events[i], binning)]++] = (uint32_t)step;
        }
        cursors_to_offsets(by_channel->offsets, raster->channels);
        status = vdib__raster_transpose(by_channel, raster);
    }
    vdib_raster_destroy(by_channel);
    VDIB_TRY(status);
    counted.repeated = merge_repeated(raster);
    counted.spikes = vdib_raster_spikes(raster);
    VDIB_SIZED_WRITE(vdib_binning_report, &counted, report);
    return VDIB_OK;
}
