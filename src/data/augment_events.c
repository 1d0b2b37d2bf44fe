/* SPDX-License-Identifier: MIT */
/* Augmentation of events: places, times, drops and noise, and the raster that comes of them. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "data/augment.h"
#include "data/kernels_augment.h"

VDIB_KERNEL_TABLES(vdib__augment_kernels, vdib__augment_kernels);

/* Steps of a presentation's key: step 0 has what the whole presentation draws (augment.c), the others a word for every
 * event, or a block of words for every event of the noise. Values are pinned. */
enum { DRAWN_DROPS = 1, DRAWN_JITTERS = 2, DRAWN_WITHIN = 3, DRAWN_NOISES = 4 };

enum { WORDS = 4, BITS = 64 };

/* Channels of one step in any order: which there are, and which 64-channel words of them are not empty. */
typedef struct step_set {
    uint64_t *words, *summary; /* all 0 between two steps */
    size_t capacities[2];
} step_set;

struct vdib__augmenter {
    vdib__kernel_level level;
    const vdib__augment_kernels *kernels;
    vdib__augment_motion motion;
    vdib__augment_block block;
    /* spikes so far, in the order of their events */
    uint32_t *steps, *channels; /* (count) */
    uint32_t *sorted;           /* (count) channels by step */
    size_t count, capacities[3];
    step_set set;
};

vdib_status vdib__augmenter_create(vdib__kernel_level level, vdib__augmenter **augmenter) {
    VDIB_TRY(VDIB_NEW(augmenter, 1));
    (*augmenter)->level = level;
    (*augmenter)->kernels = VDIB_KERNEL_TABLE_AT(vdib__augment_kernels, level);
    return VDIB_OK;
}

void vdib__augmenter_destroy(vdib__augmenter *a) {
    if (a == NULL)
        return;
    vdib__free(a->set.summary);
    vdib__free(a->set.words);
    vdib__free(a->sorted);
    vdib__free(a->channels);
    vdib__free(a->steps);
    vdib__free(a);
}

/* ---- moving events ---- */

static vdib_status begin(vdib__augmenter *a, const vdib__augment_draw *draw, const vdib__augment_shape *shape,
                         size_t events) {
    vdib__affine affine = vdib__affine_of(draw, shape->width, shape->height);
    a->motion = (vdib__augment_motion){.xx = (float)affine.xx,
                                       .xy = (float)affine.xy,
                                       .x0 = (float)(affine.x0 + 0.5),
                                       .yx = (float)affine.yx,
                                       .yy = (float)affine.yy,
                                       .y0 = (float)(affine.y0 + 0.5),
                                       .width = (float)shape->width,
                                       .height = (float)shape->height,
                                       .time_scale = draw->time_scale,
                                       .time_shift = draw->time_shift,
                                       .time_jitter = draw->time_jitter,
                                       .duration = (double)shape->steps * (double)shape->step_us,
                                       .step_us = (double)shape->step_us,
                                       .drop = (float)draw->drop,
                                       .swap = draw->swapped,
                                       .rows = (uint32_t)shape->height,
                                       .columns = (uint32_t)shape->width,
                                       .steps = (uint32_t)shape->steps};
    a->count = 0;
    VDIB_TRY(VDIB_RESERVE(&a->steps, &a->capacities[0], events));
    return VDIB_RESERVE(&a->channels, &a->capacities[1], events);
}

/* words (count) of the events from number `first` on. */
static void draw_words(const vdib__augmenter *a, const vdib__key *key, uint32_t step, uint64_t first, size_t count,
                       uint32_t *words) {
    enum { BLOCKS = VDIB_AUGMENT_BLOCK / WORDS + 1 };
    uint32_t numbers[BLOCKS], made[BLOCKS * WORDS];
    size_t skipped = (size_t)(first % WORDS), blocks = (skipped + count + WORDS - 1) / WORDS;
    for (size_t i = 0; i < blocks; i++)
        numbers[i] = (uint32_t)(first / WORDS + i);
    vdib__random_blocks(a->level, key, step, numbers, blocks, made);
    memcpy(words, made + skipped, count * sizeof *words);
}

