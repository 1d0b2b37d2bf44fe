/* SPDX-License-Identifier: MIT */
/* PNG by libpng: 1 to 16 bits a sample, grey, colour, palettes, opacity, interlaced or not. Samples are taken as they
 * are stored, over the largest of their bits: what a chunk says of gamma or colour profiles is not applied. */
#include <png.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "data/targets/picture.h"

/* deflate packs no tighter than this. */
enum { MOST_PACKED = 1032, MESSAGE = 128 };

/* All that a longjmp of libpng must not lose. */
typedef struct decoding {
    const char *path;
    const uint8_t *bytes;
    size_t size, offset;
    png_structp png;
    png_infop info;
    png_uint_32 width, height;
    uint64_t packed;     /* bits of all samples, as the file has them */
    int channels, depth; /* after expansion: 1 to 4 channels of 8 or 16 bits */
    uint8_t *samples;    /* (height, row) */
    png_bytep *rows;     /* (height) */
    char message[MESSAGE];
} decoding;

bool vdib__png_is(const uint8_t *bytes, size_t size) {
    return size >= 8 && png_sig_cmp(bytes, 0, 8) == 0;
}

static void take_bytes(png_structp png, png_bytep to, size_t count) {
    decoding *d = png_get_io_ptr(png);
    if (count > d->size - d->offset)
        png_error(png, "it ends inside its data");
    memcpy(to, d->bytes + d->offset, count);
    d->offset += count;
}

static PNG_NORETURN void fail(png_structp png, png_const_charp message) {
    decoding *d = png_get_error_ptr(png);
    strncpy(d->message, message, MESSAGE - 1);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

/* Every picture becomes grey or colour, with opacity or without, of whole bytes. */
static void expand(decoding *d) {
    png_read_info(d->png, d->info);
    d->width = png_get_image_width(d->png, d->info);
    d->height = png_get_image_height(d->png, d->info);
    d->packed = (uint64_t)d->width * d->height * png_get_channels(d->png, d->info) * png_get_bit_depth(d->png, d->info);
    png_set_expand(d->png); /* palettes to colour, few bits to 8, transparent colours to opacity */
    (void)png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    d->channels = png_get_channels(d->png, d->info);
    d->depth = png_get_bit_depth(d->png, d->info);
}

/* What the header claims must be possible for a file of this size. */
static bool is_possible(const decoding *d) {
    return d->width <= VDIB_PICTURE_SIDE && d->height <= VDIB_PICTURE_SIDE &&
           (uint64_t)d->width * d->height <= VDIB_PICTURE_PIXELS && d->packed / 8 <= (uint64_t)MOST_PACKED * d->size;
}

/* libpng leaves it by a jump; what is changed between lies in *d. */
static bool read_header(decoding *d) {
    if (setjmp(png_jmpbuf(d->png)) != 0)
        return false;
    expand(d);
    return true;
}

static bool read_rows(decoding *d) {
    if (setjmp(png_jmpbuf(d->png)) != 0)
        return false;
    png_read_image(d->png, d->rows);
    png_read_end(d->png, NULL);
    return true;
}

static vdib_status fail_file(const decoding *d) {
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: damaged PNG (%s); save the picture again", d->path, d->offset,
                      d->message);
}

static vdib_status make_rows(decoding *d) {
    size_t row = png_get_rowbytes(d->png, d->info);
    if (!is_possible(d))
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: its header claims %lu x %lu pixels, which cannot be in a file of %zu bytes, or are more "
                          "than %d a side or %d in all; save a smaller picture",
                          d->path, (unsigned long)d->width, (unsigned long)d->height, d->size, (int)VDIB_PICTURE_SIDE,
                          (int)VDIB_PICTURE_PIXELS);
    VDIB_TRY(VDIB_NEW(&d->samples, d->height * row));
    VDIB_TRY(VDIB_NEW(&d->rows, d->height));
    for (size_t y = 0; y < d->height; y++)
        d->rows[y] = d->samples + y * row;
    return VDIB_OK;
}

/* Sample number i of a row, in [0, 1]. */
static float sample_at(const decoding *d, const uint8_t *row, size_t i) {
    return d->depth == 16 ? (float)(row[2 * i] << 8 | row[2 * i + 1]) / 65535.0F : (float)row[i] / 255.0F;
}

static vdib_status take_pixels(const decoding *d, vdib__picture *picture) {
    size_t colours = d->channels < 3 ? 1 : 3, all = (size_t)d->channels, map = (size_t)d->width * d->height;
    VDIB_TRY(vdib__picture_new(d->path, colours, d->height, d->width, picture));
    for (size_t y = 0; y < d->height; y++)
        for (size_t x = 0; x < d->width; x++) {
            float opacity = all > colours ? sample_at(d, d->rows[y], x * all + colours) : 1.0F;
            if (opacity < 1.0F)
                picture->remarks |= VDIB_PICTURE_SEEN_THROUGH;
            for (size_t c = 0; c < colours; c++)
                picture->values[c * map + y * d->width + x] = opacity * sample_at(d, d->rows[y], x * all + c);
        }
    return VDIB_OK;
}

static vdib_status decode(decoding *d, vdib__picture *picture) {
    if (!read_header(d))
        return fail_file(d);
    VDIB_TRY(make_rows(d));
    if (!read_rows(d))
        return fail_file(d);
    return take_pixels(d, picture);
}

vdib_status vdib__png_decode(const char *path, const uint8_t *bytes, size_t size, vdib__picture *picture) {
    decoding d = {.path = path, .bytes = bytes, .size = size};
    d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, fail, ignore);
    d.info = d.png != NULL ? png_create_info_struct(d.png) : NULL;
    vdib_status status = VDIB_OK;
    if (d.info == NULL) {
        status = vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory for a PNG", path);
    } else {
        png_set_user_limits(d.png, 0x7FFFFFFF, 0x7FFFFFFF); /* is_possible() says what is wrong */
        png_set_read_fn(d.png, &d, take_bytes);
        status = decode(&d, picture);
    }
    if (d.png != NULL)
        png_destroy_read_struct(&d.png, &d.info, NULL);
    vdib__free(d.rows);
    vdib__free(d.samples);
    return status;
}
