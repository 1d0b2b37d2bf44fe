/* SPDX-License-Identifier: MIT */
/* Recordings as rasters, or as events where they will be augmented: read once, counted, and kept as long as there is
 * room. */

#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/entries.h"
#include "data/recordings/events.h"
#include "data/recordings/siblings.h"
#include "data/recordings/stored.h"
#include "events/columns.h"
#include "events/events.h"

enum {
    LOOKED_MOST = 4096,
    REMEDY = 512,
    MANY_EVENTS = 300 /* of a recording: from so many on, what they have in common is no chance */
};

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

/* What the file does not say. */
static void recognized(const vdib_events_info *info, vdib__fate *fate) {
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
    recognized(info, &fate);
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
    recognized(&r.info, &fate);
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

/* ---- looking at recordings before they are used ---- */

/* What the recordings of a split lose. */
typedef struct loss {
    size_t recordings, silent; /* silent: without an event inside */
    size_t late, early, empty; /* of these: all after, all before the window, none at all */
    size_t doubtful;           /* may be of another layout */
    uint64_t events, outside_window, outside_sensor;
    int64_t first_us, last_us; /* of all */
    uint32_t width, height;
    const vdib__item *example; /* the first silent one, else the first that loses the most of its events */
} loss;

static uint64_t lost(const vdib__fate *fate) {
    return fate->outside_window + fate->outside_sensor;
}

static void add_loss(const vdib_dataset *dataset, const vdib__item *item, loss *l) {
    const vdib__fate *fate = &item->fate;
    const vdib__dataset_parameters *p = &dataset->parameters;
    int64_t end = p->start_us + (int64_t)p->steps * p->step_us;
    bool silent = lost(fate) == fate->events, was_silent = l->silent > 0;
    if (silent ? !was_silent : !was_silent && (l->example == NULL || lost(fate) > lost(&l->example->fate)))
        l->example = item;
    if (fate->events > 0 && (l->events == 0 || fate->first_us < l->first_us))
        l->first_us = fate->first_us;
    if (fate->events > 0 && (l->events == 0 || fate->last_us > l->last_us))
        l->last_us = fate->last_us;
    l->recordings++;
    l->silent += silent;
    l->empty += fate->events == 0;
    l->late += fate->events > 0 && fate->first_us >= end;
    l->early += fate->events > 0 && fate->last_us < p->start_us;
    l->doubtful += vdib__recording_is_doubtful(dataset, item, VDIB_DOUBT_ALL_OFF) ||
                   vdib__recording_is_doubtful(dataset, item, VDIB_DOUBT_ONE_PIXEL);
    l->events += fate->events;
    l->outside_window += fate->outside_window;
    l->outside_sensor += fate->outside_sensor;
    l->width = fate->width > l->width ? fate->width : l->width;
    l->height = fate->height > l->height ? fate->height : l->height;
}

/* The key that brings most of the lost events back; the pixels and steps of a trained model are its own, and none does
 * where the files are not what they are read as. */
static void cure(const vdib_dataset *dataset, const loss *l, char text[REMEDY]) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    if (2 * l->doubtful > l->recordings)
        snprintf(
            text, REMEDY,
            "%zu of them have no ON event, or one pixel: if these are files of another layout, convert them to %s; "
            "if they are sound, %s change that",
            l->doubtful, vdib__events_layout(l->example->path), vdib__loss_keys(dataset));
    else if (l->outside_sensor > l->outside_window)
        snprintf(text, REMEDY, "%sdata.sensor=%ux%u holds them all", p->for_model ? "in training " : "",
                 (unsigned)l->width, (unsigned)l->height);
    else if (2 * l->empty > l->silent && l->silent > 0)
        snprintf(text, REMEDY, "take the empty recordings out, or fetch them again");
    else if (l->late + l->early > 0)
        snprintf(text, REMEDY, "%sdata.start_us moves the window (the earliest of all is at %lld us)",
                 p->from_first_event ? ""
                                     : "data.from_first_event=true counts time from each recording's first event, ",
                 (long long)l->first_us);
    else if (p->for_model)
        snprintf(text, REMEDY, "they last until %lld us: data.step_us=%lld covers that", (long long)l->last_us,
                 (long long)((l->last_us - p->start_us) / (int64_t)p->steps + 1));
    else
        snprintf(text, REMEDY, "they last until %lld us: data.steps=%zu with data.step_us=%lld covers that",
                 (long long)l->last_us, p->steps, (long long)((l->last_us - p->start_us) / (int64_t)p->steps + 1));
}

static vdib_status judge_loss(const vdib_dataset *dataset, vdib_split split, const loss *l) {
    static const char *const names[] = {"training", "validation", "test"};
    const vdib__dataset_parameters *p = &dataset->parameters;
    uint64_t gone = l->outside_window + l->outside_sensor;
    char remedy[REMEDY];
    if (p->allow_loss || l->recordings == 0 || (5 * l->silent < l->recordings && 10 * gone <= 9 * l->events))
        return VDIB_OK;
    cure(dataset, l, remedy);
    return vdib__fail(
        VDIB_ERROR_DATA,
        "%s: of %zu %s recording%s, %zu %s no event inside %zu step%s of %lld us from %lld us on and %zu x %zu "
        "pixels (%zu begin later, %zu have none at all), and %llu of %llu event%s are lost; %s, data.allow_loss=true "
        "goes on without them",
        l->example->path, l->recordings, names[split], vdib__s(l->recordings), l->silent,
        l->silent == 1 ? "has" : "have", p->steps, vdib__s(p->steps), (long long)p->step_us, (long long)p->start_us,
        dataset->geometry.input_width, dataset->geometry.input_height, l->late, l->empty, (unsigned long long)gone,
        (unsigned long long)l->events, vdib__s(l->events), remedy);
}

