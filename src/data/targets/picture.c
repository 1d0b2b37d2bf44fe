/* SPDX-License-Identifier: MIT */
#include "data/targets/picture.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "events/readers/npy_header.h"

const char *const vdib__picture_endings[] = {".png", ".pgm", ".ppm", ".pnm", ".npy", NULL};

vdib_status vdib__picture_new(const char *path, size_t channels, size_t height, size_t width, vdib__picture *picture) {
    if (height < 1 || width < 1 || height > VDIB_PICTURE_SIDE || width > VDIB_PICTURE_SIDE ||
        height * width > VDIB_PICTURE_PIXELS)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: a picture of %zu x %zu pixels; sides of 1 to %d, and %d pixels in all, are read", path,
                          width, height, (int)VDIB_PICTURE_SIDE, (int)VDIB_PICTURE_PIXELS);
    *picture = (vdib__picture){.channels = channels, .height = height, .width = width};
    return VDIB_NEW(&picture->values, channels * height * width);
}

bool vdib__picture_is_named(const char *path) {
    size_t length = strlen(path);
    for (size_t e = 0; vdib__picture_endings[e] != NULL; e++) {
        size_t ending = strlen(vdib__picture_endings[e]);
        if (length > ending && vdib__same_word(path + length - ending, vdib__picture_endings[e]))
            return !vdib__picture_is_array(path);
    }
    return false;
}

bool vdib__picture_is_array(const char *path) {
    size_t length = strlen(path);
    return length > 4 && vdib__same_word(path + length - 4, ".npy");
}

/* Formats that people have pictures in and that are not read, by how they begin. */
static const char *known_as(const uint8_t *bytes, size_t size) {
    static const struct {
        const char *begin, *name;
        size_t length;
    } others[] = {{"\xFF\xD8\xFF", "JPEG", 3},
                  {"GIF8", "GIF", 4},
                  {"BM", "BMP", 2},
                  {"II*\0", "TIFF", 4},
                  {"MM\0*", "TIFF", 4},
                  {"RIFF", "WebP", 4},
                  {"P1", "PBM", 2},
                  {"P4", "PBM", 2},
                  {"P7", "PAM", 2},
                  {"PK\x03\x04", "NPZ (zip)", 4}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (size >= others[i].length && memcmp(bytes, others[i].begin, others[i].length) == 0)
            return others[i].name;
    return NULL;
}

static vdib_status decode(const char *path, const uint8_t *bytes, size_t size, vdib__picture_range range,
                          vdib__picture *picture) {
    if (vdib__png_is(bytes, size))
        return vdib__png_decode(path, bytes, size, picture);
    if (vdib__pnm_is(bytes, size))
        return vdib__pnm_decode(path, bytes, size, picture);
    if (vdib__npy_is(bytes, size))
        return vdib__array_decode(path, bytes, size, range, picture);
    const char *name = known_as(bytes, size);
    if (name != NULL)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: is a %s file; targets are read from PNG, PGM, PPM and NPY: convert it", path, name);
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte 0: is neither PNG, PGM, PPM nor NPY; convert it to one of them",
                      path);
}

vdib_status vdib__picture_decode(const char *path, const uint8_t *bytes, size_t size, vdib__picture_range range,
                                 vdib__picture *picture) {
    vdib__picture made = {0};
    vdib_status status = decode(path, bytes, size, range, &made);
    if (status != VDIB_OK) {
        vdib__free(made.values);
        return status;
    }
    *picture = made;
    return VDIB_OK;
}

vdib_status vdib__picture_load(const char *path, vdib__picture_range range, vdib__picture *picture) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    VDIB_TRY(vdib__file_read(path, &bytes, &size));
    vdib_status status = vdib__picture_decode(path, bytes, size, range, picture);
    vdib__free(bytes);
    return status;
}
