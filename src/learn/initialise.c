/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/raster.h"
#include "core/text.h"
#include "core/threads.h"
#include "learn/initialisation.h"

static const vdib__initialisation law = {
    .choice = {.name = "law", .help = "uniform numbers whose bounds follow from the shapes"}};
static const vdib__initialisation data = {
    .choice = {.name = "data",
               .help = "the same, scaled and shifted on training examples to initial_spread and initial_share"},
    .from_data = true};
static const vdib__choice *const rows[] = {&law.choice, &data.choice};
const vdib__choices vdib__initialisations = VDIB_CHOICES(rows);

/* Of potentials that never vary but for rounding. */
static const double SMALLEST_SPREAD = 1e-9;

enum { TOGETHER = 32, ROUNDS = 3 };

/* The standard deviation of a logistic variable of scale 1 is pi / sqrt(3): its quantiles are those of potentials of a
 * given spread, about. */
static const double SCALE_OF_SPREAD = 0.55132889542179204;

/* A layer whose potentials are looked at. */
typedef struct target {
    size_t number;       /* layer_count: the readout */
    size_t units, area;  /* biases; neurons of each */
    double spread, mean; /* wanted: standard deviation, and share of spikes or mean of sigma(u) */
    double slope;        /* du for a change of the logit of the mean */
    double threshold;    /* that potentials are less by */
    double reach;        /* du of a bias in the long run */
} target;

typedef struct work {
    vdib_model *model;
    const vdib_dataset *dataset;
    vdib__order *order;
    int threads;
    vdib_cancelled *cancelled;
    void *user;
    size_t count, steps, capacity; /* examples, their data steps, how many are run at once */
    vdib__batch *batch;
    vdib_example *examples[TOGETHER];
    const vdib_raster *inputs[TOGETHER];
    uint64_t presentations[TOGETHER];
    double *sums, *squares, *means; /* (most units of a layer) */
} work;

size_t vdib__initialise_together(const vdib_model *model, size_t steps) {
    return vdib__batch_room(model, TOGETHER, steps);
}

/* ---- examples ---- */

typedef struct fetching {
    work *work;
    const size_t *indices;
    vdib__failure *failure;
} fetching;

static void fetch_task(const void *context, size_t i, size_t slot) {
    const fetching *f = context;
    work *w = f->work;
    (void)slot;
    vdib__failure_note(f->failure, i,
                       vdib__dataset_fetch(w->dataset, VDIB_SPLIT_TRAIN, f->indices[i], w->model->config->seed,
                                           VDIB_STAGE_TRAINING, w->presentations[i], w->examples[i]));
    w->inputs[i] = w->examples[i]->raster;
}

/* Presentations [first, first + count), the same as training will show. */
static vdib_status fetch(work *w, size_t first, size_t count) {
    size_t indices[TOGETHER];
    vdib__failure failure;
    const fetching f = {.work = w, .indices = indices, .failure = &failure};
    if (w->cancelled != NULL && w->cancelled(w->user))
        return vdib__fail(VDIB_ERROR_CANCELLED, "stopped before training began");
    for (size_t i = 0; i < count; i++) {
        w->presentations[i] = first + i;
        indices[i] = vdib__order_index(w->order, first + i);
    }
    vdib__failure_init(&failure);
    vdib__parallel(w->threads, count, fetch_task, &f);
    VDIB_TRY(vdib__failure_raise(&failure));
    for (size_t i = 0; i < count; i++)
        if (vdib_raster_steps(w->inputs[i]) != w->steps)
            return vdib__fail(VDIB_ERROR_DATA,
                              "training example %zu has %zu step%s, the first one %zu; all must have "
                              "the same",
                              indices[i], vdib_raster_steps(w->inputs[i]), vdib__s(vdib_raster_steps(w->inputs[i])),
                              w->steps);
    return VDIB_OK;
}

/* ---- sums over examples, steps and the neurons of a unit ---- */

typedef void gather(const work *w, const target *of, const vdib__trial *trial);

static const float *potentials_of(const work *w, const target *of, const vdib__trial *trial) {
    bool readout = of->number == w->model->encoder.layer_count;
    const float *all = readout ? trial->potentials : trial->layers[of->number].potentials;
    return all + trial->blank_steps * of->units * of->area;
}

