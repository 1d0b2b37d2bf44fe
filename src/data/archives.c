/* SPDX-License-Identifier: MIT */
#include "data/archives.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/cache.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/recordings/store.h"
#include "events/unpack.h"

/* ---- names ---- */

/* The length of an archive's name without its ending; 0 if it has none of an archive's. */
static size_t stem_of(const char *name) {
    static const char *const endings[] = {".zip", ".tar", ".tgz", ".tbz2", ".txz"};
    size_t length = vdib__unpacked_length(name);
    bool packed = length < strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length <= ending || (packed && strcmp(endings[i], ".tar") != 0))
            continue;
        char found[8];
        snprintf(found, sizeof found, "%.*s", (int)ending, name + length - ending);
        if (vdib__same_word(found, endings[i]))
            return length - ending;
    }
    return 0;
}

/* Archives that make up one data set. */
typedef struct archive_list {
    char **names; /* (count) paths */
    size_t count;
    bool beside; /* each in a folder of its name */
} archive_list;

static vdib_status add_name(archive_list *list, const char *path) {
    VDIB_TRY(vdib__strdup(path, &list->names[list->count]));
    list->count++;
    return VDIB_OK;
}

static vdib_status list_folder(const char *folder, archive_list *list) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_NEW(&list->names, count);
    for (size_t i = 0; status == VDIB_OK && i < count; i++) {
        char *path = NULL;
        if (names[i][0] == '.' || stem_of(names[i]) == 0 || vdib__path_join(folder, names[i], &path) != VDIB_OK)
            continue;
        if (vdib__archive_is(path))
            status = add_name(list, path);
        vdib__free(path);
    }
    vdib__names_free(names, count);
    list->beside = true;
    return status;
}

static vdib_status list_archives(const char *given, bool (*has_data)(const char *folder), archive_list *list) {
    if (vdib__is_folder(given))
        return has_data(given) ? VDIB_OK : list_folder(given, list);
    if (!vdib__archive_is(given))
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&list->names, 1));
    return add_name(list, given);
}

/* ---- the place in the cache ---- */

