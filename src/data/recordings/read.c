/* SPDX-License-Identifier: MIT */
/* Recordings as rasters, or as events where they will be augmented: read once, counted, and kept as long as there is
 * room. */

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "data/entries.h"
#include "data/recordings/events.h"
#include "data/recordings/siblings.h"
#include "data/recordings/stored.h"
#include "events/columns.h"
#include "events/events.h"

enum { MANY_EVENTS = 300 }; /* of a recording: from so many on, what they have in common is no chance */

/* The first reader of a recording writes it down, as `looked`. */
static void keep_fate(vdib__item *item, const vdib__fate *fate, vdib__looked looked) {
    int expected = VDIB_LOOKED_NOT;
    if (!atomic_compare_exchange_strong(&item->looked, &expected, VDIB_LOOKED_NOW))
        return;
    item->fate = *fate;
    atomic_store(&item->looked, looked);
}

bool vdib__recording_count(const vdib__item *item) {
    int expected = VDIB_LOOKED_AHEAD;
    atomic_int *looked = &((vdib__item *)item)->looked; /* a cache of what the file says */
    (void)atomic_compare_exchange_strong(looked, &expected, VDIB_LOOKED_DONE);
    return atomic_load(looked) == VDIB_LOOKED_DONE;
}

/* The events of an item, and what became of them. */
typedef struct item_events {
    const vdib_event *all; /* (count), in order of time */
    size_t count;
    uint64_t cropped, beyond; /* left out: outside data.crop, outside the sensor */
    vdib_event *mapped;       /* (count) owned: what `all` is where pixels are not those of the sensor; else NULL */
    int64_t origin;           /* time 0 of the item, by the file's clock */
} item_events;

/* The first event at or after a time. */
static size_t first_at(const vdib_event *events, size_t count, int64_t time) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (events[middle].t < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* All events of a recording, or those between the item's times. */
static item_events events_of(const vdib_dataset *dataset, const vdib__item *item, const vdib_event *events,
                             size_t count, const vdib_events_info *info) {
    bool from_first = dataset->parameters.from_first_event;
    if (!item->cut)
        return (item_events){.all = events, .count = count, .origin = from_first ? info->first_us : 0};
    bool begins = item->from_us != VDIB_FROM_THE_BEGINNING;
    int64_t origin = info->first_us + (begins ? item->from_us : 0);
    size_t first = begins ? first_at(events, count, origin) : 0, last = count;
    if (item->to_us != VDIB_TO_THE_END)
        last = first_at(events, count, info->first_us + item->to_us);
    return (item_events){.all = events + first, .count = last > first ? last - first : 0, .origin = origin};
}

/* Events on the input's pixels, where these are others than the sensor's. */
static vdib_status map_pixels(const vdib_dataset *dataset, item_events *of) {
    const vdib__pixels *pixels = &dataset->parameters.pixels;
    size_t kept = 0;
    if (vdib__pixels_plain(pixels))
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW_UNSET(&of->mapped, of->count));
    for (size_t i = 0; i < of->count; i++) {
        vdib_event event = of->all[i];
        vdib__pixel place = vdib__pixels_map(pixels, &event.x, &event.y);
        of->cropped += place == VDIB_PIXEL_CROPPED;
        of->beyond += place == VDIB_PIXEL_BEYOND;
        if (place == VDIB_PIXEL_READ)
            of->mapped[kept++] = event;
    }
    of->all = of->mapped;
    of->count = kept;
    return VDIB_OK;
}

static size_t on_events(const item_events *of) {
    size_t on = 0;
    for (size_t i = 0; i < of->count; i++)
        on += of->all[i].polarity != 0;
    return on;
}

/* What was wrong in a file stands with the one of its items that begins with it. */
static void blame(vdib__fate *fate, const vdib__item *item, const vdib_events_info *info) {
    if (item->cut && item->from_us > 0)
        return;
    fate->out_of_order = info->out_of_order;
    fate->restarts = info->restarts;
    fate->dropped = info->dropped;
    fate->damaged = info->damaged + info->untimed;
    fate->beyond_stated = info->outside;
    fate->cut = info->truncated > 0;
}

