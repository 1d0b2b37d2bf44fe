/* SPDX-License-Identifier: MIT */
#include "events/sort.h"

#include <string.h>

/* Stable merge of from[0, middle) and from[middle, count), each in order of time. */
static void merge(const vdib_event *from, size_t middle, size_t count, vdib_event *to) {
    if (middle == count || from[middle - 1].t <= from[middle].t) {
        memcpy(to, from, count * sizeof *to);
        return;
    }
    size_t a = 0, b = middle;
    for (size_t i = 0; i < count; i++)
        to[i] = b == count || (a < middle && from[a].t <= from[b].t) ? from[a++] : from[b++];
}

/* Bottom-up merge sort. */
void vdib__events_sort(vdib_event **array, vdib_event **spare, size_t count) {
    vdib_event *from = *array, *to = *spare;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t first = 0; first < count; first += 2 * run) {
            size_t rest = count - first, whole = rest < 2 * run ? rest : 2 * run;
            merge(from + first, whole < run ? whole : run, whole, to + first);
        }
        vdib_event *sorted = to;
        to = from;
        from = sorted;
    }
    *array = from;
    *spare = to;
}
