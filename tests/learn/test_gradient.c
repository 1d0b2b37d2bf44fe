/* SPDX-License-Identifier: MIT */
/* Gradients through the encoder for somebody else's loss: those of the trainer to the bit, those of finite differences
 * where there are some; the same for any threads and as often as they are asked for; updates that are made on the way
 * back; what is wrong is refused. */
#include "learn/toy.h"

#include <math.h>

#include "learn/objective.h"
#include "learn/trainer.h"

enum { BATCH = 4, DRAWS = 3, SAMPLES = BATCH * DRAWS, READOUTS = 8, WINDOW = TOY_STEPS * (READOUTS + 1) };

/* Numbers of a few sizes and both signs. */
static float number(uint32_t i) {
    const vdib__key key = {.seed = 12, .purpose = VDIB_PURPOSE_STIMULUS};
    return vdib__random_uniform(&key, 0, i) - 0.4F;
}

/* What the trainer shows and a copy of the model with the weights that it shows it with. */
typedef struct scene {
    vdib_dataset *dataset;
    vdib_config *config;
    vdib_trainer *trainer;
    vdib_model *model;
    vdib_batch *batch;
    vdib_shown shown;
    const vdib_raster *rasters[BATCH];
    float windows[SAMPLES * WINDOW], targets[BATCH * TOY_PIXELS];
    double log_p[SAMPLES], rates[SAMPLES], losses[SAMPLES];
    float weights[BATCH];
    vdib_errors errors;
} scene;

static void set_up(scene *s, const char *const *settings, size_t threads) {
    const uint64_t presentations[BATCH] = {0, 1, 2, 3};
    *s = (scene){.dataset = toy_dataset(true), .config = toy_config(TOY_STRAIGHT), .shown = {.size = sizeof s->shown}};
    toy_set(s->config, settings);
    assert_ok(vdib_config_set(s->config, "learning.clip_norm=1e6")); /* gradients are collected and stay */
    assert_ok(vdib_trainer_create(s->config, s->dataset, &s->trainer));
    assert_ok(vdib__model_copy(vdib_trainer_model(s->trainer), &s->model));
    assert_ok(vdib_trainer_forward(s->trainer, &s->shown));
    assert_int_equal(s->shown.examples, BATCH);
    assert_ok(vdib_batch_create(s->model, BATCH, TOY_STEPS, 0, threads, &s->batch));
    assert_ok(vdib_batch_set_draws(s->batch, s->shown.draws));
    for (size_t i = 0; i < BATCH; i++)
        s->rasters[i] = s->shown.data[i]->raster;
    assert_ok(vdib_batch_present(s->batch, s->rasters, BATCH, s->trainer->model->config->seed, presentations, NULL));
}

static void tear_down(scene *s) {
    vdib_batch_destroy(s->batch);
    vdib_model_destroy(s->model);
    vdib_trainer_destroy(s->trainer);
    vdib_config_destroy(s->config);
    vdib_dataset_destroy(s->dataset);
}

/* The same spikes and rates as the trainer's. */
static void check_encoded(scene *s) {
    vdib_encoded encoded = {.size = sizeof encoded};
    assert_ok(vdib_batch_encoded(s->batch, &encoded));
    size_t samples = BATCH * encoded.draws, window = encoded.window * encoded.row;
    assert_int_equal(encoded.examples, BATCH);
    assert_int_equal(encoded.draws, s->shown.draws);
    assert_int_equal(encoded.steps, TOY_STEPS);
    assert_int_equal(encoded.readouts, READOUTS);
    assert_int_equal(encoded.row, s->shown.row);
    assert_memory_equal(encoded.windows, s->shown.windows, samples * window * sizeof *encoded.windows);
    const vdib__estimator_plan *plan = &s->trainer->plan;
    for (size_t i = 0; i < samples; i++)
        assert_true(plan->beta * plan->rate_scale * (plan->analytic ? encoded.rates : encoded.rates_sampled)[i] ==
                    s->shown.rate_terms[i]);
}

