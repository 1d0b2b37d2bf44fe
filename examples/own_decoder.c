/* SPDX-License-Identifier: MIT */
/* Somebody else's decoder on this encoder: a logistic regression that the program keeps and trains itself tells which
 * half of the channels was busier, and the encoder learns through its gradient.
 *
 *     cc own_decoder.c -lm -lvdib -o own_decoder
 *     ./own_decoder
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <vdib/vdib.h>

enum { CHANNELS = 24, STEPS = 12, EXAMPLES = 400, BATCH = 10, READOUTS = 8, INPUTS = STEPS * READOUTS };

/* p = sigma(w . window + bias), the probability of class 1. */
typedef struct decoder {
    float weights[INPUTS], bias;
} decoder;

static vdib_status make_data(vdib_dataset **data) {
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 1,
                                    .input_height = 1,
                                    .input_width = CHANNELS,
                                    .steps = STEPS,
                                    .classes = 2};
    vdib_raster *raster = NULL;
    vdib_status status = vdib_dataset_create(&geometry, data);
    srand(2);
    if (status == VDIB_OK)
        status = vdib_raster_create(CHANNELS, STEPS, &raster);
    for (int n = 0; n < EXAMPLES && status == VDIB_OK; n++) {
        uint32_t steps[30], channels[30], label = (uint32_t)(rand() % 2);
        for (int i = 0; i < 30; i++) {
            uint32_t half = rand() % 100 < 85 ? label : 1 - label;
            steps[i] = (uint32_t)(rand() % STEPS);
            channels[i] = half * CHANNELS / 2 + (uint32_t)(rand() % (CHANNELS / 2));
        }
        status = vdib_raster_from_pairs(raster, steps, channels, 30, NULL);
        if (status == VDIB_OK)
            status = vdib_dataset_add(*data, VDIB_SPLIT_TRAIN, raster, NULL, label);
    }
    vdib_raster_destroy(raster);
    return status;
}

/* Losses of a batch, their mean's gradient by the windows, and a step of gradient descent of the decoder itself. */
static double decode(decoder *d, const vdib_shown *shown, float *gradients, double *losses) {
    float step = 0.5F / (float)shown->examples;
    decoder moved = *d;
    double right = 0;
    for (size_t i = 0; i < shown->examples; i++) {
        const float *window = shown->windows + i * INPUTS;
        float target = (float)shown->data[i]->label, sum = d->bias;
        for (size_t k = 0; k < INPUTS; k++)
            sum += d->weights[k] * window[k];
        float p = 1.0F / (1.0F + expf(-sum)), error = p - target; /* derivative of the loss by the sum */
        losses[i] = -log(target > 0 ? p + 1e-12 : 1 - p + 1e-12);
        right += (p > 0.5F) == (target > 0.5F);
        for (size_t k = 0; k < INPUTS; k++) {
            gradients[i * INPUTS + k] = error * d->weights[k] / (float)shown->examples;
            moved.weights[k] -= step * error * window[k];
        }
        moved.bias -= step * error;
    }
    *d = moved;
    return right / (double)shown->examples;
}

static vdib_status train(vdib_trainer *trainer) {
    static decoder d;
    static float gradients[BATCH * INPUTS];
    double losses[BATCH], right = 0.5;
    vdib_shown shown = {.size = sizeof shown};
    vdib_progress progress = {.size = sizeof progress};
    for (size_t k = 0; k < INPUTS; k++)
        d.weights[k] = 0.1F * ((float)rand() / (float)RAND_MAX - 0.5F);
    vdib_status status = vdib_trainer_forward(trainer, &shown);
    while (status == VDIB_OK && shown.examples > 0) {
        right = 0.98 * right + 0.02 * decode(&d, &shown, gradients, losses);
        status = vdib_trainer_backward(trainer, gradients, losses, NULL, &progress);
        if (status == VDIB_OK && progress.examples % 1000 == 0)
            printf("%5llu examples: loss %.3f, %.0f %% right, density %.2f\n", (unsigned long long)progress.examples,
                   progress.loss, 100 * right, progress.spike_density);
        if (status == VDIB_OK)
            status = vdib_trainer_forward(trainer, &shown);
    }
    if (status == VDIB_OK)
        printf("at the end %.0f %% right\n", 100 * right);
    return status;
}

int main(void) {
    const char *const settings[] = {"data.target=class",
                                    "data.steps=12",
                                    "encoder.layers=20",
                                    "encoder.readouts=8",
                                    "decoder=linear",
                                    "learning.estimator=straight-through",
                                    "learning.credit_assignment=bp",
                                    "learning.encoder_optimizer=adam",
                                    "learning.batch_size=10",
                                    "training.examples=4000"};
    vdib_config *config = NULL;
    vdib_dataset *data = NULL;
    vdib_trainer *trainer = NULL;
    vdib_status status = vdib_config_create(&config);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && status == VDIB_OK; i++)
        status = vdib_config_set(config, settings[i]);
    if (status == VDIB_OK)
        status = make_data(&data);
    if (status == VDIB_OK)
        status = vdib_trainer_create(config, data, &trainer);
    if (status == VDIB_OK)
        status = train(trainer);
    if (status != VDIB_OK)
        fprintf(stderr, "%s\n", vdib_last_message());
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return status == VDIB_OK ? 0 : 1;
}
