/* SPDX-License-Identifier: MIT */
/* Augmentation of recordings and rasters: places and times against a plain reference, noise against its rate. */
#include "support.h"

#include <math.h>

#include "core/alloc.h"
#include "data/augmentation.h"

enum { MANY = 4000 };

/* ---- events ---- */

enum { WIDTH = 13, HEIGHT = 11, STEPS = 9, STEP_US = 700, EVENTS = 1500 };
static const int64_t START_US = 2000;

static vdib_binning binning_of(size_t polarities) {
    return (vdib_binning){sizeof(vdib_binning), WIDTH, HEIGHT, polarities, STEPS, STEP_US, START_US};
}

static vdib__augment_shape shape_of(size_t planes) {
    return (vdib__augment_shape){planes, HEIGHT, WIDTH, STEPS, STEP_US};
}

/* In order of time from before the window to behind it, some of them off the sensor. */
static void make_events(vdib_event events[EVENTS]) {
    const vdib__key key = {.seed = 8, .purpose = VDIB_PURPOSE_STIMULUS};
    for (uint32_t i = 0; i < EVENTS; i++)
        events[i] = (vdib_event){.t = START_US - 3000 + (int64_t)i * (STEPS * STEP_US + 6000) / EVENTS,
                                 .x = (uint16_t)(vdib__random_uniform(&key, 1, i) * (WIDTH + 1)),
                                 .y = (uint16_t)(vdib__random_uniform(&key, 2, i) * (HEIGHT + 1)),
                                 .polarity = vdib__random_uniform(&key, 3, i) < 0.5F};
}

static vdib_raster *new_raster(size_t planes) {
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(planes * HEIGHT * WIDTH, STEPS, &raster));
    return raster;
}

static void same_raster(const vdib_raster *got, const vdib_raster *want) {
    assert_int_equal(vdib_raster_channels(got), vdib_raster_channels(want));
    assert_int_equal(vdib_raster_steps(got), vdib_raster_steps(want));
    for (size_t t = 0; t < vdib_raster_steps(want); t++) {
        const uint32_t *first = NULL, *second = NULL;
        size_t count = vdib_raster_at(want, t, &second);
        assert_int_equal(vdib_raster_at(got, t, &first), count);
        if (count > 0)
            assert_memory_equal(first, second, count * sizeof *first);
    }
}

/* A dense raster of the events that are left. */
typedef struct plain {
    uint8_t dense[STEPS * 3 * HEIGHT * WIDTH];
    size_t planes;
} plain;

static void plain_mark(plain *p, double x, double y, double time, size_t plane) {
    double column = floor(x + 0.5), row = floor(y + 0.5), step = floor(time / STEP_US);
    if (column < 0 || column >= WIDTH || row < 0 || row >= HEIGHT || step < 0 || step >= STEPS)
        return;
    size_t channel = (plane * HEIGHT + (size_t)row) * WIDTH + (size_t)column;
    p->dense[(size_t)step * p->planes * HEIGHT * WIDTH + channel] = 1;
}

/* Event `number` at (x, y), `time` after the window's begin, by eq. (14a) to (14c). */
static void plain_event(plain *p, const vdib__augment_draw *d, const vdib__key *key, uint32_t number, double x,
                        double y, double time, size_t plane) {
    double mx = (WIDTH - 1) / 2.0, my = (HEIGHT - 1) / 2.0, c = cos(d->angle), s = sin(d->angle);
    double across = d->flipped ? mx - x : x - mx, down = y - my;
    across += d->shear * down;
    double turned_x = mx + d->dx + d->scale * (c * across - s * down);
    double turned_y = my + d->dy + d->scale * (s * across + c * down);
    if (d->drop > 0 && (double)vdib__random_uniform(key, 1, number) < (double)(float)d->drop)
        return;
    double own = d->time_jitter > 0 ? d->time_jitter * (2.0 * (double)vdib__random_uniform(key, 2, number) - 1.0) : 0;
    size_t other = d->swapped && plane < 2 ? 1 - plane : plane;
    plain_mark(p, turned_x, turned_y, d->time_scale * time + d->time_shift + own, other);
}

