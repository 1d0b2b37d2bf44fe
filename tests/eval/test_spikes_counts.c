/* SPDX-License-Identifier: MIT */
/* What counts alone say, against a regression that is solved once more by elimination. */
#include "core/alloc.h"
#include "eval/metrics.h"
#include "eval/ridge.h"
#include "eval/spikes_data.h"

enum { NEURONS = 9, MOST_ROWS = 64 };

typedef struct table {
    size_t rows, outputs;
    double x[MOST_ROWS][NEURONS];
    double *y; /* (MOST_ROWS, outputs) */
    uint32_t labels[MOST_ROWS];
} table;

/* Square roots of the counts in the window of the last `window` steps. */
static table *table_of(const vdib_model *model, const vdib_dataset *dataset, vdib_split split, size_t window) {
    table *t = test_calloc(1, sizeof *t);
    t->rows = vdib_dataset_size(dataset, split);
    t->outputs = vdib_model_outputs(model);
    t->y = test_calloc(MOST_ROWS * t->outputs, sizeof *t->y);
    for (size_t i = 0; i < t->rows; i++) {
        encoded *e = encode_example(model, dataset, split, i, 0);
        for (size_t k = (SMALL_STEPS - window) * NEURONS; k < SMALL_STEPS * NEURONS; k++)
            t->x[i][k % NEURONS] += (double)e->y[k];
        for (size_t k = 0; k < NEURONS; k++)
            t->x[i][k] = sqrt(t->x[i][k]);
        for (size_t o = 0; o < t->outputs; o++)
            t->y[i * t->outputs + o] =
                t->outputs == SMALL_CLASSES ? (double)(e->example->label == o) : (double)e->example->target[o];
        t->labels[i] = e->example->label;
        encoded_free(e);
    }
    return t;
}

static void table_free(table *t) {
    test_free(t->y);
    test_free(t);
}

static double squared_distance(const double *a, const double *b) {
    double sum = 0;
    for (size_t k = 0; k < NEURONS; k++)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

static int rising(const void *a, const void *b) {
    return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b;
}

/* Median of the distances of all pairs of rows (count). */
static double width_of(const table *t, const size_t *rows, size_t count) {
    double *distances = test_calloc(count * count, sizeof *distances);
    size_t pairs = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < a; b++)
            distances[pairs++] = sqrt(squared_distance(t->x[rows[a]], t->x[rows[b]]));
    qsort(distances, pairs, sizeof *distances, rising);
    double median = pairs % 2 == 1 ? distances[pairs / 2] : (distances[pairs / 2 - 1] + distances[pairs / 2]) / 2;
    test_free(distances);
    return median;
}

/* outputs of `asked` (its outputs), of a regression on rows (count) of `t`: Gaussian elimination for each of them. */
static void predict(const table *t, const size_t *rows, size_t count, double width, double penalty, const double *asked,
                    double *outputs) {
    static double a[MOST_ROWS][MOST_ROWS + 1];
    double weights[MOST_ROWS];
    for (size_t i = 0; i < count; i++) { /* (K + lambda) w = k(asked) */
        for (size_t j = 0; j < count; j++)
            a[i][j] =
                exp(-squared_distance(t->x[rows[i]], t->x[rows[j]]) / (2 * width * width)) + (i == j ? penalty : 0);
        a[i][count] = exp(-squared_distance(t->x[rows[i]], asked) / (2 * width * width));
    }
    for (size_t p = 0; p < count; p++)
        for (size_t i = p + 1; i < count; i++) {
            double factor = a[i][p] / a[p][p];
            for (size_t j = p; j <= count; j++)
                a[i][j] -= factor * a[p][j];
        }
    for (size_t p = count; p-- > 0;) {
        weights[p] = a[p][count];
        for (size_t j = p + 1; j < count; j++)
            weights[p] -= a[p][j] * weights[j];
        weights[p] /= a[p][p];
    }
    for (size_t o = 0; o < t->outputs; o++) {
        double mean = 0;
        for (size_t i = 0; i < count; i++)
            mean += t->y[rows[i] * t->outputs + o] / (double)count;
        outputs[o] = mean;
        for (size_t i = 0; i < count; i++)
            outputs[o] += weights[i] * (t->y[rows[i] * t->outputs + o] - mean);
    }
}

/* Rows 4, 9, 14, ... choose the penalty. */
static double penalty_of(const table *t) {
    size_t fitted[MOST_ROWS], count = 0;
    double best = 0, least = INFINITY, *outputs = test_calloc(t->outputs, sizeof *outputs);
    for (size_t row = 0; row < t->rows; row++)
        if (row % 5 != 4)
            fitted[count++] = row;
    double width = width_of(t, fitted, count);
    for (double penalty = 10; penalty > 5e-6; penalty /= 10) {
        double error = 0;
        for (size_t row = 4; row < t->rows; row += 5) {
            predict(t, fitted, count, width, penalty, t->x[row], outputs);
            for (size_t o = 0; o < t->outputs; o++)
                error += pow(outputs[o] - t->y[row * t->outputs + o], 2);
        }
        if (error < least) {
            least = error;
            best = penalty;
        }
    }
    test_free(outputs);
    return best;
}

