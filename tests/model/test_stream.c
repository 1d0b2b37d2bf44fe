/* SPDX-License-Identifier: MIT */
/* Streams: the spikes of whole-sample inference to the bit, by steps and by packets of events; no allocation; bad
 * input. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "core/raster.h"
#include "vdib/memory.h"
#include "vdib/vdib.h"

enum { WIDTH = 9, HEIGHT = 7, CHANNELS = 2 * WIDTH * HEIGHT, STEPS = 330, STEP_US = 1000, START_US = -2500, SEED = 3 };

static vdib_stream_counts counted(const vdib_stream *stream) {
    vdib_stream_counts counts = {.size = sizeof(vdib_stream_counts)};
    assert_ok(vdib_stream_counted(stream, &counts));
    return counts;
}

static vdib_model *new_model(const char *const *settings) {
    static const char *const common[] = {"data.target=class",   "data.steps=330",       "data.step_us=1000",
                                         "data.start_us=-2500", "data.blank_steps=4",   "encoder.readouts=70",
                                         "readout.bases=3",     "neuron.gain=published"};
    vdib_geometry geometry = {.size = sizeof(vdib_geometry),
                              .input_channels = 2,
                              .input_height = HEIGHT,
                              .input_width = WIDTH,
                              .steps = STEPS,
                              .classes = 3};
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        assert_ok(vdib_config_set(config, common[i]));
    for (size_t i = 0; settings[i] != NULL; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_model_create(config, &geometry, &model));
    vdib_config_destroy(config);
    return model;
}

static const char *const networks[][4] = {
    {"encoder.layers=130,67", "decoder=linear", NULL},
    {"encoder.layers=130", "decoder=mlp", "decoder.hidden=20", NULL},
    {"encoder.layers=[]", "decoder=linear", "readout.feedback=lateral", NULL},
    {"encoder.layers=40", "decoder=linear", "readout.learns_filters=true", NULL},
    {"encoder.layers=conv5k3s1p1m2,40", "decoder=linear", NULL},
};
enum { NETWORKS = sizeof networks / sizeof networks[0] };

/* Events in packets' order: several on one channel of a step, some outside the sensor. */
typedef struct recording {
    vdib_event *events;
    size_t count, outside, repeated;
    vdib_raster *raster;
} recording;

static recording new_recording(uint64_t example) {
    enum { EVENTS = 9000 };
    recording r = {.events = malloc(EVENTS * sizeof *r.events), .count = EVENTS};
    assert_non_null(r.events);
    vdib__key key = {.seed = 9, .purpose = VDIB_PURPOSE_STIMULUS, .example = example};
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t words[4];
        vdib__random_block(&key, 0, i, words);
        r.events[i] = (vdib_event){.t = START_US + (int64_t)i * STEPS * STEP_US / EVENTS,
                                   .x = (uint16_t)(words[0] % (i % 50 == 0 ? WIDTH + 2 : WIDTH)),
                                   .y = (uint16_t)(words[1] % HEIGHT),
                                   .polarity = (uint8_t)(words[2] % 2)};
    }
    vdib_binning binning = {.size = sizeof(vdib_binning),
                            .width = WIDTH,
                            .height = HEIGHT,
                            .polarities = 2,
                            .steps = STEPS,
                            .step_us = STEP_US,
                            .start_us = START_US};
    vdib_binning_report report = {.size = sizeof(vdib_binning_report)};
    assert_ok(vdib_raster_create(CHANNELS, STEPS, &r.raster));
    assert_ok(vdib_raster_bin(r.raster, r.events, r.count, &binning, &report));
    assert_true(report.repeated > 0 && report.outside_sensor > 0);
    r.repeated = report.repeated;
    r.outside = report.outside_sensor;
    return r;
}

static void free_recording(recording *r) {
    vdib_raster_destroy(r->raster);
    free(r->events);
}

static void assert_step(const vdib_raster *want, size_t step, const uint32_t *spikes, size_t count) {
    const uint32_t *wanted = NULL;
    assert_int_equal(vdib_raster_at(want, step, &wanted), count);
    if (count > 0)
        assert_memory_equal(spikes, wanted, count * sizeof *spikes);
}

static void check_steps(vdib_stream *stream, const recording *r, const vdib_raster *want) {
    for (size_t t = 0; t < STEPS; t++) {
        const uint32_t *channels = NULL, *spikes = NULL;
        size_t count = vdib_raster_at(r->raster, t, &channels), made = 0;
        assert_ok(vdib_stream_step(stream, channels, count, &spikes, &made));
        assert_step(want, t, spikes, made);
    }
    vdib_stream_counts counts = counted(stream);
    assert_int_equal(counts.steps, STEPS);
    assert_int_equal(counts.input_spikes, vdib_raster_spikes(r->raster));
    assert_int_equal(counts.readout_spikes, vdib_raster_spikes(want));
}

