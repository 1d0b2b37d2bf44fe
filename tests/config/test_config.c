/* SPDX-License-Identifier: MIT */
/* Keys, single settings, combinations. */
#include "support.h"

#include <locale.h>

#include "config/config.h"
#include "config/keys.h"
#include "config/tables.h"
#include "core/alloc.h"
#include "core/spelling.h"

static int make_config(void **state) {
    vdib_config *config = NULL;
    assert_ok(vdib_config_create(&config));
    *state = config;
    return 0;
}

static int free_config(void **state) {
    vdib_config_destroy(*state);
    return 0;
}

static void assert_value(const vdib_config *config, const char *key, const char *wanted) {
    char value[VDIB_CONFIG_VALUE];
    assert_ok(vdib_config_get(config, key, value, sizeof value));
    assert_string_equal(value, wanted);
}

static void defaults(void **state) {
    const vdib_config *config = *state;
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    assert_int_equal(count, vdib_config_key_count());
    for (size_t i = 0; i < count; i++)
        assert_value(config, keys[i].name, keys[i].standard);
    assert_string_equal(config->experiment, "custom");
    assert_int_equal(config->seed, 1);
    assert_string_equal(config->data.target->name, "class-image");
    assert_string_equal(config->neuron.gain->name, "unit");
    assert_int_equal(config->encoder.layers.count, 1);
    assert_string_equal(config->encoder.layers.items[0], "800");
    assert_true(config->learning.dfa_normalised);
    assert_true(config->learning.baseline_memory == 0.9);
    assert_int_equal(config->training.examples, 10000);
    assert_ok(vdib_config_check(config));
}

static void help_names_range_and_default(void **state) {
    (void)state;
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        char wanted[1024];
        snprintf(wanted, sizeof wanted, "%s; %s; default %s", keys[i].about, keys[i].takes, keys[i].standard);
        assert_string_equal(vdib_config_key_help(i), wanted);
        assert_string_equal(vdib_config_key_name(i), keys[i].name);
    }
    assert_null(vdib_config_key_help(count));
    assert_null(vdib_config_key_name(count));
}

static void single_settings(void **state) {
    vdib_config *config = *state;
    assert_ok(vdib_config_set(config, "objective.beta=1e-3"));
    assert_value(config, "objective.beta", "0.001");
    assert_ok(vdib_config_set(config, "objective.beta = 0.25 "));
    assert_true(config->objective.beta == 0.25);
    assert_ok(vdib_config_set(config, "data.delta=-4"));
    assert_int_equal(config->data.delta, -4);
    assert_ok(vdib_config_set(config, "seed=9223372036854775807"));
    assert_int_equal(config->seed, INT64_MAX);
    assert_value(config, "seed", "9223372036854775807");
    assert_ok(vdib_config_set(config, "learning.dfa_normalised=false"));
    assert_false(config->learning.dfa_normalised);
    assert_ok(vdib_config_set(config, "experiment=my run #3: 'quoted' \"twice\""));
    assert_string_equal(config->experiment, "my run #3: 'quoted' \"twice\"");
}

static void section_means_its_main_key(void **state) {
    vdib_config *config = *state;
    assert_ok(vdib_config_set(config, "decoder=mlp"));
    assert_value(config, "decoder.type", "mlp");
    assert_value(config, "decoder", "mlp");
    assert_ok(vdib_config_set(config, "learning=straight-through"));
    assert_string_equal(config->learning.estimator->name, "straight-through");
    assert_ok(vdib_config_set(config, "neuron=fast-sigmoid"));
    assert_value(config, "neuron.surrogate", "fast-sigmoid");
    assert_ok(vdib_config_set(config, "data=rate"));
    assert_string_equal(config->data.input->name, "rate");
    assert_ok(vdib_config_set(config, "readout=lateral"));
    assert_string_equal(config->readout.feedback->name, "lateral");
    assert_ok(vdib_config_set(config, "objective=2"));
    assert_true(config->objective.beta == 2);
    assert_ok(vdib_config_set(config, "training=77"));
    assert_int_equal(config->training.examples, 77);
}

