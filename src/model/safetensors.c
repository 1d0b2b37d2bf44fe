/* SPDX-License-Identifier: MIT */
/* Reading safetensors files. */
#include "model/safetensors.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/text.h"

enum { PREFIX = 8, LARGEST_HEADER = 100000000, SHAPE_TEXT = 256 };

struct vdib__safetensors {
    char *origin;
    const uint8_t *mapped; /* the file's bytes if they are ours, else NULL */
    size_t mapped_size;
    const uint8_t *data;
    size_t data_size;
    json_t *header;                    /* owns the names and the metadata */
    vdib__safetensors_tensor *tensors; /* (count), in order of their bytes */
    size_t count;
};

static const struct {
    const char *name;
    size_t size;
} dtypes[VDIB_DTYPES] = {
    [VDIB_DTYPE_F32] = {"F32", 4},         [VDIB_DTYPE_U8] = {"U8", 1},           [VDIB_DTYPE_I64] = {"I64", 8},
    [VDIB_DTYPE_U64] = {"U64", 8},         [VDIB_DTYPE_BOOL] = {"BOOL", 1},       [VDIB_DTYPE_I8] = {"I8", 1},
    [VDIB_DTYPE_F8_E4M3] = {"F8_E4M3", 1}, [VDIB_DTYPE_F8_E5M2] = {"F8_E5M2", 1}, [VDIB_DTYPE_I16] = {"I16", 2},
    [VDIB_DTYPE_U16] = {"U16", 2},         [VDIB_DTYPE_F16] = {"F16", 2},         [VDIB_DTYPE_BF16] = {"BF16", 2},
    [VDIB_DTYPE_I32] = {"I32", 4},         [VDIB_DTYPE_U32] = {"U32", 4},         [VDIB_DTYPE_F64] = {"F64", 8},
    [VDIB_DTYPE_C64] = {"C64", 8},
};

const char *vdib__dtype_name(vdib__dtype dtype) {
    return dtypes[dtype].name;
}

size_t vdib__dtype_size(vdib__dtype dtype) {
    return dtypes[dtype].size;
}

/* Fails with "<origin>: <what is wrong>; <remedy>". */
static vdib_status malformed(const vdib__safetensors *file, const char *what) {
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: is no valid safetensors file: %s; fetch or write it again", file->origin,
                      what);
}

static vdib_status malformed_tensor(const vdib__safetensors *file, const char *name, const char *what) {
    char shown[VDIB_SHOWN];
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: is no valid safetensors file: tensor '%s' %s; fetch or write it again",
                      file->origin, vdib__shown(name, shown), what);
}

static bool parse_dtype(const json_t *value, vdib__dtype *dtype) {
    const char *text = json_string_value(value);
    for (int i = 0; text != NULL && i < VDIB_DTYPES; i++) {
        if (strcmp(text, dtypes[i].name) == 0) {
            *dtype = (vdib__dtype)i;
            return true;
        }
    }
    return false;
}

/* A whole number that is not negative. */
static bool parse_size(const json_t *value, size_t *size) {
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    *size = (size_t)number;
    return number >= 0 && (unsigned long long)number <= SIZE_MAX;
}

/* Shape and number of elements, with every product checked. */
static vdib_status parse_shape(const vdib__safetensors *file, const json_t *list, vdib__safetensors_tensor *tensor) {
    if (!json_is_array(list))
        return malformed_tensor(file, tensor->name, "has no list as its shape");
    tensor->rank = json_array_size(list);
    if (tensor->rank > VDIB_SAFETENSORS_RANK)
        return malformed_tensor(file, tensor->name, "has more axes than the 8 that are read");
    tensor->count = 1;
    for (size_t a = 0; a < VDIB_SAFETENSORS_RANK; a++) {
        tensor->shape[a] = 1;
        if (a < tensor->rank && !parse_size(json_array_get(list, a), &tensor->shape[a]))
            return malformed_tensor(file, tensor->name, "has a shape that is not of whole numbers");
        if (__builtin_mul_overflow(tensor->count, tensor->shape[a], &tensor->count))
            return malformed_tensor(file, tensor->name, "has a shape too large for this machine");
    }
    return VDIB_OK;
}

