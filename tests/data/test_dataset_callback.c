/* SPDX-License-Identifier: MIT */
/* Data sets whose examples a function of the program's gives. */
#include "datasets.h"

#include <math.h>
#include <stdatomic.h>

#include "core/threads.h"

enum { STEPS = 3, CHANNELS = 12, TARGETS = 4, CLASSES = 1000, PIXELS = 6, TRAIN = 47, VALIDATION = 8, TEST = 40 };

static const vdib_geometry shape = {.size = sizeof(vdib_geometry),
                                    .input_channels = 2,
                                    .input_height = 2,
                                    .input_width = 3,
                                    .steps = STEPS,
                                    .classes = CLASSES,
                                    .target_height = 1,
                                    .target_width = TARGETS};

/* What the function does wrong. */
typedef enum fault { NONE, FAILS, FAILS_SILENTLY, FAILS_ODDLY, CALLS_FAIL, LABEL, TARGET, IMAGE } fault;

typedef struct program {
    fault fault;
    atomic_int calls, inside, most_inside, released;
} program;

static vdib_status misbehave(fault kind, vdib_fetched *example) {
    switch (kind) {
    case FAILS:
        return vdib_fail(VDIB_ERROR_IO, "the disk is on fire");
    case FAILS_SILENTLY:
        return VDIB_ERROR_DATA;
    case FAILS_ODDLY:
        return (vdib_status)4711;
    case CALLS_FAIL:
        return vdib_raster_from_pairs(example->raster, NULL, NULL, 1, NULL);
    case LABEL:
        example->label = CLASSES;
        break;
    case TARGET:
        example->target[2] = INFINITY;
        break;
    case IMAGE:
        example->image[5] = NAN;
        break;
    case NONE:
        break;
    }
    return VDIB_OK;
}

static uint32_t number_of(vdib_split split, size_t index) {
    return (uint32_t)(100 * (size_t)split + index);
}

/* Example n of a split: label 100 * split + n, spikes in steps 0 and 2, target n + i, image n / (i + 1). */
static vdib_status fetch(void *user, vdib_split split, size_t index, vdib_fetched *example) {
    program *p = user;
    int inside = atomic_fetch_add(&p->inside, 1) + 1, most = atomic_load(&p->most_inside);
    while (inside > most && !atomic_compare_exchange_weak(&p->most_inside, &most, inside))
        continue;
    atomic_fetch_add(&p->calls, 1);
    const uint32_t n = number_of(split, index), steps[2] = {0, 2}, channels[2] = {n % CHANNELS, (n + 5) % CHANNELS};
    assert_int_equal(example->size, sizeof *example);
    assert_int_equal(vdib_raster_spikes(example->raster), 0);
    vdib_status status = vdib_raster_from_pairs(example->raster, steps, channels, 2, NULL);
    example->label = n;
    for (size_t i = 0; i < TARGETS; i++)
        example->target[i] = (float)(n + i);
    for (size_t i = 0; example->image != NULL && i < PIXELS; i++)
        example->image[i] = (float)n / (float)(i + 1);
    if (status == VDIB_OK)
        status = misbehave(p->fault, example);
    atomic_fetch_sub(&p->inside, 1);
    return status;
}

static void release(void *user) {
    atomic_fetch_add(&((program *)user)->released, 1);
}

static vdib_dataset_source source_of(program *p) {
    return (vdib_dataset_source){.size = sizeof(vdib_dataset_source),
                                 .train = TRAIN,
                                 .validation = VALIDATION,
                                 .test = TEST,
                                 .image_height = 2,
                                 .image_width = 3,
                                 .fetch = fetch,
                                 .user = p,
                                 .release = release,
                                 .name = "numbers"};
}

