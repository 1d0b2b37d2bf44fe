/* SPDX-License-Identifier: MIT */
/* Loading targets: all of them have one size, or are given one; grey ones beside colour become colour. */
#include "data/targets/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/idx.h"

/* Targets stay in memory: from so many bytes on a note says so. */
static const size_t MANY_BYTES = (size_t)1 << 30;

/* What is said of all targets. */
typedef struct remarks {
    size_t files, seen_through, scaled, resized, coloured;
    size_t height, width, channels; /* of all */
    const char *first;              /* the file that set the size */
    const char *folder;             /* the data's */
} remarks;

/* ---- which files ---- */

typedef struct request {
    const vdib__item *item;
    size_t number; /* of the item */
} request;

static int by_path(const void *a, const void *b) {
    const request *first = a, *second = b;
    int order = strcmp(first->item->target_path, second->item->target_path);
    return order != 0 ? order : first->number < second->number ? -1 : 1;
}

static vdib_status fail_without(const vdib_dataset *dataset, const char *folder, const vdib__item *item) {
    bool arrays = dataset->parameters.target->range == VDIB_RANGE_ANY;
    VDIB_TRY(vdib__targets_unread(folder, item));
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: has no target; put a file of the same name %s, name one in the column target of a manifest, "
                      "or choose another data.target than %s",
                      item->path,
                      arrays ? "with .npy into a folder targets beside it"
                             : "with .png, .pgm or .ppm beside it or into a folder targets",
                      dataset->parameters.target->choice.name);
}

/* One source a file, for all items that share it. */
static vdib_status list_files(const vdib_dataset *dataset, int part, const char *folder, request *requests,
                              vdib__target_sources *sources) {
    const vdib__part *p = &dataset->parts[part];
    for (size_t i = 0; i < p->count; i++) {
        if (p->items[i].target_path == NULL)
            return fail_without(dataset, folder, &p->items[i]);
        requests[i] = (request){&p->items[i], i};
    }
    qsort(requests, p->count, sizeof *requests, by_path);
    for (size_t i = 0; i < p->count; i++) {
        const vdib__item *item = requests[i].item;
        if (i == 0 || strcmp(item->target_path, sources->all[sources->count - 1].path) != 0)
            sources->all[sources->count++] = (vdib__target_source){.path = item->target_path, .label = item->label};
        sources->of[requests[i].number] = sources->count - 1;
    }
    return VDIB_OK;
}

/* ---- loading ---- */

vdib_status vdib__targets_fit(const vdib_dataset *dataset, vdib__picture *picture, bool *resized) {
    size_t height = dataset->parameters.target_height, width = dataset->parameters.target_width;
    float *values = NULL;
    *resized = height != 0 && (height != picture->height || width != picture->width);
    if (!*resized)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&values, picture->channels * height * width));
    vdib_status status = vdib__picture_resize(picture, height, width, values);
    if (status != VDIB_OK) {
        vdib__free(values);
        return status;
    }
    vdib__free(picture->values);
    picture->values = values;
    picture->height = height;
    picture->width = width;
    return VDIB_OK;
}

typedef struct loading {
    const vdib_dataset *dataset;
    vdib__target_sources *sources;
    bool *resized; /* (sources) */
    vdib__failure *failure;
} loading;

static vdib_status load_one(const loading *l, size_t i) {
    vdib__picture *picture = &l->sources->all[i].picture;
    VDIB_TRY(vdib__picture_load(l->sources->all[i].path, l->dataset->parameters.target->range, picture));
    return vdib__targets_fit(l->dataset, picture, &l->resized[i]);
}

/* Tasks: files. */
static void load_task(const void *context, size_t i, size_t slot) {
    const loading *l = context;
    (void)slot;
    vdib__failure_note(l->failure, i, load_one(l, i));
}

