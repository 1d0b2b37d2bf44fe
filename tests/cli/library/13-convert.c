/* SPDX-License-Identifier: MIT */
#include "frame.h"

int main(void) {
    const vdib_event events[] = {{.t = 5, .x = 639, .y = 0, .polarity = 1}, {.t = 9, .x = 3, .y = 479, .polarity = 0}};
    const size_t count = 2;
    vdib_writer *writer = NULL;
    vdib_events *made = NULL;
    vdib_events_info info = {.size = sizeof info};
    {
#include BLOCK
    }
    if (vdib_events_open("made.aedat4", &made) != VDIB_OK || vdib_events_describe(made, &info) != VDIB_OK)
        return finish();
    vdib_events_close(made);
    return info.events == 2 && info.width == 640 && info.first_us == 5 && info.last_us == 9 ? finish() : 1;
}
