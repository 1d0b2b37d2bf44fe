/* SPDX-License-Identifier: MIT */
#include "core/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/memory_limit.h"

enum { SECONDS = 60, MOST_SECONDS = 86400, ENVIRONMENT = 8 };

extern char **environ;

/* ---- starting ---- */

static vdib_status seconds_allowed(int *seconds) {
    const char *given = getenv("VDIB_HDF5_SECONDS");
    *seconds = SECONDS;
    if (given == NULL || *given == '\0')
        return VDIB_OK;
    char *end = NULL;
    long asked = strtol(given, &end, 10);
    if (*end != '\0' || asked < 1 || asked > MOST_SECONDS)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "VDIB_HDF5_SECONDS=%.40s: use a whole number of seconds, 1 to %d, or unset it", given,
                          MOST_SECONDS);
    *seconds = (int)asked;
    return VDIB_OK;
}

/* Where libraries and sanitizers look for their settings is all of the environment that it gets: libhdf5 has plug-ins
 * and drivers that are chosen there. */
static void choose_environment(char *chosen[ENVIRONMENT]) {
    static const char *const names[] = {
        "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS=", "VDIB_HDF5_SECONDS="};
    size_t count = 0;
    for (char **entry = environ; entry != NULL && *entry != NULL && count + 1 < ENVIRONMENT; entry++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strncmp(*entry, names[i], strlen(names[i])) == 0 && count + 1 < ENVIRONMENT)
                chosen[count++] = *entry;
    chosen[count] = NULL;
}

/* Signals of the process are as if it were started by a shell. */
static int set_signals(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attributes, &all);
    return error != 0 ? error : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* The two descriptors are far from where they will be. */
static int set_descriptors(posix_spawn_file_actions_t *actions, int socket, int file) {
    int error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, 0, 1);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, 0, 2);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, socket, VDIB_HDF5_SOCKET);
    return error != 0 ? error : posix_spawn_file_actions_adddup2(actions, file, VDIB_HDF5_FILE);
}

