/* SPDX-License-Identifier: MIT */
/* Frames of a trial: how many, and what is seen and decoded at each. */
#include "report/film.h"

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/raster.h"
#include "eval/metrics.h"
#include "report/view/view.h"

enum {
    COLUMNS = 10, /* frames side by side in a sheet */
    CHUNK = 8     /* windows decoded at a time */
};

/* What is left of an event in the next frame, and the trace that has half of the full colour. */
static const float FADE = 0.4F, HALF = 0.5F;

void vdib__film_clear(vdib__report_film *film) {
    vdib__free(film->ends);
    vdib__free(film->spikes);
    vdib__free(film->said);
    vdib__free(film->truth);
    vdib__free(film->values);
    vdib__free(film->input.picture.pixels);
    vdib__free(film->output.picture.pixels);
    *film = (vdib__report_film){0};
}

/* As many frames as there are steps, but no more than there is room for if each shows so many pixels. */
static vdib_status open_film(size_t steps, size_t pixels, vdib__report_film *film) {
    size_t room = pixels > 0 ? VDIB_FILM_PIXELS / pixels : VDIB_FILM_FRAMES, frames = steps;
    frames = frames > VDIB_FILM_FRAMES ? VDIB_FILM_FRAMES : frames;
    frames = frames > room ? room < 2 ? 2 : room : frames;
    VDIB_TRY(VDIB_NEW(&film->ends, frames));
    VDIB_TRY(VDIB_NEW(&film->spikes, frames));
    VDIB_TRY(VDIB_NEW(&film->said, frames));
    film->frames = frames;
    for (size_t f = 0; f < frames; f++)
        film->ends[f] = ((f + 1) * steps + frames / 2) / frames; /* rounded */
    return VDIB_OK;
}

static vdib_status open_sheet(size_t frames, size_t height, size_t width, bool colour, vdib__report_sheet *sheet) {
    size_t columns = frames < COLUMNS ? frames : COLUMNS, rows = (frames + columns - 1) / columns;
    VDIB_TRY(VDIB_NEW(&sheet->picture.pixels, rows * height * columns * width * (colour ? 3 : 1)));
    sheet->height = height;
    sheet->width = width;
    sheet->picture.height = rows * height;
    sheet->picture.width = columns * width;
    sheet->picture.colour = colour;
    return VDIB_OK;
}

/* Puts a frame in its place. */
static void place_frame(const vdib__report_sheet *sheet, size_t frame, const uint8_t *pixels) {
    size_t bytes = sheet->picture.colour ? 3 : 1, columns = sheet->picture.width / sheet->width;
    size_t top = frame / columns * sheet->height, left = frame % columns * sheet->width;
    for (size_t y = 0; y < sheet->height; y++)
        memcpy(sheet->picture.pixels + ((top + y) * sheet->picture.width + left) * bytes,
               pixels + y * sheet->width * bytes, sheet->width * bytes);
}

/* ---- input ---- */

/* Adds the spikes of steps [from, to) to the faded ones: traces (2, pixels), OFF and ON, where there are two channels;
 * else (1, pixels). */
static void add_spikes(const vdib_raster *input, size_t from, size_t to, size_t pixels, size_t kinds, float *traces) {
    for (size_t i = 0; i < kinds * pixels; i++)
        traces[i] *= FADE;
    for (size_t i = input->offsets[from]; i < input->offsets[to]; i++)
        traces[input->indices[i] % (kinds * pixels)] += 1;
}

/* A pixel's colour: ON and OFF mixed over the dark ground, as in `vdib view`; or a shade of gray. */
static void paint(const float *traces, size_t pixels, size_t kinds, size_t at, uint8_t *to) {
    float ink[2] = {traces[at] / (traces[at] + HALF), 0};
    if (kinds == 1) {
        *to = (uint8_t)lroundf(255 * ink[0]);
        return;
    }
    ink[1] = traces[pixels + at] / (traces[pixels + at] + HALF);
    const uint8_t *paper = vdib__view_colours[VDIB_COLOUR_PAPER];
    const uint8_t *off = vdib__view_colours[VDIB_COLOUR_OFF + 1], *on = vdib__view_colours[VDIB_COLOUR_ON + 1];
    for (int c = 0; c < 3; c++) {
        float value = (float)paper[c] + ink[0] * (float)(off[c] - paper[c]) + ink[1] * (float)(on[c] - paper[c]);
        to[c] = (uint8_t)lroundf(value > 255 ? 255 : value);
    }
}

/* Inputs of one row or column are no pictures: their raster says all. */
static vdib_status film_input(const vdib_geometry *geometry, const vdib_raster *input, vdib__report_film *film) {
    size_t pixels = geometry->input_height * geometry->input_width, kinds = geometry->input_channels == 2 ? 2 : 1;
    size_t bytes = kinds == 2 ? 3 : 1;
    float *traces = NULL;
    uint8_t *frame = NULL;
    if (geometry->input_height < 2 || geometry->input_width < 2)
        return VDIB_OK;
    VDIB_TRY(open_sheet(film->frames, geometry->input_height, geometry->input_width, kinds == 2, &film->input));
    vdib_status status = VDIB_NEW(&traces, kinds * pixels);
    if (status == VDIB_OK)
        status = VDIB_NEW(&frame, pixels * bytes);
    for (size_t f = 0; f < film->frames && status == VDIB_OK; f++) {
        add_spikes(input, f > 0 ? film->ends[f - 1] : 0, film->ends[f], pixels, kinds, traces);
        for (size_t i = 0; i < pixels; i++)
            paint(traces, pixels, kinds, i, frame + i * bytes);
        place_frame(&film->input, f, frame);
    }
    vdib__free(frame);
    vdib__free(traces);
    return status;
}

