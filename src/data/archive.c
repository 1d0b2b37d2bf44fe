/* SPDX-License-Identifier: MIT */
#include "data/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "events/unpack.h"
#include "events/zip.h"

/* ---- by content ---- */

enum { TAR_BLOCK = 512, TAR_SUM = 148, TAR_SUM_SIZE = 8, TAR_MAGIC = 257 };

/* The header of a tar's first file: its checksum, with blanks for the sum itself, and of most programs a word. */
static bool is_tar(const uint8_t *at, size_t count) {
    char digits[TAR_SUM_SIZE + 1] = {0};
    unsigned long sum = 0;
    if (count < TAR_BLOCK || at[0] == 0)
        return false;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= TAR_SUM && i < TAR_SUM + TAR_SUM_SIZE ? ' ' : at[i];
    memcpy(digits, at + TAR_SUM, TAR_SUM_SIZE);
    return memcmp(at + TAR_MAGIC, "ustar", 5) == 0 || strtoul(digits, NULL, 8) == sum;
}

static bool is_array(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".npy") == 0;
}

static bool is_zip_of_several(const vdib__bytes *bytes) {
    vdib__zip *zip = NULL;
    if (vdib__zip_open(bytes, &zip) != VDIB_OK)
        return true; /* unpacking it says what is wrong */
    size_t count = vdib__zip_count(zip), arrays = 0;
    for (size_t i = 0; i < count; i++)
        arrays += is_array(vdib__zip_name(zip, i));
    vdib__zip_close(zip);
    return count > 1 && arrays < count;
}

bool vdib__archive_is(const char *path) {
    vdib__bytes bytes;
    const uint8_t *at = NULL;
    size_t ready = 0;
    if (!vdib__is_file(path) || vdib__bytes_open(path, &bytes) != VDIB_OK)
        return false;
    bool found = false;
    if (vdib__bytes_look(&bytes, 4, &at, &ready) == VDIB_OK && vdib__zip_is(at, ready))
        found = is_zip_of_several(&bytes);
    else if (vdib__bytes_unpack(&bytes) == VDIB_OK && vdib__bytes_look(&bytes, TAR_BLOCK, &at, &ready) == VDIB_OK)
        found = is_tar(at, ready);
    vdib__bytes_close(&bytes);
    return found;
}

/* ---- unpacking ---- */

#if VDIB_WITH_ARCHIVE

#include <archive.h>
#include <archive_entry.h>

#define MOST_FILES  UINT64_C(4000000)
#define EXPANSION   UINT64_C(200)
#define LEAST_BOUND (UINT64_C(1) << 30)
enum { BUFFER = 1 << 18, LONGEST_NAME = 1024, FILES_A_POLL = 256 };

typedef struct extraction {
    const char *path, *folder;
    struct archive *archive;
    uint8_t *buffer; /* (BUFFER) */
    uint64_t most;   /* bytes */
    vdib__archive_poll *poll;
    const void *context;
    vdib__extraction made;
} extraction;

