/* SPDX-License-Identifier: MIT */
/* Opening a data set: what a folder holds, which images go with it, what its examples are. */

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/archives.h"
#include "data/data_name.h"
#include "data/dataset_parts.h"
#include "data/folders.h"
#include "data/idx.h"
#include "data/layouts.h"
#include "data/manifest/manifest.h"
#include "data/motion_task.h"
#include "data/targets/targets.h"
#include "events/events.h"

static const char BUILTIN[] = VDIB_BUILTIN_DIGITS;

/* Whether a name (NULL: the default) means the drawn digits; VDIB_ERROR_DATA for an unknown builtin: name, and for what
 * is no folder. */
static vdib_status check_place(const char *name, bool *builtin) {
    *builtin = name == NULL || strcmp(name, BUILTIN) == 0;
    if (*builtin)
        return VDIB_OK;
    if (strncmp(name, "builtin:", 8) == 0)
        return vdib__fail(VDIB_ERROR_DATA, "%s: there are no such built-in images; %s is there", name, BUILTIN);
    if (vdib__is_folder(name) || vdib__is_manifest(name))
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

/* The images of a folder. */
static vdib_status load_folder(vdib_dataset *dataset, const char *name, bool limits, vdib__images images[VDIB_PARTS]) {
    char *folder = NULL;
    bool filmed = vdib__input_is_recordings(dataset->parameters.input);
    vdib__wanted shown = filmed ? VDIB_WANTED_FILMED_IMAGES : VDIB_WANTED_CODED_IMAGES;
    VDIB_TRY(locate(dataset, name, limits ? shown : VDIB_WANTED_NATURAL_IMAGES, &folder));
    vdib_status status = vdib__image_parts_load(dataset, folder, images);
    vdib__free(folder);
    return status;
}

/* The images of an archive that was unpacked: notes and messages call them by it. */
static vdib_status load_unpacked(vdib_dataset *dataset, const vdib__unpacked *unpacked,
                                 vdib__images images[VDIB_PARTS]) {
    char *folder = NULL;
    vdib_status status = vdib__folder_locate(unpacked->folder, VDIB_WANTED_NATURAL_IMAGES, &folder);
    if (status == VDIB_OK)
        status = vdib__image_parts_load(dataset, folder, images);
    vdib__free(folder);
    return vdib__unpacked_fail(unpacked, status);
}

/* Drawn digits, or the images of a folder. */
static vdib_status load_place(vdib_dataset *dataset, const char *name, bool limits, vdib__images images[VDIB_PARTS]) {
    bool builtin = false;
    VDIB_TRY(check_place(name, &builtin));
    return builtin ? draw_digits(dataset, limits, images) : load_folder(dataset, name, limits, images);
}

static vdib_status load_images(vdib_dataset *dataset, const char *name, bool limits, vdib__images images[VDIB_PARTS]) {
    vdib__unpacked unpacked = {.folder = NULL};
    if (name != NULL && strncmp(name, "builtin:", 8) != 0)
        VDIB_TRY(vdib__dataset_unpack(dataset, name, &unpacked));
    vdib_status status =
        unpacked.folder != NULL ? load_unpacked(dataset, &unpacked, images) : load_place(dataset, name, limits, images);
    vdib__unpacked_close(&unpacked);
    return status;
}

/* An item for every image. */
static vdib_status add_images(vdib_dataset *dataset, const vdib__images shown[VDIB_PARTS]) {
    for (int p = 0; p < VDIB_PARTS; p++) {
        for (size_t i = 0; i < shown[p].count; i++) {
            vdib__item *item = NULL;
            VDIB_TRY(vdib__part_add(&dataset->parts[p], &item));
            item->label = shown[p].labels[i];
            /* What the camera's noise is keyed by: training and test recordings share none of it. */
            item->number = i + (p == VDIB_PART_TEST ? VDIB_TEST_NUMBERS : 0);
            item->image = vdib__image_at(&shown[p], i);
        }
    }
    return VDIB_OK;
}

/* The items that the limits leave; without one, built-in data have their standard size. */
static vdib_status limit_images(vdib_dataset *dataset, bool builtin) {
    const size_t standard[VDIB_PARTS] = {VDIB_BUILTIN_TRAIN, VDIB_BUILTIN_TEST};
    const size_t limits[VDIB_PARTS] = {dataset->parameters.train_examples, dataset->parameters.test_examples};
    for (int p = 0; p < VDIB_PARTS; p++)
        VDIB_TRY(vdib__part_limit(&dataset->parts[p], limits[p] != 0 ? limits[p] : builtin ? standard[p] : 0));
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

/* Drops the training images that are not to be filmed. */
static vdib_status leave_out(vdib_dataset *dataset, const char *name, const vdib__images *shown) {
    vdib__part *part = &dataset->parts[VDIB_PART_TRAIN];
    bool *excluded = NULL;
    size_t *kept = NULL, count = 0;
    vdib_status status;
    VDIB_TRY_GOTO(VDIB_NEW(&excluded, shown->count), done);
    VDIB_TRY_GOTO(VDIB_NEW(&kept, part->count), done);
    VDIB_TRY_GOTO(vdib__film_exclude(dataset, name, shown, excluded), done);
    for (size_t i = 0; i < part->count; i++) /* items are all images, in their order */
        if (!excluded[i])
            kept[count++] = i;
    if (count == 0 && part->count > 0)
        status = vdib__fail(VDIB_ERROR_DATA, "%s: data.film_exclude leaves out every training image; film some", name);
    else
        vdib__part_keep(part, kept, count);
done:
    vdib__free(kept);
    vdib__free(excluded);
    return status;
}

/* Images that are coded, or filmed by the built-in camera. */
static vdib_status open_shown(vdib_dataset *dataset, const char *shown_name, const char *images) {
    bool builtin = strcmp(shown_name, BUILTIN) == 0, events = vdib__input_is_recordings(dataset->parameters.input);
    bool same = images == NULL || strcmp(images, shown_name) == 0;
    vdib__images *shown = same ? dataset->natural : dataset->shown;
    VDIB_TRY(load_images(dataset, shown_name, true, shown));
    if (!same)
        VDIB_TRY(load_images(dataset, images, false, dataset->natural));
    VDIB_TRY(count_classes(dataset, shown));
    VDIB_TRY(add_images(dataset, shown));
    if (events)
        VDIB_TRY(leave_out(dataset, shown_name, &shown[VDIB_PART_TRAIN]));
    VDIB_TRY(limit_images(dataset, builtin));
    dataset->geometry.input_channels = events ? dataset->parameters.polarities : 1;
    dataset->geometry.input_height = shown[VDIB_PART_TRAIN].height;
    dataset->geometry.input_width = shown[VDIB_PART_TRAIN].width;
    if (events)
        VDIB_TRY(vdib__recordings_film(dataset, &shown[VDIB_PART_TRAIN]));
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
                          "%s: its recordings do not show built-in digits; put a picture of the same name beside each "
                          "recording, give the folder of the images that were recorded (--images DIR), or train with "
                          "data.target=class-image",
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

/* The natural images that stand for the classes, or are what was recorded; *images names them, NULL if none are
 * needed. */
static vdib_status open_natural(vdib_dataset *dataset, const char *data, const char **images) {
    bool named = dataset->class_names != NULL;
    if (*images == NULL && vdib__idx_folder(data))
        *images = data;
    if (*images == NULL && dataset->parameters.target->assign == NULL)
        return VDIB_OK; /* labels alone: no image is needed */
    if (*images == NULL)
        *images = BUILTIN;
    if (strcmp(*images, BUILTIN) == 0 && named && !dataset->parameters.target->own_image)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: its classes have names, and built-in digits show none of them; choose data.target=class, "
            "data.target=image for pictures beside the recordings, or give images of the classes "
            "(--images DIR)",
            data);
    if (strcmp(*images, BUILTIN) == 0) /* no recording shows one: they stand for the classes and teach the judge */
        VDIB_TRY(vdib__image_parts_draw_classes(VDIB_BUILTIN_TRAIN, dataset->natural));
    else
        VDIB_TRY(load_images(dataset, *images, false, dataset->natural));
    VDIB_TRY(assign_shown(dataset, data, *images));
    size_t used = strlen(dataset->summary);
    snprintf(dataset->summary + used, sizeof dataset->summary - used, ", images of %s", *images);
    return VDIB_OK;
}

/* Targets of files and frames; *opened: these are the targets, and no other images are needed. */
static vdib_status open_targets(vdib_dataset *dataset, const char *data, const char *images, bool *opened) {
    const vdib__target *target = dataset->parameters.target;
    size_t found = 0;
    *opened = target->frames || target->range == VDIB_RANGE_ANY;
    if (*opened && images != NULL)
        return vdib__fail(VDIB_ERROR_DATA, "data.target is %s, which takes no natural images; leave out %s",
                          target->choice.name, images);
    if (target->files)
        VDIB_TRY(vdib__targets_find(dataset, data, &found));
    bool own = images == NULL && !vdib__idx_folder(data);
    if (found > 0 && !*opened && own)
        *opened = true;
    for (int p = 0; target->files && found == 0 && own && p < VDIB_PARTS; p++)
        if (dataset->parts[p].count > 0)
            VDIB_TRY(vdib__targets_unread(data, &dataset->parts[p].items[0]));
    if (*opened)
        return vdib__targets_load(dataset, data);
    if (dataset->pictures_beside > 0)
        return vdib__note(dataset, "%zu picture%s beside recordings %s not read: the targets are other ones",
                          dataset->pictures_beside, vdib__s(dataset->pictures_beside),
                          dataset->pictures_beside == 1 ? "is" : "are");
    return VDIB_OK;
}

/* Filmed images beside the recordings. */
static vdib_status open_mixed(vdib_dataset *dataset, const char *data, const char *mixed, const char *images) {
    bool same = images != NULL && strcmp(images, mixed) == 0 && dataset->natural[VDIB_PART_TRAIN].undrawn == 0;
    vdib__images *filmed = same ? dataset->natural : dataset->mixed;
    if (!same)
        VDIB_TRY(load_images(dataset, mixed, true, filmed));
    VDIB_TRY(vdib__recordings_mix(dataset, data, mixed, &filmed[VDIB_PART_TRAIN]));
    size_t used = strlen(dataset->summary);
    snprintf(dataset->summary + used, sizeof dataset->summary - used, ", mixed with films of %s", mixed);
    return VDIB_OK;
}

/* Advice where there are so many channels that a network of them is slow and large. */
static vdib_status note_large(vdib_dataset *dataset) {
    enum { MANY = 100000, FEWER = 40000 };
    const vdib__pixels *pixels = &dataset->parameters.pixels;
    const vdib_geometry *g = &dataset->geometry;
    size_t pool = pixels->pool > 1 ? pixels->pool : 1;
    if (g->input_channels * g->input_height * g->input_width < MANY || dataset->parameters.for_model)
        return VDIB_OK;
    while (g->input_channels * (g->input_height * (pixels->pool > 1 ? pixels->pool : 1) / pool) *
               (g->input_width * (pixels->pool > 1 ? pixels->pool : 1) / pool) >
           FEWER)
        pool++;
    return vdib__note(
        dataset,
        "%zu x %zu pixels make %zu input channels, which every readout neuron weighs: data.pool=%zu (squares "
        "of pixels as one) or data.crop trains faster, in less memory",
        g->input_width, g->input_height, g->input_channels * g->input_height * g->input_width, pool);
}

/* The pixels that are read of the sensor, and the time window. */
static vdib_status find_shape(vdib_dataset *dataset) {
    vdib__probe probes[VDIB_PROBES];
    size_t count = 0;
    const vdib__pixels *pixels = &dataset->parameters.pixels;
    dataset->geometry.input_channels = dataset->parameters.polarities;
    VDIB_TRY(vdib__sensor_find(dataset, probes, &count));
    if (!vdib__pixels_fit(pixels))
        return vdib__fail(VDIB_ERROR_DATA,
                          "data.crop reads %zu x %zu pixels from column %zu and row %zu on, which reach beyond the "
                          "sensor of %zu x %zu; choose a part of it",
                          pixels->columns, pixels->rows, pixels->left, pixels->top, pixels->width, pixels->height);
    dataset->geometry.input_width = vdib__pixels_columns(pixels);
    dataset->geometry.input_height = vdib__pixels_rows(pixels);
    VDIB_TRY(note_large(dataset));
    return vdib__window_fit(dataset, probes, count);
}

/* Recordings are listed, limited, and have images. */
static vdib_status prepare_recordings(vdib_dataset *dataset, const char *data) {
    VDIB_TRY(vdib__recordings_list(dataset, data));
    VDIB_TRY(find_shape(dataset));
    VDIB_TRY(vdib__part_limit(&dataset->parts[VDIB_PART_TRAIN], dataset->parameters.train_examples));
    VDIB_TRY(vdib__part_limit(&dataset->parts[VDIB_PART_TEST], dataset->parameters.test_examples));
    VDIB_TRY(vdib__split_validation(dataset));
    snprintf(dataset->summary, sizeof dataset->summary, "recordings of %zu x %zu pixels in %s",
             dataset->parameters.pixels.width, dataset->parameters.pixels.height, data);
    return VDIB_OK;
}

/* Whether one file is all the data: of many recordings that it splits itself, or of one, which has no class, so that
 * the targets must be other ones. */
static bool is_single(const vdib__dataset_parameters *p, const vdib__data_name *name) {
    if (!vdib__input_is_recordings(p->input) || name->kind != VDIB_DATA_FOLDER || !vdib__is_file(name->folder))
        return false;
    return vdib__is_split_file(name->folder) ||
           ((p->target->files || p->target->frames) && vdib__events_recording(name->folder));
}

/* A trained model is evaluated on real recordings alone: nothing is mixed in for it. */
static vdib_status open_recordings(vdib_dataset *dataset, const vdib__data_name *name, const char *images) {
    char *data = NULL;
    if (is_single(&dataset->parameters, name))
        VDIB_TRY(vdib__strdup(name->folder, &data));
    else
        VDIB_TRY(locate(dataset, name->folder, VDIB_WANTED_RECORDINGS, &data));
    if (images == NULL && dataset->parameters.target->assign != NULL)
        images = name->mixed;
    bool opened = false;
    vdib_status status;
    VDIB_TRY_GOTO(prepare_recordings(dataset, data), done);
    VDIB_TRY_GOTO(open_targets(dataset, data, images != NULL ? images : name->mixed, &opened), done);
    if (opened)
        goto done;
    VDIB_TRY_GOTO(open_natural(dataset, data, &images), done);
    if (name->mixed != NULL && !dataset->parameters.for_model)
        VDIB_TRY_GOTO(open_mixed(dataset, data, name->mixed, images), done);
    if (images != NULL)
        status = vdib__targets_assign(dataset, images);
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

/* Keys about filmed images need some. */
static vdib_status check_film(const vdib__dataset_parameters *p, const vdib__data_name *name, bool recordings) {
    bool films = recordings && (name->kind == VDIB_DATA_DIGITS || name->kind == VDIB_DATA_FILM || name->mixed != NULL);
    if (p->mix != 0 && name->mixed == NULL && !p->for_model)
        return vdib__fail(VDIB_ERROR_DATA,
                          "data.mix is %zu, but nothing is mixed in; name recordings and images, as in "
                          "--data nmnist+film:mnist, or set it to 0",
                          p->mix);
    if (p->film_exclude != NULL && strcmp(p->film_exclude, "none") != 0 && !films && !p->for_model)
        return vdib__fail(VDIB_ERROR_DATA,
                          "data.film_exclude is %s, but no image is filmed; name images, as in --data film:mnist, or "
                          "set it to none",
                          p->film_exclude);
    if (films && !vdib__pixels_plain(&p->pixels))
        return vdib__fail(VDIB_ERROR_DATA, "data.crop and data.pool are for recordings in files, and images are filmed "
                                           "here; set data.sensor, or data.crop=none and data.pool=1");
    if ((name->kind == VDIB_DATA_FILM || name->mixed != NULL) && !recordings)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s is filmed, which makes recordings, but data.input is %s; give the folder without film:, "
                          "or choose data.input=events",
                          p->data, p->input->choice.name);
    return VDIB_OK;
}

static vdib_status fill_from(vdib_dataset *dataset, const vdib__data_name *name) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    bool builtin = false, recordings = vdib__input_is_recordings(p->input);
    VDIB_TRY(check_film(p, name, recordings));
    if (name->kind == VDIB_DATA_MOTION)
        return vdib__motion_open(dataset);
    if (name->kind == VDIB_DATA_DIGITS)
        return open_shown(dataset, BUILTIN, p->images);
    if (!is_single(p, name))
        VDIB_TRY(check_place(name->folder, &builtin));
    if (recordings && name->kind == VDIB_DATA_FOLDER)
        return open_recordings(dataset, name, p->images);
    if (vdib__is_manifest(name->folder))
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: lists recordings, but the experiment codes images; give a folder of IDX files, or train "
                          "with data.input=events",
                          name->folder);
    return open_shown(dataset, name->folder, p->images);
}

