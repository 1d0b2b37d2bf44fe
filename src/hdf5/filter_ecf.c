/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "hdf5/ecf.h"
#include "hdf5/filters.h"

static_assert(sizeof(ecf_event) == 16, "an event as the files have it");

static decoded decode(const uint8_t *bytes, size_t size, const unsigned *values, size_t count) {
    size_t events = 0;
    (void)values;
    (void)count;
    if (!ecf_count(bytes, size, &events))
        return (decoded){.bytes = NULL};
    decoded made = filter_room(events * sizeof(ecf_event));
    if (made.bytes == NULL || ecf_decode(bytes, size, (ecf_event *)(void *)made.bytes, events))
        return made;
    free(made.bytes);
    return (decoded){.bytes = NULL};
}

/* A chunk that is not full ends in zeros, which are no events: they are left out, as Metavision does. */
static size_t events_in(const uint8_t *bytes, size_t size) {
    while (size > 0 && bytes[size - 1] == 0)
        size--;
    return (size + sizeof(ecf_event) - 1) / sizeof(ecf_event);
}

static decoded encode(const uint8_t *bytes, size_t size) {
    size_t events = events_in(bytes, size);
    decoded made = {.bytes = size % sizeof(ecf_event) == 0 ? malloc(ecf_bound(events)) : NULL};
    if (made.bytes == NULL)
        return made;
    made.size = ecf_encode((const ecf_event *)(const void *)bytes, events, made.bytes);
    if (made.size > 0 && made.size < size)
        return made;
    free(made.bytes); /* stored as it is */
    return (decoded){.bytes = NULL};
}

const filter filter_ecf = {.number = 36559, .name = "ECF", .decode = decode, .encode = encode};
