/* SPDX-License-Identifier: MIT */
#include "events/readers/npz_signs.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"

enum { SIGNS = 2, BLOCK = VDIB_NPY_BLOCK };
static const char *const names[SIGNS] = {"pos.npy", "neg.npy"};

/* The events of one polarity. */
typedef struct side {
    vdib__bytes array;
    vdib__npy_events events;
    vdib_event ready[BLOCK]; /* (count), the first `next` were delivered */
    size_t next, count;
    bool ended;
} side;

struct vdib__npz_signs {
    side sides[SIGNS]; /* ON, OFF */
};

/* The place of an array; the count of files: it is not there. */
static size_t find(const vdib__zip *zip, const char *name) {
    size_t i = 0;
    while (i < vdib__zip_count(zip) && strcmp(vdib__zip_name(zip, i), name) != 0)
        i++;
    return i;
}

bool vdib__npz_signs_are(const vdib__zip *zip) {
    return find(zip, names[0]) < vdib__zip_count(zip) && find(zip, names[1]) < vdib__zip_count(zip);
}

static vdib_status open_side(side *s, const vdib__zip *zip, const char *name, vdib_events_info *info) {
    static const int places[VDIB_NPY_ROLES] = {2, 1, 0, -1}; /* row, column, time */
    vdib__npy *header = NULL;
    VDIB_TRY(VDIB_NEW(&header, 1));
    vdib_status status = vdib__zip_member(zip, find(zip, name), &s->array);
    if (status == VDIB_OK)
        status = vdib__npy_header(&s->array, header);
    if (status == VDIB_OK && (vdib__npy_is_record(header) || header->rank != 2 || header->shape[1] != 3))
        status = vdib__fail(VDIB_ERROR_FORMAT,
                            "%s: has no rows of three numbers (row, column and time, as ES-ImageNet has them); save an "
                            "array each of t, x, y and p",
                            s->array.path);
    if (status == VDIB_OK)
        status = vdib__npy_events_in_order(&s->array, header, places, &s->events);
    if (status == VDIB_OK)
        status = vdib__npy_events_begin(&s->events, info);
    vdib__free(header);
    return status;
}

vdib_status vdib__npz_signs_open(vdib__bytes *bytes, const vdib__zip *zip, vdib_events_info *info,
                                 vdib__npz_signs **signs) {
    vdib__npz_signs *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; status == VDIB_OK && i < SIGNS; i++) {
        const char *unit = info->unit; /* that was asked for */
        made->sides[i].events.bytes = bytes;
        status = open_side(&made->sides[i], zip, names[i], info);
        info->unit = i + 1 < SIGNS ? unit : info->unit;
    }
    if (status != VDIB_OK) {
        vdib__npz_signs_close(made);
        return status;
    }
    info->polarities = "two arrays: pos is ON, neg is OFF";
    *signs = made;
    return VDIB_OK;
}

static vdib_status fill(side *s, bool on, vdib_events_info *info) {
    const size_t unpolarized = info->unpolarized; /* which these are not */
    s->next = s->count = 0;
    VDIB_TRY(vdib__npy_events_read(&s->events, info, s->ready, BLOCK, &s->count));
    info->unpolarized = unpolarized;
    s->ended = s->count == 0;
    for (size_t i = 0; i < s->count; i++)
        s->ready[i].polarity = on;
    return VDIB_OK;
}

vdib_status vdib__npz_signs_read(vdib__npz_signs *signs, vdib_events_info *info, vdib_event *events, size_t capacity,
                                 size_t *count) {
    side *on = &signs->sides[0], *off = &signs->sides[1];
    for (*count = 0; *count < capacity; ++*count) {
        for (size_t i = 0; i < SIGNS; i++)
            if (signs->sides[i].next == signs->sides[i].count && !signs->sides[i].ended)
                VDIB_TRY(fill(&signs->sides[i], i == 0, info));
        if (on->ended && off->ended)
            break;
        bool first = off->ended || (!on->ended && on->ready[on->next].t <= off->ready[off->next].t);
        side *from = first ? on : off;
        events[*count] = from->ready[from->next++];
    }
    return VDIB_OK;
}

void vdib__npz_signs_close(vdib__npz_signs *signs) {
    for (size_t i = 0; signs != NULL && i < SIGNS; i++) {
        vdib__npy_events_close(&signs->sides[i].events);
        vdib__bytes_close(&signs->sides[i].array);
    }
    vdib__free(signs);
}
