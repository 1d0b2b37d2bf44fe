/* SPDX-License-Identifier: MIT */
#include "events/readers/npy_values.h"

#include <math.h>
#include <string.h>

#include "events/words.h"

#define LARGEST ((int64_t)1 << 62)

/* ---- one number ---- */

bool vdib__npy_is_number(const vdib__npy_field *field) {
    bool size = field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;
    return size &&
           (field->kind == 'i' || field->kind == 'u' || field->kind == 'b' || (field->kind == 'f' && field->size > 1));
}

/* `size` bytes as a whole number. */
static uint64_t whole_at(const vdib__npy_field *field, const uint8_t *at) {
    uint64_t value = 0;
    if (!field->big && field->size != 1)
        return field->size == 8 ? vdib__little64(at) : field->size == 4 ? vdib__little32(at) : vdib__little16(at);
    for (size_t i = 0; i < field->size; i++)
        value = value << 8 | at[field->big ? i : field->size - 1 - i];
    return value;
}

static double half_value(uint64_t bits) {
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023) / 1024.0, sign = bits >> 15 != 0 ? -1.0 : 1.0;
    if (exponent == 31)
        return NAN;
    return sign * (exponent == 0 ? ldexp(fraction, -14) : ldexp(1.0 + fraction, exponent - 15));
}

static double single_value(uint32_t bits) {
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static double double_value(uint64_t bits) {
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double real_of(const vdib__npy_field *field, uint64_t bits) {
    return field->size == 2 ? half_value(bits) : field->size == 4 ? single_value((uint32_t)bits) : double_value(bits);
}

bool vdib__npy_number(const vdib__npy_field *field, const uint8_t *at, vdib__number *number) {
    uint64_t bits = whole_at(field, at);
    *number = (vdib__number){.is_real = field->kind == 'f'};
    if (field->kind == 'f') {
        number->real = real_of(field, bits);
        return true;
    }
    unsigned unused = 64 - 8 * (unsigned)field->size;
    number->whole = field->kind == 'i' ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
    return field->kind == 'i' ? number->whole != INT64_MIN : number->whole >= 0; /* the least is no time, NaT */
}

/* ---- many ---- */

/* Whole numbers, little endian, as they are; false if the type is another one. */
static bool read_whole(const vdib__npy_field *field, const uint8_t *at, size_t stride, size_t rows, int64_t *values) {
#define READ(value)                                                                                                    \
    do                                                                                                                 \
        for (size_t i = 0; i < rows; i++, at += stride)                                                                \
            values[i] = (value);                                                                                       \
    while (0)
    bool is_signed = field->kind == 'i';
    if (field->size == 1 && is_signed)
        READ((int8_t)*at);
    else if (field->size == 1)
        READ(*at);
    else if (field->big)
        return false;
    else if (field->size == 2 && is_signed)
        READ((int16_t)vdib__little16(at));
    else if (field->size == 2)
        READ(vdib__little16(at));
    else if (field->size == 4 && is_signed)
        READ((int32_t)vdib__little32(at));
    else if (field->size == 4)
        READ(vdib__little32(at));
    else /* the largest ones of those without a sign are negative then, and small */
        READ((int64_t)vdib__little64(at));
    return true;
#undef READ
}

/* Of 8 bytes: what is beyond 62 bits, or has no sign and the uppermost bit, is none. */
static void leave_out_large(bool is_signed, size_t rows, int64_t *values) {
    const int64_t least = is_signed ? -LARGEST : -1;
    for (size_t i = 0; i < rows; i++)
        values[i] = values[i] < LARGEST && values[i] > least ? values[i] : VDIB_NPY_NONE;
}

/* A real number, scaled. */
static int64_t round_real(double scaled, bool exact) {
    if (!(fabs(scaled) < (double)LARGEST))
        return VDIB_NPY_NONE;
    int64_t whole = (int64_t)scaled;
    double rest = scaled - (double)whole; /* exact: 0 where a double has no fraction any more */
    if (exact)
        return rest == 0 ? whole : VDIB_NPY_NONE;
    return whole + (rest >= 0.5) - (rest <= -0.5);
}

static void read_reals(const vdib__npy_field *field, const uint8_t *at, size_t stride, size_t rows, int power,
                       bool exact, int64_t *values) {
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    const double by = powers[power >= 0 ? power : -power];
    for (size_t i = 0; i < rows; i++, at += stride) {
        double value = field->size == 8 ? double_value(vdib__little64(at)) : single_value(vdib__little32(at));
        values[i] = round_real(power >= 0 ? value * by : value / by, exact);
    }
}

static void read_each(const vdib__npy_field *field, const uint8_t *at, size_t stride, size_t rows, int power,
                      bool exact, int64_t *values) {
    for (size_t i = 0; i < rows; i++, at += stride) {
        vdib__number number;
        bool whole = true;
        if (!vdib__npy_number(field, at, &number) || !vdib__number_scale(&number, power, &values[i], &whole) ||
            (exact && !whole))
            values[i] = VDIB_NPY_NONE;
    }
}

void vdib__npy_values(const vdib__npy_field *field, const uint8_t *at, size_t stride, size_t rows, int power,
                      bool exact, int64_t *values) {
    bool is_real = field->kind == 'f';
    if (is_real && !field->big && field->size >= 4)
        read_reals(field, at, stride, rows, power, exact, values);
    else if (is_real || power != 0 || !read_whole(field, at, stride, rows, values))
        read_each(field, at, stride, rows, power, exact, values);
    else if (field->size == 8)
        leave_out_large(field->kind == 'i', rows, values);
}
