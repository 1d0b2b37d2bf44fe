/* SPDX-License-Identifier: MIT */
#ifndef VDIB_GRADIENT_H
#define VDIB_GRADIENT_H
/**
 * @file gradient.h
 * Gradients through the encoder, for a loss, a decoder and an optimiser of the program's own: a host language's way to
 * make the encoder a layer of its own networks.
 *
 *     vdib_batch_create(model, 16, steps, 0, 0, &batch);
 *     vdib_batch_present(batch, rasters, count, seed, presentations, NULL);     // draws spikes, as training does
 *     vdib_batch_encoded(batch, &encoded);                                      // spikes, log p(y), rate
 *     ...                                                                       // the program's loss of these
 *     vdib_batch_backward(batch, &errors, gradients);                           // dL/d(every parameter)
 *     vdib_adam_update(&adam, tensors, elements, values, gradients, first, second);   // or another optimiser
 *     vdib_model_parameters_changed(model, NULL);
 *
 * vdib_batch_update() does the last three in one. A batch that was encoded keeps what its adjoint needs until its next
 * encoding. vdib_trainer_forward() and vdib_trainer_backward() (train.h) leave only the decoder to the program; here
 * rules and updates are its own, too.
 *
 * Letters: B examples, M draws of the readout's spikes for each, T steps, NY readout neurons, tau_d steps of the
 * decoder's window, NR = vdib_model_row() values of a step that it reads (NY, and one more with packets).
 */
#include <stddef.h>
#include <stdint.h>

#include "vdib/batch.h"
#include "vdib/model.h"
#include "vdib/raster.h"
#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- parameters, shared ---- */

/** Which part of a model a tensor belongs to. */
typedef enum vdib_part {
    VDIB_PART_ENCODER = 0, /**< learnt; vdib_batch_backward() makes its gradient */
    VDIB_PART_DECODER = 1, /**< learnt by who trains the decoder */
    VDIB_PART_FIXED = 2    /**< not learnt: the random matrices of dfa, fa and drtp */
} vdib_part;

/** A tensor of a model where it lies in memory. */
typedef struct vdib_parameter {
    size_t size;       /**< sizeof(vdib_parameter), set by the caller */
    const char *name;  /**< as in the file, borrowed from the model */
    vdib_part part;    /**< whose it is */
    size_t rank;       /**< 1 .. 4 */
    size_t shape[4];   /**< PyTorch order; 1 beyond the rank */
    size_t strides[4]; /**< floats between neighbours along each axis; weights are stored transposed. 0 beyond the
                            rank */
    size_t count;      /**< number of elements, which lie side by side in some order */
    float *values;     /**< the first element, borrowed from the model: not moved until the model is destroyed */
    size_t offset;     /**< of VDIB_PART_ENCODER: where its gradient begins, with the same strides, in the array of
                            vdib_batch_backward(). Else 0 */
} vdib_parameter;

/**
 * Lends tensor `index` (0 .. vdib_model_tensor_count() - 1) of a model to read and to change. After a change, and
 * before the model is used again, call vdib_model_parameters_changed(). Nobody may use the model meanwhile.
 */
VDIB_API vdib_status vdib_model_parameter(vdib_model *model, size_t index, vdib_parameter *parameter);

/**
 * Says that tensors were changed by way of vdib_model_parameter(). Logarithms of learnt time constants that lie beyond
 * what neurons can have (half a step; ten times the steps of an example) are moved to that bound, as training does.
 * Other values are taken as they are: one that is not finite makes a score that is not, which vdib_batch_encoded()
 * refuses.
 * @param clipped receives how many time constants were moved; may be NULL
 * @return ::VDIB_ERROR_NUMERIC if a time constant is not a number
 */
VDIB_API vdib_status vdib_model_parameters_changed(vdib_model *model, size_t *clipped);

/** @return floats of the gradients of all parameters of the encoder: vdib_batch_backward(). 0 for NULL */
VDIB_API size_t vdib_model_gradient_count(const vdib_model *model);

