/* SPDX-License-Identifier: MIT */
/* Initial weights from data (the twin's cases compare them number by number, test_twin.c): what they reach, what they
 * do not depend on, and when they are made. */
#include <math.h>

#include "core/error.h"
#include "learn/trainer.h"
#include "toy.h"

static const char *const BASE[] = {"encoder.initialisation=data", "encoder.initial_share=0.2",
                                   "encoder.initial_spread=0.75", "objective.prior_probability=0.1",
                                   "encoder.layers=[12, 9]",      NULL};

static vdib_trainer *make_trainer(const char *const *settings, const vdib_dataset *dataset) {
    vdib_config *config = toy_config(BASE);
    vdib_trainer *trainer = NULL;
    toy_set(config, settings);
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    vdib_config_destroy(config);
    return trainer;
}

static const char *const NONE[] = {NULL};

/* ---- what is reached ---- */

enum { LONG = 60 };

/* Sequences so long that the first steps, in which no neuron has an input yet, are few. */
static vdib_dataset *long_dataset(void) {
    const vdib_geometry geometry = {sizeof geometry, 1, 4, 5, LONG, TOY_CLASSES, 2, 3, 1};
    const float target[TOY_PIXELS] = {0.5F};
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    assert_ok(vdib_raster_create(TOY_CHANNELS, LONG, &raster));
    for (uint32_t i = 0; i < TOY_TRAIN; i++) {
        uint8_t dense[LONG * TOY_CHANNELS];
        vdib__key key = {.seed = 6, .purpose = VDIB_PURPOSE_STIMULUS, .example = i};
        for (uint32_t k = 0; k < LONG * TOY_CHANNELS; k++)
            dense[k] = vdib__random_uniform(&key, 0, k) < 0.25F;
        assert_ok(vdib_raster_from_dense(raster, dense));
        assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, target, i % TOY_CLASSES));
    }
    vdib_raster_destroy(raster);
    return dataset;
}

/* Runs the trainer's encoder on the first `examples` presentations one by one, with an encoder of its own. */
static void look(const vdib_trainer *trainer, const vdib_dataset *dataset, size_t examples, size_t number, bool bare,
                 size_t units, double *sums, double *squares) {
    const vdib_model *model = trainer->model;
    vdib__encoder encoder = model->encoder;
    bool readout = number == encoder.layer_count;
    vdib__encoder_workspace *workspace = NULL;
    vdib__trial *trial = NULL;
    vdib__order order;
    vdib_example *example = NULL;
    size_t blank = model->config->data.blank_steps, area = readout ? 1 : encoder.layers[number].neurons / units;
    if (bare && !readout)
        encoder.layers[number].constants.refractory_gain = 0;
    if (bare && readout)
        encoder.readout.feedback_bases = 0;
    assert_ok(vdib__order_create(dataset, model->config->seed, &order));
    assert_ok(vdib_example_create(dataset, &example));
    assert_ok(vdib__trial_create(&model->encoder, LONG + blank, blank, &trial));
    assert_ok(vdib__encoder_workspace_create(&model->encoder, 1, LONG + blank, 1, &workspace));
    for (size_t i = 0; i < examples; i++) {
        vdib__key key = {.seed = model->config->seed, .purpose = VDIB_PURPOSE_READOUT, .example = i};
        assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, vdib__order_index(&order, i), model->config->seed,
                                      VDIB_STAGE_TRAINING, i, example));
        trial->input = example->raster;
        assert_ok(
            vdib__encoder_forward(&encoder, &model->table, model->parameters, 1, workspace, &trial, &key, NULL, 1));
        for (size_t t = blank; t < LONG + blank; t++)
            for (size_t n = 0; n < units * area; n++) {
                double u =
                    (double)(readout ? trial->potentials : trial->layers[number].potentials)[t * units * area + n];
                double value = bare ? u : readout ? 1 / (1 + exp(-u)) : u >= 0;
                sums[n / area] += value;
                squares[n / area] += value * value;
            }
    }
    vdib__encoder_workspace_destroy(workspace);
    vdib__trial_destroy(trial);
    vdib_example_destroy(example);
    vdib__order_free(&order);
}

