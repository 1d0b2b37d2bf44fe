/* SPDX-License-Identifier: MIT */
/* Data sets: life, shapes, and examples given by the caller. */

#include "vdib/dataset.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/geometry.h"
#include "core/raster.h"
#include "core/sized.h"
#include "core/text.h"
#include "data/dataset_parts.h"
#include "data/idx.h"
#include "data/recordings/opened.h"
#include "data/recordings/siblings.h"
#include "data/recordings/store.h"
#include "data/select.h"

/* VDIB_KEPT_BYTES, or what the environment variable of that name says, in bytes. */
static vdib_status memory_for_recordings(size_t *bytes) {
    const char *text = getenv("VDIB_KEPT_BYTES");
    *bytes = VDIB_KEPT_BYTES;
    if (text == NULL || *text == '\0')
        return VDIB_OK;
    errno = 0;
    unsigned long long asked = strtoull(text, NULL, 10);
    if (strspn(text, "0123456789") != strlen(text) || errno != 0 || asked > SIZE_MAX)
        return vdib__fail(VDIB_ERROR_CONFIG, "VDIB_KEPT_BYTES=%.40s: use a whole number of bytes, or unset it", text);
    *bytes = (size_t)asked;
    return VDIB_OK;
}

vdib_status vdib__dataset_new(vdib_dataset **dataset) {
    vdib_dataset *made = NULL;
    size_t kept_most = 0;
    VDIB_TRY(memory_for_recordings(&kept_most));
    VDIB_TRY(VDIB_NEW(&made, 1));
    if (pthread_mutex_init(&made->lock, NULL) != 0) {
        vdib__free(made);
        (void)vdib__fail(VDIB_ERROR_MEMORY, "out of memory: no lock could be made");
        return VDIB_ERROR_MEMORY;
    }
    if (pthread_mutex_init(&made->fetching, NULL) != 0) {
        pthread_mutex_destroy(&made->lock);
        vdib__free(made);
        (void)vdib__fail(VDIB_ERROR_MEMORY, "out of memory: no lock could be made");
        return VDIB_ERROR_MEMORY;
    }
    vdib_status status = vdib__opened_create(&made->opened);
    if (status != VDIB_OK) {
        vdib_dataset_destroy(made);
        return status;
    }
    atomic_init(&made->settled, false);
    made->most_events = VDIB_HELD_EVENTS;
    made->kept_most = kept_most;
    made->geometry.size = sizeof made->geometry;
    *dataset = made;
    return VDIB_OK;
}

vdib_status vdib__dataset_cancelled(const vdib_dataset *dataset) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    if (p->cancelled != NULL && p->cancelled(p->user))
        return vdib__fail(VDIB_ERROR_CANCELLED, "opening the data was stopped");
    return VDIB_OK;
}

vdib_status vdib__part_add(vdib__part *part, vdib__item **item) {
    VDIB_TRY(VDIB_RESERVE(&part->items, &part->capacity, part->count + 1));
    *item = &part->items[part->count++];
    **item = (vdib__item){0};
    return VDIB_OK;
}

static void item_clear(vdib__item *item) {
    vdib__clip_destroy(atomic_load(&item->clip));
    vdib_raster_destroy(atomic_load(&item->kept));
    vdib__free(item->values);
    vdib_raster_destroy(item->raster);
    vdib__free(item->target_path);
    vdib__free(item->path);
}

void vdib__part_keep(vdib__part *part, const size_t *chosen, size_t count) {
    size_t kept = 0;
    if (part->items == NULL) /* the program's function gives them */
        part->count = 0;
    for (size_t i = 0; i < part->count; i++) {
        if (kept < count && chosen[kept] == i)
            memmove(&part->items[kept++], &part->items[i], sizeof part->items[i]);
        else
            item_clear(&part->items[i]);
    }
    part->count = kept;
}

/* chosen (limit at most): numbers of items that are for validation, or are not, evenly over their classes; *count: how
 * many. labels and all (items) are scratch. */
static vdib_status choose_items(const vdib__part *part, bool validation, size_t limit, uint32_t *labels, size_t *all,
                                size_t *chosen, size_t *count) {
    size_t there = 0;
    for (size_t i = 0; i < part->count; i++)
        if (part->items[i].validation == validation) {
            labels[there] = part->items[i].label;
            all[there++] = i;
        }
    *count = there < limit ? there : limit;
    VDIB_TRY(vdib__select_evenly(labels, there, *count, chosen));
    for (size_t i = 0; i < *count; i++)
        chosen[i] = all[chosen[i]];
    return VDIB_OK;
}

