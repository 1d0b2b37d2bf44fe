/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_REPORT_OUTPUTS_H
#define VDIB_TESTS_REPORT_OUTPUTS_H
/* The runs of test_outputs.c: a small one for every kind of task, and what the report must call its figures. */

#include "support.h"

#include "core/random.h"
#include "vdib/vdib.h"

enum {
    OUTPUTS_CHANNELS = 24,
    OUTPUTS_STEPS = 9,
    OUTPUTS_CLASSES = 4,
    OUTPUTS_SIDE = 16,
    OUTPUTS_TRAIN = 44,
    OUTPUTS_TEST = 37,
    OUTPUTS_EVERY = 120,  /* examples between validations */
    OUTPUTS_BREAK = 240,  /* examples between checkpoints; after the first one the run is resumed */
    OUTPUTS_POINTS = 1000 /* most points of a curve */
};

/* A row of the report's table, or a tile: what it must say of the figure `name`. */
typedef struct outputs_row {
    const char *name, *label, *unit;
    const char *error; /* the figure behind the plus-minus sign, or NULL */
} outputs_row;

typedef struct outputs_case {
    const char *const *settings;
    uint64_t examples;
    size_t batch;
    bool images, vectors, stepwise; /* what is decoded; else the class */
    bool judged;
    bool still; /* learning rates so small that no weight moves: best and last model are the same */
    const outputs_row *rows, *tiles;
} outputs_case;

#define OUTPUTS_COMMON_ROWS(per, sequence)                                                                             \
    {"distortion_nats", "Distortion", "nats per " per, NULL}, {"rate_bits", "Rate", "bits per " per, NULL},            \
        {"rate_bits_sampled", "Rate, sampled", "bits per " per, NULL},                                                 \
        {"spikes_per_example", "Readout spikes", "spikes per " sequence, NULL},                                        \
        {"spike_density", "Spike density", "per neuron and step", NULL},                                               \
        {"input_spikes_per_example", "Input spikes", "spikes per " sequence, NULL},                                    \
        {"synaptic_operations", "Synaptic operations", "per " sequence, NULL}, {"examples", "Examples", "", NULL},     \
        {"seconds", "Duration", "s", NULL}, {"examples_per_second", "Speed", "examples per second", NULL}, {           \
        NULL, NULL, NULL, NULL                                                                                         \
    }

static const outputs_row outputs_image_rows[] = {
    {"judge_accuracy", "Judge accuracy", "", NULL},
    {"judge_accuracy_original", "Judge accuracy on originals", "", NULL},
    {"mse", "MSE", "per output", NULL},
    {"psnr", "PSNR", "dB", NULL},
    {"ssim", "SSIM", "", NULL},
    {"distortion_nats_per_output", "Distortion per output", "nats per output", NULL},
    OUTPUTS_COMMON_ROWS("example", "example"),
};
static const outputs_row outputs_image_tiles[] = {
    {"judge_accuracy", "Judge accuracy", "", NULL},
    {"ssim", "SSIM", "", NULL},
    {"mse", "MSE", "per output", NULL},
    {"rate_bits", "Rate", "bits per example", NULL},
    {"spike_density", "Spike density", "per neuron and step", NULL},
    {NULL, NULL, NULL, NULL},
};
static const outputs_row outputs_value_rows[] = {
    {"mse", "MSE", "per output", NULL},
    {"distortion_nats_per_output", "Distortion per output", "nats per output", NULL},
    OUTPUTS_COMMON_ROWS("example", "example"),
};
static const outputs_row outputs_value_tiles[] = {
    {"mse", "MSE", "per output", NULL},
    {"rate_bits", "Rate", "bits per example", NULL},
    {"spike_density", "Spike density", "per neuron and step", NULL},
    {NULL, NULL, NULL, NULL},
};
static const outputs_row outputs_class_rows[] = {
    {"accuracy", "Accuracy", "", NULL},
    {"mse", "MSE", "per output", NULL},
    OUTPUTS_COMMON_ROWS("example", "example"),
};
static const outputs_row outputs_class_tiles[] = {
    {"accuracy", "Accuracy", "", NULL},
    {"mse", "MSE", "per output", NULL},
    {"distortion_nats", "Distortion", "nats per example", NULL},
    {"rate_bits", "Rate", "bits per example", NULL},
    {"spike_density", "Spike density", "per neuron and step", NULL},
    {NULL, NULL, NULL, NULL},
};
static const outputs_row outputs_step_rows[] = {
    {"steps", "Scored steps", "", NULL},
    {"accuracy", "Accuracy", "", "accuracy_standard_error"},
    {"mse", "MSE", "per unit", "mse_standard_error"},
    {"constant_accuracy", "Accuracy of the best constant answer", "", NULL},
    {"constant_mse", "MSE of the best constant answer", "per unit", NULL},
    OUTPUTS_COMMON_ROWS("step", "sequence"),
};
static const outputs_row outputs_step_tiles[] = {
    {"accuracy", "Accuracy", "", NULL},
    {"mse", "MSE", "per unit", NULL},
    {"distortion_nats", "Distortion", "nats per step", NULL},
    {"rate_bits", "Rate", "bits per step", NULL},
    {"spike_density", "Spike density", "per neuron and step", NULL},
    {NULL, NULL, NULL, NULL},
};

