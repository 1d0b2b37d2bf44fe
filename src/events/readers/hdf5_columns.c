/* SPDX-License-Identifier: MIT */
/* HDF5 files of other programs: groups in which datasets, members of a compound or rows of a few numbers are events, by
 * names or by numbers. Each is a recording, of a camera of its own perhaps. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/readers/hdf5_layout.h"

enum { DEEPEST = 3, MOST_GROUPS = 64, MOST_DATASETS = 64 /* of a group */ };

static vdib_status detect(vdib__hdf5 *file, bool *is) {
    (void)file;
    *is = true; /* the last one that is asked */
    return VDIB_OK;
}

/* What is looked through for events. */
typedef struct quest {
    unsigned left;             /* groups that may still be looked into */
    bool cut;                  /* there are more groups, or datasets in one, than are looked into */
    bool damaged;              /* something behind the first recording cannot be read */
    size_t count;              /* recordings */
    bool polarity;             /* the first recording is to have one, as those behind it */
    bool perhaps;              /* rows of five and of three numbers are looked at, too */
    char link[VDIB_HDF5_PATH]; /* the first member that leads out of the file, or to nothing; "": none does */
} quest;

/* Behind the first recording, what cannot be read is something else. */
static vdib_status pass_over(const vdib__hdf5_events *events, vdib_status status, quest *q) {
    if (status != VDIB_ERROR_FORMAT || q->count == 0 || !vdib__hdf5_is_alive(events->file))
        return status;
    q->damaged = true;
    return VDIB_OK;
}

/* What was looked for in *trial, which is cleared, is a recording if it was found, *events if it asks for that one.
 * Beside others, what has no polarity is something else: where an object was, perhaps. */
static vdib_status take(vdib__hdf5_events *events, vdib__hdf5_events *trial, vdib_status status, bool found, quest *q) {
    const bool more = q->count > 0 || q->polarity;
    if (status == VDIB_OK && found && (!more || trial->role[VDIB_HDF5_P].present)) {
        if (q->count++ == events->recording) {
            *events = *trial;
            memset(trial->paths, 0, sizeof trial->paths); /* which are its now */
        }
    }
    vdib__hdf5_events_clear(trial);
    return pass_over(events, status, q);
}

/* The recordings of a group: its datasets together, or each by itself. */
static vdib_status look_into(vdib__hdf5_events *events, const char *group, const vdib__hdf5_names *names, quest *q) {
    vdib__hdf5_events trial = {.file = events->file, .path = events->path, .recording = events->recording};
    bool found = false;
    size_t tried = 0;
    vdib__hdf5_events_clear(&trial);
    vdib_status status = vdib__hdf5_events_of_datasets(&trial, group, names, &found);
    bool whole = found;
    status = take(events, &trial, status, found, q);
    for (size_t i = 0; status == VDIB_OK && !whole && i < names->count; i++) {
        if (names->kinds[i] != VDIB_HDF5_IS_DATASET)
            continue;
        q->cut = q->cut || tried == MOST_DATASETS;
        if (tried++ == MOST_DATASETS)
            break;
        found = false;
        status = vdib__hdf5_events_in_member(&trial, group, names->names[i], q->perhaps, &found);
        status = take(events, &trial, status, found, q);
    }
    return status;
}

/* Looks into a group, then into those in it. */
static vdib_status search(vdib__hdf5_events *events, const char *group, unsigned depth, quest *q) {
    vdib__hdf5_names names;
    const size_t before = q->count;
    q->cut = q->cut || q->left == 0;
    if (q->left == 0)
        return VDIB_OK;
    q->left--;
    vdib_status status = vdib__hdf5_list(events->file, group, false, &names);
    if (status != VDIB_OK)
        return pass_over(events, status, q);
    status = look_into(events, group, &names, q);
    const bool deeper = q->count == before && depth < DEEPEST;
    for (size_t i = 0; status == VDIB_OK && deeper && i < names.count; i++) {
        char path[VDIB_HDF5_PATH];
        if (names.kinds[i] == VDIB_HDF5_IS_LINK && q->link[0] == '\0')
            status = vdib__hdf5_join(events, group, names.names[i], q->link);
        if (names.kinds[i] == VDIB_HDF5_IS_GROUP) {
            status = vdib__hdf5_join(events, group, names.names[i], path);
            if (status == VDIB_OK)
                status = search(events, path, depth + 1, q);
        }
        status = pass_over(events, status, q);
    }
    vdib__hdf5_names_free(&names);
    return status;
}

/* What else it is, and what to do. */
static const char *other_kind(vdib__hdf5 *file) {
    if (vdib__hdf5_has(file, "/node", VDIB_HDF5_IS_GROUP))
        return ": it is a NIR model, and read as one under a name that ends in .nir";
    if (vdib__hdf5_has(file, "/layer", VDIB_HDF5_IS_GROUP))
        return ": it is a network of lava-dl; name a recording";
    if (vdib__hdf5_has(file, "/rectify_map", VDIB_HDF5_IS_DATASET))
        return ": it is a map of DSEC that rectifies places; the events are in events.h5 beside it";
    return "; convert it, or name its columns t, x, y, p";
}

static vdib_status open_layout(vdib__hdf5_events *events, vdib_events_info *info) {
    quest q = {.count = 0};
    for (int asked = 0; q.count == 0 && asked < 3; asked++) { /* many other things have five columns, or three */
        q = (quest){.left = MOST_GROUPS, .polarity = asked == 0, .perhaps = asked == 2};
        VDIB_TRY(search(events, "/", 0, &q));
    }
    info->recordings = q.count > 0 ? q.count : 1;
    if (q.count > 0 && (q.cut || q.damaged))
        info->assumed = !q.cut      ? "its recordings that can be read: some datasets or groups cannot"
                        : q.damaged ? "its recordings that can be read, in the first 64 groups and 64 datasets of "
                                      "each: others are not looked into"
                                    : "its recordings in the first 64 groups and 64 datasets of each: others are not "
                                      "looked into";
    if (q.count > 0)
        return VDIB_OK;
    if (q.link[0] != '\0')
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: %.200s is a link to nothing in this file; links to other files are not followed: copy "
                          "what it names into this one",
                          events->path, q.link);
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: is an HDF5 file, but no datasets of t and x, in one group or of one type, hold events%s",
                      events->path, other_kind(events->file));
}

extern const vdib__hdf5_layout vdib__hdf5_layout_columns;
const vdib__hdf5_layout vdib__hdf5_layout_columns = {.name = "hdf5", .detect = detect, .open = open_layout};
