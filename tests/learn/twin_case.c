/* SPDX-License-Identifier: MIT */
#include "twin_case.h"

#include <math.h>

#include "learn/trainer.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "twin_seeds.h"

/* Single precision has 24 bits: sums of some hundred terms are good to about 1e-6 of their largest term. */
static const double THRESHOLD_MARGIN = 1e-4, DRAW_MARGIN = 2e-5, RELU_MARGIN = 2e-6, POOL_MARGIN = 1e-5;
static const double INITIAL = 2e-5;
static const double LEAST_CHANGE = 1e-2, MOST_CHANGE = 20, AGREEMENT = 3e-4;
/* Adam divides by the gradient itself: it must not be the little that single precision leaves of y - sigma(u). */
static const double MOST_EXTREME = 10, EASED_EXTREME = 11;
/* With unit gain potentials are below 1, and so are their rounding errors a tenth of the others; with a gain of one
 * they are between. */
static const double UNIT_GAIN_SHARE = 0.1, ONE_GAIN_SHARE = 0.3;
/* conv2d joins 2,048 hidden units to every output: plain SGD diverges before each of its weights has moved by
 * LEAST_CHANGE. */
static const double CONV2D_SHARE = 0.1;

/* The largest rate that the keys take; under it a tensor may move less. */
static const double LARGEST_RATE = 100, LARGEST_RATE_SHARE = 0.01;
/* A few steps of this size undo each other where gradients change their sign, and still leave enough. */
static const double LARGEST_ADAPTIVE_RATE = 0.1;

/* Runs are rounded by NOISE of every potential and gradient. Where they stay within STEADY, trainer and twin must agree
 * to AGREEMENT; where no seed is that steady, to MAGNIFIED times what the rounding does, never more than MOST_OFF of
 * it. */
static const double NOISE = 1.5e-7, STEADY = 3e-5, MAGNIFIED = 5, MOST_OFF = 1e-3, ONLINE_MAGNIFIED = 5;

/* Figures of training that moves its weights between the steps that it counts. */
static const double ONLINE_SHARE = 8;

/* Where no seed serves, a rule without moments moves some tensors far and others little: they need not move as far, and
 * potentials may go a little further. */
static const double EASED = 0.03;

enum { SEEDS = 300, TRIALS = 5, UNSTEADY = 8 };

static void fail_case(const case_choice *choice, size_t number, const char *what) {
    print_message("case %zu (VDIB_TWIN_CASE=%zu):", number, number);
    for (size_t f = 0; f < case_factor_count; f++)
        print_message(" %s=%s", case_factors[f].name, case_factors[f].values[choice->value[f]]);
    print_message("\n");
    fail_msg("%s", what);
}

/* ---- the seed and the rates ---- */

/* Under bp and fa one update a step moves the last hidden layer alone: a lower one acts on the readout a step later. */
static bool stands_still(const twin *t, const twin_tensor *tensor) {
    bool through = t->settings.feedback == TWIN_BP || t->settings.feedback == TWIN_FA;
    char last[TWIN_NAME];
    snprintf(last, sizeof last, "encoder.hidden.%zu.", t->settings.layer_count - 1);
    return tensor->role == TWIN_FIXED ||
           (t->settings.online && through && strncmp(tensor->name, "encoder.hidden.", strlen("encoder.hidden.")) == 0 &&
            strncmp(tensor->name, last, strlen(last)) != 0);
}

/* NaN counts as infinite. */
static double largest_change(const twin_tensor *tensor) {
    double largest = 0;
    for (size_t e = 0; e < tensor->count; e++) {
        double change = fabs(tensor->values[e] - tensor->start[e]);
        if (!isfinite(change))
            return INFINITY;
        if (!tensor->small[e])
            largest = fmax(largest, change);
    }
    return largest;
}

