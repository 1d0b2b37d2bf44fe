/* SPDX-License-Identifier: MIT */
/* The simulated camera at work: an image moves before its pixels, which remember the log intensity of their last event.
 */

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/random.h"
#include "data/camera.h"
#include "data/kernels_camera.h"

VDIB_KERNEL_TABLES(vdib__camera_kernels, vdib__camera_kernels);

const vdib__camera_kernels *vdib__camera_kernels_of(vdib__kernel_level level) {
    return VDIB_KERNEL_TABLE_AT(vdib__camera_kernels, level);
}

/* What a pixel of the sensor remembers beside its reference and thresholds. */
typedef struct sensor_pixel {
    uint16_t x, y;
    bool dead; /* until `awake`, when the reference is taken anew */
    uint8_t noise_polarity;
    uint32_t noises; /* background events drawn so far */
    double awake;    /* microseconds */
    double noise;    /* time of the next background event, microseconds */
} sensor_pixel;

/* Lines of the canvas from the first to behind the last that holds ink; end 0: none does. */
typedef struct inked_lines {
    size_t first, end;
} inked_lines;

struct vdib__recorder {
    vdib__camera camera;
    vdib__kernel_level level;
    const vdib__camera_kernels *kernels;
    float background, slope;            /* intensity of ink is background + slope * ink */
    float background_level;             /* log intensity of the background */
    size_t reach;                       /* pixels of the image's surroundings on each side of the sensor */
    size_t count;                       /* pixels of the sensor */
    size_t padded;                      /* a multiple of VDIB_CAMERA_BLOCK */
    size_t canvas_width, canvas_height; /* the image at rest with `reach` pixels around the sensor */
    vdib__key key;
    int64_t *times; /* (time_count) of the samples, from 0 to the end, microseconds */
    size_t time_count, time_capacity;
    double start, end; /* of the interval between two samples, microseconds */
    /* buffers */
    float *canvas; /* (canvas_height, canvas_width), and some zeros that are read but not used */
    inked_lines inked_rows, inked_columns;
    size_t blur;           /* pixels to each side over which light spreads */
    float *weights;        /* (blur + 1): share of the light that stays, and that goes so many pixels to one side */
    float *spread;         /* (canvas_height, canvas_width): scratch of the blur */
    float *line, *lit;     /* (canvas_width + VDIB_CAMERA_BLOCK) */
    float *light;          /* (padded): intensity at `end` */
    float *before, *after; /* (padded): log intensity at `start` and `end`, as the pixel has it by then */
    float *reference;      /* (padded): log intensity at the last event */
    float *on, *off;       /* (padded): thresholds, both positive */
    float *soonest;        /* (padded): no background event and no end of a dead time is before it, microseconds */
    sensor_pixel *pixels;  /* (count) */
    uint32_t *numbers;     /* (padded): of pixels */
    uint32_t *words;       /* (padded, 4): random */
    uint32_t *picked;      /* (2 padded): some of these words */
    double *values;        /* (4 padded) */
    vdib_event *events, *scratch;
    size_t event_count, capacity, scratch_capacity;
};

/* The place on the canvas of the first of a side's pixels, negative where the image is larger. */
static long first_on_canvas(size_t canvas, size_t image) {
    return ((long)canvas - (long)image) / 2;
}

static void include(inked_lines *lines, size_t line) {
    if (lines->end == 0 || line < lines->first)
        lines->first = line;
    lines->end = line >= lines->end ? line + 1 : lines->end;
}

/* Middle of the image on the middle of the canvas, to half a pixel; what is beyond the canvas is never seen. */
static void fill_canvas(vdib__recorder *r, const float *image, size_t rows, size_t columns) {
    long top = first_on_canvas(r->canvas_height, rows), left = first_on_canvas(r->canvas_width, columns);
    memset(r->canvas, 0, r->canvas_height * r->canvas_width * sizeof *r->canvas);
    r->inked_rows = r->inked_columns = (inked_lines){0};
    for (size_t row = 0; row < rows; row++) {
        long y = top + (long)row;
        if (y < 0 || y >= (long)r->canvas_height)
            continue;
        for (size_t column = 0; column < columns; column++) {
            long x = left + (long)column;
            if (x < 0 || x >= (long)r->canvas_width)
                continue;
            float ink = image[row * columns + column];
            r->canvas[(size_t)y * r->canvas_width + (size_t)x] = ink;
            if (ink > 0.0F) {
                include(&r->inked_rows, (size_t)y);
                include(&r->inked_columns, (size_t)x);
            }
        }
    }
}

