/* SPDX-License-Identifier: MIT */
/* NumPy archives (`.npz`) of events: an array for each column, or for x and y together, found by their names, or one
 * array of rows. */

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/reader.h"
#include "events/readers/npy_events.h"
#include "events/readers/npz_signs.h"
#include "events/zip.h"

enum { ROLES = VDIB_NPY_ROLES, HEADER = 30, NAME_AT = 26 }; /* of a ZIP archive's files: before each, and its name */

typedef struct npz {
    vdib__npy_events events;
    vdib__bytes array;      /* where it holds all columns */
    vdib__npz_signs *signs; /* where two arrays hold the polarities; NULL: they do not */
} npz;

/* The name of the first file ends in .npy. */
static vdib__likeness detect(const vdib__event_head *head) {
    const uint8_t *at = head->bytes;
    if (!vdib__zip_is(at, head->count) || head->count < HEADER)
        return VDIB_LIKENESS_NONE;
    size_t length = at[NAME_AT] | (size_t)at[NAME_AT + 1] << 8;
    bool found = length > 4 && HEADER + length <= head->count && memcmp(at + HEADER + length - 4, ".npy", 4) == 0;
    return found ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

static size_t length_of(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".npy") == 0 ? length - 4 : length;
}

/* "t, x, y", as many as fit. */
static void list_arrays(const vdib__zip *zip, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < vdib__zip_count(zip) && used + 1 < size; i++) {
        const char *name = vdib__zip_name(zip, i);
        used += (size_t)snprintf(text + used, size - used, "%s%.*s", i > 0 ? ", " : "", (int)length_of(name), name);
    }
    for (char *at = text; *at != '\0'; at++)
        *at = (char)((unsigned char)*at < ' ' ? '?' : *at);
}

/* An array's bytes behind its header. */
static vdib_status open_array(const vdib__zip *zip, size_t index, vdib__bytes *array, vdib__npy *header) {
    VDIB_TRY(vdib__zip_member(zip, index, array));
    vdib_status status = vdib__npy_header(array, header);
    if (status != VDIB_OK)
        vdib__bytes_close(array);
    return status;
}

/* ---- an array for each column ---- */

static vdib_status place_columns(npz *s, const vdib__zip *zip, vdib__npy *header) {
    const vdib__columns *columns = &s->events.columns;
    const int places[ROLES] = {columns->t, columns->x, columns->y, columns->p};
    const bool paired = vdib__columns_paired(columns);
    for (size_t r = 0; r < ROLES; r++) {
        vdib__bytes array;
        if (places[r] < 0)
            continue;
        VDIB_TRY(open_array(zip, (size_t)places[r], &array, header));
        VDIB_TRY(paired && (r == 1 || r == 2) ? vdib__npy_events_pair(&s->events, r, header, array)
                                              : vdib__npy_events_column(&s->events, r, header, array));
    }
    return VDIB_OK;
}

/* ---- one array ---- */

/* The array that holds events by its shape: the one that is called so, or the only one, of records and four columns
 * first; of a few, because opening each reads the archive's list. */
static vdib_status find_array(const vdib__zip *zip, vdib__npy *header, size_t *index, bool *found) {
    enum { MOST = 64 };
    vdib__npy_likeness best = VDIB_NPY_OTHER;
    size_t alike = 0;
    *found = false;
    for (size_t i = 0; !*found && i < vdib__zip_count(zip) && vdib__zip_count(zip) <= MOST; i++) {
        vdib__bytes array;
        vdib_status status = open_array(zip, i, &array, header);
        if (status == VDIB_ERROR_FORMAT)
            continue; /* objects, perhaps, which are no events */
        VDIB_TRY(status);
        vdib__bytes_close(&array);
        vdib__npy_likeness like = vdib__npy_events_like(header);
        *found = like != VDIB_NPY_OTHER && strcmp(vdib__zip_name(zip, i), "events.npy") == 0;
        if (!*found && (like == VDIB_NPY_OTHER || like < best))
            continue;
        alike = like > best ? 1 : alike + 1;
        best = like;
        *index = i;
    }
    *found = *found || alike == 1;
    return VDIB_OK;
}

