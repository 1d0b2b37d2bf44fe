/* SPDX-License-Identifier: MIT */
/* learning.estimator=rate-target: neurons spike for their class, whatever the decoder says. */
#include "learn/toy_training.h"

#include <math.h>

static const char *const teaching[] = {"learning.estimator=rate-target", "learning.target_on=0.8",
                                       "learning.target_off=0.05", "training.examples=600", NULL};

static vdib_trainer *trained(const char *const *settings, const vdib_dataset *dataset) {
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    vdib_progress now;
    toy_set(config, teaching);
    toy_set(config, settings);
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    toy_finish(trainer, &now);
    vdib_config_destroy(config);
    return trainer;
}

/* Spikes a neuron and step over the test examples of a class, of the neurons [begin, end). */
static double density(const vdib_model *model, const vdib_dataset *dataset, uint32_t class, size_t begin, size_t end) {
    vdib_example *example = NULL;
    double spikes = 0, cells = 0;
    assert_ok(vdib_example_create(dataset, &example));
    for (size_t i = 0; i < TOY_TEST; i++) {
        vdib_raster *readout = NULL;
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 0, example));
        if (example->label != class)
            continue;
        assert_ok(vdib_model_encode(model, example->raster, 1, i, &readout));
        for (size_t t = 0; t < TOY_STEPS; t++) {
            const uint32_t *neurons = NULL;
            size_t count = vdib_raster_at(readout, t, &neurons);
            for (size_t k = 0; k < count; k++)
                spikes += neurons[k] >= begin && neurons[k] < end;
            cells += (double)(end - begin);
        }
        vdib_raster_destroy(readout);
    }
    vdib_example_destroy(example);
    return spikes / cells;
}

static void neurons_spike_for_their_class(void **state) {
    (void)state;
    static const char *const episode[] = {NULL}, *const draws[] = {"learning.draws=3", NULL};
    static const char *const online[] = {"learning.schedule=online", "decoder.window=2",
                                         "learning.encoder_learning_rate=0.003", NULL};
    const char *const *const ways[] = {episode, draws, online};
    vdib_dataset *dataset = toy_dataset(true);
    for (size_t way = 0; way < 3; way++) {
        vdib_trainer *trainer = trained(ways[way], dataset);
        const vdib_model *model = vdib_trainer_model(trainer);
        for (uint32_t class = 0; class < TOY_CLASSES; class ++) { /* 8 neurons: 4 for each class */
            double own = density(model, dataset, class, 4 * class, 4 * class + 4);
            double others = density(model, dataset, class, 4 - 4 * class, 8 - 4 * class);
            if (!(own > 0.5 && others < 0.6 * own))
                fail_msg("class %u: %.3f of its own neurons, %.3f of the others", (unsigned)class, own, others);
        }
        vdib_trainer_destroy(trainer);
    }
    vdib_dataset_destroy(dataset);
}

/* The decoder's rate and the price of the rate are nothing to the encoder. */
/* Spikes of the neurons of the classes that stand in their steps, and of a neuron of any class, in the scored steps of
 * the first test sequence. */
static void count_by_step(const vdib_trainer *trainer, const vdib_dataset *dataset, double *own, double *any) {
    const vdib_model *model = vdib_trainer_model(trainer);
    vdib_example *example = NULL;
    vdib_raster *readout = NULL;
    assert_ok(vdib_example_create(dataset, &example));
    assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 0, 0, example));
    assert_ok(vdib_model_encode(model, example->raster, 1, 0, &readout));
    size_t neurons = model->encoder.readout.neurons;
    *own = *any = 0;
    for (size_t t = vdib_raster_steps(readout) - 40; t < vdib_raster_steps(readout); t++) {
        const uint32_t *spikes = NULL;
        size_t count = vdib_raster_at(readout, t, &spikes);
        for (size_t k = 0; k < count; k++)
            *own += spikes[k] == example->step_labels[t];
        *any += (double)count / (double)neurons;
    }
    vdib_raster_destroy(readout);
    vdib_example_destroy(example);
}

