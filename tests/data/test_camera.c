/* SPDX-License-Identifier: MIT */
/* The simulated event camera: what it sees of known images, and the rules its events obey. */
#include "support.h"

#include <math.h>

#include "core/alloc.h"
#include "data/camera.h"
#include "data/digits.h"

enum { LARGE = 60, SENSOR = 34, MOST_PIXELS = SENSOR * SENSOR };

typedef struct recording {
    vdib_event *events;
    size_t count;
} recording;

static recording record(const vdib__camera *camera, const float *image, size_t side, uint64_t seed, uint64_t number) {
    recording made = {0};
    assert_ok(vdib__camera_record(camera, image, side, side, seed, number, &made.events, &made.count));
    assert_non_null(made.events);
    return made;
}

static recording record_digit(const vdib__camera *camera, uint64_t seed, uint64_t number) {
    float pixels[VDIB_DIGIT_SIDE * VDIB_DIGIT_SIDE];
    vdib__digit_draw(seed, number, pixels);
    return record(camera, pixels, VDIB_DIGIT_SIDE, seed, number);
}

/* Saccades without noise, mismatch, blur, delays and refractory time, before bright ink: every event is that of the
 * equations. */
static vdib__camera ideal_camera(double dark) {
    vdib__camera camera = vdib__camera_saccades();
    camera.mismatch = camera.noise_hz = camera.blur = camera.receptor_us = 0;
    camera.refractory_us = 0;
    camera.threshold = camera.threshold_off = 0.25;
    camera.dark = dark;
    camera.dark_ink = false;
    return camera;
}

/* An image (60, 60) that is 1 before the middle of its columns (or rows) and 0 behind it. */
static void draw_edge(bool across_columns, float *image) {
    for (int i = 0; i < LARGE * LARGE; i++)
        image[i] = (across_columns ? i % LARGE : i / LARGE) < LARGE / 2 ? 1.0F : 0.0F;
}

static size_t count_where(const recording *r, int x, int y, int polarity, int64_t from, int64_t to) {
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++) {
        const vdib_event *e = &r->events[i];
        count += (x < 0 || e->x == x) && (y < 0 || e->y == y) && e->polarity == polarity && e->t >= from && e->t < to;
    }
    return count;
}

static void an_image_without_contrast_gives_nothing(void **state) {
    (void)state;
    static float image[LARGE * LARGE];
    vdib__camera camera = ideal_camera(0.15);
    for (int bright = 0; bright < 4; bright++) { /* also where the optics blur it */
        camera.blur = bright < 2 ? 0 : 1.3;
        for (int i = 0; i < LARGE * LARGE; i++)
            image[i] = (float)(bright % 2);
        recording r = record(&camera, image, LARGE, 1, 1);
        assert_int_equal(r.count, 0);
        vdib__free(r.events);
    }
}

static void background_events_come_at_their_rate(void **state) {
    (void)state;
    static float image[LARGE * LARGE];
    memset(image, 0, sizeof image);
    vdib__camera camera = vdib__camera_saccades();
    camera.noise_hz = 20.0;
    recording r = record(&camera, image, LARGE, support_seed(31), 0);
    double expected = 20.0 * SENSOR * SENSOR * 0.3, allowed = 6.0 * sqrt(expected) + 0.02 * expected;
    assert_true(fabs((double)r.count - expected) < allowed);
    assert_true(fabs((double)count_where(&r, -1, -1, 1, 0, 300000) - expected / 2) < allowed);
    /* They are spread over the sensor and over time. */
    assert_true(fabs((double)count_where(&r, 0, -1, 1, 0, 300000) - expected / 2 / SENSOR) < allowed / 5);
    assert_true(fabs((double)count_where(&r, -1, -1, 1, 0, 100000) - expected / 6) < allowed / 1.5);
    vdib__free(r.events);
}

/* A pixel that the edge passes completely fires floor(log(1 / dark) / threshold) times. In the first two saccades the
 * image moves 5.5 pixels to the right, so that columns 15 to 18 go from dark to bright; in the third it goes back. */