static void check_example(const vdib_dataset *dataset, vdib_split split, size_t index, uint32_t n,
                          vdib_example *example) {
    const uint32_t *channels = NULL;
    assert_ok(vdib_dataset_get(dataset, split, index, 1, example));
    assert_int_equal(example->index, index);
    assert_int_equal(example->label, n);
    assert_int_equal(vdib_raster_spikes(example->raster), 2);
    assert_int_equal(vdib_raster_at(example->raster, 2, &channels), 1);
    assert_int_equal(channels[0], (n + 5) % CHANNELS);
    for (size_t i = 0; i < TARGETS; i++)
        assert_true(example->target[i] == (float)(n + i));
    assert_true(example->image[4] == (float)n / 5.0F);
    assert_image_shape(example, 1, 2, 3);
    assert_null(example->step_labels);
}

static void examples_are_those_of_the_function(void **state) {
    (void)state;
    program p = {.fault = NONE};
    vdib_dataset_source source = source_of(&p);
    vdib_dataset *dataset = NULL;
    const size_t sizes[3] = {TRAIN, VALIDATION, TEST};
    assert_ok(vdib_dataset_create_callback(&shape, &source, &dataset));
    assert_int_equal(p.calls, 0);
    assert_non_null(strstr(vdib_dataset_summary(dataset), "numbers"));
    assert_non_null(strstr(vdib_dataset_summary(dataset), "47 train, 8 validation, 40 test"));
    vdib_example *example = new_example(dataset);
    for (int s = VDIB_SPLIT_TRAIN; s <= VDIB_SPLIT_TEST; s++) {
        assert_int_equal(vdib_dataset_size(dataset, (vdib_split)s), sizes[s]);
        for (size_t i = 0; i < sizes[s]; i++)
            check_example(dataset, (vdib_split)s, i, number_of((vdib_split)s, i), example);
    }
    assert_int_equal(p.calls, TRAIN + VALIDATION + TEST);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_get(dataset, VDIB_SPLIT_TEST, TEST, 1, example), "40");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_add(dataset, VDIB_SPLIT_TEST, example->raster, example->target, 0),
                 "vdib_dataset_create");
    vdib_example_destroy(example);
    assert_int_equal(p.released, 0);
    vdib_dataset_destroy(dataset);
    assert_int_equal(p.released, 1);
}

/* Without validation examples of its own: the split of a data set that holds the same number of examples. */
static void validation_is_taken_from_the_training_examples(void **state) {
    (void)state;
    program p = {.fault = NONE};
    vdib_dataset_source source = source_of(&p);
    vdib_dataset *lazy = NULL, *held = NULL;
    vdib_raster *raster = NULL;
    const float target[TARGETS] = {0};
    source.validation = 0;
    source.name = NULL;
    assert_ok(vdib_dataset_create_callback(&shape, &source, &lazy));
    assert_ok(vdib_dataset_create(&shape, &held));
    assert_ok(vdib_raster_create(CHANNELS, STEPS, &raster));
    for (uint32_t n = 0; n < TRAIN; n++)
        assert_ok(vdib_dataset_add(held, VDIB_SPLIT_TRAIN, raster, target, n));
    vdib_example *a = new_example(lazy), *b = new_example(held);
    for (int s = VDIB_SPLIT_TRAIN; s <= VDIB_SPLIT_VALIDATION; s++) {
        vdib_split split = (vdib_split)s;
        assert_int_equal(vdib_dataset_size(lazy, split), vdib_dataset_size(held, split));
        assert_true(vdib_dataset_size(lazy, split) > 0);
        for (size_t i = 0; i < vdib_dataset_size(lazy, split); i++) {
            assert_ok(vdib_dataset_get(held, split, i, 1, b));
            check_example(lazy, split, i, b->label,
                          a); /* the function was asked for the training example of that number */
        }
    }
    vdib_example_destroy(a);
    vdib_example_destroy(b);
    vdib_raster_destroy(raster);
    vdib_dataset_destroy(held);
    vdib_dataset_destroy(lazy);
}

