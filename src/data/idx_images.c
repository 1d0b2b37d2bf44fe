/* SPDX-License-Identifier: MIT */
/* IDX files as images and labels. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/idx.h"

/* Content of a file above this is refused; the largest of the family (EMNIST) has 0.55 GB. */
#define LARGEST ((size_t)1 << 30)

/* An IDX file in memory. */
typedef struct idx_file {
    char *path;
    uint8_t *bytes;
    vdib__idx idx;
} idx_file;

static void close_file(idx_file *file) {
    vdib__free(file->bytes);
    vdib__free(file->path);
}

static vdib_status open_file(const char *folder, const char *part, const char *kind, int rank, idx_file *file) {
    size_t size = 0;
    VDIB_TRY(vdib__idx_find(folder, part, kind, &file->path));
    if (file->path == NULL)
        return vdib__fail(VDIB_ERROR_IO, "%s: has no %s-%s-idx%d-ubyte or .gz of that; put it there", folder, part,
                          kind, rank);
    VDIB_TRY(vdib__file_read_gzip(file->path, LARGEST, &file->bytes, &size));
    return vdib__idx_decode(file->path, file->bytes, size, &file->idx);
}

/* ---- images ---- */

/* Where pixel (row, column) of channel c of an image is among its elements. */
typedef struct layout {
    size_t height, width, channels;
    size_t row, column, channel; /* steps between neighbours */
} layout;

static bool is_channels(size_t size) {
    return size == 1 || size == 3 || size == 4;
}

static size_t square_side(size_t pixels) {
    size_t side = (size_t)sqrt((double)pixels);
    return side * side == pixels ? side : 0;
}

/* False if the sizes are those of no images. */
static bool choose_layout(const vdib__idx *idx, layout *l) {
    const size_t *s = idx->sizes;
    size_t side = idx->rank == 2 ? square_side(s[1]) : 0;
    if (idx->rank == 2 && side > 1)
        *l = (layout){.height = side, .width = side, .channels = 1, .row = side, .column = 1};
    else if (idx->rank == 3)
        *l = (layout){.height = s[1], .width = s[2], .channels = 1, .row = s[2], .column = 1};
    else if (idx->rank == 4 && is_channels(s[3]))
        *l = (layout){s[1], s[2], s[3], .row = s[2] * s[3], .column = s[3], .channel = 1};
    else if (idx->rank == 4 && is_channels(s[1]))
        *l = (layout){s[2], s[3], s[1], .row = s[3], .column = 1, .channel = s[2] * s[3]};
    else
        return false;
    return true;
}

/* pixel = (value + shift) / scale */
typedef struct scaling {
    double shift, scale;
} scaling;

static vdib_status refuse_values(const idx_file *file, double low, double high) {
    char text[96];
    vdib__format(text, sizeof text, "%g to %g", low, high);
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: its %s lie in %s, which are no pixels; convert them to 0 to 1, or to unsigned bytes",
                      file->path, vdib__idx_type_name(file->idx.type), text);
}

/* Whether unsigned bytes are 0 and 1 alone: black and white, not two shades of black. Other files say so in their first
 * image. */
static bool is_binary(const vdib__idx *idx) {
    for (size_t i = 0; i < idx->count; i++)
        if (idx->elements[i] > 1)
            return false;
    return true;
}

/* How the values of a file become pixels in [0, 1]. */
static vdib_status choose_scaling(const idx_file *file, scaling *s) {
    const vdib__idx *idx = &file->idx;
    *s = (scaling){.shift = 0, .scale = 255};
    if (idx->type == VDIB_IDX_U8) {
        s->scale = is_binary(idx) ? 1 : 255;
        return VDIB_OK;
    }
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < idx->count; i++) {
        double value = vdib__idx_at(idx, i);
        if (!isfinite(value))
            return vdib__fail(VDIB_ERROR_DATA, "%s: element %zu is not a finite number; replace it", file->path, i);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    bool whole = idx->type == VDIB_IDX_I16 || idx->type == VDIB_IDX_I32;
    if (idx->type == VDIB_IDX_I8 && low < 0)
        s->shift = 128;
    else if (low < 0 || high > (whole ? 65535 : 255))
        return refuse_values(file, low, high);
    else if (high <= 1)
        s->scale = 1;
    else if (idx->type == VDIB_IDX_I8)
        s->scale = 127;
    else if (high > 255)
        s->scale = 65535;
    return VDIB_OK;
}

/* One image. Weights of red, green and blue: ITU-R BT.601. */
static void take_image(const vdib__idx *idx, const layout *l, const scaling *s, size_t first, float *pixels) {
    static const double weights[3] = {0.299, 0.587, 0.114};
    if (idx->type == VDIB_IDX_U8 && l->channels == 1) { /* what almost all files are */
        for (size_t p = 0; p < l->height * l->width; p++)
            pixels[p] = (float)idx->elements[first + p] / (float)s->scale;
        return;
    }
    for (size_t i = 0; i < l->height; i++)
        for (size_t j = 0; j < l->width; j++) {
            size_t at = first + i * l->row + j * l->column;
            double value = 0;
            if (l->channels == 1)
                value = vdib__idx_at(idx, at);
            else
                for (size_t c = 0; c < 3; c++)
                    value += weights[c] * vdib__idx_at(idx, at + c * l->channel);
            float pixel = (float)(value + s->shift) / (float)s->scale;
            pixels[i * l->width + j] = pixel < 1.0F ? pixel : 1.0F; /* the weights' sum may round above 1 */
        }
}

