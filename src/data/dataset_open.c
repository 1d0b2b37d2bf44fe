/* SPDX-License-Identifier: MIT */
/* Opening a data set: what a folder holds, which images go with it, what its examples are. */

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/dataset_parts.h"
#include "data/folders.h"
#include "data/idx.h"

static const char BUILTIN[] = "builtin:digits";

/* Whether a name (NULL: the default) means the drawn digits; VDIB_ERROR_DATA for an unknown builtin: name, and for what
 * is no folder. */
static vdib_status check_place(const char *name, bool *builtin) {
    *builtin = name == NULL || strcmp(name, BUILTIN) == 0;
    if (*builtin)
        return VDIB_OK;
    if (strncmp(name, "builtin:", 8) == 0)
        return vdib__fail(VDIB_ERROR_DATA, "%s: there are no such built-in data; %s is there", name, BUILTIN);
    if (vdib__is_folder(name))
        return VDIB_OK;
    if (vdib__is_file(name))
        return vdib__folder_fail_file(name);
    return vdib__fail(VDIB_ERROR_IO, "%s: there is no such folder; give a folder of recordings or images, or %s", name,
                      BUILTIN);
}

/* Drawn digits; with `limits`, as many as the experiment asks for at least. */
static vdib_status draw_digits(const vdib_dataset *dataset, bool limits, vdib__images images[VDIB_PARTS]) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    size_t train = limits && p->train_examples > VDIB_BUILTIN_TRAIN ? p->train_examples : VDIB_BUILTIN_TRAIN;
    size_t test = limits && p->test_examples > VDIB_BUILTIN_TEST ? p->test_examples : VDIB_BUILTIN_TEST;
    return vdib__image_parts_draw(train, test, p->threads, images);
}

/* The folder that holds recordings or images, at `name` or deeper; a note says if deeper. */
static vdib_status locate(vdib_dataset *dataset, const char *name, vdib__wanted wanted, char **folder) {
    char *found = NULL;
    VDIB_TRY(vdib__folder_locate(name, wanted, &found));
    vdib_status status = VDIB_OK;
    if (strcmp(found, name) != 0)
        status = vdib__note(dataset, "%s are taken from %s, the only folder of %s that holds any",
                            wanted == VDIB_WANTED_RECORDINGS ? "recordings" : "images", found, name);
    if (status != VDIB_OK) {
        vdib__free(found);
        return status;
    }
    *folder = found;
    return VDIB_OK;
}

static vdib_status load_images(vdib_dataset *dataset, const char *name, bool limits, vdib__images images[VDIB_PARTS]) {
    bool builtin = false;
    VDIB_TRY(check_place(name, &builtin));
    if (builtin)
        return draw_digits(dataset, limits, images);
    char *folder = NULL;
    VDIB_TRY(locate(dataset, name, limits ? VDIB_WANTED_CODED_IMAGES : VDIB_WANTED_NATURAL_IMAGES, &folder));
    vdib_status status = vdib__image_parts_load(dataset, folder, images);
    vdib__free(folder);
    return status;
}

/* An item for every image that the limits leave; without one, built-in data have their standard size. */
static vdib_status add_images(vdib_dataset *dataset, const vdib__images shown[VDIB_PARTS], bool builtin) {
    const size_t standard[VDIB_PARTS] = {VDIB_BUILTIN_TRAIN, VDIB_BUILTIN_TEST};
    const size_t limits[VDIB_PARTS] = {dataset->parameters.train_examples, dataset->parameters.test_examples};
    for (int p = 0; p < VDIB_PARTS; p++) {
        for (size_t i = 0; i < shown[p].count; i++) {
            vdib__item *item = NULL;
            VDIB_TRY(vdib__part_add(&dataset->parts[p], &item));
            item->label = shown[p].labels[i];
            /* What the camera's noise is keyed by: training and test recordings share none of it. */
            item->number = i + (p == VDIB_PART_TEST ? VDIB_TEST_NUMBERS : 0);
            item->image = vdib__image_at(&shown[p], i);
        }
        VDIB_TRY(vdib__part_limit(&dataset->parts[p], limits[p] != 0 ? limits[p] : builtin ? standard[p] : 0));
    }
    return VDIB_OK;
}

