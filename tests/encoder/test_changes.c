/* SPDX-License-Identifier: MIT */
/* Difference coding along time: what the entries add up to, in every form that they come in. */
#include "core/random.h"
#include "encoder/changes.h"
#include "support.h"

enum { MOST_STEPS = 40, MOST_CHANNELS = 200 };

/* Spikes of some density, as bytes, bits and raster. */
typedef struct spikes {
    size_t steps, channels, words;
    uint8_t dense[MOST_STEPS * MOST_CHANNELS];
    uint64_t bits[MOST_STEPS * (MOST_CHANNELS + 63) / 64 + MOST_STEPS];
    vdib_raster *raster;
} spikes;

static spikes *spikes_create(size_t steps, size_t channels, float density, uint64_t seed) {
    spikes *s = calloc(1, sizeof *s);
    assert_non_null(s);
    vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_STIMULUS, .example = steps * 1000 + channels};
    s->steps = steps, s->channels = channels, s->words = vdib__words(channels);
    for (size_t t = 0; t < steps; t++)
        for (size_t c = 0; c < channels; c++) {
            /* every other channel rests for four steps at a time, as busy neurons do */
            uint32_t when = c % 2 == 0 ? (uint32_t)t : (uint32_t)(t / 4);
            bool spike = vdib__random_uniform(&key, when, (uint32_t)c) < density;
            s->dense[t * channels + c] = spike;
            s->bits[t * s->words + c / 64] |= (uint64_t)spike << c % 64;
        }
    assert_ok(vdib_raster_create(channels, steps, &s->raster));
    assert_ok(vdib_raster_from_dense(s->raster, s->dense));
    return s;
}

static void spikes_destroy(spikes *s) {
    vdib_raster_destroy(s->raster);
    free(s);
}

/* Sums of the entries are the spikes, entries of a step increase, and starting anew is done where it is no more
 * work. */
static void check_sums(const vdib__changes *changes, const spikes *s, size_t shift) {
    int sum[MOST_CHANNELS] = {0};
    for (size_t t = 0; t < changes->steps; t++) {
        size_t begin = changes->step_offsets[t], end = changes->step_offsets[t + 1], active = 0;
        if (changes->restart[t])
            memset(sum, 0, sizeof sum);
        for (size_t e = begin; e < end; e++) {
            if (e > begin)
                assert_true(changes->by_step[e] >> 1 > changes->by_step[e - 1] >> 1);
            sum[changes->by_step[e] >> 1] += (changes->by_step[e] & 1) != 0 ? -1 : 1;
        }
        for (size_t c = 0; c < s->channels; c++) {
            int wanted = t < shift ? 0 : s->dense[(t - shift) * s->channels + c];
            active += (size_t)wanted;
            assert_int_equal(sum[c], wanted);
        }
        if (changes->restart[t])
            assert_int_equal(end - begin, active);
        else
            assert_true(end - begin < active);
    }
}

/* Both orders hold the same entries. */
static void check_orders(const vdib__changes *changes) {
    size_t seen = 0, active = 0;
    for (size_t c = 0; c < changes->channels; c++) {
        size_t begin = changes->channel_offsets[c], end = changes->channel_offsets[c + 1];
        if (begin < end)
            assert_int_equal(changes->active[active++], c);
        for (size_t e = begin; e < end; e++, seen++) {
            size_t t = changes->by_channel[e] >> 1, found = 0;
            if (e > begin)
                assert_true(t > changes->by_channel[e - 1] >> 1);
            for (size_t i = changes->step_offsets[t]; i < changes->step_offsets[t + 1]; i++)
                found += changes->by_step[i] == (uint32_t)(c << 1 | (changes->by_channel[e] & 1));
            assert_int_equal(found, 1);
        }
    }
    assert_int_equal(active, changes->active_count);
    assert_int_equal(seen, changes->step_offsets[changes->steps]);
}

static void assert_same_changes(const vdib__changes *a, const vdib__changes *b) {
    assert_memory_equal(a->restart, b->restart, a->steps);
    assert_memory_equal(a->step_offsets, b->step_offsets, (a->steps + 1) * sizeof *a->step_offsets);
    size_t count = a->step_offsets[a->steps];
    for (size_t e = 0; e < count; e++) {
        assert_int_equal(a->by_step[e], b->by_step[e]);
        assert_int_equal(a->by_channel[e], b->by_channel[e]);
    }
    assert_int_equal(a->active_count, b->active_count);
}

static void check_one(size_t steps, size_t channels, float density, uint64_t seed) {
    spikes *s = spikes_create(steps, channels, density, seed);
    vdib__changes *listed = NULL, *packed = NULL, *late = NULL;
    assert_ok(vdib__changes_create(channels, steps, &listed));
    assert_ok(vdib__changes_create(channels, steps, &packed));
    assert_ok(vdib__changes_create(channels, steps + 3, &late));
    for (int again = 0; again < 2; again++) { /* the second time in used memory */
        assert_ok(vdib__changes_of_raster(listed, s->raster, 0));
        assert_ok(vdib__changes_of_bits(packed, s->bits));
        assert_ok(vdib__changes_of_raster(late, s->raster, 3));
    }
    check_sums(listed, s, 0);
    check_sums(late, s, 3);
    check_orders(listed);
    check_orders(late);
    assert_same_changes(listed, packed);
    vdib__changes_destroy(late);
    vdib__changes_destroy(packed);
    vdib__changes_destroy(listed);
    spikes_destroy(s);
}

static void entries_add_up_to_the_spikes(void **state) {
    (void)state;
    static const size_t steps[] = {1, 2, 40}, channels[] = {1, 63, 64, 65, 200};
    static const float densities[] = {0.0F, 0.005F, 0.05F, 0.5F, 0.95F, 1.1F};
    uint64_t seed = support_seed(41);
    for (size_t t = 0; t < 3; t++)
        for (size_t c = 0; c < 5; c++)
            for (size_t d = 0; d < 6; d++)
                check_one(steps[t], channels[c], densities[d], seed);
}

/* What difference coding is for: channels that stay on cost nothing, and rounding errors do not pile up for ever. */
static void resting_channels_are_free_until_a_restart(void **state) {
    (void)state;
    uint32_t now[50], entries[100];
    size_t since = 0, count = 0, restarts = 0;
    for (uint32_t i = 0; i < 50; i++)
        now[i] = i;
    assert_true(vdib__changes_step(&since, NULL, 0, now, 50, entries, &count));
    assert_int_equal(count, 50);
    assert_false(vdib__changes_step(&since, now, 50, now, 50, entries, &count));
    assert_int_equal(count, 0);
    for (int t = 0; t < 2000; t++) { /* one channel turns off, and on again */
        restarts += vdib__changes_step(&since, now, t % 2 == 0 ? 50 : 49, now, t % 2 == 0 ? 49 : 50, entries, &count);
        assert_in_range(count, 1, 50);
    }
    assert_in_range(restarts, 1, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_add_up_to_the_spikes),
        cmocka_unit_test(resting_channels_are_free_until_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
