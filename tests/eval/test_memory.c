/* SPDX-License-Identifier: MIT */
/* Evaluations that run out of memory: whichever allocation fails, it is reported, nothing is left behind, the result is
 * untouched; and with the allocation granted the figures are those of an undisturbed evaluation. */
#include <jansson.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/alloc.h"
#include "eval/evaluation.h"
#include "eval/judge.h"
#include "eval/small_data.h"
#include "vdib/memory.h"

/* Allocations that may still be made, and blocks that are held. */
static atomic_size_t allowed = SIZE_MAX, held;
static char *folder;

static void *scarce_allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    size_t left = atomic_load(&allowed);
    do
        if (left == 0)
            return NULL;
    while (!atomic_compare_exchange_weak(&allowed, &left, left - 1));
    atomic_fetch_add(&held, 1);
    return aligned_alloc(alignment, size);
}

static void scarce_release(void *user, void *block) {
    (void)user;
    atomic_fetch_sub(&held, 1);
    free(block);
}

static int start(void **state) {
    (void)state;
    const vdib_allocator scarce = {sizeof(vdib_allocator), scarce_allocate, scarce_release, NULL};
    folder = support_folder();
    if (setenv("VDIB_CACHE", folder, 1) != 0)
        return -1;
    return vdib_allocator_set(&scarce) == VDIB_OK ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    support_folder_remove(folder);
    return vdib_allocator_set(NULL) == VDIB_OK ? 0 : -1;
}

/* Work that allocates; what it makes goes with `clean`. */
typedef struct work {
    vdib_status (*run)(void *thing);
    void (*clean)(void *thing);
    void *thing;
} work;

/* Runs the work with 0, 1, 2, ... allocations until it succeeds. Returns how many it needs. */
static size_t starve(const work *w) {
    size_t before = atomic_load(&held), needed = 0;
    for (vdib_status status = VDIB_ERROR_MEMORY; status != VDIB_OK; needed++) {
        atomic_store(&allowed, needed);
        status = w->run(w->thing);
        atomic_store(&allowed, SIZE_MAX);
        if (status != VDIB_OK) {
            assert_int_equal(status, VDIB_ERROR_MEMORY);
            assert_int_equal(atomic_load(&held), before);
        }
        assert_true(needed < 100000);
    }
    w->clean(w->thing);
    assert_int_equal(atomic_load(&held), before);
    return needed - 1;
}

/* ---- evaluations ---- */

typedef struct evaluation_work {
    vdib_model *model;
    vdib_dataset *dataset;
    vdib_evaluation evaluation;
} evaluation_work;

static vdib_status evaluate(void *thing) {
    evaluation_work *w = thing;
    const vdib_evaluation_options options = {.size = sizeof options, .threads = 1};
    vdib_status status = vdib_evaluate(w->model, w->dataset, VDIB_SPLIT_TEST, &options, &w->evaluation);
    assert_int_equal(status == VDIB_OK, w->evaluation.findings != NULL);
    return status;
}

static void drop_evaluation(void *thing) {
    evaluation_work *w = thing;
    vdib_evaluation_clear(&w->evaluation);
}

/* The figures as JSON, without the time that they took. */
static char *figures_of(evaluation_work *w) {
    char *json = NULL;
    VDIB_FINDINGS(w->evaluation)->seconds = VDIB_FINDINGS(w->evaluation)->examples_per_second = 1;
    assert_ok(vdib_evaluation_json(&w->evaluation, &json));
    return json;
}

static void starve_evaluation(evaluation_work *w, size_t least) {
    assert_ok(evaluate(w)); /* also trains the judge, whose cache is there from now on */
    char *want = figures_of(w);
    drop_evaluation(w);
    const work of = {evaluate, drop_evaluation, w};
    assert_true(starve(&of) >= least);
    assert_ok(evaluate(w));
    char *got = figures_of(w);
    assert_string_equal(got, want);
    vdib_text_free(got);
    vdib_text_free(want);
    drop_evaluation(w);
    vdib_model_destroy(w->model);
    vdib_dataset_destroy(w->dataset);
}

