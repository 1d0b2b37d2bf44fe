/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_THREADS_H
#define VDIB_CORE_THREADS_H
/* Threads are OpenMP. Rule of the house: a parallel loop's tasks write disjoint memory and each sum has one fixed order
 * inside one task, so that bits never depend on the number of threads. Nothing is reduced across tasks by OpenMP. */

#include <stddef.h>

/* Threads to use for a request: `requested` itself, or every core of this process for 0. At least 1, at most 256. */
int vdib__threads(size_t requested);

/* Number of tasks of `block` elements that cover `count`. */
static inline size_t vdib__blocks(size_t count, size_t block) {
    return (count + block - 1) / block;
}

#endif
