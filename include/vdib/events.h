/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_H
#define VDIB_EVENTS_H
/**
 * @file events.h
 * Timed address-events of an event sensor, and the files that hold them.
 *
 * Simple use: vdib_events_open(), vdib_events_read() until it delivers 0 events, vdib_events_close(): a recording as a
 * whole, sorted by time. Files of any size: vdib_packets_open(), vdib_packets_read() until it delivers 0 events,
 * vdib_packets_close().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One event of an event camera. */
typedef struct vdib_event {
    int64_t t;        /**< time in microseconds */
    uint16_t x;       /**< column, growing to the right */
    uint16_t y;       /**< row, growing downwards (origin top-left) */
    uint8_t polarity; /**< 1 ON (brighter), 0 OFF */
} vdib_event;

/** What a recording says of itself. A value that the format does not hold is 0 until the whole file has been read. */
typedef struct vdib_events_info {
    size_t size;         /**< sizeof(vdib_events_info), set by the caller */
    const char *format;  /**< for example "nmnist"; static */
    size_t events;       /**< number of events in the file */
    size_t on_events;    /**< events of polarity 1 */
    size_t width;        /**< sensor columns if the format says, else the largest x plus 1 */
    size_t height;       /**< sensor rows if the format says, else the largest y plus 1 */
    int64_t first_us;    /**< time of the first event */
    int64_t last_us;     /**< time of the last event */
    size_t out_of_order; /**< events earlier than the one before them (delivered sorted, stably) */
    size_t overflows;    /**< overflow records of N-MNIST .bin files that were applied and dropped */
    size_t wraps;    /**< how often time stamps started again because they have no more bits (23 in N-MNIST's files: t
                              dropped by more than 2^22 us): 2^23 us were added from there on */
    size_t restarts; /**< how often the clock started again for another reason (t dropped by more than 20 ms and stayed
                              there): time goes on from there without a gap */
    size_t dropped;  /**< events that the file marks as invalid, left out */
    size_t outside;  /**< events beyond the sensor that the file states, left out */
    size_t untimed;  /**< events left out because their time or row would stand before the beginning of the file, which
                              was cut there */
    size_t damaged;  /**< words, records, packets or lines that are nothing the format knows, left out */
    size_t others; /**< words, records or packets of other kinds (triggers, frames, inertial measurements), left out */
    size_t truncated; /**< bytes at the end of the file that are no whole record, left out; 1 where whole ones that were
                               announced are missing */
    const char *unit; /**< unit in which the file has its times, static, where it had to be recognised ("seconds");
                               NULL: the format says */
    size_t recordings; /**< recordings in the file: 1 but for SHD, SSC, neurodata, columns of other programs in HDF5,
                              AEDAT 4.0 and ROS bags */
    size_t recording;  /**< which of these it is, counted from 0: N of a path that ends in "#N" */
    int64_t label;     /**< class of the recording if the file says one, else -1 */
    const char *split; /**< split that the file puts the recording in ("train", "test"), static; NULL: none */
    const char
        *unit_by; /**< what said the unit, static: "by the column's name", "by the numbers" (it was recognised, and
                              vdib_packets_options::unit names another), "as asked for"; NULL: the format says */
    const char *unit_doubt; /**< why a unit that was recognised may be another one, static, after the last event; NULL:
                                 nothing speaks against it */
    const char *columns;    /**< the order of columns where it was recognised by their values, static ("x y p t"); NULL:
                              names or the format say it */
    bool ambiguous;         /**< the values are events in another order of columns as well */
    const char *polarities; /**< what was made of polarities that are not 0 and 1, static ("none: all events are ON");
                                 NULL: nothing */
    size_t rounded;         /**< events whose x or y has a fraction, as rectified ones have: the nearest pixel is it */
    size_t unpolarized;     /**< events that have no polarity in the file: they are ON */
    const char *assumed;    /**< what the reader had to conclude from the content because the header does not say it,
                              static; NULL: nothing */
    uint64_t unpacked; /**< bytes that the file unpacks to in the cache folder, once for all who read it, because its
                               format is not read from beginning to end (HDF5 in .gz); 0: nothing is unpacked there */
} vdib_events_info;

