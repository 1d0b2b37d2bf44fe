/* SPDX-License-Identifier: MIT */
#include "eval/energy.h"

#include "decoder/layers.h"
#include "encoder/layers.h"

/* Words of state of a LIF neuron: synaptic, membrane and refractory trace; the threshold's, if it adapts. One that is
 * reset has no refractory trace, and no synaptic one without a synapse. */
static double lif_states(const vdib__lif_layer *layer) {
    if (layer->resets)
        return layer->neuron.model->synapse ? 2 : 1;
    return layer->neuron.adaptation_strength > 0.0F ? 4 : 3;
}

/* A LIF neuron's step, the gains being part of weights and constants: each trace is multiplied by its decay; the
 * membrane trace takes in the synaptic one, the potential membrane, bias, refractory trace (and the threshold's). Every
 * trace is read and written. */
static void add_lif_steps(const vdib__lif_layer *layer, double steps, vdib__effort *effort) {
    double states = lif_states(layer), neuron_steps = (double)layer->neurons * steps;
    effort->multiplications += states * neuron_steps;
    effort->additions += states * neuron_steps;
    effort->states += 2 * states * neuron_steps;
}

static double taps_of(const vdib__readout *readout) {
    double taps = (double)vdib__readout_taps(readout);
    for (size_t k = readout->bases; k < readout->bases + readout->feedback_bases; k++)
        taps += (double)(readout->filters[k].end - readout->filters[k].first);
    return taps;
}

/* A readout neuron's step: each tap of its filters is multiplied by what was so many steps ago, which is read, and
 * added; what the step brings to each filter is written; the bias is added. */
static void add_readout_steps(const vdib__readout *readout, double steps, vdib__effort *effort) {
    double filters = (double)(readout->bases + readout->feedback_bases), taps = taps_of(readout);
    double neuron_steps = (double)readout->neurons * steps;
    effort->multiplications += taps * neuron_steps;
    effort->additions += (taps + 1) * neuron_steps;
    effort->states += (taps + filters) * neuron_steps;
}

/* Spikes of the last hidden layer in data steps. */
static double last_spikes(const vdib__encoder *encoder, const vdib__trial *trial) {
    size_t last = encoder->layer_count - 1, words = vdib__words(encoder->layers[last].outputs);
    double count = 0;
    for (size_t at = trial->blank_steps * words; at < trial->steps * words; at++)
        count += __builtin_popcountll(trial->layers[last].spikes[at]);
    return count;
}

/* Spikes that reach the readout's synapses: of the last hidden layer, or the input, or both. */
static double readout_input(const vdib__encoder *encoder, const vdib__trial *trial) {
    double spikes = encoder->layer_count > 0 ? last_spikes(encoder, trial) : 0;
    if (encoder->layer_count == 0 || encoder->joined)
        spikes += (double)vdib_raster_spikes(trial->input);
    return spikes;
}

/* Weights that spikes bring to the readout's filters: one for each basis and neuron; and its own spikes, fed back. */
static double readout_weights(const vdib__encoder *encoder, const vdib__trial *trial) {
    const vdib__readout *readout = &encoder->readout;
    double back = readout->lateral ? (double)readout->neurons : 1.0;
    return readout_input(encoder, trial) * (double)(readout->neurons * readout->bases) +
           (double)vdib_raster_spikes(trial->readout) * back * (double)readout->feedback_bases;
}

/* Synaptic operations of the hidden layers: those of the encoder less the readout's. */
static double hidden_operations(const vdib__encoder *encoder, const vdib__trial *trial) {
    return (double)vdib__encoder_operations(encoder, trial) -
           readout_input(encoder, trial) * (double)encoder->readout.neurons;
}

