/* SPDX-License-Identifier: MIT */
/* What a user should know of a data set beyond its summary: what was left out, dropped, empty, missing or doubtful. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "data/dataset_parts.h"
#include "events/events.h"

enum { LINE = 768, NAMED = 3, MISSING_NAMED = 20, FORMATS = 16 };

static const char *const split_names[] = {"training", "validation", "test"};

static vdib_status add_line(char ***lines, size_t *count, size_t *capacity, const char *line) {
    VDIB_TRY(VDIB_RESERVE(lines, capacity, *count + 1));
    VDIB_TRY(vdib__strdup(line, &(*lines)[*count]));
    ++*count;
    return VDIB_OK;
}

vdib_status vdib__note(vdib_dataset *dataset, const char *format, ...) {
    char line[LINE], said[LINE];
    va_list values;
    va_start(values, format);
    vdib__vformat(line, sizeof line, format, values);
    va_end(values);
    return add_line(&dataset->notes, &dataset->note_count, &dataset->note_capacity,
                    vdib__unpacked_say(&dataset->unpacked, line, said, sizeof said));
}

/* Text that grows. */
typedef struct text {
    char *bytes;
    size_t count, capacity;
} text;

static vdib_status append(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static vdib_status append(text *t, const char *format, ...) {
    char line[LINE];
    va_list values;
    va_start(values, format);
    int length = vdib__vformat(line, sizeof line, format, values);
    va_end(values);
    size_t used = length < LINE ? (size_t)length : LINE - 1;
    VDIB_TRY(VDIB_RESERVE(&t->bytes, &t->capacity, t->count + used + 1));
    memcpy(t->bytes + t->count, line, used + 1);
    t->count += used;
    return VDIB_OK;
}

/* ---- counts ---- */

static uint64_t count_of(const vdib_dataset *dataset, const vdib__item *item, vdib_data_count which) {
    const vdib__fate *f = &item->fate;
    uint64_t inside = f->events - f->outside_window - f->outside_sensor;
    const vdib__dataset_parameters *p = &dataset->parameters;
    switch (which) {
    case VDIB_COUNT_RECORDINGS:
        return 1;
    case VDIB_COUNT_EVENTS:
        return f->events;
    case VDIB_COUNT_OUTSIDE_WINDOW:
        return f->outside_window;
    case VDIB_COUNT_OUTSIDE_SENSOR:
        return f->outside_sensor;
    case VDIB_COUNT_DROPPED:
        return f->dropped;
    case VDIB_COUNT_EMPTY_RECORDINGS:
        return f->events == 0;
    case VDIB_COUNT_LOST_RECORDINGS:
        return f->events > 0 && inside == 0;
    case VDIB_COUNT_LATE_RECORDINGS:
        return f->events > 0 && f->first_us >= p->start_us + (int64_t)p->steps * p->step_us / 2;
    case VDIB_COUNT_OUT_OF_ORDER:
        return f->out_of_order;
    case VDIB_COUNT_RESTARTS:
        return f->restarts;
    case VDIB_COUNT_CUT_RECORDINGS:
        return f->cut;
    case VDIB_COUNT_DAMAGED:
        return f->damaged;
    case VDIB_COUNT_BEYOND_STATED:
        return f->beyond_stated;
    case VDIB_COUNT_UNREADABLE_FILES: /* no recordings: unreadable_files */
        break;
    }
    return 0;
}

/* Sum of a count over the recordings of a split that were read, and the first of those that have any. */
typedef struct tally {
    uint64_t sum;
    size_t recordings; /* that have any */
    const vdib__item *first[NAMED];
} tally;

static int part_of(vdib_split split) {
    return split == VDIB_SPLIT_TEST ? VDIB_PART_TEST : VDIB_PART_TRAIN;
}

/* An item of a split that was read, or NULL. */
static const vdib__item *read_item(const vdib_dataset *dataset, vdib_split split, size_t index) {
    const vdib__item *item = NULL;
    if (vdib__split_item(dataset, split, index, &item) != VDIB_OK || atomic_load(&item->looked) != VDIB_LOOKED_DONE)
        return NULL;
    return item;
}

static void add_to(tally *t, const vdib__item *item, uint64_t count) {
    if (count > 0 && t->recordings < NAMED)
        t->first[t->recordings] = item;
    t->sum += count;
    t->recordings += count > 0;
}

static tally take(const vdib_dataset *dataset, vdib_split split, vdib_data_count which) {
    tally t = {0};
    for (size_t i = 0; i < vdib_dataset_size(dataset, split); i++) {
        const vdib__item *item = read_item(dataset, split, i);
        if (item != NULL)
            add_to(&t, item, count_of(dataset, item, which));
    }
    return t;
}

static bool has_recordings(const vdib_dataset *dataset, vdib_split split) {
    return (split == VDIB_SPLIT_TRAIN || split == VDIB_SPLIT_VALIDATION || split == VDIB_SPLIT_TEST) &&
           vdib__input_is_recordings(dataset->parameters.input) && dataset->callback == NULL;
}

static uint64_t unreadable_files(const vdib_dataset *dataset, vdib_split split) {
    return split == VDIB_SPLIT_VALIDATION ? 0 : dataset->unreadable[part_of(split)].count;
}

uint64_t vdib_dataset_count(const vdib_dataset *dataset, vdib_split split, vdib_data_count which) {
    if (dataset == NULL || !has_recordings(dataset, split))
        return 0;
    return which == VDIB_COUNT_UNREADABLE_FILES ? unreadable_files(dataset, split) : take(dataset, split, which).sum;
}

/* ---- lines ---- */

/* ": A, B, C, ..." */
static vdib_status append_names(text *t, const vdib_dataset *dataset, const tally *found) {
    char said[LINE];
    for (size_t i = 0; i < found->recordings && i < NAMED; i++)
        VDIB_TRY(append(t, "%s%s", i == 0 ? ": " : ", ",
                        vdib__unpacked_say(&dataset->unpacked, found->first[i]->path, said, sizeof said)));
    return append(t, "%s\n", found->recordings > NAMED ? ", ..." : "");
}

static vdib_status recordings_line(const vdib_dataset *dataset, vdib_split split, vdib_data_count which,
                                   const char *what, text *t) {
    tally found = take(dataset, split, which);
    if (found.recordings == 0)
        return VDIB_OK;
    uint64_t read = take(dataset, split, VDIB_COUNT_RECORDINGS).sum;
    VDIB_TRY(append(t, "%zu of %llu %s recording%s %s", found.recordings, (unsigned long long)read, split_names[split],
                    vdib__s(read), what));
    return append_names(t, dataset, &found);
}

/* Recordings of a split that were read and may be of another layout. */
static tally doubtful(const vdib_dataset *dataset, vdib_split split, vdib__doubt doubt) {
    tally t = {0};
    for (size_t i = 0; i < vdib_dataset_size(dataset, split); i++) {
        const vdib__item *item = read_item(dataset, split, i);
        if (item != NULL)
            add_to(&t, item, vdib__recording_is_doubtful(dataset, item, doubt));
    }
    return t;
}

static vdib_status doubt_line(const vdib_dataset *dataset, vdib_split split, vdib__doubt doubt, text *t) {
    static const char *const what[] = {
        [VDIB_DOUBT_ONE_STEP] = "nearly all of their events in one of the steps: data.step_us is too long for them",
        [VDIB_DOUBT_ALL_OFF] = "no ON event: their sensor has one polarity (data.polarities=1)",
        [VDIB_DOUBT_ONE_PIXEL] = "all of their events at pixel (0, 0): it is the only one",
    };
    tally found = doubtful(dataset, split, doubt);
    if (found.recordings == 0)
        return VDIB_OK;
    uint64_t read = take(dataset, split, VDIB_COUNT_RECORDINGS).sum;
    VDIB_TRY(append(t, "%zu of %llu %s recording%s have %s, or the files are of another layout than %s",
                    found.recordings, (unsigned long long)read, split_names[split], vdib__s(read), what[doubt],
                    vdib__events_layout(found.first[0]->path)));
    return append_names(t, dataset, &found);
}

/* Events that are lost, where they are more than a tenth. */
static vdib_status lost_line(const vdib_dataset *dataset, vdib_split split, text *t) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    uint64_t events = take(dataset, split, VDIB_COUNT_EVENTS).sum;
    uint64_t window = take(dataset, split, VDIB_COUNT_OUTSIDE_WINDOW).sum;
    uint64_t sensor = take(dataset, split, VDIB_COUNT_OUTSIDE_SENSOR).sum;
    size_t doubts = doubtful(dataset, split, VDIB_DOUBT_ALL_OFF).recordings +
                    doubtful(dataset, split, VDIB_DOUBT_ONE_PIXEL).recordings;
    if (10 * (window + sensor) <= events)
        return VDIB_OK;
    VDIB_TRY(append(
        t,
        "%.1f %% of the events of %s recordings are lost: %llu of %llu lie outside the %zu step%s of %lld us from "
        "%lld us on, %llu outside the %zu x %zu pixels",
        100.0 * (double)(window + sensor) / (double)events, split_names[split], (unsigned long long)window,
        (unsigned long long)events, p->steps, vdib__s(p->steps), (long long)p->step_us, (long long)p->start_us,
        (unsigned long long)sensor, dataset->geometry.input_width, dataset->geometry.input_height));
    /* These keys bring nothing back where the times and places are none. */
    bool sound = 2 * doubts <= take(dataset, split, VDIB_COUNT_RECORDINGS).sum;
    return append(t, "%s%s%s\n", sound ? "; " : "", sound ? vdib__loss_keys(dataset) : "", sound ? " change that" : "");
}