static void check_layer(const vdib_trainer *trainer, const vdib_dataset *dataset, size_t examples, size_t number,
                        double mean, double tolerance) {
    const vdib__encoder *encoder = &trainer->model->encoder;
    bool readout = number == encoder->layer_count;
    size_t units = readout ? encoder->readout.neurons : encoder->layers[number].out_channels;
    double area = readout ? 1 : (double)encoder->layers[number].neurons / (double)units;
    double sums[16] = {0}, squares[16] = {0}, counts[16] = {0}, unused[16] = {0}, n = (double)examples * LONG * area;
    double spread = 0, all = 0;
    assert_true(units <= 16);
    look(trainer, dataset, examples, number, true, units, sums, squares);
    look(trainer, dataset, examples, number, false, units, counts, unused);
    for (size_t unit = 0; unit < units; unit++) {
        double deviation = sqrt(squares[unit] / n - sums[unit] / n * (sums[unit] / n));
        assert_true(fabs(deviation - 0.75) < 1e-5);
        assert_true(fabs(counts[unit] / n - mean) < tolerance);
        spread += deviation / (double)units, all += counts[unit] / n / (double)units;
    }
    const vdib__initialised_layer *said = &trainer->initialised.of[number];
    assert_true(fabs(said->spread - spread) < 1e-6 && fabs(said->share - all) < 1e-6);
    assert_int_equal(said->silent, 0);
}

static void check_reached(const char *const *settings, size_t examples) {
    vdib_dataset *dataset = long_dataset();
    vdib_trainer *trainer = make_trainer(settings, dataset);
    assert_ok(vdib__trainer_initialise(trainer));
    size_t layers = trainer->model->encoder.layer_count;
    assert_int_equal(trainer->initialised.examples, examples);
    assert_int_equal(trainer->initialised.layers, layers);
    assert_int_equal(trainer->model->examples, 0);
    for (size_t l = 0; l < layers; l++)
        check_layer(trainer, dataset, examples, l, 0.2, 0.06);
    check_layer(trainer, dataset, examples, layers, 0.1, 0.01);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
}

/* Of 40 training examples 4 are for validation: all 36 others are looked at, or as many as asked for. */
static void spread_and_share_are_reached(void **state) {
    static const char *const convolutional[] = {"encoder.layers=[conv3k2p1m2, 9]", "data.blank_steps=2",
                                                "neuron.gain=published", "readout.feedback=lateral", NULL};
    static const char *const alone[] = {"encoder.layers=[]", "encoder.initial_examples=20", NULL};
    (void)state;
    check_reached(NONE, 36);
    check_reached(convolutional, 36);
    check_reached(alone, 20);
}

/* ---- what they do not depend on ---- */

static void same_weights(const vdib_trainer *one, const vdib_trainer *other) {
    assert_memory_equal(one->model->parameters, other->model->parameters,
                        one->model->table.total * sizeof *one->model->parameters);
}

static void bytes_depend_on_no_threads_and_no_batch(void **state) {
    static const char *const batches[] = {"learning.batch_size=7", NULL}, *const law[] = {"encoder.initialisation=law",
                                                                                          NULL};
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *one = make_trainer(NONE, dataset), *other = make_trainer(batches, dataset);
    vdib_trainer *plain = make_trainer(law, dataset);
    assert_ok(vdib_trainer_set_threads(one, 1));
    assert_ok(vdib_trainer_set_threads(other, 3));
    assert_ok(vdib__trainer_initialise(one));
    assert_ok(vdib__trainer_initialise(other));
    same_weights(one, other);
    assert_memory_not_equal(one->model->parameters, plain->model->parameters, sizeof(float) * 12);
    vdib__encoder *encoder =
        &one->model->encoder; /* the decoder, the feedback and fixed weights are those of the law */
    size_t self = one->model->table.tensors[encoder->readout.feedback].offset;
    assert_memory_equal(one->model->parameters + self, plain->model->parameters + self,
                        sizeof(float) * one->model->table.tensors[encoder->readout.feedback].count);
    size_t decoder = one->model->table.role_begin[VDIB_TENSOR_DECODER];
    assert_memory_equal(one->model->parameters + decoder, plain->model->parameters + decoder,
                        sizeof(float) * (one->model->table.total - decoder));
    assert_ok(vdib__trainer_initialise(plain));
    assert_int_equal(plain->initialised.examples, 0);
    vdib_trainer_destroy(plain);
    vdib_trainer_destroy(other);
    vdib_trainer_destroy(one);
    vdib_dataset_destroy(dataset);
}