/* Bytes that may be unpacked: what an archive of this size may hold, and what the disk has room for. */
static vdib_status bound(extraction *s) {
    struct stat entry;
    struct statvfs disk;
    if (stat(s->path, &entry) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be read", s->path);
    if (statvfs(s->folder, &disk) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be examined", s->folder);
    uint64_t size = (uint64_t)entry.st_size * EXPANSION, free = (uint64_t)disk.f_bavail * disk.f_frsize;
    s->most = size > LEAST_BOUND ? size : LEAST_BOUND;
    s->most = free < s->most ? free : s->most;
    return VDIB_OK;
}

static vdib_status fail_large(const extraction *s) {
    return vdib__fail(
        VDIB_ERROR_IO,
        "%s: unpacks to more than %" PRIu64
        " bytes, more than the disk of %s has free or such an archive should hold; unpack it by hand, and "
        "name the folder",
        s->path, s->most, s->folder);
}

static vdib_status fail_damaged(const extraction *s) {
    const char *why = archive_error_string(s->archive);
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: is damaged or cut short after %" PRIu64 " file%s (%s); fetch it again",
                      s->path, s->made.files, vdib__s(s->made.files), why != NULL ? why : "no reason given");
}

/* A name as it is printed. */
static void show(const char *name, char text[64]) {
    size_t used = 0;
    for (; name[used] != '\0' && used < 63; used++)
        text[used] = (char)((unsigned char)name[used] < ' ' || name[used] == 127 ? '?' : name[used]);
    text[used] = '\0';
}

/* Whether a name stays inside the folder: no root, no "..". */
static bool is_inside(const char *name) {
    if (name[0] == '/' || name[0] == '\0' || strlen(name) > LONGEST_NAME)
        return false;
    for (const char *at = name; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return false;
    }
    return true;
}

static vdib_status put_file(extraction *s, int descriptor, const char *to) {
    for (;;) {
        la_ssize_t got = archive_read_data(s->archive, s->buffer, BUFFER);
        if (got == ARCHIVE_RETRY)
            continue;
        if (got < 0)
            return fail_damaged(s);
        if (got == 0)
            return VDIB_OK;
        s->made.bytes += (uint64_t)got;
        if (s->made.bytes > s->most)
            return fail_large(s);
        for (la_ssize_t done = 0; done < got;) {
            ssize_t more = write(descriptor, s->buffer + done, (size_t)(got - done));
            if (more < 0 && errno == EINTR)
                continue;
            if (more <= 0)
                return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be written; free some space", to);
            done += more;
        }
        if (s->poll != NULL)
            VDIB_TRY(s->poll(s->context));
    }
}

/* A file of the archive; its folders are made. No link is ever made, so that none is followed. */
static vdib_status make_file(extraction *s, char *to) {
    char *slash = strrchr(to, '/');
    *slash = '\0';
    vdib_status status = vdib__folder_make(to);
    *slash = '/';
    VDIB_TRY(status);
    (void)unlink(to); /* of an archive that has it twice, the last one */
    int descriptor = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be created", to);
    status = put_file(s, descriptor, to);
    if (close(descriptor) != 0 && status == VDIB_OK)
        status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be written; free some space", to);
    return status;
}

static vdib_status extract_entry(extraction *s, struct archive_entry *entry) {
    const char *name = archive_entry_pathname(entry);
    char shown[64], *to = NULL;
    if (name == NULL)
        name = archive_entry_pathname_utf8(entry);
    if (name == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: file %" PRIu64 " has no name that can be read; unpack it by hand",
                          s->path, s->made.files);
    if (strncmp(name, "__MACOSX/", 9) == 0) /* what one system puts beside the files */
        return VDIB_OK;
    show(name, shown);
    bool is_folder = archive_entry_filetype(entry) == AE_IFDIR, is_link = archive_entry_hardlink(entry) != NULL;
    if (is_link || (!is_folder && archive_entry_filetype(entry) != AE_IFREG)) {
        s->made.left_out++;
        return VDIB_OK;
    }
    if (!is_inside(name))
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: has the file %s, which would stand outside of the folder it is unpacked into; it is not "
                          "unpacked",
                          s->path, shown);
    if (archive_entry_size_is_set(entry) && (uint64_t)archive_entry_size(entry) > s->most - s->made.bytes)
        return fail_large(s);
    VDIB_TRY(vdib__path_join(s->folder, name, &to));
    for (size_t length = strlen(to); length > 1 && to[length - 1] == '/'; length--)
        to[length - 1] = '\0';
    vdib_status status = is_folder ? vdib__folder_make(to) : make_file(s, to);
    vdib__free(to);
    s->made.files += !is_folder;
    if (status == VDIB_OK && s->made.files > MOST_FILES)
        status = vdib__fail(VDIB_ERROR_FORMAT, "%s: has more than %" PRIu64 " files; unpack it by hand", s->path,
                            MOST_FILES);
    return status;
}

static vdib_status extract_all(extraction *s) {
    for (uint64_t i = 1;; i++) {
        struct archive_entry *entry = NULL;
        int result = archive_read_next_header(s->archive, &entry);
        if (result == ARCHIVE_EOF)
            return VDIB_OK;
        if (result == ARCHIVE_RETRY)
            continue;
        if (result < ARCHIVE_WARN)
            return fail_damaged(s);
        VDIB_TRY(extract_entry(s, entry));
        if (s->poll != NULL && i % FILES_A_POLL == 0)
            VDIB_TRY(s->poll(s->context));
    }
}

static struct archive *new_reader(void) {
    struct archive *made = archive_read_new();
    if (made == NULL)
        return NULL;
    (void)archive_read_support_format_tar(made);
    (void)archive_read_support_format_zip(made);
    (void)archive_read_support_filter_gzip(made);
    (void)archive_read_support_filter_bzip2(made);
    (void)archive_read_support_filter_xz(made);
    (void)archive_read_support_filter_zstd(made);
    return made;
}

vdib_status vdib__archive_extract(const char *path, const char *folder, vdib__archive_poll *poll, const void *context,
                                  vdib__extraction *made) {
    extraction s = {.path = path, .folder = folder, .poll = poll, .context = context};
    VDIB_TRY(bound(&s));
    VDIB_TRY(VDIB_NEW(&s.buffer, BUFFER));
    s.archive = new_reader();
    vdib_status status = s.archive == NULL ? vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory", path)
                         : archive_read_open_filename(s.archive, path, BUFFER) != ARCHIVE_OK ? fail_damaged(&s)
                                                                                             : extract_all(&s);
    (void)archive_read_free(s.archive);
    vdib__free(s.buffer);
    if (status == VDIB_OK)
        *made = s.made;
    return status;
}

#else

vdib_status vdib__archive_extract(const char *path, const char *folder, vdib__archive_poll *poll, const void *context,
                                  vdib__extraction *made) {
    (void)folder, (void)poll, (void)context, (void)made;
    return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                      "%s: is an archive, which this build of vdib does not unpack (VDIB_WITH_ARCHIVE); unpack it, and "
                      "name the folder",
                      path);
}

#endif