static void widen(inked_lines *lines, size_t by, size_t count) {
    if (lines->end == 0)
        return;
    lines->first = lines->first > by ? lines->first - by : 0;
    lines->end = lines->end + by < count ? lines->end + by : count;
}

/* The light of every pixel of `from` on `to`, along rows (step 1) or columns (step canvas_width); the first and last
 * `blur` of the lines, which no pixel ever sees, stay dark. */
static void spread(const vdib__recorder *r, const float *from, size_t step, float *to) {
    size_t top = step == 1 ? 0 : r->blur, left = step == 1 ? r->blur : 0, width = r->canvas_width;
    memset(to, 0, r->canvas_height * width * sizeof *to);
    for (size_t row = top; row < r->canvas_height - top; row++)
        for (size_t column = left; column < width - left; column++) {
            const float *at = from + row * width + column;
            float sum = r->weights[0] * at[0];
            for (size_t k = 1; k <= r->blur; k++)
                sum += r->weights[k] * (at[-(long)(k * step)] + at[k * step]);
            to[row * width + column] = sum < 1.0F ? sum : 1.0F; /* rounding */
        }
}

/* What the optics make of the canvas. */
static void blur(vdib__recorder *r) {
    if (r->blur == 0)
        return;
    spread(r, r->canvas, 1, r->spread);
    spread(r, r->spread, r->canvas_width, r->canvas);
    widen(&r->inked_rows, r->blur, r->canvas_height);
    widen(&r->inked_columns, r->blur, r->canvas_width);
}

/* A range of rows or columns; empty if first == end. */
typedef struct range {
    size_t first, end;
} range;

/* Pixels along a side of `count` that see a part of the lines [inked.first, inked.end) of the canvas, when pixel 0 lies
 * between lines `offset` and offset + 1. */
static range seen(const inked_lines *inked, size_t offset, size_t count) {
    if (inked->end == 0 || inked->end <= offset)
        return (range){0};
    size_t first = inked->first > offset ? inked->first - offset - 1 : 0, end = inked->end - offset;
    end = end < count ? end : count;
    return first < end ? (range){first, end} : (range){0};
}

/* r->light (padded) and levels (padded): intensity of the image at time t, sampled bilinearly, and its logarithm. Most
 * pixels see no ink. */
static void sample(vdib__recorder *r, double t, float *levels) {
    const vdib__camera *camera = &r->camera;
    double x, y;
    vdib__camera_offset(camera, t, &x, &y);
    double column = (double)r->reach - x, row = (double)r->reach - y;
    const vdib__camera_sample at = {.a = (float)(column - floor(column)),
                                    .b = (float)(row - floor(row)),
                                    .background = r->background,
                                    .slope = r->slope,
                                    .background_level = r->background_level};
    range rows = seen(&r->inked_rows, (size_t)row, camera->height);
    range columns = seen(&r->inked_columns, (size_t)column, camera->width);
    size_t width = columns.end - columns.first;
    size_t blocks = (width + VDIB_CAMERA_BLOCK - 1) / VDIB_CAMERA_BLOCK * VDIB_CAMERA_BLOCK;
    for (size_t i = 0; i < r->padded; i++) {
        levels[i] = r->background_level;
        r->light[i] = r->background;
    }
    for (size_t i = rows.first; i < rows.end && width > 0; i++) {
        const float *upper = r->canvas + (i + (size_t)row) * r->canvas_width + (size_t)column + columns.first;
        r->kernels->ink(r->line, upper, upper + r->canvas_width, blocks, &at);
        r->kernels->levels(r->line, r->lit, blocks, &at);
        memcpy(levels + i * camera->width + columns.first, r->line, width * sizeof *levels);
        memcpy(r->light + i * camera->width + columns.first, r->lit, width * sizeof *levels);
    }
}

/* ---- thresholds and background events ---- */

