/* SPDX-License-Identifier: MIT */
/* NumPy arrays (`.npy`) of events: records with named fields, or two dimensions, of which one are the four columns. */

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/columns.h"
#include "events/npy_header.h"
#include "events/reader.h"
#include "events/words.h"

enum { ROLES = 4 }; /* t, x, y, p */

/* Where the values of one column are. */
typedef struct column {
    bool present;
    vdib__npy_field field;
    vdib__bytes *bytes; /* the next row's, or an array's next value */
    vdib__bytes own;    /* of columns that lie apart in the file */
} column;

typedef struct npy {
    vdib__bytes *bytes;
    vdib__columns columns;
    column of[ROLES];
    bool apart;    /* each column lies in one piece */
    size_t stride; /* bytes from a value to that of the next row */
    uint64_t rows; /* that were not read */
} npy;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__npy_is(head->bytes, head->count) ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

/* ---- values ---- */

/* `size` bytes as a whole number. */
static uint64_t whole_at(const vdib__npy_field *field, const uint8_t *at) {
    uint64_t value = 0;
    if (!field->big && field->size != 1)
        return field->size == 8 ? vdib__little64(at) : field->size == 4 ? vdib__little32(at) : vdib__little16(at);
    for (size_t i = 0; i < field->size; i++)
        value = value << 8 | at[field->big ? i : field->size - 1 - i];
    return value;
}

static double half_value(uint64_t bits) {
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023) / 1024.0, sign = bits >> 15 != 0 ? -1.0 : 1.0;
    if (exponent == 31)
        return NAN;
    return sign * (exponent == 0 ? ldexp(fraction, -14) : ldexp(1.0 + fraction, exponent - 15));
}

static double real_of(const vdib__npy_field *field, uint64_t bits) {
    float single = 0;
    double value = 0;
    uint32_t low = (uint32_t)bits;
    if (field->size == 2)
        return half_value(bits);
    memcpy(&single, &low, sizeof single);
    memcpy(&value, &bits, sizeof value);
    return field->size == 4 ? (double)single : value;
}

/* The value of a column of numbers; false if it has more than 63 bits. */
static bool number_at(const vdib__npy_field *field, const uint8_t *at, vdib__number *number) {
    uint64_t bits = whole_at(field, at);
    *number = (vdib__number){.is_real = field->kind == 'f'};
    if (field->kind == 'f') {
        number->real = real_of(field, bits);
        return true;
    }
    unsigned unused = 64 - 8 * (unsigned)field->size;
    number->whole = field->kind == 'i' ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
    return field->kind == 'i' || number->whole >= 0;
}

/* ---- what the columns are ---- */

static bool is_number(const vdib__npy_field *field) {
    bool size = field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;
    return size &&
           (field->kind == 'i' || field->kind == 'u' || field->kind == 'b' || (field->kind == 'f' && field->size > 1));
}

static vdib_status fail_shape(const char *path) {
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: is an array, but none of events; save rows of t, x, y, p as an array of two dimensions or "
                      "with named fields",
                      path);
}

/* Sets the bytes of the columns that are there. */
static vdib_status place_columns(npy *s, const vdib__npy *header) {
    const int places[ROLES] = {s->columns.t, s->columns.x, s->columns.y, s->columns.p};
    for (size_t r = 0; r < ROLES; r++) {
        column *c = &s->of[r];
        if (places[r] < 0)
            continue;
        c->present = true;
        c->field = header->fields[header->count > 1 ? places[r] : 0];
        if (!is_number(&c->field))
            return vdib__fail(VDIB_ERROR_FORMAT, "%s: column %d of its events holds no numbers; save it as integers",
                              s->bytes->path, places[r]);
        if (header->count == 1)
            c->field.offset = s->apart ? 0 : (size_t)places[r] * c->field.size;
        c->bytes = s->bytes;
        if (!s->apart)
            continue;
        VDIB_TRY(vdib__bytes_again(s->bytes, &c->own));
        c->bytes = &c->own;
        VDIB_TRY(
            vdib__bytes_skip(&c->own, (uint64_t)places[r] * header->shape[header->fortran ? 0 : 1] * c->field.size));
    }
    return VDIB_OK;
}

