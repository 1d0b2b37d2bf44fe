/* SPDX-License-Identifier: MIT */
/* The predictor that always answers one class. */
#include "data/blobs.h"
#include "data/inputs.h"
#include "eval/evaluate.h"
#include "support.h"

static void units_differ_where_the_pairs_do(void **state) {
    (void)state;
    uint32_t both = vdib__blobs_class(3, 7), one = vdib__blobs_class(7, 11), none = vdib__blobs_class(0, 19);
    double got[] = {vdib__class_mse(&vdib__target_units, VDIB_BLOB_CLASSES, both, both),
                    vdib__class_mse(&vdib__target_units, VDIB_BLOB_CLASSES, both, one),
                    vdib__class_mse(&vdib__target_units, VDIB_BLOB_CLASSES, both, none),
                    vdib__class_mse(&vdib__target_units, VDIB_BLOB_CLASSES, vdib__blobs_class(3, 3), both)};
    double want[] = {0, 2.0 / 20, 4.0 / 20, 1.0 / 20};
    assert_close_double(got, want, 4, 1e-15);
}

static void the_most_frequent_class_is_the_answer(void **state) {
    (void)state;
    uint64_t counts[VDIB_BLOB_CLASSES] = {0};
    uint32_t often = vdib__blobs_class(4, 5), near = vdib__blobs_class(5, 6), far = vdib__blobs_class(10, 12);
    counts[often] = 5;
    counts[near] = 3;
    counts[far] = 2;
    vdib__constant constant = vdib__constant_predictor(&vdib__target_units, counts, VDIB_BLOB_CLASSES);
    assert_int_equal(constant.answer, often);
    double got[] = {constant.accuracy, constant.mse}, want[] = {0.5, (3 * 0.1 + 2 * 0.2) / 10};
    assert_close_double(got, want, 2, 1e-12);
}

/* Classes that stand for nothing but themselves. */
static void other_classes_are_one_hot(void **state) {
    (void)state;
    const uint64_t counts[4] = {1, 0, 3, 0};
    vdib__constant constant = vdib__constant_predictor(&vdib__target_class, counts, 4);
    assert_int_equal(constant.answer, 2);
    double got[] = {constant.accuracy, constant.mse, vdib__class_mse(&vdib__target_class, 4, 3, 3)};
    double want[] = {0.75, 0.25 * 2 / 4, 0};
    assert_close_double(got, want, 3, 1e-15);
}

static void ties_go_to_the_lowest_class(void **state) {
    (void)state;
    uint64_t counts[VDIB_BLOB_CLASSES] = {0};
    counts[209] = counts[17] = counts[180] = 4;
    assert_int_equal(vdib__constant_predictor(&vdib__target_units, counts, VDIB_BLOB_CLASSES).answer, 17);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_differ_where_the_pairs_do),
        cmocka_unit_test(the_most_frequent_class_is_the_answer),
        cmocka_unit_test(other_classes_are_one_hot),
        cmocka_unit_test(ties_go_to_the_lowest_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
