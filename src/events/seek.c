/* SPDX-License-Identifier: MIT */
#include "events/seek.h"

#include "core/error.h"
#include "events/range.h"

enum { PLACES = 1024, LEAST = 16 << 20 }; /* bytes from which on it is worth while */

/* One place of the file, and its time. */
typedef struct place {
    uint64_t at;
    int64_t stamp, turns, step; /* microseconds; step: from the place before */
} place;

/* The stamp at or soon behind a byte; false where there is none. */
static vdib_status look(const vdib__seek *seek, uint64_t at, place *p, bool *found) {
    const uint8_t *bytes = NULL;
    size_t ready = 0, begin = 0;
    VDIB_TRY(vdib__bytes_seek(seek->bytes, at));
    VDIB_TRY(vdib__bytes_look(seek->bytes, VDIB_BYTES_WINDOW, &bytes, &ready));
    *found = seek->stamp(seek->state, bytes, ready, &begin, &p->stamp);
    p->at = at + begin;
    return VDIB_OK;
}

/* The place after another one: whether its time is beyond doubt. A clock that starts again because it ran out leaves
 * no gap. */
static bool follow(const vdib__seek *seek, const place *before, place *p) {
    p->turns = before->turns;
    bool turned = p->stamp < before->stamp && before->stamp - p->stamp > seek->turn_us / 2;
    p->turns += turned ? seek->turn_us : 0;
    p->step = p->turns + p->stamp - before->turns - before->stamp;
    int64_t most = turned ? 4 * before->step + VDIB_RANGE_SLACK_US : seek->turn_us / 4;
    return p->step >= -VDIB_RANGE_SLACK_US && p->step < most;
}

vdib_status vdib__seek_time(const vdib__seek *seek, int64_t us, vdib__sought *sought) {
    const uint64_t begin = seek->bytes->offset, left = seek->bytes->size - begin;
    const uint64_t step = left / seek->record / PLACES * seek->record;
    place last = {.at = begin};
    bool found = false, sure = true;
    *sought = (vdib__sought){.found = false};
    if (left < LEAST || us <= VDIB_RANGE_SLACK_US)
        return VDIB_OK;
    VDIB_TRY(look(seek, begin, &last, &found));
    for (uint64_t i = 1; found && i < PLACES; i++) {
        place next = {.at = 0};
        VDIB_TRY(look(seek, begin + i * step, &next, &found));
        sure = !found || follow(seek, &last, &next);
        if (!found || !sure || next.turns + next.stamp >= us - VDIB_RANGE_SLACK_US)
            break;
        last = next;
    }
    if (!sure || last.at == begin || last.turns + last.stamp >= us - VDIB_RANGE_SLACK_US)
        return vdib__bytes_seek(seek->bytes, begin);
    *sought = (vdib__sought){.found = true, .stamp_us = last.stamp, .turns_us = last.turns};
    return vdib__bytes_seek(seek->bytes, last.at);
}
