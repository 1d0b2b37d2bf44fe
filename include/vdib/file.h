/* SPDX-License-Identifier: MIT */
#ifndef VDIB_FILE_H
#define VDIB_FILE_H
/**
 * @file file.h
 * Files as the library writes its own, for what a program makes of them.
 */
#include <stddef.h>

#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Writes a file whole or not at all: beside its place first, then onto the disk and to its name, where what was there
 * before stands until then. What a program that was killed left beside it is removed. Thread-safe; a signal that ends
 * the program may leave the file beside it to the next call.
 * @param path the file; a link is replaced, not followed
 * @param bytes (size) its content; may be NULL if size is 0
 * @return ::VDIB_ERROR_IO if it cannot be written
 */
VDIB_API vdib_status vdib_file_write(const char *path, const void *bytes, size_t size);

#ifdef __cplusplus
}
#endif
#endif
