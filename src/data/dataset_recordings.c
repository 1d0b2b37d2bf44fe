/* SPDX-License-Identifier: MIT */
/* Recordings of an event camera: folders in the layout of N-MNIST, and drawn digits before the built-in camera. */

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/threads.h"
#include "data/camera.h"
#include "data/dataset_parts.h"
#include "events/events.h"

/* Sensor of N-MNIST; recordings in which no event lies beyond it are taken for its own. */
enum { NMNIST_SIDE = 34, SENSOR_PROBES = 100, NUMBER_DIGITS = 9 };

static const char *const PART_FOLDERS[VDIB_PARTS] = {"Train", "Test"};

static bool has_part(const char *folder, int part) {
    char *path = NULL;
    bool found = vdib__path_join(folder, PART_FOLDERS[part], &path) == VDIB_OK && vdib__is_folder(path);
    vdib__free(path);
    return found;
}

bool vdib__recordings_folder(const char *folder) {
    return has_part(folder, VDIB_PART_TRAIN) || has_part(folder, VDIB_PART_TEST);
}

/* NNNNN of a file name "NNNNN.ending"; 0 if that is no number. */
static uint64_t number_of(const char *name) {
    uint64_t number = 0;
    size_t digits = 0;
    for (; name[digits] >= '0' && name[digits] <= '9'; digits++) {
        if (digits == NUMBER_DIGITS)
            return 0;
        number = 10 * number + (uint64_t)(name[digits] - '0');
    }
    return digits > 0 && name[digits] == '.' ? number : 0;
}

static vdib_status add_recording(vdib__part *part, const char *folder, const char *name, uint32_t label) {
    if (name[0] == '.' || !vdib__events_named(name))
        return VDIB_OK; /* not a recording: notes, hidden files */
    vdib__item *item = NULL;
    VDIB_TRY(vdib__part_add(part, &item));
    item->label = label;
    item->number = number_of(name);
    VDIB_TRY(vdib__path_join(folder, name, &item->path));
    return vdib__events_check(item->path);
}

static vdib_status list_class(vdib__part *part, const char *folder, uint32_t label) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++)
        status = add_recording(part, folder, names[i], label);
    vdib__names_free(names, count);
    return status;
}

/* One entry of Train or Test: a class folder, or a file that is passed over. */
static vdib_status list_entry(vdib__part *part, const char *parent, const char *name) {
    char *path = NULL;
    VDIB_TRY(vdib__path_join(parent, name, &path));
    vdib_status status = VDIB_OK;
    if (vdib__is_folder(path)) {
        if (name[0] < '0' || name[0] > '9' || name[1] != '\0')
            status = vdib__fail(VDIB_ERROR_DATA,
                                "%s: is no class: label '%s' is outside 0..9; folders of recordings are named by their "
                                "digit",
                                path, name);
        else
            status = list_class(part, path, (uint32_t)(name[0] - '0'));
    }
    vdib__free(path);
    return status;
}

static int compare_items(const void *a, const void *b) {
    const vdib__item *first = a, *second = b;
    if (first->number != second->number)
        return first->number < second->number ? -1 : 1;
    if (first->label != second->label)
        return first->label < second->label ? -1 : 1;
    return strcmp(first->path, second->path);
}

static vdib_status list_part(vdib__part *part, const char *folder, const char *name) {
    char *path = NULL, **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__path_join(folder, name, &path));
    vdib_status status = vdib__folder_list(path, &names, &count);
    for (size_t i = 0; i < count && status == VDIB_OK; i++)
        if (names[i][0] != '.')
            status = list_entry(part, path, names[i]);
    if (status == VDIB_OK && part->count == 0)
        status = vdib__fail(VDIB_ERROR_DATA,
                            "%s: holds no recordings; put N-MNIST's there as <digit>/NNNNN.bin (or .bs2)", path);
    vdib__names_free(names, count);
    vdib__free(path);
    VDIB_TRY(status);
    qsort(part->items, part->count, sizeof *part->items, compare_items);
    return VDIB_OK;
}

/* Grows the sensor to hold the events of one recording. */
static vdib_status probe(const char *path, vdib_geometry *geometry) {
    vdib_events *events = NULL;
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    VDIB_TRY(vdib_events_open(path, &events));
    vdib_status status = vdib_events_describe(events, &info);
    vdib_events_close(events);
    VDIB_TRY(status);
    if (info.width > geometry->input_width)
        geometry->input_width = info.width;
    if (info.height > geometry->input_height)
        geometry->input_height = info.height;
    return VDIB_OK;
}

/* Files of this format do not say the sensor's size: it is N-MNIST's, or larger if events of up to 100 recordings, evenly
 * spread over the first part that there is, lie beyond it. */
