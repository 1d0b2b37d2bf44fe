/* SPDX-License-Identifier: MIT */
/* Drawn digits before the built-in camera. What it recorded is the same in every run: it is kept in the cache, binned.
 */

#include <string.h>

#include "core/alloc.h"
#include "core/cache.h"
#include "core/error.h"
#include "core/file.h"
#include "core/raster.h"
#include "core/threads.h"
#include "data/camera.h"
#include "data/dataset_parts.h"

/* To be raised whenever the camera's events change for the same settings. */
enum { CAMERA_VERSION = 2 };

enum {
    FILMED_AT_ONCE = 256, /* recordings between two questions whether to stop */
    LEAST_KEPT = 256      /* fewer are filmed again sooner than they are found */
};

/* Larger sets are not kept. */
#define LARGEST ((size_t)256 << 20)

/* ---- filming ---- */

typedef struct filming {
    const vdib_dataset *dataset;
    vdib__item *items;          /* of task 0 and those after it */
    vdib__recorder **recorders; /* (threads) */
    vdib__failure *failure;
} filming;

static vdib_status film_item(const filming *f, vdib__recorder *recorder, vdib__item *item) {
    const vdib_event *events = NULL;
    size_t count = 0;
    vdib_binning binning = vdib__recordings_binning(f->dataset);
    VDIB_TRY(vdib_raster_create(binning.polarities * binning.height * binning.width, binning.steps, &item->raster));
    VDIB_TRY(vdib__recorder_record(recorder, item->image, VDIB_DIGIT_SIDE, VDIB_DIGIT_SIDE, 0, item->number, &events,
                                   &count));
    return vdib_raster_bin(item->raster, events, count, &binning, NULL);
}

/* Tasks: items. */
static void film_task(const void *context, size_t i, size_t slot) {
    const filming *f = context;
    vdib__failure_note(f->failure, i, film_item(f, f->recorders[slot], &f->items[i]));
}

static vdib_status film_part(const vdib_dataset *dataset, const vdib__part *part, vdib__recorder **recorders) {
    for (size_t begin = 0; begin < part->count; begin += FILMED_AT_ONCE) {
        size_t left = part->count - begin;
        vdib__failure failure;
        const filming some = {dataset, part->items + begin, recorders, &failure};
        vdib__failure_init(&failure);
        VDIB_TRY(vdib__dataset_cancelled(dataset));
        vdib__parallel(dataset->parameters.threads, left < FILMED_AT_ONCE ? left : FILMED_AT_ONCE, film_task, &some);
        VDIB_TRY(vdib__failure_raise(&failure));
    }
    return VDIB_OK;
}

static vdib_status film(const vdib_dataset *dataset, const vdib__camera *camera) {
    size_t threads = (size_t)dataset->parameters.threads;
    vdib__recorder **recorders = NULL;
    VDIB_TRY(VDIB_NEW(&recorders, threads));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < threads && status == VDIB_OK; i++)
        status = vdib__recorder_create(camera, &recorders[i]);
    for (int p = 0; p < VDIB_PARTS && status == VDIB_OK; p++)
        status = film_part(dataset, &dataset->parts[p], recorders);
    for (size_t i = 0; i < threads; i++)
        vdib__recorder_destroy(recorders[i]);
    vdib__free(recorders);
    return status;
}

/* ---- the cache ----
 *
 * A file is an array of 32-bit words of this machine: header, then for every item of both parts its offsets (steps + 1)
 * and its channels, two in a word. */

typedef struct header {
    char magic[8];
    uint64_t key, checksum; /* of the words after the header */
    uint32_t items, steps, channels, words;
} header;

static const char MAGIC[8] = {'v', 'd', 'i', 'b', 'f', 'i', 'l', 'm'};

/* Everything that the rasters depend on. */
static uint64_t key_of(const vdib_dataset *dataset, const vdib__camera *camera) {
    vdib_binning b = vdib__recordings_binning(dataset);
    const double reals[] = {camera->threshold, camera->threshold_off, camera->mismatch,   camera->noise_hz,
                            camera->dark,      camera->blur,          camera->receptor_us};
    const int64_t wholes[] = {
        CAMERA_VERSION,      VDIB_DIGIT_DRAWING, (int64_t)camera->width, (int64_t)camera->height, camera->refractory_us,
        camera->duration_us, camera->circular,   camera->dark_ink,       (int64_t)b.polarities,   (int64_t)b.steps,
        b.step_us,           b.start_us,         VDIB_DIGIT_SIDE};
    uint64_t hash = vdib__hash(VDIB_HASH_BASIS, reals, sizeof reals);
    hash = vdib__hash(hash, wholes, sizeof wholes);
    for (int p = 0; p < VDIB_PARTS; p++) {
        uint64_t count = dataset->parts[p].count;
        hash = vdib__hash(hash, &count, sizeof count);
        for (size_t i = 0; i < count; i++)
            hash = vdib__hash(hash, &dataset->parts[p].items[i].number, sizeof(uint64_t));
    }
    return hash;
}

static size_t words_of(size_t steps, size_t spikes) {
    return steps + 1 + (spikes + 1) / 2;
}

static header header_of(const vdib_dataset *dataset, uint64_t key) {
    vdib_binning b = vdib__recordings_binning(dataset);
    header h = {.key = key,
                .items = (uint32_t)(dataset->parts[0].count + dataset->parts[1].count),
                .steps = (uint32_t)b.steps,
                .channels = (uint32_t)(b.polarities * b.height * b.width)};
    memcpy(h.magic, MAGIC, sizeof h.magic);
    return h;
}

