/* SPDX-License-Identifier: MIT */
/* Convolutions as matrix products: gathering the patches that outputs read, and the adjoint. */
#include <string.h>

#include "decoder/layers.h"

/* Outputs lo .. hi - 1 of a row read inside the input at kernel column kx; output o reads o * stride + kx - padding. */
typedef struct span {
    size_t lo, hi;
} span;

static span inside(const vdib__layer *layer, size_t kx) {
    span s = {0, 0};
    if (layer->in_width + layer->padding <= kx)
        return s;
    s.hi = (layer->in_width - 1 + layer->padding - kx) / layer->stride + 1;
    s.hi = s.hi < layer->out_width ? s.hi : layer->out_width;
    s.lo = layer->padding > kx ? (layer->padding - kx + layer->stride - 1) / layer->stride : 0;
    s.lo = s.lo < s.hi ? s.lo : s.hi;
    return s;
}

/* Whether output row `row` reads inside the input at kernel row ky, and which input row. */
static bool input_row(const vdib__layer *layer, size_t row, size_t ky, size_t *place) {
    if (layer->kind == VDIB_LAYER_CONV1D) {
        *place = 0;
        return true;
    }
    size_t padded = row * layer->stride + ky;
    *place = padded - layer->padding;
    return padded >= layer->padding && padded - layer->padding < layer->in_height;
}

/* One output row of one kernel tap: line (out_width) from an input row (in_width). */
static void gather_line(const vdib__layer *layer, const float *row, size_t kx, span s, float *line) {
    memset(line, 0, s.lo * sizeof *line);
    memset(line + s.hi, 0, (layer->out_width - s.hi) * sizeof *line);
    if (s.lo == s.hi)
        return;
    row += s.lo * layer->stride + kx - layer->padding;
    line += s.lo;
    size_t count = s.hi - s.lo;
    if (layer->stride == 1)
        memcpy(line, row, count * sizeof *line);
    else
        for (size_t i = 0; i < count; i++)
            line[i] = row[i * layer->stride];
}

static void scatter_line(const vdib__layer *layer, const float *line, size_t kx, span s, float *row) {
    if (s.lo == s.hi)
        return;
    row += s.lo * layer->stride + kx - layer->padding;
    line += s.lo;
    size_t count = s.hi - s.lo;
    if (layer->stride == 1)
        for (size_t i = 0; i < count; i++)
            row[i] += line[i];
    else
        for (size_t i = 0; i < count; i++)
            row[i * layer->stride] += line[i];
}

void vdib__patches_gather(const vdib__layer *layer, const float *input, size_t first_row, size_t rows, float *patches) {
    size_t width = layer->out_width, height = vdib__kernel_height(layer);
    for (size_t c = 0; c < layer->in_channels; c++, input += layer->in_height * layer->in_width)
        for (size_t ky = 0; ky < height; ky++)
            for (size_t kx = 0; kx < layer->kernel; kx++) {
                span s = inside(layer, kx);
                for (size_t r = 0; r < rows; r++, patches += width) {
                    size_t place;
                    if (input_row(layer, first_row + r, ky, &place))
                        gather_line(layer, input + place * layer->in_width, kx, s, patches);
                    else
                        memset(patches, 0, width * sizeof *patches);
                }
            }
}

void vdib__patches_scatter(const vdib__layer *layer, const float *patches, size_t first_row, size_t rows,
                           float *input_gradient) {
    size_t width = layer->out_width, height = vdib__kernel_height(layer);
    for (size_t c = 0; c < layer->in_channels; c++, input_gradient += layer->in_height * layer->in_width)
        for (size_t ky = 0; ky < height; ky++)
            for (size_t kx = 0; kx < layer->kernel; kx++) {
                span s = inside(layer, kx);
                for (size_t r = 0; r < rows; r++, patches += width) {
                    size_t place;
                    if (input_row(layer, first_row + r, ky, &place))
                        scatter_line(layer, patches, kx, s, input_gradient + place * layer->in_width);
                }
            }
}
