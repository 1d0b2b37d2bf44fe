/* SPDX-License-Identifier: MIT */
#include "reference/trainer/cases.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const case_factor case_factors[] = {
    /* in every combination */
    {"learning.estimator", {"reinforce", "straight-through", "rloo", "rate-target"}, 0},
    {"learning.credit_assignment", {"dfa", "fa", "drtp", "bp", "bptt"}, 0},
    {"learning.schedule", {"episode", "online"}, 0},
    {"learning.baseline", {"none", "per-parameter", "batch", "auto", "batch-product"}, 0},
    {"learning.encoder_optimizer", {"sgd", "adam", "adamw"}, 0},
    {"learning.decoder_optimizer", {"sgd", "adam", "adamw"}, 0},
    {"learning.clip_norm", {"0", "0.03"}, 0},
    /* in every pair; those bound by rules first */
    {"data.target", {"image", "class", "class-image", "units", "values", "frames"}, 3},
    {"data.input", {"events", "rate", "latency", "blobs"}, 3},
    {"learning.batch_size", {"1", "2", "3"}, 0},
    {"learning.draws", {"1", "3", "2"}, 0},
    {"learning.truncation", {"0", "3"}, 0},
    {"decoder.window", {"0", "5"}, 0},
    {"decoder.type", {"linear", "mlp", "conv", "conv2d", "upconv"}, 3},
    {"decoder.coding", {"time", "rate", "first"}, 0},
    {"decoder.head", {"auto", "bernoulli", "categorical", "gaussian"}, 0},
    {"objective.rate_term", {"auto", "sampled", "analytic"}, 0},
    {"encoder.layers",
     {"[13]", "[13, 9]", "[]", "[conv2k3p1m2]", "[conv2k3p1m2, 9]", "[conv3k2s2, conv2k2]", "[70]"},
     6},
    {"objective.reduction", {"mean", "sum"}, 0},
    {"encoder.readouts", {"6", "67"}, 1},
    {"readout.feedback", {"neuron", "lateral"}, 0},
    {"readout.feedback_bases", {"1", "0", "2"}, 0},
    {"readout.bases", {"3", "1"}, 0},
    {"neuron.gain", {"published", "unit", "one"}, 0},
    {"neuron.surrogate", {"boxcar", "logistic", "fast-sigmoid"}, 0},
    {"data.blank_steps", {"0", "2"}, 0},
    {"learning.dfa_normalised", {"true", "false"}, 0},
    {"decoder.hidden", {"11", "0"}, 0},
    {"objective.beta", {"0.3", "0"}, 0},
    {"learning.baseline_memory", {"0.3", "0.8"}, 0},
    {"training.validate_every", {"1", "0", "2"}, 0},
    {"channel.type", {"none", "flips", "erasures", "packets"}, 0},
    {"channel.probability", {"0.2", "0"}, 0},
    {"channel.evaluation_probability", {"-1", "0.3"}, 0},
    {"channel.packet_steps", {"1", "3"}, 0},
    {"decoder.spike_dropout", {"0", "0.3"}, 0},
    {"decoder.random_cuts", {"0", "0.7"}, 0},
    {"objective.beta_warmup_examples", {"0", "2"}, 0},
    {"objective.label_smoothing", {"0", "0.2"}, 0},
    {"learning.average_memory", {"0", "0.15", "0.99"}, 0},
    {"learning.reference_batch", {"0", "2"}, 0},
    {"learning.decay", {"constant", "cosine", "linear"}, 0},
    {"learning.decay_examples", {"0", "7"}, 0},
    {"learning.decay_floor", {"0", "0.25"}, 0},
    {"learning.warmup_examples", {"0", "1"}, 0},
    {"data.motion", {"saccades", "circle"}, 0},
    {"data.test_steps", {"0", "8"}, 0},
    {"encoder.initialisation", {"law", "data"}, 1},
    {"encoder.skip", {"false", "true"}, 1},
    {"neuron.learn_tau", {"none", "traces", "all"}, 1},
    {":adaptation", {"none", "each"}, 1},     /* neuron.adaptation_*: thresholds stay, or adapt */
    {":times", {"decays", "one", "each"}, 0}, /* neuron.*_tau_us: none, one for all layers, one a layer */
    {":examples", {"4", "23", "3"}, 0},       /* training examples added: 3, 21, 2 are trained on */
    {":updates", {"whole", "cut"}, 0},        /* cut: the last batch has one example less */
    {":threads", {"1", "2"}, 0},
    /* in every pair, too; drawn when all cases above are, in which they have their first value: those stay as they are
     * when a factor is added here, and nothing is wrong with a first value beside anything else */
    {"encoder.type", {"spiking", "counts"}, 1},
    {"encoder.bins", {"4", "1"}, 0},
    {"learning.target_on", {"0.5", "0.8"}, 0},
    {"learning.target_off", {"0.02", "0.1"}, 0},
    {"readout.learns_filters", {"false", "true"}, 0},
    {"learning.filter_rate_scale", {"1", "3"}, 0},
    {"readout.type", {"spiking", "gaussian"}, 1},
    {"readout.initial_deviation", {"1", "0.1", "0.7"}, 0},
    {"neuron.model", {"srm", "cuba", "lif"}, 1},
};

