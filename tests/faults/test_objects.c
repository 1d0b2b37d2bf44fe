/* SPDX-License-Identifier: MIT */
/* Configurations, rasters, models, batches and streams when memory runs out. */
#include "faults.h"

enum { CHANNELS = 20, STEPS = 6, WIDTH = 5, HEIGHT = 4 };

static void configurations(faults *f) {
    static const char yaml[] = "data.steps: 7\nencoder.layers: [10, 12]\n";
    static const char *const layers[] = {"9", "8"};
    vdib_config *made = NULL, *loaded = NULL, *parsed = NULL, *copy = NULL;
    vdib_key_info info = {.size = sizeof info};
    char path[FAULTS_PATH], value[256];
    const char *item = NULL;
    int64_t whole = 0;
    double real = 0;
    bool on = false;
    size_t count = 0;
    MAKE(made, vdib_config_create(&made));
    MAKE(loaded, vdib_config_load("demo", &loaded));
    MAKE(parsed, vdib_config_parse(yaml, sizeof yaml - 1, "test", &parsed));
    MAKE(copy, vdib_config_copy(parsed, &copy));
    TRY(vdib_config_set(copy, "encoder.layers=[3, conv4k3s2]"));
    TRY(vdib_config_set_text(copy, "experiment", "faults"));
    TRY(vdib_config_set_whole(copy, "data.steps", 9));
    TRY(vdib_config_set_real(copy, "objective.beta", 0.25));
    TRY(vdib_config_set_switch(copy, "encoder.skip", true));
    TRY(vdib_config_set_list(copy, "encoder.layers", layers, 2));
    TRY(vdib_config_get(copy, "encoder.layers", value, sizeof value));
    faults_add(f, value, strlen(value));
    TRY(vdib_config_get_whole(copy, "data.steps", &whole));
    TRY(vdib_config_get_real(copy, "objective.beta", &real));
    TRY(vdib_config_get_switch(copy, "encoder.skip", &on));
    TRY(vdib_config_get_list(copy, "encoder.layers", 1, &item, &count));
    TRY(vdib_config_key_info("data.steps", &info));
    FAULTS_ADD(f, whole + (int64_t)(100 * real) + on + (int64_t)count + info.most);
    TRY(vdib_config_check(loaded));
    TRY(vdib_config_save(copy, faults_path(f, "config.yaml", path)));
    faults_add_file(f, path);
    vdib_config_destroy(copy), vdib_config_destroy(parsed), vdib_config_destroy(loaded), vdib_config_destroy(made);
}

static void add_raster(faults *f, const vdib_raster *raster) {
    const uint32_t *channels = NULL;
    for (size_t step = 0; step < vdib_raster_steps(raster); step++) {
        size_t count = vdib_raster_at(raster, step, &channels);
        FAULTS_ADD(f, count);
        faults_add(f, channels, count * sizeof *channels);
    }
}

static void rasters(faults *f) {
    static const uint32_t steps[] = {0, 1, 1, 5, 5}, pairs[] = {3, 2, 2, 0, 19};
    static const vdib_event events[] = {{1000, 2, 1, 1}, {2500, 4, 3, 0}, {9000, 0, 0, 1}};
    const vdib_binning binning = {sizeof binning, WIDTH, HEIGHT, 1, STEPS, 1000, 0};
    vdib_binning_report report = {.size = sizeof report};
    vdib_raster *raster = NULL, *by_channel = NULL, *borrowed = NULL;
    const size_t *offsets = NULL;
    const uint32_t *channels = NULL;
    uint8_t dense[STEPS * CHANNELS] = {0};
    char path[FAULTS_PATH];
    size_t repeated = 0;
    for (size_t i = 0; i < sizeof dense; i += 7)
        dense[i] = 1;
    MAKE(raster, vdib_raster_create(CHANNELS, STEPS, &raster));
    TRY(vdib_raster_from_dense(raster, dense));
    add_raster(f, raster);
    TRY(vdib_raster_from_pairs(raster, steps, pairs, 5, &repeated));
    add_raster(f, raster);
    MAKE(by_channel, vdib_raster_by_channel(raster, &by_channel));
    add_raster(f, by_channel);
    TRY(vdib_raster_view(raster, &offsets, &channels));
    MAKE(borrowed, vdib_raster_borrow(CHANNELS, STEPS, offsets, channels, &borrowed));
    TRY(vdib_raster_save(borrowed, faults_path(f, "raster.png", path)));
    faults_add_file(f, path);
    vdib_raster_destroy(borrowed);
    TRY(vdib_raster_bin(raster, events, 3, &binning, &report));
    FAULTS_ADD(f, repeated + report.spikes + report.outside_window);
    add_raster(f, raster);
    vdib_raster_destroy(by_channel), vdib_raster_destroy(raster);
}