static void an_edge_gives_the_events_of_its_contrast(void **state) {
    (void)state;
    static float image[LARGE * LARGE];
    draw_edge(true, image);
    const double darks[] = {0.15, 0.5, 0.03};
    for (int d = 0; d < 3; d++) {
        vdib__camera camera = ideal_camera(darks[d]);
        recording r = record(&camera, image, LARGE, 1, 1);
        size_t expected = (size_t)floor(-log(darks[d]) / camera.threshold);
        for (int x = 15; x <= 18; x++)
            for (int y = 0; y < SENSOR; y++) {
                assert_int_equal(count_where(&r, x, y, 1, 0, 200000), expected);
                assert_int_equal(count_where(&r, x, y, 0, 0, 200000), 0);
                assert_int_equal(count_where(&r, x, y, 1, 200000, 300000), 0);
                /* The last step down ends exactly on the threshold, so rounding decides about it. */
                assert_in_range(count_where(&r, x, y, 0, 200000, 300000), expected - 1, expected);
            }
        for (int x = 0; x < SENSOR; x++)
            if (x < 14 || x > 19)
                assert_int_equal(count_where(&r, x, -1, 1, 0, 300000) + count_where(&r, x, -1, 0, 0, 300000), 0);
        vdib__free(r.events);
    }
}

/* The image goes down 5.4 pixels in the first saccade and up again in the second. */
static void the_first_saccade_goes_down(void **state) {
    (void)state;
    static float image[LARGE * LARGE];
    draw_edge(false, image);
    vdib__camera camera = ideal_camera(0.15);
    recording r = record(&camera, image, LARGE, 1, 1);
    for (int y = 16; y <= 19; y++) {
        assert_int_equal(count_where(&r, 3, y, 1, 0, 100000), 7);
        assert_in_range(count_where(&r, 3, y, 0, 100000, 200000), 6, 7);
    }
    assert_int_equal(count_where(&r, -1, -1, 1, 101000, 200000), 0);
    vdib__free(r.events);
}

/* Column 17 is dark until the image is in the middle, after 129 ms, and bright 1 pixel later. In between, the level is
 * log(dark + (1 - dark) way): the time of each event is where it passes a multiple of the threshold. */
static void event_times_follow_the_level(void **state) {
    (void)state;
    static float image[LARGE * LARGE];
    draw_edge(true, image);
    vdib__camera camera = ideal_camera(0.15);
    recording r = record(&camera, image, LARGE, 1, 1);
    int passed = 0;
    for (size_t i = 0; i < r.count; i++) {
        if (r.events[i].x != 17 || r.events[i].y != 5 || r.events[i].polarity == 0)
            continue;
        passed++;
        double way = (0.15 * exp(0.25 * passed) - 0.15) / 0.85, when = 100000, x = -1, y;
        for (; x < way; when += 10)
            vdib__camera_offset(&camera, when, &x, &y);
        assert_true(fabs((double)r.events[i].t - when) < 600); /* the level is linear between samples, 0.2 pixels */
    }
    assert_int_equal(passed, 7);
    vdib__free(r.events);
}

/* ---- the whole camera in double, written plainly ---- */

typedef struct plain_pixel {
    double reference, level, awake;
    int count[2];
} plain_pixel;

/* Light at (x, y) of the blurred image, pixels from its middle: the sum over all of its pixels. */
static double plain_ink(const vdib__camera *camera, const float *image, int side, double x, double y) {
    double column = x + (side - 1) / 2.0, row = y + (side - 1) / 2.0, sum = 0;
    int reach = (int)ceil(3 * camera->blur), left = (int)floor(column), top = (int)floor(row);
    double norm = 0;
    for (int k = -reach; k <= reach; k++)
        norm += camera->blur > 0 ? exp(-k * k / (2 * camera->blur * camera->blur)) : 1;
    for (int corner = 0; corner < 4; corner++)
        for (int i = -reach; i <= reach; i++)
            for (int j = -reach; j <= reach; j++) {
                int r = top + corner / 2 + i, c = left + corner % 2 + j;
                double near_row = corner / 2 == 1 ? row - top : 1 - (row - top);
                double near_column = corner % 2 == 1 ? column - left : 1 - (column - left);
                double share =
                    camera->blur > 0 ? exp(-(i * i + j * j) / (2 * camera->blur * camera->blur)) / norm / norm : 1;
                if (r >= 0 && r < side && c >= 0 && c < side)
                    sum += near_row * near_column * share * (double)image[r * side + c];
            }
    return sum;
}

