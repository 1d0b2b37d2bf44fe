/* SPDX-License-Identifier: MIT */
#include "eval/activity.h"

#include <math.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/sum.h"
#include "encoder/layers.h"

/* A layer's neurons as bits: who has spiked, and who has been still, in some data step so far. */
typedef struct layer_bits {
    uint64_t *spiked, *still; /* (words) */
    size_t neurons, words;
} layer_bits;

/* Sums of one decoded value over examples: of the value, of its square. */
enum { VALUE, SQUARE, MOMENTS };

struct vdib__activity {
    /* parameters */
    size_t layers, readouts, outputs; /* outputs 0: step by step */
    bool taught;
    /* state */
    layer_bits hidden[VDIB_ENCODER_LAYERS];
    uint64_t *readout_spikes;        /* (readouts) */
    vdib__sum *decoded, *wanted;     /* (outputs, MOMENTS) */
    uint64_t examples, steps, empty; /* empty: examples without an input spike */
};

static vdib_status create_layer(size_t neurons, layer_bits *layer) {
    layer->neurons = neurons;
    layer->words = vdib__words(neurons);
    VDIB_TRY(VDIB_NEW(&layer->spiked, layer->words));
    return VDIB_NEW(&layer->still, layer->words);
}

static vdib_status create_arrays(const vdib__walk *walk, vdib__activity *activity) {
    const vdib__encoder *encoder = &walk->model->encoder;
    activity->layers = encoder->layer_count;
    activity->readouts = vdib__model_sends_spikes(walk->model) ? encoder->readout.neurons : 0;
    activity->taught = vdib__choice_is(walk->model->config->learning.estimator, "taught");
    activity->outputs = walk->task->by_step ? 0 : walk->model->outputs;
    for (size_t l = 0; l < activity->layers; l++)
        VDIB_TRY(create_layer(encoder->layers[l].outputs, &activity->hidden[l]));
    VDIB_TRY(VDIB_NEW(&activity->readout_spikes, activity->readouts));
    VDIB_TRY(VDIB_NEW(&activity->decoded, activity->outputs * MOMENTS));
    return VDIB_NEW(&activity->wanted, activity->outputs * MOMENTS);
}

vdib_status vdib__activity_create(const vdib__walk *walk, vdib__activity **activity) {
    vdib__activity *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = create_arrays(walk, made);
    if (status != VDIB_OK) {
        vdib__activity_destroy(made);
        return status;
    }
    *activity = made;
    return VDIB_OK;
}

void vdib__activity_destroy(vdib__activity *activity) {
    if (activity == NULL)
        return;
    for (size_t l = 0; l < VDIB_ENCODER_LAYERS; l++) {
        vdib__free(activity->hidden[l].spiked);
        vdib__free(activity->hidden[l].still);
    }
    vdib__free(activity->readout_spikes);
    vdib__free(activity->decoded);
    vdib__free(activity->wanted);
    vdib__free(activity);
}

/* Blank steps come before the input and do not count. */
static void add_layer(layer_bits *layer, const vdib__trial *trial, size_t number) {
    for (size_t t = trial->blank_steps; t < trial->steps; t++) {
        const uint64_t *spikes = trial->layers[number].spikes + t * layer->words;
        for (size_t w = 0; w < layer->words; w++) {
            layer->spiked[w] |= spikes[w];
            layer->still[w] |= ~spikes[w];
        }
    }
}

static void add_readout(vdib__activity *activity, const vdib_raster *readout) {
    size_t steps = vdib_raster_steps(readout);
    for (size_t t = 0; t < steps; t++) {
        const uint32_t *neurons = NULL;
        size_t count = vdib_raster_at(readout, t, &neurons);
        for (size_t k = 0; k < count; k++)
            activity->readout_spikes[neurons[k]]++;
    }
    activity->steps += steps;
}

static void add_value(vdib__sum *moments, double value) {
    vdib__sum_add(&moments[VALUE], value);
    vdib__sum_add(&moments[SQUARE], value * value);
}