static void plain_noise(plain *p, double hz, const vdib__key *key) {
    double time = 0;
    for (uint32_t n = 0; hz > 0; n++) {
        double gap = -log(((double)vdib__random_word(key, 4, 4 * n) + 1) / 4294967296.0) / (hz * HEIGHT * WIDTH) * 1e6;
        time += gap;
        if (time >= STEPS * STEP_US)
            return;
        uint64_t channel = ((uint64_t)vdib__random_word(key, 4, 4 * n + 1) * (p->planes * HEIGHT * WIDTH)) >> 32;
        p->dense[(size_t)(time / STEP_US) * p->planes * HEIGHT * WIDTH + channel] = 1;
    }
}

static const vdib__kernel_level levels[] = {VDIB_KERNEL_PORTABLE, VDIB_KERNEL_AVX2, VDIB_KERNEL_AVX512};

/* Up to the best level of this machine. */
static size_t level_count(void) {
    vdib__kernel_level best;
    assert_ok(vdib__kernel_level_choose(&best));
    return (size_t)best + 1;
}

/* The raster of a recording without augmentation is what binning makes of it. */
static void recordings_come_unchanged(void **state) {
    (void)state;
    vdib_event events[EVENTS];
    make_events(events);
    const vdib__augmentation none = {0};
    for (size_t planes = 1; planes <= 2; planes++) {
        vdib_binning binning = binning_of(planes);
        vdib__span span = vdib__span_of(&none, &binning);
        vdib__augment_shape shape = shape_of(planes);
        vdib__augment_draw nothing = vdib__augment_nothing();
        vdib__key key = vdib__augment_key(0, 0);
        vdib_raster *want = new_raster(planes), *got = new_raster(planes);
        vdib__clip clip = {0};
        assert_ok(vdib_raster_bin(want, events, EVENTS, &binning, NULL));
        assert_true(vdib_raster_spikes(want) > 500);
        assert_ok(vdib__clip_fill(&clip, &span, events, EVENTS, &binning));
        for (size_t l = 0; l < level_count(); l++) {
            vdib__augmenter *augmenter = NULL;
            assert_ok(vdib__augmenter_create(levels[l], &augmenter));
            for (int twice = 0; twice < 2; twice++) {
                assert_ok(vdib__augment_clip(augmenter, &nothing, &key, &shape, &clip, got));
                same_raster(got, want);
                assert_ok(vdib__augment_raster(augmenter, &nothing, &key, &shape, twice == 1, got));
                same_raster(got, want);
            }
            vdib__augmenter_destroy(augmenter);
        }
        vdib__clip_clear(&clip);
        vdib_raster_destroy(got);
        vdib_raster_destroy(want);
    }
}

static void check_recording(const vdib__augmentation *a, uint64_t number, const vdib_event events[EVENTS]) {
    vdib_binning binning = binning_of(2);
    vdib__span span = vdib__span_of(a, &binning);
    vdib__augment_shape shape = shape_of(2);
    vdib__key key = vdib__augment_key(17, number);
    vdib__augment_draw draw = vdib__augment_draw_of(a, &key);
    vdib_raster *want = new_raster(2), *got = new_raster(2);
    plain p = {.planes = 2};
    uint32_t inside = 0;
    for (uint32_t i = 0; i < EVENTS; i++)
        if (events[i].x < WIDTH && events[i].y < HEIGHT)
            plain_event(&p, &draw, &key, inside++, events[i].x, events[i].y, (double)(events[i].t - START_US),
                        events[i].polarity);
    plain_noise(&p, draw.noise_hz, &key);
    assert_ok(vdib_raster_from_dense(want, p.dense));
    vdib__clip clip = {0};
    assert_ok(vdib__clip_fill(&clip, &span, events, EVENTS, &binning));
    for (size_t l = 0; l < level_count(); l++) {
        vdib__augmenter *augmenter = NULL;
        assert_ok(vdib__augmenter_create(levels[l], &augmenter));
        assert_ok(vdib__augment_clip(augmenter, &draw, &key, &shape, &clip, got));
        same_raster(got, want);
        vdib__augmenter_destroy(augmenter);
    }
    vdib__clip_clear(&clip);
    vdib_raster_destroy(got);
    vdib_raster_destroy(want);
}