typedef struct looking {
    const vdib_dataset *dataset;
    vdib_split split;
    const size_t *indices; /* NULL: `stride` apart */
    size_t size, count;
    vdib_raster **rasters; /* (threads) scratch */
    vdib__failure *failure;
} looking;

static vdib_status item_of(const looking *l, size_t task, const vdib__item **item) {
    size_t index = task * l->size / l->count;
    return vdib__split_item(l->dataset, l->split, l->indices != NULL ? l->indices[index] : index, item);
}

static vdib_status look_at(const looking *l, size_t task, vdib_raster *raster) {
    const vdib__item *item = NULL;
    VDIB_TRY(item_of(l, task, &item));
    if (item->path == NULL) /* filmed, and mixed with recordings */
        return VDIB_OK;
    return vdib__recording_count(item) ? VDIB_OK : vdib__recording_read(l->dataset, item, raster);
}

static void look_task(const void *context, size_t task, size_t slot) {
    const looking *l = context;
    vdib__failure_note(l->failure, task, look_at(l, task, l->rasters[slot]));
}

static vdib_status look_at_all(const looking *l, int threads) {
    vdib_binning binning = vdib__recordings_binning(l->dataset);
    for (int i = 0; i < threads; i++)
        VDIB_TRY(
            vdib_raster_create(binning.polarities * binning.height * binning.width, binning.steps, &l->rasters[i]));
    vdib__failure_init(l->failure);
    vdib__parallel(threads, l->count, look_task, l);
    VDIB_TRY(vdib__failure_raise(l->failure));
    loss sum = {0};
    for (size_t task = 0; task < l->count; task++) {
        const vdib__item *item = NULL;
        VDIB_TRY(item_of(l, task, &item));
        if (atomic_load(&item->looked) == VDIB_LOOKED_DONE)
            add_loss(l->dataset, item, &sum);
    }
    return judge_loss(l->dataset, l->split, &sum);
}

/* Whether the items of a data set are files. */
static bool reads_files(const vdib_dataset *dataset) {
    for (int p = 0; p < VDIB_PARTS; p++) /* a program that fetches examples itself has no items */
        if (dataset->parts[p].items != NULL && dataset->parts[p].count > 0)
            return dataset->parts[p].items[0].path != NULL;
    return false;
}

/* Filmed digits are all of one length: they miss the window together, or hardly at all. */
static vdib_status look_at_film(const vdib_dataset *dataset, vdib_split split) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    size_t size = vdib_dataset_size(dataset, split), filmed = 0, silent = 0;
    for (size_t i = 0; i < size; i++) {
        const vdib__item *item = NULL;
        VDIB_TRY(vdib__split_item(dataset, split, i, &item));
        filmed += item->raster != NULL;
        silent += item->raster != NULL && vdib_raster_spikes(item->raster) == 0;
    }
    if (filmed == 0 || p->allow_loss || 5 * silent < filmed)
        return VDIB_OK;
    return vdib__fail(
        VDIB_ERROR_DATA,
        "%zu of %zu of the built-in camera's recordings have no event inside %zu step%s of %lld us from %lld us on; "
        "change %sdata.step_us or data.start_us, data.allow_loss=true goes on without them",
        silent, filmed, p->steps, vdib__s(p->steps), (long long)p->step_us, (long long)p->start_us,
        p->for_model ? "" : "data.steps, ");
}

vdib_status vdib__dataset_look(const vdib_dataset *dataset, vdib_split split, const size_t *indices, size_t count,
                               int threads) {
    size_t size = indices != NULL ? count : vdib_dataset_size(dataset, split);
    if (size == 0)
        return VDIB_OK;
    if (!reads_files(dataset))
        return vdib__dataset_has_sensor(dataset) ? look_at_film(dataset, split) : VDIB_OK;
    vdib__failure failure;
    looking l = {.dataset = dataset,
                 .split = split,
                 .indices = indices,
                 .size = size,
                 .count = size < LOOKED_MOST ? size : LOOKED_MOST,
                 .failure = &failure};
    VDIB_TRY(VDIB_NEW(&l.rasters, (size_t)threads));
    vdib_status status = look_at_all(&l, threads);
    for (int i = 0; i < threads; i++)
        vdib_raster_destroy(l.rasters[i]);
    vdib__free(l.rasters);
    return vdib__unpacked_fail(&dataset->unpacked, status);
}

vdib_status vdib_dataset_look(const vdib_dataset *dataset, vdib_split split, size_t threads) {
    if (dataset == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_dataset_look: dataset must not be NULL");
    return vdib__dataset_look(dataset, split, NULL, 0, vdib__threads(threads));
}