/* Moves the events of the block, whose first one is number `first`, and keeps those that are not lost. */
static void move_block(vdib__augmenter *a, const vdib__key *key, uint64_t first, size_t count) {
    vdib__augment_block *b = &a->block;
    memset(b->drops, 0, sizeof b->drops);
    memset(b->jitters, 0, sizeof b->jitters);
    if (a->motion.drop > 0)
        draw_words(a, key, DRAWN_DROPS, first, count, b->drops);
    if (a->motion.time_jitter > 0)
        draw_words(a, key, DRAWN_JITTERS, first, count, b->jitters);
    a->kernels->move(&a->motion, count, b);
    for (size_t i = 0; i < count; i++) {
        a->steps[a->count] = b->steps[i];
        a->channels[a->count] = b->channels[i];
        a->count += b->steps[i] < a->motion.steps;
    }
}

/* Background events come after exponential gaps, anywhere on the sensor. */
static vdib_status add_noise(vdib__augmenter *a, double hz, const vdib__key *key, const vdib__augment_shape *shape) {
    double pixels = (double)shape->height * (double)shape->width, gap_us = 1e6 / (hz * pixels), time = 0.0;
    uint64_t channels = (uint64_t)shape->planes * shape->height * shape->width;
    for (uint32_t number = 0; hz > 0; number++) {
        uint32_t words[WORDS];
        vdib__random_block(key, DRAWN_NOISES, number, words);
        time -= gap_us * vdib__log(((double)words[0] + 1.0) * 0x1p-32);
        if (time >= a->motion.duration)
            break;
        VDIB_TRY(VDIB_RESERVE(&a->steps, &a->capacities[0], a->count + 1));
        VDIB_TRY(VDIB_RESERVE(&a->channels, &a->capacities[1], a->count + 1));
        a->steps[a->count] = (uint32_t)(time / a->motion.step_us);
        a->channels[a->count] = (uint32_t)(words[1] * channels >> 32);
        a->count += a->steps[a->count] < a->motion.steps; /* rounding may end behind the last */
    }
    return VDIB_OK;
}

/* ---- the raster ---- */

static size_t words_for(size_t count) {
    return (count + BITS - 1) / BITS;
}

/* Fresh memory is 0; used memory is left so. */
static vdib_status reserve_set(step_set *set, size_t channels) {
    size_t words = words_for(channels), summary = words_for(words);
    VDIB_TRY(VDIB_RESERVE(&set->words, &set->capacities[0], words));
    return VDIB_RESERVE(&set->summary, &set->capacities[1], summary);
}

/* row = the channels (count) in their order, each once; returns how many. */
static size_t sort_step(step_set *set, size_t summaries, const uint32_t *channels, size_t count, uint32_t *row) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t word = channels[i] / BITS;
        set->words[word] |= UINT64_C(1) << channels[i] % BITS;
        set->summary[word / BITS] |= UINT64_C(1) << word % BITS;
    }
    for (size_t s = 0; s < summaries && count > 0; s++) {
        for (; set->summary[s] != 0; set->summary[s] &= set->summary[s] - 1) {
            size_t word = s * BITS + (size_t)__builtin_ctzll(set->summary[s]);
            for (; set->words[word] != 0; set->words[word] &= set->words[word] - 1)
                row[found++] = (uint32_t)(word * BITS + (size_t)__builtin_ctzll(set->words[word]));
        }
    }
    return found;
}

