/* SPDX-License-Identifier: MIT */
#include "data/archives.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/cache.h"
#include "core/error.h"
#include "core/file.h"
#include "core/file_key.h"
#include "core/text.h"
#include "events/unpack.h"

enum {
    MOST_LEVELS = 3, /* of archives in archives */
    DEEPEST = 4      /* folders below an archive's in which others are looked for */
};

/* ---- names ---- */

static const char *name_in(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The length of an archive's name without its ending; 0 if it has none of an archive's. */
static size_t stem_of(const char *name) {
    static const char *const endings[] = {".zip", ".tar", ".tgz", ".tbz2", ".txz", ".7z"};
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

bool vdib__archives_may_hold(const char *folder, const char *path) {
    char **names = NULL;
    size_t count = 0;
    bool found = false;
    if (vdib__folder_list(folder, &names, &count) != VDIB_OK)
        return false;
    for (size_t i = 0; i < count && !found; i++) {
        size_t length = stem_of(names[i]);
        found = length > 0 && strncmp(names[i], path, length) == 0;
    }
    vdib__names_free(names, count);
    return found;
}

/* Archives that make up one data set. */
typedef struct archive_list {
    char **names; /* (count) paths */
    size_t count, capacity;
    bool beside; /* each in a folder of its name */
} archive_list;

static vdib_status add_name(archive_list *list, const char *path) {
    VDIB_TRY(VDIB_RESERVE(&list->names, &list->capacity, list->count + 1));
    VDIB_TRY(vdib__strdup(path, &list->names[list->count]));
    list->count++;
    return VDIB_OK;
}

/* The archives in a folder, and in folders up to `depth` deeper. */
static vdib_status list_folder(const char *folder, int depth, archive_list *list) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; status == VDIB_OK && i < count; i++) {
        char *path = NULL;
        if (names[i][0] == '.' || (depth == 0 && stem_of(names[i]) == 0) ||
            vdib__path_join(folder, names[i], &path) != VDIB_OK)
            continue;
        if (depth > 0 && vdib__is_folder(path))
            status = list_folder(path, depth - 1, list);
        else if (stem_of(names[i]) > 0 && vdib__archive_kind_of(path) != VDIB_ARCHIVE_NONE)
            status = add_name(list, path);
        vdib__free(path);
    }
    vdib__names_free(names, count);
    list->beside = true;
    return status;
}

static vdib_status list_archives(const char *given, bool (*has_data)(const char *folder), archive_list *list) {
    if (vdib__is_folder(given))
        return has_data(given) ? VDIB_OK : list_folder(given, 0, list);
    return vdib__archive_is(given) ? add_name(list, given) : VDIB_OK;
}

/* ---- the place in the cache ---- */

/* A key of what the archives hold, as far as their sizes, times and some of their bytes say. */
static vdib_status key_of(const archive_list *list, uint64_t *key) {
    *key = vdib__hash(VDIB_HASH_BASIS, "2", 1); /* of this way of unpacking */
    for (size_t i = 0; i < list->count; i++) {
        vdib__file_key one;
        const char *part = list->beside ? name_in(list->names[i]) : "";
        if (!vdib__file_key_of(list->names[i], part, &one))
            return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read", list->names[i]);
        *key = vdib__hash(*key, one.words, sizeof one.words);
    }
    return VDIB_OK;
}

static vdib_status claim_place(const archive_list *list, vdib__cache_claim *claim) {
    uint64_t key = 0;
    VDIB_TRY(key_of(list, &key));
    VDIB_TRY(vdib__cache_claim_open("archive", key, "data", claim));
    if (claim->path != NULL)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                      "%s: archives are unpacked into the cache folder, and there is none (VDIB_CACHE, --no-cache); "
                      "unpack it, and name the folder",
                      list->names[0]);
}

/* ---- unpacking ---- */

/* What the archives may unpack to all together: by their size, and what the disk has room for. */
static vdib_status find_most(const archive_list *list, const char *folder, uint64_t *most) {
    struct stat entry;
    struct statvfs disk;
    uint64_t size = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (stat(list->names[i], &entry) != 0)
            return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read", list->names[i]);
        size += (uint64_t)entry.st_size;
    }
    if (statvfs(folder, &disk) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be examined", folder);
    uint64_t free = (uint64_t)disk.f_bavail * disk.f_frsize, bound = vdib__unpacked_most(size);
    *most = free < bound ? free : bound;
    return VDIB_OK;
}