static void layers(void **state) {
    vdib_config *config = *state;
    vdib__layer_text parsed;
    assert_ok(vdib_config_set(config, "encoder.layers=800,256"));
    assert_value(config, "encoder.layers", "[800, 256]");
    assert_ok(vdib_config_set(config, "encoder=[conv16k5s2p1m3, 40 ]"));
    assert_value(config, "encoder.layers", "[conv16k5s2p1m3, 40]");
    assert_ok(vdib__config_layer(config, 0, &parsed));
    assert_true(parsed.convolutional);
    assert_int_equal(parsed.width, 16);
    assert_int_equal(parsed.kernel, 5);
    assert_int_equal(parsed.stride, 2);
    assert_int_equal(parsed.padding, 1);
    assert_int_equal(parsed.pool, 3);
    assert_ok(vdib__config_layer(config, 1, &parsed));
    assert_false(parsed.convolutional);
    assert_int_equal(parsed.width, 40);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__config_layer(config, 2, &parsed), "no layer 2");
    assert_ok(vdib_config_set(config, "encoder.layers=conv8k3"));
    assert_ok(vdib__config_layer(config, 0, &parsed));
    assert_int_equal(parsed.stride, 1);
    assert_int_equal(parsed.padding, 0);
    assert_int_equal(parsed.pool, 1);
    assert_ok(vdib_config_set(config, "encoder.layers=[ ]"));
    assert_int_equal(config->encoder.layers.count, 0);
    assert_value(config, "encoder.layers", "[]");
}

/* Each is refused with a message that has `part`, and changes nothing. */
static void assert_refused(vdib_config *config, const char *assignment, const char *part) {
    vdib_config before = *config;
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set(config, assignment), part);
    assert_memory_equal(&before, config, sizeof before);
    assert_null(strchr(vdib_last_message(), '\n'));
}

static void wrong_values(void **state) {
    static const char *const assignments[] = {
        "learning.batch_size=x",
        "learning.batch_size=",
        "learning.batch_size=0",
        "learning.batch_size=65537",
        "learning.batch_size=1.5",
        "learning.batch_size=1e2",
        "learning.batch_size=99999999999999999999",
        "learning.batch_size=--1",
        "seed=-1",
        "seed=9223372036854775808",
        "objective.beta=nan",
        "objective.beta=inf",
        "objective.beta=0x1p3",
        "objective.beta=-0.1",
        "objective.beta=1e7",
        "objective.beta=1e400",
        "objective.beta=1,5",
        "objective.beta=1 2",
        "objective.beta=.",
        "objective.prior_probability=0",
        "objective.prior_probability=1",
        "neuron.synaptic_decay=1",
        "learning.encoder_learning_rate=0",
        "augment.shift=-1",
        "augment.shift=1001",
        "augment.rotation=181",
        "augment.scale=1",
        "augment.shear=1.1",
        "augment.flip=1.01",
        "augment.polarity_swap=2",
        "augment.time_shift_us=1000000001",
        "augment.time_scale=1",
        "augment.time_jitter_us=-1",
        "augment.drop=1",
        "augment.noise_hz=10001",
        "augment.moves_target=1",
        "learning.dfa_normalised=yes",
        "decoder.type=convv",
        "decoder.type=con",
        "decoder.type=conv | conv2d",
        "decoder.type=",
        "data.delta=5",
        "data.delta=-5",
        "encoder.layers=",
        "encoder.layers=[800",
        "encoder.layers=[",
        "encoder.layers=800,",
        "encoder.layers=[,]",
        "encoder.layers=0",
        "encoder.layers=0800",
        "encoder.layers=65537",
        "encoder.layers=99999999",
        "encoder.layers=conv16",
        "encoder.layers=conv16k",
        "encoder.layers=conv16k3p3",
        "encoder.layers=conv16p1k3",
        "encoder.layers=conv16k3x",
        "encoder.layers=conv0k3",
        "encoder.layers=[[800]]",
        "encoder.layers=1,2,3,4,5,6,7,8,9",
        "encoder.layers=conv16k5s1p2m2conv16k5s1p2m2conv",
        "experiment=",
        "experiment=two\nlines",
        "experiment=\xC3\xA9",
    };
    for (size_t i = 0; i < sizeof assignments / sizeof assignments[0]; i++)
        assert_refused(*state, assignments[i], "it takes");
    assert_refused(*state, "learning.batch_size=x",
                   "--set: learning.batch_size is 'x'; it takes a whole number from 1 to 65536");
    assert_refused(*state, "neuron.synaptic_decay=1", "it takes a number >= 0 and < 1");
    /* a size beyond its bounds: the message says them */
    assert_refused(*state, "encoder.layers=[4000000]", "like 800 (1 to 65536 neurons)");
    assert_refused(*state, "encoder.layers=conv4097k3", "(1 to 4096 channels, kernel, ");
    assert_refused(*state, "encoder.layers=conv4k65", "kernel, stride and max-pool of 1 to 64");
    assert_refused(*state, "encoder.layers=conv4k3s65", "kernel, stride and max-pool of 1 to 64");
    assert_refused(*state, "encoder.layers=conv4k3m65", "kernel, stride and max-pool of 1 to 64");
    assert_refused(*state, "encoder.layers=conv4k3p3", "padding below the kernel)");
    assert_refused(*state, "encoder.layers=1,2,3,4,5,6,7,8,9", "up to 8 layers");
    assert_ok(vdib_config_set(*state, "encoder.layers=65536,conv4096k64s64p63m64")); /* the bounds themselves */
    assert_refused(*state, "decoder=convv", "decoder.type is 'convv'; it takes one of linear | mlp | conv | conv2d");
}