/* A neuron for each pair of units: it is to spike in the steps of its pair, whatever the sequence began with. */
static void each_step_teaches_its_own_class(void **state) {
    (void)state;
    static const char *const settings[] = {"data.input=blobs",
                                           "data.target=units",
                                           "data.steps=60",
                                           "data.test_steps=60",
                                           "data.test_examples=1",
                                           "decoder=linear",
                                           "decoder.window=2",
                                           "encoder.layers=[]",
                                           "encoder.readouts=210",
                                           "readout.bases=1",
                                           "readout.filter_steps=1",
                                           "learning.schedule=online",
                                           "learning.batch_size=4",
                                           "learning.encoder_learning_rate=0.02",
                                           "learning.target_off=0.005",
                                           NULL};
    double own = 0, any = 0;
    if (SUPPORT_SANITIZED) { /* half a minute; learn-twin trains online under them, with each estimator */
        print_message("not learnt under the sanitizers\n");
        skip();
    }
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_dataset *dataset = NULL;
    toy_set(config, teaching);
    toy_set(config, settings);
    assert_ok(vdib_dataset_open(NULL, config, &dataset));
    vdib_config_destroy(config);
    vdib_trainer *trainer = trained(settings, dataset);
    count_by_step(trainer, dataset, &own, &any);
    print_message("of 40 steps %g have a spike of their class; a neuron has %g spikes\n", own, any);
    assert_true(own > 12 && own > 4 * any);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(dataset);
}

static void the_encoder_learns_nothing_else(void **state) {
    (void)state;
    static const char *const usual[] = {NULL}, *const other[] = {"objective.beta=3", "decoder.hidden=9",
                                                                 "decoder.head=gaussian", NULL};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_trainer *a = trained(usual, dataset), *b = trained(other, dataset);
    for (size_t i = 0; i < a->model->table.count; i++) {
        const vdib__tensor *t = &a->model->table.tensors[i];
        if (t->role == VDIB_TENSOR_ENCODER)
            assert_memory_equal(a->model->parameters + t->offset, b->model->parameters + t->offset,
                                t->count * sizeof(float));
    }
    vdib_trainer_destroy(b), vdib_trainer_destroy(a);
    vdib_dataset_destroy(dataset);
}

static void refuse(const char *const *settings, const vdib_dataset *dataset, vdib_status status, const char *part) {
    vdib_config *config = toy_config(TOY_STRAIGHT);
    vdib_trainer *trainer = NULL;
    toy_set(config, teaching);
    toy_set(config, settings);
    assert_fails(status, vdib_trainer_create(config, dataset, &trainer), part);
    assert_null(trainer);
    vdib_config_destroy(config);
}

static void classes_without_a_neuron_are_refused(void **state) {
    (void)state;
    static const char *const one[] = {"encoder.readouts=1", NULL}, *const none[] = {NULL};
    static const char *const counts[] = {"encoder.type=counts", NULL}, *const batch[] = {"learning.baseline=batch",
                                                                                         NULL};
    const vdib_geometry geometry = {sizeof geometry, 1, 4, 5, TOY_STEPS, 1, 2, 3, 1};
    const float target[TOY_PIXELS] = {0};
    vdib_dataset *dataset = toy_dataset(true), *nameless = NULL;
    vdib_raster *raster = NULL;
    assert_ok(vdib_dataset_create(&geometry, &nameless));
    assert_ok(vdib_raster_create(TOY_CHANNELS, TOY_STEPS, &raster));
    for (int i = 0; i < 20; i++)
        assert_ok(vdib_dataset_add(nameless, VDIB_SPLIT_TRAIN, raster, target, 0));
    refuse(one, dataset, VDIB_ERROR_CONFIG, "each of the 2 classes; encoder.readouts is 1");
    refuse(none, nameless, VDIB_ERROR_DATA, "the data have 1;");
    refuse(counts, dataset, VDIB_ERROR_CONFIG, "there is no encoder that could have targets");
    refuse(batch, dataset, VDIB_ERROR_CONFIG, "learning.baseline none");
    vdib_raster_destroy(raster);
    vdib_dataset_destroy(nameless), vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neurons_spike_for_their_class),
        cmocka_unit_test(each_step_teaches_its_own_class),
        cmocka_unit_test(the_encoder_learns_nothing_else),
        cmocka_unit_test(classes_without_a_neuron_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
