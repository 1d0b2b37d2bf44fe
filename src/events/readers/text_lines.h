/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_TEXT_LINES_H
#define VDIB_EVENTS_READERS_TEXT_LINES_H
/* Lines of text as most of them are, read without a detour: decimal numbers of up to 18 digits between blanks, commas
 * or semicolons. */

#include <stddef.h>

#include "events/columns.h"

/* Reads events of whole lines from *at on, before `end`, as vdib__columns_event makes them of vdib__number_read's
 * numbers; *at moves behind them. `commas`: they stand between numbers, else they are not plain. Ends at `capacity`, at
 * the last whole line, and at the first line that is not as most are: comments, exponents, what is no event. Returns
 * how many events there are. */
size_t vdib__text_lines(const vdib__columns *columns, bool commas, const char **at, const char *end, vdib_event *events,
                        size_t capacity);

#endif