vdib__effort vdib__effort_of_spikes(const vdib__encoder *encoder, const vdib__trial *trial) {
    double steps = (double)(trial->steps - trial->blank_steps);
    double weights = hidden_operations(encoder, trial) + readout_weights(encoder, trial);
    vdib__effort effort = {.additions = weights, .weights = weights};
    for (size_t l = 0; l < encoder->layer_count; l++)
        add_lif_steps(&encoder->layers[l], steps, &effort);
    add_readout_steps(&encoder->readout, steps, &effort);
    return effort;
}

/* ---- the same layers on counts ---- */

/* Pairs of an output and a place of the kernel along one axis, where there is an input. */
static double pairs_of(size_t outputs, size_t inputs, size_t kernel, size_t stride, size_t padding) {
    double sum = 0;
    for (size_t o = 0; o < outputs; o++)
        for (size_t k = 0; k < kernel; k++) {
            size_t at = o * stride + k;
            sum += at >= padding && at < padding + inputs;
        }
    return sum;
}

/* Products of a layer: of a convolution those whose place exists. */
static double products_of(const vdib__lif_layer *layer) {
    if (!layer->convolutional)
        return (double)layer->inputs * (double)layer->neurons;
    return pairs_of(layer->out_height, layer->in_height, layer->kernel, layer->stride, layer->padding) *
           pairs_of(layer->out_width, layer->in_width, layer->kernel, layer->stride, layer->padding) *
           (double)layer->in_channels * (double)layer->out_channels;
}

/* One multiplication, addition and weight a product; inputs are read, outputs written and bias added once. */
static void add_layer(double products, double inputs, double outputs, vdib__effort *effort) {
    effort->multiplications += products;
    effort->additions += products + outputs;
    effort->weights += products;
    effort->states += inputs + outputs;
}

vdib__effort vdib__effort_of_counts(const vdib__encoder *encoder) {
    const vdib__readout *readout = &encoder->readout;
    vdib__effort effort = {.additions = 0};
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        add_layer(products_of(layer), (double)layer->inputs, (double)layer->neurons, &effort);
    }
    double inputs = (double)readout->inputs, neurons = (double)readout->neurons;
    add_layer(inputs * neurons, inputs, neurons, &effort);
    return effort;
}

/* ---- chains ---- */

/* Products of a layer of a chain; 0 of one that has no weights. The rows of a Conv1d are one, without padding. */
static double chain_products(const vdib__layer *layer) {
    switch (layer->kind) {
    case VDIB_LAYER_AFFINE:
        return (double)layer->inputs * (double)layer->outputs;
    case VDIB_LAYER_CONV1D:
        return pairs_of(layer->out_width, layer->in_width, layer->kernel, layer->stride, layer->padding) *
               (double)layer->in_channels * (double)layer->out_channels;
    case VDIB_LAYER_CONV2D:
        return pairs_of(layer->out_height, layer->in_height, layer->kernel, layer->stride, layer->padding) *
               pairs_of(layer->out_width, layer->in_width, layer->kernel, layer->stride, layer->padding) *
               (double)layer->in_channels * (double)layer->out_channels;
    case VDIB_LAYER_UPCONV2D: /* those of its mirror, from the output to the input */
        return pairs_of(layer->in_height, layer->out_height, layer->kernel, layer->stride, layer->padding) *
               pairs_of(layer->in_width, layer->out_width, layer->kernel, layer->stride, layer->padding) *
               (double)layer->in_channels * (double)layer->out_channels;
    default:
        return 0;
    }
}

static double chain_weights(const vdib__layer *layer) {
    if (layer->kind == VDIB_LAYER_AFFINE)
        return (double)layer->inputs * (double)layer->outputs;
    if (layer->kind == VDIB_LAYER_UPCONV2D)
        return (double)layer->in_channels * (double)(layer->out_channels * layer->kernel * layer->kernel);
    bool convolution = layer->kind == VDIB_LAYER_CONV1D || layer->kind == VDIB_LAYER_CONV2D;
    return convolution ? (double)layer->out_channels * (double)vdib__patch_size(layer) : 0;
}

