/* SPDX-License-Identifier: MIT */
#include "core/sized.h"

#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"

/* No public struct will ever be larger: a larger size was not set at all. */
enum { MOST = 1 << 16 };

/* 0, as in programs that were written before structs had a size, stands for the first size that the struct had. */
static size_t size_of(const void *given, size_t first) {
    size_t size = 0;
    memcpy(&size, given, sizeof size);
    return size != 0 ? size : first;
}

vdib_status vdib__sized_check(const char *type, const void *given, size_t first) {
    if (given == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a %s is needed, NULL was given", type);
    size_t size = size_of(given, first);
    if (size <= sizeof size || size > MOST)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a %s of size %zu; set its first member: .size = sizeof(%s), or 0", type,
                          size, type);
    return VDIB_OK;
}

vdib_status vdib__sized_read(const char *type, const void *given, size_t first, void *copy, size_t size) {
    VDIB_TRY(vdib__sized_check(type, given, first));
    size_t given_size = size_of(given, first);
    const uint8_t *bytes = given;
    for (size_t i = size; i < given_size; i++)
        if (bytes[i] != 0)
            return vdib__fail(
                VDIB_ERROR_UNSUPPORTED,
                "a %s sets byte %zu, but this library knows only its first %zu byte%s: the program was compiled for "
                "a later version; install that one",
                type, i, size, vdib__s(size));
    size_t known = given_size < size ? given_size : size;
    memcpy(copy, given, known);
    memset((uint8_t *)copy + known, 0, size - known);
    memcpy(copy, &size, sizeof size);
    return VDIB_OK;
}

void vdib__sized_write(const void *made, size_t size, size_t first, void *given) {
    if (given == NULL)
        return;
    size_t given_size = size_of(given, first), head = sizeof given_size;
    size_t known = given_size < size ? given_size : size;
    memcpy((uint8_t *)given + head, (const uint8_t *)made + head, known - head);
    memset((uint8_t *)given + known, 0, given_size - known);
}
