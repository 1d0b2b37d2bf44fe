/* SPDX-License-Identifier: MIT */
#include "learn/divided.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"

void vdib__divided_init(vdib__divided *divided) {
    *divided = (vdib__divided){.count = 0};
    pthread_mutex_init(&divided->lock, NULL);
}

void vdib__divided_free(vdib__divided *divided) {
    vdib__free(divided->places);
    pthread_mutex_destroy(&divided->lock);
}

void vdib__divided_begin(vdib__divided *divided) {
    divided->count = 0;
    divided->status = VDIB_OK;
}

void vdib__divided_note(vdib__divided *divided, const vdib__gradient_piece *piece) {
    pthread_mutex_lock(&divided->lock);
    vdib_status status = VDIB_RESERVE(&divided->places, &divided->capacity, divided->count + 1);
    if (status == VDIB_OK)
        divided->places[divided->count++] =
            (vdib__place){.offset = piece->offset, .stride = piece->stride, .rows = piece->rows, .width = piece->width};
    else
        divided->status = status;
    pthread_mutex_unlock(&divided->lock);
}

/* Arrays that are laid out as the parameters from `first` on. */
typedef struct arrays {
    float *values[3];
    size_t count, first, size;
} arrays;

static void put_place(vdib__ranks *ranks, const vdib__place *place, const arrays *of) {
    vdib__ranks_put(ranks, place, sizeof *place);
    for (size_t a = 0; a < of->count; a++) {
        float *room = vdib__ranks_room(ranks, place->rows * place->width * sizeof *room);
        const float *from = of->values[a] + (place->offset - of->first);
        for (size_t row = 0; row < place->rows && room != NULL; row++)
            memcpy(room + row * place->width, from + row * place->stride, place->width * sizeof *room);
    }
}

static void put_places(const vdib__divided *divided, vdib__ranks *ranks, const arrays *of) {
    uint64_t count = divided->count;
    vdib__ranks_put(ranks, &count, sizeof count);
    for (size_t p = 0; p < divided->count; p++)
        put_place(ranks, &divided->places[p], of);
}

/* A place of another rank must lie within the arrays. */
static bool lies_within(const vdib__place *place, const arrays *of) {
    uint64_t last = 0, most = of->size;
    return place->rows > 0 && place->rows <= most && place->width <= most && place->offset >= of->first &&
           !__builtin_mul_overflow(place->rows - 1, place->stride, &last) && last <= most &&
           place->width <= most - last && place->offset - of->first <= most - last - place->width;
}

static vdib_status take_place(vdib__ranks *ranks, size_t rank, const arrays *of) {
    vdib__place place;
    VDIB_TRY(vdib__ranks_take(ranks, rank, &place, sizeof place));
    if (!lies_within(&place, of))
        return vdib__fail(VDIB_ERROR_FORMAT, "rank %zu sent weights of another model; do all ranks run the same one?",
                          rank);
    for (size_t a = 0; a < of->count; a++) {
        const void *sent = NULL;
        float *to = of->values[a] + (place.offset - of->first);
        VDIB_TRY(vdib__ranks_view(ranks, rank, place.rows * place.width * sizeof *to, &sent));
        for (size_t row = 0; row < place.rows; row++)
            memcpy(to + row * place.stride, (const float *)sent + row * place.width, place.width * sizeof *to);
    }
    return VDIB_OK;
}

static vdib_status take_places(vdib__ranks *ranks, size_t rank, const arrays *of) {
    uint64_t count = 0;
    VDIB_TRY(vdib__ranks_take(ranks, rank, &count, sizeof count));
    for (uint64_t p = 0; p < count; p++)
        VDIB_TRY(take_place(ranks, rank, of));
    return VDIB_OK;
}

static void put_moved(vdib__ranks *ranks, const vdib__optimizer *optimizer) {
    for (size_t r = 0; r < optimizer->row_tensors; r++)
        vdib__ranks_put(ranks, optimizer->rows[r].moved, optimizer->rows[r].rows * sizeof(bool));
}

static vdib_status take_moved(vdib__ranks *ranks, size_t rank, vdib__optimizer *optimizer) {
    for (size_t r = 0; r < optimizer->row_tensors; r++) {
        vdib__optimizer_rows *rows = &optimizer->rows[r];
        const void *sent = NULL;
        VDIB_TRY(vdib__ranks_view(ranks, rank, rows->rows * sizeof(bool), &sent));
        for (size_t row = 0; row < rows->rows; row++)
            rows->moved[row] = rows->moved[row] || ((const unsigned char *)sent)[row] != 0;
    }
    return VDIB_OK;
}

vdib_status vdib__divided_share(vdib__divided *divided, vdib__ranks *ranks, vdib__optimizer *optimizer,
                                float *parameters) {
    const arrays of = {.values = {parameters + optimizer->first_parameter},
                       .count = 1,
                       .first = optimizer->first_parameter,
                       .size = optimizer->count};
    VDIB_TRY(divided->status);
    put_moved(ranks, optimizer);
    put_places(divided, ranks, &of);
    VDIB_TRY(vdib__ranks_gather(ranks));
    for (size_t r = 0; r < vdib__ranks_count(ranks); r++) {
        VDIB_TRY(take_moved(ranks, r, optimizer));
        if (r != vdib__ranks_own(ranks))
            VDIB_TRY(take_places(ranks, r, &of));
    }
    divided->scattered = true;
    return VDIB_OK;
}

vdib_status vdib__divided_collect(vdib__divided *divided, vdib__ranks *ranks, vdib__optimizer *optimizer) {
    arrays of = {.first = optimizer->first_parameter, .size = optimizer->count};
    float *const state[] = {optimizer->first, optimizer->second, optimizer->average};
    if (!divided->scattered)
        return VDIB_OK;
    for (size_t a = 0; a < sizeof state / sizeof *state; a++)
        if (state[a] != NULL)
            of.values[of.count++] = state[a];
    put_places(divided, ranks, &of);
    VDIB_TRY(vdib__ranks_gather(ranks));
    for (size_t r = 0; r < vdib__ranks_count(ranks); r++)
        if (r != vdib__ranks_own(ranks))
            VDIB_TRY(take_places(ranks, r, &of));
    divided->scattered = false;
    return VDIB_OK;
}
