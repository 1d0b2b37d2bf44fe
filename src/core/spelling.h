/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_SPELLING_H
#define VDIB_CORE_SPELLING_H
/* How near a misspelt name is to those that exist, for "did you mean". */

#include <stddef.h>

/* Levenshtein distance of the first 127 characters. */
size_t vdib__edit_distance(const char *a, const char *b);

/* The same, or `limit` where it is not below: sooner done. */
size_t vdib__edit_distance_below(const char *a, const char *b, size_t limit);

#endif
