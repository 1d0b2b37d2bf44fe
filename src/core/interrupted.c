/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* fopencookie */
#include "core/interrupted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <unistd.h>

int vdib__open(const char *path, int flags) {
    int opened;
    do
        opened = open(path, flags, 0666);
    while (opened < 0 && errno == EINTR);
    return opened;
}

bool vdib__fsync(int descriptor) {
    int result;
    do
        result = fsync(descriptor);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

bool vdib__flock(int descriptor, int operation) {
    int result;
    do
        result = flock(descriptor, operation);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

bool vdib__ftruncate(int descriptor, off_t length) {
    int result;
    do
        result = ftruncate(descriptor, length);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

bool vdib__close(int descriptor) {
    return close(descriptor) == 0 || errno == EINTR;
}

/* How many of them were written before an error. */
static size_t write_some(int descriptor, const char *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t put = write(descriptor, bytes + done, size - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break;
        done += (size_t)put;
    }
    return done;
}

bool vdib__write(int descriptor, const void *bytes, size_t size) {
    return write_some(descriptor, bytes, size) == size;
}

/* ---- streams ---- */

/* A stream's cookie is its descriptor. */
static int descriptor_of(void *cookie) {
    return (int)(intptr_t)cookie;
}

static ssize_t stream_read(void *cookie, char *bytes, size_t size) {
    ssize_t got;
    do
        got = read(descriptor_of(cookie), bytes, size);
    while (got < 0 && errno == EINTR);
    return got;
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t size) {
    return (ssize_t)write_some(descriptor_of(cookie), bytes, size);
}

static int stream_seek(void *cookie, off64_t *offset, int whence) {
    *offset = lseek(descriptor_of(cookie), (off_t)*offset, whence);
    return *offset < 0 ? -1 : 0;
}

static int stream_close(void *cookie) {
    return vdib__close(descriptor_of(cookie)) ? 0 : -1;
}

FILE *vdib__stream_open(int descriptor, const char *mode) {
    const cookie_io_functions_t functions = {stream_read, stream_write, stream_seek, stream_close};
    return fopencookie((void *)(intptr_t)descriptor, mode, functions); // NOLINT(performance-no-int-to-ptr)
}
