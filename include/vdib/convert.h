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

/** Which events are kept by their polarity. */
typedef enum vdib_polarity_kept {
    VDIB_POLARITY_BOTH = 0,
    VDIB_POLARITY_ON = 1,
    VDIB_POLARITY_OFF = 2
} vdib_polarity_kept;

/**
 * How a recording is converted. The steps are taken in this order: time range, sensor, hot pixels, crop, polarity,
 * flip, rotation, down-sampling, order of time, refractory time, rebase. All that they leave out is counted.
 */
typedef struct vdib_conversion {
    size_t size;        /**< sizeof(vdib_conversion), set by the caller */
    const char *format; /**< what is written, a format's name; NULL: by the ending of the path */
    bool replace;       /**< a file that exists is replaced, when the new one is complete */
    bool strict;        /**< refuse what is otherwise counted and left out (vdib_packets_options::strict) */
    bool sort;          /**< sort the whole recording by time, in memory (at most 2^26 events after the other steps);
                              without it, events may be late by 65,536 events, and later ones are refused */
    int64_t from_us;    /**< events from this time on are kept */
    int64_t to_us;      /**< and before this one; both 0: all */
    bool relative;      /**< `from_us` and `to_us` count from the first event */
    size_t width;       /**< columns of the sensor where the file does not say them, or others than it says; events
                              beyond are left out; 0: by the file, else where it must be known by the events, which are
                              read once before */
    size_t height;      /**< rows of the sensor, likewise */
    bool hot_pixels;    /**< leave out the events of hot pixels, which are found by reading the file once before: those
                              with at least 20 events, more than 10 times as many as the median of the pixels that have
                              any, and more than 5 times as many as the third busiest of their 8 neighbours */
    size_t crop_x;      /**< first column kept */
    size_t crop_y;      /**< first row kept */
    size_t crop_width;  /**< columns kept; 0: all of the sensor */
    size_t crop_height; /**< rows kept; 0: all */
    vdib_polarity_kept polarity; /**< which events are kept */
    bool flip_x;                 /**< left becomes right */
    bool flip_y;                 /**< top becomes bottom */
    unsigned rotate;             /**< 0, 90, 180 or 270 degrees clockwise */
    size_t down_sample;          /**< N: N x N pixels become one, whose events are all of theirs; 0 or 1: none */
    int64_t refractory_us;       /**< leave out events that come less than this after the last one kept of their pixel
                                      and polarity; 0: none */
    bool rebase;                 /**< times count from the first event written */
    vdib_cancelled *cancelled;   /**< asked now and then whether to stop; NULL: never */
    void *user;                  /**< for the callback */
    const char *unit; /**< the unit of times that the file has (vdib_packets_options::unit); NULL: by its names
                                      or numbers */
} vdib_conversion;

/** What a conversion did. Freed by vdib_conversion_report_clear(). */
typedef struct vdib_conversion_report {
    size_t size;           /**< sizeof(vdib_conversion_report), set by the caller */
    const char *format;    /**< what was written; static */
    size_t read;           /**< events that the file has within the time range */
    size_t written;        /**< events written */
    size_t width;          /**< columns of the sensor as written; 0: not known */
    size_t height;         /**< rows of the sensor as written; 0: not known */
    bool measured;         /**< the sensor's size is that of the events: neither file nor caller named it */
    size_t beyond;         /**< events left out because they are beyond the sensor that the caller named */
    size_t hot;            /**< because they are of hot pixels */
    size_t cropped;        /**< because they are outside the crop */
    size_t other_polarity; /**< because they are of the other polarity */
    size_t refractory;     /**< because they came too soon after another */
    size_t late;           /**< events that were moved into the order of time */
    uint64_t *pixels;      /**< (pixel_count, 3) column, row and events of the hot pixels, in order of rows */
    size_t pixel_count;    /**< how many they are */
} vdib_conversion_report;

/**
 * Converts a recording of any format that is read into one that is written, in order of time.
 *
 * Memory does not grow with the recording, but with vdib_conversion::sort. What else a file holds (frames,
 * measurements, triggers) is not converted, and counted in vdib_events_info::others.
 * @param from the file; "-" for standard input, or a pipe, where neither the sensor's size nor hot pixels are to be
 * found by reading it twice
 * @param to the file to be written; "-" for standard output, or a pipe, where the format passes through one
 * @param options NULL: the format by the ending of `to`, nothing changed
 * @param report receives what was done; NULL: not asked
 * @param info receives what the file says of itself and what was wrong with it; NULL: not asked
 * @return as vdib_packets_read(), vdib_writer_open() and vdib_writer_put(); ::VDIB_ERROR_ARGUMENT for options that are
 * out of range or a file that would be converted into itself; ::VDIB_ERROR_CANCELLED. Nothing is left of `to` then.
 */
VDIB_API vdib_status vdib_convert(const char *from, const char *to, const vdib_conversion *options,
                                  vdib_conversion_report *report, vdib_events_info *info);

/** What became of one of many recordings. Lent for the time of a callback. */
typedef struct vdib_converted {
    size_t size;                          /**< sizeof(vdib_converted), set by the library */
    const char *from;                     /**< the recording */
    const char *to;                       /**< the file written */
    size_t number;                        /**< of the recording, counted from 0 */
    size_t total;                         /**< how many recordings there are */
    vdib_status status;                   /**< ::VDIB_OK; ::VDIB_ERROR_EXISTS: the file was there and is kept */
    const char *message;                  /**< what was wrong with it, else "" */
    const vdib_conversion_report *report; /**< what was done; NULL where nothing was */
    const vdib_events_info *info;         /**< what the file says of itself; NULL likewise */
} vdib_converted;

/** Told of each recording that is converted, or not. */
typedef void vdib_converted_each(void *user, const vdib_converted *file);

/**
 * Converts every recording of a folder and of the folders in it, or of a file that holds several (SHD, SSC, neurodata),
 * into a file of a folder.
 *
 * FOLDER/a/b.raw becomes TO/a/b.es; recording N of a file becomes TO/[split/][label/]N.es. Files that are no recordings
 * are passed over. A recording that cannot be converted does not end the others; the callback is told. With
 * vdib_conversion::replace not set, files that exist are kept, so that what was interrupted goes on where it was. The
 * sensor's size must be known of each file, or be given (vdib_conversion::width), where the format needs it.
 * @param from a folder, or a file of several recordings
 * @param to a folder, made where there is none
 * @param options format may not be NULL
 * @param each called from the calling thread after every recording, with vdib_conversion::user; NULL: nobody is
 * @param passed_over receives how many files are no recordings; NULL: not asked
 * @return ::VDIB_OK whatever became of single recordings; ::VDIB_ERROR_DATA where there are none, or two would become
 * one file; ::VDIB_ERROR_CANCELLED
 */
VDIB_API vdib_status vdib_convert_folder(const char *from, const char *to, const vdib_conversion *options,
                                         vdib_converted_each *each, size_t *passed_over);

/** Frees the list of a report and empties it; NULL is safe. */
VDIB_API void vdib_conversion_report_clear(vdib_conversion_report *report);

#ifdef __cplusplus
}
#endif
#endif
