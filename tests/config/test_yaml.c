/* SPDX-License-Identifier: MIT */
/* YAML in and out, ready experiments. */
#include "support.h"

#include "config/config.h"
#include "config/keys.h"
#include "core/alloc.h"
#include "core/file.h"
#include "vdib/vdib.h"

static vdib_status parse(const char *yaml, vdib_config **config) {
    return vdib_config_parse(yaml, strlen(yaml), "some.yaml", config);
}

static void sections_and_scalars(void **state) {
    (void)state;
    vdib_config *config = NULL;
    assert_ok(parse("# comment\n"
                    "experiment: 'it''s mine'\n"
                    "seed: 12\n"
                    "decoder: mlp        # a section's main key\n"
                    "objective.beta: 0.5 # a dotted name at the top\n"
                    "data:\n"
                    "  input: \"events\"\n"
                    "  steps: 40\n"
                    "encoder:\n"
                    "  layers:\n"
                    "    - conv8k3\n"
                    "    - 100\n"
                    "learning: {batch_size: 16, dfa_normalised: false}\n"
                    "neuron:\n"
                    "readout:\n"
                    "  # bases: 3\n",
                    &config));
    assert_string_equal(config->experiment, "it's mine");
    assert_int_equal(config->seed, 12);
    assert_string_equal(config->decoder.type->name, "mlp");
    assert_true(config->objective.beta == 0.5);
    assert_int_equal(config->data.steps, 40);
    assert_int_equal(config->encoder.layers.count, 2);
    assert_string_equal(config->encoder.layers.items[0], "conv8k3");
    assert_int_equal(config->learning.batch_size, 16);
    assert_false(config->learning.dfa_normalised);
    assert_int_equal(config->readout.bases, 8);
    vdib_config_destroy(config);
}

static void layers_of_a_section(void **state) {
    (void)state;
    static const char *const texts[] = {"encoder: [800, 256]", "encoder:\n  layers: [800, 256]\n",
                                        "encoder:\n  layers: 800,256\n", "encoder.layers: [ 800 , 256 ]"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        vdib_config *config = NULL;
        char value[VDIB_CONFIG_VALUE];
        assert_ok(parse(texts[i], &config));
        assert_ok(vdib_config_get(config, "encoder.layers", value, sizeof value));
        assert_string_equal(value, "[800, 256]");
        vdib_config_destroy(config);
    }
}