static void recordings_match_the_plain_reference(void **state) {
    (void)state;
    vdib_event events[EVENTS];
    make_events(events);
    vdib__augmentation a = EVERYTHING;
    a.noise_hz = 300;
    a.time_shift = 1500; /* of a window of 6300 */
    for (uint64_t n = 0; n < 40; n++)
        check_recording(&a, n, events);
    vdib__augmentation places = a, times = a;
    places.time_shift = places.time_jitter = places.time_scale = places.drop = places.noise_hz = 0;
    times.shift = times.rotation = times.scale = times.shear = times.flip = 0;
    for (uint64_t n = 0; n < 10; n++) {
        check_recording(&places, n, events);
        check_recording(&times, n, events);
    }
}

/* A clip has what can come into the window and no more; a longer one gives the same raster. */
static void clips_hold_what_can_come_in(void **state) {
    (void)state;
    const vdib__augmentation a = {.time_shift = 900, .time_jitter = 100, .time_scale = 0.2, .drop = 0.5};
    const vdib__augmentation wide = {.time_shift = 2500, .time_jitter = 100, .time_scale = 0.2};
    vdib_binning binning = binning_of(2);
    vdib__span span = vdib__span_of(&a, &binning), longer = vdib__span_of(&wide, &binning);
    assert_int_equal(span.from, -1250);
    assert_int_equal(span.to, (STEPS * STEP_US + 1000) * 10 / 8 + 1);
    vdib_event events[EVENTS];
    make_events(events);
    vdib__clip clip = {0}, more = {0}, *copy = NULL;
    assert_ok(vdib__clip_fill(&clip, &span, events, EVENTS, &binning));
    assert_ok(vdib__clip_fill(&more, &longer, events, EVENTS, &binning));
    size_t before = 0, within = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        int64_t since = events[i].t - START_US;
        if (events[i].x >= WIDTH || events[i].y >= HEIGHT)
            continue;
        before += since < span.from;
        if (since < span.from || since >= span.to)
            continue;
        assert_int_equal(clip.times[within], 2 * since + events[i].polarity);
        assert_int_equal(clip.x[within], events[i].x);
        assert_int_equal(clip.y[within], events[i].y);
        within++;
    }
    assert_int_equal(clip.count, within);
    assert_int_equal(clip.first, before);
    assert_true(before > 100 && more.count > within && more.first < before);
    assert_ok(vdib__clip_copy(&clip, &copy));
    assert_int_equal(vdib__clip_bytes(copy), sizeof clip + within * 12);
    vdib__augment_shape shape = shape_of(2);
    vdib__augmenter *augmenter = NULL;
    vdib_raster *want = new_raster(2), *got = new_raster(2);
    assert_ok(vdib__augmenter_create(VDIB_KERNEL_PORTABLE, &augmenter));
    for (uint64_t n = 0; n < 20; n++) {
        vdib__key key = vdib__augment_key(2, n);
        vdib__augment_draw draw = vdib__augment_draw_of(&a, &key);
        assert_ok(vdib__augment_clip(augmenter, &draw, &key, &shape, &clip, want));
        assert_ok(vdib__augment_clip(augmenter, &draw, &key, &shape, &more, got));
        same_raster(got, want);
        assert_ok(vdib__augment_clip(augmenter, &draw, &key, &shape, copy, got));
        same_raster(got, want);
    }
    vdib_raster_destroy(got);
    vdib_raster_destroy(want);
    vdib__augmenter_destroy(augmenter);
    vdib__clip_destroy(copy);
    vdib__clip_clear(&more);
    vdib__clip_clear(&clip);
}

/* The longest times that keys allow overflow nothing. */
static void spans_are_bounded(void **state) {
    (void)state;
    const vdib__augmentation most = {.time_shift = 1e9, .time_jitter = 1e9, .time_scale = 1.0 - 0x1p-53};
    vdib_binning binning = binning_of(2);
    binning.steps = 100000;
    binning.step_us = 1000000000;
    vdib__span span = vdib__span_of(&most, &binning);
    assert_true(span.from == -(INT64_C(1) << 52) && span.to == (INT64_C(1) << 52) + 1);
}