/* The largest float that is not above a time, which is not negative: floats above 0 are in the order of their bits. */
static inline float not_after(double time) {
    float rounded = (float)time;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    bits -= (double)rounded > time;
    memcpy(&rounded, &bits, sizeof rounded);
    return rounded;
}

/* Background events come after exponential gaps: log_uniform is the logarithm of a uniform number. */
static void add_gap(const vdib__recorder *r, double log_uniform, uint32_t word, sensor_pixel *pixel) {
    pixel->noise -= log_uniform * 1e6 / r->camera.noise_hz;
    pixel->noise_polarity = (uint8_t)(word >> 31);
}

/* The next background event of a pixel. */
static void draw_noise(const vdib__recorder *r, size_t index, sensor_pixel *pixel) {
    uint32_t words[4];
    vdib__random_block(&r->key, 1 + pixel->noises++ % 0xFFFFFE, (uint32_t)index, words);
    add_gap(r, vdib__log(((double)words[0] + 1.0) * 0x1p-32), words[1], pixel);
}

/* The first background event of every pixel, as draw_noise would draw it. */
static void draw_first_noises(vdib__recorder *r) {
    vdib__random_blocks(r->level, &r->key, 1, r->numbers, r->padded, r->words);
    for (size_t i = 0; i < r->padded; i++)
        r->picked[i] = r->words[4 * i];
    r->kernels->log_uniforms(r->values, r->picked, r->padded);
    for (size_t i = 0; i < r->count; i++) {
        r->pixels[i].noises = 1;
        add_gap(r, r->values[i], r->words[4 * i + 1], &r->pixels[i]);
    }
}

/* Thresholds differ from pixel to pixel: normal numbers 2 i and 2 i + 1 of the key, as vdib__random_normal gives them.
 */
static void draw_thresholds(vdib__recorder *r) {
    double *logs = r->values, *cosines = r->values + 2 * r->padded;
    vdib__random_blocks(r->level, &r->key, 0, r->numbers, r->padded, r->words);
    for (size_t i = 0; i < 2 * r->padded; i++)
        r->picked[i] = r->words[2 * i];
    r->kernels->log_uniforms(logs, r->picked, 2 * r->padded);
    for (size_t i = 0; i < 2 * r->padded; i++)
        r->picked[i] = r->words[2 * i + 1];
    r->kernels->cosines(cosines, r->picked, 2 * r->padded);
    for (size_t i = 0; i < 2 * r->count; i++) {
        double relative = 1.0 + r->camera.mismatch * (vdib__sqrt(-2.0 * logs[i]) * cosines[i]);
        double standard = i % 2 == 0 ? r->camera.threshold : r->camera.threshold_off;
        (i % 2 == 0 ? r->on : r->off)[i / 2] = (float)(standard * (relative > 0.2 ? relative : 0.2));
    }
}

static void reset_pixels(vdib__recorder *r) {
    memcpy(r->reference, r->before, r->padded * sizeof *r->reference);
    for (size_t i = 0; i < r->count; i++)
        r->pixels[i] = (sensor_pixel){.x = r->pixels[i].x, .y = r->pixels[i].y};
    for (size_t i = 0; i < r->padded; i++) {
        r->on[i] = i < r->count ? (float)r->camera.threshold : INFINITY;
        r->off[i] = i < r->count ? (float)r->camera.threshold_off : INFINITY;
        r->numbers[i] = (uint32_t)i;
        r->soonest[i] = INFINITY;
    }
    if (r->camera.mismatch > 0)
        draw_thresholds(r);
    if (r->camera.noise_hz > 0)
        draw_first_noises(r);
    for (size_t i = 0; i < r->count; i++) {
        if (!(r->camera.noise_hz > 0))
            r->pixels[i].noise = INFINITY;
        r->soonest[i] = not_after(r->pixels[i].noise);
    }
}

/* ---- events ---- */

static vdib_status emit(vdib__recorder *r, size_t index, double when, bool on) {
    if (r->event_count == r->capacity)
        VDIB_TRY(VDIB_RESERVE(&r->events, &r->capacity, r->event_count + 1));
    const sensor_pixel *pixel = &r->pixels[index];
    r->events[r->event_count++] = (vdib_event){.t = (int64_t)when, .x = pixel->x, .y = pixel->y, .polarity = on};
    return VDIB_OK;
}