vdib__effort vdib__effort_of_chain(const vdib__chain *chain) {
    vdib__effort effort = {.additions = 0};
    for (size_t l = 0; l < chain->count; l++) {
        const vdib__layer *layer = &chain->layers[l];
        if (layer->kind == VDIB_LAYER_RELU)
            continue;
        double products = chain_products(layer);
        if (products > 0) {
            add_layer(products, (double)layer->inputs, (double)layer->outputs, &effort);
            continue;
        }
        effort.states += (double)(layer->inputs + layer->outputs);
        if (layer->kind == VDIB_LAYER_COUNT)
            effort.additions += (double)layer->inputs;
    }
    return effort;
}

/* ---- memory ---- */

static double hidden_weights(const vdib__encoder *encoder) {
    double words = 0;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        words += layer->convolutional
                     ? (double)(layer->out_channels * layer->in_channels * layer->kernel * layer->kernel)
                     : (double)layer->inputs * (double)layer->neurons;
    }
    return words;
}

vdib__storage vdib__storage_of_spikes(const vdib__encoder *encoder) {
    const vdib__readout *readout = &encoder->readout;
    double neurons = (double)readout->neurons, back = readout->lateral ? neurons : 1.0;
    vdib__storage storage = {
        .weights = hidden_weights(encoder) + (double)readout->inputs * neurons * (double)readout->bases +
                   neurons * back * (double)readout->feedback_bases,
        .states = neurons * (double)(readout->bases + readout->feedback_bases) * (double)readout->filter_steps};
    for (size_t l = 0; l < encoder->layer_count; l++)
        storage.states += lif_states(&encoder->layers[l]) * (double)encoder->layers[l].neurons;
    return storage;
}

vdib__storage vdib__storage_of_counts(const vdib__encoder *encoder) {
    const vdib__readout *readout = &encoder->readout;
    vdib__storage storage = {.weights = hidden_weights(encoder) + (double)readout->inputs * (double)readout->neurons,
                             .states = (double)(readout->inputs + readout->neurons)};
    for (size_t l = 0; l < encoder->layer_count; l++) /* each layer's input; the readout's is there already */
        storage.states += (double)encoder->layers[l].inputs;
    return storage;
}

vdib__storage vdib__storage_of_chain(const vdib__chain *chain) {
    vdib__storage storage = {.states = (double)chain->outputs};
    for (size_t l = 0; l < chain->count; l++) { /* each layer's input; a rectifier's is its output */
        storage.weights += chain_weights(&chain->layers[l]);
        storage.states += chain->layers[l].kind == VDIB_LAYER_RELU ? 0 : (double)chain->layers[l].inputs;
    }
    return storage;
}

/* A memory is the smallest that holds all of it; a word is half of 64 bits. */
double vdib__energy_of_word(double words) {
    double bytes = 4 * words, kibibyte = 1024;
    double both = bytes <= 8 * kibibyte          ? VDIB__ENERGY_8_KIB
                  : bytes <= 32 * kibibyte       ? VDIB__ENERGY_32_KIB
                  : bytes <= kibibyte * kibibyte ? VDIB__ENERGY_1_MIB
                                                 : VDIB__ENERGY_DRAM;
    return both / 2;
}

double vdib__energy_of(const vdib__effort *effort, const vdib__storage *storage) {
    return effort->additions * VDIB__ENERGY_ADD + effort->multiplications * VDIB__ENERGY_MULTIPLY +
           effort->weights * vdib__energy_of_word(storage->weights) +
           effort->states * vdib__energy_of_word(storage->states);
}

vdib__efforts vdib__efforts_of(const vdib__effort *effort, const vdib__storage *storage, double examples) {
    const double nanojoule = 1000; /* picojoules */
    return (vdib__efforts){.additions = effort->additions / examples,
                           .multiplications = effort->multiplications / examples,
                           .weights = effort->weights / examples,
                           .states = effort->states / examples,
                           .nanojoules = vdib__energy_of(effort, storage) / examples / nanojoule};
}