/* Where an archive, or a folder of archives, is named, the folder that it is unpacked into is meant. */
static vdib_status unpack(vdib_dataset *dataset, char **folder) {
    if (*folder == NULL)
        return VDIB_OK;
    VDIB_TRY(vdib__dataset_unpack(dataset, *folder, &dataset->unpacked));
    if (dataset->unpacked.folder == NULL)
        return VDIB_OK;
    vdib__free(*folder);
    *folder = NULL;
    return vdib__strdup(dataset->unpacked.folder, folder);
}

/* The summary names what the user does. */
static void say_in_summary(vdib_dataset *dataset) {
    char said[VDIB_SUMMARY];
    if (dataset->unpacked.folder != NULL)
        memcpy(dataset->summary, vdib__unpacked_say(&dataset->unpacked, dataset->summary, said, sizeof said),
               sizeof said);
}

static vdib_status fill(vdib_dataset *dataset) {
    vdib__data_name name = {0};
    VDIB_TRY(vdib__dataset_cancelled(dataset));
    if (dataset->parameters.input->open != NULL)
        return dataset->parameters.input->open(dataset, dataset->parameters.data);
    dataset->geometry.steps = dataset->parameters.steps;
    VDIB_TRY(vdib__data_name_parse(dataset->parameters.data, &name));
    vdib_status status = unpack(dataset, &name.folder);
    if (status == VDIB_OK)
        status = fill_from(dataset, &name);
    say_in_summary(dataset);
    vdib__data_name_free(&name);
    return vdib__unpacked_fail(&dataset->unpacked, status);
}

