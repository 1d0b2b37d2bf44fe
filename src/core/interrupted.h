/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_INTERRUPTED_H
#define VDIB_CORE_INTERRUPTED_H
/* Calls of the system that are made again where a signal interrupts them, which network file systems let happen. */

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* open(), with mode 0666. */
int vdib__open(const char *path, int flags);
bool vdib__fsync(int descriptor);
bool vdib__flock(int descriptor, int operation);
bool vdib__ftruncate(int descriptor, off_t length);
/* An interrupted close has closed the file, on Linux. */
bool vdib__close(int descriptor);

/* All bytes; false, with errno, when they cannot be written. */
bool vdib__write(int descriptor, const void *bytes, size_t size);

/* As fdopen(), with mode "rb", "wb" or "w+b"; a stream of stdio's own gives up when it is interrupted. The stream owns
 * the descriptor, which fileno() does not tell. NULL, with errno: the descriptor is still the caller's. */
FILE *vdib__stream_open(int descriptor, const char *mode);

#endif
