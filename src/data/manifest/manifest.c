/* SPDX-License-Identifier: MIT */
/* A manifest as a layout: its lines become entries. Times count from the recording's first event. */

#include "data/manifest/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/folders.h"
#include "data/layouts.h"
#include "data/manifest/archived.h"
#include "events/events.h"

static const char *const NAMES[VDIB_MANIFEST_COLUMNS] = {"path", "split", "label", "target", "from", "to"};
static const char *const FILES[] = {"manifest.csv", "manifest.jsonl"};

const char vdib__manifest_absent[1] = "";

const char *vdib__manifest_column_name(int column) {
    return NAMES[column];
}

char *vdib__manifest_text(char *text) {
    return text + (strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0);
}

int vdib__manifest_column_of(const char *name) {
    int column = 0;
    while (column < VDIB_MANIFEST_COLUMNS && !vdib__same_word(NAMES[column], name))
        column++;
    return column;
}

/* ---- which files are manifests ---- */

static bool ends_in(const char *path, const char *ending) {
    size_t length = strlen(path), end = strlen(ending);
    return length > end && vdib__same_word(path + length - end, ending);
}

bool vdib__manifest_is_json(const char *path) {
    return ends_in(path, ".jsonl") || ends_in(path, ".ndjson");
}

bool vdib__is_manifest(const char *path) {
    enum { BEGINNING = 4096 };
    char text[BEGINNING] = "";
    uint64_t size = 0;
    FILE *file = NULL;
    if (!vdib__is_file(path) || vdib__manifest_is_json(path))
        return vdib__is_file(path);
    if (!(ends_in(path, ".csv") || ends_in(path, ".tsv")) || vdib__file_open(path, &file, &size) != VDIB_OK)
        return false;
    size_t got = fread(text, 1, sizeof text - 1, file);
    text[got] = '\0';
    (void)fclose(file);
    return vdib__manifest_is_csv(text);
}

/* The manifests of a folder, or the one that is given itself: how many, and the first. */
static size_t find(const char *folder, char **found) {
    size_t count = 0;
    *found = NULL;
    if (!vdib__is_folder(folder))
        return vdib__is_manifest(folder) && vdib__strdup(folder, found) == VDIB_OK;
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        char *path = NULL;
        if (vdib__path_join(folder, FILES[i], &path) == VDIB_OK && vdib__is_file(path)) {
            count++;
            if (*found == NULL) {
                *found = path;
                path = NULL;
            }
        }
        vdib__free(path);
    }
    return count;
}

static bool is(const char *folder) {
    char *found = NULL;
    bool any = find(folder, &found) > 0;
    vdib__free(found);
    return any;
}

/* ---- lines ---- */

typedef struct lines {
    vdib_dataset *dataset;
    const char *path; /* of the manifest */
    char *folder;     /* that its paths count from */
    bool inside;      /* it was found in a folder: its paths stay below that */
    bool labelled;    /* examples need a label */
    vdib__entries *entries;
    size_t first_split, first_open; /* the first line with and without a split; 0: none */
} lines;

static vdib_status fail_at(const lines *l, size_t line, int column, const char *what) {
    return vdib__fail(VDIB_ERROR_DATA, "%s: line %zu, column '%s': %s", l->path, line, NAMES[column], what);
}

/* Whether a path leads out of the folder that it counts from. */
static bool leads_out(const char *path) {
    if (*path == '/')
        return true;
    for (const char *part = path; part != NULL; part = strchr(part, '/') != NULL ? strchr(part, '/') + 1 : NULL)
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    return false;
}

/* A path from the manifest's folder on; of Windows' backslashes, where there is no file of that name, slashes. */
static vdib_status join(const lines *l, const char *given, char **path) {
    VDIB_TRY(given[0] == '/' ? vdib__strdup(given, path) : vdib__path_join(l->folder, given, path));
    if (strchr(given, '\\') == NULL || vdib__is_file(*path))
        return VDIB_OK;
    for (char *c = *path + strlen(*path) - strlen(given); *c != '\0'; c++)
        *c = (char)(*c == '\\' ? '/' : *c);
    return VDIB_OK;
}

/* A path as the program opens it. */
static vdib_status place(const lines *l, const vdib__manifest_row *row, int column, char **path) {
    const char *given = row->values[column];
    VDIB_TRY(join(l, given, path));
    bool out = l->inside && leads_out(*path + strlen(*path) - strlen(given));
    vdib_status status = out ? VDIB_ERROR_DATA : vdib__archived_find(l->dataset, path);
    if (status == VDIB_OK)
        return VDIB_OK;
    vdib__free(*path);
    *path = NULL;
    if (out)
        return fail_at(l, row->line, column,
                       "leads out of the data's folder, where a manifest found there stays; name the manifest itself "
                       "(--data MANIFEST) if that is meant");
    return vdib__fail_prefix(status, "%s: line %zu, column '%s'", l->path, row->line, NAMES[column]);
}

