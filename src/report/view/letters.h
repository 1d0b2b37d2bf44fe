/* SPDX-License-Identifier: MIT */
#ifndef VDIB_REPORT_VIEW_LETTERS_H
#define VDIB_REPORT_VIEW_LETTERS_H
/* The letters of pictures. */

#include <stdint.h>

enum { VDIB_LETTERS = 95, VDIB_LETTER_FIRST = ' ', VDIB_LETTER_ROWS = 7, VDIB_LETTER_COLUMNS = 5 };

extern const uint8_t vdib__letters[VDIB_LETTERS][VDIB_LETTER_ROWS];

#endif
