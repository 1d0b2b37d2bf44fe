/* SPDX-License-Identifier: MIT */
/* Memory: zeroed, aligned, checked, replaceable. */
#include "support.h"

#include "core/alloc.h"
#include "core/raster.h"
#include "vdib/memory.h"

static void blocks_are_zeroed_and_aligned(void **state) {
    (void)state;
    for (size_t count = 0; count < 200; count += 13) {
        uint8_t *block = NULL;
        assert_ok(VDIB_NEW(&block, count));
        assert_int_equal((uintptr_t)block % 64, 0);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xAA, count);
        vdib__free(block);
    }
    vdib__free(NULL);
}

static void sizes_that_overflow_are_refused(void **state) {
    (void)state;
    double *block = NULL;
    size_t capacity = 0;
    assert_fails(VDIB_ERROR_MEMORY, VDIB_NEW(&block, SIZE_MAX / 8 + 1), "do not fit");
    assert_fails(VDIB_ERROR_MEMORY, VDIB_RESERVE(&block, &capacity, SIZE_MAX / 4), "do not fit");
    assert_null(block);
    assert_int_equal(capacity, 0);
}

static void reserves_keep_the_content(void **state) {
    (void)state;
    uint32_t *block = NULL;
    size_t capacity = 0, growths = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        size_t before = capacity;
        assert_ok(VDIB_RESERVE(&block, &capacity, i + 1));
        assert_true(capacity > i);
        growths += capacity != before;
        block[i] = i;
    }
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(block[i], i);
    assert_true(growths < 20); /* geometric */
    vdib__free(block);
}

static void strings_are_copied(void **state) {
    (void)state;
    char text[] = "spikes", *copy = NULL;
    assert_ok(vdib__strdup(text, &copy));
    text[0] = 'x';
    assert_string_equal(copy, "spikes");
    vdib__free(copy);
}

/* An allocator that counts, and fails from a given call on, or at that call alone. */
typedef struct counter {
    size_t calls, held, allowed;
    bool once;
} counter;

static void *counted_allocate(void *user, size_t size, size_t alignment) {
    counter *c = user;
    size_t call = c->calls++;
    if (c->once ? call == c->allowed : call >= c->allowed)
        return NULL;
    c->held++;
    assert_int_equal(size % alignment, 0);
    return aligned_alloc(alignment, size);
}

static void counted_release(void *user, void *block) {
    ((counter *)user)->held--;
    free(block);
}

static int restore_allocator(void **state) {
    (void)state;
    return vdib_allocator_set(NULL) == VDIB_OK ? 0 : -1;
}

static void the_allocator_can_be_replaced(void **state) {
    (void)state;
    counter c = {.allowed = SIZE_MAX};
    vdib_allocator allocator = {sizeof(vdib_allocator), counted_allocate, counted_release, &c};
    assert_ok(vdib_allocator_set(&allocator));
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(10, 10, &raster));
    assert_true(c.held > 0);
    vdib_raster_destroy(raster);
    assert_int_equal(c.held, 0);
    allocator.release = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_allocator_set(&allocator), "both functions");
}

/* Bins three events and turns them with one allocator; what it says. */
static vdib_status bin_with(counter *c) {
    static const vdib_event events[] = {{0, 1, 1, 1}, {5, 2, 0, 0}, {25, 0, 0, 1}};
    static const vdib_binning binning = {
        .size = sizeof(vdib_binning), .width = 3, .height = 2, .polarities = 2, .steps = 4, .step_us = 10};
    vdib_allocator allocator = {sizeof(vdib_allocator), counted_allocate, counted_release, c};
    assert_ok(vdib_allocator_set(&allocator));
    vdib_raster *raster = NULL, *turned = NULL;
    vdib_status status = vdib_raster_create(12, 4, &raster);
    if (status == VDIB_OK)
        status = vdib_raster_bin(raster, events, 3, &binning, NULL);
    if (status == VDIB_OK)
        status = vdib_raster_by_channel(raster, &turned);
    if (status != VDIB_OK)
        support_assert_message("out of memory", __FILE__, __LINE__);
    else
        assert_true(vdib_raster_spikes(raster) == 3 && vdib_raster_spikes(turned) == 3);
    vdib_raster_destroy(turned);
    vdib_raster_destroy(raster);
    assert_int_equal(c->held, 0);
    assert_ok(vdib_allocator_set(NULL));
    return status;
}

/* Whichever allocation fails, alone or with all after it, it is reported and nothing leaks. */
static void running_out_of_memory_is_reported(void **state) {
    (void)state;
    counter enough = {.allowed = SIZE_MAX};
    assert_ok(bin_with(&enough));
    assert_true(enough.calls > 5);
    for (size_t allowed = 0; allowed < enough.calls; allowed++)
        for (int once = 0; once < 2; once++) {
            counter scarce = {.allowed = allowed, .once = once};
            assert_int_equal(bin_with(&scarce), VDIB_ERROR_MEMORY);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_and_aligned),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(reserves_keep_the_content),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test_teardown(the_allocator_can_be_replaced, restore_allocator),
        cmocka_unit_test_teardown(running_out_of_memory_is_reported, restore_allocator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
