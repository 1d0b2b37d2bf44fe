/* SPDX-License-Identifier: MIT */
/* vdib's side of the comparison with PyTorch and JAX (bench/peers/run):
 *
 *     vdib-peer export FOLDER EXPERIMENT KEY=VALUE...
 *     vdib-peer serve THREADS EXPERIMENT KEY=VALUE...
 *
 * export makes one update by plain SGD and writes all that it is made of: before.safetensors and after.safetensors,
 * whose difference over RATE is the gradient, the input x (B, T, NX) and the drawn readout spikes y (B, T, NY) as
 * bytes, the targets (B, outputs) as floats, and the losses (B) as text. serve reads "train S", "encode S" or
 * "stream S" from standard input, works for S seconds, and answers with microseconds an example or step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/threads.h"
#include "data/dataset.h"
#include "encoder/state.h"
#include "learn/objective.h"
#include "learn/trainer.h"
#include "vdib/vdib.h"

/* The largest that there is: the weights themselves shall round the difference little. */
#define RATE "100"

static void must(vdib_status status) {
    if (status == VDIB_OK)
        return;
    fprintf(stderr, "vdib-peer: %s\n", vdib_last_message());
    exit(1);
}

typedef struct job {
    vdib_config *config;
    vdib_dataset *data;
    vdib_trainer *trainer;
    size_t batch, steps, inputs, readouts, outputs;
    vdib_example **examples;
    const vdib_raster **rasters;
    uint64_t *numbers;
    vdib__batch *work;
} job;

static void job_open(job *j, const char *experiment, char **settings, bool plain) {
    static const char *const data[] = {"training.validate_every=0", "training.examples=1000000000",
                                       "data.train_examples=160", "data.test_examples=2", "data.blank_steps=0"};
    static const char *const sgd[] = {"learning.encoder_optimizer=sgd", "learning.decoder_optimizer=sgd",
                                      "learning.encoder_learning_rate=" RATE, "learning.decoder_learning_rate=" RATE};
    must(vdib_config_load(experiment, &j->config));
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        must(vdib_config_set(j->config, data[i]));
    for (size_t i = 0; settings[i] != NULL; i++)
        must(vdib_config_set(j->config, settings[i]));
    for (size_t i = 0; plain && i < sizeof sgd / sizeof *sgd; i++)
        must(vdib_config_set(j->config, sgd[i]));
    must(vdib_dataset_open("builtin:digits", j->config, &j->data));
    must(vdib_trainer_create(j->config, j->data, &j->trainer));
    const vdib_model *model = j->trainer->model;
    j->batch = model->config->learning.batch_size;
    j->steps = model->geometry.steps;
    j->inputs = model->geometry.input_channels * model->geometry.input_height * model->geometry.input_width;
    j->readouts = model->encoder.readout.neurons;
    j->outputs = model->outputs;
    must(VDIB_NEW(&j->examples, j->batch));
    must(VDIB_NEW(&j->rasters, j->batch));
    must(VDIB_NEW(&j->numbers, j->batch));
    must(vdib__batch_create(model, j->batch, 1, j->steps, vdib__threads(0), &j->work));
    for (size_t i = 0; i < j->batch; i++) { /* as the trainer's first step takes them */
        must(vdib_example_create(j->data, &j->examples[i]));
        j->numbers[i] = i;
        must(vdib__dataset_fetch(j->data, VDIB_SPLIT_TRAIN, vdib__order_index(&j->trainer->order, i),
                                 model->config->seed, VDIB_STAGE_TRAINING, i, j->examples[i]));
        j->rasters[i] = j->examples[i]->raster;
    }
}

static void job_close(job *j) {
    for (size_t i = 0; i < j->batch; i++)
        vdib_example_destroy(j->examples[i]);
    vdib__free(j->numbers);
    vdib__free(j->rasters);
    vdib__free(j->examples);
    vdib__batch_destroy(j->work);
    vdib_trainer_destroy(j->trainer);
    vdib_dataset_destroy(j->data);
    vdib_config_destroy(j->config);
}

/* ---- export ---- */

static FILE *create(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        fprintf(stderr, "vdib-peer: %s cannot be written\n", path);
        exit(1);
    }
    return file;
}

static void save(const vdib_model *model, const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    must(vdib_model_save(model, path));
}

