/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_JSON_H
#define VDIB_CORE_JSON_H
/* JSON text in and out, whatever the host program's locale (core/text.h): jansson translates the decimal point of
 * the current locale, and only where it is one byte long. For parts that are linked with jansson. */

#include <jansson.h>

#include "core/memory_limit.h"
#include "core/text.h"

/* As json_dumps: freed with vdib__json_free(); NULL if out of memory or a text is not UTF-8. */
static inline char *vdib__json_write(const json_t *value, size_t flags) {
    vdib__plain_locale entered = vdib__plain_locale_enter();
    char *text = json_dumps(value, flags);
    vdib__plain_locale_leave(entered);
    return text;
}

/* Frees what vdib__json_write gave, with jansson's own function: the host program may have set another than free().
 * NULL is safe. */
static inline void vdib__json_free(char *text) {
    json_malloc_t allocate;
    json_free_t release;
    json_get_alloc_funcs(&allocate, &release);
    if (text != NULL)
        release(text);
}

/* `size` bytes of JSON in which no name comes twice; NULL with *problem if they are not, or if what they could need is
 * not left of the memory's bound. */
static inline json_t *vdib__json_read(const char *text, size_t size, json_error_t *problem) {
    if (size > vdib__memory_left() / VDIB_JSON_SPREAD) {
        if (problem != NULL)
            *problem = (json_error_t){.text = "it may need more than --limit-memory"};
        return NULL;
    }
    vdib__plain_locale entered = vdib__plain_locale_enter();
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, problem);
    vdib__plain_locale_leave(entered);
    return value;
}

#endif