/* As small_dataset, with few examples: everything is done again for each allocation. */
static vdib_dataset *few_examples(bool images) {
    vdib_geometry geometry = small_geometry(images);
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    small_add(dataset, VDIB_SPLIT_TRAIN, 12, images);
    small_add(dataset, VDIB_SPLIT_TEST, 5, images);
    return dataset;
}

static void an_evaluation_of_images(void **state) {
    (void)state;
    evaluation_work w = {.model = small_model(true), .dataset = few_examples(true)};
    starve_evaluation(&w, 60);
}

static void an_evaluation_of_classes(void **state) {
    (void)state;
    evaluation_work w = {.model = small_model(false), .dataset = few_examples(false)};
    starve_evaluation(&w, 20);
}

static void an_evaluation_of_steps(void **state) {
    (void)state;
    evaluation_work w = {0};
    vdib_config *config = NULL;
    assert_ok(vdib_config_load("published/predict", &config));
    assert_ok(vdib_config_set(config, "data.test_examples=2"));
    assert_ok(vdib_config_set(config, "data.test_steps=20"));
    assert_ok(vdib_dataset_open(NULL, config, &w.dataset));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(w.dataset), &w.model));
    vdib_config_destroy(config);
    starve_evaluation(&w, 20);
}

/* ---- the judge ---- */

enum { IMAGES = 8 };
static float pixels[IMAGES * SMALL_PIXELS];
static uint32_t labels[IMAGES];
static const vdib__images some_images = {
    .count = IMAGES, .height = SMALL_SIDE, .width = SMALL_SIDE, .pixels = pixels, .labels = labels};

static int draw_images(void **state) {
    (void)state;
    for (uint32_t i = 0; i < IMAGES; i++) {
        labels[i] = i % SMALL_CLASSES;
        small_image(i, labels[i], pixels + i * SMALL_PIXELS);
    }
    return 0;
}

/* The cache file of the images; kept outside of the library's memory. */
static const char *cache_file(void) {
    static char kept[4096];
    char *path = NULL;
    if (kept[0] != '\0')
        return kept;
    assert_ok(vdib__judge_path(&some_images, &path));
    assert_non_null(path);
    snprintf(kept, sizeof kept, "%s", path);
    vdib__free(path);
    return kept;
}

static vdib_status open_judge(void *thing) {
    vdib__judge **judge = thing;
    vdib_status status = vdib__judge_open(&some_images, 1, judge);
    assert_int_equal(status == VDIB_OK, *judge != NULL);
    return status;
}

static void close_judge(void *thing) {
    vdib__judge **judge = thing;
    vdib__judge_destroy(*judge);
    *judge = NULL;
}

static vdib_status train_judge(void *thing) {
    (void)unlink(cache_file());
    return open_judge(thing);
}

static vdib_status save_judge(void *thing) {
    return vdib__judge_save(*(vdib__judge **)thing, cache_file());
}

static vdib_status load_judge(void *thing) {
    return vdib__judge_load(*(vdib__judge **)thing, cache_file());
}

static vdib_status find_cache(void *thing) {
    return vdib__judge_path(&some_images, thing);
}

static void free_path(void *thing) {
    vdib__free(*(char **)thing);
}

static void nothing(void *thing) {
    (void)thing;
}

/* Trained anew each time, and from its cache. */
static void a_judge_is_opened(void **state) {
    (void)state;
    (void)cache_file();
    vdib__judge *judge = NULL;
    const work anew = {train_judge, close_judge, &judge}, cached = {open_judge, close_judge, &judge};
    assert_true(starve(&anew) > 20);
    assert_ok(open_judge(&judge));
    close_judge(&judge);
    assert_int_equal(access(cache_file(), R_OK), 0);
    assert_true(starve(&cached) > 10);
}

/* A judge that could not be kept or read is said to be so; one that was is the same. */
static void a_judge_is_kept(void **state) {
    (void)state;
    vdib__judge *judge = NULL, *other = NULL;
    char *path = NULL;
    assert_ok(vdib__judge_create(&some_images, &judge));
    assert_ok(vdib__judge_create(&some_images, &other));
    judge->parameters[3] = 0.125F;
    const work save = {save_judge, nothing, &judge}, load = {load_judge, nothing, &other};
    const work find = {find_cache, free_path, &path};
    assert_true(starve(&save) > 1);
    assert_true(starve(&load) > 1);
    assert_memory_equal(judge->parameters, other->parameters, judge->table.total * sizeof(float));
    assert_int_equal(starve(&find), 2); /* the folder, and the path in it */
    assert_int_equal(unlink(cache_file()), 0);
    close_judge(&judge);
    close_judge(&other);
}

