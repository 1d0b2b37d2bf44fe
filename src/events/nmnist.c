/* SPDX-License-Identifier: MIT */
/* N-MNIST and N-Caltech101, `.bin` (Orchard et al. 2015). A record with y = 240 is no event: it adds 8192 us to the
 * time of all that follow, as in the data set authors' own reader. */

#include "events/five_bytes.h"

extern const vdib__event_reader vdib__reader_nmnist;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__five_bytes_detect(&vdib__reader_nmnist, head);
}

static vdib_status read_events(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                               size_t *count) {
    return vdib__five_bytes_read(state, true, info, events, capacity, count);
}

const vdib__event_reader vdib__reader_nmnist = {
    .name = "nmnist",
    .help = "N-MNIST",
    .endings = ".bin",
    .record = VDIB_FIVE_BYTES,
    .clock_us = VDIB_FIVE_BYTES_CLOCK_US,
    .detect = detect,
    .open = vdib__five_bytes_open,
    .read = read_events,
    .close = vdib__five_bytes_close,
};