/* Other weights of hidden layer `*user`: what they were, three times, with the other sign. */
static vdib_status give(vdib_model *model, void *user) {
    const size_t *number = user;
    const vdib__tensor *tensor = &model->table.tensors[model->encoder.layers[*number].weight];
    for (size_t i = 0; i < tensor->count; i++)
        model->parameters[tensor->offset + i] *= -3.0F;
    return VDIB_OK;
}

/* The running average of the weights begins with them. */
static void an_average_begins_with_them(void **state) {
    static const char *const averaging[] = {"learning.average_memory=0.9", NULL};
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *trainer = make_trainer(averaging, dataset);
    assert_ok(vdib__trainer_initialise(trainer));
    assert_memory_equal(trainer->averaged->parameters, trainer->model->parameters,
                        trainer->model->table.total * sizeof *trainer->model->parameters);
    assert_ok(vdib_trainer_begin(trainer, give, &(size_t){0}));
    assert_memory_equal(trainer->averaged->parameters, trainer->model->parameters,
                        trainer->model->table.total * sizeof *trainer->model->parameters);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
}

/* Neurons that no input reaches stay as they were made. */
static void silent_units_are_left(void **state) {
    const vdib_geometry geometry = {sizeof geometry, 1, 4, 5, TOY_STEPS, TOY_CLASSES, 0, 0, 0};
    static const char *const classes[] = {"data.target=class", "encoder.layers=[12]", NULL};
    char line[256];
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    (void)state;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    assert_ok(vdib_raster_create(TOY_CHANNELS, TOY_STEPS, &raster));
    for (uint32_t i = 0; i < 20; i++)
        assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, NULL, i % TOY_CLASSES));
    vdib_trainer *trainer = make_trainer(classes, dataset);
    vdib_model *law = NULL;
    assert_ok(vdib__model_copy(trainer->model, &law));
    assert_ok(vdib__trainer_initialise(trainer));
    const vdib__lif_layer *layer = &law->encoder.layers[0];
    size_t weight = law->table.tensors[layer->weight].offset, bias = law->table.tensors[layer->bias].offset;
    assert_memory_equal(trainer->model->parameters + weight, law->parameters + weight,
                        sizeof(float) * law->table.tensors[layer->weight].count);
    assert_memory_equal(trainer->model->parameters + bias, law->parameters + bias, sizeof(float) * 12);
    assert_int_equal(trainer->initialised.of[0].silent, 12);
    assert_true(trainer->initialised.of[0].scale == 0);
    vdib__initialised_line(&trainer->initialised, 0, line, sizeof line);
    assert_string_equal(line,
                        "hidden layer 0 set on 18 training examples: weights times 0, spread of potentials 0, share "
                        "of spikes 0; 12 without any input left as they were");
    vdib_model_destroy(law);
    vdib_trainer_destroy(trainer);
    vdib_raster_destroy(raster);
    vdib_dataset_destroy(dataset);
}

/* ---- when they are made ---- */

static bool after(void *user) {
    int *left = user;
    return (*left)-- <= 0;
}

static void a_cancelled_beginning_begins_anew(void **state) {
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *one = make_trainer(NONE, dataset), *other = make_trainer(NONE, dataset);
    for (int left = 1; left < 12; left += 5) { /* the first question is the step's own */
        int questions = left;
        assert_ok(vdib_trainer_on_cancel(one, after, &questions));
        assert_fails(VDIB_ERROR_CANCELLED, vdib_trainer_step(one, NULL), "stopped before training began");
        assert_false(one->is_initialised);
    }
    assert_ok(vdib_trainer_on_cancel(one, NULL, NULL));
    assert_ok(vdib__trainer_initialise(one));
    assert_ok(vdib__trainer_initialise(other));
    same_weights(one, other);
    assert_ok(vdib__trainer_initialise(one)); /* once is enough */
    same_weights(one, other);
    vdib_trainer_destroy(other);
    vdib_trainer_destroy(one);
    vdib_dataset_destroy(dataset);
}

