/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_CLOCK_H
#define VDIB_CORE_CLOCK_H
/* Time for figures and limits; no result depends on it. */

#include <time.h>

/* Seconds since some fixed moment; never steps back. */
static inline double vdib__clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
