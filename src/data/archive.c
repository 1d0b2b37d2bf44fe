/* SPDX-License-Identifier: MIT */
#include "data/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupted.h"
#include "core/text.h"
#include "events/tar.h"
#include "events/unpack.h"
#include "events/zip.h"

/* ---- by content ---- */

static bool ends_with(const char *name, const char *ending) {
    size_t length = strlen(name), of = strlen(ending);
    return length > of && vdib__same_word(name + length - of, ending);
}

static bool is_7z(const uint8_t *at, size_t count) {
    static const uint8_t signature[] = {'7', 'z', 0xBC, 0xAF, 0x27, 0x1C};
    return count >= sizeof signature && memcmp(at, signature, sizeof signature) == 0;
}

/* Whether the only file of an archive is an archive itself. */
static bool is_archive(vdib__bytes *file) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    if (vdib__bytes_look(file, VDIB_TAR_HEAD, &at, &ready) != VDIB_OK)
        return false;
    if (vdib__zip_is(at, ready))
        return !ends_with(file->name, ".npz");
    if (is_7z(at, ready))
        return true;
    return vdib__bytes_inflate(file) == VDIB_OK && vdib__bytes_look(file, VDIB_TAR_HEAD, &at, &ready) == VDIB_OK &&
           vdib__tar_is(at, ready);
}

/* What it is of one file. */
static vdib__archive_kind kind_of_one(vdib__bytes *file) {
    return is_archive(file) ? VDIB_ARCHIVE_DATA : VDIB_ARCHIVE_ONE;
}

/* One that cannot be read is data: unpacking it says what is wrong. */
static vdib__archive_kind kind_of_zip(vdib__bytes *bytes) {
    vdib__zip *zip = NULL;
    vdib__bytes file;
    if (vdib__zip_open(bytes, &zip) != VDIB_OK)
        return ends_with(bytes->name, ".npz") ? VDIB_ARCHIVE_NONE : VDIB_ARCHIVE_DATA;
    vdib__archive_kind kind = VDIB_ARCHIVE_DATA;
    size_t count = vdib__zip_count(zip), arrays = 0;
    for (size_t i = 0; i < count; i++)
        arrays += ends_with(vdib__zip_name(zip, i), ".npy");
    if (count > 0 && arrays == count) {
        kind = VDIB_ARCHIVE_NONE;
    } else if (count == 1 && vdib__zip_member(zip, 0, &file) == VDIB_OK) {
        kind = kind_of_one(&file);
        vdib__bytes_close(&file);
    }
    vdib__zip_close(zip);
    return kind;
}

static vdib__archive_kind kind_of_tar(vdib__bytes *bytes) {
    enum { SEVERAL = 2 };
    size_t count = 0;
    if (vdib__tar_count(bytes, SEVERAL, &count) != VDIB_OK || count != 1 || vdib__tar_unpack(bytes) != VDIB_OK)
        return VDIB_ARCHIVE_DATA;
    return kind_of_one(bytes);
}

static vdib__archive_kind kind_of(vdib__bytes *bytes) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    if (vdib__bytes_look(bytes, VDIB_TAR_HEAD, &at, &ready) != VDIB_OK)
        return VDIB_ARCHIVE_NONE;
    if (vdib__zip_is(at, ready))
        return kind_of_zip(bytes);
    if (is_7z(at, ready))
        return VDIB_ARCHIVE_DATA;
    if (vdib__bytes_inflate(bytes) != VDIB_OK || vdib__bytes_look(bytes, VDIB_TAR_HEAD, &at, &ready) != VDIB_OK)
        return VDIB_ARCHIVE_NONE;
    return vdib__tar_is(at, ready) ? kind_of_tar(bytes) : VDIB_ARCHIVE_NONE;
}

vdib__archive_kind vdib__archive_kind_of(const char *path) {
    vdib__bytes bytes;
    if (!vdib__is_file(path) || vdib__bytes_open(path, &bytes) != VDIB_OK)
        return VDIB_ARCHIVE_NONE;
    vdib__archive_kind kind = kind_of(&bytes);
    vdib__bytes_close(&bytes);
    return kind;
}

bool vdib__archive_is(const char *path) {
    return vdib__archive_kind_of(path) == VDIB_ARCHIVE_DATA;
}

/* ---- unpacking ---- */

#if VDIB_WITH_ARCHIVE

#include <archive.h>
#include <archive_entry.h>

#define MOST_FILES UINT64_C(4000000)
enum { BUFFER = 1 << 18, LONGEST_NAME = 1024, FILES_A_POLL = 256 };

typedef struct extraction {
    const char *called, *folder, *what;
    struct archive *archive;
    uint8_t *buffer; /* (BUFFER) */
    vdib__unpacking *all;
    uint64_t files; /* of this archive */
} extraction;

static vdib_status fail_large(const extraction *s) {
    return vdib__fail(VDIB_ERROR_IO,
                      "%s: unpacks to more than %" PRIu64
                      " bytes, more than the disk of the cache folder has free or such an archive should hold; unpack "
                      "it by hand, and name the folder",
                      s->called, s->all->most);
}

