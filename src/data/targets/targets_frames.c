/* SPDX-License-Identifier: MIT */
/* Frames as targets: of every example the picture of its own recording that is nearest in time to the end of the
 * example's last step. A recording is read once, forwards, and its wanted pictures are kept. */
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "data/targets/targets.h"
#include "events/events.h"
#include "vdib/events.h"

/* Items of one recording, in order of the time that they end at. */
typedef struct wish {
    const vdib__item *item;
    size_t number;   /* of the item */
    int64_t time_us; /* on the file's clock */
} wish;

static int by_recording(const void *a, const void *b) {
    const wish *first = a, *second = b;
    int order = strcmp(first->item->path, second->item->path);
    if (order == 0)
        order = (first->time_us > second->time_us) - (first->time_us < second->time_us);
    return order != 0 ? order : first->number < second->number ? -1 : 1;
}

/* The recording's first event on the file's clock. */
static vdib_status first_event(const char *path, const char *unit, int64_t *first_us) {
    const vdib_packets_options options = {.size = sizeof options, .unit = unit};
    vdib_packets *packets = NULL;
    vdib_event event;
    size_t count = 0;
    VDIB_TRY(vdib_packets_open(path, &options, &packets));
    vdib_status status = vdib_packets_read(packets, &event, 1, &count);
    *first_us = count > 0 ? event.t : 0;
    vdib_packets_close(packets);
    return status;
}

/* When an example ends. */
static vdib_status end_of(const vdib_dataset *dataset, const vdib__item *item, const char *before, int64_t *first_us,
                          int64_t *end_us) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    bool since_first = p->from_first_event || item->cut;
    if (since_first && (before == NULL || strcmp(before, item->path) != 0))
        VDIB_TRY(first_event(item->path, p->time_unit, first_us));
    *end_us = p->start_us + (int64_t)p->steps * p->step_us + (since_first ? *first_us : 0) +
              (item->cut && item->from_us > INT64_MIN ? item->from_us : 0);
    return VDIB_OK;
}

static vdib_status make_wishes(const vdib_dataset *dataset, int part, wish *wishes) {
    const vdib__part *p = &dataset->parts[part];
    const char *before = NULL;
    int64_t first_us = 0;
    for (size_t i = 0; i < p->count; i++) { /* items of one recording mostly follow each other */
        const vdib__item *item = &p->items[i];
        wishes[i] = (wish){.item = item, .number = i};
        VDIB_TRY(end_of(dataset, item, before, &first_us, &wishes[i].time_us));
        before = item->path;
    }
    qsort(wishes, p->count, sizeof *wishes, by_recording);
    return VDIB_OK;
}

/* ---- one recording ---- */

/* The picture of a frame: (channels, height, width) of (height, width, channels). */
static vdib_status take_frame(const vdib_dataset *dataset, const vdib_frame *frame, vdib__picture *picture) {
    size_t map = frame->height * frame->width;
    bool resized = false;
    *picture = (vdib__picture){.channels = frame->channels, .height = frame->height, .width = frame->width};
    VDIB_TRY(VDIB_NEW(&picture->values, frame->channels * map));
    for (size_t i = 0; i < map; i++)
        for (size_t c = 0; c < frame->channels; c++)
            picture->values[c * map + i] = (float)frame->pixels[i * frame->channels + c] / 255.0F;
    return vdib__targets_fit(dataset, picture, &resized);
}

