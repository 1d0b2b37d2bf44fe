/* SPDX-License-Identifier: MIT */
/* Recordings of more events than are held as a whole: binned packet by packet. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "data/recordings/events.h"
#include "data/recordings/siblings.h"
#include "events/sort.h"

/* Events that are binned at a time: 32 MiB, few enough to hold and many enough that adding them up takes no time. */
enum { PACKET = 1 << 21, AUGMENTED = 4 };

typedef struct pass {
    const vdib_dataset *dataset;
    const vdib__item *item;
    vdib_binning binning;
    vdib_event *packet; /* (room) */
    size_t room;
    vdib_raster *here, *sum, *next; /* of a packet, of all so far, and scratch */
    uint64_t *steps;                /* (T) events of each */
    vdib_event *kept;               /* (kept_count) within the clip's span */
    size_t kept_count, kept_capacity;
    uint64_t before;        /* events on the input before that span */
    const vdib__span *span; /* NULL: no clip is asked for */
    vdib__long_result *result;
} pass;

/* next = the spikes of a and b. */
static vdib_status merge(const vdib_raster *a, const vdib_raster *b, vdib_raster *next) {
    vdib__raster_builder builder;
    vdib__raster_begin(&builder, next);
    for (size_t t = 0; t < a->steps; t++) {
        size_t i = a->offsets[t], j = b->offsets[t], i_end = a->offsets[t + 1], j_end = b->offsets[t + 1];
        while (i < i_end || j < j_end) {
            uint32_t first = i < i_end ? a->indices[i] : UINT32_MAX, second = j < j_end ? b->indices[j] : UINT32_MAX;
            VDIB_TRY(vdib__raster_append(&builder, first < second ? first : second));
            i += first <= second;
            j += second <= first;
        }
        vdib__raster_end_step(&builder);
    }
    return VDIB_OK;
}

static vdib_status keep(pass *p, const vdib_event *event) {
    int64_t since = event->t - p->binning.start_us;
    p->before += since < p->span->from;
    if (since < p->span->from || since >= p->span->to)
        return VDIB_OK;
    const size_t most = AUGMENTED * p->dataset->most_events;
    if (p->kept_count == most)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: has more than %zu events that augmentation may show; cut it into windows "
                          "(data.window_us), or train without augment.*",
                          p->item->path, most);
    VDIB_TRY(VDIB_RESERVE(&p->kept, &p->kept_capacity, p->kept_count + 1));
    p->kept[p->kept_count++] = *event;
    return VDIB_OK;
}

static void count_step(pass *p, const vdib_event *event) {
    int64_t since = event->t - p->binning.start_us, step = since / p->binning.step_us;
    if (since >= 0 && step < (int64_t)p->binning.steps)
        p->steps[step]++;
}

/* Takes the events of a packet that are the item's. */
static vdib_status take(pass *p, size_t count) {
    vdib_binning_report report = {.size = sizeof report};
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        vdib_event event = p->packet[i];
        if (!vdib__passing_take(&p->result->passing, &p->dataset->parameters.pixels, &event))
            continue;
        p->packet[taken++] = event;
        count_step(p, &event);
        if (p->span != NULL)
            VDIB_TRY(keep(p, &event));
    }
    VDIB_TRY(vdib_raster_bin(p->here, p->packet, taken, &p->binning, &report));
    p->result->report.outside_window += report.outside_window;
    if (report.spikes == 0)
        return VDIB_OK;
    VDIB_TRY(merge(p->sum, p->here, p->next));
    vdib_raster *merged = p->next;
    p->next = p->sum;
    p->sum = merged;
    return VDIB_OK;
}

/* Reads the file between two times of its clock; `bins`: and takes its events. */
static vdib_status read_all(pass *p, int64_t from, int64_t to, bool bins, vdib_events_info *info) {
    const vdib_packets_options options = {
        .size = sizeof options, .from_us = from, .to_us = to, .unit = p->dataset->parameters.time_unit};
    vdib_packets *packets = NULL;
    size_t count = 1, used = 0;
    VDIB_TRY(vdib_packets_open(p->item->path, &options, &packets));
    vdib_status status = VDIB_OK;
    while (status == VDIB_OK && count > 0) {
        status = vdib_packets_read(packets, p->packet + used, p->room - used, &count);
        used += count;
        if (status != VDIB_OK || (used < p->room && count > 0))
            continue;
        if (bins)
            status = take(p, used);
        used = 0;
    }
    info->size = sizeof *info;
    if (status == VDIB_OK)
        status = vdib_packets_describe(packets, info);
    vdib_packets_close(packets);
    return status;
}

