/* SPDX-License-Identifier: MIT */
#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/text.h"
#include "core/threads.h"
#include "encoder/layers.h"

/* rows x columns floats; either may be large, the product is checked. A forward pass writes everything before it or
 * a backward pass reads it, so that nothing is zeroed, and what only backward passes use takes no physical memory
 * without them. */
static vdib_status new_matrix(size_t rows, size_t columns, float **matrix) {
    return vdib__allocate_unset(rows, columns * sizeof **matrix, (void **)matrix);
}

static size_t widest_layer(const vdib__encoder *encoder) {
    size_t widest = 0;
    for (size_t l = 0; l < encoder->layer_count; l++)
        if (encoder->layers[l].neurons > widest)
            widest = encoder->layers[l].neurons;
    return widest;
}

/* dL/dh is needed as a whole where a convolution sends it down or receives it. */
static size_t widest_maps(const vdib__encoder *encoder) {
    size_t widest = 0;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        size_t size = layer->inputs > layer->outputs ? layer->inputs : layer->outputs;
        if (layer->convolutional && size > widest)
            widest = size;
    }
    return widest;
}

/* The entries of a layer's input; those of the sensor grow with its spikes. */
static vdib_status create_changes(size_t inputs, size_t number, vdib__trial *trial) {
    VDIB_TRY(vdib__changes_create(inputs, trial->steps, &trial->changes[number]));
    return number > 0 ? vdib__changes_reserve_bits(trial->changes[number]) : VDIB_OK;
}

static vdib_status create_layer(const vdib__encoder *encoder, size_t number, vdib__trial *trial) {
    const vdib__lif_layer *layer = &encoder->layers[number];
    vdib__lif_trial *kept = &trial->layers[number];
    size_t columns = layer->neurons;
    if (!layer->convolutional) /* whole tiles */
        columns = (columns + VDIB_BLOCK - 1) / VDIB_BLOCK * VDIB_BLOCK;
    VDIB_TRY(new_matrix(trial->steps, layer->neurons, &kept->potentials));
    VDIB_TRY(new_matrix(trial->steps, columns, &kept->errors));
    if (number > 0 && vdib__is_propagated(encoder))
        VDIB_TRY(new_matrix(trial->steps, layer->neurons, &kept->rows));
    if (vdib__lif_learns_times(layer))
        VDIB_TRY(new_matrix(trial->steps, layer->neurons, &kept->currents));
    VDIB_TRY(VDIB_NEW_UNSET(&kept->spikes, trial->steps * vdib__words(layer->outputs)));
    if (!layer->convolutional && layer->surrogate->open != NULL)
        VDIB_TRY(VDIB_NEW_UNSET(&kept->open, trial->steps * vdib__words(layer->neurons)));
    return create_changes(layer->inputs, number, trial);
}

static vdib_status create_layers(const vdib__encoder *encoder, vdib__trial *trial) {
    if (encoder->layer_count == 0)
        return VDIB_OK;
    for (size_t l = 0; l < encoder->layer_count; l++)
        VDIB_TRY(create_layer(encoder, l, trial));
    if (encoder->joined)
        VDIB_TRY(VDIB_NEW_UNSET(&trial->joined, trial->steps * vdib__words(encoder->readout.inputs)));
    VDIB_TRY(new_matrix(trial->steps, widest_maps(encoder), &trial->gradient));
    return new_matrix(VDIB_LIF_STATES, widest_layer(encoder), &trial->state);
}

/* A raster for the readout's spikes; without neurons it has no channel. */
static vdib_status create_raster(size_t neurons, size_t steps, vdib_raster **raster) {
    if (neurons > 0)
        return vdib_raster_create(neurons, steps, raster);
    VDIB_TRY(VDIB_NEW(raster, 1));
    (*raster)->steps = steps;
    return VDIB_NEW(&(*raster)->offsets, steps + 1);
}

/* What a draw of a Gaussian readout leaves behind beside its numbers. */
static vdib_status create_noise(size_t neurons, vdib__trial *trial) {
    VDIB_TRY(new_matrix(trial->steps, neurons, &trial->noise));
    VDIB_TRY(new_matrix(1, neurons, &trial->deviations));
    return new_matrix(1, neurons, &trial->deviation_errors);
}

/* And one of spikes: the list of them. */
static vdib_status create_spikes(size_t neurons, vdib__trial *trial) {
    VDIB_TRY(new_matrix(trial->steps, neurons, &trial->probabilities));
    VDIB_TRY(VDIB_NEW_UNSET(&trial->readout->indices, trial->readout->steps * neurons));
    trial->readout->capacity = trial->readout->steps * neurons;
    return VDIB_OK;
}