enum { LATE = 9 };

/* Values that came later, at the end of their factor's, are drawn after all others, too, level after level. */
enum { LEVELS = 3 };
static const struct {
    const char *name;
    int count, level;
} late_counts[] = {{"decoder.coding", 1, 1}, {"learning.estimator", 1, 1}, {"learning.baseline", 1, 1},
                   {"decoder.type", 1, 2},   {"data.target", 2, 2},        {"neuron.gain", 1, LEVELS}};

const size_t case_factor_count = sizeof case_factors / sizeof case_factors[0];

/* Names are literals: where one was found is remembered by its place. */
static size_t factor_of(const char *name) {
    enum { REMEMBERED = 256 };
    static struct {
        const char *name;
        size_t factor;
    } found[REMEMBERED];
    size_t place = (uintptr_t)name / 4 % REMEMBERED;
    if (found[place].name == name)
        return found[place].factor;
    for (size_t f = 0; f < case_factor_count; f++)
        if (strcmp(case_factors[f].name, name) == 0) {
            found[place].name = name, found[place].factor = f;
            return f;
        }
    fprintf(stderr, "%s is no factor of the twin's cases\n", name);
    abort();
}

const char *case_value(const case_choice *choice, const char *name) {
    size_t f = factor_of(name);
    return choice->value[f] == CASE_UNSET ? NULL : case_factors[f].values[choice->value[f]];
}

bool case_is(const case_choice *choice, const char *name, const char *value) {
    const char *set = case_value(choice, name);
    return set != NULL && strcmp(set, value) == 0;
}

/* Unset, or this value. */
static bool may(const case_choice *choice, const char *name, const char *value) {
    const char *set = case_value(choice, name);
    return set == NULL || strcmp(set, value) == 0;
}

/* ---- the rules ---- */

static bool data_possible(const case_choice *c) {
    bool recorded = case_is(c, "data.target", "values") || case_is(c, "data.target", "frames");
    if (recorded && !may(c, "data.input", "events"))
        return false;
    bool units = case_is(c, "data.target", "units"), blobs = case_is(c, "data.input", "blobs");
    if (units && (!may(c, "data.input", "blobs") || !may(c, "learning.schedule", "online")))
        return false;
    if (blobs && !may(c, "data.target", "units"))
        return false;
    const char *layers = case_value(c, "encoder.layers");
    if (blobs && layers != NULL && strstr(layers, "conv") != NULL) /* maps of 1 x 20 are lower than these kernels */
        return false;
    const char *head = case_value(c, "decoder.head"), *target = case_value(c, "data.target");
    if (case_is(c, "objective.label_smoothing", "0.2") && target != NULL && !units && strcmp(target, "class") != 0)
        return false;
    if (head == NULL || target == NULL || strcmp(head, "auto") == 0)
        return true;
    bool classes = units || strcmp(target, "class") == 0;
    return classes == (strcmp(head, "categorical") == 0);
}