/* ---- rasters ---- */

/* A spike in every channel of every step but the last three channels of each plane. */
static void fill_most(vdib_raster *raster, size_t planes) {
    uint8_t dense[STEPS * 3 * HEIGHT * WIDTH];
    for (size_t i = 0; i < STEPS * planes * HEIGHT * WIDTH; i++)
        dense[i] = i % (HEIGHT * WIDTH) < HEIGHT * WIDTH - 3;
    assert_ok(vdib_raster_from_dense(raster, dense));
}

static void rasters_match_the_plain_reference(void **state) {
    (void)state;
    vdib__augmentation a = EVERYTHING;
    a.time_shift = 1500;
    a.noise_hz = 100;
    for (uint64_t n = 0; n < 24; n++) {
        size_t planes = 1 + n % 3;
        bool retimes = n % 2 == 0;
        a.polarity_swap = planes == 2 ? 0.5 : 0;
        vdib__key key = vdib__augment_key(23, n);
        vdib__augment_draw draw = vdib__augment_draw_of(&a, &key);
        vdib__augment_shape shape = shape_of(planes);
        vdib_raster *source = new_raster(planes), *got = new_raster(planes), *want = new_raster(planes);
        fill_most(source, planes);
        static plain p;
        p = (plain){.planes = planes};
        uint32_t number = 0;
        for (size_t t = 0; t < STEPS; t++) {
            const uint32_t *channels = NULL;
            size_t count = vdib_raster_at(source, t, &channels);
            for (size_t i = 0; i < count; i++, number++) {
                double within = retimes ? (double)vdib__random_uniform(&key, 3, number) : 0.5;
                plain_event(&p, &draw, &key, number, channels[i] % WIDTH, channels[i] / WIDTH % HEIGHT,
                            ((double)t + within) * STEP_US, channels[i] / (WIDTH * HEIGHT));
            }
        }
        plain_noise(&p, draw.noise_hz, &key);
        assert_ok(vdib_raster_from_dense(want, p.dense));
        for (size_t l = 0; l < level_count(); l++) {
            vdib__augmenter *augmenter = NULL;
            assert_ok(vdib__augmenter_create(levels[l], &augmenter));
            fill_most(got, planes);
            assert_ok(vdib__augment_raster(augmenter, &draw, &key, &shape, retimes, got));
            same_raster(got, want);
            vdib__augmenter_destroy(augmenter);
        }
        vdib_raster_destroy(want);
        vdib_raster_destroy(got);
        vdib_raster_destroy(source);
    }
}

/* Spikes in channel 5 of step 3 of many rasters, after a draw. counts[t] are those in step t. */
static void count_steps(vdib__augment_draw draw, bool retimes, size_t counts[STEPS]) {
    vdib__augment_shape shape = shape_of(1);
    vdib_raster *raster = new_raster(1);
    vdib__augmenter *augmenter = NULL;
    assert_ok(vdib__augmenter_create(VDIB_KERNEL_PORTABLE, &augmenter));
    memset(counts, 0, STEPS * sizeof *counts);
    for (uint64_t n = 0; n < MANY; n++) {
        static const uint32_t step = 3, channel = 5;
        vdib__key key = vdib__augment_key(1, n);
        assert_ok(vdib_raster_from_pairs(raster, &step, &channel, 1, NULL));
        assert_ok(vdib__augment_raster(augmenter, &draw, &key, &shape, retimes, raster));
        for (size_t t = 0; t < STEPS; t++)
            counts[t] += vdib_raster_at(raster, t, NULL);
    }
    vdib__augmenter_destroy(augmenter);
    vdib_raster_destroy(raster);
}

/* Within 5 standard deviations of a binomial. */
static void check_share(size_t count, double share) {
    assert_true(fabs((double)count - MANY * share) <= 5.0 * sqrt(MANY * share * (1 - share)) + 1e-9);
}

