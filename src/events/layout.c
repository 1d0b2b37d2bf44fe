/* SPDX-License-Identifier: MIT */
#include "events/layout.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"

enum {
    FAR_BACK_US = 10000, /* a step back by more is one that events of a sensor hardly ever make */
    LEAST_JUDGED = 32,   /* steps from which on a file is judged by single ones, */
    SEVERAL = 300,       /* and from which on by all of its time stamps */
    FAR_BACK_SHARE = 20, /* more than one step in so many goes far back, */
    REPEATED_SHARE = 2,  /* or repeats the event before: these are no events of that layout */
    LEAST_LONE = 3,
    LEAST_TOPS = 3,
    PARTS = 16,        /* of a file: their mean times grow, */
    MOST_FALLS = 3,    /* but for so many */
    SHORT_US = 100000, /* a part of a file that is shorter says nothing of all */
};

vdib_status vdib__layout_create(vdib__layout **layout) {
    vdib__layout *made = NULL;
    VDIB_TRY(VDIB_NEW_UNSET(&made, 1));
    memset(made, 0, offsetof(vdib__layout, times)); /* `count` says how many times are set */
    *layout = made;
    return VDIB_OK;
}

static int64_t upper_bits(int64_t t) {
    return t >> 16;
}

static int64_t middle_bits(int64_t t) {
    return t >> 8 & 0xFF;
}

static void look_at_step(vdib__layout *l, const vdib_event *before, const vdib_event *event) {
    bool carries = upper_bits(before->t) != upper_bits(event->t);
    l->steps++;
    l->back += event->t < before->t;
    l->far_back += before->t - event->t > FAR_BACK_US;
    l->repeated +=
        before->t == event->t && before->x == event->x && before->y == event->y && before->polarity == event->polarity;
    l->carries += carries;
    l->lone += carries && middle_bits(before->t) == middle_bits(event->t);
    l->x_moved |= before->x != event->x;
    l->y_fell |= event->y < before->y;
    l->y_rose |= event->y > before->y;
}

void vdib__layout_look(vdib__layout *l, const vdib_event *events, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const vdib_event before = l->last, *event = &events[i];
        int64_t step = l->begun ? event->t - before.t : 0;
        l->last = *event;
        if (l->begun)
            look_at_step(l, &before, event);
        if (!l->begun || upper_bits(event->t) > l->top) {
            l->top = upper_bits(event->t);
            l->tops++;
        }
        l->upper += (uint64_t)(event->t >> 15 & 1);
        l->begun = true;
        if (l->count == VDIB_LAYOUT_EARLY)
            continue;
        int64_t latest = l->count > 0 ? l->times[l->count - 1] : 0;
        l->times[l->count++] = latest + (step < -FAR_BACK_US ? 0 : step);
    }
}

/* Whether the mean times of a file's parts grow. */
static bool grows(const vdib__layout *l) {
    double before = 0;
    int falls = 0;
    for (size_t p = 0; p < PARTS; p++) {
        size_t first = p * l->count / PARTS, end = (p + 1) * l->count / PARTS;
        double mean = 0;
        for (size_t i = first; i < end; i++)
            mean += (double)l->times[i] / (double)(end - first);
        falls += p > 0 && mean < before;
        before = mean;
    }
    return falls <= MOST_FALLS;
}

/* What single steps say, NULL: nothing. *odd: how many. */
static const char *said_of_steps(const vdib__layout *l, uint64_t *odd) {
    if (l->far_back * FAR_BACK_SHARE > l->steps) {
        *odd = l->far_back;
        return "go back in time by more than 10 ms";
    }
    if (l->repeated * REPEATED_SHARE > l->steps) {
        *odd = l->repeated;
        return "only repeat the one before";
    }
    return NULL;
}

/* What all of the events say together, NULL: nothing. */
static const char *said_of_all(vdib__layout *l, bool ended) {
    uint64_t events = l->steps + 1, halves = l->upper < events - l->upper ? l->upper : events - l->upper;
    if (l->lone >= LEAST_LONE && 4 * l->lone >= l->carries)
        return "its time stamps jump by multiples of 65.5 ms and do not grow in between";
    if (l->tops >= LEAST_TOPS && 33 * halves <= events && 4 * l->back >= l->steps)
        return "its time stamps leave out one half of every 65.5 ms";
    if (!l->x_moved && l->y_rose && !l->y_fell)
        return "all of its events have one x, and y only grows, as a clock does";
    if (l->grown || (!ended && l->times[l->count - 1] - l->times[0] < SHORT_US))
        return NULL;
    l->grown = grows(l);
    return l->grown ? NULL : "its time stamps do not grow";
}

bool vdib__layout_is_other(vdib__layout *l, bool ended, char said[VDIB_LAYOUT_SAID]) {
    if (l->steps < LEAST_JUDGED || !(ended || l->steps > VDIB_LAYOUT_EARLY))
        return false;
    uint64_t odd = 0;
    const char *what = said_of_steps(l, &odd);
    if (what != NULL) {
        snprintf(said, VDIB_LAYOUT_SAID, "%llu of its first %llu event%s %s", (unsigned long long)odd,
                 (unsigned long long)l->steps + 1, vdib__s(l->steps + 1), what);
        return true;
    }
    what = l->steps >= SEVERAL ? said_of_all(l, ended) : NULL;
    if (what != NULL)
        snprintf(said, VDIB_LAYOUT_SAID, "%s", what);
    return what != NULL;
}
