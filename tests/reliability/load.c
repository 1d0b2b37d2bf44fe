/* SPDX-License-Identifier: MIT */
/* Load: many streams, many models, a long time and long recordings. Nothing may grow and nothing may drift.
 *
 *     load [--small] [streams|models|week|recording]...
 *
 * streams: 1,000 streams of the demo's network side by side, again and again; streams with one index give the same
 * spikes. models: 10,000 models opened, used and closed, from a file and from memory. week: seven days of the demo's
 * steps of 15 ms through one stream, with a recording every minute; its last steps are those of an encoder that has
 * seen nothing but these. recording: 10^6 steps encoded as a whole and step by step. Memory is the resident set, after
 * a warm-up and at the end. --small: a part of each, for CTest. Exit code 0: as it should be.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/random.h"
#include "core/raster.h"
#include "model/model.h"
#include "vdib/vdib.h"

enum { SIDE = 34, CHANNELS = 2 * SIDE * SIDE, STEP_US = 15000, SEED = 3 };

/* What stays after a warm-up may grow by this much: pages that the C library keeps. */
static const double SLACK_MIB = 1.0;

static bool small; /* --small */

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "load: " __VA_ARGS__);                                                                     \
            fputc('\n', stderr);                                                                                       \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)
#define OK(call) CHECK((call) == VDIB_OK, "%s: %s", #call, vdib_last_message())

/* Of the processor: other programs do not count. */
static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double resident_mib(void) {
    long whole = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &whole, &resident) == 2, "/proc/self/statm cannot be read");
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static void check_growth(const char *what, double before, double after) {
    printf("%-10s resident set %.1f MiB after the warm-up, %.1f MiB at the end\n", what, before, after);
    CHECK(after - before <= SLACK_MIB, "%s: memory grew by %.2f MiB", what, after - before);
}

/* ---- models and events ---- */