/* The only item of a data set. */
static vdib_status fill_file(vdib_dataset *dataset, const char *path) {
    vdib__item *item = NULL;
    dataset->geometry.steps = dataset->parameters.steps;
    VDIB_TRY(vdib__events_check(path));
    VDIB_TRY(vdib__classes_set(dataset, NULL, 1));
    VDIB_TRY(vdib__part_add(&dataset->parts[VDIB_PART_TEST], &item));
    VDIB_TRY(vdib__strdup(path, &item->path));
    return find_shape(dataset);
}

/* Fills a data set, or says that there is no memory for it: what is looked for in a folder and needs memory would else
 * pass for missing. */
static vdib_status fill_with_memory(vdib_dataset *dataset, const char *file) {
    size_t failed = vdib__allocations_failed();
    vdib_status status = file != NULL ? fill_file(dataset, file) : fill(dataset);
    if (status == VDIB_OK)
        status = vdib__split_reserve(dataset);
    if (vdib__allocations_failed() == failed || status == VDIB_ERROR_MEMORY)
        return status;
    const char *data = dataset->parameters.data != NULL ? dataset->parameters.data : BUILTIN;
    return vdib__fail(VDIB_ERROR_MEMORY, "%s: there is not enough memory to look through it",
                      file != NULL ? file : data);
}

