/* SPDX-License-Identifier: MIT */
/* NPY arrays as targets: vectors, grey and colour images, channels first or last. */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "data/targets/picture.h"
#include "events/readers/npy_header.h"

/* Where element (channel, row, column) stands. */
typedef struct strides {
    size_t channel, row, column;
} strides;

static uint64_t word_of(const uint8_t *at, size_t size, bool big) {
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)at[big ? size - 1 - i : i] << 8 * i;
    return word;
}

/* IEEE 754 half precision. */
static double half_of(uint64_t bits) {
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023), value;
    if (exponent == 31)
        value = fraction != 0.0 ? (double)NAN : (double)INFINITY;
    else
        value = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024.0 + fraction, exponent - 25);
    return (bits >> 15) != 0 ? -value : value;
}

static double float_of(uint64_t bits, size_t size) {
    double wide = 0;
    float single = 0;
    uint32_t low = (uint32_t)bits;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&single, &low, sizeof single);
    return size == 8 ? wide : size == 4 ? (double)single : half_of(bits);
}

static double number_of(const vdib__npy_field *field, const uint8_t *at) {
    uint64_t word = word_of(at, field->size, field->big);
    if (field->kind == 'f')
        return float_of(word, field->size);
    if (field->kind != 'i')
        return (double)word;
    uint64_t sign = (uint64_t)1 << (8 * field->size - 1); /* two's complement */
    return (word & sign) != 0 ? -(double)(~word & (sign - 1)) - 1.0 : (double)word;
}

static bool is_number(const vdib__npy *header) {
    const vdib__npy_field *f = &header->fields[0];
    bool whole = f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8;
    return header->count == 1 && f->name[0] == '\0' && whole &&
           (f->kind == 'u' || f->kind == 'i' || (f->kind == 'b' && f->size == 1) || (f->kind == 'f' && f->size > 1));
}

/* (channels, height, width) of an array of this shape, and its strides in elements. */
static vdib_status shape_of(const char *path, const vdib__npy *h, vdib__picture *shape, strides *s) {
    size_t n[3] = {1, 1, 1}, step[3], first = 0;
    if (h->rank < 1 || h->rank > 3)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: an array of rank %zu; a target is (N), (H, W), (C, H, W) or (H, W, C) with C 1 or 3",
                          path, h->rank);
    for (size_t i = 0; i < h->rank; i++) {
        if (h->shape[i] < 1 || h->shape[i] > (h->rank == 1 ? 1U << 26 : VDIB_PICTURE_SIDE))
            return vdib__fail(VDIB_ERROR_DATA, "%s: axis %zu of its array has %llu elements; 1 to %d are possible",
                              path, i, (unsigned long long)h->shape[i],
                              h->rank == 1 ? 1 << 26 : (int)VDIB_PICTURE_SIDE);
        n[3 - h->rank + i] = (size_t)h->shape[i];
    }
    for (size_t i = 0; i < 3; i++) {
        step[i] = 1;
        for (size_t other = h->fortran ? 0 : i + 1; other < (h->fortran ? i : 3); other++)
            step[i] *= n[other];
    }
    bool last = h->rank == 3 && n[0] != 1 && n[0] != 3;
    if (last && n[2] != 1 && n[2] != 3)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: an array of %zu x %zu x %zu; the first or the last axis must be 1 (grey) or 3 (colour)",
                          path, n[0], n[1], n[2]);
    first = last ? 2 : 0;
    *shape = (vdib__picture){.channels = n[first], .height = n[last ? 0 : 1], .width = n[last ? 1 : 2]};
    *s = (strides){step[first], step[last ? 0 : 1], step[last ? 1 : 2]};
    return VDIB_OK;
}

/* What whole numbers are divided by. */
static double scale_of(const vdib__npy_field *field, vdib__picture_range range, vdib__picture *picture) {
    if (range != VDIB_RANGE_UNIT || field->kind != 'u')
        return 1.0;
    picture->remarks |= VDIB_PICTURE_SCALED;
    return ldexp(1.0, (int)(8 * field->size)) - 1.0;
}

static vdib_status check_value(const char *path, double value, vdib__picture_range range, size_t c, size_t y,
                               size_t x) {
    if (!isfinite(value) || fabs(value) > 1e30)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: element (%zu, %zu, %zu) is not a finite number, 10^30 at most; save finite ones, or leave the "
            "example out",
            path, c, y, x);
    if (range == VDIB_RANGE_UNIT && (value < 0 || value > 1))
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: element (%zu, %zu, %zu) is outside 0 to 1, where brightness lies; scale the array, or "
                          "train with data.target=values",
                          path, c, y, x);
    return VDIB_OK;
}

static vdib_status take_values(const char *path, const vdib__npy *header, const uint8_t *elements, const strides *s,
                               vdib__picture_range range, vdib__picture *picture) {
    double scale = scale_of(&header->fields[0], range, picture);
    float *to = picture->values;
    for (size_t c = 0; c < picture->channels; c++)
        for (size_t y = 0; y < picture->height; y++)
            for (size_t x = 0; x < picture->width; x++) {
                size_t place = c * s->channel + y * s->row + x * s->column;
                double value = number_of(&header->fields[0], elements + place * header->item) / scale;
                VDIB_TRY(check_value(path, value, range, c, y, x));
                *to++ = (float)value;
            }
    return VDIB_OK;
}

vdib_status vdib__array_decode(const char *path, const uint8_t *bytes, size_t size, vdib__picture_range range,
                               vdib__picture *picture) {
    vdib__bytes input;
    vdib__npy header;
    vdib__picture shape = {0};
    strides s = {0};
    vdib__bytes_of(path, bytes, size, &input);
    VDIB_TRY(vdib__npy_header(&input, &header));
    if (!is_number(&header))
        return vdib__fail(VDIB_ERROR_DATA, "%s: its elements are no numbers of 8 to 64 bits; save a float32 array",
                          path);
    VDIB_TRY(shape_of(path, &header, &shape, &s));
    size_t values = shape.channels * shape.height * shape.width;
    if (values > (size - (size_t)input.offset) / header.item)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: ends before the last of its %zu elements; save it again",
                          path, size, values);
    *picture = shape;
    VDIB_TRY(VDIB_NEW(&picture->values, values));
    return take_values(path, &header, bytes + input.offset, &s, range, picture);
}
