/* SPDX-License-Identifier: MIT */
#include "core/threads.h"

#include <omp.h>

int vdib__threads(size_t requested) {
    size_t threads = requested != 0 ? requested : (size_t)omp_get_num_procs();
    if (threads < 1)
        threads = 1;
    return threads > 256 ? 256 : (int)threads;
}
