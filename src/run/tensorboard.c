/* SPDX-License-Identifier: MIT */
#include "run/tensorboard.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "run/growing.h"
#include "tensorboard.pb-c.h"

struct vdib__tensorboard {
    char *path;
    vdib__growing *file;
    bool is_new;     /* as it was opened */
    bool ended;      /* as it was opened: its last record is the end of the session */
    uint8_t *buffer; /* (capacity) one record */
    size_t capacity;
};

static const char session_end_tag[] = "_hparams_/session_end_info";

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
    tensorboard->ended = false;
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

/* Whether the last of those records is the end of a session: a run that was killed behind it does not end twice. */
static vdib_status find_session_end(const char *path, bool *ended) {
    uint8_t *bytes = NULL;
    size_t size = 0, at = 0, last = 0, tag = sizeof session_end_tag - 1;
    VDIB_TRY(vdib__file_read(path, &bytes, &size));
    for (size = whole_records(bytes, size); at < size;
         at += RECORD_HEAD + (size_t)get_little(bytes + at, 8) + RECORD_TAIL)
        last = at;
    for (*ended = false; !*ended && last + tag <= size; last++)
        *ended = memcmp(bytes + last, session_end_tag, tag) == 0;
    vdib__free(bytes);
    return VDIB_OK;
}