/* ---- what is decoded ---- */

/* Windows of frames [first, first + count): the steps that have passed are there, the rest is 0. */
static void cut_windows(const vdib_model *model, const vdib__report_film *film, size_t first, size_t count,
                        const float *whole, float *windows) {
    size_t steps = film->ends[film->frames - 1], size = model->window * model->row;
    memset(windows, 0, count * size * sizeof *windows);
    for (size_t k = 0; k < count; k++) {
        size_t missing = steps - film->ends[first + k];
        size_t arrived = missing < model->window ? model->window - missing : 0;
        memcpy(windows + k * size, whole, arrived * model->row * sizeof *windows);
    }
}

static vdib_status decode_frames(const vdib_model *model, int threads, const float *whole, float *windows,
                                 vdib__chain_workspace *workspace, vdib__report_film *film) {
    for (size_t first = 0; first < film->frames; first += CHUNK) {
        size_t count = film->frames - first < CHUNK ? film->frames - first : CHUNK;
        const float *logits = NULL;
        cut_windows(model, film, first, count, whole, windows);
        VDIB_TRY(vdib__chain_forward(&model->decoder, &model->table, model->parameters, threads, workspace, windows,
                                     count, &logits));
        for (size_t k = 0; k < count; k++)
            model->head->output(logits + k * model->outputs, model->outputs,
                                film->values + (first + k) * model->outputs);
    }
    return VDIB_OK;
}

static vdib_status film_images(const vdib_geometry *geometry, vdib__report_film *film) {
    bool colour = vdib__target_channels(geometry) > 1;
    VDIB_TRY(open_sheet(film->frames, geometry->target_height, geometry->target_width, colour, &film->output));
    for (size_t f = 0; f < film->frames; f++) {
        vdib__report_picture frame = {0};
        VDIB_TRY(vdib__report_picture_target(film->values + f * film->outputs, geometry, &film->range, &frame));
        place_frame(&film->output, f, frame.pixels);
        vdib__free(frame.pixels);
    }
    return VDIB_OK;
}

/* Fills values and what they are called. */
static vdib_status film_output(const vdib_model *model, int threads, const float *whole, vdib__report_film *film) {
    float *windows = NULL;
    vdib__chain_workspace *workspace = NULL;
    VDIB_TRY(VDIB_NEW(&film->values, film->frames * model->outputs));
    film->outputs = model->outputs;
    vdib_status status = VDIB_NEW(&windows, CHUNK * model->window * model->row);
    if (status == VDIB_OK)
        status = vdib__chain_workspace_create(&model->decoder, CHUNK, threads, &workspace);
    if (status == VDIB_OK)
        status = decode_frames(model, threads, whole, windows, workspace, film);
    vdib__chain_workspace_destroy(workspace);
    vdib__free(windows);
    VDIB_TRY(status);
    if (!model->head->classes)
        return film_images(&model->geometry, film);
    film->named = true;
    for (size_t f = 0; f < film->frames; f++)
        film->said[f] = vdib__most_probable(film->values + f * film->outputs, film->outputs);
    return VDIB_OK;
}

vdib_status vdib__film_trial(const vdib_model *model, int threads, const vdib__batch *batch, size_t i,
                             vdib__report_film *film) {
    const vdib_geometry *geometry = &model->geometry;
    const vdib__trial *trial = batch->trials[i];
    size_t input = geometry->input_height * geometry->input_width;
    if (!vdib__model_sends_spikes(model))
        return VDIB_OK;
    VDIB_TRY(open_film(batch->steps, input > model->outputs ? input : model->outputs, film));
    for (size_t f = 0; f < film->frames; f++)
        film->spikes[f] = trial->readout->offsets[film->ends[f]];
    VDIB_TRY(film_input(geometry, trial->input, film));
    return film_output(model, threads, batch->windows + i * model->window * model->row, film);
}

vdib_status vdib__film_strip(const vdib__report_strip *strip, const vdib__trial *trial, vdib__report_film *film) {
    if (strip->count == 0)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&film->ends, strip->count));
    VDIB_TRY(VDIB_NEW(&film->spikes, strip->count));
    VDIB_TRY(VDIB_NEW(&film->said, strip->count));
    VDIB_TRY(VDIB_NEW(&film->truth, strip->count));
    film->frames = strip->count;
    for (size_t t = 0; t < strip->count; t++) {
        film->ends[t] = t + 1;
        film->spikes[t] = trial->readout->offsets[strip->first + t + 1] - trial->readout->offsets[strip->first];
        film->said[t] = strip->said[t];
        film->truth[t] = strip->truth[t];
    }
    return VDIB_OK;
}
