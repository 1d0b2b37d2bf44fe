/* SPDX-License-Identifier: MIT */
/* The bytes of an IDX file. */

#include "data/idx.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/lfs.h"
#include "core/text.h"

typedef struct type_row {
    vdib__idx_type type;
    size_t bytes;
    const char *name;
} type_row;

static const type_row types[] = {
    {VDIB_IDX_U8, 1, "unsigned bytes"},   {VDIB_IDX_I8, 1, "signed bytes"},   {VDIB_IDX_I16, 2, "16-bit integers"},
    {VDIB_IDX_I32, 4, "32-bit integers"}, {VDIB_IDX_F32, 4, "32-bit floats"}, {VDIB_IDX_F64, 8, "64-bit floats"},
};

static const type_row *find_type(uint8_t code) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if ((uint8_t)types[i].type == code)
            return &types[i];
    return NULL;
}

const char *vdib__idx_type_name(vdib__idx_type type) {
    const type_row *row = find_type((uint8_t)type);
    return row != NULL ? row->name : "elements of an unknown type";
}

const char *vdib__idx_shape(const vdib__idx *idx, char text[VDIB_IDX_SHAPE_TEXT]) {
    size_t used = 0;
    for (size_t a = 0; a < idx->rank; a++)
        used += (size_t)snprintf(text + used, VDIB_IDX_SHAPE_TEXT - used, "%s%zu", a > 0 ? " x " : "", idx->sizes[a]);
    return text;
}

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static vdib_status check_begin(const char *path, const uint8_t *bytes, size_t size, const type_row **type) {
    if (vdib__is_lfs_pointer(bytes, size))
        return vdib__fail(VDIB_ERROR_FORMAT, VDIB_LFS_MESSAGE, path);
    if (size < 4 || bytes[0] != 0 || bytes[1] != 0)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is not an IDX file: it must begin with two bytes 00, the type of its elements and the "
                          "number of its dimensions; fetch it again, or convert it",
                          path);
    *type = find_type(bytes[2]);
    if (*type == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: has elements of type 0x%02X, which IDX does not know (08 and 09 bytes, 0B and 0C "
                          "integers, 0D and 0E floats); convert it to unsigned bytes (08)",
                          path, bytes[2]);
    if (bytes[3] < 1 || bytes[3] > VDIB_IDX_RANK)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: has %u dimension%s; files of 1 to %d are read, convert it", path,
                          (unsigned)bytes[3], vdib__s(bytes[3]), VDIB_IDX_RANK);
    if (size < 4 + 4 * (size_t)bytes[3])
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is cut short inside its header of %u dimension%s (%zu byte%s); fetch it again", path,
                          (unsigned)bytes[3], vdib__s(bytes[3]), size, vdib__s(size));
    return VDIB_OK;
}

vdib_status vdib__idx_decode(const char *path, const uint8_t *bytes, size_t size, vdib__idx *idx) {
    const type_row *type = NULL;
    VDIB_TRY(check_begin(path, bytes, size, &type));
    vdib__idx made = {.type = type->type, .rank = bytes[3], .sizes = {1, 1, 1, 1}};
    size_t header = 4 + 4 * made.rank, promised = type->bytes;
    for (size_t a = 0; a < made.rank; a++) {
        made.sizes[a] = big_endian(bytes + 4 + 4 * a);
        if (made.sizes[a] == 0)
            return vdib__fail(VDIB_ERROR_FORMAT, "%s: size %zu of its header is 0; it holds nothing", path, a + 1);
        if (__builtin_mul_overflow(promised, made.sizes[a], &promised))
            promised = SIZE_MAX;
    }
    if (promised != size - header) {
        char shape[VDIB_IDX_SHAPE_TEXT];
        return vdib__fail(
            VDIB_ERROR_FORMAT,
            "%s: its header promises %zu byte%s of data (%s %s), but %zu follow; the file is cut short or damaged, "
            "fetch it again",
            path, promised, vdib__s(promised), vdib__idx_shape(&made, shape), type->name, size - header);
    }
    made.count = promised / type->bytes;
    made.elements = bytes + header;
    *idx = made;
    return VDIB_OK;
}

double vdib__idx_at(const vdib__idx *idx, size_t i) {
    const uint8_t *at = idx->elements;
    uint32_t word;
    uint64_t words;
    float single;
    double value;
    switch (idx->type) {
    case VDIB_IDX_U8:
        return at[i];
    case VDIB_IDX_I8:
        return (int8_t)at[i];
    case VDIB_IDX_I16:
        return (int16_t)((uint16_t)at[2 * i] << 8 | at[2 * i + 1]);
    case VDIB_IDX_I32:
        return (int32_t)big_endian(at + 4 * i);
    case VDIB_IDX_F32:
        word = big_endian(at + 4 * i);
        memcpy(&single, &word, sizeof single);
        return single;
    case VDIB_IDX_F64:
        words = (uint64_t)big_endian(at + 8 * i) << 32 | big_endian(at + 8 * i + 4);
        memcpy(&value, &words, sizeof value);
        return value;
    }
    return 0;
}
