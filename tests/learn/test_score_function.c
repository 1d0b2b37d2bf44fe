/* SPDX-License-Identifier: MIT */
/* The score-function gradients against exact enumeration of all spike patterns of a tiny readout (NY 2, T 3): their
 * expectation over pairs of patterns, of two examples or of two draws of one, must be the gradient of the expected
 * loss, which central differences of a plain double-precision computation give. The same enumeration
 * gives their variance. */
#include "support.h"

#include <math.h>

#include "core/alloc.h"
#include "core/random.h"
#include "learn/plan.h"
#include "learn/trainer.h"

enum { NX = 3, NY = 2, T = 3, K = 2, TAU = 2, BITS = NY * T, PATTERNS = 1 << BITS, OUTPUTS = 4 };
enum { N_V = NX * K * NY, N_F = NY, N_B = NY, N_THETA = N_V + N_F + N_B };

static const float TARGET[2][OUTPUTS] = {{1, 0, 0.25F, 1}, {0, 1, 1, 0.5F}};
static const uint8_t INPUT[2][T * NX] = {{1, 0, 1, 0, 1, 0, 1, 1, 0}, {0, 0, 1, 1, 0, 1, 0, 1, 0}};
static const double BETA = 0.3, PRIOR = 0.2;

/* What is enumerated: two examples, or two draws of the first. */
typedef struct rule {
    const char *estimator, *baseline, *rate, *reduction;
    size_t draws;
    bool product; /* the mean score times the mean loss, for `baseline` */
} rule;

typedef struct fixture {
    vdib_model *model;
    vdib_raster *input[2];
    vdib__batch *batch;
    size_t examples, draws; /* their product is 2 */
} fixture;

static vdib_model *make_model(const rule *r) {
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    char setting[64];
    assert_ok(vdib_config_create(&config));
    const char *settings[] = {"data.input=rate",
                              "data.target=image",
                              "data.steps=3",
                              "encoder.layers=[]",
                              "encoder.readouts=2",
                              "readout.filter_steps=2",
                              "readout.bases=2",
                              "readout.feedback_bases=1",
                              "decoder.type=linear",
                              "objective.beta=0.3",
                              "objective.prior_probability=0.2",
                              "learning.credit_assignment=bp",
                              "data.blank_steps=0"};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    const char *const chosen[][2] = {{"learning.estimator", r->estimator},
                                     {"learning.baseline", r->baseline},
                                     {"objective.rate_term", r->rate},
                                     {"objective.reduction", r->reduction},
                                     {"learning.batch_size", r->draws == 1 ? "2" : "1"},
                                     {"learning.draws", r->draws == 1 ? "1" : "2"}};
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++) {
        snprintf(setting, sizeof setting, "%s=%s", chosen[i][0], chosen[i][1]);
        assert_ok(vdib_config_set(config, setting));
    }
    assert_ok(vdib_config_check(config));
    const vdib_geometry geometry = {sizeof(vdib_geometry), 1, 1, NX, T, 10, 2, 2, 1};
    assert_ok(vdib_model_create(config, &geometry, &model));
    vdib_config_destroy(config);
    return model;
}

static void set_up(fixture *f, const rule *r) {
    f->model = make_model(r);
    f->draws = r->draws;
    f->examples = 2 / r->draws;
    for (int i = 0; i < 2; i++) {
        assert_ok(vdib_raster_create(NX, T, &f->input[i]));
        assert_ok(vdib_raster_from_dense(f->input[i], INPUT[i]));
    }
    assert_ok(vdib__batch_create(f->model, f->examples, f->draws, T, 1, &f->batch));
}

static void tear_down(fixture *f) {
    vdib__batch_destroy(f->batch);
    vdib_raster_destroy(f->input[0]);
    vdib_raster_destroy(f->input[1]);
    vdib_model_destroy(f->model);
}

static void spikes_of(unsigned pattern, float *spikes) {
    for (int i = 0; i < BITS; i++)
        spikes[i] = (float)(pattern >> i & 1U);
}

