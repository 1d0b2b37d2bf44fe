/* SPDX-License-Identifier: MIT */
#include "data/camera.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/mathematics.h"
#include "core/random.h"

/* The image moves by at most this many pixels between two samples; levels are linear in time between them. */
#define SAMPLE_PIXELS 0.2
/* The three saccades go around this triangle (a side is 5.6 pixels), 100 ms each, from rest to rest. */
#define SACCADE_US    100000.0
#define SACCADE_RIGHT 2.8
#define SACCADE_UP    1.6
#define SACCADE_DOWN  3.2
/* Circular motion: radius in pixels, time of a turn. */
#define CIRCLE_RADIUS 2.0
#define CIRCLE_US     1000000.0

enum {
    LARGEST_SIDE = 0xFFFF,
    IMAGE_REACH = 4, /* no motion is longer, pixels */
    TRIAL_US = 500,  /* samples are multiples of this apart; the largest speed is 0.06 pixels in it */
    LONGEST_INTERVAL_US = 10000
};
static const int64_t LONGEST_US = INT64_C(3600000000);

/* What a pixel of the sensor remembers. */
typedef struct sensor_pixel {
    float reference; /* log intensity at its last event */
    float on, off;   /* thresholds, both positive */
    bool dead;       /* until `awake`, when the reference is taken anew */
    uint32_t noises; /* background events drawn so far */
    double awake;    /* microseconds */
    double noise;    /* time of the next background event, microseconds */
    uint8_t noise_polarity;
} sensor_pixel;

typedef struct recorder {
    const vdib__camera *camera;
    vdib__key key;
    size_t canvas_width, canvas_height;
    float *canvas; /* (canvas_height, canvas_width): the image at rest with IMAGE_REACH + 1 pixels around the sensor */
    float *before, *after; /* (height, width): log intensity at `start` and `end` */
    sensor_pixel *pixels;  /* (height, width) */
    double start, end;     /* of the interval between two samples, microseconds */
    vdib_event *events;
    size_t count, capacity;
} recorder;

vdib__camera vdib__camera_saccades(void) {
    return (vdib__camera){.width = 34,
                          .height = 34,
                          .threshold = 0.25,
                          .mismatch = 0.1,
                          .refractory_us = 1000,
                          .noise_hz = 0.25,
                          .dark = 0.15,
                          .circular = false,
                          .duration_us = 300000};
}

vdib__camera vdib__camera_circular(void) {
    vdib__camera camera = vdib__camera_saccades();
    camera.width = camera.height = 26;
    camera.circular = true;
    camera.duration_us = 2000000;
    return camera;
}

const vdib__motion vdib__motion_saccades = {
    .choice = {.name = "saccades", .help = "three saccades of 100 ms, as N-MNIST: 34 x 34 pixels"},
    .camera = vdib__camera_saccades};
const vdib__motion vdib__motion_circle = {
    .choice = {.name = "circle", .help = "a slow circle of 2 s, as MNIST-DVS: 26 x 26 pixels"},
    .camera = vdib__camera_circular};

static const vdib__choice *const motions[] = {&vdib__motion_saccades.choice, &vdib__motion_circle.choice};
const vdib__choices vdib__motions = VDIB_CHOICES(motions);

/* Where the image is at time t (microseconds), pixels from the middle of the sensor. */
static void image_offset(const vdib__camera *camera, double t, double *x, double *y) {
    if (camera->circular) {
        double turn = 2.0 * VDIB_PI * t / CIRCLE_US;
        *x = CIRCLE_RADIUS * vdib__cos(turn);
        *y = CIRCLE_RADIUS * vdib__sin(turn);
        return;
    }
    static const double corners[4][2] = {
        {-SACCADE_RIGHT, -SACCADE_UP}, {0, SACCADE_DOWN}, {SACCADE_RIGHT, -SACCADE_UP}, {-SACCADE_RIGHT, -SACCADE_UP}};
    double saccade = fmin(floor(t / SACCADE_US), 2.0), part = fmin(t / SACCADE_US - saccade, 1.0);
    /* Speed 1 - cos(2 pi part): the camera starts and ends each saccade at rest. */
    double way = part - vdib__sin(2.0 * VDIB_PI * part) / (2.0 * VDIB_PI);
    const double *from = corners[(int)saccade], *to = corners[(int)saccade + 1];
    *x = from[0] + way * (to[0] - from[0]);
    *y = from[1] + way * (to[1] - from[1]);
}