static void wrong_keys(void **state) {
    assert_refused(*state, "objetive.beta=1", "--set: unknown key 'objetive.beta'; did you mean 'objective.beta'?");
    assert_refused(*state, "beta=1", "did you mean 'objective.beta'?");
    assert_refused(*state, "batchsize=1", "did you mean 'learning.batch_size'?");
    assert_refused(*state, "decodr=conv", "did you mean 'decoder.type'?");
    assert_refused(*state, "=1", "unknown key ''");
    assert_refused(*state, ".beta=1", "unknown key '.beta'");
    assert_refused(*state, "a\nb=1", "unknown key 'a?b'");
    assert_refused(*state, "decoder", "'decoder' sets nothing; write key=value");
}

static void long_texts_are_cut_in_messages(void **state) {
    char text[5000];
    memset(text, 'q', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_refused(*state, text, "qqq...' sets nothing");
    memcpy(text, "experiment=", strlen("experiment="));
    assert_refused(*state, text, "qqq...'; it takes up to 127");
    memset(text, 'q', sizeof text);
    memcpy(text + sizeof text - 3, "=1", 3);
    assert_refused(*state, text, "unknown key 'qqq");
}

static void get_fails(void **state) {
    char value[4];
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_get(*state, "nothing", value, sizeof value), "unknown key 'nothing'");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_get(*state, "decoder", value, sizeof value), "needs 5 bytes");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_get(*state, "decoder", NULL, 0), "NULL");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_set(NULL, "decoder=conv"), "NULL");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_create(NULL), "NULL");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_check(NULL), "NULL");
    vdib_config_destroy(NULL);
}

static void copies_are_their_own(void **state) {
    vdib_config *config = *state, *copy = NULL;
    assert_ok(vdib_config_copy(config, &copy));
    assert_memory_equal(config, copy, sizeof *copy);
    assert_ok(vdib_config_set(copy, "decoder=linear"));
    assert_value(config, "decoder.type", "conv");
    vdib_config_destroy(copy);
}

