/* SPDX-License-Identifier: MIT */
/* What layouts are put together of. */
#include "events/readers/hdf5_layout.h"

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"

void vdib__hdf5_events_clear(vdib__hdf5_events *events) {
    for (size_t i = 0; i < VDIB_HDF5_ROLES; i++)
        vdib__free(events->paths[i]);
    *events = (vdib__hdf5_events){.file = events->file,
                                  .path = events->path,
                                  .recording = events->recording,
                                  .end = UINT64_MAX,
                                  .columns = vdib__columns_none};
}

static bool is_number(const vdib__hdf5_column *column) {
    return column->type != VDIB_HDF5_NONE && column->type != VDIB_HDF5_TEXT;
}

static vdib_status check_home(const vdib__hdf5_events *events, const char *path, const vdib__hdf5_info *info) {
    if (info->home == VDIB_HDF5_INSIDE)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: %s has its numbers in other files (%s), which are not opened; copy all into one file: read "
                      "and write it by h5py, or h5repack -l CONTI",
                      events->path, path, info->home == VDIB_HDF5_EXTERNAL ? "external storage" : "a virtual dataset");
}

vdib_status vdib__hdf5_events_add(vdib__hdf5_events *events, const char *path, size_t *place) {
    vdib__hdf5_info *info = &events->infos[events->places];
    if (events->places == VDIB_HDF5_ROLES)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: more than %d datasets hold its columns", events->path,
                          VDIB_HDF5_ROLES);
    VDIB_TRY(vdib__hdf5_look(events->file, path, NULL, info));
    if (info->kind != VDIB_HDF5_IS_DATASET)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: has no columns %s; export it again", events->path, path);
    if (info->rank == 0)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s is one value, no column; export it again", events->path, path);
    VDIB_TRY(check_home(events, path, info));
    if (events->places > 0 && info->rows != events->infos[0].rows)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s has %llu rows, %s has %llu; export it again", events->path, path,
                          (unsigned long long)info->rows, events->paths[0], (unsigned long long)events->infos[0].rows);
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    VDIB_TRY(vdib__hdf5_read(events->file, path, info, 0, 0, arrays)); /* whether its filters are known */
    VDIB_TRY(vdib__strdup(path, &events->paths[events->places]));
    events->end = info->stored < events->end ? info->stored : events->end;
    *place = events->places++;
    return VDIB_OK;
}

bool vdib__hdf5_events_member(vdib__hdf5_events *events, int role, size_t place, const char *name) {
    const vdib__hdf5_info *info = &events->infos[place];
    for (size_t c = 0; c < info->columns; c++)
        if (strcmp(info->column[c].name, name) == 0 && is_number(&info->column[c])) {
            events->role[role] = (vdib__hdf5_role){.present = true, .place = place, .column = c};
            return true;
        }
    return false;
}

/* Columns that lie, side by side or one above the other: they are read in one piece. */
static vdib_status lay(vdib__hdf5_events *events, const char *path, const vdib__hdf5_info *info) {
    const uint64_t most = VDIB_HDF5_PAYLOAD / 2 / VDIB_HDF5_ROLES / sizeof(double);
    if (events->lying != 0 && events->lying != info->width)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s has %llu numbers, the columns before have %llu; export it again",
                          events->path, path, (unsigned long long)info->width, (unsigned long long)events->lying);
    if (info->width > most)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: %s has %llu numbers in one row, of which %llu are read at most; save an event a row (in "
                          "MATLAB: %s = %s(:))",
                          events->path, path, (unsigned long long)info->width, (unsigned long long)most,
                          strrchr(path, '/') + 1, strrchr(path, '/') + 1);
    events->lying = info->width;
    return VDIB_OK;
}

vdib_status vdib__hdf5_events_dataset(vdib__hdf5_events *events, int role, const char *path) {
    size_t place = 0;
    VDIB_TRY(vdib__hdf5_events_add(events, path, &place));
    const vdib__hdf5_info *info = &events->infos[place];
    bool lies = info->columns == 1 && !info->column[0].lists && info->rank == 2 && info->rows == 1 && info->width > 1;
    if (lies)
        VDIB_TRY(lay(events, path, info));
    if (info->columns != 1 || !is_number(&info->column[0]) || (info->width != 1 && !lies))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s is no column of numbers; export it again", events->path, path);
    events->role[role] = (vdib__hdf5_role){.present = true, .place = place};
    return VDIB_OK;
}

vdib_status vdib__hdf5_join(const vdib__hdf5_events *events, const char *group, const char *name,
                            char path[VDIB_HDF5_PATH]) {
    int length = snprintf(path, VDIB_HDF5_PATH, "%s/%s", strcmp(group, "/") == 0 ? "" : group, name);
    if (length < 0 || length >= VDIB_HDF5_PATH)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: a name in it is too long", events->path);
    return VDIB_OK;
}

