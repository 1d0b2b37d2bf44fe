/* SPDX-License-Identifier: MIT */
#include "run/asked.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/data_name.h"
#include "run/begin.h"
#include "run/folder.h"

static vdib_status copy_name(const char *name, const char **copy) {
    char *made = NULL;
    vdib_status status = vdib__data_name_absolute(name, &made);
    *copy = made;
    return status;
}

vdib_status vdib__asked_make(const vdib_config *config, const vdib_run_options *options, vdib__asked *asked) {
    if (options->init != NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "weights to begin with (init) are those of one run; train it by itself");
    *asked = (vdib__asked){.options = *options};
    asked->options.data = asked->options.images = NULL;
    asked->resume = (vdib_resume_options){.size = sizeof(vdib_resume_options),
                                          .threads = options->threads,
                                          .dataset = options->dataset,
                                          .force = options->force,
                                          .cancelled = options->cancelled,
                                          .user = options->user};
    vdib_status status = vdib_config_copy(config, &asked->config);
    if (status == VDIB_OK)
        status = copy_name(options->data, &asked->options.data);
    if (status == VDIB_OK)
        status = copy_name(options->images, &asked->options.images);
    if (status != VDIB_OK)
        vdib__asked_clear(asked);
    return status;
}

void vdib__asked_clear(vdib__asked *asked) {
    vdib__free((char *)(uintptr_t)asked->options.data);
    vdib__free((char *)(uintptr_t)asked->options.images);
    vdib_config_destroy(asked->config);
    *asked = (vdib__asked){.config = NULL};
}

/* ---- files ---- */

static json_t *text_or_null(const char *text) {
    return text != NULL ? json_string(text) : json_null();
}

json_t *vdib__asked_json(const vdib__asked *asked) {
    const vdib_run_options *options = &asked->options;
    return json_pack("{s:o, s:o, s:I, s:I, s:f, s:I}", "data", text_or_null(options->data), "images",
                     text_or_null(options->images), "examples", (json_int_t)options->examples, "epochs",
                     (json_int_t)options->epochs, "seconds", options->seconds, "checkpoint_every",
                     (json_int_t)options->checkpoint_every);
}

/* What that object says, in every version. */
static const vdib__record_key KEYS[] = {
    {NULL, "data", vdib__json_is_text, "a path or null", false},
    {NULL, "images", vdib__json_is_text, "a path or null", false},
    {NULL, "examples", vdib__json_is_count, "a whole number", false},
    {NULL, "epochs", vdib__json_is_count, "a whole number", false},
    {NULL, "seconds", vdib__json_is_amount, "a number", false},
    {NULL, "checkpoint_every", vdib__json_is_count, "a whole number", false},
};

vdib_status vdib__folder_json(const char *folder, vdib_run_file file, json_t *object) {
    bool good = object != NULL && vdib__record_stamp(object) == VDIB_OK;
    char *text = good ? vdib__json_write(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;
    char *path = NULL;
    json_decref(object);
    if (text == NULL)
        return vdib__fail(VDIB_ERROR_DATA, "%s: cannot be formed (out of memory, or a path is not UTF-8)",
                          vdib_run_file_name(file));
    vdib_status status = vdib__run_path(folder, file, &path);
    if (status == VDIB_OK)
        status = vdib__file_write(path, text, strlen(text));
    vdib__free(path);
    vdib__json_free(text);
    return status;
}

vdib_status vdib__asked_save_config(const vdib__asked *asked, const char *folder) {
    char *path = NULL;
    VDIB_TRY(vdib__run_path(folder, VDIB_RUN_FILE_CONFIG, &path));
    vdib_status status = vdib_config_save(asked->config, path);
    vdib__free(path);
    return status;
}

uint64_t vdib__json_count(const json_t *object, const char *name) {
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

vdib_status vdib__asked_read(const char *folder, vdib_run_file file, const char *what, const vdib__record_key *keys,
                             size_t key_count, json_t **object) {
    char *path = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    json_error_t problem;
    VDIB_TRY(vdib__run_path(folder, file, &path));
    vdib_status status = vdib__file_read(path, &bytes, &size);
    if (status == VDIB_OK) {
        json_t *read = vdib__json_read((const char *)bytes, size, &problem);
        if (!json_is_object(read))
            status = vdib__fail(VDIB_ERROR_FORMAT, "%s: is damaged (%s); start the %s anew in another folder", path,
                                read == NULL ? problem.text : "it is no JSON object", what);
        else
            status = vdib__record_check(read, path, keys, key_count);
        if (status == VDIB_OK)
            status = vdib__record_check(read, path, KEYS, sizeof KEYS / sizeof KEYS[0]);
        if (status == VDIB_OK)
            *object = read;
        else
            json_decref(read);
    }
    vdib__free(bytes);
    vdib__free(path);
    return status;
}

vdib_status vdib__asked_restore(const char *folder, const vdib_resume_options *resume, const json_t *object,
                                vdib__asked *asked) {
    const vdib_run_options options = {.size = sizeof options,
                                      .data = json_string_value(json_object_get(object, "data")),
                                      .images = json_string_value(json_object_get(object, "images")),
                                      .examples = vdib__json_count(object, "examples"),
                                      .epochs = vdib__json_count(object, "epochs"),
                                      .seconds = json_number_value(json_object_get(object, "seconds")),
                                      .threads = resume->threads,
                                      .checkpoint_every = (size_t)vdib__json_count(object, "checkpoint_every"),
                                      .dataset = resume->dataset,
                                      .force = resume->force,
                                      .cancelled = resume->cancelled,
                                      .user = resume->user};
    char *path = NULL;
    vdib_config *config = NULL;
    VDIB_TRY(vdib__run_path(folder, VDIB_RUN_FILE_CONFIG, &path));
    vdib_status status = vdib_config_load(path, &config);
    vdib__free(path);
    VDIB_TRY(status);
    status = vdib__asked_make(config, &options, asked);
    vdib_config_destroy(config);
    return status;
}

/* ---- runs ---- */

/* A run that was killed while its first files were written has no record yet: they are removed, unless another process
 * is just writing them. */
static vdib_status clear_beginning(const char *folder) {
    int lock = -1;
    if (!vdib__is_folder(folder))
        return VDIB_OK;
    VDIB_TRY(vdib__run_folder_lock(folder, &lock));
    vdib__run_folder_undo(folder);
    vdib_status status = vdib__run_folder_clean(folder);
    (void)close(lock);
    return status;
}

vdib_status vdib__asked_run(const vdib__asked *asked, const vdib_config *config, const char *folder,
                            const vdib_dataset *opened, vdib_run **run) {
    char *record = NULL;
    struct stat entry;
    if (lstat(folder, &entry) == 0 && S_ISLNK(entry.st_mode)) /* out of the folder of the series or the sweep */
        return vdib__fail(VDIB_ERROR_IO, "%s: is a link, and links are not written through; put the run in its place",
                          folder);
    VDIB_TRY(vdib__run_path(folder, VDIB_RUN_FILE_RECORD, &record));
    bool begun = vdib__is_file(record);
    vdib__free(record);
    if (begun)
        return vdib__run_go_on(folder, &asked->resume, opened, run);
    VDIB_TRY(clear_beginning(folder));
    return vdib__run_begin(folder, config, &asked->options, opened, run);
}
