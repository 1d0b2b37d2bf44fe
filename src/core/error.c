/* SPDX-License-Identifier: MIT */
#include "core/error.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

static _Thread_local char last_message[VDIB_MESSAGE_SIZE];

const char *vdib_status_name(vdib_status status) {
    switch (status) {
#define VDIB_STATUS_CASE(name, value, text)                                                                            \
    case VDIB_##name:                                                                                                  \
        return #name;
        VDIB_STATUS_MAP(VDIB_STATUS_CASE)
#undef VDIB_STATUS_CASE
    }
    return "UNKNOWN";
}

const char *vdib_status_text(vdib_status status) {
    switch (status) {
#define VDIB_STATUS_CASE(name, value, text)                                                                            \
    case VDIB_##name:                                                                                                  \
        return text;
        VDIB_STATUS_MAP(VDIB_STATUS_CASE)
#undef VDIB_STATUS_CASE
    }
    return "unknown status";
}

const char *vdib_last_message(void) {
    return last_message;
}

char vdib__fail_hide(void) {
    char hidden = last_message[0];
    last_message[0] = '\0';
    return hidden;
}

void vdib__fail_show(char hidden) {
    if (last_message[0] == '\0')
        last_message[0] = hidden;
}

vdib_status vdib_fail(vdib_status status, const char *message) {
    return vdib__fail(status, "%s", message != NULL ? message : vdib_status_text(status));
}

vdib_status(vdib__fail)(vdib_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char message[VDIB_MESSAGE_SIZE]; /* the arguments may point into last_message */
    vdib__vformat(message, sizeof message, format, arguments);
    va_end(arguments);
    memcpy(last_message, message, sizeof message);
    return status;
}

vdib_status vdib__fail_errno(vdib_status status, const char *format, ...) {
    int saved = errno;
    char message[VDIB_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vdib__vformat(message, sizeof message, format, arguments);
    va_end(arguments);
    char reason[128] = "";
    if (strerror_r(saved, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", saved);
    return vdib__fail(status, "%s: %s", message, reason);
}

vdib_status vdib__fail_prefix(vdib_status status, const char *format, ...) {
    char prefix[VDIB_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vdib__vformat(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    return vdib__fail(status, "%s: %s", prefix, last_message);
}

vdib_status vdib__require(const char *function, const char *names, const void *const *pointers, size_t count) {
    const char *name = names;
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(name, ",");
        if (pointers[i] == NULL)
            return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: %.*s must not be NULL", function, (int)length, name);
        name += length;
        name += strspn(name, ", ");
    }
    return VDIB_OK;
}

void vdib__failure_init(vdib__failure *failure) {
    (void)pthread_mutex_init(&failure->lock, NULL);
    failure->status = VDIB_OK;
    failure->task = 0;
    failure->message[0] = '\0';
}

void vdib__failure_note(vdib__failure *failure, unsigned long long task, vdib_status status) {
    if (status == VDIB_OK)
        return;
    (void)pthread_mutex_lock(&failure->lock);
    if (failure->status == VDIB_OK || task < failure->task) {
        failure->status = status;
        failure->task = task;
        memcpy(failure->message, last_message, sizeof failure->message);
    }
    (void)pthread_mutex_unlock(&failure->lock);
}

vdib_status vdib__failure_raise(const vdib__failure *failure) {
    if (failure->status == VDIB_OK)
        return VDIB_OK;
    return vdib__fail(failure->status, "%s", failure->message);
}
