/* SPDX-License-Identifier: MIT */
#ifndef VDIB_MODEL_H
#define VDIB_MODEL_H
/**
 * @file model.h
 * A model: encoder and decoder with their weights, and the configuration that made them.
 *
 *     vdib_model_load("model.safetensors", &model);
 *     vdib_model_reconstruct(model, raster, seed, 0, output);   // spikes in, natural signal out
 *
 * A model file is one safetensors file: weights as named float32 tensors in PyTorch order, configuration and shapes
 * as JSON in its metadata. Using one model from several threads at once is safe while nobody changes it.
 */
#include <stddef.h>
#include <stdint.h>

#include "vdib/config.h"
#include "vdib/dataset.h"
#include "vdib/raster.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Encoder, decoder, weights, configuration. */
typedef struct vdib_model vdib_model;

/** A new model with initial weights drawn from the configuration's seed; its shapes follow the data. */
VDIB_API vdib_status vdib_model_create(const vdib_config *config, const vdib_geometry *geometry, vdib_model **model);

/**
 * Loads a model file.
 * @return ::VDIB_ERROR_FORMAT if it is truncated or damaged, ::VDIB_ERROR_VERSION if another version of the format
 * wrote it, ::VDIB_ERROR_NUMERIC if a weight is not finite
 */
VDIB_API vdib_status vdib_model_load(const char *path, vdib_model **model);

/** Writes a model file: complete under `path`, or not at all and what was there before is kept. */
VDIB_API vdib_status vdib_model_save(const vdib_model *model, const char *path);

/**
 * As vdib_model_load(), from the bytes of a model file.
 * @param bytes (size) read now; they need not stay
 * @param origin names them in messages; may be NULL
 */
VDIB_API vdib_status vdib_model_load_memory(const void *bytes, size_t size, const char *origin, vdib_model **model);

/**
 * As vdib_model_save(), into memory: the bytes of the file.
 * @param bytes receives them, owned by the caller (vdib_memory_free())
 * @param size receives how many there are
 */
VDIB_API vdib_status vdib_model_save_memory(const vdib_model *model, void **bytes, size_t *size);

/** Frees a model; NULL is safe. */
VDIB_API void vdib_model_destroy(vdib_model *model);

/** @return the configuration, borrowed */
VDIB_API const vdib_config *vdib_model_config(const vdib_model *model);
/** @return the shapes of the data it was made for, borrowed */
VDIB_API const vdib_geometry *vdib_model_geometry(const vdib_model *model);
/** @return the number of values the decoder gives: pixels, classes or other */
VDIB_API size_t vdib_model_outputs(const vdib_model *model);
/** @return the number of steps tau_d that the decoder reads, the last ones of an example; with encoder.type=counts the
 * number of bins */
VDIB_API size_t vdib_model_window(const vdib_model *model);
/** @return the number of readout neurons NY; 0 with encoder.type=counts: there is no encoder */
VDIB_API size_t vdib_model_readouts(const vdib_model *model);
/** @return the number of values of a step that the decoder reads: NY; with channel.type=packets NY + 1, the last of
 * which is 1 in the steps of a packet that was lost; with encoder.type=counts of a bin: the input's channels NX */
VDIB_API size_t vdib_model_row(const vdib_model *model);
/**
 * Puts the channel of a configuration, its keys channel.*, between encoder and decoder of a model: how does it do on
 * another link? Training does not go on with it, and a model that is saved afterwards says so.
 * @return ::VDIB_ERROR_CONFIG if only one of both channels tells of lost packets, which changes what the decoder reads,
 * or if channel.probability changes where channel.evaluation_probability is what an evaluation takes
 */
VDIB_API vdib_status vdib_model_set_channel(vdib_model *model, const vdib_config *config);
/** @return the number of hidden layers */
VDIB_API size_t vdib_model_layers(const vdib_model *model);

/** Time constants in microseconds, of the neurons (dense) or channels (convolutional) of a layer. */
typedef struct vdib_time_constant {
    double least, mean, most;
} vdib_time_constant;

/** The time constants of a hidden layer; docs/method.md, eq. (1) to (3). A decay of 0 has a time constant of 0, one of
 * 1 (no leak) an infinite one. */
typedef struct vdib_layer_times {
    size_t size; /**< sizeof(vdib_layer_times), set by the caller */
    vdib_time_constant synapse, membrane, refractory;
} vdib_layer_times;

/**
 * Fills *times: -step / log(decay), with the step of the configuration (vdib_config_step_us()).
 * @param layer hidden layer, counted from 0
 * @return ::VDIB_ERROR_ARGUMENT if there is no such layer
 */
VDIB_API vdib_status vdib_model_times(const vdib_model *model, size_t layer, vdib_layer_times *times);

/** @return the number of training examples it has seen */
VDIB_API uint64_t vdib_model_examples(const vdib_model *model);

