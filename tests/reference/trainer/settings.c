/* SPDX-License-Identifier: MIT */
/* The configuration's text as plain numbers. */
#include "reference/trainer/twin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 512 };

static void text_of(const vdib_config *config, const char *key, char text[TEXT]) {
    if (vdib_config_get(config, key, text, TEXT) != VDIB_OK) {
        fprintf(stderr, "the twin asks for %s, which is no key\n", key);
        abort();
    }
}

static double number(const vdib_config *config, const char *key) {
    char text[TEXT];
    text_of(config, key, text);
    return strtod(text, NULL);
}

static size_t whole(const vdib_config *config, const char *key) {
    char text[TEXT];
    text_of(config, key, text);
    return (size_t)strtoull(text, NULL, 10);
}

/* Place of the value among `names` (NULL-terminated); ends the program for another one: the twin does not know it. */
static int choice(const vdib_config *config, const char *key, const char *const *names) {
    char text[TEXT];
    text_of(config, key, text);
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    fprintf(stderr, "the twin does not know %s=%s; add it to tests/reference/trainer\n", key, text);
    abort();
}

/* A single-precision constant of the program. */
static double single(double value) {
    return (double)(float)value;
}

/* The number of a layer in a list of one or of one a layer; 0 for an empty list. */
static double listed(const vdib_config *config, const char *key, size_t layer) {
    char text[TEXT], *rest = NULL;
    double found[TWIN_LAYERS] = {0};
    size_t count = 0;
    text_of(config, key, text);
    for (char *at = strtok_r(text, "[], ", &rest); at != NULL; at = strtok_r(NULL, "[], ", &rest))
        found[count++] = strtod(at, NULL);
    return found[count > 1 ? layer : 0];
}

/* exp(-step/tau), or another decay where there is no tau. */
static double decay(const vdib_config *config, const char *taus, size_t layer, double otherwise) {
    char input[TEXT];
    double tau = listed(config, taus, layer), step = number(config, "data.step_us");
    if (tau == 0)
        return single(otherwise);
    text_of(config, "data.input", input);
    if (step == 0)
        step = strcmp(input, "events") == 0 ? 3750 : 1000;
    return single(exp(-step / tau));
}

static void read_neuron(const vdib_config *c, twin_settings *s) {
    static const char *const gains[] = {"published", "unit", "one", NULL};
    static const char *const learnt[] = {"none", "traces", "all", NULL};
    int learns = choice(c, "neuron.learn_tau", learnt);
    s->learns[0] = s->learns[1] = learns > 0, s->learns[2] = learns == 2;
    s->tau_rate = number(c, "learning.tau_learning_rate");
    static const char *const surrogates[] = {"boxcar", "logistic", "fast-sigmoid", NULL};
    static const char *const models[] = {"srm", "cuba", "lif", NULL};
    twin_gain gain = (twin_gain)choice(c, "neuron.gain", gains);
    int model = choice(c, "neuron.model", models);
    for (size_t l = 0; l < s->layer_count; l++) {
        double beta = model == 2 ? 0 : decay(c, "neuron.synaptic_tau_us", l, number(c, "neuron.synaptic_decay"));
        double alpha = decay(c, "neuron.membrane_tau_us", l, number(c, "neuron.membrane_decay"));
        double alpha_r = decay(c, "neuron.refractory_tau_us", l, number(c, "neuron.refractory_decay"));
        double alpha_a = decay(c, "neuron.adaptation_tau_us", l, 0);
        s->layers[l].neuron =
            (twin_neuron){.beta_s = beta,
                          .alpha_m = alpha,
                          .alpha_r = alpha_r,
                          .gain_s = twin_gain_of(gain, beta),
                          .gain_m = twin_gain_of(gain, alpha),
                          .gain_r = twin_gain_refractory(gain, alpha_r),
                          .gain = gain,
                          .resets = model > 0,
                          .threshold = single(number(c, "neuron.threshold")),
                          .alpha_a = alpha_a,
                          .gain_a = (1 - alpha_a) * single(listed(c, "neuron.adaptation_strength", l))};
    }
    s->surrogate = (twin_surrogate)choice(c, "neuron.surrogate", surrogates);
    s->slope = single(number(c, "neuron.surrogate_slope"));
}