static void spikes_take_their_times_within_steps(void **state) {
    (void)state;
    size_t counts[STEPS];
    vdib__augment_draw draw = vdib__augment_nothing();
    draw.time_shift = 2 * STEP_US; /* by whole steps: all of them */
    count_steps(draw, true, counts);
    assert_int_equal(counts[5], MANY);
    draw.time_shift = 0.3 * STEP_US; /* less than a step: the share that passes its end */
    count_steps(draw, true, counts);
    check_share(counts[3], 0.7);
    check_share(counts[4], 0.3);
    draw.time_shift = -0.1 * STEP_US;
    count_steps(draw, true, counts);
    check_share(counts[2], 0.1);
    draw.time_shift = 0;
    draw.time_scale = 1.5; /* [3, 4) becomes [4.5, 6) */
    count_steps(draw, true, counts);
    check_share(counts[4], 1.0 / 3);
    check_share(counts[5], 2.0 / 3);
    draw.time_scale = 1;
    draw.time_jitter = STEP_US; /* half of them leave their step, to either side */
    count_steps(draw, true, counts);
    check_share(counts[2], 0.25);
    check_share(counts[3], 0.5);
    check_share(counts[4], 0.25);
    draw = vdib__augment_nothing();
    draw.drop = 0.35;
    count_steps(draw, false, counts);
    check_share(counts[3], 0.65);
    assert_int_equal(counts[2] + counts[4], 0);
}

/* Noise alone: as many events as its rate says, with a Poisson's variance, anywhere. */
static void noise_has_its_rate(void **state) {
    (void)state;
    enum { PLANES = 2, CHANNELS = PLANES * HEIGHT * WIDTH, ROUNDS = 1000 };
    static size_t by_channel[CHANNELS], by_step[STEPS];
    vdib__augment_shape shape = shape_of(PLANES);
    vdib__augment_draw draw = vdib__augment_nothing();
    vdib__augmenter *augmenter = NULL;
    vdib_raster *raster = new_raster(PLANES);
    draw.noise_hz = 20; /* expected: 20 x 143 pixels x 6.3 ms = 18.018; two in one channel and step are rare */
    double expected = 20.0 * HEIGHT * WIDTH * STEPS * STEP_US * 1e-6, sum = 0, squares = 0;
    assert_ok(vdib__augmenter_create(VDIB_KERNEL_PORTABLE, &augmenter));
    for (uint64_t n = 0; n < ROUNDS; n++) {
        vdib__key key = vdib__augment_key(12, n);
        assert_ok(vdib_raster_from_pairs(raster, NULL, NULL, 0, NULL));
        assert_ok(vdib__augment_raster(augmenter, &draw, &key, &shape, false, raster));
        double spikes = (double)vdib_raster_spikes(raster);
        sum += spikes;
        squares += spikes * spikes;
        for (size_t t = 0; t < STEPS; t++) {
            const uint32_t *channels = NULL;
            size_t count = vdib_raster_at(raster, t, &channels);
            by_step[t] += count;
            for (size_t i = 0; i < count; i++)
                by_channel[channels[i]]++;
        }
    }
    double mean = sum / ROUNDS, variance = squares / ROUNDS - mean * mean;
    assert_true(fabs(mean - expected) < 5 * sqrt(expected / ROUNDS) + 0.1);
    assert_true(fabs(variance / expected - 1) < 0.2);
    for (size_t t = 0; t < STEPS; t++)
        assert_true(fabs((double)by_step[t] - sum / STEPS) < 5 * sqrt(sum / STEPS));
    for (size_t i = 0; i < CHANNELS; i++)
        assert_true(fabs((double)by_channel[i] - sum / CHANNELS) < 5 * sqrt(sum / CHANNELS));
    vdib_raster_destroy(raster);
    vdib__augmenter_destroy(augmenter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_come_unchanged),
        cmocka_unit_test(recordings_match_the_plain_reference),
        cmocka_unit_test(clips_hold_what_can_come_in),
        cmocka_unit_test(spans_are_bounded),
        cmocka_unit_test(rasters_match_the_plain_reference),
        cmocka_unit_test(spikes_take_their_times_within_steps),
        cmocka_unit_test(noise_has_its_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