/* ---- files ---- */

static vdib_status save_reconstructions(void *thing) {
    const evaluation_work *w = thing;
    const vdib_evaluation_options options = {.size = sizeof options, .threads = 1};
    char path[4096];
    snprintf(path, sizeof path, "%s/reconstructions.npz", folder);
    vdib_status status = vdib_reconstruct_save(w->model, w->dataset, VDIB_SPLIT_TEST, &options, path);
    assert_int_equal(status == VDIB_OK, access(path, F_OK) == 0); /* whole, or not there */
    return status;
}

static void remove_reconstructions(void *thing) {
    char path[4096];
    (void)thing;
    snprintf(path, sizeof path, "%s/reconstructions.npz", folder);
    assert_int_equal(unlink(path), 0);
}

static void reconstructions_are_saved(void **state) {
    (void)state;
    for (int images = 0; images < 2; images++) {
        evaluation_work w = {.model = small_model(images), .dataset = few_examples(images)};
        const work save = {save_reconstructions, remove_reconstructions, &w};
        assert_true(starve(&save) > 10);
        vdib_model_destroy(w.model);
        vdib_dataset_destroy(w.dataset);
    }
}

static vdib_status save_raster(void *thing) {
    char path[4096];
    snprintf(path, sizeof path, "%s/reconstructions.npz", folder);
    return vdib_raster_save(thing, path);
}

static void a_raster_is_saved(void **state) {
    (void)state;
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(SMALL_CHANNELS, SMALL_STEPS, &raster));
    small_raster(3, 1, raster);
    const work save = {save_raster, remove_reconstructions, raster};
    assert_true(starve(&save) > 1);
    vdib_raster_destroy(raster);
}

/* ---- JSON ---- */

static vdib_status write_json(void *thing) {
    evaluation_work *w = thing;
    char *json = NULL;
    vdib_status status = vdib_evaluation_json(&w->evaluation, &json);
    assert_int_equal(status == VDIB_OK, json != NULL);
    vdib_text_free(json);
    return status;
}

static void *scarce_malloc(size_t size) {
    return scarce_allocate(NULL, (size + 15) / 16 * 16, 16);
}

static void scarce_free(void *block) {
    if (block != NULL)
        scarce_release(NULL, block);
}

/* The JSON library's memory is scarce too. */
static void figures_become_json(void **state) {
    (void)state;
    evaluation_work w = {.model = small_model(false), .dataset = few_examples(false)};
    assert_ok(evaluate(&w));
    for (size_t c = 0; c < SMALL_CLASSES; c++)
        assert_ok(vdib__findings_name(VDIB_FINDINGS(w.evaluation), c, c == 2 ? "not UTF-8: \xFF" : "a class"));
    VDIB_FINDINGS(w.evaluation)->data_counts[VDIB_COUNT_RECORDINGS] = 3;
    vdib__free(VDIB_FINDINGS(w.evaluation)->notes);
    assert_ok(vdib__strdup("a note\nnot UTF-8: \xFF", &VDIB_FINDINGS(w.evaluation)->notes));
    const work write = {write_json, nothing, &w};
    json_set_alloc_funcs(scarce_malloc, scarce_free);
    size_t needed = starve(&write);
    json_set_alloc_funcs(malloc, free);
    assert_true(needed > 50);
    drop_evaluation(&w);
    vdib_model_destroy(w.model);
    vdib_dataset_destroy(w.dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_evaluation_of_images),
        cmocka_unit_test(an_evaluation_of_classes),
        cmocka_unit_test(an_evaluation_of_steps),
        cmocka_unit_test_setup(a_judge_is_opened, draw_images),
        cmocka_unit_test_setup(a_judge_is_kept, draw_images),
        cmocka_unit_test(reconstructions_are_saved),
        cmocka_unit_test(a_raster_is_saved),
        cmocka_unit_test(figures_become_json),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