static void empty_texts_are_defaults(void **state) {
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n"};
    vdib_config *standard = NULL;
    assert_ok(vdib_config_create(&standard));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        vdib_config *config = NULL;
        assert_ok(parse(texts[i], &config));
        assert_memory_equal(config, standard, sizeof *config);
        vdib_config_destroy(config);
    }
    vdib_config *config = NULL;
    assert_ok(vdib_config_parse(NULL, 0, "nothing", &config));
    vdib_config_destroy(config);
    vdib_config_destroy(standard);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        {"seed: 1\n\nobjetive.beta: 1\n", "some.yaml:3: unknown key 'objetive.beta'; did you mean 'objective.beta'?"},
        {"objective:\n  betta: 1\n", "some.yaml:2: unknown key 'objective.betta'; did you mean 'objective.beta'?"},
        {"objetive:\n  beta: 1\n", "some.yaml:1: unknown key 'objetive'; did you mean 'objective.beta'?"},
        {"learning:\n  estimator: reinforce\n  batch_size: x\n",
         "some.yaml:3: learning.batch_size is 'x'; it takes a whole number from 1 to 65536"},
        {"learning:\n  batch_size:\n", "some.yaml:2: learning.batch_size is ''; it takes"},
        {"learning:\n  batch_size: [1]\n", "some.yaml:2: learning.batch_size is a list; it takes"},
        {"learning:\n  batch_size: {a: 1}\n", "some.yaml:2: learning.batch_size is a section; it takes"},
        {"seed: {a: 1}\n", "some.yaml:1: seed is a section; it takes"},
        {"decoder: ''\n", "some.yaml:1: decoder.type is ''; it takes one of"},
        {"encoder:\n  layers: [800,\n    []]\n", "some.yaml:3: encoder.layers is a list of lists; it takes"},
        {"encoder:\n  layers: [800, x]\n", "some.yaml:2: encoder.layers is '[800, x]'; it takes a list"},
        {"encoder:\n  layers: [800, '256]']\n", "some.yaml:2: encoder.layers is"},
        {"seed:\n  x\n", "some.yaml:2: seed is 'x'; it takes"},
        {"seed: 1\nseed: 2\n", "some.yaml:2: seed is given twice, first in line 1; remove one of them"},
        {"decoder: conv\ndecoder:\n  type: mlp\n", "some.yaml:3: decoder.type is given twice, first in line 1"},
        {"objective.beta: 1\nobjective:\n  beta: 1\n", "some.yaml:3: objective.beta is given twice"},
        {"- seed\n- 1\n", "some.yaml:1: is no configuration"},
        {"seed\n", "some.yaml:1: is no configuration"},
        {"seed: 1\n---\nseed: 2\n", "some.yaml:2: a second document begins; keep one"},
        {"seed: &a 1\nobjective:\n  beta: *a\n", "some.yaml:3: objective.beta is an alias; it takes"},
        {"*a : 1\n", "some.yaml:1: a key must be a plain name"},
        {"[a, b]: 1\n", "some.yaml:1: a key must be a plain name"},
        {"data:\n  steps: 1\n seed: 2\n", "some.yaml:3: is not valid YAML"},
        {"data: {steps: 1\n", "is not valid YAML"},
        {"seed: \"1\n", "is not valid YAML"},
        {"seed: \t@\n", "is not valid YAML"},
        {"seed: \xFF\n", "is not valid YAML at byte 6"},
        {"experiment: \"a\\0b\"\n", "some.yaml:1: holds a NUL character; remove it"},
        {"\"seed\\0\": 1\n", "some.yaml:1: holds a NUL character; remove it"},
        {"experiment: |\n  two\n  lines\n", "experiment is 'two?lines"},
        {"data:\n  data.steps: 1\n", "unknown key 'data.data.steps'"},
        {"data:\n  steps: 0\n", "some.yaml:2: data.steps is '0'; it takes a whole number from 1 to 100000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vdib_config *config = NULL;
        assert_fails(VDIB_ERROR_CONFIG, parse(cases[i].yaml, &config), cases[i].message);
        assert_null(config);
        assert_null(strchr(vdib_last_message(), '\n'));
    }
}

static void long_lists_and_names(void **state) {
    (void)state;
    char text[3000] = "encoder: [";
    for (int i = 0; i < 500; i++)
        strcat(text, "800, ");
    strcat(text, "1]\n");
    vdib_config *config = NULL;
    assert_fails(VDIB_ERROR_CONFIG, parse(text, &config), "encoder.layers is too long a list");
    memset(text, 'q', sizeof text);
    memcpy(text + 900, ": 1\n", 5);
    assert_fails(VDIB_ERROR_CONFIG, parse(text, &config), "qqq...'; did you mean");
    memset(text, 'd', sizeof text);
    text[2000] = '\0';
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_parse("seed: x", 7, text, &config),
                 "ddd:1: seed is 'x'; it takes a whole number");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_parse(text, (size_t)2 << 20, "huge.yaml", &config), "more than 1 MiB");
}

/* Another value than the default's, for every key. */
static const char *other_value(const vdib__config_key *key, char text[32]) {
    switch (key->type) {
    case VDIB_KEY_TEXT:
        return "#1: 'other' \"name\"";
    case VDIB_KEY_WHOLE:
        snprintf(text, 32, "%lld", (long long)key->most);
        return strcmp(text, key->standard) == 0 ? "1" : text;
    case VDIB_KEY_REAL:
        return "0.30000000000000004";
    case VDIB_KEY_SWITCH:
        return strcmp(key->standard, "true") == 0 ? "false" : "true";
    case VDIB_KEY_CHOICE:
        return key->choices->rows[strcmp(key->choices->rows[0]->name, key->standard) == 0 ? 1 : 0]->name;
    case VDIB_KEY_LIST:
        return key->numbers ? "[0.30000000000000004, 1000]" : "[conv16k5s1p2m2, 300]";
    }
    return "";
}

