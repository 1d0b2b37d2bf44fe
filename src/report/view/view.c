/* SPDX-License-Identifier: MIT */
/* A recording's events in windows of time. */
#include "report/view/view.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"

enum {
    PACKET = 1 << 16,
    MOST_EVENTS = 1 << 24,
    MOST_PICTURES = 1000,
    FEWEST = 24, /* pictures, where no window is given */
    SEVERAL = 120,
    USUAL_US = 20000, /* a window that fits most recordings */
    FLAT = 4,         /* sensors of one row, and of so many at most, */
    LONG = 16         /* so many times as wide, have channels */
};

static vdib_status check_options(const vdib_view_options *options) {
    if (options->window_us < 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a window of %lld us; it is 1 us or longer, or 0: chosen",
                          (long long)options->window_us);
    if (options->fps != 0 && !(options->fps >= 0.1 && options->fps <= 100))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "that many pictures a second cannot be shown; 0.1 to 100 can");
    return VDIB_OK;
}

/* Reads up to MOST_EVENTS events: *count. */
static vdib_status read_events(vdib_view *view, const vdib_view_options *options, vdib_events_info *info,
                               size_t *count) {
    vdib_packets_options used = {.size = sizeof used,
                                 .from_us = options->from_us,
                                 .to_us = options->to_us,
                                 .relative = options->relative,
                                 .unit = options->unit};
    vdib_packets *packets = NULL;
    size_t more = 1;
    VDIB_TRY(vdib_packets_open(view->path, &used, &packets));
    vdib_status status = VDIB_OK;
    while (status == VDIB_OK && more > 0 && *count < MOST_EVENTS) {
        status = VDIB_RESERVE(&view->events, &view->capacity, *count + PACKET);
        if (status == VDIB_OK)
            status = vdib_packets_read(packets, view->events + *count, PACKET, &more);
        *count += status == VDIB_OK ? more : 0;
    }
    if (status == VDIB_OK && more > 0) { /* whether there are any */
        vdib_event next;
        status = vdib_packets_read(packets, &next, 1, &more);
        view->info.more = more > 0;
    }
    if (status == VDIB_OK)
        status = vdib_packets_describe(packets, info);
    vdib_packets_close(packets);
    return status;
}

/* Windows from the first event to the last. */
static void choose_windows(vdib_view *view, const vdib_view_options *options, size_t count) {
    int64_t first = view->events[0].t, last = first;
    for (size_t i = 0; i < count; i++) {
        first = view->events[i].t < first ? view->events[i].t : first;
        last = view->events[i].t > last ? view->events[i].t : last;
    }
    uint64_t length = (uint64_t)last - (uint64_t)first + 1, window = (uint64_t)options->window_us;
    uint64_t usual = (length - 1) / USUAL_US + 1, most = usual < FEWEST ? FEWEST : SEVERAL;
    if (window == 0)
        window = usual >= FEWEST && usual <= SEVERAL ? USUAL_US : (length - 1) / most + 1;
    uint64_t pictures = (length - 1) / window + 1;
    view->info.first_us = first;
    view->info.window_us = (int64_t)window;
    view->info.pictures = pictures < MOST_PICTURES ? (size_t)pictures : MOST_PICTURES;
}

/* The window of an event; info.pictures or more: behind the last one. */
static uint64_t window_of(const vdib_view *view, const vdib_event *event) {
    return ((uint64_t)event->t - (uint64_t)view->info.first_us) / (uint64_t)view->info.window_us;
}

/* Puts events of a window beside each other, in the order that they have. */
static vdib_status sort_windows(vdib_view *view, size_t count) {
    size_t pictures = view->info.pictures;
    size_t *next = NULL; /* (pictures): where the next event of a window goes */
    vdib_event *sorted = NULL;
    VDIB_TRY(VDIB_NEW(&view->first, pictures + 1));
    for (size_t i = 0; i < count; i++) {
        uint64_t window = window_of(view, &view->events[i]);
        if (window < pictures)
            view->first[window + 1]++;
        else
            view->info.beyond++;
    }
    for (size_t w = 0; w < pictures; w++)
        view->first[w + 1] += view->first[w];
    vdib_status status = VDIB_NEW(&next, pictures);
    if (status == VDIB_OK)
        status = VDIB_NEW_UNSET(&sorted, view->first[pictures] + 1);
    if (status == VDIB_OK) {
        memcpy(next, view->first, pictures * sizeof *next);
        for (size_t i = 0; i < count; i++) {
            uint64_t window = window_of(view, &view->events[i]);
            if (window < pictures)
                sorted[next[window]++] = view->events[i];
        }
        vdib__free(view->events);
        view->events = sorted;
    }
    vdib__free(next);
    return status;
}

