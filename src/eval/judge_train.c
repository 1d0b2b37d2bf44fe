/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "eval/judge.h"
#include "learn/optimizer.h"

/* Presentations of the training: enough for ten thousand images of digits. Small sets are shown at most MOST times
 * over, large ones at least LEAST times. */
enum { PRESENTATIONS = 80000, MOST = 50, LEAST = 2, SHIFT = 1, SHIFT_LAYER = 255 };
#define LEARNING_RATE 4e-3F

typedef struct training {
    const vdib__images *images;
    size_t count;            /* of the images that are shown */
    uint64_t presentations;  /* in all */
    uint32_t *permutation;   /* (count) order of the epoch being shown */
    float *input;            /* (B, channels, height, width) */
    uint32_t *labels;        /* (B) */
    float *output_gradients; /* (B, classes) */
    float *gradients;        /* (table.trained) */
    vdib__optimizer optimizer;
} training;

static void free_training(training *t) {
    vdib__optimizer_free(&t->optimizer);
    vdib__free(t->gradients);
    vdib__free(t->output_gradients);
    vdib__free(t->labels);
    vdib__free(t->input);
    vdib__free(t->permutation);
}

static uint64_t choose_presentations(uint64_t images) {
    if (images * LEAST > PRESENTATIONS)
        return images * LEAST;
    return images * MOST < PRESENTATIONS ? images * MOST : PRESENTATIONS;
}

static vdib_status start_training(const vdib__judge *judge, const vdib__images *images, training *t) {
    *t = (training){.images = images, .count = vdib__judge_count(images)};
    t->presentations = choose_presentations(t->count);
    t->optimizer =
        (vdib__optimizer){.rule = &vdib__update_adam, .learning_rate = LEARNING_RATE, .count = judge->table.trained};
    VDIB_TRY(vdib__kernel_level_choose(&t->optimizer.level));
    VDIB_TRY(vdib__optimizer_start(&t->optimizer));
    VDIB_TRY(VDIB_NEW(&t->permutation, t->count));
    VDIB_TRY(VDIB_NEW(&t->input, VDIB_JUDGE_BATCH * judge->chain.inputs));
    VDIB_TRY(VDIB_NEW(&t->labels, VDIB_JUDGE_BATCH));
    VDIB_TRY(VDIB_NEW(&t->output_gradients, VDIB_JUDGE_BATCH * judge->classes));
    return VDIB_NEW(&t->gradients, judge->table.trained);
}

static size_t clamped(size_t position, int shift, size_t size) {
    long moved = (long)position - shift;
    return moved < 0 ? 0 : (moved >= (long)size ? size - 1 : (size_t)moved);
}

/* The image moved down and right; what comes in at an edge repeats that edge. */
static void copy_shifted(const float *image, size_t height, size_t width, int down, int right, float *shifted) {
    for (size_t row = 0; row < height; row++) {
        const float *source = image + clamped(row, down, height) * width;
        for (size_t column = 0; column < width; column++)
            shifted[row * width + column] = source[clamped(column, right, width)];
    }
}

/* Presentation number p of N images: that at place p % N of epoch p / N, shifted by what p draws. */
static void present(training *t, uint64_t p, size_t place) {
    const vdib__images *images = t->images;
    uint64_t epoch = p / t->count;
    if (p % t->count == 0) {
        vdib__key order = {.purpose = VDIB_PURPOSE_ORDER, .example = epoch, .layer = SHIFT_LAYER};
        vdib__random_permutation(&order, t->permutation, (uint32_t)t->count);
    }
    size_t index = t->permutation[p % t->count], map = images->height * images->width;
    size_t pixels = vdib__images_values(images);
    if (images->chosen != NULL)
        index = images->chosen[index];
    vdib__key key = {.purpose = VDIB_PURPOSE_CODING, .example = p, .layer = SHIFT_LAYER};
    int down = (int)(vdib__random_word(&key, 0, 0) % (2 * SHIFT + 1)) - SHIFT;
    int right = (int)(vdib__random_word(&key, 0, 1) % (2 * SHIFT + 1)) - SHIFT;
    for (size_t c = 0; c < pixels / map; c++)
        copy_shifted(images->pixels + index * pixels + c * map, images->height, images->width, down, right,
                     t->input + place * pixels + c * map);
    t->labels[place] = images->labels[index];
}

static vdib_status update(vdib__judge *judge, training *t, int threads, size_t count) {
    const float *logits = NULL;
    VDIB_TRY(vdib__chain_forward(&judge->chain, &judge->table, judge->parameters, threads, judge->workspace, t->input,
                                 count, &logits));
    for (size_t i = 0; i < count; i++)
        vdib__head_categorical.gradient(logits + i * judge->classes, judge->classes, NULL, t->labels[i],
                                        1.0F / (float)count, t->output_gradients + i * judge->classes);
    VDIB_TRY(vdib__chain_backward(&judge->chain, &judge->table, judge->parameters, threads, judge->workspace,
                                  t->output_gradients, count, NULL, t->gradients, NULL));
    vdib__optimizer_update(&t->optimizer, threads, judge->parameters, t->gradients, 0);
    return VDIB_OK;
}

float vdib__judge_learning_rate(uint64_t done, uint64_t presentations) {
    return LEARNING_RATE * (float)(1.0 - (double)done / (double)presentations);
}

vdib_status vdib__judge_train(vdib__judge *judge, const vdib__images *images, int threads) {
    training t;
    vdib_status status = start_training(judge, images, &t);
    for (uint64_t p = 0; p < t.presentations && status == VDIB_OK;) {
        size_t count = 0;
        t.optimizer.learning_rate = vdib__judge_learning_rate(p, t.presentations);
        if (judge->cancelled != NULL && judge->cancelled(judge->user)) {
            status = vdib__fail(VDIB_ERROR_CANCELLED, "the evaluation was stopped while its judge was trained");
            break;
        }
        for (; count < VDIB_JUDGE_BATCH && p < t.presentations; count++, p++)
            present(&t, p, count);
        status = update(judge, &t, threads, count);
    }
    free_training(&t);
    return status;
}
