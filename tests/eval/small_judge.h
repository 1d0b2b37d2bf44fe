/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVAL_SMALL_JUDGE_H
#define VDIB_TESTS_EVAL_SMALL_JUDGE_H
/* The judge of small data sets. */

#include "core/alloc.h"
#include "eval/judge.h"
#include "eval/small_data.h"

/* The judge of the training targets, as an evaluation makes it. */
static inline vdib__judge *small_judge(const vdib_dataset *dataset) {
    size_t count = vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN);
    vdib__images images = {.count = count, .height = SMALL_SIDE, .width = SMALL_SIDE};
    vdib_example *example = NULL;
    vdib__judge *judge = NULL;
    assert_ok(VDIB_NEW(&images.pixels, count * SMALL_PIXELS));
    assert_ok(VDIB_NEW(&images.labels, count));
    assert_ok(vdib_example_create(dataset, &example));
    for (size_t i = 0; i < count; i++) {
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 0, example));
        memcpy(images.pixels + i * SMALL_PIXELS, example->target, SMALL_PIXELS * sizeof(float));
        images.labels[i] = example->label;
    }
    assert_ok(vdib__judge_open(&images, 1, &judge));
    vdib_example_destroy(example);
    vdib__free(images.labels);
    vdib__free(images.pixels);
    return judge;
}

#endif