/* theta: V (NX, K, NY), f (NY), bias (NY), in the library's memory order. */
static void get_theta(const vdib_model *model, const float *values, double theta[N_THETA]) {
    const vdib__readout *readout = &model->encoder.readout;
    const float *v = values + model->table.tensors[readout->weight].offset;
    const float *f = values + model->table.tensors[readout->feedback].offset;
    const float *b = values + model->table.tensors[readout->bias].offset;
    for (int i = 0; i < N_V; i++)
        theta[i] = v[i];
    for (int i = 0; i < NY; i++) {
        theta[N_V + i] = f[i];
        theta[N_V + N_F + i] = b[i];
    }
}

/* log p(y || x) of the spikes 0 .. last of one pattern, plainly from docs/method.md, eq. (9) and (10). */
static double log_probability_until(const vdib_model *model, const double theta[N_THETA], const uint8_t *x,
                                    const float *y, int last) {
    const float *a = model->encoder.readout.basis, *c = model->encoder.readout.feedback_basis;
    double sum = 0;
    for (int t = 0; t < T; t++)
        for (int i = 0; i < NY && t * NY + i <= last; i++) {
            double u = theta[N_V + N_F + i];
            for (int lag = 0; lag < TAU; lag++) {
                for (int j = 0; j < NX; j++)
                    for (int k = 0; k < K && t - lag >= 0; k++)
                        u += theta[(j * K + k) * NY + i] * (double)a[k * TAU + lag] * x[(t - lag) * NX + j];
                if (t - 1 - lag >= 0)
                    u += theta[N_V + i] * (double)c[lag] * (double)y[(t - 1 - lag) * NY + i];
            }
            sum += y[t * NY + i] != 0.0F ? -log1p(exp(-u)) : -log1p(exp(u));
        }
    return sum;
}

static double log_probability(const vdib_model *model, const double theta[N_THETA], const uint8_t *x, const float *y) {
    return log_probability_until(model, theta, x, y, BITS - 1);
}

static double distortion(const vdib_model *model, const float *y, const float *target) {
    double sum = 0;
    const float *w = model->parameters, *b = model->parameters;
    for (size_t i = 0; i < model->table.count; i++) {
        if (strcmp(model->table.tensors[i].name, "decoder.fc.weight") == 0)
            w += model->table.tensors[i].offset;
        if (strcmp(model->table.tensors[i].name, "decoder.fc.bias") == 0)
            b += model->table.tensors[i].offset;
    }
    for (int o = 0; o < OUTPUTS; o++) {
        double z = b[o];
        for (int i = 0; i < BITS; i++)
            z += (double)w[o * BITS + i] * (double)y[i];
        sum += log1p(exp(-fabs(z))) + (z > 0 ? z : 0) - (double)target[o] * z;
    }
    return sum;
}

/* log sigma(u) and the divergence of one step are those of the potentials, which follow from the pattern's past. */
static double analytic_rate(const vdib_model *model, const double theta[N_THETA], const uint8_t *x, const float *y) {
    double sum = 0;
    for (int bit = 0; bit < BITS; bit++) {
        float on[BITS], off[BITS];
        memcpy(on, y, sizeof on), memcpy(off, y, sizeof off);
        on[bit] = 1.0F, off[bit] = 0.0F;
        /* log p of two patterns that differ in one spike, the later ones left out: their past is the same up to here */
        double odds =
            log_probability_until(model, theta, x, on, bit) - log_probability_until(model, theta, x, off, bit);
        double p = 1 / (1 + exp(-odds));
        sum += p * log(p / PRIOR) + (1 - p) * log((1 - p) / (1 - PRIOR));
    }
    return sum;
}

