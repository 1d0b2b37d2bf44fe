/* SPDX-License-Identifier: MIT */
#include "events/readers/npy_events.h"

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/put.h"

enum { ROLES = VDIB_NPY_ROLES, BLOCK = VDIB_NPY_BLOCK };

/* ---- what the columns are ---- */

static vdib_status fail_shape(const char *path) {
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: is an array, but none of events; save rows of t, x, y, p as an array of two dimensions or "
                      "with named fields",
                      path);
}

bool vdib__npy_holds_events(const vdib__npy *header) {
    bool named = header->fields[0].name[0] != '\0';
    return named ? header->rank == 1 : header->rank == 2 && (header->shape[0] == ROLES || header->shape[1] == ROLES);
}

/* How the values of an array lie. */
typedef struct layout {
    bool apart; /* each column in one piece */
    size_t stride;
} layout;

/* Column `place` becomes what *c is. */
static vdib_status place_column(vdib__bytes *array, const vdib__npy *header, layout lie, int place,
                                vdib__npy_column *c) {
    bool fields = header->fields[0].name[0] != '\0';
    c->present = true;
    c->field = header->fields[fields ? place : 0];
    c->stride = lie.stride;
    c->bytes = array;
    if (!vdib__npy_is_number(&c->field))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: column %d of its events holds no numbers; save it as integers",
                          array->path, place);
    if (fields)
        return VDIB_OK;
    c->field.offset = lie.apart ? 0 : (size_t)place * c->field.size;
    if (!lie.apart)
        return VDIB_OK;
    VDIB_TRY(vdib__bytes_again(array, &c->own));
    c->bytes = &c->own;
    return vdib__bytes_skip(&c->own, (uint64_t)place * header->shape[header->fortran ? 0 : 1] * c->field.size);
}

/* Sets the bytes of the columns that are there. */
static vdib_status place_columns(vdib__npy_events *s, vdib__bytes *array, const vdib__npy *header, layout lie) {
    const int places[ROLES] = {s->columns.t, s->columns.x, s->columns.y, s->columns.p};
    for (size_t r = 0; r < ROLES; r++)
        if (places[r] >= 0)
            VDIB_TRY(place_column(array, header, lie, places[r], &s->of[r]));
    return VDIB_OK;
}

static size_t rows_in_window(const vdib__npy_events *s, size_t rows) {
    for (size_t r = 0; r < ROLES; r++)
        if (s->of[r].present && rows > VDIB_BYTES_WINDOW / s->of[r].stride)
            rows = VDIB_BYTES_WINDOW / s->of[r].stride;
    return s->rows < rows ? (size_t)s->rows : rows;
}

/* The first rows as doubles, (*count, ROLES). */
static vdib_status sample(vdib__npy_events *s, double *rows, size_t *count) {
    size_t most = rows_in_window(s, VDIB_COLUMNS_SAMPLE);
    for (size_t c = 0; c < ROLES; c++) {
        const uint8_t *at = NULL;
        const vdib__npy_column *column = &s->of[c];
        size_t ready = 0;
        if (!column->present)
            continue;
        VDIB_TRY(vdib__bytes_look(column->bytes, most * column->stride, &at, &ready));
        most = ready / column->stride < most ? ready / column->stride : most;
        for (size_t i = 0; i < most; i++) {
            vdib__number number;
            bool good = vdib__npy_number(&column->field, at + i * column->stride + column->field.offset, &number);
            rows[i * ROLES + c] = good ? vdib__number_value(&number) : (double)NAN;
        }
    }
    *count = most;
    return VDIB_OK;
}

/* Rows of two dimensions: the columns are those of t x y p until their values say otherwise. */
static vdib_status guess_columns(vdib__npy_events *s, vdib__bytes *array, const vdib__npy *header, layout lie,
                                 double *rows) {
    size_t count = 0;
    s->columns = (vdib__columns){.t = 0, .x = 1, .y = 2, .p = 3};
    VDIB_TRY(place_columns(s, array, header, lie));
    VDIB_TRY(sample(s, rows, &count));
    if (count > 0 && !vdib__columns_guess(rows, count, ROLES, &s->columns))
        return fail_shape(array->path);
    vdib__npy_column placed[ROLES];
    memcpy(placed, s->of, sizeof placed);
    const int places[ROLES] = {s->columns.t, s->columns.x, s->columns.y, s->columns.p};
    for (size_t r = 0; r < ROLES; r++) {
        s->of[r] = placed[places[r]];
        if (lie.apart)
            s->of[r].bytes = &s->of[r].own;
    }
    return VDIB_OK;
}