/* Two hidden layers, blank steps, a window shorter than the example, and a rate of the objective (sampled) other than
 * the one that is reported; more than a thousand examples, so that the running averages forget. */
static const char *const outputs_image_settings[] = {"data.target=image",
                                                     "encoder.layers=[7, 5]",
                                                     "learning.batch_size=4",
                                                     "objective.beta=0.4",
                                                     "decoder.window=7",
                                                     "learning.encoder_learning_rate=0.02",
                                                     "learning.decoder_learning_rate=0.02",
                                                     NULL};
static const char *const outputs_class_settings[] = {"data.target=class",
                                                     "encoder.layers=[8]",
                                                     "learning.estimator=straight-through",
                                                     "learning.credit_assignment=bp",
                                                     "objective.reduction=sum",
                                                     "objective.beta=0.05",
                                                     "learning.batch_size=7",
                                                     "learning.encoder_optimizer=adam",
                                                     "learning.encoder_learning_rate=0.05",
                                                     "learning.decoder_learning_rate=0.06",
                                                     "learning.warmup_examples=300",
                                                     NULL};
static const char *const outputs_value_settings[] = {"data.target=image",
                                                     "encoder.layers=[]",
                                                     "decoder.head=gaussian",
                                                     "objective.beta=0.2",
                                                     "learning.batch_size=1",
                                                     "learning.encoder_learning_rate=0.02",
                                                     "learning.decoder_learning_rate=0.02",
                                                     NULL};
static const char *const outputs_step_settings[] = {"data.input=blobs",
                                                    "data.target=units",
                                                    "encoder.layers=[6]",
                                                    "decoder.window=4",
                                                    "data.steps=11",
                                                    "data.test_steps=60",
                                                    "data.test_examples=5",
                                                    "learning.schedule=online",
                                                    "objective.beta=0.5",
                                                    "learning.encoder_learning_rate=1e-30",
                                                    "learning.decoder_learning_rate=1e-30",
                                                    "learning.decoder_optimizer=sgd",
                                                    NULL};

static const outputs_case outputs_images = {.settings = outputs_image_settings,
                                            .examples = 1262,
                                            .batch = 4,
                                            .images = true,
                                            .judged = true,
                                            .rows = outputs_image_rows,
                                            .tiles = outputs_image_tiles};
static const outputs_case outputs_classes = {.settings = outputs_class_settings,
                                             .examples = 606,
                                             .batch = 7,
                                             .rows = outputs_class_rows,
                                             .tiles = outputs_class_tiles};
static const outputs_case outputs_values = {.settings = outputs_value_settings,
                                            .examples = 400,
                                            .batch = 1,
                                            .vectors = true,
                                            .rows = outputs_value_rows,
                                            .tiles = outputs_value_tiles};
static const outputs_case outputs_steps = {.settings = outputs_step_settings,
                                           .examples = 380,
                                           .batch = 1,
                                           .stepwise = true,
                                           .still = true,
                                           .rows = outputs_step_rows,
                                           .tiles = outputs_step_tiles};

