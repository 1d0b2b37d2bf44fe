/* SPDX-License-Identifier: MIT */
/* Many recordings: those of a folder and the folders in it, or those of one file. */

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sized.h"
#include "events/convert.h"
#include "events/events.h"
#include "events/stream.h"
#include "events/writer.h"

enum { DEEPEST = 16, SHORT = 64 };

/* A recording and the file that it becomes, without the folders that are above all of them. */
typedef struct job {
    char *from, *to;
} job;

typedef struct jobs {
    job *list;
    size_t count, capacity;
    size_t passed_over;
    char ending[SHORT]; /* of what is written */
    const char *unit;   /* of times, asked for */
    const char *into;   /* the folder that is written */
} jobs;

static void free_jobs(jobs *j) {
    for (size_t i = 0; i < j->count; i++) {
        vdib__free(j->list[i].from);
        vdib__free(j->list[i].to);
    }
    vdib__free(j->list);
}

/* Takes over `from`; `stem` is what `to` has before the ending. */
static vdib_status add_job(jobs *j, char *from, const char *stem, size_t length) {
    char *to = NULL;
    vdib_status status = VDIB_RESERVE(&j->list, &j->capacity, j->count + 1);
    if (status == VDIB_OK)
        status = VDIB_NEW(&to, length + sizeof j->ending);
    if (status != VDIB_OK) {
        vdib__free(from);
        return status;
    }
    snprintf(to, length + sizeof j->ending, "%.*s%s", (int)length, stem, j->ending);
    j->list[j->count++] = (job){from, to};
    return VDIB_OK;
}

/* ---- folders ---- */

static vdib_status add_file(jobs *j, char *path, const char *inside) {
    if (!vdib__events_recording(path)) {
        j->passed_over++;
        vdib__free(path);
        return VDIB_OK;
    }
    const char *slash = strrchr(inside, '/'), *dot = strrchr(slash != NULL ? slash : inside, '.');
    return add_job(j, path, inside, dot != NULL ? (size_t)(dot - inside) : strlen(inside));
}

/* What Macs and other systems leave beside files. */
static bool is_hidden(const char *name) {
    return name[0] == '.' || strcmp(name, "__MACOSX") == 0;
}

/* What is in the folder `top`/`inside`, except what is written there. */
static vdib_status add_folder(jobs *j, const char *top, const char *inside, int depth) {
    char *path = NULL, **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__path_join(top, inside, &path));
    vdib_status status = vdib__folder_list(path, &names, &count);
    vdib__free(path);
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        char *below = NULL, *whole = NULL;
        if (is_hidden(names[i])) {
            j->passed_over++;
            continue;
        }
        status = vdib__path_join(inside, names[i], &below);
        if (status == VDIB_OK)
            status = vdib__path_join(top, below, &whole);
        if (status == VDIB_OK && vdib__is_file(whole)) {
            status = add_file(j, whole, below);
            whole = NULL;
        } else if (status == VDIB_OK && vdib__is_folder_below(whole) && !vdib__is_same(whole, j->into) &&
                   depth < DEEPEST)
            status = add_folder(j, top, below, depth + 1);
        vdib__free(whole);
        vdib__free(below);
    }
    vdib__names_free(names, count);
    return status;
}

/* ---- files of several recordings ---- */

/* "test/3/00017" */
static void name_recording(const vdib_events_info *info, size_t number, char stem[SHORT]) {
    int used = info->split != NULL ? snprintf(stem, SHORT, "%.20s/", info->split) : 0;
    if (info->label >= 0)
        used += snprintf(stem + used, SHORT - (size_t)used, "%lld/", (long long)info->label);
    snprintf(stem + used, SHORT - (size_t)used, "%05zu", number);
}

static vdib_status add_recording(jobs *j, const char *path, size_t number, size_t *recordings) {
    size_t size = strlen(path) + SHORT;
    char *from = NULL, stem[SHORT];
    vdib__event_stream *stream = NULL;
    VDIB_TRY(VDIB_NEW(&from, size));
    snprintf(from, size, "%s#%zu", path, number);
    vdib_status status = vdib__event_stream_open(number > 0 ? from : path, j->unit, &stream);
    if (status != VDIB_OK) {
        vdib__free(from);
        return status;
    }
    const vdib_events_info *info = vdib__event_stream_info(stream);
    *recordings = info->recordings;
    name_recording(info, number, stem);
    vdib__event_stream_close(stream);
    return add_job(j, from, stem, strlen(stem));
}

static vdib_status add_recordings(jobs *j, const char *path) {
    size_t recordings = 1;
    for (size_t i = 0; i < recordings; i++)
        VDIB_TRY(add_recording(j, path, i, &recordings));
    if (recordings > 1)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: holds one recording; name the file that it is to become, no folder",
                      path);
}

