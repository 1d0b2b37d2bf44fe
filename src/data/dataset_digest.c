/* SPDX-License-Identifier: MIT */
/* A fingerprint of what a data set holds, so that a resumed run notices that its data have changed. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/geometry.h"
#include "data/dataset_parts.h"
#include "events/recording.h"

/* Bytes of recordings that are read: all of them up to here, else this much in pieces of equal length from every
 * file. */
enum { MOST_BYTES = 256 << 20, LEAST_PIECE = 256, SAMPLES = 256 };

/* Files of several recordings, each of which counts once. */
typedef struct file_list {
    char **paths; /* (count) */
    size_t count, capacity;
} file_list;

typedef struct fingerprint {
    const vdib_dataset *dataset;
    vdib__digest digest;          /* of everything */
    vdib__digest labels, content; /* of the part at hand */
    uint64_t bytes;               /* of its recordings */
    bool *seen;                   /* (recordings) whose content is in it, where some have several items; else NULL */
    file_list files;              /* those of several recordings whose content is in it */
    size_t piece;                 /* bytes read from the beginning and from the end of a recording; 0: all */
} fingerprint;

static const char *const FACTS[VDIB_DATA_FACTS] = {
    "channels x rows x columns of an input",
    "classes",
    "rows x columns of a target",
    "training and validation examples",
    "bytes of the training recordings",
    "digest of the training labels",
    "digest of the training recordings and images",
    "test examples",
    "bytes of the test recordings",
    "digest of the test labels",
    "digest of the test recordings and images",
    "digest of the split",
};
enum {
    FACT_INPUT,
    FACT_CLASSES,
    FACT_TARGET,
    FACT_TRAIN,
    FACTS_OF_A_PART = 4,
    FACT_TEST = FACT_TRAIN + FACTS_OF_A_PART,
    FACT_SPLIT = FACT_TEST + FACTS_OF_A_PART
};

const char *vdib__data_fact_name(size_t fact) {
    return fact < VDIB_DATA_FACTS ? FACTS[fact] : NULL;
}

static void add_bytes(fingerprint *f, const void *bytes, size_t size) {
    vdib__digest_add(&f->digest, bytes, size);
    vdib__digest_add(&f->content, bytes, size);
}

static void add_number(fingerprint *f, uint64_t number) {
    vdib__digest_add_number(&f->digest, number);
    vdib__digest_add_number(&f->content, number);
}

static void add_label(fingerprint *f, uint32_t label) {
    vdib__digest_add_number(&f->digest, label);
    vdib__digest_add_number(&f->labels, label);
}

static void add_floats(fingerprint *f, const float *values, size_t count) {
    add_number(f, values != NULL ? count : 0);
    if (values != NULL)
        add_bytes(f, values, count * sizeof *values);
}

static void add_raster(fingerprint *f, const vdib_raster *raster) {
    size_t steps = vdib_raster_steps(raster);
    add_number(f, steps);
    for (size_t t = 0; t < steps; t++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(raster, t, &channels);
        add_number(f, count);
        if (count > 0)
            add_bytes(f, channels, count * sizeof *channels);
    }
}

static size_t size_of(const char *path) {
    struct stat entry;
    return stat(path, &entry) == 0 && entry.st_size > 0 ? (size_t)entry.st_size : 0;
}

/* Bytes first to end of an open file; it is read and not mapped: whoever cuts it meanwhile would end the program. */
static vdib_status add_range(fingerprint *f, int file, const char *path, size_t first, size_t end) {
    uint8_t bytes[1 << 14];
    while (first < end) {
        size_t count = end - first < sizeof bytes ? end - first : sizeof bytes;
        if (!vdib__file_read_at(file, bytes, count, first))
            return vdib__fail(VDIB_ERROR_IO, "%s: cannot be read from byte %zu on, of %zu; was it changed meanwhile?",
                              path, first, end);
        add_bytes(f, bytes, count);
        first += count;
    }
    return VDIB_OK;
}

/* The name of a recording without its folders, its size, and its content or both ends of it. */
static vdib_status add_file(fingerprint *f, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    struct stat entry = {.st_size = 0};
    int file = -1;
    VDIB_TRY(vdib__file_open_descriptor(path, &file));
    if (fstat(file, &entry) != 0) {
        vdib_status status = vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be examined", path);
        (void)close(file);
        return status;
    }
    size_t size = (size_t)entry.st_size;
    size_t part = f->piece != 0 && size > 2 * f->piece ? f->piece : size;
    f->bytes += size;
    add_bytes(f, name, strlen(name) + 1);
    add_number(f, size);
    vdib_status status = add_range(f, file, path, 0, part);
    if (status == VDIB_OK && part < size)
        status = add_range(f, file, path, size - part, size);
    (void)close(file);
    return status;
}