/* fmin and fmax of numbers. */
static inline double sooner(double a, double b) {
    return a < b ? a : b;
}

static inline double later(double a, double b) {
    return a > b ? a : b;
}

static float level_at(const vdib__recorder *r, size_t index, double t) {
    double part = (t - r->start) / (r->end - r->start);
    return r->before[index] + (float)part * (r->after[index] - r->before[index]);
}

/* When the level, at `from` within the thresholds of the reference, leaves them in [from, end); INFINITY if it does
 * not. */
static double crossing(const vdib__recorder *r, size_t index, double from, bool *on) {
    float before = r->before[index], after = r->after[index], reference = r->reference[index];
    *on = after - reference >= r->on[index];
    if (!*on && reference - after < r->off[index])
        return INFINITY;
    float target = *on ? reference + r->on[index] : reference - r->off[index];
    double when = r->start + (double)(target - before) / (double)(after - before) * (r->end - r->start);
    /* Rounding must not move it out of the interval, whose ends are whole microseconds. */
    return later(from, sooner(when, r->end - 1e-3));
}

/* One pixel from start to end: every event makes it dead for the refractory time, at the end of which it takes the
 * level that it then sees as its reference. Background events do the same; those of the dead time are lost. */
static vdib_status watch_pixel(vdib__recorder *r, size_t index, sensor_pixel *pixel) {
    double from = r->start;
    for (;;) {
        if (pixel->dead) {
            if (pixel->awake >= r->end)
                return VDIB_OK;
            from = later(from, pixel->awake);
            r->reference[index] = level_at(r, index, from);
            pixel->dead = false;
        }
        while (pixel->noise < from)
            draw_noise(r, index, pixel);
        bool on;
        double when = crossing(r, index, from, &on);
        bool background = pixel->noise < sooner(when, r->end);
        if (background) {
            when = pixel->noise;
            on = pixel->noise_polarity != 0;
            r->reference[index] = level_at(r, index, when);
            draw_noise(r, index, pixel);
        } else if (when >= r->end) {
            return VDIB_OK;
        } else {
            r->reference[index] += on ? r->on[index] : -r->off[index];
        }
        VDIB_TRY(emit(r, index, when, on));
        pixel->awake = when + (double)r->camera.refractory_us;
        pixel->dead = r->camera.refractory_us > 0;
        from = when;
    }
}

static vdib_status watch(vdib__recorder *r, size_t index) {
    sensor_pixel *pixel = &r->pixels[index];
    VDIB_TRY(watch_pixel(r, index, pixel));
    r->soonest[index] = not_after(pixel->dead ? pixel->awake : pixel->noise);
    return VDIB_OK;
}

/* ---- order ---- */

static int compare_events(const void *first, const void *second) {
    const vdib_event *a = first, *b = second;
    if (a->t != b->t)
        return a->t < b->t ? -1 : 1;
    if (a->y != b->y)
        return a->y < b->y ? -1 : 1;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return (int)a->polarity - (int)b->polarity;
}

/* Stable: `from` (count) to `to` by stretches of time, of which there are BUCKETS at most in the interval; order within
 * a stretch stays. */
enum { BUCKETS = 64 };
static void distribute(const vdib__recorder *r, const vdib_event *from, size_t count, vdib_event *to) {
    int64_t start = (int64_t)r->start, length = (int64_t)r->end - start;
    size_t places[BUCKETS + 1] = {0};
    int shift = 0;
    while (length >> shift >= BUCKETS)
        shift++;
    for (size_t i = 0; i < count; i++)
        places[((from[i].t - start) >> shift) + 1]++;
    for (size_t b = 1; b < BUCKETS; b++)
        places[b] += places[b - 1];
    for (size_t i = 0; i < count; i++)
        to[places[(from[i].t - start) >> shift]++] = from[i];
}

/* Stable; quick where almost everything is in its place. */
static void insert_by_time(vdib_event *events, size_t count) {
    for (size_t i = 1; i < count; i++) {
        vdib_event event = events[i];
        size_t at = i;
        for (; at > 0 && events[at - 1].t > event.t; at--)
            events[at] = events[at - 1];
        events[at] = event;
    }
}