/* What data.crop leaves out. */
static vdib_status cropped_line(const vdib_dataset *dataset, vdib_split split, text *t) {
    uint64_t cropped = 0, events = 0;
    for (size_t i = 0; i < vdib_dataset_size(dataset, split); i++) {
        const vdib__item *item = read_item(dataset, split, i);
        cropped += item != NULL ? item->fate.cropped : 0;
        events += item != NULL ? item->fate.events : 0;
    }
    if (cropped == 0)
        return VDIB_OK;
    return append(t, "%.1f %% of the events of %s recordings lie outside data.crop and are not read\n",
                  100.0 * (double)cropped / (double)(cropped + events), split_names[split]);
}

/* Files that are no recordings of the split, because they cannot be read. */
static vdib_status unreadable_line(const vdib_dataset *dataset, vdib_split split, text *t) {
    const vdib__unreadable *u = &dataset->unreadable[part_of(split)];
    char said[LINE];
    if (unreadable_files(dataset, split) == 0)
        return VDIB_OK;
    return append(t, "%zu file%s of %s recordings cannot be read and %s left out%s %s\n", u->count, vdib__s(u->count),
                  split_names[split], u->count == 1 ? "is" : "are", u->count == 1 ? ":" : "; the first is",
                  vdib__unpacked_say(&dataset->unpacked, u->first, said, sizeof said));
}

