/* SPDX-License-Identifier: MIT */
#include "decoder/layers.h"

/* Some 20 microseconds of one core's arithmetic, several times what handing tasks to waiting threads takes. */
enum { WORTH_OPERATIONS = 400000 };

int vdib__threads_worth(int threads, size_t operations) {
    return operations < WORTH_OPERATIONS ? 1 : threads;
}
