/* SPDX-License-Identifier: MIT */
/* The table of event file formats, and which of them a file is. */

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/lfs.h"
#include "core/text.h"
#include "events/reader.h"
#include "events/unpack.h"

/* A format is one file of this folder, which defines its row vdib__reader_<symbol>, and one line here. */
#define FORMATS(ROW)                                                                                                   \
    ROW(nmnist)                                                                                                        \
    ROW(slayer)                                                                                                        \
    ROW(slayer1)                                                                                                       \
    ROW(slayer3)                                                                                                       \
    ROW(dat)                                                                                                           \
    ROW(evt2)                                                                                                          \
    ROW(evt21)                                                                                                         \
    ROW(evt3)                                                                                                          \
    ROW(aedat2)                                                                                                        \
    ROW(aedat3)                                                                                                        \
    ROW(aedat4)                                                                                                        \
    ROW(es)                                                                                                            \
    ROW(npy)                                                                                                           \
    ROW(npz)                                                                                                           \
    ROW(rosbag)                                                                                                        \
    ROW(hdf5)                                                                                                          \
    ROW(text)

#define DECLARE(symbol) extern const vdib__event_reader vdib__reader_##symbol;
#define LIST(symbol)    &vdib__reader_##symbol,

FORMATS(DECLARE)
static const vdib__event_reader *const readers[] = {FORMATS(LIST)};

enum { READERS = sizeof readers / sizeof *readers };

size_t vdib__event_reader_count(void) {
    return READERS;
}

const vdib__event_reader *vdib__event_reader_at(size_t index) {
    return index < READERS ? readers[index] : NULL;
}

bool vdib__event_reader_named(const vdib__event_reader *reader, const char *path) {
    enum { LONGEST = 16 };
    size_t end = vdib__unpacked_length(path), dot = end;
    char found[LONGEST];
    do {
        if (dot == 0 || path[dot - 1] == '/')
            return false;
        dot--;
    } while (path[dot] != '.');
    if (end - dot >= sizeof found)
        return false;
    snprintf(found, sizeof found, "%.*s", (int)(end - dot), path + dot);
    for (const char *at = reader->endings; *at != '\0'; at += strspn(at, " ")) {
        char ending[LONGEST];
        int length = (int)strcspn(at, " ");
        snprintf(ending, sizeof ending, "%.*s", length, at);
        if (vdib__same_word(ending, found))
            return true;
        at += length;
    }
    return false;
}

static vdib__likeness likeness_of(const vdib__event_reader *reader, const vdib__event_head *head) {
    if (reader->detect != NULL)
        return reader->detect(head);
    return vdib__event_reader_named(reader, head->path) ? VDIB_LIKENESS_NAME : VDIB_LIKENESS_NONE;
}

/* First bytes of files that users have beside event files of the formats above, and what such a file is. */
typedef struct known_content {
    const char *begin;
    size_t length;
    const char *what;
    const char *remedy;
} known_content;
#define KNOWN(begin_, what_)  KNOWN_FOR(begin_, what_, "convert it to")
#define PACKED(begin_, what_) KNOWN_FOR(begin_, what_, "unpack it to")
#define KNOWN_FOR(begin_, what_, remedy_)                                                                              \
    { .begin = (begin_), .length = sizeof(begin_) - 1, .what = (what_), .remedy = (remedy_) }
static const known_content known[] = {
    KNOWN("#!AER-DAT", "an AEDAT file of another version"),
    PACKED("PK\x03\x04", "a ZIP archive"),
    PACKED("PK\x05\x06", "an empty ZIP archive"),
    KNOWN("\x89PNG\r\n", "a PNG image"),
    KNOWN("{\"", "a JSON file"),
};

static const known_content *known_as(const vdib__event_head *head) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (head->count >= known[i].length && memcmp(head->bytes, known[i].begin, known[i].length) == 0)
            return &known[i];
    return NULL;
}

/* ".bin (N-MNIST recordings), ..." */
static void list_formats(char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < READERS && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s (%s)", i > 0 ? ", " : "", readers[i]->endings,
                                 readers[i]->help);
}

vdib_status vdib__event_reader_find(const vdib__event_head *head, const vdib__event_reader **reader) {
    const vdib__event_reader *best = NULL;
    vdib__likeness most = VDIB_LIKENESS_NONE;
    if (head->count == head->size && vdib__is_lfs_pointer(head->bytes, head->count))
        return vdib__fail(VDIB_ERROR_FORMAT, VDIB_LFS_MESSAGE, head->called);
    for (size_t i = 0; i < READERS; i++) {
        vdib__likeness likeness = likeness_of(readers[i], head);
        if (likeness > most) {
            most = likeness;
            best = readers[i];
        }
    }
    char formats[512];
    const known_content *other = most < VDIB_LIKENESS_CONTENT ? known_as(head) : NULL;
    list_formats(formats, sizeof formats);
    if (other != NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is %s by its content, which is not read; %s one of: %s", head->called,
                          other->what, other->remedy, formats);
    if (best == NULL && head->size == 0)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is empty (0 bytes); record, export or fetch it again", head->called);
    bool nameless = strcmp(head->path, VDIB_SOURCE_INPUT) == 0; /* formats without a header are known by names */
    if (best == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is no event file by its %scontent%s; read are: %s", head->called,
                          nameless ? "" : "name or ",
                          nameless ? " (formats without a header are known by their names: name a file or FIFO)" : "",
                          formats);
    *reader = best;
    return VDIB_OK;
}