/* Fields by their names. */
static vdib_status name_columns(vdib__npy_events *s, vdib__bytes *array, const vdib__npy *header, layout lie) {
    s->columns = vdib__columns_none;
    for (size_t i = 0; i < header->count; i++)
        (void)vdib__columns_name(&s->columns, (int)i, header->fields[i].name, strlen(header->fields[i].name));
    if (!vdib__columns_complete(&s->columns))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: has no fields t and x; name those of the events t, x, y, p",
                          array->path);
    return place_columns(s, array, header, lie);
}

/* Rows, columns and how they lie. */
static vdib_status read_shape(vdib__npy_events *s, const vdib__bytes *array, const vdib__npy *header, layout *lie) {
    bool named = header->fields[0].name[0] != '\0', rows = named || header->shape[1] == ROLES; /* a row is an event */
    if (!vdib__npy_holds_events(header))
        return fail_shape(array->path);
    s->rows = header->shape[rows ? 0 : 1];
    *lie = (layout){.apart = !named && rows == header->fortran};
    lie->stride = named || lie->apart ? header->item : ROLES * header->item;
    if (lie->stride == 0 || lie->stride > VDIB_BYTES_WINDOW)
        return fail_shape(array->path);
    uint64_t left = (array->size - array->offset) / lie->stride; /* a lot, where the size is unknown */
    if (lie->apart && s->rows > left / ROLES)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %llu: ends before its last row; fetch it again", array->path,
                          (unsigned long long)array->size);
    return VDIB_OK;
}

vdib_status vdib__npy_events_of(vdib__bytes *array, const vdib__npy *header, vdib__npy_events *s) {
    layout lie;
    double *rows = NULL;
    VDIB_TRY(read_shape(s, array, header, &lie));
    if (header->fields[0].name[0] != '\0')
        return name_columns(s, array, header, lie);
    VDIB_TRY(VDIB_NEW(&rows, (size_t)VDIB_COLUMNS_SAMPLE * ROLES));
    vdib_status status = guess_columns(s, array, header, lie, rows);
    vdib__free(rows);
    return status;
}