static int compare_numbers(const void *a, const void *b) {
    size_t first = *(const size_t *)a, second = *(const size_t *)b;
    return (first > second) - (first < second);
}

vdib_status vdib__part_limit(vdib__part *part, size_t limit) {
    uint32_t *labels = NULL;
    size_t *all = NULL, *chosen = NULL, examples = 0, validation = 0;
    if (limit == 0 || limit >= part->count)
        return VDIB_OK;
    vdib_status status;
    VDIB_TRY_GOTO(VDIB_NEW(&labels, part->count), done);
    VDIB_TRY_GOTO(VDIB_NEW(&all, part->count), done);
    VDIB_TRY_GOTO(VDIB_NEW(&chosen, part->count), done);
    VDIB_TRY_GOTO(choose_items(part, false, limit, labels, all, chosen, &examples), done);
    VDIB_TRY_GOTO(choose_items(part, true, limit, labels, all, chosen + examples, &validation), done);
    qsort(chosen, examples + validation, sizeof *chosen, compare_numbers);
    vdib__part_keep(part, chosen, examples + validation);
done:
    vdib__free(chosen);
    vdib__free(all);
    vdib__free(labels);
    return status;
}

void vdib_dataset_destroy(vdib_dataset *dataset) {
    if (dataset == NULL)
        return;
    vdib__callback_release(dataset);
    pthread_mutex_destroy(&dataset->fetching);
    pthread_mutex_destroy(&dataset->lock);
    vdib__free(dataset->sizes);
    vdib__free(dataset->permutation);
    vdib__free(dataset->members);
    for (int p = 0; p < VDIB_PARTS; p++) {
        vdib__part_keep(&dataset->parts[p], NULL, 0);
        vdib__free(dataset->parts[p].items);
        vdib__images_free(&dataset->mixed[p]);
        vdib__images_free(&dataset->shown[p]);
        vdib__images_free(&dataset->natural[p]);
        vdib__free(dataset->unreadable[p].first);
    }
    (void)vdib__classes_set(dataset, NULL, 0);
    vdib__names_free(dataset->notes, dataset->note_count);
    vdib__store_close(atomic_load(&dataset->store));
    vdib__unpacked_close(&dataset->unpacked);
    vdib__opened_destroy(dataset->opened);
    vdib__siblings_destroy(dataset->siblings);
    vdib__free(dataset);
}

const vdib_geometry *vdib_dataset_geometry(const vdib_dataset *dataset) {
    return dataset != NULL ? &dataset->geometry : NULL;
}

bool vdib__dataset_has_sensor(const vdib_dataset *dataset) {
    return !dataset->own && vdib__input_is_recordings(dataset->parameters.input);
}

const vdib__pixels *vdib__dataset_pixels(const vdib_dataset *dataset) {
    return vdib__dataset_has_sensor(dataset) ? &dataset->parameters.pixels : NULL;
}

const char *vdib_dataset_summary(const vdib_dataset *dataset) {
    return dataset != NULL ? dataset->summary : NULL;
}

const vdib__images *vdib__dataset_images(const vdib_dataset *dataset, vdib_split split) {
    const vdib__images *images = &dataset->natural[split == VDIB_SPLIT_TEST ? VDIB_PART_TEST : VDIB_PART_TRAIN];
    return images->count > 0 ? images : NULL;
}

static size_t channels_of(const vdib_geometry *geometry) {
    return geometry->input_channels * geometry->input_height * geometry->input_width;
}

static vdib_status check_geometry(const vdib_geometry *geometry) {
    size_t channels = 0, pixels = 0;
    bool overflow = __builtin_mul_overflow(geometry->input_channels, geometry->input_height, &channels) ||
                    __builtin_mul_overflow(channels, geometry->input_width, &channels) ||
                    __builtin_mul_overflow(geometry->target_height, geometry->target_width, &pixels) ||
                    __builtin_mul_overflow(pixels, (size_t)3, &pixels);
    if (overflow || channels == 0 || channels >= UINT32_MAX)
        return vdib__fail(
            VDIB_ERROR_ARGUMENT,
            "vdib_dataset_create: input of %zu x %zu x %zu; each size must be at least 1 and their product "
            "below 2^32 - 1",
            geometry->input_channels, geometry->input_height, geometry->input_width);
    if (geometry->steps == 0 || geometry->steps > 0xFFFFFF)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_dataset_create: %zu step%s; 1 to 2^24 - 1 are possible",
                          geometry->steps, vdib__s(geometry->steps));
    if (geometry->classes == 0 || geometry->classes > UINT32_MAX)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_dataset_create: %zu classes; at least 1 is needed",
                          geometry->classes);
    if ((geometry->target_height == 0) != (geometry->target_width == 0))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_dataset_create: target of %zu x %zu; both are 0 where the target is the label, else "
                          "neither",
                          geometry->target_height, geometry->target_width);
    if (geometry->target_channels > 3 || geometry->target_channels == 2)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_dataset_create: %zu target channels; 1 (grey, vectors) or 3 (red, green, blue) are "
                          "possible",
                          geometry->target_channels);
    return VDIB_OK;
}

