/* SPDX-License-Identifier: MIT */
#include "core/memory_limit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"

enum { GIVEN = 32 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static size_t limit = SIZE_MAX;
static char given[GIVEN]; /* as the user wrote it; "" for no bound */
static atomic_size_t in_use;

bool vdib__size_parse(const char *text, uint64_t *bytes) {
    static const char units[] = "KMGT";
    size_t digits = strspn(text, "0123456789"), length = digits;
    if (text[digits] == '.')
        length += 1 + strspn(text + digits + 1, "0123456789");
    const char *unit = text[length] != '\0' ? strchr(units, text[length]) : NULL;
    bool whole = text[length] == '\0' || (unit != NULL && text[length + 1] == '\0');
    if (digits == 0 || text[length - 1] == '.' || !whole || length > 19 || (unit == NULL && length > digits))
        return false;
    double value = vdib__parse_double(text, NULL);
    for (const char *at = units; unit != NULL && at <= unit; at++)
        value *= 1024;
    if (!(value >= 1 && value < 0x1p62))
        return false;
    *bytes = (uint64_t)value;
    return true;
}

static void read_limit(void) {
    const char *text = getenv("VDIB_LIMIT_MEMORY");
    uint64_t bytes = 0;
    if (text == NULL || text[0] == '\0')
        return;
    vdib__format(given, sizeof given, "%s", text);
    limit = vdib__size_parse(text, &bytes) ? (size_t)bytes : 0;
}

size_t vdib__memory_limit(void) {
    (void)pthread_once(&once, read_limit);
    return limit;
}

size_t vdib__memory_left(void) {
    size_t most = vdib__memory_limit(), used = atomic_load_explicit(&in_use, memory_order_relaxed);
    return most == SIZE_MAX ? SIZE_MAX : most > used ? most - used : 0;
}

bool vdib__memory_take(size_t bytes) {
    size_t used = atomic_fetch_add_explicit(&in_use, bytes, memory_order_relaxed);
    if (bytes <= limit && used <= limit - bytes)
        return true;
    vdib__memory_give_back(bytes);
    return false;
}

void vdib__memory_give_back(size_t bytes) {
    atomic_fetch_sub_explicit(&in_use, bytes, memory_order_relaxed);
}

vdib_status vdib__memory_refuse(size_t bytes) {
    if (vdib__memory_limit() == 0)
        return vdib__fail(VDIB_ERROR_MEMORY, "VDIB_LIMIT_MEMORY=%s: is no size; write 512M or 1.5G, for example",
                          given);
    return vdib__fail(
        VDIB_ERROR_MEMORY,
        "out of memory: needs more than the %s of --limit-memory (%zu byte%s beside %zu in use); raise it", given,
        bytes, vdib__s(bytes), atomic_load_explicit(&in_use, memory_order_relaxed));
}

vdib_status vdib__memory_check_json(const char *origin, size_t bytes) {
    if (bytes <= vdib__memory_left() / VDIB_JSON_SPREAD)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_MEMORY, "%s: %zu byte%s of JSON may need more than the %s of --limit-memory; raise it",
                      origin, bytes, vdib__s(bytes), given);
}
