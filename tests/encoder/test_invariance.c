/* SPDX-License-Identifier: MIT */
/* The same bits for any number of threads, for every kernel level of this machine, and step by step; batches as
 * sums. */
#include "core/kernel_level.h"
#include "core/mathematics.h"
#include "encoder/kernels.h"
#include "encoder/network.h"

enum { BATCH = 5, STEPS = 29, BLANK = 4 };

static vdib__encoder_parameters parameters_of(const vdib__credit *mode, bool convolutional, bool lateral) {
    vdib__encoder_parameters p = {
        .neuron = NETWORK_NEURON(0.85F, 0.9F, 0.65F, &vdib__gain_unit, vdib__surrogate_named("logistic"), 3.0F),
        .input_shape = {2, 13, 11},
        .layer_count = 2,
        .layers = {{.width = 131}, {.width = 67}},
        .readouts = 71,
        .filter_steps = 7,
        .bases = 3,
        .feedback_bases = 1,
        .basis_width = 0.5,
        .lateral = lateral,
        .credit = mode,
        .targets = 9};
    if (convolutional) {
        p.layers[0].convolutional = true, p.layers[0].width = 5;
        p.layers[0].kernel = 3, p.layers[0].stride = 1, p.layers[0].padding = 1, p.layers[0].pool = 2;
    }
    return p;
}

/* A batch with its errors, and what one pass over it leaves. */
typedef struct batch {
    network net;
    vdib_raster *inputs[BATCH];
    vdib__trial *trials[BATCH];
    vdib__key keys[BATCH];
    float targets[BATCH][9], weights[BATCH];
} batch;

static void batch_create(batch *b, const vdib__encoder_parameters *p, uint64_t seed) {
    network_build(&b->net, p, seed);
    for (size_t i = 0; i < network_weights(&b->net); i++)
        b->net.parameters[i] *= 4.0F; /* more active than initial weights make it */
    size_t inputs = p->input_shape[0] * p->input_shape[1] * p->input_shape[2], blank = BLANK * p->readouts;
    for (size_t i = 0; i < BATCH; i++) {
        b->inputs[i] = random_raster(inputs, STEPS - BLANK, 0.1F, seed + i);
        assert_ok(vdib__trial_create(&b->net.encoder, STEPS, BLANK, &b->trials[i]));
        b->trials[i]->input = b->inputs[i];
        b->keys[i] = (vdib__key){.seed = seed, .purpose = VDIB_PURPOSE_READOUT, .example = i};
        random_values(b->trials[i]->errors + blank, (STEPS - BLANK) * p->readouts, seed + 10 + i);
        random_values(b->targets[i], 9, seed + 20 + i);
        b->weights[i] = 0.1F * (float)(i + 1);
    }
}

static void batch_destroy(batch *b) {
    for (size_t i = 0; i < BATCH; i++) {
        vdib__trial_destroy(b->trials[i]);
        vdib_raster_destroy(b->inputs[i]);
    }
    network_free(&b->net);
}