/* Behind a whole number, the zeros after its decimal point, which tables are saved with where a column has gaps. */
static const char *skip_zeros(const char *text) {
    return text[0] == '.' ? text + 1 + strspn(text + 1, "0") : text;
}

/* Whole microseconds, or nothing. */
static vdib_status time_of(const lines *l, const vdib__manifest_row *row, int column, int64_t *us) {
    static const int64_t MOST = INT64_C(1000000000000000);
    char *end = NULL;
    const char *text = row->values[column];
    if (text[0] == '\0')
        return VDIB_OK;
    long long value = strtoll(text, &end, 10);
    if (*skip_zeros(end) != '\0' || end == text || value < -MOST || value > MOST)
        return fail_at(l, row->line, column,
                       "is no whole number of microseconds since the recording's first event, 10^15 at most; write "
                       "one, or nothing for the recording's beginning or end");
    *us = value;
    return VDIB_OK;
}

static vdib_status share_of(lines *l, const vdib__manifest_row *row, vdib__share *share) {
    const char *word = row->values[VDIB_MANIFEST_SPLIT];
    *share = vdib__share_of(word);
    if (word[0] != '\0' && *share == VDIB_SHARE_OPEN)
        return fail_at(l, row->line, VDIB_MANIFEST_SPLIT, "is no split; write train, val or test");
    size_t *first = word[0] != '\0' ? &l->first_split : &l->first_open;
    *first = *first == 0 ? row->line : *first;
    if (l->first_split == 0 || l->first_open == 0)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: line %zu, column 'split': is empty, but line %zu has one; write train, val or test in "
                      "every line, or in none (a split is made then)",
                      l->path, l->first_open, l->first_split);
}

static vdib_status class_of(lines *l, const vdib__manifest_row *row, vdib__share share, size_t *number) {
    const char *label = row->values[VDIB_MANIFEST_LABEL];
    if (label[0] == '\0' && l->labelled)
        return fail_at(l, row->line, VDIB_MANIFEST_LABEL,
                       label == vdib__manifest_absent
                           ? "is not there; name the example's class in it, or choose a data.target without one"
                           : "is empty; name the example's class, or choose a data.target without one");
    if (!vdib__is_utf8(label))
        return fail_at(l, row->line, VDIB_MANIFEST_LABEL, "is not UTF-8; write the manifest as UTF-8");
    return vdib__entries_class(l->entries, label[0] != '\0' ? label : "unlabelled", share, number);
}

static vdib_status check_file(const lines *l, const vdib__manifest_row *row, const char *path) {
    const vdib__entries *entries = l->entries;
    if (entries->count > 0 && strcmp(entries->all[entries->count - 1].path, path) == 0)
        return VDIB_OK; /* of the line before */
    vdib_status status = vdib__events_check(path);
    return status == VDIB_OK ? status : vdib__fail_prefix(status, "%s: line %zu, column 'path'", l->path, row->line);
}

static vdib_status add_target(const lines *l, const vdib__manifest_row *row, vdib__entry *entry) {
    if (row->values[VDIB_MANIFEST_TARGET][0] == '\0')
        return VDIB_OK;
    VDIB_TRY(place(l, row, VDIB_MANIFEST_TARGET, &entry->target));
    if (vdib__is_file(entry->target))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA, "%s: line %zu, column 'target': there is no file %s; correct the path", l->path,
                      row->line, entry->target);
}

static vdib_status take(void *user, const vdib__manifest_row *row) {
    lines *l = user;
    vdib__share share;
    vdib__entry *entry = NULL;
    int64_t from = VDIB_FROM_THE_BEGINNING, to = VDIB_TO_THE_END;
    size_t number = 0;
    char *path = NULL;
    if (row->values[VDIB_MANIFEST_PATH][0] == '\0')
        return fail_at(l, row->line, VDIB_MANIFEST_PATH, "is empty; name the recording's file");
    VDIB_TRY(share_of(l, row, &share));
    VDIB_TRY(time_of(l, row, VDIB_MANIFEST_FROM, &from));
    VDIB_TRY(time_of(l, row, VDIB_MANIFEST_TO, &to));
    if (from >= to)
        return fail_at(l, row->line, VDIB_MANIFEST_TO, "is not after 'from'; an example ends after it begins");
    VDIB_TRY(class_of(l, row, share, &number));
    VDIB_TRY(place(l, row, VDIB_MANIFEST_PATH, &path));
    vdib_status status = check_file(l, row, path);
    if (status == VDIB_OK)
        status = vdib__entries_add(l->entries, path, number, share, &entry);
    vdib__free(path);
    VDIB_TRY(status);
    entry->from_us = from;
    entry->to_us = to;
    entry->line = row->line;
    return add_target(l, row, entry);
}

/* ---- what stands twice ---- */

static int compare(const void *a, const void *b) {
    const vdib__entry *first = *(const vdib__entry *const *)a, *second = *(const vdib__entry *const *)b;
    int order = vdib__entry_compare(first, second);
    return order != 0 ? order : (first->line > second->line) - (first->line < second->line);
}

