/* SPDX-License-Identifier: MIT */
/* Event files: whatever the bytes, every reader fails with a message or gives events in order of time, the same in
 * packets. HDF5 is left out: its helper program would start for every input, and what it answers is fuzzed by
 * fuzz_hdf5_client.c. */
#include <stdlib.h>
#include <string.h>

#include "events/events.h"
#include "events/stream.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_events(const vdib_events *events, size_t record, size_t size) {
    const vdib_event *array = NULL;
    size_t count = 0, on = 0;
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    require(vdib_events_all(events, &array, &count) == VDIB_OK && vdib_events_describe(events, &info) == VDIB_OK);
    require(count == info.events);
    require(record == 0 || record * (count + info.overflows + info.others) == size);
    for (size_t i = 0; i < count; i++) {
        require(i == 0 || array[i - 1].t <= array[i].t);
        require(array[i].x < info.width && array[i].y < info.height && array[i].polarity <= 1);
        require(record == 0 || array[i].t >= 0);
        on += array[i].polarity;
    }
    require(on == info.on_events);
}

/* The same events as packets of an odd size. */
static void check_packets(const vdib__event_reader *reader, const uint8_t *bytes, size_t size, size_t expected) {
    vdib__event_stream *stream = NULL;
    size_t sum = 0, count = 1;
    require(vdib__event_stream_of("fuzz", reader, bytes, size, &stream) == VDIB_OK);
    while (count > 0) {
        vdib_event packet[7];
        require(vdib__event_stream_read(stream, packet, 7, &count) == VDIB_OK && count <= 7);
        sum += count;
    }
    require(sum == expected && vdib__event_stream_info(stream)->events == expected);
    vdib__event_stream_close(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < vdib__event_reader_count(); i++) {
        const vdib__event_reader *reader = vdib__event_reader_at(i);
        vdib_events *events = NULL;
        if (strcmp(reader->name, "hdf5") == 0)
            continue;
        if (vdib__events_decode("fuzz", reader, bytes, size, &events) == VDIB_OK) {
            vdib_events_info info = {.size = sizeof(vdib_events_info)};
            check_events(events, reader->record, size);
            require(vdib_events_describe(events, &info) == VDIB_OK);
            check_packets(reader, bytes, size, info.events);
        } else
            require(events == NULL && vdib_last_message()[0] != '\0');
        vdib_events_close(events);
    }
    return 0;
}
