/* SPDX-License-Identifier: MIT */
#include "events/sink.h"

#include <stdarg.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"

vdib_status vdib__sink_open(vdib__sink *sink, const char *path, const char *origin) {
    vdib__sink made = {.offset = 0};
    VDIB_TRY(VDIB_NEW_UNSET(&made.buffer, VDIB_SINK_ROOM));
    vdib_status status =
        path != NULL ? vdib__writer_open_any(&made.file, path) : vdib__writer_open_memory(&made.file, origin);
    if (status != VDIB_OK) {
        vdib__free(made.buffer);
        return status;
    }
    *sink = made;
    return VDIB_OK;
}

vdib_status vdib__sink_flush(vdib__sink *sink) {
    size_t used = sink->used;
    sink->used = 0;
    return vdib__writer_put(&sink->file, sink->buffer, used);
}

vdib_status vdib__sink_room(vdib__sink *sink, size_t count, uint8_t **at) {
    if (VDIB_SINK_ROOM - sink->used < count)
        VDIB_TRY(vdib__sink_flush(sink));
    *at = sink->buffer + sink->used;
    return VDIB_OK;
}

vdib_status vdib__sink_put(vdib__sink *sink, const void *bytes, size_t size) {
    if (size > VDIB_SINK_ROOM - sink->used) {
        VDIB_TRY(vdib__sink_flush(sink));
        sink->offset += size;
        return vdib__writer_put(&sink->file, bytes, size);
    }
    if (size > 0)
        memcpy(sink->buffer + sink->used, bytes, size);
    vdib__sink_took(sink, size);
    return VDIB_OK;
}

vdib_status vdib__sink_text(vdib__sink *sink, const char *format, ...) {
    char text[256];
    va_list values;
    va_start(values, format);
    int length = vdib__vformat(text, sizeof text, format, values);
    va_end(values);
    return vdib__sink_put(sink, text, (size_t)length);
}

vdib_status vdib__sink_patch(vdib__sink *sink, uint64_t offset, const void *bytes, size_t size) {
    FILE *stream = sink->file.stream;
    VDIB_TRY(vdib__sink_flush(sink));
    if (stream == NULL) {
        memcpy(sink->file.bytes + offset, bytes, size);
        return VDIB_OK;
    }
    if (fseeko(stream, (off_t)offset, SEEK_SET) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be written", sink->file.path);
    VDIB_TRY(vdib__writer_put(&sink->file, bytes, size));
    if (fseeko(stream, 0, SEEK_END) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be written", sink->file.path);
    return VDIB_OK;
}

vdib_status vdib__sink_commit(vdib__sink *sink) {
    vdib_status status = vdib__sink_flush(sink);
    if (status == VDIB_OK)
        status = vdib__writer_commit(&sink->file);
    vdib__sink_abandon(sink);
    return status;
}

vdib_status vdib__sink_take(vdib__sink *sink, uint8_t **bytes, size_t *size) {
    vdib_status status = vdib__sink_flush(sink);
    if (status == VDIB_OK)
        vdib__writer_take(&sink->file, bytes, size);
    vdib__sink_abandon(sink);
    return status;
}

void vdib__sink_abandon(vdib__sink *sink) {
    vdib__writer_abandon(&sink->file);
    vdib__free(sink->buffer);
    *sink = (vdib__sink){.offset = 0};
}
