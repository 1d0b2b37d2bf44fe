/* SPDX-License-Identifier: MIT */
#ifndef VDIB_VIEW_H
#define VDIB_VIEW_H
/**
 * @file view.h
 * What recordings look like: an animated picture, a page with a slider over time, text for a terminal, and a sheet of a
 * data set's recordings.
 *
 * Simple use: vdib_view_open(), vdib_view_animation() or another of them, vdib_view_close().
 *
 * A recording is cut into windows of equal length, and a picture shows what a pixel sent in its window: ON (brighter)
 * in blue, OFF in orange, both alike in lilac, the stronger the more. Recordings of a sensor without rows (a silicon
 * cochlea, SHD) are shown as spikes of channels over time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A recording, ready to be shown. Not shared between threads without a lock. */
typedef struct vdib_view vdib_view;

/** How a recording is shown; zero means the default everywhere. */
typedef struct vdib_view_options {
    size_t size;       /**< sizeof(vdib_view_options), set by the caller */
    int64_t from_us;   /**< as vdib_packets_options::from_us, */
    int64_t to_us;     /**< vdib_packets_options::to_us */
    bool relative;     /**< and vdib_packets_options::relative */
    int64_t window_us; /**< length of a picture in microseconds; 0: such that there are 24 to 120 pictures, of 20 ms if
                            that fits */
    double fps;        /**< pictures a second, 0.1 to 100; 0: 12 */
    const char *unit;  /**< as vdib_packets_options::unit */
} vdib_view_options;

/** What is shown. */
typedef struct vdib_view_info {
    size_t size;        /**< sizeof(vdib_view_info), set by the caller */
    const char *format; /**< of the file; static */
    size_t events;      /**< events in the pictures */
    size_t on_events;   /**< those of them of polarity 1 */
    size_t beyond;      /**< events that were read and come after the last picture: there are at most 1,000 pictures */
    bool more;          /**< the recording goes on behind the 2^24 events that are read at most */
    size_t wrong;       /**< events, words or bytes of the file that were left out (vdib_events_info says which) */
    size_t width;       /**< columns of the sensor, or channels */
    size_t height;      /**< rows of the sensor; 1: channels over time */
    size_t pictures;    /**< windows */
    int64_t first_us;   /**< the time at which the first window begins */
    int64_t window_us;  /**< length of a window */
    double fps;         /**< pictures a second */
    size_t recordings;  /**< recordings in the file (vdib_events_info::recordings) */
    size_t recording;   /**< which of them this is */
} vdib_view_info;

/**
 * Reads a recording, 2^24 events at most.
 * @param path an event file, or "-"
 * @param options NULL: the defaults
 * @param view receives it, owned by the caller (vdib_view_close())
 * @return as vdib_packets_open(); ::VDIB_ERROR_DATA if there is no event to show
 */
VDIB_API vdib_status vdib_view_open(const char *path, const vdib_view_options *options, vdib_view **view);

/** Fills *info. Neither argument may be NULL. */
VDIB_API vdib_status vdib_view_describe(const vdib_view *view, vdib_view_info *info);

/**
 * Writes an animated PNG, complete or not at all: the pictures, at most 640 pixels wide, above the time, and the rate
 * of events over all of it. Programs that know no animation show the first picture. Channels over time are one picture.
 */
VDIB_API vdib_status vdib_view_animation(const vdib_view *view, const char *path);

/** Writes an HTML page that needs no other file, complete or not at all: the pictures with a slider and a button to
 * play them, the rate of events, counts. */
VDIB_API vdib_status vdib_view_page(const vdib_view *view, const char *path);

/**
 * The recording in a few pictures for a terminal, in Unicode half blocks.
 * @param columns of the terminal, 20 or more
 * @param colour with ANSI colours; else only where events are
 * @param text receives it, freed with vdib_text_free()
 */
VDIB_API vdib_status vdib_view_text(const vdib_view *view, size_t columns, bool colour, char **text);

/** Frees a recording; NULL is safe. */
VDIB_API void vdib_view_close(vdib_view *view);

/** What is on a sheet. */
typedef struct vdib_sheet_info {
    size_t size;          /**< sizeof(vdib_sheet_info), set by the caller */
    size_t classes;       /**< of the data */
    size_t shown_classes; /**< rows of the sheet, 50 at most */
    size_t pictures;      /**< recordings on it */
} vdib_sheet_info;

/**
 * Writes a PNG with a row for every class of a data set, and the first recordings of its training split in it, as
 * training with the experiment `classify` would see them: the eighth of an example's time in which most happens, or all
 * of it where inputs are channels.
 * @param data as vdib_dataset_open()
 * @param path of the PNG, complete or not at all
 * @param columns recordings of a class; 0: 8
 * @param info may be NULL
 */
VDIB_API vdib_status vdib_view_sheet(const char *data, const char *path, size_t columns, vdib_sheet_info *info);

#ifdef __cplusplus
}
#endif
#endif