/* The least and the largest change among the tensors of a half. */
static void changes_of(const twin *t, twin_role half, double *least, double *most) {
    *least = INFINITY, *most = 0;
    for (size_t i = 0; i < t->tensor_count; i++) {
        const twin_tensor *tensor = &t->tensors[i];
        if (tensor->role != half || tensor->apart || stands_still(t, tensor))
            continue;
        double change = largest_change(tensor);
        *least = fmin(*least, change), *most = fmax(*most, change);
    }
}

static bool margins_hold(const twin *t, double ease) {
    const twin_margins *m = &t->margins;
    double extreme = ease < 1 ? EASED_EXTREME : MOST_EXTREME;
    const twin_neuron *neuron = &t->settings.layers[0].neuron; /* without hidden layers zeros */
    double share = neuron->gain == TWIN_GAIN_ONE ? ONE_GAIN_SHARE : neuron->gain_r < 1 ? UNIT_GAIN_SHARE : 1;
    double threshold = THRESHOLD_MARGIN * share;
    return m->threshold > threshold && m->surrogate > threshold && m->draw > DRAW_MARGIN &&
           (t->settings.rule[TWIN_ENCODER] == TWIN_SGD || m->extreme < extreme) && m->relu > RELU_MARGIN &&
           m->pool > POOL_MARGIN && isfinite(t->averages.loss);
}

/* What came of a run for one half: whether its tensors moved as far as they should, and if not, a larger rate to try,
 * or none (0). Rates start so low that changes are nearly proportional to them. */
static bool moved_well(const twin *t, twin_role half, double ease, double *better) {
    double least, most, rate = t->settings.rate[half];
    bool plane = half == TWIN_DECODER && t->settings.decoder == TWIN_CONV2D && t->settings.rule[half] == TWIN_SGD;
    bool largest = rate >= LARGEST_RATE;
    double wanted = ease * LEAST_CHANGE * (plane ? CONV2D_SHARE : largest ? LARGEST_RATE_SHARE : 1);
    changes_of(t, half, &least, &most);
    *better = rate;
    if (least >= wanted && most <= MOST_CHANGE)
        return true;
    bool adaptive = t->settings.rule[half] != TWIN_SGD;
    double limit = adaptive ? LARGEST_ADAPTIVE_RATE : LARGEST_RATE,
           times = adaptive ? 1.5 : fmax(1.5, 2 * wanted / least);
    *better = least > 0 && most <= MOST_CHANGE && rate < limit ? fmin(limit, rate * times) : 0;
    return false;
}

/* A number of runs, by which searches are told that are worth to be remembered. */
static size_t runs;

static twin *run_twin(const twin_settings *settings, const vdib_dataset *dataset, double noise, bool trains_only) {
    runs++;
    twin *t = twin_create(settings, dataset);
    t->noise = noise, t->trains_only = trains_only;
    twin_initialise(t);
    while (!twin_train(t).done)
        ;
    return t;
}

/* The largest difference of two arrays as a share of the largest entry of the second. */
static double share_off(const double *got, const double *want, size_t count) {
    double largest = 0, off = 0;
    for (size_t e = 0; e < count; e++)
        largest = fmax(largest, fabs(want[e])), off = fmax(off, fabs(got[e] - want[e]));
    return off > 0 ? off / largest : 0;
}

/* How far a run is carried away when every potential and gradient is rounded: the largest share of a tensor's change,
 * or of a part of the optimiser's state. Large steps magnify it from update to update. */
static double unsteadiness(const twin *t, const twin_settings *settings, const vdib_dataset *dataset) {
    twin *other = run_twin(settings, dataset, NOISE, true);
    double worst = 0;
    for (size_t i = 0; i < t->tensor_count; i++) {
        const twin_tensor *a = &t->tensors[i], *b = &other->tensors[i];
        double *changes[2] = {twin_numbers(a->count), twin_numbers(a->count)};
        for (size_t e = 0; e < a->count; e++)
            if (!a->small[e])
                changes[0][e] = a->values[e] - a->start[e], changes[1][e] = b->values[e] - b->start[e];
        const double shares[] = {share_off(changes[1], changes[0], a->count), share_off(b->first, a->first, a->count),
                                 share_off(b->second, a->second, a->count),
                                 share_off(b->numerator, a->numerator, a->count),
                                 share_off(b->denominator, a->denominator, a->count)};
        for (size_t k = 0; k < sizeof shares / sizeof shares[0]; k++)
            worst = fmax(worst, shares[k]);
        free(changes[0]), free(changes[1]);
    }
    twin_destroy(other);
    return worst;
}

