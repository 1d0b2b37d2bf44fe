/* SPDX-License-Identifier: MIT */
/* Checkpoints: one that is refused leaves the trainer as it was; one that is taken can be written and taken again, and
 * training goes on or ends with a message. */
#include <stdint.h>

#include "core/error.h"
#include "learn/trainer.h"
#include "place.h"
#include "vdib/vdib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUTS = 3, STEPS = 4, EXAMPLES = 8 };

static vdib_dataset *make_data(void) {
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 1,
                                    .input_height = 1,
                                    .input_width = INPUTS,
                                    .steps = STEPS,
                                    .classes = 2};
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    require(vdib_dataset_create(&geometry, &dataset) == VDIB_OK);
    require(vdib_raster_create(INPUTS, STEPS, &raster) == VDIB_OK);
    for (uint32_t i = 0; i < EXAMPLES; i++) {
        uint8_t dense[STEPS * INPUTS];
        for (uint32_t k = 0; k < STEPS * INPUTS; k++)
            dense[k] = (k + i) % 3 == i % 2;
        require(vdib_raster_from_dense(raster, dense) == VDIB_OK);
        require(vdib_dataset_add(dataset, i < 6 ? VDIB_SPLIT_TRAIN : VDIB_SPLIT_TEST, raster, NULL, i % 2) == VDIB_OK);
    }
    vdib_raster_destroy(raster);
    return dataset;
}

static vdib_trainer *make_trainer(const vdib_dataset *dataset) {
    static const char *const settings[] = {"data.target=class",    "data.steps=4",
                                           "encoder.layers=2",     "encoder.readouts=2",
                                           "readout.bases=1",      "readout.filter_steps=2",
                                           "decoder=linear",       "learning.batch_size=2",
                                           "training.examples=40", "learning.average_memory=0.9"};
    vdib_config *config = NULL;
    vdib_trainer *trainer = NULL;
    require(vdib_config_create(&config) == VDIB_OK);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        require(vdib_config_set(config, settings[i]) == VDIB_OK);
    require(vdib_trainer_create(config, dataset, &trainer) == VDIB_OK);
    require(vdib_trainer_set_threads(trainer, 1) == VDIB_OK);
    vdib_config_destroy(config);
    return trainer;
}

/* Weights and counts of updates. */
typedef struct state {
    float *weights;
    uint64_t updates[2];
} state;

static state state_of(const vdib_trainer *trainer) {
    const size_t bytes = trainer->model->table.trained * sizeof(float);
    state s = {malloc(bytes), {trainer->encoder.updates, trainer->decoder.updates}};
    require(s.weights != NULL);
    memcpy(s.weights, trainer->model->parameters, bytes);
    return s;
}

/* Whether the trainer is still in the state, which is freed. */
static int is_still(const vdib_trainer *trainer, state s) {
    int same = memcmp(s.weights, trainer->model->parameters, trainer->model->table.trained * sizeof(float)) == 0 &&
               s.updates[0] == trainer->encoder.updates && s.updates[1] == trainer->decoder.updates;
    free(s.weights);
    return same;
}

/* From here to a checkpoint of its own and back; then one step. */
static void go_on(vdib_trainer *trainer, const char *path) {
    vdib_progress progress = {.size = sizeof progress};
    require(vdib_trainer_checkpoint(trainer, path) == VDIB_OK);
    state before = state_of(trainer);
    require(vdib_trainer_resume(trainer, path) == VDIB_OK);
    require(is_still(trainer, before));
    if (vdib_trainer_step(trainer, &progress) != VDIB_OK)
        require(vdib_last_message()[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static vdib_dataset *dataset;
    static vdib_trainer *trainer;
    char given[96], own[96];
    if (dataset == NULL)
        dataset = make_data();
    if (trainer == NULL)
        trainer = make_trainer(dataset);
    place_path(given, "given");
    place_path(own, "own");
    place_write(given, data, size);
    state before = state_of(trainer);
    if (vdib_trainer_resume(trainer, given) != VDIB_OK) {
        require(vdib_last_message()[0] != '\0' && is_still(trainer, before));
        return 0;
    }
    free(before.weights);
    go_on(trainer, own);
    vdib_trainer_destroy(trainer);
    trainer = NULL;
    return 0;
}