/* The place of a file in a list, at whose end it is put where it was not there: *known. */
static vdib_status find_file(file_list *list, const char *file, size_t *place, bool *known) {
    for (*place = 0; *place < list->count; ++*place)
        if (strcmp(list->paths[*place], file) == 0)
            break;
    *known = *place < list->count;
    if (*known)
        return VDIB_OK;
    VDIB_TRY(VDIB_RESERVE(&list->paths, &list->capacity, list->count + 1));
    VDIB_TRY(vdib__strdup(file, &list->paths[list->count]));
    list->count++;
    return VDIB_OK;
}

/* Recording `number` of a file that holds several, whose content counts once. */
static vdib_status add_numbered(fingerprint *f, const char *file, size_t number) {
    size_t place = 0;
    bool known = false;
    add_number(f, number);
    VDIB_TRY(find_file(&f->files, file, &place, &known));
    if (!known)
        return add_file(f, file);
    add_number(f, place);
    return VDIB_OK;
}

/* The recording behind an item; where some have several items, the content of each counts once. */
static vdib_status add_recording(fingerprint *f, const vdib__item *item) {
    char *file = NULL;
    size_t number = 0;
    VDIB_TRY(vdib__recording_path(item->path, &file, &number));
    vdib_status status = VDIB_OK;
    if (strcmp(file, item->path) != 0) {
        status = add_numbered(f, file, number);
    } else if (f->seen != NULL && f->seen[item->recording]) {
        add_number(f, item->recording);
    } else {
        status = add_file(f, file);
        if (f->seen != NULL)
            f->seen[item->recording] = true;
    }
    vdib__free(file);
    return status;
}

/* Filmed images beside recordings: they stand behind these. */
static bool is_mixed(const vdib_dataset *dataset, int part, const vdib__item *item) {
    const vdib__part *items = &dataset->parts[part];
    return part == VDIB_PART_TRAIN && (size_t)(item - items->items) >= items->count - dataset->mixed_count;
}

/* The images that an item shows one of. */
static const vdib__images *images_of(const vdib_dataset *dataset, int part, const vdib__item *item) {
    if (is_mixed(dataset, part, item) && dataset->mixed[part].count > 0)
        return &dataset->mixed[part];
    return dataset->shown[part].count > 0 ? &dataset->shown[part] : &dataset->natural[part];
}

static bool is_drawn(const vdib_dataset *dataset, int part, const vdib__item *item) {
    bool drawn = images_of(dataset, part, item)->drawn;
    return is_mixed(dataset, part, item) ? drawn : drawn || dataset->natural[part].drawn;
}

/* One example: its label, and where its spikes and its target come from. Pictures that the library draws itself, and
 * what its camera films of them, follow from the configuration. */
static vdib_status add_item(fingerprint *f, int part, const vdib__item *item) {
    const vdib_dataset *dataset = f->dataset;
    const vdib_geometry *geometry = &dataset->geometry;
    size_t outputs = vdib__target_values(geometry);
    add_label(f, item->label);
    add_number(f, item->number);
    if (item->path == NULL && item->image != NULL && vdib__dataset_has_sensor(dataset))
        add_number(f, VDIB_CAMERA_VERSION);
    if (item->path != NULL)
        VDIB_TRY(add_recording(f, item));
    if (item->cut) {
        add_number(f, (uint64_t)item->from_us);
        add_number(f, (uint64_t)item->to_us);
    }
    if (item->validation)
        add_number(f, true);
    if (dataset->own && item->raster != NULL)
        add_raster(f, item->raster);
    if (item->values != NULL)
        add_floats(f, item->values, outputs);
    if (is_drawn(dataset, part, item))
        return VDIB_OK;
    const vdib__images *images = images_of(dataset, part, item);
    if (item->image != NULL)
        add_floats(f, item->image, vdib__images_values(images));
    if (item->target != NULL && item->target != item->image && item->target != item->values)
        add_floats(f, item->target, outputs);
    return VDIB_OK;
}

/* Examples that are made when they are asked for: evenly spread ones. */
static vdib_status add_samples(fingerprint *f, vdib_split split) {
    size_t size = vdib_dataset_size(f->dataset, split), count = size < SAMPLES ? size : SAMPLES;
    vdib_example *example = NULL;
    VDIB_TRY(vdib_example_create(f->dataset, &example));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < count && status == VDIB_OK; i++) {
        status = vdib_dataset_get(f->dataset, split, i * size / count, 0, example);
        if (status != VDIB_OK)
            break;
        add_label(f, example->label);
        add_raster(f, example->raster);
        add_floats(f, example->target, vdib__target_values(&f->dataset->geometry));
    }
    vdib_example_destroy(example);
    return status;
}

