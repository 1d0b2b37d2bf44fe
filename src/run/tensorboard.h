/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_TENSORBOARD_H
#define VDIB_RUN_TENSORBOARD_H
/* TensorBoard event files: TFRecords of protobuf events.
 *
 *     record = length (u64 LE), masked CRC-32C of its 8 bytes (u32 LE), data, masked CRC-32C of the data (u32 LE) */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

/* An event file open for appending. Not shared between threads. */
typedef struct vdib__tensorboard vdib__tensorboard;

/* Opens a file after its first `keep_bytes` bytes (a length that vdib__tensorboard_flush gave; 0: a new file); what was
 * behind them is cut off. A file that is shorter or damaged before goes on after its last whole record. */
vdib_status vdib__tensorboard_open(const char *path, uint64_t keep_bytes, vdib__tensorboard **tensorboard);

/* One point of the curve `tag` at `step` (a number of examples, below 2^63). */
vdib_status vdib__tensorboard_scalar(vdib__tensorboard *tensorboard, const char *tag, uint64_t step, float value);

/* One image under `tag` at `step`. */
typedef struct vdib__tensorboard_picture {
    uint32_t height, width, channels; /* channels: 1 gray, 3 RGB */
    const uint8_t *png;               /* (png_size) a complete PNG */
    size_t png_size;
} vdib__tensorboard_picture;
vdib_status vdib__tensorboard_image(vdib__tensorboard *tensorboard, const char *tag, uint64_t step,
                                    const vdib__tensorboard_picture *picture);

/* How `values` (count) are distributed, under `tag` at `step`: 30 buckets of one width from the least to the largest.
 * Values that are not finite are left out; nothing is written where none is finite. */
vdib_status vdib__tensorboard_histogram(vdib__tensorboard *tensorboard, const char *tag, uint64_t step,
                                        const float *values, size_t count);

/* A hyper-parameter of the run. */
typedef struct vdib__tensorboard_setting {
    const char *name;
    const char *text; /* "true", "false", a number, or any other text: what it is decides how it is compared */
} vdib__tensorboard_setting;

/* The run's hyper-parameters, once at its beginning, and its end, which is not written twice in a row. */
vdib_status vdib__tensorboard_session_start(vdib__tensorboard *tensorboard, const vdib__tensorboard_setting *settings,
                                            size_t count);
vdib_status vdib__tensorboard_session_end(vdib__tensorboard *tensorboard);

/* Whether the file was begun when it was opened: it was not there, or nothing of it was to be kept. */
bool vdib__tensorboard_is_new(const vdib__tensorboard *tensorboard);

/* Bytes that were missing when the file was opened. */
uint64_t vdib__tensorboard_lost(const vdib__tensorboard *tensorboard);

/* Everything written so far is on disk; *bytes receives the file's length. */
vdib_status vdib__tensorboard_flush(vdib__tensorboard *tensorboard, uint64_t *bytes);

/* Closes the file; NULL is safe. */
void vdib__tensorboard_close(vdib__tensorboard *tensorboard);

/* CRC-32C (Castagnoli) of `size` bytes, and the form that TFRecords store: rotated and offset. */
uint32_t vdib__crc32c(const void *bytes, size_t size);
uint32_t vdib__crc32c_masked(const void *bytes, size_t size);

#endif