static double plain_light(const vdib__camera *camera, const float *image, int side, int index, double t) {
    double dx, dy;
    vdib__camera_offset(camera, t, &dx, &dy);
    double x = index % (int)camera->width - ((double)camera->width - 1) / 2 - dx;
    double y = index / (int)camera->width - ((double)camera->height - 1) / 2 - dy;
    double ink = plain_ink(camera, image, side, x, y);
    return camera->dark_ink ? 1 - (1 - camera->dark) * ink : camera->dark + (1 - camera->dark) * ink;
}

/* One pixel over the whole recording: counts of its OFF and ON events. */
static plain_pixel plain_watch(const vdib__camera *camera, const float *image, int side, int index) {
    plain_pixel p = {.level = log(plain_light(camera, image, side, index, 0)), .awake = -1};
    p.reference = p.level;
    for (int64_t start = 0; start < camera->duration_us;) {
        int64_t end = vdib__camera_next_sample(camera, start);
        double light = plain_light(camera, image, side, index, (double)end), before = p.level, after = log(light);
        double length = (double)(end - start), now = 0;
        if (camera->receptor_us > 0) { /* d level / dt = light / receptor_us (log light - level), implicitly */
            double k = length * light / camera->receptor_us;
            after = (before + k * after) / (1 + k);
        }
        while (now < length) {
            if (p.awake > (double)start + now) {
                now = p.awake - (double)start;
                if (now >= length)
                    break;
                p.reference = before + (after - before) * now / length;
            }
            bool on = after - p.reference >= camera->threshold;
            if (!on && p.reference - after < camera->threshold_off)
                break;
            p.reference += on ? camera->threshold : -camera->threshold_off;
            now = fmax(now, (p.reference - before) / (after - before) * length);
            p.count[on]++;
            p.awake = (double)start + now + (double)camera->refractory_us;
        }
        p.level = after;
        start = end;
    }
    return p;
}

static void compare_with_plain(const vdib__camera *camera, const float *image, int side) {
    recording r = record(camera, image, (size_t)side, 1, 1);
    size_t events = 0, different = 0;
    for (int index = 0; index < (int)(camera->width * camera->height); index++) {
        plain_pixel p = plain_watch(camera, image, side, index);
        for (int polarity = 0; polarity < 2; polarity++) {
            int x = index % (int)camera->width, y = index / (int)camera->width;
            size_t count = count_where(&r, x, y, polarity, 0, camera->duration_us);
            events += count;
            different += (size_t)abs((int)count - p.count[polarity]);
        }
    }
    /* Rounding decides about steps that end on a threshold. */
    print_message("%zu events, %zu otherwise in double\n", events, different);
    assert_true(events > 400);
    assert_true(different * 200 <= events);
    vdib__free(r.events);
}

static void the_camera_is_that_of_its_equations(void **state) {
    (void)state;
    float digit[VDIB_DIGIT_SIDE * VDIB_DIGIT_SIDE];
    vdib__digit_draw(3, 8, digit);
    vdib__camera camera = vdib__camera_saccades();
    camera.mismatch = camera.noise_hz = 0;
    compare_with_plain(&camera, digit, VDIB_DIGIT_SIDE);
    camera.threshold_off = 0.4;
    camera.mismatch = 1e-9; /* thresholds are drawn, and as good as equal */
    camera.blur = 1.3;
    camera.receptor_us = 3000;
    compare_with_plain(&camera, digit, VDIB_DIGIT_SIDE);
    camera.dark_ink = false;
    camera.blur = 0;
    camera.width = 30;
    compare_with_plain(&camera, digit, VDIB_DIGIT_SIDE);
    camera = vdib__camera_circular();
    camera.mismatch = camera.noise_hz = 0;
    compare_with_plain(&camera, digit, VDIB_DIGIT_SIDE);
}

/* The triangle of N-MNIST, from rest to rest, without jumps. */
static void the_path_is_that_of_the_recordings(void **state) {
    (void)state;
    vdib__camera camera = vdib__camera_saccades();
    const double corners[4][3] = {
        {0, -2.53, -1.79}, {87500, -1.085, 3.615}, {222500, 2.75, -1.595}, {315000, -2.41, -1.81}};
    double x, y, sum_x = 0, sum_y = 0, last[2][2] = {{0}};
    for (int i = 0; i < 4; i++) {
        vdib__camera_offset(&camera, corners[i][0], &x, &y);
        assert_float_equal(x, corners[i][1], 1e-9);
        assert_float_equal(y, corners[i][2], 1e-9);
    }
    for (int i = 0; i <= 63; i++) {
        vdib__camera_offset(&camera, 5000.0 * i, &x, &y);
        if (i >= 2) {
            assert_true(fabs(x - 2 * last[1][0] + last[0][0]) < 0.25);
            assert_true(fabs(y - 2 * last[1][1] + last[0][1]) < 0.25);
        }
        memcpy(last[0], last[1], sizeof last[0]);
        last[1][0] = x;
        last[1][1] = y;
        sum_x += x;
        sum_y += y;
    }
    assert_float_equal(sum_x, -21.69, 1e-6);
    assert_float_equal(sum_y, 7.45, 1e-6);
    vdib__camera_offset(&camera, 1e6, &x, &y);
    assert_true(x == last[1][0] && y == last[1][1]);
}

