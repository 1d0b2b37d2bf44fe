/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_TEXT_H
#define VDIB_CORE_TEXT_H
/* Numbers as text. printf, strtod and the JSON library take the decimal point of the host program's locale
 * (setlocale), which is a comma in half of Europe and two bytes long in Persian; every file and message of the
 * library has a point.
 *
 * So nothing in the library calls printf with %e, %f or %g, or strtod, but through this file. Only the calling
 * thread's locale is changed, and only for the duration of a call. */

#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* snprintf, vsnprintf, fprintf and strtod of the "C" locale. */
int vdib__format(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vdib__vformat(char *text, size_t size, const char *format, va_list values) __attribute__((format(printf, 3, 0)));
int vdib__print(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
double vdib__parse_double(const char *text, char **end);

/* The end of a noun after its count: "%zu recording%s", "%zu class%s". */
static inline const char *vdib__s(unsigned long long count) {
    return count == 1 ? "" : "s";
}
static inline const char *vdib__es(unsigned long long count) {
    return count == 1 ? "" : "es";
}

/* Whether two texts are the same but for the case of ASCII letters (in a Turkish locale strcasecmp takes I and i for
 * different letters). */
bool vdib__same_word(const char *a, const char *b);

/* Whether a text is UTF-8, as JSON asks for: no overlong forms, no surrogates, U+10FFFF at most (RFC 3629). */
bool vdib__is_utf8(const char *text);

/* For code of others that writes or reads numbers (the JSON library) and for whole pages: everything between enter
 * and leave is in the "C" locale. In the same thread; no callback of the user's may run between them. */
typedef struct vdib__plain_locale {
    locale_t plain, before;
} vdib__plain_locale;
vdib__plain_locale vdib__plain_locale_enter(void);
void vdib__plain_locale_leave(vdib__plain_locale entered);

#endif