/* What the trainer's estimator makes of the numbers, in the terms of the caller's. */
static void fill_errors(scene *s) {
    const vdib__estimator_plan *plan = &s->trainer->plan;
    size_t count = BATCH * plan->draws, window = s->shown.window * s->shown.row;
    bool score = vdib__choice_is(&plan->estimator->choice, "score");
    double sum = 0;
    for (size_t i = 0; i < count * window; i++)
        s->windows[i] = number((uint32_t)i);
    for (size_t i = 0; i < BATCH * TOY_PIXELS; i++)
        s->targets[i] = number((uint32_t)i + 1000);
    for (size_t i = 0; i < count; i++) {
        s->losses[i] = (double)number((uint32_t)i + 2000);
        sum += s->losses[i] + s->shown.rate_terms[i];
    }
    for (size_t i = 0; i < count; i++) {
        double loss = s->losses[i] + s->shown.rate_terms[i];
        float rate = plan->rate_weight * (1.0F / (float)count);
        if (score) {
            double weight = plan->baseline->weigh(loss, sum, count);
            if (plan->draws > 1) { /* rloo */
                double own = 0;
                for (size_t m = 0; m < plan->draws; m++) {
                    size_t other = i / plan->draws * plan->draws + m;
                    own += s->losses[other] + s->shown.rate_terms[other];
                }
                weight = loss - (own - loss) / (double)(plan->draws - 1);
            }
            s->log_p[i] = (double)((float)(weight / (double)count) * plan->score_scale);
            s->rates[i] = plan->analytic ? (double)(rate * plan->score_scale) : 0.0;
            s->weights[i / plan->draws] += (float)s->log_p[i];
        } else {
            s->rates[i] = (double)rate;
            s->log_p[i] = plan->analytic ? 0.0 : (double)rate;
        }
    }
    s->errors = (vdib_errors){.size = sizeof s->errors,
                              .windows = score ? NULL : s->windows,
                              .log_p = s->log_p,
                              .rates = s->rates,
                              .targets = s->targets,
                              .target_weights = score ? s->weights : NULL};
}

/* Every tensor's gradient, found by its offset. `bound` 0: the same bits. */
static void assert_same_gradients(const scene *s, const float *got, const float *want, double bound) {
    size_t tensors = 0;
    double largest = 0;
    for (size_t i = 0; i < vdib_model_tensor_count(s->model); i++) {
        vdib_parameter parameter = {.size = sizeof parameter};
        assert_ok(vdib_model_parameter(s->model, i, &parameter));
        if (parameter.part != VDIB_PART_ENCODER)
            continue;
        tensors++;
        if (bound == 0)
            assert_memory_equal(got + parameter.offset, want + parameter.offset, parameter.count * sizeof *got);
        else
            assert_close(got + parameter.offset, want + parameter.offset, parameter.count, bound);
        for (size_t k = 0; k < parameter.count; k++)
            largest = fmax(largest, fabs((double)want[parameter.offset + k]));
    }
    assert_true(tensors >= 2);
    assert_true(largest > 1e-6);
}

static void check_rule(const char *const *settings, double bound) {
    static scene s;
    set_up(&s, settings, 2);
    size_t count = vdib_model_gradient_count(s.model);
    assert_int_equal(count, s.trainer->encoder.count);
    float *got = calloc(count, sizeof *got), *again = calloc(count, sizeof *again);
    bool score = vdib__choice_is(&s.trainer->plan.estimator->choice, "score");
    assert_non_null(got);
    assert_non_null(again);
    check_encoded(&s);
    fill_errors(&s);
    assert_ok(vdib_batch_backward(s.batch, &s.errors, got));
    assert_ok(vdib_trainer_backward(s.trainer, score ? NULL : s.windows, s.losses, s.targets, NULL));
    assert_same_gradients(&s, got, s.trainer->gradients, bound);
    const vdib_errors other = {.size = sizeof other, .windows = s.windows, .targets = s.targets};
    assert_ok(vdib_batch_backward(s.batch, &other, again)); /* something else between */
    assert_ok(vdib_batch_backward(s.batch, &s.errors, again));
    assert_same_gradients(&s, again, got, 0);
    free(again);
    free(got);
    tear_down(&s);
}

