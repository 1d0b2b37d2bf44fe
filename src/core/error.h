/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_ERROR_H
#define VDIB_CORE_ERROR_H
/* How the library reports failures: vdib__fail() sets this thread's message and returns the status. */

#include <pthread.h>
#include <stddef.h>

#include "vdib/status.h"

#define VDIB_MESSAGE_SIZE 1024

/* Sets the calling thread's message (printf format, one line, no trailing newline or full stop) and returns
 * `status`. */
vdib_status vdib__fail(vdib_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));
#ifdef __clang_analyzer__ /* it does not see across files that the status comes back */
#define vdib__fail(status, ...) ((void)(vdib__fail)((status), __VA_ARGS__), (status))
#endif

/* Around a call of a program's function, to see whether it set a message: hides this thread's message, which is
 * empty then, and brings it back if it is empty still. */
char vdib__fail_hide(void);
void vdib__fail_show(char hidden);

/* As vdib__fail, and appends ": <strerror(errno)>" of the errno at the call. */
vdib_status vdib__fail_errno(vdib_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "<prefix>: " before the message that is already set; returns `status`. For adding the place on the way up. */
vdib_status vdib__fail_prefix(vdib_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Carries an error out of a loop of tasks (core/threads.h): tasks note theirs, that of the lowest task is kept, the
 * caller raises it. */
typedef struct vdib__failure {
    vdib_status status;
    pthread_mutex_t lock;
    unsigned long long task; /* task index of the kept failure; the lowest wins, so the message is deterministic */
    char message[VDIB_MESSAGE_SIZE];
} vdib__failure;

void vdib__failure_init(vdib__failure *failure);
/* Notes this thread's last error for task `task`, unless the status is VDIB_OK; safe from any thread. */
void vdib__failure_note(vdib__failure *failure, unsigned long long task, vdib_status status);
/* Returns the kept status (VDIB_OK if none) and makes its message the calling thread's. */
vdib_status vdib__failure_raise(const vdib__failure *failure);

/* Returns from the enclosing function when `call` fails. */
#define VDIB_TRY(call)                                                                                                 \
    do {                                                                                                               \
        vdib_status vdib_try_status_ = (call);                                                                         \
        if (vdib_try_status_ != VDIB_OK)                                                                               \
            return vdib_try_status_;                                                                                   \
    } while (0)

/* Returns VDIB_ERROR_ARGUMENT from a public function if one of its arguments is NULL: VDIB_REQUIRE(config, path). */
#define VDIB_REQUIRE(...)                                                                                              \
    VDIB_TRY(vdib__require(__func__, #__VA_ARGS__, (const void *const[]){__VA_ARGS__},                                 \
                           sizeof((const void *const[]){__VA_ARGS__}) / sizeof(const void *)))
vdib_status vdib__require(const char *function, const char *names, const void *const *pointers, size_t count);

/* Jumps to `label` when `call` fails; the enclosing function has a `vdib_status status`. */
#define VDIB_TRY_GOTO(call, label)                                                                                     \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != VDIB_OK)                                                                                         \
            goto label;                                                                                                \
    } while (0)

#endif