/* What rows (count, ROLES) say beyond the names of their columns: unit, polarities. */
static vdib_status conclude(vdib__npy_events *s, const double *rows, size_t count) {
    const vdib__npy_field *time = &s->of[0].field;
    bool single = time->kind == 'f' && time->size <= 4;
    vdib__columns columns = s->columns;
    for (size_t r = 0; r < ROLES; r++)
        *(r == 0   ? &columns.t
          : r == 1 ? &columns.x
          : r == 2 ? &columns.y
                   : &columns.p) = s->of[r].present ? (int)r : -1;
    vdib__columns_time(rows, count, ROLES, single ? VDIB_TIMES_SINGLE : VDIB_TIMES_DOUBLE, &columns);
    const char *fault = vdib__columns_judge(rows, count, ROLES, &columns);
    if (fault != NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: its rows are no events: %s", s->of[0].bytes->path, fault);
    s->columns = columns;
    return VDIB_OK;
}

vdib_status vdib__npy_events_begin(vdib__npy_events *s, vdib_events_info *info) {
    double *rows = NULL;
    size_t count = 0;
    VDIB_TRY(VDIB_NEW(&rows, (size_t)VDIB_COLUMNS_SAMPLE * ROLES));
    if (info->unit != NULL)
        (void)vdib__columns_ask_unit(&s->columns, info->unit);
    vdib_status status = sample(s, rows, &count);
    if (status == VDIB_OK)
        status = conclude(s, rows, count);
    vdib__columns_tell(&s->columns, info);
    for (size_t i = 0; !s->of[ROLES - 1].present && i < BLOCK; i++)
        s->values[ROLES - 1][i] = 1; /* ON */
    vdib__free(rows);
    return status;
}

void vdib__npy_events_close(vdib__npy_events *s) {
    for (size_t r = 0; r < ROLES; r++)
        vdib__bytes_close(&s->of[r].own);
}

/* ---- events ---- */

/* Of rows whose places have fractions: which rows those are. */
static void mark_fractions(vdib__npy_events *s, const uint8_t *const at[ROLES], size_t rows) {
    memset(s->fraction, 0, rows);
    for (size_t r = 1; r < ROLES - 1; r++)
        for (size_t i = 0; s->of[r].present && i < rows; i++) {
            vdib__number number;
            bool good = vdib__npy_number(&s->of[r].field, at[r] + i * s->of[r].stride + s->of[r].field.offset, &number);
            s->fraction[i] |= good && number.is_real && number.real != floor(number.real);
        }
}

/* The values of the next rows, *rows of them. */
static vdib_status convert(vdib__npy_events *s, size_t wanted, size_t *rows) {
    const uint8_t *at[ROLES] = {NULL};
    *rows = rows_in_window(s, wanted < BLOCK ? wanted : BLOCK);
    for (size_t r = 0; r < ROLES; r++) {
        size_t ready = 0;
        if (!s->of[r].present)
            continue;
        VDIB_TRY(vdib__bytes_look(s->of[r].bytes, *rows * s->of[r].stride, &at[r], &ready));
        *rows = ready / s->of[r].stride;
    }
    for (size_t r = 0; r < ROLES; r++)
        if (s->of[r].present)
            vdib__npy_values(&s->of[r].field, at[r] + s->of[r].field.offset, s->of[r].stride, *rows,
                             r == 0 ? s->columns.power : 0, r == 3 || (r != 0 && !s->columns.rounds), s->values[r]);
    if (s->columns.rounds)
        mark_fractions(s, at, *rows);
    return VDIB_OK;
}

/* Bytes that columns share are taken once. */
static void take(vdib__npy_events *s, size_t rows) {
    for (size_t r = 0; r < ROLES; r++) {
        bool taken = !s->of[r].present;
        for (size_t before = 0; before < r && !taken; before++)
            taken = s->of[before].bytes == s->of[r].bytes;
        if (!taken)
            vdib__bytes_take(s->of[r].bytes, rows * s->of[r].stride);
    }
    s->rows -= rows;
}

/* The rows at hand as events; returns how many are, *first the first row that is none. */
static size_t deliver(const vdib__npy_events *s, size_t rows, vdib_event *to, size_t *first) {
    const int64_t off = s->columns.off, least = off > 0 ? 0 : -1;
    size_t made = 0;
    *first = rows;
    for (size_t i = 0; i < rows; i++) {
        int64_t t = s->values[0][i], x = s->values[1][i], y = s->values[2][i], p = s->values[3][i];
        p = p == VDIB_NPY_NONE ? INT64_MAX : p - off;
        bool none = t == VDIB_NPY_NONE || ((x | y) & ~(int64_t)UINT16_MAX) != 0 || p < least || p > 1;
        vdib__event_put(&to[made], t, vdib__place((uint32_t)(x & UINT16_MAX), (uint32_t)(y & UINT16_MAX), p == 1));
        if (none && made == i)
            *first = i;
        made += !none;
    }
    return made;
}

/* How many of the rows at hand that are events were rounded. */
static size_t count_rounded(const vdib__npy_events *s, size_t rows) {
    size_t count = 0;
    for (size_t i = 0; i < rows; i++)
        count += s->fraction[i] != 0 && s->values[0][i] != VDIB_NPY_NONE &&
                 ((s->values[1][i] | s->values[2][i]) & ~(int64_t)UINT16_MAX) == 0;
    return count;
}

/* The file ends before its last row. */
static vdib_status miss_rows(vdib__npy_events *s, vdib_events_info *info) {
    vdib__bytes *of = s->of[0].bytes;
    uint64_t begin = of->offset;
    VDIB_TRY(vdib__bytes_skip(of, VDIB_SIZE_UNKNOWN));
    vdib__bytes_blame(s->bytes, of->offset, "the file ends before its last row", &info->truncated,
                      of->offset > begin ? (size_t)(of->offset - begin) : 1);
    s->rows = 0;
    s->ended = true;
    return VDIB_OK;
}

/* What a compressed column says at its end. */
static vdib_status look_at_ends(vdib__npy_events *s, vdib_events_info *info) {
    for (size_t r = 0; r < ROLES && !s->ended; r++) {
        const uint8_t *at = NULL;
        size_t ready = 0;
        if (!s->of[r].present || s->of[r].bytes == s->bytes)
            continue;
        VDIB_TRY(vdib__bytes_look(s->of[r].bytes, 1, &at, &ready));
        if (s->of[r].bytes->lost > 0)
            vdib__bytes_blame(s->bytes, s->of[r].bytes->offset, s->of[r].bytes->fault, &info->truncated, 1);
    }
    s->ended = true;
    return VDIB_OK;
}

vdib_status vdib__npy_events_read(vdib__npy_events *s, vdib_events_info *info, vdib_event *to, size_t capacity,
                                  size_t *count) {
    for (*count = 0; *count == 0 && s->rows > 0;) {
        size_t rows = 0, first = 0;
        VDIB_TRY(convert(s, capacity, &rows));
        if (rows == 0)
            return miss_rows(s, info);
        uint64_t begin = s->of[0].bytes->offset;
        *count = deliver(s, rows, to, &first);
        vdib__bytes_blame(s->bytes, begin + first * s->of[0].stride, "a row that is no event", &info->damaged,
                          rows - *count);
        info->rounded += s->columns.rounds ? count_rounded(s, rows) : 0;
        info->unpolarized += s->of[ROLES - 1].present ? 0 : *count;
        take(s, rows);
    }
    return *count == 0 ? look_at_ends(s, info) : VDIB_OK;
}
