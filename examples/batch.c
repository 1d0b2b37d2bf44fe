/* SPDX-License-Identifier: MIT */
/* A model that never touches the disk, and batches in memory that is set aside once: encodes random rasters, sixteen
 * at a time, and prints what the decoder makes of them.
 *
 *     cc batch.c -lvdib -o batch
 *     ./batch
 */
#include <stdio.h>
#include <stdlib.h>

#include <vdib/vdib.h>

enum { CHANNELS = 50, STEPS = 15, CLASSES = 3, BATCH = 16, ROUNDS = 4 };

/* A model with its initial weights, through memory and back. */
static vdib_status make_model(vdib_model **model) {
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 1,
                                    .input_height = 1,
                                    .input_width = CHANNELS,
                                    .steps = STEPS,
                                    .classes = CLASSES};
    const char *const settings[] = {"data.target=class",   "data.steps=15", "encoder.layers=30",
                                    "encoder.readouts=12", "decoder=mlp",   "decoder.hidden=20"};
    vdib_config *config = NULL;
    vdib_model *made = NULL;
    void *bytes = NULL;
    size_t size = 0;
    vdib_status status = vdib_config_create(&config);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && status == VDIB_OK; i++)
        status = vdib_config_set(config, settings[i]);
    if (status == VDIB_OK)
        status = vdib_model_create(config, &geometry, &made);
    if (status == VDIB_OK)
        status = vdib_model_save_memory(made, &bytes, &size);
    if (status == VDIB_OK)
        status = vdib_model_load_memory(bytes, size, "the model just made", model);
    printf("a model of %zu bytes\n", size);
    vdib_memory_free(bytes);
    vdib_model_destroy(made);
    vdib_config_destroy(config);
    return status;
}

static vdib_status fill(vdib_raster *raster) {
    uint32_t steps[100], channels[100];
    for (int i = 0; i < 100; i++) {
        steps[i] = (uint32_t)(rand() % STEPS);
        channels[i] = (uint32_t)(rand() % CHANNELS);
    }
    return vdib_raster_from_pairs(raster, steps, channels, 100, NULL);
}

/* One batch: its spikes are counted, and the first example's probabilities printed. */
static vdib_status reconstruct(vdib_batch *batch, vdib_raster *const *rasters, uint64_t first) {
    const vdib_raster *inputs[BATCH], *readouts[BATCH];
    uint64_t indices[BATCH];
    float outputs[BATCH * CLASSES];
    const float *windows = NULL;
    size_t spikes = 0;
    vdib_status status = VDIB_OK;
    for (uint64_t i = 0; i < BATCH && status == VDIB_OK; i++) {
        status = fill(rasters[i]);
        inputs[i] = rasters[i];
        indices[i] = first + i; /* each has a draw of its own */
    }
    if (status == VDIB_OK)
        status = vdib_batch_encode(batch, inputs, BATCH, 1, indices, readouts);
    if (status == VDIB_OK)
        status = vdib_batch_windows(batch, &windows);
    if (status == VDIB_OK)
        status = vdib_batch_decode(batch, windows, BATCH, outputs);
    for (size_t i = 0; i < BATCH && status == VDIB_OK; i++)
        spikes += vdib_raster_spikes(readouts[i]);
    if (status == VDIB_OK)
        printf("%zu readout spikes; the first: %.3f %.3f %.3f\n", spikes, outputs[0], outputs[1], outputs[2]);
    return status;
}

int main(void) {
    vdib_model *model = NULL;
    vdib_batch *batch = NULL;
    vdib_raster *rasters[BATCH] = {NULL};
    vdib_status status = make_model(&model);
    if (status == VDIB_OK)
        status = vdib_batch_create(model, BATCH, STEPS, 0, 0, &batch);
    for (size_t i = 0; i < BATCH && status == VDIB_OK; i++)
        status = vdib_raster_create(CHANNELS, STEPS, &rasters[i]);
    for (uint64_t round = 0; round < ROUNDS && status == VDIB_OK; round++)
        status = reconstruct(batch, rasters, round * BATCH);
    if (status != VDIB_OK)
        fprintf(stderr, "%s\n", vdib_last_message());
    for (size_t i = 0; i < BATCH; i++)
        vdib_raster_destroy(rasters[i]);
    vdib_batch_destroy(batch);
    vdib_model_destroy(model);
    return status == VDIB_OK ? 0 : 1;
}