static void gradients_are_the_trainers(void **state) {
    (void)state;
    static const char *const straight[][8] = {
        {"learning.credit_assignment=bp", NULL},
        {"learning.credit_assignment=fa", "encoder.layers=12,9", NULL},
        {"learning.credit_assignment=dfa", "data.blank_steps=3", NULL},
        {"learning.credit_assignment=drtp", NULL},
        {"learning.credit_assignment=drtp", "objective.reduction=sum", "learning.draws=3", NULL},
        {"learning.credit_assignment=bptt", "readout.feedback=lateral", NULL},
        {"learning.credit_assignment=bptt", "neuron.learn_tau=all", "learning.draws=3", NULL},
        {"learning.credit_assignment=bp", "objective.rate_term=sampled", "learning.draws=2", NULL},
        {"learning.credit_assignment=bp", "readout.learns_filters=true", "decoder.window=4", NULL},
        {"learning.credit_assignment=bp", "encoder.layers=conv3k3s1p1m2", "objective.reduction=sum", NULL},
        {"learning.credit_assignment=bp", "encoder.layers=[]", NULL},
        {"learning.credit_assignment=bp", "decoder.spike_dropout=0.3", NULL},
        {"learning.credit_assignment=bp", "channel.type=packets", "channel.probability=0.3", NULL},
    };
    static const char *const scored[][8] = {
        {"learning.estimator=reinforce", "learning.baseline=batch", "learning.credit_assignment=bp", NULL},
        {"learning.estimator=reinforce", "learning.baseline=none", "learning.credit_assignment=dfa",
         "data.blank_steps=2", NULL},
        {"learning.estimator=reinforce", "learning.baseline=batch", "learning.credit_assignment=drtp", NULL},
        {"learning.estimator=rloo", "learning.draws=3", "learning.credit_assignment=bptt", NULL},
    };
    static const char *const both[] = {
        "learning.estimator=reinforce", "learning.baseline=batch", "learning.credit_assignment=bp",
        "objective.rate_term=analytic", "objective.beta=1",        NULL};
    for (size_t r = 0; r < sizeof straight / sizeof *straight; r++)
        check_rule(straight[r], 0);
    for (size_t r = 0; r < sizeof scored / sizeof *scored; r++)
        check_rule(scored[r], 0);
    check_rule(both, 1e-6); /* added in another order */
}

static void threads_change_no_bit(void **state) {
    (void)state;
    static const char *const rule[] = {"learning.credit_assignment=bp", "learning.draws=3", NULL};
    static scene s;
    float *gradients[2] = {NULL, NULL};
    for (size_t k = 0; k < 2; k++) {
        set_up(&s, rule, k == 0 ? 1 : 3);
        fill_errors(&s);
        gradients[k] = calloc(vdib_model_gradient_count(s.model), sizeof **gradients);
        assert_non_null(gradients[k]);
        assert_ok(vdib_batch_backward(s.batch, &s.errors, gradients[k]));
        if (k == 1)
            assert_same_gradients(&s, gradients[1], gradients[0], 0);
        tear_down(&s);
    }
    free(gradients[0]);
    free(gradients[1]);
}

/* ---- scores ---- */

/* Spikes, log p(y) and rate of all samples. */
typedef struct seen {
    float spikes[SAMPLES * TOY_STEPS * READOUTS];
    double log_p, rate; /* weighed sums */
} seen;

static void look(scene *s, seen *now) {
    const uint64_t presentations[BATCH] = {0, 1, 2, 3};
    vdib_encoded encoded = {.size = sizeof encoded};
    assert_ok(vdib_batch_present(s->batch, s->rasters, BATCH, 3, presentations, NULL));
    assert_ok(vdib_batch_encoded(s->batch, &encoded));
    now->log_p = now->rate = 0;
    for (size_t i = 0; i < BATCH * encoded.draws; i++) {
        const float *spikes = NULL;
        assert_ok(vdib_batch_spikes(s->batch, i / encoded.draws, i % encoded.draws, &spikes));
        memcpy(now->spikes + i * TOY_STEPS * READOUTS, spikes, TOY_STEPS * READOUTS * sizeof *spikes);
        now->log_p += s->log_p[i] * encoded.log_p[i];
        now->rate += s->rates[i] * encoded.rates[i];
    }
}

/* log p(y) and the rate by their definitions, from the probabilities. */
static void scores_are_what_they_say(void **state) {
    (void)state;
    static const char *const rule[] = {"learning.credit_assignment=bp", "objective.prior_probability=0.2",
                                       "data.blank_steps=2", "learning.draws=2", NULL};
    static scene s;
    vdib_encoded encoded = {.size = sizeof encoded};
    set_up(&s, rule, 1);
    assert_ok(vdib_batch_encoded(s.batch, &encoded));
    for (size_t i = 0; i < BATCH * encoded.draws; i++) {
        const vdib__trial *trial = vdib__batch_sample(s.batch->batch, i);
        double log_p = 0, rate = 0;
        for (size_t k = 0; k < TOY_STEPS * READOUTS; k++) {
            double p = (double)trial->probabilities[2 * READOUTS + k];
            log_p += trial->window[k] > 0 ? log(p) : log(1 - p);
            rate += p * log(p / 0.2) + (1 - p) * log((1 - p) / 0.8);
        }
        assert_close_double(&encoded.log_p[i], &log_p, 1, 1e-5);
        assert_close_double(&encoded.rates[i], &rate, 1, 1e-5);
    }
    tear_down(&s);
}

