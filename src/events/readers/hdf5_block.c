/* SPDX-License-Identifier: MIT */
/* Columns of numbers as events. */
#include <math.h>

#include "events/readers/hdf5_layout.h"

enum { PIECE = 512 /* events that are decoded together */ };
#define MOST_TIME ((int64_t)1 << 62)

static double real_at(const vdib__hdf5_block *b, size_t role, size_t row) {
    return b->array[role] != NULL ? vdib__hdf5_real(b->array[role], row * b->stride[role] + b->offset[role])
                                  : (double)NAN;
}

size_t vdib__hdf5_block_sample(const vdib__hdf5_block *block, size_t most, double *rows) {
    size_t count = block->count < most ? block->count : most;
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < VDIB_HDF5_ROLES; r++)
            rows[i * VDIB_HDF5_ROLES + r] = real_at(block, r, i);
    return count;
}

static bool is_real(const vdib__hdf5_array *array) {
    return array != NULL && (array->type == VDIB_HDF5_FLOAT32 || array->type == VDIB_HDF5_FLOAT64);
}

/* ---- whole numbers ---- */

#define SPREAD(type, ctype)                                                                                            \
    case type:                                                                                                         \
        for (size_t i = 0; i < count; i++)                                                                             \
            to[i] = (int64_t)((const ctype *)array->values)[at + i * stride];                                          \
        break;

/* Numbers of a column from row `first` on. */
static void whole_numbers(const vdib__hdf5_block *b, size_t role, size_t first, size_t count, int64_t *to) {
    const vdib__hdf5_array *array = b->array[role];
    size_t stride = b->stride[role], at = first * stride + b->offset[role];
    switch (array->type) {
        SPREAD(VDIB_HDF5_INT8, int8_t)
        SPREAD(VDIB_HDF5_INT16, int16_t)
        SPREAD(VDIB_HDF5_INT32, int32_t)
        SPREAD(VDIB_HDF5_INT64, int64_t)
        SPREAD(VDIB_HDF5_UINT8, uint8_t)
        SPREAD(VDIB_HDF5_UINT16, uint16_t)
        SPREAD(VDIB_HDF5_UINT32, uint32_t)
    default: /* what has more than 63 bits is none, as is what is no number */
        for (size_t i = 0; i < count; i++)
            to[i] = vdib__hdf5_whole(array, at + i * stride);
    }
}

/* Rows of which all are whole numbers, in microseconds: how many of the `count` are events. */
static size_t decode_whole(const vdib__hdf5_block *b, const vdib__hdf5_events *how, size_t first, size_t count,
                           vdib_event *events) {
    int64_t t[PIECE], x[PIECE], y[PIECE] = {0}, p[PIECE];
    size_t made = 0;
    whole_numbers(b, VDIB_HDF5_T, first, count, t);
    whole_numbers(b, VDIB_HDF5_X, first, count, x);
    if (b->array[VDIB_HDF5_Y] != NULL)
        whole_numbers(b, VDIB_HDF5_Y, first, count, y);
    if (b->array[VDIB_HDF5_P] != NULL)
        whole_numbers(b, VDIB_HDF5_P, first, count, p);
    else
        for (size_t i = 0; i < count; i++)
            p[i] = 1;
    const int off = how->columns.off, least = off > 0 ? 0 : -1;
    for (size_t i = 0; i < count; i++) {
        p[i] -= off; /* 0 without polarity */
        bool good = (uint64_t)x[i] <= UINT16_MAX && (uint64_t)y[i] <= UINT16_MAX && p[i] >= least && p[i] <= 1 &&
                    t[i] < MOST_TIME && t[i] > -MOST_TIME;
        events[made] = (vdib_event){
            .t = good ? t[i] + how->offset_us : 0, .x = (uint16_t)x[i], .y = (uint16_t)y[i], .polarity = p[i] == 1};
        made += good;
    }
    return made;
}

/* ---- others ---- */

static vdib__number number_at(const vdib__hdf5_block *b, size_t role, size_t row) {
    const vdib__hdf5_array *array = b->array[role];
    size_t at = row * b->stride[role] + b->offset[role];
    vdib__number number = {.is_real = is_real(array)};
    if (number.is_real)
        number.real = vdib__hdf5_real(array, at);
    else
        number.whole = vdib__hdf5_whole(array, at);
    return number;
}

static bool decode_one(const vdib__hdf5_block *b, const vdib__hdf5_events *how, size_t row, vdib_event *event,
                       size_t *rounded) {
    vdib__number numbers[VDIB_HDF5_ROLES];
    const vdib__number *given[VDIB_HDF5_ROLES] = {NULL};
    for (size_t r = 0; r < VDIB_HDF5_ROLES; r++) {
        if (b->array[r] == NULL)
            continue;
        numbers[r] = number_at(b, r, row);
        given[r] = &numbers[r];
    }
    if (!vdib__columns_event(&how->columns, given[0], given[1], given[2], given[3], event, rounded))
        return false;
    event->t += how->offset_us;
    return true;
}

void vdib__hdf5_block_decode(const vdib__hdf5_block *block, const vdib__hdf5_events *how, size_t first,
                             vdib_event *events, size_t capacity, size_t *taken, size_t *count, size_t *rounded) {
    bool reals = how->columns.power != 0;
    for (size_t r = 0; r < VDIB_HDF5_ROLES; r++)
        reals = reals || is_real(block->array[r]);
    *taken = *count = 0;
    while (first + *taken < block->count && *count < capacity) {
        size_t left = block->count - first - *taken, room = capacity - *count, piece = left < room ? left : room;
        if (reals) {
            *count += decode_one(block, how, first + *taken, &events[*count], rounded);
            ++*taken;
        } else {
            piece = piece < PIECE ? piece : PIECE;
            *count += decode_whole(block, how, first + *taken, piece, events + *count);
            *taken += piece;
        }
    }
}