/* What the file does not say, and which of its recordings the path does not. */
static void recognized(const vdib_events_info *info, const vdib__item *item, vdib__fate *fate) {
    const char *number = strrchr(item->path, '#');
    bool named = number != NULL && strspn(number + 1, "0123456789") == strlen(number + 1);
    fate->first_of_several = info->recordings > 1 && !named;
    fate->unpolarized = info->unpolarized;
    fate->rounded = info->rounded;
    fate->doubtful_unit = info->unit_doubt != NULL;
    if (info->unit_by == vdib__columns_by_numbers && info->unit != NULL)
        (void)snprintf(fate->unit, sizeof fate->unit, "%s", info->unit);
}

static void write_fate(vdib__item *item, const vdib_events_info *info, const item_events *of,
                       const vdib_binning_report *report, uint64_t densest, vdib__looked looked) {
    bool part = item->cut || of->mapped != NULL;
    vdib__fate fate = {.events = of->count + of->beyond,
                       .cropped = of->cropped,
                       .outside_window = report->outside_window,
                       .outside_sensor = report->outside_sensor + of->beyond,
                       .on_events = part ? on_events(of) : info->on_events,
                       .densest = densest,
                       .first_us = (of->count > 0 && part ? of->all[0].t : info->first_us) - of->origin,
                       .last_us = (of->count > 0 && part ? of->all[of->count - 1].t : info->last_us) - of->origin,
                       .width = (uint32_t)info->width,
                       .height = (uint32_t)info->height};
    recognized(info, item, &fate);
    (void)snprintf(fate.format, sizeof fate.format, "%s", info->format);
    blame(&fate, item, info);
    keep_fate(item, &fate, looked);
}

bool vdib__recording_is_doubtful(const vdib_dataset *dataset, const vdib__item *item, vdib__doubt doubt) {
    const vdib__fate *f = &item->fate;
    uint64_t inside = f->events - f->outside_window;
    if (f->events < MANY_EVENTS || vdib__events_layout(item->path) == NULL)
        return false;
    switch (doubt) {
    case VDIB_DOUBT_ONE_STEP:
        return dataset->parameters.steps > 1 && inside >= MANY_EVENTS && 20 * f->densest >= 19 * inside;
    case VDIB_DOUBT_ALL_OFF:
        return dataset->parameters.polarities == 2 && f->on_events == 0;
    case VDIB_DOUBT_ONE_PIXEL:
        return f->width == 1 && f->height == 1;
    }
    return false;
}

const char *vdib__loss_keys(const vdib_dataset *dataset) {
    return dataset->parameters.for_model
               ? "data.step_us, data.start_us and data.from_first_event"
               : "data.steps, data.step_us, data.start_us, data.from_first_event and data.sensor";
}

/* Events of the step that has the most; they come in order of time. */
static uint64_t densest_step(const vdib_event *events, size_t count, const vdib_binning *binning) {
    uint64_t most = 0, here = 0;
    int64_t last = -1;
    for (size_t i = 0; i < count; i++) {
        int64_t since = events[i].t - binning->start_us, step = since / binning->step_us;
        if (since < 0 || step >= (int64_t)binning->steps)
            continue;
        here = step == last ? here + 1 : 1;
        last = step;
        most = here > most ? here : most;
    }
    return most;
}

static size_t bytes_of(const vdib_raster *raster) {
    return sizeof *raster + (raster->steps + 1) * sizeof *raster->offsets +
           vdib_raster_spikes(raster) * sizeof *raster->indices;
}

/* Keeps a copy of a binned recording if there is room, in memory or on disk. Nothing depends on it but time. */
static void keep(vdib_dataset *dataset, vdib__item *item, const vdib_raster *raster) {
    size_t bytes = bytes_of(raster);
    vdib_raster *copy = NULL, *none = NULL;
    if (atomic_fetch_add(&dataset->kept_bytes, bytes) + bytes <= dataset->kept_most && VDIB_NEW(&copy, 1) == VDIB_OK &&
        vdib__raster_copy(raster, copy) == VDIB_OK && atomic_compare_exchange_strong(&item->kept, &none, copy))
        return;
    atomic_fetch_sub(&dataset->kept_bytes, bytes);
    vdib_raster_destroy(copy);
    vdib__store_raster(dataset, item, raster);
}

