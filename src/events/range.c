/* SPDX-License-Identifier: MIT */
#include "events/range.h"

#include "core/error.h"

vdib_status vdib__range_of(int64_t from_us, int64_t to_us, bool relative, vdib__range *range) {
    bool asked = (from_us != 0 || to_us != 0) && (from_us != INT64_MIN || to_us != INT64_MAX);
    if (asked && from_us >= to_us)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "the range from %lld us to %lld us is empty; its end must be behind its beginning",
                          (long long)from_us, (long long)to_us);
    *range = (vdib__range){.asked = asked, .relative = relative, .known = !relative, .from = from_us, .to = to_us};
    return VDIB_OK;
}

/* a + b, or the nearest number there is. */
static int64_t add(int64_t a, int64_t b) {
    int64_t sum = 0;
    return !__builtin_add_overflow(a, b, &sum) ? sum : b > 0 ? INT64_MAX : INT64_MIN;
}

/* The ends that mean "all" stay what they are. */
static void count_from(vdib__range *range, int64_t first_us) {
    if (range->from != INT64_MIN)
        range->from = add(range->from, first_us);
    if (range->to != INT64_MAX)
        range->to = add(range->to, first_us);
    range->known = true;
}

size_t vdib__range_keep(vdib__range *range, vdib_event *events, size_t count) {
    size_t kept = 0;
    if (!range->asked || count == 0)
        return count;
    if (!range->known)
        count_from(range, events[0].t);
    const int64_t from = range->from, to = range->to, far = add(to, VDIB_RANGE_SLACK_US);
    bool passed = false;
    for (size_t i = 0; i < count; i++) {
        int64_t t = events[i].t;
        bool inside = t >= from && (t < to || to == INT64_MAX);
        passed |= t >= far && to != INT64_MAX;
        events[kept] = events[i];
        kept += inside;
    }
    range->passed |= passed;
    return kept;
}
