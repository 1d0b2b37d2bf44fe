/* SPDX-License-Identifier: MIT */
#include "events/steps.h"

#include "core/alloc.h"
#include "core/error.h"

enum { MOST_SIDE = 1 << 16 };

/* ---- what is asked ---- */

bool vdib__steps_need_size(const vdib_conversion *asked) {
    return asked->flip_x || asked->flip_y || asked->rotate != 0 || asked->refractory_us > 0;
}

static vdib_status check_places(const vdib_conversion *asked) {
    if ((asked->width == 0) != (asked->height == 0) || asked->width > MOST_SIDE || asked->height > MOST_SIDE)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a sensor of %zux%zu pixels; both sides are from 1 to %d", asked->width,
                          asked->height, MOST_SIDE);
    if ((asked->crop_width == 0) != (asked->crop_height == 0))
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a crop of %zux%zu pixels; both sides are 1 or more", asked->crop_width,
                          asked->crop_height);
    if (asked->crop_x + asked->crop_width > MOST_SIDE || asked->crop_y + asked->crop_height > MOST_SIDE ||
        asked->crop_width > MOST_SIDE || asked->crop_height > MOST_SIDE)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a crop that ends beyond column or row %d, where no sensor has pixels",
                          MOST_SIDE);
    if (asked->down_sample > MOST_SIDE)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "down-sampling by %zu; it is by 1 to %d", asked->down_sample, MOST_SIDE);
    if (asked->rotate % 90 != 0 || asked->rotate > 270)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a rotation by %u degrees; there are 90, 180 and 270", asked->rotate);
    return VDIB_OK;
}

vdib_status vdib__steps_check(const vdib_conversion *asked) {
    VDIB_TRY(check_places(asked));
    if (asked->polarity > VDIB_POLARITY_OFF || asked->polarity < VDIB_POLARITY_BOTH)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "polarity %d; there are both (0), on (1) and off (2)", asked->polarity);
    if (asked->refractory_us < 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a refractory time of %lld us; it is 0 or more",
                          (long long)asked->refractory_us);
    return VDIB_OK;
}

/* ---- where events go ---- */

static void find_move(vdib__steps *s) {
    const vdib_conversion *asked = &s->asked;
    vdib__move m = {.ax = 1, .by = 1, .divisor = 1};
    int32_t w = (int32_t)s->made_w, h = (int32_t)s->made_h;
    if (asked->crop_width != 0) {
        m.cx = -(int32_t)asked->crop_x;
        m.cy = -(int32_t)asked->crop_y;
    }
    if (asked->flip_x)
        m = (vdib__move){-m.ax, -m.bx, w - 1 - m.cx, m.ay, m.by, m.cy, 1};
    if (asked->flip_y)
        m = (vdib__move){m.ax, m.bx, m.cx, -m.ay, -m.by, h - 1 - m.cy, 1};
    for (unsigned turned = 0; turned < asked->rotate; turned += 90) { /* (x, y) goes to (h - 1 - y, x) */
        m = (vdib__move){-m.ay, -m.by, h - 1 - m.cy, m.ax, m.bx, m.cx, 1};
        int32_t side = w;
        w = h;
        h = side;
    }
    if (asked->down_sample > 1)
        m.divisor = (uint32_t)asked->down_sample;
    s->made_w = ((size_t)w + m.divisor - 1) / m.divisor;
    s->made_h = ((size_t)h + m.divisor - 1) / m.divisor;
    s->move = m;
    s->moved = m.ax != 1 || m.by != 1 || m.cx != 0 || m.cy != 0 || m.divisor != 1;
}

vdib_status vdib__steps_begin(vdib__steps *s, const char *path, size_t width, size_t height) {
    const vdib_conversion *asked = &s->asked;
    s->width = s->made_w = width;
    s->height = s->made_h = height;
    if (asked->crop_width != 0) {
        if (width != 0 && (asked->crop_x + asked->crop_width > width || asked->crop_y + asked->crop_height > height))
            return vdib__fail(
                VDIB_ERROR_DATA,
                "%s: the crop of %zux%zu pixels at (%zu, %zu) goes beyond the sensor of %zux%zu; choose a "
                "smaller one",
                path, asked->crop_width, asked->crop_height, asked->crop_x, asked->crop_y, width, height);
        s->made_w = asked->crop_width;
        s->made_h = asked->crop_height;
    }
    find_move(s);
    if (asked->refractory_us == 0)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW_UNSET(&s->last_us, 2 * s->made_w * s->made_h));
    for (size_t i = 0; i < 2 * s->made_w * s->made_h; i++)
        s->last_us[i] = INT64_MIN;
    return VDIB_OK;
}

