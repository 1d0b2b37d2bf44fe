/* SPDX-License-Identifier: MIT */
/* HDF5 files of events: the table of their layouts, and how rows become events. */

#include "core/alloc.h"
#include "core/error.h"
#include "events/readers/hdf5_layout.h"

#define LAYOUTS(ROW)                                                                                                   \
    ROW(openeb)                                                                                                        \
    ROW(dsec)                                                                                                          \
    ROW(shd)                                                                                                           \
    ROW(neurodata)                                                                                                     \
    ROW(ntidigits)                                                                                                     \
    ROW(tonic)                                                                                                         \
    ROW(columns)

#define DECLARE(symbol) extern const vdib__hdf5_layout vdib__hdf5_layout_##symbol;
#define LIST(symbol)    &vdib__hdf5_layout_##symbol,

LAYOUTS(DECLARE)
static const vdib__hdf5_layout *const layouts[] = {LAYOUTS(LIST)};

enum { BLOCK = 65536 /* rows that are read together */ };

typedef struct hdf5 {
    vdib__bytes *bytes;
    const vdib__hdf5_layout *layout;
    vdib__hdf5_events events;
    const char *asked; /* unit of time; NULL: by names and numbers */
    vdib__hdf5_rows *rows;
    vdib__hdf5_block block;
    uint64_t row; /* of the block's first */
    size_t next;  /* event of the block */
} hdf5;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__hdf5_is(head->bytes, head->count) ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

/* ---- opening ---- */

static vdib_status find_layout(vdib__hdf5 *file, const vdib__hdf5_layout **layout) {
    bool is = false;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts && !is; i++) {
        VDIB_TRY(layouts[i]->detect(file, &is));
        *layout = layouts[i];
    }
    return VDIB_OK;
}

/* The columns of the arrays of all datasets. */
static void set_block(hdf5 *s, const vdib__hdf5_array *arrays, uint64_t rows) {
    s->block.count = (size_t)rows;
    for (size_t r = 0; r < VDIB_HDF5_ROLES; r++) {
        const vdib__hdf5_role *role = &s->events.role[r];
        if (!role->present)
            continue;
        const vdib__hdf5_array *array = &arrays[role->place * VDIB_HDF5_COLUMNS + role->column];
        s->block.array[r] = array;
        s->block.stride[r] = (size_t)s->events.infos[role->place].width;
        s->block.offset[r] = role->offset;
        if (s->events.lying != 0) {
            s->block.stride[r] = 1;
            s->block.count = (size_t)s->events.lying;
        }
        if (array->lengths != NULL) /* the numbers of a list are the rows */
            s->block.count = r == 0 || array->count < s->block.count ? array->count : s->block.count;
    }
}

/* What the first rows (count, VDIB_HDF5_ROLES) say: the unit of time where nothing else does, polarities, fractions. */
static vdib_status conclude(hdf5 *s, const double *rows, size_t count, bool single) {
    vdib__columns columns = s->events.columns;
    const vdib__hdf5_role *role = s->events.role;
    columns.t = role[VDIB_HDF5_T].present ? VDIB_HDF5_T : -1;
    columns.x = role[VDIB_HDF5_X].present ? VDIB_HDF5_X : -1;
    columns.y = role[VDIB_HDF5_Y].present ? VDIB_HDF5_Y : -1;
    columns.p = role[VDIB_HDF5_P].present ? VDIB_HDF5_P : -1;
    if (columns.t < 0 || columns.x < 0)
        return VDIB_OK;
    vdib__columns_time(rows, count, VDIB_HDF5_ROLES, single ? VDIB_TIMES_SINGLE : VDIB_TIMES_DOUBLE, &columns);
    const char *fault = vdib__columns_judge(rows, count, VDIB_HDF5_ROLES, &columns);
    s->events.columns = columns;
    return fault == NULL ? VDIB_OK
                         : vdib__fail(VDIB_ERROR_FORMAT, "%s: row %llu: its rows are no events: %s", s->bytes->path,
                                      (unsigned long long)s->events.first, fault);
}