static const char *name_in(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* A key of what the archives hold, as far as their sizes, times and some of their bytes say. */
static vdib_status key_of(const archive_list *list, uint64_t *key) {
    *key = vdib__hash(VDIB_HASH_BASIS, "1", 1); /* of this way of unpacking */
    for (size_t i = 0; i < list->count; i++) {
        vdib__store_key one;
        const char *part = list->beside ? name_in(list->names[i]) : "";
        if (!vdib__store_key_of(list->names[i], part, &one))
            return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read", list->names[i]);
        *key = vdib__hash(*key, one.words, sizeof one.words);
    }
    return VDIB_OK;
}

static vdib_status place_of(const archive_list *list, char **folder) {
    uint64_t key = 0;
    VDIB_TRY(key_of(list, &key));
    VDIB_TRY(vdib__cache_path("archive", key, "data", folder));
    if (*folder == NULL)
        return vdib__fail(
            VDIB_ERROR_UNSUPPORTED,
            "%s: archives are unpacked into the cache folder, and there is none (VDIB_CACHE, --no-cache); "
            "unpack it, and name the folder",
            list->names[0]);
    return vdib__cache_prepare(*folder);
}

/* ---- unpacking ---- */

/* Removes a folder and what is in it, without following links. */
static void remove_all(const char *path) {
    char **names = NULL;
    size_t count = 0;
    struct stat entry;
    if (lstat(path, &entry) != 0)
        return;
    if (!S_ISDIR(entry.st_mode)) {
        (void)unlink(path);
        return;
    }
    if (vdib__folder_list(path, &names, &count) != VDIB_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        char *inside = NULL;
        if (vdib__path_join(path, names[i], &inside) == VDIB_OK)
            remove_all(inside);
        vdib__free(inside);
    }
    vdib__names_free(names, count);
    (void)rmdir(path);
}

/* Where a folder holds nothing but a folder of a name, that one's files become its own. */
static vdib_status flatten(const char *folder, const char *name) {
    char **names = NULL, *inner = NULL, *aside = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    bool wrapped = count == 1 && vdib__same_word(names[0], name);
    vdib_status status = VDIB_OK;
    if (wrapped && (status = vdib__path_join(folder, names[0], &inner)) == VDIB_OK && vdib__is_folder(inner)) {
        size_t size = strlen(folder) + sizeof ".inner";
        status = VDIB_NEW(&aside, size);
        if (status == VDIB_OK)
            snprintf(aside, size, "%s.inner", folder);
        if (status == VDIB_OK && (rename(inner, aside) != 0 || rmdir(folder) != 0 || rename(aside, folder) != 0))
            status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be moved", inner);
    }
    vdib__free(aside);
    vdib__free(inner);
    vdib__names_free(names, count);
    return status;
}

static vdib_status unpack_one(const archive_list *list, size_t index, const char *into, vdib__archive_poll *poll,
                              const void *context, vdib__extraction *sum) {
    const char *path = list->names[index];
    char *name = NULL, *folder = NULL;
    vdib__extraction made = {0};
    vdib_status status = vdib__strdup(name_in(path), &name);
    if (status == VDIB_OK && list->beside)
        name[stem_of(name)] = '\0';
    if (status == VDIB_OK)
        status = list->beside ? vdib__path_join(into, name, &folder) : vdib__strdup(into, &folder);
    if (status == VDIB_OK)
        status = vdib__folder_make(folder);
    if (status == VDIB_OK)
        status = vdib__archive_extract(path, folder, poll, context, &made);
    if (status == VDIB_OK && list->beside)
        status = flatten(folder, name);
    vdib__free(folder);
    vdib__free(name);
    sum->bytes += made.bytes;
    sum->files += made.files;
    sum->left_out += made.left_out;
    return status;
}

/* Unpacks under a temporary name, then renames: `folder` is complete or not there. */
static vdib_status unpack_all(const archive_list *list, const char *folder, vdib__archive_poll *poll,
                              const void *context, vdib__extraction *made) {
    char *temporary = NULL;
    size_t size = strlen(folder) + sizeof ".unpacking";
    VDIB_TRY(VDIB_NEW(&temporary, size));
    snprintf(temporary, size, "%s.unpacking", folder);
    remove_all(temporary); /* of a program that was killed: we hold the lock */
    vdib_status status = vdib__folder_make(temporary);
    for (size_t i = 0; status == VDIB_OK && i < list->count; i++)
        status = unpack_one(list, i, temporary, poll, context, made);
    if (status == VDIB_OK)
        sync(); /* before the name says that all is there */
    if (status == VDIB_OK && rename(temporary, folder) != 0)
        status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be created", folder);
    if (status != VDIB_OK)
        remove_all(temporary);
    vdib__free(temporary);
    return status;
}

/* Beside the folder stands a file that is locked while somebody unpacks, and holds what that came to. */
static void write_facts(int descriptor, const vdib__extraction *made) {
    if (pwrite(descriptor, made, sizeof *made, 0) != (ssize_t)sizeof *made)
        (void)ftruncate(descriptor, 0);
}

static void read_facts(int descriptor, vdib__extraction *made) {
    if (pread(descriptor, made, sizeof *made, 0) != (ssize_t)sizeof *made)
        *made = (vdib__extraction){0};
}

/* Waits until no other program unpacks into a folder. */
static vdib_status lock(const char *folder, int *descriptor) {
    char *path = NULL;
    size_t size = strlen(folder) + sizeof ".lock";
    VDIB_TRY(VDIB_NEW(&path, size));
    snprintf(path, size, "%s.lock", folder);
    int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int result = -1;
    do
        result = opened >= 0 ? flock(opened, LOCK_EX) : -1;
    while (opened >= 0 && result != 0 && errno == EINTR);
    vdib_status status = result == 0 ? VDIB_OK : vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be locked", path);
    vdib__free(path);
    if (status != VDIB_OK && opened >= 0)
        (void)close(opened);
    else
        *descriptor = opened;
    return status;
}

static vdib_status unpack_once(const archive_list *list, vdib__archive_poll *poll, const void *context,
                               vdib__unpacked *unpacked) {
    char *folder = NULL;
    int locked = -1;
    vdib__unpacked made = {.folder = NULL};
    VDIB_TRY(place_of(list, &folder));
    vdib_status status = lock(folder, &locked);
    if (status == VDIB_OK && !vdib__is_folder(folder)) {
        status = unpack_all(list, folder, poll, context, &made.made);
        if (status == VDIB_OK)
            write_facts(locked, &made.made);
    } else if (status == VDIB_OK) {
        read_facts(locked, &made.made);
    }
    if (locked >= 0)
        (void)close(locked);
    if (status != VDIB_OK) {
        vdib__free(folder);
        return status;
    }
    *unpacked = made;
    unpacked->folder = folder;
    return VDIB_OK;
}

vdib_status vdib__archives_unpack(const char *given, bool (*has_data)(const char *folder), vdib__archive_poll *poll,
                                  const void *context, vdib__unpacked *unpacked) {
    archive_list list = {.count = 0};
    vdib__unpacked nothing = {.folder = NULL};
    vdib_status status = list_archives(given, has_data, &list);
    if (status == VDIB_OK && list.count > 0)
        status = unpack_once(&list, poll, context, unpacked);
    else if (status == VDIB_OK)
        *unpacked = nothing;
    vdib__names_free(list.names, list.count);
    return status;
}