/* What is said of the events that are shown, and from how many on a cell has the full colour: twice the mean of the
 * cells that sent any in a window. */
static vdib_status conclude(vdib_view *view, const vdib_events_info *info) {
    vdib__cells cells = {0};
    size_t active = 0;
    view->info.events = view->first[view->info.pictures];
    for (size_t i = 0; i < view->info.events; i++)
        view->info.on_events += view->events[i].polarity;
    view->info.format = info->format;
    view->info.wrong = info->dropped + info->outside + info->untimed + info->damaged + info->truncated;
    view->info.width = info->width;
    view->info.height = info->height;
    view->info.recordings = info->recordings;
    view->info.recording = info->recording;
    const bool flat = info->height == 1 || (info->height <= FLAT && info->width >= LONG * info->height);
    if (flat && info->width * info->height <= UINT16_MAX + 1) {
        view->channels = info->width * info->height;
        for (size_t i = 0; i < view->info.events; i++)
            view->events[i].x = (uint16_t)(view->events[i].y * info->width + view->events[i].x);
        view->info.width = view->channels;
        view->info.height = 1;
        view->pool = (view->channels - 1) / VDIB_VIEW_SIDE + 1;
        view->full = VDIB_SHADES;
        return VDIB_OK;
    }
    size_t side = info->width > info->height ? info->width : info->height;
    view->pool = (side - 1) / VDIB_VIEW_SIDE + 1;
    VDIB_TRY(vdib__cells_new(view, view->pool, 0, &cells));
    for (size_t w = 0; w < view->info.pictures; w++) {
        vdib__cells_count(view, w, w + 1, view->pool, &cells);
        for (size_t i = 0; i < cells.width * cells.height; i++)
            active += cells.counts[2 * i] + cells.counts[2 * i + 1] > 0;
    }
    vdib__free(cells.counts);
    view->full = active > 0 ? 2 * view->info.events / active : 0;
    view->full = view->full < VDIB_SHADES ? VDIB_SHADES : view->full;
    return VDIB_OK;
}

static vdib_status load(vdib_view *view, const vdib_view_options *options) {
    vdib_events_info info = {.size = sizeof info};
    size_t count = 0;
    VDIB_TRY(read_events(view, options, &info, &count));
    if (count == 0)
        return vdib__fail(
            VDIB_ERROR_DATA, "%s: has no event to show%s", view->path,
            options->from_us != 0 || options->to_us != 0 ? " in this range of time; `vdib info` says its times" : "");
    choose_windows(view, options, count);
    VDIB_TRY(sort_windows(view, count));
    return conclude(view, &info);
}

vdib_status vdib_view_open(const char *path, const vdib_view_options *options, vdib_view **view) {
    enum { FPS = 12 };
    vdib_view_options used;
    vdib_view *made = NULL;
    VDIB_REQUIRE(path, view);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_view_options, options, &used));
    VDIB_TRY(check_options(&used));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->info.size = sizeof made->info;
    made->info.fps = used.fps != 0 ? used.fps : FPS;
    vdib_status status = vdib__strdup(path, &made->path);
    if (status == VDIB_OK)
        status = load(made, &used);
    if (status != VDIB_OK) {
        vdib_view_close(made);
        return status;
    }
    *view = made;
    return VDIB_OK;
}

vdib_status vdib_view_describe(const vdib_view *view, vdib_view_info *info) {
    VDIB_REQUIRE(view, info);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_view_info, info));
    VDIB_SIZED_WRITE(vdib_view_info, &view->info, info);
    return VDIB_OK;
}

void vdib_view_close(vdib_view *view) {
    if (view == NULL)
        return;
    vdib__free(view->path);
    vdib__free(view->events);
    vdib__free(view->first);
    vdib__free(view);
}
