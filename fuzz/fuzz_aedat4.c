/* SPDX-License-Identifier: MIT */
/* AEDAT 4; and a range of time, which is sought by whatever table the file has. */
#include "events.h"

static void read_range(const uint8_t *bytes, size_t size) {
    vdib__event_stream *stream = NULL;
    vdib__range range;
    vdib_event events[FUZZ_PACKET];
    size_t count = 1;
    if (vdib__event_stream_of("fuzz", fuzz_reader("aedat4"), bytes, size, &stream) != VDIB_OK)
        return;
    require(vdib__range_of(1000, 1100, true, &range) == VDIB_OK);
    vdib__event_stream_limit(stream, &range);
    while (count > 0 && vdib__event_stream_read(stream, events, FUZZ_PACKET, &count) == VDIB_OK)
        for (size_t i = 0; i < count; i++)
            require(events[i].polarity <= 1);
    vdib__event_stream_close(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    read_range(bytes, size);
    return fuzz_format("aedat4", bytes, size);
}
