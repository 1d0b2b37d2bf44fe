/* SPDX-License-Identifier: MIT */
#include "core/npz.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <zip.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"

enum {
    HEADER = VDIB_NPZ_HEADER,
    NAME = 64,
    DOS_EPOCH = (0 << 9) | (1 << 5) | 1
}; /* 1 January 1980, the least that ZIP has */

/* An archive that is made in memory: libzip replaces files by itself but does not sync them. */
typedef struct npz_archive {
    const char *path;
    zip_source_t *source;
    zip_t *zip;
    char (*headers)[HEADER]; /* (count) */
    zip_buffer_fragment_t (*parts)[2];
} npz_archive;

static size_t count_of(const vdib__npz_array *array) {
    size_t count = 1;
    for (size_t a = 0; a < array->rank; a++)
        count *= array->shape[a];
    return count;
}

size_t vdib__npz_size(vdib__npz_type type) {
    return type == VDIB_NPZ_UINT8 ? 1 : type == VDIB_NPZ_UINT16 ? 2 : type == VDIB_NPZ_INT64 ? 8 : 4;
}

/* Type with the machine's byte order: data are stored as they lie in memory. */
static const char *descriptor(vdib__npz_type type) {
    const uint16_t one = 1;
    bool little = *(const uint8_t *)&one == 1;
    switch (type) {
    case VDIB_NPZ_FLOAT32:
        return little ? "<f4" : ">f4";
    case VDIB_NPZ_UINT16:
        return little ? "<u2" : ">u2";
    case VDIB_NPZ_UINT32:
        return little ? "<u4" : ">u4";
    case VDIB_NPZ_INT64:
        return little ? "<i8" : ">i8";
    default:
        return "|u1";
    }
}

/* "(2, 3)", "(2,)", "()" */
static void format_shape(const vdib__npz_array *array, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(");
    for (size_t a = 0; a < array->rank; a++)
        used += (size_t)snprintf(text + used, size - used,
                                 a == 0   ? "%zu,"
                                 : a == 1 ? " %zu"
                                          : ", %zu",
                                 array->shape[a]);
    snprintf(text + used, size - used, ")");
}

/* NPY version 1.0: magic, version, u16 length of the rest, a Python dict, blanks and a newline up to 128 bytes. */
void vdib__npz_header(const vdib__npz_array *array, char header[VDIB_NPZ_HEADER]) {
    char shape[96], text[HEADER];
    format_shape(array, shape, sizeof shape);
    int length = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                          descriptor(array->type), shape);
    memset(header, ' ', HEADER);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = HEADER - 10;
    header[9] = 0;
    memcpy(header + 10, text, (size_t)length);
    header[HEADER - 1] = '\n';
}

static bool is_name(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length < NAME &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

/* Room in the header: 4 axes of 20 digits do not fit into 128 bytes, 4 of 14 do. */
static bool is_shape(const vdib__npz_array *array) {
    if (array->rank > VDIB_NPZ_RANK)
        return false;
    for (size_t a = 0; a < array->rank; a++)
        if (array->shape[a] >= (size_t)1 << 46)
            return false;
    return true;
}

static vdib_status fail_zip(const npz_archive *archive, zip_error_t *error) {
    return vdib__fail(VDIB_ERROR_IO, "%s: cannot be written: %s", archive->path, zip_error_strerror(error));
}

static vdib_status add_array(npz_archive *archive, const vdib__npz_array *array, size_t index) {
    char name[NAME + sizeof ".npy"];
    if (!is_name(array->name) || !is_shape(array))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "%s: array %zu is not written; a name has letters, digits and _, a shape "
                          "up to 4 axes below 2^46",
                          archive->path, index);
    snprintf(name, sizeof name, "%s.npy", array->name);
    zip_buffer_fragment_t *parts = archive->parts[index];
    vdib__npz_header(array, archive->headers[index]);
    parts[0] = (zip_buffer_fragment_t){(zip_uint8_t *)archive->headers[index], HEADER};
    parts[1] = (zip_buffer_fragment_t){(zip_uint8_t *)array->data, count_of(array) * vdib__npz_size(array->type)};
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *content = zip_source_buffer_fragment_create(parts, parts[1].length > 0 ? 2 : 1, 0, &error);
    if (content == NULL)
        return fail_zip(archive, &error);
    zip_int64_t entry = zip_file_add(archive->zip, name, content, 0);
    if (entry < 0) {
        zip_source_free(content);
        return fail_zip(archive, zip_get_error(archive->zip));
    }
    if (zip_file_set_dostime(archive->zip, (zip_uint64_t)entry, 0, DOS_EPOCH, 0) != 0)
        return fail_zip(archive, zip_get_error(archive->zip));
    return VDIB_OK;
}

/* The finished archive's bytes to the file. */
static vdib_status save(npz_archive *archive) {
    zip_stat_t entry;
    uint8_t *bytes = NULL;
    if (zip_source_stat(archive->source, &entry) != 0 || zip_source_open(archive->source) != 0)
        return fail_zip(archive, zip_source_error(archive->source));
    vdib_status status = VDIB_NEW(&bytes, entry.size);
    if (status == VDIB_OK && zip_source_read(archive->source, bytes, entry.size) != (zip_int64_t)entry.size)
        status = fail_zip(archive, zip_source_error(archive->source));
    if (status == VDIB_OK)
        status = vdib__file_write(archive->path, bytes, entry.size);
    vdib__free(bytes);
    zip_source_close(archive->source);
    return status;
}

static vdib_status open_archive(npz_archive *archive) {
    zip_error_t error;
    zip_error_init(&error);
    archive->source = zip_source_buffer_create(NULL, 0, 0, &error);
    if (archive->source == NULL)
        return fail_zip(archive, &error);
    archive->zip = zip_open_from_source(archive->source, ZIP_TRUNCATE, &error);
    if (archive->zip == NULL)
        return fail_zip(archive, &error);
    zip_source_keep(archive->source); /* one hold for us, one for the archive */
    return VDIB_OK;
}

vdib_status vdib__npz_write(const char *path, const vdib__npz_array *arrays, size_t count) {
    npz_archive archive = {.path = path};
    if (count == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: an archive without arrays is not written", path);
    vdib_status status = VDIB_NEW(&archive.headers, count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&archive.parts, count);
    if (status == VDIB_OK)
        status = open_archive(&archive);
    for (size_t i = 0; status == VDIB_OK && i < count; i++)
        status = add_array(&archive, &arrays[i], i);
    if (status == VDIB_OK && zip_close(archive.zip) == 0)
        archive.zip = NULL;
    else if (status == VDIB_OK)
        status = fail_zip(&archive, zip_get_error(archive.zip));
    if (status == VDIB_OK)
        status = save(&archive);
    if (archive.zip != NULL)
        zip_discard(archive.zip);
    if (archive.source != NULL)
        zip_source_free(archive.source);
    vdib__free(archive.parts);
    vdib__free(archive.headers);
    return status;
}