/* Settings from the default configuration, separated by blanks, and what the check says ("" = accepts). */
static void combinations(void **state) {
    (void)state;
    static const struct {
        const char *settings, *message;
    } cases[] = {
        {"", ""},
        {"data.target=units", "data.target is 'units', which needs data.input blobs, not events; choose image"},
        {"data.input=blobs", "data.input is 'blobs', which needs data.target units, not class-image"},
        {"data.input=blobs data.target=units", ""},
        {"data.target=class", ""},
        {"data.target=class decoder.head=bernoulli",
         "decoder.head is 'bernoulli', which needs data.target image, class-image, values or frames, not class"},
        {"decoder.head=categorical", "needs data.target class or units, not class-image"},
        {"decoder.head=gaussian", ""},
        {"decoder.window=81", "decoder.window is 81, more than the 80 of data.steps"},
        {"decoder.window=80", ""},
        {"decoder.coding=rate", "needs decoder.type linear, mlp, upconv or auto, not conv"},
        {"decoder.coding=rate decoder=conv2d", "needs decoder.type linear, mlp, upconv or auto, not conv2d"},
        {"decoder.coding=rate decoder=mlp", ""},
        {"decoder.window=3", "decoder.type is 'conv', which needs decoder.window of at least 4, not 3; choose linear"},
        {"data.steps=3", "decoder.type is 'conv', which needs decoder.window of at least 4, not 3; choose linear"},
        {"decoder.window=3 decoder=linear", ""},
        {"learning=straight-through", ""},
        {"learning=straight-through objective.rate_term=analytic", ""},
        {"learning=straight-through objective.rate_term=sampled", ""},
        {"learning=straight-through learning.baseline=batch learning.batch_size=4",
         "needs learning.baseline none, not batch; or auto"},
        {"learning=straight-through learning.encoder_optimizer=sgd", ""},
        {"objective.rate_term=analytic", ""},
        {"objective.rate_term=analytic learning.baseline=per-parameter",
         "needs objective.rate_term sampled, not analytic; its gradient alone is a score that can be weighed"},
        {"learning.draws=2", ""},
        {"learning.draws=2 learning.baseline=per-parameter",
         "needs learning.draws 1, not 2; choose learning.estimator=rloo for several draws"},
        {"learning.estimator=rloo", "needs learning.draws of at least 2, not 1; a draw is compared with the others"},
        {"learning.estimator=rloo learning.draws=2", ""},
        {"learning.estimator=rloo learning.draws=2 learning.baseline=batch learning.batch_size=2",
         "needs learning.baseline none, not batch; or auto"},
        {"learning.estimator=rloo learning.draws=2 learning.credit_assignment=drtp",
         "needs learning.credit_assignment dfa, fa, bp or bptt, not drtp; the weights of an example's draws cancel "
         "out"},
        {"learning.schedule=online decoder.window=5 learning.draws=2", "needs learning.draws 1, not 2"},
        {"learning.batch_size=2", ""},
        {"learning.batch_size=2 learning.baseline=per-parameter", "needs learning.batch_size 1, not 2"},
        {"learning.baseline=batch", "needs learning.batch_size of at least 2, not 1; set learning.baseline to auto"},
        {"learning.baseline=none", ""},
        {"learning.baseline=batch-product learning.batch_size=4",
         "needs learning.credit_assignment bptt, not dfa; it is for published/dvs-batched alone, choose batch"},
        {"learning.baseline=batch-product learning.batch_size=4 learning.credit_assignment=bptt "
         "neuron.surrogate=logistic readout.feedback=lateral",
         "needs decoder.type conv2d, not conv; it is for published/dvs-batched alone"},
        {"learning.baseline=batch-product learning.credit_assignment=bptt neuron.surrogate=logistic "
         "readout.feedback=lateral decoder=conv2d",
         "needs learning.batch_size of at least 2, not 1"},
        {"learning.baseline=batch-product learning.batch_size=4 learning.credit_assignment=bptt "
         "neuron.surrogate=logistic readout.feedback=lateral decoder=conv2d",
         ""},
        {"learning.schedule=online", "needs decoder.window of 1 to 79 (less than data.steps), not 80"},
        {"learning.schedule=online decoder.window=80",
         "needs decoder.window of 1 to 79 (less than data.steps), not 80"},
        {"learning.schedule=online decoder.window=5", ""},
        {"learning.schedule=online decoder.window=5 learning.batch_size=2", ""},
        {"learning.credit_assignment=drtp", ""},
        {"learning.credit_assignment=bptt", ""},
        {"learning.credit_assignment=bptt learning.truncation=80", ""},
        {"learning.credit_assignment=bptt learning.truncation=81",
         "learning.truncation is 81, more than the 80 of data.steps; it takes at most data.steps, or 0 for all of "
         "them"},
        {"learning.credit_assignment=bptt data.steps=1000 learning.truncation=1000", ""},
        {"learning.truncation=3",
         "learning.truncation is 3, which is for bptt, and learning.credit_assignment is 'dfa'; set it to 0"},
        {"learning.credit_assignment=bptt learning.estimator=rloo learning.draws=2 learning.truncation=1", ""},
        {"objective.label_smoothing=0.1",
         "objective.label_smoothing is 0.1, which is for class or units, and data.target is 'class-image'; set it to "
         "0"},
        {"objective.label_smoothing=0.1 data.target=class", ""},
        {"learning.target_on=0.8",
         "learning.target_on is 0.8, which is for rate-target, and learning.estimator is 'reinforce'; set it to 0.5"},
        {"learning.target_off=0 learning=straight-through",
         "learning.target_off is 0, which is for rate-target, and learning.estimator is 'straight-through'; set it to "
         "0.02"},
        {"learning.target_on=0.5 learning.target_off=0.02", ""}, /* the defaults */
        {"readout.initial_deviation=0.5",
         "readout.initial_deviation is 0.5, which is for gaussian, and readout.type is 'spiking'; set it to 1"},
        {"readout.initial_deviation=1", ""}, /* the default */
        {"learning=rate-target learning.target_on=0.8 learning.target_off=0.1", ""},
        {"learning=rate-target learning.target_on=0.1 learning.target_off=0.8", ""},
        {"learning=rate-target learning.target_off=0.5",
         "learning.target_on and learning.target_off are both 0.5: all neurons would spike alike, whatever the class; "
         "set learning.target_on higher, or learning.target_off lower"},
        {"data.builtin=motion data.target=class", ""},
        {"data.builtin=motion data.input=blobs data.target=units",
         "data.builtin is 'motion', which needs data.input events, not blobs; set data.builtin=digits, the default"},
        {"learning.credit_assignment=bptt learning.schedule=online decoder.window=5",
         "learning.credit_assignment is 'bptt', which needs learning.schedule episode, not online; or bp: online "
         "weights move between the steps"},
        {"augment.shift=2 augment.drop=0.2 augment.polarity_swap=1", ""},
        {"augment.shift=2 augment.drop=0.2 augment.noise_hz=1 data.input=rate", ""},
        {"augment.polarity_swap=0.5 data.input=rate",
         "augment.polarity_swap is 0.5, which needs data.input events and data.polarities 2"},
        {"augment.polarity_swap=0.5 data.polarities=1", "there is no ON and OFF to change places; set it to 0"},
        {"data.input=blobs data.target=units augment.time_jitter_us=3",
         "augment.time_jitter_us is 3, but the sequences of data.input blobs are made anew"},
        {"data.input=blobs data.target=units augment.moves_target=false", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vdib_config *config = NULL;
        char settings[256];
        assert_ok(vdib_config_create(&config));
        snprintf(settings, sizeof settings, "%s", cases[i].settings);
        for (char *rest = settings, *one; (one = strtok_r(rest, " ", &rest)) != NULL;)
            assert_ok(vdib_config_set(config, one));
        if (cases[i].message[0] == '\0')
            assert_ok(vdib_config_check(config));
        else
            assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), cases[i].message);
        vdib_config_destroy(config);
    }
}

