/* SPDX-License-Identifier: MIT */
/* Kernel ridge regression beside plain double arithmetic: features, width, kernel, weights, the choice of the penalty,
 * figures. */
#include "learn/toy.h"

#include <math.h>

#include "core/alloc.h"
#include "core/matrix.h"
#include "eval/evaluation.h"
#include "eval/metrics.h"
#include "eval/ridge.h"
#include "vdib/ridge.h"

/* ---- features ---- */

/* The Gaussian of one pixel, cut at three pixels, of a count at distance (dx, dy). */
static double blurred(int dx, int dy) {
    double sum = 0;
    for (int i = -3; i <= 3; i++)
        sum += exp(-0.5 * i * i);
    return abs(dx) > 3 || abs(dy) > 3 ? 0 : exp(-0.5 * (dx * dx + dy * dy)) / (sum * sum);
}

static void features_are_roots_of_blurred_counts(void **state) {
    (void)state;
    enum { PLANES = 2, HEIGHT = 5, WIDTH = 6, STEPS = 8, CHANNELS = PLANES * HEIGHT * WIDTH };
    const vdib_geometry geometry = {sizeof geometry, PLANES, HEIGHT, WIDTH, STEPS, 2, 0, 0, 0};
    vdib_raster *raster = NULL;
    uint8_t dense[STEPS * CHANNELS] = {0};
    float features[VDIB__RIDGE_PARTS * CHANNELS], scratch[CHANNELS];
    double counts[VDIB__RIDGE_PARTS][CHANNELS] = {{0}}, wanted[VDIB__RIDGE_PARTS * CHANNELS], got[sizeof wanted / 8];
    vdib__key key = {.seed = support_seed(3), .purpose = VDIB_PURPOSE_STIMULUS};
    static const size_t parts[STEPS] = {0, 0, 0, 1, 1, 1, 2, 2}; /* 3 t / 8 */
    for (uint32_t i = 0; i < STEPS * CHANNELS; i++) {
        dense[i] = vdib__random_uniform(&key, 0, i) < 0.2F;
        counts[parts[i / CHANNELS]][i % CHANNELS] += dense[i];
    }
    for (size_t p = 0; p < VDIB__RIDGE_PARTS; p++)
        for (int z = 0; z < PLANES; z++)
            for (int y = 0; y < HEIGHT; y++)
                for (int x = 0; x < WIDTH; x++) {
                    double sum = 0;
                    for (int v = 0; v < HEIGHT; v++)
                        for (int u = 0; u < WIDTH; u++)
                            sum += blurred(x - u, y - v) * counts[p][(z * HEIGHT + v) * WIDTH + u];
                    wanted[p * CHANNELS + (size_t)((z * HEIGHT + y) * WIDTH + x)] = sqrt(sum);
                }
    assert_ok(vdib_raster_create(CHANNELS, STEPS, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    vdib__ridge_features(raster, &geometry, features, scratch);
    for (size_t i = 0; i < VDIB__RIDGE_PARTS * CHANNELS; i++)
        got[i] = features[i];
    assert_close_double(got, wanted, VDIB__RIDGE_PARTS * CHANNELS, 1e-6);
    vdib_raster_destroy(raster);
}

/* ---- algebra ---- */

/* x (n, n) y = b by elimination with pivots; b becomes y. */
static void eliminate(size_t n, double *x, double *b) {
    for (size_t c = 0; c < n; c++) {
        size_t pivot = c;
        for (size_t r = c; r < n; r++)
            pivot = fabs(x[r * n + c]) > fabs(x[pivot * n + c]) ? r : pivot;
        for (size_t k = 0; k < n; k++) {
            double swap = x[c * n + k];
            x[c * n + k] = x[pivot * n + k];
            x[pivot * n + k] = swap;
        }
        double swap = b[c];
        b[c] = b[pivot];
        b[pivot] = swap;
        for (size_t r = c + 1; r < n; r++) {
            double factor = x[r * n + c] / x[c * n + c];
            for (size_t k = c; k < n; k++)
                x[r * n + k] -= factor * x[c * n + k];
            b[r] -= factor * b[c];
        }
    }
    for (size_t r = n; r-- > 0;) {
        for (size_t k = r + 1; k < n; k++)
            b[r] -= x[r * n + k] * b[k];
        b[r] /= x[r * n + r];
    }
}

static void systems_are_solved(void **state) {
    (void)state;
    enum { N = 7, COLUMNS = 3 };
    vdib__key key = {.seed = support_seed(4), .purpose = VDIB_PURPOSE_STIMULUS};
    double root[N * N], matrix[N * N], other[N * N], right[COLUMNS * N], wanted[COLUMNS * N];
    for (uint32_t i = 0; i < N * N; i++)
        root[i] = vdib__random_uniform(&key, 0, i) - 0.5;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            matrix[i * N + j] = i == j ? 0.1 : 0;
            for (size_t k = 0; k < N; k++)
                matrix[i * N + j] += root[i * N + k] * root[j * N + k];
        }
    for (uint32_t i = 0; i < COLUMNS * N; i++)
        wanted[i] = right[i] = vdib__random_uniform(&key, 1, i) - 0.5;
    for (size_t c = 0; c < COLUMNS; c++) {
        memcpy(other, matrix, sizeof matrix);
        eliminate(N, other, wanted + c * N);
    }
    assert_ok(vdib__blas_start());
    memcpy(other, matrix, sizeof matrix);
    assert_ok(vdib__matrix_solve_positive(N, other, COLUMNS, right));
    assert_close_double(right, wanted, COLUMNS * N, 1e-10);
    matrix[0] = -1;
    assert_fails(VDIB_ERROR_NUMERIC, vdib__matrix_solve_positive(N, matrix, COLUMNS, right), "not positive");
    double product[2 * COLUMNS], by_hand[2 * COLUMNS] = {0};
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            for (size_t k = 0; k < N; k++)
                by_hand[i * COLUMNS + j] += root[i * N + k] * wanted[j * N + k];
    vdib__matrix_multiply_double(2, COLUMNS, N, root, wanted, product);
    assert_close_double(product, by_hand, 2 * COLUMNS, 1e-14);
}

/* ---- the regression ---- */

static double distance(const vdib__ridge_table *a, size_t i, const vdib__ridge_table *b, size_t j) {
    double sum = 0;
    for (size_t k = 0; k < a->features; k++) {
        double d = (double)a->x[i * a->features + k] - b->x[j * b->features + k];
        sum += d * d;
    }
    return sqrt(sum);
}

static int compare(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;
    return first < second ? -1 : first > second;
}

static double median_distance(const vdib__ridge_table *table) {
    double distances[TOY_TRAIN * TOY_TRAIN];
    size_t count = 0;
    for (size_t i = 0; i < table->rows; i++)
        for (size_t j = i + 1; j < table->rows; j++)
            distances[count++] = distance(table, i, table, j);
    qsort(distances, count, sizeof *distances, compare);
    return count % 2 == 1 ? distances[count / 2] : 0.5 * (distances[count / 2 - 1] + distances[count / 2]);
}

/* outputs (rows, outputs) of plain arithmetic. */
static void plain_regression(const vdib__ridge_table *train, const vdib__ridge_table *table, double penalty,
                             double *outputs) {
    enum { MOST = TOY_TRAIN };
    double width = median_distance(train), kernel[MOST * MOST], right[MOST];
    size_t n = train->rows;
    for (size_t o = 0; o < train->outputs; o++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += train->y[i * train->outputs + o] / (double)n;
        for (size_t i = 0; i < n; i++) {
            right[i] = train->y[i * train->outputs + o] - mean;
            for (size_t j = 0; j < n; j++) {
                double d = distance(train, i, train, j) / width;
                kernel[i * n + j] = exp(-0.5 * d * d) + (i == j ? penalty : 0);
            }
        }
        eliminate(n, kernel, right);
        for (size_t r = 0; r < table->rows; r++) {
            double sum = mean;
            for (size_t i = 0; i < n; i++) {
                double d = distance(table, r, train, i) / width;
                sum += exp(-0.5 * d * d) * right[i];
            }
            outputs[r * train->outputs + o] = sum;
        }
    }
}

static vdib__ridge_table read_split(const vdib_dataset *dataset, vdib_split split) {
    vdib__ridge_table table;
    assert_ok(vdib__ridge_table_fill(dataset, split, 0, vdib_dataset_size(dataset, split), 1, 2, &table));
    return table;
}

static void outputs_are_those_of_plain_arithmetic(void **state) {
    (void)state;
    vdib_dataset *dataset = toy_dataset(true);
    vdib__ridge_table train = read_split(dataset, VDIB_SPLIT_TRAIN), plain = read_split(dataset, VDIB_SPLIT_TRAIN);
    vdib__ridge_table test = read_split(dataset, VDIB_SPLIT_TEST);
    double outputs[TOY_TEST * TOY_PIXELS], wanted[TOY_TEST * TOY_PIXELS];
    vdib__ridge ridge;
    assert_int_equal(train.rows, 36); /* a tenth of 40 are set aside */
    assert_int_equal(train.features, 3 * TOY_CHANNELS);
    assert_int_equal(train.outputs, TOY_PIXELS);
    assert_ok(vdib__ridge_create(&train, 2, &ridge));
    double median = median_distance(&plain);
    assert_close_double(&ridge.width, &median, 1, 1e-6);
    static const double penalties[] = {0.01, 3};
    for (size_t p = 0; p < 2; p++) {
        assert_ok(vdib__ridge_solve(&ridge, penalties[p]));
        assert_ok(vdib__ridge_predict(&ridge, &test, 2, outputs));
        plain_regression(&plain, &test, penalties[p], wanted);
        assert_close_double(outputs, wanted, TOY_TEST * TOY_PIXELS, 1e-4);
    }
    vdib__ridge_free(&ridge);
    vdib__ridge_table_free(&plain);
    vdib__ridge_table_free(&test);
    vdib_dataset_destroy(dataset);
}

/* ---- the whole ---- */

static double plain_error(const vdib__ridge_table *train, const vdib__ridge_table *table, double penalty) {
    double outputs[TOY_TRAIN * TOY_PIXELS], sum = 0;
    plain_regression(train, table, penalty, outputs);
    for (size_t i = 0; i < table->rows * table->outputs; i++)
        sum += (outputs[i] - table->y[i]) * (outputs[i] - table->y[i]);
    return sum;
}

static void assert_figure(const vdib_evaluation *evaluation, const char *name, double wanted) {
    double got = vdib_evaluation_get(evaluation, name);
    if (isnan(wanted))
        assert_true(isnan(got));
    else
        assert_close_double(&got, &wanted, 1, 1e-4);
}

static void the_penalty_is_the_best_on_validation(void **state) {
    (void)state;
    for (int images = 0; images < 2; images++) {
        vdib_dataset *dataset = toy_dataset(images != 0);
        static const char *const class_target[] = {"data.target=class", "seed=6", NULL}, *const none[] = {"seed=6",
                                                                                                          NULL};
        vdib_config *config = toy_config(images ? none : class_target);
        vdib_ridge_fit fit = {.size = sizeof fit};
        vdib_evaluation validation = {NULL}, test = {NULL};
        vdib__ridge_table train = read_split(dataset, VDIB_SPLIT_TRAIN),
                          held = read_split(dataset, VDIB_SPLIT_VALIDATION);
        vdib__ridge_table tested = read_split(dataset, VDIB_SPLIT_TEST);
        double least = INFINITY, best = 0, outputs[TOY_TEST * TOY_PIXELS];
        for (size_t p = 0; p < VDIB__RIDGE_PENALTIES; p++) {
            double error = plain_error(&train, &held, VDIB__RIDGE_PENALTY[p]);
            best = error < least ? VDIB__RIDGE_PENALTY[p] : best;
            least = error < least ? error : least;
        }
        assert_ok(vdib_ridge_evaluate(config, dataset, NULL, &fit, &validation, &test));
        assert_true(fit.penalty == best);
        assert_true(best > VDIB__RIDGE_PENALTY[0] && best < VDIB__RIDGE_PENALTY[VDIB__RIDGE_PENALTIES - 1]);
        assert_int_equal(fit.rows, 36);
        assert_int_equal(fit.features, 60);
        plain_regression(&train, &tested, best, outputs);
        double mse = 0, right = 0, spikes = 0;
        size_t count = tested.outputs;
        for (size_t i = 0; i < TOY_TEST; i++) {
            size_t said = 0;
            for (size_t o = 0; o < count; o++) {
                double value = outputs[i * count + o], cut = value < 0 ? 0 : value > 1 ? 1 : value;
                mse += (cut - tested.y[i * count + o]) * (cut - tested.y[i * count + o]) / (double)(count * TOY_TEST);
                said = value > outputs[i * count + said] ? o : said;
            }
            right += said == tested.labels[i];
        }
        vdib_example *example = NULL;
        assert_ok(vdib_example_create(dataset, &example));
        for (size_t i = 0; i < TOY_TEST; i++) {
            assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 6, example));
            spikes += (double)vdib_raster_spikes(example->raster) / TOY_TEST;
        }
        vdib_example_destroy(example);
        assert_figure(&test, "mse", mse);
        assert_figure(&test, "examples", TOY_TEST);
        assert_figure(&validation, "examples", 4);
        assert_figure(&test, "input_spikes_per_example", spikes);
        assert_figure(&test, "accuracy", images ? NAN : right / TOY_TEST);
        assert_figure(&test, "rate_bits", NAN);
        assert_figure(&test, "spikes_per_example", NAN);
        assert_figure(&test, "distortion_nats", NAN);
        assert_true(isnan(vdib_evaluation_get(&test, "judge_accuracy")) == !images);
        assert_int_equal(vdib_evaluation_classes(&test), images ? 0 : 2);
        assert_int_equal(vdib_evaluation_seed(&test), 6);
        vdib_evaluation_clear(&validation);
        vdib_evaluation_clear(&test);
        vdib__ridge_table_free(&train);
        vdib__ridge_table_free(&held);
        vdib__ridge_table_free(&tested);
        vdib_config_destroy(config);
        vdib_dataset_destroy(dataset);
    }
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    static const char *const blobs[] = {"data.input=blobs", "data.target=units", "learning.schedule=online",
                                        "decoder.window=2", "decoder=linear",    NULL};
    static const char *const many[] = {"data.input=rate", "data.train_examples=11200", "data.test_examples=5", NULL};
    vdib_config *config = toy_config(blobs);
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_dataset_open(NULL, config, &dataset));
    assert_fails(VDIB_ERROR_DATA, vdib_ridge_evaluate(config, dataset, NULL, NULL, NULL, NULL),
                 "every step has a target");
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
    config = toy_config(many);
    assert_ok(vdib_dataset_open(NULL, config, &dataset));
    assert_fails(VDIB_ERROR_DATA, vdib_ridge_evaluate(config, dataset, NULL, NULL, NULL, NULL),
                 "more than the 10000 rows");
    vdib_config_destroy(config);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_roots_of_blurred_counts),
        cmocka_unit_test(systems_are_solved),
        cmocka_unit_test(outputs_are_those_of_plain_arithmetic),
        cmocka_unit_test(the_penalty_is_the_best_on_validation),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
