/* SPDX-License-Identifier: MIT */
/* A race on purpose, which the thread sanitizer must report: else what it says of the other tests is worth nothing. */
#include <stdio.h>

int main(void) {
    int count = 0;
#pragma omp parallel num_threads(2)
    count++;
    return printf("%d\n", count) < 0;
}