/* One entry of the header. */
static vdib_status parse_tensor(const vdib__safetensors *file, const char *name, const json_t *entry,
                                vdib__safetensors_tensor *tensor) {
    tensor->name = name;
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return malformed_tensor(file, name, "is not described by exactly dtype, shape and data_offsets");
    if (!parse_dtype(json_object_get(entry, "dtype"), &tensor->dtype))
        return malformed_tensor(file, name, "has an unknown dtype");
    VDIB_TRY(parse_shape(file, json_object_get(entry, "shape"), tensor));
    const json_t *offsets = json_object_get(entry, "data_offsets");
    size_t begin, end, size;
    if (json_array_size(offsets) != 2 || !parse_size(json_array_get(offsets, 0), &begin) ||
        !parse_size(json_array_get(offsets, 1), &end))
        return malformed_tensor(file, name, "has no two whole numbers as data_offsets");
    if (begin > end || end > file->data_size)
        return malformed_tensor(file, name, "does not lie within the file, which is cut short or damaged");
    if (__builtin_mul_overflow(tensor->count, dtypes[tensor->dtype].size, &size) || size != end - begin)
        return malformed_tensor(file, name, "has more or fewer bytes than its shape and dtype need");
    tensor->bytes = file->data + begin;
    return VDIB_OK;
}

static size_t bytes_of(const vdib__safetensors_tensor *tensor) {
    return tensor->count * dtypes[tensor->dtype].size;
}

/* By place, then empty ones first, then by name. */
static int compare_places(const void *a, const void *b) {
    const vdib__safetensors_tensor *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    if (bytes_of(x) != bytes_of(y))
        return bytes_of(x) < bytes_of(y) ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* The tensors, one behind the other, must be the data: no holes, no overlap, nothing left over. */
static vdib_status check_cover(const vdib__safetensors *file) {
    const uint8_t *end = file->data;
    for (size_t i = 0; i < file->count; i++) {
        const vdib__safetensors_tensor *tensor = &file->tensors[i];
        if (tensor->bytes != end)
            return malformed_tensor(file, tensor->name,
                                    tensor->bytes > end ? "has unused bytes before it" : "overlaps another one");
        end += bytes_of(tensor);
    }
    size_t left = (size_t)(file->data + file->data_size - end);
    if (left != 0)
        return vdib__fail(
            VDIB_ERROR_FORMAT,
            "%s: is no valid safetensors file: %zu byte%s too many after the last tensor; fetch or write it again",
            file->origin, left, vdib__s(left));
    return VDIB_OK;
}

static vdib_status check_metadata(const vdib__safetensors *file) {
    json_t *metadata = json_object_get(file->header, "__metadata__");
    const char *key;
    json_t *value;
    if (metadata != NULL && !json_is_object(metadata))
        return malformed(file, "__metadata__ is no object");
    json_object_foreach(metadata, key, value) {
        if (!json_is_string(value))
            return malformed(file, "a value of __metadata__ is no string");
    }
    return VDIB_OK;
}

static vdib_status parse_entries(vdib__safetensors *file) {
    const char *name;
    json_t *entry;
    VDIB_TRY(VDIB_NEW(&file->tensors, json_object_size(file->header)));
    json_object_foreach(file->header, name, entry) {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        VDIB_TRY(parse_tensor(file, name, entry, &file->tensors[file->count]));
        file->count++;
    }
    qsort(file->tensors, file->count, sizeof *file->tensors, compare_places);
    return check_cover(file);
}

/* The 8 bytes of the header's length; leaves the place of header and data. */
static vdib_status split(vdib__safetensors *file, const uint8_t *bytes, size_t size, size_t *header_size) {
    if (size < PREFIX)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is no safetensors file: %zu byte%s, too few; fetch or write it again",
                          file->origin, size, vdib__s(size));
    uint64_t length = 0;
    for (int i = 0; i < PREFIX; i++)
        length |= (uint64_t)bytes[i] << (8 * i);
    if (length > LARGEST_HEADER)
        return malformed(file, "its first 8 bytes do not hold a header length of at most 100000000");
    if (length > size - PREFIX)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is cut short: the header takes %llu byte%s and %zu follow; fetch or write it again",
                          file->origin, (unsigned long long)length, vdib__s(length), size - PREFIX);
    *header_size = (size_t)length;
    file->data = bytes + PREFIX + length;
    file->data_size = size - PREFIX - (size_t)length;
    return VDIB_OK;
}

