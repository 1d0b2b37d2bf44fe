/* SPDX-License-Identifier: MIT */
/* The drifting-blob stimulus: classes, labels, statistics. */
#include "support.h"

#include <math.h>

#include "data/blobs.h"

enum { STEPS = 105, TEST_STEPS = 1000 };

static vdib__key stimulus_key(uint64_t seed, uint64_t example) {
    return (vdib__key){.seed = seed, .purpose = VDIB_PURPOSE_STIMULUS, .example = example};
}

static vdib_raster *new_raster(size_t steps) {
    vdib_raster *raster = NULL;
    assert_ok(vdib_raster_create(VDIB_BLOB_UNITS, steps, &raster));
    return raster;
}

static void every_pair_has_a_class_of_its_own(void **state) {
    (void)state;
    int seen[VDIB_BLOB_CLASSES] = {0};
    for (uint32_t a = 0; a < VDIB_BLOB_UNITS; a++)
        for (uint32_t b = a; b < VDIB_BLOB_UNITS; b++) {
            uint32_t class_ = vdib__blobs_class(a, b), first, second;
            assert_in_range(class_, 0, VDIB_BLOB_CLASSES - 1);
            assert_int_equal(seen[class_]++, 0);
            assert_int_equal(vdib__blobs_class(b, a), class_);
            vdib__blobs_pair(class_, &first, &second);
            assert_int_equal(first, a);
            assert_int_equal(second, b);
            float units[VDIB_BLOB_UNITS];
            vdib__blobs_units(class_, units);
            for (uint32_t k = 0; k < VDIB_BLOB_UNITS; k++)
                assert_true(units[k] == (k == a || k == b ? 1.0F : 0.0F));
        }
}

/* The class of what spikes in a step of the raster. */
static uint32_t class_at(const vdib_raster *raster, size_t step) {
    const uint32_t *channels = NULL;
    size_t count = vdib_raster_at(raster, step, &channels);
    assert_in_range(count, 1, 2);
    assert_true(count == 1 || channels[0] < channels[1]);
    assert_true(channels[count - 1] < VDIB_BLOB_UNITS);
    return vdib__blobs_class(channels[0], channels[count - 1]);
}

static void labels_are_the_raster_shifted_by_delta(void **state) {
    (void)state;
    uint32_t labels[STEPS];
    vdib__key key = stimulus_key(support_seed(11), 3);
    for (int delta = -VDIB_BLOB_REACH; delta <= VDIB_BLOB_REACH; delta++) {
        vdib_raster *raster = new_raster(STEPS);
        assert_ok(vdib__blobs_fill(&key, delta, STEPS, raster, labels));
        for (int t = 0; t < STEPS; t++) {
            assert_in_range(labels[t], 0, VDIB_BLOB_CLASSES - 1);
            if (t + delta >= 0 && t + delta < STEPS)
                assert_int_equal(labels[t], class_at(raster, (size_t)(t + delta)));
        }
        vdib_raster_destroy(raster);
    }
}

/* Labels beyond the ends are those of a longer sequence of the same key. */
static void labels_beyond_the_end_continue_the_stimulus(void **state) {
    (void)state;
    uint32_t labels[STEPS], longer_labels[STEPS + VDIB_BLOB_REACH];
    vdib__key key = stimulus_key(support_seed(12), 0);
    vdib_raster *raster = new_raster(STEPS), *longer = new_raster(STEPS + VDIB_BLOB_REACH);
    assert_ok(vdib__blobs_fill(&key, VDIB_BLOB_REACH, STEPS, raster, labels));
    assert_ok(vdib__blobs_fill(&key, 0, STEPS + VDIB_BLOB_REACH, longer, longer_labels));
    assert_memory_equal(labels, longer_labels + VDIB_BLOB_REACH, sizeof labels);
    vdib_raster_destroy(longer);
    vdib_raster_destroy(raster);
}

static void the_key_alone_decides(void **state) {
    (void)state;
    uint32_t labels[3][STEPS];
    vdib_raster *raster = new_raster(STEPS);
    uint64_t seed = support_seed(13);
    vdib__key key = stimulus_key(seed, 1), other = stimulus_key(seed, 2);
    assert_ok(vdib__blobs_fill(&key, 0, STEPS, raster, labels[0]));
    assert_ok(vdib__blobs_fill(&other, 0, STEPS, raster, labels[1]));
    assert_ok(vdib__blobs_fill(&key, 0, STEPS, raster, labels[2]));
    assert_memory_equal(labels[0], labels[2], sizeof labels[0]);
    assert_memory_not_equal(labels[0], labels[1], sizeof labels[0]);
    vdib_raster_destroy(raster);
}