/* Every key set to `other` values survives set -> save -> load, set -> JSON -> back (without training). */
static void every_key_survives_files(void **state) {
    (void)state;
    vdib_config *config = NULL, *loaded = NULL, *described = NULL;
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    assert_ok(vdib_config_create(&config));
    vdib_config standard = *config;
    for (size_t i = 0; i < count; i++) {
        char text[32], assignment[128], before[VDIB_CONFIG_VALUE], after[VDIB_CONFIG_VALUE];
        const char *value = other_value(&keys[i], text);
        snprintf(assignment, sizeof assignment, "%s=%s", keys[i].name, value);
        assert_ok(vdib_config_get(config, keys[i].name, before, sizeof before));
        assert_ok(vdib_config_set(config, assignment));
        assert_ok(vdib_config_get(config, keys[i].name, after, sizeof after));
        assert_string_equal(after, value);
        assert_string_not_equal(before, after);
    }
    char *folder = support_folder(), *path = NULL, *json = NULL;
    assert_ok(vdib__path_join(folder, "config.yaml", &path));
    assert_ok(vdib_config_save(config, path));
    assert_ok(vdib_config_load(path, &loaded));
    assert_memory_equal(loaded, config, sizeof *config);
    assert_ok(vdib__config_to_json(config, &json));
    assert_null(strstr(json, "training"));
    assert_ok(vdib__config_from_json(json, "model", &described));
    assert_memory_equal(&described->training, &standard.training, sizeof standard.training);
    described->training = config->training;
    assert_memory_equal(described, config, sizeof *config);
    vdib_config_destroy(config);
    vdib_config_destroy(loaded);
    vdib_config_destroy(described);
    vdib__free(path);
    vdib__free(json);
    support_folder_remove(folder);
}

static void saved_text_is_plain(void **state) {
    (void)state;
    vdib_config *config = NULL;
    char *folder = support_folder(), *path = NULL;
    uint8_t *text = NULL;
    size_t size = 0;
    assert_ok(vdib__path_join(folder, "config.yaml", &path));
    assert_ok(vdib_config_load("demo", &config));
    assert_ok(vdib_config_save(config, path));
    assert_ok(vdib__file_read(path, &text, &size));
    static const char beginning[] = "# vdib " VDIB_VERSION " configuration, complete: every key with its value.\n"
                                    "experiment: demo\n"
                                    "seed: 1\n"
                                    "\n"
                                    "data:\n"
                                    "  input: events\n";
    assert_memory_equal(text, beginning, strlen(beginning));
    assert_non_null(strstr((char *)text, "\n  readouts: 256\n"));
    assert_non_null(strstr((char *)text, "\nobjective:\n  beta: 0.02\n"));
    assert_fails(VDIB_ERROR_IO, vdib_config_save(config, "/nowhere/at/all.yaml"), "/nowhere/at/all.yaml");
    vdib__free(text);
    vdib__free(path);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

static void names_that_need_quotes(void **state) {
    (void)state;
    static const char *const names[] = {"true", "No",  "12", "a: b", "- a",
                                        "it's", "# a", "~",  "a #b", "published/x-1.2"};
    char *folder = support_folder(), *path = NULL;
    assert_ok(vdib__path_join(folder, "config.yaml", &path));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vdib_config *config = NULL, *loaded = NULL;
        char assignment[64];
        assert_ok(vdib_config_create(&config));
        snprintf(assignment, sizeof assignment, "experiment=%s", names[i]);
        assert_ok(vdib_config_set(config, assignment));
        assert_ok(vdib_config_save(config, path));
        assert_ok(vdib_config_load(path, &loaded));
        assert_string_equal(loaded->experiment, names[i]);
        vdib_config_destroy(config);
        vdib_config_destroy(loaded);
    }
    vdib__free(path);
    support_folder_remove(folder);
}

static void files_that_cannot_be_loaded(void **state) {
    (void)state;
    vdib_config *config = NULL;
    char *folder = support_folder(), *path = NULL;
    assert_fails(VDIB_ERROR_IO, vdib_config_load("published/dvz", &config),
                 "published/dvz: is neither a ready experiment nor a file; did you mean 'published/dvs'?");
    assert_fails(VDIB_ERROR_IO, vdib_config_load("absent.yaml", &config),
                 "absent.yaml: cannot be opened: No such file");
    assert_fails(VDIB_ERROR_IO, vdib_config_load(folder, &config), "is not a regular file");
    assert_ok(vdib__path_join(folder, "mine.yaml", &path));
    assert_ok(vdib__file_write(path, "seed: 1\nobjetive: 1\n", 20));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_load(path, &config), "mine.yaml:2: unknown key 'objetive'");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_load(NULL, &config), "NULL");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_parse("", 0, NULL, &config), "NULL");
    assert_null(config);
    vdib__free(path);
    support_folder_remove(folder);
}

