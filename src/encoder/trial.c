/* SPDX-License-Identifier: MIT */
#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "encoder/encoder.h"

/* rows x columns floats; either may be large, the product is checked. */
static vdib_status new_matrix(size_t rows, size_t columns, float **matrix) {
    return vdib__allocate(rows, columns * sizeof **matrix, (void **)matrix);
}

/* A raster of steps x channels spikes, stored by channel. */
static vdib_status new_transposed(size_t channels, size_t steps, vdib_raster **raster) {
    VDIB_TRY(VDIB_NEW(raster, 1));
    return vdib__raster_reshape(*raster, steps, channels);
}

static size_t widest_layer(const vdib__encoder *encoder) {
    size_t widest = 0;
    for (size_t l = 0; l < encoder->layer_count; l++)
        if (encoder->layers[l].neurons > widest)
            widest = encoder->layers[l].neurons;
    return widest;
}

static vdib_status create_layers(const vdib__encoder *encoder, vdib__trial *trial) {
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        vdib__lif_trial *own = &trial->layers[l];
        VDIB_TRY(new_matrix(trial->steps, layer->neurons, &own->potentials));
        VDIB_TRY(new_matrix(trial->steps, layer->neurons, &own->errors));
        VDIB_TRY(vdib_raster_create(layer->outputs, trial->steps, &own->spikes));
        VDIB_TRY(new_transposed(layer->inputs, trial->steps, &trial->transposed[l]));
    }
    size_t widest = widest_layer(encoder);
    VDIB_TRY(new_matrix(trial->steps, widest, &trial->gradient));
    return new_matrix(VDIB_TRIAL_STATES, widest, &trial->state);
}

static vdib_status create_readout(const vdib__readout *readout, size_t layers, vdib__trial *trial) {
    size_t steps = trial->steps, neurons = readout->neurons;
    VDIB_TRY(new_matrix(steps, neurons, &trial->potentials));
    VDIB_TRY(new_matrix(steps, neurons, &trial->probabilities));
    VDIB_TRY(new_matrix(steps, neurons, &trial->errors));
    VDIB_TRY(new_matrix(steps, neurons, &trial->blank_window));
    trial->window = trial->blank_window + trial->blank_steps * neurons;
    VDIB_TRY(new_matrix(steps * readout->bases, neurons, &trial->spread));
    VDIB_TRY(new_matrix(steps * readout->feedback_bases, neurons, &trial->self_spread));
    VDIB_TRY(vdib_raster_create(neurons, steps - trial->blank_steps, &trial->readout));
    return new_transposed(readout->inputs, steps, &trial->transposed[layers]);
}

vdib_status vdib__trial_create(const vdib__encoder *encoder, size_t steps, size_t blank_steps, vdib__trial **trial) {
    if (steps <= blank_steps)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a trial of %zu steps has no room for data after %zu blank steps", steps,
                          blank_steps);
    vdib__trial *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->steps = steps;
    made->blank_steps = blank_steps;
    vdib_status status = create_readout(&encoder->readout, encoder->layer_count, made);
    if (status == VDIB_OK)
        status = create_layers(encoder, made);
    if (status != VDIB_OK) {
        vdib__trial_destroy(made);
        return status;
    }
    *trial = made;
    return VDIB_OK;
}

void vdib__trial_destroy(vdib__trial *trial) {
    if (trial == NULL)
        return;
    for (size_t l = 0; l <= VDIB_ENCODER_LAYERS; l++)
        vdib_raster_destroy(trial->transposed[l]);
    for (size_t l = 0; l < VDIB_ENCODER_LAYERS; l++) {
        vdib_raster_destroy(trial->layers[l].spikes);
        vdib__free(trial->layers[l].errors);
        vdib__free(trial->layers[l].potentials);
    }
    vdib_raster_destroy(trial->readout);
    vdib__free(trial->state);
    vdib__free(trial->gradient);
    vdib__free(trial->self_spread);
    vdib__free(trial->spread);
    vdib__free(trial->blank_window);
    vdib__free(trial->errors);
    vdib__free(trial->probabilities);
    vdib__free(trial->potentials);
    vdib__free(trial);
}
