/* SPDX-License-Identifier: MIT */
/* Writing safetensors files. */
#include <stdbool.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "model/safetensors.h"

enum { ALIGNMENT = 8, CHUNK = 8192 };

static bool is_written(vdib__dtype dtype) {
    return dtype == VDIB_DTYPE_F32 || dtype == VDIB_DTYPE_U8 || dtype == VDIB_DTYPE_I64 || dtype == VDIB_DTYPE_U64;
}

static size_t count_of(const vdib__safetensors_entry *entry) {
    size_t count = 1;
    for (size_t a = 0; a < entry->rank; a++)
        count *= entry->shape[a];
    return count;
}

/* By decreasing element size, then by name: every tensor is aligned to its elements. */
static int compare_entries(const void *a, const void *b) {
    const vdib__safetensors_entry *x = a, *y = b;
    size_t x_size = vdib__dtype_size(x->dtype), y_size = vdib__dtype_size(y->dtype);
    if (x_size != y_size)
        return x_size > y_size ? -1 : 1;
    return strcmp(x->name, y->name);
}

static vdib_status check_entries(const char *path, const vdib__safetensors_entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!is_written(entries[i].dtype) || entries[i].rank > VDIB_SAFETENSORS_RANK)
            return vdib__fail(VDIB_ERROR_ARGUMENT,
                              "%s: tensor '%s' is not written: F32, U8, I64, U64 and up to %d axes "
                              "are",
                              path, entries[i].name, VDIB_SAFETENSORS_RANK);
        if (strcmp(entries[i].name, "__metadata__") == 0)
            return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: '__metadata__' is no name for a tensor", path);
    }
    return VDIB_OK;
}

/* {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}; NULL without memory. */
static json_t *describe(const vdib__safetensors_entry *entry, size_t begin, size_t end) {
    json_t *shape = json_array();
    for (size_t a = 0; a < entry->rank; a++) {
        if (json_array_append_new(shape, json_integer((json_int_t)entry->shape[a])) != 0) {
            json_decref(shape);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", vdib__dtype_name(entry->dtype), "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

/* Adds `value` (taken over, may be NULL) under a name that must be new and UTF-8. */
static vdib_status add(const char *path, json_t *object, const char *name, json_t *value) {
    if (json_object_get(object, name) != NULL) {
        json_decref(value);
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: '%s' is given twice", path, name);
    }
    if (value == NULL || json_object_set_new(object, name, value) != 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: '%s' and its text must be UTF-8", path, name);
    return VDIB_OK;
}

static vdib_status add_metadata(const char *path, json_t *header, const vdib__safetensors_text *texts, size_t count) {
    json_t *metadata = json_object();
    VDIB_TRY(add(path, header, "__metadata__", metadata));
    for (size_t i = 0; i < count; i++)
        VDIB_TRY(add(path, metadata, texts[i].key, json_string(texts[i].value)));
    return VDIB_OK;
}

static vdib_status add_tensors(const char *path, json_t *header, const vdib__safetensors_entry *sorted, size_t count) {
    size_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end = begin + count_of(&sorted[i]) * vdib__dtype_size(sorted[i].dtype);
        VDIB_TRY(add(path, header, sorted[i].name, describe(&sorted[i], begin, end)));
        begin = end;
    }
    return VDIB_OK;
}

/* The header's length, its text, and blanks up to a multiple of 8. */
static vdib_status put_header(vdib__writer *writer, const json_t *header) {
    char *text = vdib__json_write(header, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL)
        return vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory for the header", writer->path);
    size_t length = strlen(text), padding = (ALIGNMENT - length % ALIGNMENT) % ALIGNMENT;
    uint8_t prefix[ALIGNMENT];
    for (int i = 0; i < ALIGNMENT; i++)
        prefix[i] = (uint8_t)((uint64_t)(length + padding) >> (8 * i));
    vdib_status status = vdib__writer_put(writer, prefix, sizeof prefix);
    if (status == VDIB_OK)
        status = vdib__writer_put(writer, text, length);
    if (status == VDIB_OK)
        status = vdib__writer_put(writer, "        ", padding);
    vdib__json_free(text);
    return status;
}

static uint64_t word_at(const void *data, size_t size, size_t index) {
    const uint8_t *from = (const uint8_t *)data + index * size;
    uint32_t narrow;
    uint64_t wide;
    if (size == sizeof narrow) {
        memcpy(&narrow, from, sizeof narrow);
        return narrow;
    }
    if (size == sizeof wide) {
        memcpy(&wide, from, sizeof wide);
        return wide;
    }
    return *from;
}

/* The tensor's elements, little-endian. */
static vdib_status put_values(vdib__writer *writer, const vdib__safetensors_entry *entry) {
    size_t size = vdib__dtype_size(entry->dtype), count = count_of(entry), used = 0;
    uint8_t chunk[CHUNK];
    for (size_t i = 0; i < count; i++) {
        uint64_t word = word_at(entry->data, size, i);
        for (size_t b = 0; b < size; b++)
            chunk[used++] = (uint8_t)(word >> (8 * b));
        if (used == CHUNK || i + 1 == count) {
            VDIB_TRY(vdib__writer_put(writer, chunk, used));
            used = 0;
        }
    }
    return VDIB_OK;
}

static vdib_status put_all(vdib__writer *writer, const json_t *header, const vdib__safetensors_entry *sorted,
                           size_t count) {
    VDIB_TRY(put_header(writer, header));
    for (size_t i = 0; i < count; i++)
        VDIB_TRY(put_values(writer, &sorted[i]));
    return VDIB_OK;
}

/* Sorts, describes and writes to an open writer. */
static vdib_status put_file(vdib__writer *writer, const vdib__safetensors_entry *entries, size_t count,
                            const vdib__safetensors_text *metadata, size_t metadata_count) {
    const char *path = writer->path;
    VDIB_TRY(check_entries(path, entries, count));
    vdib__safetensors_entry *sorted = NULL;
    VDIB_TRY(VDIB_NEW(&sorted, count));
    for (size_t i = 0; i < count; i++)
        sorted[i] = entries[i];
    qsort(sorted, count, sizeof *sorted, compare_entries);
    json_t *header = json_object();
    vdib_status status = metadata_count > 0 ? add_metadata(path, header, metadata, metadata_count) : VDIB_OK;
    if (status == VDIB_OK)
        status = add_tensors(path, header, sorted, count);
    if (status == VDIB_OK)
        status = put_all(writer, header, sorted, count);
    json_decref(header);
    vdib__free(sorted);
    return status;
}

vdib_status vdib__safetensors_write(const char *path, const vdib__safetensors_entry *entries, size_t count,
                                    const vdib__safetensors_text *metadata, size_t metadata_count) {
    vdib__writer writer;
    VDIB_TRY(vdib__writer_open(&writer, path));
    vdib_status status = put_file(&writer, entries, count, metadata, metadata_count);
    if (status == VDIB_OK)
        return vdib__writer_commit(&writer);
    vdib__writer_abandon(&writer);
    return status;
}

vdib_status vdib__safetensors_write_memory(const char *origin, const vdib__safetensors_entry *entries, size_t count,
                                           const vdib__safetensors_text *metadata, size_t metadata_count,
                                           uint8_t **bytes, size_t *size) {
    vdib__writer writer;
    VDIB_TRY(vdib__writer_open_memory(&writer, origin));
    vdib_status status = put_file(&writer, entries, count, metadata, metadata_count);
    if (status == VDIB_OK)
        vdib__writer_take(&writer, bytes, size);
    else
        vdib__writer_abandon(&writer);
    return status;
}