static void batch_run(batch *b, int threads, size_t first, size_t count, float *gradients) {
    const float *targets[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        targets[i] = b->targets[i];
    assert_ok(vdib__encoder_forward(&b->net.encoder, &b->net.table, b->net.parameters, threads,
                                    network_workspace(&b->net, count, STEPS, threads), b->trials + first,
                                    b->keys + first, NULL, count));
    assert_ok(vdib__encoder_backward(&b->net.encoder, &b->net.table, b->net.parameters, threads,
                                     network_workspace(&b->net, count, STEPS, threads), NULL, b->trials + first, NULL,
                                     targets + first, b->weights + first, count, NULL, gradients));
}

/* Everything that must be equal: potentials, spikes, gradients. */
static void assert_same(const batch *a, const batch *b, const float *gradients, const float *others) {
    size_t neurons = a->net.encoder.readout.neurons;
    for (size_t i = 0; i < BATCH; i++) {
        const vdib__trial *one = a->trials[i], *two = b->trials[i];
        assert_memory_equal(one->potentials, two->potentials, STEPS * neurons * sizeof(float));
        assert_memory_equal(one->probabilities, two->probabilities, STEPS * neurons * sizeof(float));
        assert_memory_equal(one->blank_window, two->blank_window, STEPS * neurons * sizeof(float));
        for (size_t l = 0; l < a->net.encoder.layer_count; l++)
            assert_memory_equal(one->layers[l].potentials, two->layers[l].potentials,
                                STEPS * a->net.encoder.layers[l].neurons * sizeof(float));
    }
    assert_memory_equal(gradients, others, a->net.table.trained * sizeof(float));
}

/* Visits the modes with dense and convolutional, per-neuron and lateral networks. */
typedef void visit(const vdib__encoder_parameters *parameters, uint64_t seed);

static void each_network(visit *check) {
    uint64_t seed = support_seed(31);
    for (size_t mode = 0; mode < vdib__credits.count; mode++) {
        vdib__encoder_parameters p = parameters_of(vdib__credit_of(vdib__credits.rows[mode]), mode % 2 == 1, mode >= 2);
        check(&p, seed);
        p = parameters_of(vdib__credit_of(vdib__credits.rows[mode]), mode % 2 == 0, mode < 2);
        p.joined = mode != 1;
        p.truncation = 10;                                                     /* for bptt */
        p.neuron.adaptation_decay = 0.9F, p.neuron.adaptation_strength = 1.5F; /* constants are arrays */
        p.neuron.learns[VDIB_TAU_SYNAPSE] = p.neuron.learns[VDIB_TAU_MEMBRANE] = true;
        p.neuron.learns[VDIB_TAU_REFRACTORY] = mode % 2 == 0;
        p.learns_filters = true;
        check(&p, seed);
        p = parameters_of(vdib__credit_of(vdib__credits.rows[mode]), mode % 2 == 1, mode < 2); /* that are reset */
        p.neuron.model = mode % 3 == 0 ? &vdib__neuron_lif : &vdib__neuron_cuba, p.neuron.threshold = 0.2F;
        p.neuron.synaptic_decay = mode % 3 == 0 ? 0.0F : p.neuron.synaptic_decay;
        p.truncation = 7;
        check(&p, seed);
    }
}

/* NaN in every gradient (not in the padding between tensors): a pass must overwrite all of them. */
static void poison(const network *net, float *gradients) {
    for (size_t i = 0; i < net->table.count; i++)
        if (net->table.tensors[i].role == VDIB_TENSOR_ENCODER)
            memset(gradients + net->table.tensors[i].offset, 0xFF, net->table.tensors[i].count * sizeof *gradients);
}

static void check_threads(const vdib__encoder_parameters *p, uint64_t seed) {
    batch one = {0}, many = {0};
    batch_create(&one, p, seed);
    batch_create(&many, p, seed);
    float *others = calloc(many.net.table.trained, sizeof *others);
    for (size_t count = 1; count <= BATCH; count += BATCH - 1) {
        batch_run(&one, 1, 0, count, one.net.gradients);
        for (int threads = 2; threads <= 3; threads++) {
            poison(&many.net, others);
            batch_run(&many, threads, 0, count, others);
            if (count == BATCH)
                assert_same(&one, &many, one.net.gradients, others);
            else
                assert_memory_equal(one.net.gradients, others, one.net.table.trained * sizeof *others);
        }
    }
    free(others);
    batch_destroy(&one), batch_destroy(&many);
}

/* Gradients come to a sink once, the same to the bit, and nothing reads a weight that a sink was given the gradient
 * of. */
static void check_sink(const vdib__encoder_parameters *p, uint64_t seed) {
    for (size_t count = 1; count <= BATCH; count += BATCH - 1) {
        batch b = {0};
        batch_create(&b, p, seed);
        batch_run(&b, 2, 0, count, b.net.gradients);
        float *scratch = calloc(b.net.table.trained, sizeof *scratch);
        support_sink taken = {.gradients = calloc(b.net.table.trained, sizeof(float)), .parameters = b.net.parameters};
        poison(&b.net, taken.gradients);
        const vdib__gradient_sink sink = {.take = support_take, .user = &taken};
        const float *targets[BATCH];
        for (size_t i = 0; i < BATCH; i++)
            targets[i] = b.targets[i];
        assert_ok(vdib__encoder_backward(&b.net.encoder, &b.net.table, b.net.parameters, 2,
                                         network_workspace(&b.net, BATCH, STEPS, 2), NULL, b.trials, NULL, targets,
                                         b.weights, count, &sink, scratch));
        assert_int_equal(taken.taken, vdib__tensor_elements(&b.net.table, VDIB_TENSOR_ENCODER));
        assert_memory_equal(taken.gradients, b.net.gradients, b.net.table.trained * sizeof(float));
        free(taken.gradients), free(scratch);
        batch_destroy(&b);
    }
}

static void same_for_sinks(void **state) {
    (void)state;
    each_network(check_sink);
}

static void same_for_any_threads(void **state) {
    (void)state;
    each_network(check_threads);
}

/* Kernel levels of this machine, found by asking for each. */
static bool level_available(int level) {
    vdib__kernel_level chosen;
    setenv("VDIB_KERNEL", vdib__kernel_level_name((vdib__kernel_level)level), 1);
    bool available = vdib__kernel_level_choose(&chosen) == VDIB_OK;
    unsetenv("VDIB_KERNEL");
    return available;
}

static void check_levels(const vdib__encoder_parameters *p, uint64_t seed) {
    batch plain = {0}, fast = {0};
    setenv("VDIB_KERNEL", "portable", 1);
    batch_create(&plain, p, seed);
    assert_int_equal(plain.net.encoder.level, VDIB_KERNEL_PORTABLE);
    batch_run(&plain, 2, 0, BATCH, plain.net.gradients);
    for (int level = VDIB_KERNEL_AVX2; level < VDIB_KERNEL_LEVELS; level++) {
        if (!level_available(level))
            continue;
        setenv("VDIB_KERNEL", vdib__kernel_level_name((vdib__kernel_level)level), 1);
        batch_create(&fast, p, seed);
        assert_int_equal(fast.net.encoder.level, level);
        batch_run(&fast, 2, 0, BATCH, fast.net.gradients);
        assert_same(&plain, &fast, plain.net.gradients, fast.net.gradients);
        batch_destroy(&fast);
    }
    unsetenv("VDIB_KERNEL");
    batch_destroy(&plain);
}

static void same_at_every_level(void **state) {
    (void)state;
    each_network(check_levels);
}

static void check_sum(const vdib__encoder_parameters *p, uint64_t seed) {
    batch b = {0};
    batch_create(&b, p, seed);
    size_t trained = b.net.table.trained;
    float *single = calloc(trained, sizeof *single), *sum = calloc(trained, sizeof *sum);
    for (size_t i = 0; i < BATCH; i++) {
        batch_run(&b, 2, i, 1, single);
        for (size_t e = 0; e < trained; e++)
            sum[e] += single[e];
    }
    batch_run(&b, 2, 0, BATCH, b.net.gradients);
    for (size_t i = 0; i < b.net.table.count; i++) {
        const vdib__tensor *tensor = &b.net.table.tensors[i];
        if (tensor->role == VDIB_TENSOR_ENCODER)
            assert_close(b.net.gradients + tensor->offset, sum + tensor->offset, tensor->count, 1e-5);
    }
    free(single), free(sum);
    batch_destroy(&b);
}

static void batch_is_a_sum(void **state) {
    (void)state;
    each_network(check_sum);
}

static void check_steps(const vdib__encoder_parameters *p, uint64_t seed) {
    batch b = {0};
    batch_create(&b, p, seed);
    const vdib__encoder *encoder = &b.net.encoder;
    size_t size = encoder->readout.neurons;
    batch_run(&b, 2, 0, BATCH, b.net.gradients);
    vdib__encoder_state *running = NULL;
    assert_ok(vdib__encoder_state_create(encoder, false, &running));
    for (size_t i = 0; i < 2; i++) { /* the second time from a reset state */
        for (size_t t = 0; t < STEPS; t++) {
            const uint32_t *spikes = NULL;
            size_t count = t < BLANK ? 0 : vdib_raster_at(b.inputs[i], t - BLANK, &spikes);
            assert_ok(vdib__encoder_step(encoder, &b.net.table, b.net.parameters, running, spikes, count, &b.keys[i],
                                         (uint32_t)t, NULL));
            assert_memory_equal(vdib__encoder_state_potentials(running), b.trials[i]->potentials + t * size,
                                size * sizeof(float));
            assert_memory_equal(vdib__encoder_state_probabilities(running), b.trials[i]->probabilities + t * size,
                                size * sizeof(float));
            assert_memory_equal(vdib__encoder_state_spikes(running), b.trials[i]->blank_window + t * size,
                                size * sizeof(float));
        }
        vdib__encoder_state_reset(running);
    }
    vdib__encoder_state_destroy(running);
    batch_destroy(&b);
}

static void step_by_step(void **state) {
    (void)state;
    each_network(check_steps);
}

/* The drawn spikes are those that the key says, and the two forms of a trial's readout are the same. */
static void drawn_spikes(void **state) {
    (void)state;
    batch b = {0};
    vdib__encoder_parameters p = parameters_of(&vdib__credit_bp, false, false);
    batch_create(&b, &p, 5);
    batch_run(&b, 2, 0, BATCH, b.net.gradients);
    const vdib__trial *trial = b.trials[3];
    for (size_t t = 0; t < STEPS; t++)
        for (size_t i = 0; i < p.readouts; i++) {
            float uniform = vdib__random_uniform(&b.keys[3], (uint32_t)t, (uint32_t)i);
            float want = uniform < vdib__sigmoidf(trial->potentials[t * p.readouts + i]) ? 1.0F : 0.0F;
            assert_true(trial->blank_window[t * p.readouts + i] == want);
        }
    uint8_t *dense = malloc((STEPS - BLANK) * p.readouts);
    vdib_raster_to_dense(trial->readout, dense);
    for (size_t i = 0; i < (STEPS - BLANK) * p.readouts; i++)
        assert_int_equal(dense[i], trial->window[i] != 0.0F);
    free(dense);
    batch_destroy(&b);
}

static void sigmoid_bits(void **state) {
    (void)state;
    enum { COUNT = 10007 };
    float *potentials = malloc(COUNT * sizeof *potentials), *got = malloc(COUNT * sizeof *got);
    random_values(potentials, COUNT, 1);
    for (size_t i = 0; i < COUNT; i++)
        potentials[i] *= i % 3 == 0 ? 200.0F : 10.0F;
    potentials[0] = 0.0F, potentials[1] = -0.0F, potentials[2] = 1e30F, potentials[3] = -1e30F;
    for (int level = 0; level < VDIB_KERNEL_LEVELS; level++) {
        if (!level_available(level))
            continue;
        vdib__encoder_kernels_of((vdib__kernel_level)level)->readout->sigmoid(got, potentials, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            float want = vdib__sigmoidf(potentials[i]);
            assert_memory_equal(&got[i], &want, sizeof want);
        }
    }
    free(potentials), free(got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_for_any_threads), cmocka_unit_test(same_for_sinks), cmocka_unit_test(same_at_every_level),
        cmocka_unit_test(batch_is_a_sum),       cmocka_unit_test(step_by_step),   cmocka_unit_test(drawn_spikes),
        cmocka_unit_test(sigmoid_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