/* ---- models ---- */

static const vdib_geometry GEOMETRY = {sizeof(vdib_geometry), 1, HEIGHT, WIDTH, STEPS, 2, 2, 3, 1};

/* A model without the scenario's allocations failing. */
static vdib_model *given_model(void) {
    static const char *const settings[] = {"data.steps=6",
                                           "data.target=image",
                                           "encoder.layers=[conv2k3s1, 12]",
                                           "data.step_us=1000",
                                           "encoder.readouts=8",
                                           "readout.filter_steps=4",
                                           "readout.bases=3",
                                           "decoder=mlp",
                                           "decoder.hidden=16",
                                           "learning.estimator=straight-through",
                                           "learning.feedback=bp"};
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    MAKE(config, vdib_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        TRY(vdib_config_set(config, settings[i]));
    MAKE(model, vdib_model_create(config, &GEOMETRY, &model));
    vdib_config_destroy(config);
    return model;
}

static vdib_raster *given_raster(unsigned number) {
    uint8_t dense[STEPS * CHANNELS] = {0};
    vdib_raster *raster = NULL;
    for (size_t i = number; i < sizeof dense; i += 2 + number)
        dense[i] = 1;
    MAKE(raster, vdib_raster_create(CHANNELS, STEPS, &raster));
    TRY(vdib_raster_from_dense(raster, dense));
    return raster;
}

static void add_digest(faults *f, const vdib_model *model) {
    char digest[VDIB_MODEL_DIGEST];
    TRY(vdib_model_digest(model, digest));
    faults_add(f, digest, strlen(digest));
}

static void models(faults *f) {
    vdib_model *model = given_model(), *loaded = NULL, *from_memory = NULL;
    vdib_raster *raster = given_raster(1), *readout = NULL;
    vdib_tensor_info tensor = {.size = sizeof tensor};
    vdib_layer_times times = {.size = sizeof times};
    vdib_weights_taken taken = {.size = sizeof taken};
    char path[FAULTS_PATH];
    void *bytes = NULL;
    size_t size = 0;
    float output[6] = {0}, values[4096];
    TRY(vdib_model_save(model, faults_path(f, "model.safetensors", path)));
    MAKE(loaded, vdib_model_load(path, &loaded));
    MAKE(bytes, vdib_model_save_memory(loaded, &bytes, &size));
    MAKE(from_memory, vdib_model_load_memory(bytes, size, "memory", &from_memory));
    vdib_memory_free(bytes);
    add_digest(f, from_memory);
    TRY(vdib_model_tensor(model, 0, &tensor));
    assert_true(tensor.count <= sizeof values / sizeof *values);
    TRY(vdib_model_tensor_get(model, 0, values));
    values[0] += 1.0F;
    TRY(vdib_model_tensor_set(model, 0, values));
    add_digest(f, model);
    TRY(vdib_model_take_weights(model, path, &taken));
    FAULTS_ADD(f, taken.taken);
    add_digest(f, model);
    TRY(vdib_model_times(model, 0, &times));
    TRY(vdib_model_set_channel(model, vdib_model_config(loaded)));
    MAKE(readout, vdib_model_encode(model, raster, 3, 4, &readout));
    add_raster(f, readout);
    TRY(vdib_model_decode(model, readout, output));
    faults_add(f, output, sizeof output);
    TRY(vdib_model_reconstruct(model, raster, 3, 5, output));
    faults_add(f, output, sizeof output);
    vdib_raster_destroy(readout), vdib_raster_destroy(raster);
    vdib_model_destroy(from_memory), vdib_model_destroy(loaded), vdib_model_destroy(model);
}

static void add_gradients(faults *f, vdib_batch *batch, const vdib_model *model) {
    vdib_encoded encoded = {.size = sizeof encoded};
    const float *spikes = NULL;
    TRY(vdib_batch_encoded(batch, &encoded));
    faults_add(f, encoded.log_p, encoded.examples * encoded.draws * sizeof *encoded.log_p);
    TRY(vdib_batch_spikes(batch, 1, 1, &spikes));
    faults_add(f, spikes, encoded.steps * encoded.readouts * sizeof *spikes);
    const vdib_errors errors = {.size = sizeof errors, .windows = encoded.windows, .rates = encoded.rates};
    float *gradients = calloc(vdib_model_gradient_count(model), sizeof *gradients);
    assert_non_null(gradients);
    TRY(vdib_batch_backward(batch, &errors, gradients));
    faults_add(f, gradients, vdib_model_gradient_count(model) * sizeof *gradients);
    free(gradients);
}

static void batches(faults *f) {
    static const uint64_t indices[] = {7, 8};
    vdib_model *model = given_model();
    vdib_raster *given[] = {given_raster(1), given_raster(2)};
    const vdib_raster *const rasters[] = {given[0], given[1]}, *readouts[4] = {NULL};
    vdib_parameter parameter = {.size = sizeof parameter};
    vdib_batch *batch = NULL;
    const float *windows = NULL;
    float outputs[12] = {0};
    MAKE(batch, vdib_batch_create(model, 2, STEPS, 0, 1, &batch));
    TRY(vdib_batch_encode(batch, rasters, 2, 3, indices, readouts));
    add_raster(f, readouts[1]);
    TRY(vdib_batch_windows(batch, &windows));
    TRY(vdib_batch_decode(batch, windows, 2, outputs));
    faults_add(f, outputs, sizeof outputs);
    TRY(vdib_batch_set_draws(batch, 2));
    TRY(vdib_batch_present(batch, rasters, 2, 3, indices, readouts));
    add_gradients(f, batch, model);
    TRY(vdib_model_parameter(model, 0, &parameter));
    parameter.values[0] += 0.5F;
    TRY(vdib_model_parameters_changed(model, NULL));
    add_digest(f, model);
    vdib_batch_destroy(batch);
    vdib_raster_destroy(given[0]), vdib_raster_destroy(given[1]);
    vdib_model_destroy(model);
}

/* ---- streams ---- */

static void add_spikes(void *user, uint64_t step, const uint32_t *spikes, size_t count) {
    FAULTS_ADD((faults *)user, step);
    faults_add(user, spikes, count * sizeof *spikes);
}

static void streams(faults *f) {
    static const vdib_event events[] = {{7000, 2, 1, 1}, {7500, 4, 3, 1}, {9000, 0, 0, 1}};
    static const uint32_t channels[] = {1, 5, 9};
    vdib_model *model = given_model();
    vdib_stream *stream = NULL;
    vdib_stream_counts counts = {.size = sizeof counts};
    const uint32_t *spikes = NULL;
    size_t count = 0;
    float output[6] = {0};
    MAKE(stream, vdib_stream_create(model, 5, 6, &stream));
    for (size_t i = 0; i < STEPS; i++) {
        TRY(vdib_stream_step(stream, channels, 3, &spikes, &count));
        add_spikes(f, i, spikes, count);
    }
    TRY(vdib_stream_push(stream, events, 3, add_spikes, f));
    TRY(vdib_stream_advance(stream, 20000, add_spikes, f));
    TRY(vdib_stream_decode(stream, output));
    faults_add(f, output, sizeof output);
    TRY(vdib_stream_counted(stream, &counts));
    FAULTS_ADD(f, counts.readout_spikes);
    TRY(vdib_stream_reset(stream, 9));
    TRY(vdib_stream_step(stream, channels, 3, &spikes, &count));
    add_spikes(f, 0, spikes, count);
    vdib_stream_destroy(stream);
    vdib_model_destroy(model);
}

static void whatever_fails_is_said_and_can_be_done_again(void **state) {
    (void)state;
    faults_campaign("configurations", configurations, 4000);
    faults_campaign("rasters", rasters, 4000);
    faults_campaign("models", models, 4000);
    faults_campaign("batches", batches, 4000);
    faults_campaign("streams", streams, 4000);
}

int main(void) {
    return faults_main(whatever_fails_is_said_and_can_be_done_again);
}