/* Of the readout's parameters, as long as no spike moves: what is drawn is given then. */
static void gradients_of_scores_are_finite_differences(void **state) {
    (void)state;
    static const char *const rule[] = {"learning.credit_assignment=bp", "learning.draws=2", "readout.feedback=lateral",
                                       NULL};
    static const char *const names[] = {"encoder.readout.weight", "encoder.readout.feedback", "encoder.readout.bias"};
    static scene s;
    static seen before, above, below;
    const float step = 1.0F / 256;
    size_t compared = 0;
    set_up(&s, rule, 1);
    for (size_t i = 0; i < SAMPLES; i++) {
        s.log_p[i] = (double)number((uint32_t)i);
        s.rates[i] = (double)number((uint32_t)i + 100);
    }
    float *gradients = calloc(vdib_model_gradient_count(s.model), sizeof *gradients);
    assert_non_null(gradients);
    look(&s, &before);
    const vdib_errors errors = {.size = sizeof errors, .log_p = s.log_p, .rates = s.rates};
    assert_ok(vdib_batch_backward(s.batch, &errors, gradients));
    for (size_t i = 0; i < vdib_model_tensor_count(s.model); i++) {
        vdib_parameter p = {.size = sizeof p};
        assert_ok(vdib_model_parameter(s.model, i, &p));
        bool wanted = false;
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            wanted = wanted || strcmp(p.name, names[n]) == 0;
        for (size_t k = 0; k < p.count && wanted; k += p.count / 7 + 1) {
            float was = p.values[k];
            p.values[k] = was + step;
            look(&s, &above);
            p.values[k] = was - step;
            look(&s, &below);
            p.values[k] = was;
            if (memcmp(above.spikes, before.spikes, sizeof before.spikes) != 0 ||
                memcmp(below.spikes, before.spikes, sizeof before.spikes) != 0)
                continue;
            double slope = (above.log_p + above.rate - below.log_p - below.rate) / (2 * (double)step);
            double got = (double)gradients[p.offset + k];
            assert_close_double(&got, &slope, 1, 1e-3);
            compared++;
        }
    }
    assert_true(compared >= 12);
    free(gradients);
    tear_down(&s);
}

/* ---- parameters ---- */

static void parameters_are_shared(void **state) {
    (void)state;
    static const char *const rule[] = {"learning.credit_assignment=dfa", NULL};
    static scene s;
    set_up(&s, rule, 1);
    size_t parts[3] = {0};
    for (size_t i = 0; i < vdib_model_tensor_count(s.model); i++) {
        vdib_parameter p = {.size = sizeof p};
        vdib_tensor_info info = {.size = sizeof info};
        float values[2048];
        assert_ok(vdib_model_parameter(s.model, i, &p));
        assert_ok(vdib_model_tensor(s.model, i, &info));
        assert_string_equal(p.name, info.name);
        assert_int_equal(p.count, info.count);
        assert_memory_equal(p.shape, info.shape, sizeof p.shape);
        assert_true(p.count <= sizeof values / sizeof *values);
        parts[p.part]++;
        for (size_t k = 0; k < p.count; k++)
            p.values[k] += 1.0F;
        assert_ok(vdib_model_tensor_get(s.model, i, values));
        size_t element = 0, at[4];
        for (at[0] = 0; at[0] < p.shape[0]; at[0]++)
            for (at[1] = 0; at[1] < p.shape[1]; at[1]++)
                for (at[2] = 0; at[2] < p.shape[2]; at[2]++)
                    for (at[3] = 0; at[3] < p.shape[3]; at[3]++, element++) {
                        size_t place = 0;
                        for (size_t a = 0; a < 4; a++)
                            place += at[a] * p.strides[a];
                        assert_true(p.values[place] == values[element]);
                    }
    }
    assert_true(parts[VDIB_PART_ENCODER] >= 5 && parts[VDIB_PART_DECODER] == 4 && parts[VDIB_PART_FIXED] == 1);
    assert_ok(vdib_model_parameters_changed(s.model, NULL));
    tear_down(&s);
}

