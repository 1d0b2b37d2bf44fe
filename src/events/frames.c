/* SPDX-License-Identifier: MIT */
#include "events/frames.h"

#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "events/unpack.h"

/* A format with pictures is a file of this folder, which defines vdib__frames_<symbol>, and one line here. */
#define FORMATS(ROW) ROW(aedat4) ROW(rosbag) ROW(hdf5)

#define DECLARE(symbol) extern const vdib__frame_reader vdib__frames_##symbol;
#define LIST(symbol)    &vdib__frames_##symbol,

FORMATS(DECLARE)
static const vdib__frame_reader *const readers[] = {FORMATS(LIST)};

enum { READERS = sizeof readers / sizeof *readers, HEAD = 4096 };

struct vdib_frames {
    vdib__bytes bytes;
    const vdib__frame_reader *reader;
    void *state; /* of the reader */
    bool ended;
    vdib_status failed; /* what reading failed with */
    vdib_frames_info info;
};

static vdib_status find_reader(vdib_frames *f) {
    const uint8_t *at = NULL;
    size_t count = 0;
    char formats[128] = "";
    VDIB_TRY(vdib__bytes_look(&f->bytes, HEAD, &at, &count));
    for (size_t i = 0, used = 0; i < READERS; i++) {
        if (readers[i]->detect(at, count)) {
            f->reader = readers[i];
            return VDIB_OK;
        }
        if (used < sizeof formats)
            used +=
                (size_t)snprintf(formats + used, sizeof formats - used, "%s%s", i > 0 ? ", " : "", readers[i]->name);
    }
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: is of no format that holds pictures beside events; read are: %s",
                      f->bytes.path, formats);
}

vdib_status vdib_frames_open(const char *path, vdib_frames **frames) {
    vdib_frames *made = NULL;
    VDIB_REQUIRE(path, frames);
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->info.size = sizeof made->info;
    vdib_status status = vdib__bytes_open(path, &made->bytes);
    if (status == VDIB_OK)
        status = vdib__bytes_unpack(&made->bytes);
    if (status == VDIB_OK)
        status = find_reader(made);
    if (status == VDIB_OK)
        status = made->reader->open(&made->bytes, &made->info, &made->state);
    if (status != VDIB_OK) {
        vdib_frames_close(made);
        return status;
    }
    made->info.format = made->reader->name;
    *frames = made;
    return VDIB_OK;
}

vdib_status vdib_frames_next(vdib_frames *frames, vdib_frame *frame) {
    VDIB_REQUIRE(frames, frame);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_frame, frame));
    vdib_frame next = {.size = sizeof next};
    if (frames->failed != VDIB_OK)
        return vdib__fail(frames->failed, VDIB_BYTES_FAILED, frames->bytes.path, vdib_status_text(frames->failed));
    if (!frames->ended)
        frames->failed = frames->reader->next(frames->state, &frames->info, &next);
    VDIB_TRY(frames->failed);
    frames->ended = next.pixels == NULL;
    if (!frames->ended) {
        vdib_frames_info *info = &frames->info;
        info->frames++;
        info->width = next.width > info->width ? next.width : info->width;
        info->height = next.height > info->height ? next.height : info->height;
    }
    VDIB_SIZED_WRITE(vdib_frame, &next, frame);
    return VDIB_OK;
}

vdib_status vdib_frames_describe(const vdib_frames *frames, vdib_frames_info *info) {
    VDIB_REQUIRE(frames, info);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_frames_info, info));
    VDIB_SIZED_WRITE(vdib_frames_info, &frames->info, info);
    return VDIB_OK;
}

void vdib_frames_close(vdib_frames *frames) {
    if (frames == NULL)
        return;
    if (frames->reader != NULL && frames->state != NULL)
        frames->reader->close(frames->state);
    vdib__bytes_close(&frames->bytes);
    vdib__free(frames);
}
