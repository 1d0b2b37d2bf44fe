/* SPDX-License-Identifier: MIT */
/* With a workspace and trials made beforehand, no forward pass, backward pass or single step allocates: every credit
 * assignment, dense, convolutional and no hidden layers, sequences within and beyond a tile, whole batches and their
 * last example alone. */
#include "encoder/network.h"
#include "vdib/memory.h"

enum { BATCH = 3, BLANK = 2, MOST_THREADS = 3 };

static _Atomic size_t allocations;

static void *allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    allocations++;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void release(void *user, void *block) {
    (void)user;
    free(block);
}

static vdib__encoder_parameters parameters_of(size_t kind) {
    vdib__encoder_parameters p = {.neuron = {.synaptic_decay = 0.85F,
                                             .membrane_decay = 0.9F,
                                             .refractory_decay = 0.65F,
                                             .gain = &vdib__gain_unit,
                                             .slope = 1.0F},
                                  .input_shape = {2, 7, 9},
                                  .layer_count = 2,
                                  .layers = {{.width = 70}, {.width = 33}},
                                  .readouts = 67,
                                  .filter_steps = 6,
                                  .bases = 3,
                                  .feedback_bases = 1,
                                  .basis_width = 0.5,
                                  .targets = 5};
    p.neuron.surrogate = vdib__surrogate_named(kind % 2 == 0 ? "boxcar" : "logistic");
    p.lateral = kind == 1;
    p.learns_filters = kind % 2 == 0;
    for (size_t l = 0; l < 2 && kind >= 2; l++)
        if (kind - 1 > l) { /* 2: one convolution, 3: two */
            p.layers[l].convolutional = true, p.layers[l].width = 5, p.layers[l].kernel = 3;
            p.layers[l].stride = 1, p.layers[l].padding = 1, p.layers[l].pool = 2;
        }
    if (kind == 4)
        p.layer_count = 0;
    return p;
}

enum { NETWORKS = 5 };

/* What a batch needs; everything is allocated here. */
typedef struct fixture {
    network net;
    vdib_raster *inputs[BATCH];
    vdib__trial *trials[BATCH];
    vdib__key keys[BATCH];
    float target[5];
    const float *targets[BATCH];
    float weights[BATCH];
} fixture;

static void set_up(fixture *f, const vdib__encoder_parameters *p, size_t steps, int threads) {
    *f = (fixture){0};
    network_build(&f->net, p, 7);
    for (size_t i = 0; i < BATCH; i++) { /* the last has the most spikes */
        f->inputs[i] = random_raster(126, steps - BLANK, 0.1F * (float)(i + 1), 8 + i);
        assert_ok(vdib__trial_create(&f->net.encoder, steps, BLANK, &f->trials[i]));
        assert_ok(vdib__trial_reserve(f->trials[i], vdib_raster_spikes(f->inputs[i])));
        f->trials[i]->input = f->inputs[i];
        f->keys[i] = (vdib__key){.seed = 3, .purpose = VDIB_PURPOSE_READOUT, .example = i};
        f->targets[i] = f->target;
        f->weights[i] = 1.0F;
        random_values(f->trials[i]->errors + BLANK * p->readouts, (steps - BLANK) * p->readouts, i);
    }
    random_values(f->target, 5, 4);
    (void)network_workspace(&f->net, BATCH, steps, threads);
}

static void tear_down(fixture *f) {
    for (size_t i = 0; i < BATCH; i++) {
        vdib__trial_destroy(f->trials[i]);
        vdib_raster_destroy(f->inputs[i]);
    }
    network_free(&f->net);
}

static void run(fixture *f, int threads, size_t first, size_t count) {
    network *n = &f->net;
    assert_ok(vdib__encoder_forward(&n->encoder, &n->table, n->parameters, threads, n->workspace, f->trials + first,
                                    f->keys + first, NULL, count));
    assert_ok(vdib__encoder_backward(&n->encoder, &n->table, n->parameters, threads, n->workspace, NULL,
                                     f->trials + first, NULL, f->targets, f->weights, count, NULL, n->gradients));
}