static vdib_status parse_header(vdib__safetensors *file, const uint8_t *bytes, size_t size) {
    size_t header_size = 0;
    VDIB_TRY(split(file, bytes, size, &header_size));
    if (header_size == 0 || bytes[PREFIX] != '{')
        return malformed(file, "the header does not begin with '{'");
    json_error_t error;
    char shown[VDIB_SHOWN];
    VDIB_TRY(vdib__memory_check_json(file->origin, header_size));
    file->header = vdib__json_read((const char *)bytes + PREFIX, header_size, &error);
    if (file->header == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is no valid safetensors file: the header is not valid JSON at byte %d (%s); fetch or "
                          "write it again",
                          file->origin, error.position + PREFIX, vdib__shown(error.text, shown));
    VDIB_TRY(check_metadata(file));
    return parse_entries(file);
}

vdib_status vdib__safetensors_parse(const uint8_t *bytes, size_t size, const char *origin, vdib__safetensors **file) {
    vdib__safetensors *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__strdup(origin, &made->origin);
    if (status == VDIB_OK)
        status = parse_header(made, bytes, size);
    if (status == VDIB_OK)
        *file = made;
    else
        vdib__safetensors_close(made);
    return status;
}

vdib_status vdib__safetensors_open(const char *path, vdib__safetensors **file) {
    const uint8_t *bytes = NULL;
    size_t size = 0;
    VDIB_TRY(vdib__file_map(path, &bytes, &size));
    vdib_status status = vdib__safetensors_parse(bytes, size, path, file);
    if (status != VDIB_OK) {
        vdib__file_unmap(bytes, size);
        return status;
    }
    (*file)->mapped = bytes;
    (*file)->mapped_size = size;
    return VDIB_OK;
}

void vdib__safetensors_close(vdib__safetensors *file) {
    if (file == NULL)
        return;
    vdib__free(file->tensors);
    json_decref(file->header);
    vdib__file_unmap(file->mapped, file->mapped_size);
    vdib__free(file->origin);
    vdib__free(file);
}

const char *vdib__safetensors_origin(const vdib__safetensors *file) {
    return file->origin;
}

const char *vdib__safetensors_metadata(const vdib__safetensors *file, const char *key) {
    return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), key));
}

size_t vdib__safetensors_count(const vdib__safetensors *file) {
    return file->count;
}

const vdib__safetensors_tensor *vdib__safetensors_at(const vdib__safetensors *file, size_t index) {
    return &file->tensors[index];
}

const vdib__safetensors_tensor *vdib__safetensors_find(const vdib__safetensors *file, const char *name) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

/* "[2, 3]" */
static const char *shape_text(size_t rank, const size_t *shape, char text[SHAPE_TEXT]) {
    size_t used = (size_t)snprintf(text, SHAPE_TEXT, "[");
    for (size_t a = 0; a < rank && a < VDIB_SAFETENSORS_RANK; a++)
        used += (size_t)snprintf(text + used, SHAPE_TEXT - used, "%s%zu", a == 0 ? "" : ", ", shape[a]);
    snprintf(text + used, SHAPE_TEXT - used, "]");
    return text;
}

/* The tensor of that name and type; NULL with the message set if there is none. */
static const vdib__safetensors_tensor *require(const vdib__safetensors *file, const char *name, vdib__dtype dtype) {
    const vdib__safetensors_tensor *tensor = vdib__safetensors_find(file, name);
    if (tensor != NULL && tensor->dtype == dtype)
        return tensor;
    if (tensor == NULL)
        vdib__fail(VDIB_ERROR_FORMAT, "%s: there is no tensor '%s'; give a file that vdib wrote", file->origin, name);
    else
        vdib__fail(VDIB_ERROR_FORMAT, "%s: tensor '%s' is of type %s; it must be %s", file->origin, name,
                   dtypes[tensor->dtype].name, dtypes[dtype].name);
    return NULL;
}

/* Little-endian elements to the machine's order. */
static void copy_values(const vdib__safetensors_tensor *tensor, void *values) {
    size_t size = dtypes[tensor->dtype].size;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(values, tensor->bytes, tensor->count * size);
#else
    uint8_t *to = values;
    for (size_t i = 0; i < tensor->count; i++)
        for (size_t b = 0; b < size; b++)
            to[i * size + b] = tensor->bytes[i * size + size - 1 - b];
#endif
}

