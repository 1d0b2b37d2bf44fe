/* SPDX-License-Identifier: MIT */
/* A sheet of a data set: a row a class, a picture a recording. */
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/sized.h"
#include "data/dataset.h"
#include "report/view/picture.h"

enum {
    USUAL_COLUMNS = 8,
    MOST_COLUMNS = 50,
    MOST_ROWS = 50,
    SIDE = 96,  /* of a picture, at most, */
    LEAST = 72, /* and at least, by larger cells */
    GAP = 6,
    LETTERS = 20, /* of a class's name */
    STEPS = 96    /* cells of time, where inputs are channels */
};

/* How a sheet is laid out. */
typedef struct sheet {
    const vdib_dataset *dataset;
    const vdib_geometry *geometry;
    size_t rows, columns;
    size_t pool, scale;   /* pixels to a cell, and pixels of the sheet to a cell, on a side */
    size_t width, height; /* cells of a picture */
    size_t left;          /* where pictures begin, behind the names */
    size_t *shown;        /* (rows): pictures so far */
    size_t pictures;
    vdib__canvas canvas;
} sheet;

static bool is_flat(const vdib_geometry *geometry) {
    return geometry->input_height == 1;
}

static size_t step_y(const sheet *s) {
    size_t side = s->scale * s->height;
    return side + GAP;
}

static void plan(sheet *s, size_t columns) {
    const vdib_geometry *g = s->geometry;
    size_t side = g->input_width > g->input_height ? g->input_width : g->input_height;
    s->rows = g->classes < MOST_ROWS ? g->classes : MOST_ROWS;
    s->columns = columns;
    s->pool = (side - 1) / SIDE + 1;
    s->width = is_flat(g) ? STEPS : (g->input_width - 1) / s->pool + 1;
    s->height = ((is_flat(g) ? g->input_width : g->input_height) - 1) / s->pool + 1;
    side = s->width > s->height ? s->width : s->height;
    s->scale = (LEAST - 1) / side + 1;
}

/* What class a row is of, cut to its room. */
static void name_of(const sheet *s, size_t row, char text[LETTERS + 1]) {
    const char *name = vdib_dataset_class_name(s->dataset, row);
    if (name != NULL)
        snprintf(text, LETTERS + 1, "%s", name);
    else
        snprintf(text, LETTERS + 1, "%zu", row);
}

static vdib_status make_canvas(sheet *s) {
    char text[LETTERS + 1];
    size_t longest = 0;
    for (size_t row = 0; row < s->rows; row++) {
        name_of(s, row, text);
        size_t width = vdib__text_width(text, 1);
        longest = width > longest ? width : longest;
    }
    s->left = GAP + longest + GAP;
    VDIB_TRY(VDIB_NEW(&s->shown, s->rows));
    VDIB_TRY(vdib__canvas_new(s->left + s->columns * (s->scale * s->width + GAP), GAP + s->rows * step_y(s),
                              VDIB_COLOUR_CARD, &s->canvas));
    for (size_t row = 0; row < s->rows; row++) {
        size_t y = GAP + row * step_y(s) + (s->scale * s->height - VDIB_LETTER_HEIGHT) / 2;
        name_of(s, row, text);
        vdib__canvas_text(&s->canvas, GAP, y, 1, VDIB_COLOUR_INK, text);
    }
    return VDIB_OK;
}

/* The cell of a spike. */
static size_t cell_of(const sheet *s, size_t step, size_t steps, size_t pixel) {
    size_t x = pixel % s->geometry->input_width, y = pixel / s->geometry->input_width;
    if (is_flat(s->geometry))
        return (s->height - 1 - x / s->pool) * s->width + step * s->width / steps;
    return y / s->pool * s->width + x / s->pool;
}

/* The steps of an example that are shown, *count from the result on: of pictures the eighth with most spikes, so that
 * what moves is sharp, of channels all. */
static size_t busiest(const sheet *s, const vdib_raster *raster, size_t *count) {
    enum { PART = 8 };
    size_t best = 0, most = 0;
    *count = is_flat(s->geometry) ? raster->steps : (raster->steps - 1) / PART + 1;
    for (size_t t = 0; t + *count <= raster->steps; t++) {
        size_t spikes = raster->offsets[t + *count] - raster->offsets[t];
        best = spikes > most ? t : best;
        most = spikes > most ? spikes : most;
    }
    return best;
}