static void mismatch_varies_the_pixels(void **state) {
    (void)state;
    static float image[LARGE * LARGE];
    draw_edge(true, image);
    vdib__camera camera = ideal_camera(0.15);
    camera.mismatch = 0.2;
    recording r = record(&camera, image, LARGE, support_seed(32), 1);
    size_t fewest = SIZE_MAX, most = 0;
    for (int y = 0; y < SENSOR; y++) {
        size_t count = count_where(&r, 17, y, 1, 0, 200000);
        fewest = count < fewest ? count : fewest;
        most = count > most ? count : most;
    }
    assert_true(fewest < 7 && fewest >= 3 && most > 7);
    vdib__free(r.events);
}

/* Sorted by time, row, column; inside the recording and the sensor; no pixel twice within its refractory time. */
static void check_rules(const vdib__camera *camera, const recording *r) {
    int64_t last[MOST_PIXELS];
    for (int i = 0; i < MOST_PIXELS; i++)
        last[i] = -camera->refractory_us;
    for (size_t i = 0; i < r->count; i++) {
        const vdib_event *e = &r->events[i];
        assert_true(e->t >= 0 && e->t < camera->duration_us);
        assert_true(e->x < camera->width && e->y < camera->height && e->polarity <= 1);
        int64_t *previous = &last[e->y * camera->width + e->x];
        assert_true(e->t - *previous >= camera->refractory_us);
        *previous = e->t;
        if (i > 0) {
            const vdib_event *b = e - 1;
            assert_true(b->t < e->t || (b->t == e->t && (b->y < e->y || (b->y == e->y && b->x <= e->x))));
        }
    }
}

static void events_obey_the_rules(void **state) {
    (void)state;
    uint64_t seed = support_seed(33);
    const int64_t refractory[] = {0, 1, 1000, 15000};
    for (int circular = 0; circular < 2; circular++)
        for (int i = 0; i < 4; i++)
            for (uint64_t number = 0; number < 5; number++) {
                vdib__camera camera = circular ? vdib__camera_circular() : vdib__camera_saccades();
                camera.refractory_us = refractory[i];
                camera.noise_hz = 100.0;
                recording r = record_digit(&camera, seed, number);
                assert_true(r.count > 1000);
                check_rules(&camera, &r);
                vdib__free(r.events);
            }
}

/* Recordings of N-MNIST have 1069 to 7152 events, 4108 in the mean, half of them ON, in three bursts. */
static void recordings_look_like_those_of_a_camera(void **state) {
    (void)state;
    enum { RECORDINGS = 50 };
    uint64_t seed = support_seed(34);
    vdib__camera camera = vdib__camera_saccades();
    double total = 0, on = 0, bursts = 0;
    for (uint64_t number = 0; number < RECORDINGS; number++) {
        recording r = record_digit(&camera, seed, number);
        assert_in_range(r.count, 1000, 8000);
        total += (double)r.count;
        on += (double)count_where(&r, -1, -1, 1, 0, camera.duration_us);
        for (int64_t saccade = 0; saccade < 300000; saccade += 100000)
            for (int polarity = 0; polarity < 2; polarity++)
                bursts += (double)count_where(&r, -1, -1, polarity, saccade + 25000, saccade + 75000);
        vdib__free(r.events);
    }
    print_message("%.0f events a recording, %.3f ON, %.3f in the bursts\n", total / RECORDINGS, on / total,
                  bursts / total);
    assert_true(total / RECORDINGS > 4108 / 1.5 && total / RECORDINGS < 4108 * 1.5);
    assert_true(on / total > 0.45 && on / total < 0.55);
    assert_true(bursts / total > 0.7);
}