vdib_status vdib__safetensors_check(const vdib__safetensors *file, const char *name, vdib__dtype dtype, size_t count) {
    const vdib__safetensors_tensor *tensor = require(file, name, dtype);
    if (tensor == NULL)
        return VDIB_ERROR_FORMAT;
    if (tensor->count != count)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: tensor '%s' has %zu element%s; it must have %zu", file->origin, name,
                          tensor->count, vdib__s(tensor->count), count);
    return VDIB_OK;
}

vdib_status vdib__safetensors_values(const vdib__safetensors *file, const char *name, vdib__dtype dtype, size_t count,
                                     void *values) {
    VDIB_TRY(vdib__safetensors_check(file, name, dtype, count));
    copy_values(vdib__safetensors_find(file, name), values);
    return VDIB_OK;
}

/* ---- floats ---- */

bool vdib__dtype_is_float(vdib__dtype dtype) {
    return dtype == VDIB_DTYPE_F32 || dtype == VDIB_DTYPE_F16 || dtype == VDIB_DTYPE_BF16 || dtype == VDIB_DTYPE_F64;
}

/* IEEE 754 binary16. */
static float of_half(uint16_t bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float size = exponent == 31  ? (fraction != 0 ? NAN : INFINITY)
                 : exponent == 0 ? ldexpf((float)fraction, -24)
                                 : ldexpf((float)(1024 + fraction), exponent - 25);
    return (bits & 0x8000) != 0 ? -size : size;
}

static float of_bits(vdib__dtype dtype, uint64_t bits) {
    uint32_t single = (uint32_t)bits << 16;
    double wide = 0.0;
    float value = 0.0F;
    if (dtype == VDIB_DTYPE_F16)
        return of_half((uint16_t)bits);
    memcpy(&value, &single, sizeof value);
    memcpy(&wide, &bits, sizeof wide);
    return dtype == VDIB_DTYPE_BF16 ? value : (float)wide;
}

/* Numbers of any of these types, in single precision. */
static void copy_floats(const vdib__safetensors_tensor *tensor, float *values) {
    size_t size = dtypes[tensor->dtype].size;
    if (tensor->dtype == VDIB_DTYPE_F32) {
        copy_values(tensor, values);
        return;
    }
    for (size_t i = 0; i < tensor->count; i++) {
        uint64_t bits = 0;
        for (size_t b = 0; b < size; b++)
            bits |= (uint64_t)tensor->bytes[i * size + b] << 8 * b;
        values[i] = of_bits(tensor->dtype, bits);
    }
}

/* The float tensor of this name, if it has this shape. */
static vdib_status require_shape(const vdib__safetensors *file, const char *name, size_t rank, const size_t *shape,
                                 const vdib__safetensors_tensor **found) {
    const vdib__safetensors_tensor *tensor = vdib__safetensors_find(file, name);
    if (tensor == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: there is no tensor '%s'; give a file that vdib wrote", file->origin,
                          name);
    if (!vdib__dtype_is_float(tensor->dtype))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: tensor '%s' is of type %s; it must be F32, F16, BF16 or F64",
                          file->origin, name, dtypes[tensor->dtype].name);
    char has[SHAPE_TEXT], needs[SHAPE_TEXT];
    if (tensor->rank != rank || (rank > 0 && memcmp(tensor->shape, shape, rank * sizeof *shape) != 0))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: tensor '%s' has the shape %s; it must have %s", file->origin, name,
                          shape_text(tensor->rank, tensor->shape, has), shape_text(rank, shape, needs));
    *found = tensor;
    return VDIB_OK;
}

vdib_status vdib__safetensors_floats(const vdib__safetensors *file, const char *name, size_t rank, const size_t *shape,
                                     float *values) {
    const vdib__safetensors_tensor *tensor = NULL;
    VDIB_TRY(require_shape(file, name, rank, shape, &tensor));
    copy_floats(tensor, values);
    return VDIB_OK;
}

vdib_status vdib__safetensors_view(const vdib__safetensors *file, const char *name, size_t rank, const size_t *shape,
                                   const float **values, float **copy) {
    const vdib__safetensors_tensor *tensor = NULL;
    *copy = NULL;
    VDIB_TRY(require_shape(file, name, rank, shape, &tensor));
    *values = (const float *)(const void *)tensor->bytes;
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && tensor->dtype == VDIB_DTYPE_F32 &&
        (uintptr_t)tensor->bytes % _Alignof(float) == 0)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(copy, tensor->count));
    copy_floats(tensor, *copy);
    *values = *copy;
    return VDIB_OK;
}
