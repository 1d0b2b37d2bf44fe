/* SPDX-License-Identifier: MIT */
/* The data of the cases. A data set of one's own: in every example half of the 40 inputs are silent, so that rows of
 * the first weights miss updates; every example has an image and a class. Image files: 8 x 5 pixels, some of them
 * black. */
#include "twin_case.h"

#include "core/random.h"

enum { CHANNELS = 40, STEPS = 7, CLASSES = 8, PIXELS = 10, IMAGE_HEIGHT = 8, IMAGE_WIDTH = 5, IMAGES = 24, TESTS = 3 };

struct twin_fixture {
    char *folder;
};

static float uniform(uint64_t example, uint32_t step, uint32_t number) {
    vdib__key key = {.seed = 77, .purpose = VDIB_PURPOSE_STIMULUS, .example = example};
    return vdib__random_uniform(&key, step, number);
}

static void write_file(const char *folder, const char *name, const uint8_t *bytes, size_t size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void write_images(const char *folder, const char *part, uint8_t count, uint64_t key) {
    enum { AREA = IMAGE_HEIGHT * IMAGE_WIDTH };
    uint8_t images[16 + IMAGES * AREA] = {0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, IMAGE_HEIGHT, 0, 0, 0, IMAGE_WIDTH};
    uint8_t labels[8 + IMAGES] = {0, 0, 8, 1, 0, 0, 0, count};
    char name[64];
    for (uint32_t i = 0; i < count; i++) {
        labels[8 + i] = (uint8_t)((3 * i + 1) % 10);
        for (uint32_t p = 0; p < AREA; p++) {
            float bright = uniform(key + i, 1, p);
            images[16 + i * AREA + p] = bright < 0.4F ? 0 : (uint8_t)(255.0F * bright);
        }
    }
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    write_file(folder, name, images, 16 + (size_t)count * AREA);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    write_file(folder, name, labels, 8 + (size_t)count);
}

twin_fixture *twin_fixture_make(void) {
    twin_fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->folder = support_folder();
    write_images(fixture->folder, "train", IMAGES, 1000);
    write_images(fixture->folder, "t10k", TESTS, 2000);
    return fixture;
}

void twin_fixture_free(twin_fixture *fixture) {
    support_folder_remove(fixture->folder);
    free(fixture);
}

const char *twin_fixture_folder(const twin_fixture *fixture) {
    return fixture->folder;
}

static void add_example(vdib_dataset *dataset, vdib_raster *raster, uint32_t number) {
    uint8_t dense[STEPS * CHANNELS];
    float target[PIXELS];
    for (uint32_t k = 0; k < STEPS * CHANNELS; k++) {
        bool active = uniform(number, 2, k % CHANNELS) < 0.5F;
        dense[k] = active && uniform(number, 3, k) < 0.4F;
    }
    for (uint32_t p = 0; p < PIXELS; p++)
        target[p] = uniform(number, 4, p);
    assert_ok(vdib_raster_from_dense(raster, dense));
    assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, target, (5 * number + 2) % CLASSES));
}

static vdib_dataset *own_data(size_t examples) {
    const vdib_geometry geometry = {sizeof geometry, 2, 5, 4, STEPS, CLASSES, 2, 5, 1};
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    assert_ok(vdib_raster_create(CHANNELS, STEPS, &raster));
    for (uint32_t i = 0; i < examples; i++)
        add_example(dataset, raster, i);
    vdib_raster_destroy(raster);
    return dataset;
}

vdib_dataset *twin_case_data(const twin_fixture *fixture, const case_choice *choice, const vdib_config *config) {
    vdib_dataset *dataset = NULL;
    if (case_is(choice, "data.input", "events"))
        return own_data((size_t)strtoul(case_value(choice, ":examples"), NULL, 10));
    const char *data = case_is(choice, "data.input", "blobs") ? NULL : fixture->folder;
    return vdib_dataset_open_images(data, NULL, config, 1, &dataset) == VDIB_OK ? dataset : NULL;
}

