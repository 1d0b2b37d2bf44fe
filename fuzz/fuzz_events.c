/* SPDX-License-Identifier: MIT */
/* Event files of 5-byte records: whatever the bytes, decoding fails with a message or gives events in order of time. */
#include <stdlib.h>

#include "events/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int holds) {
    if (!holds)
        abort();
}

static void check_events(const vdib_events *events, size_t size) {
    const vdib_event *array = NULL;
    size_t count = 0, on = 0;
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    require(vdib_events_all(events, &array, &count) == VDIB_OK && vdib_events_describe(events, &info) == VDIB_OK);
    require(count == info.events && 5 * (count + info.overflows) == size);
    for (size_t i = 0; i < count; i++) {
        require(i == 0 || array[i - 1].t <= array[i].t);
        require(array[i].x < info.width && array[i].y < info.height && array[i].polarity <= 1 && array[i].t >= 0);
        on += array[i].polarity;
    }
    require(on == info.on_events);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    for (int format = VDIB_EVENTS_NMNIST; format <= VDIB_EVENTS_SLAYER; format++) {
        vdib_events *events = NULL;
        if (vdib__events_decode("fuzz", (vdib__events_format)format, bytes, size, &events) == VDIB_OK)
            check_events(events, size);
        else
            require(events == NULL && vdib_last_message()[0] != '\0');
        vdib_events_close(events);
    }
    return 0;
}
