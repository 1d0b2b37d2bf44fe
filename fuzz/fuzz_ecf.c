/* SPDX-License-Identifier: MIT */
/* The code of event chunks in Metavision's HDF5 files: any bytes decode to events or are refused, and any events that
 * it can express come back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hdf5/ecf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST = 1 << 16 };

static void encode_and_compare(const ecf_event *events, size_t count) {
    uint8_t *code = malloc(ecf_bound(count));
    ecf_event *back = malloc((count + 1) * sizeof *back);
    if (code == NULL || back == NULL)
        abort();
    size_t used = ecf_encode(events, count, code), found = 0;
    if (used > ecf_bound(count))
        abort();
    if (used > 0) {
        if (!ecf_count(code, used, &found) || found != count || !ecf_decode(code, used, back, count))
            abort();
        for (size_t i = 0; i < count; i++)
            if (back[i].x != events[i].x || back[i].y != events[i].y || back[i].p != events[i].p ||
                back[i].t != events[i].t)
                abort();
    }
    free(back);
    free(code);
}

/* Records of six bytes as events whose times grow. */
static void from_records(const uint8_t *bytes, size_t size) {
    size_t count = size / 6 < MOST ? size / 6 : MOST;
    ecf_event *events = calloc(count + 1, sizeof *events);
    if (events == NULL)
        abort();
    int64_t t = 0;
    for (size_t i = 0; i < count; i++, bytes += 6) {
        t += bytes[0] < 200 ? bytes[0] / 50 : (int64_t)1 << (bytes[0] - 200);
        events[i] = (ecf_event){.x = (uint16_t)(bytes[1] | (bytes[2] & 7) << 8),
                                .y = (uint16_t)(bytes[3] | (bytes[4] & (bytes[2] >> 4)) << 8),
                                .p = bytes[5] & 1,
                                .t = t};
    }
    encode_and_compare(events, count);
    free(events);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    size_t count = 0;
    if (ecf_count(bytes, size, &count) && count <= MOST) {
        ecf_event *events = calloc(count + 1, sizeof *events);
        if (events == NULL)
            abort();
        if (ecf_decode(bytes, size, events, count))
            encode_and_compare(events, count);
        free(events);
    }
    from_records(bytes, size);
    return 0;
}
