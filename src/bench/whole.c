/* SPDX-License-Identifier: MIT */
/* Whole jobs, as users run them: training, streaming, decoding, reconstructing. */
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "core/alloc.h"
#include "core/error.h"
#include "data/dataset.h"
#include "encoder/layers.h"
#include "vdib/stream.h"
#include "vdib/train.h"

enum { DRAWN = 96 }; /* digits, where no data are given */

/* A trainer, its data, and a stream through them. */
typedef struct job {
    vdib_config *config;
    vdib_dataset *data;
    vdib_trainer *trainer;
    vdib_stream *stream;
    vdib_example *example;
    vdib_raster *readout;
    float *output;
    size_t step, batch;
} job;

static void job_free(job *j) {
    vdib__free(j->output);
    vdib_raster_destroy(j->readout);
    vdib_example_destroy(j->example);
    vdib_stream_destroy(j->stream);
    vdib_trainer_destroy(j->trainer);
    vdib_dataset_destroy(j->data);
    vdib_config_destroy(j->config);
}

static vdib_status job_create(const vdib__bench *bench, const char *experiment, size_t batch, job *j) {
    char setting[64];
    const char *data = strcmp(experiment, "published/dvs") == 0 ? bench->options->data : NULL;
    *j = (job){.batch = batch};
    VDIB_TRY(vdib_config_load(experiment, &j->config));
    snprintf(setting, sizeof setting, "learning.batch_size=%zu", batch);
    VDIB_TRY(vdib_config_set(j->config, setting));
    VDIB_TRY(vdib_config_set(j->config, "training.validate_every=0"));
    VDIB_TRY(vdib_config_set(j->config, "training.examples=1000000000"));
    snprintf(setting, sizeof setting, "data.train_examples=%d", data != NULL ? 4 * DRAWN : DRAWN);
    VDIB_TRY(vdib_config_set(j->config, setting));
    VDIB_TRY(vdib_config_set(j->config, "data.test_examples=2"));
    VDIB_TRY(vdib_dataset_open(data != NULL ? data : "builtin:digits", j->config, &j->data));
    VDIB_TRY(vdib_trainer_create(j->config, j->data, &j->trainer));
    VDIB_TRY(vdib_trainer_set_threads(j->trainer, (size_t)bench->threads));
    const vdib_model *model = vdib_trainer_model(j->trainer);
    VDIB_TRY(vdib_example_create(j->data, &j->example));
    VDIB_TRY(vdib__dataset_fetch(j->data, VDIB_SPLIT_TRAIN, 0, 1, VDIB_STAGE_EVALUATION, 0, j->example));
    VDIB_TRY(vdib_model_encode(model, j->example->raster, 1, 0, &j->readout));
    VDIB_TRY(VDIB_NEW(&j->output, vdib_model_outputs(model)));
    return vdib_stream_create(model, 1, 0, &j->stream);
}

/* ---- units of work ---- */

static vdib_status train(void *user) {
    job *j = user;
    return vdib_trainer_step(j->trainer, NULL);
}

static vdib_status stream(void *user) {
    job *j = user;
    const uint32_t *channels = NULL;
    size_t count = vdib_raster_at(j->example->raster, j->step, &channels);
    j->step = (j->step + 1) % vdib_raster_steps(j->example->raster);
    return vdib_stream_step(j->stream, channels, count, NULL, NULL);
}

static vdib_status decode(void *user) {
    job *j = user;
    return vdib_model_decode(vdib_trainer_model(j->trainer), j->readout, j->output);
}

static vdib_status reconstruct(void *user) {
    job *j = user;
    return vdib_model_reconstruct(vdib_trainer_model(j->trainer), j->example->raster, 1, 0, j->output);
}

/* ---- what they must do ---- */

/* Work of the encoder and decoder on one example: additions of products with entries, of the filters and the neurons,
 * matrix products, and weights that have to be moved. */
typedef struct load {
    double forward, backward; /* additions */
    double entries;           /* those of products with entries, forward */
    double flops;             /* of the decoder, forward */
    double touched;           /* weights of rows with entries */
    double decoder;           /* weights of the decoder */
} load;

static double decoder_flops(const vdib__chain *chain) {
    double flops = 0;
    for (size_t l = 0; l < chain->count; l++) {
        const vdib__layer *layer = &chain->layers[l];
        double taps = (double)(layer->kind == VDIB_LAYER_CONV2D ? layer->kernel * layer->kernel : layer->kernel);
        if (layer->kind == VDIB_LAYER_AFFINE)
            flops += 2.0 * (double)layer->inputs * (double)layer->outputs;
        else if (layer->kind == VDIB_LAYER_CONV1D || layer->kind == VDIB_LAYER_CONV2D)
            flops += 2.0 * (double)layer->outputs * (double)layer->in_channels * taps;
        else if (layer->kind == VDIB_LAYER_UPCONV2D)
            flops += 2.0 * (double)layer->inputs * (double)(layer->out_channels * layer->kernel * layer->kernel);
    }
    return flops;
}

static load load_of(const vdib_model *model, const vdib__trial *trial) {
    const vdib__encoder *encoder = &model->encoder;
    const vdib__readout *readout = &encoder->readout;
    double steps = (double)trial->steps, filters = steps * (double)(readout->neurons * vdib__readout_taps(readout));
    load l = {.forward = 2 * filters,
              .backward = 2 * filters,
              .flops = decoder_flops(&model->decoder),
              .decoder = (double)model->table.role_count[VDIB_TENSOR_DECODER]};
    for (size_t n = 0; n <= encoder->layer_count; n++) {
        bool last = n == encoder->layer_count;
        const vdib__changes *changes = trial->changes[n];
        double columns = (double)(last ? readout->bases * readout->neurons : encoder->layers[n].neurons);
        double entries = (double)changes->step_offsets[changes->steps] * columns;
        l.entries += entries;
        l.forward +=
            entries + (last ? 55.0 : 12.0) * steps * (double)(last ? readout->neurons : encoder->layers[n].neurons);
        l.backward +=
            entries + (last ? 60.0 : 7.0) * steps * (double)(last ? readout->neurons : encoder->layers[n].neurons);
        l.touched += (double)changes->active_count * columns;
    }
    return l;
}