static uint64_t apart(int64_t a, int64_t b) {
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* Of one recording: the picture before the one that is looked at, and the wishes that it may be nearest to. */
typedef struct reading {
    vdib_dataset *dataset;
    vdib__target_sources *sources;
    const wish *wishes;        /* (count) of this recording */
    size_t count, done, early; /* early: pictures that are earlier than the one before them */
    uint64_t farthest_us;
    vdib__picture last;
    int64_t last_us;
    bool has_last, kept; /* kept: the last one is a source already, its number is sources->count - 1 */
} reading;

/* The last picture is what a wish gets. */
static void grant(reading *r) {
    const wish *w = &r->wishes[r->done++];
    if (!r->kept) {
        r->sources->all[r->sources->count++] = (vdib__target_source){
            .path = w->item->path, .frame_us = r->last_us, .label = w->item->label, .picture = r->last};
        r->last = (vdib__picture){0};
        r->kept = true;
    }
    if (apart(r->last_us, w->time_us) > r->farthest_us)
        r->farthest_us = apart(r->last_us, w->time_us);
    r->sources->of[w->number] = r->sources->count - 1;
}

/* A picture at time_us comes: wishes that the one before is nearer to, or as near, get that one. */
static void pass(reading *r, int64_t time_us) {
    while (r->has_last && r->done < r->count &&
           apart(r->last_us, r->wishes[r->done].time_us) <= apart(time_us, r->wishes[r->done].time_us))
        grant(r);
}

static vdib_status read_frames(reading *r, vdib_frames *frames) {
    vdib_frame frame = {.size = sizeof frame};
    for (;;) {
        VDIB_TRY(vdib_frames_next(frames, &frame));
        if (frame.pixels == NULL)
            break;
        if (r->has_last && frame.t < r->last_us) { /* out of order: what comes later has its place */
            r->early++;
            continue;
        }
        pass(r, frame.t);
        vdib__free(r->last.values);
        r->last = (vdib__picture){0};
        VDIB_TRY(take_frame(r->dataset, &frame, &r->last));
        r->last_us = frame.t;
        r->has_last = true;
        r->kept = false;
    }
    if (!r->has_last)
        return vdib__fail(VDIB_ERROR_DATA, "%s: has no frame, but data.target is frames; choose another data.target",
                          r->wishes[0].item->path);
    while (r->done < r->count)
        grant(r);
    return VDIB_OK;
}

/* What a user should know of the frames of a recording. */
static vdib_status say(const reading *r, const vdib_frames *frames) {
    const vdib__dataset_parameters *p = &r->dataset->parameters;
    const char *path = r->wishes[0].item->path;
    vdib_frames_info info = {.size = sizeof info};
    VDIB_TRY(vdib_frames_describe(frames, &info));
    if (info.damaged > 0 || info.truncated > 0)
        VDIB_TRY(vdib__note(r->dataset, "%s: %zu damaged frame%s or packets and %zu byte%s at its end are left out",
                            path, info.damaged, vdib__s(info.damaged), info.truncated, vdib__s(info.truncated)));
    if (r->early > 0)
        VDIB_TRY(vdib__note(r->dataset, "%s: %zu frame%s earlier than the one before are left out", path, r->early,
                            vdib__s(r->early)));
    if (r->farthest_us > (uint64_t)p->steps * (uint64_t)p->step_us)
        VDIB_TRY(vdib__note(r->dataset,
                            "%s: the frame nearest to the end of an example is up to %.3g s from it, more than an "
                            "example's length",
                            path, (double)r->farthest_us * 1e-6));
    return VDIB_OK;
}

static vdib_status read_recording(reading *r) {
    vdib_frames *frames = NULL;
    VDIB_TRY(vdib_frames_open(r->wishes[0].item->path, &frames));
    vdib_status status = read_frames(r, frames);
    if (status == VDIB_OK)
        status = say(r, frames);
    vdib_frames_close(frames);
    vdib__free(r->last.values);
    return status;
}

static vdib_status read_all(vdib_dataset *dataset, const wish *wishes, size_t count, vdib__target_sources *sources) {
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && strcmp(wishes[begin].item->path, wishes[end].item->path) == 0; end++)
            ;
        reading r = {.dataset = dataset, .sources = sources, .wishes = wishes + begin, .count = end - begin};
        VDIB_TRY(vdib__dataset_cancelled(dataset));
        VDIB_TRY(read_recording(&r));
    }
    return VDIB_OK;
}

vdib_status vdib__targets_frames(vdib_dataset *dataset, int part, vdib__target_sources *sources) {
    size_t count = dataset->parts[part].count;
    wish *wishes = NULL;
    VDIB_TRY(VDIB_NEW(&wishes, count));
    vdib_status status = make_wishes(dataset, part, wishes);
    if (status == VDIB_OK)
        status = read_all(dataset, wishes, count, sources);
    vdib__free(wishes);
    return status;
}
