/* SPDX-License-Identifier: MIT */
/* Recordings are looked at before they are used: what of their events is lost is said, and refused where it is nearly
 * all. */

#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/dataset_parts.h"
#include "events/events.h"

enum { LOOKED_MOST = 4096, REMEDY = 512 };

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