/* Whether nothing in a complete run comes near a decision, and how steady the run is. */
static bool is_measure(const twin *t, const twin_settings *settings, const vdib_dataset *dataset, double ease,
                       double *off) {
    if (!margins_hold(t, ease))
        return false;
    *off = unsteadiness(t, settings, dataset);
    if (*off > MOST_OFF)
        return false;
    twin *whole = run_twin(settings, dataset, 0, false); /* with the validations */
    bool holds = margins_hold(whole, ease);
    twin_destroy(whole);
    return holds;
}

/* Whether a seed serves, with rates that are found on the way. */
static bool seed_serves(twin_settings *settings, const vdib_dataset *dataset, double ease, double *off) {
    for (int trial = 0; trial < TRIALS; trial++) {
        twin *t = run_twin(settings, dataset, 0, true);
        double better[2];
        bool first = moved_well(t, TWIN_ENCODER, ease, &better[0]);
        bool second = moved_well(t, TWIN_DECODER, ease, &better[1]);
        bool good = first && second && is_measure(t, settings, dataset, ease, off);
        twin_destroy(t);
        if ((first && second) || better[0] == 0 || better[1] == 0)
            return good;
        for (int half = 0; half < 2; half++) { /* as the configuration will spell them, in single precision */
            char text[32];
            snprintf(text, sizeof text, "%.3g", better[half]);
            settings->rate[half] = (double)strtof(text, NULL);
        }
    }
    return false;
}

static void set_number(vdib_config *config, const char *key, double value) {
    char setting[96];
    snprintf(setting, sizeof setting, "%s=%.9g", key, value);
    assert_ok(vdib_config_set(config, setting));
}

/* Settings with a seed and rates that serve: the first steady ones, or after some unsteady ones the best of these.
 * Returns how unsteady they are; NAN if no seed serves. */
static double find_settings(const twin_settings *base, const vdib_dataset *dataset, double ease, twin_tally *tally,
                            twin_settings *found) {
    double least = NAN;
    int unsteady = 0;
    for (uint64_t seed = 1; seed <= SEEDS && unsteady < UNSTEADY; seed++) {
        twin_settings settings = *base;
        double off;
        settings.seed = seed;
        for (int half = 0; half < 2; half++)
            settings.rate[half] = settings.rule[half] == TWIN_SGD ? (double)1e-3F : (double)0.02F;
        tally->attempts++;
        if (!seed_serves(&settings, dataset, ease, &off))
            continue;
        if (isnan(least) || off < least)
            least = off, *found = settings;
        if (off <= STEADY)
            return off;
        unsteady++;
    }
    return least;
}

/* Whether what is remembered of a case serves still, and is no less steady than it was; as after any search. */
static bool remembered_serves(const twin_seed *seed, const twin_settings *base, const vdib_dataset *dataset,
                              twin_settings *found, double *off) {
    *found = *base;
    found->seed = seed->seed;
    double rates[2] = {found->rate[0] = seed->rate[0], found->rate[1] = seed->rate[1]};
    return seed_serves(found, dataset, seed->eased ? EASED : 1, off) && found->rate[0] == rates[0] &&
           found->rate[1] == rates[1] && *off <= fmax(STEADY, 1.1 * seed->off);
}