/* Compares every finished step. */
typedef struct receiver {
    const vdib_raster *want;
    uint64_t steps;
} receiver;

static void receive(void *user, uint64_t step, const uint32_t *spikes, size_t count) {
    receiver *r = user;
    assert_int_equal(step, r->steps++);
    assert_step(r->want, (size_t)step, spikes, count);
}

static void check_packets(vdib_stream *stream, const recording *r, const vdib_raster *want) {
    receiver to = {.want = want};
    for (size_t begin = 0, size = 1; begin < r->count; begin += size, size = (size * 7 + 3) % 211) {
        size_t some = r->count - begin < size ? r->count - begin : size;
        assert_ok(vdib_stream_push(stream, r->events + begin, some, receive, &to));
    }
    assert_true(to.steps >= STEPS - 1);
    assert_ok(vdib_stream_advance(stream, START_US + (int64_t)STEPS * STEP_US, receive, &to));
    assert_int_equal(to.steps, STEPS);
    vdib_stream_counts counts = counted(stream);
    assert_int_equal(counts.repeated, r->repeated);
    assert_int_equal(counts.outside_sensor, r->outside);
    assert_int_equal(counts.late, 0);
}

/* The decoder's values of a stream's end are those of the whole. */
static void check_decoded(vdib_stream *stream, const vdib_model *model, const vdib_raster *readout) {
    float want[3], got[3];
    assert_int_equal(vdib_model_outputs(model), 3);
    assert_ok(vdib_model_decode(model, readout, want));
    assert_ok(vdib_stream_decode(stream, got));
    assert_memory_equal(got, want, sizeof got);
}

static void streams_are_whole_samples(void **state) {
    (void)state;
    for (size_t n = 0; n < NETWORKS; n++) {
        vdib_model *model = new_model(networks[n]);
        vdib_stream *stream = NULL;
        assert_ok(vdib_stream_create(model, SEED, 0, &stream));
        for (uint64_t example = 0; example < 3; example++) {
            recording r = new_recording(example);
            vdib_raster *want = NULL;
            assert_ok(vdib_model_encode(model, r.raster, SEED, example, &want));
            assert_true(vdib_raster_spikes(want) > 0);
            assert_ok(vdib_stream_reset(stream, example));
            check_steps(stream, &r, want);
            check_decoded(stream, model, want);
            assert_ok(vdib_stream_reset(stream, example));
            check_packets(stream, &r, want);
            check_decoded(stream, model, want);
            vdib_raster_destroy(want);
            free_recording(&r);
        }
        vdib_stream_destroy(stream);
        vdib_model_destroy(model);
    }
}

static size_t allocations;

static void *counting_allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    allocations++;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void counting_release(void *user, void *block) {
    (void)user;
    free(block);
}

static void nothing_is_allocated_after_creation(void **state) {
    (void)state;
    const vdib_allocator counting = {
        .size = sizeof(vdib_allocator), .allocate = counting_allocate, .release = counting_release};
    assert_ok(vdib_allocator_set(&counting));
    for (size_t n = 0; n < NETWORKS; n++) {
        vdib_model *model = new_model(networks[n]);
        recording r = new_recording(1);
        vdib_stream *stream = NULL;
        float output[3];
        assert_ok(vdib_stream_create(model, SEED, 1, &stream));
        assert_true(allocations > 0);
        size_t before = allocations;
        assert_ok(vdib_stream_push(stream, r.events, r.count, NULL, NULL));
        assert_ok(vdib_stream_decode(stream, output));
        assert_ok(vdib_stream_reset(stream, 2));
        assert_int_equal(allocations, before);
        vdib_stream_destroy(stream);
        free_recording(&r);
        vdib_model_destroy(model);
    }
    assert_ok(vdib_allocator_set(NULL));
}

static void bad_input_is_refused(void **state) {
    (void)state;
    vdib_model *model = new_model(networks[0]);
    vdib_stream *stream = NULL;
    assert_ok(vdib_stream_create(model, SEED, 0, &stream));
    const uint32_t falling[] = {5, 4}, outside[] = {CHANNELS};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_stream_step(stream, falling, 2, NULL, NULL), "must increase");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_stream_step(stream, outside, 1, NULL, NULL), "below 126");
    assert_int_equal(counted(stream).steps, 0);
    const vdib_event early = {.t = START_US - 1}, first = {.t = START_US + STEP_US}, before = {.t = START_US};
    const vdib_event far = {.t = INT64_MAX};
    assert_ok(vdib_stream_push(stream, &early, 1, NULL, NULL));
    assert_ok(vdib_stream_push(stream, &first, 1, NULL, NULL));
    assert_ok(vdib_stream_push(stream, &before, 1, NULL, NULL));
    assert_int_equal(counted(stream).late, 2);
    assert_int_equal(counted(stream).steps, 1);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_stream_step(stream, NULL, 0, NULL, NULL), "vdib_stream_advance");
    assert_fails(VDIB_ERROR_DATA, vdib_stream_push(stream, &far, 1, NULL, NULL), "damaged");
    assert_ok(vdib_stream_advance(stream, INT64_MIN, NULL, NULL));
    assert_ok(vdib_stream_advance(stream, START_US + 2 * STEP_US, NULL, NULL));
    assert_ok(vdib_stream_step(stream, NULL, 0, NULL, NULL));
    assert_int_equal(counted(stream).steps, 3);
    vdib_stream_destroy(stream);
    vdib_stream_destroy(NULL);
    vdib_model_destroy(model);
}