static bool is_constant(const float *pixels, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (pixels[i] != pixels[0])
            return false;
    return true;
}

static void note_elements(const idx_file *file, const layout *l, const scaling *s, vdib__idx_notes *notes) {
    if (file->idx.type == VDIB_IDX_U8 && l->channels == 1 && file->idx.rank == 3)
        return;
    char shape[VDIB_IDX_SHAPE_TEXT], scale[48] = "as they are";
    if (s->scale != 1)
        snprintf(scale, sizeof scale, "%s/ %d", s->shift != 0 ? "+ 128, " : "", (int)s->scale);
    snprintf(notes->elements, sizeof notes->elements, "%s %s are read as %zu x %zu grey images, values %s",
             vdib__idx_shape(&file->idx, shape), vdib__idx_type_name(file->idx.type), l->height, l->width, scale);
}

static vdib_status take_pixels(const idx_file *file, vdib__images *images, vdib__idx_notes *notes) {
    char shape[VDIB_IDX_SHAPE_TEXT];
    layout l;
    scaling s;
    if (!choose_layout(&file->idx, &l))
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: has %zu dimension%s, %s; images are N x height x width, with colour as a fourth dimension of 3 or "
            "4: convert it",
            file->path, file->idx.rank, vdib__s(file->idx.rank), vdib__idx_shape(&file->idx, shape));
    VDIB_TRY(choose_scaling(file, &s));
    size_t pixels = l.height * l.width;
    images->count = file->idx.sizes[0];
    images->height = l.height;
    images->width = l.width;
    VDIB_TRY(VDIB_NEW(&images->pixels, images->count * pixels));
    for (size_t i = 0; i < images->count; i++) {
        float *image = images->pixels + i * pixels;
        take_image(&file->idx, &l, &s, i * pixels * l.channels, image);
        notes->black += is_constant(image, pixels);
    }
    if (notes->black == images->count)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: all pixels of each of its %zu image%s are the same (black, or blank); these are no images, fetch or "
            "convert them again",
            file->path, images->count, vdib__s(images->count));
    note_elements(file, &l, &s, notes);
    return VDIB_OK;
}

/* ---- labels ---- */

/* The one that is not 0 of a one-hot row; `classes` if it is none. */
static size_t hot_one(const vdib__idx *idx, size_t row, size_t classes) {
    size_t hot = classes;
    for (size_t c = 0; c < classes; c++) {
        double value = vdib__idx_at(idx, row * classes + c);
        if (value != 0 && (value != 1 || hot != classes))
            return classes;
        if (value == 1)
            hot = c;
    }
    return hot;
}

static vdib_status take_label(const idx_file *file, size_t i, uint32_t *label) {
    const vdib__idx *idx = &file->idx;
    size_t classes = idx->sizes[1];
    if (classes > 1) {
        size_t hot = hot_one(idx, i, classes);
        if (hot == classes)
            return vdib__fail(
                VDIB_ERROR_DATA,
                "%s: row %zu of its %zu x %zu labels is not one 1 among 0; labels are N whole numbers, or "
                "one-hot rows: convert it",
                file->path, i, idx->sizes[0], classes);
        *label = (uint32_t)hot;
        return VDIB_OK;
    }
    double value = vdib__idx_at(idx, i);
    if (!(value >= 0 && value < VDIB_MOST_CLASSES) || value != floor(value)) {
        char text[32];
        vdib__format(text, sizeof text, "%g", value);
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: label %s of image %zu is no whole number from 0 to %d; number the classes from 0 on",
                          file->path, text, i, VDIB_MOST_CLASSES - 1);
    }
    *label = (uint32_t)value;
    return VDIB_OK;
}

static vdib_status take_labels(const idx_file *file, const char *images_path, vdib__images *images) {
    char shape[VDIB_IDX_SHAPE_TEXT];
    if (file->idx.rank > 2 || file->idx.sizes[1] > VDIB_MOST_CLASSES)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: has %zu dimension%s, %s; labels are N whole numbers, or N one-hot rows: convert it",
                          file->path, file->idx.rank, vdib__s(file->idx.rank), vdib__idx_shape(&file->idx, shape));
    if (file->idx.sizes[0] != images->count)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: has %zu label%s, but %s has %zu image%s; they are not of one set, fetch both again",
                          file->path, file->idx.sizes[0], vdib__s(file->idx.sizes[0]), images_path, images->count,
                          vdib__s(images->count));
    VDIB_TRY(VDIB_NEW(&images->labels, images->count));
    for (size_t i = 0; i < images->count; i++)
        VDIB_TRY(take_label(file, i, &images->labels[i]));
    return VDIB_OK;
}

vdib_status vdib__idx_load(const char *folder, const char *part, vdib__images *images, vdib__idx_notes *notes) {
    vdib__images made = {0};
    vdib__idx_notes found = {.elements = ""};
    idx_file pixels = {0}, labels = {0};
    vdib_status status = open_file(folder, part, "images", 3, &pixels);
    if (status == VDIB_OK)
        status = open_file(folder, part, "labels", 1, &labels);
    if (status == VDIB_OK)
        status = take_pixels(&pixels, &made, &found);
    if (status == VDIB_OK)
        status = take_labels(&labels, pixels.path, &made);
    close_file(&labels);
    close_file(&pixels);
    if (status != VDIB_OK) {
        vdib__images_free(&made);
        return status;
    }
    *images = made;
    *notes = found;
    return VDIB_OK;
}

void vdib__images_free(vdib__images *images) {
    vdib__free(images->pixels);
    vdib__free(images->labels);
    *images = (vdib__images){0};
}
