/* SPDX-License-Identifier: MIT */
#include "core/npz_columns.h"

#include <errno.h>
#include <stdint.h>

#include <zip.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/scratch.h"

enum { MOST = 8, DOS_EPOCH = (0 << 9) | (1 << 5) | 1, /* as in npz.c */ LEVEL = 1 };

typedef struct column {
    const char *name;
    vdib__npz_type type;
    FILE *stream; /* a header's room, then elements */
    size_t count;
    zip_error_t error;
} column;

struct vdib__npz_columns {
    char *path;
    column columns[MOST];
    size_t count;
};

/* ---- the columns ---- */

/* A file that nobody else sees, where the archive will be: there is room, or there is none for the archive either. */
static vdib_status open_scratch(const char *path, FILE **stream) {
    char beside[VDIB_FOLDER_SIZE];
    const char *folder = vdib__temporary_folder();
    if (path != NULL)
        folder = vdib__path_folder(path, beside) ? beside : path;
    *stream = vdib__scratch_stream(folder);
    if (*stream != NULL)
        return VDIB_OK;
    return vdib__fail_errno(VDIB_ERROR_IO, "%s: its columns need temporary files, and none can be made in %s",
                            path != NULL ? path : "an archive", folder);
}

static vdib_status fail_write(const vdib__npz_columns *columns) {
    return vdib__fail_errno(
        VDIB_ERROR_IO, "%s: cannot be written; free some space or choose another folder, what was there before is kept",
        columns->path);
}

void vdib__npz_columns_free(void *state) {
    vdib__npz_columns *columns = state;
    if (columns == NULL)
        return;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->columns[i].stream != NULL)
            fclose(columns->columns[i].stream);
    vdib__free(columns->path);
    vdib__free(columns);
}

vdib_status vdib__npz_columns_begin(const char *path, const char *const *names, const vdib__npz_type *types,
                                    size_t count, vdib__npz_columns **columns) {
    static const char header[VDIB_NPZ_HEADER];
    vdib__npz_columns *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__strdup(path != NULL ? path : "an archive", &made->path);
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        made->columns[i] = (column){.name = names[i], .type = types[i]};
        made->count = i + 1;
        status = open_scratch(path, &made->columns[i].stream);
        if (status == VDIB_OK && fwrite(header, 1, sizeof header, made->columns[i].stream) != sizeof header)
            status = fail_write(made);
    }
    if (status != VDIB_OK) {
        vdib__npz_columns_free(made);
        return status;
    }
    *columns = made;
    return VDIB_OK;
}

vdib_status vdib__npz_columns_put(vdib__npz_columns *columns, size_t index, const void *elements, size_t count) {
    column *c = &columns->columns[index];
    if (count > 0 && fwrite(elements, vdib__npz_size(c->type), count, c->stream) != count)
        return fail_write(columns);
    c->count += count;
    return VDIB_OK;
}

/* ---- the archive ----
 *
 * libzip writes through a callback, which also goes back to the members' headers. */

static zip_int64_t fail_callback(zip_error_t *error, int code) {
    zip_error_set(error, code, errno);
    return -1;
}

typedef struct target {
    FILE *stream;
    zip_error_t error;
} target;

static zip_int64_t seek_target(target *t, void *data, zip_uint64_t size) {
    zip_source_args_seek_t *seek = ZIP_SOURCE_GET_ARGS(zip_source_args_seek_t, data, size, &t->error);
    if (seek == NULL || fseeko(t->stream, (off_t)seek->offset, seek->whence) != 0)
        return fail_callback(&t->error, ZIP_ER_SEEK);
    return 0;
}

static zip_int64_t write_target(void *state, void *data, zip_uint64_t size, zip_source_cmd_t command) {
    target *t = state;
    switch (command) {
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_WRITABLE; /* reading is never asked of what is written anew */
    case ZIP_SOURCE_WRITE:
        return fwrite(data, 1, size, t->stream) == size ? (zip_int64_t)size : fail_callback(&t->error, ZIP_ER_WRITE);
    case ZIP_SOURCE_SEEK_WRITE:
        return seek_target(t, data, size);
    case ZIP_SOURCE_TELL_WRITE:
        return (zip_int64_t)ftello(t->stream);
    case ZIP_SOURCE_COMMIT_WRITE:
        return fflush(t->stream) == 0 ? 0 : fail_callback(&t->error, ZIP_ER_WRITE);
    case ZIP_SOURCE_STAT: /* empty so far */
        zip_stat_init(data);
        ((zip_stat_t *)data)->size = 0;
        ((zip_stat_t *)data)->valid = ZIP_STAT_SIZE;
        return sizeof(zip_stat_t);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&t->error, data, size);
    default:
        return 0;
    }
}