/* Expected loss of example e over all patterns; scales are those of the reduction. */
static double expected_loss(const vdib_model *model, const double theta[N_THETA], size_t e, const rule *r) {
    bool mean = strcmp(r->reduction, "mean") == 0, analytic = strcmp(r->rate, "analytic") == 0;
    double sum = 0, d_scale = mean ? 1.0 / OUTPUTS : 1.0, r_scale = mean ? 1.0 / BITS : 1.0;
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
        float y[BITS];
        spikes_of(pattern, y);
        double log_p = log_probability(model, theta, INPUT[e], y), log_q = 0;
        for (int i = 0; i < BITS; i++)
            log_q += log(y[i] != 0.0F ? PRIOR : 1 - PRIOR);
        double rate = analytic ? analytic_rate(model, theta, INPUT[e], y) : log_p - log_q;
        sum += exp(log_p) * (d_scale * distortion(model, y, TARGET[e]) + BETA * r_scale * rate);
    }
    return sum;
}

/* Gradient of the mean expected loss of the examples by central differences. */
static void true_gradient(const fixture *f, const rule *r, double gradient[N_THETA]) {
    double theta[N_THETA];
    get_theta(f->model, f->model->parameters, theta);
    for (int k = 0; k < N_THETA; k++) {
        double kept = theta[k], side[2] = {0, 0};
        for (int s = 0; s < 2; s++) {
            theta[k] = kept + (s == 0 ? 1e-5 : -1e-5);
            for (size_t e = 0; e < f->examples; e++)
                side[s] += expected_loss(f->model, theta, e, r) / (double)f->examples;
        }
        theta[k] = kept;
        gradient[k] = (side[0] - side[1]) / 2e-5;
    }
}

/* The spikes of both draws forced to be these patterns, and decoded: their losses. */
static void force(fixture *f, float forced[2][BITS], double totals[2]) {
    vdib_model *model = f->model;
    const vdib_raster *inputs[2] = {f->input[0], f->input[1]};
    const float *rows[2] = {forced[0], forced[1]}, *logits = NULL;
    const uint64_t none[2] = {0, 0};
    const vdib__key keys[2] = {{.purpose = VDIB_PURPOSE_READOUT}, {.purpose = VDIB_PURPOSE_READOUT}};
    assert_ok(vdib__batch_forward(model, 1, f->batch, inputs, 1, VDIB_STAGE_TRAINING, none, f->examples));
    assert_ok(vdib__encoder_forward(&model->encoder, &model->table, model->parameters, 1, f->batch->encoder_workspace,
                                    f->batch->trials, keys, rows, f->examples));
    assert_ok(vdib__chain_forward(&model->decoder, &model->table, model->parameters, 1, f->batch->workspace, forced[0],
                                  2, &logits));
    f->batch->logits = logits;
    for (size_t i = 0; i < 2; i++) {
        vdib__loss loss = vdib__loss_measure(model, f->batch, i, TARGET[i / f->draws], 0);
        totals[i] = vdib__loss_total(model, &loss, T);
    }
}

/* The library's estimate for one pair of patterns, and its probability. */
static double estimate(fixture *f, const rule *r, const unsigned patterns[2], float *gradients,
                       double values[N_THETA]) {
    vdib_model *model = f->model;
    float forced[2][BITS], weights[2];
    double totals[2], theta[N_THETA], probability = 1;
    vdib__estimator_plan plan = vdib__plan_of(model, T);
    vdib__sample samples[2];
    if (r->product) /* a configuration may ask for it beside convolutions alone */
        plan.baseline = &vdib__baseline_batch_product;
    for (int i = 0; i < 2; i++)
        spikes_of(patterns[i], forced[i]);
    force(f, forced, totals);
    get_theta(model, model->parameters, theta);
    for (size_t i = 0; i < 2; i++) {
        const vdib__trial *trial = vdib__batch_sample(f->batch, i);
        probability *= exp(log_probability(model, theta, INPUT[i / f->draws], forced[i]));
        samples[i] = (vdib__sample){.potentials = trial->potentials,
                                    .probabilities = trial->probabilities,
                                    .spikes = forced[i],
                                    .loss = totals[i],
                                    .errors = trial->errors};
    }
    const vdib__estimate all = {&plan, f->examples, f->draws, T, T, NY, samples, weights};
    plan.estimator->weigh(&all);
    for (int i = 0; i < 2; i++)
        plan.estimator->credit(&all, &samples[i], weights[i]);
    assert_ok(vdib__encoder_backward(&model->encoder, &model->table, model->parameters, 1, f->batch->encoder_workspace,
                                     NULL, f->batch->trials, NULL, NULL, NULL, f->examples, NULL, gradients));
    get_theta(model, gradients, values);
    return probability;
}

