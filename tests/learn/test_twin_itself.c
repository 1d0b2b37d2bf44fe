/* SPDX-License-Identifier: MIT */
/* The trainer's twin checks itself, in double and to 1e-9: its gradients by finite differences with a smooth stand-in
 * for Theta, and its update rules. */
#include "learn/twin_bench.h"

/* Distance of the points for conv2d, whose 2,500 ReLUs lie close to 0. */
static const double SHORT_REACH = 1e-4;

/* A record of the same shape whose activity stays while weights are changed. */
static twin *copy_of_run(bench *b) {
    twin *frozen = twin_create(&b->twin->settings, b->dataset);
    bench held = *b;
    held.twin = frozen;
    frozen->smooth = true;
    assert_ok(vdib_dataset_get(b->dataset, VDIB_SPLIT_TRAIN, 0, 1, frozen->example));
    run(&held, &frozen->records[0], SIZE_MAX, NULL);
    return frozen;
}

/* What straight-through, bp and back-propagation differentiate: the loss with y = sigma(u) + what is held constant. */
static double relaxed_loss(bench *b, const twin_record *frozen) {
    twin *t = b->twin;
    twin_record *r = &t->records[0];
    size_t readouts = t->settings.readouts, count = frozen->steps * readouts;
    double *relaxed = twin_numbers(count), *gradient = twin_numbers(t->outputs);
    twin_loss loss = {0};
    t->frozen = frozen;
    run(b, r, SIZE_MAX, frozen->spikes);
    t->frozen = NULL;
    for (size_t i = 0; i < count; i++)
        relaxed[i] = t->settings.gaussian
                         ? r->spikes[i] /* the same eps: nothing is relaxed */
                         : 1 / (1 + exp(-r->potentials[i])) + frozen->spikes[i] - 1 / (1 + exp(-frozen->potentials[i]));
    const vdib__key key = {.seed = 3, .stage = VDIB_STAGE_TRAINING};
    size_t first = frozen->steps - t->settings.blank - t->settings.window;
    const double *received = twin_link(t, &key, first, relaxed + count - t->settings.window * readouts);
    const double *logits = twin_decode(t, received);
    loss.distortion = twin_distortion(t, logits, b->target, b->label, gradient);
    twin_rate(t, r, t->settings.blank, frozen->steps, &loss);
    twin_total(t, &loss, frozen->steps - t->settings.blank);
    free(gradient), free(relaxed);
    return loss.total;
}

/* Gradients of both halves for one example. */
static void learn(bench *b, double *total) {
    twin *t = b->twin;
    twin_record *r = &t->records[0];
    size_t blank = t->settings.blank, readouts = t->settings.readouts, scored;
    double *gradient = twin_numbers(t->outputs), distortion_scale, rate_scale;
    twin_loss loss = {0};
    twin_clear_gradients(t, TWIN_ENCODER), twin_clear_gradients(t, TWIN_DECODER);
    run(b, r, SIZE_MAX, NULL);
    scored = r->steps - blank;
    twin_scales(t, scored, &distortion_scale, &rate_scale);
    const vdib__key key = {.seed = 3, .stage = VDIB_STAGE_TRAINING};
    size_t first = r->steps - t->settings.window;
    const double *received = twin_link(t, &key, first - blank, r->spikes + first * readouts);
    const double *logits = twin_decode(t, received);
    loss.distortion = twin_distortion(t, logits, b->target, b->label, gradient);
    for (size_t i = 0; i < t->outputs; i++)
        gradient[i] *= distortion_scale;
    twin_decode_backward(t, gradient);
    twin_rate(t, r, blank, r->steps, &loss);
    twin_total(t, &loss, scored);
    double weight = twin_estimate(t, r, blank, r->steps, scored, &loss.total, 1, 0, t->window_gradient);
    twin_backward(t, r, blank, false, b->target, weight);
    *total = loss.total;
    free(gradient);
}

/* With the first seed under which nothing changes its side within the reach of the differences: potentials that compete
 * in a pooling window, ReLUs, and the kink of the fast sigmoid at 0. Gradients are there. */