/* Images have no names of classes: ten of them, the digits, or as many as the largest label, or the model says. */
static vdib_status count_classes(vdib_dataset *dataset, const vdib__images shown[VDIB_PARTS]) {
    size_t classes = VDIB_DIGIT_CLASSES, known = dataset->parameters.classes;
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < shown[p].count; i++)
            classes = shown[p].labels[i] >= classes ? (size_t)shown[p].labels[i] + 1 : classes;
    if (known != 0 && classes > known && classes > VDIB_DIGIT_CLASSES)
        return vdib__fail(VDIB_ERROR_DATA, "the images have labels up to %zu, but the model knows %zu class%s",
                          classes - 1, known, vdib__es(known));
    return vdib__classes_set(dataset, NULL, known != 0 ? known : classes);
}

/* The built-in camera's sensor is what it is. */
static vdib_status check_sensor(const vdib_dataset *dataset) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    const vdib_geometry *geometry = &dataset->geometry;
    if (p->sensor_width == 0 ||
        (p->sensor_width == geometry->input_width && p->sensor_height == geometry->input_height))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA,
                      "data.sensor is %zux%zu, but the built-in camera has %zux%zu pixels; leave the key out, or give "
                      "recordings",
                      p->sensor_width, p->sensor_height, geometry->input_width, geometry->input_height);
}

/* Images that are coded, or filmed by the built-in camera. */
static vdib_status open_shown(vdib_dataset *dataset, const char *data, const char *images) {
    bool builtin = false, events = vdib__input_is_recordings(dataset->parameters.input);
    VDIB_TRY(check_place(data, &builtin));
    const char *shown_name = builtin ? BUILTIN : data;
    bool same = images == NULL || strcmp(images, shown_name) == 0;
    vdib__images *shown = same ? dataset->natural : dataset->shown;
    VDIB_TRY(load_images(dataset, shown_name, true, shown));
    if (!same)
        VDIB_TRY(load_images(dataset, images, false, dataset->natural));
    VDIB_TRY(count_classes(dataset, shown));
    VDIB_TRY(add_images(dataset, shown, builtin));
    dataset->geometry.input_channels = events ? dataset->parameters.polarities : 1;
    dataset->geometry.input_height = shown[VDIB_PART_TRAIN].height;
    dataset->geometry.input_width = shown[VDIB_PART_TRAIN].width;
    if (events)
        VDIB_TRY(vdib__recordings_film(dataset));
    if (events)
        VDIB_TRY(check_sensor(dataset));
    snprintf(dataset->summary, sizeof dataset->summary, "%s %s%s%s",
             events ? "built-in camera's recordings of" : "images of", shown_name, same ? "" : ", judged by ",
             same ? "" : images);
    return vdib__targets_assign(dataset, same ? shown_name : images);
}

/* Recordings show images of the data's authors: an image folder may hold them, built-in digits cannot. */
static vdib_status assign_shown(vdib_dataset *dataset, const char *data, const char *images) {
    bool own = dataset->parameters.target->own_image, builtin = strcmp(images, BUILTIN) == 0;
    if (own && builtin)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: its recordings do not show built-in digits; give the folder of the images that were "
                          "recorded (--images DIR), or train with data.target=class-image",
                          data);
    for (int p = 0; p < VDIB_PARTS && !builtin; p++) {
        vdib_status status = vdib__recordings_match(dataset, p, images);
        if (status != VDIB_OK && own)
            return status;
        /* Without need, images that do not fit all recordings are not shown beside any. */
        for (size_t i = 0; status != VDIB_OK && i < dataset->parts[p].count; i++)
            dataset->parts[p].items[i].image = NULL;
    }
    return VDIB_OK;
}

/* The natural images that stand for the classes, or are what was recorded, and the examples' targets. */
static vdib_status open_natural(vdib_dataset *dataset, const char *data, const char *images) {
    bool named = dataset->class_names != NULL;
    if (images == NULL && vdib__idx_folder(data))
        images = data;
    if (images == NULL && dataset->parameters.target->assign == NULL)
        return VDIB_OK; /* labels alone: no image is needed */
    if (images == NULL)
        images = BUILTIN;
    if (strcmp(images, BUILTIN) == 0 && named)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: its classes have names, and built-in digits show none of them; train with data.target=class, "
            "or give images of the classes (--images DIR)",
            data);
    if (strcmp(images, BUILTIN) == 0) /* no recording shows one: they stand for the classes and teach the judge */
        VDIB_TRY(vdib__image_parts_draw_classes(VDIB_BUILTIN_TRAIN, dataset->natural));
    else
        VDIB_TRY(load_images(dataset, images, false, dataset->natural));
    VDIB_TRY(assign_shown(dataset, data, images));
    size_t used = strlen(dataset->summary);
    snprintf(dataset->summary + used, sizeof dataset->summary - used, ", images of %s", images);
    return vdib__targets_assign(dataset, images);
}

