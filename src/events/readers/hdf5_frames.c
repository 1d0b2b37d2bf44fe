/* SPDX-License-Identifier: MIT */
/* Pictures in HDF5 files: a stack of them (pictures, rows, columns, and perhaps 1 or 3 channels) of bytes, beside a
 * dataset of their times in the same group (MVSEC: image_raw, image_raw_ts); or a group of datasets, each a picture
 * with an attribute timestamp (E2VID's training data: images/image000000000). */
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/frames.h"
#include "events/readers/hdf5_layout.h"

enum { DEEPEST = 3, MOST_GROUPS = 64, MOST_DATASETS = 64, MOST_PICTURES = 1 << 20 };
static const char *const time_attribute = "timestamp";

typedef struct pictures {
    vdib__bytes *bytes;
    vdib__hdf5 *file;
    char path[VDIB_HDF5_PATH]; /* of the stack, or of the group */
    vdib__hdf5_info info;      /* of the stack */
    double *times;             /* (count) of a stack, in units of 10^power us; NULL: a group of single pictures */
    size_t count, next;
    vdib__hdf5_names names; /* of the members of a group */
    int power;
} pictures;

static vdib_status join(const pictures *s, const char *group, const char *name, char path[VDIB_HDF5_PATH]) {
    const vdib__hdf5_events events = {.path = s->bytes->path};
    return vdib__hdf5_join(&events, group, name, path);
}

static bool detect(const uint8_t *bytes, size_t count) {
    return vdib__hdf5_is(bytes, count);
}

/* ---- which datasets are pictures ---- */

static bool of_bytes(const vdib__hdf5_info *info) {
    return info->kind == VDIB_HDF5_IS_DATASET && info->columns == 1 && info->column[0].type == VDIB_HDF5_UINT8 &&
           !info->column[0].lists;
}

/* Whether the dimensions from `first` on are those of a picture. */
static bool is_picture(const vdib__hdf5_info *info, size_t first) {
    const uint64_t *shape = info->shape + first;
    bool channels = info->rank == first + 2 || (info->rank == first + 3 && (shape[2] == 1 || shape[2] == 3));
    return of_bytes(info) && channels && shape[0] > 1 && shape[1] > 1 && shape[0] <= UINT16_MAX &&
           shape[1] <= UINT16_MAX;
}

/* The unit by the first times. */
static int power_of(const double *times, size_t count) {
    vdib__columns columns = {.t = 0};
    vdib__columns_time(times, count < VDIB_COLUMNS_SAMPLE ? count : VDIB_COLUMNS_SAMPLE, 1, VDIB_TIMES_PICTURES,
                       &columns);
    return columns.power;
}

/* The times of a stack in a dataset of the same group, which is called so. */
static vdib_status times_in(pictures *s, const char *path, bool *found) {
    vdib__hdf5_info info;
    VDIB_TRY(vdib__hdf5_look(s->file, path, NULL, &info));
    *found = info.kind == VDIB_HDF5_IS_DATASET && info.rank == 1 && info.rows == s->info.rows && info.rows > 0 &&
             info.columns == 1 && info.column[0].type != VDIB_HDF5_TEXT && info.column[0].type != VDIB_HDF5_NONE;
    if (!*found)
        return VDIB_OK;
    VDIB_TRY(vdib__hdf5_numbers(s->file, path, NULL, MOST_PICTURES, &s->times, &s->count, NULL));
    s->power = power_of(s->times, s->count);
    return VDIB_OK;
}