static vdib_status load_files(const vdib_dataset *dataset, vdib__target_sources *sources, remarks *r) {
    vdib__failure failure;
    bool *resized = NULL;
    VDIB_TRY(VDIB_NEW(&resized, sources->count));
    const loading all = {dataset, sources, resized, &failure};
    vdib__failure_init(&failure);
    vdib__parallel(dataset->parameters.threads, sources->count, load_task, &all);
    vdib_status status = vdib__failure_raise(&failure);
    for (size_t i = 0; i < sources->count; i++)
        r->resized += resized[i];
    vdib__free(resized);
    return status;
}

static vdib_status load_part(vdib_dataset *dataset, int part, vdib__target_sources *sources, remarks *r) {
    size_t count = dataset->parts[part].count;
    request *requests = NULL;
    VDIB_TRY(vdib__dataset_cancelled(dataset));
    VDIB_TRY(VDIB_NEW(&sources->of, count));
    VDIB_TRY(VDIB_NEW(&sources->all, count));
    if (dataset->parameters.target->frames)
        return vdib__targets_frames(dataset, part, sources);
    VDIB_TRY(VDIB_NEW(&requests, count));
    vdib_status status = list_files(dataset, part, r->folder, requests, sources);
    vdib__free(requests);
    return status == VDIB_OK ? load_files(dataset, sources, r) : status;
}

/* ---- one size for all ---- */

/* The first target sets the size; *r counts. */
static vdib_status settle_size(const vdib_dataset *dataset, const vdib__target_sources *sources, remarks *r) {
    for (size_t i = 0; i < sources->count; i++) {
        const vdib__picture *p = &sources->all[i].picture;
        if (r->first == NULL) {
            r->first = sources->all[i].path;
            r->height = p->height;
            r->width = p->width;
        }
        if (p->height != r->height || p->width != r->width)
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: has %zu x %zu %s, %s has %zu x %zu; all targets have one size: set data.target_size="
                              "%zux%zu to resize them, or leave this one out",
                              sources->all[i].path, p->width, p->height,
                              dataset->parameters.target->range == VDIB_RANGE_ANY ? "values" : "pixels", r->first,
                              r->width, r->height, r->width, r->height);
        r->channels = p->channels > r->channels ? p->channels : r->channels;
        r->seen_through += (p->remarks & VDIB_PICTURE_SEEN_THROUGH) != 0;
        r->scaled += (p->remarks & VDIB_PICTURE_SCALED) != 0;
    }
    r->files += sources->count;
    return VDIB_OK;
}

/* Puts the pictures of a part together, and frees them; grey ones fill all channels. */
static vdib_status gather(vdib_dataset *dataset, int part, vdib__target_sources *sources, remarks *r) {
    vdib__images *images = &dataset->natural[part];
    size_t map = r->height * r->width;
    *images = (vdib__images){.height = r->height, .width = r->width, .channels = r->channels};
    VDIB_TRY(VDIB_NEW(&images->pixels, sources->count * r->channels * map));
    VDIB_TRY(VDIB_NEW(&images->labels, sources->count));
    images->count = sources->count;
    for (size_t i = 0; i < sources->count; i++) {
        vdib__picture *p = &sources->all[i].picture;
        float *to = images->pixels + i * r->channels * map;
        for (size_t c = 0; c < r->channels; c++)
            memcpy(to + c * map, p->values + (p->channels == 1 ? 0 : c) * map, map * sizeof *to);
        images->labels[i] = sources->all[i].label;
        r->coloured += p->channels < r->channels;
        vdib__free(p->values);
        p->values = NULL;
    }
    for (size_t i = 0; i < dataset->parts[part].count; i++) {
        vdib__item *item = &dataset->parts[part].items[i];
        item->image = item->target = vdib__image_at(images, sources->of[i]);
    }
    return VDIB_OK;
}

