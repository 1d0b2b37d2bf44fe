/* SPDX-License-Identifier: MIT */
#include "vdib/stream.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "model/model.h"

/* Steps that the key of a random number counts; longer streams go on with another sample number. */
enum { STEP_BITS = 24, MOST_STEPS_AHEAD = 1 << STEP_BITS };

struct vdib_stream {
    /* parameters */
    const vdib_model *model;
    vdib__key key;
    vdib_binning binning;
    vdib__pixels pixels; /* of the sensor, and what is read of it */
    bool from_first_event;
    size_t inputs, readouts;
    /* state */
    bool timed;          /* it is known which time step `first_step` starts at */
    uint64_t first_step; /* 0, or the step that was open when the first event came */
    int64_t start_us;    /* its beginning */
    vdib__encoder_state *encoder;
    uint64_t steps_taken; /* of the encoder: blank steps and finished ones */
    vdib_stream_counts counts;
    float *ring;       /* (tau_d, NR) what is received: of finished step t in row t % tau_d */
    uint64_t *waiting; /* (words) channels of the open step's events */
    uint64_t *filled;  /* (words / 64, rounded up) which words of `waiting` are not 0 */
    size_t waiting_count;
    /* buffers */
    uint32_t *channels; /* (NX) */
    uint32_t *spikes;   /* (NY) */
    float *window;      /* (tau_d, NR) the ring in order of time */
    vdib__chain_workspace *workspace;
};

/* ---- one step ---- */

static vdib_status encoder_step(vdib_stream *stream, const uint32_t *channels, size_t count) {
    const vdib_model *model = stream->model;
    stream->key.sample = (uint8_t)(stream->steps_taken >> STEP_BITS);
    VDIB_TRY(vdib__encoder_step(&model->encoder, &model->table, model->parameters, stream->encoder, channels, count,
                                &stream->key, (uint32_t)(stream->steps_taken % MOST_STEPS_AHEAD), NULL));
    stream->steps_taken++;
    return VDIB_OK;
}

/* The channel's events are those of an example of that number, whose steps are counted from the first one with data. */
static void receive_step(vdib_stream *stream, const float *fired) {
    const vdib_model *model = stream->model;
    const vdib__link link = vdib__model_link(model, VDIB_STAGE_EVALUATION);
    vdib__key key = stream->key;
    key.sample = (uint8_t)(stream->counts.steps >> STEP_BITS);
    vdib__link_receive(&link, &key, (size_t)(stream->counts.steps % MOST_STEPS_AHEAD), 1, fired,
                       stream->ring + stream->counts.steps % model->window * model->row);
}

static vdib_status finish_step(vdib_stream *stream, const uint32_t *channels, size_t count, size_t *spike_count) {
    VDIB_TRY(encoder_step(stream, channels, count));
    const float *fired = vdib__encoder_state_spikes(stream->encoder);
    size_t made = vdib__spike_list(fired, stream->readouts, stream->spikes);
    receive_step(stream, fired);
    stream->counts.steps++;
    stream->counts.input_spikes += count;
    stream->counts.readout_spikes += made;
    *spike_count = made;
    return VDIB_OK;
}

vdib_status vdib_stream_step(vdib_stream *stream, const uint32_t *channels, size_t count, const uint32_t **spikes,
                             size_t *spike_count) {
    VDIB_REQUIRE(stream);
    if (count > 0)
        VDIB_REQUIRE(channels);
    size_t made = 0;
    if (stream->waiting_count > 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_stream_step: events of step %llu wait in the stream; finish it with "
                          "vdib_stream_advance first",
                          (unsigned long long)stream->counts.steps);
    VDIB_TRY(finish_step(stream, channels, count, &made));
    if (spikes != NULL)
        *spikes = stream->spikes;
    if (spike_count != NULL)
        *spike_count = made;
    return VDIB_OK;
}

/* ---- events ---- */

/* The channels of the open step, increasing; none are left waiting. */
static size_t take_waiting(vdib_stream *stream) {
    size_t count = 0, groups = (stream->inputs + 64 * 64 - 1) / (64 * 64);
    for (size_t g = 0; g < groups && count < stream->waiting_count; g++) {
        for (uint64_t words = stream->filled[g]; words != 0; words &= words - 1) {
            size_t word = g * 64 + (size_t)__builtin_ctzll(words);
            for (uint64_t bits = stream->waiting[word]; bits != 0; bits &= bits - 1)
                stream->channels[count++] = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(bits));
            stream->waiting[word] = 0;
        }
        stream->filled[g] = 0;
    }
    stream->waiting_count = 0;
    return count;
}