/* Pushes events whose clock is `shift` us on, in packets of `size`; every step is as wanted. */
static void push_shifted(vdib_stream *stream, const recording *r, int64_t shift, size_t size, receiver *to) {
    vdib_event *events = malloc(r->count * sizeof *events);
    assert_non_null(events);
    for (size_t i = 0; i < r->count; i++) {
        events[i] = r->events[i];
        events[i].t += shift;
    }
    assert_ok(vdib_stream_advance(stream, INT64_MAX, receive, to)); /* there is no time yet */
    assert_int_equal(counted(stream).steps, to->steps);
    for (size_t begin = 0; begin < r->count; begin += size)
        assert_ok(
            vdib_stream_push(stream, events + begin, r->count - begin < size ? r->count - begin : size, receive, to));
    assert_ok(vdib_stream_advance(stream, START_US + shift + (int64_t)STEPS * STEP_US, receive, to));
    assert_int_equal(counted(stream).late, 0);
    free(events);
}

/* data.from_first_event: whatever the sensor's clock says, the first event is at time 0, again after a reset. */
static void time_can_begin_with_the_first_event(void **state) {
    static const char *const settings[] = {"encoder.layers=40", "decoder=linear", "data.start_us=0",
                                           "data.from_first_event=true", NULL};
    static const int64_t shifts[] = {0, -77, 123456789012345, -5000000000};
    static const size_t sizes[] = {1, 100, 9000};
    vdib_model *model = new_model(settings);
    recording r = new_recording(4);
    vdib_raster *want = NULL;
    vdib_stream *stream = NULL;
    (void)state;
    assert_ok(vdib_model_encode(model, r.raster, SEED, 5, &want));
    assert_ok(vdib_stream_create(model, SEED, 5, &stream));
    for (size_t s = 0; s < 4; s++)
        for (size_t p = 0; p < 3; p++) {
            receiver to = {.want = want};
            push_shifted(stream, &r, shifts[s], sizes[p], &to);
            assert_int_equal(to.steps, STEPS);
            assert_ok(vdib_stream_reset(stream, 5));
        }
    /* the earliest of the first packet, not the one that stands first; what comes before it later is late */
    const vdib_event packet[] = {{.t = 1900}, {.t = 1000}}, early = {.t = 999}, next = {.t = 2000};
    assert_ok(vdib_stream_push(stream, packet, 2, NULL, NULL));
    assert_ok(vdib_stream_push(stream, &early, 1, NULL, NULL));
    assert_int_equal(counted(stream).late, 1);
    assert_int_equal(counted(stream).steps, 0);
    assert_ok(vdib_stream_push(stream, &next, 1, NULL, NULL));
    assert_int_equal(counted(stream).steps, 1);
    /* steps taken before the first event come before time 0 */
    assert_ok(vdib_stream_reset(stream, 5));
    assert_ok(vdib_stream_step(stream, NULL, 0, NULL, NULL));
    assert_ok(vdib_stream_push(stream, packet, 2, NULL, NULL));
    assert_int_equal(counted(stream).steps, 1);
    assert_ok(vdib_stream_push(stream, &next, 1, NULL, NULL));
    assert_int_equal(counted(stream).steps, 2);
    assert_int_equal(counted(stream).late, 0);
    vdib_stream_destroy(stream);
    vdib_raster_destroy(want);
    free_recording(&r);
    vdib_model_destroy(model);
}

static void images_have_no_events(void **state) {
    (void)state;
    static const char *const rate[] = {"data.input=rate", "encoder.layers=20", "decoder=linear", NULL};
    vdib_model *model = new_model(rate);
    vdib_stream *stream = NULL;
    const vdib_event event = {0};
    assert_ok(vdib_stream_create(model, SEED, 0, &stream));
    assert_fails(VDIB_ERROR_DATA, vdib_stream_push(stream, &event, 1, NULL, NULL), "not events");
    assert_fails(VDIB_ERROR_DATA, vdib_stream_advance(stream, 0, NULL, NULL), "not events");
    vdib_stream_destroy(stream);
    vdib_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_whole_samples), cmocka_unit_test(nothing_is_allocated_after_creation),
        cmocka_unit_test(bad_input_is_refused),      cmocka_unit_test(time_can_begin_with_the_first_event),
        cmocka_unit_test(images_have_no_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
