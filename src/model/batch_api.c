/* SPDX-License-Identifier: MIT */
/* Batches as a caller uses them: a workspace for many examples at once. */
#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/text.h"
#include "core/threads.h"
#include "model/model.h"
#include "vdib/gradient.h"

enum { MOST_DRAWS = 256 }; /* a draw's number is a byte of its key */

static size_t inputs_of(const vdib_model *model) {
    const vdib_geometry *geometry = &model->geometry;
    return geometry->input_channels * geometry->input_height * geometry->input_width;
}

static bool comes_between(const vdib_model *model) {
    const vdib__link training = vdib__model_link(model, VDIB_STAGE_TRAINING);
    const vdib__link evaluation = vdib__model_link(model, VDIB_STAGE_EVALUATION);
    return !vdib__link_is_plain(&training) || !vdib__link_is_plain(&evaluation);
}

/* Activations and scores of M draws. */
static vdib_status create_draws(vdib_batch *batch, size_t capacity, size_t draws, size_t steps) {
    const vdib_model *model = batch->model;
    VDIB_TRY(vdib__batch_create(model, capacity, draws, steps, batch->threads, &batch->batch));
    for (size_t i = 0; i < capacity; i++)
        VDIB_TRY(vdib__trial_reserve(batch->batch->trials[i], batch->spikes));
    VDIB_TRY(VDIB_NEW(&batch->log_p, capacity * draws));
    VDIB_TRY(VDIB_NEW(&batch->rates, capacity * draws));
    VDIB_TRY(VDIB_NEW(&batch->rates_sampled, capacity * draws));
    if (comes_between(model))
        VDIB_TRY(VDIB_NEW(&batch->window_gradients, capacity * draws * model->window * model->row));
    if (!model->encoder.credit->target)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&batch->target_rows, capacity));
    return VDIB_NEW(&batch->target_weights, capacity);
}

vdib_status vdib_batch_create(const vdib_model *model, size_t capacity, size_t steps, size_t spikes, size_t threads,
                              vdib_batch **batch) {
    VDIB_REQUIRE(model, batch);
    if (capacity == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_batch_create: a batch holds at least one example");
    size_t inputs = inputs_of(model), most = 0;
    VDIB_TRY(vdib__raster_check_shape(inputs, steps));
    if (__builtin_mul_overflow(inputs, steps, &most) || most > SIZE_MAX / 16)
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: a batch of %zu channel%s x %zu steps", inputs,
                          vdib__s(inputs), steps);
    vdib_batch *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->model = model;
    made->threads = vdib__threads(threads);
    made->spikes = spikes > 0 && spikes < most ? spikes : most;
    vdib_status status = create_draws(made, capacity, 1, steps);
    if (status != VDIB_OK) {
        vdib_batch_destroy(made);
        return status;
    }
    *batch = made;
    return VDIB_OK;
}

void vdib_batch_destroy(vdib_batch *batch) {
    if (batch == NULL)
        return;
    vdib__free(batch->target_weights);
    vdib__free(batch->target_rows);
    vdib__free(batch->window_gradients);
    vdib__free(batch->rates_sampled);
    vdib__free(batch->rates);
    vdib__free(batch->log_p);
    vdib__batch_destroy(batch->batch);
    vdib__free(batch);
}

vdib_status vdib_batch_set_draws(vdib_batch *batch, size_t draws) {
    VDIB_REQUIRE(batch);
    if (draws == 0 || draws > MOST_DRAWS)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_batch_set_draws: %zu draws; 1 to %d are drawn", draws, MOST_DRAWS);
    vdib_batch *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    *made = (vdib_batch){.model = batch->model, .threads = batch->threads, .spikes = batch->spikes};
    vdib_status status = create_draws(made, batch->batch->capacity, draws, batch->batch->steps);
    if (status == VDIB_OK) {
        vdib_batch before = *batch;
        *batch = *made;
        *made = before;
    }
    vdib_batch_destroy(made);
    return status;
}

