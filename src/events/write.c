/* SPDX-License-Identifier: MIT */
/* Events into a file: what the format does not hold is refused before anything of it is written. */

#include <inttypes.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "events/writer.h"

struct vdib_writer {
    const vdib__event_writer *row;
    vdib__event_output output;
    char *path; /* for messages */
    bool finished;
};

vdib_status vdib_writer_format_describe(size_t index, vdib_writer_format *format) {
    const vdib__event_writer *row = vdib__event_writer_at(index);
    VDIB_REQUIRE(format);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_writer_format, format));
    if (row == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_writer_format_describe: there are formats 0 to %zu, not %zu",
                          vdib__event_writer_count() - 1, index);
    vdib_writer_format made = {.size = sizeof made,
                               .name = row->name,
                               .help = row->help,
                               .endings = row->endings,
                               .lost = row->lost,
                               .passes = row->passes,
                               .sized = row->sized,
                               .columns = row->columns,
                               .rows = row->rows,
                               .least_us = row->negative ? INT64_MIN : 0,
                               .most_us = row->most_us};
    VDIB_SIZED_WRITE(vdib_writer_format, &made, format);
    return VDIB_OK;
}

/* ---- what a format holds ---- */

static vdib_status check_sensor(const vdib__event_writer *row, const char *path, size_t width, size_t height) {
    if ((width == 0) != (height == 0))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: the sensor's size is %zux%zu; give both sides, or neither", path,
                          width, height);
    if (row->sized && width == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: a file of format %s begins with the sensor's size; give it", path,
                          row->name);
    if (width > row->columns || height > row->rows)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: the sensor has %zux%zu pixels, but format %s holds at most %ux%u; crop or down-sample "
                          "the recording, or choose another format",
                          path, width, height, row->name, row->columns, row->rows);
    return VDIB_OK;
}

/* The first event that is not held. */
static vdib_status refuse(const vdib__event_writer *row, const char *path, const vdib__event_output *output,
                          const vdib_event *event, size_t number, int64_t before) {
    size_t width = output->width != 0 ? output->width : row->columns;
    size_t height = output->height != 0 ? output->height : row->rows;
    if (event->x >= width || event->y >= height)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: event %zu is at (%u, %u), beyond the %zux%zu pixels of %s; crop or down-sample the "
                          "recording, or choose another %s",
                          path, number, event->x, event->y, width, height,
                          output->width != 0 ? "its sensor" : row->name, output->width != 0 ? "size" : "format");
    if (event->polarity > 1)
        return vdib__fail(VDIB_ERROR_DATA, "%s: event %zu has polarity %u; it is 0 or 1", path, number,
                          event->polarity);
    if (number > 0 && event->t < before)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: event %zu at %" PRId64 " us is earlier than the one before it at %" PRId64
                          " us; sort the recording by time",
                          path, number, event->t, before);
    if (event->t > row->most_us || (event->t < 0 && !row->negative))
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: event %zu is at %" PRId64 " us, but format %s holds times from 0 to %" PRId64
            " us; count times from the first event (--rebase), cut the recording (--from, --to), or choose another "
            "format",
            path, number, event->t, row->name, row->most_us);
    return vdib__fail(
        VDIB_ERROR_DATA,
        "%s: event %zu at %" PRId64 " us comes %" PRIu64 " us after %s, and format %s holds no gap above "
        "%" PRIu64
        " us; count times from the first event (--rebase), cut the recording (--from, --to), or choose another format",
        path, number, event->t, (uint64_t)event->t - (uint64_t)before, number > 0 ? "the one before it" : "time 0",
        row->name, row->gap_us);
}

/* Whether an event is held that comes after one at `before`. */
static inline bool is_held(const vdib__event_writer *row, size_t width, size_t height, const vdib_event *event,
                           int64_t before, int64_t least) {
    return (event->x < width) & (event->y < height) & (event->polarity <= 1) & (event->t >= least) &
           (event->t >= before) & (event->t <= row->most_us) & ((uint64_t)event->t - (uint64_t)before <= row->gap_us);
}

static vdib_status check_events(const vdib__event_writer *row, const char *path, const vdib__event_output *output,
                                const vdib_event *events, size_t count) {
    size_t width = output->width != 0 ? output->width : row->columns;
    size_t height = output->height != 0 ? output->height : row->rows;
    int64_t least = row->negative ? INT64_MIN : 0, before = output->last_us;
    if (output->events == 0 && !row->from_zero && count > 0)
        before = events[0].t; /* nothing comes before the first event */
    for (size_t i = 0; i < count; before = events[i++].t)
        if (!is_held(row, width, height, &events[i], before, least))
            return refuse(row, path, output, &events[i], output->events + i, before);
    return VDIB_OK;
}

