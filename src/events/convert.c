/* SPDX-License-Identifier: MIT */
/* One event file into another: packets in, packets out. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sized.h"
#include "events/convert.h"
#include "events/in_order.h"
#include "events/steps.h"
#include "events/stream.h"
#include "events/survey.h"
#include "events/writer.h"

enum { PACKET = 16384 };

typedef struct conversion {
    const char *from, *to;
    const vdib__event_writer *format;
    bool alike; /* its sensor must be that of others */
    vdib__steps steps;
    vdib__range range;
    vdib_conversion_report report;
    vdib__event_stream *stream;
    vdib_writer *writer;
    vdib__in_order order;
    vdib_event *packet; /* (PACKET) */
} conversion;

static vdib_status open_stream(conversion *c) {
    VDIB_TRY(vdib__event_stream_open(c->from, c->steps.asked.unit, &c->stream));
    vdib__event_stream_limit(c->stream, &c->range);
    if (c->steps.asked.strict)
        vdib__event_stream_be_strict(c->stream);
    return VDIB_OK;
}

static void close_stream(conversion *c) {
    vdib__event_stream_close(c->stream);
    c->stream = NULL;
}

/* The next packet of the file; 0 events only at its end. */
static vdib_status read_packet(conversion *c, size_t *count) {
    const vdib_conversion *asked = &c->steps.asked;
    if (asked->cancelled != NULL && asked->cancelled(asked->user))
        return vdib__fail(VDIB_ERROR_CANCELLED, "%s: the conversion was stopped; nothing is written", c->from);
    return vdib__event_stream_read(c->stream, c->packet, PACKET, count);
}

/* ---- the first reading ---- */

/* Whether the file must be read once before, since nothing says how large the sensor is. */
static bool must_measure(const conversion *c) {
    const vdib_conversion *asked = &c->steps.asked;
    const vdib_events_info *info = vdib__event_stream_info(c->stream);
    bool known = asked->width != 0 || (info->width != 0 && info->height != 0);
    bool cropped = asked->crop_width != 0; /* what is written is as large as the crop */
    return !known && !cropped && (c->format->sized || vdib__steps_need_size(asked));
}

static vdib_status refuse_measuring(const conversion *c, bool measured) {
    if (!measured)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "%s: is a pipe, and hot pixels are found by reading a recording twice; copy it into a file "
                          "first",
                          c->from);
    return vdib__fail(VDIB_ERROR_ARGUMENT,
                      "%s: does not say how large the sensor is, which has to be known before the first event%s; name "
                      "its size (--sensor)",
                      c->from, c->alike ? ", and be the same for all" : "");
}

/* All events that the sensor leaves. */
static vdib_status look_at_all(conversion *c, vdib__survey *survey) {
    const vdib_conversion *asked = &c->steps.asked;
    size_t count = 1;
    while (count > 0) {
        VDIB_TRY(read_packet(c, &count));
        size_t kept = count;
        for (size_t i = 0; asked->width != 0 && i < kept;)
            if (c->packet[i].x >= asked->width || c->packet[i].y >= asked->height)
                c->packet[i] = c->packet[--kept];
            else
                i++;
        VDIB_TRY(vdib__survey_look(survey, c->from, c->packet, kept));
    }
    return VDIB_OK;
}

/* Marks the hot pixels of the report. */
static vdib_status mark_hot(conversion *c, const vdib__survey *survey) {
    vdib__hot *hot = &c->steps.hot;
    VDIB_TRY(vdib__survey_hot(survey, &c->report.pixels, &c->report.pixel_count));
    hot->width = survey->width;
    hot->height = survey->height;
    VDIB_TRY(VDIB_NEW(&hot->pixels, hot->width * hot->height));
    for (size_t i = 0; i < c->report.pixel_count; i++)
        hot->pixels[c->report.pixels[3 * i + 1] * hot->width + c->report.pixels[3 * i]] = true;
    return VDIB_OK;
}

static vdib_status learn(conversion *c, vdib__survey *survey) {
    const vdib_conversion *asked = &c->steps.asked;
    const vdib_events_info *info = vdib__event_stream_info(c->stream);
    bool measured = must_measure(c);
    if (!measured && !asked->hot_pixels)
        return VDIB_OK;
    if (vdib__is_passage(c->from) || (measured && c->alike))
        return refuse_measuring(c, measured);
    if (asked->hot_pixels)
        VDIB_TRY(vdib__survey_count(survey, c->from, asked->width != 0 ? asked->width : info->width,
                                    asked->width != 0 ? asked->height : info->height));
    VDIB_TRY(look_at_all(c, survey));
    if (asked->hot_pixels)
        VDIB_TRY(mark_hot(c, survey));
    c->report.measured = measured;
    close_stream(c);
    return open_stream(c);
}

/* ---- the conversion ---- */

