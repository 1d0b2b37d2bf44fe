/* SPDX-License-Identifier: MIT */
/* The estimate of what training takes is near what it takes, and what cannot fit is refused with the key to lower. */
#include "learn/toy.h"

#include <math.h>
#include <pthread.h>
#include <sys/resource.h>

#include "core/file.h"

enum { PATH_SIZE = 512, HEAD = 64 };

/* An allocator that knows what is allocated and the most that ever was; the size stands before each block. */
static struct {
    pthread_mutex_t lock;
    size_t now, peak;
} memory = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *count_allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    if (alignment > HEAD)
        return NULL;
    char *block = aligned_alloc(HEAD, (size + 2 * HEAD - 1) / HEAD * HEAD);
    if (block == NULL)
        return NULL;
    memcpy(block, &size, sizeof size);
    pthread_mutex_lock(&memory.lock);
    memory.now += size;
    if (memory.now > memory.peak)
        memory.peak = memory.now;
    pthread_mutex_unlock(&memory.lock);
    return block + HEAD;
}

static void count_release(void *user, void *given) {
    char *block = (char *)given - HEAD;
    size_t size = 0;
    (void)user;
    memcpy(&size, block, sizeof size);
    pthread_mutex_lock(&memory.lock);
    memory.now -= size;
    pthread_mutex_unlock(&memory.lock);
    free(block);
}

static const char *const *const CONFIGURATIONS[] = {
    (const char *const[]){"data.input=events", "data.target=class", "data.steps=80", "encoder.layers=200",
                          "encoder.readouts=128", "decoder=mlp", "decoder.hidden=128", "learning.batch_size=16",
                          "learning.estimator=straight-through", "learning.feedback=bp",
                          "learning.encoder_optimizer=adam", "learning.average_memory=0.99", NULL},
    (const char *const[]){"data.input=events", "data.target=class", "data.steps=400", "encoder.layers=100",
                          "encoder.readouts=64", "decoder=conv", NULL},
    (const char *const[]){"data.input=events", "data.target=class", "data.steps=60",
                          "encoder.layers=[conv8k5s2p2m2, 60]", "encoder.readouts=64", "decoder=linear",
                          "learning.batch_size=8", "learning.feedback=bp", NULL},
    (const char *const[]){"data.input=events", "data.target=class", "data.steps=20", "data.step_us=15000",
                          "encoder.layers=[]", "encoder.readouts=16", "readout.bases=1", "decoder=linear",
                          "learning.batch_size=64", "augment.shift=2", "augment.drop=0.2", "augment.noise_hz=5", NULL},
    (const char *const[]){"data.input=rate", "data.target=image", "data.steps=1500", "encoder.layers=50",
                          "encoder.readouts=40", "decoder=mlp", "decoder.coding=rate", "decoder.hidden=64",
                          "learning.batch_size=4", NULL},
    (const char *const[]){"data.input=rate", "data.target=image", "data.steps=100", "encoder.layers=50",
                          "encoder.readouts=100", "decoder=mlp", "decoder.hidden=64", "learning.batch_size=8",
                          "learning.estimator=rloo", "learning.draws=8", NULL},
    (const char *const[]){"data.input=events", "data.target=class", "data.steps=300", "encoder.layers=100",
                          "encoder.readouts=64", "decoder=linear", "encoder.initialisation=data", NULL},
    (const char *const[]){"data.input=blobs", "data.target=units", "data.steps=100", "data.test_steps=1000",
                          "encoder.layers=40", "encoder.readouts=20", "decoder=linear", "decoder.window=5",
                          "learning.schedule=online", NULL},
    (const char *const[]){"data.input=events", "data.target=class", "data.steps=20", "encoder.layers=100",
                          "encoder.readouts=64", "decoder=linear", "decoder.window=5", "learning.schedule=online",
                          "learning.batch_size=64", NULL},
    (const char *const[]){"data.input=events", "data.target=class", "data.steps=600", "encoder.layers=[conv4k3s2, 60]",
                          "encoder.readouts=64", "decoder=linear", "learning.estimator=straight-through",
                          "learning.credit_assignment=bptt", "learning.truncation=50", "neuron.learn_tau=all", NULL},
};
enum { CONFIGURATION_COUNT = sizeof CONFIGURATIONS / sizeof CONFIGURATIONS[0] };

static const char *data_of(const vdib_config *config) {
    char input[32];
    assert_ok(vdib_config_get(config, "data.input", input, sizeof input));
    if (strcmp(input, "blobs") == 0)
        return NULL;
    return strcmp(input, "events") == 0 ? VDIB_TEST_SOURCE "/tests/compatibility/0.1.0/data/recordings"
                                        : VDIB_TEST_SOURCE "/tests/compatibility/0.1.0/data/images";
}