/* ---- files ---- */

static vdib_status put(const vdib__event_writer *row, const char *path, vdib__event_output *output,
                       const vdib_event *events, size_t count) {
    if (count == 0)
        return VDIB_OK;
    VDIB_TRY(check_events(row, path, output, events, count));
    VDIB_TRY(row->put(output, events, count));
    output->events += count;
    output->last_us = events[count - 1].t;
    return VDIB_OK;
}

static void release(const vdib__event_writer *row, vdib__event_output *output) {
    if (row->close != NULL)
        row->close(output->state);
    vdib__sink_abandon(&output->sink);
    *output = (vdib__event_output){.events = 0};
}

static vdib_status begin(const vdib__event_writer *row, const char *path, const char *origin,
                         vdib__event_output *output) {
    output->path = origin;
    if (!row->itself)
        VDIB_TRY(vdib__sink_open(&output->sink, path, origin));
    vdib_status status = row->begin != NULL ? row->begin(output) : VDIB_OK;
    if (status != VDIB_OK)
        release(row, output);
    return status;
}

vdib_status vdib__events_encode(const vdib__event_writer *writer, const char *origin, size_t width, size_t height,
                                const vdib_event *events, size_t count, uint8_t **bytes, size_t *size) {
    vdib__event_output output = {.width = width, .height = height};
    VDIB_TRY(check_sensor(writer, origin, width, height));
    if (writer->itself)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED, "%s: format %s is written into files alone", origin, writer->name);
    VDIB_TRY(begin(writer, NULL, origin, &output));
    vdib_status status = put(writer, origin, &output, events, count);
    if (status == VDIB_OK && writer->end != NULL)
        status = writer->end(&output);
    if (status == VDIB_OK)
        status = vdib__sink_take(&output.sink, bytes, size);
    release(writer, &output);
    return status;
}

vdib_status vdib__event_writer_check(const vdib__event_writer *row, const char *path, bool replace) {
    if (vdib__is_passage(path))
        return row->passes ? VDIB_OK
                           : vdib__fail(VDIB_ERROR_ARGUMENT,
                                        "%s: format %s is not written front to back and does not go through a pipe; "
                                        "name a file, or choose another format",
                                        path, row->name);
    if (vdib__is_folder(path))
        return vdib__fail(VDIB_ERROR_IO, "%s: is a folder; name a file", path);
    if (!replace && access(path, F_OK) == 0)
        return vdib__fail(VDIB_ERROR_EXISTS, "%s: exists; name another file, or have it replaced (--force)", path);
    return VDIB_OK;
}

vdib_status vdib_writer_open(const char *path, const vdib_writer_options *options, vdib_writer **writer) {
    vdib_writer_options used;
    const vdib__event_writer *row = NULL;
    vdib_writer *made = NULL;
    VDIB_REQUIRE(path, writer);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_writer_options, options, &used));
    VDIB_TRY(vdib__event_writer_find(used.format, path, &row));
    VDIB_TRY(vdib__event_writer_check(row, path, used.replace));
    VDIB_TRY(check_sensor(row, path, used.width, used.height));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->row = row;
    made->output = (vdib__event_output){.width = used.width, .height = used.height};
    vdib_status status = vdib__strdup(path, &made->path);
    if (status == VDIB_OK)
        status = begin(row, made->path, made->path, &made->output);
    if (status != VDIB_OK) {
        vdib__free(made->path);
        vdib__free(made);
        return status;
    }
    *writer = made;
    return VDIB_OK;
}

vdib_status vdib_writer_put(vdib_writer *writer, const vdib_event *events, size_t count) {
    VDIB_REQUIRE(writer, events);
    if (writer->finished)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_writer_put: %s is finished; nothing can be put any more",
                          writer->path);
    return put(writer->row, writer->path, &writer->output, events, count);
}

vdib_status vdib_writer_finish(vdib_writer *writer) {
    VDIB_REQUIRE(writer);
    if (writer->finished)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_writer_finish: %s is finished already", writer->path);
    writer->finished = true;
    vdib_status status = writer->row->end != NULL ? writer->row->end(&writer->output) : VDIB_OK;
    if (status == VDIB_OK && !writer->row->itself)
        status = vdib__sink_commit(&writer->output.sink);
    release(writer->row, &writer->output);
    return status;
}

void vdib_writer_close(vdib_writer *writer) {
    if (writer == NULL)
        return;
    if (!writer->finished)
        release(writer->row, &writer->output);
    vdib__free(writer->path);
    vdib__free(writer);
}
