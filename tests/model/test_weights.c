/* SPDX-License-Identifier: MIT */
/* Weights of another file: what is taken by name, and what is refused. */
#include "small_model.h"

#include <math.h>

#include "model/model.h"
#include "model/safetensors.h"

static char path[4096];

static const char *in(const char *folder, const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* The values of a tensor by name, malloc'ed. */
static float *values_of(const vdib_model *model, const char *name, size_t *count) {
    vdib_tensor_info info = {.size = sizeof info};
    for (size_t i = 0; i < vdib_model_tensor_count(model); i++) {
        assert_ok(vdib_model_tensor(model, i, &info));
        if (strcmp(info.name, name) != 0)
            continue;
        float *values = malloc(info.count * sizeof *values);
        assert_non_null(values);
        assert_ok(vdib_model_tensor_get(model, i, values));
        *count = info.count;
        return values;
    }
    fail_msg("there is no %s", name);
    return NULL;
}

static bool same(const vdib_model *a, const vdib_model *b, const char *name) {
    size_t counts[2] = {0, 0};
    float *of[2] = {values_of(a, name, &counts[0]), values_of(b, name, &counts[1])};
    assert_int_equal(counts[0], counts[1]);
    bool is = memcmp(of[0], of[1], counts[0] * sizeof(float)) == 0;
    free(of[0]);
    free(of[1]);
    return is;
}

/* Another seed: no tensor is the same. */
static void whole_models_are_taken(void **state) {
    (void)state;
    char *folder = support_folder(), digests[2][VDIB_MODEL_DIGEST];
    vdib_model *from = small_model((const char *const[]){"seed=6", NULL}), *to = small_model(NULL);
    vdib_weights_taken taken = {.size = sizeof taken};
    assert_ok(vdib_model_save(from, in(folder, "model.safetensors")));
    assert_false(same(from, to, "encoder.hidden.0.weight"));
    assert_ok(vdib_model_take_weights(to, path, &taken));
    assert_ok(vdib_model_digest(from, digests[0]));
    assert_ok(vdib_model_digest(to, digests[1]));
    assert_string_equal(digests[0], digests[1]);
    assert_int_equal(taken.taken, vdib_model_tensor_count(to));
    assert_int_equal(taken.kept + taken.unknown, 0);
    vdib_model_destroy(from);
    vdib_model_destroy(to);
    support_folder_remove(folder);
}

/* A state dict without metadata: one tensor of the model, one that it has not. */
static void parts_are_taken_by_name(void **state) {
    (void)state;
    char *folder = support_folder();
    vdib_model *model = small_model(NULL), *before = small_model(NULL);
    vdib_weights_taken taken = {.size = sizeof taken};
    float bias[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const vdib__safetensors_entry entries[] = {{"encoder.readout.bias", VDIB_DTYPE_F32, 1, {9}, bias},
                                               {"classifier.bias", VDIB_DTYPE_F32, 1, {2}, bias}};
    assert_ok(vdib__safetensors_write(in(folder, "state.safetensors"), entries, 2, NULL, 0));
    assert_ok(vdib_model_take_weights(model, path, &taken));
    assert_int_equal(taken.taken, 1);
    assert_int_equal(taken.unknown, 1);
    assert_int_equal(taken.kept, vdib_model_tensor_count(model) - 1);
    size_t count = 0;
    float *got = values_of(model, "encoder.readout.bias", &count);
    assert_memory_equal(got, bias, sizeof bias);
    free(got);
    assert_true(same(model, before, "encoder.hidden.0.weight"));
    assert_true(same(model, before, "decoder.fc.weight"));
    assert_ok(vdib_model_take_weights(model, path, NULL));
    vdib_model_destroy(before);
    vdib_model_destroy(model);
    support_folder_remove(folder);
}

static void bad_files_change_nothing(void **state) {
    (void)state;
    char *folder = support_folder(), digests[2][VDIB_MODEL_DIGEST];
    vdib_model *model = small_model(NULL);
    float values[14] = {0}, odd[14] = {[3] = NAN};
    const vdib__safetensors_entry none = {"classifier.bias", VDIB_DTYPE_F32, 1, {2}, values};
    const vdib__safetensors_entry shape[] = {{"encoder.hidden.0.bias", VDIB_DTYPE_F32, 1, {14}, values},
                                             {"encoder.readout.bias", VDIB_DTYPE_F32, 1, {8}, values}};
    const vdib__safetensors_entry nan[] = {{"encoder.hidden.0.bias", VDIB_DTYPE_F32, 1, {14}, odd}};
    assert_ok(vdib_model_digest(model, digests[0]));
    assert_fails(VDIB_ERROR_IO, vdib_model_take_weights(model, in(folder, "missing"), NULL), "missing");
    assert_ok(vdib__safetensors_write(in(folder, "none"), &none, 1, NULL, 0));
    assert_fails(VDIB_ERROR_DATA, vdib_model_take_weights(model, path, NULL), "none of the model's tensors");
    assert_ok(vdib__safetensors_write(in(folder, "shape"), shape, 2, NULL, 0));
    assert_fails(VDIB_ERROR_FORMAT, vdib_model_take_weights(model, path, NULL), "encoder.readout.bias");
    assert_ok(vdib__safetensors_write(in(folder, "nan"), nan, 1, NULL, 0));
    assert_fails(VDIB_ERROR_NUMERIC, vdib_model_take_weights(model, path, NULL), "element 3 is not finite");
    assert_ok(vdib_model_digest(model, digests[1]));
    assert_string_equal(digests[0], digests[1]);
    vdib_model_destroy(model);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole_models_are_taken),
                                       cmocka_unit_test(parts_are_taken_by_name),
                                       cmocka_unit_test(bad_files_change_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
