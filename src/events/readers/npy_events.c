/* SPDX-License-Identifier: MIT */
#include "events/readers/npy_events.h"

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/put.h"

enum { ROLES = VDIB_NPY_ROLES, WIDEST = VDIB_NPY_WIDEST, BLOCK = VDIB_NPY_BLOCK };

/* ---- what the columns are ---- */

static vdib_status fail_shape(const char *path) {
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: is an array, but none of events; save rows of t, x, y, p as an array of two dimensions or "
                      "with named fields",
                      path);
}

static vdib_status fail_order(const char *path, unsigned wide) {
    return vdib__fail(
        VDIB_ERROR_FORMAT,
        "%s: what its %u columns are does not show in their numbers; save them under their names, t, x, y and p: as "
        "fields, or as an array each (numpy.savez)",
        path, wide);
}

/* Columns of an array without names, 0: it has none of events; *rows: a row is an event, else a column is. Four are
 * looked for before five and three. */
static unsigned columns_of(const vdib__npy *header, bool *rows) {
    static const unsigned wides[] = {ROLES, WIDEST, 3};
    for (size_t i = 0; header->rank == 2 && i < sizeof wides / sizeof *wides; i++) {
        *rows = header->shape[1] == wides[i];
        if (*rows || header->shape[0] == wides[i])
            return wides[i];
    }
    return 0;
}

/* Of more than two dimensions, those of 1 say nothing: (1, N, 4) is (N, 4). */
static vdib__npy without_ones(const vdib__npy *header) {
    vdib__npy plain = *header;
    plain.rank = 0;
    for (size_t i = 0; i < header->rank; i++)
        if (header->rank <= 2 || header->shape[i] != 1)
            plain.shape[plain.rank++] = header->shape[i];
    return plain;
}

vdib__npy_likeness vdib__npy_events_like(const vdib__npy *header) {
    uint64_t count = 0;
    bool rows = false;
    if (vdib__npy_is_record(header))
        return vdib__npy_is_list(header, &count) ? VDIB_NPY_EVENTS : VDIB_NPY_OTHER;
    const vdib__npy plain = without_ones(header);
    unsigned wide = columns_of(&plain, &rows);
    return wide == ROLES ? VDIB_NPY_EVENTS : wide > 0 ? VDIB_NPY_PERHAPS : VDIB_NPY_OTHER;
}

bool vdib__npy_set_type(vdib__npy_events *s, vdib__npy_column *c, const vdib__npy_field *type) {
    c->field = *type;
    if (type->has_unit) {
        c->field.kind = 'i';
        vdib__columns_set_unit(&s->columns, type->power, "by their type");
    }
    return vdib__npy_is_number(&c->field);
}

/* How the values of an array lie. */
typedef struct layout {
    unsigned wide; /* columns, of arrays without names */
    bool apart;    /* each column in one piece */
    size_t stride;
} layout;

/* Column `place` becomes what *c is. */
static vdib_status place_column(vdib__npy_events *s, vdib__bytes *array, const vdib__npy *header, layout lie, int place,
                                vdib__npy_column *c) {
    bool fields = vdib__npy_is_record(header);
    c->present = true;
    c->stride = lie.stride;
    c->bytes = array;
    if (!vdib__npy_set_type(s, c, &header->fields[fields ? place : 0]))
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

static size_t rows_in_window(const vdib__npy_events *s, size_t rows) {
    for (size_t c = 0; c < WIDEST; c++)
        if (s->of[c].present && rows > VDIB_BYTES_WINDOW / s->of[c].stride)
            rows = VDIB_BYTES_WINDOW / s->of[c].stride;
    return s->rows < rows ? (size_t)s->rows : rows;
}

/* The first rows as doubles, (*count, WIDEST); NaN where there is no column. */
static vdib_status sample(vdib__npy_events *s, double *rows, size_t *count) {
    size_t most = rows_in_window(s, VDIB_COLUMNS_SAMPLE);
    for (size_t i = 0; i < most * WIDEST; i++)
        rows[i] = (double)NAN;
    for (size_t c = 0; c < WIDEST; c++) {
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
            rows[i * WIDEST + c] = good ? vdib__number_value(&number) : (double)NAN;
        }
    }
    *count = most;
    return VDIB_OK;
}