/* The same of its events; whether there was room in memory. */
static bool keep_clip(vdib_dataset *dataset, vdib__item *item, const vdib__clip *clip) {
    size_t bytes = vdib__clip_bytes(clip);
    vdib__clip *copy = NULL, *none = NULL;
    if (atomic_fetch_add(&dataset->kept_bytes, bytes) + bytes <= dataset->kept_most &&
        vdib__clip_copy(clip, &copy) == VDIB_OK && atomic_compare_exchange_strong(&item->clip, &none, copy))
        return true;
    atomic_fetch_sub(&dataset->kept_bytes, bytes);
    vdib__clip_destroy(copy);
    vdib__store_clip(dataset, item, clip);
    return false;
}

/* What a recording is read into: each may be NULL. What becomes of its events is written down with the raster. */
typedef struct reading {
    vdib_raster *raster;
    vdib__clip *clip;
    const vdib__span *span; /* of the clip */
    vdib__looked looked;    /* how it is written down */
} reading;

static vdib_status read_events(const vdib_dataset *dataset, vdib__item *item, const vdib_event *events, size_t count,
                               const vdib_events_info *info, const reading *into) {
    vdib_binning binning = vdib__recordings_binning(dataset);
    vdib_binning_report report = {.size = sizeof(vdib_binning_report)};
    item_events of = events_of(dataset, item, events, count, info);
    binning.start_us += of.origin;
    vdib_status status = map_pixels(dataset, &of);
    if (status == VDIB_OK && into->clip != NULL)
        status = vdib__clip_fill(into->clip, into->span, of.all, of.count, &binning);
    if (status == VDIB_OK && into->raster != NULL)
        status = vdib_raster_bin(into->raster, of.all, of.count, &binning, &report);
    if (status == VDIB_OK && into->raster != NULL)
        write_fate(item, info, &of, &report, densest_step(of.all, of.count, &binning), into->looked);
    vdib__free(of.mapped);
    return status;
}

/* A recording of more events than are held. */
static vdib_status read_long(const vdib_dataset *dataset, vdib__item *item, const reading *into) {
    vdib__long_result r;
    VDIB_TRY(vdib__long_read(dataset, item, into->raster, into->clip, into->span, &r));
    if (into->raster == NULL)
        return VDIB_OK;
    vdib__fate fate = {.events = r.passing.events + r.passing.beyond,
                       .cropped = r.passing.cropped,
                       .outside_window = r.report.outside_window,
                       .outside_sensor = r.passing.beyond,
                       .on_events = r.passing.on,
                       .densest = r.densest,
                       .first_us = r.passing.first_us,
                       .last_us = r.passing.last_us,
                       .width = (uint32_t)r.info.width,
                       .height = (uint32_t)r.info.height};
    recognized(&r.info, item, &fate);
    (void)snprintf(fate.format, sizeof fate.format, "%s", r.info.format);
    blame(&fate, item, &r.info);
    keep_fate(item, &fate, VDIB_LOOKED_DONE);
    return VDIB_OK;
}

/* Whether a recording will be augmented: training examples are, and validation examples are among them where they are
 * not marked. */
static bool keeps_events(const vdib_dataset *dataset, const vdib__item *item) {
    const vdib__part *part = &dataset->parts[VDIB_PART_TRAIN];
    return !vdib__augmentation_is_none(&dataset->parameters.augmentation) && item >= part->items &&
           item < part->items + part->count && !item->validation;
}

/* Whether there is room for more items, in memory or on disk. */
static bool has_room(const vdib_dataset *dataset) {
    enum { NEARLY = 32 };
    return atomic_load(&dataset->kept_bytes) < dataset->kept_most - dataset->kept_most / NEARLY ||
           vdib__stored_has_room(dataset);
}

/* Keeps another item of a recording that was decoded. */
static vdib_status keep_ahead(vdib_dataset *dataset, vdib__item *item, const vdib__whole *whole, vdib_raster *raster) {
    vdib_binning binning = vdib__recordings_binning(dataset);
    vdib__span span = vdib__span_of(&dataset->parameters.augmentation, &binning);
    vdib__clip clip = {0};
    bool events = keeps_events(dataset, item);
    const reading into = {.raster = raster, .clip = events ? &clip : NULL, .span = &span, .looked = VDIB_LOOKED_AHEAD};
    vdib_status status = read_events(dataset, item, whole->events, whole->count, &whole->info, &into);
    if (status == VDIB_OK && !events)
        keep(dataset, item, raster);
    else if (status == VDIB_OK && !keep_clip(dataset, item, &clip))
        vdib__store_raster(dataset, item, raster);
    vdib__clip_clear(&clip);
    return status;
}