/* What the files of a split do not say. */
typedef enum silence { UNIT, DOUBTFUL_UNIT, NO_POLARITY, FRACTIONS, SEVERAL, SILENCES } silence;

static uint64_t silence_of(const vdib__fate *fate, silence which) {
    switch (which) {
    case UNIT:
        return fate->unit[0] != '\0' && strcmp(fate->unit, "microseconds") != 0;
    case DOUBTFUL_UNIT:
        return fate->doubtful_unit;
    case NO_POLARITY:
        return fate->unpolarized;
    case SEVERAL:
        return fate->first_of_several;
    default:
        return fate->rounded;
    }
}

static vdib_status silence_line(const vdib_dataset *dataset, vdib_split split, silence which, text *t) {
    static const char *const what[SILENCES] = {
        [UNIT] = "have times without a unit (data.time_unit names it), which by their numbers are taken for ",
        [DOUBTFUL_UNIT] = "have times of a doubtful unit (data.time_unit names another), which by their numbers is "
                          "taken for ",
        [NO_POLARITY] = "have events without polarity, which are all ON (data.polarities=1 asks for none)",
        [FRACTIONS] = "have x or y with fractions, which are rounded to the nearest pixel",
        [SEVERAL] = "are the first of several in their files, the only one that is read (FILE#N in a manifest is "
                    "another)"};
    tally found = {0};
    uint64_t read = take(dataset, split, VDIB_COUNT_RECORDINGS).sum;
    for (size_t i = 0; i < vdib_dataset_size(dataset, split); i++) {
        const vdib__item *item = read_item(dataset, split, i);
        if (item != NULL)
            add_to(&found, item, silence_of(&item->fate, which));
    }
    bool known = which == NO_POLARITY && dataset->parameters.polarities == 1;
    if (found.recordings == 0 || known)
        return VDIB_OK;
    VDIB_TRY(append(t, "%zu of %llu %s recording%s %s%s", found.recordings, (unsigned long long)read,
                    split_names[split], vdib__s(read), what[which],
                    which == UNIT || which == DOUBTFUL_UNIT ? found.first[0]->fate.unit : ""));
    return append_names(t, dataset, &found);
}

