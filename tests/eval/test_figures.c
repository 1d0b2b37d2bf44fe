/* SPDX-License-Identifier: MIT */
/* The table of figures: its rows are whole, its members are found, and docs/method.md lists it as it is
 * (VDIB_WRITE_DOCUMENTATION=1 puts the document right). */
#include <math.h>

#include "core/alloc.h"
#include "core/file.h"
#include "eval/evaluation.h"
#include "support.h"

static const char path[] = VDIB_TEST_SOURCE "/docs/method.md";
static const char begin_mark[] = "<!-- figures: made from src/eval/figures.c -->\n";
static const char end_mark[] = "<!-- end of figures -->\n";

/* "bits per example or step" */
static void print_unit(FILE *stream, const vdib__figure *figure) {
    const char *unit = figure->unit != NULL ? figure->unit : "";
    fprintf(stream, "| %s", unit);
    if (figure->per != NULL)
        fprintf(stream, "%sper %s", *unit != '\0' ? " " : "", figure->per);
    if (figure->per != NULL && figure->step_per != NULL)
        fprintf(stream, " or %s", figure->step_per);
    fputs(" ", stream);
}

static void print_places(FILE *stream, const vdib__figure *figure) {
    static const struct {
        vdib__task_kind kind;
        const char *name;
    } kinds[] = {{VDIB__TASK_IMAGES, "images"},
                 {VDIB__TASK_VALUES, "values"},
                 {VDIB__TASK_CLASSES, "classes"},
                 {VDIB__TASK_STEPS, "steps"}};
    const char *between = "";
    fputs("| ", stream);
    if (figure->training != 0) {
        fputs("training", stream);
        between = ", ";
    }
    if (figure->validation != 0) {
        fprintf(stream, "%svalidation", between);
        between = ", ";
    }
    if (figure->tasks == 15) {
        fprintf(stream, "%severy task", between);
    } else {
        for (size_t k = 0; k < 4; k++)
            if ((figure->tasks & (unsigned)kinds[k].kind) != 0) {
                fprintf(stream, "%s%s", between, kinds[k].name);
                between = ", ";
            }
    }
    fputs(" |\n", stream);
}

static void print_help(FILE *stream, const vdib__figure *figure) {
    fputs("| ", stream);
    for (const char *at = figure->help; *at != '\0'; at++)
        fprintf(stream, "%s%c", *at == '|' ? "\\" : "", *at);
    if (figure->step_help != NULL)
        fprintf(stream, "; step by step: %s", figure->step_help);
    fputs(" ", stream);
}

/* The table that the document should have (malloc'ed). */
static char *wanted_table(void) {
    char *text = NULL;
    size_t size = 0, count = 0;
    FILE *stream = open_memstream(&text, &size);
    const vdib__figure *figures = vdib__figures(&count);
    assert_non_null(stream);
    fputs("| figure | name | unit | what it is | where it is |\n| --- | --- | --- | --- | --- |\n", stream);
    for (size_t f = 0; f < count; f++) {
        fprintf(stream, "| %s | `%s` ", figures[f].label, figures[f].name);
        print_unit(stream, &figures[f]);
        print_help(stream, &figures[f]);
        print_places(stream, &figures[f]);
    }
    fclose(stream);
    return text;
}

static void the_document_lists_the_figures(void **state) {
    (void)state;
    char *table = wanted_table();
    support_check_document(path, begin_mark, end_mark, table, "figures");
    free(table);
}

