/* SPDX-License-Identifier: MIT */
#include "core/digest.h"

void vdib__digest_begin(vdib__digest *digest) {
    sha256_init(&digest->context);
}

void vdib__digest_add(vdib__digest *digest, const void *bytes, size_t size) {
    sha256_update(&digest->context, size, bytes);
}

void vdib__digest_add_number(vdib__digest *digest, uint64_t number) {
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    vdib__digest_add(digest, bytes, sizeof bytes);
}

void vdib__digest_end(vdib__digest *digest, char text[VDIB_DIGEST_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[VDIB_DIGEST_BYTES];
    sha256_digest(&digest->context, sizeof bytes, bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * sizeof bytes] = '\0';
}
