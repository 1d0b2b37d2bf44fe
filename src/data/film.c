/* SPDX-License-Identifier: MIT */
/* Images before the built-in camera: drawn digits and those of files. What it recorded is the same in every run: it is
 * kept in the cache, binned. */

#include <string.h>

#include "core/alloc.h"
#include "core/cache.h"
#include "core/error.h"
#include "core/file.h"
#include "core/raster.h"
#include "core/threads.h"
#include "data/studio.h"

enum {
    FILMED_AT_ONCE = 256, /* recordings between two questions whether to stop */
    LEAST_KEPT = 256      /* fewer are filmed again sooner than they are found */
};

/* Larger sets are not kept. */
#define LARGEST ((size_t)256 << 20)

/* What is filmed. */
typedef struct reel {
    const vdib_dataset *dataset;
    const vdib__images *images; /* shape of the images, and whether they are drawn */
    vdib__camera camera;
    vdib__item **items; /* (count) that have neither a file nor spikes */
    size_t count;
} reel;

/* ---- filming ---- */

typedef struct filming {
    const reel *reel;
    size_t first;           /* item of task 0 */
    vdib__studio **studios; /* (threads) */
    vdib__failure *failure;
} filming;

static vdib_status film_item(const reel *r, vdib__studio *studio, vdib__item *item) {
    const vdib_event *events = NULL;
    size_t count = 0;
    vdib_binning binning = vdib__recordings_binning(r->dataset);
    VDIB_TRY(vdib_raster_create(binning.polarities * binning.height * binning.width, binning.steps, &item->raster));
    VDIB_TRY(vdib__studio_film(studio, item->image, item->number, &events, &count));
    if (r->dataset->parameters.from_first_event && count > 0)
        binning.start_us += events[0].t;
    return vdib_raster_bin(item->raster, events, count, &binning, NULL);
}

/* Tasks: items. */
static void film_task(const void *context, size_t i, size_t slot) {
    const filming *f = context;
    vdib__failure_note(f->failure, i, film_item(f->reel, f->studios[slot], f->reel->items[f->first + i]));
}

static vdib_status film_all(const reel *r, vdib__studio **studios) {
    for (size_t first = 0; first < r->count; first += FILMED_AT_ONCE) {
        size_t left = r->count - first;
        vdib__failure failure;
        const filming some = {r, first, studios, &failure};
        vdib__failure_init(&failure);
        VDIB_TRY(vdib__dataset_cancelled(r->dataset));
        vdib__parallel(r->dataset->parameters.threads, left < FILMED_AT_ONCE ? left : FILMED_AT_ONCE, film_task, &some);
        VDIB_TRY(vdib__failure_raise(&failure));
    }
    return VDIB_OK;
}

static vdib_status film(const reel *r) {
    size_t threads = (size_t)r->dataset->parameters.threads;
    vdib__studio **studios = NULL;
    VDIB_TRY(VDIB_NEW(&studios, threads));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < threads && status == VDIB_OK; i++)
        status = vdib__studio_create(&r->camera, r->dataset->parameters.anywhere, r->images->height, r->images->width,
                                     &studios[i]);
    if (status == VDIB_OK)
        status = film_all(r, studios);
    for (size_t i = 0; i < threads; i++)
        vdib__studio_destroy(studios[i]);
    vdib__free(studios);
    return status;
}

/* ---- the cache ----
 *
 * A file is an array of 32-bit words of this machine: header, then for every item its offsets (steps + 1)
 * and its channels, two in a word. */

typedef struct header {
    char magic[8];
    uint64_t key, checksum; /* of the words after the header */
    uint32_t items, steps, channels, words;
} header;

static const char MAGIC[8] = {'v', 'd', 'i', 'b', 'f', 'i', 'l', 'm'};

/* Everything that the rasters depend on: drawn digits follow from their numbers, other images are hashed. */
static uint64_t key_of(const reel *r) {
    vdib_binning b = vdib__recordings_binning(r->dataset);
    const vdib__camera *camera = &r->camera;
    size_t pixels = vdib__images_values(r->images);
    const double reals[] = {camera->threshold, camera->threshold_off, camera->mismatch,   camera->noise_hz,
                            camera->dark,      camera->blur,          camera->receptor_us};
    const int64_t wholes[] = {VDIB_CAMERA_VERSION,
                              r->images->drawn ? VDIB_DIGIT_DRAWING : 0,
                              (int64_t)camera->width,
                              (int64_t)camera->height,
                              camera->refractory_us,
                              camera->duration_us,
                              camera->circular,
                              camera->dark_ink,
                              (int64_t)b.polarities,
                              (int64_t)b.steps,
                              b.step_us,
                              b.start_us,
                              r->dataset->parameters.from_first_event,
                              r->dataset->parameters.anywhere,
                              (int64_t)r->images->height,
                              (int64_t)r->images->width,
                              (int64_t)r->count};
    uint64_t hash = vdib__hash(VDIB_HASH_BASIS, reals, sizeof reals);
    hash = vdib__hash(hash, wholes, sizeof wholes);
    for (size_t i = 0; i < r->count; i++) {
        hash = vdib__hash(hash, &r->items[i]->number, sizeof r->items[i]->number);
        if (!r->images->drawn)
            hash = vdib__hash(hash, r->items[i]->image, pixels * sizeof *r->items[i]->image);
    }
    return hash;
}