static void rows_are_whole_and_unlike(void **state) {
    (void)state;
    size_t count = 0;
    const vdib__figure *figures = vdib__figures(&count);
    assert_int_equal(count, vdib_figure_count());
    for (size_t f = 0; f < count; f++) {
        const vdib__figure *figure = &figures[f];
        assert_true(figure->name != NULL && figure->label != NULL && figure->help != NULL);
        assert_true(figure->evaluation != 0 || figure->training != 0 || figure->validation != 0);
        assert_int_equal(figure->evaluation != 0, figure->tasks != 0);
        assert_int_equal(vdib_figure_find(figure->name), f);
        assert_ptr_equal(vdib__figure_named(figure->name), figure);
        if (figure->error_of != NULL)
            assert_true(vdib_figure_find(figure->error_of) < f); /* beside which it is shown */
        for (size_t g = 0; g < f; g++) {
            assert_string_not_equal(figure->name, figures[g].name);
            assert_string_not_equal(figure->label, figures[g].label);
            assert_string_not_equal(figure->help, figures[g].help);
            assert_true(figure->evaluation == 0 || figure->evaluation != figures[g].evaluation);
            assert_true(figure->training == 0 || figure->training != figures[g].training);
            assert_true(figure->validation == 0 || figure->validation != figures[g].validation);
        }
    }
}

static void the_public_face_reads_the_table(void **state) {
    (void)state;
    size_t rate = vdib_figure_find("rate_bits"), none = vdib_figure_count();
    assert_string_equal(vdib_figure_name(rate), "rate_bits");
    assert_string_equal(vdib_figure_label(rate), "rate");
    assert_string_equal(vdib_figure_unit(rate), "bits");
    assert_string_equal(vdib_figure_per(rate, false), "example");
    assert_string_equal(vdib_figure_per(rate, true), "step");
    assert_int_equal(vdib_figure_digits(rate), 2);
    assert_true(vdib_figure_over_seeds(rate));
    assert_null(vdib_figure_error_of(rate));
    assert_string_equal(vdib_figure_error_of(vdib_figure_find("mse_standard_error")), "mse");
    size_t accuracy = vdib_figure_find("accuracy");
    assert_string_equal(vdib_figure_unit(accuracy), "");
    assert_string_equal(vdib_figure_per(accuracy, true), "");
    assert_string_not_equal(vdib_figure_help(accuracy, false), vdib_figure_help(accuracy, true));
    assert_string_equal(vdib_figure_help(rate, false), vdib_figure_help(rate, true));
    assert_false(vdib_figure_over_seeds(vdib_figure_find("seconds")));
    assert_int_equal(vdib_figure_find("no such figure"), none);
    assert_int_equal(vdib_figure_find(NULL), none);
    assert_true(vdib_figure_name(none) == NULL && vdib_figure_label(none) == NULL && vdib_figure_unit(none) == NULL);
    assert_true(vdib_figure_per(none, true) == NULL && vdib_figure_help(none, false) == NULL);
    assert_true(vdib_figure_error_of(none) == NULL && vdib_figure_digits(none) == 0 && !vdib_figure_over_seeds(none));
}

/* Every member of an evaluation comes back under its own name, and only where the kind of task has it. */
static void an_evaluation_is_read_by_name(void **state) {
    (void)state;
    static const vdib__task_kind kinds[] = {VDIB__TASK_IMAGES, VDIB__TASK_VALUES, VDIB__TASK_CLASSES, VDIB__TASK_STEPS};
    for (size_t k = 0; k < 4; k++) {
        vdib_evaluation e = {NULL};
        double value = -5;
        assert_ok(vdib__findings_create(kinds[k], (vdib__findings **)&e.findings));
        assert_true(isnan(vdib_evaluation_get(&e, "rate_bits")) && isnan(vdib_evaluation_get(&e, "nothing")));
        assert_false(vdib_evaluation_figure(&e, vdib_figure_find("rate_bits"), &value));
        assert_false(vdib_evaluation_figure(&e, vdib_figure_count(), &value));
        assert_true(value == -5);
        VDIB_FINDINGS(e)->rate_bits = 3;
        VDIB_FINDINGS(e)->rate_bits_sampled = 4;
        VDIB_FINDINGS(e)->psnr = 5;
        VDIB_FINDINGS(e)->steps = 6;
        VDIB_FINDINGS(e)->accuracy = 7;
        VDIB_FINDINGS(e)->mse = INFINITY;
        assert_true(vdib_evaluation_get(&e, "rate_bits") == 3 && vdib_evaluation_get(&e, "rate_bits_sampled") == 4);
        assert_true(isnan(vdib_evaluation_get(&e, "mse")));
        assert_int_equal(isnan(vdib_evaluation_get(&e, "psnr")), kinds[k] != VDIB__TASK_IMAGES);
        assert_int_equal(isnan(vdib_evaluation_get(&e, "steps")), kinds[k] != VDIB__TASK_STEPS);
        assert_int_equal(isnan(vdib_evaluation_get(&e, "accuracy")), k < 2);
        assert_int_equal(vdib_evaluation_stepwise(&e), kinds[k] == VDIB__TASK_STEPS);
        vdib_evaluation_clear(&e);
    }
    vdib_evaluation_clear(NULL);
}

