/* SPDX-License-Identifier: MIT */
#include "core/ranges.h"

#include <stddef.h>
#include <string.h>

enum { MOST_DIGITS = 9 };

/* A number at *text, which is moved behind it; false if there is none. */
static bool read_number(const char **text, uint64_t *number) {
    size_t digits = 0;
    *number = 0;
    for (; **text >= '0' && **text <= '9' && digits <= MOST_DIGITS; ++*text, digits++)
        *number = 10 * *number + (uint64_t)(**text - '0');
    return digits > 0 && digits <= MOST_DIGITS;
}

/* A number or a range at *text, which is moved behind it. */
static bool read_range(const char **text, uint64_t *first, uint64_t *last) {
    if (!read_number(text, first))
        return false;
    *last = *first;
    if (**text != '-')
        return true;
    ++*text;
    return read_number(text, last) && *last >= *first;
}

bool vdib__ranges_valid(const char *text) {
    uint64_t first, last;
    if (strcmp(text, "none") == 0)
        return true;
    for (;; text++) {
        if (!read_range(&text, &first, &last))
            return false;
        if (*text != ',')
            return *text == '\0';
    }
}

bool vdib__ranges_hold(const char *text, uint64_t number) {
    uint64_t first, last;
    for (; read_range(&text, &first, &last); text++) {
        if (number >= first && number <= last)
            return true;
        if (*text != ',')
            return false;
    }
    return false;
}