static bench smooth_bench(const char *const *settings, double *total) {
    for (int seed = 1; seed < 300; seed++) {
        char text[32];
        const char *all[8] = {text};
        snprintf(text, sizeof text, "seed=%d", seed);
        for (size_t i = 0; settings[i] != NULL; i++)
            all[i + 1] = settings[i];
        bench b = set_up(STEPS, all);
        learn(&b, total);
        const twin_margins *m = &b.twin->margins;
        bool large = b.twin->settings.decoder == TWIN_CONV2D;
        if (m->pool > 0.004 && m->relu > (large ? 1e-4 : 0.03) &&
            (b.twin->settings.surrogate != TWIN_FAST || m->threshold > 0.03))
            return b;
        tear_down(&b);
    }
    fail_msg("no seed serves %s", settings[0]);
    return (bench){0};
}

static void back_propagation_is_the_derivative(void **state) {
    (void)state;
    static const char *const variants[][6] = {
        {"objective.reduction=mean", NULL},
        {"objective.reduction=sum", "decoder.window=3", "decoder.head=gaussian", NULL},
        {"data.target=class", "neuron.gain=published", "readout.feedback=neuron", NULL},
        {"encoder.layers=[conv3k2p1m2, 4]", "decoder=linear", "decoder.coding=rate", NULL},
        {"encoder.layers=[conv2k2]", "decoder=conv", "data.blank_steps=0", NULL},
        {"encoder.layers=[]", "readout.feedback_bases=0", "decoder=conv2d", "encoder.readouts=2", NULL},
        {"neuron.surrogate=fast-sigmoid", "neuron.surrogate_slope=0.7", NULL},
        {"channel.type=flips", "channel.probability=0.4", "decoder.window=3", NULL},
        {"channel.type=erasures", "channel.probability=0.4", "decoder.spike_dropout=0.4", NULL},
        {"channel.type=packets", "channel.probability=0.4", "channel.packet_steps=2", "decoder.spike_dropout=0.2",
         NULL},
        {"decoder.random_cuts=1", "channel.type=flips", "channel.probability=0.4", NULL},
        {"decoder.random_cuts=1", "channel.type=packets", "channel.probability=0.4", "decoder.window=3", NULL},
        {"neuron.learn_tau=all", "neuron.gain=published", NULL},
        {"encoder.skip=true", NULL},
        {"readout.learns_filters=true", "encoder.skip=true", NULL},
        {"readout.learns_filters=true", "encoder.layers=[]", "readout.bases=1", NULL},
        {"neuron.learn_tau=all", "encoder.layers=[conv3k2p1m2, 4]", NULL},
        {"learning.credit_assignment=bptt", NULL},
        {"learning.credit_assignment=bptt", "readout.feedback=neuron", "encoder.layers=[conv3k2p1m2, 4]", NULL},
        {"learning.credit_assignment=bptt", "readout.learns_filters=true", "neuron.gain=published", NULL},
        {"learning.credit_assignment=bptt", "learning.truncation=2", "neuron.gain=unit", "encoder.skip=true", NULL},
        {"learning.credit_assignment=bptt", "neuron.adaptation_strength=0.8", "neuron.adaptation_tau_us=9000",
         "neuron.learn_tau=all", "learning.truncation=3", NULL},
        {"learning.credit_assignment=bptt", "neuron.adaptation_strength=0.8", "neuron.adaptation_tau_us=9000",
         "neuron.learn_tau=all", "encoder.layers=[conv3k2p1m2, 4]", NULL},
        {"neuron.model=cuba", NULL},
        {"neuron.model=lif", "neuron.threshold=0.3", "encoder.layers=[conv3k2p1m2, 4]", NULL},
        {"neuron.model=cuba", "learning.credit_assignment=bptt", "encoder.layers=[conv3k2p1m2, 4]", NULL},
        {"neuron.model=cuba", "learning.credit_assignment=bptt", "learning.truncation=2", "neuron.threshold=0.5", NULL},
        {"readout.type=gaussian", "readout.feedback_bases=0", NULL},
        {"readout.type=gaussian", "readout.feedback_bases=0", "encoder.layers=[]", "readout.learns_filters=true", NULL},
        {"readout.type=gaussian", "readout.feedback_bases=0", "learning.credit_assignment=bptt", "decoder.window=3",
         "objective.reduction=sum", NULL},
    };
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        double total;
        bench b = smooth_bench(variants[i], &total);
        twin *frozen = copy_of_run(&b);
        print_message("%s\n", variants[i][0]);
        reach = b.twin->settings.decoder == TWIN_CONV2D ? SHORT_REACH : 2e-3;
        check(&b, &frozen->records[0], relaxed_loss, TWIN_ENCODER, "");
        bool large = b.twin->settings.decoder == TWIN_CONV2D; /* 2,048 hidden units: its small tensors stand for all */
        check(&b, &frozen->records[0], relaxed_loss, TWIN_DECODER, large ? "decoder.conv1" : "");
        twin_destroy(frozen);
        tear_down(&b);
    }
}

