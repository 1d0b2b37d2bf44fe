/* SPDX-License-Identifier: MIT */
#include "events/readers/mat5_zlib.h"

#include <zlib.h>

#include "core/alloc.h"
#include "core/error.h"

typedef struct inflater {
    const vdib__bytes *file;
    uint64_t begin;
    vdib__bytes packed;
    z_stream stream;
    bool ended;
} inflater;

static vdib_status inflate_more(void *state, uint8_t *to, size_t capacity, size_t *count, const char **fault) {
    inflater *s = state;
    *count = 0;
    *fault = NULL;
    while (*count == 0 && !s->ended && *fault == NULL) {
        const uint8_t *at = NULL;
        size_t ready = 0;
        VDIB_TRY(vdib__bytes_look_ahead(&s->packed, 1, &at, &ready));
        s->stream.next_in = (Bytef *)(uintptr_t)at;
        s->stream.avail_in = (uInt)ready;
        s->stream.next_out = to;
        s->stream.avail_out = (uInt)capacity;
        int result = inflate(&s->stream, Z_NO_FLUSH);
        vdib__bytes_take(&s->packed, ready - s->stream.avail_in);
        *count = capacity - s->stream.avail_out;
        s->ended = result == Z_STREAM_END;
        if (result == Z_MEM_ERROR)
            return vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory", s->packed.path);
        if (!s->ended && result != Z_OK)
            *fault = ready == 0 ? "its zlib data end early, and what follows is lost"
                                : "its zlib data are damaged from here on, and what follows is lost";
    }
    s->ended = s->ended || *fault != NULL;
    return VDIB_OK;
}

static void close_inflater(void *state) {
    inflater *s = state;
    (void)inflateEnd(&s->stream);
    vdib__bytes_close(&s->packed);
    vdib__free(s);
}

static vdib_status again(const void *state, vdib__byte_source *source);

static vdib_status make_source(const vdib__bytes *file, uint64_t begin, vdib__byte_source *source) {
    inflater *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->file = file;
    made->begin = begin;
    vdib_status status = vdib__bytes_again(file, &made->packed);
    if (status == VDIB_OK)
        status = vdib__bytes_seek(&made->packed, begin);
    if (status == VDIB_OK && inflateInit(&made->stream) != Z_OK)
        status = vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory", file->path);
    if (status != VDIB_OK) {
        close_inflater(made);
        return status;
    }
    *source = (vdib__byte_source){.state = made, .read = inflate_more, .again = again, .close = close_inflater};
    return VDIB_OK;
}

static vdib_status again(const void *state, vdib__byte_source *source) {
    const inflater *s = state;
    return make_source(s->file, s->begin, source);
}

vdib_status vdib__mat5_inflate(const vdib__bytes *file, uint64_t begin, vdib__bytes *unpacked) {
    vdib__byte_source source;
    VDIB_TRY(make_source(file, begin, &source));
    VDIB_TRY(vdib__bytes_from(source, file->path, file->path, unpacked));
    unpacked->file = file->file;
    return VDIB_OK;
}
