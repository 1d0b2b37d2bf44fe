/* SPDX-License-Identifier: MIT */
/* Weights of another file: a model, or the state dict of another program's module with a model's names. */
#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "model/model.h"
#include "model/safetensors.h"

/* A tensor of the model by name, NULL if there is none. */
static const vdib__tensor *tensor_named(const vdib_model *model, const char *name) {
    for (size_t i = 0; i < model->table.count; i++)
        if (strcmp(model->table.tensors[i].name, name) == 0)
            return &model->table.tensors[i];
    return NULL;
}

/* Adds to this thread's message what a tensor of another shape comes from. */
static vdib_status fail_shape(vdib_status status, const char *name) {
    return vdib__fail(status,
                      "%s: its model has other %s; train on data and with keys like its own, or take the tensor out of "
                      "the file, so that it begins as ever",
                      vdib_last_message(),
                      strncmp(name, "decoder.", 8) == 0 ? "classes, targets, readouts or decoder"
                                                        : "pixels or neurons");
}

static vdib_status take_tensor(const vdib__safetensors *file, const vdib__tensor *tensor, float *parameters) {
    float *values = NULL;
    VDIB_TRY(VDIB_NEW(&values, tensor->count));
    vdib_status status = vdib__safetensors_floats(file, tensor->name, tensor->rank, tensor->shape, values);
    if (status != VDIB_OK && vdib__dtype_is_float(vdib__safetensors_find(file, tensor->name)->dtype))
        status = fail_shape(status, tensor->name);
    for (size_t i = 0; i < tensor->count && status == VDIB_OK; i++)
        if (!isfinite(values[i]))
            status = vdib__fail(VDIB_ERROR_NUMERIC, "%s: %s: element %zu is not finite", vdib__safetensors_origin(file),
                                tensor->name, i);
    if (status == VDIB_OK)
        vdib__tensor_from_file(tensor, values, parameters + tensor->offset);
    vdib__free(values);
    return status;
}

static vdib_status take_all(const vdib_model *model, const vdib__safetensors *file, float *parameters,
                            vdib_weights_taken *taken) {
    for (size_t i = 0; i < vdib__safetensors_count(file); i++) {
        const vdib__tensor *tensor = tensor_named(model, vdib__safetensors_at(file, i)->name);
        if (tensor != NULL)
            VDIB_TRY(take_tensor(file, tensor, parameters));
        taken->taken += tensor != NULL;
        taken->unknown += tensor == NULL;
    }
    taken->kept = model->table.count - taken->taken;
    if (taken->taken == 0)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: has none of the model's tensors; they are called as in a model file, for example %s "
                          "(`vdib info MODEL` lists them)",
                          vdib__safetensors_origin(file), model->table.tensors[0].name);
    return VDIB_OK;
}

vdib_status vdib_model_take_weights(vdib_model *model, const char *path, vdib_weights_taken *taken) {
    VDIB_REQUIRE(model, path);
    vdib_weights_taken made = {.size = sizeof made};
    vdib__safetensors *file = NULL;
    float *parameters = NULL;
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_weights_taken, taken));
    VDIB_TRY(vdib__safetensors_open(path, &file));
    vdib_status status = VDIB_NEW(&parameters, model->table.total);
    if (status == VDIB_OK) {
        memcpy(parameters, model->parameters, model->table.total * sizeof *parameters);
        status = take_all(model, file, parameters, &made);
    }
    if (status == VDIB_OK) {
        memcpy(model->parameters, parameters, model->table.total * sizeof *parameters);
        VDIB_SIZED_WRITE(vdib_weights_taken, &made, taken);
    }
    vdib__free(parameters);
    vdib__safetensors_close(file);
    return status;
}
