/* SPDX-License-Identifier: MIT */
#include "mpi/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT_SECONDS = 10, BEAT_SECONDS = 4, SILENT_SECONDS = 40 };
static const char BEAT = 'b', BYE = 'e', DOOMED = 'x';

/* The other end of a connection. */
typedef struct peer {
    size_t rank;
    int socket;
    double heard;
    bool said_bye;
} peer;

/* What a rank says when it connects. */
typedef struct greeting {
    unsigned char token[16];
    unsigned rank;
} greeting;

/* One watch a process: there is one MPI in it. */
static struct {
    int door; /* rank 0: where others connect */
    size_t rank, count;
    peer *peers;
    atomic_bool ending;
} watch = {.door = -1};

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- connecting ---- */

void watch_offer(watch_place *place) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t length = sizeof any;
    memset(place, 0, sizeof *place);
    watch.door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (watch.door < 0 || bind(watch.door, (struct sockaddr *)&any, sizeof any) != 0 || listen(watch.door, 1024) != 0 ||
        getsockname(watch.door, (struct sockaddr *)&any, &length) != 0 ||
        gethostname(place->host, sizeof place->host - 1) != 0 ||
        getrandom(place->token, sizeof place->token, 0) != sizeof place->token)
        return;
    place->port = ntohs(any.sin_port);
}

static bool read_whole(int from, void *bytes, size_t size, double until) {
    char *at = bytes;
    while (size > 0) {
        struct pollfd ready = {.fd = from, .events = POLLIN};
        double left = until - seconds();
        if (left <= 0 || poll(&ready, 1, (int)(left * 1000) + 1) < 0)
            return false;
        ssize_t got = recv(from, at, size, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
    return true;
}

/* Rank 0: everybody must come, with the token. */
static bool receive_all(const watch_place *place) {
    double until = seconds() + CONNECT_SECONDS;
    for (size_t there = 0; there + 1 < watch.count;) {
        struct pollfd ready = {.fd = watch.door, .events = POLLIN};
        greeting said;
        if (seconds() >= until || poll(&ready, 1, (int)((until - seconds()) * 1000) + 1) <= 0)
            return false;
        int other = accept4(watch.door, NULL, NULL, SOCK_CLOEXEC);
        if (other < 0)
            continue;
        bool known = read_whole(other, &said, sizeof said, until) &&
                     memcmp(said.token, place->token, sizeof said.token) == 0 && said.rank > 0 &&
                     said.rank < watch.count && watch.peers[said.rank - 1].socket < 0;
        if (!known) {
            (void)close(other);
            continue;
        }
        watch.peers[said.rank - 1].socket = other;
        there++;
    }
    return true;
}

static int connect_to(const char *host, int port) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return -1;
    int made = -1;
    for (const struct addrinfo *at = found; at != NULL && made < 0; at = at->ai_next) {
        made = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        const struct timeval patience = {.tv_sec = CONNECT_SECONDS};
        (void)setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (made >= 0 && connect(made, at->ai_addr, at->ai_addrlen) != 0) {
            (void)close(made);
            made = -1;
        }
    }
    freeaddrinfo(found);
    return made;
}

static bool reach_first(const watch_place *place) {
    char own[sizeof place->host] = "";
    greeting said = {.rank = (unsigned)watch.rank};
    memcpy(said.token, place->token, sizeof said.token);
    (void)gethostname(own, sizeof own - 1);
    bool here = strcmp(own, place->host) == 0;
    watch.peers[0].socket = connect_to(here ? "127.0.0.1" : place->host, place->port);
    return watch.peers[0].socket >= 0 &&
           send(watch.peers[0].socket, &said, sizeof said, MSG_NOSIGNAL) == (ssize_t)sizeof said;
}

bool watch_connect(const watch_place *place, size_t rank, size_t count) {
    size_t others = rank == 0 ? count - 1 : 1;
    watch.rank = rank;
    watch.count = count;
    watch.peers = calloc(others, sizeof *watch.peers);
    if (watch.peers == NULL || place->port == 0)
        return false;
    for (size_t i = 0; i < others; i++)
        watch.peers[i] = (peer){.rank = rank == 0 ? i + 1 : 0, .socket = -1};
    return rank == 0 ? receive_all(place) : reach_first(place);
}

/* ---- watching ---- */

static size_t peer_count(void) {
    return watch.rank == 0 ? watch.count - 1 : 1;
}

static void say_to_all(char what) {
    for (size_t i = 0; i < peer_count(); i++)
        if (watch.peers[i].socket >= 0)
            (void)send(watch.peers[i].socket, &what, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* This process ends; one rank says why, rank 0 where it is there. */
static void end_for(const peer *missing, const char *why) {
    if (watch.rank <= 1) {
        char line[512];
        int length = snprintf(line, sizeof line,
                              "vdib: rank %zu %s; all ranks end; start them again, a training by `vdib train "
                              "--resume`, which goes on from its last checkpoint\n",
                              missing->rank, why);
        (void)!write(STDERR_FILENO, line, (size_t)length);
    }
    say_to_all(DOOMED);
    _exit(1);
}

static void listen_to(peer *from) {
    char heard[64];
    ssize_t got = recv(from->socket, heard, sizeof heard, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0) {
        from->heard = seconds();
        from->said_bye = from->said_bye || memchr(heard, BYE, (size_t)got) != NULL;
        if (memchr(heard, DOOMED, (size_t)got) != NULL) /* said already why */
            _exit(1);
        return;
    }
    (void)close(from->socket);
    from->socket = -1;
    if (!from->said_bye && !watch.ending)
        end_for(from, "has ended without a word (killed, or out of memory)");
}

static void *watch_all(void *unused) {
    struct pollfd *ready = calloc(peer_count(), sizeof *ready);
    double beaten = 0;
    (void)unused;
    while (ready != NULL) {
        for (size_t i = 0; i < peer_count(); i++)
            ready[i] = (struct pollfd){.fd = watch.peers[i].socket, .events = POLLIN};
        (void)poll(ready, peer_count(), 1000);
        for (size_t i = 0; i < peer_count(); i++)
            if (watch.peers[i].socket >= 0 && ready[i].revents != 0)
                listen_to(&watch.peers[i]);
        double now = seconds();
        if (now - beaten >= BEAT_SECONDS) {
            bool slept = beaten > 0 && now - beaten >= SILENT_SECONDS / 2.0; /* this process was stopped itself */
            for (size_t i = 0; i < peer_count() && (slept || beaten == 0); i++)
                watch.peers[i].heard = now;
            say_to_all(BEAT);
            beaten = now;
        }
        for (size_t i = 0; i < peer_count(); i++)
            if (watch.peers[i].socket >= 0 && !watch.peers[i].said_bye && !watch.ending &&
                now - watch.peers[i].heard > SILENT_SECONDS)
                end_for(&watch.peers[i], "has not been heard of for 40 s (stopped, or its machine is gone)");
    }
    return NULL;
}

void watch_begin(void) {
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are the program's */
    if (pthread_create(&thread, NULL, watch_all, NULL) == 0)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void watch_end(void) {
    watch.ending = true;
    if (watch.peers != NULL)
        say_to_all(BYE);
}