/* The time of the sample after the one at `start`, whole microseconds. */
static int64_t next_sample(const vdib__camera *camera, int64_t start) {
    double x, y, next_x, next_y;
    image_offset(camera, (double)start, &x, &y);
    int64_t end = start;
    do {
        end += TRIAL_US;
        image_offset(camera, (double)(end + TRIAL_US), &next_x, &next_y);
    } while (end - start < LONGEST_INTERVAL_US &&
             (next_x - x) * (next_x - x) + (next_y - y) * (next_y - y) < SAMPLE_PIXELS * SAMPLE_PIXELS);
    return end < camera->duration_us ? end : camera->duration_us;
}

static vdib_status check(const vdib__camera *camera, const float *image, size_t rows, size_t columns) {
    if (camera->width == 0 || camera->width > LARGEST_SIDE || camera->height == 0 || camera->height > LARGEST_SIDE)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "camera: the sensor is %zu x %zu; its sides must be 1 to %d",
                          camera->width, camera->height, LARGEST_SIDE);
    if (!(camera->threshold >= 0.01 && camera->threshold <= 100.0) || !(camera->mismatch >= 0 && camera->mismatch <= 1))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "camera: threshold %g and mismatch %g; they must be in 0.01 to 100 and in 0 to 1",
                          camera->threshold, camera->mismatch);
    if (!(camera->dark >= 1e-6 && camera->dark <= 1.0) || !(camera->noise_hz >= 0 && camera->noise_hz <= 1e5))
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "camera: dark %g and noise_hz %g; they must be in 1e-6 to 1 and in 0 to 1e5", camera->dark,
                          camera->noise_hz);
    if (camera->refractory_us < 0 || camera->refractory_us > LONGEST_US || camera->duration_us <= 0 ||
        camera->duration_us > LONGEST_US)
        return vdib__fail(
            VDIB_ERROR_ARGUMENT,
            "camera: refractory_us %lld and duration_us %lld; they must be 0 to 3600000000 and 1 to 3600000000",
            (long long)camera->refractory_us, (long long)camera->duration_us);
    if (rows == 0 || rows > LARGEST_SIDE || columns == 0 || columns > LARGEST_SIDE)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "camera: the image is %zu x %zu; its sides must be 1 to %d", rows,
                          columns, LARGEST_SIDE);
    for (size_t i = 0; i < rows * columns; i++)
        if (!(image[i] >= 0.0F && image[i] <= 1.0F))
            return vdib__fail(VDIB_ERROR_ARGUMENT, "camera: pixel (%zu, %zu) of the image is %g; it must be in 0 to 1",
                              i / columns, i % columns, (double)image[i]);
    return VDIB_OK;
}

/* The place on the canvas of the first of a side's pixels, negative where the image is larger. */
static long first_on_canvas(size_t canvas, size_t image) {
    return ((long)canvas - (long)image) / 2;
}

/* Middle of the image on the middle of the canvas, to half a pixel; what is beyond the canvas is never seen. */
static void fill_canvas(recorder *r, const float *image, size_t rows, size_t columns) {
    long top = first_on_canvas(r->canvas_height, rows), left = first_on_canvas(r->canvas_width, columns);
    for (size_t row = 0; row < rows; row++) {
        long y = top + (long)row;
        if (y < 0 || y >= (long)r->canvas_height)
            continue;
        for (size_t column = 0; column < columns; column++) {
            long x = left + (long)column;
            if (x >= 0 && x < (long)r->canvas_width)
                r->canvas[(size_t)y * r->canvas_width + (size_t)x] = image[row * columns + column];
        }
    }
}