/* Heads of probabilities need values in [0, 1]. */
static vdib_status check_range(const vdib_dataset *dataset) {
    for (int part = 0; part < VDIB_PARTS && dataset->parameters.unit_targets; part++) {
        const vdib__images *images = &dataset->natural[part];
        for (size_t i = 0; i < images->count * vdib__images_values(images); i++)
            if (images->pixels[i] < 0.0F || images->pixels[i] > 1.0F)
                return vdib__fail(
                    VDIB_ERROR_DATA,
                    "a target has the value %g, but decoder.head=bernoulli needs values from 0 to 1; scale "
                    "them, or choose decoder.head=gaussian",
                    (double)images->pixels[i]);
    }
    return VDIB_OK;
}

/* ---- what is said ---- */

static vdib_status say(vdib_dataset *dataset, const remarks *r) {
    const char *noun = dataset->parameters.target->frames ? "frame" : "target";
    size_t bytes = r->files * r->channels * r->height * r->width * sizeof(float);
    if (r->resized > 0)
        VDIB_TRY(vdib__note(dataset, "%zu of %zu %ss are resized to %zu x %zu (data.target_size), as means over areas",
                            r->resized, r->files, noun, r->width, r->height));
    if (r->seen_through > 0)
        VDIB_TRY(vdib__note(dataset, "%zu of %zu %ss have pixels that are not opaque: they are laid over black",
                            r->seen_through, r->files, noun));
    if (r->coloured > 0)
        VDIB_TRY(vdib__note(dataset, "%zu of %zu %ss are grey, the others colour: grey is red, green and blue alike",
                            r->coloured, r->files, noun));
    if (r->scaled > 0)
        VDIB_TRY(vdib__note(dataset, "%zu of %zu %ss are arrays of whole numbers: divided by the largest of their type",
                            r->scaled, r->files, noun));
    if (dataset->geometry.classes == 1)
        VDIB_TRY(vdib__note(dataset, "the data have one class, so there are no labels: no judge looks at what is "
                                     "decoded, and its figures are left out"));
    if (dataset->parameters.pixels.columns > 0)
        VDIB_TRY(vdib__note(
            dataset, "data.crop leaves out events, but no part of the %ss: they show more than the input", noun));
    if (bytes > MANY_BYTES)
        VDIB_TRY(vdib__note(dataset, "the %ss take %.1f GiB of memory; data.target_size makes them smaller", noun,
                            (double)bytes / (double)MANY_BYTES));
    return VDIB_OK;
}

/* ---- the whole ---- */

static void sources_free(vdib__target_sources *sources) {
    for (size_t i = 0; i < sources->count; i++)
        vdib__free(sources->all[i].picture.values);
    vdib__free(sources->all);
    vdib__free(sources->of);
}

static vdib_status load(vdib_dataset *dataset, vdib__target_sources sources[VDIB_PARTS], remarks *r) {
    for (int part = 0; part < VDIB_PARTS; part++)
        VDIB_TRY(load_part(dataset, part, &sources[part], r));
    for (int part = 0; part < VDIB_PARTS; part++)
        VDIB_TRY(settle_size(dataset, &sources[part], r));
    for (int part = 0; part < VDIB_PARTS; part++)
        VDIB_TRY(gather(dataset, part, &sources[part], r));
    VDIB_TRY(check_range(dataset));
    dataset->targets_cover = true;
    dataset->geometry.target_channels = r->channels;
    dataset->geometry.target_height = r->height;
    dataset->geometry.target_width = r->width;
    return say(dataset, r);
}

vdib_status vdib__targets_load(vdib_dataset *dataset, const char *folder) {
    vdib__target_sources sources[VDIB_PARTS] = {{0}};
    remarks r = {.folder = folder};
    vdib_status status = load(dataset, sources, &r);
    for (int part = 0; part < VDIB_PARTS; part++)
        sources_free(&sources[part]);
    if (status == VDIB_OK) {
        size_t used = strlen(dataset->summary);
        snprintf(dataset->summary + used, sizeof dataset->summary - used, ", %s of %zu x %zu%s in %s",
                 dataset->parameters.target->frames ? "frames" : "targets", r.width, r.height,
                 r.channels == 3 ? " in colour" : "", folder);
    }
    return status;
}
