/* SPDX-License-Identifier: MIT */
/* NumPy arrays (`.npy`) of events: records with named fields, or two dimensions, of which one are the columns, three
 * to five; or one dimension, and the other columns in files beside it. */

#include "core/alloc.h"
#include "events/reader.h"
#include "events/readers/npy_beside.h"
#include "events/readers/npy_events.h"

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__npy_is(head->bytes, head->count) ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

static void close_npy(void *state) {
    if (state != NULL)
        vdib__npy_events_close(state);
    vdib__free(state);
}

static vdib_status open_npy(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    vdib__npy_events *made = NULL;
    vdib__npy *header = NULL;
    vdib_status status = VDIB_NEW(&made, 1);
    if (status == VDIB_OK)
        status = VDIB_NEW(&header, 1);
    if (status == VDIB_OK)
        status = vdib__npy_header(bytes, header);
    if (status == VDIB_OK) {
        bool beside = false;
        made->bytes = bytes;
        status = vdib__npy_beside(bytes, header, made, &beside);
        if (status == VDIB_OK && !beside)
            status = vdib__npy_events_of(bytes, header, made);
    }
    if (status == VDIB_OK)
        status = vdib__npy_events_begin(made, info);
    if (status == VDIB_OK) {
        *state = made;
    } else {
        close_npy(made);
    }
    vdib__free(header);
    return status;
}

static vdib_status read_npy(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    return vdib__npy_events_read(state, info, events, capacity, count);
}

extern const vdib__event_reader vdib__reader_npy;
const vdib__event_reader vdib__reader_npy = {
    .name = "npy",
    .help = "NumPy",
    .endings = ".npy",
    .common_endings = true,
    .columns = true,
    .detect = detect,
    .open = open_npy,
    .read = read_npy,
    .close = close_npy,
};