/* Steps of 1,000 us: those of images and blobs are so long by themselves. */
static void set_step(const case_choice *choice, vdib_config *config) {
    if (case_is(choice, "data.input", "events"))
        assert_ok(vdib_config_set(config, "data.step_us=1000"));
}

/* Time constants of steps of 1,000 us; as many as there are layers, all different, or one. */
static void set_times(const case_choice *choice, vdib_config *config) {
    static const char *const keys[] = {"synaptic", "membrane", "refractory"};
    static const char *const values[3][2] = {{"1600", "2300"}, {"2400", "1500"}, {"900", "1300"}};
    const char *layers = case_value(choice, "encoder.layers");
    bool two = case_is(choice, ":times", "each") && strchr(layers, ',') != NULL;
    if (case_is(choice, ":times", "decays") || (case_is(choice, ":times", "each") && strcmp(layers, "[]") == 0))
        return;
    for (size_t i = 0; i < 3; i++) {
        char setting[96];
        snprintf(setting, sizeof setting, "neuron.%s_tau_us=[%s%s%s]", keys[i], values[i][0], two ? ", " : "",
                 two ? values[i][1] : "");
        assert_ok(vdib_config_set(config, setting));
    }
    set_step(choice, config);
}

/* Thresholds that adapt, in every layer in a way of its own. */
static void set_adaptation(const case_choice *choice, vdib_config *config) {
    const char *layers = case_value(choice, "encoder.layers");
    bool two = strchr(layers, ',') != NULL;
    if (case_is(choice, ":adaptation", "none"))
        return;
    assert_ok(
        vdib_config_set(config, two ? "neuron.adaptation_strength=[0.6, 2]" : "neuron.adaptation_strength=[0.6]"));
    assert_ok(vdib_config_set(config, two ? "neuron.adaptation_tau_us=[2600, 1700]" : "neuron.adaptation_tau_us=2600"));
    set_step(choice, config);
}

vdib_config *twin_case_config(const case_choice *choice) {
    static const char *const same[] = {"data.steps=7",
                                       "data.delta=2",
                                       "readout.filter_steps=4",
                                       "readout.basis_width=0.6",
                                       "neuron.synaptic_decay=0.5",
                                       "neuron.membrane_decay=0.6",
                                       "neuron.refractory_decay=0.4",
                                       "neuron.surrogate_slope=5",
                                       "objective.prior_probability=0.2",
                                       "encoder.initial_examples=4",
                                       "learning.tau_learning_rate=0.05",
                                       "encoder.initial_spread=1.3",
                                       "encoder.initial_share=0.3",
                                       "learning.weight_decay=0.2"};
    vdib_config *config = NULL;
    char setting[128];
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_ok(vdib_config_set(config, same[i]));
    for (size_t f = 0; f < case_factor_count; f++) {
        if (case_factors[f].name[0] == ':')
            continue;
        snprintf(setting, sizeof setting, "%s=%s", case_factors[f].name, case_value(choice, case_factors[f].name));
        assert_ok(vdib_config_set(config, setting));
    }
    if (!case_is(choice, "neuron.model", "srm"))
        assert_ok(vdib_config_set(config, "neuron.threshold=0.3"));
    set_times(choice, config);
    set_adaptation(choice, config);
    size_t batch = (size_t)strtoul(case_value(choice, "learning.batch_size"), NULL, 10);
    bool online = case_is(choice, "learning.schedule", "online"), cut = case_is(choice, ":updates", "cut");
    snprintf(setting, sizeof setting, "training.examples=%zu", (online ? 2 : 3) * batch - (cut && batch > 1));
    assert_ok(vdib_config_set(config, setting));
    snprintf(setting, sizeof setting, "data.train_examples=%s", case_value(choice, ":examples"));
    assert_ok(vdib_config_set(config, setting));
    return config;
}