vdib_status vdib__hdf5_all_there(vdib__hdf5 *file, const char *const *paths, bool *there) {
    for (*there = true; *paths != NULL && *there; paths++)
        VDIB_TRY(vdib__hdf5_find(file, *paths, VDIB_HDF5_IS_DATASET, there));
    return VDIB_OK;
}

vdib_status vdib__hdf5_number_if_there(vdib__hdf5 *file, const char *path, double *value) {
    bool there = false;
    VDIB_TRY(vdib__hdf5_find(file, path, VDIB_HDF5_IS_DATASET, &there));
    return there ? vdib__hdf5_number(file, path, NULL, value) : VDIB_OK;
}

vdib_status vdib__hdf5_length(vdib__hdf5 *file, const char *path, size_t *count) {
    vdib__hdf5_info info;
    VDIB_TRY(vdib__hdf5_look(file, path, NULL, &info));
    *count = info.kind == VDIB_HDF5_IS_DATASET ? (size_t)info.rows : 0;
    return VDIB_OK;
}

vdib_status vdib__hdf5_labels(vdib__hdf5 *file, const char *path, int64_t *labels, size_t count) {
    double *numbers = NULL;
    size_t got = 0;
    bool there = false;
    VDIB_TRY(vdib__hdf5_find(file, path, VDIB_HDF5_IS_DATASET, &there));
    if (there)
        VDIB_TRY(vdib__hdf5_numbers(file, path, NULL, count, &numbers, &got, NULL));
    for (size_t i = 0; i < count; i++)
        labels[i] = i < got ? (int64_t)numbers[i] : -1;
    vdib__free(numbers);
    return VDIB_OK;
}

/* ---- columns by their names ---- */

/* The roles of columns that names gave. */
static void set_roles(vdib__hdf5_events *events, const vdib__columns *columns, const vdib__hdf5_role *at) {
    const int places[VDIB_HDF5_ROLES] = {columns->t, columns->x, columns->y, columns->p};
    for (size_t r = 0; r < VDIB_HDF5_ROLES; r++)
        if (places[r] >= 0) {
            events->role[r] = at[places[r]];
            events->role[r].present = true;
        }
    events->columns = *columns;
}

static vdib_status by_members(vdib__hdf5_events *events, const char *path, const vdib__hdf5_info *info, bool *found) {
    vdib__columns columns = vdib__columns_none;
    vdib__hdf5_role at[VDIB_HDF5_COLUMNS] = {{.present = false}};
    size_t place = 0;
    for (size_t c = 0; c < info->columns; c++) {
        at[c].column = c;
        if (is_number(&info->column[c]) && !info->column[c].lists)
            (void)vdib__columns_name(&columns, (int)c, info->column[c].name, strlen(info->column[c].name));
    }
    *found = vdib__columns_complete(&columns) && info->width == 1;
    if (!*found)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_events_add(events, path, &place));
    set_roles(events, &columns, at);
    return VDIB_OK;
}

enum { WIDEST = 5 /* numbers of a row without names */ };

/* Three or four rows of four fractions: what a camera sees, or where it stands. */
static bool is_matrix(const vdib__hdf5_info *info) {
    const vdib__hdf5_type type = info->column[0].type;
    return info->width == 4 && (info->rows == 3 || info->rows == 4) &&
           (type == VDIB_HDF5_FLOAT32 || type == VDIB_HDF5_FLOAT64);
}

/* How many numbers a row has, 4, or (`perhaps`) 5 or 3, and whether a row of the dataset is one, or all of a kind
 * (`lies`); 0: it holds no such rows. */
static unsigned columns_of(const vdib__hdf5_info *info, bool perhaps, bool *lies) {
    static const unsigned wides[] = {VDIB_HDF5_ROLES, WIDEST, 3};
    bool flat = info->rank > 1 && info->shape[info->rank - 1] == info->width; /* what is between is 1 */
    flat = flat && (perhaps || !is_matrix(info));
    for (size_t i = 0; flat && i < (perhaps ? sizeof wides / sizeof *wides : 1); i++) {
        *lies = info->width != wides[i];
        if (!*lies || (info->rank == 2 && info->rows == wides[i] && info->width > wides[i]))
            return wides[i];
    }
    return 0;
}

/* Rows of `wide` numbers, or as many rows of all numbers of a kind (`lies`), of which the first events say which is
 * what. */
