/* SPDX-License-Identifier: MIT */
#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/interrupted.h"
#include "core/text.h"
#include "vdib/file.h"

bool vdib__is_folder(const char *path) {
    struct stat entry;
    return stat(path, &entry) == 0 && S_ISDIR(entry.st_mode);
}

bool vdib__is_same(const char *a, const char *b) {
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool vdib__is_folder_below(const char *path) {
    struct stat entry;
    char folder[VDIB_FOLDER_SIZE];
    if (!vdib__is_folder(path) || lstat(path, &entry) != 0)
        return false;
    if (!S_ISLNK(entry.st_mode))
        return true;
    char *to = realpath(path, NULL), *from = vdib__path_folder(path, folder) ? realpath(folder, NULL) : NULL;
    size_t length = to != NULL && strcmp(to, "/") != 0 ? strlen(to) : 0;
    bool above =
        to == NULL || from == NULL || (strncmp(from, to, length) == 0 && (from[length] == '/' || from[length] == '\0'));
    free(from);
    free(to);
    return !above;
}

bool vdib__is_file(const char *path) {
    struct stat entry;
    return stat(path, &entry) == 0 && S_ISREG(entry.st_mode);
}

vdib_status vdib__file_check_kind(const char *path, mode_t mode) {
    if (S_ISREG(mode))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_IO, "%s: is not a regular file; %s", path,
                      S_ISDIR(mode) ? "it is a folder: name a file" : "copy what it holds into a file first");
}

/* Opens a regular file. */
static vdib_status open_regular(const char *path, int *file, uint64_t *size) {
    struct stat entry;
    int opened =
        vdib__open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); /* a FIFO does not wait for its writer */
    if (opened < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened", path);
    vdib_status status = fstat(opened, &entry) != 0 ? vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be examined", path)
                                                    : vdib__file_check_kind(path, entry.st_mode);
    if (status != VDIB_OK) {
        (void)close(opened);
        return status;
    }
    *file = opened;
    *size = (uint64_t)entry.st_size;
    return VDIB_OK;
}

vdib_status vdib__file_open(const char *path, FILE **stream, uint64_t *size) {
    int file = -1;
    VDIB_TRY(open_regular(path, &file, size));
    *stream = vdib__stream_open(file, "rb");
    if (*stream != NULL)
        return VDIB_OK;
    vdib_status status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened", path);
    (void)close(file);
    return status;
}

vdib_status vdib__file_open_descriptor(const char *path, int *file) {
    uint64_t size = 0;
    return open_regular(path, file, &size);
}

/* Opens a regular file of at most `limit` bytes. */
static vdib_status open_limited(const char *path, size_t limit, int *file, size_t *size) {
    uint64_t bytes = 0;
    VDIB_TRY(open_regular(path, file, &bytes));
    *size = (size_t)bytes;
    if (bytes <= limit)
        return VDIB_OK;
    (void)close(*file);
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: has %llu bytes, more than the %zu that such a file may have", path,
                      (unsigned long long)bytes, limit);
}

/* bytes (size, and room for one more). */
static vdib_status read_all(int file, const char *path, uint8_t *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(file, bytes + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read", path);
        if (got == 0)
            return vdib__fail(VDIB_ERROR_IO, "%s: ends after %zu of %zu byte%s", path, done, size, vdib__s(size));
        done += (size_t)got;
    }
    return VDIB_OK;
}

static vdib_status read_limited(const char *path, size_t limit, uint8_t **bytes, size_t *size) {
    int file = -1;
    uint8_t *content = NULL;
    VDIB_TRY(open_limited(path, limit, &file, size));
    vdib_status status = VDIB_NEW(&content, *size + 1);
    if (status == VDIB_OK)
        status = read_all(file, path, content, *size);
    (void)close(file);
    if (status != VDIB_OK) {
        vdib__free(content);
        return status;
    }
    *bytes = content;
    return VDIB_OK;
}

vdib_status vdib__file_read(const char *path, uint8_t **bytes, size_t *size) {
    return read_limited(path, SIZE_MAX - 1, bytes, size);
}