/* Layers like "800" or "conv16k5s1p2m2", with any brackets and commas between them. */
static void read_layers(const vdib_config *c, twin_settings *s) {
    char text[TEXT], *rest = NULL;
    text_of(c, "encoder.layers", text);
    for (char *at = strtok_r(text, "[], \"", &rest); at != NULL; at = strtok_r(NULL, "[], \"", &rest)) {
        size_t l = s->layer_count++;
        s->layers[l].stride = s->layers[l].pool = 1;
        s->layers[l].convolutional = strncmp(at, "conv", 4) == 0;
        s->layers[l].width = (size_t)strtoull(at + (s->layers[l].convolutional ? 4 : 0), &at, 10);
        while (*at != '\0') {
            size_t *value = *at == 'k'   ? &s->layers[l].kernel
                            : *at == 's' ? &s->layers[l].stride
                            : *at == 'p' ? &s->layers[l].padding
                                         : &s->layers[l].pool;
            *value = (size_t)strtoull(at + 1, &at, 10);
        }
    }
}

static void read_readout(const vdib_config *c, twin_settings *s) {
    static const char *const feedbacks[] = {"neuron", "lateral", NULL};
    static const char *const initialisations[] = {"law", "data", NULL};
    s->readouts = whole(c, "encoder.readouts");
    static const char *const switches[] = {"false", "true", NULL};
    s->skip = choice(c, "encoder.skip", switches) == 1;
    s->from_data = choice(c, "encoder.initialisation", initialisations) == 1;
    s->initial_examples = whole(c, "encoder.initial_examples");
    s->initial_spread = number(c, "encoder.initial_spread");
    s->initial_share = number(c, "encoder.initial_share");
    s->filter_steps = whole(c, "readout.filter_steps");
    s->bases = whole(c, "readout.bases");
    s->feedback_bases = whole(c, "readout.feedback_bases");
    s->basis_width = number(c, "readout.basis_width");
    s->lateral = choice(c, "readout.feedback", feedbacks) == 1;
    static const char *const types[] = {"spiking", "gaussian", NULL};
    s->learns_filters = choice(c, "readout.learns_filters", switches) == 1;
    s->gaussian = choice(c, "readout.type", types) == 1;
    s->deviation = number(c, "readout.initial_deviation");
    s->filter_rate = number(c, "learning.filter_rate_scale");
}

/* Without an encoder: no neurons; the decoder reads a row of counts for each part of the time. */
static void read_type(const vdib_config *c, const vdib_geometry *geometry, twin_settings *s) {
    static const char *const types[] = {"spiking", "counts", NULL};
    s->absent = choice(c, "encoder.type", types) == 1;
    if (!s->absent)
        return;
    s->layer_count = s->readouts = 0;
    s->learns_filters = false;
    s->window = whole(c, "encoder.bins");
    s->row = geometry->input_channels * geometry->input_height * geometry->input_width;
}

static void read_decoder(const vdib_config *c, bool classes, bool values, twin_settings *s) {
    static const char *const types[] = {"linear", "mlp", "conv", "conv2d", "upconv", NULL};
    static const char *const codings[] = {"time", "rate", "first", NULL};
    static const char *const heads[] = {"bernoulli", "categorical", "gaussian", "auto", NULL};
    int head = choice(c, "decoder.head", heads);
    s->decoder = (twin_decoder)choice(c, "decoder.type", types);
    s->counts = choice(c, "decoder.coding", codings) == 1;
    s->first = choice(c, "decoder.coding", codings) == 2;
    s->hidden = whole(c, "decoder.hidden");
    s->head = head < 3 ? (twin_head)head : classes ? TWIN_CATEGORICAL : values ? TWIN_GAUSSIAN : TWIN_BERNOULLI;
}

static void read_channel(const vdib_config *c, twin_settings *s) {
    static const char *const types[] = {"none", "flips", "erasures", "packets", NULL};
    double evaluation = number(c, "channel.evaluation_probability");
    s->channel = (twin_channel)choice(c, "channel.type", types);
    s->events[0] = single(number(c, "channel.probability"));
    s->events[1] = evaluation < 0 ? s->events[0] : single(evaluation);
    s->packet_steps = whole(c, "channel.packet_steps");
    s->dropout = single(number(c, "decoder.spike_dropout"));
    s->cuts = single(number(c, "decoder.random_cuts"));
    s->row = s->channel == TWIN_PACKETS ? s->readouts + 1 : s->readouts;
}

/* objective.rate_term. */
static bool is_analytic(const vdib_config *c, const twin_settings *s) {
    static const char *const rates[] = {"sampled", "analytic", "auto", NULL};
    int rate = choice(c, "objective.rate_term", rates);
    return rate == 2 ? s->straight_through || s->rate_target : rate == 1;
}

