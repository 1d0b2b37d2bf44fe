/* SPDX-License-Identifier: MIT */
/* Requests and replies. */
#include "hdf5/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

bool refuse(server *s, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(s->line, sizeof s->line, format, values);
    va_end(values);
    return false;
}

/* The innermost entry of the stack of errors is the reason. */
static herr_t keep_reason(unsigned depth, const H5E_error2_t *error, void *user) {
    const char **reason = user;
    if (depth == 0 && error->desc != NULL)
        *reason = error->desc;
    return 0;
}

bool refuse_because(server *s, const char *format, ...) {
    const char *reason = NULL;
    va_list values;
    va_start(values, format);
    vsnprintf(s->line, sizeof s->line, format, values);
    va_end(values);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_reason, &reason);
    size_t used = strlen(s->line);
    if (reason != NULL)
        snprintf(s->line + used, sizeof s->line - used, " (libhdf5: %s)", reason);
    return false;
}

bool refuse_request(server *s) {
    return refuse(s, "request %u is not one of this helper program; install it and vdib anew", s->operation);
}

static bool reserve(buffer *b, size_t size) {
    if (size <= b->capacity)
        return true;
    size_t capacity = b->capacity < 4096 ? 4096 : 2 * b->capacity;
    capacity = capacity < size ? size : capacity;
    uint8_t *bytes = realloc(b->bytes, capacity);
    if (bytes == NULL)
        return false;
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

static bool receive_all(void *bytes, size_t size) {
    for (uint8_t *at = bytes; size > 0;) {
        ssize_t got = recv(VDIB_HDF5_SOCKET, at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static bool send_all(const void *bytes, size_t size) {
    for (const uint8_t *at = bytes; size > 0;) {
        ssize_t sent = send(VDIB_HDF5_SOCKET, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

bool receive(server *s) {
    uint32_t head[2];
    if (!receive_all(head, sizeof head) || head[1] > VDIB_HDF5_PAYLOAD || !reserve(&s->request, head[1] + 1) ||
        !receive_all(s->request.bytes, head[1]))
        return false;
    s->operation = head[0];
    s->message = vdib__hdf5_message_of(s->request.bytes, head[1]);
    s->reply.used = 0;
    s->line[0] = '\0';
    return true;
}

bool answer(server *s, bool done) {
    enum { TOGETHER = 1 << 16 }; /* small replies are sent in one go: the head alone would wake the other side */
    size_t size = done ? s->reply.used : strlen(s->line);
    uint32_t head[2] = {done ? VDIB_HDF5_DONE : VDIB_HDF5_REFUSED, (uint32_t)size};
    if (size > TOGETHER || !reserve(&s->reply, size + sizeof head))
        return send_all(head, sizeof head) && send_all(done ? (const void *)s->reply.bytes : s->line, size);
    memmove(s->reply.bytes + sizeof head, done ? (const void *)s->reply.bytes : s->line, size);
    memcpy(s->reply.bytes, head, sizeof head);
    return send_all(s->reply.bytes, sizeof head + size);
}

uint8_t *put_room(server *s, size_t size) {
    if (size > VDIB_HDF5_PAYLOAD - s->reply.used || !reserve(&s->reply, s->reply.used + size)) {
        refuse(s, "more than %d MiB would be read at once; store it in smaller rows", VDIB_HDF5_PAYLOAD >> 20);
        return NULL;
    }
    s->reply.used += size;
    return s->reply.bytes + s->reply.used - size;
}

bool put(server *s, const void *bytes, size_t size) {
    uint8_t *room = put_room(s, size);
    if (room != NULL && size > 0)
        memcpy(room, bytes, size);
    return room != NULL;
}

bool put8(server *s, uint8_t value) {
    return put(s, &value, sizeof value);
}

bool put16(server *s, uint16_t value) {
    return put(s, &value, sizeof value);
}

bool put32(server *s, uint32_t value) {
    return put(s, &value, sizeof value);
}

bool put64(server *s, uint64_t value) {
    return put(s, &value, sizeof value);
}

bool put_padding(server *s) {
    static const uint8_t zeros[8];
    return put(s, zeros, vdib__hdf5_padded(s->reply.used) - s->reply.used);
}

static bool take_text(server *s, char *text) {
    size_t size = vdib__hdf5_take16(&s->message);
    const char *letters = vdib__hdf5_take(&s->message, size);
    if (letters == NULL || size > VDIB_HDF5_NAME || memchr(letters, '\0', size) != NULL)
        return refuse_request(s);
    memcpy(text, letters, size);
    text[size] = '\0';
    return true;
}

bool take_place(server *s, place *at) {
    return take_text(s, at->path) && take_text(s, at->attribute);
}