/* ---- events ---- */

/* Keeps the events for which `condition` of `e` holds. */
#define KEEP(condition)                                                                                                \
    do {                                                                                                               \
        size_t kept = 0;                                                                                               \
        for (size_t i = 0; i < count; i++) {                                                                           \
            const vdib_event e = events[i];                                                                            \
            events[kept] = e;                                                                                          \
            kept += (condition);                                                                                       \
        }                                                                                                              \
        return kept;                                                                                                   \
    } while (0)

static size_t keep_sensor(const vdib__steps *s, vdib_event *events, size_t count) {
    KEEP((e.x < s->asked.width) & (e.y < s->asked.height));
}

static size_t keep_cold(const vdib__steps *s, vdib_event *events, size_t count) {
    const vdib__hot *hot = &s->hot;
    KEEP(e.x >= hot->width || e.y >= hot->height || !hot->pixels[e.y * hot->width + e.x]);
}

static size_t keep_crop(const vdib__steps *s, vdib_event *events, size_t count) {
    const vdib_conversion *asked = &s->asked;
    KEEP((e.x - asked->crop_x < asked->crop_width) & (e.y - asked->crop_y < asked->crop_height));
}

static size_t keep_polarity(const vdib__steps *s, vdib_event *events, size_t count) {
    const uint8_t wanted = s->asked.polarity == VDIB_POLARITY_ON;
    KEEP(e.polarity == wanted);
}

static void move_all(const vdib__move *m, vdib_event *events, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int32_t x = events[i].x, y = events[i].y;
        events[i].x = (uint16_t)((uint32_t)(m->ax * x + m->bx * y + m->cx) / m->divisor);
        events[i].y = (uint16_t)((uint32_t)(m->ay * x + m->by * y + m->cy) / m->divisor);
    }
}

/* Runs a step where it is asked for, and counts what it leaves out. */
static size_t step(bool asked, size_t (*keep)(const vdib__steps *, vdib_event *, size_t), vdib__steps *s,
                   vdib_event *events, size_t count, size_t *left_out) {
    if (!asked)
        return count;
    size_t kept = keep(s, events, count);
    *left_out += count - kept;
    return kept;
}

size_t vdib__steps_place(vdib__steps *s, vdib_event *events, size_t count) {
    const vdib_conversion *asked = &s->asked;
    vdib_conversion_report *report = s->report;
    report->read += count;
    count = step(asked->width != 0, keep_sensor, s, events, count, &report->beyond);
    count = step(s->hot.pixels != NULL, keep_cold, s, events, count, &report->hot);
    count = step(asked->crop_width != 0, keep_crop, s, events, count, &report->cropped);
    count = step(asked->polarity != VDIB_POLARITY_BOTH, keep_polarity, s, events, count, &report->other_polarity);
    if (s->moved)
        move_all(&s->move, events, count);
    return count;
}

static size_t keep_rested(const vdib__steps *s, vdib_event *events, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const vdib_event e = events[i];
        int64_t *last = &s->last_us[((size_t)e.polarity * s->made_h + e.y) * s->made_w + e.x];
        if (*last != INT64_MIN && (uint64_t)e.t - (uint64_t)*last < (uint64_t)s->asked.refractory_us)
            continue;
        *last = e.t;
        events[kept++] = e;
    }
    return kept;
}

size_t vdib__steps_time(vdib__steps *s, vdib_event *events, size_t count) {
    count = step(s->last_us != NULL, keep_rested, s, events, count, &s->report->refractory);
    if (!s->asked.rebase || count == 0)
        return count;
    if (!s->begun)
        s->zero_us = events[0].t;
    s->begun = true;
    for (size_t i = 0; i < count; i++)
        events[i].t -= s->zero_us;
    return count;
}

void vdib__steps_free(vdib__steps *steps) {
    vdib__free(steps->hot.pixels);
    vdib__free(steps->last_us);
    steps->hot.pixels = NULL;
    steps->last_us = NULL;
}