static void auto_is_resolved(void **state) {
    vdib_config *config = *state;
    assert_string_equal(vdib__config_rate(config)->name, "sampled");
    assert_string_equal(vdib__config_baseline(config)->name, "per-parameter");
    assert_string_equal(vdib__config_head(config)->name, "bernoulli");
    assert_int_equal(vdib__config_window(config), 80);
    assert_int_equal(vdib__config_test_steps(config), 80);
    assert_ok(vdib_config_set(config, "learning.batch_size=16"));
    assert_string_equal(vdib__config_baseline(config)->name, "batch");
    assert_ok(vdib_config_set(config, "learning.batch_size=1"));
    assert_ok(vdib_config_set(config, "learning.draws=3"));
    assert_string_equal(vdib__config_baseline(config)->name, "none");
    assert_ok(vdib_config_set(config, "learning.draws=1"));
    assert_ok(vdib_config_set(config, "objective.rate_term=analytic"));
    assert_string_equal(vdib__config_baseline(config)->name, "none");
    assert_ok(vdib_config_set(config, "objective.rate_term=auto"));
    assert_ok(vdib_config_set(config, "learning.batch_size=16"));
    assert_ok(vdib_config_set(config, "learning=straight-through"));
    assert_string_equal(vdib__config_baseline(config)->name, "none");
    assert_string_equal(vdib__config_rate(config)->name, "analytic");
    assert_ok(vdib_config_set(config, "data.target=class"));
    assert_string_equal(vdib__config_head(config)->name, "categorical");
    assert_ok(vdib_config_set(config, "decoder.head=gaussian"));
    assert_string_equal(vdib__config_head(config)->name, "gaussian");
    assert_ok(vdib_config_set(config, "decoder.window=5"));
    assert_int_equal(vdib__config_window(config), 5);
    assert_ok(vdib_config_set(config, "data.test_steps=1000"));
    assert_int_equal(vdib__config_test_steps(config), 1000);
    assert_value(config, "objective.rate_term", "auto");
}

