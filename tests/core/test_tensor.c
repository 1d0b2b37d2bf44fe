/* SPDX-License-Identifier: MIT */
/* The table of tensors: layout, initial values, file and memory order. */
#include "support.h"

#include <math.h>

#include "core/alloc.h"
#include "core/random.h"
#include "core/tensor.h"

static vdib__tensor_table make_table(void) {
    vdib__tensor_table table = {0};
    size_t index = 99;
    static const uint8_t transposed[2] = {1, 0}, mixed[4] = {2, 0, 3, 1};
    assert_ok(vdib__tensor_add(&table, VDIB_TENSOR_DECODER, "decoder.weight", 2, (size_t[]){3, 5}, NULL, 0.5F, &index));
    assert_int_equal(index, 0);
    assert_ok(vdib__tensor_add(&table, VDIB_TENSOR_FIXED, "feedback", 1, (size_t[]){17}, NULL, 1.0F, NULL));
    assert_ok(
        vdib__tensor_add(&table, VDIB_TENSOR_ENCODER, "encoder.weight", 2, (size_t[]){4, 7}, transposed, 0.25F, NULL));
    assert_ok(vdib__tensor_add(&table, VDIB_TENSOR_ENCODER, "encoder.kernel", 4, (size_t[]){2, 3, 4, 5}, mixed, 2.0F,
                               &index));
    assert_int_equal(index, 3);
    vdib__tensor_layout(&table);
    return table;
}

static void parts_follow_one_another(void **state) {
    (void)state;
    vdib__tensor_table table = make_table();
    assert_int_equal(table.count, 4);
    assert_int_equal(table.tensors[2].offset, 0);
    assert_int_equal(table.tensors[3].offset, 32); /* 28 elements, a multiple of 16 */
    assert_int_equal(table.tensors[0].offset, 32 + 128);
    assert_int_equal(table.tensors[1].offset, 32 + 128 + 16);
    assert_int_equal(table.role_begin[VDIB_TENSOR_DECODER], 160);
    assert_int_equal(table.role_count[VDIB_TENSOR_ENCODER], 160);
    assert_int_equal(table.role_count[VDIB_TENSOR_DECODER], 16);
    assert_int_equal(table.role_count[VDIB_TENSOR_FIXED], 32);
    assert_int_equal(table.trained, 176);
    assert_int_equal(table.total, 208);
    assert_int_equal(table.tensors[1].shape[3], 1);
    assert_int_equal(table.tensors[3].count, 120);
    vdib__tensor_table_free(&table);
    vdib__tensor_table_free(&table);
}

/* Element (i, j) of a file lies at j * rows + i in memory; of four axes stored as (2, 0, 3, 1), likewise. */
static void memory_order_is_the_given_one(void **state) {
    (void)state;
    vdib__tensor_table table = make_table();
    float file[120], memory[120], back[120];
    for (int i = 0; i < 120; i++)
        file[i] = (float)i;
    vdib__tensor_from_file(&table.tensors[2], file, memory);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 7; j++)
            assert_true(memory[j * 4 + i] == file[i * 7 + j]);
    vdib__tensor_from_file(&table.tensors[3], file, memory);
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 3; b++)
            for (int c = 0; c < 4; c++)
                for (int d = 0; d < 5; d++)
                    assert_true(memory[((c * 2 + a) * 5 + d) * 3 + b] == file[((a * 3 + b) * 4 + c) * 5 + d]);
    vdib__tensor_to_file(&table.tensors[3], memory, back);
    assert_memory_equal(back, file, sizeof file);
    vdib__tensor_from_file(&table.tensors[0], file, memory);
    assert_memory_equal(memory, file, 15 * sizeof *file);
    vdib__tensor_table_free(&table);
}

static void initial_values_follow_the_file_order(void **state) {
    (void)state;
    vdib__tensor_table table = make_table();
    float values[208], again[208], file[120];
    vdib__tensor_initialise(&table, 7, values);
    vdib__tensor_initialise(&table, 7, again);
    assert_memory_equal(values, again, sizeof values);
    for (size_t i = 0; i < table.count; i++) {
        const vdib__tensor *tensor = &table.tensors[i];
        vdib__key key = {.seed = 7, .purpose = VDIB_PURPOSE_INIT, .example = i};
        vdib__tensor_to_file(tensor, values + tensor->offset, file);
        for (size_t e = 0; e < tensor->count; e++) {
            assert_true(fabsf(file[e]) <= tensor->bound);
            assert_true(file[e] == (2.0F * vdib__random_uniform(&key, 0, (uint32_t)e) - 1.0F) * tensor->bound);
        }
    }
    for (int i = 28; i < 32; i++)
        assert_true(values[i] == 0.0F); /* between tensors */
    vdib__tensor_initialise(&table, 8, again);
    assert_memory_not_equal(values, again, sizeof values);
    vdib__tensor_table_free(&table);
}

static void sizes_that_overflow_are_refused(void **state) {
    (void)state;
    vdib__tensor_table table = {0};
    assert_fails(VDIB_ERROR_MEMORY,
                 vdib__tensor_add(&table, VDIB_TENSOR_ENCODER, "huge", 2, (size_t[]){SIZE_MAX, 2}, NULL, 1.0F, NULL),
                 "tensor huge");
    assert_int_equal(table.count, 0);
    vdib__tensor_table_free(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_follow_one_another),
        cmocka_unit_test(memory_order_is_the_given_one),
        cmocka_unit_test(initial_values_follow_the_file_order),
        cmocka_unit_test(sizes_that_overflow_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