static vdib_status open_recordings(vdib_dataset *dataset, const char *given, const char *images) {
    char *data = NULL;
    VDIB_TRY(locate(dataset, given, VDIB_WANTED_RECORDINGS, &data));
    dataset->geometry.input_channels = dataset->parameters.polarities;
    vdib_status status;
    VDIB_TRY_GOTO(vdib__recordings_list(dataset, data), done);
    VDIB_TRY_GOTO(vdib__sensor_find(dataset), done);
    VDIB_TRY_GOTO(vdib__part_limit(&dataset->parts[VDIB_PART_TRAIN], dataset->parameters.train_examples), done);
    VDIB_TRY_GOTO(vdib__part_limit(&dataset->parts[VDIB_PART_TEST], dataset->parameters.test_examples), done);
    snprintf(dataset->summary, sizeof dataset->summary, "recordings of %zu x %zu pixels in %s",
             dataset->geometry.input_width, dataset->geometry.input_height, data);
    status = open_natural(dataset, data, images);
done:
    vdib__free(data);
    return status;
}

/* Ends the summary with the sizes of the splits. */
static void count_in_summary(vdib_dataset *dataset) {
    size_t used = strlen(dataset->summary);
    char train[32] = "endless";
    if (dataset->parameters.input->size == NULL)
        snprintf(train, sizeof train, "%zu", vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN));
    snprintf(dataset->summary + used, sizeof dataset->summary - used, ": %s train, %zu validation, %zu test", train,
             vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), vdib_dataset_size(dataset, VDIB_SPLIT_TEST));
}

static vdib_status check_parameters(const vdib__dataset_parameters *p) {
    if (vdib__choice_is(&p->input->choice, "stepwise") != p->target->by_step)
        return vdib__fail(VDIB_ERROR_DATA, "data.input=%s does not go with data.target=%s", p->input->choice.name,
                          p->target->choice.name);
    if (vdib__input_is_recordings(p->input) && (p->step_us <= 0 || p->polarities < 1 || p->polarities > 2))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "data.step_us must be positive and data.polarities 1 or 2");
    if (p->steps == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "data.steps must be at least 1");
    return VDIB_OK;
}

static vdib_status fill(vdib_dataset *dataset) {
    VDIB_TRY(vdib__dataset_cancelled(dataset));
    const char *data = dataset->parameters.data, *images = dataset->parameters.images;
    bool builtin = true;
    if (dataset->parameters.input->open != NULL)
        return dataset->parameters.input->open(dataset, data);
    dataset->geometry.steps = dataset->parameters.steps;
    VDIB_TRY(check_place(data, &builtin));
    if (vdib__input_is_recordings(dataset->parameters.input) && !builtin)
        return open_recordings(dataset, data, images);
    return open_shown(dataset, data, images);
}

vdib_status vdib__dataset_open(const vdib__dataset_parameters *parameters, vdib_dataset **dataset) {
    vdib_dataset *made = NULL;
    vdib__kernel_level level;
    VDIB_TRY(check_parameters(parameters));
    VDIB_TRY(vdib__kernel_level_choose(&level));
    VDIB_TRY(vdib__dataset_new(&made));
    made->level = level;
    made->parameters = *parameters;
    made->parameters.threads = vdib__threads(parameters->threads > 0 ? (size_t)parameters->threads : 0);
    vdib_status status = fill(made);
    if (status == VDIB_OK)
        status = vdib__split_reserve(made);
    if (status != VDIB_OK) {
        vdib_dataset_destroy(made);
        return status;
    }
    made->parameters.data = made->parameters.images = NULL;
    made->parameters.cancelled = NULL;
    vdib__split_settle(made);
    count_in_summary(made);
    *dataset = made;
    return VDIB_OK;
}