/* The only entry of a folder takes the folder's place. */
static vdib_status replace_folder(const char *folder, const char *inner, const char *target) {
    char *aside = NULL;
    size_t size = strlen(folder) + sizeof ".inner";
    VDIB_TRY(VDIB_NEW(&aside, size));
    snprintf(aside, size, "%s.inner", folder);
    vdib_status status = VDIB_OK;
    if (rename(inner, aside) != 0 || rmdir(folder) != 0 || rename(aside, target) != 0)
        status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be moved", inner);
    vdib__free(aside);
    return status;
}

/* Where a folder, of the archive's name, holds nothing but a folder of that name, or a file, these take its place. */
static vdib_status flatten(const char *folder) {
    char **names = NULL, *inner = NULL, *target = NULL, *parent = NULL;
    size_t count = 0;
    struct stat entry;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    if (count == 1)
        status = vdib__path_join(folder, names[0], &inner);
    if (inner != NULL && vdib__is_folder(inner) && vdib__same_word(names[0], name_in(folder))) {
        status = replace_folder(folder, inner, folder);
    } else if (inner != NULL && vdib__is_file(inner) && vdib__strdup(folder, &parent) == VDIB_OK) {
        parent[name_in(folder) - folder - 1] = '\0';
        status = vdib__path_join(parent, names[0], &target);
        if (status == VDIB_OK && (strcmp(target, folder) == 0 || lstat(target, &entry) != 0))
            status = replace_folder(folder, inner, target);
    }
    vdib__free(parent);
    vdib__free(target);
    vdib__free(inner);
    vdib__names_free(names, count);
    return status;
}

/* An archive into a folder of its name in `into`. */
static vdib_status unpack_beside(const char *path, const char *called, const char *into, vdib__unpacking *u) {
    char *name = NULL, *folder = NULL;
    vdib_status status = vdib__strdup(name_in(path), &name);
    if (status == VDIB_OK) {
        name[stem_of(name)] = '\0';
        status = vdib__path_join(into, name, &folder);
    }
    if (status == VDIB_OK)
        status = vdib__folder_make(folder);
    if (status == VDIB_OK)
        status = vdib__archive_extract(path, called, folder, u);
    if (status == VDIB_OK)
        status = flatten(folder);
    vdib__free(folder);
    vdib__free(name);
    return status;
}

/* An archive that was unpacked from another one, whose place its files take. */
static vdib_status replace_archive(char *path, const char *folder, const char *given, vdib__unpacking *u) {
    char called[VDIB_MESSAGE_SIZE / 2], *into = NULL;
    snprintf(called, sizeof called, "%s: %s", given, path + strlen(folder) + 1);
    VDIB_TRY(vdib__strdup(path, &into));
    into[name_in(into) - into - 1] = '\0';
    struct stat entry;
    vdib_status status = unpack_beside(path, called, into, u);
    if (status == VDIB_OK && stat(path, &entry) == 0 && unlink(path) == 0) {
        u->removed.bytes += (uint64_t)entry.st_size;
        u->removed.files++;
    }
    vdib__free(into);
    return status;
}

static vdib_status unpack_inner(const char *folder, const char *given, bool (*has_data)(const char *folder),
                                vdib__unpacking *u) {
    vdib_status status = VDIB_OK;
    bool more = true;
    for (int level = 1; status == VDIB_OK && more && !has_data(folder); level++) {
        archive_list inner = {.count = 0};
        status = list_folder(folder, DEEPEST, &inner);
        more = inner.count > 0;
        if (status == VDIB_OK && more && level > MOST_LEVELS)
            status = vdib__fail(VDIB_ERROR_FORMAT,
                                "%s: holds archives in archives, after %d levels still %s: it may hold itself; unpack "
                                "it by hand, and name the folder with the data",
                                given, MOST_LEVELS, name_in(inner.names[0]));
        for (size_t i = 0; status == VDIB_OK && i < inner.count; i++)
            status = replace_archive(inner.names[i], folder, given, u);
        vdib__names_free(inner.names, inner.count);
    }
    return status;
}

