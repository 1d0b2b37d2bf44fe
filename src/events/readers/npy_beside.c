/* SPDX-License-Identifier: MIT */
#include "events/readers/npy_beside.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

enum { ROLES = VDIB_NPY_ROLES, MOST = 256 /* arrays of one name */ };

/* The arrays of a folder whose names begin alike. */
typedef struct search {
    const char *begin; /* (length) of these names */
    size_t length;
    vdib__columns columns;
    size_t count;
    char *paths[MOST]; /* (count) */
} search;

static const char *name_in(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_array(const char *name, size_t *length) {
    *length = strlen(name);
    if (*length <= 4 || !vdib__same_word(name + *length - 4, ".npy"))
        return false;
    *length -= 4;
    return true;
}

static vdib_status look(void *user, const char *path, const char *name) {
    search *s = user;
    size_t length = 0;
    if (s->count == MOST || strncmp(name, s->begin, s->length) != 0 || !is_array(name + s->length, &length))
        return VDIB_OK;
    if (!vdib__columns_name(&s->columns, (int)s->count, name + s->length, length))
        return VDIB_OK;
    VDIB_TRY(vdib__strdup(path, &s->paths[s->count]));
    s->count++;
    return VDIB_OK;
}

/* Looks through the folder of a file; *complete: the arrays beside it, and itself, are the columns of events. */
static vdib_status find(const char *path, search *s, bool *complete) {
    const char *name = name_in(path), *line = strrchr(name, '_');
    char *folder = NULL;
    *s = (search){.begin = name, .length = line != NULL ? (size_t)(line + 1 - name) : 0};
    s->columns = vdib__columns_none;
    VDIB_TRY(vdib__strdup(name == path ? "." : path, &folder));
    folder[name == path ? 1 : name - path] = '\0';
    vdib_status status = vdib__folder_each(folder, look, s);
    vdib__free(folder);
    *complete = status == VDIB_OK && vdib__columns_complete_pairs(&s->columns);
    return status == VDIB_ERROR_MEMORY ? status
                                       : VDIB_OK; /* a folder that cannot be read has nothing beside the file */
}

/* The array of a role: the one at hand, or that of a file beside it. */
static vdib_status open_role(vdib__npy_events *events, size_t role, const char *path, const vdib__bytes *times,
                             vdib__npy *header, vdib__bytes *array) {
    if (role == 0)
        return vdib__bytes_again(times, array);
    VDIB_TRY(vdib__strdup(path, &events->of[role].path));
    VDIB_TRY(vdib__bytes_open(events->of[role].path, array));
    vdib_status status = vdib__npy_header(array, header);
    if (status != VDIB_OK)
        vdib__bytes_close(array);
    return status;
}

static vdib_status place(vdib__npy_events *events, const search *s, const vdib__bytes *times, const vdib__npy *own) {
    const int places[ROLES] = {s->columns.t, s->columns.x, s->columns.y, s->columns.p};
    const bool paired = vdib__columns_paired(&s->columns);
    vdib__npy *header = NULL;
    vdib_status status = VDIB_NEW(&header, 1);
    events->columns = s->columns;
    for (size_t r = 0; r < ROLES && status == VDIB_OK; r++) {
        vdib__bytes array;
        if (places[r] < 0)
            continue;
        status = open_role(events, r, s->paths[places[r]], times, header, &array);
        if (status == VDIB_OK)
            status = paired && (r == 1 || r == 2) ? vdib__npy_events_pair(events, r, header, array)
                                                  : vdib__npy_events_column(events, r, r == 0 ? own : header, array);
    }
    vdib__free(header);
    return status;
}

/* Whether a file is one of the columns. */
static bool is_among(const search *s, const char *path) {
    const int places[ROLES] = {s->columns.t, s->columns.x, s->columns.y, s->columns.p};
    bool among = false;
    for (size_t r = 0; r < ROLES; r++)
        among = among || (places[r] >= 0 && strcmp(name_in(s->paths[places[r]]), name_in(path)) == 0);
    return among;
}

vdib_status vdib__npy_beside(const vdib__bytes *array, const vdib__npy *header, vdib__npy_events *events, bool *is) {
    uint64_t count = 0;
    search *s = NULL;
    const bool list = vdib__npy_is_list(header, &count), pair = header->rank == 2 && header->shape[1] == 2;
    *is = false;
    if (array->file == NULL || vdib__npy_is_record(header) || (!list && !pair))
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&s, 1));
    vdib_status status = find(array->file, s, is);
    *is = *is && is_among(s, array->file);
    const char *times = *is ? name_in(s->paths[s->columns.t]) : NULL;
    if (status == VDIB_OK && *is && strcmp(times, name_in(array->file)) != 0)
        status = vdib__fail(VDIB_ERROR_FORMAT,
                            "%s: is one column of a recording in several files; name that of its "
                            "times: %s",
                            array->path, times);
    if (status == VDIB_OK && *is)
        status = place(events, s, array, header);
    for (size_t i = 0; i < s->count; i++)
        vdib__free(s->paths[i]);
    vdib__free(s);
    return status;
}