static void gather_moments(const work *w, const target *of, const vdib__trial *trial) {
    const float *u = potentials_of(w, of, trial);
    for (size_t t = 0; t < w->steps; t++)
        for (size_t unit = 0; unit < of->units; unit++)
            for (size_t i = 0; i < of->area; i++, u++) {
                w->sums[unit] += (double)*u;
                w->squares[unit] += (double)*u * (double)*u;
            }
}

static void gather_spikes(const work *w, const target *of, const vdib__trial *trial) {
    const float *u = potentials_of(w, of, trial);
    for (size_t t = 0; t < w->steps; t++)
        for (size_t unit = 0; unit < of->units; unit++)
            for (size_t i = 0; i < of->area; i++, u++)
                w->sums[unit] += *u >= 0.0F;
}

static void gather_probabilities(const work *w, const target *of, const vdib__trial *trial) {
    const float *p = trial->probabilities + trial->blank_steps * of->units;
    for (size_t t = 0; t < w->steps; t++)
        for (size_t unit = 0; unit < of->units; unit++, p++)
            w->sums[unit] += (double)*p;
}

/* Runs the encoder up to the layer, `bare`: without the refractory trace or the feedback of the layer itself. */
static vdib_status run(const work *w, const target *of, bool bare, size_t count) {
    vdib_model *model = w->model;
    vdib__encoder encoder = model->encoder; /* shares all that it points to */
    if (of->number < encoder.layer_count) {
        encoder.layers[of->number].bare = bare;
        if (bare) {
            encoder.layers[of->number].constants.refractory_gain = 0.0F;
            encoder.layers[of->number].constants.reset_at = INFINITY;
        }
        return vdib__encoder_forward_hidden(&encoder, &model->table, model->parameters, w->threads,
                                            w->batch->encoder_workspace, w->batch->trials, count, of->number + 1);
    }
    if (bare)
        encoder.readout.feedback_bases = 0;
    return vdib__encoder_forward(&encoder, &model->table, model->parameters, w->threads, w->batch->encoder_workspace,
                                 w->batch->trials, w->batch->keys, NULL, count);
}

/* sums, squares (units) of all examples. */
static vdib_status measure(work *w, const target *of, bool bare, gather *each) {
    memset(w->sums, 0, of->units * sizeof *w->sums);
    memset(w->squares, 0, of->units * sizeof *w->squares);
    for (size_t first = 0; first < w->count; first += w->capacity) {
        size_t count = w->count - first < w->capacity ? w->count - first : w->capacity;
        VDIB_TRY(fetch(w, first, count));
        for (size_t i = 0; i < count; i++) {
            w->batch->trials[i]->input = w->inputs[i];
            w->batch->keys[i] = (vdib__key){.seed = w->model->config->seed,
                                            .purpose = VDIB_PURPOSE_READOUT,
                                            .stage = VDIB_STAGE_TRAINING,
                                            .example = first + i};
        }
        VDIB_TRY(run(w, of, bare, count));
        for (size_t i = 0; i < count; i++)
            each(w, of, w->batch->trials[i]);
    }
    return VDIB_OK;
}

/* Numbers that are summed for a unit. */
static double terms(const work *w, const target *of) {
    return (double)w->count * (double)w->steps * (double)of->area;
}

static double deviation(const work *w, const target *of, size_t unit) {
    double mean = w->sums[unit] / terms(w, of), square = w->squares[unit] / terms(w, of) - mean * mean;
    return square > 0 ? vdib__sqrt(square) : 0;
}

/* ---- weights and biases ---- */

static double logit(double p) {
    return vdib__log(p) - vdib__log(1.0 - p);
}

/* The weights of one unit times `factor`: one column of (NX, NH) or (NX, K, NY), or one kernel of a convolution. */
static void scale_weights(work *w, const target *of, size_t unit, double factor) {
    vdib_model *model = w->model;
    bool readout = of->number == model->encoder.layer_count;
    const vdib__lif_layer *layer = &model->encoder.layers[of->number < model->encoder.layer_count ? of->number : 0];
    const vdib__tensor *tensor = &model->table.tensors[readout ? model->encoder.readout.weight : layer->weight];
    bool whole = !readout && layer->convolutional;
    size_t count = tensor->count / of->units, stride = whole ? 1 : of->units, begin = whole ? unit * count : unit;
    float *weights = model->parameters + tensor->offset + begin;
    for (size_t i = 0; i < count; i++)
        weights[i * stride] = (float)((double)weights[i * stride] * factor);
}

