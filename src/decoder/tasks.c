/* SPDX-License-Identifier: MIT */
#include <omp.h>

#include "decoder/layers.h"

/* Some 20 microseconds of one core's arithmetic, several times what entering a parallel region takes. */
enum { WORTH_OPERATIONS = 400000 };

void vdib__tasks_run(int threads, size_t count, vdib__task *task, const void *context) {
    if (threads <= 1 || count <= 1) {
        for (size_t i = 0; i < count; i++)
            task(context, i, 0);
        return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < count; i++)
        task(context, i, (size_t)omp_get_thread_num());
}

int vdib__threads_worth(int threads, size_t operations) {
    return operations < WORTH_OPERATIONS ? 1 : threads;
}
