/* SPDX-License-Identifier: MIT */
#include "data/recordings/opened.h"

#include <pthread.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/recording.h"

/* As many as threads may ask for at once; further ones are closed. */
enum { MOST = 32 };

typedef struct waiting {
    char *file; /* without #N */
    vdib__event_stream *stream;
} waiting;

struct vdib__opened {
    pthread_mutex_t lock;
    waiting all[MOST]; /* (count) */
    size_t count;
};

vdib_status vdib__opened_create(vdib__opened **opened) {
    vdib__opened *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    if (pthread_mutex_init(&made->lock, NULL) != 0) {
        vdib__free(made);
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: no lock could be made");
    }
    *opened = made;
    return VDIB_OK;
}

static void forget(waiting *w) {
    vdib__event_stream_close(w->stream);
    vdib__free(w->file);
}

void vdib__opened_destroy(vdib__opened *opened) {
    if (opened == NULL)
        return;
    for (size_t i = 0; i < opened->count; i++)
        forget(&opened->all[i]);
    (void)pthread_mutex_destroy(&opened->lock);
    vdib__free(opened);
}

/* A stream of the file that waits, which does so no more; NULL: none. */
static vdib__event_stream *find(vdib__opened *opened, const char *file) {
    vdib__event_stream *found = NULL;
    (void)pthread_mutex_lock(&opened->lock);
    for (size_t i = opened->count; i-- > 0 && found == NULL;)
        if (strcmp(opened->all[i].file, file) == 0) {
            found = opened->all[i].stream;
            vdib__free(opened->all[i].file);
            opened->all[i] = opened->all[--opened->count];
        }
    (void)pthread_mutex_unlock(&opened->lock);
    return found;
}

vdib_status vdib__opened_take(vdib__opened *opened, const char *path, const char *unit, vdib__event_stream **stream) {
    char *file = NULL;
    size_t recording = 0;
    if (strrchr(path, '#') == NULL)
        return vdib__event_stream_open(path, unit, stream);
    VDIB_TRY(vdib__recording_path(path, &file, &recording));
    vdib__event_stream *found = find(opened, file);
    vdib__free(file);
    if (found == NULL)
        return vdib__event_stream_open(path, unit, stream);
    vdib_status status = vdib__event_stream_select(found, recording);
    if (status != VDIB_OK)
        vdib__event_stream_close(found);
    else
        *stream = found;
    return status;
}

void vdib__opened_give(vdib__opened *opened, const char *path, vdib__event_stream *stream, bool failed) {
    waiting w = {.stream = stream};
    size_t recording = 0;
    bool keeps = !failed && strrchr(path, '#') != NULL && vdib__event_stream_info(stream)->recordings > 1 &&
                 vdib__recording_path(path, &w.file, &recording) == VDIB_OK;
    (void)pthread_mutex_lock(&opened->lock);
    keeps = keeps && opened->count < MOST;
    if (keeps)
        opened->all[opened->count++] = w;
    (void)pthread_mutex_unlock(&opened->lock);
    if (!keeps)
        forget(&w);
}
