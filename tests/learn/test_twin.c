/* SPDX-License-Identifier: MIT */
/* The trainer against its plain twin (tests/reference/trainer): every legal combination of estimator, feedback,
 * schedule, baseline and optimisers, and every legal pair of values of all choices, on networks whose sizes all differ.
 *
 * Both train a few updates from the same configuration and data. Compared are the initial weights, after every update
 * each tensor's change since the start and in this update, the figures of the progress, and at the end the optimiser's
 * state in the checkpoint and the best model. Single precision cannot decide as the twin's double does where a
 * potential lies on its threshold; so the twin looks for a seed for which nothing comes near one, and for learning
 * rates under which every trained tensor moves by 1e-2 at least. The cases are shared out among as many processes as
 * there are cores: VDIB_TWIN_PART=i/n runs every n-th case from i on, VDIB_TWIN_CASE=n case n alone. */
#include "twin_case.h"

#include <unistd.h>

#include "reference/trainer/cases.h"

/* ---- every combination and every pair ---- */

enum { MOST_PARTS = 16, BLOCK = 16 /* neighbours are alike, and some of them take long */ };
enum { TALLIED = sizeof(twin_tally) / sizeof(size_t) /* counts and nothing else */ };
static const char TALLY[] = "tally:";

/* `block` cases from `first` on, and as many after every `stride` cases, in this process. */
static void check_part(size_t first, size_t block, size_t stride) {
    case_list list = case_list_make();
    twin_fixture *fixture = twin_fixture_make();
    twin_tally tally = {0};
    for (size_t begin = first; begin < list.count; begin += stride)
        for (size_t i = begin; i < begin + block && i < list.count; i++)
            twin_case_check(fixture, &list.cases[i], i, &tally);
    twin_fixture_free(fixture);
    case_list_free(&list);
    size_t counts[TALLIED];
    memcpy(counts, &tally, sizeof counts);
    printf("%s", TALLY);
    for (size_t i = 0; i < TALLIED; i++)
        printf(" %zu", counts[i]);
    printf("\n");
}

/* What a part prints goes on to the terminal, its tally into the sum. Fails if the part did. */
static void finish_part(FILE *part, twin_tally *sum) {
    char line[4096];
    size_t counts[TALLIED];
    bool tallied = false;
    memcpy(counts, sum, sizeof counts);
    while (fgets(line, sizeof line, part) != NULL) {
        char *at = line + strlen(TALLY);
        tallied |= strncmp(line, TALLY, strlen(TALLY)) == 0;
        for (size_t i = 0; i < TALLIED && strncmp(line, TALLY, strlen(TALLY)) == 0; i++)
            counts[i] += (size_t)strtoull(at, &at, 10);
        if (strncmp(line, "case ", 5) == 0)
            print_message("%s", line);
    }
    assert_int_equal(pclose(part), 0);
    assert_true(tallied);
    memcpy(sum, counts, sizeof counts);
}

