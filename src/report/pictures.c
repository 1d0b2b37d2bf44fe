/* SPDX-License-Identifier: MIT */
/* Rasters and values as pictures. */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/raster.h"
#include "report/report.h"

/* Rows of a raster's picture at most: more channels are put together in groups. */
enum { MOST_ROWS = 256, FAINT = 96, SOLID = 255 };

static vdib_status make_picture(size_t height, size_t width, vdib__report_picture *picture) {
    VDIB_TRY(VDIB_NEW(&picture->pixels, height * width));
    picture->height = height;
    picture->width = width;
    return VDIB_OK;
}

static uint8_t gray_of(double value) {
    return (uint8_t)lround(255.0 * (value > 0 ? value < 1 ? value : 1 : 0)); /* NaN is black */
}

static uint8_t gray_in(double value, const vdib__report_range *range) {
    return gray_of(range->high > range->low ? (value - range->low) / ((double)range->high - range->low) : value);
}

vdib_status vdib__report_picture_values(const float *values, size_t height, size_t width,
                                        vdib__report_picture *picture) {
    VDIB_TRY(make_picture(height, width, picture));
    for (size_t i = 0; i < height * width; i++)
        picture->pixels[i] = gray_of(values[i]);
    return VDIB_OK;
}

vdib_status vdib__report_picture_target(const float *values, const vdib_geometry *geometry,
                                        const vdib__report_range *range, vdib__report_picture *picture) {
    size_t height = geometry->target_height, width = geometry->target_width, channels = vdib__target_channels(geometry);
    VDIB_TRY(make_picture(height, channels * width, picture));
    picture->width = width;
    picture->colour = channels > 1;
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < height * width; i++)
            picture->pixels[channels * i + c] = gray_in(values[c * height * width + i], range);
    return VDIB_OK;
}

/* What a spike of step t of T adds to its pixel: 1, or, if only the first one of a pixel counts, how early it is. */
static void sum_spikes(const vdib_raster *raster, bool latency, size_t pixels, double *sums) {
    for (size_t t = 0; t < raster->steps; t++)
        for (size_t i = raster->offsets[t]; i < raster->offsets[t + 1]; i++) {
            double *sum = &sums[raster->indices[i] % pixels];
            if (!latency)
                *sum += 1;
            else if (*sum == 0)
                *sum = (double)(raster->steps - t) / (double)raster->steps;
        }
}

vdib_status vdib__report_picture_input(const vdib_example *example, const vdib_geometry *geometry, bool latency,
                                       vdib__report_picture *picture) {
    size_t pixels = geometry->input_height * geometry->input_width;
    double *sums = NULL; /* (pixels) over polarities and steps */
    double largest = 0;
    VDIB_TRY(VDIB_NEW(&sums, pixels));
    sum_spikes(example->raster, latency, pixels, sums);
    for (size_t i = 0; i < pixels; i++)
        largest = sums[i] > largest ? sums[i] : largest;
    vdib_status status = make_picture(geometry->input_height, geometry->input_width, picture);
    for (size_t i = 0; i < pixels && status == VDIB_OK; i++)
        picture->pixels[i] = gray_of(largest > 0 ? sums[i] / largest : 0);
    vdib__free(sums);
    return status;
}

/* Opacity of a cell with `count` spikes where no cell has more than `most`: one spike is always visible. */
static uint8_t ink_of(size_t count, size_t most) {
    if (count == 0)
        return 0;
    return most == 1 ? SOLID : (uint8_t)(FAINT + (SOLID - FAINT) * (count - 1) / (most - 1));
}

vdib_status vdib__report_picture_raster(const vdib_raster *spikes, size_t first, size_t steps,
                                        vdib__report_raster *raster) {
    raster->channels = spikes->channels;
    raster->steps = steps;
    raster->spikes = spikes->offsets[first + steps] - spikes->offsets[first];
    raster->group = (spikes->channels + MOST_ROWS - 1) / MOST_ROWS;
    size_t rows = (spikes->channels + raster->group - 1) / raster->group, most = 0;
    size_t *counts = NULL; /* (rows, steps) */
    VDIB_TRY(VDIB_NEW(&counts, rows * steps));
    for (size_t t = 0; t < steps; t++)
        for (size_t i = spikes->offsets[first + t]; i < spikes->offsets[first + t + 1]; i++) {
            size_t *count = &counts[spikes->indices[i] / raster->group * steps + t];
            *count += 1;
            most = *count > most ? *count : most;
        }
    vdib_status status = make_picture(rows, steps, &raster->ink);
    for (size_t i = 0; i < rows * steps && status == VDIB_OK; i++)
        raster->ink.pixels[i] = ink_of(counts[i], most);
    vdib__free(counts);
    return status;
}

static vdib_status add_raster(const char *name, const vdib_raster *spikes, size_t first, size_t steps,
                              vdib__report_trial *report) {
    vdib__report_raster *raster = &report->rasters[report->count++];
    snprintf(raster->name, sizeof raster->name, "%s", name);
    return vdib__report_picture_raster(spikes, first, steps, raster);
}

vdib_status vdib__report_picture_trial(const vdib__encoder *encoder, const vdib__trial *trial, size_t first,
                                       size_t steps, vdib__report_trial *report) {
    report->first = first;
    VDIB_TRY(add_raster("Input", trial->input, first, steps, report));
    for (size_t l = 0; l < encoder->layer_count; l++) {
        char name[VDIB_REPORT_NAME];
        snprintf(name, sizeof name, encoder->layer_count > 1 ? "Hidden %zu" : "Hidden", l + 1);
        vdib_raster *spikes = NULL;
        VDIB_TRY(vdib__trial_spikes(encoder, trial, l, &spikes));
        vdib_status status = add_raster(name, spikes, trial->blank_steps + first, steps, report);
        vdib_raster_destroy(spikes);
        VDIB_TRY(status);
    }
    if (encoder->absent || encoder->readout.gaussian)
        return VDIB_OK;
    return add_raster("Readout", trial->readout, first, steps, report);
}