/* levels (height, width): log intensity of the image at time t, sampled bilinearly. */
static void sample(const recorder *r, double t, float *levels) {
    const vdib__camera *camera = r->camera;
    double x, y;
    image_offset(camera, t, &x, &y);
    double column = IMAGE_REACH + 1 - x, row = IMAGE_REACH + 1 - y;
    float a = (float)(column - floor(column)), b = (float)(row - floor(row));
    const float *corner = r->canvas + (size_t)row * r->canvas_width + (size_t)column;
    float dark = (float)camera->dark, dark_level = vdib__logf(dark);
    for (size_t i = 0; i < camera->height; i++) {
        const float *upper = corner + i * r->canvas_width, *lower = upper + r->canvas_width;
        for (size_t j = 0; j < camera->width; j++) {
            float ink = (1.0F - b) * ((1.0F - a) * upper[j] + a * upper[j + 1]) +
                        b * ((1.0F - a) * lower[j] + a * lower[j + 1]);
            levels[i * camera->width + j] = ink == 0.0F ? dark_level : vdib__logf(dark + (1.0F - dark) * ink);
        }
    }
}

/* The next background event of a pixel: exponential gaps, either polarity. */
static void draw_noise(const recorder *r, size_t index, sensor_pixel *pixel) {
    uint32_t words[4];
    vdib__random_block(&r->key, 1 + pixel->noises++ % 0xFFFFFE, (uint32_t)index, words);
    pixel->noise -= vdib__log(((double)words[0] + 1.0) * 0x1p-32) * 1e6 / r->camera->noise_hz;
    pixel->noise_polarity = (uint8_t)(words[1] >> 31);
}

static float draw_threshold(const recorder *r, uint32_t index) {
    double relative = 1.0 + r->camera->mismatch * vdib__random_normal(&r->key, 0, index);
    return (float)(r->camera->threshold * fmax(relative, 0.2));
}

static void reset_pixels(recorder *r) {
    size_t count = r->camera->width * r->camera->height;
    for (size_t i = 0; i < count; i++) {
        sensor_pixel *pixel = &r->pixels[i];
        *pixel = (sensor_pixel){.reference = r->before[i], .on = (float)r->camera->threshold};
        pixel->off = pixel->on;
        if (r->camera->mismatch > 0) {
            pixel->on = draw_threshold(r, (uint32_t)(2 * i));
            pixel->off = draw_threshold(r, (uint32_t)(2 * i + 1));
        }
        if (r->camera->noise_hz > 0)
            draw_noise(r, i, pixel);
        else
            pixel->noise = INFINITY;
    }
}

static vdib_status emit(recorder *r, size_t index, double when, bool on) {
    VDIB_TRY(VDIB_RESERVE(&r->events, &r->capacity, r->count + 1));
    r->events[r->count++] = (vdib_event){.t = (int64_t)when,
                                         .x = (uint16_t)(index % r->camera->width),
                                         .y = (uint16_t)(index / r->camera->width),
                                         .polarity = on};
    return VDIB_OK;
}

static float level_at(const recorder *r, size_t index, double t) {
    double part = (t - r->start) / (r->end - r->start);
    return r->before[index] + (float)part * (r->after[index] - r->before[index]);
}

/* When the level, at `from` within the thresholds of the reference, leaves them in [from, end); INFINITY if it does not. */
static double crossing(const recorder *r, size_t index, double from, bool *on) {
    const sensor_pixel *pixel = &r->pixels[index];
    float before = r->before[index], after = r->after[index];
    *on = after - pixel->reference >= pixel->on;
    if (!*on && pixel->reference - after < pixel->off)
        return INFINITY;
    float target = *on ? pixel->reference + pixel->on : pixel->reference - pixel->off;
    double when = r->start + (double)(target - before) / (double)(after - before) * (r->end - r->start);
    /* Rounding must not move it out of the interval, whose ends are whole microseconds. */
    return fmax(from, fmin(when, r->end - 1e-3));
}