/* The network of the demo, after a few updates: its spikes are as rare as they are meant to be. */
static vdib_model *demo_model(void) {
    static const char *const settings[] = {"data.train_examples=160", "data.test_examples=10",
                                           "training.validate_every=0"};
    vdib_config *config = NULL;
    vdib_dataset *data = NULL;
    vdib_trainer *trainer = NULL;
    vdib_model *model = NULL;
    void *bytes = NULL;
    size_t size = 0;
    OK(vdib_config_load("demo", &config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        OK(vdib_config_set(config, settings[i]));
    OK(vdib_dataset_open(NULL, config, &data));
    OK(vdib_trainer_create(config, data, &trainer));
    for (int i = 0; i < 10; i++)
        OK(vdib_trainer_step(trainer, NULL));
    OK(vdib_model_save_memory(vdib_trainer_model(trainer), &bytes, &size));
    OK(vdib_model_load_memory(bytes, size, "the demo's model", &model));
    vdib_memory_free(bytes);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return model;
}

/* Channels (count) of step `step` of recording `recording`, increasing: of each 64 channels one, and not in every
 * step. */
static size_t active_channels(uint64_t recording, uint32_t step, size_t inputs, uint32_t *channels) {
    const vdib__key key = {.seed = 9, .purpose = VDIB_PURPOSE_STIMULUS, .example = recording};
    size_t count = 0;
    for (uint32_t block = 0; 64 * (size_t)block < inputs; block++) {
        uint32_t words[4];
        vdib__random_block(&key, step % (1 << 24), block, words);
        uint32_t channel = 64 * block + words[0] % 64;
        if (words[1] % 4 == 0 && channel < inputs)
            channels[count++] = channel;
    }
    return count;
}

static uint64_t mix(uint64_t hash, const uint32_t *spikes, size_t count) {
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ spikes[i]) * UINT64_C(0x100000001B3);
    return (hash ^ count) * UINT64_C(0x100000001B3);
}

/* ---- streams ---- */

enum { STREAMS = 1000, INDICES = 50, ROUND_STEPS = 100, ROUNDS = 6 };

static vdib_stream *streams[STREAMS];
static uint64_t hashes[STREAMS];
static double most_mib; /* resident with all of them */

/* Every stream is made, takes its steps in turn with all others, and is destroyed. */
static uint64_t streams_round(const vdib_model *model, size_t count) {
    uint32_t channels[CHANNELS];
    uint64_t spikes = 0;
    for (size_t i = 0; i < count; i++) {
        OK(vdib_stream_create(model, SEED, i % INDICES, &streams[i]));
        hashes[i] = 0;
    }
    for (uint32_t step = 0; step < ROUND_STEPS; step++)
        for (size_t i = 0; i < count; i++) {
            const uint32_t *fired = NULL;
            size_t active = active_channels(i % INDICES, step, CHANNELS, channels), fired_count = 0;
            OK(vdib_stream_step(streams[i], channels, active, &fired, &fired_count));
            hashes[i] = mix(hashes[i], fired, fired_count);
            spikes += fired_count;
        }
    most_mib = resident_mib();
    for (size_t i = 0; i < count; i++) {
        CHECK(hashes[i] == hashes[i % INDICES], "streams %zu and %zu have one index and other spikes", i, i % INDICES);
        vdib_stream_destroy(streams[i]);
    }
    return spikes;
}

static void many_streams(void) {
    size_t count = small ? STREAMS / 10 : STREAMS;
    vdib_model *model = demo_model();
    double before = resident_mib(), begun = seconds();
    uint64_t first = streams_round(model, count), last = 0;
    double warm = resident_mib();
    for (int round = 1; round < ROUNDS; round++)
        last = streams_round(model, count);
    CHECK(first == last && first > 0, "the rounds have %" PRIu64 " and %" PRIu64 " spikes", first, last);
    printf("streams    %zu at once, %d times %d steps: %.1f s, %.1f us a step\n", count, ROUNDS, ROUND_STEPS,
           seconds() - begun, 1e6 * (seconds() - begun) / ((double)count * ROUNDS * ROUND_STEPS));
    printf("streams    %.0f KiB each\n", 1024 * (most_mib - before) / (double)count);
    check_growth("streams", warm, resident_mib());
    vdib_model_destroy(model);
}

/* ---- models ---- */

static void use(const vdib_model *model, uint64_t *hash) {
    uint32_t channels[CHANNELS];
    vdib_stream *stream = NULL;
    *hash = 0;
    OK(vdib_stream_create(model, SEED, 0, &stream));
    for (uint32_t step = 0; step < 5; step++) {
        const uint32_t *fired = NULL;
        size_t count = 0;
        OK(vdib_stream_step(stream, channels, active_channels(0, step, CHANNELS, channels), &fired, &count));
        *hash = mix(*hash, fired, count);
    }
    vdib_stream_destroy(stream);
}

static void many_models(void) {
    const int count = small ? 100 : 10000;
    char path[64];
    void *bytes = NULL;
    size_t size = 0;
    uint64_t want = 0, got = 0;
    vdib_model *model = demo_model();
    snprintf(path, sizeof path, "/tmp/vdib-load-%ld.safetensors", (long)getpid());
    OK(vdib_model_save(model, path));
    OK(vdib_model_save_memory(model, &bytes, &size));
    use(model, &want);
    vdib_model_destroy(model);
    double begun = seconds(), warm = 0;
    for (int i = 0; i < count; i++) {
        if (i % 2 == 0)
            OK(vdib_model_load(path, &model));
        else
            OK(vdib_model_load_memory(bytes, size, "memory", &model));
        use(model, &got);
        CHECK(got == want, "model %d has other spikes", i);
        vdib_model_destroy(model);
        if (i == count / 10)
            warm = resident_mib();
    }
    printf("models     %d of %.1f MB opened, used and closed: %.1f s, %.1f ms each\n", count, 1e-6 * (double)size,
           seconds() - begun, 1e3 * (seconds() - begun) / count);
    check_growth("models", warm, resident_mib());
    vdib_memory_free(bytes);
    unlink(path);
}

/* ---- a week ---- */

enum { MINUTE_STEPS = 4000, RECORDING_STEPS = 20, PACKET = 64, WINDOW = 3 * MINUTE_STEPS };

/* The last WINDOW steps of a stream. */
typedef struct ending {
    uint64_t steps, spikes;
    uint64_t hashes[WINDOW]; /* of step t in place t % WINDOW */
} ending;

static void take_step(void *user, uint64_t step, const uint32_t *spikes, size_t count) {
    ending *e = user;
    CHECK(step == e->steps, "step %" PRIu64 " follows step %" PRIu64, step, e->steps);
    e->hashes[e->steps++ % WINDOW] = mix(0, spikes, count);
    e->spikes += count;
}

/* Events of one step of a recording that begins with each minute: (CHANNELS). */
static size_t events_of(uint64_t step, vdib_event *events) {
    uint32_t channels[CHANNELS];
    if (step % MINUTE_STEPS >= RECORDING_STEPS)
        return 0;
    size_t count = active_channels(step / MINUTE_STEPS, (uint32_t)(step % MINUTE_STEPS), CHANNELS, channels);
    for (size_t i = 0; i < count; i++)
        events[i] = (vdib_event){.t = (int64_t)step * STEP_US + (int64_t)i,
                                 .x = (uint16_t)(channels[i] % SIDE),
                                 .y = (uint16_t)(channels[i] / SIDE % SIDE),
                                 .polarity = (uint8_t)(channels[i] / (SIDE * SIDE))};
    return count;
}

static void push_minute(vdib_stream *stream, uint64_t minute, ending *e, uint64_t *pushed) {
    static vdib_event events[RECORDING_STEPS * CHANNELS];
    size_t count = 0;
    for (uint64_t t = 0; t < RECORDING_STEPS; t++)
        count += events_of(minute * MINUTE_STEPS + t, events + count);
    for (size_t begin = 0; begin < count; begin += PACKET)
        OK(vdib_stream_push(stream, events + begin, count - begin < PACKET ? count - begin : PACKET, take_step, e));
    *pushed += count;
    OK(vdib_stream_advance(stream, (int64_t)(minute + 1) * MINUTE_STEPS * STEP_US, take_step, e));
}

/* An encoder that begins WINDOW steps before the end, with the numbers of those steps: how many steps it takes until
 * all its spikes are those of the stream. */
static uint64_t steps_to_agree(const vdib_model *model, const ending *e) {
    uint32_t channels[CHANNELS], fired[CHANNELS];
    vdib__encoder_state *fresh = NULL;
    vdib__key key = {.seed = SEED, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_EVALUATION};
    uint64_t agreed = 0;
    OK(vdib__encoder_state_create(&model->encoder, false, &fresh));
    for (uint64_t t = e->steps - WINDOW; t < e->steps; t++) {
        uint64_t number = t + model->config->data.blank_steps;
        size_t count = t % MINUTE_STEPS < RECORDING_STEPS
                           ? active_channels(t / MINUTE_STEPS, (uint32_t)(t % MINUTE_STEPS), CHANNELS, channels)
                           : 0;
        key.sample = (uint8_t)(number >> 24);
        OK(vdib__encoder_step(&model->encoder, &model->table, model->parameters, fresh, channels, count, &key,
                              (uint32_t)(number % (1 << 24)), NULL));
        size_t made = vdib__spike_list(vdib__encoder_state_spikes(fresh), model->encoder.readout.neurons, fired);
        if (mix(0, fired, made) != e->hashes[t % WINDOW])
            agreed = t + 1 - (e->steps - WINDOW);
    }
    vdib__encoder_state_destroy(fresh);
    return agreed;
}

static void a_week(void) {
    static ending e;
    const uint64_t minutes = small ? 30 : UINT64_C(7) * 24 * 60;
    uint64_t pushed = 0;
    vdib_stream_counts counts = {.size = sizeof counts};
    vdib_model *model = demo_model();
    vdib_stream *stream = NULL;
    double warm = 0;
    OK(vdib_stream_create(model, SEED, 0, &stream));
    double begun = seconds();
    for (uint64_t minute = 0; minute < minutes; minute++) {
        push_minute(stream, minute, &e, &pushed);
        if (minute == minutes / 10)
            warm = resident_mib();
    }
    double took = seconds() - begun;
    OK(vdib_stream_counted(stream, &counts));
    CHECK(counts.steps == minutes * MINUTE_STEPS && counts.late == 0 && counts.outside_sensor == 0 &&
              counts.input_spikes == pushed && counts.readout_spikes == e.spikes && e.spikes > 0,
          "a week has %" PRIu64 " steps, %" PRIu64 " input spikes of %" PRIu64 ", %" PRIu64 " late", counts.steps,
          counts.input_spikes, pushed, counts.late);
    printf("week       %.2f days, %" PRIu64 " steps, %" PRIu64 " events, %" PRIu64 " spikes: %.1f s, %.2f us a step\n",
           (double)minutes / (24 * 60), counts.steps, pushed, e.spikes, took, 1e6 * took / (double)counts.steps);
    uint64_t agreed = steps_to_agree(model, &e);
    printf("week       the last %d steps: an encoder that has seen nothing else agrees after %" PRIu64 "\n", WINDOW,
           agreed);
    CHECK(agreed <= MINUTE_STEPS, "an encoder that has seen the last %d steps alone differs until step %" PRIu64,
          WINDOW, agreed);
    check_growth("week", warm, resident_mib());
    vdib_stream_destroy(stream);
    vdib_model_destroy(model);
}

/* ---- a long recording ---- */

/* Small layers, whose forward pass over all steps fits into memory. */
static vdib_model *narrow_model(size_t steps) {
    static const char *const settings[] = {"data.target=class",  "data.step_us=1000", "encoder.layers=12,10",
                                           "encoder.readouts=8", "decoder=linear",    "data.blank_steps=2"};
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 2,
                                    .input_height = 8,
                                    .input_width = 8,
                                    .steps = steps,
                                    .classes = 3};
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    OK(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        OK(vdib_config_set(config, settings[i]));
    OK(vdib_model_create(config, &geometry, &model));
    vdib_config_destroy(config);
    return model;
}

static vdib_raster *long_raster(size_t steps) {
    enum { INPUTS = 2 * 8 * 8 };
    uint32_t *at = malloc(2 * steps * sizeof *at), *channels = malloc(2 * steps * sizeof *channels), active[INPUTS];
    size_t count = 0;
    vdib_raster *raster = NULL;
    CHECK(at != NULL && channels != NULL, "out of memory");
    for (size_t t = 0; t < steps; t++) {
        size_t some = active_channels(5, (uint32_t)t, INPUTS, active);
        for (size_t i = 0; i < some; i++, count++) {
            at[count] = (uint32_t)t;
            channels[count] = active[i];
        }
    }
    OK(vdib_raster_create(INPUTS, steps, &raster));
    OK(vdib_raster_from_pairs(raster, at, channels, count, NULL));
    free(at);
    free(channels);
    return raster;
}

static void a_long_recording(void) {
    const size_t steps = small ? 100000 : 1000000;
    vdib_model *model = narrow_model(steps);
    vdib_raster *input = long_raster(steps), *whole = NULL;
    vdib_stream *stream = NULL;
    double begun = seconds(), warm = 0;
    OK(vdib_model_encode(model, input, SEED, 0, &whole));
    double encoded = seconds() - begun;
    OK(vdib_stream_create(model, SEED, 0, &stream));
    begun = seconds();
    for (size_t t = 0; t < steps; t++) {
        const uint32_t *channels = NULL, *fired = NULL, *wanted = NULL;
        size_t count = vdib_raster_at(input, t, &channels), made = 0, want = vdib_raster_at(whole, t, &wanted);
        OK(vdib_stream_step(stream, channels, count, &fired, &made));
        CHECK(made == want && (made == 0 || memcmp(fired, wanted, made * sizeof *fired) == 0),
              "step %zu has other spikes in the stream than in the whole", t);
        if (t == steps / 10)
            warm = resident_mib();
    }
    printf("recording  %zu steps, %zu spikes in, %zu out: %.1f s as a whole, %.1f s step by step, the same spikes\n",
           steps, vdib_raster_spikes(input), vdib_raster_spikes(whole), encoded, seconds() - begun);
    check_growth("recording", warm, resident_mib());
    vdib_stream_destroy(stream);
    vdib_raster_destroy(whole);
    vdib_raster_destroy(input);
    vdib_model_destroy(model);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"streams", many_streams}, {"models", many_models}, {"week", a_week}, {"recording", a_long_recording}};
    enum { PARTS = sizeof parts / sizeof *parts };
    bool named = false;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        size_t part = 0;
        while (part < PARTS && strcmp(argv[i], parts[part].name) != 0)
            part++;
        small = small || strcmp(argv[i], "--small") == 0;
        named = named || part < PARTS;
        CHECK(part < PARTS || strcmp(argv[i], "--small") == 0,
              "'%s' is none of --small, streams, models, week, recording", argv[i]);
    }
    for (size_t part = 0; part < PARTS; part++) {
        bool wanted = !named;
        for (int i = 1; i < argc; i++)
            wanted = wanted || strcmp(argv[i], parts[part].name) == 0;
        if (wanted)
            parts[part].run();
    }
    return 0;
}