/* The sensor's size: as it is asked for, as the file says, or what was measured; 0: not known. */
static void find_size(const conversion *c, const vdib__survey *survey, size_t *width, size_t *height) {
    const vdib_conversion *asked = &c->steps.asked;
    const vdib_events_info *info = vdib__event_stream_info(c->stream);
    *width = asked->width;
    *height = asked->height;
    if (*width == 0 && info->width != 0 && info->height != 0) {
        *width = info->width;
        *height = info->height;
    } else if (*width == 0 && c->report.measured) { /* at least a pixel, of a recording without events */
        *width = survey->width > 0 ? survey->width : 1;
        *height = survey->height > 0 ? survey->height : 1;
    }
}

static vdib_status begin(conversion *c) {
    const vdib_conversion *asked = &c->steps.asked;
    vdib__survey survey = {.width = 0};
    size_t width = 0, height = 0;
    vdib_status status = learn(c, &survey);
    if (status == VDIB_OK)
        find_size(c, &survey, &width, &height);
    vdib__survey_free(&survey);
    VDIB_TRY(status);
    VDIB_TRY(vdib__steps_begin(&c->steps, c->from, width, height));
    c->report.width = c->steps.made_w;
    c->report.height = c->steps.made_h;
    vdib_writer_options options = {.size = sizeof options,
                                   .format = c->format->name,
                                   .width = c->report.width,
                                   .height = c->report.height,
                                   .replace = asked->replace};
    return vdib_writer_open(c->to, &options, &c->writer);
}

static vdib_status write_events(void *user, vdib_event *events, size_t count) {
    conversion *c = user;
    count = vdib__steps_time(&c->steps, events, count);
    c->report.written += count;
    return vdib_writer_put(c->writer, events, count);
}

/* No format that is written holds several recordings. */
static vdib_status check_several(const conversion *c) {
    size_t recordings = vdib__event_stream_info(c->stream)->recordings;
    if (recordings <= 1 || strchr(c->from, '#') != NULL)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: holds %zu recordings, and a file that is written holds one; name one (%s#0 to #%zu), or a "
                      "folder to write them to",
                      c->from, recordings, c->from, recordings - 1);
}

static vdib_status run(conversion *c) {
    size_t count = 1;
    VDIB_TRY(open_stream(c));
    VDIB_TRY(check_several(c));
    VDIB_TRY(begin(c));
    while (count > 0) {
        VDIB_TRY(read_packet(c, &count));
        VDIB_TRY(vdib__in_order_put(&c->order, c->packet, vdib__steps_place(&c->steps, c->packet, count)));
    }
    VDIB_TRY(vdib__in_order_end(&c->order));
    c->report.late = c->order.moved;
    return vdib_writer_finish(c->writer);
}

static vdib_status prepare(conversion *c, const vdib_conversion *asked) {
    c->steps.asked = *asked;
    c->steps.report = &c->report;
    c->report.size = sizeof c->report;
    VDIB_TRY(vdib__steps_check(asked));
    VDIB_TRY(vdib__range_of(asked->from_us, asked->to_us, asked->relative, &c->range));
    VDIB_TRY(vdib__event_writer_find(asked->format, c->to, &c->format));
    if (strcmp(c->from, "-") != 0 && strcmp(c->to, "-") != 0 && vdib__is_same(c->from, c->to))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "%s: would be converted into itself; name another file to be written",
                          c->to);
    VDIB_TRY(vdib__event_writer_check(c->format, c->to, asked->replace)); /* before a long reading */
    c->report.format = c->format->name;
    c->order = (vdib__in_order){.path = c->from, .whole = asked->sort, .deliver = write_events, .user = c};
    return VDIB_NEW(&c->packet, PACKET);
}

vdib_status vdib__convert(const char *from, const char *to, const vdib_conversion *asked, bool alike,
                          vdib_conversion_report *report, vdib_events_info *info) {
    conversion c = {.from = from, .to = to, .alike = alike};
    vdib_status status = prepare(&c, asked);
    if (status == VDIB_OK)
        status = run(&c);
    if (status == VDIB_OK) {
        *info = *vdib__event_stream_info(c.stream);
        *report = c.report;
    } else
        vdib_conversion_report_clear(&c.report);
    vdib_writer_close(c.writer);
    vdib__in_order_free(&c.order);
    vdib__steps_free(&c.steps);
    close_stream(&c);
    vdib__free(c.packet);
    return status;
}

vdib_status vdib_convert(const char *from, const char *to, const vdib_conversion *options,
                         vdib_conversion_report *report, vdib_events_info *info) {
    vdib_conversion asked;
    vdib_conversion_report done;
    vdib_events_info said;
    VDIB_REQUIRE(from, to);
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_conversion, options, &asked));
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_conversion_report, report));
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_events_info, info));
    if (!vdib__is_passage(to))
        vdib__temporaries_clean(to);
    VDIB_TRY(vdib__convert(from, to, &asked, false, &done, &said));
    VDIB_SIZED_WRITE(vdib_events_info, &said, info);
    VDIB_SIZED_WRITE(vdib_conversion_report, &done, report);
    if (report == NULL)
        vdib_conversion_report_clear(&done);
    return VDIB_OK;
}

void vdib_conversion_report_clear(vdib_conversion_report *report) {
    if (report == NULL)
        return;
    vdib__free(report->pixels);
    report->pixels = NULL;
    report->pixel_count = 0;
}
