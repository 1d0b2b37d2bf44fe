/* SPDX-License-Identifier: MIT */
/* One-dimensional spikes of SLAYER, `.bs1` (Shrestha and Orchard 2018): five bytes, of which the first two are the
 * neuron's number, big endian. */

#include "core/error.h"
#include "events/readers/five_bytes.h"

static vdib_status read_slayer1(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                                size_t *count) {
    VDIB_TRY(vdib__five_bytes_read(state, info, events, capacity, count));
    for (size_t i = 0; i < *count; i++) {
        events[i].x = (uint16_t)(events[i].x << 8 | events[i].y);
        events[i].y = 0;
    }
    return VDIB_OK;
}

VDIB_FIVE_BYTES_READER(slayer1, .help = "SLAYER 1-D", .endings = ".bs1", .read = read_slayer1);