/* Trains over one validation, saves and evaluates: the most memory that takes beside the data. */
static size_t measure(const vdib_config *config, const vdib_dataset *dataset) {
    char *folder = support_folder(), path[PATH_SIZE];
    const vdib_run_options options = {.size = sizeof options, .dataset = dataset, .threads = 2};
    const vdib_evaluation_options how = {.size = sizeof how, .threads = 2};
    vdib_progress now = {.size = sizeof now};
    vdib_evaluation evaluation = {NULL};
    vdib_run *run = NULL;
    snprintf(path, sizeof path, "%s/run", folder);
    size_t before = memory.now;
    memory.peak = before;
    assert_ok(vdib_run_create(path, config, &options, &run));
    do
        assert_ok(vdib_run_step(run, &now));
    while (!now.done);
    assert_ok(vdib_evaluate(vdib_run_model(run), dataset, VDIB_SPLIT_TEST, &how, &evaluation));
    size_t most = memory.peak - before;
    vdib_evaluation_clear(&evaluation);
    vdib_run_destroy(run);
    support_folder_remove(folder);
    return most;
}

static void the_estimate_is_near(void **state) {
    (void)state;
    for (size_t c = 0; c < CONFIGURATION_COUNT; c++) {
        vdib_config *config = NULL;
        vdib_dataset *dataset = NULL;
        vdib_training_need need = {.size = sizeof need};
        assert_ok(vdib_config_create(&config));
        toy_set(config, CONFIGURATIONS[c]);
        assert_ok(vdib_config_set(config, "training.examples=16"));
        assert_ok(vdib_config_check(config));
        assert_ok(vdib_dataset_open(data_of(config), config, &dataset));
        size_t live = memory.now;
        memory.peak = live;
        assert_ok(vdib_training_memory(config, dataset, 2, &need));
        assert_true(memory.now - live < (size_t)1 << 20); /* the data may keep what was looked at */
        size_t most = measure(config, dataset);
        double ratio = (double)need.total / (double)most;
        print_message("configuration %zu: estimated %zu, took %zu, ratio %.2f (weights %zu, copies %zu, update %zu, "
                      "evaluation %zu)\n",
                      c, need.total, most, ratio, need.weights, need.copies, need.batch, need.validation);
        assert_true(ratio > 0.7 && ratio < 1.4);
        assert_int_equal(need.total, need.weights + need.copies + need.batch + need.validation);
        vdib_dataset_destroy(dataset);
        vdib_config_destroy(config);
    }
}

/* "training needs about 1.5 GiB": the number and its unit are the estimate. */
static void assert_amount(const char *message, size_t want) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = 0, bytes = 1024;
    char unit[8] = "";
    const char *at = strstr(message, "needs about ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "needs about %lf %3s", &value, unit), 2);
    for (size_t u = 0; strcmp(units[u], unit) != 0; u++, bytes *= 1024)
        assert_true(u + 1 < sizeof units / sizeof units[0]);
    assert_true(fabs(value * bytes / (double)want - 1) < 0.06);
}