/* ---------------------------------------------------------------- forward ---- */

/**
 * M draws of every example from now on (1 before): they share what the hidden layers do. What was encoded is
 * forgotten.
 * @param draws 1 .. 256
 */
VDIB_API vdib_status vdib_batch_set_draws(vdib_batch *batch, size_t draws);

/**
 * vdib_batch_encode() as training does it: the numbers of spikes, channel and dropout are those of a training with
 * this seed, and channel and dropout are those of the configuration's training.
 * @param presentations (count) as vdib_progress::examples counts them; another number draws another spike train
 * @param readouts (count, M) receives rasters T x NY; may be NULL
 * @return ::VDIB_ERROR_CONFIG for a model that sends no spikes (encoder.type=counts, readout.type=gaussian)
 */
VDIB_API vdib_status vdib_batch_present(vdib_batch *batch, const vdib_raster *const *rasters, size_t count,
                                        uint64_t seed, const uint64_t *presentations, const vdib_raster **readouts);

/** What the last encoding of a batch made. Pointers are borrowed from the batch, valid until its next encoding. */
typedef struct vdib_encoded {
    size_t size;          /**< sizeof(vdib_encoded), set by the caller */
    size_t examples;      /**< B of the encoding */
    size_t draws;         /**< M */
    size_t steps;         /**< T */
    size_t readouts;      /**< NY */
    size_t window;        /**< tau_d */
    size_t row;           /**< NR */
    const float *windows; /**< (B, M, tau_d, NR) what a decoder reads: 1 for a spike and else 0, behind the channel */
    const double *log_p;  /**< (B, M) log p(y | x) of the spikes drawn in all T steps, in nats (docs/method.md, (10)) */
    const double *rates; /**< (B, M) rate: sum over steps and neurons of the Bernoulli divergence to r0, given the past,
                               in nats (docs/method.md, (19)) */
    /** (B, M) what the rate is the mean of: log p(y | x) - log q0(y) of the spikes drawn, in nats (18) */
    const double *rates_sampled;
} vdib_encoded;

/**
 * @param encoded receives what vdib_batch_encode() or vdib_batch_present() made
 * @return ::VDIB_ERROR_ARGUMENT if nothing was encoded, ::VDIB_ERROR_NUMERIC if a score is not finite
 */
VDIB_API vdib_status vdib_batch_encoded(vdib_batch *batch, vdib_encoded *encoded);

/**
 * All steps of one draw, without a copy.
 * @param example, draw below B and M of the last encoding
 * @param spikes receives (T, NY) values, 1 for a spike and else 0, before any channel; borrowed until the next encoding
 */
VDIB_API vdib_status vdib_batch_spikes(const vdib_batch *batch, size_t example, size_t draw, const float **spikes);

/* ---------------------------------------------------------------- backward ---- */

/** The derivatives of the program's loss L. NULL: 0. With u and p the readout's potentials and probabilities, what is
 * given adds up to dL/du = p (1 - p) (dL/dy + rates (u - logit r0)) + log_p (y - p) in every step; beyond the window
 * dL/dy is 0. */
typedef struct vdib_errors {
    size_t size;          /**< sizeof(vdib_errors), set by the caller */
    const float *windows; /**< (B, M, tau_d, NR) dL/dy, as if spikes were their probabilities: straight-through (21).
                               With credit bptt it also passes the readout's feedback (46) */
    const double *log_p;  /**< (B, M) dL/d(log p(y)), the spikes given: a loss less its baseline, for the score
                               function (20) */
    const double *rates;  /**< (B, M) dL/d(rate) */
    const float *targets; /**< (B, vdib_model_outputs()) what drtp projects to hidden layers; needed by drtp, and by
                               nothing else read */
    /** (B) factor of each projected target; NULL: 1/B, and 1/outputs more for images with objective.reduction=mean */
    const float *target_weights;
} vdib_errors;

