/* SPDX-License-Identifier: MIT */
#include "core/cache.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"

#define FNV_PRIME UINT64_C(1099511628211)

uint64_t vdib__hash(uint64_t hash, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (; size >= sizeof(uint32_t); size -= sizeof(uint32_t), at += sizeof(uint32_t)) {
        uint32_t word;
        memcpy(&word, at, sizeof word);
        hash = (hash ^ word) * FNV_PRIME;
    }
    for (; size > 0; size--, at++)
        hash = (hash ^ *at) * FNV_PRIME;
    return hash;
}

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* *folder: NULL if there is no cache. */
static vdib_status cache_folder(char **folder) {
    *folder = NULL;
    const char *chosen = environment("VDIB_CACHE"), *shared = environment("XDG_CACHE_HOME"),
               *home = environment("HOME");
    if (chosen != NULL)
        return strcmp(chosen, "off") == 0 ? VDIB_OK : vdib__strdup(chosen, folder);
    if (shared != NULL)
        return vdib__path_join(shared, "vdib", folder);
    if (home != NULL)
        return vdib__path_join(home, ".cache/vdib", folder);
    return VDIB_OK;
}

vdib_status vdib__cache_path(const char *kind, uint64_t key, const char *ending, char **path) {
    char *folder = NULL, name[96];
    *path = NULL;
    vdib_status status = cache_folder(&folder);
    if (status != VDIB_OK || folder == NULL)
        return status;
    snprintf(name, sizeof name, "%s-%016" PRIx64 ".%s", kind, key, ending);
    status = vdib__path_join(folder, name, path);
    vdib__free(folder);
    return status;
}

vdib_status vdib__cache_prepare(const char *path) {
    char folder[VDIB_FOLDER_SIZE];
    if (!vdib__path_folder(path, folder))
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: its folder cannot be made", path);
    return vdib__folder_make(folder);
}

/* Kinds of files that share a limit. */
typedef struct pool {
    const char *kinds; /* with blanks between them */
    uint64_t bytes;
} pool;
static const pool pools[] = {{"judge film", VDIB_CACHE_BYTES}, {"recordings", VDIB_CACHE_RECORDINGS}};

/* Whether a name is "<one of the kinds>-<16 hexadecimal digits>.<...>": a file of ours, or one that was being written.
 */
static bool is_of(const pool *p, const char *name) {
    size_t length = strcspn(name, "-");
    for (const char *kind = p->kinds; *kind != '\0'; kind += strspn(kind, " ")) {
        size_t letters = strcspn(kind, " ");
        if (letters == length && strncmp(kind, name, length) == 0 && name[length] == '-' &&
            strspn(name + length + 1, "0123456789abcdef") == 16 && name[length + 17] == '.')
            return true;
        kind += letters;
    }
    return false;
}

typedef struct cached {
    char *path;
    uint64_t bytes;
    struct timespec used;
} cached;

static int compare_used(const void *a, const void *b) {
    const cached *first = a, *second = b;
    if (first->used.tv_sec != second->used.tv_sec)
        return first->used.tv_sec < second->used.tv_sec ? -1 : 1;
    if (first->used.tv_nsec != second->used.tv_nsec)
        return first->used.tv_nsec < second->used.tv_nsec ? -1 : 1;
    return strcmp(first->path, second->path);
}

/* files (count) = those of a pool, oldest use first. */
static size_t list_cached(const pool *p, const char *folder, char **names, size_t count, cached *files) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct stat entry;
        char *path = NULL;
        if (!is_of(p, names[i]) || vdib__path_join(folder, names[i], &path) != VDIB_OK)
            continue;
        if (lstat(path, &entry) == 0 && S_ISREG(entry.st_mode))
            files[found++] = (cached){.path = path, .bytes = (uint64_t)entry.st_size, .used = entry.st_mtim};
        else
            vdib__free(path);
    }
    if (found > 0)
        qsort(files, found, sizeof *files, compare_used);
    return found;
}

/* Removes files of a pool until the rest fits; never `kept`. */
static void trim(const pool *p, const char *folder, const char *kept) {
    char **names = NULL;
    cached *files = NULL;
    size_t count = 0, found = 0;
    uint64_t sum = 0;
    if (vdib__folder_list(folder, &names, &count) != VDIB_OK)
        return;
    if (VDIB_NEW(&files, count) == VDIB_OK)
        found = list_cached(p, folder, names, count, files);
    for (size_t i = 0; i < found; i++)
        sum += files[i].bytes;
    for (size_t i = 0; i < found; i++) {
        if (sum > p->bytes && strcmp(files[i].path, kept) != 0 && unlink(files[i].path) == 0)
            sum -= files[i].bytes;
        vdib__free(files[i].path);
    }
    vdib__free(files);
    vdib__names_free(names, count);
}

void vdib__cache_used(const char *path) {
    const struct timespec now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    char folder[VDIB_FOLDER_SIZE];
    (void)utimensat(AT_FDCWD, path, now, 0);
    if (vdib__path_folder(path, folder))
        for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
            trim(&pools[i], folder, path);
}
