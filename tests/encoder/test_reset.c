/* SPDX-License-Identifier: MIT */
/* Neurons that are reset, one by one: every kernel level gives the same bits, which are those of the equations written
 * out, (76) to (79) of docs/method.md; the threshold is strict. */
#include <math.h>

#include "encoder/kernels.h"
#include "encoder/network.h"

enum { STEPS = 41, TILE = STEPS * VDIB_BLOCK };

static const vdib__neuron_model *const models[] = {&vdib__neuron_cuba, &vdib__neuron_lif};

static vdib__lif_constants constants_of(const vdib__neuron_model *model, float threshold) {
    const vdib__neuron neuron = {.synaptic_decay = model->synapse ? 0.7F : 0.0F,
                                 .membrane_decay = 0.85F,
                                 .model = model,
                                 .threshold = threshold,
                                 .gain = &vdib__gain_unit,
                                 .surrogate = vdib__surrogate_named("logistic")};
    return vdib__lif_constants_of(&neuron);
}

/* One neuron, one number after the other, with the comparison as it is said: v > theta. */
static void written_out(const vdib__lif_constants *c, float threshold, const float *currents, float bias, float *u,
                        bool *spikes) {
    float i = 0.0F, v = 0.0F;
    for (size_t t = 0; t < STEPS; t++) {
        i = c->synaptic_decay * i + c->synaptic_gain * (currents[t * VDIB_BLOCK] + bias);
        v = c->membrane_decay * v + c->membrane_gain * i;
        u[t * VDIB_BLOCK] = v - nextafterf(threshold, INFINITY);
        spikes[t] = v > threshold;
        if (spikes[t])
            v = 0.0F;
    }
}

static size_t levels(void) {
    vdib__kernel_level best;
    assert_ok(vdib__kernel_level_choose(&best));
    return (size_t)best + 1;
}

static void runs_and_steps_are_the_equations(void **state) {
    (void)state;
    static _Alignas(64) float currents[TILE], tile[TILE], want[TILE], potentials[VDIB_BLOCK];
    float bias[VDIB_BLOCK], memory[2 * VDIB_BLOCK];
    random_values(currents, TILE, support_seed(41));
    random_values(bias, VDIB_BLOCK, 42);
    for (size_t level = 0; level < levels(); level++)
        for (size_t m = 0; m < 2; m++) {
            const vdib__reset_kernels *kernels = vdib__encoder_kernels_of((vdib__kernel_level)level)->reset;
            const vdib__lif_constants c = constants_of(models[m], 0.2F);
            size_t fired = 0;
            for (size_t n = 0; n < VDIB_BLOCK; n++) {
                bool spikes[STEPS];
                written_out(&c, 0.2F, currents + n, bias[n], want + n, spikes);
                for (size_t t = 0; t < STEPS; t++) {
                    assert_int_equal(spikes[t], want[t * VDIB_BLOCK + n] >= 0.0F);
                    fired += spikes[t];
                }
            }
            assert_in_range(fired, TILE / 100, TILE / 2);
            memcpy(tile, currents, sizeof tile);
            kernels->run(&c, bias, tile, STEPS);
            assert_memory_equal(tile, want, sizeof tile);
            for (size_t count = 1; count <= VDIB_BLOCK; count += 21) {
                memset(memory, 0, sizeof memory);
                const vdib__lif_state now = {.synapse = memory, .membrane = memory + VDIB_BLOCK, .bias = bias};
                for (size_t t = 0; t < STEPS; t++) {
                    kernels->step(&c, count, currents + t * VDIB_BLOCK, &now, potentials);
                    assert_memory_equal(potentials, want + t * VDIB_BLOCK, count * sizeof *potentials);
                }
            }
        }
}