/** A whole recording in memory. Not shared between threads without a lock. */
typedef struct vdib_events vdib_events;

/**
 * Opens a whole recording, of any format that docs/data.md lists. The file is checked and decoded. Recordings of more
 * than 2^26 events (1 GiB) are refused, those of formats without a header from 64 MiB on; vdib_packets_open() reads
 * files of any size.
 *
 * N-MNIST `.bin` (Orchard et al. 2015) and SLAYER `.bs1`, `.bs2`, `.bs3` have no header: that they hold such events is
 * concluded from their content. Where one event in twenty goes back by more than 10 ms, or half of them only repeat the
 * one before, the file is of another layout and refused. An empty file of these has no events. Single events whose time
 * does not fit those around them are kept and counted (vdib_events_info::out_of_order).
 *
 * Compressed files (gzip, Zstandard, bzip2, xz, LZ4), tar and ZIP archives of one file are unpacked as they are read;
 * the name without ".gz" and the like says what is inside where the content does not. Where the compressed data end
 * early or are damaged, the events before are read and vdib_events_info::truncated counts.
 * @param path the file; its content names the format, and its ending where the content does not; "FILE#N" is recording
 * N, counted from 0, of a file that holds several; a FIFO, whose writer is waited for; or "-", the standard input
 * @param events receives the recording, owned by the caller (vdib_events_close())
 * @return ::VDIB_ERROR_IO if it cannot be read, ::VDIB_ERROR_FORMAT if it is malformed (the message names file, byte,
 * remedy)
 */
VDIB_API vdib_status vdib_events_open(const char *path, vdib_events **events);

/** vdib_events_open() of a file whose format does not say the unit of its times. @param unit as
 * vdib_packets_options::unit */
VDIB_API vdib_status vdib_events_open_unit(const char *path, const char *unit, vdib_events **events);

/** Fills *info; `info->format` is static. Neither argument may be NULL. */
VDIB_API vdib_status vdib_events_describe(const vdib_events *events, vdib_events_info *info);

/**
 * Delivers the next events in order of time.
 * @param buffer receives up to `capacity` events
 * @param count receives how many were delivered; 0 at the end
 */
VDIB_API vdib_status vdib_events_read(vdib_events *events, vdib_event *buffer, size_t capacity, size_t *count);

/** All events at once: a borrowed array of `*count` events in order of time, valid until vdib_events_close(). */
VDIB_API vdib_status vdib_events_all(const vdib_events *events, const vdib_event **array, size_t *count);

/** Frees a recording; NULL is safe. */
VDIB_API void vdib_events_close(vdib_events *events);

/** A file of any size, read packet by packet in constant memory. Not shared between threads without a lock. */
typedef struct vdib_packets vdib_packets;

/** How a file is read. */
typedef struct vdib_packets_options {
    size_t size; /**< sizeof(vdib_packets_options), set by the caller */
    bool strict; /**< refuse what is otherwise counted and left out: vdib_events_info::out_of_order, restarts, dropped,
                          outside, untimed, damaged, truncated. Slower */
    int64_t from_us; /**< only events from this time on (microseconds of the file's clock) ... */
    int64_t to_us;   /**< ... and before this one, which must be later; INT64_MIN, INT64_MAX: no such end; both 0: all.
                          vdib_events_info counts the events of the range, and what is wrong as far as the file is read:
                          not before the range where the format lets it be sought, and to one second behind it. Events
                          more than a second out of order may be missed */
    bool relative;   /**< from_us and to_us count from the first event of the file */
    const char
        *unit; /**< the unit of times in a file whose format does not say it (text, arrays, columns in HDF5): "s",
                           "ms", "us" or "ns"; NULL: by the column's name, or recognised. Borrowed */
} vdib_packets_options;