/* A key that was renamed takes its old name everywhere, and writes the new one. */
static void old_names_are_aliases(void **state) {
    vdib_config *config = *state, *parsed = NULL;
    size_t count, aliases = 0;
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].alias == NULL)
            continue;
        aliases++;
        char value[VDIB_CONFIG_VALUE], assignment[VDIB_CONFIG_VALUE], part[128];
        assert_ptr_equal(vdib__config_key_find(keys[i].alias), &keys[i]);
        for (size_t k = 0; k < count; k++)
            assert_string_not_equal(keys[k].name, keys[i].alias);
        bool real = keys[i].type == VDIB_KEY_REAL;
        const char *other = real ? "0.125" : keys[i].choices->rows[keys[i].choices->count - 1]->name;
        snprintf(assignment, sizeof assignment, "%s=%s", keys[i].alias, other);
        assert_ok(vdib_config_set(config, assignment));
        assert_value(config, keys[i].name, other);
        assert_ok(vdib_config_get(config, keys[i].alias, value, sizeof value));
        assert_string_equal(value, other);
        /* YAML by the old name; by both names it is given twice */
        snprintf(assignment, sizeof assignment, "%s: %s\n%s: %s\n", keys[i].alias, other, keys[i].name, other);
        assert_ok(vdib_config_parse(assignment, strcspn(assignment, "\n") + 1, "old.yaml", &parsed));
        assert_value(parsed, keys[i].name, other);
        vdib_config_destroy(parsed);
        snprintf(part, sizeof part, "old.yaml:2: %s", keys[i].name);
        assert_fails(VDIB_ERROR_CONFIG, vdib_config_parse(assignment, strlen(assignment), "old.yaml", &parsed), part);
    }
    assert_int_equal(aliases, 5);
    static const char earlier[] = "{\"learning\": {\"feedback\": \"fa\"}, \"objective\": {\"prior_rate\": 0.4}}";
    char *json = NULL;
    assert_ok(vdib__config_from_json(earlier, "model of 0.1.0", &parsed));
    assert_value(parsed, "learning.credit_assignment", "fa");
    assert_value(parsed, "objective.prior_probability", "0.4");
    vdib_config_destroy(parsed);
    assert_ok(vdib__config_to_json(config, &json));
    assert_non_null(strstr(json, "\"credit_assignment\":\"bptt\""));
    assert_null(strstr(json, "\"encoder_rate\""));
    vdib__free(json);
    /* a message names the key as it is called now */
    assert_refused(config, "learning.feedback=dfaa", "learning.credit_assignment is 'dfaa'; it takes one of dfa");
}

