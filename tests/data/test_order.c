/* SPDX-License-Identifier: MIT */
/* The order of training examples: every epoch a permutation of its own, a function of (seed, presentation). */
#include "datasets.h"

enum { COUNT = 27, EPOCHS = 4 };

/* 30 training examples, 3 of which are for validation. */
static vdib_dataset *new_dataset(size_t examples) {
    static const vdib_geometry geometry = {.size = sizeof(vdib_geometry),
                                           .input_channels = 1,
                                           .input_height = 1,
                                           .input_width = 1,
                                           .steps = 1,
                                           .classes = 1};
    vdib_dataset *dataset = NULL;
    vdib_raster *raster = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    assert_ok(vdib_raster_create(1, 1, &raster));
    for (size_t i = 0; i < examples; i++)
        assert_ok(vdib_dataset_add(dataset, VDIB_SPLIT_TRAIN, raster, NULL, 0));
    vdib_raster_destroy(raster);
    return dataset;
}

static void order_of(const vdib_dataset *dataset, uint64_t seed, size_t indices[EPOCHS * COUNT]) {
    vdib__order order;
    assert_ok(vdib__order_create(dataset, seed, &order));
    for (size_t p = 0; p < EPOCHS * COUNT; p++)
        indices[p] = vdib__order_index(&order, p);
    vdib__order_free(&order);
}

static void every_epoch_is_a_permutation(void **state) {
    (void)state;
    vdib_dataset *dataset = new_dataset(30);
    size_t indices[EPOCHS * COUNT];
    order_of(dataset, support_seed(8), indices);
    for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
        int seen[COUNT] = {0};
        for (size_t i = 0; i < COUNT; i++) {
            assert_in_range(indices[epoch * COUNT + i], 0, COUNT - 1);
            assert_int_equal(seen[indices[epoch * COUNT + i]]++, 0);
        }
        for (size_t other = 0; other < epoch; other++)
            assert_memory_not_equal(indices + epoch * COUNT, indices + other * COUNT, COUNT * sizeof *indices);
    }
    vdib_dataset_destroy(dataset);
}

static void the_seed_decides(void **state) {
    (void)state;
    vdib_dataset *dataset = new_dataset(30);
    size_t first[EPOCHS * COUNT], again[EPOCHS * COUNT], other[EPOCHS * COUNT];
    order_of(dataset, 5, first);
    order_of(dataset, 5, again);
    order_of(dataset, 6, other);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
    vdib_dataset_destroy(dataset);
}

/* A resumed run asks for presentations in the middle first. */
static void presentations_may_be_asked_in_any_order(void **state) {
    (void)state;
    vdib_dataset *dataset = new_dataset(30);
    size_t indices[EPOCHS * COUNT];
    order_of(dataset, 5, indices);
    vdib__order order;
    assert_ok(vdib__order_create(dataset, 5, &order));
    for (size_t p = EPOCHS * COUNT; p-- > 0;)
        assert_int_equal(vdib__order_index(&order, p), indices[p]);
    for (size_t p = 3; p < EPOCHS * COUNT; p += 41)
        assert_int_equal(vdib__order_index(&order, p), indices[p]);
    vdib__order_free(&order);
    vdib__order_free(&order);
    vdib_dataset_destroy(dataset);
}

static void endless_data_are_shown_as_they_come(void **state) {
    (void)state;
    vdib_dataset *dataset = open_dataset(parameters_of(NULL, NULL, &vdib__input_blobs, &vdib__target_units));
    vdib__order order;
    assert_ok(vdib__order_create(dataset, 5, &order));
    assert_int_equal(vdib__order_index(&order, 0), 0);
    assert_int_equal(vdib__order_index(&order, 987654321), 987654321);
    vdib__order_free(&order);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_epoch_is_a_permutation),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(presentations_may_be_asked_in_any_order),
        cmocka_unit_test(endless_data_are_shown_as_they_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