/* Events of one interval by time, then row, then column. They come pixel by pixel in this order, and a pixel with a
 * dead time has none of the same microsecond, so that a stable sort by time is enough. */
static vdib_status sort_interval(vdib__recorder *r, size_t first) {
    size_t count = r->event_count - first;
    vdib_event *events = r->events + first;
    if (r->camera.refractory_us == 0) {
        qsort(events, count, sizeof *events, compare_events);
        return VDIB_OK;
    }
    if (r->scratch_capacity < count)
        VDIB_TRY(VDIB_RESERVE(&r->scratch, &r->scratch_capacity, count));
    distribute(r, events, count, r->scratch);
    insert_by_time(r->scratch, count);
    memcpy(events, r->scratch, count * sizeof *events);
    return VDIB_OK;
}

static vdib_status record(vdib__recorder *r) {
    sample(r, 0.0, r->before);
    reset_pixels(r);
    for (size_t t = 0; t + 1 < r->time_count; t++) {
        size_t first = r->event_count;
        r->start = (double)r->times[t];
        r->end = (double)r->times[t + 1];
        sample(r, r->end, r->after);
        if (r->camera.receptor_us > 0)
            r->kernels->follow(r->after, r->before, r->light, r->padded,
                               (float)((r->end - r->start) / r->camera.receptor_us));
        float end = nextafterf((float)r->end, INFINITY); /* not before the end */
        size_t active =
            r->kernels->active(r->numbers, r->padded, r->after, r->reference, r->on, r->off, r->soonest, end);
        for (size_t i = 0; i < active; i++)
            VDIB_TRY(watch(r, r->numbers[i]));
        if (r->event_count > first + 1)
            VDIB_TRY(sort_interval(r, first));
        float *swapped = r->before;
        r->before = r->after;
        r->after = swapped;
    }
    return VDIB_OK;
}

void vdib__recorder_destroy(vdib__recorder *recorder) {
    if (recorder == NULL)
        return;
    vdib__free(recorder->scratch);
    vdib__free(recorder->events);
    vdib__free(recorder->values);
    vdib__free(recorder->picked);
    vdib__free(recorder->words);
    vdib__free(recorder->numbers);
    vdib__free(recorder->pixels);
    vdib__free(recorder->soonest);
    vdib__free(recorder->off);
    vdib__free(recorder->on);
    vdib__free(recorder->reference);
    vdib__free(recorder->after);
    vdib__free(recorder->before);
    vdib__free(recorder->light);
    vdib__free(recorder->lit);
    vdib__free(recorder->line);
    vdib__free(recorder->spread);
    vdib__free(recorder->weights);
    vdib__free(recorder->canvas);
    vdib__free(recorder->times);
    vdib__free(recorder);
}

static vdib_status make_times(vdib__recorder *r) {
    for (int64_t t = 0;; t = vdib__camera_next_sample(&r->camera, t)) {
        VDIB_TRY(VDIB_RESERVE(&r->times, &r->time_capacity, r->time_count + 1));
        r->times[r->time_count++] = t;
        if (t >= r->camera.duration_us)
            return VDIB_OK;
    }
}

/* Shares of a normal distribution at whole pixels. */
static vdib_status make_blur(vdib__recorder *r) {
    double sum = 0, width = r->camera.blur;
    if (r->blur == 0)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&r->weights, r->blur + 1));
    for (long k = -(long)r->blur; k <= (long)r->blur; k++)
        sum += vdib__exp(-(double)(k * k) / (2.0 * width * width));
    for (size_t k = 0; k <= r->blur; k++)
        r->weights[k] = (float)(vdib__exp(-(double)(k * k) / (2.0 * width * width)) / sum);
    return VDIB_NEW(&r->spread, r->canvas_width * r->canvas_height);
}