/* Each class needs a readout neuron: there are 8 or 10 classes, 210 of blobs. Nobody else reads the targets. */
static bool targets_possible(const case_choice *c) {
    if ((case_is(c, "learning.target_on", "0.8") || case_is(c, "learning.target_off", "0.1")) &&
        !may(c, "learning.estimator", "rate-target"))
        return false;
    return !case_is(c, "learning.estimator", "rate-target") ||
           (may(c, "encoder.type", "spiking") && !case_is(c, "encoder.readouts", "6") &&
            !case_is(c, "data.target", "units") && !case_is(c, "data.input", "blobs"));
}

/* The product of means goes with what the later branch of the published system has beside it. */
static bool product_possible(const case_choice *c) {
    return !case_is(c, "learning.baseline", "batch-product") ||
           (may(c, "learning.estimator", "reinforce") && may(c, "learning.credit_assignment", "bptt") &&
            may(c, "learning.schedule", "episode") && may(c, "neuron.surrogate", "logistic") &&
            may(c, "neuron.gain", "unit") && may(c, "readout.feedback", "lateral") &&
            may(c, "decoder.type", "conv2d") && may(c, "decoder.coding", "time") && may(c, "encoder.type", "spiking") &&
            !case_is(c, "learning.batch_size", "1") && !case_is(c, "objective.rate_term", "analytic") &&
            !case_is(c, "data.target", "units") && !case_is(c, "data.input", "blobs") &&
            may(c, "learning.target_on", "0.5") && may(c, "learning.target_off", "0.02") &&
            may(c, "readout.type", "spiking") && may(c, "readout.initial_deviation", "1"));
}

static bool learning_possible(const case_choice *c) {
    if (!targets_possible(c) || !product_possible(c))
        return false;
    bool reinforce = case_is(c, "learning.estimator", "reinforce");
    bool batches = case_value(c, "learning.batch_size") != NULL && !case_is(c, "learning.batch_size", "1");
    bool draws = case_value(c, "learning.draws") != NULL && !case_is(c, "learning.draws", "1");
    if (!reinforce && case_value(c, "learning.estimator") != NULL && !may(c, "learning.baseline", "none") &&
        !may(c, "learning.baseline", "auto"))
        return false;
    if (case_is(c, "learning.estimator", "rloo") &&
        (case_is(c, "learning.draws", "1") || case_is(c, "learning.credit_assignment", "drtp")))
        return false;
    if (case_is(c, "learning.baseline", "per-parameter") &&
        (batches || draws || case_is(c, "objective.rate_term", "analytic")))
        return false;
    if (case_is(c, "learning.truncation", "3") && !may(c, "learning.credit_assignment", "bptt"))
        return false;
    if (case_is(c, "learning.schedule", "online") &&
        (draws || case_is(c, "learning.credit_assignment", "bptt") || case_is(c, "learning.estimator", "rloo")))
        return false;
    if (case_is(c, "learning.baseline", "batch") && case_is(c, "learning.batch_size", "1"))
        return false;
    if (case_is(c, "learning.schedule", "online") && case_is(c, "decoder.random_cuts", "0.7"))
        return false;
    return !(case_is(c, "learning.schedule", "online") && case_is(c, "decoder.window", "0"));
}