static vdib_status find_times(pictures *s, const char *group, const char *name, bool *found) {
    static const char *const endings[] = {"_ts", "_timestamps", "_timestamp", "_t"};
    static const char *const names[] = {"timestamps", "timestamp", "ts", "times", "t"};
    enum { COUNT = sizeof endings / sizeof *endings };
    char path[VDIB_HDF5_PATH], called[VDIB_HDF5_PATH];
    size_t length = strlen(name), plural = length > 1 && name[length - 1] == 's';
    for (size_t i = 0; !*found && i < (1 + plural) * COUNT; i++) { /* images: images_ts or image_ts */
        if (snprintf(called, sizeof called, "%.*s%s", (int)(length - i / COUNT), name, endings[i % COUNT]) >=
            (int)sizeof called)
            return VDIB_OK;
        VDIB_TRY(join(s, group, called, path));
        VDIB_TRY(times_in(s, path, found));
    }
    for (size_t i = 0; !*found && i < sizeof names / sizeof *names; i++) {
        VDIB_TRY(join(s, group, names[i], path));
        VDIB_TRY(times_in(s, path, found));
    }
    return VDIB_OK;
}

/* A stack among the datasets of a group. */
static vdib_status find_stack(pictures *s, const char *group, const vdib__hdf5_names *names, bool *found) {
    for (size_t i = 0; !*found && i < names->count && i < MOST_DATASETS; i++) {
        if (names->kinds[i] != VDIB_HDF5_IS_DATASET)
            continue;
        VDIB_TRY(join(s, group, names->names[i], s->path));
        VDIB_TRY(vdib__hdf5_look(s->file, s->path, NULL, &s->info));
        if (is_picture(&s->info, 1))
            VDIB_TRY(find_times(s, group, names->names[i], found));
    }
    return VDIB_OK;
}

static vdib_status time_of_single(pictures *s, const char *path, double *time, bool *there) {
    vdib__hdf5_info info;
    VDIB_TRY(vdib__hdf5_look(s->file, path, time_attribute, &info));
    *there = info.kind == VDIB_HDF5_IS_DATASET && info.rows * info.width == 1 && info.columns == 1 &&
             info.column[0].type != VDIB_HDF5_TEXT && info.column[0].type != VDIB_HDF5_NONE;
    return *there ? vdib__hdf5_number(s->file, path, time_attribute, time) : VDIB_OK;
}

/* Whether the first datasets of a group are pictures with a time. */
static vdib_status find_singles(pictures *s, const char *group, const vdib__hdf5_names *names, bool *found) {
    enum { ASKED = 16 };
    double times[ASKED];
    size_t count = 0;
    for (size_t i = 0; i < names->count && count < ASKED; i++) {
        char path[VDIB_HDF5_PATH];
        vdib__hdf5_info info;
        bool timed = false;
        if (names->kinds[i] != VDIB_HDF5_IS_DATASET)
            continue;
        VDIB_TRY(join(s, group, names->names[i], path));
        VDIB_TRY(vdib__hdf5_look(s->file, path, NULL, &info));
        if (is_picture(&info, 0))
            VDIB_TRY(time_of_single(s, path, &times[count], &timed));
        if (!timed)
            break;
        count++;
    }
    *found = count > 0;
    if (*found)
        s->power = power_of(times, count);
    return VDIB_OK;
}

static vdib_status search(pictures *s, const char *group, unsigned depth, unsigned *left, bool *found) {
    vdib__hdf5_names names = {.count = 0};
    if (*left == 0)
        return VDIB_OK;
    --*left;
    VDIB_TRY(vdib__hdf5_list(s->file, group, false, &names));
    vdib_status status = find_stack(s, group, &names, found);
    if (status == VDIB_OK && !*found) {
        status = find_singles(s, group, &names, found);
        if (status == VDIB_OK && *found) {
            snprintf(s->path, sizeof s->path, "%s", group);
            s->names = names;
            return VDIB_OK;
        }
    }
    for (size_t i = 0; status == VDIB_OK && !*found && depth < DEEPEST && i < names.count; i++) {
        char path[VDIB_HDF5_PATH];
        if (names.kinds[i] != VDIB_HDF5_IS_GROUP)
            continue;
        status = join(s, group, names.names[i], path);
        if (status == VDIB_OK)
            status = search(s, path, depth + 1, left, found);
    }
    vdib__hdf5_names_free(&names);
    return status;
}