static void json_refusals(void **state) {
    (void)state;
    static const struct {
        const char *json, *message;
        vdib_status status;
    } cases[] = {
        {"{", "model.safetensors: its configuration is not valid JSON", VDIB_ERROR_FORMAT},
        {"[]", "model.safetensors: its configuration is no JSON object", VDIB_ERROR_FORMAT},
        {"{\"seed\": 1, \"seed\": 2}", "not valid JSON", VDIB_ERROR_FORMAT},
        {"{\"sed\": 1}", "model.safetensors: unknown key 'sed'; did you mean 'seed'?", VDIB_ERROR_CONFIG},
        {"{\"data\": {\"stps\": 1}}", "unknown key 'data.stps'; did you mean 'data.steps'?", VDIB_ERROR_CONFIG},
        {"{\"data\": 1}", "unknown key 'data'", VDIB_ERROR_CONFIG},
        {"{\"seed\": 1.5}", "seed is '1.5'; it takes a whole number", VDIB_ERROR_CONFIG},
        {"{\"seed\": null}", "seed is of another type", VDIB_ERROR_CONFIG},
        {"{\"seed\": [1]}", "seed is of another type", VDIB_ERROR_CONFIG},
        {"{\"seed\": {}}", "seed is of another type", VDIB_ERROR_CONFIG},
        {"{\"encoder\": {\"layers\": 800}}", "encoder.layers is of another type", VDIB_ERROR_CONFIG},
        {"{\"encoder\": {\"layers\": [[800]]}}", "encoder.layers is of another type", VDIB_ERROR_CONFIG},
        {"{\"encoder\": {\"layers\": [1,1,1,1,1,1,1,1,1]}}", "it takes a list", VDIB_ERROR_CONFIG},
        {"{\"decoder\": {\"type\": \"convv\"}}", "decoder.type is 'convv'", VDIB_ERROR_CONFIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vdib_config *config = NULL;
        assert_fails(cases[i].status, vdib__config_from_json(cases[i].json, "model.safetensors", &config),
                     cases[i].message);
        assert_null(config);
    }
}

static void json_text(void **state) {
    (void)state;
    vdib_config *config = NULL, *back = NULL;
    char *json = NULL;
    assert_ok(vdib_config_load("published/predict", &config));
    assert_ok(vdib__config_to_json(config, &json));
    assert_non_null(strstr(json, "\"layers\":[],\"readouts\":10,"));
    assert_non_null(strstr(json, "\"beta\":1.0,"));
    assert_non_null(strstr(json, "\"synaptic_decay\":0.85"));
    vdib__free(json);
    vdib_config_destroy(config);
    assert_ok(vdib__config_from_json("{\"encoder\": {\"layers\": [800, \"conv8k3\"]}}", "x", &back));
    assert_ok(vdib__config_to_json(back, &json));
    assert_non_null(strstr(json, "\"layers\":[800,\"conv8k3\"]"));
    vdib__free(json);
    vdib_config_destroy(back);
}

/* A file of before numeric.products goes on with BLAS; one that names it, in whatever way, has what it says. */
static void files_of_before_a_key(void **state) {
    static const struct {
        const char *json, *products;
    } files[] = {{"{}", "blas"},
                 {"{\"numeric\": {}, \"seed\": 3}", "blas"},
                 {"{\"numeric\": {\"products\": \"portable\"}}", "portable"},
                 {"{\"numeric.products\": \"portable\"}", "portable"}};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        vdib_config *config = NULL;
        char value[VDIB_CONFIG_VALUE];
        assert_ok(vdib__config_from_json(files[i].json, "model", &config));
        assert_ok(vdib_config_get(config, "numeric.products", value, sizeof value));
        assert_string_equal(value, files[i].products);
        vdib_config_destroy(config);
    }
}