/* Without an encoder nothing is drawn, sent or learnt step by step. */
static bool counts_possible(const case_choice *c) {
    if (!case_is(c, "encoder.type", "counts"))
        return true;
    if (case_is(c, "decoder.type", "conv") && case_is(c, "encoder.bins", "1"))
        return false;
    return !case_is(c, "data.target", "units") && !case_is(c, "data.input", "blobs") &&
           !case_is(c, "learning.estimator", "rloo") && !case_is(c, "channel.probability", "0.2") &&
           !case_is(c, "channel.evaluation_probability", "0.3") && may(c, "learning.schedule", "episode") &&
           may(c, "learning.draws", "1") && may(c, "channel.type", "none") && may(c, "decoder.coding", "time") &&
           may(c, "decoder.window", "0") && may(c, "decoder.spike_dropout", "0") &&
           may(c, "decoder.random_cuts", "0") && may(c, "encoder.initialisation", "law");
}

/* Numbers are learnt from whole examples by the gradient that goes through them, and no one reads spikes. */
static bool gaussian_possible(const case_choice *c) {
    bool deviates = case_is(c, "readout.initial_deviation", "0.1") || case_is(c, "readout.initial_deviation", "0.7");
    if (deviates && !may(c, "readout.type", "gaussian"))
        return false;
    if (!deviates && !case_is(c, "readout.type", "gaussian"))
        return true;
    return !case_is(c, "data.target", "units") && !case_is(c, "data.input", "blobs") &&
           !case_is(c, "channel.probability", "0.2") && !case_is(c, "channel.evaluation_probability", "0.3") &&
           !case_is(c, "objective.rate_term", "sampled") && may(c, "encoder.type", "spiking") &&
           may(c, "learning.schedule", "episode") && may(c, "learning.estimator", "straight-through") &&
           may(c, "channel.type", "none") && may(c, "decoder.coding", "time") &&
           may(c, "encoder.initialisation", "law") && may(c, "readout.feedback_bases", "0") &&
           may(c, "decoder.spike_dropout", "0") && may(c, "decoder.random_cuts", "0");
}

/* What a weight did is gone after a reset: no trace tells it step by step. */
static bool reset_possible(const case_choice *c) {
    return case_value(c, "neuron.model") == NULL || case_is(c, "neuron.model", "srm") ||
           (may(c, "learning.schedule", "episode") && may(c, "neuron.learn_tau", "none") &&
            may(c, ":adaptation", "none") && !case_is(c, "data.target", "units") && !case_is(c, "data.input", "blobs"));
}

bool case_possible(const case_choice *c) {
    if (!counts_possible(c) || !gaussian_possible(c) || !reset_possible(c))
        return false;
    if (case_is(c, "channel.type", "none") &&
        (case_is(c, "channel.probability", "0.2") || case_is(c, "channel.evaluation_probability", "0.3")))
        return false;
    if ((case_is(c, "decoder.coding", "rate") || case_is(c, "decoder.coding", "first")) &&
        !may(c, "decoder.type", "linear") && !may(c, "decoder.type", "mlp") && !may(c, "decoder.type", "upconv"))
        return false;
    if (case_is(c, "decoder.type", "upconv") &&
        (case_is(c, "data.target", "class") || case_is(c, "data.target", "units") || case_is(c, "data.input", "blobs")))
        return false;
    return data_possible(c) && learning_possible(c);
}

/* ---- pairs ---- */

enum { ALL_VALUES = CASE_FACTORS * CASE_VALUES };

typedef struct builder {
    case_list list;
    size_t factors;                       /* that are drawn; those behind have their first value */
    uint8_t pair[ALL_VALUES][ALL_VALUES]; /* covered, or known to be illegal */
} builder;

/* How late the values are that are drawn, too. */
static int late_level;

static int value_count(size_t factor) {
    int count = 0;
    while (count < CASE_VALUES && case_factors[factor].values[count] != NULL)
        count++;
    for (size_t i = 0; i < sizeof late_counts / sizeof late_counts[0]; i++)
        if (late_counts[i].level > late_level && strcmp(late_counts[i].name, case_factors[factor].name) == 0)
            return count - late_counts[i].count;
    return count;
}

