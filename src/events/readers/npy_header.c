/* SPDX-License-Identifier: MIT */
#include "events/readers/npy_header.h"

#include <string.h>

#include "core/error.h"
#include "events/words.h"

enum { MAGIC = 6, FIXED = 8, LARGEST_ITEM = 1 << 20 };

bool vdib__npy_is_record(const vdib__npy *header) {
    return header->fields[0].name[0] != '\0';
}

bool vdib__npy_is_list(const vdib__npy *header, uint64_t *count) {
    size_t longer = 0;
    *count = 1;
    for (size_t i = 0; i < header->rank; i++)
        if (header->shape[i] != 1) {
            *count = header->shape[i];
            longer++;
        }
    return longer <= 1;
}

bool vdib__npy_is(const uint8_t *begin, size_t count) {
    return count >= MAGIC && memcmp(begin, "\x93NUMPY", MAGIC) == 0;
}

/* ---- the literal: {'descr': ..., 'fortran_order': ..., 'shape': ...} ---- */

typedef struct reading {
    const char *at, *end;
} reading;

/* Over blanks; whether `letter` stands there, which is taken. */
static bool take(reading *r, char letter) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t'))
        r->at++;
    if (r->at == r->end || *r->at != letter)
        return false;
    r->at++;
    return true;
}

static bool take_word(reading *r, const char *word) {
    size_t length = strlen(word);
    if (take(r, *word) && (size_t)(r->end - r->at) >= length - 1 && memcmp(r->at, word + 1, length - 1) == 0) {
        r->at += length - 1;
        return true;
    }
    return false;
}

/* A text in quotes, which is cut to `size` - 1 bytes. */
static bool take_text(reading *r, char *text, size_t size) {
    char quote = take(r, '\'') ? '\'' : take(r, '"') ? '"' : '\0';
    size_t used = 0;
    if (quote == '\0')
        return false;
    for (; r->at < r->end && *r->at != quote; r->at++)
        if (used + 1 < size)
            text[used++] = *r->at;
    text[used] = '\0';
    return take(r, quote);
}

static bool take_number(reading *r, uint64_t *value) {
    const char *begin = NULL;
    while (r->at < r->end && *r->at == ' ')
        r->at++;
    *value = 0;
    for (begin = r->at; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        if (*value > (UINT64_MAX >> 1) / 10 - 1)
            return false;
        *value = 10 * *value + (uint64_t)(*r->at - '0');
    }
    return r->at > begin;
}

/* "(3, 4)" of at most `most` numbers. */
static bool take_shape(reading *r, size_t most, uint64_t *shape, size_t *rank) {
    *rank = 0;
    if (!take(r, '('))
        return false;
    while (!take(r, ')')) {
        if (*rank == most || !take_number(r, &shape[(*rank)++]))
            return false;
        (void)take(r, 'L'); /* of Python 2 */
        (void)take(r, ',');
    }
    return true;
}

/* "[us]" behind the type of times. */
static void read_unit(const reading *r, vdib__npy_field *field) {
    static const char *const units[] = {"[s]", "[ms]", "[us]", "[ns]"};
    static const int powers[] = {6, 3, 0, -3};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(r->at, units[i]) == 0) {
            field->has_unit = true;
            field->power = powers[i];
        }
}

/* "<i8" */
static bool read_type(const char *text, vdib__npy_field *field) {
    reading r = {.at = text, .end = text + strlen(text)};
    uint64_t size = 0;
    field->big = *r.at == '>';
    if (*r.at == '<' || *r.at == '>' || *r.at == '|' || *r.at == '=')
        r.at++;
    if (r.at == r.end)
        return false;
    field->kind = *r.at++;
    if (field->kind == 'O' || !take_number(&r, &size) || size > LARGEST_ITEM)
        return false;
    field->size = (size_t)(field->kind == 'U' ? 4 * size : size);
    if (field->kind == 'm' || field->kind == 'M')
        read_unit(&r, field);
    return true;
}