/* ---- all of them ---- */

static int by_place(const void *a, const void *b) {
    return strcmp(((const job *)a)->to, ((const job *)b)->to);
}

static vdib_status check_jobs(const jobs *j, const char *from) {
    if (j->count == 0)
        return vdib__fail(VDIB_ERROR_DATA, "%s: holds no recordings; name a folder that does", from);
    for (size_t i = 1; i < j->count; i++)
        if (strcmp(j->list[i - 1].to, j->list[i].to) == 0)
            return vdib__fail(VDIB_ERROR_DATA, "%s and %s: both would become %s; rename one, or convert them apart",
                              j->list[i - 1].from, j->list[i].from, j->list[i].to);
    return VDIB_OK;
}

/* Makes the folder of a job, and removes what killed conversions left in it: once, for the jobs are in order. */
static vdib_status prepare_folder(const jobs *j, size_t index, const char *path) {
    const char *now = j->list[index].to, *before = index > 0 ? j->list[index - 1].to : NULL;
    const char *slash = strrchr(now, '/');
    size_t length = slash != NULL ? (size_t)(slash - now) : 0;
    const char *other = before != NULL ? strrchr(before, '/') : NULL;
    if (before != NULL && (other != NULL ? (size_t)(other - before) : 0) == length && strncmp(now, before, length) == 0)
        return VDIB_OK;
    char *folder = NULL;
    VDIB_TRY(vdib__strdup(path, &folder));
    *strrchr(folder, '/') = '\0';
    vdib_status status = vdib__folder_make(folder);
    if (status == VDIB_OK)
        vdib__temporaries_clean_all(folder, j->ending);
    vdib__free(folder);
    return status;
}

/* Converts one, and tells of it. Only that work is to be stopped is an error. */
static vdib_status convert_one(const jobs *j, size_t index, const char *to, const vdib_conversion *asked,
                               vdib_converted_each *each) {
    vdib_conversion_report report;
    vdib_events_info info;
    vdib_status status = prepare_folder(j, index, to);
    if (status == VDIB_OK)
        status = vdib__convert(j->list[index].from, to, asked, true, &report, &info);
    if (status == VDIB_ERROR_CANCELLED || status == VDIB_ERROR_MEMORY)
        return status;
    bool good = status == VDIB_OK;
    const vdib_converted told = {.size = sizeof told,
                                 .from = j->list[index].from,
                                 .to = to,
                                 .number = index,
                                 .total = j->count,
                                 .status = status,
                                 .message = good ? "" : vdib_last_message(),
                                 .report = good ? &report : NULL,
                                 .info = good ? &info : NULL};
    if (each != NULL)
        each(asked->user, &told);
    if (good)
        vdib_conversion_report_clear(&report);
    return VDIB_OK;
}

static vdib_status convert_all(const jobs *j, const char *to, const vdib_conversion *asked, vdib_converted_each *each) {
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < j->count && status == VDIB_OK; i++) {
        char *path = NULL;
        VDIB_TRY(vdib__path_join(to, j->list[i].to, &path));
        status = convert_one(j, i, path, asked, each);
        vdib__free(path);
    }
    return status;
}

vdib_status vdib_convert_folder(const char *from, const char *to, const vdib_conversion *options,
                                vdib_converted_each *each, size_t *passed_over) {
    vdib_conversion asked;
    const vdib__event_writer *row = NULL;
    jobs j = {.count = 0, .unit = options != NULL ? options->unit : NULL, .into = to};
    VDIB_REQUIRE(from, to, options);
    VDIB_TRY(VDIB_SIZED_READ(vdib_conversion, options, &asked));
    if (asked.format == NULL && !vdib__is_folder(from))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "%s: is a folder, into which a file of several recordings is converted; name the file that "
                          "%s is to become, or the format (--format)",
                          to, from);
    if (asked.format == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "%s: the recordings of a folder are converted into one format; name it "
                          "(--format)",
                          from);
    VDIB_TRY(vdib__event_writer_find(asked.format, to, &row));
    snprintf(j.ending, sizeof j.ending, "%.*s", (int)strcspn(row->endings, " "), row->endings);
    vdib_status status = vdib__is_folder(from) ? add_folder(&j, from, "", 0) : add_recordings(&j, from);
    if (status == VDIB_OK && j.count > 0)
        qsort(j.list, j.count, sizeof *j.list, by_place);
    if (status == VDIB_OK)
        status = check_jobs(&j, from);
    if (status == VDIB_OK)
        status = convert_all(&j, to, &asked, each);
    if (status == VDIB_OK && passed_over != NULL)
        *passed_over = j.passed_over;
    free_jobs(&j);
    return status;
}