static vdib_status add_part(fingerprint *f, int part) {
    const vdib__part *items = &f->dataset->parts[part];
    vdib__digest_add_number(&f->digest, items->count);
    if (items->items == NULL)
        return items->count > 0 ? add_samples(f, part == VDIB_PART_TRAIN ? VDIB_SPLIT_TRAIN : VDIB_SPLIT_TEST)
                                : VDIB_OK;
    for (size_t i = 0; i < items->count; i++)
        VDIB_TRY(add_item(f, part, &items->items[i]));
    return VDIB_OK;
}

/* What the files of recordings come to. */
typedef struct extent {
    size_t bytes, files;
    file_list several; /* those of several recordings */
} extent;

static vdib_status add_extent(extent *e, const char *path) {
    char *file = NULL;
    size_t number = 0, place = 0;
    bool counted = false;
    VDIB_TRY(vdib__recording_path(path, &file, &number));
    vdib_status status = strcmp(file, path) != 0 ? find_file(&e->several, file, &place, &counted) : VDIB_OK;
    e->bytes += counted ? 0 : size_of(file);
    e->files += !counted;
    vdib__free(file);
    return status;
}

/* Whether all recordings are read as a whole (*piece 0), or how much of each end. */
static vdib_status choose_piece(const vdib_dataset *dataset, size_t *piece) {
    extent e = {.bytes = 0};
    vdib_status status = VDIB_OK;
    for (int part = 0; part < VDIB_PARTS; part++)
        for (size_t i = 0; i < dataset->parts[part].count && dataset->parts[part].items != NULL; i++)
            if (dataset->parts[part].items[i].path != NULL && status == VDIB_OK)
                status = add_extent(&e, dataset->parts[part].items[i].path);
    vdib__names_free(e.several.paths, e.several.count);
    *piece = e.bytes > MOST_BYTES ? MOST_BYTES / (2 * e.files) : 0;
    *piece = e.bytes > MOST_BYTES && *piece < LEAST_PIECE ? LEAST_PIECE : *piece;
    return status;
}

/* A part, and the four facts about it. */
static vdib_status account_for_part(fingerprint *f, int part, char facts[FACTS_OF_A_PART][VDIB_DATA_FACT]) {
    f->bytes = 0;
    vdib__digest_begin(&f->labels);
    vdib__digest_begin(&f->content);
    VDIB_TRY(add_part(f, part));
    snprintf(facts[0], VDIB_DATA_FACT, "%zu", f->dataset->parts[part].count);
    snprintf(facts[1], VDIB_DATA_FACT, "%" PRIu64, f->bytes);
    vdib__digest_end(&f->labels, facts[2]);
    vdib__digest_end(&f->content, facts[3]);
    return VDIB_OK;
}

static vdib_status account_for_parts(fingerprint *f, vdib__data_account *account) {
    if (f->dataset->several)
        VDIB_TRY(VDIB_NEW(&f->seen, f->dataset->recordings));
    vdib_status status = account_for_part(f, VDIB_PART_TRAIN, account->facts + FACT_TRAIN);
    if (status == VDIB_OK)
        status = account_for_part(f, VDIB_PART_TEST, account->facts + FACT_TEST);
    vdib__names_free(f->files.paths, f->files.count);
    vdib__free(f->seen);
    return status;
}

vdib_status vdib__dataset_account(const vdib_dataset *dataset, vdib__data_account *account,
                                  char text[VDIB_DIGEST_TEXT]) {
    fingerprint f = {.dataset = dataset};
    const vdib_geometry *g = &dataset->geometry;
    VDIB_TRY(choose_piece(dataset, &f.piece));
    const size_t shape[] = {g->input_channels, g->input_height,  g->input_width,
                            g->classes,        g->target_height, g->target_width};
    vdib__digest_begin(&f.digest);
    for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++)
        vdib__digest_add_number(&f.digest, shape[i]);
    if (vdib__target_channels(g) > 1) /* grey ones have the fingerprint that they had before there was colour */
        vdib__digest_add_number(&f.digest, vdib__target_channels(g));
    snprintf(account->facts[FACT_INPUT], VDIB_DATA_FACT, "%zu x %zu x %zu", shape[0], shape[1], shape[2]);
    snprintf(account->facts[FACT_CLASSES], VDIB_DATA_FACT, "%zu", shape[3]);
    if (vdib__target_channels(g) > 1)
        snprintf(account->facts[FACT_TARGET], VDIB_DATA_FACT, "%zu x %zu x %zu", vdib__target_channels(g), shape[4],
                 shape[5]);
    else
        snprintf(account->facts[FACT_TARGET], VDIB_DATA_FACT, "%zu x %zu", shape[4], shape[5]);
    VDIB_TRY(account_for_parts(&f, account));
    snprintf(account->facts[FACT_SPLIT], VDIB_DATA_FACT, "%s", dataset->split_digest);
    vdib__digest_end(&f.digest, text);
    return VDIB_OK;
}

const char *vdib_dataset_split_digest(const vdib_dataset *dataset) {
    return dataset != NULL && dataset->split_digest[0] != '\0' ? dataset->split_digest : NULL;
}