/* As find_settings, with more ease where no seed serves; a search that took long is written where it is asked for. */
static double search(const case_choice *choice, const twin_settings *base, const vdib_dataset *dataset,
                     twin_tally *tally, twin_settings *found) {
    size_t before = runs;
    double off = find_settings(base, dataset, 1, tally, found);
    bool eased = isnan(off);
    if (eased)
        off = find_settings(base, dataset, EASED, tally, found);
    if (!isnan(off) && runs - before >= TWIN_LONG_SEARCH)
        twin_seeds_write(&(twin_seed){.choice = twin_seeds_digest(choice),
                                      .seed = found->seed,
                                      .rate = {found->rate[0], found->rate[1]},
                                      .eased = eased,
                                      .off = off});
    return off;
}

/* Puts seed and rates that serve into the configuration; *agreement receives what share of a tensor's largest entry
 * trainer and twin may differ by. False if no seed serves. */
static bool settle(const case_choice *choice, vdib_config *config, const vdib_dataset *dataset, twin_tally *tally,
                   twin_settings *settings, double *agreement) {
    twin_settings base = twin_settings_of(config, vdib_dataset_geometry(dataset));
    const twin_seed *seed = twin_seeds_find(choice);
    double off = NAN;
    bool remembered = seed != NULL && remembered_serves(seed, &base, dataset, settings, &off);
    if (remembered)
        twin_seeds_write(seed);
    else
        off = search(choice, &base, dataset, tally, settings);
    if (isnan(off))
        return false;
    tally->remembered += remembered;
    tally->forgotten += seed != NULL && !remembered;
    *agreement = fmax(AGREEMENT, MAGNIFIED * off);
    tally->magnified += *agreement > AGREEMENT;
    tally->slow += settings->rate[0] >= LARGEST_RATE || settings->rate[1] >= LARGEST_RATE;
    set_number(config, "seed", (double)settings->seed);
    set_number(config, "learning.encoder_learning_rate", settings->rate[0]);
    set_number(config, "learning.decoder_learning_rate", settings->rate[1]);
    return true;
}

/* ---- comparison ---- */

typedef struct compared {
    const case_choice *choice;
    size_t number;
    double agreement; /* share of the largest entry */
    vdib_trainer *trainer;
    twin *twin;
    /* the trainer's values, one tensor after the other: at the start, before and after an update; their average */
    float *start, *before, *now, *mean;
} compared;

static size_t elements(const twin *t) {
    size_t sum = 0;
    for (size_t i = 0; i < t->tensor_count; i++)
        sum += t->tensors[i].count;
    return sum;
}

static void read_values(const vdib_model *model, const twin *t, float *values) {
    assert_int_equal(vdib_model_tensor_count(model), t->tensor_count);
    for (size_t i = 0; i < t->tensor_count; values += t->tensors[i++].count)
        assert_ok(vdib_model_tensor_get(model, i, values));
}

/* |got - want| <= share * scale, or the case fails; NaN fails. */
static void agree(const compared *c, const char *what, const char *name, size_t place, double got, double want,
                  double bound) {
    char text[256];
    if (fabs(got - want) <= bound)
        return;
    snprintf(text, sizeof text,
             "%s of %s [%zu] after %llu examples: the trainer has %.9g, the twin %.9g; allowed is %.2g", what, name,
             place, (unsigned long long)c->twin->examples, got, want, bound);
    fail_case(c->choice, c->number, text);
}

static void compare_shapes(const compared *c) {
    const vdib_model *model = vdib_trainer_model(c->trainer);
    assert_int_equal(vdib_model_tensor_count(model), c->twin->tensor_count);
    for (size_t i = 0; i < c->twin->tensor_count; i++) {
        vdib_tensor_info info = {.size = sizeof info};
        const twin_tensor *tensor = &c->twin->tensors[i];
        assert_ok(vdib_model_tensor(model, i, &info));
        assert_string_equal(info.name, tensor->name);
        assert_int_equal(info.rank, tensor->rank);
        for (size_t a = 0; a < info.rank; a++)
            assert_int_equal(info.shape[a], tensor->shape[a]);
    }
}

