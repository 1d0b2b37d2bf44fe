/* SPDX-License-Identifier: MIT */
#include "run/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupted.h"

/* What the run itself writes: its own temporary files are of these. */
static const vdib_run_file OWN[] = {VDIB_RUN_FILE_CONFIG, VDIB_RUN_FILE_RECORD,     VDIB_RUN_FILE_MODEL,
                                    VDIB_RUN_FILE_BEST,   VDIB_RUN_FILE_CHECKPOINT, VDIB_RUN_FILE_VALIDATION};
/* What it begins with. */
static const vdib_run_file FIRST[] = {VDIB_RUN_FILE_CONFIG, VDIB_RUN_FILE_RECORD, VDIB_RUN_FILE_METRICS,
                                      VDIB_RUN_FILE_TENSORBOARD};

static const struct {
    const char *name, *about, *keeper;
} FILES[] = {
#define ROW(id, file, about, keeper) {file, about, keeper},
    VDIB_RUN_FILE_MAP(ROW)
#undef ROW
};

const char *vdib_run_file_name(vdib_run_file file) {
    return (unsigned)file < VDIB_RUN_FILES ? FILES[file].name : NULL;
}

const char *vdib_run_file_about(vdib_run_file file) {
    return (unsigned)file < VDIB_RUN_FILES ? FILES[file].about : NULL;
}

const char *vdib_run_file_keeper(vdib_run_file file) {
    return (unsigned)file < VDIB_RUN_FILES ? FILES[file].keeper : NULL;
}

vdib_status vdib__run_path(const char *folder, vdib_run_file file, char **path) {
    return vdib__path_join(folder, FILES[file].name, path);
}

vdib_status vdib__run_folder_check_empty(const char *folder) {
    char **names = NULL;
    size_t count = 0;
    if (!vdib__is_folder(folder))
        return vdib__is_file(folder) ? vdib__fail(VDIB_ERROR_EXISTS, "%s: is a file; name a new folder", folder)
                                     : VDIB_OK;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib__names_free(names, count);
    if (count != 0)
        return vdib__fail(VDIB_ERROR_EXISTS,
                          "%s: is not empty; name a new folder, or go on with `vdib train --resume %s`", folder,
                          folder);
    return VDIB_OK;
}

void vdib__run_folder_usual(char *name) {
    static const char usual[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (char *at = name; *at != '\0'; at++)
        if (strchr(usual, *at) == NULL || (at == name && *at == '.'))
            *at = '-';
}

vdib_status vdib__run_folder_new(const char *parent, const char *name, char **folder) {
    enum { MOST = 1000000, NUMBER = 16 };
    char *path = NULL;
    size_t length = strlen(parent) + 1, size = length + strlen(name) + NUMBER;
    VDIB_TRY(vdib__folder_make(parent));
    VDIB_TRY(VDIB_NEW(&path, size));
    snprintf(path, size, "%s/%s", parent, name);
    vdib__run_folder_usual(path + length);
    size_t end = strlen(path);
    for (int number = 1; number < MOST; number++) {
        snprintf(path + end, NUMBER, "-%d", number);
        if (mkdir(path, 0777) == 0) { /* fails where somebody has it: two processes never get the same */
            *folder = path;
            return VDIB_OK;
        }
        if (errno != EEXIST)
            break;
    }
    vdib_status status = errno == EEXIST
                             ? vdib__fail(VDIB_ERROR_EXISTS, "%s: exists already; name a folder with --out", path)
                             : vdib__fail_errno(VDIB_ERROR_IO, "%s: the folder cannot be made", path);
    vdib__free(path);
    return status;
}

vdib_status vdib__run_folder_lock(const char *folder, int *lock) {
    int opened = vdib__open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened as a folder", folder);
    if (!vdib__flock(opened, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
        (void)close(opened);
        return vdib__fail(
            VDIB_ERROR_EXISTS,
            "%s: another process, or another part of this one, is using it; wait until it is done and has "
            "closed it, or name a new folder",
            folder);
    }
    *lock = opened;
    return VDIB_OK;
}

vdib_status vdib__run_folder_wait(const char *folder, int *lock) {
    int opened = vdib__open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened as a folder", folder);
    (void)vdib__flock(opened, LOCK_EX); /* where there are no locks: without one */
    *lock = opened;
    return VDIB_OK;
}

static bool is_leftover(const char *name) {
    for (size_t i = 0; i < sizeof OWN / sizeof OWN[0]; i++)
        if (vdib__is_temporary_of(name, FILES[OWN[i]].name))
            return true;
    return false;
}

static vdib_status remove_leftover(void *user, const char *path, const char *name) {
    (void)user;
    if (is_leftover(name) && vdib__is_file(path))
        (void)unlink(path);
    return VDIB_OK;
}

vdib_status vdib__run_folder_clean(const char *folder) {
    return vdib__folder_each(folder, remove_leftover, NULL);
}

void vdib__run_folder_undo(const char *folder) {
    for (size_t i = 0; i < sizeof FIRST / sizeof FIRST[0]; i++) {
        char *path = NULL;
        if (vdib__run_path(folder, FIRST[i], &path) == VDIB_OK)
            (void)unlink(path);
        vdib__free(path);
    }
}
