/* SPDX-License-Identifier: MIT */
#include "events/readers/mat5.h"

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/readers/mat5_zlib.h"

enum { TAG = 8, SMALL = 4, DEEPEST = 3, MOST_ELEMENTS = 1024, MOST_FIELDS = 64 };

/* Types of elements. */
enum { OF_INT8 = 1, OF_INT32 = 5, OF_UINT32 = 6, OF_MATRIX = 14, OF_ZLIB = 15, TYPES = 16 };
/* Classes of arrays. */
enum { A_STRUCTURE = 2, FIRST_NUMBERS = 6, LAST_NUMBERS = 15 };

/* An element's bytes: from `data` on, the next one from `next` on. */
typedef struct element {
    uint32_t type;
    uint64_t size, data, next;
} element;

/* What is being walked through: a file, or what a variable of it unpacks to. */
typedef struct walk {
    vdib__mat5 *mat;
    vdib__bytes *bytes;
    uint64_t packed;
} walk;

static uint32_t word_at(const uint8_t *at, bool big) {
    return big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
               : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

bool vdib__mat5_is(const uint8_t *begin, size_t count) {
    static const char text[] = "MATLAB 5.0 MAT-file";
    return count >= VDIB_MAT5_HEADER && memcmp(begin, text, sizeof text - 1) == 0 &&
           (memcmp(begin + 124, "\0\1IM", 4) == 0 || memcmp(begin + 124, "\1\0MI", 4) == 0);
}

/* ---- elements ---- */

/* The tag at hand, and goes to its data; false at the end. A small element stands in its tag. */
static vdib_status next_element(walk *w, element *e, bool *found) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    VDIB_TRY(vdib__bytes_look(w->bytes, TAG, &at, &ready));
    *found = ready == TAG;
    if (!*found)
        return VDIB_OK;
    uint32_t word = word_at(at, w->mat->big), small = word >> 16;
    e->type = small > 0 ? word & 0xFFFF : word;
    e->size = small > 0 ? small : word_at(at + SMALL, w->mat->big);
    e->data = w->bytes->offset + (small > 0 ? SMALL : TAG);
    e->next =
        small > 0 ? w->bytes->offset + TAG : e->data + (e->type == OF_ZLIB ? e->size : (e->size + TAG - 1) / TAG * TAG);
    *found = small <= SMALL;
    return vdib__bytes_skip(w->bytes, e->data - w->bytes->offset);
}

/* To a byte further on. */
static vdib_status go(walk *w, uint64_t to) {
    return to > w->bytes->offset ? vdib__bytes_skip(w->bytes, to - w->bytes->offset) : VDIB_OK;
}

/* The next element with its bytes, which is of a type: `most` of them at most, *count. */
static vdib_status take_element(walk *w, uint32_t type, uint8_t *to, size_t most, size_t *count, bool *found) {
    element e;
    const uint8_t *at = NULL;
    VDIB_TRY(next_element(w, &e, found));
    *found = *found && e.type == type && e.size <= most;
    if (!*found)
        return VDIB_OK;
    VDIB_TRY(vdib__bytes_look(w->bytes, (size_t)e.size, &at, count));
    *found = *count == e.size;
    memcpy(to, at, *count);
    return go(w, e.next);
}

/* ---- arrays ---- */

/* The type of an element's numbers; false: they are none. */
static bool set_type(vdib__npy *type, uint32_t code, bool big) {
    static const struct {
        char kind;
        unsigned char size;
    } types[TYPES] = {[1] = {'i', 1}, [2] = {'u', 1}, [3] = {'i', 2}, [4] = {'u', 2},  [5] = {'i', 4},
                      [6] = {'u', 4}, [7] = {'f', 4}, [9] = {'f', 8}, [12] = {'i', 8}, [13] = {'u', 8}};
    if (code >= TYPES || types[code].size == 0)
        return false;
    type->fields[0].kind = types[code].kind;
    type->fields[0].size = type->item = types[code].size;
    type->fields[0].big = big;
    type->count = 1;
    type->fortran = true;
    return true;
}

/* The shape, of 32-bit numbers (bytes); false where it is none, or is longer than is read. */
static bool set_shape(vdib__npy *type, const uint8_t *numbers, size_t bytes, bool big, uint64_t *elements) {
    *elements = 1;
    type->rank = bytes / sizeof(uint32_t);
    for (size_t i = 0; i < type->rank; i++) {
        type->shape[i] = word_at(numbers + i * sizeof(uint32_t), big);
        if (type->shape[i] > INT32_MAX || *elements > UINT64_MAX / 8 / (type->shape[i] + 1))
            return false;
        *elements *= type->shape[i];
    }
    return type->rank >= 2;
}

static void copy_name(char to[VDIB_MAT5_NAME], const uint8_t *name, size_t length) {
    size_t used = 0;
    for (; used < length && used + 1 < VDIB_MAT5_NAME && name[used] != 0; used++)
        to[used] = (char)(name[used] < ' ' || name[used] > '~' ? '?' : name[used]);
    to[used] = '\0';
}

static vdib_status add_numbers(walk *w, const vdib__mat5_array *like, uint64_t elements) {
    element e;
    bool found = false;
    vdib__mat5_array *made = &w->mat->arrays[w->mat->count];
    VDIB_TRY(next_element(w, &e, &found));
    if (!found || w->mat->count == VDIB_MAT5_ARRAYS)
        return VDIB_OK;
    *made = *like;
    made->packed = w->packed;
    made->begin = e.data;
    w->mat->count += set_type(&made->type, e.type, w->mat->big) && e.size == elements * made->type.item;
    return VDIB_OK;
}

