/* SPDX-License-Identifier: MIT */
/* Two small fixed runs for bench/instructions: training of a network like published/dvs example by example, and the
 * same network as a stream. One thread, synthetic recordings, the same work every time.
 *
 *     fixed_runs train|stream
 */
#include <stdio.h>
#include <string.h>

#include <vdib/vdib.h>

enum { SIDE = 16, CHANNELS = 2 * SIDE * SIDE, STEPS = 40, EXAMPLES = 6, PIXELS = 64 };

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        vdib_status status_ = (call);                                                                                  \
        if (status_ != VDIB_OK)                                                                                        \
            return status_;                                                                                            \
    } while (0)

/* A linear congruential generator: the data need no more. */
static uint32_t next_number(uint32_t *state) {
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

static vdib_status make_data(vdib_dataset *data, vdib_raster *raster) {
    static uint8_t dense[STEPS * CHANNELS];
    float target[PIXELS];
    uint32_t state = 1;
    for (uint32_t i = 0; i < EXAMPLES; i++) {
        for (size_t k = 0; k < sizeof dense; k++)
            dense[k] = next_number(&state) % 50 == 0;
        for (size_t p = 0; p < PIXELS; p++)
            target[p] = (float)(next_number(&state) % 2);
        TRY(vdib_raster_from_dense(raster, dense));
        TRY(vdib_dataset_add(data, VDIB_SPLIT_TRAIN, raster, target, i % 2));
    }
    return VDIB_OK;
}

static vdib_status train(const vdib_config *config, const vdib_dataset *data, vdib_trainer **trainer) {
    TRY(vdib_trainer_create(config, data, trainer));
    TRY(vdib_trainer_set_threads(*trainer, 1));
    for (int i = 0; i < EXAMPLES; i++)
        TRY(vdib_trainer_step(*trainer, NULL));
    return VDIB_OK;
}

static vdib_status stream(const vdib_model *model, const vdib_raster *raster) {
    vdib_stream *running = NULL;
    TRY(vdib_stream_create(model, 1, 0, &running));
    vdib_status status = VDIB_OK;
    for (size_t t = 0; t < STEPS && status == VDIB_OK; t++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(raster, t, &channels);
        status = vdib_stream_step(running, channels, count, NULL, NULL);
    }
    vdib_stream_destroy(running);
    return status;
}

static vdib_status run(const char *what) {
    static const char *const settings[] = {"encoder.layers=200", "encoder.readouts=64", "data.steps=40",
                                           "data.target=image", "training.validate_every=0"};
    const vdib_geometry geometry = {sizeof(vdib_geometry), 2, SIDE, SIDE, STEPS, 2, 8, 8, 1};
    vdib_config *config = NULL;
    vdib_dataset *data = NULL;
    vdib_raster *raster = NULL;
    vdib_trainer *trainer = NULL;
    TRY(vdib_config_load("published/dvs", &config));
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        TRY(vdib_config_set(config, settings[i]));
    TRY(vdib_dataset_create(&geometry, &data));
    TRY(vdib_raster_create(CHANNELS, STEPS, &raster));
    TRY(make_data(data, raster));
    TRY(train(config, data, &trainer));
    if (strcmp(what, "stream") == 0)
        TRY(stream(vdib_trainer_model(trainer), raster));
    vdib_trainer_destroy(trainer);
    vdib_raster_destroy(raster);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return VDIB_OK;
}

int main(int argc, char **argv) {
    if (argc != 2 || (strcmp(argv[1], "train") != 0 && strcmp(argv[1], "stream") != 0)) {
        fprintf(stderr, "usage: fixed_runs train|stream\n");
        return 2;
    }
    if (run(argv[1]) != VDIB_OK) {
        fprintf(stderr, "%s\n", vdib_last_message());
        return 1;
    }
    return 0;
}
