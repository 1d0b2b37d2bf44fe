/* SPDX-License-Identifier: MIT */
/* builtin:motion: counts say nothing about the class, times say all. */
#include "datasets.h"

#include <math.h>

#include "data/motion_task.h"

enum { SIDE = VDIB_MOTION_SIDE, CLASSES = VDIB_MOTION_CLASSES, CHANNELS = 2 * SIDE * SIDE };

static size_t draw(uint64_t number, vdib_event events[2 * CHANNELS]) {
    size_t count = 0;
    vdib__motion_draw(SIDE, SIDE, number, events, &count);
    assert_true(count <= 2 * CHANNELS);
    return count;
}

/* Mean time of the events of some columns, microseconds. */
static double mean_time(const vdib_event *events, size_t count, int first, int end) {
    double sum = 0, n = 0;
    for (size_t i = 0; i < count; i++)
        if (events[i].x >= first && events[i].x < end) {
            sum += (double)events[i].t;
            n += 1;
        }
    return sum / n;
}

/* The class from order and direction, by mean times of quarters and halves. */
static void times_show_the_class(void **state) {
    (void)state;
    static vdib_event events[2 * CHANNELS];
    for (uint64_t number = 0; number < 200; number++) {
        size_t count = draw(number, events);
        bool right_first = mean_time(events, count, SIDE / 2, SIDE) < mean_time(events, count, 0, SIDE / 2);
        bool left_left = mean_time(events, count, 0, SIDE / 4) > mean_time(events, count, SIDE / 4, SIDE / 2);
        bool right_left =
            mean_time(events, count, SIDE / 2, 3 * SIDE / 4) > mean_time(events, count, 3 * SIDE / 4, SIDE);
        assert_int_equal(4 * right_first + 2 * left_left + right_left, number % CLASSES);
        for (size_t i = 0; i < count; i++) {
            assert_in_range(events[i].t, 0, VDIB_MOTION_US - 1);
            assert_in_range(events[i].x, 0, SIDE - 1);
            assert_in_range(events[i].y, 0, SIDE - 1);
        }
    }
}

/* The words that decide how many events a pixel has do not know the class: the counts of number n are those that its
 * own words give, whatever the class would be. Here by their means: 0.8 + 0.05 for every pixel, polarity and class. */
static void counts_have_the_same_mean_in_every_class(void **state) {
    (void)state;
    enum { EXAMPLES = 8000 };
    static vdib_event events[2 * CHANNELS];
    static double sums[CLASSES][CHANNELS], all[CLASSES];
    memset(sums, 0, sizeof sums);
    memset(all, 0, sizeof all);
    for (uint64_t number = 0; number < EXAMPLES; number++) {
        size_t count = draw(number, events);
        all[number % CLASSES] += (double)count;
        for (size_t i = 0; i < count; i++)
            sums[number % CLASSES][(events[i].polarity * SIDE + events[i].y) * SIDE + events[i].x] += 1;
    }
    double n = EXAMPLES / CLASSES, deviation = sqrt((0.8 * 0.2 + 0.05 * 0.95) / n), squares = 0;
    for (int c = 0; c < CLASSES; c++) {
        assert_true(fabs(all[c] / n - 0.85 * CHANNELS) < 6 * deviation * sqrt(CHANNELS));
        for (int i = 0; i < CHANNELS; i++) {
            double off = (sums[c][i] / n - 0.85) / deviation;
            assert_true(fabs(off) < 6);
            squares += off * off;
        }
    }
    /* Chi squared over all classes, pixels and polarities. */
    assert_true(fabs(squares / (CLASSES * CHANNELS) - 1) < 0.1);
}

/* Ridge regression of the classes on the counts of every pixel and polarity, in double: accuracy on other examples.
 * Columns of `x` (n, CHANNELS) less their means; the dual form solves (x x' + l) a = y by conjugate gradients. */
