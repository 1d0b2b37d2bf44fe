/* SPDX-License-Identifier: MIT */
#include "encoder/changes.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/text.h"

/* A running sum is formed anew when that costs a sixteenth of what was added since the last time. */
enum { RESTART_SHARE = 16 };

/* ---- one step ---- */

static bool restarts(size_t *since, size_t changed, size_t active) {
    if (changed >= active || *since + changed > RESTART_SHARE * active) {
        *since = 0;
        return true;
    }
    *since += changed;
    return false;
}

bool vdib__changes_step(size_t *since, const uint32_t *before, size_t before_count, const uint32_t *now,
                        size_t now_count, uint32_t *entries, size_t *count) {
    size_t b = 0, n = 0, made = 0;
    while (b < before_count || n < now_count) {
        if (b == before_count || (n < now_count && now[n] < before[b]))
            entries[made++] = now[n++] << 1;
        else if (n == now_count || before[b] < now[n])
            entries[made++] = before[b++] << 1 | 1;
        else
            b++, n++;
    }
    *count = made;
    if (!restarts(since, made, now_count))
        return false;
    for (size_t i = 0; i < now_count; i++)
        entries[i] = now[i] << 1;
    *count = now_count;
    return true;
}

bool vdib__changes_step_bits(size_t *since, const uint64_t *before, const uint64_t *now, size_t words,
                             uint32_t *entries, size_t *count) {
    size_t changed = 0, active = 0, made = 0;
    for (size_t w = 0; w < words; w++) {
        changed += (size_t)__builtin_popcountll((before != NULL ? before[w] : 0) ^ now[w]);
        active += (size_t)__builtin_popcountll(now[w]);
    }
    bool restart = restarts(since, changed, active);
    for (size_t w = 0; w < words; w++)
        for (uint64_t left = restart ? now[w] : before[w] ^ now[w]; left != 0; left &= left - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(left);
            entries[made++] = (uint32_t)(w * 64 + bit) << 1 | (uint32_t)(~now[w] >> bit & 1);
        }
    *count = made;
    return restart;
}

size_t vdib__bits_list(const uint64_t *bits, size_t words, uint32_t *channels) {
    size_t count = 0;
    for (size_t w = 0; w < words; w++)
        for (uint64_t left = bits[w]; left != 0; left &= left - 1)
            channels[count++] = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(left));
    return count;
}

/* ---- sequences ---- */

vdib_status vdib__changes_create(size_t channels, size_t steps, vdib__changes **changes) {
    vdib__changes *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->channels = channels;
    made->steps = steps;
    vdib_status status = VDIB_NEW(&made->restart, steps);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->step_offsets, steps + 1);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->channel_offsets, channels + 1);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->active, channels);
    if (status != VDIB_OK) {
        vdib__changes_destroy(made);
        return status;
    }
    *changes = made;
    return VDIB_OK;
}

/* Room for `count` entries, contents lost; not touched until it is used. */
static vdib_status make_room(uint32_t **entries, size_t *capacity, size_t count) {
    if (count <= *capacity)
        return VDIB_OK;
    uint32_t *made = NULL;
    VDIB_TRY(VDIB_NEW_UNSET(&made, count));
    vdib__free(*entries);
    *entries = made;
    *capacity = count;
    return VDIB_OK;
}

/* A spike turns its channel on and, a step later, off; both are written before a step's sum may start anew. A step
 * keeps no more entries than spikes. */
vdib_status vdib__changes_reserve(vdib__changes *changes, size_t spikes) {
    VDIB_TRY(make_room(&changes->by_step, &changes->step_capacity, 2 * spikes));
    return make_room(&changes->by_channel, &changes->channel_capacity, spikes);
}

vdib_status vdib__changes_reserve_bits(vdib__changes *changes) {
    size_t entries = 0;
    if (__builtin_mul_overflow(changes->channels, changes->steps, &entries))
        return vdib__fail(VDIB_ERROR_MEMORY, "%zu channel%s in %zu step%s do not fit in memory", changes->channels,
                          vdib__s(changes->channels), changes->steps, vdib__s(changes->steps));
    VDIB_TRY(make_room(&changes->by_step, &changes->step_capacity, entries));
    return make_room(&changes->by_channel, &changes->channel_capacity, entries);
}

void vdib__changes_destroy(vdib__changes *changes) {
    if (changes == NULL)
        return;
    vdib__free(changes->active);
    vdib__free(changes->by_channel);
    vdib__free(changes->channel_offsets);
    vdib__free(changes->by_step);
    vdib__free(changes->step_offsets);
    vdib__free(changes->restart);
    vdib__free(changes);
}

/* A counting sort. */
vdib_status vdib__changes_by_channel(vdib__changes *c) {
    size_t count = c->step_offsets[c->steps], *offsets = c->channel_offsets;
    VDIB_TRY(VDIB_RESERVE(&c->by_channel, &c->channel_capacity, count));
    memset(offsets, 0, (c->channels + 1) * sizeof *offsets);
    for (size_t e = 0; e < count; e++)
        offsets[c->by_step[e] >> 1]++;
    size_t begin = 0;
    c->active_count = 0;
    for (size_t j = 0; j < c->channels; j++) { /* counts become the channels' first places */
        size_t entries = offsets[j];
        offsets[j] = begin;
        begin += entries;
        c->active[c->active_count] = (uint32_t)j; /* kept only if there are entries */
        c->active_count += entries != 0;
    }
    for (size_t t = 0; t < c->steps; t++)
        for (size_t e = c->step_offsets[t]; e < c->step_offsets[t + 1]; e++)
            c->by_channel[offsets[c->by_step[e] >> 1]++] = (uint32_t)t << 1 | (c->by_step[e] & 1);
    memmove(offsets + 1, offsets, c->channels * sizeof *offsets); /* each is at its channel's end now */
    offsets[0] = 0;
    return VDIB_OK;
}

vdib_status vdib__changes_of_raster(vdib__changes *changes, const vdib_raster *raster, size_t shift) {
    const uint32_t *before = NULL, *now = NULL;
    size_t before_count = 0, count = 0, since = 0, made = 0;
    VDIB_TRY(VDIB_RESERVE(&changes->by_step, &changes->step_capacity, 2 * vdib_raster_spikes(raster)));
    changes->step_offsets[0] = 0;
    for (size_t t = 0; t < changes->steps; t++, before = now, before_count = count) {
        size_t begin = changes->step_offsets[t];
        count = t < shift ? 0 : vdib_raster_at(raster, t - shift, &now);
        changes->restart[t] =
            vdib__changes_step(&since, before, before_count, now, count, changes->by_step + begin, &made);
        changes->step_offsets[t + 1] = begin + made;
    }
    return vdib__changes_by_channel(changes);
}

vdib_status vdib__changes_of_bits(vdib__changes *changes, const uint64_t *bits) {
    size_t words = vdib__words(changes->channels), since = 0, count = 0;
    changes->step_offsets[0] = 0;
    for (size_t t = 0; t < changes->steps; t++) {
        const uint64_t *now = bits + t * words;
        size_t begin = changes->step_offsets[t];
        VDIB_TRY(VDIB_RESERVE(&changes->by_step, &changes->step_capacity, begin + changes->channels));
        uint32_t *entries = changes->by_step + begin;
        changes->restart[t] = vdib__changes_step_bits(&since, t == 0 ? NULL : now - words, now, words, entries, &count);
        changes->step_offsets[t + 1] = begin + count;
    }
    return vdib__changes_by_channel(changes);
}
