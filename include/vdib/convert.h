/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CONVERT_H
#define VDIB_CONVERT_H
/**
 * @file convert.h
 * Event files written, and converted from one format into another.
 *
 * Simple use: vdib_convert() from a file of any format that is read into one of any format that is written. A
 * program's own events: vdib_writer_open(), vdib_writer_put() as often as there are events, vdib_writer_finish(),
 * vdib_writer_close(). Both take constant memory, however long the recording is.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/events.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A format in which recordings are written. */
typedef struct vdib_writer_format {
    size_t size;         /**< sizeof(vdib_writer_format), set by the caller */
    const char *name;    /**< for example "evt3"; static */
    const char *help;    /**< what it is, one line; static */
    const char *endings; /**< of such files' names, with blanks between them; static */
    const char *lost;    /**< what a recording may have that such a file does not hold, "" for nothing; static */
    bool passes;         /**< may be written into a pipe */
    bool sized;          /**< the sensor's size must be known before the first event */
    size_t columns;      /**< the most columns of a sensor */
    size_t rows;         /**< the most rows of a sensor */
    int64_t least_us;    /**< the earliest time of an event: 0 or INT64_MIN */
    int64_t most_us;     /**< the latest time of an event */
} vdib_writer_format;

/** @return how many formats are written. Thread-safe. */
VDIB_API size_t vdib_writer_format_count(void);

/**
 * Describes a format.
 * @param index from 0 to vdib_writer_format_count() - 1
 * @return ::VDIB_ERROR_ARGUMENT if there is none of that number
 */
VDIB_API vdib_status vdib_writer_format_describe(size_t index, vdib_writer_format *format);

/** A file that is being written. Not shared between threads without a lock. */
typedef struct vdib_writer vdib_writer;

/** How a file is written. */
typedef struct vdib_writer_options {
    size_t size;        /**< sizeof(vdib_writer_options), set by the caller */
    const char *format; /**< a format's name; NULL: by the ending of the path */
    size_t width;       /**< columns of the sensor; 0: not known */
    size_t height;      /**< rows of the sensor; 0: not known */
    bool replace;       /**< a file that exists is replaced, when the new one is complete */
} vdib_writer_options;

/**
 * Opens a file for writing. It appears under its name when vdib_writer_finish() has succeeded, and not before.
 * @param path the file; "-" for standard output, or a pipe that exists, where the format passes through one
 * (vdib_writer_format::passes)
 * @param options NULL: the format by the ending of the path, sensor not known
 * @param writer receives the open file, owned by the caller (vdib_writer_close())
 * @return ::VDIB_ERROR_ARGUMENT if the format is not known, or does not hold the sensor or needs its size;
 * ::VDIB_ERROR_EXISTS if there is such a file; ::VDIB_ERROR_IO if it cannot be created
 */
VDIB_API vdib_status vdib_writer_open(const char *path, const vdib_writer_options *options, vdib_writer **writer);

/**
 * Writes events, in order of time.
 * @param events (count), each not before the one before it, also that of the call before; polarity 0 or 1
 * @return ::VDIB_ERROR_DATA if the format does not hold one of them (place, time, order): the message names the event
 * and the remedy, and none of these events is written; ::VDIB_ERROR_IO if the file cannot be written
 */
VDIB_API vdib_status vdib_writer_put(vdib_writer *writer, const vdib_event *events, size_t count);

/**
 * Ends the file: it is complete, on the disk and under its name. Nothing can be put afterwards.
 * @return ::VDIB_ERROR_IO if it cannot be written; what was under its name before is kept then
 */
VDIB_API vdib_status vdib_writer_finish(vdib_writer *writer);

/** Closes the file, and removes what was written if it was not finished; NULL is safe. */
VDIB_API void vdib_writer_close(vdib_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