static void learnt_times_stay_within_their_bounds(void **state) {
    (void)state;
    static const char *const rule[] = {"learning.credit_assignment=bp", "neuron.learn_tau=all", NULL};
    static scene s;
    size_t clipped = 9, times = 0;
    set_up(&s, rule, 1);
    assert_ok(vdib_model_parameters_changed(s.model, &clipped));
    assert_int_equal(clipped, 0);
    for (size_t i = 0; i < vdib_model_tensor_count(s.model); i++) {
        vdib_parameter p = {.size = sizeof p};
        assert_ok(vdib_model_parameter(s.model, i, &p));
        if (strstr(p.name, "log_tau") == NULL)
            continue;
        times++;
        p.values[0] = -5.0F;
        p.values[1] = 50.0F;
        assert_ok(vdib_model_parameters_changed(s.model, &clipped));
        assert_int_equal(clipped, 2);
        assert_float_equal(p.values[0], logf(0.5F), 1e-6F);
        assert_float_equal(p.values[1], logf(10.0F * TOY_STEPS), 1e-5F);
        p.values[1] = NAN;
        assert_fails(VDIB_ERROR_NUMERIC, vdib_model_parameters_changed(s.model, &clipped), "log_tau");
        p.values[1] = 1.0F;
    }
    assert_int_equal(times, 3);
    tear_down(&s);
}

/* ---- updates on the way back ---- */

/* A model that learns by itself, and what its updates keep. */
typedef struct learner {
    vdib_model *model;
    vdib_batch *batch;
    float *first, *second, *scratch; /* (vdib_model_gradient_count()) */
} learner;

static learner begin_learner(const scene *s, size_t threads) {
    learner l = {.model = NULL};
    assert_ok(vdib__model_copy(s->model, &l.model));
    size_t count = vdib_model_gradient_count(l.model);
    assert_ok(vdib_batch_create(l.model, BATCH, TOY_STEPS, 0, threads, &l.batch));
    assert_ok(vdib_batch_set_draws(l.batch, s->shown.draws));
    l.first = calloc(count, sizeof *l.first);
    l.second = calloc(count, sizeof *l.second);
    l.scratch = calloc(count, sizeof *l.scratch);
    assert_true(l.first != NULL && l.second != NULL && l.scratch != NULL);
    return l;
}

static void end_learner(learner *l) {
    free(l->scratch);
    free(l->second);
    free(l->first);
    vdib_batch_destroy(l->batch);
    vdib_model_destroy(l->model);
}

/* vdib_batch_backward and vdib_adam_update, tensor by tensor. */
static void update_by_two(learner *l, const scene *s, const vdib_adam *adam) {
    assert_ok(vdib_batch_backward(l->batch, &s->errors, l->scratch));
    for (size_t i = 0; i < vdib_model_tensor_count(l->model); i++) {
        vdib_parameter p = {.size = sizeof p};
        assert_ok(vdib_model_parameter(l->model, i, &p));
        float *values = p.values, *first = l->first + p.offset, *second = l->second + p.offset;
        const float *gradient = l->scratch + p.offset;
        if (p.part == VDIB_PART_ENCODER)
            assert_ok(vdib_adam_update(adam, 1, &p.count, &values, &gradient, &first, &second));
    }
    assert_ok(vdib_model_parameters_changed(l->model, NULL));
}

static void check_updates(const char *const *settings, size_t threads, double weight_decay) {
    static scene s;
    vdib_encoded encoded = {.size = sizeof encoded};
    set_up(&s, settings, threads);
    fill_errors(&s);
    learner one = begin_learner(&s, threads), two = begin_learner(&s, 1);
    size_t bytes = vdib_model_gradient_count(one.model) * sizeof(float);
    for (uint64_t n = 1; n <= 3; n++) {
        const uint64_t presentations[BATCH] = {4 * n, 4 * n + 1, 4 * n + 2, 4 * n + 3};
        const vdib_adam adam = {.size = sizeof adam,
                                .update = n,
                                .learning_rate = 0.01,
                                .beta1 = 0.9,
                                .beta2 = 0.999,
                                .epsilon = 1e-8,
                                .weight_decay = weight_decay,
                                .threads = threads};
        assert_ok(vdib_batch_present(one.batch, s.rasters, BATCH, 1, presentations, NULL));
        assert_ok(vdib_batch_present(two.batch, s.rasters, BATCH, 1, presentations, NULL));
        assert_ok(vdib_batch_update(one.batch, one.model, &s.errors, &adam, one.first, one.second, one.scratch));
        update_by_two(&two, &s, &adam);
        assert_memory_equal(one.model->parameters, two.model->parameters, bytes);
        assert_memory_equal(one.first, two.first, bytes);
        assert_memory_equal(one.second, two.second, bytes);
        assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_encoded(one.batch, &encoded), "vdib_batch_present");
    }
    assert_memory_not_equal(one.model->parameters, s.model->parameters, bytes);
    end_learner(&two);
    end_learner(&one);
    tear_down(&s);
}

