/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "core/threads.h"

vdib_status vdib__bench_raster(size_t channels, size_t steps, double density, vdib_raster **raster) {
    vdib_raster *made = NULL;
    VDIB_TRY(vdib_raster_create(channels, steps, &made));
    vdib__raster_builder builder;
    vdib__raster_begin(&builder, made);
    vdib__key key = {.seed = 1, .purpose = VDIB_PURPOSE_STIMULUS};
    vdib_status status = VDIB_OK;
    for (size_t t = 0; t < steps; t++) {
        for (size_t c = 0; c < channels && status == VDIB_OK; c++)
            if (vdib__random_uniform(&key, (uint32_t)t, (uint32_t)c) < (float)density)
                status = vdib__raster_append(&builder, (uint32_t)c);
        vdib__raster_end_step(&builder);
    }
    if (status != VDIB_OK) {
        vdib_raster_destroy(made);
        return status;
    }
    *raster = made;
    return VDIB_OK;
}

static vdib_status build(const vdib__bench_shape *shape, vdib__bench_network *n) {
    vdib__encoder_parameters parameters = {.neuron = {.synaptic_decay = 0.85F,
                                                      .membrane_decay = 0.9F,
                                                      .refractory_decay = 0.65F,
                                                      .gain = &vdib__gain_published,
                                                      .surrogate = vdib__surrogate_named("boxcar")},
                                           .input_shape = {1, 1, shape->inputs},
                                           .layer_count = shape->hidden > 0 ? 1 : 0,
                                           .readouts = shape->readouts,
                                           .filter_steps = 10,
                                           .bases = 8,
                                           .feedback_bases = 1,
                                           .basis_width = 0.5,
                                           .credit = &vdib__credit_dfa};
    parameters.layers[0].width = shape->hidden;
    VDIB_TRY(vdib__encoder_build(&parameters, &n->table, &n->encoder));
    vdib__tensor_layout(&n->table);
    VDIB_TRY(VDIB_NEW(&n->parameters, n->table.total));
    VDIB_TRY(VDIB_NEW(&n->gradients, n->table.trained));
    vdib__tensor_initialise(&n->table, 1, n->parameters);
    VDIB_TRY(VDIB_NEW(&n->trials, shape->batch));
    VDIB_TRY(VDIB_NEW(&n->inputs, shape->batch));
    VDIB_TRY(VDIB_NEW(&n->keys, shape->batch));
    n->count = shape->batch;
    VDIB_TRY(vdib__encoder_workspace_create(&n->encoder, shape->batch, shape->steps, vdib__threads(0), &n->workspace));
    for (size_t i = 0; i < shape->batch; i++) {
        VDIB_TRY(vdib__bench_raster(shape->inputs, shape->steps, shape->density, &n->inputs[i]));
        VDIB_TRY(vdib__trial_create(&n->encoder, shape->steps, 0, &n->trials[i]));
        n->trials[i]->input = n->inputs[i];
        n->keys[i] = (vdib__key){.seed = 1, .purpose = VDIB_PURPOSE_READOUT, .example = i};
    }
    return VDIB_OK;
}

vdib_status vdib__bench_network_create(const vdib__bench_shape *shape, vdib__bench_network *network) {
    *network = (vdib__bench_network){0};
    vdib_status status = build(shape, network);
    if (status != VDIB_OK)
        vdib__bench_network_free(network);
    return status;
}

void vdib__bench_network_free(vdib__bench_network *network) {
    for (size_t i = 0; i < network->count; i++) {
        vdib__trial_destroy(network->trials[i]);
        vdib_raster_destroy(network->inputs[i]);
    }
    vdib__encoder_workspace_destroy(network->workspace);
    vdib__free(network->keys);
    vdib__free(network->inputs);
    vdib__free(network->trials);
    vdib__free(network->gradients);
    vdib__free(network->parameters);
    vdib__encoder_free(&network->encoder);
    vdib__tensor_table_free(&network->table);
    *network = (vdib__bench_network){0};
}
