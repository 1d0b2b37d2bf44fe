/* SPDX-License-Identifier: MIT */
/* The table of formats in which recordings are written, and which of them a name means. */

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "events/writer.h"

/* A format is one file of this folder, which defines its row vdib__writer_<symbol>, and one line here. Of several with
 * one ending the first is meant. */
#define FORMATS(ROW)                                                                                                   \
    ROW(es)                                                                                                            \
    ROW(dat)                                                                                                           \
    ROW(evt3)                                                                                                          \
    ROW(evt2)                                                                                                          \
    ROW(aedat4)                                                                                                        \
    ROW(openeb)                                                                                                        \
    ROW(dsec)                                                                                                          \
    ROW(csv)                                                                                                           \
    ROW(npz)                                                                                                           \
    ROW(nmnist)                                                                                                        \
    ROW(slayer)                                                                                                        \
    ROW(slayer1)                                                                                                       \
    ROW(slayer3)

#define DECLARE(symbol) extern const vdib__event_writer vdib__writer_##symbol;
#define LIST(symbol)    &vdib__writer_##symbol,

FORMATS(DECLARE)
static const vdib__event_writer *const writers[] = {FORMATS(LIST)};

enum { WRITERS = sizeof writers / sizeof *writers };

size_t vdib__event_writer_count(void) {
    return WRITERS;
}

const vdib__event_writer *vdib__event_writer_at(size_t index) {
    return index < WRITERS ? writers[index] : NULL;
}

/* Whether one of the words of `list` (blanks between them) is `word`, whatever the case of its letters. */
static bool lists(const char *list, const char *word) {
    enum { LONGEST = 16 };
    for (const char *at = list; *at != '\0'; at += strspn(at, " ")) {
        char one[LONGEST];
        int length = (int)strcspn(at, " ");
        snprintf(one, sizeof one, "%.*s", length, at);
        if (vdib__same_word(one, word))
            return true;
        at += length;
    }
    return false;
}

/* "es (.es), dat (.dat), ..." */
static void list_formats(char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < WRITERS && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s (%s)", i > 0 ? ", " : "", writers[i]->name,
                                 writers[i]->endings);
}

vdib_status vdib__event_writer_find(const char *format, const char *path, const vdib__event_writer **writer) {
    const char *name = strrchr(path, '/'), *dot = strrchr(name != NULL ? name : path, '.');
    char formats[512];
    for (size_t i = 0; i < WRITERS; i++)
        if (format != NULL ? vdib__same_word(writers[i]->name, format)
                           : dot != NULL && lists(writers[i]->endings, dot)) {
            *writer = writers[i];
            return VDIB_OK;
        }
    list_formats(formats, sizeof formats);
    if (format != NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: is no format that is written; there are: %s", format, formats);
    return vdib__fail(VDIB_ERROR_ARGUMENT,
                      "%s: its name does not say in which format it is to be written; name the format, or end it in "
                      "that of one of: %s",
                      path, formats);
}

size_t vdib_writer_format_count(void) {
    return WRITERS;
}
