/* SPDX-License-Identifier: MIT */
/* HDF5 files that are written. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hdf5_file.h"
#include "core/interrupted.h"

struct vdib__hdf5_output {
    vdib__hdf5 file;
    vdib__writer writer;
};

enum { PIECE = VDIB_HDF5_PAYLOAD / 2 /* bytes that are sent together */ };

vdib_status vdib__hdf5_create(const char *path, vdib__hdf5_output **output) {
    vdib__hdf5_output *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->file.helper.socket = -1;
    vdib_status status = vdib__writer_open(&made->writer, path);
    int descriptor = status == VDIB_OK ? vdib__open(made->writer.temporary, O_RDWR | O_CLOEXEC) : -1;
    if (status == VDIB_OK && descriptor < 0)
        status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be written", path);
    if (status == VDIB_OK)
        status = vdib__helper_start(path, descriptor, true, &made->file.helper);
    if (descriptor >= 0)
        close(descriptor);
    if (status != VDIB_OK) {
        vdib__writer_abandon(&made->writer);
        vdib__free(made);
        return status;
    }
    *output = made;
    return VDIB_OK;
}

static void free_output(vdib__hdf5_output *output) {
    vdib__helper_stop(&output->file.helper);
    vdib__free(output->file.helper.path);
    vdib__free(output->file.helper.reply);
    vdib__free(output);
}

vdib_status vdib__hdf5_finish(vdib__hdf5_output *output) {
    vdib__hdf5_message reply;
    vdib_status status = vdib__hdf5_ask(&output->file, VDIB_HDF5_FINISH, NULL, 0, &reply);
    if (status == VDIB_OK)
        status = vdib__writer_commit(&output->writer);
    else
        vdib__writer_abandon(&output->writer);
    free_output(output);
    return status;
}

void vdib__hdf5_abandon(vdib__hdf5_output *output) {
    if (output == NULL)
        return;
    vdib__writer_abandon(&output->writer);
    free_output(output);
}

/* A refusal to write is no matter of a format. */
static vdib_status ask(vdib__hdf5_output *output, uint32_t operation, const vdib__helper_piece *pieces, size_t count) {
    vdib__hdf5_message reply;
    vdib_status status = vdib__hdf5_ask(&output->file, operation, pieces, count, &reply);
    return status == VDIB_ERROR_FORMAT ? VDIB_ERROR_IO : status;
}

vdib_status vdib__hdf5_make_group(vdib__hdf5_output *output, const char *path) {
    vdib__hdf5_place place;
    VDIB_TRY(vdib__hdf5_place_of(&output->file, path, NULL, &place));
    return ask(output, VDIB_HDF5_GROUP, (const vdib__helper_piece[]){{place.bytes, place.size}}, 1);
}

/* ---- creating ---- */

/* The rest of a request, small. */
typedef struct request {
    size_t size;
    uint8_t bytes[4096];
} request;

static void add(request *r, const void *bytes, size_t size) {
    if (size <= sizeof r->bytes - r->size)
        memcpy(r->bytes + r->size, bytes, size);
    r->size += size; /* too much is seen before it is sent */
}

static void add8(request *r, size_t value) {
    const uint8_t byte = (uint8_t)value;
    add(r, &byte, sizeof byte);
}

static void add16(request *r, size_t value) {
    const uint16_t number = (uint16_t)value;
    add(r, &number, sizeof number);
}

static vdib_status create(vdib__hdf5_output *output, const vdib__hdf5_place *place, const vdib__hdf5_table *table,
                          bool grows, size_t rank, const uint64_t *shape) {
    request r = {.size = 0};
    if (rank > VDIB_HDF5_RANK || table->members > VDIB_HDF5_COLUMNS || table->row > UINT16_MAX)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: an array of %zu dimensions and %zu members is too much",
                          output->file.helper.path, rank, table->members);
    add8(&r, table->type);
    add8(&r, rank);
    add8(&r, grows);
    add8(&r, table->storage);
    add8(&r, table->members);
    add(&r, &table->chunk, sizeof table->chunk);
    if (rank > 0)
        add(&r, shape, rank * sizeof *shape);
    for (size_t m = 0; m < table->members; m++) {
        add8(&r, table->member[m].type);
        add16(&r, table->member[m].offset);
        add16(&r, strlen(table->member[m].name));
        add(&r, table->member[m].name, strlen(table->member[m].name));
    }
    add16(&r, table->row);
    if (r.size > sizeof r.bytes)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: the names of its columns are too long", output->file.helper.path);
    return ask(output, VDIB_HDF5_CREATE, (const vdib__helper_piece[]){{place->bytes, place->size}, {r.bytes, r.size}},
               2);
}

