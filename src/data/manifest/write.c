/* SPDX-License-Identifier: MIT */
/* A data set as a manifest. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "data/dataset_parts.h"
#include "data/entries.h"
#include "data/manifest/archived.h"
#include "data/manifest/manifest.h"

enum { NUMBER = 32 };

/* What stands in a line: "" where nothing. */
typedef struct line {
    const char *values[VDIB_MANIFEST_COLUMNS];
    char numbers[3][NUMBER]; /* label, from, to */
    char *path, *target;     /* owned */
} line;

typedef struct writing {
    const vdib_dataset *dataset;
    char *folder; /* of the manifest, absolute, with its last slash */
    bool json;
    vdib__writer writer;
} writing;

/* A folder of archives in which data lie besides is not unpacked: what is written there could not be read. */
static vdib_status check_place(const writing *w, const char *path) {
    const vdib__unpacked *unpacked = &w->dataset->unpacked;
    char *absolute =
        unpacked->folder != NULL && vdib__is_folder(unpacked->given) ? realpath(unpacked->given, NULL) : NULL;
    size_t length = absolute != NULL ? strlen(absolute) : 0;
    bool inside = length > 0 && strncmp(w->folder, absolute, length) == 0 && strcmp(w->folder + length, "/") == 0;
    free(absolute);
    if (!inside)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_ARGUMENT,
                      "%s: lies among the archives that it would name, which are not unpacked where other data are; "
                      "write it into another folder",
                      path);
}

/* A path that is there, absolute, with `rest` behind it, as the manifest names it. */
static vdib_status name_place(const writing *w, const char *path, const char *rest, char **name) {
    char *absolute = realpath(path, NULL);
    if (absolute == NULL)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be found any more", path);
    size_t length = strlen(w->folder);
    const char *below = strncmp(absolute, w->folder, length) == 0 ? absolute + length : absolute;
    size_t room = strlen(below) + strlen(rest) + 1;
    vdib_status status = VDIB_NEW(name, room);
    if (status == VDIB_OK)
        (void)snprintf(*name, room, "%s%s", below, rest);
    free(absolute);
    return status;
}

/* A path as the manifest names it. FILE#N is no file of that name, and what was unpacked is named by its archive. */
static vdib_status name_of(const writing *w, const char *path, char **name) {
    const vdib__unpacked *unpacked = &w->dataset->unpacked;
    const char *inside = vdib__archived_rest(w->dataset, path), *hash = strrchr(path, '#');
    char *file = NULL;
    if (inside != NULL)
        return name_place(w, unpacked->given, inside, name);
    if (hash == NULL || vdib__is_file(path))
        return name_place(w, path, "", name);
    VDIB_TRY(vdib__strdup(path, &file));
    file[hash - path] = '\0';
    vdib_status status = name_place(w, file, hash, name);
    vdib__free(file);
    return status;
}

static vdib_status fill(const writing *w, vdib_split split, const vdib__item *item, line *l) {
    static const char *const splits[] = {"train", "val", "test"};
    const char *name = vdib_dataset_class_name(w->dataset, item->label);
    (void)snprintf(l->numbers[0], NUMBER, "%u", (unsigned)item->label);
    if (item->cut && item->from_us != VDIB_FROM_THE_BEGINNING)
        (void)snprintf(l->numbers[1], NUMBER, "%" PRId64, item->from_us);
    if (item->cut && item->to_us != VDIB_TO_THE_END)
        (void)snprintf(l->numbers[2], NUMBER, "%" PRId64, item->to_us);
    VDIB_TRY(name_of(w, item->path, &l->path));
    if (item->target_path != NULL)
        VDIB_TRY(name_of(w, item->target_path, &l->target));
    l->values[VDIB_MANIFEST_PATH] = l->path;
    l->values[VDIB_MANIFEST_SPLIT] = splits[split];
    l->values[VDIB_MANIFEST_LABEL] = name != NULL ? name : l->numbers[0];
    l->values[VDIB_MANIFEST_TARGET] = l->target != NULL ? l->target : "";
    l->values[VDIB_MANIFEST_FROM] = l->numbers[1];
    l->values[VDIB_MANIFEST_TO] = l->numbers[2];
    return VDIB_OK;
}

static vdib_status put_text(writing *w, const char *text) {
    return vdib__writer_put(&w->writer, text, strlen(text));
}