/* Weights from data follow from sums over potentials in single precision; training goes on from the trainer's. */
static void compare_initialised(const compared *c) {
    const float *values = c->start;
    for (size_t i = 0; i < c->twin->tensor_count; values += c->twin->tensors[i++].count) {
        twin_tensor *tensor = &c->twin->tensors[i];
        double largest = 0;
        for (size_t e = 0; e < tensor->count; e++)
            largest = fmax(largest, fabs(tensor->start[e]));
        for (size_t e = 0; e < tensor->count; e++) {
            agree(c, "weight from data", tensor->name, e, (double)values[e], tensor->start[e], INITIAL * largest);
            tensor->values[e] = tensor->start[e] = tensor->average[e] = (double)values[e];
        }
    }
}

static void compare_start(const compared *c) {
    const float *values = c->start;
    if (c->twin->settings.from_data) {
        compare_initialised(c);
        return;
    }
    for (size_t i = 0; i < c->twin->tensor_count; values += c->twin->tensors[i++].count)
        for (size_t e = 0; e < c->twin->tensors[i].count; e++)
            agree(c, "initial value", c->twin->tensors[i].name, e, (double)values[e], c->twin->tensors[i].start[e],
                  1e-6 * fabs(c->twin->tensors[i].start[e]));
}

/* Once neurons are sure, an update is made of y - sigma(u), differences of numbers near 1: where it is as small as this
 * beside all before it, rounding of these is most of what is seen. */
static const double LATER_SHARE = 0.01;

/* The changes of one tensor since the start and in the last update. Single precision rounds weights by 2^-24 of
 * themselves a few times, and Adam magnifies the rounding of small gradients; and where a baseline takes off nearly all
 * of a gradient, what is left carries the rounding of all of it. */
static void compare_changes(const compared *c, const twin_tensor *tensor, const float *start, const float *before,
                            const float *now) {
    const twin *t = c->twin;
    double since = 0, update = 0, weight = 0;
    for (size_t e = 0; e < tensor->count; e++) {
        since = fmax(since, fabs(tensor->values[e] - (double)start[e]));
        update = fmax(update, fabs(tensor->values[e] - (double)before[e]));
        weight = fmax(weight, fabs(tensor->values[e]));
    }
    for (size_t e = 0; e < tensor->count; e++) {
        if (tensor->small[e])
            continue;
        double rounding =
            2e-7 * weight + tensor->slack[e] +
            1e-6 * (tensor->apart ? t->settings.tau_rate : t->settings.rate[TWIN_ENCODER]) * tensor->unweighed;
        agree(c, "change", tensor->name, e, (double)now[e] - (double)start[e], tensor->values[e] - (double)start[e],
              c->agreement * since + rounding);
        agree(c, "update", tensor->name, e, (double)now[e] - (double)before[e], tensor->values[e] - (double)before[e],
              c->agreement * (t->settings.online ? since : fmax(update, LATER_SHARE * since)) + rounding);
    }
}

static void close_to(const compared *c, const char *what, double got, double want) {
    /* online, the steps of a sequence see weights whose rounding the steps before have carried on */
    double share = c->twin->settings.online ? ONLINE_SHARE * c->agreement : c->agreement;
    agree(c, what, "the progress", 0, got, want, share * fabs(want) + 1e-9);
}

/* A figure that some models do not have: it is NaN then. */
static void where_there_is(const compared *c, const char *what, bool there, double got, double want) {
    if (there)
        close_to(c, what, got, want);
    else if (!isnan(got))
        fail_case(c->choice, c->number, "a figure that does not exist has a value");
}

/* The averages of one tensor, which came from the same averages before the update. */
static void compare_averages(const compared *c, const twin_tensor *tensor, const float *start, const float *mean) {
    double since = 0, weight = 0;
    for (size_t e = 0; e < tensor->count; e++) {
        since = fmax(since, fabs(tensor->values[e] - (double)start[e]));
        weight = fmax(weight, fabs(tensor->values[e]));
    }
    for (size_t e = 0; e < tensor->count; e++)
        if (!tensor->small[e])
            agree(c, "average", tensor->name, e, (double)mean[e], tensor->average[e],
                  c->agreement * since + 4e-7 * weight + tensor->slack[e] +
                      1e-6 * c->twin->settings.rate[TWIN_ENCODER] * tensor->unweighed);
}