static vdib_status check_count(const char *function, size_t most, size_t count) {
    if (count == 0 || count > most)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: %zu example%s; the batch was made for 1 to %zu", function, count,
                          vdib__s(count), most);
    return VDIB_OK;
}

static vdib_status check_inputs(const char *function, const vdib_batch *batch, const vdib_raster *const *rasters,
                                size_t count) {
    size_t inputs = inputs_of(batch->model);
    for (size_t i = 0; i < count; i++) {
        if (rasters[i] == NULL)
            return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: raster %zu is NULL", function, i);
        if (rasters[i]->channels != inputs || rasters[i]->steps != batch->batch->steps)
            return vdib__fail(
                VDIB_ERROR_DATA, "%s: raster %zu has %zu step%s x %zu channels; the batch takes %zu x %zu", function, i,
                rasters[i]->steps, vdib__s(rasters[i]->steps), rasters[i]->channels, batch->batch->steps, inputs);
    }
    return VDIB_OK;
}

static vdib_status encode(const char *function, vdib_batch *batch, const vdib_raster *const *rasters, size_t count,
                          const vdib__key *key, const uint64_t *numbers, const vdib_raster **readouts) {
    vdib__batch *inside = batch->batch;
    VDIB_TRY(check_count(function, inside->capacity, count));
    VDIB_TRY(check_inputs(function, batch, rasters, count));
    if (readouts != NULL)
        VDIB_TRY(vdib__model_check_spiking("readouts of a batch", batch->model));
    batch->encoded = 0; /* a failure leaves a part */
    VDIB_TRY(vdib__batch_encode(batch->model, batch->threads, inside, rasters, key->seed, key->stage, numbers, count));
    batch->encoded = count;
    batch->stage = key->stage;
    for (size_t i = 0; i < count * inside->draws && readouts != NULL; i++)
        readouts[i] = vdib__batch_sample(inside, i)->readout;
    return VDIB_OK;
}

vdib_status vdib_batch_encode(vdib_batch *batch, const vdib_raster *const *rasters, size_t count, uint64_t seed,
                              const uint64_t *indices, const vdib_raster **readouts) {
    const vdib__key key = {.seed = seed, .stage = VDIB_STAGE_EVALUATION};
    VDIB_REQUIRE(batch, rasters, indices);
    return encode("vdib_batch_encode", batch, rasters, count, &key, indices, readouts);
}

vdib_status vdib_batch_present(vdib_batch *batch, const vdib_raster *const *rasters, size_t count, uint64_t seed,
                               const uint64_t *presentations, const vdib_raster **readouts) {
    const vdib__key key = {.seed = seed, .stage = VDIB_STAGE_TRAINING};
    VDIB_REQUIRE(batch, rasters, presentations);
    VDIB_TRY(vdib__model_check_spiking("vdib_batch_present", batch->model));
    return encode("vdib_batch_present", batch, rasters, count, &key, presentations, readouts);
}

vdib_status vdib_batch_windows(const vdib_batch *batch, const float **windows) {
    VDIB_REQUIRE(batch, windows);
    if (batch->encoded == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "vdib_batch_windows: nothing has been encoded yet; call vdib_batch_encode");
    *windows = batch->batch->windows;
    return VDIB_OK;
}

vdib_status vdib_batch_decode(vdib_batch *batch, const float *windows, size_t count, float *outputs) {
    VDIB_REQUIRE(batch, windows, outputs);
    VDIB_TRY(check_count("vdib_batch_decode", batch->batch->capacity * batch->batch->draws, count));
    const vdib_model *model = batch->model;
    const float *logits = NULL;
    VDIB_TRY(vdib__chain_forward(&model->decoder, &model->table, model->parameters, batch->threads,
                                 batch->batch->workspace, windows, count, &logits));
    for (size_t i = 0; i < count; i++)
        model->head->output(logits + i * model->outputs, model->outputs, outputs + i * model->outputs);
    return VDIB_OK;
}