static double log_probability(bench *b, const twin_record *frozen) {
    twin *t = b->twin;
    size_t readouts = t->settings.readouts;
    double sum = 0;
    t->frozen = frozen;
    run(b, &t->records[0], SIZE_MAX, frozen->spikes);
    t->frozen = NULL;
    for (size_t i = t->settings.blank * readouts; i < frozen->steps * readouts; i++) {
        double u = t->records[0].potentials[i];
        sum -= log1p(exp(frozen->spikes[i] != 0 ? -u : u));
    }
    return sum;
}

/* reinforce by bp: loss times 1/(NY T) times the derivative of log p(y || x). */
static void the_score_is_the_derivative_of_the_log_probability(void **state) {
    (void)state;
    static const char *const variants[][6] = {
        {"learning.estimator=reinforce", "learning.baseline=none", "objective.reduction=mean", NULL},
        {"learning.estimator=reinforce", "learning.baseline=none", "objective.reduction=sum", NULL},
        {"learning.estimator=reinforce", "learning.baseline=none", "objective.reduction=sum",
         "learning.credit_assignment=bptt", NULL},
        {"learning.estimator=reinforce", "learning.baseline=none", "objective.reduction=sum",
         "learning.credit_assignment=bptt", "learning.truncation=2", NULL}};
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        bench b = set_up(STEPS, variants[i]);
        twin *frozen = copy_of_run(&b);
        double total, scale = i == 0 ? 1.0 / (double)(b.twin->settings.readouts * STEPS) : 1.0;
        learn(&b, &total);
        for (size_t k = 0; k < b.twin->tensor_count; k++)
            for (size_t e = 0; e < b.twin->tensors[k].count; e++)
                b.twin->tensors[k].gradients[e] /= total * scale;
        check(&b, &frozen->records[0], log_probability, TWIN_ENCODER, "");
        twin_destroy(frozen);
        tear_down(&b);
    }
}

/* ---- the other ways of an error ---- */

static size_t number_taught;
static const double *taught_by; /* (T, NY) errors of dfa, (outputs) target of drtp */

/* sum over steps of a layer's outputs times what they are taught, as dfa and drtp define it: B times the error of the
 * step, or B times the target. */
static double taught_sum(bench *b, const twin_record *frozen) {
    twin *t = b->twin;
    const twin_layer *layer = &t->layers[number_taught];
    const double *matrix = t->tensors[layer->feedback].values;
    bool direct = t->settings.feedback == TWIN_DFA;
    size_t count = direct ? t->settings.readouts : t->outputs;
    double sum = 0;
    t->frozen = frozen;
    run(b, &t->records[0], SIZE_MAX, frozen->spikes);
    t->frozen = NULL;
    for (size_t step = t->settings.blank; step < frozen->steps; step++)
        for (size_t o = 0; o < layer->outputs; o++)
            for (size_t i = 0; i < count; i++)
                sum += t->records[0].layers[number_taught].outputs[step * layer->outputs + o] *
                       matrix[i * layer->outputs + o] * taught_by[(direct ? step * count : 0) + i];
    return sum;
}

