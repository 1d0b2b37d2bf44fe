/* SPDX-License-Identifier: MIT */
/* LZF, as h5py writes it. A byte below 32 is followed by as many letters and one more; others are a length (three bits,
 * of which 7 says that a byte is added) and a distance back (13 bits). */
#include <stdlib.h>
#include <string.h>

#include "hdf5/filters.h"

enum { LITERALS = 32, LENGTH_LONG = 7, SIZE_VALUE = 2 /* which of the file's values is the size of the chunk */ };

static bool copy(const uint8_t **at, const uint8_t *end, size_t count, uint8_t **to, const uint8_t *most) {
    if ((size_t)(end - *at) < count || (size_t)(most - *to) < count)
        return false;
    memcpy(*to, *at, count);
    *at += count;
    *to += count;
    return true;
}

/* The reference may overlap what it makes. */
static bool repeat(const uint8_t **at, const uint8_t *end, unsigned control, uint8_t *begin, uint8_t **to,
                   const uint8_t *most) {
    size_t length = control >> 5;
    if (length == LENGTH_LONG && *at < end)
        length += *(*at)++;
    if (*at == end)
        return false;
    size_t back = ((control & 31U) << 8 | *(*at)++) + 1U;
    length += 2;
    if (back > (size_t)(*to - begin) || length > (size_t)(most - *to))
        return false;
    for (size_t i = 0; i < length; i++, ++*to)
        **to = *(*to - back);
    return true;
}

static decoded decode(const uint8_t *bytes, size_t size, const unsigned *values, size_t count) {
    const uint8_t *at = bytes, *end = bytes + size;
    decoded made = filter_room(count > SIZE_VALUE ? values[SIZE_VALUE] : 0);
    uint8_t *to = made.bytes;
    const uint8_t *most = made.bytes != NULL ? made.bytes + made.size : NULL;
    while (to != NULL && at < end) {
        unsigned control = *at++;
        bool fine = control < LITERALS ? copy(&at, end, control + 1U, &to, most)
                                       : repeat(&at, end, control, made.bytes, &to, most);
        if (!fine) {
            free(made.bytes);
            return (decoded){.bytes = NULL};
        }
    }
    if (to != NULL) /* a chunk that is shorter than it says */
        memset(to, 0, (size_t)(most - to));
    return made;
}

const filter filter_lzf = {.number = 32000, .name = "LZF", .decode = decode};
