/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVENTS_REFERENCE_H
#define VDIB_TESTS_EVENTS_REFERENCE_H
/* Event files beside their decodings by other programs: `F` and `F.ref.npy`, an array of (t int64, x uint16, y uint16,
 * p uint8) in the order of the file. */
#include "support.h"

#include "core/alloc.h"
#include "core/file.h"
#include "vdib/events.h"

enum { REFERENCE_PATH = 1024, REFERENCE_RECORD = 13 };

typedef struct reference {
    uint8_t *file;
    const uint8_t *records;
    size_t count;
} reference;

static inline reference reference_open(const char *path) {
    char name[REFERENCE_PATH];
    reference made = {.file = NULL};
    size_t size = 0;
    assert_true(snprintf(name, sizeof name, "%s.ref.npy", path) < REFERENCE_PATH);
    assert_ok(vdib__file_read(name, &made.file, &size));
    assert_true(size > 10 && memcmp(made.file, "\x93NUMPY\x01", 7) == 0);
    size_t header = 10 + made.file[8] + 256U * made.file[9];
    made.file[header - 1] = '\0';
    assert_non_null(strstr((char *)made.file + 10, "[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]"));
    made.records = made.file + header;
    made.count = (size - header) / REFERENCE_RECORD;
    return made;
}

static inline vdib_event reference_at(const reference *r, size_t index) {
    const uint8_t *at = r->records + index * REFERENCE_RECORD;
    uint64_t t = 0;
    assert_true(index < r->count);
    for (int b = 7; b >= 0; b--)
        t = t << 8 | at[b];
    return (vdib_event){.t = (int64_t)t,
                        .x = (uint16_t)(at[8] | at[9] << 8),
                        .y = (uint16_t)(at[10] | at[11] << 8),
                        .polarity = at[12]};
}

/* Fails unless the file decodes to its reference, event for event, in packets of `size` events; returns what is said of
 * it. */
static inline vdib_events_info reference_compare(const char *path, size_t size) {
    reference r = reference_open(path);
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    vdib_packets *packets = NULL;
    vdib_event *packet = malloc(size * sizeof *packet);
    size_t seen = 0, count = 1;
    assert_non_null(packet);
    assert_ok(vdib_packets_open(path, NULL, &packets));
    while (count > 0) {
        assert_ok(vdib_packets_read(packets, packet, size, &count));
        for (size_t i = 0; i < count; i++, seen++) {
            vdib_event want = reference_at(&r, seen), got = packet[i];
            if (got.t != want.t || got.x != want.x || got.y != want.y || got.polarity != want.polarity)
                fail_msg("%s: event %zu is (%lld, %u, %u, %u), not (%lld, %u, %u, %u)", path, seen, (long long)got.t,
                         got.x, got.y, got.polarity, (long long)want.t, want.x, want.y, want.polarity);
        }
    }
    assert_int_equal(seen, r.count);
    assert_ok(vdib_packets_describe(packets, &info));
    assert_int_equal(info.events, r.count);
    vdib_packets_close(packets);
    free(packet);
    vdib__free(r.file);
    return info;
}

#endif