static void trainer_and_twin_agree_in_every_case(void **state) {
    (void)state;
    const char *only = getenv("VDIB_TWIN_CASE");
    char program[1024], command[1200];
    FILE *parts[MOST_PARTS];
    if (only != NULL) {
        check_part(strtoul(only, NULL, 10), 1, SIZE_MAX / 2);
        return;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = cores < 1 ? 1 : cores > MOST_PARTS ? MOST_PARTS : (size_t)cores;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    assert_true(length > 0);
    program[length] = '\0';
    for (size_t i = 0; i < count; i++) {
        snprintf(command, sizeof command, "VDIB_TWIN_PART=%zu/%zu '%s' 2>&1", i, count, program);
        assert_non_null(parts[i] = popen(command, "r"));
    }
    twin_tally tally = {0};
    for (size_t i = 0; i < count; i++)
        finish_part(parts[i], &tally);
    case_list list = case_list_make();
    print_message(
        "%zu cases: %zu combinations, %zu pairs; seeds tried %zu; best model is not the last in %zu, gradients "
        "clipped in %zu, rows late in %zu, entries compared by their moments %zu; rounding magnified in %zu, the "
        "largest "
        "rate taken in %zu; %zu seeds were remembered, %zu of these serve no more (twin_seeds.h)\n",
        list.count, list.product, list.pairs, tally.attempts, tally.best_not_last, tally.clipped, tally.late_rows,
        tally.small, tally.magnified, tally.slow, tally.remembered + tally.forgotten, tally.forgotten);
    assert_true(tally.best_not_last >= 50); /* what the cases are for happens in many of them */
    assert_true(tally.clipped >= 50);
    assert_true(tally.late_rows >= 50);
    case_list_free(&list);
}

static void a_part_of_the_cases_agrees(void **state) {
    size_t first = 0, count = 0;
    (void)state;
    assert_int_equal(sscanf(getenv("VDIB_TWIN_PART"), "%zu/%zu", &first, &count), 2);
    check_part(BLOCK * first, BLOCK, BLOCK * count);
}

/* What the list of cases leaves out as illegal is refused by the library, and nothing else is. */
static void what_no_case_covers_is_refused(void **state) {
    (void)state;
    case_list list = case_list_make();
    twin_fixture *fixture = twin_fixture_make();
    for (size_t i = 0; i < list.refused_count; i++)
        twin_case_refused(fixture, &list.refused[i]);
    print_message("%zu illegal configurations are refused\n", list.refused_count);
    assert_true(list.refused_count > 100);
    twin_fixture_free(fixture);
    case_list_free(&list);
}

/* ---- nothing is left out ---- */

/* Whether `value` of `length` characters is among the factor's values. */
static bool has_value(const case_factor *factor, const char *value, size_t length) {
    for (size_t v = 0; v < CASE_VALUES && factor->values[v] != NULL; v++)
        if (strlen(factor->values[v]) == length && memcmp(factor->values[v], value, length) == 0)
            return true;
    return false;
}

/* A value that stands for another one, which the model that is made of it says (tests/model/test_decoder_auto.c). */
static bool stands_for_another(const case_factor *factor, const char *value, size_t length) {
    return strcmp(factor->name, "decoder.type") == 0 && length == strlen("auto") && memcmp(value, "auto", length) == 0;
}

static void check_choices(const case_factor *factor, const char *choices) {
    for (const char *at = choices; *at != '\0' && *at != ';';) {
        size_t length = strcspn(at, " ;");
        if (!has_value(factor, at, length) && !stands_for_another(factor, at, length))
            fail_msg("%s=%.*s has no case: teach it to the twin and add it to tests/reference/trainer/cases.c",
                     factor->name, (int)length, at);
        at += length;
        at += strspn(at, " |");
    }
}

/* Keys that no case varies, and why. */
static bool is_left_out(const char *key) {
    static const char *const known[] = {
        /* set to a value of its own in every case */
        "seed", "data.steps", "readout.filter_steps", "neuron.surrogate_slope", "objective.prior_probability",
        "learning.encoder_learning_rate", "learning.decoder_learning_rate", "learning.weight_decay",
        "training.examples", "neuron.synaptic_decay", "neuron.membrane_decay", "neuron.refractory_decay",
        "learning.tau_learning_rate", "encoder.initial_examples", "encoder.initial_spread", "encoder.initial_share",
        "neuron.threshold", "readout.basis_width", "data.delta", "data.train_examples",
        "readout.filter_us", /* by readout.filter_steps; tests/config/test_times.c, tests/model/test_filters.c */
        /* how recordings become rasters (tests/data), how many are tested (tests/eval), names and files (tests/run) */
        "neuron.synaptic_tau_us", "neuron.membrane_tau_us", "neuron.refractory_tau_us", /* by :times */
        "neuron.adaptation_strength", "neuron.adaptation_tau_us",                       /* by :adaptation */
        "experiment", "data.step_us", "data.start_us", "data.from_first_event", "data.polarities", "data.sensor",
        "data.allow_loss", "data.crop", "data.pool", "data.fit_window", "data.window_us", "data.stride_us",
        "data.test_share", "data.split_seed", "data.place", "data.builtin", "data.film_exclude", "data.mix",
        "data.test_examples", "data.time_unit", "training.checkpoint_every", "evaluation.judge",
        "numeric.products", /* tests/cli/test_products.sh, tests/core/test_products.c */
        "data.target_size", /* tests/eval/test_judging.c, tests/data/test_targets.c */
        /* what examples are shown (tests/data/test_augment*.c, test_dataset_augment.c, tests/learn/test_augment.c) */
        "augment.shift", "augment.rotation", "augment.scale", "augment.shear", "augment.flip", "augment.polarity_swap",
        "augment.time_shift_us", "augment.time_scale", "augment.time_jitter_us", "augment.drop", "augment.noise_hz",
        "augment.moves_target"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], key) == 0)
            return true;
    return false;
}

static const case_factor *factor_of(const char *key) {
    for (size_t f = 0; f < case_factor_count; f++)
        if (strcmp(case_factors[f].name, key) == 0)
            return &case_factors[f];
    return NULL;
}

static void every_key_and_every_choice_has_a_case(void **state) {
    (void)state;
    size_t choices = 0;
    for (size_t i = 0; i < vdib_config_key_count(); i++) {
        const char *key = vdib_config_key_name(i), *help = vdib_config_key_help(i);
        const char *one_of = strstr(help, "; one of ");
        const case_factor *factor = factor_of(key);
        if (factor == NULL && is_left_out(key))
            continue;
        if (factor == NULL)
            fail_msg("the key %s has no case: add it to tests/reference/trainer/cases.c, or to the list above with a "
                     "reason",
                     key);
        if (one_of != NULL)
            check_choices(factor, one_of + strlen("; one of "));
        if (strstr(help, "; true or false;") != NULL)
            check_choices(factor, "true | false");
        choices += one_of != NULL;
    }
    assert_true(choices >= 16);
}

int main(void) {
    const struct CMUnitTest part[] = {cmocka_unit_test(a_part_of_the_cases_agrees)};
    if (getenv("VDIB_TWIN_PART") != NULL)
        return cmocka_run_group_tests(part, NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trainer_and_twin_agree_in_every_case),
        cmocka_unit_test(what_no_case_covers_is_refused),
        cmocka_unit_test(every_key_and_every_choice_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