static void write_input(const job *j, const char *folder) {
    FILE *file = create(folder, "x");
    unsigned char *row = NULL;
    must(VDIB_NEW(&row, j->inputs));
    for (size_t i = 0; i < j->batch; i++)
        for (size_t t = 0; t < j->steps; t++) {
            const uint32_t *channels = NULL;
            size_t count = vdib_raster_at(j->rasters[i], t, &channels);
            memset(row, 0, j->inputs);
            for (size_t s = 0; s < count; s++)
                row[channels[s]] = 1;
            (void)fwrite(row, 1, j->inputs, file);
        }
    vdib__free(row);
    (void)fclose(file);
}

static void write_batch(const job *j, const char *folder) {
    FILE *y = create(folder, "y"), *targets = create(folder, "targets"), *losses = create(folder, "losses");
    for (size_t i = 0; i < j->batch; i++) {
        const vdib_example *example = j->examples[i];
        for (size_t k = 0; k < j->steps * j->readouts; k++)
            (void)fputc(j->work->trials[i]->window[k] != 0.0F, y);
        (void)fwrite(example->target, sizeof(float), j->outputs, targets);
        vdib__loss loss = vdib__loss_measure(j->trainer->model, j->work, i, example->target, example->label);
        fprintf(losses, "%.17g\n", vdib__loss_total(j->trainer->model, &loss, j->steps));
    }
    (void)fclose(losses);
    (void)fclose(targets);
    (void)fclose(y);
}

static int export(job *j, const char *folder) {
    const vdib_model *model = j->trainer->model;
    save(model, folder, "before.safetensors");
    must(vdib__batch_forward(model, 1, j->work, j->rasters, model->config->seed, VDIB_STAGE_TRAINING, j->numbers,
                             j->batch));
    write_input(j, folder);
    write_batch(j, folder);
    must(vdib_trainer_step(j->trainer, NULL));
    save(model, folder, "after.safetensors");
    FILE *shape = create(folder, "shape");
    fprintf(shape, "%zu %zu %zu %zu %zu %s\n", j->batch, j->steps, j->inputs, j->readouts, j->outputs, RATE);
    return fclose(shape) != 0;
}

/* ---- timing ---- */

static void encode(job *j) {
    must(vdib__batch_encode(j->trainer->model, j->trainer->threads, j->work, j->rasters, 1, VDIB_STAGE_EVALUATION,
                            j->numbers, j->batch));
}

/* Microseconds an example, or a step of a stream. */
static double time_of(job *j, const char *what, double seconds, vdib_stream *stream) {
    double start = vdib__clock_seconds(), now = start, units = 0;
    for (size_t step = 0; now - start < seconds; step++) {
        if (strcmp(what, "train") == 0) {
            must(vdib_trainer_step(j->trainer, NULL));
            units += (double)j->batch;
        } else if (strcmp(what, "encode") == 0) {
            encode(j);
            units += (double)j->batch;
        } else {
            const uint32_t *channels = NULL;
            size_t count = vdib_raster_at(j->rasters[0], step % j->steps, &channels);
            must(vdib_stream_step(stream, channels, count, NULL, NULL));
            units += 1;
        }
        now = vdib__clock_seconds();
    }
    return 1e6 * (now - start) / units;
}

static int serve(job *j, size_t threads) {
    char what[32];
    double seconds;
    vdib_stream *stream = NULL;
    must(vdib_trainer_set_threads(j->trainer, threads));
    must(vdib_stream_create(j->trainer->model, 1, 0, &stream));
    while (scanf("%31s %lf", what, &seconds) == 2) {
        printf("%.3f\n", time_of(j, what, seconds, stream));
        (void)fflush(stdout);
    }
    vdib_stream_destroy(stream);
    return 0;
}

int main(int argc, char **argv) {
    job j = {0};
    bool exports = argc > 3 && strcmp(argv[1], "export") == 0;
    if (!exports && !(argc > 3 && strcmp(argv[1], "serve") == 0)) {
        fprintf(stderr,
                "usage: vdib-peer export FOLDER EXPERIMENT KEY=VALUE... | serve THREADS EXPERIMENT KEY=VALUE...\n");
        return 2;
    }
    job_open(&j, argv[3], argv + 4, exports);
    int code = exports ? export(&j, argv[2]) : serve(&j, strtoul(argv[2], NULL, 10));
    job_close(&j);
    return code;
}