static vdib_status walk_array(walk *w, const element *e, const char *group, const char *name, int depth);

/* The fields of a structure, which each are an array. */
static vdib_status walk_structure(walk *w, const char *name, int depth) {
    enum { LONGEST = 64 };
    uint8_t length[4], names[MOST_FIELDS * LONGEST];
    size_t count = 0;
    bool found = false;
    VDIB_TRY(take_element(w, OF_INT32, length, sizeof length, &count, &found));
    const uint32_t each = found && count == sizeof length ? word_at(length, w->mat->big) : 0;
    if (each == 0 || each > LONGEST)
        return VDIB_OK;
    VDIB_TRY(take_element(w, OF_INT8, names, sizeof names, &count, &found));
    for (size_t i = 0; found && i < count / each; i++) {
        element e;
        char field[VDIB_MAT5_NAME];
        VDIB_TRY(next_element(w, &e, &found));
        found = found && e.type == OF_MATRIX;
        if (!found)
            break;
        copy_name(field, names + i * each, each);
        VDIB_TRY(walk_array(w, &e, name, field, depth + 1));
    }
    return VDIB_OK;
}

/* An array at its first byte: of numbers, or a structure of arrays. Goes behind it. `name` is that of a field; NULL: it
 * has its own. */
static vdib_status walk_array(walk *w, const element *e, const char *group, const char *name, int depth) {
    uint8_t flags[8], shape[4 * VDIB_NPY_RANK], own[4 * VDIB_MAT5_NAME];
    vdib__mat5_array array = {.packed = 0};
    uint64_t elements = 0;
    size_t count = 0, length = 0;
    bool found = e->size > 0;
    if (found)
        VDIB_TRY(take_element(w, OF_UINT32, flags, sizeof flags, &count, &found));
    found = found && count == sizeof flags;
    if (found)
        VDIB_TRY(take_element(w, OF_INT32, shape, sizeof shape, &count, &found));
    found = found && set_shape(&array.type, shape, count, w->mat->big, &elements);
    if (found)
        VDIB_TRY(take_element(w, OF_INT8, own, sizeof own, &length, &found));
    if (found) {
        copy_name(array.name, name != NULL ? (const uint8_t *)name : own, name != NULL ? strlen(name) : length);
        copy_name(array.group, (const uint8_t *)group, strlen(group));
        uint32_t class = word_at(flags, w->mat->big) & 0xFF;
        if (class == A_STRUCTURE && elements == 1 && depth < DEEPEST)
            VDIB_TRY(walk_structure(w, array.name, depth));
        else if (class >= FIRST_NUMBERS && class <= LAST_NUMBERS)
            VDIB_TRY(add_numbers(w, &array, elements));
    }
    return depth == 0 && w->packed != 0 ? VDIB_OK : go(w, e->next); /* nothing follows what is packed */
}

/* ---- a file ---- */

static vdib_status walk_packed(walk *w, const element *e) {
    vdib__bytes unpacked;
    element inner;
    bool found = false;
    VDIB_TRY(vdib__mat5_inflate(w->bytes, e->data, &unpacked));
    walk inside = {.mat = w->mat, .bytes = &unpacked, .packed = e->data};
    vdib_status status = next_element(&inside, &inner, &found);
    if (status == VDIB_OK && found && inner.type == OF_MATRIX)
        status = walk_array(&inside, &inner, "", NULL, 0);
    vdib__bytes_close(&unpacked);
    return status;
}

static vdib_status walk_file(walk *w) {
    element e;
    bool found = true;
    VDIB_TRY(go(w, VDIB_MAT5_HEADER));
    for (size_t i = 0; found && i < MOST_ELEMENTS; i++) {
        VDIB_TRY(next_element(w, &e, &found));
        if (found && e.type == OF_ZLIB)
            VDIB_TRY(walk_packed(w, &e));
        else if (found && e.type == OF_MATRIX)
            VDIB_TRY(walk_array(w, &e, "", NULL, 0));
        w->mat->cut = found && e.next > w->bytes->size;
        if (found)
            VDIB_TRY(go(w, e.next));
        found = found && !w->mat->cut;
    }
    return VDIB_OK;
}

vdib_status vdib__mat5_list(const vdib__bytes *bytes, vdib__mat5 *mat) {
    vdib__bytes file;
    const uint8_t *at = NULL;
    size_t ready = 0;
    walk w = {.mat = mat, .bytes = &file};
    mat->count = 0;
    mat->cut = false;
    VDIB_TRY(vdib__bytes_again(bytes, &file));
    vdib_status status = vdib__bytes_look(&file, VDIB_MAT5_HEADER, &at, &ready);
    mat->big = ready == VDIB_MAT5_HEADER && at[126] == 'M';
    if (status == VDIB_OK)
        status = walk_file(&w);
    vdib__bytes_close(&file);
    return status;
}

vdib_status vdib__mat5_open(const vdib__bytes *bytes, const vdib__mat5_array *array, vdib__bytes *numbers) {
    if (array->packed != 0)
        VDIB_TRY(vdib__mat5_inflate(bytes, array->packed, numbers));
    else
        VDIB_TRY(vdib__bytes_again(bytes, numbers));
    vdib_status status = vdib__bytes_seek(numbers, array->begin);
    if (status != VDIB_OK)
        vdib__bytes_close(numbers);
    return status;
}
