/* SPDX-License-Identifier: MIT */
/* Two-dimensional spikes of SLAYER, `.bs2` (Shrestha and Orchard 2018): the bytes of N-MNIST without its overflow
 * records. */

#include "events/five_bytes.h"

extern const vdib__event_reader vdib__reader_slayer;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__five_bytes_detect(&vdib__reader_slayer, head);
}

static vdib_status read_events(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                               size_t *count) {
    return vdib__five_bytes_read(state, false, info, events, capacity, count);
}

const vdib__event_reader vdib__reader_slayer = {
    .name = "slayer",
    .help = "SLAYER",
    .endings = ".bs2",
    .record = VDIB_FIVE_BYTES,
    .clock_us = VDIB_FIVE_BYTES_CLOCK_US,
    .detect = detect,
    .open = vdib__five_bytes_open,
    .read = read_events,
    .close = vdib__five_bytes_close,
};