/* One raster from words[0 .. left); *used of them. False if they are none. */
static bool unpack(const header *h, const uint32_t *words, size_t left, vdib_raster *raster, size_t *used) {
    size_t steps = h->steps;
    if (left < steps + 1 || words[0] != 0)
        return false;
    for (size_t t = 0; t < steps; t++)
        if (words[t + 1] < words[t])
            return false;
    size_t spikes = words[steps];
    if (words_of(steps, spikes) > left || VDIB_RESERVE(&raster->indices, &raster->capacity, spikes) != VDIB_OK)
        return false;
    for (size_t t = 0; t <= steps; t++)
        raster->offsets[t] = words[t];
    for (size_t i = 0; i < spikes; i++) {
        uint16_t channel;
        memcpy(&channel, (const char *)(words + steps + 1) + i * sizeof channel, sizeof channel);
        if (channel >= h->channels)
            return false;
        raster->indices[i] = channel;
    }
    *used = words_of(steps, spikes);
    return true;
}

static void forget(const vdib_dataset *dataset) {
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++) {
            vdib_raster_destroy(dataset->parts[p].items[i].raster);
            dataset->parts[p].items[i].raster = NULL;
        }
}

static bool unpack_all(const vdib_dataset *dataset, const header *h, const uint32_t *words) {
    size_t at = 0;
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++) {
            size_t used = 0;
            vdib__item *item = &dataset->parts[p].items[i];
            if (vdib_raster_create(h->channels, h->steps, &item->raster) != VDIB_OK ||
                !unpack(h, words + at, h->words - at, item->raster, &used))
                return false;
            at += used;
        }
    return at == h->words;
}

/* Whether the rasters were in the cache, whole and undamaged. */
static bool load(const vdib_dataset *dataset, uint64_t key, const char *path) {
    const uint8_t *bytes = NULL;
    size_t size = 0;
    header h, wanted = header_of(dataset, key);
    if (!vdib__is_file(path) || vdib__file_map(path, &bytes, &size) != VDIB_OK)
        return false;
    bool good = size >= sizeof h;
    if (good)
        memcpy(&h, bytes, sizeof h);
    good = good && memcmp(h.magic, MAGIC, sizeof h.magic) == 0 && h.key == key && h.items == wanted.items &&
           h.steps == wanted.steps && h.channels == wanted.channels && size == sizeof h + h.words * sizeof(uint32_t) &&
           h.checksum == vdib__hash(VDIB_HASH_BASIS, bytes + sizeof h, size - sizeof h) &&
           unpack_all(dataset, &h, (const uint32_t *)(const void *)(bytes + sizeof h));
    vdib__file_unmap(bytes, size);
    if (!good)
        forget(dataset);
    return good;
}

static void pack(const vdib_raster *raster, uint32_t *words) {
    for (size_t t = 0; t <= raster->steps; t++)
        words[t] = (uint32_t)raster->offsets[t];
    for (size_t i = 0; i < vdib_raster_spikes(raster); i++) {
        uint16_t channel = (uint16_t)raster->indices[i];
        memcpy((char *)(words + raster->steps + 1) + i * sizeof channel, &channel, sizeof channel);
    }
}

/* Keeps the rasters, if they are not too many. */
static vdib_status save(const vdib_dataset *dataset, uint64_t key, const char *path) {
    header h = header_of(dataset, key);
    size_t words = 0, at = sizeof h / sizeof(uint32_t);
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++)
            words += words_of(h.steps, vdib_raster_spikes(dataset->parts[p].items[i].raster));
    if (words * sizeof(uint32_t) > LARGEST || h.channels > UINT16_MAX)
        return VDIB_OK;
    uint32_t *content = NULL;
    VDIB_TRY(VDIB_NEW(&content, at + words));
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++) {
            const vdib_raster *raster = dataset->parts[p].items[i].raster;
            pack(raster, content + at);
            at += words_of(h.steps, vdib_raster_spikes(raster));
        }
    h.words = (uint32_t)words;
    h.checksum = vdib__hash(VDIB_HASH_BASIS, content + sizeof h / sizeof(uint32_t), words * sizeof(uint32_t));
    memcpy(content, &h, sizeof h);
    vdib_status status = vdib__cache_prepare(path);
    if (status == VDIB_OK)
        status = vdib__file_write(path, content, at * sizeof(uint32_t));
    vdib__free(content);
    return status;
}

vdib_status vdib__recordings_film(vdib_dataset *dataset) {
    const vdib__motion *motion = dataset->parameters.motion;
    vdib__camera camera = motion != NULL ? motion->camera() : vdib__camera_saccades();
    char *path = NULL;
    dataset->geometry.input_width = camera.width;
    dataset->geometry.input_height = camera.height;
    uint64_t key = key_of(dataset, &camera);
    if (dataset->parts[0].count + dataset->parts[1].count >= LEAST_KEPT)
        VDIB_TRY(vdib__cache_path("film", key, "bin", &path));
    bool found = path != NULL && load(dataset, key, path), saved = false;
    vdib_status status = found ? VDIB_OK : film(dataset, &camera);
    if (status == VDIB_OK && !found && path != NULL)
        saved = save(dataset, key, path) == VDIB_OK; /* the cache only saves time */
    if (status == VDIB_OK && (found || saved))
        vdib__cache_used(path);
    vdib__free(path);
    return status;
}
