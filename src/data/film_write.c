/* SPDX-License-Identifier: MIT */
#include "data/film_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupted.h"
#include "core/threads.h"
#include "data/data_name.h"
#include "data/studio.h"
#include "events/writer.h"

enum {
    WRITTEN_AT_ONCE = 256, /* recordings between two questions whether to stop */
    PATH = 32              /* "/Train/65535/0000000000.bin" */
};

static const char *const part_names[VDIB_PARTS] = {"Train", "Test"};

typedef struct writing {
    const vdib_dataset *dataset;
    const char *folder;
    const vdib__event_writer *format;
    size_t width, height; /* of the sensor */
    int part;
    size_t first;           /* item of task 0 */
    vdib__studio **studios; /* (threads) */
    vdib__failure *failure;
} writing;

static vdib_status write_bytes(const char *path, const uint8_t *bytes, size_t size) {
    int opened = vdib__open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
    FILE *file = opened >= 0 ? vdib__stream_open(opened, "wb") : NULL;
    bool good = file != NULL && fwrite(bytes, 1, size, file) == size;
    if (file != NULL && fclose(file) != 0)
        good = false;
    if (file == NULL && opened >= 0)
        (void)close(opened);
    return good ? VDIB_OK : vdib__fail(VDIB_ERROR_IO, "%s: cannot be written: %s", path, strerror(errno));
}

/* Image i of a part is recording i + 1. */
static vdib_status write_item(const writing *w, vdib__studio *studio, const vdib__item *item) {
    const vdib_event *events = NULL;
    size_t count = 0;
    uint8_t *bytes = NULL;
    size_t size = 0;
    char name[PATH], *path = NULL;
    uint64_t number = item->number + 1 - (w->part == VDIB_PART_TEST ? VDIB_TEST_NUMBERS : 0);
    VDIB_TRY(vdib__studio_film(studio, item->image, item->number, &events, &count));
    snprintf(name, sizeof name, "%s/%u/%05llu.bin", part_names[w->part], (unsigned)item->label,
             (unsigned long long)number);
    vdib_status status = vdib__path_join(w->folder, name, &path);
    if (status == VDIB_OK)
        status = vdib__events_encode(w->format, path, w->width, w->height, events, count, &bytes, &size);
    if (status == VDIB_OK)
        status = write_bytes(path, bytes, size);
    vdib__free(path);
    vdib__free(bytes);
    return status;
}

/* Tasks: items. */
static void write_task(const void *context, size_t i, size_t slot) {
    const writing *w = context;
    const vdib__item *item = &w->dataset->parts[w->part].items[w->first + i];
    vdib__failure_note(w->failure, i, write_item(w, w->studios[slot], item));
}

static vdib_status make_folders(const vdib_dataset *dataset, const char *folder, int part) {
    const vdib__part *items = &dataset->parts[part];
    vdib_status status = VDIB_OK;
    for (size_t c = 0; c < dataset->geometry.classes && status == VDIB_OK; c++) {
        char name[PATH], *path = NULL;
        size_t i = 0;
        while (i < items->count && items->items[i].label != c)
            i++;
        if (i == items->count)
            continue;
        snprintf(name, sizeof name, "%s/%zu", part_names[part], c);
        status = vdib__path_join(folder, name, &path);
        if (status == VDIB_OK)
            status = vdib__folder_make(path);
        vdib__free(path);
    }
    return status;
}

static vdib_status write_parts(const writing *all, const vdib__dataset_parameters *given) {
    const vdib_dataset *dataset = all->dataset;
    for (int p = 0; p < VDIB_PARTS; p++) {
        VDIB_TRY(make_folders(dataset, all->folder, p));
        for (size_t first = 0; first < dataset->parts[p].count; first += WRITTEN_AT_ONCE) {
            size_t left = dataset->parts[p].count - first;
            vdib__failure failure;
            writing some = *all;
            some.part = p;
            some.first = first;
            some.failure = &failure;
            vdib__failure_init(&failure);
            if (given->cancelled != NULL && given->cancelled(given->user))
                return vdib__fail(VDIB_ERROR_CANCELLED, "filming was stopped");
            vdib__parallel(dataset->parameters.threads, left < WRITTEN_AT_ONCE ? left : WRITTEN_AT_ONCE, write_task,
                           &some);
            VDIB_TRY(vdib__failure_raise(&failure));
        }
    }
    return VDIB_OK;
}

static vdib_status write_all(const vdib_dataset *dataset, const vdib__dataset_parameters *given,
                             const vdib__camera *camera, const char *folder) {
    const vdib__images *images = dataset->natural; /* both parts have one size */
    size_t threads = (size_t)dataset->parameters.threads;
    vdib__studio **studios = NULL;
    VDIB_TRY(VDIB_NEW(&studios, threads));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < threads && status == VDIB_OK; i++)
        status = vdib__studio_create(camera, given->anywhere, images->height, images->width, &studios[i]);
    if (status == VDIB_OK)
        status = write_parts(&(writing){.dataset = dataset,
                                        .folder = folder,
                                        .format = &vdib__writer_nmnist,
                                        .width = camera->width,
                                        .height = camera->height,
                                        .studios = studios},
                             given);
    for (size_t i = 0; i < threads; i++)
        vdib__studio_destroy(studios[i]);
    vdib__free(studios);
    return status;
}