static vdib_status by_numbers(vdib__hdf5_events *events, const char *path, const vdib__hdf5_info *info, unsigned wide,
                              bool lies, bool *found) {
    double rows[VDIB_COLUMNS_SAMPLE * WIDEST];
    vdib__columns columns = vdib__columns_none;
    vdib__hdf5_role at[WIDEST] = {{.present = false}};
    vdib__hdf5_array array;
    const uint64_t all = lies ? info->width : info->rows;
    size_t place = 0, count = all < VDIB_COLUMNS_SAMPLE ? (size_t)all : VDIB_COLUMNS_SAMPLE;
    VDIB_TRY(check_home(events, path, info));
    if (lies)
        VDIB_TRY(lay(events, path, info));
    VDIB_TRY(vdib__hdf5_read(events->file, path, info, 0, lies ? wide : count, &array));
    for (size_t i = 0; i < count * wide; i++)
        rows[i] = vdib__hdf5_real(&array, lies ? i % wide * info->width + i / wide : i);
    *found = count > 0 && vdib__columns_guess(rows, count, wide, &columns);
    events->lying = *found && lies ? info->width : 0;
    if (!*found)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_events_add(events, path, &place));
    for (size_t i = 0; i < wide; i++)
        at[i].offset = lies ? i * info->width : i;
    set_roles(events, &columns, at);
    return VDIB_OK;
}

vdib_status vdib__hdf5_events_in_dataset(vdib__hdf5_events *events, const char *path, bool perhaps, bool *found) {
    vdib__hdf5_info info;
    bool lies = false;
    VDIB_TRY(vdib__hdf5_look(events->file, path, NULL, &info));
    *found = false;
    if (info.kind != VDIB_HDF5_IS_DATASET || info.rank == 0)
        return VDIB_OK;
    if (info.columns > 1)
        return by_members(events, path, &info, found);
    unsigned wide = columns_of(&info, perhaps, &lies);
    if (wide > 0 && is_number(&info.column[0]) && !info.column[0].lists)
        return by_numbers(events, path, &info, wide, lies, found);
    return VDIB_OK;
}

/* x and y, which a dataset holds beside each other. */
static vdib_status add_pair(vdib__hdf5_events *events, const char *path) {
    size_t place = 0;
    VDIB_TRY(vdib__hdf5_events_add(events, path, &place));
    const vdib__hdf5_info *info = &events->infos[place];
    if (info->columns != 1 || !is_number(&info->column[0]) || info->column[0].lists || info->width != 2)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s has no rows of x and y; save it as N x 2", events->path, path);
    events->role[VDIB_HDF5_X] = (vdib__hdf5_role){.present = true, .place = place, .offset = 0};
    events->role[VDIB_HDF5_Y] = (vdib__hdf5_role){.present = true, .place = place, .offset = 1};
    return VDIB_OK;
}

vdib_status vdib__hdf5_events_of_datasets(vdib__hdf5_events *events, const char *group, const vdib__hdf5_names *names,
                                          bool *found) {
    vdib__columns columns = vdib__columns_none;
    char path[VDIB_HDF5_PATH];
    for (size_t i = 0; i < names->count && i < INT16_MAX; i++)
        if (names->kinds[i] == VDIB_HDF5_IS_DATASET)
            (void)vdib__columns_name(&columns, (int)i, names->names[i], strlen(names->names[i]));
    *found = vdib__columns_complete_pairs(&columns);
    const int places[VDIB_HDF5_ROLES] = {columns.t, columns.x, columns.y, columns.p};
    const bool paired = vdib__columns_paired(&columns);
    for (int r = 0; *found && r < VDIB_HDF5_ROLES; r++) {
        if (places[r] < 0 || (paired && r == VDIB_HDF5_Y))
            continue;
        VDIB_TRY(vdib__hdf5_join(events, group, names->names[places[r]], path));
        VDIB_TRY(paired && r == VDIB_HDF5_X ? add_pair(events, path) : vdib__hdf5_events_dataset(events, r, path));
    }
    events->columns = columns;
    return VDIB_OK;
}

vdib_status vdib__hdf5_events_in_member(vdib__hdf5_events *events, const char *group, const char *name, bool perhaps,
                                        bool *found) {
    char path[VDIB_HDF5_PATH];
    VDIB_TRY(vdib__hdf5_join(events, group, name, path));
    return vdib__hdf5_events_in_dataset(events, path, perhaps, found);
}

vdib_status vdib__hdf5_events_in_group(vdib__hdf5_events *events, const char *group, bool *found) {
    enum { MOST = 64 }; /* names that are looked at */
    vdib__hdf5_names names;
    *found = false;
    VDIB_TRY(vdib__hdf5_list(events->file, group, false, &names));
    vdib_status status = vdib__hdf5_events_of_datasets(events, group, &names, found);
    for (size_t i = 0; status == VDIB_OK && !*found && i < names.count && i < MOST; i++)
        if (names.kinds[i] == VDIB_HDF5_IS_DATASET)
            status = vdib__hdf5_events_in_member(events, group, names.names[i], false, found);
    vdib__hdf5_names_free(&names);
    return status;
}
