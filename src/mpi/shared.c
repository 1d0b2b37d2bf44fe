/* SPDX-License-Identifier: MIT */
#include "mpi/shared.h"

#include <fcntl.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    bool together;
    int rank;
    unsigned char *at; /* (room) */
    size_t room;
} shared;

void shared_begin(bool together) {
    shared.together = together;
    MPI_Comm_rank(MPI_COMM_WORLD, &shared.rank);
}

static void release(void) {
    if (shared.at != NULL)
        munmap(shared.at, shared.room);
    shared.at = NULL;
    shared.room = 0;
}

void shared_end(void) {
    release();
    shared.together = false;
}

/* Whether it is so on every rank. */
static bool on_all(bool here) {
    int mine = here, all = 0;
    return MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD) == MPI_SUCCESS && all != 0;
}

/* How the other ranks find the memory of rank 0: it has no name, so that nothing stays behind whatever happens. */
typedef struct object {
    char path[64]; /* "" if there is none */
    uint64_t device, inode;
} object;

/* Memory of rank 0, all of whose pages are there: a full file system would end a rank that touches one that is not. */
static int create(size_t bytes, object *made) {
    char name[64];
    struct stat found;
    snprintf(name, sizeof name, "/vdib-%ld", (long)getpid());
    int file = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return -1;
    shm_unlink(name);
    if (posix_fallocate(file, 0, (off_t)bytes) != 0 || fstat(file, &found) != 0) {
        close(file);
        return -1;
    }
    snprintf(made->path, sizeof made->path, "/proc/%ld/fd/%d", (long)getpid(), file);
    made->device = (uint64_t)found.st_dev;
    made->inode = (uint64_t)found.st_ino;
    return file;
}

/* In another container the path may lead to something else. */
static int open_made(const object *made) {
    struct stat found;
    int file = open(made->path, O_RDWR | O_CLOEXEC);
    if (file >= 0 &&
        (fstat(file, &found) != 0 || (uint64_t)found.st_dev != made->device || (uint64_t)found.st_ino != made->inode)) {
        close(file);
        return -1;
    }
    return file;
}

static void map(int file, size_t bytes) {
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (at == MAP_FAILED)
        return;
    shared.at = at;
    shared.room = bytes;
}

/* Larger memory for all ranks, or none from now on. */
static void grow(size_t bytes) {
    object made = {.path = ""};
    int file = -1;
    release();
    if (shared.rank == 0)
        file = create(bytes, &made);
    MPI_Bcast(&made, (int)sizeof made, MPI_BYTE, 0, MPI_COMM_WORLD);
    if (shared.rank != 0 && made.path[0] != '\0')
        file = open_made(&made);
    if (file >= 0)
        map(file, bytes);
    shared.together = on_all(shared.at != NULL);
    if (file >= 0)
        close(file); /* all have opened it */
    if (!shared.together)
        release();
}

unsigned char *shared_room(size_t bytes) {
    if (shared.together && bytes > shared.room)
        grow(bytes + bytes / 4);
    return shared.together ? shared.at : NULL;
}