/* Decoding a recording costs more than what its items take of it: all of them do. Nothing depends on it but time. */
static void read_ahead(vdib_dataset *dataset, const vdib__item *item, const vdib__whole *whole) {
    vdib__item *const *items = NULL;
    vdib_raster *raster = NULL;
    size_t count = 0;
    vdib_binning b = vdib__recordings_binning(dataset);
    if (dataset->recordings == 0 || !has_room(dataset) || vdib__siblings_of(dataset, item, &items, &count) != VDIB_OK ||
        count < 2 || vdib_raster_create(b.polarities * b.height * b.width, b.steps, &raster) != VDIB_OK)
        return;
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK && has_room(dataset); i++)
        if (items[i] != item && atomic_load(&items[i]->looked) == VDIB_LOOKED_NOT)
            status = keep_ahead(dataset, items[i], whole, raster);
    vdib_raster_destroy(raster);
}

static vdib_status read_any(const vdib_dataset *dataset, vdib__item *item, const reading *into) {
    vdib__whole whole;
    vdib_events_info info;
    bool more = false;
    if (vdib__siblings_info((vdib_dataset *)dataset, item, &info) && info.events > dataset->most_events)
        return read_long(dataset, item, into);
    VDIB_TRY(vdib__whole_read(dataset->opened, item->path, dataset->parameters.time_unit, dataset->most_events, &whole,
                              &more));
    if (more)
        return read_long(dataset, item, into);
    vdib_status status = read_events(dataset, item, whole.events, whole.count, &whole.info, into);
    if (status == VDIB_OK && item->cut && dataset->several)
        read_ahead((vdib_dataset *)dataset, item, &whole);
    vdib__whole_free(&whole);
    return status;
}

static vdib_status read_file(const vdib_dataset *dataset, vdib__item *item, const reading *into) {
    return vdib__unpacked_fail(&dataset->unpacked, read_any(dataset, item, into));
}

/* What is kept and counted is a cache of what the files say: filling it does not change the data set. */
static vdib_status read_both(vdib_dataset *dataset, vdib__item *item, vdib_raster *raster) {
    vdib_binning binning = vdib__recordings_binning(dataset);
    vdib__span span = vdib__span_of(&dataset->parameters.augmentation, &binning);
    vdib__clip clip = {0};
    const reading into = {.raster = raster, .clip = &clip, .span = &span, .looked = VDIB_LOOKED_DONE};
    vdib_status status = read_file(dataset, item, &into);
    if (status == VDIB_OK && !keep_clip(dataset, item, &clip))
        vdib__store_raster(dataset, item, raster);
    vdib__clip_clear(&clip);
    return status;
}

vdib_status vdib__recording_read(const vdib_dataset *dataset, const vdib__item *item, vdib_raster *raster) {
    const vdib_raster *kept = atomic_load(&item->kept);
    (void)vdib__recording_count(item);
    if (kept != NULL)
        return vdib__raster_copy(kept, raster);
    vdib__fate fate;
    if (vdib__stored_raster(dataset, item, raster, &fate)) {
        keep_fate((vdib__item *)item, &fate, VDIB_LOOKED_DONE);
        (void)vdib__recording_count(item);
        return VDIB_OK;
    }
    if (keeps_events(dataset, item))
        return read_both((vdib_dataset *)dataset, (vdib__item *)item, raster);
    VDIB_TRY(read_file(dataset, (vdib__item *)item, &(reading){.raster = raster, .looked = VDIB_LOOKED_DONE}));
    keep((vdib_dataset *)dataset, (vdib__item *)item, raster);
    return VDIB_OK;
}

vdib_status vdib__recording_clip(const vdib_dataset *dataset, const vdib__item *item, const vdib__span *span,
                                 vdib__clip *scratch, const vdib__clip **clip) {
    const vdib__clip *kept = atomic_load(&item->clip);
    if (kept != NULL && kept->span.from <= span->from && kept->span.to >= span->to) {
        *clip = kept;
        return VDIB_OK;
    }
    if (vdib__stored_clip(dataset, item, span, scratch)) {
        *clip = scratch;
        return VDIB_OK;
    }
    VDIB_TRY(read_file(dataset, (vdib__item *)item, &(reading){.clip = scratch, .span = span}));
    (void)keep_clip((vdib_dataset *)dataset, (vdib__item *)item, scratch);
    *clip = scratch;
    return VDIB_OK;
}
