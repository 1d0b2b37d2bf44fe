/* SPDX-License-Identifier: MIT */
/* Batches in a workspace of the caller's: the spikes of one example at a time, for any number of threads; what is
 * refused. */
#include "model/small_model.h"

#include <math.h>
#include <stdatomic.h>

enum { BATCH = 5, SEED = 21 };

static const char *const networks[][4] = {
    {NULL},
    {"encoder.layers=14,10", "readout.feedback=lateral", NULL},
    {"encoder.layers=conv4k3s1p1m2", "decoder=mlp", NULL},
    {"encoder.layers=[]", "decoder=conv", "decoder.window=0", NULL},
};
enum { NETWORKS = sizeof networks / sizeof networks[0] };

/* Rasters and their numbers, which are not 0, 1, 2, ... */
typedef struct inputs {
    vdib_raster *rasters[BATCH];
    const vdib_raster *given[BATCH];
    uint64_t indices[BATCH];
} inputs;

static inputs make_inputs(void) {
    inputs in;
    for (uint64_t i = 0; i < BATCH; i++) {
        in.given[i] = in.rasters[i] = small_raster(SMALL_STEPS, i);
        in.indices[i] = 7 * i + 3;
    }
    return in;
}

static void free_inputs(inputs *in) {
    for (size_t i = 0; i < BATCH; i++)
        vdib_raster_destroy(in->rasters[i]);
}

static void assert_same_raster(const vdib_raster *got, const vdib_raster *want) {
    const size_t *a = NULL, *b = NULL;
    const uint32_t *p = NULL, *q = NULL;
    assert_int_equal(vdib_raster_steps(got), vdib_raster_steps(want));
    assert_int_equal(vdib_raster_channels(got), vdib_raster_channels(want));
    assert_ok(vdib_raster_view(got, &a, &p));
    assert_ok(vdib_raster_view(want, &b, &q));
    assert_memory_equal(a, b, (vdib_raster_steps(want) + 1) * sizeof *a);
    assert_memory_equal(p, q, vdib_raster_spikes(want) * sizeof *p);
}

/* The first `count` examples of a batch against one example at a time. */
static void check(const vdib_model *model, vdib_batch *batch, const inputs *in, size_t count) {
    const vdib_raster *readouts[BATCH];
    const float *windows = NULL;
    size_t outputs = vdib_model_outputs(model);
    float got[BATCH * SMALL_OUTPUTS], want[SMALL_OUTPUTS];
    assert_int_equal(outputs, SMALL_OUTPUTS);
    assert_ok(vdib_batch_encode(batch, in->given, count, SEED, in->indices, readouts));
    assert_ok(vdib_batch_windows(batch, &windows));
    assert_ok(vdib_batch_decode(batch, windows, count, got));
    size_t window = vdib_model_window(model), spikes = 0;
    for (size_t i = 0; i < count; i++) {
        vdib_raster *readout = NULL;
        assert_ok(vdib_model_encode(model, in->given[i], SEED, in->indices[i], &readout));
        assert_same_raster(readouts[i], readout);
        assert_ok(vdib_model_decode(model, readout, want));
        assert_close(got + i * outputs, want, outputs, 1e-6);
        for (size_t t = 0; t < window; t++) {
            const uint32_t *channels = NULL;
            float row[SMALL_READOUTS] = {0};
            size_t found = vdib_raster_at(readout, SMALL_STEPS - window + t, &channels);
            for (size_t s = 0; s < found; s++)
                row[channels[s]] = 1.0F;
            assert_memory_equal(windows + (i * window + t) * SMALL_READOUTS, row, sizeof row);
            spikes += found;
        }
        vdib_raster_destroy(readout);
    }
    assert_true(spikes > 0 && spikes < count * window * SMALL_READOUTS);
}

static void batches_give_the_spikes_of_single_examples(void **state) {
    (void)state;
    inputs in = make_inputs();
    for (size_t n = 0; n < NETWORKS; n++)
        for (size_t threads = 1; threads <= 3; threads++) {
            vdib_model *model = small_model(networks[n]);
            vdib_batch *batch = NULL;
            assert_ok(vdib_batch_create(model, BATCH, SMALL_STEPS, 0, threads, &batch));
            check(model, batch, &in, BATCH);
            check(model, batch, &in, 2); /* fewer than there is room for; and again after others */
            vdib_batch_destroy(batch);
            vdib_model_destroy(model);
        }
    free_inputs(&in);
}

/* Memory that was set aside for fewer spikes than come grows. */
static void more_spikes_than_said_are_encoded_too(void **state) {
    (void)state;
    inputs in = make_inputs();
    vdib_model *model = small_model(NULL);
    vdib_batch *batch = NULL;
    assert_ok(vdib_batch_create(model, BATCH, SMALL_STEPS, 1, 1, &batch));
    check(model, batch, &in, BATCH);
    vdib_batch_destroy(batch);
    vdib_model_destroy(model);
    free_inputs(&in);
}