/* The first rows as doubles, (rows, stride) of which `columns` are of interest. */
static vdib_status sample(npy *s, double *rows, size_t *count, size_t stride) {
    size_t most = s->rows < VDIB_COLUMNS_SAMPLE ? (size_t)s->rows : VDIB_COLUMNS_SAMPLE;
    for (size_t c = 0; c < ROLES; c++) {
        const uint8_t *at = NULL;
        size_t ready = 0;
        if (!s->of[c].present)
            continue;
        size_t fits = VDIB_BYTES_WINDOW / s->stride;
        VDIB_TRY(vdib__bytes_look(s->of[c].bytes, (most < fits ? most : fits) * s->stride, &at, &ready));
        most = ready / s->stride < most ? ready / s->stride : most;
        for (size_t i = 0; i < most; i++) {
            vdib__number number;
            bool good = number_at(&s->of[c].field, at + i * s->stride + s->of[c].field.offset, &number);
            rows[i * stride + c] = good ? vdib__number_value(&number) : (double)NAN;
        }
    }
    *count = most;
    return VDIB_OK;
}

/* Rows of two dimensions: the columns are those of t x y p until their values say otherwise. */
static vdib_status guess_columns(npy *s, const vdib__npy *header, double *rows) {
    size_t count = 0;
    s->columns = (vdib__columns){.t = 0, .x = 1, .y = 2, .p = 3};
    VDIB_TRY(place_columns(s, header));
    VDIB_TRY(sample(s, rows, &count, ROLES));
    if (count > 0 && !vdib__columns_guess(rows, count, ROLES, &s->columns))
        return fail_shape(s->bytes->path);
    column placed[ROLES];
    memcpy(placed, s->of, sizeof placed);
    const int places[ROLES] = {s->columns.t, s->columns.x, s->columns.y, s->columns.p};
    for (size_t r = 0; r < ROLES; r++) {
        s->of[r] = placed[places[r]];
        if (s->apart)
            s->of[r].bytes = &s->of[r].own;
    }
    return VDIB_OK;
}

/* Fields by their names. */
static vdib_status name_columns(npy *s, const vdib__npy *header) {
    s->columns = vdib__columns_none;
    for (size_t i = 0; i < header->count; i++)
        (void)vdib__columns_name(&s->columns, (int)i, header->fields[i].name, strlen(header->fields[i].name));
    if (!vdib__columns_complete(&s->columns))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: has no fields t and x; name those of the events t, x, y, p",
                          s->bytes->path);
    return place_columns(s, header);
}

/* Rows, columns and how they lie. */
static vdib_status read_shape(npy *s, const vdib__npy *header) {
    bool named = header->fields[0].name[0] != '\0';
    if (named && header->rank == 1) {
        s->rows = header->shape[0];
        s->stride = header->item;
    } else if (!named && header->rank == 2 && (header->shape[0] == ROLES || header->shape[1] == ROLES)) {
        bool rows = header->shape[1] == ROLES; /* a row is an event */
        s->rows = header->shape[rows ? 0 : 1];
        s->apart = rows == header->fortran;
        s->stride = s->apart ? header->item : ROLES * header->item;
    } else {
        return fail_shape(s->bytes->path);
    }
    if (s->stride == 0 || s->stride > VDIB_BYTES_WINDOW)
        return fail_shape(s->bytes->path);
    uint64_t left = (s->bytes->size - s->bytes->offset) / s->stride; /* a lot, where the size is unknown */
    if (s->apart && s->rows > left / ROLES)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %llu: ends before its last row; fetch it again", s->bytes->path,
                          (unsigned long long)s->bytes->size);
    return VDIB_OK;
}

static vdib_status set_up(npy *s, const vdib__npy *header, double *rows) {
    size_t count = 0;
    VDIB_TRY(read_shape(s, header));
    if (header->fields[0].name[0] != '\0')
        VDIB_TRY(name_columns(s, header));
    else
        VDIB_TRY(guess_columns(s, header, rows));
    VDIB_TRY(sample(s, rows, &count, ROLES)); /* in the order of the roles now */
    vdib__columns time = s->columns;
    time.t = 0;
    vdib__columns_time(rows, count, ROLES, true, &time);
    s->columns.unit = time.unit;
    s->columns.power = time.power;
    return VDIB_OK;
}

