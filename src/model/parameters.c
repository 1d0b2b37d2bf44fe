/* SPDX-License-Identifier: MIT */
/* A model's tensors, lent to a caller who changes them. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/sized.h"
#include "model/model.h"
#include "vdib/gradient.h"

_Static_assert((int)VDIB_PART_ENCODER == (int)VDIB_TENSOR_ENCODER, "a part is a role");
_Static_assert((int)VDIB_PART_DECODER == (int)VDIB_TENSOR_DECODER, "a part is a role");
_Static_assert((int)VDIB_PART_FIXED == (int)VDIB_TENSOR_FIXED, "a part is a role");

vdib_status vdib_model_parameter(vdib_model *model, size_t index, vdib_parameter *parameter) {
    VDIB_REQUIRE(model);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_parameter, parameter));
    if (index >= model->table.count)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_model_parameter: tensor %zu; the model has %zu, counted from 0",
                          index, model->table.count);
    const vdib__tensor *tensor = &model->table.tensors[index];
    vdib_parameter made = {.size = sizeof made,
                           .name = tensor->name,
                           .part = (vdib_part)tensor->role,
                           .rank = tensor->rank,
                           .count = tensor->count,
                           .values = model->parameters + tensor->offset,
                           .offset = tensor->role == VDIB_TENSOR_ENCODER ? tensor->offset : 0};
    memcpy(made.shape, tensor->shape, sizeof made.shape);
    vdib__tensor_strides(tensor, made.strides);
    memset(made.strides + tensor->rank, 0, (VDIB_TENSOR_RANK - tensor->rank) * sizeof *made.strides);
    VDIB_SIZED_WRITE(vdib_parameter, &made, parameter);
    return VDIB_OK;
}

/* The tensors of learnt time constants stand behind all others of the encoder. */
static bool is_times(const vdib_model *model, const vdib__tensor *tensor) {
    return tensor->role == VDIB_TENSOR_ENCODER &&
           tensor->offset >= vdib__encoder_times_begin(&model->encoder, &model->table);
}

static vdib_status check_times(const vdib_model *model, const vdib__tensor *tensor) {
    for (size_t i = 0; i < tensor->count; i++)
        if (isnan(model->parameters[tensor->offset + i]))
            return vdib__fail(VDIB_ERROR_NUMERIC, "%s: element %zu is not a number; try a smaller learning rate",
                              tensor->name, i);
    return VDIB_OK;
}

/* Returns how many were moved. */
static size_t clip_times(vdib_model *model, const vdib__tensor *tensor) {
    float *values = model->parameters + tensor->offset;
    size_t moved = 0;
    for (size_t i = 0; i < tensor->count; i++) {
        float legal = fmaxf(model->encoder.least_log_tau, fminf(model->encoder.most_log_tau, values[i]));
        moved += legal != values[i];
        values[i] = legal;
    }
    return moved;
}

vdib_status vdib_model_parameters_changed(vdib_model *model, size_t *clipped) {
    VDIB_REQUIRE(model);
    size_t moved = 0;
    for (size_t i = 0; i < model->table.count; i++)
        if (is_times(model, &model->table.tensors[i]))
            VDIB_TRY(check_times(model, &model->table.tensors[i]));
    for (size_t i = 0; i < model->table.count; i++)
        if (is_times(model, &model->table.tensors[i]))
            moved += clip_times(model, &model->table.tensors[i]);
    if (clipped != NULL)
        *clipped = moved;
    return VDIB_OK;
}

size_t vdib_model_gradient_count(const vdib_model *model) {
    return model != NULL ? model->table.role_begin[VDIB_TENSOR_ENCODER] + model->table.role_count[VDIB_TENSOR_ENCODER]
                         : 0;
}