static void failures_keep_their_message_and_say_where(void **state) {
    (void)state;
    static const struct {
        fault fault;
        vdib_status status;
        const char *part;
    } cases[] = {
        {FAILS, VDIB_ERROR_IO, "test example 7: the disk is on fire"},
        {FAILS_SILENTLY, VDIB_ERROR_DATA, "test example 7: the program's function returned ERROR_DATA"},
        {FAILS_ODDLY, VDIB_ERROR_DATA, "test example 7: the program's function returned UNKNOWN (4711)"},
        {CALLS_FAIL, VDIB_ERROR_ARGUMENT, "test example 7: vdib_raster_from_pairs: steps must not be NULL"},
        {LABEL, VDIB_ERROR_DATA, "test example 7: its label is 1000"},
        {TARGET, VDIB_ERROR_NUMERIC, "test example 7: value 2 of the target"},
        {IMAGE, VDIB_ERROR_NUMERIC, "test example 7: value 5 of the image"},
    };
    program p = {.fault = NONE};
    vdib_dataset_source source = source_of(&p);
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_dataset_create_callback(&shape, &source, &dataset));
    vdib_example *example = new_example(dataset);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        p.fault = cases[i].fault;
        assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_get(dataset, (vdib_split)7, 0, 1, example), "split 7");
        assert_fails(cases[i].status, vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 7, 1, example), cases[i].part);
    }
    p.fault = NONE; /* a success leaves the message of the last failure */
    check_example(dataset, VDIB_SPLIT_TEST, 7, number_of(VDIB_SPLIT_TEST, 7), example);
    assert_non_null(strstr(vdib_last_message(), "value 5 of the image"));
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* ---- threads ---- */

typedef struct crowd {
    const vdib_dataset *dataset;
    vdib_example *examples[TEST];
    atomic_int wrong;
} crowd;

static void fetch_one(const void *context, size_t i, size_t slot) {
    crowd *c = (crowd *)context;
    (void)slot;
    if (vdib_dataset_get(c->dataset, VDIB_SPLIT_TEST, i, 1, c->examples[i]) != VDIB_OK ||
        c->examples[i]->label != number_of(VDIB_SPLIT_TEST, i))
        atomic_fetch_add(&c->wrong, 1);
}

static void one_thread_at_a_time_unless_said(void **state) {
    (void)state;
    for (int parallel = 0; parallel <= 1; parallel++) {
        program p = {.fault = NONE};
        vdib_dataset_source source = source_of(&p);
        crowd c = {.wrong = 0};
        vdib_dataset *dataset = NULL;
        source.parallel = parallel == 1;
        assert_ok(vdib_dataset_create_callback(&shape, &source, &dataset));
        c.dataset = dataset;
        for (size_t i = 0; i < TEST; i++)
            c.examples[i] = new_example(dataset);
        for (int round = 0; round < 20; round++)
            vdib__parallel(4, TEST, fetch_one, &c);
        assert_int_equal(c.wrong, 0);
        assert_int_equal(p.calls, 20 * TEST);
        if (parallel == 0)
            assert_int_equal(p.most_inside, 1);
        for (size_t i = 0; i < TEST; i++)
            vdib_example_destroy(c.examples[i]);
        vdib_dataset_destroy(dataset);
    }
}

static void wrong_sources_are_refused(void **state) {
    (void)state;
    program p = {.fault = NONE};
    vdib_dataset_source source = source_of(&p), bad = source;
    vdib_geometry geometry = shape;
    vdib_dataset *dataset = NULL;
    bad.fetch = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_create_callback(&shape, &bad, &dataset), "fetch");
    bad = source;
    bad.image_width = 0;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_create_callback(&shape, &bad, &dataset), "2 x 0");
    bad = source;
    bad.train = (size_t)1 << 33;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_create_callback(&shape, &bad, &dataset), "2^32");
    bad = source;
    bad.size = 1;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_create_callback(&shape, &bad, &dataset), "vdib_dataset_source");
    geometry.classes = 0;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_dataset_create_callback(&geometry, &source, &dataset), "classes");
    assert_null(dataset);
    assert_int_equal(p.released, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_are_those_of_the_function),
        cmocka_unit_test(validation_is_taken_from_the_training_examples),
        cmocka_unit_test(failures_keep_their_message_and_say_where),
        cmocka_unit_test(one_thread_at_a_time_unless_said),
        cmocka_unit_test(wrong_sources_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