/* Spikes of an example; of two polarities the second is ON, one alone is shown as ON. */
static void count_spikes(const sheet *s, const vdib_raster *raster, vdib__cells *cells) {
    size_t pixels = s->geometry->input_width * s->geometry->input_height, count = 0;
    size_t first = busiest(s, raster, &count);
    memset(cells->counts, 0, cells->width * cells->height * 2 * sizeof *cells->counts);
    for (size_t t = first; t < first + count; t++)
        for (size_t i = raster->offsets[t]; i < raster->offsets[t + 1]; i++) {
            size_t plane = raster->indices[i] / pixels,
                   cell = cell_of(s, t, raster->steps, raster->indices[i] % pixels);
            cells->counts[2 * cell + (s->geometry->input_channels == 1 || plane > 0)]++;
        }
}

/* Twice the mean of the cells that have any. */
static size_t full_of(const vdib__cells *cells) {
    size_t spikes = 0, active = 0;
    for (size_t i = 0; i < cells->width * cells->height; i++) {
        size_t count = (size_t)cells->counts[2 * i] + cells->counts[2 * i + 1];
        spikes += count;
        active += count > 0;
    }
    return active > 0 && 2 * spikes / active > VDIB_SHADES ? 2 * spikes / active : VDIB_SHADES;
}

static void add_example(sheet *s, const vdib_example *example, vdib__cells *cells) {
    if (example->label >= s->rows || s->shown[example->label] >= s->columns)
        return;
    size_t x = s->left + s->shown[example->label]++ * (s->scale * s->width + GAP);
    size_t y = GAP + example->label * step_y(s);
    count_spikes(s, example->raster, cells);
    vdib__canvas_cells(&s->canvas, x, y, s->scale, cells, full_of(cells));
    s->pictures++;
}

/* The first examples of every class, in the order of the data. */
static vdib_status add_examples(sheet *s) {
    vdib__cells cells = {.width = s->width, .height = s->height};
    vdib_example *example = NULL;
    size_t *indices = NULL, count = 0;
    VDIB_TRY(vdib__dataset_choose(s->dataset, VDIB_SPLIT_TRAIN, s->columns * s->geometry->classes, &indices, &count));
    vdib_status status = VDIB_NEW(&cells.counts, cells.width * cells.height * 2);
    if (status == VDIB_OK)
        status = vdib_example_create(s->dataset, &example);
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        status = vdib_dataset_get(s->dataset, VDIB_SPLIT_TRAIN, indices[i], 0, example);
        if (status == VDIB_OK)
            add_example(s, example, &cells);
    }
    vdib_example_destroy(example);
    vdib__free(cells.counts);
    vdib__free(indices);
    return status;
}

static vdib_status write_sheet(const sheet *s, const char *path) {
    vdib__writer writer;
    vdib__apng apng;
    VDIB_TRY(vdib__writer_open(&writer, path));
    vdib_status status = vdib__apng_begin(&writer, s->canvas.width, s->canvas.height, 1, 1, &apng);
    if (status == VDIB_OK)
        status = vdib__apng_end(&apng, vdib__apng_add(&apng, &s->canvas));
    if (status == VDIB_OK)
        return vdib__writer_commit(&writer);
    vdib__writer_abandon(&writer);
    return status;
}

/* The data as training with `classify` would see them, whatever is lost of them. */
static vdib_status open_data(const char *data, vdib_dataset **dataset) {
    vdib_config *config = NULL;
    VDIB_TRY(vdib_config_load("classify", &config));
    vdib_status status = vdib_config_set(config, "data.allow_loss=true");
    if (status == VDIB_OK)
        status = vdib_dataset_open(data, config, dataset);
    vdib_config_destroy(config);
    return status;
}

vdib_status vdib_view_sheet(const char *data, const char *path, size_t columns, vdib_sheet_info *info) {
    vdib_dataset *dataset = NULL;
    VDIB_REQUIRE(data, path);
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_sheet_info, info));
    if (columns > MOST_COLUMNS)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%zu recordings of a class; a sheet shows %d at most", columns,
                          MOST_COLUMNS);
    VDIB_TRY(open_data(data, &dataset));
    sheet s = {.dataset = dataset, .geometry = vdib_dataset_geometry(dataset)};
    plan(&s, columns != 0 ? columns : USUAL_COLUMNS);
    vdib_status status = make_canvas(&s);
    if (status == VDIB_OK)
        status = add_examples(&s);
    if (status == VDIB_OK)
        status = write_sheet(&s, path);
    vdib_sheet_info made = {
        .size = sizeof made, .classes = s.geometry->classes, .shown_classes = s.rows, .pictures = s.pictures};
    if (status == VDIB_OK)
        VDIB_SIZED_WRITE(vdib_sheet_info, &made, info);
    vdib__free(s.canvas.pixels);
    vdib__free(s.shown);
    vdib_dataset_destroy(dataset);
    return status;
}
