/* SPDX-License-Identifier: MIT */
/* The score-function gradient against exact enumeration of all spike patterns of a tiny readout (NY 2, T 3): its
 * expectation over patterns must be the gradient of the expected loss, which central differences of a plain
 * double-precision computation give. */
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

typedef struct fixture {
    vdib_model *model;
    vdib_raster *input[2];
    vdib__batch *batch;
} fixture;

static vdib_model *make_model(const char *reduction, const char *baseline) {
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
                              "learning.estimator=reinforce",
                              "learning.batch_size=2",
                              "learning.credit_assignment=bp",
                              "data.blank_steps=0"};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    snprintf(setting, sizeof setting, "objective.reduction=%s", reduction);
    assert_ok(vdib_config_set(config, setting));
    snprintf(setting, sizeof setting, "learning.baseline=%s", baseline);
    assert_ok(vdib_config_set(config, setting));
    const vdib_geometry geometry = {sizeof(vdib_geometry), 1, 1, NX, T, 10, 2, 2};
    assert_ok(vdib_model_create(config, &geometry, &model));
    vdib_config_destroy(config);
    return model;
}

static void set_up(fixture *f, const char *reduction, const char *baseline) {
    f->model = make_model(reduction, baseline);
    for (int i = 0; i < 2; i++) {
        assert_ok(vdib_raster_create(NX, T, &f->input[i]));
        assert_ok(vdib_raster_from_dense(f->input[i], INPUT[i]));
    }
    assert_ok(vdib__batch_create(f->model, 2, T, 1, &f->batch));
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

/* log p(y || x) of one pattern, plainly from docs/method.md, eq. (9) and (10). */
static double log_probability(const vdib_model *model, const double theta[N_THETA], const uint8_t *x, const float *y) {
    const float *a = model->encoder.readout.basis, *c = model->encoder.readout.feedback_basis;
    double sum = 0;
    for (int t = 0; t < T; t++)
        for (int i = 0; i < NY; i++) {
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

/* Expected loss of example e over all patterns; scales are those of the reduction. */
static double expected_loss(const vdib_model *model, const double theta[N_THETA], int e, double d_scale,
                            double r_scale) {
    double sum = 0;
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
        float y[BITS];
        spikes_of(pattern, y);
        double log_p = log_probability(model, theta, INPUT[e], y), log_q = 0;
        for (int i = 0; i < BITS; i++)
            log_q += log(y[i] != 0.0F ? PRIOR : 1 - PRIOR);
        sum += exp(log_p) * (d_scale * distortion(model, y, TARGET[e]) + BETA * r_scale * (log_p - log_q));
    }
    return sum;
}

/* Gradient of the mean expected loss of both examples by central differences. */
static void true_gradient(const vdib_model *model, double d_scale, double r_scale, double gradient[N_THETA]) {
    double theta[N_THETA];
    get_theta(model, model->parameters, theta);
    for (int k = 0; k < N_THETA; k++) {
        double kept = theta[k], side[2];
        for (int s = 0; s < 2; s++) {
            theta[k] = kept + (s == 0 ? 1e-5 : -1e-5);
            side[s] =
                (expected_loss(model, theta, 0, d_scale, r_scale) + expected_loss(model, theta, 1, d_scale, r_scale)) /
                2;
        }
        theta[k] = kept;
        gradient[k] = (side[0] - side[1]) / 2e-5;
    }
}

/* The library's estimate for one pair of patterns, weighted by their probability and added to `sum`. */
static void add_estimate(fixture *f, const unsigned patterns[2], float *gradients, double sum[N_THETA]) {
    vdib_model *model = f->model;
    const vdib_raster *inputs[2] = {f->input[0], f->input[1]};
    float forced[2][BITS], weights[2];
    const float *rows[2] = {forced[0], forced[1]};
    const uint64_t none[2] = {0, 0};
    double totals[2], theta[N_THETA], probability = 1, estimate[N_THETA];
    vdib__key keys[2] = {{.purpose = VDIB_PURPOSE_READOUT}, {.purpose = VDIB_PURPOSE_READOUT}};
    vdib__estimator_plan plan = vdib__plan_of(model, T);
    vdib__sample samples[2];
    get_theta(model, model->parameters, theta);
    assert_ok(vdib__batch_forward(model, 1, f->batch, inputs, 1, VDIB_STAGE_TRAINING, none, 2));
    for (int e = 0; e < 2; e++)
        spikes_of(patterns[e], forced[e]);
    assert_ok(vdib__encoder_forward(&model->encoder, &model->table, model->parameters, 1, f->batch->encoder_workspace,
                                    f->batch->trials, keys, rows, 2));
    const float *logits = NULL;
    float window[2 * BITS];
    for (int e = 0; e < 2; e++)
        memcpy(window + e * BITS, forced[e], sizeof forced[e]);
    assert_ok(vdib__chain_forward(&model->decoder, &model->table, model->parameters, 1, f->batch->workspace, window, 2,
                                  &logits));
    f->batch->logits = logits;
    for (size_t e = 0; e < 2; e++) {
        vdib__loss loss = vdib__loss_measure(model, f->batch, e, TARGET[e], 0);
        totals[e] = vdib__loss_total(model, &loss, T);
        probability *= exp(log_probability(model, theta, INPUT[e], forced[e]));
    }
    for (int e = 0; e < 2; e++)
        samples[e] = (vdib__sample){.potentials = f->batch->trials[e]->potentials,
                                    .probabilities = f->batch->trials[e]->probabilities,
                                    .spikes = forced[e],
                                    .loss = totals[e],
                                    .errors = f->batch->trials[e]->errors};
    const vdib__estimate all = {.plan = &plan,
                                .examples = 2,
                                .draws = 1,
                                .steps = T,
                                .window = T,
                                .readouts = NY,
                                .samples = samples,
                                .weights = weights};
    plan.estimator->weigh(&all);
    for (int e = 0; e < 2; e++)
        plan.estimator->credit(&all, &samples[e], weights[e]);
    assert_ok(vdib__encoder_backward(&model->encoder, &model->table, model->parameters, 1, f->batch->encoder_workspace,
                                     f->batch->trials, NULL, NULL, NULL, 2, NULL, gradients));
    get_theta(model, gradients, estimate);
    for (int k = 0; k < N_THETA; k++)
        sum[k] += probability * estimate[k];
}

/* Both baselines are unbiased: enumerate all pairs of patterns. Under the mean reduction the score carries 1/(NY T), by
 * design: the expectation is the gradient over NY T. */
static void check(const char *reduction, const char *baseline) {
    fixture f;
    set_up(&f, reduction, baseline);
    bool mean = strcmp(reduction, "mean") == 0;
    double want[N_THETA], got[N_THETA] = {0}, d_scale = mean ? 1.0 / OUTPUTS : 1.0, r_scale = mean ? 1.0 / BITS : 1.0;
    true_gradient(f.model, d_scale, r_scale, want);
    float *gradients = calloc(f.model->table.trained, sizeof *gradients);
    assert_non_null(gradients);
    for (unsigned a = 0; a < PATTERNS; a++)
        for (unsigned b = 0; b < PATTERNS; b++)
            add_estimate(&f, (unsigned[2]){a, b}, gradients, got);
    for (int k = 0; k < N_THETA; k++)
        got[k] *= mean ? BITS : 1.0;
    assert_close_double(got, want, N_THETA, 1e-5);
    free(gradients);
    tear_down(&f);
}

static void zero_baseline_is_unbiased(void **state) {
    (void)state;
    check("sum", "none");
    check("mean", "none");
}

static void batch_baseline_is_unbiased(void **state) {
    (void)state;
    check("sum", "batch");
    check("mean", "batch");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_baseline_is_unbiased),
        cmocka_unit_test(batch_baseline_is_unbiased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