static vdib_status make_buffers(vdib__recorder *r) {
    VDIB_TRY(make_times(r));
    VDIB_TRY(VDIB_NEW(&r->canvas, r->canvas_width * r->canvas_height + 2 * VDIB_CAMERA_BLOCK));
    VDIB_TRY(make_blur(r));
    VDIB_TRY(VDIB_NEW(&r->line, r->canvas_width + VDIB_CAMERA_BLOCK));
    VDIB_TRY(VDIB_NEW(&r->lit, r->canvas_width + VDIB_CAMERA_BLOCK));
    VDIB_TRY(VDIB_NEW(&r->light, r->padded));
    VDIB_TRY(VDIB_NEW(&r->before, r->padded));
    VDIB_TRY(VDIB_NEW(&r->after, r->padded));
    VDIB_TRY(VDIB_NEW(&r->reference, r->padded));
    VDIB_TRY(VDIB_NEW(&r->on, r->padded));
    VDIB_TRY(VDIB_NEW(&r->off, r->padded));
    VDIB_TRY(VDIB_NEW(&r->soonest, r->padded));
    VDIB_TRY(VDIB_NEW(&r->pixels, r->count));
    VDIB_TRY(VDIB_NEW(&r->numbers, r->padded));
    VDIB_TRY(VDIB_NEW(&r->words, 4 * r->padded));
    VDIB_TRY(VDIB_NEW(&r->picked, 2 * r->padded));
    VDIB_TRY(VDIB_NEW(&r->values, 4 * r->padded));
    for (size_t i = 0; i < r->count; i++)
        r->pixels[i] = (sensor_pixel){.x = (uint16_t)(i % r->camera.width), .y = (uint16_t)(i / r->camera.width)};
    return VDIB_RESERVE(&r->events, &r->capacity, 4096);
}

vdib_status vdib__recorder_create(const vdib__camera *camera, vdib__recorder **recorder) {
    const float black = 0.0F;
    vdib__recorder *made = NULL;
    VDIB_TRY(vdib__camera_check(camera, &black, 1, 1));
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->camera = *camera;
    made->background = camera->dark_ink ? 1.0F : (float)camera->dark;
    made->slope = camera->dark_ink ? -(1.0F - (float)camera->dark) : 1.0F - (float)camera->dark;
    made->background_level = vdib__logf(made->background);
    made->blur = (size_t)ceil(3.0 * camera->blur);
    made->reach = VDIB_CAMERA_REACH + 1 + made->blur;
    size_t around = 2 * made->reach;
    made->count = camera->width * camera->height;
    made->padded = (made->count + VDIB_CAMERA_BLOCK - 1) / VDIB_CAMERA_BLOCK * VDIB_CAMERA_BLOCK;
    made->canvas_width = camera->width + around;
    made->canvas_height = camera->height + around;
    vdib_status status = vdib__kernel_level_choose(&made->level);
    if (status == VDIB_OK)
        status = make_buffers(made);
    if (status != VDIB_OK) {
        vdib__recorder_destroy(made);
        return status;
    }
    made->kernels = vdib__camera_kernels_of(made->level);
    *recorder = made;
    return VDIB_OK;
}

vdib_status vdib__recorder_record(vdib__recorder *recorder, const float *image, size_t rows, size_t columns,
                                  uint64_t seed, uint64_t number, const vdib_event **events, size_t *count) {
    VDIB_TRY(vdib__camera_check(&recorder->camera, image, rows, columns));
    recorder->key = (vdib__key){.seed = seed, .purpose = VDIB_PURPOSE_CAMERA, .example = number};
    recorder->event_count = 0;
    fill_canvas(recorder, image, rows, columns);
    blur(recorder);
    VDIB_TRY(record(recorder));
    *events = recorder->events;
    *count = recorder->event_count;
    return VDIB_OK;
}

vdib_status vdib__camera_record(const vdib__camera *camera, const float *image, size_t rows, size_t columns,
                                uint64_t seed, uint64_t number, vdib_event **events, size_t *count) {
    vdib__recorder *recorder = NULL;
    const vdib_event *made = NULL;
    VDIB_TRY(vdib__camera_check(camera, image, rows, columns));
    VDIB_TRY(vdib__recorder_create(camera, &recorder));
    vdib_status status = vdib__recorder_record(recorder, image, rows, columns, seed, number, &made, count);
    if (status == VDIB_OK) {
        *events = recorder->events;
        recorder->events = NULL;
    }
    vdib__recorder_destroy(recorder);
    return status;
}