static float *biases_of(work *w, const target *of) {
    const vdib__encoder *encoder = &w->model->encoder;
    size_t tensor = of->number < encoder->layer_count ? encoder->layers[of->number].bias : encoder->readout.bias;
    return w->model->parameters + w->model->table.tensors[tensor].offset;
}

/* Weights to the spread; biases where a logistic variable of that spread, or a probability, has the mean. */
static vdib_status scale_units(work *w, const target *of, vdib__initialised_layer *made) {
    float *biases = biases_of(w, of);
    double scales = 0;
    VDIB_TRY(measure(w, of, true, gather_moments));
    for (size_t unit = 0; unit < of->units; unit++) {
        double spread = deviation(w, of, unit), mean = w->sums[unit] / terms(w, of);
        double factor = spread > 0 ? of->spread / spread : 0;
        w->means[unit] = factor;
        if (!(factor > 0 && spread > SMALLEST_SPREAD)) {
            w->means[unit] = 0;
            made->silent++;
            continue;
        }
        scale_weights(w, of, unit, factor);
        double driven = mean - of->reach * (double)biases[unit] + of->threshold;
        biases[unit] = (float)((-factor * driven + of->slope * logit(of->mean) + of->threshold) / of->reach);
        scales += factor;
    }
    made->scale = made->silent < of->units ? scales / (double)(of->units - made->silent) : 0;
    return VDIB_OK;
}

/* Biases moved by what the logit of the mean lacks. */
static vdib_status shift_units(work *w, const target *of, gather *each) {
    float *biases = biases_of(w, of);
    double n = terms(w, of), least = 0.5 / n;
    VDIB_TRY(measure(w, of, false, each));
    for (size_t unit = 0; unit < of->units; unit++) {
        double mean = w->sums[unit] / n;
        mean = mean < least ? least : mean > 1.0 - least ? 1.0 - least : mean;
        if (w->means[unit] > 0)
            biases[unit] = (float)((double)biases[unit] + of->slope * (logit(of->mean) - logit(mean)) / of->reach);
    }
    return VDIB_OK;
}

/* What was reached: the means over the units that were set. */
static vdib_status verify(work *w, const target *of, gather *each, vdib__initialised_layer *made) {
    double spread = 0, share = 0, units = (double)(of->units - made->silent);
    VDIB_TRY(measure(w, of, true, gather_moments));
    for (size_t unit = 0; unit < of->units; unit++)
        spread += w->means[unit] > 0 ? deviation(w, of, unit) : 0;
    VDIB_TRY(measure(w, of, false, each));
    for (size_t unit = 0; unit < of->units; unit++)
        share += w->means[unit] > 0 ? w->sums[unit] / terms(w, of) : 0;
    made->spread = units > 0 ? spread / units : 0;
    made->share = units > 0 ? share / units : 0;
    return VDIB_OK;
}

/* The bias of neurons that are reset is a current: it goes through both filters, whose sums these are. A membrane that
 * does not leak has half of the steps behind it, on average. */
static double reach_of(const vdib__lif_layer *layer, size_t steps) {
    const vdib__lif_constants *c = &layer->constants;
    double leak = 1.0 - (double)c->membrane_decay;
    return (double)c->synaptic_gain / (1.0 - (double)c->synaptic_decay) * (double)c->membrane_gain /
           (leak > 0.0 ? leak : 2.0 / (double)steps);
}

static vdib_status set_layer(work *w, size_t number, vdib__initialised_layer *made) {
    const vdib__encoder *encoder = &w->model->encoder;
    const vdib_config *config = w->model->config;
    bool readout = number == encoder->layer_count;
    target of = {.number = number,
                 .units = readout ? encoder->readout.neurons : encoder->layers[number].out_channels,
                 .area = readout ? 1 : encoder->layers[number].neurons / encoder->layers[number].out_channels,
                 .spread = config->encoder.initial_spread,
                 .mean = readout ? config->objective.prior_probability : config->encoder.initial_share};
    of.slope = readout ? 1.0 : SCALE_OF_SPREAD * of.spread;
    of.reach = 1.0;
    if (!readout && encoder->layers[number].resets) {
        of.threshold = (double)vdib__lif_threshold(&encoder->layers[number]);
        of.reach = reach_of(&encoder->layers[number], w->steps);
    }
    gather *each = readout ? gather_probabilities : gather_spikes;
    *made = (vdib__initialised_layer){0};
    VDIB_TRY(scale_units(w, &of, made));
    for (int round = 0; round < ROUNDS; round++)
        VDIB_TRY(shift_units(w, &of, each));
    return verify(w, &of, each, made);
}

