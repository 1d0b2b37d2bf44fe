/* SPDX-License-Identifier: MIT */
/* Pictures inside recordings, by every format that has them: whatever the bytes, they fail with a message or give
 * pictures of the size that is said, in memory that the file's size justifies. */
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "events/frames.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

extern const vdib__frame_reader vdib__frames_aedat4, vdib__frames_rosbag;

static void read_all(const vdib__frame_reader *reader, const uint8_t *content, size_t size) {
    enum { MEMORY = 2 << 20, MOST = 1000 };
    vdib__bytes bytes;
    vdib_frames_info info = {.size = sizeof info};
    void *state = NULL;
    size_t before = vdib__allocated();
    vdib__bytes_of("fuzz", content, size, &bytes);
    if (!reader->detect(content, size))
        return;
    if (reader->open(&bytes, &info, &state) != VDIB_OK) {
        require(vdib_last_message()[0] != '\0');
        return;
    }
    for (int i = 0; i < MOST; i++) {
        vdib_frame frame = {.size = sizeof frame};
        volatile uint8_t sum = 0; /* every pixel is read */
        if (reader->next(state, &info, &frame) != VDIB_OK || frame.pixels == NULL)
            break;
        require(frame.width > 0 && frame.height > 0 && (frame.channels == 1 || frame.channels == 3));
        for (size_t p = 0; p < frame.width * frame.height * frame.channels; p++)
            sum = (uint8_t)(sum + frame.pixels[p]);
    }
    reader->close(state);
    require(vdib__allocated() - before < MEMORY + 64 * size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    read_all(&vdib__frames_aedat4, bytes, size);
    read_all(&vdib__frames_rosbag, bytes, size);
    return 0;
}