/* Whether one of two values came later than the cases of all others were drawn. */
static bool is_late(size_t f, int v, size_t g, int w) {
    bool factor = late_level == 1 && (f >= case_factor_count - LATE || g >= case_factor_count - LATE);
    late_level--;
    bool value = v >= value_count(f) || w >= value_count(g);
    late_level++;
    return factor || value;
}

static size_t place(size_t factor, int value) {
    return factor * CASE_VALUES + (size_t)value;
}

/* What takes too long beside each other: the planes of conv2d on a wide readout or in every step, for many samples, and
 * on a wide readout in every step. Of three factors: no pair is lost. */
static bool affordable(const case_choice *c) {
    bool product = case_is(c, "learning.baseline", "batch-product"); /* it has planes, and batches */
    bool planes = case_is(c, "decoder.type", "conv2d") || product;
    bool wide = case_is(c, "encoder.readouts", "67"), online = case_is(c, "learning.schedule", "online");
    if (product && !may(c, "learning.batch_size", "2") && !may(c, "learning.draws", "1"))
        return false;
    if (product && !may(c, "data.target", "class") && !may(c, "learning.decoder_optimizer", "sgd"))
        return false; /* no seed is steady: moments magnify what rounding leaves of so many weights of images */
    if (product && wide)
        return may(c, "learning.batch_size", "2") && may(c, "learning.draws", "1");
    if (case_is(c, "neuron.gain", "one") && planes && !may(c, "learning.decoder_optimizer", "sgd"))
        return false; /* no seed is steady, likewise */
    if (planes && wide && online)
        return false;
    return !(planes && (wide || online)) || (may(c, "learning.batch_size", "1") && may(c, "learning.draws", "1"));
}

/* Whether the choice can be completed; *choice is left as it is. */
static bool completes(case_choice *choice, size_t from) {
    if (!case_possible(choice) || !affordable(choice))
        return false;
    while (from < case_factor_count && choice->value[from] != CASE_UNSET)
        from++;
    if (from == case_factor_count)
        return true;
    bool found = false;
    for (int v = 0; v < value_count(from) && !found; v++) {
        choice->value[from] = v;
        found = completes(choice, from + 1);
    }
    choice->value[from] = CASE_UNSET;
    return found;
}

/* Pairs that setting a factor to a value would cover now. */
static int gain(const builder *b, const case_choice *choice, size_t factor, int value) {
    int sum = 0;
    for (size_t f = 0; f < case_factor_count; f++)
        if (f != factor && choice->value[f] != CASE_UNSET)
            sum += !b->pair[place(f, choice->value[f])][place(factor, value)];
    return sum;
}

/* The value that covers most; without any, cheap ones take turns. */
static int best_value(const builder *b, case_choice *choice, size_t factor) {
    int count = value_count(factor), cheap = case_factors[factor].cheap, best = CASE_UNSET, most = 0;
    uint64_t hash = (b->list.count * 64 + factor) * UINT64_C(0x9E3779B97F4A7C15);
    int turn = (int)((hash >> 33) % (uint64_t)count);
    for (int i = 0; i < count; i++) {
        int v = (turn + i) % count, covered = gain(b, choice, factor, v);
        if (covered == 0 && cheap != 0 && v >= cheap)
            continue;
        choice->value[factor] = v;
        if ((best == CASE_UNSET || covered > most) && completes(choice, 0))
            best = v, most = covered;
    }
    for (int v = 0; best == CASE_UNSET && v < count; v++) { /* only a dear one is legal here */
        choice->value[factor] = v;
        if (completes(choice, 0))
            best = v;
    }
    return best;
}

static void keep(case_choice **choices, size_t *count, size_t *capacity, const case_choice *choice) {
    if (*count == *capacity) {
        *capacity = 2 * *capacity + 64;
        *choices = realloc(*choices, *capacity * sizeof **choices);
        if (*choices == NULL)
            abort();
    }
    (*choices)[(*count)++] = *choice;
}