/* One forward pass, for its entries. */
static vdib_status measure_load(const job *j, load *l) {
    const vdib_model *model = vdib_trainer_model(j->trainer);
    size_t blank = model->config->data.blank_steps, steps = blank + vdib_raster_steps(j->example->raster);
    vdib__trial *trial = NULL;
    vdib__encoder_workspace *workspace = NULL;
    VDIB_TRY(vdib__trial_create(&model->encoder, steps, blank, &trial));
    trial->input = j->example->raster;
    vdib__key key = {.seed = 1, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_EVALUATION};
    vdib_status status = vdib__encoder_workspace_create(&model->encoder, 1, steps, 1, &workspace);
    if (status == VDIB_OK)
        status = vdib__encoder_forward(&model->encoder, &model->table, model->parameters, 1, workspace, &trial, &key,
                                       NULL, 1);
    if (status == VDIB_OK)
        *l = load_of(model, trial);
    vdib__encoder_workspace_destroy(workspace);
    vdib__trial_destroy(trial);
    return status;
}

/* Training: with one example an update reads and writes weight and two averages of every touched row; with more it is
 * shared by the batch, whose rows are all touched. The decoder's Adam moves weight and two moments. */
static vdib__bench_need training_need(const job *j, const load *l) {
    const vdib_model *model = vdib_trainer_model(j->trainer);
    double batch = (double)j->batch, encoder = (double)model->table.role_count[VDIB_TENSOR_ENCODER];
    double updated = j->batch == 1 ? l->touched * 24 : encoder * 8 / batch;
    double state = 12 * (encoder + l->decoder);
    return (vdib__bench_need){.adds = l->forward + l->backward,
                              .flops = 3 * l->flops,
                              .bytes = updated + l->decoder * 24 / batch,
                              .within = state};
}

/* ---- entries ---- */

/* A training step is a batch; figures are for one example. */
static vdib_status run_training(const vdib__bench *bench, const char *name, job *j) {
    load l = {0};
    VDIB_TRY(measure_load(j, &l));
    vdib__bench_need need = training_need(j, &l);
    return vdib__bench_measure_batch(bench, name, "examples", bench->threads, j->batch, &need, train, j);
}

static vdib_status run_stream(const vdib__bench *bench, const char *name, job *j) {
    load l = {0};
    VDIB_TRY(measure_load(j, &l));
    const vdib_model *model = vdib_trainer_model(j->trainer);
    double steps = (double)(vdib_raster_steps(j->example->raster) + model->config->data.blank_steps);
    const vdib__readout *readout = &model->encoder.readout;
    double filters = 2.0 * (double)(readout->neurons * vdib__readout_taps(readout));
    double weights = (double)model->table.role_count[VDIB_TENSOR_ENCODER] * sizeof(float);
    vdib__bench_need need = {.adds = l.forward / steps,
                             .bytes = (l.entries / steps + filters / 2) * sizeof(float), /* a number an addition */
                             .within = weights,
                             .read_only = true};
    return vdib__bench_measure(bench, name, "steps", 1, &need, stream, j);
}

static vdib_status run_decode(const vdib__bench *bench, const char *name, job *j) {
    const vdib_model *model = vdib_trainer_model(j->trainer);
    double weights = (double)model->table.role_count[VDIB_TENSOR_DECODER] * sizeof(float);
    vdib__bench_need need = {
        .flops = decoder_flops(&model->decoder), .bytes = weights, .within = weights, .read_only = true};
    return vdib__bench_measure(bench, name, "examples", 1, &need, decode, j);
}

static vdib_status run_reconstruct(const vdib__bench *bench, const char *name, job *j) {
    load l = {0};
    VDIB_TRY(measure_load(j, &l));
    vdib__bench_need need = {.adds = l.forward, .flops = l.flops, .bytes = (l.touched + l.decoder) * sizeof(float)};
    need.within = need.bytes;
    need.read_only = true;
    return vdib__bench_measure(bench, name, "examples", 1, &need, reconstruct, j);
}

/* A name, and the job it stands for. */
typedef struct named_job {
    const char *name, *experiment;
    size_t batch;
    vdib_status (*run)(const vdib__bench *bench, const char *name, job *j);
} named_job;

static const named_job jobs[] = {
    {"train-dvs", "published/dvs", 1, run_training},
    {"train-dvs-batch64", "published/dvs", 64, run_training},
    {"train-mnist-rate", "published/mnist-rate", 1, run_training},
    {"encode-stream", "published/dvs", 1, run_stream},
    {"decode", "published/dvs", 1, run_decode},
    {"reconstruct", "published/dvs", 1, run_reconstruct},
};

static vdib_status run_named(const vdib__bench *bench, const char *name) {
    const named_job *named = jobs;
    while (strcmp(named->name, name) != 0)
        named++;
    job j;
    vdib_status status = job_create(bench, named->experiment, named->batch, &j);
    if (status == VDIB_OK)
        status = named->run(bench, name, &j);
    job_free(&j);
    return status;
}

const vdib__bench_entry vdib__bench_whole[] = {
    {"train-dvs", run_named},
    {"train-dvs-batch64", run_named},
    {"train-mnist-rate", run_named},
    {"encode-stream", run_named},
    {"decode", run_named},
    {"reconstruct", run_named},
    {NULL, NULL},
};