static void windows_of_the_callers_own_are_decoded(void **state) {
    (void)state;
    vdib_model *model = small_model(NULL);
    vdib_batch *batch = NULL;
    float windows[2 * 11 * SMALL_READOUTS], outputs[2 * SMALL_OUTPUTS], alone[SMALL_OUTPUTS];
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
        windows[i] = (float)(i % 5) / 4.0F;
    assert_ok(vdib_batch_create(model, 2, SMALL_STEPS, 0, 1, &batch));
    assert_ok(vdib_batch_decode(batch, windows, 2, outputs));
    assert_ok(vdib_batch_decode(batch, windows + 11 * SMALL_READOUTS, 1, alone));
    assert_close(outputs + SMALL_OUTPUTS, alone, SMALL_OUTPUTS, 1e-6);
    assert_true(memcmp(outputs, alone, sizeof alone) != 0);
    for (size_t i = 0; i < SMALL_OUTPUTS; i++)
        assert_true(outputs[i] > 0 && outputs[i] < 1); /* probabilities */
    vdib_batch_destroy(batch);
    vdib_model_destroy(model);
}

/* ---- no allocation ---- */

static atomic_int allocations;

static void *counting_allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    atomic_fetch_add(&allocations, 1);
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void counting_release(void *user, void *block) {
    (void)user;
    free(block);
}

/* The busiest inputs there can be, in a batch that has set memory aside for any. */
static void nothing_is_allocated_after_creation(void **state) {
    (void)state;
    const vdib_allocator counting = {
        .size = sizeof counting, .allocate = counting_allocate, .release = counting_release};
    static uint8_t full[SMALL_STEPS * SMALL_INPUTS];
    uint64_t indices[BATCH] = {0};
    float outputs[BATCH * SMALL_OUTPUTS];
    memset(full, 1, sizeof full);
    assert_ok(vdib_allocator_set(&counting));
    for (size_t n = 0; n < NETWORKS; n++)
        for (size_t threads = 1; threads <= 2; threads++) {
            inputs in = make_inputs();
            vdib_model *model = small_model(networks[n]);
            vdib_batch *batch = NULL;
            const vdib_raster *readouts[BATCH];
            const float *windows = NULL;
            assert_ok(vdib_batch_create(model, BATCH, SMALL_STEPS, 0, threads, &batch));
            assert_ok(vdib_raster_from_dense(in.rasters[1], full));
            int before = atomic_load(&allocations);
            assert_true(before > 0);
            for (int round = 0; round < 3; round++) {
                assert_ok(vdib_batch_encode(batch, in.given, BATCH, SEED, indices, readouts));
                assert_ok(vdib_batch_windows(batch, &windows));
                assert_ok(vdib_batch_decode(batch, windows, BATCH, outputs));
            }
            assert_int_equal(atomic_load(&allocations), before);
            vdib_batch_destroy(batch);
            vdib_model_destroy(model);
            free_inputs(&in);
        }
    assert_ok(vdib_allocator_set(NULL));
}

static void wrong_use_is_refused(void **state) {
    (void)state;
    inputs in = make_inputs();
    vdib_model *model = small_model(NULL);
    vdib_batch *batch = NULL;
    const float *windows = NULL;
    float outputs[SMALL_OUTPUTS];
    vdib_raster *other = small_raster(SMALL_STEPS + 1, 0);
    const vdib_raster *mixed[2] = {in.given[0], other}, *none[2] = {in.given[0], NULL};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_create(model, 0, SMALL_STEPS, 0, 1, &batch), "at least one example");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_create(model, 1, 10, 0, 1, &batch), "window of 11");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_create(model, 1, 0, 0, 1, &batch), "step");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_create(NULL, 1, SMALL_STEPS, 0, 1, &batch), "model must not be NULL");
    assert_null(batch);
    assert_ok(vdib_batch_create(model, 2, SMALL_STEPS, 0, 1, &batch));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_windows(batch, &windows), "vdib_batch_encode");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_encode(batch, in.given, 0, SEED, in.indices, NULL), "1 to 2");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_encode(batch, in.given, 3, SEED, in.indices, NULL), "1 to 2");
    assert_fails(VDIB_ERROR_DATA, vdib_batch_encode(batch, mixed, 2, SEED, in.indices, NULL), "raster 1 has 14 steps");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_encode(batch, none, 2, SEED, in.indices, NULL), "raster 1 is NULL");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_encode(batch, in.given, 2, SEED, NULL, NULL), "indices");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_batch_decode(batch, NULL, 1, outputs), "windows must not be NULL");
    vdib_batch_destroy(batch);
    vdib_batch_destroy(NULL);
    vdib_raster_destroy(other);
    vdib_model_destroy(model);
    free_inputs(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_give_the_spikes_of_single_examples),
        cmocka_unit_test(more_spikes_than_said_are_encoded_too),
        cmocka_unit_test(windows_of_the_callers_own_are_decoded),
        cmocka_unit_test(nothing_is_allocated_after_creation),
        cmocka_unit_test(wrong_use_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
