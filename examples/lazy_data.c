/* SPDX-License-Identifier: MIT */
/* Data that are fetched when they are needed: the program's function gives example number `index` of a split, here a
 * tone that rises or falls through the channels, and the library trains on it and evaluates.
 *
 *     cc lazy_data.c -lvdib -o lazy_data
 *     ./lazy_data
 */
#include <stdio.h>

#include <vdib/vdib.h>

enum { CHANNELS = 30, STEPS = 20 };

/* How often the library has asked, and for whom. */
typedef struct counter {
    unsigned calls;
} counter;

static vdib_status fetch(void *user, vdib_split split, size_t index, vdib_fetched *example) {
    counter *asked = user; /* one thread at a time: the source does not say `parallel` */
    uint32_t steps[STEPS], channels[STEPS], rising = index % 2;
    for (uint32_t t = 0; t < STEPS; t++) {
        steps[t] = t;
        channels[t] = (rising ? t : STEPS - 1 - t) + (uint32_t)((index * 7 + (size_t)split) % (CHANNELS - STEPS));
    }
    asked->calls++;
    example->label = rising;
    return vdib_raster_from_pairs(example->raster, steps, channels, STEPS, NULL);
}

static vdib_status open_data(counter *asked, vdib_dataset **data) {
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 1,
                                    .input_height = 1,
                                    .input_width = CHANNELS,
                                    .steps = STEPS,
                                    .classes = 2}; /* no target: the label is decoded */
    const vdib_dataset_source source = {
        .size = sizeof source, .train = 400, .test = 60, .fetch = fetch, .user = asked, .name = "tones"};
    return vdib_dataset_create_callback(&geometry, &source, data);
}

static vdib_status train(const vdib_dataset *data, vdib_trainer **trainer) {
    const char *const settings[] = {"data.target=class",
                                    "data.steps=20",
                                    "encoder.layers=40",
                                    "encoder.readouts=16",
                                    "decoder=linear",
                                    "learning.credit_assignment=bp",
                                    "learning.estimator=straight-through",
                                    "learning.encoder_optimizer=adam",
                                    "learning.batch_size=8",
                                    "learning.encoder_learning_rate=0.01",
                                    "learning.decoder_learning_rate=0.01",
                                    "training.examples=4000"};
    vdib_config *config = NULL;
    vdib_progress progress = {.size = sizeof progress};
    vdib_status status = vdib_config_create(&config);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && status == VDIB_OK; i++)
        status = vdib_config_set(config, settings[i]);
    if (status == VDIB_OK)
        status = vdib_trainer_create(config, data, trainer);
    while (status == VDIB_OK && !progress.done)
        status = vdib_trainer_step(*trainer, &progress);
    vdib_config_destroy(config);
    return status;
}

int main(void) {
    counter asked = {0};
    vdib_dataset *data = NULL;
    vdib_trainer *trainer = NULL;
    vdib_evaluation figures = {0};
    vdib_status status = open_data(&asked, &data);
    if (status == VDIB_OK)
        status = train(data, &trainer);
    if (status == VDIB_OK)
        status = vdib_evaluate(vdib_trainer_model(trainer), data, VDIB_SPLIT_TEST, NULL, &figures);
    if (status == VDIB_OK)
        printf("%s\naccuracy %.2f; fetched %u times\n", vdib_dataset_summary(data),
               vdib_evaluation_get(&figures, "accuracy"), asked.calls);
    else
        fprintf(stderr, "%s\n", vdib_last_message());
    vdib_evaluation_clear(&figures);
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(data);
    return status == VDIB_OK ? 0 : 1;
}