/* Quoted where it must be. */
static vdib_status put_field(writing *w, const char *text) {
    if (text[strcspn(text, ",;\t\"\r\n")] == '\0' && text[0] != ' ' && text[0] != '#' &&
        (text[0] == '\0' || text[strlen(text) - 1] != ' '))
        return put_text(w, text);
    VDIB_TRY(put_text(w, "\""));
    for (; *text != '\0'; text++) {
        VDIB_TRY(vdib__writer_put(&w->writer, text, 1));
        if (*text == '"')
            VDIB_TRY(put_text(w, "\""));
    }
    return put_text(w, "\"");
}

static vdib_status put_csv(writing *w, const char *const *values) {
    for (int c = 0; c < VDIB_MANIFEST_COLUMNS; c++) {
        VDIB_TRY(put_field(w, values[c]));
        VDIB_TRY(put_text(w, c + 1 < VDIB_MANIFEST_COLUMNS ? "," : "\n"));
    }
    return VDIB_OK;
}

static vdib_status put_json(writing *w, const char *const *values) {
    json_t *object = json_object();
    bool good = object != NULL;
    for (int c = 0; c < VDIB_MANIFEST_COLUMNS && good; c++) {
        bool time = c == VDIB_MANIFEST_FROM || c == VDIB_MANIFEST_TO;
        if (values[c][0] != '\0')
            good = json_object_set_new(object, vdib__manifest_column_name(c),
                                       time ? json_integer(strtoll(values[c], NULL, 10)) : json_string(values[c])) == 0;
    }
    char *text = good ? vdib__json_write(object, JSON_COMPACT) : NULL;
    json_decref(object);
    vdib_status status = text != NULL ? put_text(w, text)
                                      : vdib__fail(VDIB_ERROR_DATA,
                                                   "%s: is not valid UTF-8, which JSON asks for; write a manifest of "
                                                   "CSV",
                                                   values[VDIB_MANIFEST_PATH]);
    vdib__json_free(text);
    return status == VDIB_OK ? put_text(w, "\n") : status;
}

static vdib_status put_split(writing *w, vdib_split split) {
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < vdib_dataset_size(w->dataset, split) && status == VDIB_OK; i++) {
        const vdib__item *item = NULL;
        line l = {.path = NULL};
        VDIB_TRY(vdib__split_item(w->dataset, split, i, &item));
        if (item->path == NULL)
            return vdib__fail(VDIB_ERROR_DATA, "the data hold examples that are no files, which no manifest can list; "
                                               "name recordings");
        status = fill(w, split, item, &l);
        if (status == VDIB_OK)
            status = w->json ? put_json(w, l.values) : put_csv(w, l.values);
        vdib__free(l.target);
        vdib__free(l.path);
    }
    return status;
}

static vdib_status put_all(writing *w) {
    const char *names[VDIB_MANIFEST_COLUMNS];
    for (int c = 0; c < VDIB_MANIFEST_COLUMNS; c++)
        names[c] = vdib__manifest_column_name(c);
    if (!w->json)
        VDIB_TRY(put_csv(w, names));
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++)
        VDIB_TRY(put_split(w, (vdib_split)split));
    return VDIB_OK;
}

/* The folder that a file will be in, absolute. */
static vdib_status folder_of(const char *path, char **folder) {
    char *copy = NULL;
    VDIB_TRY(vdib__strdup(path, &copy));
    char *slash = strrchr(copy, '/');
    if (slash != NULL)
        slash[slash == copy] = '\0';
    char *absolute = realpath(slash != NULL ? copy : ".", NULL);
    vdib__free(copy);
    if (absolute == NULL)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: its folder is not there", path);
    size_t room = strlen(absolute) + 2;
    vdib_status status = VDIB_NEW(folder, room);
    if (status == VDIB_OK)
        (void)snprintf(*folder, room, "%s%s", absolute, strcmp(absolute, "/") == 0 ? "" : "/");
    free(absolute);
    return status;
}

vdib_status vdib_dataset_write_manifest(const vdib_dataset *dataset, const char *path) {
    VDIB_REQUIRE(dataset, path);
    if (dataset->split_digest[0] == '\0')
        return vdib__fail(VDIB_ERROR_DATA, "%s: the data are no recordings in files, which are what a manifest lists",
                          path);
    writing w = {.dataset = dataset, .json = vdib__manifest_is_json(path)};
    VDIB_TRY(folder_of(path, &w.folder));
    vdib_status status = check_place(&w, path);
    if (status == VDIB_OK)
        status = vdib__writer_open(&w.writer, path);
    if (status == VDIB_OK) {
        status = put_all(&w);
        if (status == VDIB_OK)
            status = vdib__writer_commit(&w.writer);
        else
            vdib__writer_abandon(&w.writer);
    }
    vdib__free(w.folder);
    return status;
}
