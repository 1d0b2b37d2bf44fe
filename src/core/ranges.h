/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_RANGES_H
#define VDIB_CORE_RANGES_H
/* Sets of whole numbers as text: "none", or numbers and ranges like "800-999,1203", each from 0 to 999999999. */

#include <stdbool.h>
#include <stdint.h>

/* Whether a text is such a set: no range ends before it begins, nothing stands between or behind. */
bool vdib__ranges_valid(const char *text);

/* Whether the set holds a number; the text is valid. */
bool vdib__ranges_hold(const char *text, uint64_t number);

#endif
