/* SPDX-License-Identifier: MIT */
/* The digest of a model is what model.h says: computed here from the public tensors, one after another by name. */
#include "model/small_model.h"

#include "core/digest.h"

/* The tensor whose name comes next after `name`; the count of tensors if there is none. */
static size_t next_by_name(const vdib_model *model, const char *name) {
    size_t count = vdib_model_tensor_count(model), found = count;
    char best[256] = "";
    for (size_t i = 0; i < count; i++) {
        vdib_tensor_info info = {.size = sizeof info};
        assert_ok(vdib_model_tensor(model, i, &info));
        if (strcmp(info.name, name) > 0 && (found == count || strcmp(info.name, best) < 0)) {
            found = i;
            snprintf(best, sizeof best, "%s", info.name);
        }
    }
    return found;
}

static void plain_digest(const vdib_model *model, char text[VDIB_MODEL_DIGEST]) {
    vdib__digest digest;
    char name[256] = "";
    size_t seen = 0;
    vdib__digest_begin(&digest);
    for (size_t i; (i = next_by_name(model, name)) < vdib_model_tensor_count(model); seen++) {
        vdib_tensor_info info = {.size = sizeof info};
        assert_ok(vdib_model_tensor(model, i, &info));
        float *values = malloc(info.count * sizeof *values);
        assert_non_null(values);
        assert_ok(vdib_model_tensor_get(model, i, values));
        snprintf(name, sizeof name, "%s", info.name);
        vdib__digest_add(&digest, name, strlen(name) + 1);
        vdib__digest_add_number(&digest, info.rank);
        for (size_t axis = 0; axis < info.rank; axis++)
            vdib__digest_add_number(&digest, info.shape[axis]);
        vdib__digest_add(&digest, values, info.count * sizeof *values);
        free(values);
    }
    assert_int_equal(seen, vdib_model_tensor_count(model));
    vdib__digest_end(&digest, text);
}

static void it_is_the_sha_256_of_all_tensors_by_name(void **state) {
    (void)state;
    static const char *const rules[][3] = {{"learning.credit_assignment=dfa"},
                                           {"learning.credit_assignment=fa", "encoder.layers=[6, 14]"},
                                           {"learning.credit_assignment=bp", "decoder=conv"}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        vdib_model *model = small_model(rules[i]);
        char want[VDIB_MODEL_DIGEST], got[VDIB_MODEL_DIGEST];
        plain_digest(model, want);
        assert_ok(vdib_model_digest(model, got));
        assert_string_equal(got, want);
        vdib_model_destroy(model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_the_sha_256_of_all_tensors_by_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