static void close_npy(void *state) {
    npy *s = state;
    for (size_t r = 0; s != NULL && r < ROLES; r++)
        vdib__bytes_close(&s->of[r].own);
    vdib__free(s);
}

static vdib_status open_npy(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    npy *made = NULL;
    vdib__npy *header = NULL;
    double *rows = NULL;
    vdib_status status = VDIB_NEW(&made, 1);
    if (status == VDIB_OK)
        status = VDIB_NEW(&header, 1);
    if (status == VDIB_OK)
        status = VDIB_NEW(&rows, (size_t)VDIB_COLUMNS_SAMPLE * ROLES);
    if (status == VDIB_OK)
        status = vdib__npy_header(bytes, header);
    if (status == VDIB_OK) {
        made->bytes = bytes;
        status = set_up(made, header, rows);
    }
    if (status == VDIB_OK) {
        info->unit = made->columns.unit;
        *state = made;
    } else {
        close_npy(made);
    }
    vdib__free(rows);
    vdib__free(header);
    return status;
}

/* ---- events ---- */

/* Looks at the next rows of every column: at[r], `*rows` of them. */
static vdib_status look(npy *s, size_t wanted, const uint8_t *at[ROLES], size_t *rows) {
    size_t fits = VDIB_BYTES_WINDOW / s->stride;
    *rows = wanted < fits ? wanted : fits;
    for (size_t r = 0; r < ROLES; r++) {
        size_t ready = 0;
        at[r] = NULL;
        if (!s->of[r].present)
            continue;
        VDIB_TRY(vdib__bytes_look(s->of[r].bytes, *rows * s->stride, &at[r], &ready));
        at[r] += s->of[r].field.offset;
        *rows = ready / s->stride;
    }
    return VDIB_OK;
}

static bool decode(const npy *s, const uint8_t *const at[ROLES], size_t row, vdib_event *event) {
    vdib__number numbers[ROLES];
    const vdib__number *given[ROLES] = {NULL};
    for (size_t r = 0; r < ROLES; r++) {
        if (!s->of[r].present)
            continue;
        if (!number_at(&s->of[r].field, at[r] + row * s->stride, &numbers[r]))
            return false;
        given[r] = &numbers[r];
    }
    return vdib__columns_event(&s->columns, given[0], given[1], given[2], given[3], event);
}

static void take(npy *s, size_t rows) {
    if (!s->apart)
        vdib__bytes_take(s->bytes, rows * s->stride);
    for (size_t r = 0; s->apart && r < ROLES; r++)
        vdib__bytes_take(s->of[r].bytes, rows * s->stride);
    s->rows -= rows;
}

static vdib_status read_npy(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    npy *s = state;
    for (*count = 0; *count == 0 && s->rows > 0;) {
        const uint8_t *at[ROLES];
        size_t rows = 0;
        VDIB_TRY(look(s, capacity < s->rows ? capacity : (size_t)s->rows, at, &rows));
        if (rows == 0) {
            uint64_t begin = s->bytes->offset;
            VDIB_TRY(vdib__bytes_skip(s->bytes, VDIB_SIZE_UNKNOWN));
            vdib__bytes_blame(s->bytes, s->bytes->offset, "the file ends before its last row", &info->truncated,
                              s->bytes->offset > begin ? (size_t)(s->bytes->offset - begin) : 1);
            s->rows = 0;
            return VDIB_OK;
        }
        uint64_t begin = s->of[0].bytes->offset;
        for (size_t i = 0; i < rows; i++) {
            if (decode(s, at, i, &events[*count]))
                ++*count;
            else
                vdib__bytes_blame(s->bytes, begin + i * s->stride, "a row that is no event", &info->damaged, 1);
        }
        take(s, rows);
    }
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_npy;
const vdib__event_reader vdib__reader_npy = {
    .name = "npy",
    .help = "NumPy",
    .endings = ".npy",
    .common_endings = true,
    .detect = detect,
    .open = open_npy,
    .read = read_npy,
    .close = close_npy,
};