/* Enumerates all pairs of patterns: unbiased, but for the product of means, whose expectation is half the gradient of
 * two examples. Under the mean reduction the score carries 1/(NY T), by design: the expectation is the gradient over
 * NY T. Returns the variance, summed over the parameters. */
static double check(const rule *r) {
    fixture f;
    set_up(&f, r);
    double want[N_THETA], got[N_THETA] = {0}, values[N_THETA], square = 0, length = 0;
    double scale = strcmp(r->reduction, "mean") == 0 ? BITS : 1.0;
    true_gradient(&f, r, want);
    for (int k = 0; k < N_THETA && r->product; k++)
        want[k] /= 2;
    float *gradients = calloc(f.model->table.trained, sizeof *gradients);
    assert_non_null(gradients);
    for (unsigned pair = 0; pair < PATTERNS * PATTERNS; pair++) {
        double probability = estimate(&f, r, (unsigned[2]){pair / PATTERNS, pair % PATTERNS}, gradients, values);
        for (int k = 0; k < N_THETA; k++) {
            got[k] += probability * scale * values[k];
            square += probability * scale * scale * values[k] * values[k];
        }
    }
    assert_close_double(got, want, N_THETA, 1e-5);
    for (int k = 0; k < N_THETA; k++)
        length += want[k] * want[k];
    free(gradients);
    tear_down(&f);
    printf("%-10s %-6s %-9s %-5s %zu draws: gradient %.4f, standard deviation %.4f\n", r->estimator,
           r->product ? "product" : r->baseline, r->rate, r->reduction, r->draws, sqrt(length), sqrt(square - length));
    return square - length;
}

static void zero_baseline_is_unbiased(void **state) {
    (void)state;
    check(&(rule){"reinforce", "none", "sampled", "sum", 1, false});
    check(&(rule){"reinforce", "none", "sampled", "mean", 1, false});
    check(&(rule){"reinforce", "none", "analytic", "sum", 1, false});
    check(&(rule){"reinforce", "none", "analytic", "mean", 1, false});
}

static void batch_baseline_is_unbiased(void **state) {
    (void)state;
    check(&(rule){"reinforce", "batch", "sampled", "sum", 1, false});
    check(&(rule){"reinforce", "batch", "sampled", "mean", 1, false});
    check(&(rule){"reinforce", "batch", "analytic", "sum", 1, false});
}

/* Only the own half of the mean loss depends on an example's spikes. */
static void the_product_of_means_keeps_half_of_the_signal_of_two_examples(void **state) {
    (void)state;
    check(&(rule){"reinforce", "none", "sampled", "sum", 1, true});
    check(&(rule){"reinforce", "none", "sampled", "mean", 1, true});
}

/* What one example's draws share is no noise: their differences vary less than the losses themselves. */
static void draws_of_an_example_are_unbiased_and_vary_less(void **state) {
    (void)state;
    double alone = check(&(rule){"reinforce", "none", "sampled", "sum", 2, false});
    double compared = check(&(rule){"rloo", "none", "sampled", "sum", 2, false});
    assert_true(compared < alone);
    check(&(rule){"rloo", "none", "sampled", "mean", 2, false});
    check(&(rule){"rloo", "none", "analytic", "sum", 2, false});
    check(&(rule){"rloo", "none", "analytic", "mean", 2, false});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_baseline_is_unbiased),
        cmocka_unit_test(batch_baseline_is_unbiased),
        cmocka_unit_test(the_product_of_means_keeps_half_of_the_signal_of_two_examples),
        cmocka_unit_test(draws_of_an_example_are_unbiased_and_vary_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
