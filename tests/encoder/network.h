/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_ENCODER_NETWORK_H
#define VDIB_TESTS_ENCODER_NETWORK_H
/* A built encoder with its parameters and gradients, for the tests of this folder. */

#include "support.h"

#include "core/alloc.h"
#include "core/raster.h"
#include "encoder/encoder.h"

/* A neuron that does not adapt: decays, gain, surrogate and its slope. */
#define NETWORK_NEURON(synaptic, membrane, refractory, gain_, surrogate_, slope_)                                      \
    {                                                                                                                  \
        .synaptic_decay = (synaptic), .membrane_decay = (membrane), .refractory_decay = (refractory), .gain = (gain_), \
        .surrogate = (surrogate_), .slope = (slope_)                                                                   \
    }

typedef struct network {
    vdib__encoder encoder;
    vdib__tensor_table table;
    float *parameters;                  /* (total) */
    float *gradients;                   /* (trained) */
    vdib__encoder_workspace *workspace; /* of the last network_workspace() */
} network;

/* Scratch for a pass over so many trials of so many steps and threads; the network's until the next call. */
static inline vdib__encoder_workspace *network_workspace(network *n, size_t count, size_t steps, int threads) {
    vdib__encoder_workspace_destroy(n->workspace);
    n->workspace = NULL;
    assert_ok(vdib__encoder_workspace_create(&n->encoder, count, steps, threads, &n->workspace));
    return n->workspace;
}

/* Encoder parameters but for the learnt time constants behind them. */
static inline size_t network_weights(const network *n) {
    return vdib__encoder_times_begin(&n->encoder, &n->table);
}

static inline void network_build(network *made, const vdib__encoder_parameters *parameters, uint64_t seed) {
    *made = (network){0};
    assert_ok(vdib__encoder_build(parameters, &made->table, &made->encoder));
    vdib__tensor_layout(&made->table);
    assert_ok(VDIB_NEW(&made->parameters, made->table.total));
    assert_ok(VDIB_NEW(&made->gradients, made->table.trained));
    vdib__tensor_initialise(&made->table, seed, made->parameters);
    size_t end = made->table.role_begin[VDIB_TENSOR_ENCODER] + made->table.role_count[VDIB_TENSOR_ENCODER];
    for (size_t i = network_weights(made); i < end; i++) /* learnt time constants: each another one */
        made->parameters[i] += 0.11F * (float)(i % 5);
}

static inline void network_free(network *made) {
    vdib__encoder_workspace_destroy(made->workspace);
    vdib__free(made->gradients);
    vdib__free(made->parameters);
    vdib__encoder_free(&made->encoder);
    vdib__tensor_table_free(&made->table);
}

static inline const vdib__tensor *network_tensor(const network *n, const char *name) {
    for (size_t i = 0; i < n->table.count; i++)
        if (strcmp(n->table.tensors[i].name, name) == 0)
            return &n->table.tensors[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

/* A raster in which each (step, channel) spikes with probability `density`. */
static inline vdib_raster *random_raster(size_t channels, size_t steps, float density, uint64_t seed) {
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(channels, steps, &raster));
    vdib__raster_builder builder;
    vdib__raster_begin(&builder, raster);
    vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_STIMULUS};
    for (size_t t = 0; t < steps; t++) {
        for (size_t j = 0; j < channels; j++)
            if (vdib__random_uniform(&key, (uint32_t)t, (uint32_t)j) < density)
                assert_ok(vdib__raster_append(&builder, (uint32_t)j));
        vdib__raster_end_step(&builder);
    }
    return raster;
}

/* values[i] uniform in [-1, 1) */
static inline void random_values(float *values, size_t count, uint64_t seed) {
    vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_STIMULUS, .layer = 1};
    for (size_t i = 0; i < count; i++)
        values[i] = 2.0F * vdib__random_uniform(&key, 0, (uint32_t)i) - 1.0F;
}

#endif
