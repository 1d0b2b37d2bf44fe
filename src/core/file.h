/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_FILE_H
#define VDIB_CORE_FILE_H
/* Files: whole reads with checks, and writes that are complete or not there at all. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "vdib/status.h"

/* Refuses, with a remedy, what is no regular file by its mode: folders, pipes, devices. */
vdib_status vdib__file_check_kind(const char *path, mode_t mode);

/* Opens a regular file for reading, without waiting for a pipe's writer: *stream, and its *size in bytes. */
vdib_status vdib__file_open(const char *path, FILE **stream, uint64_t *size);

/* Reads a whole regular file. *bytes is freed with vdib__free; a NUL follows the last byte. Fails with the path and the
 * system's reason. */
vdib_status vdib__file_read(const char *path, uint8_t **bytes, size_t *size);

/* A whole regular file as read-only memory, which must be given back with its size. The file must not be cut short
 * meanwhile: ours are replaced as a whole, never written in place. */
vdib_status vdib__file_map(const char *path, const uint8_t **bytes, size_t *size);
void vdib__file_unmap(const uint8_t *bytes, size_t size);

/* A descriptor of a regular file, for reading. */
vdib_status vdib__file_open_descriptor(const char *path, int *file);

/* As vdib__file_read, and inflates gzip content (any number of members, then any number of zeros); the file and what it
 * inflates to are limited to `limit` bytes. */
vdib_status vdib__file_read_gzip(const char *path, size_t limit, uint8_t **bytes, size_t *size);

/* A file being written under a temporary name beside `path`, or memory. */
typedef struct vdib__writer {
    FILE *stream; /* NULL: memory */
    int file;     /* its descriptor */
    char *path;   /* in memory: what messages call it */
    char *temporary;
    uint8_t *bytes; /* (capacity) in memory, the first `used` are written */
    size_t used, capacity;
} vdib__writer;

/* open (which removes what killed writers of the file left), then write to `stream`, then commit (flush, fsync, rename
 * over path, fsync of the folder) or abandon (removes the temporary). After these two the writer is empty again; commit
 * fails with the path and reason and removes the temporary file if anything could not be written, and what was at
 * `path` before stays. */
vdib_status vdib__writer_open(vdib__writer *writer, const char *path);
/* The same where `path` may also be "-", standard output, or a pipe or device that exists: these are written as they
 * are, without a temporary, and keep what was written before a failure. Of files it removes nothing: where many are
 * written into a folder, the temporaries are removed once. */
vdib_status vdib__writer_open_any(vdib__writer *writer, const char *path);
/* Whether a path is one of those: "-", a pipe, a device. */
bool vdib__is_passage(const char *path);
/* Whether `name` is what a writer of the file `final` (both without folders) would call its temporary:
 * "<final>.tmp-<process>" or "<final>.tmp-<process>-<number>". */
bool vdib__is_temporary_of(const char *name, const char *final);
/* Removes what processes that were killed left of writing `path`: regular files beside it with exactly the name of a
 * temporary, which nobody holds and whose process is gone or, numbers being given again, which are older than a minute.
 * What cannot be looked at stays. */
void vdib__temporaries_clean(const char *path);
/* The same of every file of the folder whose name has that ending. */
void vdib__temporaries_clean_all(const char *folder, const char *ending);
/* fwrite with its result checked. */
vdib_status vdib__writer_put(vdib__writer *writer, const void *bytes, size_t size);
vdib_status vdib__writer_commit(vdib__writer *writer);
void vdib__writer_abandon(vdib__writer *writer);

/* As open, put and commit, into memory: *bytes is freed with vdib__free. `origin` names it in messages. */
vdib_status vdib__writer_open_memory(vdib__writer *writer, const char *origin);
void vdib__writer_take(vdib__writer *writer, uint8_t **bytes, size_t *size);

/* All in one: `size` bytes to `path`, complete or not at all. */
vdib_status vdib__file_write(const char *path, const void *bytes, size_t size);

/* "<folder>/<name>", freed with vdib__free. */
vdib_status vdib__path_join(const char *folder, const char *name, char **path);

enum { VDIB_FOLDER_SIZE = 4096 };

/* The folder that a path is in, "." if it names none; false, with ENAMETOOLONG, if it is longer than the system has. */
bool vdib__path_folder(const char *path, char folder[VDIB_FOLDER_SIZE]);

bool vdib__is_folder(const char *path);

/* Whether both are there, and one file or folder. */
bool vdib__is_same(const char *a, const char *b);

/* A folder that may be walked into: a link to the folder that it stands in, or to one above, is none. */
bool vdib__is_folder_below(const char *path);
bool vdib__is_file(const char *path);

/* The names in a folder, sorted by byte order, without "." and ".."; free with vdib__names_free. */
vdib_status vdib__folder_list(const char *path, char ***names, size_t *count);
void vdib__names_free(char **names, size_t count);

/* Calls `visit` with path and name of everything in a folder, sorted by byte order, up to the first that fails. */
typedef vdib_status (*vdib__folder_visit)(void *user, const char *path, const char *name);
vdib_status vdib__folder_each(const char *folder, vdib__folder_visit visit, void *user);

/* Reads exactly `size` bytes from byte `at` of an open file on; false where it has fewer. */
bool vdib__file_read_at(int file, void *bytes, size_t size, uint64_t at);

/* Removes a file, or a folder and all that is in it; links are removed, not followed. What cannot be removed stays. */
void vdib__remove_all(const char *path);

/* Makes a folder and its parents; an existing folder is fine. */
vdib_status vdib__folder_make(const char *path);

#endif