/* "('x', '<u2')", perhaps with a shape of its own. */
static bool take_field(reading *r, vdib__npy *header) {
    enum { TYPE = 32 };
    char type[TYPE];
    vdib__npy_field field = {.offset = header->item};
    uint64_t shape[VDIB_NPY_RANK];
    size_t rank = 0;
    if (!take(r, '(') || !take_text(r, field.name, VDIB_NPY_NAME) || !take(r, ',') || !take_text(r, type, TYPE) ||
        !read_type(type, &field))
        return false;
    if (take(r, ',') && !take(r, ')')) {
        if (!take_shape(r, VDIB_NPY_RANK, shape, &rank))
            return false;
        for (size_t i = 0; i < rank; i++) {
            if (shape[i] > LARGEST_ITEM || field.size * shape[i] > LARGEST_ITEM)
                return false;
            field.size *= (size_t)shape[i];
        }
        field.kind = 'V';
        if (!take(r, ')'))
            return false;
    } else if (r->at[-1] != ')' && !take(r, ')')) {
        return false;
    }
    header->item += field.size;
    if (field.name[0] == '\0') /* room between fields */
        return header->item <= LARGEST_ITEM;
    if (header->count == VDIB_NPY_FIELDS)
        return false;
    header->fields[header->count++] = field;
    return header->item <= LARGEST_ITEM;
}

static bool take_types(reading *r, vdib__npy *header) {
    enum { TYPE = 32 };
    char type[TYPE];
    if (take(r, '[')) {
        while (!take(r, ']')) {
            if (!take_field(r, header))
                return false;
            (void)take(r, ',');
        }
        return header->count > 0;
    }
    header->count = 1;
    if (!take_text(r, type, TYPE) || !read_type(type, &header->fields[0]))
        return false;
    header->item = header->fields[0].size;
    return true;
}

static bool take_entry(reading *r, vdib__npy *header) {
    enum { KEY = 16 };
    char key[KEY];
    if (!take_text(r, key, KEY) || !take(r, ':'))
        return false;
    if (strcmp(key, "descr") == 0)
        return header->count == 0 && take_types(r, header);
    if (strcmp(key, "shape") == 0) {
        if (!take_shape(r, VDIB_NPY_RANK, header->shape, &header->rank))
            return false;
        if (header->rank == 0) /* a single element */
            header->shape[header->rank++] = 1;
        return true;
    }
    if (strcmp(key, "fortran_order") != 0)
        return false;
    header->fortran = take_word(r, "True");
    return header->fortran || take_word(r, "False");
}

static bool read_literal(const char *text, size_t length, vdib__npy *header) {
    reading r = {.at = text, .end = text + length};
    if (!take(&r, '{'))
        return false;
    while (!take(&r, '}')) {
        if (!take_entry(&r, header))
            return false;
        (void)take(&r, ',');
    }
    return header->count > 0 && header->item > 0 && header->rank > 0;
}

vdib_status vdib__npy_header(vdib__bytes *bytes, vdib__npy *header) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    VDIB_TRY(vdib__bytes_look(bytes, FIXED + 4, &at, &ready));
    bool wide = ready > MAGIC && at[MAGIC] >= 2;
    size_t fixed = FIXED + (wide ? 4 : 2);
    if (ready < FIXED + 4)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: ends inside its header; fetch it again", bytes->path,
                          ready);
    uint64_t length = wide ? vdib__little32(at + FIXED) : vdib__little16(at + FIXED);
    if (length > VDIB_BYTES_WINDOW - fixed)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %d: has a header of %llu bytes, more than is read (%zu)",
                          bytes->path, FIXED, (unsigned long long)length, VDIB_BYTES_WINDOW - fixed);
    VDIB_TRY(vdib__bytes_look(bytes, fixed + (size_t)length, &at, &ready));
    if (ready < fixed + length)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: ends inside its header; fetch it again", bytes->path,
                          ready);
    *header = (vdib__npy){0};
    if (!read_literal((const char *)at + fixed, (size_t)length, header))
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: byte %zu: its header names no type of numbers, order and shape; save plain numbers, not "
                          "objects",
                          bytes->path, fixed);
    vdib__bytes_take(bytes, fixed + (size_t)length);
    return VDIB_OK;
}