/* A small model after some training: its counts say something of the class. */
static vdib_model *trained_model(const vdib_dataset *dataset) {
    static const char *const settings[] = {"learning.estimator=straight-through", "learning.baseline=none",
                                           "learning.credit_assignment=bp",       "learning.batch_size=8",
                                           "learning.encoder_optimizer=adam",     "learning.decoder_optimizer=adam",
                                           "learning.encoder_learning_rate=0.02", "learning.decoder_learning_rate=0.01",
                                           "objective.rate_term=analytic",        "training.examples=1600"};
    vdib_model *plain = small_model(false), *copy = NULL;
    vdib_config *config = NULL;
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof progress};
    assert_ok(vdib_config_copy(vdib_model_config(plain), &config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_trainer_create(config, dataset, &trainer));
    do
        assert_ok(vdib_trainer_step(trainer, &progress));
    while (!progress.done);
    assert_ok(vdib__model_copy(vdib_trainer_model(trainer), &copy));
    vdib_trainer_destroy(trainer);
    vdib_config_destroy(config);
    vdib_model_destroy(plain);
    return copy;
}

static void counts_are_regressed(void **state) {
    (void)state;
    double penalties = 0;
    for (int k = 0; k < 3; k++) {
        const vdib_evaluation_options options = {.threads = 2};
        bool images = k == 1;
        vdib_dataset *dataset = small_dataset(images);
        vdib_model *model = k == 2 ? trained_model(dataset) : small_model(images);
        vdib_evaluation e = spikes_evaluated(model, dataset, &options);
        table *training = table_of(model, dataset, VDIB_SPLIT_TRAIN, SMALL_STEPS);
        table *test = table_of(model, dataset, VDIB_SPLIT_TEST, SMALL_STEPS);
        size_t all[MOST_ROWS];
        for (size_t i = 0; i < training->rows; i++)
            all[i] = i;
        double width = width_of(training, all, training->rows), penalty = penalty_of(training), mse = 0, right = 0;
        double *outputs = test_calloc(test->outputs, sizeof *outputs), judged = 0;
        vdib__judge *judge = images ? small_judge(dataset) : NULL;
        for (size_t i = 0; i < test->rows; i++) {
            float image[SMALL_PIXELS];
            size_t best = 0;
            predict(training, all, training->rows, width, penalty, test->x[i], outputs);
            for (size_t o = 0; o < test->outputs; o++) {
                outputs[o] = fmin(fmax(outputs[o], 0), 1);
                best = outputs[o] > outputs[best] ? o : best;
                mse += pow(outputs[o] - test->y[i * test->outputs + o], 2) / (double)(test->outputs * test->rows);
            }
            for (size_t o = 0; o < test->outputs; o++)
                image[o] = (float)outputs[o];
            judged += images ? judged_right(judge, image, test->labels[i]) / (double)test->rows : 0;
            right += (double)(best == test->labels[i]) / (double)test->rows;
        }
        penalties += penalty;
        print_message("penalty %g, width %g, mse %g\n", penalty, width, mse);
        assert_double(vdib_evaluation_get(&e, "mse_counts_alone"), mse, 1e-4);
        if (!images)
            assert_double(vdib_evaluation_get(&e, "accuracy_counts_alone"), right, 1e-9);
        assert_int_equal(isnan(vdib_evaluation_get(&e, "accuracy_counts_alone")), images);
        if (images)
            assert_double(vdib_evaluation_get(&e, "judge_accuracy_counts_alone"), judged, 1e-9);
        assert_int_equal(isnan(vdib_evaluation_get(&e, "judge_accuracy_counts_alone")), !images);
        vdib__judge_destroy(judge);
        test_free(outputs);
        table_free(test);
        table_free(training);
        vdib_evaluation_clear(&e);
        vdib_model_destroy(model);
        vdib_dataset_destroy(dataset);
    }
    assert_true(penalties < 29); /* not always the largest */
}

/* Too few examples to learn from, or an answer in every step: there is no such figure. */
static void there_may_be_nothing_to_learn_from(void **state) {
    (void)state;
    const vdib_evaluation_options few = {.threads = 1, .marginal_examples = 8}, all = {.threads = 1};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    vdib_evaluation e = spikes_evaluated(model, dataset, &few);
    assert_true(isnan(vdib_evaluation_get(&e, "mse_counts_alone")));
    vdib_evaluation_clear(&e);
    world w = make_world();
    e = spikes_evaluated(w.model, w.dataset, &all);
    assert_true(isnan(vdib_evaluation_get(&e, "mse_counts_alone")));
    vdib_evaluation_clear(&e);
    free_world(&w);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_regressed),
        cmocka_unit_test(there_may_be_nothing_to_learn_from),
    };
    return cmocka_run_group_tests(tests, own_cache, remove_cache);
}
