/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_RANKS_OF_THREADS_H
#define VDIB_TESTS_RANKS_OF_THREADS_H
/* Ranks of one process: each is a thread, and what they tell each other passes through memory. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "vdib/ranks.h"

enum { MOST_RANKS = 8 };

typedef struct meeting {
    size_t count;
    pthread_barrier_t barrier;
    const void *own[MOST_RANKS];
    size_t bytes[MOST_RANKS];
    size_t gatherings; /* so far */
} meeting;

/* One rank's place in a meeting, and what it received last. */
typedef struct seat {
    meeting *meeting;
    size_t rank;
    unsigned char *all;
    size_t fails_at; /* the gathering in which this one says that the others are gone; 0: none */
    size_t gatherings;
} seat;

static vdib_status meet(void *user, const void *own, size_t bytes, size_t *sizes, const void **all) {
    seat *s = user;
    meeting *m = s->meeting;
    size_t total = 0, place = 0;
    if (++s->gatherings == s->fails_at)
        return vdib_fail(VDIB_ERROR_IO, "the others are gone");
    m->own[s->rank] = own;
    m->bytes[s->rank] = bytes;
    pthread_barrier_wait(&m->barrier);
    for (size_t r = 0; r < m->count; r++)
        total += sizes[r] = m->bytes[r];
    free(s->all);
    s->all = malloc(total);
    for (size_t r = 0; r < m->count && s->all != NULL; place += sizes[r], r++)
        memcpy(s->all + place, m->own[r], sizes[r]);
    pthread_barrier_wait(&m->barrier); /* nobody takes its bytes away before */
    *all = s->all;
    return s->all != NULL ? VDIB_OK : vdib_fail(VDIB_ERROR_MEMORY, "a meeting has no memory");
}

static void meeting_begin(meeting *m, size_t count) {
    memset(m, 0, sizeof *m);
    m->count = count;
    pthread_barrier_init(&m->barrier, NULL, (unsigned)count);
}

static void meeting_end(meeting *m) {
    pthread_barrier_destroy(&m->barrier);
}

/* Runs members (count) of `size` bytes each, which begin with their seats, side by side. */
static void meeting_hold(void *members, size_t count, size_t size, void *(*attend)(void *member)) {
    meeting m;
    pthread_t threads[MOST_RANKS];
    meeting_begin(&m, count);
    for (size_t r = 0; r < count; r++) {
        seat *s = (seat *)(void *)((char *)members + r * size);
        s->meeting = &m;
        s->rank = r;
        assert_int_equal(pthread_create(&threads[r], NULL, attend, s), 0);
    }
    for (size_t r = 0; r < count; r++) {
        assert_int_equal(pthread_join(threads[r], NULL), 0);
        free(((seat *)(void *)((char *)members + r * size))->all);
    }
    meeting_end(&m);
}

/* Ranks of a seat. */
static vdib_ranks ranks_at(seat *s) {
    return (vdib_ranks){
        .size = sizeof(vdib_ranks), .count = s->meeting->count, .rank = s->rank, .gather = meet, .user = s};
}

#endif