/* Whether an archive is four arrays without names, as numpy.savez(file, t, x, y, p) writes them, each a list. */
static vdib_status look_for_nameless(const vdib__zip *zip, vdib__npy *header, bool *are) {
    uint64_t counts[ROLES] = {0};
    *are = vdib__zip_count(zip) == ROLES;
    for (size_t i = 0; *are && i < ROLES; i++) {
        char name[16];
        vdib__bytes array;
        (void)snprintf(name, sizeof name, "arr_%zu.npy", i);
        *are = strcmp(vdib__zip_name(zip, i), name) == 0;
        if (!*are)
            break;
        VDIB_TRY(open_array(zip, i, &array, header));
        vdib__bytes_close(&array);
        *are = vdib__npy_is_list(header, &counts[i]) && !vdib__npy_is_record(header) && counts[i] == counts[0];
    }
    return VDIB_OK;
}

static vdib_status place_nameless(npz *s, const vdib__zip *zip, vdib__npy *header) {
    s->events.columns = vdib__columns_none;
    for (size_t i = 0; i < ROLES; i++) {
        vdib__bytes array;
        VDIB_TRY(open_array(zip, i, &array, header));
        VDIB_TRY(vdib__npy_events_column(&s->events, i, header, array));
    }
    return vdib__npy_events_guess(&s->events, s->events.bytes->path, ROLES);
}

static vdib_status place_array(npz *s, const vdib__zip *zip, vdib__npy *header) {
    char names[256];
    size_t index = 0;
    bool found = false, nameless = false;
    VDIB_TRY(look_for_nameless(zip, header, &nameless));
    if (nameless)
        return place_nameless(s, zip, header);
    VDIB_TRY(find_array(zip, header, &index, &found));
    if (!found) {
        list_arrays(zip, names, sizeof names);
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: has the arrays %s, but none of events; save an array each of t, x, y and p",
                          s->events.bytes->path, names);
    }
    VDIB_TRY(open_array(zip, index, &s->array, header));
    return vdib__npy_events_of(&s->array, header, &s->events);
}

/* ---- the reader ---- */

static void close_npz(void *state) {
    npz *s = state;
    if (s == NULL)
        return;
    vdib__npz_signs_close(s->signs);
    vdib__npy_events_close(&s->events);
    vdib__bytes_close(&s->array);
    vdib__free(s);
}

static vdib_status set_up(npz *s, const vdib__zip *zip, vdib_events_info *info) {
    vdib__npy *header = NULL;
    VDIB_TRY(VDIB_NEW(&header, 1));
    s->events.columns = vdib__columns_none;
    for (size_t i = 0; i < vdib__zip_count(zip); i++)
        (void)vdib__columns_name(&s->events.columns, (int)i, vdib__zip_name(zip, i), length_of(vdib__zip_name(zip, i)));
    const bool columns = vdib__columns_complete_pairs(&s->events.columns), signs = !columns && vdib__npz_signs_are(zip);
    vdib_status status = columns ? place_columns(s, zip, header)
                         : signs ? vdib__npz_signs_open(s->events.bytes, zip, info, &s->signs)
                                 : place_array(s, zip, header);
    if (status == VDIB_OK && !signs)
        status = vdib__npy_events_begin(&s->events, info);
    vdib__free(header);
    return status;
}

static vdib_status open_npz(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    npz *made = NULL;
    vdib__zip *zip = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->events.bytes = bytes;
    vdib_status status = vdib__zip_open(bytes, &zip);
    if (status == VDIB_OK)
        status = set_up(made, zip, info);
    vdib__zip_close(zip);
    if (status != VDIB_OK) {
        close_npz(made);
        return status;
    }
    if (made->signs == NULL)
        bytes->path = made->events.of[0].bytes->path; /* rows are counted in the array of times, which closes first */
    *state = made;
    return VDIB_OK;
}

static vdib_status read_npz(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    npz *s = state;
    return s->signs != NULL ? vdib__npz_signs_read(s->signs, info, events, capacity, count)
                            : vdib__npy_events_read(&s->events, info, events, capacity, count);
}

extern const vdib__event_reader vdib__reader_npz;
const vdib__event_reader vdib__reader_npz = {
    .name = "npz",
    .help = "NumPy archive",
    .endings = ".npz",
    .common_endings = true,
    .columns = true,
    .seeks = true,
    .detect = detect,
    .open = open_npz,
    .read = read_npz,
    .close = close_npz,
};