static vdib_status check(const vdib_dataset *dataset, const vdib__dataset_parameters *given, vdib__camera *camera) {
    const vdib__images *images = &dataset->natural[VDIB_PART_TRAIN];
    VDIB_TRY(vdib__studio_camera(given, images->height, images->width, camera));
    if (camera->width > vdib__writer_nmnist.columns || camera->height > vdib__writer_nmnist.rows)
        return vdib__fail(VDIB_ERROR_DATA,
                          "data.sensor is %zux%zu, but N-MNIST's files hold at most %ux%u pixels; choose a smaller one",
                          camera->width, camera->height, vdib__writer_nmnist.columns, vdib__writer_nmnist.rows);
    return VDIB_OK;
}

/* The folder does not exist or is empty, and nothing is left of an attempt. */
static vdib_status check_folder(const char *folder, const char *partial) {
    char **names = NULL;
    size_t count = 0;
    if (access(partial, F_OK) == 0)
        return vdib__fail(VDIB_ERROR_IO, "%s: is left of filming that was stopped; remove it", partial);
    if (access(folder, F_OK) != 0)
        return VDIB_OK;
    if (!vdib__is_folder(folder))
        return vdib__fail(VDIB_ERROR_IO, "%s: is a file; name a new folder", folder);
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib__names_free(names, count);
    return count == 0 ? VDIB_OK : vdib__fail(VDIB_ERROR_IO, "%s: is not empty; name a new folder", folder);
}

/* Under another name until it is complete. */
static vdib_status write_folder(const vdib_dataset *dataset, const vdib__dataset_parameters *given,
                                const char *folder) {
    vdib__camera camera;
    char *partial = NULL;
    size_t length = strlen(folder);
    VDIB_TRY(check(dataset, given, &camera));
    while (length > 1 && folder[length - 1] == '/')
        length--;
    VDIB_TRY(VDIB_NEW(&partial, length + sizeof ".partial"));
    snprintf(partial, length + sizeof ".partial", "%.*s.partial", (int)length, folder);
    vdib_status status = check_folder(folder, partial);
    bool begun = status == VDIB_OK;
    if (status == VDIB_OK)
        status = vdib__folder_make(partial);
    if (status == VDIB_OK)
        status = write_all(dataset, given, &camera, partial);
    if (status == VDIB_OK && rename(partial, folder) != 0)
        status = vdib__fail(VDIB_ERROR_IO, "%s: cannot be renamed to %s: %s", partial, folder, strerror(errno));
    if (begun && status != VDIB_OK)
        vdib__remove_all(partial);
    vdib__free(partial);
    return status;
}

/* "film:DIR" of DIR; names that say so, or builtin:digits, stay. */
static vdib_status name_images(const char *data, char **name) {
    vdib__data_name parsed;
    VDIB_TRY(vdib__data_name_parse(data, &parsed));
    bool folder = parsed.kind == VDIB_DATA_FOLDER, filmed = parsed.mixed == NULL && parsed.kind != VDIB_DATA_MOTION;
    vdib__data_name_free(&parsed);
    if (!filmed)
        return vdib__fail(VDIB_ERROR_DATA, "%s: is no set of images; film a folder of images, or builtin:digits", data);
    size_t size = (data != NULL ? strlen(data) : 0) + sizeof "film:" + sizeof VDIB_BUILTIN_DIGITS;
    VDIB_TRY(VDIB_NEW(name, size));
    snprintf(*name, size, "%s%s", folder ? "film:" : "", data != NULL ? data : VDIB_BUILTIN_DIGITS);
    return VDIB_OK;
}

vdib_status vdib__film_write(const vdib__dataset_parameters *parameters, const char *folder, size_t counts[2],
                             char **notes) {
    vdib__dataset_parameters used = *parameters;
    vdib_dataset *dataset = NULL;
    char *name = NULL;
    VDIB_TRY(name_images(parameters->data, &name));
    used.data = name;
    used.input = &vdib__input_events;
    used.target = &vdib__target_image;
    used.images = NULL;
    used.unfilmed = true;
    vdib_status status = vdib__dataset_open(&used, &dataset);
    vdib__free(name);
    VDIB_TRY(status);
    status = write_folder(dataset, parameters, folder);
    if (status == VDIB_OK)
        status = vdib_dataset_notes(dataset, notes);
    for (int p = 0; p < VDIB_PARTS && status == VDIB_OK; p++)
        counts[p] = dataset->parts[p].count;
    vdib_dataset_destroy(dataset);
    return status;
}