static void compare_progress(const compared *c, const vdib_progress *progress, const twin_result *result) {
    const twin *t = c->twin;
    bool spikes = !t->settings.absent && !t->settings.gaussian;
    if (progress->done != result->done || progress->validated != result->validated ||
        progress->improved != result->improved || progress->examples != t->examples)
        fail_case(c->choice, c->number, "trainer and twin do not end, validate or improve at the same time");
    close_to(c, "loss", progress->loss, t->averages.loss);
    close_to(c, "distortion", progress->distortion_nats, t->averages.distortion);
    where_there_is(c, "rate", !t->settings.absent, progress->rate_bits, t->averages.rate_bits);
    where_there_is(c, "density", spikes, progress->spike_density, t->averages.density);
    close_to(c, "encoder learning rate", progress->encoder_learning_rate, twin_rate_now(t, TWIN_ENCODER));
    close_to(c, "decoder learning rate", progress->decoder_learning_rate, twin_rate_now(t, TWIN_DECODER));
    close_to(c, "validation loss", progress->validation_loss, t->validation.loss);
    close_to(c, "validation distortion", progress->validation_distortion_nats, t->validation.distortion);
    where_there_is(c, "validation rate", !t->settings.absent, progress->validation_rate_bits, t->validation.rate_bits);
}

/* ---- what the checkpoint holds ---- */

/* The entries of one tensor in an array of the checkpoint (memory order, the half's part of all parameters). A square
 * (power 2) is off by twice the share of what it is of. `rounding` comes on top. */
static void compare_array(const compared *c, const vdib__safetensors *file, const char *name, size_t index,
                          const double *want, int power, double rounding) {
    const vdib_model *model = vdib_trainer_model(c->trainer);
    const vdib__tensor *tensor = &model->table.tensors[index];
    size_t begin = model->table.role_begin[tensor->role], size = model->table.role_count[tensor->role];
    float *all = malloc(size * sizeof *all), *got = malloc(tensor->count * sizeof *got);
    double largest = 0;
    assert_non_null(all);
    assert_non_null(got);
    assert_ok(vdib__safetensors_values(file, name, VDIB_DTYPE_F32, size, all));
    vdib__tensor_to_file(tensor, all + (tensor->offset - begin), got);
    for (size_t e = 0; e < tensor->count; e++)
        largest = fmax(largest, fabs(want[e]));
    /* One update a step under Adam: what it makes of the rounding of small gradients moves the gradients after it. */
    bool adam = c->twin->settings.rule[tensor->role] != TWIN_SGD, magnified = adam && c->twin->settings.online;
    double share = power * (magnified ? ONLINE_MAGNIFIED : 1) * c->agreement;
    for (size_t e = 0; e < tensor->count; e++)
        agree(c, name, tensor->name, e, (double)got[e], want[e], share * largest + 1e-12 + rounding);
    free(got), free(all);
}

static void compare_state(const compared *c, const vdib__safetensors *file) {
    const twin *t = c->twin;
    bool baseline = !t->settings.straight_through && t->settings.baseline == TWIN_PER_PARAMETER;
    for (size_t i = 0; i < t->tensor_count; i++) {
        const twin_tensor *tensor = &t->tensors[i];
        const char *half = tensor->role == TWIN_ENCODER ? "encoder" : "decoder";
        /* Adam's share of a gradient of which a baseline left so little that one of the two left it out */
        double left = 0.1 * 1.5e-6 * tensor->unweighed;
        char name[64];
        if (tensor->role == TWIN_FIXED)
            continue;
        if (t->settings.rule[tensor->role] != TWIN_SGD) {
            snprintf(name, sizeof name, "%s.first", half);
            compare_array(c, file, name, i, tensor->first, 1, left);
            snprintf(name, sizeof name, "%s.second", half);
            compare_array(c, file, name, i, tensor->second, 2, left * left);
        }
        if (tensor->role == TWIN_ENCODER && baseline) {
            compare_array(c, file, "encoder.numerator", i, tensor->numerator, 2, 0);
            compare_array(c, file, "encoder.denominator", i, tensor->denominator, 2, 0);
        }
    }
}

