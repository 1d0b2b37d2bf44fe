/* SPDX-License-Identifier: MIT */
#include "report/base64.h"

#include <stdint.h>

#include "core/alloc.h"
#include "core/error.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four characters of up to three bytes; a group that lacks bytes ends in '='. */
static void encode_group(const uint8_t *bytes, size_t count, char text[4]) {
    uint32_t word = (uint32_t)bytes[0] << 16;
    word |= count > 1 ? (uint32_t)bytes[1] << 8 : 0;
    word |= count > 2 ? (uint32_t)bytes[2] : 0;
    for (size_t i = 0; i < 4; i++)
        text[i] = i <= count ? ALPHABET[word >> (18 - 6 * i) & 63] : '=';
}

vdib_status vdib__base64(const void *bytes, size_t size, char **text) {
    const uint8_t *at = bytes;
    char *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, (size + 2) / 3 * 4 + 1));
    for (size_t i = 0; i < size; i += 3)
        encode_group(at + i, size - i < 3 ? size - i : 3, made + i / 3 * 4);
    *text = made;
    return VDIB_OK;
}