/* dL/d(W s + b) of a step is what a change of its current does to the errors' sum, the resets held. */
static void adjoints_undo_them(void **state) {
    (void)state;
    static _Alignas(64) float errors[TILE], tile[TILE], first[TILE], potentials[STEPS * 50];
    float sums[VDIB_BLOCK];
    enum { WIDTH = 45, STRIDE = 50 };
    random_values(errors, TILE, support_seed(43));
    random_values(potentials, STEPS * STRIDE, 44);
    const vdib__reset_rows rows = {.potentials = potentials, .stride = STRIDE, .width = WIDTH, .steps = STEPS};
    for (size_t level = 0; level < levels(); level++) {
        const vdib__lif_constants c = constants_of(&vdib__neuron_cuba, 0.2F);
        memcpy(tile, errors, sizeof tile);
        vdib__encoder_kernels_of((vdib__kernel_level)level)->reset->adjoint(&c, &rows, tile, sums);
        if (level == 0)
            memcpy(first, tile, sizeof first);
        assert_memory_equal(tile, first, sizeof first);
        for (size_t n = 0; n < WIDTH; n++) {
            double total = 0, got[STEPS], want[STEPS];
            for (size_t t = 0; t < STEPS; t++) {
                double i = (double)c.synaptic_gain, v = 0, sum = 0;
                for (size_t later = t; later < STEPS; later++) {
                    v += (double)c.membrane_gain * i;
                    sum += v * (double)errors[later * VDIB_BLOCK + n];
                    v = potentials[later * STRIDE + n] >= 0.0F ? 0 : v * (double)c.membrane_decay;
                    i *= (double)c.synaptic_decay;
                }
                got[t] = (double)tile[t * VDIB_BLOCK + n], want[t] = sum, total += sum;
            }
            assert_close_double(got, want, STEPS, 1e-5);
            assert_true(fabs(total - (double)sums[n]) < 1e-4);
        }
    }
}

/* A potential that lies on the threshold does not spike; one that lies above it by the least does. */
static void thresholds_are_strict(void **state) {
    (void)state;
    static const float thresholds[] = {0.5F, 1.0F, 0.1F, 3.0F};
    for (size_t level = 0; level < levels(); level++)
        for (size_t k = 0; k < sizeof thresholds / sizeof *thresholds; k++) {
            const vdib__reset_kernels *kernels = vdib__encoder_kernels_of((vdib__kernel_level)level)->reset;
            vdib__lif_constants c = constants_of(&vdib__neuron_lif, thresholds[k]);
            c.membrane_gain = 1.0F;
            float currents[2] = {thresholds[k], nextafterf(thresholds[k], INFINITY)}, bias[2] = {0.0F, 0.0F};
            float synapse[2] = {0.0F, 0.0F}, membrane[2] = {0.0F, 0.0F}, u[2];
            const vdib__lif_state now = {.synapse = synapse, .membrane = membrane, .bias = bias};
            kernels->step(&c, 2, currents, &now, u);
            assert_true(u[0] < 0.0F && membrane[0] == thresholds[k]);
            assert_true(u[1] >= 0.0F && membrane[1] == 0.0F);
        }
}

/* What neither adapts nor learns time constants says so. */
static void refused_together(void **state) {
    (void)state;
    vdib__encoder_parameters p = {.neuron = {.synaptic_decay = 0.5F,
                                             .membrane_decay = 0.5F,
                                             .model = &vdib__neuron_cuba,
                                             .threshold = 1.0F,
                                             .gain = &vdib__gain_unit,
                                             .surrogate = vdib__surrogate_named("logistic"),
                                             .adaptation_strength = 1.0F},
                                  .input_shape = {3, 1, 1},
                                  .layer_count = 1,
                                  .layers = {{.width = 2}},
                                  .readouts = 2,
                                  .filter_steps = 2,
                                  .bases = 1,
                                  .basis_width = 0.5,
                                  .credit = &vdib__credit_bp};
    vdib__tensor_table table = {0};
    vdib__encoder encoder;
    assert_int_equal(vdib__encoder_build(&p, &table, &encoder), VDIB_ERROR_CONFIG);
    assert_non_null(strstr(vdib_last_message(), "hidden layer 0"));
    vdib__tensor_table_free(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_and_steps_are_the_equations),
        cmocka_unit_test(adjoints_undo_them),
        cmocka_unit_test(thresholds_are_strict),
        cmocka_unit_test(refused_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