/* The doubles and counters of the file, in its order (src/learn/checkpoint.c). */
static void compare_scalars(const compared *c, const vdib__safetensors *file) {
    const twin *t = c->twin;
    bool baseline = !t->settings.straight_through && t->settings.baseline == TWIN_PER_PARAMETER;
    uint64_t counters[8], bits[15];
    double got[15];
    const double n = (double)t->updates[TWIN_ENCODER], m = (double)t->updates[TWIN_DECODER];
    const double want[14] = {t->has_best ? t->best_loss : 0,
                             t->validation.loss,
                             t->validation.distortion,
                             t->validation.rate_bits,
                             pow(0.9, n * t->settings.span),
                             pow(0.999, n * t->settings.span),
                             baseline ? t->signal : 0,
                             pow(0.9, m * t->settings.span),
                             pow(0.999, m * t->settings.span),
                             0,
                             t->averages.loss,
                             t->averages.distortion,
                             t->averages.rate_bits,
                             t->averages.density};
    assert_ok(vdib__safetensors_values(file, "counters", VDIB_DTYPE_U64, 8, counters));
    assert_ok(vdib__safetensors_values(file, "scalars", VDIB_DTYPE_U64, 15, bits));
    memcpy(got, bits, sizeof got);
    for (size_t i = 0; i < 14; i++)
        agree(c, "scalar", "the checkpoint", i, got[i], want[i], c->agreement * fabs(want[i]) + 1e-9);
    const uint64_t counted[6] = {
        t->examples, t->best_examples, t->has_best, t->updates[TWIN_ENCODER], t->updates[TWIN_DECODER], t->averaged};
    for (size_t i = 0; i < 6; i++)
        agree(c, "counter", "the checkpoint", i, (double)counters[i], (double)counted[i], 0);
}

static void compare_checkpoint(const compared *c, const char *folder) {
    char path[4096];
    vdib__safetensors *file = NULL;
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
    assert_ok(vdib_trainer_checkpoint(c->trainer, path));
    assert_ok(vdib__safetensors_open(path, &file));
    compare_state(c, file);
    compare_scalars(c, file);
    vdib__safetensors_close(file);
}

/* The best model holds what training gave (want) after the update that the twin found best. */
static void compare_best(const compared *c, const float *want, twin_tally *tally) {
    const vdib_model *best = vdib_trainer_best(c->trainer);
    const twin *t = c->twin;
    if ((best != NULL) != t->has_best)
        fail_case(c->choice, c->number, "only one of trainer and twin has a best model");
    if (best == NULL)
        return;
    agree(c, "examples", "the best model", 0, (double)vdib_model_examples(best), (double)t->best_examples, 0);
    tally->best_not_last += t->best_examples != t->examples;
    float *got = malloc((elements(t) + 1) * sizeof *got);
    assert_non_null(got);
    read_values(best, t, got);
    size_t place = 0;
    for (size_t i = 0; i < t->tensor_count; place += t->tensors[i++].count)
        for (size_t e = 0; e < t->tensors[i].count; e++)
            agree(c, "best value", t->tensors[i].name, e, (double)got[place + e], (double)want[place + e], 0);
    free(got);
}

/* ---- a case ---- */

/* Called when the twin has made its updates: compares them with the trainer's, and goes on, to the validation and to
 * the next update, from the trainer's weights: what rounding has done to them must not grow. */