static vdib_status fail_damaged(const extraction *s) {
    const char *why = archive_error_string(s->archive);
    if (archive_read_has_encrypted_entries(s->archive) == 1)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: the %s archive is encrypted; unpack it by hand with its password, and name the folder",
                          s->called, s->what);
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: the %s archive is damaged or cut short after %" PRIu64 " file%s (%s); fetch it again",
                      s->called, s->what, s->files, vdib__s(s->files), why != NULL ? why : "no reason given");
}

/* A name as it is printed. */
static void show(const char *name, char text[64]) {
    size_t used = 0;
    for (; used < 63 && name[used] != '\0'; used++)
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

static vdib_status poll(const extraction *s) {
    return s->all->poll != NULL ? s->all->poll(s->all->context) : VDIB_OK;
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
        s->all->made.bytes += (uint64_t)got;
        if (s->all->made.bytes > s->all->most)
            return fail_large(s);
        for (la_ssize_t done = 0; done < got;) {
            ssize_t more = write(descriptor, s->buffer + done, (size_t)(got - done));
            if (more < 0 && errno == EINTR)
                continue;
            if (more <= 0)
                return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be written; free some space", to);
            done += more;
        }
        VDIB_TRY(poll(s));
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
    int descriptor = vdib__open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be created", to);
    status = put_file(s, descriptor, to);
    if (!vdib__close(descriptor) && status == VDIB_OK)
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
                          s->called, s->files);
    if (!vdib__member_is_visible(name)) {
        s->all->made.hidden++;
        return VDIB_OK;
    }
    show(name, shown);
    bool is_folder = archive_entry_filetype(entry) == AE_IFDIR, is_link = archive_entry_hardlink(entry) != NULL;
    if (is_link || (!is_folder && archive_entry_filetype(entry) != AE_IFREG)) {
        s->all->made.left_out++;
        return VDIB_OK;
    }
    if (!is_inside(name))
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: has the file %s, which would stand outside of the folder it is unpacked into; it is not "
                          "unpacked",
                          s->called, shown);
    if (archive_entry_size_is_set(entry) && (uint64_t)archive_entry_size(entry) > s->all->most - s->all->made.bytes)
        return fail_large(s);
    VDIB_TRY(vdib__path_join(s->folder, name, &to));
    for (size_t length = strlen(to); length > 1 && to[length - 1] == '/'; length--)
        to[length - 1] = '\0';
    vdib_status status = is_folder ? vdib__folder_make(to) : make_file(s, to);
    vdib__free(to);
    s->files += !is_folder;
    s->all->made.files += !is_folder;
    if (status == VDIB_OK && s->all->made.files > MOST_FILES)
        status = vdib__fail(VDIB_ERROR_FORMAT, "%s: has more than %" PRIu64 " files; unpack it by hand", s->called,
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
        if (i % FILES_A_POLL == 0)
            VDIB_TRY(poll(s));
    }
}

static struct archive *new_reader(void) {
    struct archive *made = archive_read_new();
    if (made == NULL)
        return NULL;
    (void)archive_read_support_format_tar(made);
    (void)archive_read_support_format_zip(made);
    (void)archive_read_support_format_7zip(made);
    (void)archive_read_support_filter_gzip(made);
    (void)archive_read_support_filter_bzip2(made);
    (void)archive_read_support_filter_xz(made);
    (void)archive_read_support_filter_zstd(made);
    (void)archive_read_support_filter_lz4(made);
    return made;
}

/* What an archive is, for messages. The list of a ZIP archive's files stands at its end: without it nobody knows how
 * many there were. */
static vdib_status check_whole(extraction *s, const char *path) {
    vdib__bytes bytes;
    vdib__zip *zip = NULL;
    const uint8_t *at = NULL;
    size_t ready = 0;
    VDIB_TRY(vdib__bytes_open(path, &bytes));
    vdib_status status = vdib__bytes_look(&bytes, VDIB_TAR_HEAD, &at, &ready);
    s->what = is_7z(at, ready) ? "7z" : "tar";
    if (status == VDIB_OK && vdib__zip_is(at, ready)) {
        s->what = "ZIP";
        if (vdib__zip_open(&bytes, &zip) != VDIB_OK)
            status = vdib__fail(VDIB_ERROR_FORMAT,
                                "%s: the ZIP archive is damaged or cut short (the list of its files cannot be read); "
                                "fetch it again",
                                s->called);
        vdib__zip_close(zip);
    }
    vdib__bytes_close(&bytes);
    return status;
}

vdib_status vdib__archive_extract(const char *path, const char *called, const char *folder, vdib__unpacking *u) {
    extraction s = {.called = called, .folder = folder, .all = u};
    VDIB_TRY(check_whole(&s, path));
    VDIB_TRY(VDIB_NEW(&s.buffer, BUFFER));
    s.archive = new_reader();
    vdib_status status = s.archive == NULL ? vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory", called)
                         : archive_read_open_filename(s.archive, path, BUFFER) != ARCHIVE_OK ? fail_damaged(&s)
                                                                                             : extract_all(&s);
    (void)archive_read_free(s.archive);
    vdib__free(s.buffer);
    return status;
}

#else

vdib_status vdib__archive_extract(const char *path, const char *called, const char *folder, vdib__unpacking *u) {
    (void)path, (void)folder, (void)u;
    return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                      "%s: is an archive, which this build of vdib does not unpack (VDIB_WITH_ARCHIVE); unpack it, and "
                      "name the folder",
                      called);
}

#endif
