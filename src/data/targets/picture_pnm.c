/* SPDX-License-Identifier: MIT */
/* PGM and PPM (Netpbm): P2 and P5 grey, P3 and P6 colour; P2 and P3 as text, the others with one byte a sample, or two,
 * big endian, where the largest value is above 255. The largest value is 1. */
#include <string.h>

#include "core/error.h"
#include "data/targets/picture.h"

enum { MOST_VALUE = 65535 };

typedef struct reading {
    const char *path;
    const uint8_t *bytes;
    size_t size, at;
    size_t most; /* the largest value */
    bool text;
} reading;

bool vdib__pnm_is(const uint8_t *bytes, size_t size) {
    return size >= 3 && bytes[0] == 'P' && (bytes[1] == '2' || bytes[1] == '3' || bytes[1] == '5' || bytes[1] == '6') &&
           (bytes[2] <= ' ' || bytes[2] == '#');
}

static bool is_blank(uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* A number of the header or of text, behind blanks and comments (# to the end of the line); above MOST_VALUE it stops
 * growing. */
static vdib_status take_number(reading *r, const char *what, size_t *number) {
    while (r->at < r->size && (is_blank(r->bytes[r->at]) || r->bytes[r->at] == '#')) {
        bool comment = r->bytes[r->at] == '#';
        while (comment && r->at + 1 < r->size && r->bytes[r->at] != '\n' && r->bytes[r->at] != '\r')
            r->at++;
        r->at++;
    }
    if (r->at >= r->size)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: the picture ends before its %s; save it again", r->path,
                          r->size, what);
    if (r->bytes[r->at] < '0' || r->bytes[r->at] > '9')
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: no number where %s is expected; save it again", r->path,
                          r->at, what);
    for (*number = 0; r->at < r->size && r->bytes[r->at] >= '0' && r->bytes[r->at] <= '9'; r->at++)
        if (*number <= MOST_VALUE)
            *number = 10 * *number + (size_t)(r->bytes[r->at] - '0');
    return VDIB_OK;
}

static vdib_status take_sample(reading *r, size_t *value) {
    if (r->text)
        VDIB_TRY(take_number(r, "next pixel", value));
    else if (r->most > 255) {
        *value = (size_t)r->bytes[r->at] << 8 | r->bytes[r->at + 1];
        r->at += 2;
    } else
        *value = r->bytes[r->at++];
    if (*value > r->most)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: byte %zu: a value of %zu above the largest one of %zu that its header names; save it "
                          "again",
                          r->path, r->at, *value, r->most);
    return VDIB_OK;
}

static vdib_status take_header(reading *r, size_t channels, vdib__picture *picture) {
    size_t width = 0, height = 0, bytes = 0;
    VDIB_TRY(take_number(r, "width", &width));
    VDIB_TRY(take_number(r, "height", &height));
    VDIB_TRY(take_number(r, "largest value", &r->most));
    if (r->most < 1 || r->most > MOST_VALUE)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: a largest value of %zu; 1 to %d are possible", r->path,
                          r->at, r->most, MOST_VALUE);
    r->at++; /* one blank */
    /* A value of text has a digit and a blank at least, but for the last. */
    bytes = channels * width * height * (r->text || r->most > 255 ? 2 : 1) - (r->text ? 1 : 0);
    if (width > 0 && height > 0 && (r->at > r->size || bytes > r->size - r->at))
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: byte %zu: ends before the last of its %zu x %zu pixels; fetch it again", r->path,
                          r->size, width, height);
    return vdib__picture_new(r->path, channels, height, width, picture);
}

vdib_status vdib__pnm_decode(const char *path, const uint8_t *bytes, size_t size, vdib__picture *picture) {
    reading r = {.path = path, .bytes = bytes, .size = size, .at = 2, .text = bytes[1] < '4'};
    size_t channels = bytes[1] == '3' || bytes[1] == '6' ? 3 : 1;
    VDIB_TRY(take_header(&r, channels, picture));
    size_t map = picture->height * picture->width;
    for (size_t i = 0; i < map; i++)
        for (size_t c = 0; c < channels; c++) {
            size_t value = 0;
            VDIB_TRY(take_sample(&r, &value));
            picture->values[c * map + i] = (float)value / (float)r.most;
        }
    return VDIB_OK;
}
