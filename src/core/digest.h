/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_DIGEST_H
#define VDIB_CORE_DIGEST_H
/* SHA-256 (FIPS 180-4) of bytes that come in pieces. */

#include <stddef.h>
#include <stdint.h>

#include <nettle/sha2.h>

enum { VDIB_DIGEST_BYTES = SHA256_DIGEST_SIZE, VDIB_DIGEST_TEXT = 2 * SHA256_DIGEST_SIZE + 1 };

typedef struct vdib__digest {
    struct sha256_ctx context;
} vdib__digest;

void vdib__digest_begin(vdib__digest *digest);
void vdib__digest_add(vdib__digest *digest, const void *bytes, size_t size);
/* A number as eight bytes, the lowest first. */
void vdib__digest_add_number(vdib__digest *digest, uint64_t number);
/* text receives 64 hexadecimal digits and a NUL; the digest is as after vdib__digest_begin(). */
void vdib__digest_end(vdib__digest *digest, char text[VDIB_DIGEST_TEXT]);

#endif