/* A checkpoint before the first update, with and without the weights made, and one after it. */
static void a_resume_does_not_repeat_it(void **state) {
    (void)state;
    char *folder = support_folder(), path[4096];
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *whole = make_trainer(NONE, dataset);
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
    for (int i = 0; i < 2; i++)
        assert_ok(vdib_trainer_step(whole, NULL));
    for (int made = 0; made < 3; made++) {
        vdib_trainer *first = make_trainer(NONE, dataset), *second = make_trainer(NONE, dataset);
        if (made == 1)
            assert_ok(vdib__trainer_initialise(first));
        if (made == 2)
            assert_ok(vdib_trainer_step(first, NULL));
        assert_ok(vdib_trainer_checkpoint(first, path));
        assert_ok(vdib_trainer_resume(second, path));
        assert_int_equal(second->is_initialised, made > 0);
        for (int i = 0; i < (made == 2 ? 1 : 2); i++)
            assert_ok(vdib_trainer_step(second, NULL));
        assert_int_equal(second->initialised.examples, made > 0 ? 0 : 36);
        same_weights(whole, second);
        vdib_trainer_destroy(second);
        vdib_trainer_destroy(first);
    }
    vdib_trainer_destroy(whole);
    vdib_dataset_destroy(dataset);
    support_folder_remove(folder);
}

static vdib_status give_and_fail(vdib_model *model, void *user) {
    VDIB_TRY(give(model, user));
    return vdib__fail(VDIB_ERROR_DATA, "not these");
}

/* What stands above a given layer reads other spikes than those that it was set by. */
static void layers_above_given_ones_are_set_again(void **state) {
    (void)state;
    for (size_t number = 0; number < 2; number++) {
        char line[256];
        vdib_dataset *dataset = long_dataset();
        vdib_trainer *trainer = make_trainer(NONE, dataset), *plain = make_trainer(NONE, dataset);
        const vdib_model *model = trainer->model;
        assert_ok(vdib__trainer_initialise(plain));
        assert_fails(VDIB_ERROR_DATA, vdib_trainer_begin(trainer, give_and_fail, &number), "not these");
        same_weights(trainer, plain);
        assert_ok(vdib_trainer_begin(trainer, give, &number));
        for (size_t l = 0; l < 2; l++) {
            const vdib__tensor *tensor = &model->table.tensors[model->encoder.layers[l].weight];
            float factor = l == number ? -3.0F : 1.0F;
            assert_int_equal(trainer->initialised.of[l].given, l == number);
            for (size_t i = 0; i < tensor->count && l <= number; i++)
                assert_true(model->parameters[tensor->offset + i] ==
                            factor * plain->model->parameters[tensor->offset + i]);
            if (l > number)
                check_layer(trainer, dataset, 36, l, 0.2, 0.06);
        }
        check_layer(trainer, dataset, 36, 2, 0.1, 0.01);
        assert_memory_equal(trainer->best->parameters, model->parameters, model->table.total * sizeof(float));
        vdib__initialised_line(&trainer->initialised, number, line, sizeof line);
        assert_non_null(strstr(line, "begins with weights that were given"));
        vdib_trainer_destroy(plain);
        vdib_trainer_destroy(trainer);
        vdib_dataset_destroy(dataset);
    }
}

/* Sequences without an end are looked at in the order of their presentations. */
static void sequences_are_looked_at(void **state) {
    static const char *const settings[] = {"data.input=blobs",     "data.target=units", "learning.schedule=online",
                                           "decoder.window=3",     "data.steps=20",     "encoder.initial_examples=9",
                                           "data.test_examples=3", "decoder=linear",    NULL};
    (void)state;
    vdib_config *config = toy_config(BASE);
    vdib_dataset *dataset = NULL;
    vdib_trainer *trainer = NULL;
    toy_set(config, settings);
    assert_ok(vdib_dataset_open(NULL, config, &dataset));
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    assert_ok(vdib_trainer_step(trainer, NULL));
    assert_int_equal(trainer->initialised.examples, 9);
    assert_true(fabs(trainer->initialised.of[0].share - 0.2) < 0.05);
    assert_true(fabs(trainer->initialised.of[2].share - 0.1) < 0.01);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spread_and_share_are_reached),      cmocka_unit_test(bytes_depend_on_no_threads_and_no_batch),
        cmocka_unit_test(an_average_begins_with_them),       cmocka_unit_test(silent_units_are_left),
        cmocka_unit_test(a_cancelled_beginning_begins_anew), cmocka_unit_test(a_resume_does_not_repeat_it),
        cmocka_unit_test(sequences_are_looked_at),           cmocka_unit_test(layers_above_given_ones_are_set_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