static int spawn(const char *program, bool writes, int socket, int file, pid_t *process) {
    char memory[32] = "", *settings[ENVIRONMENT];
    char *arguments[] = {(char *)program, writes ? (char *)"write" : (char *)"read", NULL, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    if (vdib__memory_limit() != SIZE_MAX) {
        snprintf(memory, sizeof memory, "%zu", vdib__memory_limit());
        arguments[2] = memory;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        choose_environment(settings);
        error = set_signals(&attributes);
        if (error == 0)
            error = set_descriptors(&actions, socket, file);
        if (error == 0)
            error = posix_spawn(process, program, &actions, &attributes, arguments, settings);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* A copy of a descriptor that no descriptor of the helper can be; -1 on failure. */
static int far(int descriptor) {
    enum { FAR = 10 };
    return fcntl(descriptor, F_DUPFD_CLOEXEC, FAR);
}

static vdib_status start(vdib__helper *helper, const char *program, bool writes, int descriptor) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: the helper program for HDF5 cannot be started", helper->path);
    helper->socket = pair[0];
    int other = far(pair[1]), file = far(descriptor);
    int error = other < 0 || file < 0 ? errno : spawn(program, writes, other, file, &helper->process);
    close(pair[1]);
    if (other >= 0)
        close(other);
    if (file >= 0)
        close(file);
    if (error == 0)
        return VDIB_OK;
    helper->process = 0;
    errno = error;
    return vdib__fail_errno(VDIB_ERROR_IO, "%s: the helper program %s cannot be started", helper->path, program);
}

/* The greeting is the reply to no request. */
static vdib_status greet(vdib__helper *helper) {
    vdib__hdf5_message reply;
    VDIB_TRY(vdib__helper_receive(helper, &reply));
    uint32_t version = vdib__hdf5_take32(&reply);
    if (reply.short_of)
        return vdib__helper_distrust(helper);
    if (version == VDIB_HDF5_VERSION)
        return VDIB_OK;
    vdib__helper_stop(helper);
    return vdib__fail(VDIB_ERROR_VERSION,
                      "%s: the helper program for HDF5 is of another version of vdib (%u, not %d); install both anew",
                      helper->path, version, VDIB_HDF5_VERSION);
}

static vdib_status begin(const char *path, vdib__helper *helper) {
    *helper = (vdib__helper){.socket = -1};
    VDIB_TRY(seconds_allowed(&helper->seconds));
    return vdib__strdup(path, &helper->path);
}

vdib_status vdib__helper_start(const char *path, int descriptor, bool writes, vdib__helper *helper) {
    vdib__helper made;
    char *program = NULL;
    VDIB_TRY(begin(path, &made));
    vdib_status status = vdib__helper_find(path, &program);
    if (status == VDIB_OK)
        status = start(&made, program, writes, descriptor);
    vdib__free(program);
    if (status == VDIB_OK)
        status = greet(&made);
    if (status == VDIB_OK) {
        *helper = made;
        return VDIB_OK;
    }
    vdib__helper_stop(&made);
    vdib__free(made.path);
    vdib__free(made.reply);
    return status;
}

vdib_status vdib__helper_of(const char *path, int socket, vdib__helper *helper) {
    VDIB_TRY(begin(path, helper));
    helper->socket = socket;
    return greet(helper);
}

/* ---- ending ---- */

void vdib__helper_stop(vdib__helper *helper) {
    if (helper->socket >= 0)
        close(helper->socket);
    helper->socket = -1;
    if (helper->process <= 0)
        return;
    kill(helper->process, SIGKILL);
    while (waitpid(helper->process, NULL, 0) < 0 && errno == EINTR)
        ;
    helper->process = 0;
}

/* Its state once it has ended by itself, which it does at once; false if it did not, or the system does not say. */
static bool ended(vdib__helper *helper, int *state) {
    enum { TRIES = 2000, NANOSECONDS = 1000000 };
    for (int i = 0; i < TRIES && helper->process > 0; i++) {
        pid_t done = waitpid(helper->process, state, WNOHANG);
        if (done == helper->process) {
            helper->process = 0;
            return true;
        }
        if (done < 0 && errno != EINTR)
            break;
        nanosleep(&(struct timespec){.tv_nsec = NANOSECONDS}, NULL);
    }
    return false;
}

/* Says how it ended without an answer. */
static vdib_status fail_ended(vdib__helper *helper) {
    int state = 0;
    bool known = ended(helper, &state);
    vdib__helper_stop(helper);
    if (known && WIFSIGNALED(state) && WTERMSIG(state) == SIGALRM)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: the helper program for HDF5 found no answer within %d s and was stopped; if the file is "
                          "sound, give it more by VDIB_HDF5_SECONDS in the environment",
                          helper->path, helper->seconds);
    if (known && WIFSIGNALED(state))
        return vdib__fail(
            VDIB_ERROR_FORMAT,
            "%s: libhdf5 crashed on it (in the helper program, by signal %d); the file is damaged: fetch or "
            "export it again",
            helper->path, WTERMSIG(state));
    return vdib__fail(
        VDIB_ERROR_FORMAT,
        "%s: the helper program for HDF5 ended without an answer; the file is damaged, or memory is short%s: "
        "fetch or export it again",
        helper->path, vdib__memory_limit() != SIZE_MAX ? " (--limit-memory)" : "");
}

vdib_status vdib__helper_distrust(vdib__helper *helper) {
    vdib__helper_stop(helper);
    return vdib__fail(
        VDIB_ERROR_FORMAT,
        "%s: the helper program for HDF5 answered nothing sensible; the file is damaged: fetch or export it "
        "again",
        helper->path);
}

static vdib_status fail_silent(vdib__helper *helper) {
    vdib__helper_stop(helper);
    return vdib__fail(
        VDIB_ERROR_FORMAT,
        "%s: the helper program for HDF5 found no answer within %d s and was stopped; if the file is sound, "
        "give it more by VDIB_HDF5_SECONDS in the environment",
        helper->path, helper->seconds);
}

/* ---- asking ---- */

enum { TOGETHER = 4096 /* bytes of a request that are sent in one go */ };

/* Waits until the socket is ready for `events`, until `deadline` (seconds); false: it is not. */
static bool wait_for(vdib__helper *helper, short events, double deadline) {
    struct pollfd entry = {.fd = helper->socket, .events = events};
    for (;;) {
        double left = deadline - vdib__clock_seconds();
        int ready = left > 0 ? poll(&entry, 1, (int)(1000 * left) + 1) : 0;
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
        if (ready == 0)
            return false;
    }
}

static vdib_status send_all(vdib__helper *helper, const uint8_t *bytes, size_t size, double deadline) {
    while (size > 0) {
        ssize_t sent = send(helper->socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!wait_for(helper, POLLOUT, deadline))
                return fail_silent(helper);
            continue;
        }
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return fail_ended(helper);
        bytes += sent;
        size -= (size_t)sent;
    }
    return VDIB_OK;
}

