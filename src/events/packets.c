/* SPDX-License-Identifier: MIT */
/* Files of any size, packet by packet. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "events/stream.h"

struct vdib_packets {
    vdib__event_stream *stream;
};

vdib_status vdib_packets_open(const char *path, const vdib_packets_options *options, vdib_packets **packets) {
    vdib_packets_options used;
    vdib_packets *made = NULL;
    VDIB_REQUIRE(path, packets);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_packets_options, options, &used));
    vdib__range range;
    VDIB_TRY(vdib__range_of(used.from_us, used.to_us, used.relative, &range));
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__event_stream_open(path, used.unit, &made->stream);
    if (status != VDIB_OK) {
        vdib__free(made);
        return status;
    }
    vdib__event_stream_limit(made->stream, &range);
    if (used.strict)
        vdib__event_stream_be_strict(made->stream);
    *packets = made;
    return VDIB_OK;
}

vdib_status vdib_packets_read(vdib_packets *packets, vdib_event *buffer, size_t capacity, size_t *count) {
    VDIB_REQUIRE(packets, buffer, count);
    if (capacity == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_packets_read: capacity is 0; a packet has room for 1 event or more");
    return vdib__event_stream_read(packets->stream, buffer, capacity, count);
}

vdib_status vdib_packets_describe(const vdib_packets *packets, vdib_events_info *info) {
    if (packets == NULL || info == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_packets_describe: neither argument may be NULL");
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_events_info, info));
    VDIB_SIZED_WRITE(vdib_events_info, vdib__event_stream_info(packets->stream), info);
    return VDIB_OK;
}

void vdib_packets_close(vdib_packets *packets) {
    if (packets == NULL)
        return;
    vdib__event_stream_close(packets->stream);
    vdib__free(packets);
}