static void updates_on_the_way_back_are_those_of_the_gradient(void **state) {
    (void)state;
    static const char *const rules[][8] = {
        {"learning.credit_assignment=bp", "encoder.layers=12,9", NULL},
        {"learning.credit_assignment=fa", "encoder.layers=12,9", NULL},
        {"learning.credit_assignment=dfa", "data.blank_steps=3", NULL},
        {"learning.credit_assignment=drtp", NULL},
        {"learning.credit_assignment=bptt", "neuron.learn_tau=all", "learning.draws=3", NULL},
        {"learning.credit_assignment=bp", "readout.learns_filters=true", "decoder.window=4", NULL},
        {"learning.credit_assignment=bp", "encoder.layers=conv3k3s1p1m2", NULL},
        {"learning.credit_assignment=bp", "encoder.layers=[]", NULL},
    };
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        check_updates(rules[r], 1, 0);
        check_updates(rules[r], 3, 0.1);
    }
}

static void wrong_updates_are_refused(void **state) {
    (void)state;
    static const char *const rule[] = {"learning.credit_assignment=bp", NULL};
    static scene s;
    set_up(&s, rule, 1);
    fill_errors(&s);
    learner l = begin_learner(&s, 1);
    const uint64_t presentations[BATCH] = {0, 1, 2, 3};
    vdib_adam adam = {
        .size = sizeof adam, .update = 1, .learning_rate = 1, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    size_t bytes = vdib_model_gradient_count(l.model) * sizeof(float);
#define UPDATE(model) vdib_batch_update(l.batch, model, &s.errors, &adam, l.first, l.second, l.scratch)
    assert_fails(VDIB_ERROR_ARGUMENT, UPDATE(l.model), "nothing has been encoded");
    assert_ok(vdib_batch_present(l.batch, s.rasters, BATCH, 1, presentations, NULL));
    assert_fails(VDIB_ERROR_ARGUMENT, UPDATE(s.model), "another model");
    adam.update = 0;
    assert_fails(VDIB_ERROR_ARGUMENT, UPDATE(l.model), "vdib_batch_update: the number of the update is 0");
    adam.update = 1;
    s.rates[1] = NAN;
    assert_fails(VDIB_ERROR_NUMERIC, UPDATE(l.model), "rate 1");
    s.rates[1] = 0;
    assert_memory_equal(l.model->parameters, s.model->parameters, bytes);
    assert_ok(UPDATE(l.model));
    assert_memory_not_equal(l.model->parameters, s.model->parameters, bytes);
#undef UPDATE
    end_learner(&l);
    tear_down(&s);
}

/* ---- refusals ---- */

static void what_is_missing_or_wrong_is_refused(void **state) {
    (void)state;
    static const char *const drtp[] = {"learning.credit_assignment=drtp", NULL};
    static scene s;
    static float gradients[8192];
    const uint64_t presentations[BATCH] = {0};
    const float *spikes = NULL;
    vdib_encoded encoded = {.size = sizeof encoded};
    vdib_parameter parameter = {.size = sizeof parameter};
    set_up(&s, drtp, 1);
    assert_true(vdib_model_gradient_count(s.model) <= sizeof gradients / sizeof *gradients);
    assert_int_equal(vdib_model_gradient_count(NULL), 0);
    fill_errors(&s);
    s.errors.targets = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_backward(s.batch, &s.errors, gradients), "drtp needs targets");
    s.errors.targets = s.targets;
    s.windows[TOY_STEPS * READOUTS] = NAN;
    assert_fails(VDIB_ERROR_NUMERIC, vdib_batch_backward(s.batch, &s.errors, gradients), "window 1");
    s.windows[TOY_STEPS * READOUTS] = 0;
    s.log_p[2] = INFINITY;
    assert_fails(VDIB_ERROR_NUMERIC, vdib_batch_backward(s.batch, &s.errors, gradients), "log p(y) 2");
    s.log_p[2] = 0;
    s.rates[3] = NAN;
    assert_fails(VDIB_ERROR_NUMERIC, vdib_batch_backward(s.batch, &s.errors, gradients), "rate 3");
    s.rates[3] = 0;
    s.targets[2 * TOY_PIXELS + 1] = NAN;
    assert_fails(VDIB_ERROR_NUMERIC, vdib_batch_backward(s.batch, &s.errors, gradients), "target 2");
    s.targets[2 * TOY_PIXELS + 1] = 0;
    assert_ok(vdib_batch_backward(s.batch, &s.errors, gradients)); /* after all */
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_spikes(s.batch, BATCH, 0, &spikes), "example 4");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_spikes(s.batch, 0, 1, &spikes), "draw 1");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_set_draws(s.batch, 0), "0 draws");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_set_draws(s.batch, 257), "257 draws");
    assert_ok(vdib_batch_encoded(s.batch, &encoded)); /* a refusal changes nothing */
    assert_ok(vdib_batch_set_draws(s.batch, 2));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_encoded(s.batch, &encoded), "vdib_batch_present");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_backward(s.batch, &s.errors, gradients), "vdib_batch_present");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_spikes(s.batch, 0, 0, &spikes), "vdib_batch_present");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_parameter(s.model, 99, &parameter), "tensor 99");
    assert_ok(vdib_model_parameter(s.model, 0, &parameter));
    parameter.values[0] = NAN; /* channel 0 spikes somewhere */
    assert_ok(vdib_batch_present(s.batch, s.rasters, BATCH, 0, presentations, NULL));
    (void)vdib_batch_encoded(s.batch, &encoded); /* a comparison with NaN is no spike: the score may be finite */
    parameter.values[0] = 0;
    for (size_t i = 0; i < vdib_model_tensor_count(s.model); i++) {
        assert_ok(vdib_model_parameter(s.model, i, &parameter));
        if (strcmp(parameter.name, "encoder.readout.bias") == 0)
            parameter.values[1] = NAN;
    }
    assert_ok(vdib_batch_present(s.batch, s.rasters, BATCH, 0, presentations, NULL));
    assert_fails(VDIB_ERROR_NUMERIC, vdib_batch_encoded(s.batch, &encoded), "example 0 is not finite");
    tear_down(&s);
}