static bool same(const recording *a, const recording *b) {
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = a->events[i].t == b->events[i].t && a->events[i].x == b->events[i].x &&
                a->events[i].y == b->events[i].y && a->events[i].polarity == b->events[i].polarity;
    return equal;
}

static void seed_and_number_decide(void **state) {
    (void)state;
    float pixels[VDIB_DIGIT_SIDE * VDIB_DIGIT_SIDE];
    vdib__digit_draw(1, 3, pixels);
    vdib__camera camera = vdib__camera_saccades();
    recording first = record(&camera, pixels, VDIB_DIGIT_SIDE, 5, 3);
    const uint64_t keys[3][2] = {{5, 3}, {5, 4}, {6, 3}};
    for (int i = 0; i < 3; i++) {
        recording other = record(&camera, pixels, VDIB_DIGIT_SIDE, keys[i][0], keys[i][1]);
        assert_int_equal(same(&first, &other), i == 0);
        vdib__free(other.events);
    }
    vdib__free(first.events);
}

static void any_size_of_image_and_sensor_works(void **state) {
    (void)state;
    static float image[LARGE * LARGE];
    draw_edge(true, image);
    const size_t sides[] = {1, 2, 7, 34, 59, 60};
    for (int i = 0; i < 6; i++) {
        vdib__camera camera = vdib__camera_saccades();
        camera.width = 5;
        camera.height = 9;
        camera.duration_us = 1 + 70001 * i;
        recording r = record(&camera, image, sides[i], 1, 1);
        check_rules(&camera, &r);
        vdib__free(r.events);
    }
}

static void refuse(vdib__camera camera, const float *image, size_t side, const char *part) {
    vdib_event *events = NULL;
    size_t count = 7;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__camera_record(&camera, image, side, side, 1, 1, &events, &count), part);
    assert_null(events);
    assert_int_equal(count, 7);
}

#define REFUSE(field, value, part)                                                                                     \
    do {                                                                                                               \
        vdib__camera camera_ = vdib__camera_saccades();                                                                \
        camera_.field = (value);                                                                                       \
        refuse(camera_, image, 2, (part));                                                                             \
    } while (0)

static void bad_arguments_are_refused(void **state) {
    (void)state;
    float image[4] = {0, 1, 0.5F, 0};
    REFUSE(width, 0, "the sensor is 0 x 34");
    REFUSE(height, 65536, "the sensor is 34 x 65536");
    REFUSE(threshold, 0, "thresholds 0 and 0.185");
    REFUSE(threshold, NAN, "thresholds");
    REFUSE(threshold_off, -0.1, "thresholds 0.175 and -0.1");
    REFUSE(threshold_off, NAN, "thresholds");
    REFUSE(blur, 4.1, "blur 4.1");
    REFUSE(blur, -1, "blur -1");
    REFUSE(receptor_us, -1, "receptor_us -1");
    REFUSE(receptor_us, NAN, "receptor_us");
    REFUSE(mismatch, -0.1, "mismatch -0.1");
    REFUSE(dark, 0, "dark 0");
    REFUSE(dark, 2, "dark 2");
    REFUSE(noise_hz, INFINITY, "noise_hz");
    REFUSE(refractory_us, -1, "refractory_us -1");
    REFUSE(duration_us, 0, "duration_us 0");
    refuse(vdib__camera_saccades(), image, 0, "the image is 0 x 0");
    image[2] = 1.5F;
    refuse(vdib__camera_saccades(), image, 2, "pixel (1, 0) of the image is 1.5");
    image[2] = NAN;
    refuse(vdib__camera_saccades(), image, 2, "pixel (1, 0)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_without_contrast_gives_nothing),
        cmocka_unit_test(background_events_come_at_their_rate),
        cmocka_unit_test(an_edge_gives_the_events_of_its_contrast),
        cmocka_unit_test(the_first_saccade_goes_down),
        cmocka_unit_test(event_times_follow_the_level),
        cmocka_unit_test(the_camera_is_that_of_its_equations),
        cmocka_unit_test(the_path_is_that_of_the_recordings),
        cmocka_unit_test(mismatch_varies_the_pixels),
        cmocka_unit_test(events_obey_the_rules),
        cmocka_unit_test(recordings_look_like_those_of_a_camera),
        cmocka_unit_test(seed_and_number_decide),
        cmocka_unit_test(any_size_of_image_and_sensor_works),
        cmocka_unit_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