static vdib_status split_lines(const vdib_dataset *dataset, vdib_split split, text *t) {
    tally beyond = take(dataset, split, VDIB_COUNT_OUTSIDE_SENSOR);
    VDIB_TRY(lost_line(dataset, split, t));
    VDIB_TRY(cropped_line(dataset, split, t));
    for (int doubt = VDIB_DOUBT_ONE_STEP; doubt <= VDIB_DOUBT_ONE_PIXEL; doubt++)
        VDIB_TRY(doubt_line(dataset, split, (vdib__doubt)doubt, t));
    if (beyond.recordings > 0) {
        VDIB_TRY(append(t, "%llu event%s of %zu %s recording%s %s outside the %zu x %zu pixels and %s dropped",
                        (unsigned long long)beyond.sum, vdib__s(beyond.sum), beyond.recordings, split_names[split],
                        vdib__s(beyond.recordings), beyond.sum == 1 ? "lies" : "lie", dataset->geometry.input_width,
                        dataset->geometry.input_height, beyond.sum == 1 ? "is" : "are"));
        VDIB_TRY(append_names(t, dataset, &beyond));
    }
    VDIB_TRY(recordings_line(dataset, split, VDIB_COUNT_EMPTY_RECORDINGS, "are empty: they have no event", t));
    VDIB_TRY(recordings_line(dataset, split, VDIB_COUNT_LOST_RECORDINGS,
                             "have no event inside the time window and the sensor", t));
    VDIB_TRY(
        recordings_line(dataset, split, VDIB_COUNT_LATE_RECORDINGS,
                        dataset->parameters.window_us > 0 /* whose time 0 is where they are cut */
                            ? "begin in the second half of the time window or after it"
                            : "begin in the second half of the time window or after it (data.from_first_event=true "
                              "counts from their first event)",
                        t));
    for (int which = UNIT; which < SILENCES; which++)
        VDIB_TRY(silence_line(dataset, split, (silence)which, t));
    VDIB_TRY(recordings_line(dataset, split, VDIB_COUNT_RESTARTS,
                             "have a clock that starts again inside them; time goes on from there", t));
    VDIB_TRY(recordings_line(dataset, split, VDIB_COUNT_OUT_OF_ORDER,
                             "have events out of the order of time, which are sorted", t));
    VDIB_TRY(
        recordings_line(dataset, split, VDIB_COUNT_DROPPED, "have events marked as invalid, which are left out", t));
    VDIB_TRY(recordings_line(dataset, split, VDIB_COUNT_CUT_RECORDINGS,
                             "are cut short: they end inside a record, and what is whole before it counts", t));
    VDIB_TRY(recordings_line(dataset, split, VDIB_COUNT_DAMAGED,
                             "are damaged: what their format does not know is left out", t));
    VDIB_TRY(recordings_line(dataset, split, VDIB_COUNT_BEYOND_STATED,
                             "have events beyond the sensor that their files state, which are left out", t));
    return unreadable_line(dataset, split, t);
}

/* seen (classes) = whether one of the examples `indices` (count; NULL: the first ones) of a split is of the class. */
static vdib_status mark_classes(const vdib_dataset *dataset, vdib_split split, const size_t *indices, size_t count,
                                bool *seen) {
    for (size_t i = 0; i < count; i++) {
        const vdib__item *item = NULL;
        VDIB_TRY(vdib__split_item(dataset, split, indices != NULL ? indices[i] : i, &item));
        if (item->label < dataset->geometry.classes)
            seen[item->label] = true;
    }
    return VDIB_OK;
}

