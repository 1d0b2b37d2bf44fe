/* SPDX-License-Identifier: MIT */
/* One recording, whose windows (data.window_us) are the examples: for targets that are no classes. */

#include "core/error.h"
#include "core/file.h"
#include "data/layouts.h"
#include "events/events.h"

static bool is(const char *path) {
    return vdib__is_file(path) && vdib__events_recording(path);
}

static vdib_status list(vdib_dataset *dataset, const char *path, vdib__entries *entries) {
    size_t number = 0;
    if (dataset->parameters.window_us == 0)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: is one recording, which is one example; set data.window_us to cut it into windows, or give "
            "a folder of recordings",
            path);
    VDIB_TRY(vdib__events_check(path));
    VDIB_TRY(vdib__entries_class(entries, VDIB_ONE_CLASS, VDIB_SHARE_OPEN, &number));
    return vdib__entries_add(entries, path, number, VDIB_SHARE_OPEN, NULL);
}

extern const vdib__layout vdib__layout_single;
const vdib__layout vdib__layout_single = {.is = is, .list = list};