vdib_status vdib__hdf5_make_table(vdib__hdf5_output *output, const char *path, const vdib__hdf5_table *table) {
    vdib__hdf5_place place;
    const uint64_t none = 0;
    VDIB_TRY(vdib__hdf5_place_of(&output->file, path, NULL, &place));
    return create(output, &place, table, true, 1, &none);
}

/* ---- rows ---- */

static vdib_status write_rows(vdib__hdf5_output *output, const vdib__hdf5_place *place, uint64_t first, uint64_t rows,
                              const vdib__helper_piece *content, size_t pieces) {
    static const uint8_t zeros[8];
    const uint64_t range[2] = {first, rows};
    size_t size = place->size + sizeof range;
    vdib__helper_piece all[5] = {
        {place->bytes, place->size}, {range, sizeof range}, {zeros, vdib__hdf5_padded(size) - size}};
    for (size_t i = 0; i < pieces; i++)
        all[3 + i] = content[i];
    return ask(output, VDIB_HDF5_WRITE, all, 3 + pieces);
}

/* Rows of `bytes` each, in pieces. */
static vdib_status write_pieces(vdib__hdf5_output *output, const vdib__hdf5_place *place, uint64_t first, size_t bytes,
                                uint64_t rows, const void *values) {
    const uint8_t *at = values;
    uint64_t most = bytes < PIECE ? PIECE / (bytes > 0 ? bytes : 1) : 1;
    for (uint64_t done = 0, count = 0; done < rows; done += count) {
        count = rows - done < most ? rows - done : most;
        const vdib__helper_piece content = {at + done * bytes, (size_t)count * bytes};
        VDIB_TRY(write_rows(output, place, first + done, count, &content, 1));
    }
    return VDIB_OK;
}

vdib_status vdib__hdf5_append(vdib__hdf5_output *output, const char *path, size_t row, uint64_t first, const void *rows,
                              size_t count) {
    vdib__hdf5_place place;
    VDIB_TRY(vdib__hdf5_place_of(&output->file, path, NULL, &place));
    return write_pieces(output, &place, first, row, count, rows);
}

/* ---- arrays ---- */

static uint64_t width_of(size_t rank, const uint64_t *shape) {
    uint64_t width = 1;
    for (size_t d = 1; d < rank; d++)
        width *= shape[d];
    return width;
}

vdib_status vdib__hdf5_put_numbers(vdib__hdf5_output *output, const char *path, const char *attribute,
                                   vdib__hdf5_type type, size_t rank, const uint64_t *shape, const void *values) {
    vdib__hdf5_place place;
    const vdib__hdf5_table table = {.type = type};
    uint64_t rows = rank > 0 ? shape[0] : 1, width = width_of(rank, shape);
    VDIB_TRY(vdib__hdf5_place_of(&output->file, path, attribute, &place));
    VDIB_TRY(create(output, &place, &table, false, rank, shape));
    if (attribute == NULL)
        return write_pieces(output, &place, 0, (size_t)width * vdib__hdf5_size(type), rows, values);
    const vdib__helper_piece content = {values, (size_t)(rows * width) * vdib__hdf5_size(type)};
    return rows * width > 0 ? write_rows(output, &place, 0, rows, &content, 1) : VDIB_OK;
}

vdib_status vdib__hdf5_put_texts(vdib__hdf5_output *output, const char *path, const char *attribute, size_t rank,
                                 const uint64_t *shape, const char *const *texts) {
    vdib__hdf5_place place;
    const vdib__hdf5_table table = {.type = VDIB_HDF5_TEXT};
    uint64_t rows = rank > 0 ? shape[0] : 1, *lengths = NULL;
    size_t count = (size_t)(rows * width_of(rank, shape)), size = 0;
    char *letters = NULL;
    VDIB_TRY(vdib__hdf5_place_of(&output->file, path, attribute, &place));
    VDIB_TRY(create(output, &place, &table, false, rank, shape));
    if (count == 0)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&lengths, count));
    for (size_t i = 0; i < count; i++)
        size += (size_t)(lengths[i] = strlen(texts[i]));
    vdib_status status = VDIB_NEW(&letters, size + 1);
    if (status == VDIB_OK) {
        char *at = letters;
        for (size_t i = 0; i < count; at += lengths[i++])
            memcpy(at, texts[i], (size_t)lengths[i]);
        const vdib__helper_piece content[] = {{lengths, count * sizeof *lengths}, {letters, size}};
        status = write_rows(output, &place, 0, rows, content, 2);
    }
    vdib__free(letters);
    vdib__free(lengths);
    return status;
}

vdib_status vdib__hdf5_put_text(vdib__hdf5_output *output, const char *path, const char *attribute, const char *text) {
    return vdib__hdf5_put_texts(output, path, attribute, 0, NULL, &text);
}
