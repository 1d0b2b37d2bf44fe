/* SPDX-License-Identifier: MIT */
#include "core/spelling.h"

#include <stdint.h>
#include <string.h>

size_t vdib__edit_distance_below(const char *a, const char *b, size_t limit) {
    enum { LONGEST = 127 };
    size_t row[LONGEST + 1]; /* distances of the prefix of a seen so far to every prefix of b */
    size_t width = strnlen(b, LONGEST), height = strnlen(a, LONGEST), least = 0;
    if ((width > height ? width - height : height - width) >= limit)
        return limit;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; i <= height && least < limit; i++) {
        size_t diagonal = row[0];
        least = row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t shifted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = replaced < shifted ? replaced : shifted;
            least = row[j] < least ? row[j] : least;
        }
    }
    return least < limit && row[width] < limit ? row[width] : limit;
}

size_t vdib__edit_distance(const char *a, const char *b) {
    return vdib__edit_distance_below(a, b, SIZE_MAX);
}
