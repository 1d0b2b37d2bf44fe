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
    ROW(mat5)                                                                                                          \
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

/* Bytes of files that users have beside event files of the formats above, and what such a file is. */
typedef struct known_content {
    size_t at; /* where they stand */
    const char *bytes;
    size_t length;
    const char *what, *remedy;
} known_content;
#define KNOWN(at_, bytes_, what_, remedy_)                                                                             \
    { .at = (at_), .bytes = (bytes_), .length = sizeof(bytes_) - 1, .what = (what_), .remedy = (remedy_) }
#define EXPORT  "export its events as AEDAT 4, RAW, HDF5 or CSV"
#define PICTURE "event files are read; natural images are IDX files (--images)"
static const known_content known[] = {
    KNOWN(0, "#!AER-DAT", "an AEDAT file of another version", EXPORT),
    KNOWN(0, "#ROSBAG", "a ROS bag of another version", "convert it: rosbag migrate, or rosbags-convert"),
    KNOWN(0, "SQLite format 3", "an SQLite database, as ROS 2 bags are (.db3)",
          "convert it to a ROS 1 bag: rosbags-convert"),
    KNOWN(0, "\x89MCAP0\r\n", "an MCAP file, as ROS 2 bags are", "convert it to a ROS 1 bag: rosbags-convert"),
    KNOWN(0, "PK\x03\x04", "a ZIP archive", "unpack it"),
    KNOWN(0, "PK\x05\x06", "an empty ZIP archive", "fetch it again"),
    KNOWN(257, "ustar", "a tar archive", "unpack it"),
    KNOWN(0, "Rar!\x1A\x07", "a RAR archive", "unpack it"),
    KNOWN(0, "7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "unpack it"),
    KNOWN(0, "MATLAB 5.0", "a MATLAB file that ends inside its header", "fetch it again"),
    KNOWN(0, "PAR1", "a Parquet file", "save its columns t, x, y, p as CSV or NumPy arrays"),
    KNOWN(0, "ARROW1", "an Arrow file", "save its columns t, x, y, p as CSV or NumPy arrays"),
    KNOWN(0, "\x80\x02", "a Python pickle", "save its columns t, x, y, p as NumPy arrays"),
    KNOWN(0, "\x80\x03", "a Python pickle", "save its columns t, x, y, p as NumPy arrays"),
    KNOWN(0, "\x80\x04", "a Python pickle", "save its columns t, x, y, p as NumPy arrays"),
    KNOWN(0, "\x80\x05", "a Python pickle", "save its columns t, x, y, p as NumPy arrays"),
    KNOWN(0, "\x89PNG\r\n", "a PNG image", PICTURE),
    KNOWN(0, "\xFF\xD8\xFF", "a JPEG image", PICTURE),
    KNOWN(0, "GIF8", "a GIF image", PICTURE),
    KNOWN(0, "II*\0", "a TIFF image", PICTURE),
    KNOWN(0, "MM\0*", "a TIFF image", PICTURE),
    KNOWN(4, "ftyp", "a video (MP4)", "events cannot be told from its pictures: give the event file of the recording"),
    KNOWN(8, "AVI ", "a video (AVI)", "events cannot be told from its pictures: give the event file of the recording"),
    KNOWN(0, "\x1A\x45\xDF\xA3", "a video (Matroska, WebM)",
          "events cannot be told from its pictures: give the event file of the recording"),
    KNOWN(8, "WAVE", "a sound (WAV)", "spikes of a cochlea are read as AEDAT, HDF5 or CSV"),
    KNOWN(0, "%PDF", "a PDF document", EXPORT),
    KNOWN(0, "\xFF\xFE", "text in UTF-16", "save it as UTF-8"),
    KNOWN(0, "\xFE\xFF", "text in UTF-16", "save it as UTF-8"),
    KNOWN(0, "<?xml", "an XML file", EXPORT),
    KNOWN(0, "<!DOCTYPE html", "a web page", "fetch the file itself again"),
    KNOWN(0, "<html", "a web page", "fetch the file itself again"),
    KNOWN(0, "{", "a JSON file", "save its events as CSV: t,x,y,p"),
    KNOWN(0, "[{", "a JSON file", "save its events as CSV: t,x,y,p"),
    KNOWN(0, "[[", "a JSON file", "save its events as CSV: t,x,y,p"),
    KNOWN(0, "[\n", "a JSON file", "save its events as CSV: t,x,y,p"),
};

/* Few bytes say nothing of a file whose events have no header. */
static const known_content *known_as(const vdib__event_head *head, bool headerless) {
    enum { FEW = 4 };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if ((!headerless || known[i].length >= FEW) && head->count >= known[i].at + known[i].length &&
            memcmp(head->bytes + known[i].at, known[i].bytes, known[i].length) == 0)
            return &known[i];
    return NULL;
}

/* ".bin .bs2 ..." */
static void list_endings(char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < READERS && used < size; i++)
        if (i == 0 || strcmp(readers[i]->endings, readers[i - 1]->endings) != 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? " " : "", readers[i]->endings);
}

static vdib_status fail_unknown(const vdib__event_head *head) {
    char endings[256];
    list_endings(endings, sizeof endings);
    bool nameless = strcmp(head->path, VDIB_SOURCE_INPUT) == 0; /* formats without a header are known by names */
    return vdib__fail(VDIB_ERROR_FORMAT,
                      "%s: is no event file by its %scontent%s; export it as one that is (%s; "
                      "docs/data.md)",
                      head->called, nameless ? "" : "name or ",
                      nameless ? " (formats without a header are known by their names: name a file or FIFO)" : "",
                      endings);
}

vdib_status vdib__event_reader_find(const vdib__event_head *head, const vdib__event_reader **reader) {
    const vdib__event_reader *best = NULL;
    vdib__likeness most = VDIB_LIKENESS_NONE;
    if (head->count == head->size && vdib__is_lfs_pointer(head->bytes, head->count))
        return vdib__fail(VDIB_ERROR_FORMAT, VDIB_LFS_MESSAGE, head->called);
    for (size_t i = 0; i < READERS; i++) {
        vdib__likeness likeness = likeness_of(readers[i], head);
        if (likeness == VDIB_LIKENESS_UNSEEN)
            return VDIB_ERROR_MEMORY;
        if (likeness > most) {
            most = likeness;
            best = readers[i];
        }
    }
    const known_content *other =
        most < VDIB_LIKENESS_CONTENT ? known_as(head, best != NULL && best->record != 0) : NULL;
    if (other != NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is %s by its content, which is not read; %s", head->called,
                          other->what, other->remedy);
    if (best == NULL && head->size == 0)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is empty (0 bytes); record, export or fetch it again", head->called);
    if (best == NULL)
        return fail_unknown(head);
    *reader = best;
    return VDIB_OK;
}
