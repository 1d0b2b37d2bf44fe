/* SPDX-License-Identifier: MIT */
/* Ranks by MPI: every gathering is one MPI_Allgather of sizes and one MPI_Allgatherv of bytes; on one machine the bytes
 * go through memory that the ranks share. */
#include "mpi/module.h"

#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mpi/shared.h"
#include "mpi/watch.h"

/* Rounds of looking before a rank sleeps between two looks: others may use its core meanwhile. */
enum { LOOKS = 2000, LONGEST_SLEEP = 1000000 /* ns */ };

static struct {
    int rank, count;
    unsigned char *all; /* (room) bytes of the last gathering */
    size_t room;
    int *counts, *places;
    uint64_t *sizes;
    vdib_mpi_traffic traffic;
} mpi;

/* Waits without keeping the core from others for long. */
static int wait_for(MPI_Request *request) {
    struct timespec pause = {.tv_nsec = 20000};
    int done = 0, error = MPI_SUCCESS;
    for (long looks = 0; error == MPI_SUCCESS && !done; looks++) {
        error = MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (done || error != MPI_SUCCESS)
            break;
        if (looks < LOOKS) {
            sched_yield();
            continue;
        }
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < LONGEST_SLEEP)
            pause.tv_nsec += pause.tv_nsec / 8;
    }
    return error;
}

static vdib_status lost(int error) {
    char text[MPI_MAX_ERROR_STRING] = "", message[MPI_MAX_ERROR_STRING + 64];
    int length = 0;
    (void)MPI_Error_string(error, text, &length);
    snprintf(message, sizeof message, "MPI has failed (%s)", text);
    return vdib_fail(VDIB_ERROR_IO, message);
}

/* Bytes that MPI's counts cannot number: one rank after the other, in parts. */
static int gather_parts(const void *own, size_t bytes) {
    size_t place = 0;
    int error = MPI_SUCCESS;
    for (int r = 0; r < mpi.count; r++) {
        if (r == mpi.rank)
            memcpy(mpi.all + place, own, bytes);
        for (size_t done = 0; done < mpi.sizes[r] && error == MPI_SUCCESS;) {
            size_t left = mpi.sizes[r] - done, some = left < (1U << 30) ? left : 1U << 30;
            error = MPI_Bcast(mpi.all + place + done, (int)some, MPI_BYTE, r, MPI_COMM_WORLD);
            done += some;
        }
        place += mpi.sizes[r];
    }
    return error;
}

/* All have read what lay there: they have come to tell their sizes. */
static int gather_shared(const void *own, size_t bytes, unsigned char *to) {
    MPI_Request request;
    for (int r = 0; r < mpi.rank; r++)
        to += mpi.sizes[r];
    memcpy(to, own, bytes);
    int error = MPI_Ibarrier(MPI_COMM_WORLD, &request);
    return error != MPI_SUCCESS ? error : wait_for(&request);
}

static int gather_sent(const void *own, size_t bytes, size_t total) {
    size_t place = 0;
    MPI_Request request;
    if (total > INT_MAX)
        return gather_parts(own, bytes);
    for (int r = 0; r < mpi.count; r++) {
        mpi.counts[r] = (int)mpi.sizes[r];
        mpi.places[r] = (int)place;
        place += mpi.sizes[r];
    }
    int error =
        MPI_Iallgatherv(own, (int)bytes, MPI_BYTE, mpi.all, mpi.counts, mpi.places, MPI_BYTE, MPI_COMM_WORLD, &request);
    return error != MPI_SUCCESS ? error : wait_for(&request);
}

static bool make_room(size_t total) {
    if (total > mpi.room) {
        free(mpi.all);
        mpi.room = total + total / 4;
        mpi.all = malloc(mpi.room);
    }
    return mpi.all != NULL;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static vdib_status gather(void *user, const void *own, size_t bytes, size_t *sizes, const void **all) {
    double began = seconds();
    uint64_t mine = bytes;
    size_t total = 0;
    MPI_Request request;
    (void)user;
    int error = MPI_Iallgather(&mine, 1, MPI_UINT64_T, mpi.sizes, 1, MPI_UINT64_T, MPI_COMM_WORLD, &request);
    if (error == MPI_SUCCESS)
        error = wait_for(&request);
    if (error != MPI_SUCCESS)
        return lost(error);
    for (int r = 0; r < mpi.count; r++)
        total += sizes[r] = mpi.sizes[r];
    unsigned char *shared = shared_room(total);
    if (shared == NULL && !make_room(total))
        return vdib_fail(VDIB_ERROR_MEMORY, "there is no memory for what the ranks tell each other");
    error = shared != NULL ? gather_shared(own, bytes, shared) : gather_sent(own, bytes, total);
    *all = shared != NULL ? shared : mpi.all;
    mpi.traffic.bytes += bytes;
    mpi.traffic.gatherings++;
    mpi.traffic.seconds += seconds() - began;
    return error == MPI_SUCCESS ? VDIB_OK : lost(error);
}

/* Ranks on the same machine. */
static size_t count_neighbours(void) {
    MPI_Comm here;
    int count = 1;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here) == MPI_SUCCESS) {
        MPI_Comm_size(here, &count);
        MPI_Comm_free(&here);
    }
    return (size_t)count;
}

/* All ranks watch, or none. */
static void begin_watch(void) {
    watch_place place = {.port = 0};
    int here, everywhere = 0;
    if (mpi.rank == 0)
        watch_offer(&place);
    MPI_Bcast(&place, (int)sizeof place, MPI_BYTE, 0, MPI_COMM_WORLD);
    here = watch_connect(&place, (size_t)mpi.rank, (size_t)mpi.count);
    MPI_Allreduce(&here, &everywhere, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (everywhere)
        watch_begin();
    else if (mpi.rank == 0)
        fputs("vdib: the ranks cannot reach rank 0 by TCP: one that dies or stops is left for MPI to notice\n", stderr);
}

static vdib_status begin(vdib_ranks *ranks, size_t *neighbours) {
    int provided = 0;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        return vdib_fail(VDIB_ERROR_UNSUPPORTED, "MPI does not begin");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &mpi.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &mpi.count);
    mpi.sizes = calloc((size_t)mpi.count, sizeof *mpi.sizes);
    mpi.counts = calloc((size_t)mpi.count, sizeof *mpi.counts);
    mpi.places = calloc((size_t)mpi.count, sizeof *mpi.places);
    if (mpi.sizes == NULL || mpi.counts == NULL || mpi.places == NULL)
        return vdib_fail(VDIB_ERROR_MEMORY, "there is no memory to begin MPI");
    *neighbours = count_neighbours();
    if (mpi.count > 1)
        begin_watch();
    shared_begin(*neighbours == (size_t)mpi.count);
    const char *updates = getenv("VDIB_MPI_UPDATES");
    *ranks = (vdib_ranks){.size = sizeof *ranks,
                          .count = (size_t)mpi.count,
                          .rank = (size_t)mpi.rank,
                          .gather = gather,
                          .whole_updates = updates != NULL && strcmp(updates, "whole") == 0};
    return VDIB_OK;
}

static vdib_mpi_traffic traffic(void) {
    return mpi.traffic;
}

static void end(void) {
    watch_end();
    shared_end();
    MPI_Finalize();
    free(mpi.all);
    free(mpi.places);
    free(mpi.counts);
    free(mpi.sizes);
}

const vdib_mpi_module vdib_mpi = {.begin = begin, .traffic = traffic, .end = end};
