/* SPDX-License-Identifier: MIT */
/* Models to memory and back: the bytes of the file, and every damage noticed. */
#include "model/small_model.h"

#include <math.h>

#include "core/alloc.h"
#include "core/file.h"

static void memory_holds_the_bytes_of_the_file(void **state) {
    (void)state;
    char *folder = support_folder(), *path = NULL;
    uint8_t *file = NULL;
    void *bytes = NULL;
    size_t file_size = 0, size = 0;
    vdib_model *model = small_model(NULL), *loaded = NULL;
    assert_ok(vdib__path_join(folder, "model.safetensors", &path));
    assert_ok(vdib_model_save(model, path));
    assert_ok(vdib__file_read(path, &file, &file_size));
    assert_ok(vdib_model_save_memory(model, &bytes, &size));
    assert_int_equal(size, file_size);
    assert_memory_equal(bytes, file, size);
    assert_ok(vdib_model_load_memory(bytes, size, NULL, &loaded));
    memset(bytes, 0xFF, size); /* they need not stay */
    vdib_memory_free(bytes);
    char want[VDIB_MODEL_DIGEST], got[VDIB_MODEL_DIGEST];
    assert_ok(vdib_model_digest(model, want));
    assert_ok(vdib_model_digest(loaded, got));
    assert_string_equal(got, want);
    assert_int_equal(vdib_model_window(loaded), 11);
    assert_int_equal(vdib_model_readouts(loaded), SMALL_READOUTS);
    vdib_model_destroy(loaded);
    vdib_model_destroy(model);
    vdib__free(file);
    vdib__free(path);
    support_folder_remove(folder);
}

static void damaged_bytes_are_refused_by_their_name(void **state) {
    (void)state;
    void *bytes = NULL;
    size_t size = 0;
    vdib_model *model = small_model(NULL), *loaded = NULL;
    assert_ok(vdib_model_save_memory(model, &bytes, &size));
    assert_fails(VDIB_ERROR_FORMAT, vdib_model_load_memory(bytes, size - 1, "the cupboard", &loaded), "the cupboard");
    assert_fails(VDIB_ERROR_FORMAT, vdib_model_load_memory(bytes, 0, NULL, &loaded), "a model in memory");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_load_memory(NULL, size, NULL, &loaded), "bytes must not be NULL");
    const float nan = NAN;
    memcpy((uint8_t *)bytes + size - sizeof nan, &nan, sizeof nan);
    assert_fails(VDIB_ERROR_NUMERIC, vdib_model_load_memory(bytes, size, "the cupboard", &loaded), "the cupboard");
    assert_null(loaded);
    vdib_memory_free(bytes);
    vdib_memory_free(NULL);
    vdib_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_holds_the_bytes_of_the_file),
        cmocka_unit_test(damaged_bytes_are_refused_by_their_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
