/* SPDX-License-Identifier: MIT */
/* A fingerprint of a model's weights: what two models must share to give the same results. */

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/digest.h"
#include "core/error.h"
#include "model/model.h"

_Static_assert((int)VDIB_MODEL_DIGEST == (int)VDIB_DIGEST_TEXT, "room for a digest");

static int by_name(const void *left, const void *right) {
    const vdib__tensor *a = *(const vdib__tensor *const *)left, *b = *(const vdib__tensor *const *)right;
    return strcmp(a->name, b->name);
}

/* values (tensor->count) is scratch. */
static void add_tensor(vdib__digest *digest, const vdib__tensor *tensor, const float *parameters, float *values) {
    vdib__digest_add(digest, tensor->name, strlen(tensor->name) + 1);
    vdib__digest_add_number(digest, tensor->rank);
    for (size_t axis = 0; axis < tensor->rank; axis++)
        vdib__digest_add_number(digest, tensor->shape[axis]);
    vdib__tensor_to_file(tensor, parameters + tensor->offset, values);
    vdib__digest_add(digest, values, tensor->count * sizeof *values);
}

vdib_status vdib_model_digest(const vdib_model *model, char text[VDIB_MODEL_DIGEST]) {
    VDIB_REQUIRE(model, text);
    const vdib__tensor_table *table = &model->table;
    const vdib__tensor **sorted = NULL;
    float *values = NULL;
    size_t largest = 0;
    VDIB_TRY(VDIB_NEW(&sorted, table->count));
    for (size_t i = 0; i < table->count; i++) {
        sorted[i] = &table->tensors[i];
        largest = sorted[i]->count > largest ? sorted[i]->count : largest;
    }
    vdib_status status = VDIB_NEW(&values, largest);
    if (status == VDIB_OK) {
        vdib__digest digest;
        qsort(sorted, table->count, sizeof *sorted, by_name);
        vdib__digest_begin(&digest);
        for (size_t i = 0; i < table->count; i++)
            add_tensor(&digest, sorted[i], model->parameters, values);
        vdib__digest_end(&digest, text);
    }
    vdib__free(values);
    vdib__free(sorted);
    return status;
}