static vdib_status open_file(vdib__tensorboard *tensorboard, const char *path, uint64_t keep_bytes) {
    VDIB_TRY(vdib__strdup(path, &tensorboard->path));
    VDIB_TRY(vdib__growing_open(path, keep_bytes, whole_records, &tensorboard->file));
    tensorboard->is_new = vdib__growing_length(tensorboard->file) == 0;
    return tensorboard->is_new ? write_version(tensorboard) : find_session_end(path, &tensorboard->ended);
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

/* ---- histograms ---- */

enum { BUCKETS = 30 };

/* Of the finite values: fills everything but the buckets; the number of them is histogram->num. */
static void measure(const float *values, size_t count, Vdib__Tensorboard__Histogram *histogram) {
    histogram->has_min = histogram->has_max = histogram->has_num = histogram->has_sum = histogram->has_sum_squares = 1;
    for (size_t i = 0; i < count; i++) {
        double value = values[i];
        if (!isfinite(value))
            continue;
        histogram->min = histogram->num == 0 || value < histogram->min ? value : histogram->min;
        histogram->max = histogram->num == 0 || value > histogram->max ? value : histogram->max;
        histogram->num += 1;
        histogram->sum += value;
        histogram->sum_squares += value * value;
    }
}

/* The first bucket whose limit is not below the value. */
static size_t bucket_of(const double *limits, size_t buckets, double least, double width, double value) {
    size_t bucket = width > 0 ? (size_t)((value - least) / width) : 0;
    bucket = bucket < buckets ? bucket : buckets - 1;
    while (bucket > 0 && value <= limits[bucket - 1])
        bucket--;
    while (bucket + 1 < buckets && value > limits[bucket])
        bucket++;
    return bucket;
}

vdib_status vdib__tensorboard_histogram(vdib__tensorboard *tensorboard, const char *tag, uint64_t step,
                                        const float *values, size_t count) {
    Vdib__Tensorboard__Histogram histogram = VDIB__TENSORBOARD__HISTOGRAM__INIT;
    Vdib__Tensorboard__Summary__Value content = VDIB__TENSORBOARD__SUMMARY__VALUE__INIT;
    double limits[BUCKETS], counts[BUCKETS] = {0};
    measure(values, count, &histogram);
    if (histogram.num == 0)
        return VDIB_OK;
    size_t buckets = histogram.max > histogram.min ? BUCKETS : 1;
    double width = (histogram.max - histogram.min) / (double)buckets;
    for (size_t b = 0; b < buckets; b++)
        limits[b] = b + 1 < buckets ? histogram.min + width * (double)(b + 1) : histogram.max;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            counts[bucket_of(limits, buckets, histogram.min, width, values[i])] += 1;
    histogram.bucket_limit = limits;
    histogram.bucket = counts;
    histogram.n_bucket_limit = histogram.n_bucket = buckets;
    content.histo = &histogram;
    return write_value(tensorboard, tag, step, &content);
}

/* ---- hyper-parameters ---- */

/* A plugin's message is the content of a value's metadata; the value itself is a tensor without elements. */
static vdib_status write_session(vdib__tensorboard *tensorboard, const char *tag,
                                 const Vdib__Tensorboard__HParams *said) {
    Vdib__Tensorboard__TensorShape__Dim none = VDIB__TENSORBOARD__TENSOR_SHAPE__DIM__INIT, *dims[] = {&none};
    Vdib__Tensorboard__TensorShape shape = VDIB__TENSORBOARD__TENSOR_SHAPE__INIT;
    Vdib__Tensorboard__Tensor tensor = VDIB__TENSORBOARD__TENSOR__INIT;
    Vdib__Tensorboard__SummaryMetadata__PluginData plugin = VDIB__TENSORBOARD__SUMMARY_METADATA__PLUGIN_DATA__INIT;
    Vdib__Tensorboard__SummaryMetadata metadata = VDIB__TENSORBOARD__SUMMARY_METADATA__INIT;
    Vdib__Tensorboard__Summary__Value content = VDIB__TENSORBOARD__SUMMARY__VALUE__INIT;
    char name[] = "hparams";
    uint8_t *bytes = NULL;
    size_t size = vdib__tensorboard__hparams__get_packed_size(said);
    VDIB_TRY(VDIB_NEW(&bytes, size));
    plugin.plugin_name = name;
    plugin.has_content = 1;
    plugin.content = (ProtobufCBinaryData){.len = vdib__tensorboard__hparams__pack(said, bytes), .data = bytes};
    metadata.plugin_data = &plugin;
    none.has_size = tensor.has_dtype = 1;
    tensor.dtype = 1; /* float32 */
    shape.dim = dims;
    shape.n_dim = 1;
    tensor.tensor_shape = &shape;
    content.tensor = &tensor;
    content.metadata = &metadata;
    vdib_status status = write_value(tensorboard, tag, 0, &content);
    vdib__free(bytes);
    return status;
}

/* A number or a truth value if the text is one. */
static Vdib__Tensorboard__Setting setting_of(const char *text) {
    Vdib__Tensorboard__Setting made = VDIB__TENSORBOARD__SETTING__INIT;
    char *end = NULL;
    double number = vdib__parse_double(text, &end);
    made.has_bool_value = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    made.bool_value = text[0] == 't';
    made.has_number_value = end != text && *end == '\0' && isfinite(number);
    made.number_value = number;
    if (!made.has_bool_value && !made.has_number_value)
        made.string_value = (char *)text;
    return made;
}

/* The memory of a session's entries. */
typedef struct entries {
    Vdib__Tensorboard__Setting *values;
    Vdib__Tensorboard__SessionStart__Entry *entries, **pointers;
} entries;

static vdib_status make_entries(const vdib__tensorboard_setting *settings, size_t count, entries *made) {
    VDIB_TRY(VDIB_NEW(&made->values, count));
    VDIB_TRY(VDIB_NEW(&made->entries, count));
    VDIB_TRY(VDIB_NEW(&made->pointers, count));
    for (size_t i = 0; i < count; i++) {
        made->values[i] = setting_of(settings[i].text);
        vdib__tensorboard__session_start__entry__init(&made->entries[i]);
        made->entries[i].key = (char *)settings[i].name;
        made->entries[i].value = &made->values[i];
        made->pointers[i] = &made->entries[i];
    }
    return VDIB_OK;
}

vdib_status vdib__tensorboard_session_start(vdib__tensorboard *tensorboard, const vdib__tensorboard_setting *settings,
                                            size_t count) {
    Vdib__Tensorboard__SessionStart start = VDIB__TENSORBOARD__SESSION_START__INIT;
    Vdib__Tensorboard__HParams said = VDIB__TENSORBOARD__HPARAMS__INIT;
    entries made = {.entries = NULL};
    vdib_status status = make_entries(settings, count, &made);
    start.hparams = made.pointers;
    start.n_hparams = count;
    start.has_start_time_secs = said.has_version = 1;
    start.start_time_secs = wall_seconds();
    said.session_start_info = &start;
    if (status == VDIB_OK)
        status = write_session(tensorboard, "_hparams_/session_start_info", &said);
    vdib__free(made.pointers);
    vdib__free(made.entries);
    vdib__free(made.values);
    return status;
}

vdib_status vdib__tensorboard_session_end(vdib__tensorboard *tensorboard) {
    Vdib__Tensorboard__SessionEnd end = VDIB__TENSORBOARD__SESSION_END__INIT;
    Vdib__Tensorboard__HParams said = VDIB__TENSORBOARD__HPARAMS__INIT;
    if (tensorboard->ended)
        return VDIB_OK;
    end.has_status = end.has_end_time_secs = said.has_version = 1;
    end.status = 1; /* success */
    end.end_time_secs = wall_seconds();
    said.session_end_info = &end;
    return write_session(tensorboard, session_end_tag, &said);
}

bool vdib__tensorboard_is_new(const vdib__tensorboard *tensorboard) {
    return tensorboard->is_new;
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