/* Columns that stand in their order in the array stand in that of the roles from here on. */
static void order_columns(vdib__npy_events *s, layout lie) {
    vdib__npy_column placed[WIDEST];
    const int places[ROLES] = {s->columns.t, s->columns.x, s->columns.y, s->columns.p};
    memcpy(placed, s->of, sizeof placed);
    memset(s->of, 0, sizeof s->of);
    for (size_t r = 0; r < ROLES; r++)
        if (places[r] >= 0) {
            s->of[r] = placed[places[r]];
            placed[places[r]].present = false;
        }
    for (size_t c = 0; c < WIDEST; c++)
        if (placed[c].present) /* it has no role */
            vdib__bytes_close(&placed[c].own);
    for (size_t c = 0; lie.apart && c < WIDEST; c++)
        s->of[c].bytes = s->of[c].bytes != NULL ? &s->of[c].own : NULL;
}

/* What the columns that are in their places in the array are, by their values. */
static vdib_status guess_placed(vdib__npy_events *s, const char *path, layout lie) {
    double *rows = NULL;
    size_t count = 0;
    VDIB_TRY(VDIB_NEW(&rows, (size_t)VDIB_COLUMNS_SAMPLE * WIDEST));
    vdib_status status = sample(s, rows, &count);
    if (status == VDIB_OK && count == 0) { /* any order will do */
        s->columns.t = 0;
        s->columns.x = 1;
        s->columns.y = 2;
        s->columns.p = lie.wide > 3 ? 3 : -1;
    } else if (status == VDIB_OK && !vdib__columns_guess(rows, count, WIDEST, &s->columns)) {
        status = fail_order(path, lie.wide);
    }
    vdib__free(rows);
    if (status == VDIB_OK)
        order_columns(s, lie);
    return status;
}

/* Columns of two dimensions. */
static vdib_status guess_columns(vdib__npy_events *s, vdib__bytes *array, const vdib__npy *header, layout lie) {
    s->columns = vdib__columns_none;
    for (unsigned c = 0; c < lie.wide; c++)
        VDIB_TRY(place_column(s, array, header, lie, (int)c, &s->of[c]));
    return guess_placed(s, array->path, lie);
}

vdib_status vdib__npy_events_guess(vdib__npy_events *s, const char *path, unsigned wide) {
    return guess_placed(s, path, (layout){.wide = wide, .apart = true});
}

/* Fields by their names. */
static vdib_status name_columns(vdib__npy_events *s, vdib__bytes *array, const vdib__npy *header, layout lie) {
    s->columns = vdib__columns_none;
    for (size_t i = 0; i < header->count; i++)
        (void)vdib__columns_name(&s->columns, (int)i, header->fields[i].name, strlen(header->fields[i].name));
    const bool complete = vdib__columns_complete(&s->columns);
    if (vdib__columns_are_boxes(&s->columns))
        return vdib__fail(VDIB_ERROR_FORMAT, VDIB_COLUMNS_BOXES, array->path);
    if (!complete)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: has no fields t and x; name those of the events t, x, y, p",
                          array->path);
    const int places[ROLES] = {s->columns.t, s->columns.x, s->columns.y, s->columns.p};
    for (size_t r = 0; r < ROLES; r++)
        if (places[r] >= 0)
            VDIB_TRY(place_column(s, array, header, lie, places[r], &s->of[r]));
    return VDIB_OK;
}

/* Rows, columns and how they lie. */
static vdib_status read_shape(vdib__npy_events *s, const vdib__bytes *array, const vdib__npy *header, layout *lie) {
    bool named = vdib__npy_is_record(header), rows = true;
    if (vdib__npy_events_like(header) == VDIB_NPY_OTHER)
        return fail_shape(array->path);
    *lie = (layout){.wide = named ? 1 : columns_of(header, &rows)};
    lie->apart = !named && rows == header->fortran;
    lie->stride = lie->apart ? header->item : lie->wide * header->item;
    if (named)
        (void)vdib__npy_is_list(header, &s->rows);
    else
        s->rows = header->shape[rows ? 0 : 1];
    if (lie->stride == 0 || lie->stride > VDIB_BYTES_WINDOW)
        return fail_shape(array->path);
    uint64_t left = (array->size - array->offset) / lie->stride; /* a lot, where the size is unknown */
    if (lie->apart && s->rows > left / lie->wide)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %llu: ends before its last row; fetch it again", array->path,
                          (unsigned long long)array->size);
    return VDIB_OK;
}