static double ridge(size_t train, size_t test, bool timed) {
    static vdib_event events[2 * CHANNELS];
    size_t n = train + test;
    double *x = calloc(n * CHANNELS, sizeof *x), *w = calloc((size_t)CHANNELS * CLASSES, sizeof *w);
    double *a = malloc(4 * train * sizeof *a), correct = 0;
    assert_non_null(x);
    assert_non_null(w);
    assert_non_null(a);
    for (size_t i = 0; i < n; i++) {
        size_t count = draw(i < train ? i : VDIB_TEST_NUMBERS + i - train, events);
        for (size_t e = 0; e < count; e++)
            x[i * CHANNELS + (events[e].polarity * SIDE + events[e].y) * SIDE + events[e].x] +=
                timed ? (double)events[e].t / 150000 - 1 : 1;
    }
    for (size_t c = 0; c < CHANNELS && !timed; c++)
        for (size_t i = 0; i < n; i++)
            x[i * CHANNELS + c] -= 0.85;
    double *residual = a + train, *step = a + 2 * train, *product = a + 3 * train;
    for (size_t k = 0; k < CLASSES; k++) {
        double norm = 0;
        for (size_t i = 0; i < train; i++) {
            a[i] = 0;
            residual[i] = step[i] = (i % CLASSES == k) - 1.0 / CLASSES;
            norm += residual[i] * residual[i];
        }
        for (int iteration = 0; iteration < 20; iteration++) {
            double projected[CHANNELS] = {0}, curvature = 0, next = 0;
            for (size_t i = 0; i < train; i++)
                for (size_t c = 0; c < CHANNELS; c++)
                    projected[c] += x[i * CHANNELS + c] * step[i];
            for (size_t i = 0; i < train; i++) {
                product[i] = 100.0 * step[i];
                for (size_t c = 0; c < CHANNELS; c++)
                    product[i] += x[i * CHANNELS + c] * projected[c];
                curvature += product[i] * step[i];
            }
            for (size_t i = 0; i < train; i++) {
                a[i] += norm / curvature * step[i];
                residual[i] -= norm / curvature * product[i];
                next += residual[i] * residual[i];
            }
            for (size_t i = 0; i < train; i++)
                step[i] = residual[i] + next / norm * step[i];
            norm = next;
        }
        for (size_t i = 0; i < train; i++)
            for (size_t c = 0; c < CHANNELS; c++)
                w[k * CHANNELS + c] += a[i] * x[i * CHANNELS + c];
    }
    for (size_t i = train; i < n; i++) {
        size_t best = 0;
        double most = -INFINITY;
        for (size_t k = 0; k < CLASSES; k++) {
            double score = 0;
            for (size_t c = 0; c < CHANNELS; c++)
                score += w[k * CHANNELS + c] * x[i * CHANNELS + c];
            best = score > most ? k : best;
            most = score > most ? score : most;
        }
        correct += best == (i - train) % CLASSES;
    }
    free(a);
    free(w);
    free(x);
    return correct / (double)test;
}

/* 600 test examples: chance is 0.125 with a deviation of 0.0135. With the time of each pixel's events in place of
 * their number the same classifier knows nearly all: it could have learned. */
static void a_classifier_of_counts_is_at_chance(void **state) {
    (void)state;
    double counts = ridge(1200, 600, false), times = ridge(1200, 600, true);
    print_message("ridge: %.3f by counts, %.3f by times\n", counts, times);
    assert_true(counts < 0.125 + 0.05);
    assert_true(times > 0.9);
}

static void the_task_is_a_data_set(void **state) {
    (void)state;
    vdib__dataset_parameters p = parameters_of("builtin:motion", NULL, &vdib__input_events, &vdib__target_class);
    p.steps = 60;
    p.step_us = 5000;
    p.threads = 2;
    p.train_examples = 80;
    p.test_examples = 16;
    vdib_dataset *dataset = open_dataset(p);
    const vdib_geometry *g = vdib_dataset_geometry(dataset);
    vdib_example *example = new_example(dataset);
    static vdib_event events[2 * CHANNELS];
    vdib_raster *expected = NULL;
    vdib_binning b = {.size = sizeof b, .width = SIDE, .height = SIDE, .polarities = 2, .steps = 60, .step_us = 5000};
    assert_int_equal(g->input_width * 100 + g->input_height, SIDE * 101);
    assert_int_equal(g->classes, CLASSES);
    assert_int_equal(g->target_height, 0);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 72);
    assert_ok(vdib_raster_create(CHANNELS, 60, &expected));
    for (size_t i = 0; i < 16; i++) {
        size_t count = draw(1000000 + i, events);
        assert_ok(vdib_raster_bin(expected, events, count, &b, NULL));
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 1, example));
        assert_true(same_rasters(example->raster, expected));
        assert_int_equal(example->label, i % CLASSES);
    }
    vdib_raster_destroy(expected);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
    p.train_examples = p.test_examples = 0;
    p.sensor_width = 9; /* the last column has no bar */
    p.sensor_height = 3;
    dataset = open_dataset(p);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), VDIB_BUILTIN_TEST);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_width, 9);
    vdib_dataset_destroy(dataset);
}

static void what_it_is_not_made_for_is_refused(void **state) {
    (void)state;
    vdib__dataset_parameters p = parameters_of("builtin:motion", NULL, &vdib__input_events, &vdib__target_class_image);
    refuse_dataset(p, VDIB_ERROR_DATA, "builtin:motion has classes and no images, but data.target is class-image");
    p.target = &vdib__target_class;
    p.input = &vdib__input_latency;
    refuse_dataset(p, VDIB_ERROR_DATA, "builtin:motion has recordings, but data.input is latency");
    p.input = &vdib__input_events;
    p.sensor_width = 3;
    p.sensor_height = 3;
    refuse_dataset(p, VDIB_ERROR_DATA, "builtin:motion has 4x1 to 1024x1024 pixels; data.sensor is 3x3");
    p.sensor_width = p.sensor_height = 0;
    p.train_examples = 1000001;
    refuse_dataset(p, VDIB_ERROR_DATA, "at most 1000000 training recordings");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_show_the_class),
        cmocka_unit_test(counts_have_the_same_mean_in_every_class),
        cmocka_unit_test(a_classifier_of_counts_is_at_chance),
        cmocka_unit_test(the_task_is_a_data_set),
        cmocka_unit_test(what_it_is_not_made_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
