/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_BYTES_H
#define VDIB_EVENTS_BYTES_H
/* Bytes one after the other through a buffer of fixed size: what readers of event files read from. They come from a
 * file, a pipe, or what a compressed file is unpacked to (source.h, unpack.h). The same calls serve bytes that are in
 * memory already. */

#include <stdbool.h>
#include <stdint.h>

#include "events/source.h"

/* The most bytes that can be looked at in one piece. */
enum { VDIB_BYTES_WINDOW = 65536 };

typedef struct vdib__bytes {
    const char *path;  /* for messages; borrowed, or `called` */
    const char *name;  /* whose ending says what is inside: the path, or the name of what was unpacked */
    const char *file;  /* the file that they are, or are unpacked from; borrowed; NULL: a pipe, or memory */
    uint64_t size;     /* of all bytes; VDIB_SIZE_UNKNOWN of pipes and of what is being unpacked */
    uint64_t offset;   /* of the next byte, from the beginning */
    const char *fault; /* the first thing that was wrong, static; NULL: nothing */
    uint64_t fault_at; /* the byte at which it begins */
    size_t lost;       /* 1: the source ended before its end (`fault` says how) */
    uint64_t settled;  /* bytes that stand unpacked in the cache folder for this (vdib__bytes_settle); 0: none do */
    /* private */
    vdib__byte_source source; /* none where all bytes are in memory */
    uint8_t *buffer;          /* (VDIB_BYTES_WINDOW), NULL where all bytes are in memory */
    const uint8_t *next;      /* the byte at `offset` */
    size_t ready;             /* bytes from `next` on */
    bool ended;               /* the source has no more */
    char *called, *inner;     /* what `path` and `name` are of unpacked bytes */
} vdib__bytes;

/* Opens a regular file, a FIFO or the standard input ("-"); VDIB_ERROR_IO with path and reason if it cannot be read.
 * `path` must outlive *bytes. */
vdib_status vdib__bytes_open(const char *path, vdib__bytes *bytes);

/* `content` (size) is borrowed. */
void vdib__bytes_of(const char *path, const uint8_t *content, size_t size, vdib__bytes *bytes);

/* Bytes of a source, which they close. `called` is the path in messages, `name` what is inside; both are copied, and
 * the source is closed where that fails. */
vdib_status vdib__bytes_from(vdib__byte_source source, const char *called, const char *name, vdib__bytes *bytes);

/* Begins again at offset 0 of bytes from a source that has something new to deliver after its end. */
void vdib__bytes_restart(vdib__bytes *bytes);

/* Looks at the next `wanted` bytes (at most VDIB_BYTES_WINDOW) without taking them: *at (*count), fewer only at the end
 * of the file. Valid until the next call. */
vdib_status vdib__bytes_look(vdib__bytes *bytes, size_t wanted, const uint8_t **at, size_t *count);

/* As vdib__bytes_look, at all that are in the buffer, `least` at least. */
vdib_status vdib__bytes_look_ahead(vdib__bytes *bytes, size_t least, const uint8_t **at, size_t *count);

/* Takes `count` bytes that were looked at. */
void vdib__bytes_take(vdib__bytes *bytes, size_t count);

/* The same bytes once more, at the same byte, for columns that are read beside each other; of a pipe, VDIB_ERROR_FORMAT
 * with the remedy. *bytes must outlive *again. */
vdib_status vdib__bytes_again(const vdib__bytes *bytes, vdib__bytes *again);

/* Whether vdib__bytes_seek goes to any byte. */
bool vdib__bytes_can_seek(const vdib__bytes *bytes);

/* To a byte, at most `size`. Bytes that cannot seek go only forwards: VDIB_ERROR_FORMAT with the remedy. */
vdib_status vdib__bytes_seek(vdib__bytes *bytes, uint64_t offset);

/* Leaves out the next `count` bytes, as many of them as there are: `offset` says how many. */
vdib_status vdib__bytes_skip(vdib__bytes *bytes, uint64_t count);

/* Looks at the next line, with its end ("\n", or the end of the file): *line (*length). *length is 0 at the end of the
 * file, and `longest` (at most VDIB_BYTES_WINDOW) where no line ends before. */
vdib_status vdib__bytes_line(vdib__bytes *bytes, size_t longest, const char **line, size_t *length);

/* The same where lines end with another byte than a line feed. */
vdib_status vdib__bytes_line_to(vdib__bytes *bytes, char last, size_t longest, const char **line, size_t *length);

/* Counts `more` of something that is wrong, and keeps the first of it that the file has: `what` (static) at a byte. */
void vdib__bytes_blame(vdib__bytes *bytes, uint64_t at, const char *what, size_t *count, size_t more);

/* Refuses a file without a header that is no whole number of records (bytes each). Where the size is unknown, its
 * reader counts what is left at the end (vdib__bytes_cut). */
vdib_status vdib__bytes_check_records(const vdib__bytes *bytes, unsigned record);

/* The `count` bytes that remain are no whole record: takes them and counts them in *truncated. */
void vdib__bytes_cut(vdib__bytes *bytes, size_t count, size_t *truncated);

/* Takes all that is left and counts it in *truncated, at least `least` bytes: the file ends inside of it, or nothing
 * says where the next record begins. `what` is static. */
vdib_status vdib__bytes_give_up(vdib__bytes *bytes, const char *what, size_t *truncated, size_t least);

/* Whether a header's line that was looked at has no end because the file ends there: takes it then, and counts its
 * bytes in *truncated. */
bool vdib__bytes_cut_header(vdib__bytes *bytes, const char *line, size_t length, size_t *truncated);

/* What messages say of a file, given its path and why, behind something that could not be read. */
#define VDIB_BYTES_FAILED "%s: is not read on after what failed before (%s); open it again"

/* What messages say of a file without the end of its header. */
#define VDIB_BYTES_HEADER_CUT "the file ends inside its header"

void vdib__bytes_close(vdib__bytes *bytes);

#endif