vdib_status vdib__npy_events_of(vdib__bytes *array, const vdib__npy *header, vdib__npy_events *s) {
    layout lie;
    const vdib__npy plain = without_ones(header);
    VDIB_TRY(read_shape(s, array, &plain, &lie));
    return vdib__npy_is_record(header) ? name_columns(s, array, header, lie) : guess_columns(s, array, &plain, lie);
}

vdib_status vdib__npy_events_in_order(vdib__bytes *array, const vdib__npy *header, const int places[ROLES],
                                      vdib__npy_events *s) {
    layout lie;
    VDIB_TRY(read_shape(s, array, header, &lie));
    s->columns = vdib__columns_none;
    for (size_t r = 0; r < ROLES; r++)
        if (places[r] >= 0)
            VDIB_TRY(place_column(s, array, header, lie, places[r], &s->of[r]));
    return VDIB_OK;
}

/* The column, at the array's first number. */
static vdib__npy_column *take_array(vdib__npy_events *s, size_t role, vdib__bytes array) {
    vdib__npy_column *c = &s->of[role];
    c->own = array;
    c->bytes = &c->own;
    c->present = true;
    return c;
}

vdib_status vdib__npy_events_column(vdib__npy_events *s, size_t role, const vdib__npy *header, vdib__bytes array) {
    vdib__npy_column *c = take_array(s, role, array);
    uint64_t count = 0;
    c->stride = header->item;
    if (!vdib__npy_set_type(s, c, &header->fields[0]) || vdib__npy_is_record(header) ||
        !vdib__npy_is_list(header, &count))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is no array of one dimension of numbers; save a number an event",
                          array.path);
    if (role > 0 && count != s->rows)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: has %llu numbers, the array of times %llu; save as many of each",
                          array.path, (unsigned long long)count, (unsigned long long)s->rows);
    s->rows = count;
    return VDIB_OK;
}

vdib_status vdib__npy_events_pair(vdib__npy_events *s, size_t role, const vdib__npy *header, vdib__bytes array) {
    vdib__npy_column *c = take_array(s, role, array);
    const bool rows = header->rank == 2 && header->shape[1] == 2, apart = rows == header->fortran;
    const uint64_t count = header->rank == 2 ? header->shape[rows ? 0 : 1] : 0, second = role == 1 ? 0 : 1;
    if (!vdib__npy_set_type(s, c, &header->fields[0]) || vdib__npy_is_record(header) || header->rank != 2 ||
        header->shape[rows ? 1 : 0] != 2 || count != s->rows)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is no array of x and y, %llu x 2 as the times are; save it so",
                          array.path, (unsigned long long)s->rows);
    c->stride = apart ? header->item : 2 * header->item;
    c->field.offset = apart ? 0 : (size_t)second * header->item;
    return apart ? vdib__bytes_skip(&c->own, second * count * header->item) : VDIB_OK;
}

/* What rows (count, WIDEST) say beyond the names of their columns: unit, polarities. */
static vdib_status conclude(vdib__npy_events *s, const double *rows, size_t count) {
    const vdib__npy_field *time = &s->of[0].field;
    bool single = time->kind == 'f' && time->size <= 4;
    vdib__columns columns = s->columns;
    for (size_t r = 0; r < ROLES; r++)
        *(r == 0   ? &columns.t
          : r == 1 ? &columns.x
          : r == 2 ? &columns.y
                   : &columns.p) = s->of[r].present ? (int)r : -1;
    vdib__columns_time(rows, count, WIDEST, single ? VDIB_TIMES_SINGLE : VDIB_TIMES_DOUBLE, &columns);
    const char *fault = vdib__columns_judge(rows, count, WIDEST, &columns);
    if (fault != NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: its rows are no events: %s", s->of[0].bytes->path, fault);
    s->columns = columns;
    return VDIB_OK;
}

vdib_status vdib__npy_events_begin(vdib__npy_events *s, vdib_events_info *info) {
    double *rows = NULL;
    size_t count = 0;
    VDIB_TRY(VDIB_NEW(&rows, (size_t)VDIB_COLUMNS_SAMPLE * WIDEST));
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
    for (size_t c = 0; c < WIDEST; c++) {
        vdib__bytes_close(&s->of[c].own);
        vdib__free(s->of[c].path);
    }
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