static void models_that_send_no_spikes_are_refused(void **state) {
    (void)state;
    static const char *const gaussian[] = {"readout.type=gaussian", "readout.feedback_bases=0",
                                           "learning.estimator=straight-through", "learning.credit_assignment=bp",
                                           NULL};
    vdib_dataset *dataset = toy_dataset(true);
    vdib_config *config = toy_config(gaussian);
    vdib_model *model = NULL;
    vdib_batch *batch = NULL;
    vdib_raster *raster = NULL;
    const vdib_raster *given = NULL;
    const uint64_t presentation = 0;
    vdib_encoded encoded = {.size = sizeof encoded};
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    assert_ok(vdib_batch_create(model, 1, TOY_STEPS, 0, 1, &batch));
    assert_ok(vdib_raster_create(TOY_CHANNELS, TOY_STEPS, &raster));
    given = raster;
    assert_fails(VDIB_ERROR_CONFIG, vdib_batch_present(batch, &given, 1, 0, &presentation, NULL), "readout.type");
    assert_ok(vdib_batch_encode(batch, &given, 1, 0, &presentation, NULL));
    assert_fails(VDIB_ERROR_CONFIG, vdib_batch_encoded(batch, &encoded), "readout.type");
    vdib_raster_destroy(raster);
    vdib_batch_destroy(batch);
    vdib_model_destroy(model);
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_the_trainers),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(scores_are_what_they_say),
        cmocka_unit_test(gradients_of_scores_are_finite_differences),
        cmocka_unit_test(parameters_are_shared),
        cmocka_unit_test(learnt_times_stay_within_their_bounds),
        cmocka_unit_test(updates_on_the_way_back_are_those_of_the_gradient),
        cmocka_unit_test(wrong_updates_are_refused),
        cmocka_unit_test(what_is_missing_or_wrong_is_refused),
        cmocka_unit_test(models_that_send_no_spikes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
