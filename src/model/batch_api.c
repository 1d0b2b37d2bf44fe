/* SPDX-License-Identifier: MIT */
/* Batches as a caller uses them: a workspace for many examples at once. */
#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/text.h"
#include "core/threads.h"
#include "model/model.h"

struct vdib_batch {
    const vdib_model *model;
    int threads;
    vdib__batch *batch;
    size_t encoded; /* examples of the last encoding; 0 before */
};

static size_t inputs_of(const vdib_model *model) {
    const vdib_geometry *geometry = &model->geometry;
    return geometry->input_channels * geometry->input_height * geometry->input_width;
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
    vdib_status status = vdib__batch_create(model, capacity, 1, steps, made->threads, &made->batch);
    for (size_t i = 0; i < capacity && status == VDIB_OK; i++)
        status = vdib__trial_reserve(made->batch->trials[i], spikes > 0 && spikes < most ? spikes : most);
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
    vdib__batch_destroy(batch->batch);
    vdib__free(batch);
}

static vdib_status check_count(const char *function, const vdib_batch *batch, size_t count) {
    if (count == 0 || count > batch->batch->capacity)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: %zu example%s; the batch was made for 1 to %zu", function, count,
                          vdib__s(count), batch->batch->capacity);
    return VDIB_OK;
}

static vdib_status check_inputs(const vdib_batch *batch, const vdib_raster *const *rasters, size_t count) {
    size_t inputs = inputs_of(batch->model);
    for (size_t i = 0; i < count; i++) {
        if (rasters[i] == NULL)
            return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_batch_encode: raster %zu is NULL", i);
        if (rasters[i]->channels != inputs || rasters[i]->steps != batch->batch->steps)
            return vdib__fail(VDIB_ERROR_DATA,
                              "vdib_batch_encode: raster %zu has %zu step%s x %zu channels; the batch takes %zu x %zu",
                              i, rasters[i]->steps, vdib__s(rasters[i]->steps), rasters[i]->channels,
                              batch->batch->steps, inputs);
    }
    return VDIB_OK;
}

vdib_status vdib_batch_encode(vdib_batch *batch, const vdib_raster *const *rasters, size_t count, uint64_t seed,
                              const uint64_t *indices, const vdib_raster **readouts) {
    VDIB_REQUIRE(batch, rasters, indices);
    VDIB_TRY(check_count("vdib_batch_encode", batch, count));
    VDIB_TRY(check_inputs(batch, rasters, count));
    if (readouts != NULL)
        VDIB_TRY(vdib__model_check_spiking("readouts of a batch", batch->model));
    VDIB_TRY(vdib__batch_encode(batch->model, batch->threads, batch->batch, rasters, seed, VDIB_STAGE_EVALUATION,
                                indices, count));
    batch->encoded = count;
    for (size_t i = 0; i < count && readouts != NULL; i++)
        readouts[i] = batch->batch->trials[i]->readout;
    return VDIB_OK;
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
    VDIB_TRY(check_count("vdib_batch_decode", batch, count));
    const vdib_model *model = batch->model;
    const float *logits = NULL;
    VDIB_TRY(vdib__chain_forward(&model->decoder, &model->table, model->parameters, batch->threads,
                                 batch->batch->workspace, windows, count, &logits));
    for (size_t i = 0; i < count; i++)
        model->head->output(logits + i * model->outputs, model->outputs, outputs + i * model->outputs);
    return VDIB_OK;
}