static void experiments(void **state) {
    (void)state;
    static const char *const names[] = {"published/predict",
                                        "published/mnist-rate",
                                        "published/mnist-time",
                                        "published/dvs",
                                        "published/classify",
                                        "published/dvs-batched",
                                        "demo",
                                        "mnist-rate",
                                        "mnist-time",
                                        "dvs",
                                        "classify",
                                        "predict",
                                        "motion",
                                        "anywhere",
                                        "baseline/rate-decoding",
                                        "baseline/ann",
                                        "baseline/first-to-spike",
                                        "baseline/rate-target",
                                        "baseline/vib"};
    assert_int_equal(vdib_experiment_count(), sizeof names / sizeof names[0]);
    for (size_t i = 0; i < vdib_experiment_count(); i++) {
        vdib_config *config = NULL;
        char first_line[256];
        assert_string_equal(vdib_experiment_name(i), names[i]);
        assert_ok(vdib_config_load(names[i], &config));
        assert_ok(vdib_config_check(config));
        assert_string_equal(config->experiment, names[i]);
        snprintf(first_line, sizeof first_line, "# %s\n", vdib_experiment_summary(i));
        assert_memory_equal(vdib_experiment_yaml(i), first_line, strlen(first_line));
        assert_true(strlen(vdib_experiment_summary(i)) > 20);
        vdib_config_destroy(config);
    }
    assert_null(vdib_experiment_name(vdib_experiment_count()));
    assert_null(vdib_experiment_summary(vdib_experiment_count()));
    assert_null(vdib_experiment_yaml(vdib_experiment_count()));
}

/* What every published/ experiment but the last shares, and what sets them apart. */
static void published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        vdib_config *config = NULL;
        assert_ok(vdib_config_load(vdib_experiment_name(i), &config));
        bool predict = i == 0;
        assert_string_equal(config->learning.estimator->name, "reinforce");
        assert_string_equal(config->learning.credit_assignment->name, "dfa");
        assert_string_equal(config->neuron.gain->name, "published");
        assert_string_equal(config->neuron.surrogate->name, "boxcar");
        assert_int_equal(config->learning.batch_size, 1);
        assert_string_equal(vdib__config_baseline(config)->name, "per-parameter");
        assert_true(config->learning.baseline_memory == 0.01);
        assert_false(config->learning.dfa_normalised);
        assert_string_equal(config->learning.encoder_optimizer->name, "sgd");
        assert_string_equal(config->learning.decoder_optimizer->name, "adam");
        assert_true(config->learning.encoder_learning_rate == (predict ? 0.01 : 0.001));
        assert_true(config->learning.decoder_learning_rate == 0.001);
        assert_true(config->objective.beta == (predict ? 1 : 0.001));
        assert_true(config->objective.prior_probability == (predict ? 0.2 : 0.3));
        assert_string_equal(config->objective.reduction->name, "mean");
        assert_int_equal(config->data.blank_steps, predict ? 0 : 11);
        assert_int_equal(config->encoder.readouts, predict ? 10 : 256);
        assert_string_equal(config->learning.schedule->name, predict ? "online" : "episode");
        vdib_config_destroy(config);
    }
}

static void published_values_of_the_later_branch(void **state) {
    (void)state;
    vdib_config *config = NULL;
    assert_ok(vdib_config_load("published/dvs-batched", &config));
    assert_string_equal(config->learning.estimator->name, "reinforce");
    assert_string_equal(config->learning.credit_assignment->name, "bptt");
    assert_int_equal(config->learning.truncation, 10);
    assert_int_equal(config->learning.batch_size, 64);
    assert_string_equal(vdib__config_baseline(config)->name, "batch-product");
    assert_true(config->learning.encoder_learning_rate == 0.0001);
    assert_true(config->learning.decoder_learning_rate == 0.0001);
    assert_string_equal(config->neuron.surrogate->name, "logistic");
    assert_string_equal(config->neuron.gain->name, "unit");
    assert_string_equal(config->readout.feedback->name, "lateral");
    assert_string_equal(config->decoder.type->name, "conv2d");
    assert_true(config->objective.prior_probability == 0.1);
    assert_int_equal(config->data.blank_steps, 11);
    vdib_config_destroy(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_and_scalars),
        cmocka_unit_test(layers_of_a_section),
        cmocka_unit_test(empty_texts_are_defaults),
        cmocka_unit_test(refusals),
        cmocka_unit_test(long_lists_and_names),
        cmocka_unit_test(every_key_survives_files),
        cmocka_unit_test(saved_text_is_plain),
        cmocka_unit_test(names_that_need_quotes),
        cmocka_unit_test(json_refusals),
        cmocka_unit_test(json_text),
        cmocka_unit_test(files_that_cannot_be_loaded),
        cmocka_unit_test(files_of_before_a_key),
        cmocka_unit_test(experiments),
        cmocka_unit_test(published_values),
        cmocka_unit_test(published_values_of_the_later_branch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
