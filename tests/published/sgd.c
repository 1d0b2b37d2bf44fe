/* SPDX-License-Identifier: MIT */
/* The score-function SGD of the published system: increments between steps (sgd_* vectors). */
#include "published.h"

#include "learn/optimizer.h"

void published_sgd(void **state) {
    (void)state;
    size_t shape[4], loss_shape[4], weight_shape[4];
    float *gradients = support_vector("sgd_grad", shape), *losses = support_vector("sgd_loss", loss_shape);
    float *weights = support_vector("sgd_w", weight_shape);
    size_t updates = shape[0], count = shape[1];
    assert_int_equal(loss_shape[0], updates);
    assert_int_equal(weight_shape[0], updates + 1);
    assert_int_equal(weight_shape[1], count);
    vdib__optimizer optimizer = {
        .rule = &vdib__update_sgd, .learning_rate = 0.05F, .baseline = true, .memory = 1.0F - 0.99F, .count = count};
    assert_ok(vdib__optimizer_start(&optimizer));
    float *now = malloc(count * sizeof *now), *moved = malloc(count * sizeof *moved),
          *want = malloc(count * sizeof *want);
    memcpy(now, weights, count * sizeof *now);
    for (size_t n = 0; n < updates; n++) {
        memcpy(moved, now, count * sizeof *moved);
        vdib__optimizer_update(&optimizer, 1, now, gradients + n * count, losses[n]);
        for (size_t i = 0; i < count; i++) {
            moved[i] = now[i] - moved[i];
            want[i] = weights[(n + 1) * count + i] - weights[n * count + i];
        }
        assert_close(moved, want, count, 1e-3);
        assert_close(now, weights + (n + 1) * count, count, 1e-6);
    }
    vdib__optimizer_free(&optimizer);
    free(want), free(moved), free(now), free(weights), free(losses), free(gradients);
}
