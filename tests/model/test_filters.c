/* SPDX-License-Identifier: MIT */
/* Filters that learn: a tensor of the model that begins as raised cosines, is kept in its file, and acts. */
#include "model/small_model.h"

#include <math.h>

#include "core/file.h"
#include "model/model.h"

enum { BASES = 3, TAPS = 5 };

static const char *const LEARNT[] = {"readout.bases=3", "readout.filter_steps=5", "readout.learns_filters=true", NULL};
static const char *const FIXED[] = {"readout.bases=3", "readout.filter_steps=5", NULL};

/* Number of a tensor; the count if there is none. */
static size_t find(const vdib_model *model, const char *name) {
    size_t i = 0;
    for (; i < vdib_model_tensor_count(model); i++) {
        vdib_tensor_info info = {.size = sizeof info};
        assert_ok(vdib_model_tensor(model, i, &info));
        if (strcmp(info.name, name) == 0)
            break;
    }
    return i;
}

static void they_begin_as_raised_cosines(void **state) {
    (void)state;
    vdib_model *learnt = small_model(LEARNT), *fixed = small_model(FIXED);
    size_t number = find(learnt, "encoder.readout.basis");
    vdib_tensor_info info = {.size = sizeof info};
    float taps[BASES * TAPS];
    assert_int_equal(find(fixed, "encoder.readout.basis"), vdib_model_tensor_count(fixed));
    assert_ok(vdib_model_tensor(learnt, number, &info));
    assert_int_equal(info.rank, 2);
    assert_int_equal(info.shape[0], BASES);
    assert_int_equal(info.shape[1], TAPS);
    assert_ok(vdib_model_tensor_get(learnt, number, taps));
    const double pi = acos(-1.0), mu = 0.5, shift = TAPS / 10.0;
    double spacing = (log(TAPS - 1 + shift) - log(shift)) / (BASES - 1);
    for (int k = 0; k < BASES; k++)
        for (int lag = 0; lag < TAPS; lag++) {
            double phase = mu * pi * (log(lag + shift) - log(shift) - k * spacing) / spacing;
            double want = 0.5 * (1 + cos(fmax(-pi, fmin(pi, phase))));
            assert_true(fabs((double)taps[k * TAPS + lag] - want) < 1e-6);
        }
    vdib_model_destroy(fixed);
    vdib_model_destroy(learnt);
}

/* Potentials (steps, readouts) of a raster, malloc'ed. */
static float *potentials_of(const vdib_model *model, const vdib_raster *raster) {
    vdib__batch *batch = NULL;
    size_t count = SMALL_STEPS * SMALL_READOUTS;
    const uint64_t index = 0;
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    assert_ok(vdib__batch_create(model, 1, 1, SMALL_STEPS, 1, &batch));
    assert_ok(vdib__batch_encode(model, 1, batch, &raster, 4, VDIB_STAGE_EVALUATION, &index, 1));
    memcpy(values, batch->trials[0]->potentials + batch->trials[0]->blank_steps * SMALL_READOUTS,
           count * sizeof *values);
    vdib__batch_destroy(batch);
    return values;
}

static void assert_same_potentials(const vdib_model *a, const vdib_model *b, bool same) {
    vdib_raster *raster = small_raster(SMALL_STEPS, 1);
    float *first = potentials_of(a, raster), *second = potentials_of(b, raster);
    assert_int_equal(memcmp(first, second, SMALL_STEPS * SMALL_READOUTS * sizeof *first) == 0, same);
    free(second), free(first);
    vdib_raster_destroy(raster);
}

/* A model whose filters have not moved yet encodes as one without learnt filters; one whose filters have moved keeps
 * them in its file. */
static void they_act_and_are_kept(void **state) {
    (void)state;
    vdib_model *learnt = small_model(LEARNT), *fixed = small_model(FIXED), *loaded = NULL;
    char *folder = support_folder(), path[4096], before[VDIB_MODEL_DIGEST], after[VDIB_MODEL_DIGEST],
         again[VDIB_MODEL_DIGEST];
    float taps[BASES * TAPS], back[BASES * TAPS];
    assert_same_potentials(learnt, fixed, true);
    assert_ok(vdib_model_digest(learnt, before));
    for (size_t i = 0; i < BASES * TAPS; i++)
        taps[i] = (float)i * 0.125F - 0.5F;
    assert_ok(vdib_model_tensor_set(learnt, find(learnt, "encoder.readout.basis"), taps));
    assert_ok(vdib_model_digest(learnt, after));
    assert_string_not_equal(before, after);
    assert_same_potentials(learnt, fixed, false);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    assert_ok(vdib_model_save(learnt, path));
    assert_ok(vdib_model_load(path, &loaded));
    assert_ok(vdib_model_tensor_get(loaded, find(loaded, "encoder.readout.basis"), back));
    assert_memory_equal(back, taps, sizeof taps);
    assert_ok(vdib_model_digest(loaded, again));
    assert_string_equal(again, after);
    assert_same_potentials(loaded, learnt, true);
    vdib_model_destroy(loaded);
    vdib_model_destroy(fixed);
    vdib_model_destroy(learnt);
    support_folder_remove(folder);
}

static void their_length_may_be_a_time(void **state) {
    (void)state;
    static const char *const timed[] = {"readout.bases=3", "readout.filter_us=9", "data.step_us=2",
                                        "readout.learns_filters=true", NULL};
    vdib_model *by_time = small_model(timed), *by_steps = small_model(LEARNT);
    vdib_tensor_info info = {.size = sizeof info};
    assert_ok(vdib_model_tensor(by_time, find(by_time, "encoder.readout.basis"), &info));
    assert_int_equal(info.shape[1], 5);
    assert_same_potentials(by_time, by_steps, true);
    vdib_model_destroy(by_steps);
    vdib_model_destroy(by_time);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_begin_as_raised_cosines),
        cmocka_unit_test(they_act_and_are_kept),
        cmocka_unit_test(their_length_may_be_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
