/* SPDX-License-Identifier: MIT */
/* The time window of an experiment, where it is to follow the recordings (data.fit_window). */

#include <stdlib.h>

#include "core/error.h"
#include "core/text.h"
#include "data/dataset_parts.h"

/* Of the recordings that were looked at, so many are to be covered. */
static const double COVERED = 0.9;

static int compare(const void *a, const void *b) {
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return first < second ? -1 : first > second;
}

/* The time behind the last event that nine recordings in ten do not pass; 0: none has an event. `origin`: from the
 * first event of each on, else from its time 0. */
static int64_t length_of(const vdib__probe *probes, size_t count, bool from_first) {
    int64_t lasts[VDIB_PROBES];
    size_t read = 0;
    for (size_t i = 0; i < count; i++)
        if (probes[i].read)
            lasts[read++] = probes[i].last_us - (from_first ? probes[i].first_us : 0) + 1;
    if (read == 0)
        return 0;
    qsort(lasts, read, sizeof *lasts, compare);
    return lasts[(size_t)(COVERED * (double)(read - 1) + 0.5)];
}

/* Whether one recording in five has no event inside: its clock counts from elsewhere. */
static bool is_missed(const vdib__dataset_parameters *p, const vdib__probe *probes, size_t count) {
    int64_t end = p->start_us + (int64_t)p->steps * p->step_us;
    size_t read = 0, missed = 0;
    for (size_t i = 0; i < count; i++) {
        read += probes[i].read;
        missed += probes[i].read && (probes[i].first_us >= end || probes[i].last_us < p->start_us);
    }
    return read > 0 && 5 * missed >= read;
}

/* The next number up with two digits that count: 16,234 becomes 17,000. */
static int64_t rounded_up(int64_t number) {
    int64_t unit = 1;
    while (number / unit >= 100)
        unit *= 10;
    return (number + unit - 1) / unit * unit;
}

vdib_status vdib__window_fit(vdib_dataset *dataset, const vdib__probe *probes, size_t count) {
    enum { LONGEST = 1000000000 }; /* data.step_us */
    vdib__dataset_parameters *p = &dataset->parameters;
    if (!p->fit_window || count == 0)
        return VDIB_OK;
    if (!p->from_first_event && is_missed(p, probes, count)) {
        p->from_first_event = dataset->fitted = true;
        VDIB_TRY(vdib__note(dataset, "recordings do not begin at time 0, so that time counts from the first event of "
                                     "each (data.fit_window; as data.from_first_event=true)"));
    }
    int64_t length = length_of(probes, count, p->from_first_event) - p->start_us,
            window = (int64_t)p->steps * p->step_us;
    if (length <= 0 || (5 * window >= 4 * length && window <= 2 * length))
        return VDIB_OK;
    int64_t step = rounded_up((length + (int64_t)p->steps - 1) / (int64_t)p->steps), was = p->step_us;
    p->step_us = step > LONGEST ? LONGEST : step;
    dataset->fitted = true;
    return vdib__note(dataset,
                      "nine recordings in ten last up to %lld us, so that a step is %lld us instead of %lld: %zu steps "
                      "cover them (data.fit_window; data.steps makes them finer)",
                      (long long)length, (long long)p->step_us, (long long)was, p->steps);
}