/**
 * Opens a file for reading it in packets; nothing but its beginning is read.
 * @param path the file, or "FILE#N", as of vdib_events_open()
 * @param options NULL: tolerant
 * @param packets receives the open file, owned by the caller (vdib_packets_close())
 * @return as vdib_events_open()
 */
VDIB_API vdib_status vdib_packets_open(const char *path, const vdib_packets_options *options, vdib_packets **packets);

/**
 * Delivers the next packet: events in the order of the file.
 * @param buffer receives up to `capacity` events
 * @param count receives how many were delivered; 0 only at the end
 * @return ::VDIB_ERROR_FORMAT if the file is malformed beyond reading on or, with vdib_packets_options::strict, at all;
 * the message names file, byte, remedy. Behind any failure the file is not read on: further calls fail with the same
 * status
 */
VDIB_API vdib_status vdib_packets_read(vdib_packets *packets, vdib_event *buffer, size_t capacity, size_t *count);

/** What is known of the file so far, complete after the last packet. Neither argument may be NULL. */
VDIB_API vdib_status vdib_packets_describe(const vdib_packets *packets, vdib_events_info *info);

/** Closes the file; NULL is safe. */
VDIB_API void vdib_packets_close(vdib_packets *packets);

/** Pictures that a recording holds beside its events, one after the other in constant memory: those of a DAVIS camera,
 * for example. Not shared between threads without a lock. */
typedef struct vdib_frames vdib_frames;

/** One picture of a recording. */
typedef struct vdib_frame {
    size_t size;     /**< sizeof(vdib_frame), set by the caller */
    int64_t t;       /**< time in microseconds, on the clock of the events: the middle of the exposure if the format
                                says that */
    size_t width;    /**< columns */
    size_t height;   /**< rows */
    size_t channels; /**< 1 grey, 3 red, green, blue */
    const uint8_t *pixels; /**< (height, width, channels), from the top left corner; NULL: there is no further picture.
                                Valid until the next call with the same vdib_frames */
    size_t x;              /**< column of the sensor at which the picture begins */
    size_t y;              /**< row of the sensor at which it begins */
} vdib_frame;

/** What was found in a recording's pictures so far. */
typedef struct vdib_frames_info {
    size_t size;        /**< sizeof(vdib_frames_info), set by the caller */
    const char *format; /**< for example "aedat4"; static */
    size_t frames;      /**< pictures that were delivered */
    size_t width;       /**< columns of the pictures if the format says, else of the largest */
    size_t height;      /**< rows likewise */
    size_t damaged;     /**< pictures and packets that are nothing the format knows, left out */
    size_t
        truncated; /**< bytes at the end of the file that are no whole picture, left out; 1 where a whole one that was
                              announced is missing */
} vdib_frames_info;

/**
 * Opens the pictures of a recording.
 * @param path a file of a format that holds pictures (docs/data.md lists them), of which it has at least the place for
 * @param frames receives the open file, owned by the caller (vdib_frames_close())
 * @return ::VDIB_ERROR_IO if it cannot be read, ::VDIB_ERROR_FORMAT if it is malformed or has no pictures (the message
 * names file, byte, remedy)
 */
VDIB_API vdib_status vdib_frames_open(const char *path, vdib_frames **frames);

/**
 * Delivers the next picture in the order of the file.
 * @param frame receives it; its pixels are NULL at the end
 * @return as vdib_packets_read()
 */
VDIB_API vdib_status vdib_frames_next(vdib_frames *frames, vdib_frame *frame);

/** What is known so far, complete after the last picture. Neither argument may be NULL. */
VDIB_API vdib_status vdib_frames_describe(const vdib_frames *frames, vdib_frames_info *info);

/** Closes the file; NULL is safe. */
VDIB_API void vdib_frames_close(vdib_frames *frames);

#ifdef __cplusplus
}
#endif
#endif
