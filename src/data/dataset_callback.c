/* SPDX-License-Identifier: MIT */
/* Data sets whose examples a function of the program's gives when they are needed. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/raster.h"
#include "core/sized.h"
#include "core/text.h"
#include "data/dataset_parts.h"

static const char *const SPLITS[] = {"training", "validation", "test"};

static vdib_status check_source(const vdib_dataset_source *source) {
    if (source->fetch == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_dataset_create_callback: a source needs its function `fetch`");
    if (source->train > UINT32_MAX)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_dataset_create_callback: %zu training example%s; at most 2^32 - 1 are possible",
                          source->train, vdib__s(source->train));
    if ((source->image_height == 0) != (source->image_width == 0) ||
        (source->image_width != 0 && source->image_height > SIZE_MAX / sizeof(float) / source->image_width))
        return vdib__fail(
            VDIB_ERROR_ARGUMENT,
            "vdib_dataset_create_callback: images of %zu x %zu; both sizes are 0 where there are none, else "
            "neither",
            source->image_height, source->image_width);
    return VDIB_OK;
}

static void describe(const vdib_dataset_source *source, vdib_dataset *dataset) {
    const vdib_geometry *g = &dataset->geometry;
    snprintf(dataset->summary, sizeof dataset->summary,
             "%.200s, %zu x %zu x %zu inputs, %zu step%s: %zu train, %zu validation, %zu test",
             source->name != NULL ? source->name : "examples that the program fetches", g->input_channels,
             g->input_height, g->input_width, g->steps, vdib__s(g->steps), vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN),
             vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), vdib_dataset_size(dataset, VDIB_SPLIT_TEST));
}

vdib_status vdib_dataset_create_callback(const vdib_geometry *geometry, const vdib_dataset_source *source,
                                         vdib_dataset **dataset) {
    vdib_dataset_source used;
    vdib_dataset *made = NULL;
    VDIB_REQUIRE(geometry, source, dataset);
    VDIB_TRY(VDIB_SIZED_READ(vdib_dataset_source, source, &used));
    VDIB_TRY(check_source(&used));
    VDIB_TRY(vdib_dataset_create(geometry, &made));
    made->parts[VDIB_PART_TRAIN].count = used.train;
    made->parts[VDIB_PART_TEST].count = used.test;
    vdib_status status = VDIB_NEW(&made->callback, 1);
    if (status == VDIB_OK) {
        *made->callback = used;
        made->callback->name = NULL; /* the program's, kept in the summary */
        if (used.validation == 0)
            status = vdib__split_reserve(made);
    }
    if (status != VDIB_OK) {
        vdib__free(made->callback);
        made->callback = NULL; /* the program's data were not taken over: they are not released */
        vdib_dataset_destroy(made);
        return status;
    }
    describe(&used, made);
    *dataset = made;
    return VDIB_OK;
}

void vdib__callback_release(vdib_dataset *dataset) {
    vdib_dataset_source *source = dataset->callback;
    if (source == NULL)
        return;
    if (source->release != NULL)
        source->release(source->user);
    vdib__free(source);
    dataset->callback = NULL;
}

/* Values that the function must fill begin as NaN, so that those it forgets are noticed. */
static float *blank_values(float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = NAN;
    return count > 0 ? values : NULL;
}

static vdib_status check_values(const char *what, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return vdib__fail(VDIB_ERROR_NUMERIC, "value %zu of the %s is not finite, or was not filled in", i, what);
    return VDIB_OK;
}

/* Calls the function; its message, if it gave one, stays. */
static vdib_status call(const vdib_dataset *dataset, vdib_split split, size_t index, vdib_fetched *fetched) {
    const vdib_dataset_source *source = dataset->callback;
    pthread_mutex_t *lock = (pthread_mutex_t *)&dataset->fetching;
    char hidden = vdib__fail_hide();
    if (!source->parallel)
        pthread_mutex_lock(lock);
    vdib_status status = source->fetch(source->user, split, index, fetched);
    if (!source->parallel)
        pthread_mutex_unlock(lock);
    if (status == VDIB_OK) {
        vdib__fail_show(hidden);
        return VDIB_OK;
    }
    bool known = strcmp(vdib_status_name(status), "UNKNOWN") != 0;
    if (vdib_last_message()[0] == '\0')
        return vdib__fail(known ? status : VDIB_ERROR_DATA, "the program's function returned %s (%d)",
                          vdib_status_name(status), (int)status);
    return known ? status : VDIB_ERROR_DATA;
}

static vdib_status check_fetched(const vdib_dataset *dataset, const vdib_fetched *fetched, size_t targets,
                                 size_t pixels) {
    if (fetched->label >= dataset->geometry.classes)
        return vdib__fail(VDIB_ERROR_DATA, "its label is %lu; it must be below %zu", (unsigned long)fetched->label,
                          dataset->geometry.classes);
    VDIB_TRY(check_values("target", fetched->target, targets));
    return check_values("image", fetched->image, pixels);
}

vdib_status vdib__callback_fetch(const vdib_dataset *dataset, vdib_split split, size_t index, vdib_example *example) {
    const vdib_geometry *geometry = &dataset->geometry;
    size_t targets = vdib__target_values(geometry);
    size_t pixels = dataset->callback->image_height * dataset->callback->image_width;
    vdib__example *whole = (vdib__example *)example;
    vdib_split asked = split;
    size_t number = index;
    VDIB_TRY(vdib__split_number(dataset, &asked, &number));
    VDIB_TRY(VDIB_RESERVE(&whole->values, &whole->value_capacity, targets + pixels));
    VDIB_TRY(vdib__raster_reshape(
        example->raster, geometry->input_channels * geometry->input_height * geometry->input_width, geometry->steps));
    vdib_fetched fetched = {.size = sizeof fetched,
                            .raster = example->raster,
                            .target = blank_values(whole->values, targets),
                            .image = blank_values(whole->values + targets, pixels)};
    vdib_status status = call(dataset, asked, number, &fetched);
    if (status == VDIB_OK)
        status = check_fetched(dataset, &fetched, targets, pixels);
    if (status != VDIB_OK)
        return vdib__fail_prefix(status, "%s example %zu", SPLITS[asked], number);
    example->target = targets > 0 ? whole->values : NULL;
    example->image = pixels > 0 ? whole->values + targets : NULL;
    example->image_channels = pixels > 0;
    example->image_height = dataset->callback->image_height;
    example->image_width = dataset->callback->image_width;
    example->step_labels = NULL;
    example->label = fetched.label;
    example->index = index;
    return VDIB_OK;
}
