/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_AVAILABLE_H
#define VDIB_CORE_AVAILABLE_H
/* How much memory this process may still take, and how many processors its control groups let it use. */

#include <stddef.h>

/* The least of: what the system has to give (/proc/meminfo), what is left of the limits of the control groups that
 * the process is in (versions 1 and 2, every level), of its address space (RLIMIT_AS), and of what the library may
 * allocate (core/memory_limit.h). *limit receives which one it was, in words; SIZE_MAX where nothing is known. */
size_t vdib__memory_available(const char **limit);

/* The same with the files of the system under another root, "" for the real ones; for tests. */
size_t vdib__memory_available_under(const char *root, const char **limit);

/* How many processors the quotas of the control groups leave (versions 1 and 2, every level): half a processor counts
 * as one, two and a half as three. SIZE_MAX where there is no quota. The second is for tests, as above. */
size_t vdib__cores_allowed(void);
size_t vdib__cores_allowed_under(const char *root);

#endif