static void dfa_and_drtp_send_errors_and_targets_through_their_matrices(void **state) {
    (void)state;
    static const char *const variants[][5] = {
        {"learning.credit_assignment=dfa", "learning.estimator=reinforce", "learning.baseline=none", NULL},
        {"learning.credit_assignment=dfa", "learning.estimator=reinforce", "learning.baseline=none",
         "learning.dfa_normalised=false", NULL},
        {"learning.credit_assignment=dfa", NULL},
        {"learning.credit_assignment=drtp", "learning.estimator=reinforce", "learning.baseline=none", NULL},
        {"learning.credit_assignment=drtp", "data.target=class", NULL}};
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        bench b = set_up(STEPS, variants[i]);
        twin *t = b.twin, *frozen = copy_of_run(&b);
        size_t count = frozen->records[0].steps * t->settings.readouts;
        double total, *sent = twin_numbers(count + t->outputs),
                      per_neuron = 1.0 / (double)(t->settings.readouts * STEPS);
        learn(&b, &total);
        double share = i == 4 ? 1 : i == 3 ? total * per_neuron : 1; /* drtp's weight: of the class, or of the score */
        for (size_t k = 0; k < count && i < 3; k++)
            sent[k] = t->records[0].errors[k] / (i == 1 ? per_neuron : 1); /* as published: without 1/(NY T) */
        for (size_t k = 0; k < t->outputs && i >= 3; k++)
            sent[k] = share * b.target[k];
        taught_by = sent;
        for (number_taught = 0; number_taught < 2; number_taught++)
            check(&b, &frozen->records[0], taught_sum, TWIN_ENCODER,
                  number_taught == 0 ? "encoder.hidden.0" : "encoder.hidden.1");
        free(sent);
        twin_destroy(frozen);
        tear_down(&b);
    }
}

static void fa_with_the_true_weights_is_bp(void **state) {
    (void)state;
    static const char *const settings[] = {"learning.credit_assignment=fa", NULL}, *const none[] = {NULL};
    bench fixed = set_up(STEPS, settings), exact = set_up(STEPS, none);
    twin *f = fixed.twin, *e = exact.twin;
    double total;
    for (size_t i = 0; i < e->tensor_count; i++)
        memcpy(twin_find(f, e->tensors[i].name)->values, e->tensors[i].values, e->tensors[i].count * sizeof(double));
    memcpy(twin_find(f, "feedback.readout")->values, twin_find(f, "encoder.readout.weight")->values,
           twin_find(f, "feedback.readout")->count * sizeof(double));
    memcpy(twin_find(f, "feedback.hidden.1")->values, twin_find(f, "encoder.hidden.1.weight")->values,
           twin_find(f, "feedback.hidden.1")->count * sizeof(double));
    learn(&fixed, &total), learn(&exact, &total);
    for (size_t i = 0; i < e->tensor_count; i++)
        assert_close_double(twin_find(f, e->tensors[i].name)->gradients, e->tensors[i].gradients, e->tensors[i].count,
                            1e-12);
    tear_down(&fixed), tear_down(&exact);
}

/* ---- one update a step ---- */

/* The loss of the last step as a function of the weights of that step: all before it stays. */
static double step_loss(bench *b, const twin_record *frozen) {
    twin *t = b->twin;
    twin_record *r = &t->records[0];
    size_t readouts = t->settings.readouts, last = frozen->steps - 1;
    vdib__key key = {.seed = 3, .purpose = VDIB_PURPOSE_READOUT};
    double *gradient = twin_numbers(t->outputs), *window = twin_numbers(t->settings.window * readouts);
    twin_loss loss = {0};
    /* steps before the last one once more with the weights of the start */
    for (size_t i = 0; i < t->tensor_count; i++)
        for (size_t e = 0; e < t->tensors[i].count; e++) {
            double now = t->tensors[i].values[e];
            t->tensors[i].values[e] = t->tensors[i].start[e], t->tensors[i].start[e] = now;
        }
    run(b, r, last, frozen->spikes);
    for (size_t i = 0; i < t->tensor_count; i++)
        for (size_t e = 0; e < t->tensors[i].count; e++) {
            double now = t->tensors[i].start[e];
            t->tensors[i].start[e] = t->tensors[i].values[e], t->tensors[i].values[e] = now;
        }
    twin_step(t, r, last, &key, frozen->spikes + last * readouts);
    memcpy(window, r->spikes + (frozen->steps - t->settings.window) * readouts,
           t->settings.window * readouts * sizeof *window);
    for (size_t i = 0; i < readouts; i++)
        window[(t->settings.window - 1) * readouts + i] += 1 / (1 + exp(-r->potentials[last * readouts + i])) -
                                                           1 / (1 + exp(-frozen->potentials[last * readouts + i]));
    loss.distortion = twin_distortion(t, twin_decode(t, window), b->target, b->label, gradient);
    twin_rate(t, r, last, last + 1, &loss);
    twin_total(t, &loss, 1);
    free(window), free(gradient);
    return loss.total;
}