static void sequences(void **state) {
    (void)state;
    for (size_t kind = 0; kind < NETWORKS; kind++)
        for (size_t c = 0; c < vdib__credits.count; c++)
            for (size_t steps = 19; steps < 150; steps += 110)
                for (int threads = 1; threads <= MOST_THREADS; threads++) {
                    vdib__encoder_parameters p = parameters_of(kind);
                    p.credit = vdib__credit_of(vdib__credits.rows[c]);
                    fixture f;
                    set_up(&f, &p, steps, threads);
                    allocations = 0;
                    run(&f, threads, 0, BATCH);
                    run(&f, threads, BATCH - 1, 1);
                    assert_int_equal(allocations, 0);
                    tear_down(&f);
                }
}

/* A pass takes no more threads, trials and steps than its workspace was made for. */
static void smaller_workspaces(void **state) {
    (void)state;
    vdib__encoder_parameters p = parameters_of(0);
    p.credit = &vdib__credit_bp;
    fixture f;
    set_up(&f, &p, 129, 3);
    run(&f, 3, 0, BATCH);
    float *wanted = malloc(f.net.table.trained * sizeof *wanted);
    memcpy(wanted, f.net.gradients, f.net.table.trained * sizeof *wanted);
    (void)network_workspace(&f.net, BATCH, 129, 1);
    allocations = 0;
    run(&f, 3, 0, BATCH);
    assert_int_equal(allocations, 0);
    assert_memory_equal(wanted, f.net.gradients, f.net.table.trained * sizeof *wanted);
    vdib__encoder_workspace *w = network_workspace(&f.net, BATCH - 1, 129, 1);
    assert_fails(
        VDIB_ERROR_ARGUMENT,
        vdib__encoder_forward(&f.net.encoder, &f.net.table, f.net.parameters, 1, w, f.trials, f.keys, NULL, BATCH),
        "3 trials in a workspace made for 2");
    w = network_workspace(&f.net, BATCH, 128, 1);
    assert_fails(VDIB_ERROR_ARGUMENT,
                 vdib__encoder_backward(&f.net.encoder, &f.net.table, f.net.parameters, 1, w, NULL, f.trials, NULL,
                                        NULL, NULL, BATCH, NULL, f.net.gradients),
                 "trial 0 has 129 steps; the workspace was made for 128");
    free(wanted);
    tear_down(&f);
}

static void single_steps(void **state) {
    (void)state;
    for (size_t kind = 0; kind < NETWORKS; kind++)
        for (int learning = 0; learning < 2; learning++) {
            vdib__encoder_parameters p = parameters_of(kind);
            p.credit = &vdib__credit_dfa;
            fixture f;
            set_up(&f, &p, 40, 1);
            vdib__encoder_state *running = NULL;
            assert_ok(vdib__encoder_state_create(&f.net.encoder, learning == 1, &running));
            const float *errors = f.trials[0]->errors + BLANK * p.readouts;
            allocations = 0;
            for (size_t t = 0; t < 30; t++) {
                const uint32_t *channels = NULL;
                size_t count = vdib_raster_at(f.inputs[2], t, &channels);
                assert_ok(vdib__encoder_step(&f.net.encoder, &f.net.table, f.net.parameters, running, channels, count,
                                             &f.keys[0], (uint32_t)t, NULL));
                if (learning == 1)
                    assert_ok(vdib__encoder_step_backward(&f.net.encoder, &f.net.table, f.net.parameters, running,
                                                          errors, NULL, f.target, 1.0F, f.net.gradients));
            }
            assert_int_equal(allocations, 0);
            vdib__encoder_state_destroy(running);
            tear_down(&f);
        }
}

int main(void) {
    const vdib_allocator counting = {.size = sizeof counting, .allocate = allocate, .release = release};
    if (vdib_allocator_set(&counting) != VDIB_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences),
        cmocka_unit_test(smaller_workspaces),
        cmocka_unit_test(single_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