vdib_status vdib__file_map(const char *path, const uint8_t **bytes, size_t *size) {
    int file = -1;
    VDIB_TRY(open_limited(path, SIZE_MAX - 1, &file, size));
    vdib_status status = VDIB_OK;
    *bytes = (const uint8_t *)""; /* nothing can be mapped of an empty file */
    if (*size > 0) {
        void *mapped = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0);
        if (mapped == MAP_FAILED)
            status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be mapped into memory", path);
        else
            *bytes = mapped;
    }
    (void)close(file);
    return status;
}

void vdib__file_unmap(const uint8_t *bytes, size_t size) {
    if (size > 0)
        (void)munmap((void *)(uintptr_t)bytes, size);
}

/* Whether nothing but zeros follows a gzip member, as on tapes and in blocks of fixed size. */
static bool is_padding(const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Inflates every gzip member of packed[0..packed_size). Zeros after the last one are padding. */
static vdib_status inflate_all(const char *path, const uint8_t *packed, size_t packed_size, size_t limit,
                               uint8_t **bytes, size_t *size) {
    z_stream zip = {.next_in = (Bytef *)packed, .avail_in = (uInt)packed_size};
    if (inflateInit2(&zip, 15 + 16) != Z_OK)
        return vdib__fail(VDIB_ERROR_MEMORY, "%s: zlib could not be started", path);
    uint8_t *content = NULL;
    size_t capacity = 0, used = 0;
    vdib_status status = VDIB_OK;
    int result = Z_OK;
    while (status == VDIB_OK && (result != Z_STREAM_END || !is_padding(zip.next_in, zip.avail_in))) {
        if (result == Z_STREAM_END)
            inflateReset(&zip);
        VDIB_TRY_GOTO(VDIB_RESERVE(&content, &capacity, used + 65536), done);
        zip.next_out = content + used;
        zip.avail_out = 65535;
        result = inflate(&zip, Z_NO_FLUSH);
        used += 65535 - zip.avail_out;
        if (result == Z_DATA_ERROR && zip.total_out == 0 && used > 0)
            status = vdib__fail(
                VDIB_ERROR_FORMAT,
                "%s: bytes that are no gzip data follow the first %zu byte%s inflated; cut them off, or fetch the "
                "file again",
                path, used, vdib__s(used));
        else if (result != Z_OK && result != Z_STREAM_END)
            status = vdib__fail(VDIB_ERROR_FORMAT,
                                "%s: the gzip data are damaged or cut short after %zu byte%s; fetch the file again",
                                path, used, vdib__s(used));
        else if (used > limit)
            status = vdib__fail(VDIB_ERROR_FORMAT, "%s: inflates to more than %zu byte%s", path, limit, vdib__s(limit));
    }
done:
    inflateEnd(&zip);
    if (status != VDIB_OK) {
        vdib__free(content);
        return status;
    }
    content[used] = 0;
    *bytes = content;
    *size = used;
    return VDIB_OK;
}

vdib_status vdib__file_read_gzip(const char *path, size_t limit, uint8_t **bytes, size_t *size) {
    uint8_t *content = NULL;
    size_t count = 0;
    VDIB_TRY(read_limited(path, limit, &content, &count));
    if (count < 2 || content[0] != 0x1F || content[1] != 0x8B) {
        *bytes = content;
        *size = count;
        return VDIB_OK;
    }
    vdib_status status = count > UINT32_MAX
                             ? vdib__fail(VDIB_ERROR_FORMAT, "%s: gzip files over 4 GiB are not read", path)
                             : inflate_all(path, content, count, limit, bytes, size);
    vdib__free(content);
    return status;
}

/* A new file under the first free name: it is never one that somebody else made, or another thread is writing. */
static vdib_status open_temporary(vdib__writer *writer, size_t size) {
    enum { MOST = 1000 };
    int file = -1;
    for (int number = 0; number < MOST && file < 0; number++) {
        snprintf(writer->temporary, size, "%s.tmp-%ld-%d", writer->path, (long)getpid(), number);
        file = vdib__open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
        if (file < 0 && errno != EEXIST)
            break;
    }
    writer->stream = file >= 0 ? vdib__stream_open(file, "wb") : NULL;
    writer->file = file;
    if (writer->stream == NULL) {
        vdib_status status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be created", writer->path);
        if (file >= 0) {
            (void)unlink(writer->temporary);
            (void)close(file);
        }
        return status;
    }
    (void)vdib__flock(file, LOCK_EX | LOCK_NB); /* says that it is being written (temporary.c) */
    return VDIB_OK;
}

static vdib_status open_writer(vdib__writer *writer, const char *path) {
    *writer = (vdib__writer){0};
    vdib_status status = vdib__strdup(path, &writer->path);
    if (status != VDIB_OK)
        return status;
    size_t size = strlen(path) + 40;
    VDIB_TRY_GOTO(VDIB_NEW(&writer->temporary, size), failed);
    VDIB_TRY_GOTO(open_temporary(writer, size), failed);
    return VDIB_OK;
failed:
    vdib__free(writer->temporary);
    vdib__free(writer->path);
    *writer = (vdib__writer){0};
    return status;
}

vdib_status vdib__writer_open(vdib__writer *writer, const char *path) {
    vdib__temporaries_clean(path);
    return open_writer(writer, path);
}

bool vdib__is_passage(const char *path) {
    struct stat entry;
    return strcmp(path, "-") == 0 || (stat(path, &entry) == 0 && !S_ISREG(entry.st_mode) && !S_ISDIR(entry.st_mode));
}

vdib_status vdib__writer_open_any(vdib__writer *writer, const char *path) {
    if (!vdib__is_passage(path))
        return open_writer(writer, path);
    *writer = (vdib__writer){0};
    bool standard = strcmp(path, "-") == 0;
    VDIB_TRY(vdib__strdup(standard ? "standard output" : path, &writer->path));
    int descriptor = standard ? dup(STDOUT_FILENO) : vdib__open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    writer->stream = descriptor >= 0 ? vdib__stream_open(descriptor, "wb") : NULL;
    writer->file = descriptor;
    if (writer->stream != NULL)
        return VDIB_OK;
    vdib_status status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened for writing", writer->path);
    if (descriptor >= 0)
        (void)close(descriptor);
    vdib__free(writer->path);
    *writer = (vdib__writer){0};
    return status;
}

vdib_status vdib__writer_open_memory(vdib__writer *writer, const char *origin) {
    *writer = (vdib__writer){0};
    return vdib__strdup(origin, &writer->path);
}

void vdib__writer_take(vdib__writer *writer, uint8_t **bytes, size_t *size) {
    *bytes = writer->bytes;
    *size = writer->used;
    writer->bytes = NULL;
    vdib__writer_abandon(writer);
}

static vdib_status put_in_memory(vdib__writer *writer, const void *bytes, size_t size) {
    VDIB_TRY(VDIB_RESERVE(&writer->bytes, &writer->capacity, writer->used + size));
    if (size > 0)
        memcpy(writer->bytes + writer->used, bytes, size);
    writer->used += size;
    return VDIB_OK;
}

vdib_status vdib__writer_put(vdib__writer *writer, const void *bytes, size_t size) {
    if (writer->stream == NULL)
        return put_in_memory(writer, bytes, size);
    if (size != 0 && fwrite(bytes, 1, size, writer->stream) != size)
        return vdib__fail_errno(
            VDIB_ERROR_IO,
            "%s: cannot be written; free some space or choose another folder, what was there before is kept",
            writer->path);
    return VDIB_OK;
}

void vdib__writer_abandon(vdib__writer *writer) {
    if (writer->stream != NULL)
        fclose(writer->stream);
    if (writer->temporary != NULL)
        unlink(writer->temporary);
    vdib__free(writer->bytes);
    vdib__free(writer->temporary);
    vdib__free(writer->path);
    *writer = (vdib__writer){0};
}

/* Makes a rename durable. Folders that cannot be opened for that (some network file systems) are left to the system. */
static void sync_folder_of(const char *path) {
    char folder[VDIB_FOLDER_SIZE];
    if (!vdib__path_folder(path, folder))
        return;
    int descriptor = vdib__open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    (void)vdib__fsync(descriptor);
    (void)close(descriptor);
}

vdib_status vdib__writer_commit(vdib__writer *writer) {
    bool passage = writer->temporary == NULL; /* nothing to sync or rename */
    bool written = fflush(writer->stream) == 0 && !ferror(writer->stream) && (passage || vdib__fsync(writer->file));
    int reason = errno;
    if (fclose(writer->stream) != 0 && written) {
        written = false;
        reason = errno;
    }
    writer->stream = NULL;
    if (written && !passage && rename(writer->temporary, writer->path) != 0) {
        written = false;
        reason = errno;
    }
    vdib_status status = VDIB_OK;
    if (!written) {
        errno = reason;
        status = vdib__fail_errno(
            VDIB_ERROR_IO,
            "%s: cannot be written; free some space or choose another folder, what was there before is kept",
            writer->path);
    } else if (!passage) {
        sync_folder_of(writer->path);
        vdib__free(writer->temporary);
        writer->temporary = NULL;
    }
    vdib__writer_abandon(writer);
    return status;
}

vdib_status vdib__file_write(const char *path, const void *bytes, size_t size) {
    vdib__writer writer;
    VDIB_TRY(vdib__writer_open(&writer, path));
    vdib_status status = vdib__writer_put(&writer, bytes, size);
    if (status != VDIB_OK) {
        vdib__writer_abandon(&writer);
        return status;
    }
    return vdib__writer_commit(&writer);
}

vdib_status vdib_file_write(const char *path, const void *bytes, size_t size) {
    VDIB_REQUIRE(path);
    if (size > 0)
        VDIB_REQUIRE(bytes);
    return vdib__file_write(path, bytes, size);
}

vdib_status vdib__path_join(const char *folder, const char *name, char **path) {
    size_t size = strlen(folder) + strlen(name) + 2;
    char *joined = NULL;
    VDIB_TRY(VDIB_NEW(&joined, size));
    bool slash = folder[0] != '\0' && folder[strlen(folder) - 1] == '/';
    snprintf(joined, size, "%s%s%s", folder, slash || folder[0] == '\0' ? "" : "/", name);
    *path = joined;
    return VDIB_OK;
}

bool vdib__path_folder(const char *path, char folder[VDIB_FOLDER_SIZE]) {
    const char *slash = strrchr(path, '/'), *from = slash != NULL ? path : ".";
    size_t length = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
    if (length >= VDIB_FOLDER_SIZE) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(folder, from, length);
    folder[length] = '\0';
    return true;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void vdib__names_free(char **names, size_t count) {
    for (size_t i = 0; i < count; i++)
        vdib__free(names[i]);
    vdib__free(names);
}

vdib_status vdib__folder_list(const char *path, char ***names, size_t *count) {
    DIR *folder = opendir(path);
    if (folder == NULL)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened as a folder", path);
    char **list = NULL;
    size_t capacity = 0, used = 0;
    vdib_status status = VDIB_RESERVE(&list, &capacity, 16);
    for (struct dirent *entry; status == VDIB_OK && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        status = VDIB_RESERVE(&list, &capacity, used + 1);
        if (status == VDIB_OK)
            status = vdib__strdup(entry->d_name, &list[used]);
        if (status == VDIB_OK)
            used++;
    }
    closedir(folder);
    if (status != VDIB_OK) {
        vdib__names_free(list, used);
        return status;
    }
    qsort(list, used, sizeof *list, compare_names);
    *names = list;
    *count = used;
    return VDIB_OK;
}

vdib_status vdib__folder_each(const char *folder, vdib__folder_visit visit, void *user) {
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(folder, &names, &count));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        char *path = NULL;
        status = vdib__path_join(folder, names[i], &path);
        if (status == VDIB_OK)
            status = visit(user, path, names[i]);
        vdib__free(path);
    }
    vdib__names_free(names, count);
    return status;
}

vdib_status vdib__folder_make(const char *path) {
    char *copy = NULL;
    VDIB_TRY(vdib__strdup(path, &copy));
    vdib_status status = VDIB_OK;
    for (char *slash = copy + 1; status == VDIB_OK && *copy != '\0'; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        char kept = *slash;
        *slash = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            status = vdib__fail_errno(VDIB_ERROR_IO, "%s: the folder cannot be made", copy);
        *slash = kept;
        if (kept == '\0')
            break;
    }
    if (status == VDIB_OK && !vdib__is_folder(path))
        status = vdib__fail(VDIB_ERROR_IO, "%s: is not a folder", path);
    vdib__free(copy);
    return status;
}

bool vdib__file_read_at(int file, void *bytes, size_t size, uint64_t at) {
    char *to = bytes;
    while (size > 0) {
        ssize_t got = pread(file, to, size, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        at += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

void vdib__remove_all(const char *path) {
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
            vdib__remove_all(inside);
        vdib__free(inside);
    }
    vdib__names_free(names, count);
    (void)rmdir(path);
}