/* Rows of tables are written in many files: what they say of each other must be there. */
static void check_words(const vdib__config_key *of, const char *words) {
    for (const char *at = words; *at != '\0'; at += strspn(at, " ")) {
        char word[64];
        bool known = false;
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, " "), at);
        for (size_t i = 0; i < of->choices->count; i++)
            known = known || vdib__choice_is(of->choices->rows[i], word);
        if (!known)
            fail_msg("no value of %s is or has the tag '%s'", of->name, word);
        at += strlen(word);
    }
}

static void check_row(const vdib__choice *row) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    assert_true(row->name[0] != '\0' && row->name[strspn(row->name, letters)] == '\0');
    assert_true(strlen(row->help) >= 5 && strlen(row->help) <= 100 && row->help[strlen(row->help) - 1] != '.');
    for (const vdib__need *need = row->needs; need != NULL && need->key != NULL; need++) {
        const vdib__config_key *key = vdib__config_key_find(need->key);
        assert_non_null(key);
        assert_string_equal(key->name, need->key);
        if (need->any != NULL) {
            assert_int_equal(key->type, VDIB_KEY_CHOICE);
            check_words(key, need->any);
        } else {
            assert_int_equal(key->type, VDIB_KEY_WHOLE);
            assert_true(need->least >= key->least && need->most <= key->most);
            assert_true(need->below == NULL || vdib__config_key_find(need->below)->type == VDIB_KEY_WHOLE);
        }
    }
    for (const vdib__preference *p = row->prefers; p != NULL && p->key != NULL; p++) {
        const vdib__config_key *key = vdib__config_key_find(p->key);
        assert_non_null(key);
        assert_true(key->type == VDIB_KEY_CHOICE && key->automatic);
        check_words(key, p->values);
    }
}

static void tables_fit_together(void **state) {
    (void)state;
    size_t count, tables = 0;
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].type != VDIB_KEY_CHOICE) {
            assert_int_equal(vdib_config_key_choice_count(i), 0);
            continue;
        }
        tables++;
        assert_true(keys[i].choices->count >= 2);
        size_t first = keys[i].automatic ? 1 : 0;
        assert_int_equal(vdib_config_key_choice_count(i), keys[i].choices->count + first);
        for (size_t c = 0; c < keys[i].choices->count; c++) {
            const vdib__choice *row = keys[i].choices->rows[c];
            check_row(row);
            assert_true(!keys[i].automatic || strcmp(row->name, "auto") != 0);    /* auto is no row there */
            assert_ptr_equal(vdib__choice_find(keys[i].choices, row->name), row); /* names differ */
            assert_string_equal(vdib_config_key_choice_name(i, c + first), row->name);
            assert_string_equal(vdib_config_key_choice_help(i, c + first), row->help);
            assert_non_null(strstr(keys[i].takes, row->name));
            assert_non_null(strstr(vdib_config_key_help(i), row->name));
        }
        if (keys[i].automatic)
            assert_string_equal(vdib_config_key_choice_name(i, 0), "auto");
        assert_null(vdib_config_key_choice_name(i, keys[i].choices->count + first));
        assert_null(vdib_config_key_choice_help(i, keys[i].choices->count + first));
    }
    assert_int_equal(vdib_config_key_choice_count(count), 0);
    for (const vdib__key_table *table = vdib__key_tables; table->key != NULL; table++, tables--)
        assert_int_equal(vdib__config_key_find(table->key)->type, VDIB_KEY_CHOICE);
    assert_int_equal(tables, 0);
}

