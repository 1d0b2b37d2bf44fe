/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CORE_MATRICES_H
#define TESTS_CORE_MATRICES_H

#include "core/random.h"
#include "support.h"

/* Numbers from -0.5 to 0.5, others for each `number`; freed with free(). */
static inline float *random_matrix(size_t count, uint64_t number) {
    float *values = malloc((count + 1) * sizeof *values);
    assert_non_null(values);
    vdib__key key = {.seed = 41, .purpose = VDIB_PURPOSE_INIT, .example = number};
    for (size_t i = 0; i < count; i++)
        values[i] = vdib__random_uniform(&key, 0, (uint32_t)i) - 0.5F;
    return values;
}

#endif