static void compare_update(twin *t, void *user) {
    compared *c = user;
    size_t place = 0;
    for (size_t i = 0; i < t->tensor_count; place += t->tensors[i++].count) {
        compare_changes(c, &t->tensors[i], c->start + place, c->before + place, c->now + place);
        compare_averages(c, &t->tensors[i], c->start + place, c->mean + place);
    }
    place = 0;
    for (size_t i = 0; i < t->tensor_count; place += t->tensors[i++].count)
        for (size_t e = 0; e < t->tensors[i].count; e++) {
            t->tensors[i].values[e] = (double)c->now[place + e];
            t->tensors[i].average[e] = (double)c->mean[place + e];
        }
}

static void train_both(compared *c, twin_tally *tally) {
    size_t bytes = elements(c->twin) * sizeof *c->now;
    float *best = malloc(bytes);
    c->start = malloc(bytes), c->before = malloc(bytes), c->now = malloc(bytes), c->mean = malloc(bytes);
    assert_true(c->mean != NULL && c->start != NULL && best != NULL && c->before != NULL && c->now != NULL);
    c->twin->before_validation = compare_update, c->twin->user = c;
    compare_shapes(c);
    twin_initialise(c->twin);
    assert_ok(vdib__trainer_initialise(c->trainer));
    read_values(vdib_trainer_model(c->trainer), c->twin, c->start);
    compare_start(c);
    memcpy(c->now, c->start, bytes);
    for (bool done = false; !done;) {
        vdib_progress progress = {.size = sizeof progress};
        memcpy(c->before, c->now, bytes);
        assert_ok(vdib_trainer_step(c->trainer, &progress));
        read_values(c->trainer->model, c->twin, c->now);
        read_values(vdib_trainer_model(c->trainer), c->twin, c->mean);
        twin_result result = twin_train(c->twin);
        compare_progress(c, &progress, &result);
        if (result.improved)
            memcpy(best, c->mean, bytes);
        done = result.done;
    }
    compare_best(c, best, tally);
    free(c->start), free(best), free(c->before), free(c->now), free(c->mean);
}

static void count_in(const twin *t, twin_tally *tally) {
    tally->clipped += t->clipped;
    tally->late_rows += t->late_rows;
    for (size_t i = 0; i < t->tensor_count; i++)
        for (size_t e = 0; e < t->tensors[i].count; e++)
            tally->small += t->tensors[i].small[e];
}

void twin_case_check(twin_fixture *fixture, const case_choice *choice, size_t number, twin_tally *tally) {
    vdib_config *config = twin_case_config(choice);
    vdib_dataset *dataset = twin_case_data(fixture, choice, config);
    twin_settings settings;
    double agreement = 0;
    if (dataset == NULL)
        fail_case(choice, number, "the data are refused");
    if (!settle(choice, config, dataset, tally, &settings, &agreement))
        fail_case(choice, number, "no seed serves: a tensor moves too little or too far, or a decision is too close");
    compared c = {.choice = choice, .number = number, .agreement = agreement, .twin = twin_create(&settings, dataset)};
    if (vdib_trainer_create(config, dataset, &c.trainer) != VDIB_OK)
        fail_case(choice, number, vdib_last_message());
    assert_ok(vdib_trainer_set_threads(c.trainer, (size_t)strtoul(case_value(choice, ":threads"), NULL, 10)));
    train_both(&c, tally);
    compare_checkpoint(&c, twin_fixture_folder(fixture));
    count_in(c.twin, tally);
    twin_destroy(c.twin);
    vdib_trainer_destroy(c.trainer);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}

void twin_case_refused(twin_fixture *fixture, const case_choice *choice) {
    vdib_config *config = twin_case_config(choice);
    vdib_dataset *dataset = twin_case_data(fixture, choice, config);
    vdib_trainer *trainer = NULL;
    if (dataset != NULL && vdib_trainer_create(config, dataset, &trainer) == VDIB_OK)
        fail_case(choice, 0, "the library takes what the twin's rules forbid");
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}