static vdib_status find_sensor(vdib_dataset *dataset) {
    const vdib__part *part =
        &dataset->parts[dataset->parts[VDIB_PART_TRAIN].count > 0 ? VDIB_PART_TRAIN : VDIB_PART_TEST];
    dataset->geometry.input_width = dataset->geometry.input_height = NMNIST_SIDE;
    size_t probes = part->count < SENSOR_PROBES ? part->count : SENSOR_PROBES;
    for (size_t i = 0; i < probes; i++)
        VDIB_TRY(probe(part->items[i * part->count / probes].path, &dataset->geometry));
    return VDIB_OK;
}

vdib_status vdib__recordings_list(vdib_dataset *dataset, const char *folder) {
    if (!has_part(folder, VDIB_PART_TEST))
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: has no folder Test; a model is judged by recordings that it was not trained on: put some "
            "in Test/<digit>/NNNNN.bin",
            folder);
    for (int p = 0; p < VDIB_PARTS; p++)
        if (has_part(folder, p)) /* without Train, models can still be evaluated */
            VDIB_TRY(list_part(&dataset->parts[p], folder, PART_FOLDERS[p]));
    return find_sensor(dataset);
}

vdib_status vdib__recordings_match(vdib_dataset *dataset, int part, const char *images_name) {
    const vdib__images *images = &dataset->natural[part];
    for (size_t i = 0; i < dataset->parts[part].count; i++) {
        vdib__item *item = &dataset->parts[part].items[i];
        if (item->number == 0 || item->number > images->count)
            return vdib__fail(
                VDIB_ERROR_DATA,
                "%s: recording NNNNN shows image NNNNN - 1, but %s has %zu %s images; add the missing ones "
                "or choose data.target=class-image",
                item->path, images_name, images->count, part == VDIB_PART_TRAIN ? "train" : "t10k");
        if (images->labels[item->number - 1] != item->label)
            return vdib__fail(VDIB_ERROR_DATA,
                              "%s: is of class %u, but image %llu of %s shows a %u; these are not the images that were "
                              "recorded",
                              item->path, (unsigned)item->label, (unsigned long long)item->number - 1, images_name,
                              (unsigned)images->labels[item->number - 1]);
        item->image = vdib__image_at(images, (size_t)item->number - 1);
    }
    return VDIB_OK;
}

vdib_binning vdib__recordings_binning(const vdib_dataset *dataset) {
    const vdib_geometry *geometry = &dataset->geometry;
    return (vdib_binning){.size = sizeof(vdib_binning),
                          .width = geometry->input_width,
                          .height = geometry->input_height,
                          .polarities = geometry->input_channels,
                          .steps = geometry->steps,
                          .step_us = dataset->parameters.step_us,
                          .start_us = dataset->parameters.start_us};
}

static vdib_status film_item(const vdib_dataset *dataset, const vdib__camera *camera, uint64_t number,
                             vdib__item *item) {
    vdib_event *events = NULL;
    size_t count = 0;
    vdib_binning binning = vdib__recordings_binning(dataset);
    VDIB_TRY(vdib_raster_create(binning.polarities * binning.height * binning.width, binning.steps, &item->raster));
    VDIB_TRY(vdib__camera_record(camera, item->image, VDIB_DIGIT_SIDE, VDIB_DIGIT_SIDE, 0, number, &events, &count));
    vdib_status status = vdib_raster_bin(item->raster, events, count, &binning, NULL);
    vdib__free(events);
    return status;
}

typedef struct filming {
    const vdib_dataset *dataset;
    const vdib__camera *camera;
    const vdib__part *part;
    vdib__failure *failure;
} filming;

/* Tasks: items of a part. */
static void film_task(const void *context, size_t i, size_t slot) {
    const filming *f = context;
    (void)slot;
    vdib__failure_note(f->failure, i, film_item(f->dataset, f->camera, f->part->items[i].number, &f->part->items[i]));
}

vdib_status vdib__recordings_film(vdib_dataset *dataset) {
    const vdib__motion *motion = dataset->parameters.motion;
    vdib__camera camera = motion != NULL ? motion->camera() : vdib__camera_saccades();
    dataset->geometry.input_width = camera.width;
    dataset->geometry.input_height = camera.height;
    for (int p = 0; p < VDIB_PARTS; p++) {
        vdib__failure failure;
        const filming all = {dataset, &camera, &dataset->parts[p], &failure};
        vdib__failure_init(&failure);
        vdib__parallel(dataset->parameters.threads, all.part->count, film_task, &all);
        VDIB_TRY(vdib__failure_raise(&failure));
    }
    return VDIB_OK;
}