static vdib_status unpack_all(const archive_list *list, const char *folder, const char *given,
                              bool (*has_data)(const char *folder), vdib__unpacking *u) {
    VDIB_TRY(vdib__folder_make(folder));
    VDIB_TRY(find_most(list, folder, &u->most));
    for (size_t i = 0; i < list->count; i++)
        VDIB_TRY(list->beside ? unpack_beside(list->names[i], list->names[i], folder, u)
                              : vdib__archive_extract(list->names[i], list->names[i], folder, u));
    return unpack_inner(folder, given, has_data, u);
}

static vdib_status unpack_once(const archive_list *list, bool (*has_data)(const char *folder), vdib__unpacking *u,
                               vdib__unpacked *to) {
    vdib__cache_claim *claim = &to->claim;
    VDIB_TRY(claim_place(list, claim));
    if (claim->making != NULL) {
        VDIB_TRY(unpack_all(list, claim->making, to->given, has_data, u));
        claim->size = u->made.bytes - u->removed.bytes;
        claim->facts[0] = u->made.files - u->removed.files;
        claim->facts[1] = u->made.left_out;
        claim->facts[2] = u->made.hidden;
        VDIB_TRY(vdib__cache_claim_keep(claim));
    }
    to->made = (vdib__extraction){
        .bytes = claim->size, .files = claim->facts[0], .left_out = claim->facts[1], .hidden = claim->facts[2]};
    to->folder = claim->path;
    return VDIB_OK;
}

vdib_status vdib__archives_unpack(const char *given, bool (*has_data)(const char *folder), vdib__archive_poll *poll,
                                  const void *context, vdib__unpacked *unpacked) {
    archive_list list = {.count = 0};
    vdib__unpacking u = {.poll = poll, .context = context};
    vdib__unpacked made = {.folder = NULL};
    vdib_status status = list_archives(given, has_data, &list);
    if (status == VDIB_OK && list.count > 0)
        status = vdib__strdup(given, &made.given);
    if (status == VDIB_OK && list.count > 0)
        status = unpack_once(&list, has_data, &u, &made);
    made.archives = list.names;
    made.count = list.count;
    if (status != VDIB_OK)
        vdib__unpacked_close(&made);
    else
        *unpacked = made;
    return status;
}

void vdib__unpacked_close(vdib__unpacked *unpacked) {
    vdib__cache_claim_close(&unpacked->claim);
    vdib__names_free(unpacked->archives, unpacked->count);
    vdib__free(unpacked->given);
    *unpacked = (vdib__unpacked){.folder = NULL};
}

/* ---- what files are called ---- */

/* The archive of a path in the folder. */
static const char *archive_of(const vdib__unpacked *unpacked, const char *inside) {
    size_t length = strcspn(inside, "/");
    if (unpacked->count == 1 && strcmp(unpacked->archives[0], unpacked->given) == 0)
        return unpacked->given;
    for (size_t i = 0; i < unpacked->count; i++) {
        const char *name = name_in(unpacked->archives[i]);
        if (stem_of(name) == length && strncmp(name, inside, length) == 0)
            return unpacked->archives[i];
    }
    return unpacked->given;
}

const char *vdib__unpacked_say(const vdib__unpacked *unpacked, const char *text, char *to, size_t size) {
    size_t used = 0, length = unpacked->folder != NULL ? strlen(unpacked->folder) : 0;
    to[0] = '\0';
    for (const char *at = text; used + 1 < size;) {
        const char *found = length > 0 ? strstr(at, unpacked->folder) : NULL;
        const char *end = found != NULL ? found : at + strlen(at);
        used += (size_t)snprintf(to + used, size - used, "%.*s", (int)(end - at), at);
        if (found == NULL || used + 1 >= size)
            break;
        at = found + length;
        if (*at == '/') {
            at++;
            used += (size_t)snprintf(to + used, size - used, "%s: ", archive_of(unpacked, at));
        } else {
            used += (size_t)snprintf(to + used, size - used, "%s", unpacked->given);
        }
    }
    return to;
}

vdib_status vdib__unpacked_fail(const vdib__unpacked *unpacked, vdib_status status) {
    char message[VDIB_MESSAGE_SIZE];
    if (status == VDIB_OK || unpacked->folder == NULL)
        return status;
    return vdib__fail(status, "%s", vdib__unpacked_say(unpacked, vdib_last_message(), message, sizeof message));
}
