/* SPDX-License-Identifier: MIT */
#ifndef VDIB_FUZZ_EVENTS_H
#define VDIB_FUZZ_EVENTS_H
/* A format of event files: whatever the bytes, its reader fails with a message or gives events within the sensor, the
 * same in packets of any size, in memory of fixed size; read strictly, it refuses exactly the files with something
 * wrong. */
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "events/stream.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { FUZZ_PACKET = 257 };
#ifndef FUZZ_MEMORY
#define FUZZ_MEMORY (1 << 20)
#endif

/* What a file decodes to: counts, and a number that depends on every event. */
typedef struct fuzz_sum {
    vdib_status status;
    uint64_t sum;
    vdib_events_info info;
} fuzz_sum;

static inline uint64_t fuzz_mix(uint64_t sum, const vdib_event *event) {
    const uint64_t words[] = {(uint64_t)event->t, event->x, event->y, event->polarity};
    for (size_t i = 0; i < 4; i++)
        sum = (sum ^ words[i]) * UINT64_C(0x9E3779B97F4A7C15) + (sum >> 29);
    return sum;
}

static inline fuzz_sum fuzz_read(const vdib__event_reader *reader, const uint8_t *bytes, size_t size, size_t packet,
                                 int strict) {
    vdib__event_stream *stream = NULL;
    vdib_event events[FUZZ_PACKET];
    size_t count = 1, before = vdib__allocated();
    fuzz_sum made = {.status = vdib__event_stream_of("fuzz", reader, bytes, size, &stream)};
    if (made.status != VDIB_OK)
        return made;
    if (strict)
        vdib__event_stream_be_strict(stream);
    while (made.status == VDIB_OK && count > 0) {
        made.status = vdib__event_stream_read(stream, events, packet, &count);
        for (size_t i = 0; made.status == VDIB_OK && i < count; i++) {
            require(events[i].polarity <= 1);
            made.sum = fuzz_mix(made.sum, &events[i]);
        }
        for (size_t i = 0; made.status == VDIB_OK && i < count; i++) {
            const vdib_events_info *info = vdib__event_stream_info(stream);
            require(events[i].x < info->width && events[i].y < info->height);
        }
    }
    made.info = *vdib__event_stream_info(stream);
    vdib__event_stream_close(stream);
    require(vdib__allocated() - before < FUZZ_MEMORY);
    return made;
}

static inline int fuzz_is_wrong(const vdib_events_info *i) {
    return i->out_of_order + i->restarts + i->dropped + i->outside + i->untimed + i->damaged + i->truncated > 0;
}

/* `reader` NULL: whose it is by its content. */
static inline int fuzz_file(const vdib__event_reader *reader, const uint8_t *bytes, size_t size) {
    fuzz_sum whole = fuzz_read(reader, bytes, size, FUZZ_PACKET, 0), odd = fuzz_read(reader, bytes, size, 7, 0);
    require(whole.status == odd.status);
    if (whole.status != VDIB_OK) {
        require(vdib_last_message()[0] != '\0');
        return 0;
    }
    require(whole.sum == odd.sum && memcmp(&whole.info, &odd.info, sizeof whole.info) == 0);
    require(fuzz_read(reader, bytes, size, FUZZ_PACKET, 1).status ==
            (fuzz_is_wrong(&whole.info) ? VDIB_ERROR_FORMAT : VDIB_OK));
    return 0;
}

static inline const vdib__event_reader *fuzz_reader(const char *name) {
    const vdib__event_reader *reader = NULL;
    for (size_t i = 0; i < vdib__event_reader_count(); i++)
        if (strcmp(vdib__event_reader_at(i)->name, name) == 0)
            reader = vdib__event_reader_at(i);
    require(reader != NULL);
    return reader;
}

static inline int fuzz_format(const char *name, const uint8_t *bytes, size_t size) {
    return fuzz_file(fuzz_reader(name), bytes, size);
}

/* The target of a format. */
#define FUZZ_FORMAT(name)                                                                                              \
    int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {                                                    \
        return fuzz_format(name, bytes, size);                                                                         \
    }

#endif