/* Names the classes that are missing among these examples; `among`: what they are. */
static vdib_status missing_line(const vdib_dataset *dataset, vdib_split split, const size_t *indices, size_t count,
                                const char *among, text *t) {
    size_t classes = dataset->geometry.classes, missing = 0;
    bool *seen = NULL;
    if (count == 0 || dataset->parameters.input->fetch != NULL || dataset->own)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&seen, classes));
    vdib_status status = mark_classes(dataset, split, indices, count, seen);
    for (size_t c = 0; c < classes && status == VDIB_OK; c++) {
        char name[VDIB_CLASS_TEXT];
        if (seen[c])
            continue;
        if (missing == 0)
            status = append(t, "no %s example of ", among);
        if (status == VDIB_OK && missing < MISSING_NAMED)
            status = append(t, "%s%s", missing > 0 ? ", " : "", vdib__class_text(dataset, c, name));
        missing++;
    }
    vdib__free(seen);
    if (status == VDIB_OK && missing > 0)
        status =
            append(t, "%s: %zu of %zu classes are missing\n", missing > MISSING_NAMED ? ", ..." : "", missing, classes);
    return status;
}

/* The formats of the recordings that were read, where they are several. */
static vdib_status format_line(const vdib_dataset *dataset, text *t) {
    const char *formats[FORMATS] = {NULL};
    size_t counts[FORMATS] = {0}, kinds = 0;
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++)
        for (size_t i = 0; i < vdib_dataset_size(dataset, (vdib_split)split); i++) {
            const vdib__item *item = read_item(dataset, (vdib_split)split, i);
            size_t k = 0;
            if (item == NULL || item->fate.format[0] == '\0')
                continue;
            while (k < kinds && strcmp(formats[k], item->fate.format) != 0)
                k++;
            if (k == FORMATS)
                continue;
            formats[k] = item->fate.format;
            counts[k]++;
            kinds = k == kinds ? k + 1 : kinds;
        }
    if (kinds > 1)
        VDIB_TRY(append(t, "the recordings are of %zu formats", kinds));
    for (size_t k = 0; k < kinds && kinds > 1; k++)
        VDIB_TRY(append(t, "%s%zu %s", k == 0 ? ": " : ", ", counts[k], formats[k]));
    return kinds > 1 ? append(t, "\n") : VDIB_OK;
}

static vdib_status all_lines(const vdib_dataset *dataset, text *t) {
    VDIB_TRY(append(t, "%s", ""));
    for (size_t i = 0; i < dataset->note_count; i++)
        VDIB_TRY(append(t, "%s\n", dataset->notes[i]));
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++) {
        if (split != VDIB_SPLIT_VALIDATION)
            VDIB_TRY(missing_line(dataset, (vdib_split)split, NULL, vdib_dataset_size(dataset, (vdib_split)split),
                                  split_names[split], t));
        if (has_recordings(dataset, (vdib_split)split))
            VDIB_TRY(split_lines(dataset, (vdib_split)split, t));
    }
    return has_recordings(dataset, VDIB_SPLIT_TRAIN) ? format_line(dataset, t) : VDIB_OK;
}

/* Hands the text over, or frees it. */
static vdib_status give(vdib_status status, text *t, char **notes) {
    if (status != VDIB_OK) {
        vdib__free(t->bytes);
        return status;
    }
    *notes = t->bytes;
    return VDIB_OK;
}

vdib_status vdib_dataset_notes(const vdib_dataset *dataset, char **notes) {
    if (dataset == NULL || notes == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_dataset_notes: neither argument may be NULL");
    text t = {0};
    return give(all_lines(dataset, &t), &t, notes);
}

vdib_status vdib__dataset_notes_of(const vdib_dataset *dataset, vdib_split split, const size_t *indices, size_t count,
                                   char **notes) {
    text t = {0};
    vdib_status status = all_lines(dataset, &t);
    if (status == VDIB_OK && count < vdib_dataset_size(dataset, split))
        status = missing_line(dataset, split, indices, count, "evaluated", &t);
    return give(status, &t, notes);
}
