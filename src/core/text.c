/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <stdlib.h>

/* The C library keeps the "C" locale as a constant: neither call allocates. */
vdib__plain_locale vdib__plain_locale_enter(void) {
    vdib__plain_locale entered = {.plain = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    if (entered.plain != (locale_t)0)
        entered.before = uselocale(entered.plain);
    return entered;
}

void vdib__plain_locale_leave(vdib__plain_locale entered) {
    if (entered.plain == (locale_t)0)
        return;
    uselocale(entered.before);
    freelocale(entered.plain);
}

int vdib__vformat(char *text, size_t size, const char *format, va_list values) {
    vdib__plain_locale entered = vdib__plain_locale_enter();
    int length = vsnprintf(text, size, format, values);
    vdib__plain_locale_leave(entered);
    return length;
}

int vdib__format(char *text, size_t size, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int length = vdib__vformat(text, size, format, values);
    va_end(values);
    return length;
}

int vdib__print(FILE *stream, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vdib__plain_locale entered = vdib__plain_locale_enter();
    int length = vfprintf(stream, format, values);
    vdib__plain_locale_leave(entered);
    va_end(values);
    return length;
}

double vdib__parse_double(const char *text, char **end) {
    vdib__plain_locale entered = vdib__plain_locale_enter();
    double value = strtod(text, end);
    vdib__plain_locale_leave(entered);
    return value;
}

static char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

bool vdib__same_word(const char *a, const char *b) {
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

/* The bytes of the letter at `text`; 0: it is none. */
static size_t letter_length(const unsigned char *text) {
    unsigned char first = text[0], low = 0x80, high = 0xBF; /* what the second byte may be */
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : low;
    high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : high;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

bool vdib__is_utf8(const char *text) {
    size_t length = 1;
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0' && length > 0; at += length)
        length = letter_length(at);
    return length > 0;
}