/* Finishes steps until `step` is the open one. */
static vdib_status finish_until(vdib_stream *stream, uint64_t step, vdib_stream_visit *visit, void *user) {
    if (step > stream->counts.steps && step - stream->counts.steps > MOST_STEPS_AHEAD)
        return vdib__fail(VDIB_ERROR_DATA,
                          "step %llu follows step %llu: a time is damaged, or the stream should be reset",
                          (unsigned long long)step, (unsigned long long)stream->counts.steps);
    while (stream->counts.steps < step) {
        size_t count = 0;
        VDIB_TRY(finish_step(stream, stream->channels, take_waiting(stream), &count));
        if (visit != NULL)
            visit(user, stream->counts.steps - 1, stream->spikes, count);
    }
    return VDIB_OK;
}

static vdib_status check_events(const vdib_stream *stream) {
    if (!vdib__choice_is(stream->model->config->data.input, "recordings"))
        return vdib__fail(VDIB_ERROR_DATA, "the model's input is not events; give its stream steps instead");
    return VDIB_OK;
}

static void add_event(vdib_stream *stream, const vdib_event *event) {
    const vdib_binning *binning = &stream->binning;
    size_t plane = binning->polarities == 2 && event->polarity != 0 ? 1 : 0;
    size_t channel = (plane * binning->height + event->y) * binning->width + event->x, word = channel / 64;
    uint64_t bit = (uint64_t)1 << channel % 64;
    if ((stream->waiting[word] & bit) != 0) {
        stream->counts.repeated++;
        return;
    }
    stream->waiting[word] |= bit;
    stream->filled[word / 64] |= (uint64_t)1 << word % 64;
    stream->waiting_count++;
}

/* With data.from_first_event, time 0 is the earliest event of the first packet. */
static void begin_time(vdib_stream *stream, const vdib_event *events, size_t count) {
    if (stream->timed || count == 0)
        return;
    int64_t first = events[0].t;
    for (size_t i = 1; i < count; i++)
        first = events[i].t < first ? events[i].t : first;
    if (__builtin_add_overflow(first, stream->binning.start_us, &stream->start_us))
        stream->start_us = first;
    stream->first_step = stream->counts.steps;
    stream->timed = true;
}

/* The step of a time at or after start_us. */
static uint64_t step_of(const vdib_stream *stream, int64_t time) {
    return stream->first_step + ((uint64_t)time - (uint64_t)stream->start_us) / (uint64_t)stream->binning.step_us;
}

vdib_status vdib_stream_push(vdib_stream *stream, const vdib_event *events, size_t count, vdib_stream_visit *visit,
                             void *user) {
    VDIB_REQUIRE(stream);
    if (count > 0)
        VDIB_REQUIRE(events);
    VDIB_TRY(check_events(stream));
    begin_time(stream, events, count);
    for (size_t i = 0; i < count; i++) {
        vdib_event event = events[i];
        vdib__pixel place = vdib__pixels_map(&stream->pixels, &event.x, &event.y);
        stream->counts.outside_sensor += place == VDIB_PIXEL_BEYOND;
        if (place != VDIB_PIXEL_READ)
            continue;
        bool early = events[i].t < stream->start_us;
        uint64_t step = early ? 0 : step_of(stream, events[i].t);
        if (early || step < stream->counts.steps) {
            stream->counts.late++;
            continue;
        }
        VDIB_TRY(finish_until(stream, step, visit, user));
        add_event(stream, &event);
    }
    return VDIB_OK;
}

vdib_status vdib_stream_advance(vdib_stream *stream, int64_t time_us, vdib_stream_visit *visit, void *user) {
    VDIB_REQUIRE(stream);
    VDIB_TRY(check_events(stream));
    if (!stream->timed || time_us < stream->start_us)
        return VDIB_OK;
    return finish_until(stream, step_of(stream, time_us), visit, user);
}

/* ---- decoding ---- */

vdib_status vdib_stream_decode(vdib_stream *stream, float *output) {
    VDIB_REQUIRE(stream, output);
    const vdib_model *model = stream->model;
    size_t rows = model->window, row = model->row;
    size_t oldest = (size_t)(stream->counts.steps % rows); /* the row that the next step will take */
    memcpy(stream->window, stream->ring + oldest * row, (rows - oldest) * row * sizeof *stream->ring);
    if (oldest > 0)
        memcpy(stream->window + (rows - oldest) * row, stream->ring, oldest * row * sizeof *stream->ring);
    const float *logits = NULL;
    VDIB_TRY(vdib__chain_forward(&model->decoder, &model->table, model->parameters, 1, stream->workspace,
                                 stream->window, 1, &logits));
    model->head->output(logits, model->outputs, output);
    return VDIB_OK;
}

