/* SPDX-License-Identifier: MIT */
#include "events/recording.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/stream.h"

vdib_status vdib__recording_path(const char *path, char **plain, size_t *recording) {
    enum { MOST_DIGITS = 9 };
    const char *mark = strrchr(path, '#');
    size_t digits = mark != NULL ? strspn(mark + 1, "0123456789") : 0;
    bool is_number = digits > 0 && digits <= MOST_DIGITS && mark[1 + digits] == '\0';
    char *copy = NULL;
    VDIB_TRY(vdib__strdup(path, &copy));
    *recording = 0;
    *plain = copy;
    if (!is_number || mark == path || access(path, F_OK) == 0)
        return VDIB_OK;
    copy[mark - path] = '\0';
    if (access(copy, F_OK) == 0)
        *recording = (size_t)strtoul(mark + 1, NULL, 10);
    else
        copy[mark - path] = '#';
    return VDIB_OK;
}

vdib_status vdib__recordings_of(const char *path, vdib__recordings *all) {
    vdib__event_stream *stream = NULL;
    char *plain = NULL;
    size_t recording = 0;
    VDIB_TRY(vdib__recording_path(path, &plain, &recording));
    vdib_status status = vdib__event_stream_open(plain, NULL, &stream);
    if (status == VDIB_OK)
        status = vdib__event_stream_recordings(stream, all);
    vdib__event_stream_close(stream);
    vdib__free(plain);
    return status;
}

void vdib__recordings_free(vdib__recordings *all) {
    vdib__free(all->labels);
    vdib__free(all->splits);
    vdib__free(all->names);
    *all = (vdib__recordings){.count = 0};
}