/* Refused before anything large is allocated, in the words of the largest part. */
static void refused(const char *const *settings, const char *key) {
    vdib_config *config = NULL;
    vdib_dataset *dataset = NULL;
    vdib_run *run = NULL;
    char *folder = support_folder(), path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/run", folder);
    assert_ok(vdib_config_create(&config));
    toy_set(config, settings);
    assert_ok(vdib_dataset_open(data_of(config), config, &dataset));
    vdib_run_options options = {.size = sizeof options, .dataset = dataset, .threads = 1};
    size_t live = memory.now;
    memory.peak = live;
    assert_fails(VDIB_ERROR_MEMORY, vdib_run_create(path, config, &options, &run), key);
    assert_non_null(strstr(vdib_last_message(), "--force"));
    vdib_training_need need = {.size = sizeof need};
    char message[1024];
    snprintf(message, sizeof message, "%s", vdib_last_message());
    assert_ok(vdib_training_memory(config, dataset, 1, &need));
    assert_amount(message, need.total);
    assert_true(memory.peak - live < (size_t)256 << 20);
    assert_false(vdib__is_folder(path));
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

/* Back-propagation through 1,000 steps of a network as the paper's. */
static void long_sequences_take_less_than_2_gib(void **state) {
    (void)state;
    static const char *const settings[] = {"data.input=events",
                                           "data.target=class",
                                           "data.steps=1000",
                                           "encoder.layers=800",
                                           "encoder.readouts=256",
                                           "decoder=conv",
                                           "decoder.window=80",
                                           "learning.estimator=straight-through",
                                           "learning.credit_assignment=bptt",
                                           "neuron.learn_tau=all",
                                           "learning.batch_size=16",
                                           NULL};
    vdib_config *config = NULL;
    vdib_dataset *dataset = NULL;
    vdib_training_need need = {.size = sizeof need};
    assert_ok(vdib_config_create(&config));
    toy_set(config, settings);
    assert_ok(vdib_dataset_open(data_of(config), config, &dataset));
    assert_ok(vdib_training_memory(config, dataset, 2, &need));
    print_message("%zu MiB, of which an update takes %zu\n", need.total >> 20, need.batch >> 20);
    assert_true(need.total < (size_t)2 << 30);
    assert_true(need.batch > (size_t)16 * 1000 * 3 * 800 * sizeof(float)); /* potentials, errors, currents */
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}

static void what_cannot_fit_is_refused(void **state) {
    (void)state;
    refused((const char *const[]){"data.input=events", "data.target=class", "data.steps=100000", "decoder=conv", NULL},
            "decoder.window");
    refused((const char *const[]){"data.input=events", "data.target=class", "data.steps=80", "decoder=linear",
                                  "learning.batch_size=65536", "encoder.layers=3000", NULL},
            "learning.batch_size");
    refused((const char *const[]){"data.input=rate", "data.target=image", "data.steps=100000", "decoder=linear",
                                  "decoder.coding=rate", "encoder.layers=20000", NULL},
            "data.steps");
}

/* A limit of the address space below the need, and the same run forced. */
static void a_small_address_space_is_respected(void **state) {
    static const char *const settings[] = {"data.input=events",    "data.target=class",   "data.steps=80",
                                           "encoder.layers=10",    "encoder.readouts=64", "decoder=mlp",
                                           "decoder.hidden=12000", "training.examples=1", NULL};
    struct rlimit before, limited;
    vdib_config *config = NULL;
    vdib_dataset *dataset = NULL;
    vdib_run *run = NULL;
    char *folder = support_folder(), path[PATH_SIZE];
    unsigned long pages = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/run", folder);
    assert_ok(vdib_config_create(&config));
    toy_set(config, settings);
    assert_ok(vdib_dataset_open(data_of(config), config, &dataset));
    vdib_run_options options = {.size = sizeof options, .dataset = dataset, .threads = 1};
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    limited = before;
    limited.rlim_cur = pages * 4096UL + ((rlim_t)700 << 20); /* weights are 234 MiB, six copies 1.4 GiB */
    if (before.rlim_cur != RLIM_INFINITY && limited.rlim_cur > before.rlim_cur) {
        print_message("the address space is limited already\n");
        limited.rlim_cur = before.rlim_cur;
    }
    assert_int_equal(setrlimit(RLIMIT_AS, &limited), 0);
    vdib_status status = vdib_run_create(path, config, &options, &run);
    char message[1024];
    snprintf(message, sizeof message, "%s", vdib_last_message());
    options.force = true;
    vdib_status forced = vdib_run_create(path, config, &options, &run);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(status, VDIB_ERROR_MEMORY);
    assert_non_null(strstr(message, "address space"));
    assert_non_null(strstr(message, "decoder.hidden"));
    assert_int_equal(forced, VDIB_ERROR_MEMORY); /* tried, and there is no memory: the keys all the same */
    assert_non_null(strstr(vdib_last_message(), "out of memory"));
    assert_non_null(strstr(vdib_last_message(), "decoder.hidden"));
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

/* A run that is begun, dropped and gone on with gives back all that it took. */
static void a_run_gives_its_memory_back(void **state) {
    (void)state;
    vdib_config *config = NULL;
    vdib_dataset *dataset = NULL;
    vdib_run *run = NULL;
    char *folder = support_folder(), path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/run", folder);
    assert_ok(vdib_config_create(&config));
    toy_set(config, CONFIGURATIONS[0]);
    assert_ok(vdib_dataset_open(data_of(config), config, &dataset));
    const vdib_run_options options = {.size = sizeof options, .dataset = dataset, .threads = 1};
    const vdib_resume_options again = {.size = sizeof again, .dataset = dataset, .threads = 1};
    for (int time = 0; time < 3; time++) {
        size_t before = memory.now;
        assert_ok(time == 0 ? vdib_run_create(path, config, &options, &run) : vdib_run_resume(path, &again, &run));
        vdib_run_destroy(run);
        if (time > 0) /* what the data keep is kept once */
            assert_int_equal(memory.now, before);
    }
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
    support_folder_remove(folder);
}

int main(void) {
    const vdib_allocator counting = {
        .size = sizeof counting, .allocate = count_allocate, .release = count_release, .user = NULL};
    if (vdib_allocator_set(&counting) != VDIB_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimate_is_near),
        cmocka_unit_test(long_sequences_take_less_than_2_gib),
        cmocka_unit_test(what_cannot_fit_is_refused),
        cmocka_unit_test(a_run_gives_its_memory_back),
        cmocka_unit_test(a_small_address_space_is_respected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
