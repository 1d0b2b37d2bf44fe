/* SPDX-License-Identifier: MIT */
#ifndef VDIB_MODEL_MODEL_H
#define VDIB_MODEL_MODEL_H
/* Inside of a model, and running it on batches. */

#include "config/config.h"
#include "core/tensor.h"
#include "decoder/channel.h"
#include "decoder/decoder.h"
#include "encoder/encoder.h"
#include "vdib/batch.h"
#include "vdib/model.h"

struct vdib_model {
    vdib_config *config;
    vdib_geometry geometry;
    vdib__tensor_table table;
    vdib__encoder encoder;
    vdib__chain decoder;
    const vdib__head *head;
    size_t window;      /* tau_d, steps; without an encoder: bins */
    size_t row;         /* values of a step that the decoder reads: NY, and one more with packets (decoder/channel.h);
                         * without an encoder: NX counts of a bin */
    size_t outputs;     /* of the decoder */
    float *parameters;  /* (table.total) */
    uint64_t examples;  /* training examples seen */
    char **class_names; /* (geometry.classes), NULL where classes have numbers only */
};

/* Names of the classes (geometry.classes), copied; NULL: numbers only. */
vdib_status vdib__model_set_classes(vdib_model *model, const char *const *names);

/* The names as a JSON list, NULL if there are none; freed with vdib__free. And back: VDIB_ERROR_FORMAT names
 * `origin`. */
vdib_status vdib__model_classes_to_json(const vdib_model *model, char **json);
vdib_status vdib__model_classes_from_json(vdib_model *model, const char *json, const char *origin);

/* Shapes, parts and the table of tensors, without memory for the weights (parameters NULL). Errors as
 * vdib_model_create. */
vdib_status vdib__model_outline(const vdib_config *config, const vdib_geometry *geometry, vdib_model **model);

/* A model whose weights are all 0, for who fills them in. Errors as vdib_model_create. */
vdib_status vdib__model_build(const vdib_config *config, const vdib_geometry *geometry, vdib_model **model);
/* The weights that a model of its configuration begins with. */
void vdib__model_initialise(vdib_model *model);

/* A copy with its own weights. */
vdib_status vdib__model_copy(const vdib_model *model, vdib_model **copy);

/* Weights and count of examples of `from`, a model of the same configuration and shapes. */
void vdib__model_assign(vdib_model *model, const vdib_model *from);

/* What lies between encoder and decoder in training or in evaluation. */
vdib__link vdib__model_link(const vdib_model *model, vdib__stage stage);

/* Whether the decoder reads spikes: there is an encoder, and its readout is not Gaussian. */
bool vdib__model_sends_spikes(const vdib_model *model);
/* VDIB_ERROR_CONFIG, saying what was asked for, if it does not. */
vdib_status vdib__model_check_spiking(const char *what, const vdib_model *model);

/* Activations of up to `capacity` examples of one number of steps, with M draws of each. */
typedef struct vdib__batch {
    size_t capacity;
    size_t draws;         /* M */
    size_t steps;         /* data steps, without blank steps */
    vdib__trial **trials; /* (capacity) */
    vdib__key *keys;      /* (capacity) draw of each readout */
    float *windows; /* (capacity, M, tau_d * NR) what the decoder reads: received of the last tau_d rows of each draw */
    vdib__encoder_workspace *encoder_workspace;
    vdib__chain_workspace *workspace; /* the decoder's */
    const float *logits;              /* (count, M, outputs) of the last forward, borrowed from the workspace */
} vdib__batch;

/* Draw number example * M + m of a batch. */
static inline vdib__trial *vdib__batch_sample(const vdib__batch *batch, size_t number) {
    return vdib__trial_draw(batch->trials[number / batch->draws], number % batch->draws);
}

/* The key of a sample's draws. */
static inline vdib__key vdib__batch_key(const vdib__batch *batch, size_t number) {
    vdib__key key = batch->keys[number / batch->draws];
    key.sample = (uint8_t)(number % batch->draws);
    return key;
}

/* Encoding and decoding allocate nothing, but for inputs with more spikes than any before. They are run by up to
 * `threads` threads. */
vdib_status vdib__batch_create(const vdib_model *model, size_t capacity, size_t draws, size_t steps, int threads,
                               vdib__batch **batch);
/* Another number of threads: the scratch memory is made anew. Untouched on failure. */
vdib_status vdib__batch_set_threads(const vdib_model *model, vdib__batch *batch, int threads);
void vdib__batch_destroy(vdib__batch *batch);

/* How many of `wanted` examples of so many data steps to evaluate at a time: what their forward passes leave behind
 * takes
 * at most 128 MiB, unless one alone takes more. */
size_t vdib__batch_room(const vdib_model *model, size_t wanted, size_t steps);

/* Encodes inputs[0..count) (steps x NX rasters, borrowed until backward) with the readout draw of (seed, stage,
 * presentations[i], m), and fills the windows that the decoder reads. */
vdib_status vdib__batch_encode(const vdib_model *model, int threads, vdib__batch *batch,
                               const vdib_raster *const *inputs, uint64_t seed, vdib__stage stage,
                               const uint64_t *presentations, size_t count);

/* vdib__batch_encode, and decodes the windows. */
vdib_status vdib__batch_forward(const vdib_model *model, int threads, vdib__batch *batch,
                                const vdib_raster *const *inputs, uint64_t seed, vdib__stage stage,
                                const uint64_t *presentations, size_t count);

/* A batch of a caller's (batch.h, gradient.h). */
struct vdib_batch {
    const vdib_model *model;
    int threads;
    size_t spikes; /* of one raster, that memory is set aside for */
    vdib__batch *batch;
    size_t encoded;    /* examples of the last encoding; 0 before */
    vdib__stage stage; /* of that encoding */
    /* of gradient.h */
    double *log_p, *rates, *rates_sampled; /* (capacity, M) */
    float *window_gradients;   /* (capacity, M, tau_d * NR), NULL unless a channel or dropout comes between */
    const float **target_rows; /* (capacity), NULL unless drtp, with the next */
    float *target_weights;
};

/* The pixels of a model's sensor, and what it reads of them: its input's where its configuration does not say. */
vdib__pixels vdib__model_pixels(const vdib_model *model);

#endif