/* Looks at the first rows. */
static vdib_status look_at_rows(hdf5 *s) {
    double *sample = NULL;
    const vdib__hdf5_array *arrays = NULL;
    vdib__hdf5_rows *rows = NULL;
    uint64_t row = 0, count = 0, first = s->events.first;
    bool single = false;
    VDIB_TRY(vdib__hdf5_rows_open(
        s->events.file, (const char *const *)s->events.paths, s->events.infos, s->events.places, first,
        s->events.end - first < VDIB_COLUMNS_SAMPLE ? s->events.end : first + VDIB_COLUMNS_SAMPLE, VDIB_COLUMNS_SAMPLE,
        &rows));
    vdib_status status = VDIB_NEW(&sample, (size_t)VDIB_COLUMNS_SAMPLE * VDIB_HDF5_ROLES), read = status;
    if (status == VDIB_OK)
        read = vdib__hdf5_rows_next(rows, &row, &count, &arrays);
    if (read == VDIB_OK && count > 0) {
        set_block(s, arrays, count);
        count = vdib__hdf5_block_sample(&s->block, VDIB_COLUMNS_SAMPLE, sample);
        single = s->block.array[VDIB_HDF5_T] != NULL && s->block.array[VDIB_HDF5_T]->type == VDIB_HDF5_FLOAT32;
        s->block = (vdib__hdf5_block){.count = 0};
    } else {
        count = 0;
    }
    vdib__hdf5_rows_close(rows);
    if (status == VDIB_OK && read != VDIB_OK && !vdib__hdf5_is_alive(s->events.file))
        status = read; /* a damaged block is met again */
    if (status == VDIB_OK)
        status = conclude(s, sample, (size_t)count, single);
    vdib__free(sample);
    return status;
}

static vdib_status begin(hdf5 *s, uint64_t first) {
    vdib__hdf5_rows_close(s->rows);
    s->rows = NULL;
    s->block.count = s->next = 0;
    return vdib__hdf5_rows_open(s->events.file, (const char *const *)s->events.paths, s->events.infos, s->events.places,
                                first, s->events.end, BLOCK, &s->rows);
}

/* Begins the recording that info->recording says. */
static vdib_status select_hdf5(void *state, vdib_events_info *info) {
    hdf5 *s = state;
    vdib__hdf5_events *events = &s->events;
    vdib__hdf5_rows_close(s->rows);
    s->rows = NULL;
    s->row = 0;
    s->block = (vdib__hdf5_block){.count = 0};
    vdib__hdf5_events_clear(events);
    events->path = s->bytes->path;
    events->recording = info->recording;
    info->recordings = 1;
    VDIB_TRY(s->layout->open(events, info));
    info->format = s->layout->name;
    if (events->recording >= info->recordings)
        return VDIB_OK; /* the stream says so */
    if (events->places > 0 && events->end < events->infos[0].rows && info->recordings == 1)
        vdib__bytes_blame(s->bytes, events->end, "rows that are announced are not in the file", &info->truncated, 1);
    if (s->asked != NULL && events->columns.unit != NULL && events->columns.unit_by == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: has its times in %s, as the layout %s says; leave out the unit that was asked for",
                          events->path, events->columns.unit, s->layout->name);
    if (s->asked != NULL)
        (void)vdib__columns_ask_unit(&events->columns, s->asked);
    if (events->places > 0 && events->end > events->first && !s->layout->unsigned_events)
        VDIB_TRY(look_at_rows(s));
    vdib__columns_tell(&events->columns, info);
    if (info->unit_by == NULL)
        info->unit = NULL; /* the layout says it */
    return begin(s, events->first);
}

static vdib_status set_up(hdf5 *s, vdib_events_info *info) {
    VDIB_TRY(vdib__hdf5_of_bytes(s->bytes, &s->events.file));
    VDIB_TRY(find_layout(s->events.file, &s->layout));
    return select_hdf5(s, info);
}

static vdib_status recordings_hdf5(void *state, vdib__recordings *all) {
    hdf5 *s = state;
    return s->layout->recordings != NULL ? s->layout->recordings(s->events.file, all) : VDIB_OK;
}

