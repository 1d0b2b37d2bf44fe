/* SPDX-License-Identifier: MIT */
#include "export/export.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/file.h"
#include "core/sized.h"

static vdib_status unknown_format(const char *name) {
    char known[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < vdib__export_formats.count; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 vdib__export_formats.rows[i]->name);
    return vdib__fail(VDIB_ERROR_ARGUMENT, "export: there is no format '%s'; choose one of: %s", name, known);
}

vdib_status vdib_model_export(const vdib_model *model, const char *format, const char *path,
                              const vdib_export_options *options, vdib_export_report **report) {
    VDIB_REQUIRE(model, format, path);
    vdib_export_options used;
    vdib_export_report *made = NULL;
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_export_options, options, &used));
    const vdib__choice *row = vdib__choice_find(&vdib__export_formats, format);
    if (row == NULL)
        return unknown_format(format);
    VDIB_TRY(vdib__export_report_create(row->name, &made));
    const vdib__export job = {.model = model, .path = path, .options = &used, .report = made};
    vdib_status status = ((const vdib__export_format *)row)->write(&job);
    if (status == VDIB_OK && report != NULL)
        *report = made;
    else
        vdib_export_report_destroy(made);
    return status;
}

bool vdib__export_wants(const vdib__export *job, const char *part) {
    return job->options->only == NULL || strcmp(job->options->only, part) == 0;
}

vdib_status vdib__export_check_only(const vdib__export *job, const char *parts) {
    const char *only = job->options->only;
    if (only == NULL || (only[0] != '\0' && vdib__choice_word(parts, only)))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_ARGUMENT, "export: there is no part '%s'; choose one of: %s", only, parts);
}

/* The folder that a path is in must be there: a typing error makes no tree of folders. */
static vdib_status check_parent(const char *path) {
    const char *slash = strrchr(path, '/');
    char parent[4096];
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (path[0] == '\0')
        return vdib__fail(VDIB_ERROR_ARGUMENT, "export: the path is empty");
    if (length == 0)
        return VDIB_OK;
    if (length >= sizeof parent)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%.60s...: the path is too long", path);
    memcpy(parent, path, length);
    parent[length] = '\0';
    if (vdib__is_folder(parent))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_IO, "%s: cannot be written: there is no folder %s; make it first", path, parent);
}

vdib_status vdib__export_file(const vdib__export *job) {
    struct stat info;
    VDIB_TRY(check_parent(job->path));
    if (lstat(job->path, &info) != 0)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_EXISTS, "%s: %s; name another one, or remove it first", job->path,
                      S_ISDIR(info.st_mode) ? "is a folder, and a file is to be written" : "exists already");
}

vdib_status vdib__export_folder(const vdib__export *job) {
    struct stat info;
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(check_parent(job->path));
    if (lstat(job->path, &info) != 0)
        return vdib__folder_make(job->path);
    if (!vdib__is_folder(job->path))
        return vdib__fail(VDIB_ERROR_EXISTS, "%s: exists already and is no folder; name another one", job->path);
    VDIB_TRY(vdib__folder_list(job->path, &names, &count));
    vdib__names_free(names, count);
    if (count == 0)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_EXISTS, "%s: the folder is not empty; name another one, or remove it first",
                      job->path);
}