/* The spikes as a raster: a counting sort by step, then each step by itself. */
static vdib_status finish(vdib__augmenter *a, const vdib__augment_shape *shape, vdib_raster *raster) {
    size_t channels = shape->planes * shape->height * shape->width, found = 0;
    VDIB_TRY(vdib__raster_reshape(raster, channels, shape->steps));
    VDIB_TRY(VDIB_RESERVE(&raster->indices, &raster->capacity, a->count));
    VDIB_TRY(VDIB_RESERVE(&a->sorted, &a->capacities[2], a->count));
    VDIB_TRY(reserve_set(&a->set, channels));
    for (size_t i = 0; i < a->count; i++)
        raster->offsets[a->steps[i] + 1]++;
    for (size_t t = 0; t < shape->steps; t++)
        raster->offsets[t + 1] += raster->offsets[t];
    for (size_t i = 0; i < a->count; i++) /* offsets are cursors: each ends where its step ends */
        a->sorted[raster->offsets[a->steps[i]]++] = a->channels[i];
    size_t start = 0;
    for (size_t t = 0; t < shape->steps; t++) {
        size_t end = raster->offsets[t];
        raster->offsets[t] = found;
        found +=
            sort_step(&a->set, words_for(words_for(channels)), a->sorted + start, end - start, raster->indices + found);
        start = end;
    }
    raster->offsets[shape->steps] = found;
    return VDIB_OK;
}

vdib_status vdib__augment_clip(vdib__augmenter *a, const vdib__augment_draw *draw, const vdib__key *key,
                               const vdib__augment_shape *shape, const vdib__clip *clip, vdib_raster *raster) {
    VDIB_TRY(begin(a, draw, shape, clip->count));
    uint32_t on = shape->planes == 2 ? 1 : 0;
    vdib__augment_block *b = &a->block;
    for (size_t done = 0; done < clip->count; done += VDIB_AUGMENT_BLOCK) {
        size_t count = clip->count - done < VDIB_AUGMENT_BLOCK ? clip->count - done : VDIB_AUGMENT_BLOCK;
        for (size_t i = 0; i < count; i++) {
            int64_t time = clip->times[done + i];
            b->times[i] = (double)(time >> 1);
            b->planes[i] = (uint32_t)time & on;
            b->x[i] = clip->x[done + i];
            b->y[i] = clip->y[done + i];
        }
        move_block(a, key, clip->first + done, count);
    }
    VDIB_TRY(add_noise(a, draw->noise_hz, key, shape));
    return finish(a, shape, raster);
}

/* Spikes [first, first + count) of a raster as the events of the block; *step is the step of the first, and becomes
 * that of the one after them. */
static void read_spikes(vdib__augmenter *a, const vdib__augment_shape *shape, const vdib_raster *raster, size_t first,
                        size_t count, size_t *step) {
    vdib__augment_block *b = &a->block;
    uint32_t columns = (uint32_t)shape->width, rows = (uint32_t)shape->height;
    for (size_t i = 0; i < count; i++) {
        while (raster->offsets[*step + 1] <= first + i)
            ++*step;
        uint32_t channel = raster->indices[first + i], line = channel / columns;
        b->times[i] = ((double)*step + 0.5) * (double)shape->step_us;
        b->x[i] = (float)(channel - line * columns);
        b->y[i] = (float)(line % rows);
        b->planes[i] = line / rows;
    }
}

vdib_status vdib__augment_raster(vdib__augmenter *a, const vdib__augment_draw *draw, const vdib__key *key,
                                 const vdib__augment_shape *shape, bool retimes, vdib_raster *raster) {
    size_t spikes = vdib_raster_spikes(raster), step = 0;
    VDIB_TRY(begin(a, draw, shape, spikes));
    for (size_t done = 0; done < spikes; done += VDIB_AUGMENT_BLOCK) {
        size_t count = spikes - done < VDIB_AUGMENT_BLOCK ? spikes - done : VDIB_AUGMENT_BLOCK;
        read_spikes(a, shape, raster, done, count, &step);
        if (retimes) {
            uint32_t words[VDIB_AUGMENT_BLOCK];
            draw_words(a, key, DRAWN_WITHIN, done, count, words);
            for (size_t i = 0; i < count; i++)
                a->block.times[i] += ((double)vdib__uniform(words[i]) - 0.5) * (double)shape->step_us;
        }
        move_block(a, key, done, count);
    }
    VDIB_TRY(add_noise(a, draw->noise_hz, key, shape));
    return finish(a, shape, raster);
}
