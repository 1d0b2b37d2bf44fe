/* SPDX-License-Identifier: MIT */
#include "run/tensorboard.h"

#include <inttypes.h>
#include <time.h>

#include "core/alloc.h"
#include "core/error.h"
#include "run/growing.h"
#include "tensorboard.pb-c.h"

struct vdib__tensorboard {
    char *path;
    vdib__growing *file;
    uint8_t *buffer; /* (capacity) one record */
    size_t capacity;
};

/* Bytes of a record before and behind its data. */
enum { RECORD_HEAD = 12, RECORD_TAIL = 4 };

uint32_t vdib__crc32c(const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint32_t crc = 0xFFFFFFFFU;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
    }
    return ~crc;
}

uint32_t vdib__crc32c_masked(const void *bytes, size_t size) {
    uint32_t crc = vdib__crc32c(bytes, size);
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

static void put_little(uint8_t *at, uint64_t value, int bytes) {
    for (int b = 0; b < bytes; b++)
        at[b] = (uint8_t)(value >> (8 * b));
}

static double wall_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static vdib_status write_record(vdib__tensorboard *tensorboard, const Vdib__Tensorboard__Event *event) {
    size_t size = vdib__tensorboard__event__get_packed_size(event), whole = RECORD_HEAD + size + RECORD_TAIL;
    VDIB_TRY(VDIB_RESERVE(&tensorboard->buffer, &tensorboard->capacity, whole));
    uint8_t *record = tensorboard->buffer, *data = record + RECORD_HEAD;
    put_little(record, size, 8);
    put_little(record + 8, vdib__crc32c_masked(record, 8), 4);
    vdib__tensorboard__event__pack(event, data);
    put_little(data + size, vdib__crc32c_masked(data, size), RECORD_TAIL);
    return vdib__growing_append(tensorboard->file, record, whole);
}

static vdib_status write_version(vdib__tensorboard *tensorboard) {
    char version[] = "brain.Event:2";
    Vdib__Tensorboard__Event event = VDIB__TENSORBOARD__EVENT__INIT;
    event.has_wall_time = 1;
    event.wall_time = wall_seconds();
    event.file_version = version;
    return write_record(tensorboard, &event);
}

static uint64_t get_little(const uint8_t *at, int bytes) {
    uint64_t value = 0;
    for (int b = 0; b < bytes; b++)
        value |= (uint64_t)at[b] << (8 * b);
    return value;
}

/* The longest beginning that consists of whole records with their checksums. */
static size_t whole_records(const uint8_t *bytes, size_t size) {
    size_t at = 0;
    while (size - at >= RECORD_HEAD + RECORD_TAIL) {
        const uint8_t *record = bytes + at;
        uint64_t data = get_little(record, 8);
        if (data > size - at - RECORD_HEAD - RECORD_TAIL)
            break;
        uint32_t sums[] = {(uint32_t)get_little(record + 8, 4), (uint32_t)get_little(record + RECORD_HEAD + data, 4)};
        if (sums[0] != vdib__crc32c_masked(record, 8) || sums[1] != vdib__crc32c_masked(record + RECORD_HEAD, data))
            break;
        at += RECORD_HEAD + (size_t)data + RECORD_TAIL;
    }
    return at;
}

static vdib_status open_file(vdib__tensorboard *tensorboard, const char *path, uint64_t keep_bytes) {
    VDIB_TRY(vdib__strdup(path, &tensorboard->path));
    VDIB_TRY(vdib__growing_open(path, keep_bytes, whole_records, &tensorboard->file));
    return vdib__growing_length(tensorboard->file) == 0 ? write_version(tensorboard) : VDIB_OK;
}

vdib_status vdib__tensorboard_open(const char *path, uint64_t keep_bytes, vdib__tensorboard **tensorboard) {
    vdib__tensorboard *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = open_file(made, path, keep_bytes);
    if (status != VDIB_OK) {
        vdib__tensorboard_close(made);
        return status;
    }
    *tensorboard = made;
    return VDIB_OK;
}

/* One event with one value at `step`. The messages' texts are not const in generated code, but only read. */
static vdib_status write_value(vdib__tensorboard *tensorboard, const char *tag, uint64_t step,
                               Vdib__Tensorboard__Summary__Value *value) {
    if (step > INT64_MAX)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: step %" PRIu64 "; it is below 2^63", tensorboard->path, step);
    Vdib__Tensorboard__Summary summary = VDIB__TENSORBOARD__SUMMARY__INIT;
    Vdib__Tensorboard__Event event = VDIB__TENSORBOARD__EVENT__INIT;
    value->tag = (char *)tag;
    summary.n_value = 1;
    summary.value = &value;
    event.has_wall_time = 1;
    event.wall_time = wall_seconds();
    event.has_step = step != 0;
    event.step = (int64_t)step;
    event.summary = &summary;
    return write_record(tensorboard, &event);
}

vdib_status vdib__tensorboard_scalar(vdib__tensorboard *tensorboard, const char *tag, uint64_t step, float value) {
    Vdib__Tensorboard__Summary__Value content = VDIB__TENSORBOARD__SUMMARY__VALUE__INIT;
    content.has_simple_value = 1;
    content.simple_value = value;
    return write_value(tensorboard, tag, step, &content);
}

vdib_status vdib__tensorboard_image(vdib__tensorboard *tensorboard, const char *tag, uint64_t step,
                                    const vdib__tensorboard_picture *picture) {
    Vdib__Tensorboard__Image image = VDIB__TENSORBOARD__IMAGE__INIT;
    Vdib__Tensorboard__Summary__Value content = VDIB__TENSORBOARD__SUMMARY__VALUE__INIT;
    image.has_height = image.has_width = image.has_colorspace = image.has_encoded_image_string = 1;
    image.height = (int32_t)picture->height;
    image.width = (int32_t)picture->width;
    image.colorspace = (int32_t)picture->channels;
    image.encoded_image_string.len = picture->png_size;
    image.encoded_image_string.data = (uint8_t *)picture->png;
    content.image = &image;
    return write_value(tensorboard, tag, step, &content);
}

vdib_status vdib__tensorboard_flush(vdib__tensorboard *tensorboard, uint64_t *bytes) {
    return vdib__growing_sync(tensorboard->file, bytes);
}

uint64_t vdib__tensorboard_lost(const vdib__tensorboard *tensorboard) {
    return vdib__growing_lost(tensorboard->file);
}

void vdib__tensorboard_close(vdib__tensorboard *tensorboard) {
    if (tensorboard == NULL)
        return;
    vdib__growing_close(tensorboard->file);
    vdib__free(tensorboard->buffer);
    vdib__free(tensorboard->path);
    vdib__free(tensorboard);
}