static vdib_status receive_all(vdib__helper *helper, uint8_t *bytes, size_t size, double deadline) {
    while (size > 0) {
        ssize_t got = recv(helper->socket, bytes, size, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!wait_for(helper, POLLIN, deadline))
                return fail_silent(helper);
            continue;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail_ended(helper);
        bytes += got;
        size -= (size_t)got;
    }
    return VDIB_OK;
}

static vdib_status fail_closed(const vdib__helper *helper) {
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: nothing more can be read of it, after what was wrong before",
                      helper->path);
}

vdib_status vdib__helper_send(vdib__helper *helper, uint32_t operation, const vdib__helper_piece *pieces,
                              size_t count) {
    double deadline = vdib__clock_seconds() + helper->seconds;
    size_t size = 0;
    if (helper->socket < 0)
        return fail_closed(helper);
    for (size_t i = 0; i < count; i++)
        size += pieces[i].size;
    if (size > VDIB_HDF5_PAYLOAD)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: %zu bytes are too many for one request; send them in pieces",
                          helper->path, size);
    uint8_t together[TOGETHER];
    uint32_t head[2] = {operation, (uint32_t)size};
    size_t used = sizeof head;
    memcpy(together, head, sizeof head);
    for (size_t i = 0; i < count; i++) { /* what is sent in pieces wakes the helper for each */
        if (pieces[i].size > sizeof together - used) {
            VDIB_TRY(send_all(helper, together, used, deadline));
            used = 0;
        }
        if (pieces[i].size > sizeof together) {
            VDIB_TRY(send_all(helper, pieces[i].bytes, pieces[i].size, deadline));
        } else if (pieces[i].size > 0) {
            memcpy(together + used, pieces[i].bytes, pieces[i].size);
            used += pieces[i].size;
        }
    }
    return send_all(helper, together, used, deadline);
}

/* The text of a refusal, of which nothing but printable letters is taken. */
static vdib_status fail_refused(const vdib__helper *helper, vdib__hdf5_message *reply) {
    char line[VDIB_HDF5_LINE];
    size_t size = (size_t)(reply->end - reply->at);
    size = size < sizeof line - 1 ? size : sizeof line - 1;
    memcpy(line, reply->at, size);
    line[size] = '\0';
    for (size_t i = 0; i < size; i++)
        line[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s", helper->path, line);
}

vdib_status vdib__helper_receive(vdib__helper *helper, vdib__hdf5_message *reply) {
    double deadline = vdib__clock_seconds() + helper->seconds;
    uint32_t head[2];
    if (helper->socket < 0)
        return fail_closed(helper);
    VDIB_TRY(receive_all(helper, (uint8_t *)head, sizeof head, deadline));
    if (head[0] > VDIB_HDF5_REFUSED || head[1] > VDIB_HDF5_PAYLOAD)
        return vdib__helper_distrust(helper);
    if (head[1] > helper->capacity) {
        vdib__free(helper->reply);
        helper->reply = NULL;
        helper->capacity = 0;
        vdib_status status = VDIB_NEW_UNSET(&helper->reply, head[1]);
        if (status != VDIB_OK) {
            vdib__helper_stop(helper);
            return status;
        }
        helper->capacity = head[1];
    }
    VDIB_TRY(receive_all(helper, helper->reply, head[1], deadline));
    static const uint8_t none[1];
    *reply = vdib__hdf5_message_of(head[1] > 0 ? helper->reply : none, head[1]);
    return head[0] == VDIB_HDF5_DONE ? VDIB_OK : fail_refused(helper, reply);
}

vdib_status vdib__helper_ask(vdib__helper *helper, uint32_t operation, const vdib__helper_piece *pieces, size_t count,
                             vdib__hdf5_message *reply) {
    VDIB_TRY(vdib__helper_send(helper, operation, pieces, count));
    return vdib__helper_receive(helper, reply);
}
