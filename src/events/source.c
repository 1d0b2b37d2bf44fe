/* SPDX-License-Identifier: MIT */
#include "events/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupted.h"
#include "core/text.h"

/* A file or pipe by its descriptor. */
typedef struct opened {
    const char *path;
    int descriptor;
    bool is_file;
    uint64_t size, offset; /* of a file */
} opened;

int vdib__source_is_input(const char *path) {
    return strcmp(path, "-") == 0;
}

static vdib_status read_opened(void *state, uint8_t *to, size_t capacity, size_t *count, const char **fault) {
    opened *s = state;
    size_t wanted = s->is_file && s->size - s->offset < capacity ? (size_t)(s->size - s->offset) : capacity;
    ssize_t got = 0;
    *fault = NULL;
    do
        got = wanted > 0 ? read(s->descriptor, to, wanted) : 0;
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read after byte %llu", s->path,
                                (unsigned long long)s->offset);
    if (got == 0 && wanted > 0 && s->is_file)
        return vdib__fail(VDIB_ERROR_IO, "%s: ends after %llu of %llu byte%s", s->path, (unsigned long long)s->offset,
                          (unsigned long long)s->size, vdib__s(s->size));
    s->offset += (uint64_t)got;
    *count = (size_t)got;
    return VDIB_OK;
}

static vdib_status seek_opened(void *state, uint64_t offset) {
    opened *s = state;
    if (lseek(s->descriptor, (off_t)offset, SEEK_SET) < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: byte %llu cannot be gone to", s->path, (unsigned long long)offset);
    s->offset = offset;
    return VDIB_OK;
}

static vdib_status open_again(const void *state, vdib__byte_source *made) {
    const opened *s = state;
    uint64_t size = 0;
    return vdib__source_open(s->path, made, &size);
}

static void close_opened(void *state) {
    opened *s = state;
    if (s->descriptor != STDIN_FILENO)
        (void)close(s->descriptor);
    vdib__free(s);
}

/* A descriptor of what may be read, and what it is. */
static vdib_status open_descriptor(const char *path, int *descriptor, struct stat *entry) {
    bool input = vdib__source_is_input(path);
    const char *called = input ? VDIB_SOURCE_INPUT : path;
    if (!input && stat(path, entry) == 0 && !S_ISREG(entry->st_mode) && !S_ISFIFO(entry->st_mode))
        return vdib__file_check_kind(path, entry->st_mode);
    *descriptor = input ? STDIN_FILENO : vdib__open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (*descriptor < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened", called);
    if (fstat(*descriptor, entry) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be examined", called);
    if (input && (isatty(STDIN_FILENO) || S_ISDIR(entry->st_mode)))
        return vdib__fail(VDIB_ERROR_IO, "%s: is a %s; send it an event file, for example by `< FILE`", called,
                          S_ISDIR(entry->st_mode) ? "folder" : "terminal");
    return VDIB_OK;
}

vdib_status vdib__source_open(const char *path, vdib__byte_source *source, uint64_t *size) {
    struct stat entry;
    opened *made = NULL;
    int descriptor = -1;
    vdib_status status = open_descriptor(path, &descriptor, &entry);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made, 1);
    if (status != VDIB_OK) {
        if (descriptor > STDIN_FILENO)
            (void)close(descriptor);
        return status;
    }
    bool input = vdib__source_is_input(path), is_file = !input && S_ISREG(entry.st_mode);
    *made = (opened){.path = input ? VDIB_SOURCE_INPUT : path, .descriptor = descriptor, .is_file = is_file};
    made->size = is_file ? (uint64_t)entry.st_size : VDIB_SIZE_UNKNOWN;
    *size = made->size;
    *source = (vdib__byte_source){.state = made,
                                  .read = read_opened,
                                  .seek = is_file ? seek_opened : NULL,
                                  .again = is_file ? open_again : NULL,
                                  .close = close_opened};
    return VDIB_OK;
}