/* ---- pictures ---- */

static void close_pictures(void *state) {
    pictures *s = state;
    if (s == NULL)
        return;
    vdib__hdf5_close(s->file);
    vdib__hdf5_names_free(&s->names);
    vdib__free(s->times);
    vdib__free(s);
}

static vdib_status open_pictures(vdib__bytes *bytes, vdib_frames_info *info, void **state) {
    pictures *made = NULL;
    unsigned left = MOST_GROUPS;
    bool found = false;
    (void)info;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->bytes = bytes;
    vdib_status status = vdib__hdf5_of_bytes(bytes, &made->file);
    if (status == VDIB_OK)
        status = search(made, "/", 0, &left, &found);
    if (status == VDIB_OK && !found)
        status =
            vdib__fail(VDIB_ERROR_FORMAT,
                       "%s: holds no pictures: no dataset of bytes, (pictures, rows, columns), beside one of their "
                       "times, and none with an attribute timestamp",
                       bytes->path);
    if (status != VDIB_OK) {
        close_pictures(made);
        return status;
    }
    *state = made;
    return VDIB_OK;
}

/* Reads rows of a dataset as one picture; its shape begins at dimension `first`. */
static vdib_status read_picture(pictures *s, const char *path, const vdib__hdf5_info *info, size_t first, uint64_t row,
                                vdib_frame *frame) {
    vdib__hdf5_array array;
    VDIB_TRY(vdib__hdf5_read(s->file, path, info, row, first == 1 ? 1 : info->rows, &array));
    frame->height = (size_t)info->shape[first];
    frame->width = (size_t)info->shape[first + 1];
    frame->channels = info->rank > first + 2 ? (size_t)info->shape[first + 2] : 1;
    frame->pixels = array.values;
    return VDIB_OK;
}

static bool set_time(const pictures *s, double time, vdib_frame *frame) {
    const vdib__number number = {.is_real = true, .real = time};
    return vdib__number_scale(&number, s->power, &frame->t, NULL);
}

static vdib_status next_of_stack(pictures *s, vdib_frame *frame, bool *good) {
    *good = set_time(s, s->times[s->next], frame);
    return *good ? read_picture(s, s->path, &s->info, 1, s->next, frame) : VDIB_OK;
}

static vdib_status next_single(pictures *s, vdib_frame *frame, bool *good) {
    char path[VDIB_HDF5_PATH];
    vdib__hdf5_info info;
    double time = 0;
    VDIB_TRY(join(s, s->path, s->names.names[s->next], path));
    VDIB_TRY(vdib__hdf5_look(s->file, path, NULL, &info));
    if (is_picture(&info, 0))
        VDIB_TRY(time_of_single(s, path, &time, good));
    *good = *good && set_time(s, time, frame);
    return *good ? read_picture(s, path, &info, 0, 0, frame) : VDIB_OK;
}

static vdib_status next_picture(void *state, vdib_frames_info *info, vdib_frame *frame) {
    pictures *s = state;
    size_t count = s->times != NULL ? s->count : s->names.count;
    for (; s->next < count; s->next++) {
        bool good = false;
        vdib_frame made = *frame;
        vdib_status status = s->times != NULL ? next_of_stack(s, &made, &good) : next_single(s, &made, &good);
        if (status != VDIB_OK && (status != VDIB_ERROR_FORMAT || !vdib__hdf5_is_alive(s->file)))
            return status;
        if (status == VDIB_OK && good) {
            *frame = made;
            s->next++;
            return VDIB_OK;
        }
        info->damaged++;
    }
    return VDIB_OK;
}

extern const vdib__frame_reader vdib__frames_hdf5;
const vdib__frame_reader vdib__frames_hdf5 = {
    .name = "hdf5", .detect = detect, .open = open_pictures, .next = next_picture, .close = close_pictures};