static zip_int64_t stat_column(const column *c, zip_stat_t *known) {
    zip_stat_init(known);
    known->size = VDIB_NPZ_HEADER + (zip_uint64_t)c->count * vdib__npz_size(c->type);
    known->valid = ZIP_STAT_SIZE;
    return sizeof *known;
}

static zip_int64_t read_column(void *state, void *data, zip_uint64_t size, zip_source_cmd_t command) {
    column *c = state;
    switch (command) {
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_READABLE;
    case ZIP_SOURCE_OPEN:
        return fseeko(c->stream, 0, SEEK_SET) == 0 ? 0 : fail_callback(&c->error, ZIP_ER_SEEK);
    case ZIP_SOURCE_READ: {
        size_t count = fread(data, 1, size, c->stream);
        return count > 0 || !ferror(c->stream) ? (zip_int64_t)count : fail_callback(&c->error, ZIP_ER_READ);
    }
    case ZIP_SOURCE_STAT:
        return stat_column(c, data);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&c->error, data, size);
    default:
        return 0;
    }
}

static vdib_status finish_column(const vdib__npz_columns *columns, column *c) {
    const vdib__npz_array array = {.name = c->name, .type = c->type, .rank = 1, .shape = {c->count}};
    char header[VDIB_NPZ_HEADER];
    vdib__npz_header(&array, header);
    bool written = fseeko(c->stream, 0, SEEK_SET) == 0 &&
                   fwrite(header, 1, sizeof header, c->stream) == sizeof header && fflush(c->stream) == 0;
    return written ? VDIB_OK : fail_write(columns);
}

static bool add_column(zip_t *zip, column *c) {
    char name[64];
    snprintf(name, sizeof name, "%s.npy", c->name);
    zip_error_init(&c->error);
    zip_source_t *content = zip_source_function(zip, read_column, c);
    if (content == NULL)
        return false;
    zip_int64_t entry = zip_file_add(zip, name, content, 0);
    if (entry < 0) {
        zip_source_free(content);
        return false;
    }
    return zip_file_set_dostime(zip, (zip_uint64_t)entry, 0, DOS_EPOCH, 0) == 0 &&
           zip_set_file_compression(zip, (zip_uint64_t)entry, ZIP_CM_DEFLATE, LEVEL) == 0;
}

static vdib_status write_archive(vdib__npz_columns *columns, FILE *stream) {
    target t = {.stream = stream};
    zip_error_t error;
    zip_error_init(&error);
    zip_error_init(&t.error);
    zip_source_t *source = zip_source_function_create(write_target, &t, &error);
    zip_t *zip = source != NULL ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    if (zip == NULL) {
        zip_source_free(source);
        return vdib__fail(VDIB_ERROR_IO, "%s: cannot be written: %s", columns->path, zip_error_strerror(&error));
    }
    bool good = true;
    for (size_t i = 0; i < columns->count && good; i++)
        good = add_column(zip, &columns->columns[i]);
    if (good && zip_close(zip) == 0)
        return VDIB_OK;
    vdib_status status = vdib__fail(VDIB_ERROR_IO,
                                    "%s: cannot be written; free some space or choose another folder, what was there "
                                    "before is kept: %s",
                                    columns->path, zip_error_strerror(zip_get_error(zip)));
    zip_discard(zip);
    return status;
}

static vdib_status copy(vdib__npz_columns *columns, FILE *from, vdib__writer *writer) {
    uint8_t bytes[4096];
    size_t count = 1;
    if (fseeko(from, 0, SEEK_SET) != 0)
        return fail_write(columns);
    while (count > 0) {
        count = fread(bytes, 1, sizeof bytes, from);
        VDIB_TRY(vdib__writer_put(writer, bytes, count));
    }
    return ferror(from) ? fail_write(columns) : VDIB_OK;
}

vdib_status vdib__npz_columns_end(vdib__npz_columns *columns, vdib__writer *writer) {
    FILE *stream = NULL;
    for (size_t i = 0; i < columns->count; i++)
        VDIB_TRY(finish_column(columns, &columns->columns[i]));
    if (writer->stream != NULL)
        return write_archive(columns, writer->stream);
    VDIB_TRY(open_scratch(NULL, &stream));
    vdib_status status = write_archive(columns, stream);
    if (status == VDIB_OK)
        status = copy(columns, stream, writer);
    fclose(stream);
    return status;
}
