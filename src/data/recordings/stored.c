/* SPDX-License-Identifier: MIT */
#include "data/recordings/stored.h"

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/cache.h"
#include "core/raster.h"
#include "data/recordings/store.h"
#include "vdib/vdib.h"

/* To be raised when a reader or the binning makes other rasters of the same files, or when vdib__fate changes (its size
 * may not): what is stored is found no more. */
enum { REVISION = 3 };

enum { PART = 96 };

/* ---- the store of a data set ---- */

static uint64_t settings_of(const vdib_dataset *dataset) {
    const vdib_binning b = vdib__recordings_binning(dataset);
    const vdib__pixels *p = &dataset->parameters.pixels;
    const char *unit = dataset->parameters.time_unit;
    const uint64_t numbers[] = {REVISION,
                                p->width,
                                p->height,
                                p->left,
                                p->top,
                                p->columns,
                                p->rows,
                                p->pool,
                                b.width,
                                b.height,
                                b.polarities,
                                b.steps,
                                (uint64_t)b.step_us,
                                (uint64_t)b.start_us,
                                dataset->parameters.from_first_event,
                                unit != NULL ? vdib__hash(VDIB_HASH_BASIS, unit, strlen(unit)) : 0,
                                sizeof(vdib__fate)};
    return vdib__hash(vdib__hash(VDIB_HASH_BASIS, numbers, sizeof numbers), VDIB_VERSION, strlen(VDIB_VERSION));
}

/* Opened when the first recording finds no room in memory. */
static vdib__store *open_store(vdib_dataset *dataset) {
    vdib__store *store = NULL;
    (void)pthread_mutex_lock(&dataset->lock);
    if (!dataset->stored) {
        (void)vdib__store_open(settings_of(dataset), 0, &store);
        atomic_store(&dataset->store, store);
        dataset->stored = true;
    }
    store = atomic_load(&dataset->store);
    (void)pthread_mutex_unlock(&dataset->lock);
    return store;
}

bool vdib__stored_has_room(const vdib_dataset *dataset) {
    const vdib__store *store = atomic_load(&dataset->store);
    bool full = true;
    if (store != NULL)
        (void)vdib__store_count(store, &full);
    return !full;
}

/* ---- bytes ---- */

/* Bytes to write into, or to read from; `left` tells how many there are. */
typedef struct cursor {
    uint8_t *at;
    size_t left;
} cursor;

static void put(cursor *c, const void *from, size_t size) {
    if (size > 0)
        memcpy(c->at, from, size);
    c->at += size;
    c->left -= size;
}

static bool take(cursor *c, void *to, size_t size) {
    if (size > c->left)
        return false;
    if (size > 0)
        memcpy(to, c->at, size);
    c->at += size;
    c->left -= size;
    return true;
}

/* The key of a recording's content; its file's name ends before "#N" where that holds several. */
static bool key_of_content(const vdib__item *item, vdib__file_key *key) {
    const char *number = strrchr(item->path, '#');
    char *file = NULL;
    if (vdib__file_key_of(item->path, number != NULL ? number : "", key))
        return true;
    if (number == NULL || vdib__strdup(item->path, &file) != VDIB_OK)
        return false;
    file[number - item->path] = '\0';
    bool known = vdib__file_key_of(file, number, key);
    vdib__free(file);
    return known;
}

/* The same, read from the file once: a recording that changes while it is in use is not noticed. */
static bool content_of(vdib__item *item, vdib__file_key *key) {
    int expected = VDIB_KEYED_NOT;
    if (atomic_load(&item->keyed) == VDIB_KEYED_DONE) {
        memcpy(key->words, item->key, sizeof item->key);
        return true;
    }
    if (!key_of_content(item, key))
        return false;
    if (atomic_compare_exchange_strong(&item->keyed, &expected, VDIB_KEYED_NOW)) {
        memcpy(item->key, key->words, sizeof item->key);
        atomic_store(&item->keyed, VDIB_KEYED_DONE);
    }
    return true;
}

/* The key of an item: of its recording, which part of that it is, and what of it is kept. */
static bool key_of(const vdib__item *item, const char *what, vdib__file_key *key) {
    char part[2 * PART];
    if (!content_of((vdib__item *)item, key)) /* a cache of what the file says */
        return false;
    snprintf(part, sizeof part, "%s %d %lld %lld", what, item->cut, item->cut ? (long long)item->from_us : 0,
             item->cut ? (long long)item->to_us : 0);
    for (size_t i = 0; i < 2; i++)
        key->words[i] = vdib__hash(key->words[i], part, strlen(part));
    return true;
}

static void add(vdib_dataset *dataset, const vdib__item *item, const char *what, const uint8_t *bytes, size_t size) {
    vdib__store *store = open_store(dataset);
    vdib__file_key key;
    if (store != NULL && key_of(item, what, &key))
        vdib__store_put(store, &key, bytes, size);
}

static bool look_up(const vdib_dataset *dataset, const vdib__item *item, const char *what, uint8_t **bytes,
                    size_t *size) {
    vdib__store *store = atomic_load(&dataset->store);
    vdib__file_key key;
    return store != NULL && key_of(item, what, &key) && vdib__store_get(store, &key, bytes, size);
}

/* ---- rasters: the fate, channels, steps, spikes by step, the spikes' channels ---- */