/* One pixel from start to end: every event makes it dead for the refractory time, at the end of which it takes the level
 * that it then sees as its reference. Background events do the same; those of the dead time are lost. */
static vdib_status watch(recorder *r, size_t index) {
    sensor_pixel *pixel = &r->pixels[index];
    double from = r->start;
    for (;;) {
        if (pixel->dead) {
            if (pixel->awake >= r->end)
                return VDIB_OK;
            from = fmax(from, pixel->awake);
            pixel->reference = level_at(r, index, from);
            pixel->dead = false;
        }
        while (pixel->noise < from)
            draw_noise(r, index, pixel);
        bool on;
        double when = crossing(r, index, from, &on);
        bool background = pixel->noise < fmin(when, r->end);
        if (background) {
            when = pixel->noise;
            on = pixel->noise_polarity != 0;
            pixel->reference = level_at(r, index, when);
            draw_noise(r, index, pixel);
        } else if (when >= r->end) {
            return VDIB_OK;
        } else {
            pixel->reference += on ? pixel->on : -pixel->off;
        }
        VDIB_TRY(emit(r, index, when, on));
        pixel->awake = when + (double)r->camera->refractory_us;
        pixel->dead = r->camera->refractory_us > 0;
        from = when;
    }
}

/* Whether nothing can happen to the pixel between start and end; decides almost all of them. */
static bool is_idle(const recorder *r, size_t index) {
    const sensor_pixel *pixel = &r->pixels[index];
    float change = r->after[index] - pixel->reference;
    return !pixel->dead && pixel->noise >= r->end && change < pixel->on && -change < pixel->off;
}

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

static vdib_status record(recorder *r) {
    size_t pixels = r->camera->width * r->camera->height;
    sample(r, 0.0, r->before);
    reset_pixels(r);
    int64_t next;
    for (int64_t t = 0; t < r->camera->duration_us; t = next) {
        size_t first = r->count;
        next = next_sample(r->camera, t);
        r->start = (double)t;
        r->end = (double)next;
        sample(r, r->end, r->after);
        for (size_t i = 0; i < pixels; i++)
            if (!is_idle(r, i))
                VDIB_TRY(watch(r, i));
        if (r->count > first)
            qsort(r->events + first, r->count - first, sizeof *r->events, compare_events);
        float *swapped = r->before;
        r->before = r->after;
        r->after = swapped;
    }
    return VDIB_OK;
}

static void free_recorder(recorder *r) {
    vdib__free(r->events);
    vdib__free(r->pixels);
    vdib__free(r->after);
    vdib__free(r->before);
    vdib__free(r->canvas);
}

vdib_status vdib__camera_record(const vdib__camera *camera, const float *image, size_t rows, size_t columns,
                                uint64_t seed, uint64_t number, vdib_event **events, size_t *count) {
    VDIB_TRY(check(camera, image, rows, columns));
    size_t around = 2 * (size_t)(IMAGE_REACH + 1), pixels = camera->width * camera->height;
    recorder r = {.camera = camera,
                  .key = {.seed = seed, .purpose = VDIB_PURPOSE_CAMERA, .example = number},
                  .canvas_width = camera->width + around,
                  .canvas_height = camera->height + around};
    vdib_status status;
    VDIB_TRY_GOTO(VDIB_NEW(&r.canvas, r.canvas_width * r.canvas_height), done);
    VDIB_TRY_GOTO(VDIB_NEW(&r.before, pixels), done);
    VDIB_TRY_GOTO(VDIB_NEW(&r.after, pixels), done);
    VDIB_TRY_GOTO(VDIB_NEW(&r.pixels, pixels), done);
    VDIB_TRY_GOTO(VDIB_RESERVE(&r.events, &r.capacity, 4096), done);
    fill_canvas(&r, image, rows, columns);
    VDIB_TRY_GOTO(record(&r), done);
    *events = r.events;
    *count = r.count;
    r.events = NULL;
done:
    free_recorder(&r);
    return status;
}