static void read_objective(const vdib_config *c, twin_settings *s) {
    static const char *const reductions[] = {"mean", "sum", NULL};
    s->price = number(c, "objective.beta");
    s->prior = number(c, "objective.prior_probability");
    s->price_rise = number(c, "objective.beta_warmup_examples");
    s->smoothing = number(c, "objective.label_smoothing");
    s->mean = choice(c, "objective.reduction", reductions) == 0;
    s->analytic = is_analytic(c, s);
}

static twin_baseline automatic_baseline(const vdib_config *c, const twin_settings *s) {
    if (s->straight_through || s->leave_one_out || s->rate_target)
        return TWIN_NO_BASELINE;
    if (s->batch_size > 1)
        return TWIN_BATCH;
    return s->draws > 1 || is_analytic(c, s) ? TWIN_NO_BASELINE : TWIN_PER_PARAMETER;
}

static void read_learning(const vdib_config *c, twin_settings *s) {
    static const char *const estimators[] = {"reinforce", "straight-through", "rloo", "rate-target", NULL};
    static const char *const feedbacks[] = {"dfa", "fa", "drtp", "bp", "bptt", NULL};
    static const char *const schedules[] = {"episode", "online", NULL};
    static const char *const baselines[] = {"none", "per-parameter", "batch", "auto", "batch-product", NULL};
    static const char *const rules[] = {"sgd", "adam", "adamw", NULL};
    static const char *const decays[] = {"constant", "cosine", "linear", NULL};
    static const char *const switches[] = {"false", "true", NULL};
    int baseline = choice(c, "learning.baseline", baselines);
    int estimator = choice(c, "learning.estimator", estimators);
    s->straight_through = estimator == 1;
    s->leave_one_out = estimator == 2;
    s->rate_target = estimator == 3;
    s->target_on = single(number(c, "learning.target_on"));
    s->target_off = single(number(c, "learning.target_off"));
    s->draws = whole(c, "learning.draws");
    s->truncation = whole(c, "learning.truncation");
    s->feedback = (twin_feedback)choice(c, "learning.credit_assignment", feedbacks);
    s->online = choice(c, "learning.schedule", schedules) == 1;
    s->batch_size = whole(c, "learning.batch_size");
    s->baseline = baseline == TWIN_AUTO ? automatic_baseline(c, s) : (twin_baseline)baseline;
    s->memory = single(number(c, "learning.baseline_memory"));
    s->dfa_normalised = choice(c, "learning.dfa_normalised", switches) == 1;
    s->rule[TWIN_ENCODER] = (twin_rule)choice(c, "learning.encoder_optimizer", rules);
    s->rule[TWIN_DECODER] = (twin_rule)choice(c, "learning.decoder_optimizer", rules);
    s->rate[TWIN_ENCODER] = single(number(c, "learning.encoder_learning_rate"));
    s->rate[TWIN_DECODER] = single(number(c, "learning.decoder_learning_rate"));
    s->decay = (twin_decay)choice(c, "learning.decay", decays);
    s->average_memory = number(c, "learning.average_memory");
    double reference = number(c, "learning.reference_batch");
    s->span = reference > 0 ? (double)s->batch_size / reference : 1;
    s->warmup = number(c, "learning.warmup_examples");
    s->decay_end = number(c, "learning.decay_examples");
    s->decay_floor = number(c, "learning.decay_floor");
    if (s->decay_end == 0) {
        s->decay_end = number(c, "training.examples");
        if (s->decay != TWIN_CONSTANT)
            s->warmup = fmin(s->warmup, floor(s->decay_end / 4));
    }
    s->weight_decay = single(number(c, "learning.weight_decay"));
    s->clip_norm = number(c, "learning.clip_norm");
}

twin_settings twin_settings_of(const vdib_config *config, const vdib_geometry *geometry) {
    static const char *const targets[] = {"image", "class-image", "class", "units", "values", "frames", NULL};
    twin_settings s = {0};
    int target = choice(config, "data.target", targets);
    s.seed = whole(config, "seed");
    s.by_step = target == 3;
    s.classes = geometry->classes;
    s.blank = whole(config, "data.blank_steps");
    s.test_steps = whole(config, "data.test_steps");
    s.window = whole(config, "decoder.window");
    if (s.window == 0)
        s.window = geometry->steps;
    s.validate_every = whole(config, "training.validate_every");
    s.limit = whole(config, "training.examples");
    read_learning(config, &s);
    read_layers(config, &s);
    read_neuron(config, &s);
    s.log_least = log(0.5), s.log_most = log(10 * (double)geometry->steps);
    read_readout(config, &s);
    read_decoder(config, target == 2 || target == 3, target == 4, &s);
    read_channel(config, &s);
    read_objective(config, &s);
    read_type(config, geometry, &s);
    return s;
}
