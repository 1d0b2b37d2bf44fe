/* SPDX-License-Identifier: MIT */
#include "core/cache_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/cache.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupted.h"

/* What a lock's file holds. */
typedef struct notes {
    uint64_t size, facts[VDIB_CLAIM_FACTS];
} notes;

static const char of_lock[] = ".lock", of_making[] = ".unpacking";

static vdib_status with_ending(const char *path, const char *ending, char **made) {
    size_t size = strlen(path) + strlen(ending) + 1;
    VDIB_TRY(VDIB_NEW(made, size));
    (void)snprintf(*made, size, "%s%s", path, ending);
    return VDIB_OK;
}

static bool is_there(const char *path) {
    struct stat entry;
    return lstat(path, &entry) == 0;
}

/* ---- locks ---- */

/* Whether the file is still the one of that name: who trims removes it. */
static bool is_named(int file, const char *path) {
    struct stat opened, named;
    return fstat(file, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

/* The lock's file, locked for its use, or, where nothing is there, for its making. */
static vdib_status take_lock(const char *path, const char *lock, int *file) {
    for (;;) {
        int opened = vdib__open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW);
        if (opened < 0 || !vdib__flock(opened, LOCK_SH) || (!is_there(path) && !vdib__flock(opened, LOCK_EX))) {
            vdib_status status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be locked", lock);
            if (opened >= 0)
                (void)close(opened);
            return status;
        }
        bool settled = is_named(opened, lock);
        if (settled && is_there(path))
            settled =
                vdib__flock(opened, LOCK_SH) && is_there(path); /* another program made it meanwhile, or removed it */
        if (settled) {
            *file = opened;
            return VDIB_OK;
        }
        (void)close(opened);
    }
}

/* ---- their bound ---- */

uint64_t vdib__unpacked_bound(void) {
    const char *text = getenv("VDIB_UNPACKED_BYTES");
    char *end = NULL;
    unsigned long long bytes = text != NULL ? strtoull(text, &end, 10) : 0;
    return text != NULL && end != text && *end == '\0' ? bytes : VDIB_UNPACKED_BYTES;
}

typedef struct unpacked {
    char *path; /* of its lock */
    uint64_t size;
    struct timespec used;
} unpacked;

static int compare_used(const void *a, const void *b) {
    const unpacked *first = a, *second = b;
    if (first->used.tv_sec != second->used.tv_sec)
        return first->used.tv_sec < second->used.tv_sec ? -1 : 1;
    if (first->used.tv_nsec != second->used.tv_nsec)
        return first->used.tv_nsec < second->used.tv_nsec ? -1 : 1;
    return strcmp(first->path, second->path);
}

/* "archive-<16 digits>.data.lock", "unpacked-....lock" */
static bool is_lock(const char *name) {
    size_t length = strlen(name), ending = sizeof of_lock - 1, kind = strcspn(name, "-");
    return ((kind == 7 && strncmp(name, "archive", kind) == 0) ||
            (kind == 8 && strncmp(name, "unpacked", kind) == 0)) &&
           strspn(name + kind, "-0123456789abcdef") == 17 && length > ending &&
           strcmp(name + length - ending, of_lock) == 0;
}

static bool look_at(const char *folder, const char *name, unpacked *found) {
    struct stat entry;
    notes read = {0};
    char *path = NULL;
    if (!is_lock(name) || vdib__path_join(folder, name, &path) != VDIB_OK)
        return false;
    int file = vdib__open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool sound = file >= 0 && fstat(file, &entry) == 0;
    if (sound && vdib__file_read_at(file, &read.size, sizeof read.size, 0))
        found->size = read.size;
    if (file >= 0)
        (void)close(file);
    if (!sound) {
        vdib__free(path);
        return false;
    }
    found->path = path;
    found->used = entry.st_mtim;
    return true;
}

/* Removes what a lock is of, unless it is in use; whether it did. */
static bool remove_unused(const char *lock) {
    char *path = NULL, *making = NULL;
    int file = vdib__open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool unused = file >= 0 && vdib__flock(file, LOCK_EX | LOCK_NB) && is_named(file, lock) &&
                  vdib__strdup(lock, &path) == VDIB_OK;
    if (unused) {
        path[strlen(path) - (sizeof of_lock - 1)] = '\0';
        vdib__remove_all(path);
        if (with_ending(path, of_making, &making) == VDIB_OK)
            vdib__remove_all(making); /* of a program that was killed */
        (void)unlink(lock);
    }
    vdib__free(making);
    vdib__free(path);
    if (file >= 0)
        (void)close(file);
    return unused;
}

/* Removes those used longest ago until the others fit. */
static void trim(const char *folder) {
    char **names = NULL;
    unpacked *all = NULL;
    size_t count = 0, found = 0;
    uint64_t sum = 0;
    const uint64_t bound = vdib__unpacked_bound();
    if (vdib__folder_list(folder, &names, &count) != VDIB_OK)
        return;
    if (count > 0 && VDIB_NEW(&all, count) == VDIB_OK)
        for (size_t i = 0; i < count; i++)
            found += look_at(folder, names[i], &all[found]);
    if (found > 0)
        qsort(all, found, sizeof *all, compare_used);
    for (size_t i = 0; i < found; i++)
        sum += all[i].size;
    for (size_t i = 0; i < found; i++) {
        if (sum > bound && remove_unused(all[i].path))
            sum -= all[i].size;
        vdib__free(all[i].path);
    }
    vdib__free(all);
    vdib__names_free(names, count);
}

/* The claim's own is in use, and stays. */
static void trim_around(const vdib__cache_claim *claim) {
    char *folder = NULL;
    if (vdib__strdup(claim->path, &folder) != VDIB_OK)
        return;
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        *slash = '\0';
        trim(folder);
    }
    vdib__free(folder);
}

