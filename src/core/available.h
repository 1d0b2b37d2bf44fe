/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_AVAILABLE_H
#define VDIB_CORE_AVAILABLE_H
/* How much memory this process may still take. */

#include <stddef.h>

/* The least of: what the system has to give (/proc/meminfo), what is left of the limits of the control groups that
 * the process is in (versions 1 and 2, every level), and of its address space (RLIMIT_AS). *limit receives which one
 * it was, in words; SIZE_MAX where nothing is known. */
size_t vdib__memory_available(const char **limit);

/* The same with the files of the system under another root, "" for the real ones; for tests. */
size_t vdib__memory_available_under(const char *root, const char **limit);

#endif