/* What a draw of the readout leaves behind. */
static vdib_status create_output(const vdib__readout *readout, vdib__trial *trial) {
    size_t steps = trial->steps, neurons = readout->neurons;
    VDIB_TRY(new_matrix(steps, neurons, &trial->potentials));
    VDIB_TRY(VDIB_NEW(&trial->errors, steps * neurons)); /* blank steps stay 0 */
    VDIB_TRY(new_matrix(steps, neurons, &trial->blank_window));
    trial->window = trial->blank_window + trial->blank_steps * neurons;
    VDIB_TRY(new_matrix(steps * readout->feedback_bases, neurons, &trial->feedback_spread));
    VDIB_TRY(create_raster(neurons, steps - trial->blank_steps, &trial->readout));
    return readout->gaussian ? create_noise(neurons, trial) : create_spikes(neurons, trial);
}

vdib_status vdib__trial_create(const vdib__encoder *encoder, size_t steps, size_t blank_steps, vdib__trial **trial) {
    if (steps <= blank_steps)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a trial of %zu step%s has no room for data after %zu blank step%s",
                          steps, vdib__s(steps), blank_steps, vdib__s(blank_steps));
    vdib__trial *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->steps = steps;
    made->blank_steps = blank_steps;
    vdib_status status = create_output(&encoder->readout, made);
    if (status == VDIB_OK)
        status = create_changes(encoder->readout.inputs, encoder->layer_count, made);
    if (status == VDIB_OK)
        status = create_layers(encoder, made);
    if (status != VDIB_OK) {
        vdib__trial_destroy(made);
        return status;
    }
    *trial = made;
    return VDIB_OK;
}

/* A draw: the part of a trial that the readout fills. */
static vdib_status create_draw(const vdib__encoder *encoder, const vdib__trial *trial, vdib__trial **draw) {
    vdib__trial *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->steps = trial->steps;
    made->blank_steps = trial->blank_steps;
    vdib_status status = create_output(&encoder->readout, made);
    if (status != VDIB_OK) {
        vdib__trial_destroy(made);
        return status;
    }
    *draw = made;
    return VDIB_OK;
}

vdib_status vdib__trial_add_draws(const vdib__encoder *encoder, size_t draws, vdib__trial *trial) {
    if (draws <= 1)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&trial->more, draws - 1));
    for (; trial->others < draws - 1; trial->others++)
        VDIB_TRY(create_draw(encoder, trial, &trial->more[trial->others]));
    return VDIB_OK;
}

size_t vdib__trial_floats(const vdib__encoder *encoder, size_t steps) {
    size_t columns = (5 + encoder->readout.feedback_bases) * encoder->readout.neurons;
    for (size_t l = 0; l < encoder->layer_count; l++)
        columns += encoder->layers[l].neurons * (vdib__lif_learns_times(&encoder->layers[l]) ? 2 : 1);
    return steps * columns;
}

vdib_status vdib__trial_reserve(vdib__trial *trial, size_t input_spikes) {
    return vdib__changes_reserve(trial->changes[0], input_spikes);
}

void vdib__trial_destroy(vdib__trial *trial) {
    if (trial == NULL)
        return;
    for (size_t l = 0; l <= VDIB_ENCODER_LAYERS; l++)
        vdib__changes_destroy(trial->changes[l]);
    for (size_t l = 0; l < VDIB_ENCODER_LAYERS; l++) {
        vdib__free(trial->layers[l].rows);
        vdib__free(trial->layers[l].currents);
        vdib__free(trial->layers[l].open);
        vdib__free(trial->layers[l].spikes);
        vdib__free(trial->layers[l].errors);
        vdib__free(trial->layers[l].potentials);
    }
    for (size_t m = 0; m < trial->others; m++)
        vdib__trial_destroy(trial->more[m]);
    vdib__free(trial->more);
    vdib_raster_destroy(trial->readout);
    vdib__free(trial->joined);
    vdib__free(trial->state);
    vdib__free(trial->gradient);
    vdib__free(trial->feedback_spread);
    vdib__free(trial->blank_window);
    vdib__free(trial->deviation_errors);
    vdib__free(trial->deviations);
    vdib__free(trial->noise);
    vdib__free(trial->errors);
    vdib__free(trial->probabilities);
    vdib__free(trial->potentials);
    vdib__free(trial);
}

vdib_status vdib__trial_spikes(const vdib__encoder *encoder, const vdib__trial *trial, size_t layer,
                               vdib_raster **spikes) {
    size_t outputs = encoder->layers[layer].outputs, words = vdib__words(outputs);
    vdib_raster *raster = NULL;
    VDIB_TRY(vdib_raster_create(outputs, trial->steps, &raster));
    vdib__raster_builder builder;
    vdib__raster_begin(&builder, raster);
    vdib_status status = VDIB_OK;
    for (size_t t = 0; t < trial->steps && status == VDIB_OK; t++) {
        for (size_t i = 0; i < outputs && status == VDIB_OK; i++)
            if ((trial->layers[layer].spikes[t * words + i / 64] >> i % 64 & 1) != 0)
                status = vdib__raster_append(&builder, (uint32_t)i);
        vdib__raster_end_step(&builder);
    }
    if (status != VDIB_OK) {
        vdib_raster_destroy(raster);
        return status;
    }
    *spikes = raster;
    return VDIB_OK;
}