/* `file`: the only recording; NULL: parameters.data. */
static vdib_status open_data(const vdib__dataset_parameters *parameters, const char *file, vdib_dataset **dataset) {
    vdib_dataset *made = NULL;
    vdib__kernel_level level;
    VDIB_TRY(check_parameters(parameters));
    VDIB_TRY(vdib__kernel_level_choose(&level));
    VDIB_TRY(vdib__dataset_new(&made));
    made->level = level;
    made->parameters = *parameters;
    made->parameters.threads = vdib__threads(parameters->threads > 0 ? (size_t)parameters->threads : 0);
    vdib_status status = fill_with_memory(made, file);
    if (status != VDIB_OK) {
        vdib_dataset_destroy(made);
        return status;
    }
    if (vdib__dataset_has_sensor(made) && made->parameters.pixels.width == 0) { /* filmed */
        made->parameters.pixels.width = made->geometry.input_width;
        made->parameters.pixels.height = made->geometry.input_height;
    }
    made->parameters.data = made->parameters.images = made->parameters.film_exclude = NULL;
    made->parameters.cancelled = NULL;
    vdib__split_settle(made);
    count_in_summary(made);
    *dataset = made;
    return VDIB_OK;
}

vdib_status vdib__dataset_open(const vdib__dataset_parameters *parameters, vdib_dataset **dataset) {
    return open_data(parameters, NULL, dataset);
}

vdib_status vdib__dataset_open_file(const vdib__dataset_parameters *parameters, const char *path,
                                    vdib_dataset **dataset) {
    return open_data(parameters, path, dataset);
}