static vdib_status make(pass *p) {
    size_t channels = p->binning.polarities * p->binning.height * p->binning.width;
    VDIB_TRY(VDIB_NEW_UNSET(&p->packet, p->room));
    VDIB_TRY(VDIB_NEW(&p->steps, p->binning.steps));
    VDIB_TRY(vdib_raster_create(channels, p->binning.steps, &p->here));
    VDIB_TRY(vdib_raster_create(channels, p->binning.steps, &p->sum));
    return vdib_raster_create(channels, p->binning.steps, &p->next);
}

static vdib_status fill_clip(pass *p, vdib__clip *clip) {
    vdib_event *spare = NULL;
    VDIB_TRY(VDIB_NEW_UNSET(&spare, p->kept_count));
    vdib__events_sort(&p->kept, &spare, p->kept_count);
    vdib__free(spare);
    VDIB_TRY(vdib__clip_fill(clip, p->span, p->kept, p->kept_count, &p->binning));
    clip->first = p->before;
    return VDIB_OK;
}

/* The parts of a recording need what the file says as a whole, which is read once for all of them, and then the range
 * of their times alone, which is sought where the format has what it takes. */
static vdib_status read_part(pass *p) {
    vdib_dataset *dataset = (vdib_dataset *)p->dataset; /* what a file says of itself is a cache */
    vdib_events_info part;
    if (!vdib__siblings_info(dataset, p->item, &p->result->info)) {
        VDIB_TRY(read_all(p, INT64_MIN, INT64_MAX, false, &p->result->info));
        vdib__siblings_keep_info(dataset, p->item, &p->result->info);
    }
    p->result->passing = vdib__passing_of(p->dataset, p->item, p->result->info.first_us);
    p->binning.start_us += p->result->passing.origin;
    return read_all(p, p->result->passing.from, p->result->passing.to, true, &part);
}

/* Where time counts from the first event, that is found first: it may stand anywhere in the file. */
static vdib_status read_whole(pass *p) {
    if (p->dataset->parameters.from_first_event)
        VDIB_TRY(read_all(p, INT64_MIN, INT64_MAX, false, &p->result->info));
    p->result->passing = vdib__passing_of(p->dataset, p->item, p->result->info.first_us);
    p->binning.start_us += p->result->passing.origin;
    VDIB_TRY(read_all(p, INT64_MIN, INT64_MAX, true, &p->result->info));
    vdib__siblings_keep_info((vdib_dataset *)p->dataset, p->item, &p->result->info);
    return VDIB_OK;
}

static vdib_status read_passes(pass *p, vdib_raster *raster, vdib__clip *clip) {
    VDIB_TRY(make(p));
    VDIB_TRY(p->item->cut ? read_part(p) : read_whole(p));
    for (size_t t = 0; t < p->binning.steps; t++)
        p->result->densest = p->steps[t] > p->result->densest ? p->steps[t] : p->result->densest;
    if (raster != NULL)
        VDIB_TRY(vdib__raster_copy(p->sum, raster));
    return clip != NULL ? fill_clip(p, clip) : VDIB_OK;
}

vdib_status vdib__long_read(const vdib_dataset *dataset, const vdib__item *item, vdib_raster *raster, vdib__clip *clip,
                            const vdib__span *span, vdib__long_result *result) {
    *result = (vdib__long_result){.report = {.size = sizeof(vdib_binning_report)}};
    pass p = {.dataset = dataset,
              .item = item,
              .binning = vdib__recordings_binning(dataset),
              .room = dataset->most_events < PACKET ? dataset->most_events : PACKET,
              .span = clip != NULL ? span : NULL,
              .result = result};
    vdib_status status = read_passes(&p, raster, clip);
    vdib__free(p.kept);
    vdib_raster_destroy(p.next);
    vdib_raster_destroy(p.sum);
    vdib_raster_destroy(p.here);
    vdib__free(p.steps);
    vdib__free(p.packet);
    return status;
}