/* ---- all layers ---- */

static size_t most_units(const vdib__encoder *encoder) {
    size_t most = encoder->readout.neurons;
    for (size_t l = 0; l < encoder->layer_count; l++)
        most = encoder->layers[l].out_channels > most ? encoder->layers[l].out_channels : most;
    return most;
}

static vdib_status make_buffers(work *w) {
    const vdib_model *model = w->model;
    size_t units = most_units(&model->encoder);
    VDIB_TRY(vdib_example_create(w->dataset, &w->examples[0]));
    w->presentations[0] = 0;
    VDIB_TRY(vdib__dataset_fetch(w->dataset, VDIB_SPLIT_TRAIN, vdib__order_index(w->order, 0), model->config->seed,
                                 VDIB_STAGE_TRAINING, 0, w->examples[0]));
    w->steps = vdib_raster_steps(w->examples[0]->raster);
    w->capacity = vdib__initialise_together(model, w->steps);
    for (size_t i = 1; i < w->capacity; i++)
        VDIB_TRY(vdib_example_create(w->dataset, &w->examples[i]));
    VDIB_TRY(VDIB_NEW(&w->sums, units));
    VDIB_TRY(VDIB_NEW(&w->squares, units));
    VDIB_TRY(VDIB_NEW(&w->means, units));
    return vdib__batch_create(model, w->capacity, 1, w->steps, w->threads, &w->batch);
}

static void free_buffers(work *w) {
    vdib__batch_destroy(w->batch);
    vdib__free(w->means);
    vdib__free(w->squares);
    vdib__free(w->sums);
    for (size_t i = 0; i < TOGETHER; i++)
        vdib_example_destroy(w->examples[i]);
}

/* The first layer that reads what others give now than when it was set: the one above the lowest given one. */
static size_t first_layer(const bool *given, vdib__initialised *made) {
    size_t first = 0;
    while (given != NULL && first < made->layers && !given[first])
        first++;
    for (size_t l = 0; l <= made->layers && given != NULL; l++)
        made->of[l].given = given[l];
    return first;
}

vdib_status vdib__initialise(vdib_model *model, const vdib_dataset *dataset, vdib__order *order, int threads,
                             vdib_cancelled *cancelled, void *user, const bool *given, vdib__initialised *made) {
    size_t size = vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN);
    work w = {.model = model,
              .dataset = dataset,
              .order = order,
              .threads = threads,
              .cancelled = cancelled,
              .user = user,
              .count = model->config->encoder.initial_examples};
    w.count = size > 0 && size < w.count ? size : w.count; /* data without an end have no size */
    if (given == NULL) {
        *made = (vdib__initialised){0};
        vdib__model_initialise(model);
    }
    made->examples = w.count;
    made->layers = model->encoder.layer_count;
    vdib_status status = make_buffers(&w);
    for (size_t l = first_layer(given, made); l <= made->layers && status == VDIB_OK; l++)
        if (!made->of[l].given)
            status = set_layer(&w, l, &made->of[l]);
    free_buffers(&w);
    return status;
}

void vdib__initialised_line(const vdib__initialised *made, size_t layer, char *text, size_t size) {
    const vdib__initialised_layer *of = &made->of[layer];
    char name[48], silent[96] = "";
    if (layer < made->layers)
        snprintf(name, sizeof name, "hidden layer %zu", layer);
    else
        snprintf(name, sizeof name, "readout");
    if (of->given) {
        vdib__format(text, size, "%s begins with weights that were given", name);
        return;
    }
    if (of->silent > 0)
        snprintf(silent, sizeof silent, "; %zu without any input left as they were", of->silent);
    vdib__format(text, size,
                 "%s set on %zu training example%s: weights times %.4g, spread of potentials %.4g, %s %.4g%s", name,
                 made->examples, vdib__s(made->examples), of->scale, of->spread,
                 layer < made->layers ? "share of spikes" : "mean probability", of->share, silent);
}