/**
 * @return the name of a class of the data that it was trained on, NULL where classes have numbers only, or there is
 * no such class; borrowed
 */
VDIB_API const char *vdib_model_class_name(const vdib_model *model, size_t class_number);

/**
 * Opens data for a model that is trained already, as vdib_dataset_open_images() does with its configuration: labels
 * are those that the model was trained on (a folder may lack some of its classes), and recordings have its sensor.
 * @param data, images, threads as vdib_dataset_open_images()
 * @param dataset receives it, owned by the caller (vdib_dataset_destroy()); the model may go before
 * @return as vdib_dataset_open_images(); ::VDIB_ERROR_DATA for a class that the model does not know
 */
VDIB_API vdib_status vdib_dataset_open_model(const char *data, const char *images, const vdib_model *model,
                                             size_t threads, vdib_dataset **dataset);

/** One tensor of a model. */
typedef struct vdib_tensor_info {
    size_t size;      /**< sizeof(vdib_tensor_info), set by the caller */
    const char *name; /**< as in the file, borrowed from the model */
    size_t rank;      /**< 1 .. 4 */
    size_t shape[4];  /**< PyTorch order */
    size_t count;     /**< number of elements */
} vdib_tensor_info;

/** @return the number of tensors */
VDIB_API size_t vdib_model_tensor_count(const vdib_model *model);
/** Describes tensor `index`. */
VDIB_API vdib_status vdib_model_tensor(const vdib_model *model, size_t index, vdib_tensor_info *info);
/** Copies the values of tensor `index` in PyTorch order. @param values (info.count) */
VDIB_API vdib_status vdib_model_tensor_get(const vdib_model *model, size_t index, float *values);
/** Bytes of a digest's text with its NUL. */
enum { VDIB_MODEL_DIGEST = 65 };
/**
 * A fingerprint of the weights: SHA-256 over all tensors in the order of their names, each as its name with the NUL,
 * its rank and sizes as 64-bit numbers, and its values as 32-bit floats in PyTorch order, all little-endian. Nothing
 * else of the model enters: two models with the same digest have the same tensors. Reading threads may share the
 * model.
 * @param text receives 64 hexadecimal digits and a NUL
 * @return ::VDIB_ERROR_MEMORY
 */
VDIB_API vdib_status vdib_model_digest(const vdib_model *model, char text[VDIB_MODEL_DIGEST]);
/** Replaces the values of tensor `index`; all must be finite. @param values (info.count), PyTorch order */
VDIB_API vdib_status vdib_model_tensor_set(vdib_model *model, size_t index, const float *values);

/** What was taken of a file of weights. */
typedef struct vdib_weights_taken {
    size_t size;    /**< sizeof(vdib_weights_taken), set by the caller */
    size_t taken;   /**< tensors of the model that the file has */
    size_t kept;    /**< those that it has not: they stay as they were */
    size_t unknown; /**< tensors of the file that the model has not: left out */
} vdib_weights_taken;

/**
 * Replaces tensors of a model by those of the same names in a safetensors file: a model file, or the state dict of
 * another program's module (examples/vdib_torch.py). Its metadata are not read.
 * @param taken receives how many; may be NULL
 * @return ::VDIB_ERROR_FORMAT if the file is damaged, or one of the tensors is not of float32 or of another shape,
 * ::VDIB_ERROR_NUMERIC if a value is not finite, ::VDIB_ERROR_DATA if no name is the model's; the model is untouched
 */
VDIB_API vdib_status vdib_model_take_weights(vdib_model *model, const char *path, vdib_weights_taken *taken);

/**
 * Encodes one example: spikes in, readout spikes out (paper, eq. 1 to 3).
 * @param raster T x input channels; to be decoded, T is at least the decoder's window
 * @param seed, index key the readout's draw: the same pair always gives the same spikes
 * @param readout receives T x NY, owned by the caller (vdib_raster_destroy())
 * @return ::VDIB_ERROR_CONFIG with encoder.type=counts or readout.type=gaussian, whose models send no spikes; so do
 * vdib_model_decode() and vdib_stream_create()
 */
VDIB_API vdib_status vdib_model_encode(const vdib_model *model, const vdib_raster *raster, uint64_t seed,
                                       uint64_t index, vdib_raster **readout);

/**
 * Decodes readout spikes as they were received: the last window of steps. No channel comes between.
 * @param readout T x NY; or T x vdib_model_row(), where the last channel spikes in steps of lost packets
 * @param output receives (vdib_model_outputs()) probabilities (images, classes) or values
 */
VDIB_API vdib_status vdib_model_decode(const vdib_model *model, const vdib_raster *readout, float *output);

/** vdib_model_encode() and vdib_model_decode() in one, with the channel of evaluations between them. */
VDIB_API vdib_status vdib_model_reconstruct(const vdib_model *model, const vdib_raster *raster, uint64_t seed,
                                            uint64_t index, float *output);

#ifdef __cplusplus
}
#endif
#endif