vdib_status vdib_dataset_create(const vdib_geometry *geometry, vdib_dataset **dataset) {
    VDIB_REQUIRE(geometry, dataset);
    vdib_dataset *made = NULL;
    vdib_geometry used;
    VDIB_TRY(VDIB_SIZED_READ(vdib_geometry, geometry, &used));
    VDIB_TRY(check_geometry(&used));
    VDIB_TRY(vdib__dataset_new(&made));
    made->geometry = used;
    made->geometry.target_channels = vdib__target_channels(&used);
    made->own = true;
    made->parameters.input = &vdib__input_events; /* examples are given, not made */
    made->parameters.target = &vdib__target_image;
    snprintf(made->summary, sizeof made->summary, "examples given by the program, %zu x %zu x %zu inputs, %zu step%s",
             geometry->input_channels, geometry->input_height, geometry->input_width, geometry->steps,
             vdib__s(geometry->steps));
    *dataset = made;
    return VDIB_OK;
}

static vdib_status check_target(const vdib_geometry *geometry, const float *target) {
    size_t count = vdib__target_values(geometry);
    if ((target == NULL) != (count == 0))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_dataset_add: the data set's targets have %zu value%s; target must %sbe NULL", count,
                          vdib__s(count), count == 0 ? "" : "not ");
    for (size_t i = 0; i < count; i++)
        if (!isfinite(target[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC, "vdib_dataset_add: value %zu of the target is not finite", i);
    return VDIB_OK;
}

static vdib_status check_example(const vdib_dataset *dataset, vdib_split split, const vdib_raster *raster,
                                 const float *target, uint32_t label) {
    const vdib_geometry *geometry = &dataset->geometry;
    if (!dataset->own || dataset->callback != NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_dataset_add: this data set was opened; make one of your own with vdib_dataset_create");
    if (split != VDIB_SPLIT_TRAIN && split != VDIB_SPLIT_TEST)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_dataset_add: examples are added to the training (0) or test split (2), not %d; the "
                          "validation split is taken from the training examples",
                          (int)split);
    if (vdib_raster_channels(raster) != channels_of(geometry) || vdib_raster_steps(raster) != geometry->steps)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_dataset_add: a raster of %zu step%s x %zu channels; the data set has %zu x %zu",
                          vdib_raster_steps(raster), vdib__s(vdib_raster_steps(raster)), vdib_raster_channels(raster),
                          geometry->steps, channels_of(geometry));
    if (label >= geometry->classes)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_dataset_add: label %u; it must be below %zu", (unsigned)label,
                          geometry->classes);
    return check_target(geometry, target);
}

/* Copies of the raster and the target. */
static vdib_status fill_item(const vdib_geometry *geometry, const vdib_raster *raster, const float *target,
                             vdib__item *item) {
    VDIB_TRY(vdib_raster_create(channels_of(geometry), geometry->steps, &item->raster));
    VDIB_TRY(vdib__raster_copy(raster, item->raster));
    if (target == NULL)
        return VDIB_OK;
    size_t count = vdib__target_values(geometry);
    VDIB_TRY(VDIB_NEW(&item->values, count));
    memcpy(item->values, target, count * sizeof *item->values);
    item->target = item->values;
    return VDIB_OK;
}

vdib_status vdib_dataset_add(vdib_dataset *dataset, vdib_split split, const vdib_raster *raster, const float *target,
                             uint32_t label) {
    VDIB_REQUIRE(dataset, raster);
    VDIB_TRY(check_example(dataset, split, raster, target, label));
    vdib__part *part = &dataset->parts[split == VDIB_SPLIT_TEST ? VDIB_PART_TEST : VDIB_PART_TRAIN];
    vdib__item *item = NULL;
    VDIB_TRY(vdib__part_add(part, &item));
    item->label = label;
    vdib_status status = fill_item(&dataset->geometry, raster, target, item);
    if (status == VDIB_OK)
        status = vdib__split_reserve(dataset);
    if (status != VDIB_OK)
        item_clear(&part->items[--part->count]);
    return status;
}
