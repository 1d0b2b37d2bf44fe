/* SPDX-License-Identifier: MIT */
/* MATLAB's files of version 5 (`.mat`): a vector for each column, as variables or as the fields of a structure, found
 * by their names, or one matrix of rows. Version 7.3 is HDF5. */
#include "events/readers/mat5.h"

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/reader.h"
#include "events/readers/npy_events.h"

enum { ROLES = VDIB_NPY_ROLES };

typedef struct mat5 {
    vdib__npy_events events;
    vdib__bytes array; /* where it holds all columns */
} mat5;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__mat5_is(head->bytes, head->count) ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

/* ---- a vector for each column ---- */

/* The columns among the arrays of a group; false: there are no events. */
static bool find_columns(const vdib__mat5 *mat, const char *group, vdib__columns *columns) {
    *columns = vdib__columns_none;
    for (size_t i = 0; i < mat->count; i++)
        if (strcmp(mat->arrays[i].group, group) == 0)
            (void)vdib__columns_name(columns, (int)i, mat->arrays[i].name, strlen(mat->arrays[i].name));
    return vdib__columns_complete(columns);
}

static vdib_status place_column(mat5 *s, const vdib__mat5_array *array, size_t role) {
    vdib__npy_column *c = &s->events.of[role];
    uint64_t count = 0;
    if (!vdib__npy_is_list(&array->type, &count))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s is no vector; save a number an event", s->events.bytes->path,
                          array->name);
    if (role > 0 && count != s->events.rows)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s has %llu numbers, the times are %llu; save as many of each",
                          s->events.bytes->path, array->name, (unsigned long long)count,
                          (unsigned long long)s->events.rows);
    VDIB_TRY(vdib__mat5_open(s->events.bytes, array, &c->own));
    c->bytes = &c->own;
    c->present = true;
    c->stride = array->type.item;
    c->field = array->type.fields[0];
    s->events.rows = count;
    return VDIB_OK;
}

static vdib_status place_columns(mat5 *s, const vdib__mat5 *mat) {
    const int places[ROLES] = {s->events.columns.t, s->events.columns.x, s->events.columns.y, s->events.columns.p};
    for (size_t r = 0; r < ROLES; r++)
        if (places[r] >= 0)
            VDIB_TRY(place_column(s, &mat->arrays[places[r]], r));
    return VDIB_OK;
}

/* ---- one matrix ---- */

/* "TD.x, TD.y", as many as fit. */
static void list_arrays(const vdib__mat5 *mat, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "%s", mat->count > 0 ? "" : "nothing else");
    for (size_t i = 0; i < mat->count && used + 1 < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s%s%s", i > 0 ? ", " : "", mat->arrays[i].group,
                                 mat->arrays[i].group[0] != '\0' ? "." : "", mat->arrays[i].name);
}

/* The matrix that holds events by its shape: the only one of four columns, else of five or three. */
static vdib_status place_matrix(mat5 *s, const vdib__mat5 *mat) {
    vdib__npy_likeness best = VDIB_NPY_OTHER;
    size_t found = 0, alike = 0;
    char names[256];
    for (size_t i = 0; i < mat->count; i++) {
        uint64_t count = 0;
        vdib__npy_likeness like = vdib__npy_events_like(&mat->arrays[i].type);
        if (vdib__npy_is_list(&mat->arrays[i].type, &count) || like == VDIB_NPY_OTHER || like < best)
            continue;
        alike = like > best ? 1 : alike + 1;
        best = like;
        found = i;
    }
    if (alike == 1) {
        VDIB_TRY(vdib__mat5_open(s->events.bytes, &mat->arrays[found], &s->array));
        return vdib__npy_events_of(&s->array, &mat->arrays[found].type, &s->events);
    }
    if (mat->cut)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %llu: ends inside a variable; fetch it again",
                          s->events.bytes->path, (unsigned long long)s->events.bytes->size);
    list_arrays(mat, names, sizeof names);
    return vdib__fail(
        VDIB_ERROR_FORMAT,
        "%s: holds no vectors t and x of events, nor one matrix of rows, but %s; save vectors t, x, y and "
        "p",
        s->events.bytes->path, names);
}

/* ---- the reader ---- */

static void close_mat5(void *state) {
    mat5 *s = state;
    if (s == NULL)
        return;
    vdib__npy_events_close(&s->events);
    vdib__bytes_close(&s->array);
    vdib__free(s);
}

static vdib_status set_up(mat5 *s, vdib_events_info *info) {
    vdib__mat5 *mat = NULL;
    bool found = false;
    VDIB_TRY(VDIB_NEW(&mat, 1));
    vdib_status status = vdib__mat5_list(s->events.bytes, mat);
    for (size_t i = 0; status == VDIB_OK && i < mat->count && !found; i++)
        found = find_columns(mat, mat->arrays[i].group, &s->events.columns);
    if (status == VDIB_OK && !found && vdib__columns_are_boxes(&s->events.columns))
        status = vdib__fail(VDIB_ERROR_FORMAT, VDIB_COLUMNS_BOXES, s->events.bytes->path);
    if (status == VDIB_OK)
        status = found ? place_columns(s, mat) : place_matrix(s, mat);
    if (status == VDIB_OK)
        status = vdib__npy_events_begin(&s->events, info);
    if (status == VDIB_OK && mat->cut)
        vdib__bytes_blame(s->events.bytes, s->events.bytes->size, "the file ends inside a variable", &info->truncated,
                          1);
    vdib__free(mat);
    return status;
}

static vdib_status open_mat5(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    mat5 *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->events.bytes = bytes;
    vdib_status status = set_up(made, info);
    if (status != VDIB_OK) {
        close_mat5(made);
        return status;
    }
    *state = made;
    return VDIB_OK;
}

static vdib_status read_mat5(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    mat5 *s = state;
    return vdib__npy_events_read(&s->events, info, events, capacity, count);
}

extern const vdib__event_reader vdib__reader_mat5;
const vdib__event_reader vdib__reader_mat5 = {
    .name = "mat5",
    .help = "MATLAB, version 5",
    .endings = ".mat",
    .common_endings = true,
    .columns = true,
    .seeks = true,
    .detect = detect,
    .open = open_mat5,
    .read = read_mat5,
    .close = close_mat5,
};