static void close_hdf5(void *state) {
    hdf5 *s = state;
    if (s == NULL)
        return;
    vdib__hdf5_rows_close(s->rows);
    vdib__hdf5_close(s->events.file);
    vdib__hdf5_events_clear(&s->events);
    vdib__free(s);
}

static vdib_status open_hdf5(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    hdf5 *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->bytes = bytes;
    made->asked = info->unit;
    vdib_status status = set_up(made, info);
    if (status != VDIB_OK) {
        close_hdf5(made);
        return status;
    }
    *state = made;
    return VDIB_OK;
}

/* ---- events ---- */

/* Lists of one recording that differ in length have no events beyond the shorter one. */
static void compare_lists(hdf5 *s, vdib_events_info *info) {
    size_t most = 0;
    for (size_t r = 0; r < VDIB_HDF5_ROLES; r++)
        if (s->block.array[r] != NULL && s->block.array[r]->lengths != NULL && s->block.array[r]->count > most)
            most = s->block.array[r]->count;
    if (most > s->block.count)
        vdib__bytes_blame(s->bytes, s->row, "a list of times and one of channels differ in length", &info->truncated,
                          most - s->block.count);
}

/* The next block; one that cannot be read is counted, and left out. */
static vdib_status next_block(hdf5 *s, vdib_events_info *info, bool *ended) {
    const vdib__hdf5_array *arrays = NULL;
    uint64_t rows = 0;
    s->block.count = s->next = 0;
    vdib_status status = vdib__hdf5_rows_next(s->rows, &s->row, &rows, &arrays);
    s->bytes->offset = s->row;
    if (status == VDIB_ERROR_FORMAT && rows > 0 && vdib__hdf5_is_alive(s->events.file)) {
        vdib__bytes_blame(s->bytes, s->row, "rows that cannot be read, their chunk is damaged", &info->damaged,
                          (size_t)rows);
        return VDIB_OK;
    }
    VDIB_TRY(status);
    *ended = rows == 0;
    if (*ended)
        return VDIB_OK;
    set_block(s, arrays, rows);
    compare_lists(s, info);
    return VDIB_OK;
}

static vdib_status read_hdf5(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    hdf5 *s = state;
    bool ended = s->rows == NULL;
    for (*count = 0; *count == 0 && !ended;) {
        size_t taken = 0;
        if (s->next == s->block.count) {
            VDIB_TRY(next_block(s, info, &ended));
            continue;
        }
        uint64_t at = s->row + s->next;
        s->bytes->offset = at;
        vdib__hdf5_block_decode(&s->block, &s->events, s->next, events, capacity, &taken, count, &info->rounded);
        vdib__bytes_blame(s->bytes, at, "a row that is no event", &info->damaged, taken - *count);
        s->next += taken;
    }
    info->unpolarized += s->layout->unsigned_events || s->events.role[VDIB_HDF5_P].present ? 0 : *count;
    return VDIB_OK;
}

static vdib_status seek_hdf5(void *state, vdib_events_info *info, int64_t us) {
    hdf5 *s = state;
    const vdib__hdf5_role *time = &s->events.role[VDIB_HDF5_T];
    uint64_t row = 0, now = s->row + s->next;
    (void)info;
    if (s->rows == NULL || s->events.lying != 0 || s->events.infos[time->place].column[time->column].lists)
        return VDIB_OK; /* a recording is one row */
    VDIB_TRY(vdib__hdf5_row_of(s->layout, &s->events, us, &row));
    return begin(s, row > now ? row : now); /* in any case: what was read before is not there any more */
}

extern const vdib__event_reader vdib__reader_hdf5;
const vdib__event_reader vdib__reader_hdf5 = {
    .name = "hdf5",
    .help = "HDF5",
    .endings = ".h5 .hdf5",
    .common_endings = true,
    .columns = true,
    .place = "row",
    .detect = detect,
    .open = open_hdf5,
    .read = read_hdf5,
    .seek = seek_hdf5,
    .select = select_hdf5,
    .recordings = recordings_hdf5,
    .close = close_hdf5,
};
