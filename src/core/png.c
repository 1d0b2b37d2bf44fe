/* SPDX-License-Identifier: MIT */
#include "core/png.h"

#include <png.h>

#include "core/alloc.h"
#include "core/error.h"

enum { SIDE_LIMIT = 65535 };

/* Writes through libpng's simplified interface, which reports by its message and never by a jump. */
static vdib_status write_image(png_image *image, const uint8_t *samples, uint8_t **png, size_t *size) {
    png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(*image);
    uint8_t *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, bytes));
    if (!png_image_write_to_memory(image, made, &bytes, 0, samples, 0, NULL)) {
        vdib__free(made);
        return vdib__fail(VDIB_ERROR_MEMORY, "a PNG of %u x %u pixels could not be made (%s)", image->width,
                          image->height, image->message);
    }
    *png = made;
    *size = bytes;
    return VDIB_OK;
}

vdib_status vdib__png_encode(vdib__png_kind kind, const uint8_t *pixels, size_t height, size_t width, uint8_t **png,
                             size_t *size) {
    if (height < 1 || width < 1 || height > SIDE_LIMIT || width > SIDE_LIMIT)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a PNG of %zu x %zu pixels; sides are 1 to %d", width, height,
                          SIDE_LIMIT);
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height};
    if (kind != VDIB_PNG_MASK) {
        image.format = kind == VDIB_PNG_RGB ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
        return write_image(&image, pixels, png, size);
    }
    uint8_t *pairs = NULL; /* (height, width, 2): gray 0, opacity */
    VDIB_TRY(VDIB_NEW(&pairs, height * width * 2));
    for (size_t i = 0; i < height * width; i++)
        pairs[2 * i + 1] = pixels[i];
    image.format = PNG_FORMAT_GA;
    vdib_status status = write_image(&image, pairs, png, size);
    vdib__free(pairs);
    return status;
}