/* ---- claims ---- */

static vdib_status begin(vdib__cache_claim *claim) {
    char *lock = NULL;
    notes read;
    VDIB_TRY(vdib__cache_prepare(claim->path));
    VDIB_TRY(with_ending(claim->path, of_lock, &lock));
    vdib_status status = take_lock(claim->path, lock, &claim->lock);
    vdib__free(lock);
    VDIB_TRY(status);
    if (!is_there(claim->path)) {
        VDIB_TRY(with_ending(claim->path, of_making, &claim->making));
        vdib__remove_all(claim->making); /* of a program that was killed: we hold the lock */
        return VDIB_OK;
    }
    if (vdib__file_read_at(claim->lock, &read, sizeof read, 0)) {
        claim->size = read.size;
        memcpy(claim->facts, read.facts, sizeof read.facts);
    }
    (void)futimens(claim->lock, NULL);
    return VDIB_OK;
}

vdib_status vdib__cache_claim_open(const char *kind, uint64_t key, const char *ending, vdib__cache_claim *claim) {
    vdib__cache_claim made = {.path = NULL};
    vdib_status status = vdib__cache_path(kind, key, ending, &made.path);
    if (status == VDIB_OK && made.path != NULL)
        status = begin(&made);
    if (status != VDIB_OK) {
        vdib__cache_claim_close(&made);
        return status;
    }
    if (made.path != NULL && made.making == NULL && strcmp(kind, "archive") == 0)
        trim_around(&made); /* unpacked files are opened for each of their recordings: that would take too long */
    *claim = made;
    return VDIB_OK;
}

vdib_status vdib__cache_claim_keep(vdib__cache_claim *claim) {
    notes written = {.size = claim->size};
    memcpy(written.facts, claim->facts, sizeof written.facts);
    if (pwrite(claim->lock, &written, sizeof written, 0) != (ssize_t)sizeof written)
        (void)vdib__ftruncate(claim->lock, 0);
    sync(); /* before the name says that all is there */
    if (rename(claim->making, claim->path) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be created", claim->path);
    vdib__free(claim->making);
    claim->making = NULL;
    (void)futimens(claim->lock, NULL);
    trim_around(claim);
    if (!vdib__flock(claim->lock, LOCK_SH) || !is_there(claim->path))
        return vdib__fail(VDIB_ERROR_IO, "%s: another program has removed it; try again", claim->path);
    return VDIB_OK;
}

/* Nothing was kept: the lock is of nothing. */
static void give_up(const vdib__cache_claim *claim) {
    char *lock = NULL;
    vdib__remove_all(claim->making);
    if (with_ending(claim->path, of_lock, &lock) == VDIB_OK)
        (void)unlink(lock);
    vdib__free(lock);
}

void vdib__cache_claim_close(vdib__cache_claim *claim) {
    if (claim->making != NULL)
        give_up(claim);
    if (claim->lock > 0)
        (void)close(claim->lock);
    vdib__free(claim->making);
    vdib__free(claim->path);
    *claim = (vdib__cache_claim){.path = NULL};
}