/* Recordings whose entries are in several splits, and overlap there. */
static vdib_status note_shared(vdib_dataset *dataset, const vdib__entry *const *order, size_t count) {
    size_t recordings = 0;
    const vdib__entry *first = NULL;
    for (size_t i = 0, next; i < count; i = next) {
        bool several = false;
        for (next = i + 1; next < count && strcmp(order[next]->path, order[i]->path) == 0; next++)
            several = several || order[next]->share != order[i]->share;
        recordings += several;
        first = several && first == NULL ? order[i] : first;
    }
    if (recordings == 0)
        return VDIB_OK;
    return vdib__note(dataset, "%zu recording%s %s examples in more than one split, the first is %s", recordings,
                      vdib__s(recordings), recordings == 1 ? "has" : "have", first->path);
}

static vdib_status check_doubles(const lines *l, vdib_dataset *dataset) {
    const vdib__entry **order = NULL;
    size_t count = l->entries->count;
    VDIB_TRY(VDIB_NEW(&order, count));
    for (size_t i = 0; i < count; i++)
        order[i] = &l->entries->all[i];
    if (count > 0)
        qsort(order, count, sizeof *order, compare);
    vdib_status status = VDIB_OK;
    for (size_t i = 1; i < count && status == VDIB_OK; i++)
        if (strcmp(order[i - 1]->path, order[i]->path) == 0 && order[i - 1]->from_us == order[i]->from_us &&
            order[i - 1]->to_us == order[i]->to_us)
            status = vdib__fail(VDIB_ERROR_DATA,
                                "%s: line %zu, column 'path': the same recording and times as in line %zu; take one "
                                "of them out",
                                l->path, order[i]->line, order[i - 1]->line);
    if (status == VDIB_OK)
        status = note_shared(dataset, order, count);
    vdib__free(order);
    return status;
}

/* ---- the layout ---- */

static vdib_status note_ignored(vdib_dataset *dataset, const char *path, const vdib__manifest_ignored *ignored) {
    if (ignored->count == 0)
        return VDIB_OK;
    if (!vdib__manifest_is_json(path))
        return vdib__note(dataset, "%s: %zu column%s %s no meaning here and %s ignored, %s'%s'", path, ignored->count,
                          vdib__s(ignored->count), ignored->count == 1 ? "has" : "have",
                          ignored->count == 1 ? "is" : "are", ignored->count == 1 ? "" : "the first is ",
                          ignored->first);
    return vdib__note(dataset, "%s: %zu value%s under other names than a manifest's %s ignored, the first is '%s'",
                      path, ignored->count, vdib__s(ignored->count), ignored->count == 1 ? "is" : "are",
                      ignored->first);
}

static vdib_status read(lines *l, vdib_dataset *dataset) {
    vdib__manifest_ignored ignored = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    VDIB_TRY(vdib__file_read(l->path, &bytes, &size));
    vdib_status status = vdib__manifest_is_json(l->path)
                             ? vdib__manifest_read_json(l->path, (char *)bytes, size, take, l, &ignored)
                             : vdib__manifest_read_csv(l->path, (char *)bytes, size, take, l, &ignored);
    vdib__free(bytes);
    VDIB_TRY(status);
    if (l->entries->count == 0)
        return vdib__fail(VDIB_ERROR_DATA, "%s: lists no recording; write a line for each example", l->path);
    VDIB_TRY(note_ignored(dataset, l->path, &ignored));
    return check_doubles(l, dataset);
}

static vdib_status list(vdib_dataset *dataset, const char *folder, vdib__entries *entries) {
    char *path = NULL;
    size_t count = find(folder, &path);
    const vdib__choice *target = &dataset->parameters.target->choice;
    lines l = {.dataset = dataset,
               .path = path,
               .inside = vdib__is_folder(folder),
               .labelled = vdib__choice_is(target, "classes") || target == &vdib__target_class_image.choice,
               .entries = entries};
    vdib_status status = VDIB_OK;
    if (count > 1)
        status = vdib__fail(VDIB_ERROR_DATA, "%s: has both %s and %s; keep one, or name it (--data MANIFEST)", folder,
                            FILES[0], FILES[1]);
    else if (count == 0)
        status = vdib__fail(VDIB_ERROR_IO, "%s: is no manifest any more", folder);
    if (status == VDIB_OK)
        status = vdib__strdup(path, &l.folder);
    if (status == VDIB_OK) {
        char *slash = strrchr(l.folder, '/');
        (void)snprintf(slash == l.folder ? l.folder + 1
                       : slash != NULL   ? slash
                                         : l.folder,
                       2, "%s", slash == NULL ? "." : "");
        status = read(&l, dataset);
    }
    if (status == VDIB_OK && l.inside)
        status = vdib__note(dataset, "the recordings are those that %s lists", path);
    vdib__free(l.folder);
    vdib__free(path);
    return status;
}

const vdib__layout vdib__layout_manifest = {.is = is, .list = list};
