/* SPDX-License-Identifier: MIT */
#include "data/idx.h"

#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/lfs.h"

enum { RANK = 3, LABELS = 10, NAME = 64, TYPE_BYTES = 0x08 };

/* Content of a file above this is refused; the largest of the family (EMNIST) has 0.55 GB. */
#define LARGEST ((size_t)1 << 30)

static size_t big_endian(const uint8_t *bytes) {
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

vdib_status vdib__idx_decode(const char *path, const uint8_t *bytes, size_t size, size_t rank, size_t sizes[3],
                             const uint8_t **elements) {
    size_t header = 4 + 4 * rank, product = 1;
    if (vdib__is_lfs_pointer(bytes, size))
        return vdib__fail(VDIB_ERROR_FORMAT, VDIB_LFS_MESSAGE, path);
    if (size < header || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != TYPE_BYTES || bytes[3] != rank)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is not an IDX file of bytes with %zu dimensions (it must begin with 00 00 08 %02zx and "
                          "%zu sizes); fetch it again",
                          path, rank, rank, rank);
    for (size_t a = 0; a < rank; a++) {
        sizes[a] = big_endian(bytes + 4 + 4 * a);
        if (sizes[a] == 0)
            return vdib__fail(VDIB_ERROR_FORMAT, "%s: size %zu of its header is 0; it holds nothing", path, a + 1);
        if (__builtin_mul_overflow(product, sizes[a], &product))
            product = SIZE_MAX;
    }
    if (product != size - header)
        return vdib__fail(
            VDIB_ERROR_FORMAT,
            "%s: its header promises %zu bytes of data (%zu x ...), but %zu follow; the file is cut short "
            "or damaged, fetch it again",
            path, product, sizes[0], size - header);
    *elements = bytes + header;
    return VDIB_OK;
}

/* Path of the file of a part, whichever of its four names it has; NULL if there is none. kind is "images" or "labels". */
static vdib_status find_file(const char *folder, const char *part, const char *kind, int rank, char **path) {
    *path = NULL;
    for (int spelling = 0; spelling < 4; spelling++) {
        char name[NAME];
        char *candidate = NULL;
        snprintf(name, sizeof name, "%s-%s%cidx%d-ubyte%s", part, kind, spelling < 2 ? '-' : '.', rank,
                 spelling % 2 == 0 ? "" : ".gz");
        VDIB_TRY(vdib__path_join(folder, name, &candidate));
        if (vdib__is_file(candidate)) {
            *path = candidate;
            return VDIB_OK;
        }
        vdib__free(candidate);
    }
    return VDIB_OK;
}

bool vdib__idx_folder(const char *folder) {
    char *path = NULL;
    bool found = find_file(folder, "train", "images", 3, &path) == VDIB_OK && path != NULL;
    vdib__free(path);
    return found;
}

/* An IDX file in memory. */
typedef struct idx_file {
    char *path;
    uint8_t *bytes;
    size_t sizes[RANK];
    const uint8_t *elements; /* borrowed from bytes */
} idx_file;

static void close_file(idx_file *file) {
    vdib__free(file->bytes);
    vdib__free(file->path);
}

static vdib_status open_file(const char *folder, const char *part, const char *kind, int rank, idx_file *file) {
    size_t size = 0;
    VDIB_TRY(find_file(folder, part, kind, rank, &file->path));
    if (file->path == NULL)
        return vdib__fail(VDIB_ERROR_IO, "%s: has no %s-%s-idx%d-ubyte or .gz of that; put it there", folder, part,
                          kind, rank);
    VDIB_TRY(vdib__file_read_gzip(file->path, LARGEST, &file->bytes, &size));
    return vdib__idx_decode(file->path, file->bytes, size, (size_t)rank, file->sizes, &file->elements);
}

static vdib_status take_pixels(const idx_file *file, vdib__images *images) {
    images->count = file->sizes[0];
    images->height = file->sizes[1];
    images->width = file->sizes[2];
    size_t count = images->count * images->height * images->width;
    VDIB_TRY(VDIB_NEW(&images->pixels, count));
    for (size_t i = 0; i < count; i++)
        images->pixels[i] = (float)file->elements[i] / 255.0F;
    return VDIB_OK;
}

static vdib_status take_labels(const idx_file *file, const char *images_path, vdib__images *images) {
    if (file->sizes[0] != images->count)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: has %zu labels, but %s has %zu images; they are not of one set, fetch both again",
                          file->path, file->sizes[0], images_path, images->count);
    VDIB_TRY(VDIB_NEW(&images->labels, images->count));
    for (size_t i = 0; i < images->count; i++) {
        images->labels[i] = file->elements[i];
        if (images->labels[i] >= LABELS)
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: label %u of image %zu (byte %zu) is outside 0..9; labels are digits", file->path,
                              (unsigned)images->labels[i], i, (size_t)(file->elements - file->bytes) + i);
    }
    return VDIB_OK;
}

vdib_status vdib__idx_load(const char *folder, const char *part, vdib__images *images) {
    vdib__images made = {0};
    idx_file pixels = {0}, labels = {0};
    vdib_status status = open_file(folder, part, "images", 3, &pixels);
    if (status == VDIB_OK)
        status = open_file(folder, part, "labels", 1, &labels);
    if (status == VDIB_OK)
        status = take_pixels(&pixels, &made);
    if (status == VDIB_OK)
        status = take_labels(&labels, pixels.path, &made);
    close_file(&labels);
    close_file(&pixels);
    if (status != VDIB_OK) {
        vdib__images_free(&made);
        return status;
    }
    *images = made;
    return VDIB_OK;
}

void vdib__images_free(vdib__images *images) {
    vdib__free(images->pixels);
    vdib__free(images->labels);
    *images = (vdib__images){0};
}
