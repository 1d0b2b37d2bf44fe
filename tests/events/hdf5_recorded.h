/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVENTS_HDF5_RECORDED_H
#define VDIB_TESTS_EVENTS_HDF5_RECORDED_H
/* What HDF5 files decode to, and files that tests write. The small file is made by tests/core/hdf5/make.py. */

#include "reference.h"

#include "core/hdf5.h"
#include "events/stream.h"
#include "hdf5_helper.h"

#define SMALL VDIB_TEST_SOURCE "/tests/core/hdf5/small.h5"
enum { MOST_EVENTS = 8192 };

/* What a path decodes to in packets of `size` events. */
typedef struct recorded {
    size_t count;
    vdib_event events[MOST_EVENTS];
    vdib_events_info info;
} recorded;

static inline recorded *record(const char *path, size_t size) {
    recorded *r = calloc(1, sizeof *r);
    vdib_packets *packets = NULL;
    assert_non_null(r);
    r->info.size = sizeof r->info;
    assert_ok(vdib_packets_open(path, NULL, &packets));
    for (size_t count = 1; count > 0; r->count += count) {
        assert_true(r->count + size <= MOST_EVENTS);
        assert_ok(vdib_packets_read(packets, r->events + r->count, size, &count));
    }
    assert_ok(vdib_packets_describe(packets, &r->info));
    assert_int_equal(r->info.events, r->count);
    vdib_packets_close(packets);
    return r;
}

static inline void has_event(const recorded *r, size_t index, int64_t t, unsigned x, unsigned y, unsigned polarity) {
    assert_true(index < r->count);
    assert_int_equal(r->events[index].t, t);
    assert_int_equal(r->events[index].x, x);
    assert_int_equal(r->events[index].y, y);
    assert_int_equal(r->events[index].polarity, polarity);
}

static inline vdib__hdf5_output *layout_new(const char *folder, char path[REFERENCE_PATH]) {
    vdib__hdf5_output *output = NULL;
    assert_true(snprintf(path, REFERENCE_PATH, "%s/made.h5", folder) < REFERENCE_PATH);
    assert_ok(vdib__hdf5_create(path, &output));
    return output;
}

static inline void put_column(vdib__hdf5_output *output, const char *path, vdib__hdf5_type type, uint64_t rows,
                              const void *values) {
    assert_ok(vdib__hdf5_put_numbers(output, path, NULL, type, 1, &rows, values));
}

#endif