/* Completes a choice so that it covers as much as it can, and keeps it. */
static void add_case(builder *b, case_choice choice) {
    for (size_t f = b->factors; f < case_factor_count; f++)
        choice.value[f] = 0;
    for (size_t i = 0; i < b->factors; i++) {
        size_t f = (i + b->list.count) % b->factors;
        if (choice.value[f] == CASE_UNSET)
            choice.value[f] = best_value(b, &choice, f);
    }
    for (size_t f = 0; f < case_factor_count; f++)
        for (size_t g = 0; g < case_factor_count; g++)
            b->pair[place(f, choice.value[f])][place(g, choice.value[g])] = 1;
    keep(&b->list.cases, &b->list.count, &b->list.capacity, &choice);
}

/* Legal cases made illegal: in one that has one of the values that are set, all of them replace what was there. One for
 * each value, so that nothing but the values' being together is wrong with it. */
static void add_refused(builder *b, const case_choice *choice) {
    for (size_t f = 0; f < case_factor_count; f++) {
        size_t base = 0;
        while (base < b->list.count && b->list.cases[base].value[f] != choice->value[f])
            base++;
        if (base == b->list.count) /* also where the value is unset */
            continue;
        case_choice whole = b->list.cases[base];
        for (size_t g = 0; g < case_factor_count; g++)
            if (choice->value[g] != CASE_UNSET)
                whole.value[g] = choice->value[g];
        keep(&b->list.refused, &b->list.refused_count, &b->list.refused_capacity, &whole);
    }
}

static case_choice nothing_set(void) {
    case_choice choice;
    for (size_t f = 0; f < CASE_FACTORS; f++)
        choice.value[f] = CASE_UNSET;
    return choice;
}

/* All combinations of the first factors; the legal ones become cases if `legal`, the others are kept as refused. */
static void add_product(builder *b, bool legal) {
    size_t total = 1;
    for (size_t f = 0; f < CASE_PRODUCT; f++)
        total *= (size_t)value_count(f);
    for (size_t number = 0; number < total; number++) {
        case_choice choice = nothing_set();
        for (size_t f = 0, rest = number; f < CASE_PRODUCT; rest /= (size_t)value_count(f), f++)
            choice.value[f] = (int)(rest % (size_t)value_count(f));
        bool possible = completes(&choice, 0);
        if (legal && possible) {
            add_case(b, choice);
            b->list.product++;
        } else if (!legal && !possible) {
            add_refused(b, &choice);
        }
    }
}

/* All pairs of values, or the late ones. */
static void add_pairs(builder *b) {
    for (size_t f = 0; f < b->factors; f++)
        for (size_t g = f + 1; g < b->factors; g++)
            for (int v = 0; v < value_count(f); v++)
                for (int w = 0; w < value_count(g); w++) {
                    if (late_level > 0 && !is_late(f, v, g, w))
                        continue;
                    case_choice choice = nothing_set();
                    choice.value[f] = v, choice.value[g] = w;
                    bool legal = completes(&choice, 0);
                    b->list.pairs += legal;
                    if (!legal)
                        add_refused(b, &choice);
                    else if (!b->pair[place(f, v)][place(g, w)])
                        add_case(b, choice);
                }
}

case_list case_list_make(void) {
    builder *b = calloc(1, sizeof *b);
    if (b == NULL)
        abort();
    b->factors = case_factor_count - LATE;
    late_level = 0;
    add_product(b, true);
    add_product(b, false);
    add_pairs(b);
    b->factors = case_factor_count;
    for (late_level = 1; late_level <= LEVELS; late_level++)
        add_pairs(b);
    late_level = LEVELS;
    case_list list = b->list;
    free(b);
    return list;
}

void case_list_free(case_list *list) {
    free(list->cases), free(list->refused);
    *list = (case_list){0};
}
