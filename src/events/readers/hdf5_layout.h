/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_HDF5_LAYOUT_H
#define VDIB_EVENTS_READERS_HDF5_LAYOUT_H
/* Layouts of events in HDF5 files: which datasets hold their columns. A layout is a file of this folder, which defines
 * its row vdib__hdf5_layout_<symbol>, and one line in hdf5.c. */

#include <stdbool.h>

#include "core/hdf5.h"
#include "events/columns.h"
#include "events/reader.h"

enum { VDIB_HDF5_T, VDIB_HDF5_X, VDIB_HDF5_Y, VDIB_HDF5_P, VDIB_HDF5_ROLES };

/* Where the numbers of a role are. */
typedef struct vdib__hdf5_role {
    bool present;
    size_t place;  /* which dataset */
    size_t column; /* which member of it */
    size_t offset; /* which number of a row, where rows have several */
} vdib__hdf5_role;

/* The events of a recording, as a layout finds them. */
typedef struct vdib__hdf5_events {
    vdib__hdf5 *file;
    const char *path; /* of the file, for messages */
    size_t recording; /* which one is asked for, 0 where the file has one */
    size_t places;    /* datasets */
    char *paths[VDIB_HDF5_ROLES];
    vdib__hdf5_info infos[VDIB_HDF5_ROLES];
    vdib__hdf5_role role[VDIB_HDF5_ROLES];
    uint64_t first, end;   /* rows of the recording; all, unless the layout says otherwise */
    uint64_t lying;        /* events, whose columns lie in one row each, as MATLAB's vectors do; 0: a row is an event */
    int64_t offset_us;     /* added to times */
    vdib__columns columns; /* the unit of time; NULL: by the numbers; without `unit_by`: the layout says it */
} vdib__hdf5_events;

typedef struct vdib__hdf5_layout {
    const char *name;     /* as `vdib info` says it: "hdf5-openeb" */
    bool unsigned_events; /* they are lists without polarity, which need not be said */
    vdib_status (*detect)(vdib__hdf5 *file, bool *is);
    /* Fills in where the events are, and what the file says of the recording. */
    vdib_status (*open)(vdib__hdf5_events *events, vdib_events_info *info);
    /* NULL, or of files of several recordings: what is said of all of them. */
    vdib_status (*recordings)(vdib__hdf5 *file, vdib__recordings *all);
    /* NULL, or an index: the row at or behind which all events of the time `us` and later lie. Left alone: unknown. */
    vdib_status (*seek)(vdib__hdf5_events *events, int64_t us, uint64_t *row);
} vdib__hdf5_layout;

/* A dataset as another place, at most VDIB_HDF5_ROLES; VDIB_ERROR_FORMAT if it is not there or holds no numbers. */
vdib_status vdib__hdf5_events_add(vdib__hdf5_events *events, const char *path, size_t *place);

/* A role is a member of a dataset, by its name; false: it has none of this name. */
bool vdib__hdf5_events_member(vdib__hdf5_events *events, int role, size_t place, const char *name);

/* A role is a dataset of one column. */
vdib_status vdib__hdf5_events_dataset(vdib__hdf5_events *events, int role, const char *path);

/* "<group>/<name>" in `path`; VDIB_ERROR_FORMAT if it is too long. */
enum { VDIB_HDF5_PATH = 512 };
vdib_status vdib__hdf5_join(const vdib__hdf5_events *events, const char *group, const char *name,
                            char path[VDIB_HDF5_PATH]);

/* Whether all of some objects (NULL ends them) are datasets. */
vdib_status vdib__hdf5_all_there(vdib__hdf5 *file, const char *const *paths, bool *there);

/* A number that may be there: *value stays as it is if it is not. */
vdib_status vdib__hdf5_number_if_there(vdib__hdf5 *file, const char *path, double *value);

/* How many rows a dataset has; 0: there is none of that name. */
vdib_status vdib__hdf5_length(vdib__hdf5 *file, const char *path, size_t *count);

/* Labels that are in a dataset, of `count` recordings, -1 where there are none. */
vdib_status vdib__hdf5_labels(vdib__hdf5 *file, const char *path, int64_t *labels, size_t count);

/* Finds columns by their names or contents among the datasets of a group: false if there are none. Used where a layout
 * leaves names open. */
vdib_status vdib__hdf5_events_in_group(vdib__hdf5_events *events, const char *group, bool *found);

/* Datasets of a group, with the members `names`, that are columns by their names; *found is right after failure too. */
vdib_status vdib__hdf5_events_of_datasets(vdib__hdf5_events *events, const char *group, const vdib__hdf5_names *names,
                                          bool *found);

/* Forgets the columns that were found. */
void vdib__hdf5_events_clear(vdib__hdf5_events *events);

/* Rows of a compound type, or of four columns, or (`perhaps`) of five or three, or a matrix of four columns, whose
 * order names or numbers say; false if it holds no events. */
vdib_status vdib__hdf5_events_in_dataset(vdib__hdf5_events *events, const char *path, bool perhaps, bool *found);

/* The same of a dataset in a group. */
vdib_status vdib__hdf5_events_in_member(vdib__hdf5_events *events, const char *group, const char *name, bool perhaps,
                                        bool *found);

/* Opens the file that bytes, of which none are taken, come from. What is packed or comes through a pipe is copied to a
 * file without a name first, up to 1 GiB. */
vdib_status vdib__hdf5_of_bytes(vdib__bytes *bytes, vdib__hdf5 **file);

/* ---- reading (hdf5_block.c) ---- */

/* Columns of a block of events. */
typedef struct vdib__hdf5_block {
    const vdib__hdf5_array *array[VDIB_HDF5_ROLES]; /* NULL: there is none */
    size_t offset[VDIB_HDF5_ROLES], stride[VDIB_HDF5_ROLES];
    size_t count;
} vdib__hdf5_block;

/* The numbers as doubles, (count, VDIB_HDF5_ROLES), NaN where there is no column: at most `most` rows. */
size_t vdib__hdf5_block_sample(const vdib__hdf5_block *block, size_t most, double *rows);

/* Events from `first` on: *taken rows of the block give *count events (capacity); the others are none. Adds to *rounded
 * where places have fractions (vdib__columns). */
void vdib__hdf5_block_decode(const vdib__hdf5_block *block, const vdib__hdf5_events *how, size_t first,
                             vdib_event *events, size_t capacity, size_t *taken, size_t *count, size_t *rounded);

/* ---- times (hdf5_seek.c) ---- */

/* A row at or behind which all events of the time `us` and later lie, if times grow: by the index where the layout has
 * one and it is right, else by halves. */
vdib_status vdib__hdf5_row_of(const vdib__hdf5_layout *layout, vdib__hdf5_events *events, int64_t us, uint64_t *row);

#endif
