/* SPDX-License-Identifier: MIT */
/* A race on purpose, which the thread sanitizer must report: else what it says of the other tests is worth nothing. */
#include <pthread.h>
#include <stdio.h>

static int count;

static void *add(void *argument) {
    count++;
    return argument;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, add, NULL) != 0)
            return 1;
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    return printf("%d\n", count) < 0;
}