vdib_status vdib_stream_counted(const vdib_stream *stream, vdib_stream_counts *counts) {
    VDIB_REQUIRE(stream);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_stream_counts, counts));
    VDIB_SIZED_WRITE(vdib_stream_counts, &stream->counts, counts);
    return VDIB_OK;
}

/* ---- life ---- */

vdib_status vdib_stream_reset(vdib_stream *stream, uint64_t index) {
    VDIB_REQUIRE(stream);
    (void)take_waiting(stream);
    vdib__encoder_state_reset(stream->encoder);
    memset(stream->ring, 0, stream->model->window * stream->model->row * sizeof *stream->ring);
    stream->counts = (vdib_stream_counts){.size = sizeof(vdib_stream_counts)};
    stream->steps_taken = 0;
    stream->key.example = index;
    stream->timed = !stream->from_first_event;
    stream->first_step = 0;
    stream->start_us = stream->binning.start_us;
    for (size_t t = 0; t < stream->model->config->data.blank_steps; t++)
        VDIB_TRY(encoder_step(stream, NULL, 0));
    return VDIB_OK;
}

static vdib_status make_buffers(vdib_stream *stream) {
    const vdib_model *model = stream->model;
    size_t words = (stream->inputs + 63) / 64;
    VDIB_TRY(vdib__encoder_state_create(&model->encoder, false, &stream->encoder));
    VDIB_TRY(VDIB_NEW(&stream->ring, model->window * model->row));
    VDIB_TRY(VDIB_NEW(&stream->window, model->window * model->row));
    VDIB_TRY(VDIB_NEW(&stream->waiting, words));
    VDIB_TRY(VDIB_NEW(&stream->filled, (words + 63) / 64));
    VDIB_TRY(VDIB_NEW(&stream->channels, stream->inputs));
    VDIB_TRY(VDIB_NEW(&stream->spikes, stream->readouts));
    return vdib__chain_workspace_create(&model->decoder, 1, 1, &stream->workspace);
}

vdib__pixels vdib__model_pixels(const vdib_model *model) {
    vdib__pixels pixels = {.pool = 1};
    if (vdib__config_pixels(model->config, &pixels) == VDIB_OK && pixels.width > 0 &&
        vdib__pixels_columns(&pixels) == model->geometry.input_width &&
        vdib__pixels_rows(&pixels) == model->geometry.input_height)
        return pixels;
    return (vdib__pixels){.width = model->geometry.input_width, .height = model->geometry.input_height, .pool = 1};
}

vdib_status vdib_stream_create(const vdib_model *model, uint64_t seed, uint64_t index, vdib_stream **stream) {
    VDIB_REQUIRE(model, stream);
    VDIB_TRY(vdib__model_check_spiking("a stream", model));
    const vdib_geometry *geometry = &model->geometry;
    vdib_stream *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->model = model;
    made->key = (vdib__key){.seed = seed, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_EVALUATION};
    made->binning = (vdib_binning){.size = sizeof(vdib_binning),
                                   .width = geometry->input_width,
                                   .height = geometry->input_height,
                                   .polarities = geometry->input_channels,
                                   .step_us = vdib_config_step_us(model->config),
                                   .start_us = model->config->data.start_us};
    made->pixels = vdib__model_pixels(model);
    made->from_first_event = model->config->data.from_first_event;
    made->inputs = geometry->input_channels * geometry->input_height * geometry->input_width;
    made->readouts = model->encoder.readout.neurons;
    vdib_status status = make_buffers(made);
    if (status == VDIB_OK)
        status = vdib_stream_reset(made, index);
    if (status != VDIB_OK) {
        vdib_stream_destroy(made);
        return status;
    }
    *stream = made;
    return VDIB_OK;
}

void vdib_stream_destroy(vdib_stream *stream) {
    if (stream == NULL)
        return;
    vdib__chain_workspace_destroy(stream->workspace);
    vdib__free(stream->window);
    vdib__free(stream->spikes);
    vdib__free(stream->channels);
    vdib__free(stream->filled);
    vdib__free(stream->waiting);
    vdib__free(stream->ring);
    vdib__encoder_state_destroy(stream->encoder);
    vdib__free(stream);
}