static size_t words_of(size_t steps, size_t spikes) {
    return steps + 1 + (spikes + 1) / 2;
}

static header header_of(const reel *r, uint64_t key) {
    vdib_binning b = vdib__recordings_binning(r->dataset);
    header h = {.key = key,
                .items = (uint32_t)r->count,
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

static void forget(const reel *r) {
    for (size_t i = 0; i < r->count; i++) {
        vdib_raster_destroy(r->items[i]->raster);
        r->items[i]->raster = NULL;
    }
}

static bool unpack_all(const reel *r, const header *h, const uint32_t *words) {
    size_t at = 0;
    for (size_t i = 0; i < r->count; i++) {
        size_t used = 0;
        if (vdib_raster_create(h->channels, h->steps, &r->items[i]->raster) != VDIB_OK ||
            !unpack(h, words + at, h->words - at, r->items[i]->raster, &used))
            return false;
        at += used;
    }
    return at == h->words;
}

/* Whether the rasters were in the cache, whole and undamaged. */
static bool load(const reel *r, uint64_t key, const char *path) {
    const uint8_t *bytes = NULL;
    size_t size = 0;
    header h = {.key = 0}, wanted = header_of(r, key);
    if (!vdib__is_file(path) || vdib__file_map(path, &bytes, &size) != VDIB_OK)
        return false;
    bool good = size >= sizeof h;
    if (good)
        memcpy(&h, bytes, sizeof h);
    good = good && memcmp(h.magic, MAGIC, sizeof h.magic) == 0 && h.key == key && h.items == wanted.items &&
           h.steps == wanted.steps && h.channels == wanted.channels && size == sizeof h + h.words * sizeof(uint32_t) &&
           h.checksum == vdib__hash(VDIB_HASH_BASIS, bytes + sizeof h, size - sizeof h) &&
           unpack_all(r, &h, (const uint32_t *)(const void *)(bytes + sizeof h));
    vdib__file_unmap(bytes, size);
    if (!good)
        forget(r);
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
static vdib_status save(const reel *r, uint64_t key, const char *path) {
    header h = header_of(r, key);
    size_t words = 0, at = sizeof h / sizeof(uint32_t);
    for (size_t i = 0; i < r->count; i++)
        words += words_of(h.steps, vdib_raster_spikes(r->items[i]->raster));
    if (words * sizeof(uint32_t) > LARGEST || h.channels > UINT16_MAX)
        return VDIB_OK;
    uint32_t *content = NULL;
    VDIB_TRY(VDIB_NEW(&content, at + words));
    for (size_t i = 0; i < r->count; i++) {
        pack(r->items[i]->raster, content + at);
        at += words_of(h.steps, vdib_raster_spikes(r->items[i]->raster));
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

/* From the cache, or filmed and kept there. */
static vdib_status fetch(const reel *r) {
    char *path = NULL;
    uint64_t key = key_of(r);
    if (r->count >= LEAST_KEPT)
        VDIB_TRY(vdib__cache_path("film", key, "bin", &path));
    bool found = path != NULL && load(r, key, path), saved = false;
    vdib_status status = found ? VDIB_OK : film(r);
    if (status == VDIB_OK && !found && path != NULL)
        saved = save(r, key, path) == VDIB_OK; /* the cache only saves time */
    if (status == VDIB_OK && (found || saved))
        vdib__cache_used(path);
    vdib__free(path);
    return status;
}

vdib_status vdib__recordings_film(vdib_dataset *dataset, const vdib__images *images) {
    reel r = {.dataset = dataset, .images = images};
    size_t most = 0;
    VDIB_TRY(vdib__studio_camera(&dataset->parameters, images->height, images->width, &r.camera));
    dataset->geometry.input_width = r.camera.width;
    dataset->geometry.input_height = r.camera.height;
    if (dataset->parameters.unfilmed)
        return VDIB_OK;
    for (int p = 0; p < VDIB_PARTS; p++)
        most += dataset->parts[p].count;
    VDIB_TRY(VDIB_NEW(&r.items, most));
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++) {
            vdib__item *item = &dataset->parts[p].items[i];
            if (item->path == NULL && item->raster == NULL)
                r.items[r.count++] = item;
        }
    vdib_status status = fetch(&r);
    vdib__free(r.items);
    return status;
}
