/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE */
#include "core/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/interrupted.h"

const char *vdib__temporary_folder(void) {
    const char *chosen = getenv("TMPDIR");
    return chosen != NULL && chosen[0] != '\0' ? chosen : "/tmp";
}

/* For file systems without files that have no name: it has one for a moment. */
static int open_named(const char *folder) {
    char *path = NULL;
    int descriptor;
    if (vdib__path_join(folder, ".vdib-XXXXXX", &path) != VDIB_OK) {
        errno = ENOMEM;
        return -1;
    }
    do
        descriptor = mkstemp(path);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor >= 0 && unlink(path) != 0) {
        int reason = errno;
        (void)vdib__close(descriptor);
        errno = reason;
        descriptor = -1;
    }
    vdib__free(path);
    return descriptor;
}

int vdib__scratch_open(const char *folder) {
    const char *chosen = folder != NULL ? folder : vdib__temporary_folder();
    int descriptor = vdib__open(chosen, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC);
    if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        descriptor = open_named(chosen);
    return descriptor;
}

FILE *vdib__scratch_stream(const char *folder) {
    int descriptor = vdib__scratch_open(folder);
    FILE *stream = descriptor >= 0 ? vdib__stream_open(descriptor, "w+b") : NULL;
    if (stream == NULL && descriptor >= 0) {
        int reason = errno;
        (void)vdib__close(descriptor);
        errno = reason;
    }
    return stream;
}