static void a_step_credits_its_own_spikes(void **state) {
    (void)state;
    static const char *const settings[] = {"learning.schedule=online", "decoder.window=3", NULL};
    bench b = set_up(STEPS, settings);
    twin *t = b.twin, *frozen = copy_of_run(&b);
    twin_record *r = &t->records[0];
    size_t readouts = t->settings.readouts, last = frozen->records[0].steps - 1;
    double *gradient = twin_numbers(t->outputs);
    run(&b, r, SIZE_MAX, NULL);
    const double *logits = twin_decode(t, r->spikes + (r->steps - t->settings.window) * readouts);
    (void)twin_distortion(t, logits, b.target, b.label, gradient);
    for (size_t i = 0; i < t->outputs; i++)
        gradient[i] /= (double)t->outputs;
    twin_decode_backward(t, gradient);
    double none = 0, weight = twin_estimate(t, r, last, last + 1, 1, &none, 1, 0, t->window_gradient);
    twin_backward(t, r, last, true, b.target, weight);
    check(&b, &frozen->records[0], step_loss, TWIN_ENCODER, "encoder.readout");
    check(&b, &frozen->records[0], step_loss, TWIN_ENCODER, "encoder.hidden.1");
    for (size_t e = 0; e < twin_find(t, "encoder.hidden.0.weight")->count; e++)
        assert_true(twin_find(t, "encoder.hidden.0.weight")->gradients[e] == 0);
    free(gradient);
    twin_destroy(frozen);
    tear_down(&b);
}

/* ---- updates ---- */

/* The same gradients in every update, whatever the tensors. */
static void update_often(bench *b, int updates, double scale) {
    for (int n = 0; n < updates; n++) {
        for (size_t i = 0; i < b->twin->tensor_count; i++)
            for (size_t e = 0; e < b->twin->tensors[i].count; e++)
                b->twin->tensors[i].gradients[e] = scale * (double)((int)(e % 5) - 2);
        twin_update(b->twin, TWIN_ENCODER, 1.5);
    }
}

static void constant_gradients_move_as_the_rules_say(void **state) {
    (void)state;
    static const char *const variants[][6] = {
        {"learning.encoder_optimizer=sgd", "learning.encoder_learning_rate=0.5", NULL},
        {"learning.encoder_optimizer=adam", "learning.encoder_learning_rate=0.5", NULL},
        {"learning.encoder_optimizer=adam", "learning.encoder_learning_rate=0.5", "learning.clip_norm=0.25", NULL},
        {"learning.encoder_optimizer=adamw", "learning.encoder_learning_rate=0.5", "learning.weight_decay=0.1", NULL},
        {"learning.encoder_optimizer=sgd", "learning.encoder_learning_rate=0.5", "learning.estimator=reinforce", NULL}};
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        bench b = set_up(STEPS, variants[i]);
        const twin_tensor *tensor = twin_find(b.twin, "encoder.hidden.0.weight");
        double square = 0;
        update_often(&b, 3, 0.1);
        for (size_t k = 0; k < b.twin->tensor_count; k++)
            for (size_t e = 0; e < b.twin->tensors[k].count && b.twin->tensors[k].role == TWIN_ENCODER; e++)
                square += b.twin->tensors[k].gradients[e] * b.twin->tensors[k].gradients[e];
        if (i == 2)
            assert_true(fabs(sqrt(square) - 0.25) < 1e-12);
        for (size_t e = 0; e < tensor->count; e++) {
            double g = tensor->gradients[e], w = tensor->start[e], sign = g > 0 ? 1 : g < 0 ? -1 : 0;
            double step = 0.5 * g / (fabs(g) + 1e-8), shrink = 1 - 0.5 * (double)0.1F;
            double want[] = {w - 3 * 0.5 * g, w - 3 * step, w - 3 * step,
                             shrink * (shrink * (shrink * w - step) - step) - step, w};
            if (!(fabs(tensor->values[e] - want[i]) < 1e-9))
                fail_msg("rule %zu: weight %zu went to %.12g, not %.12g (sign %g)", i, e, tensor->values[e], want[i],
                         sign);
        }
        tear_down(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(back_propagation_is_the_derivative),
        cmocka_unit_test(the_score_is_the_derivative_of_the_log_probability),
        cmocka_unit_test(dfa_and_drtp_send_errors_and_targets_through_their_matrices),
        cmocka_unit_test(fa_with_the_true_weights_is_bp),
        cmocka_unit_test(a_step_credits_its_own_spikes),
        cmocka_unit_test(constant_gradients_move_as_the_rules_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
