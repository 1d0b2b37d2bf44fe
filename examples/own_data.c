/* SPDX-License-Identifier: MIT */
/* Trains on data of the program's own, breaks off, goes on, and writes the run's report: a class is told by which
 * half of the channels spikes more often, and its target is a picture of 4 x 4 pixels.
 *
 *     cc own_data.c -lvdib -o own_data
 *     ./own_data runs/own
 */
#include <stdio.h>
#include <stdlib.h>

#include <vdib/vdib.h>

enum { CHANNELS = 24, STEPS = 12, CLASSES = 2, SIDE = 4, TRAIN = 200, TEST = 40 };

/* One example: some spikes as (step, channel) pairs, a picture, a class. */
static vdib_status add_example(vdib_dataset *data, vdib_split split, vdib_raster *raster) {
    uint32_t steps[40], channels[40], label = (uint32_t)(rand() % CLASSES);
    float picture[SIDE * SIDE];
    for (int i = 0; i < 40; i++) {
        uint32_t half = rand() % 100 < 85 ? label : 1 - label;
        steps[i] = (uint32_t)(rand() % STEPS);
        channels[i] = half * CHANNELS / 2 + (uint32_t)(rand() % (CHANNELS / 2));
    }
    for (uint32_t p = 0; p < SIDE * SIDE; p++)
        picture[p] = p % SIDE / 2 == label ? 0.9F : 0.1F;
    vdib_status status = vdib_raster_from_pairs(raster, steps, channels, 40, NULL);
    return status == VDIB_OK ? vdib_dataset_add(data, split, raster, picture, label) : status;
}

static vdib_status make_data(vdib_dataset **data) {
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 1,
                                    .input_height = 1,
                                    .input_width = CHANNELS,
                                    .steps = STEPS,
                                    .classes = CLASSES,
                                    .target_height = SIDE,
                                    .target_width = SIDE};
    vdib_raster *raster = NULL;
    srand(1);
    vdib_status status = vdib_dataset_create(&geometry, data);
    if (status == VDIB_OK)
        status = vdib_raster_create(CHANNELS, STEPS, &raster);
    for (int i = 0; i < TRAIN + TEST && status == VDIB_OK; i++)
        status = add_example(*data, i < TRAIN ? VDIB_SPLIT_TRAIN : VDIB_SPLIT_TEST, raster);
    vdib_raster_destroy(raster);
    return status;
}

static vdib_status configure(vdib_config **config) {
    const char *const layers[] = {"32"};
    vdib_status status = vdib_config_create(config);
    if (status == VDIB_OK)
        status = vdib_config_set_text(*config, "data.target", "image");
    if (status == VDIB_OK)
        status = vdib_config_set_whole(*config, "data.steps", STEPS);
    if (status == VDIB_OK)
        status = vdib_config_set_list(*config, "encoder.layers", layers, 1);
    if (status == VDIB_OK)
        status = vdib_config_set_whole(*config, "encoder.readouts", 16);
    if (status == VDIB_OK)
        status = vdib_config_set_text(*config, "decoder", "linear");
    if (status == VDIB_OK)
        status = vdib_config_set_text(*config, "learning.estimator", "straight-through");
    if (status == VDIB_OK)
        status = vdib_config_set_text(*config, "learning.credit_assignment", "bp");
    if (status == VDIB_OK)
        status = vdib_config_set_text(*config, "learning.encoder_optimizer", "adam");
    if (status == VDIB_OK)
        status = vdib_config_set_whole(*config, "learning.batch_size", 8);
    if (status == VDIB_OK)
        status = vdib_config_set_real(*config, "learning.decoder_learning_rate", 0.005);
    return status;
}

/* Steps until the run is done, or has seen `examples`. */
static vdib_status step_until(vdib_run *run, unsigned long long examples) {
    vdib_progress progress = {.size = sizeof progress};
    vdib_status status = VDIB_OK;
    while (status == VDIB_OK && !progress.done && progress.examples < examples)
        status = vdib_run_step(run, &progress);
    printf("%llu examples, loss %.3f\n", (unsigned long long)progress.examples, progress.loss);
    return status;
}

static vdib_status train(const char *folder, const vdib_config *config, const vdib_dataset *data) {
    const vdib_run_options options = {
        .size = sizeof options, .examples = 4000, .checkpoint_every = 500, .dataset = data};
    const vdib_resume_options again = {.size = sizeof again, .dataset = data};
    vdib_run *run = NULL;
    vdib_status status = vdib_run_create(folder, config, &options, &run);
    if (status == VDIB_OK)
        status = step_until(run, 2400);
    vdib_run_destroy(run); /* as if the power had failed: it goes on where its last checkpoint is */
    run = NULL;
    if (status == VDIB_OK)
        status = vdib_run_resume(folder, &again, &run);
    if (status == VDIB_OK)
        status = step_until(run, 4000);
    vdib_run_destroy(run);
    return status;
}

static vdib_status run(const char *folder) {
    vdib_dataset *data = NULL;
    vdib_config *config = NULL;
    vdib_evaluation figures = {0};
    vdib_status status = make_data(&data);
    if (status == VDIB_OK)
        status = configure(&config);
    if (status == VDIB_OK)
        status = train(folder, config, data);
    if (status == VDIB_OK)
        status = vdib_report_write_dataset(folder, data, NULL, &figures);
    if (status == VDIB_OK)
        printf("mean squared error %.3f, %.1f readout spikes an example; %s/report.html\n",
               vdib_evaluation_get(&figures, "mse"), vdib_evaluation_get(&figures, "spikes_per_example"), folder);
    vdib_evaluation_clear(&figures);
    vdib_config_destroy(config);
    vdib_dataset_destroy(data);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    if (run(argv[1]) != VDIB_OK) {
        fprintf(stderr, "%s\n", vdib_last_message());
        return 1;
    }
    return 0;
}