static void locale_does_not_matter(void **state) {
    static const char *const commas[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"};
    bool found = false;
    for (size_t i = 0; !found && i < sizeof commas / sizeof commas[0]; i++)
        found = setlocale(LC_ALL, commas[i]) != NULL;
    if (!found)
        skip(); /* no locale with a decimal comma is installed here */
    assert_ok(vdib_config_set(*state, "objective.beta=0.5"));
    assert_value(*state, "objective.beta", "0.5");
    setlocale(LC_ALL, "C");
}

static void reals_read_back_exactly(void **state) {
    vdib_config *config = *state;
    static const double values[] = {0.1, 1.0 / 3.0, 0.30000000000000004, 5e-324, 123456.78901234567, 0, 1e6};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char assignment[64], text[32];
        vdib__number_format(values[i], text);
        snprintf(assignment, sizeof assignment, "objective.beta=%s", text);
        assert_ok(vdib_config_set(config, assignment));
        assert_memory_equal(&config->objective.beta, &values[i], sizeof values[i]);
    }
    assert_ok(vdib_config_set(config, "objective.beta=0.30000000000000004"));
    assert_value(config, "objective.beta", "0.30000000000000004");
    assert_ok(vdib_config_set(config, "objective.beta=0.00001"));
    assert_value(config, "objective.beta", "1.0e-05"); /* a number to readers of YAML 1.1 too */
    assert_ok(vdib_config_set(config, "objective.beta=-0"));
    assert_value(config, "objective.beta", "0");
}

static void edit_distances(void **state) {
    (void)state;
    assert_int_equal(vdib__edit_distance("", ""), 0);
    assert_int_equal(vdib__edit_distance("", "abc"), 3);
    assert_int_equal(vdib__edit_distance("abc", ""), 3);
    assert_int_equal(vdib__edit_distance("kitten", "sitting"), 3);
    assert_int_equal(vdib__edit_distance("beta", "betta"), 1);
}

static void a_sensor_is_columns_by_rows(void **state) {
    vdib_config *config = *state;
    size_t width = 9, height = 9;
    assert_ok(vdib_config_set(config, "data.sensor=auto"));
    assert_ok(vdib__config_sensor(config, &width, &height));
    assert_true(width == 0 && height == 0);
    assert_ok(vdib_config_set(config, "data.sensor=346x260"));
    assert_ok(vdib__config_sensor(config, &width, &height));
    assert_true(width == 346 && height == 260);
}

/* Limits and the interval of checkpoints are a run's; that of validations decides which model is the best. */
static void differences_of_a_run_are_those_that_change_it(void **state) {
    vdib_config *was = *state, *is = NULL;
    char *text = NULL;
    assert_ok(vdib_config_copy(was, &is));
    assert_ok(vdib_config_set(is, "training.examples=123"));
    assert_ok(vdib_config_set(is, "training.checkpoint_every=77"));
    assert_ok(vdib__config_differences(was, is, true, &text));
    assert_null(text);
    assert_ok(vdib_config_set(is, "training.validate_every=55"));
    assert_ok(vdib__config_differences(was, is, false, &text));
    assert_null(text);
    assert_ok(vdib__config_differences(was, is, true, &text));
    assert_string_equal(text, "training.validate_every was 2000, is 55");
    vdib__free(text);
    vdib_config_destroy(is);
}

int main(void) {
#define WITH_CONFIG(test) cmocka_unit_test_setup_teardown(test, make_config, free_config)
    const struct CMUnitTest tests[] = {
        WITH_CONFIG(defaults),
        cmocka_unit_test(help_names_range_and_default),
        WITH_CONFIG(single_settings),
        WITH_CONFIG(section_means_its_main_key),
        WITH_CONFIG(layers),
        WITH_CONFIG(wrong_values),
        WITH_CONFIG(wrong_keys),
        WITH_CONFIG(long_texts_are_cut_in_messages),
        WITH_CONFIG(get_fails),
        WITH_CONFIG(copies_are_their_own),
        cmocka_unit_test(combinations),
        WITH_CONFIG(a_sensor_is_columns_by_rows),
        WITH_CONFIG(differences_of_a_run_are_those_that_change_it),
        WITH_CONFIG(auto_is_resolved),
        cmocka_unit_test(tables_fit_together),
        WITH_CONFIG(old_names_are_aliases),
        WITH_CONFIG(locale_does_not_matter),
        WITH_CONFIG(reals_read_back_exactly),
        cmocka_unit_test(edit_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