void vdib__store_raster(vdib_dataset *dataset, const vdib__item *item, const vdib_raster *raster) {
    const uint64_t shape[] = {raster->channels, raster->steps};
    const size_t spikes = vdib_raster_spikes(raster);
    const size_t size = sizeof item->fate + sizeof shape + (raster->steps + spikes) * sizeof(uint32_t);
    uint8_t *bytes = NULL;
    if (atomic_load(&item->looked) < VDIB_LOOKED_AHEAD || VDIB_NEW_UNSET(&bytes, size) != VDIB_OK)
        return;
    cursor c = {bytes, size};
    put(&c, &item->fate, sizeof item->fate);
    put(&c, shape, sizeof shape);
    for (size_t t = 0; t < raster->steps; t++) {
        uint32_t count = (uint32_t)(raster->offsets[t + 1] - raster->offsets[t]);
        put(&c, &count, sizeof count);
    }
    put(&c, raster->indices, spikes * sizeof *raster->indices);
    add(dataset, item, "raster", bytes, size);
    vdib__free(bytes);
}

/* Spikes of a step that are not increasing channels of the raster would break what reads it. */
static bool has_order(const vdib_raster *raster) {
    for (size_t t = 0; t < raster->steps; t++)
        for (size_t i = raster->offsets[t]; i < raster->offsets[t + 1]; i++)
            if (raster->indices[i] >= raster->channels ||
                (i > raster->offsets[t] && raster->indices[i] <= raster->indices[i - 1]))
                return false;
    return true;
}

static bool unpack_raster(cursor *c, const vdib_binning *binning, vdib_raster *raster, vdib__fate *fate) {
    uint64_t shape[2];
    if (!take(c, fate, sizeof *fate) || !take(c, shape, sizeof shape) ||
        shape[0] != binning->polarities * binning->height * binning->width || shape[1] != binning->steps ||
        vdib__raster_reshape(raster, (size_t)shape[0], (size_t)shape[1]) != VDIB_OK)
        return false;
    for (size_t t = 0; t < raster->steps; t++) {
        uint32_t count = 0;
        if (!take(c, &count, sizeof count))
            return false;
        raster->offsets[t + 1] = raster->offsets[t] + count;
    }
    const size_t spikes = raster->offsets[raster->steps];
    return c->left == spikes * sizeof *raster->indices &&
           VDIB_RESERVE(&raster->indices, &raster->capacity, spikes) == VDIB_OK && take(c, raster->indices, c->left) &&
           has_order(raster);
}

bool vdib__stored_raster(const vdib_dataset *dataset, const vdib__item *item, vdib_raster *raster, vdib__fate *fate) {
    const vdib_binning binning = vdib__recordings_binning(dataset);
    uint8_t *bytes = NULL;
    size_t size = 0;
    vdib__fate read;
    if (!look_up(dataset, item, "raster", &bytes, &size))
        return false;
    cursor c = {bytes, size};
    bool sound = unpack_raster(&c, &binning, raster, &read);
    if (sound)
        *fate = read;
    vdib__free(bytes);
    return sound;
}

/* ---- events: number of those before, count, times, columns, rows ---- */

static const char *name_clip(const vdib__span *span, char part[PART]) {
    snprintf(part, PART, "events %lld %lld", (long long)span->from, (long long)span->to);
    return part;
}

void vdib__store_clip(vdib_dataset *dataset, const vdib__item *item, const vdib__clip *clip) {
    const uint64_t counts[] = {clip->first, clip->count};
    const size_t size = sizeof counts + clip->count * (sizeof *clip->times + sizeof *clip->x + sizeof *clip->y);
    uint8_t *bytes = NULL;
    char part[PART];
    if (VDIB_NEW_UNSET(&bytes, size) != VDIB_OK)
        return;
    cursor c = {bytes, size};
    put(&c, counts, sizeof counts);
    put(&c, clip->times, clip->count * sizeof *clip->times);
    put(&c, clip->x, clip->count * sizeof *clip->x);
    put(&c, clip->y, clip->count * sizeof *clip->y);
    add(dataset, item, name_clip(&clip->span, part), bytes, size);
    vdib__free(bytes);
}

bool vdib__stored_clip(const vdib_dataset *dataset, const vdib__item *item, const vdib__span *span, vdib__clip *clip) {
    uint64_t counts[2];
    uint8_t *bytes = NULL;
    size_t size = 0;
    char part[PART];
    if (!look_up(dataset, item, name_clip(span, part), &bytes, &size))
        return false;
    cursor c = {bytes, size};
    bool sound = take(&c, counts, sizeof counts) &&
                 counts[1] == c.left / (sizeof *clip->times + sizeof *clip->x + sizeof *clip->y) &&
                 vdib__clip_reserve(clip, (size_t)counts[1]) == VDIB_OK &&
                 take(&c, clip->times, (size_t)counts[1] * sizeof *clip->times) &&
                 take(&c, clip->x, (size_t)counts[1] * sizeof *clip->x) &&
                 take(&c, clip->y, (size_t)counts[1] * sizeof *clip->y) && c.left == 0;
    if (sound) {
        clip->span = *span;
        clip->first = counts[0];
        clip->count = (size_t)counts[1];
    }
    vdib__free(bytes);
    return sound;
}