static inline vdib_config *outputs_config(const outputs_case *of) {
    static const char *const common[] = {"experiment=outputs",
                                         "seed=7",
                                         "data.steps=9",
                                         "data.blank_steps=2",
                                         "encoder.readouts=6",
                                         "readout.filter_steps=4",
                                         "readout.bases=3",
                                         "readout.feedback_bases=2",
                                         "decoder=linear",
                                         "objective.prior_probability=0.2",
                                         "learning.baseline=none",
                                         "training.validate_every=120",
                                         NULL};
    char limit[64];
    vdib_config *config = NULL;
    assert_ok(vdib_config_create(&config));
    for (const char *const *s = common; *s != NULL; s++)
        assert_ok(vdib_config_set(config, *s));
    for (const char *const *s = of->settings; *s != NULL; s++)
        assert_ok(vdib_config_set(config, *s));
    snprintf(limit, sizeof limit, "training.examples=%llu", (unsigned long long)of->examples);
    assert_ok(vdib_config_set(config, limit));
    return config;
}

static inline float outputs_uniform(uint64_t number, uint32_t a, uint32_t b) {
    const vdib__key key = {.seed = 31, .purpose = VDIB_PURPOSE_STIMULUS, .example = number};
    return vdib__random_uniform(&key, a, b);
}

/* An image with a bar where its class says, under noise that a judge does not always see through. */
static inline void outputs_image(uint64_t number, uint32_t label, float *image) {
    for (uint32_t row = 0; row < OUTPUTS_SIDE; row++)
        for (uint32_t column = 0; column < OUTPUTS_SIDE; column++) {
            float noise = outputs_uniform(number, 100 + row, column);
            image[row * OUTPUTS_SIDE + column] = column / 4 == label ? 0.25F + 0.7F * noise : 0.8F * noise;
        }
}

static inline void outputs_add(const outputs_case *of, vdib_dataset *dataset, vdib_split split, size_t count) {
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(OUTPUTS_CHANNELS, OUTPUTS_STEPS, &raster));
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = i + 1000 * (uint64_t)split;
        uint32_t label = (uint32_t)((i * i + i / 3) % OUTPUTS_CLASSES);
        uint8_t dense[OUTPUTS_STEPS * OUTPUTS_CHANNELS];
        float target[OUTPUTS_SIDE * OUTPUTS_SIDE];
        for (uint32_t t = 0; t < OUTPUTS_STEPS; t++)
            for (uint32_t c = 0; c < OUTPUTS_CHANNELS; c++)
                dense[t * OUTPUTS_CHANNELS + c] =
                    outputs_uniform(number, t, c) < (c % OUTPUTS_CLASSES == label ? 0.5F : 0.1F);
        assert_ok(vdib_raster_from_dense(raster, dense));
        outputs_image(number, label, target);
        if (of->vectors)
            for (uint32_t k = 0; k < 5; k++)
                target[k] = (float)label * 0.4F + (float)k * 0.3F - 2 * outputs_uniform(number, 50, k);
        assert_ok(vdib_dataset_add(dataset, split, raster, of->images || of->vectors ? target : NULL, label));
    }
    vdib_raster_destroy(raster);
}

static inline vdib_dataset *outputs_dataset(const outputs_case *of, const vdib_config *config) {
    vdib_dataset *dataset = NULL;
    if (of->stepwise) {
        assert_ok(vdib_dataset_open(NULL, config, &dataset));
        return dataset;
    }
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 2,
                                    .input_height = 3,
                                    .input_width = 4,
                                    .steps = OUTPUTS_STEPS,
                                    .classes = OUTPUTS_CLASSES,
                                    .target_height = of->images    ? OUTPUTS_SIDE
                                                     : of->vectors ? 1
                                                                   : 0,
                                    .target_width = of->images    ? OUTPUTS_SIDE
                                                    : of->vectors ? 5
                                                                  : 0};
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    outputs_add(of, dataset, VDIB_SPLIT_TRAIN, OUTPUTS_TRAIN);
    outputs_add(of, dataset, VDIB_SPLIT_TEST, OUTPUTS_TEST);
    return dataset;
}

#endif