static void add_outputs(vdib__activity *activity, const vdib__walk *walk, size_t i) {
    const vdib_example *example = walk->examples[i];
    bool classes = walk->model->head->classes;
    for (size_t o = 0; o < activity->outputs; o++) {
        add_value(activity->decoded + o * MOMENTS, walk->outputs[i * activity->outputs + o]);
        add_value(activity->wanted + o * MOMENTS,
                  classes ? (example->label == o ? 1.0 : 0.0) : (double)example->target[o]);
    }
}

void vdib__activity_add(vdib__activity *activity, const vdib__walk *walk) {
    for (size_t i = 0; i < walk->count; i++) {
        const vdib__trial *trial = walk->task->trial(walk, i);
        for (size_t l = 0; l < activity->layers; l++)
            add_layer(&activity->hidden[l], trial, l);
        add_readout(activity, trial->readout);
        activity->empty += vdib_raster_spikes(walk->examples[i]->raster) == 0;
        if (activity->outputs > 0)
            add_outputs(activity, walk, i);
    }
    activity->examples += walk->count;
}

vdib_status vdib__activity_share(vdib__activity *activity, vdib__ranks *ranks) {
    uint64_t *counts[] = {&activity->examples, &activity->steps, &activity->empty};
    for (size_t l = 0; l < activity->layers; l++) {
        const layer_bits *layer = &activity->hidden[l];
        VDIB_TRY(vdib__ranks_unite(ranks, layer->spiked, layer->words));
        VDIB_TRY(vdib__ranks_unite(ranks, layer->still, layer->words));
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        VDIB_TRY(vdib__ranks_count_up(ranks, counts[i], 1));
    VDIB_TRY(vdib__ranks_count_up(ranks, activity->readout_spikes, activity->readouts));
    VDIB_TRY(vdib__ranks_sum(ranks, activity->decoded, activity->outputs * MOMENTS));
    return vdib__ranks_sum(ranks, activity->wanted, activity->outputs * MOMENTS);
}

static vdib__layer_activity sum_up_layer(const layer_bits *layer) {
    size_t silent = 0, saturated = 0;
    for (size_t i = 0; i < layer->neurons; i++) {
        uint64_t bit = (uint64_t)1 << i % 64;
        silent += (layer->spiked[i / 64] & bit) == 0;
        saturated += (layer->still[i / 64] & bit) == 0;
    }
    return (vdib__layer_activity){(double)silent / (double)layer->neurons, (double)saturated / (double)layer->neurons};
}

/* Mean over values of the standard deviation over examples. */
static double spread(const vdib__sum *moments, size_t count, double examples) {
    double sum = 0;
    for (size_t o = 0; o < count; o++) {
        double mean = vdib__sum_value(&moments[o * MOMENTS + VALUE]) / examples,
               variance = vdib__sum_value(&moments[o * MOMENTS + SQUARE]) / examples - mean * mean;
        sum += variance > 0 ? sqrt(variance) : 0;
    }
    return count > 0 ? sum / (double)count : NAN;
}

vdib__activity_summary vdib__activity_sum_up(const vdib__activity *activity) {
    vdib__activity_summary s = {.layers = activity->layers, .taught = activity->taught, .examples = activity->examples};
    size_t silent = 0;
    uint64_t spikes = 0;
    for (size_t l = 0; l < activity->layers; l++)
        s.hidden[l] = sum_up_layer(&activity->hidden[l]);
    for (size_t i = 0; i < activity->readouts; i++) {
        silent += activity->readout_spikes[i] == 0;
        spikes += activity->readout_spikes[i];
    }
    s.input_silent = (double)activity->empty / (double)activity->examples;
    s.readout_silent = (double)silent / (double)activity->readouts;
    s.readout_density = (double)spikes / ((double)activity->readouts * (double)activity->steps);
    s.output_spread = spread(activity->decoded, activity->outputs, (double)activity->examples);
    s.target_spread = spread(activity->wanted, activity->outputs, (double)activity->examples);
    return s;
}