/**
 * Gradients of every parameter of the encoder by the event-driven adjoints of docs/method.md, (25) to (28), summed over
 * examples and draws in their order: the same bits for any number of threads. Errors reach hidden layers as the model's
 * learning.credit_assignment says. May be called again with other errors.
 *
 * The weights must still be those of the encoding, and its rasters must still be there.
 * @param gradients (vdib_model_gradient_count()) receives them; each tensor's where vdib_parameter::offset says.
 * Elements between tensors are not touched
 * @return ::VDIB_ERROR_ARGUMENT if nothing was encoded, or drtp has no targets; ::VDIB_ERROR_NUMERIC if an error is not
 * finite; ::VDIB_ERROR_CONFIG for a model that sends no spikes
 */
VDIB_API vdib_status vdib_batch_backward(vdib_batch *batch, const vdib_errors *errors, float *gradients);

/* ---------------------------------------------------------------- update ---- */

/** An update by Adam (Kingma & Ba 2015), or with weight decay by AdamW (Loshchilov & Hutter 2019). */
typedef struct vdib_adam {
    size_t size;          /**< sizeof(vdib_adam), set by the caller */
    uint64_t update;      /**< the number of this update, from 1 on */
    double learning_rate; /**< not negative */
    double beta1, beta2;  /**< memories of the moments, from 0 to below 1 */
    double epsilon;       /**< above 0 */
    double weight_decay;  /**< AdamW: weights shrink by learning_rate * weight_decay first. 0: Adam */
    size_t threads;       /**< 0: every core; changes no bit */
} vdib_adam;

/**
 * One update of several tensors: first = beta1 first + (1 - beta1) g, second = beta2 second + (1 - beta2) g^2,
 * values -= learning_rate / (1 - beta1^n) * first / (sqrt(second / (1 - beta2^n)) + epsilon). First moments below 1e-30
 * are set to 0. Without weight decay, 64 elements side by side whose gradients and second moments are all 0 are left
 * out, as nothing would move them by more than 1e-14 learning rates: weights of inputs that never spiked, which lie
 * side by side in a model, cost a look. The same bits for any number of threads and at every kernel level.
 *
 * Call vdib_model_parameters_changed() afterwards, as after any other change of a model's tensors.
 * @param count tensors
 * @param elements (count) of each tensor
 * @param values (count) what is learnt: arrays of as many elements, as those below. The four of a tensor have one order
 * of elements, and none overlaps another
 * @param gradients (count)
 * @param first, second (count) the moments, 0 before the first update
 * @return ::VDIB_ERROR_ARGUMENT for a number outside its range or an array that is NULL; nothing is changed then
 */
VDIB_API vdib_status vdib_adam_update(const vdib_adam *adam, size_t count, const size_t *elements, float *const *values,
                                      const float *const *gradients, float *const *first, float *const *second);

/**
 * vdib_batch_backward() and an update of the encoder by vdib_adam_update() in one: each piece of the gradient moves its
 * weights as soon as it is made, while it is in the cache, and the whole is never written to memory. The same weights
 * as by the two functions, but that 64 elements that are left out are counted from other places. What was encoded is
 * forgotten, since the weights are no longer those of the encoding; vdib_model_parameters_changed() is done.
 * @param model the one that the batch was made for; nobody else may use it meanwhile
 * @param first, second (vdib_model_gradient_count()) the moments, 0 before the first update; each tensor's where
 * vdib_parameter::offset says
 * @param scratch (vdib_model_gradient_count()) is written here and there, and holds nothing afterwards
 * @return as both; ::VDIB_ERROR_ARGUMENT for another model. Nothing is changed if it is not ::VDIB_OK, but for
 * ::VDIB_ERROR_NUMERIC of a time constant
 */
VDIB_API vdib_status vdib_batch_update(vdib_batch *batch, vdib_model *model, const vdib_errors *errors,
                                       const vdib_adam *adam, float *first, float *second, float *scratch);

#ifdef __cplusplus
}
#endif
#endif