/* Mean squared error of the 20-unit vectors when `answer` stands for `truth`. */
static double units_error(uint32_t answer, uint32_t truth) {
    float first[VDIB_BLOB_UNITS], second[VDIB_BLOB_UNITS];
    vdib__blobs_units(answer, first);
    vdib__blobs_units(truth, second);
    double sum = 0;
    for (int k = 0; k < VDIB_BLOB_UNITS; k++)
        sum += (double)((first[k] - second[k]) * (first[k] - second[k]));
    return sum / VDIB_BLOB_UNITS;
}

/* The published stimulus gives a constant answer an accuracy of 0.030 and an error of 0.151 on 1000-step tests. */
static void a_constant_answer_scores_as_published(void **state) {
    (void)state;
    enum { SEQUENCES = 1000 };
    uint64_t seed = support_seed(14);
    uint32_t labels[TEST_STEPS];
    size_t counts[VDIB_BLOB_CLASSES] = {0};
    vdib_raster *raster = new_raster(TEST_STEPS);
    for (uint64_t i = 0; i < SEQUENCES; i++) {
        vdib__key key = stimulus_key(seed, i);
        assert_ok(vdib__blobs_fill(&key, 0, TEST_STEPS, raster, labels));
        for (int t = 0; t < TEST_STEPS; t++)
            counts[labels[t]]++;
    }
    vdib_raster_destroy(raster);
    uint32_t best = 0;
    for (uint32_t c = 1; c < VDIB_BLOB_CLASSES; c++)
        best = counts[c] > counts[best] ? c : best;
    double accuracy = (double)counts[best] / (SEQUENCES * TEST_STEPS), error = 0;
    for (uint32_t c = 0; c < VDIB_BLOB_CLASSES; c++)
        error += (double)counts[c] * units_error(best, c) / (SEQUENCES * TEST_STEPS);
    print_message("constant answer: accuracy %.4f, error %.4f\n", accuracy, error);
    assert_true(fabs(accuracy - 0.030) < 0.004);
    assert_true(fabs(error - 0.151) < 0.004);
}

/* How often the pair of a step is there again 1 and 4 steps later, and where the lower unit is after 10 steps, against
 * figures of an independent simulation of docs/method.md, eq. (14) (40,000 sequences): 0.2120, 0.0864, 5.24. */
static void blobs_move_as_their_equations_say(void **state) {
    (void)state;
    enum { SEQUENCES = 2000, LENGTH = 100 };
    uint64_t seed = support_seed(15);
    uint32_t labels[LENGTH], low, high;
    double again[2] = {0}, mean_low = 0;
    vdib_raster *raster = new_raster(LENGTH);
    for (uint64_t i = 0; i < SEQUENCES; i++) {
        vdib__key key = stimulus_key(seed, i);
        assert_ok(vdib__blobs_fill(&key, 0, LENGTH, raster, labels));
        for (int t = 0; t + 1 < LENGTH; t++)
            again[0] += (labels[t + 1] == labels[t]) / ((LENGTH - 1.0) * SEQUENCES);
        for (int t = 0; t + 4 < LENGTH; t++)
            again[1] += (labels[t + 4] == labels[t]) / ((LENGTH - 4.0) * SEQUENCES);
        vdib__blobs_pair(labels[10], &low, &high);
        mean_low += (double)low / SEQUENCES;
    }
    vdib_raster_destroy(raster);
    print_message("again after 1 step %.4f, 4 steps %.4f; lower unit %.2f\n", again[0], again[1], mean_low);
    assert_true(fabs(again[0] - 0.2120) < 0.006);
    assert_true(fabs(again[1] - 0.0864) < 0.005);
    assert_true(fabs(mean_low - 5.24) < 0.6);
}

static void bad_arguments_are_refused(void **state) {
    (void)state;
    uint32_t labels[STEPS];
    vdib__key key = stimulus_key(1, 1);
    vdib_raster *raster = new_raster(STEPS), *narrow = NULL;
    assert_ok(vdib_raster_create(VDIB_BLOB_UNITS - 1, STEPS, &narrow));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__blobs_fill(&key, 5, STEPS, raster, labels), "delta is 5");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__blobs_fill(&key, -5, STEPS, raster, labels), "-4 to 4");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__blobs_fill(&key, 0, 0, raster, labels), "0 steps");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__blobs_fill(&key, 0, STEPS - 1, raster, labels), "104 of 20");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__blobs_fill(&key, 0, STEPS, narrow, labels), "19 channels");
    vdib_raster_destroy(narrow);
    vdib_raster_destroy(raster);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_has_a_class_of_its_own),
        cmocka_unit_test(labels_are_the_raster_shifted_by_delta),
        cmocka_unit_test(labels_beyond_the_end_continue_the_stimulus),
        cmocka_unit_test(the_key_alone_decides),
        cmocka_unit_test(a_constant_answer_scores_as_published),
        cmocka_unit_test(blobs_move_as_their_equations_say),
        cmocka_unit_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