/* NULL is answered as vdib.h says: nothing, or an argument error. */
static void null_is_no_evaluation(void **state) {
    (void)state;
    double value = -5;
    char *json = NULL;
    assert_false(vdib_evaluation_figure(NULL, 0, &value));
    assert_true(value == -5 && isnan(vdib_evaluation_get(NULL, "mse")));
    assert_false(vdib_evaluation_stepwise(NULL));
    assert_true(vdib_evaluation_seed(NULL) == 0 && vdib_evaluation_classes(NULL) == 0);
    assert_true(vdib_evaluation_confusion(NULL, 0, 0) == 0 && vdib_evaluation_class_name(NULL, 0) == NULL);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_evaluation_json(NULL, &json), "NULL");
    assert_false(vdib_progress_figure(NULL, 0, false, &value));
}

static double progress_value(const vdib_progress *progress, const char *name, bool validation) {
    double value = NAN;
    bool has = vdib_progress_figure(progress, vdib_figure_find(name), validation, &value);
    assert_int_equal(has, !isnan(value));
    return value;
}

/* Training and validation are told apart; a validation's figures are there in its step only. */
static void progress_is_read_by_name(void **state) {
    (void)state;
    vdib_progress progress;
    memset(&progress, 0, sizeof progress);
    progress.size = sizeof progress;
    progress.examples = 1;
    progress.limit = 2;
    progress.epochs = 3;
    progress.loss = 4;
    progress.distortion_nats = 5;
    progress.rate_bits = 6;
    progress.spike_density = 7;
    progress.seconds = 8;
    progress.examples_per_second = 9;
    progress.seconds_left = 10;
    progress.validation_loss = 11;
    progress.validation_distortion_nats = 12;
    progress.validation_rate_bits = 13;
    progress.encoder_learning_rate = 14;
    progress.decoder_learning_rate = 15;
    static const char *const training[] = {"examples",      "limit",           "epochs",
                                           "loss",          "distortion_nats", "rate_bits",
                                           "spike_density", "seconds",         "examples_per_second",
                                           "seconds_left"};
    for (size_t i = 0; i < sizeof training / sizeof *training; i++) {
        assert_true(progress_value(&progress, training[i], false) == (double)(i + 1));
        assert_true(isnan(progress_value(&progress, training[i], true)));
    }
    assert_true(progress_value(&progress, "encoder_learning_rate", false) == 14);
    assert_true(progress_value(&progress, "decoder_learning_rate", false) == 15);
    progress.validated = true;
    assert_true(isnan(progress_value(&progress, "encoder_learning_rate", true)));
    assert_true(progress_value(&progress, "examples", true) == 1);
    assert_true(progress_value(&progress, "loss", true) == 11);
    assert_true(progress_value(&progress, "distortion_nats", true) == 12);
    assert_true(progress_value(&progress, "rate_bits", true) == 13);
    assert_true(isnan(progress_value(&progress, "spike_density", true)));
    assert_true(isnan(progress_value(&progress, "judge_accuracy", false)));
    double value = -1;
    assert_false(vdib_progress_figure(&progress, vdib_figure_count(), false, &value));
    progress.size = 1; /* no size that the struct ever had */
    assert_false(vdib_progress_figure(&progress, 0, false, &value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_lists_the_figures),  cmocka_unit_test(rows_are_whole_and_unlike),
        cmocka_unit_test(the_public_face_reads_the_table), cmocka_unit_test(an_evaluation_is_read_by_name),
        cmocka_unit_test(progress_is_read_by_name),        cmocka_unit_test(null_is_no_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
