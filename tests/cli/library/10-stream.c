/* SPDX-License-Identifier: MIT */
#include "frame.h"

static void visit(void *user, uint64_t step, const uint32_t *spikes, size_t count) {
    (void)spikes, (void)count;
    *(uint64_t *)user = step + 1;
}

int main(void) {
    const uint64_t seed = 3, index = 0;
    const vdib_event events[] = {{.t = 0, .x = 3, .y = 0, .polarity = 1}, {.t = 10000, .x = 5, .y = 0, .polarity = 0}};
    const size_t count = 2;
    uint64_t steps = 0, *user = &steps;
    vdib_model *model = small_model();
    vdib_stream *stream = NULL;
    float output[PIXELS] = {0};
    {
#include BLOCK
    } vdib_stream_destroy(stream);
    vdib_model_destroy(model);
    return steps == 2 && output[0] > 0 ? finish() : 1; /* of 3.75 ms */
}
