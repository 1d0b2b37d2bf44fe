/* SPDX-License-Identifier: MIT */
/* The report's section on what the spikes say: its charts have the values of the arrays. */
#include "report_content.h"

#include "eval/arrays.h"
#include "report/chart.h"
#include "report/html.h"

static __attribute__((noinline)) char *render(const vdib__report_content *content) {
    char *page = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&page, &size);
    assert_non_null(stream);
    assert_ok(vdib__report_render(content, stream));
    assert_int_equal(fclose(stream), 0);
    return page;
}

static void fill(const vdib_evaluation *evaluation, vdib__array_id id, const double *values, size_t count) {
    double *array = NULL;
    assert_ok(vdib__findings_array(VDIB_FINDINGS(*evaluation), id, count, &array));
    memcpy(array, values, count * sizeof *values);
}

/* The heights above the axis of the bars of a chart, which begins at `title`. */
static size_t bars_of(const char *page, const char *title, double *heights, size_t most) {
    const char *at = strstr(page, title);
    size_t count = 0;
    assert_non_null(at);
    at = strstr(at, "class=\"bar\" d=\"");
    assert_non_null(at);
    const char *end = strstr(at, "\"/>");
    for (at = strchr(at, 'M'); at != NULL && at < end && count < most; at = strchr(at + 1, 'M'), count++) {
        double x = 0, base = 0, width = 0, top = 0;
        assert_int_equal(sscanf(at, "M%lf %lfh%lfV%lfh", &x, &base, &width, &top), 4);
        heights[count] = base - top;
    }
    return count;
}

static void a_page_without_has_no_such_section(void **state) {
    (void)state;
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    char *page = render(content);
    assert_null(strstr(page, "What the spikes say"));
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

static void bars_are_as_high_as_the_bits(void **state) {
    (void)state;
    static const double steps[] = {1, 3, 2, 0, 4}, neurons[] = {6, 2, 2};
    double heights[8], want[8];
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    fill(&content->evaluation, VDIB__ARRAY_RATE_BY_STEP, steps, 5);
    fill(&content->evaluation, VDIB__ARRAY_RATE_BY_NEURON, neurons, 3);
    char *page = render(content);
    assert_non_null(strstr(page, ">What the spikes say</h2>"));
    assert_int_equal(bars_of(page, "<b>Rate of each time step</b>", heights, 8), 5);
    for (size_t i = 0; i < 5; i++)
        want[i] = (VDIB__CHART_BOTTOM - VDIB__CHART_TOP) * steps[i] / 4;
    assert_close_double(heights, want, 5, 1e-2);
    assert_int_equal(bars_of(page, "<b>Rate of each readout neuron</b>", heights, 8), 3);
    for (size_t i = 1; i < 3; i++) {
        double ratio = heights[0] / heights[i], three = 3;
        assert_close_double(&ratio, &three, 1, 1e-2);
    }
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

static void the_first_steps_are_a_line(void **state) {
    (void)state;
    static const double steps[] = {2, 4, 8}, accuracy[] = {0.2, 0.4, 0.8};
    double x[3], y[3];
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    fill(&content->evaluation, VDIB__ARRAY_ANYTIME_STEPS, steps, 3);
    fill(&content->evaluation, VDIB__ARRAY_ANYTIME_ACCURACY, accuracy, 3);
    char *page = render(content);
    const char *at = strstr(page, "from the first steps alone");
    assert_non_null(at);
    assert_null(strstr(at + 1, "from the first steps alone")); /* MSE and distortion are not there */
    at = strstr(at, "anytime\" points=\"");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "anytime\" points=\"%lf,%lf %lf,%lf %lf,%lf", &x[0], &y[0], &x[1], &y[1], &x[2], &y[2]),
                     6);
    const double width = VDIB__CHART_RIGHT - VDIB__CHART_LEFT;
    for (size_t k = 0; k < 3; k++) {
        double want = VDIB__CHART_LEFT + width * steps[k] / 8, height = VDIB__CHART_BOTTOM - y[k];
        double tall = (VDIB__CHART_BOTTOM - VDIB__CHART_TOP) * accuracy[k] / 0.8;
        assert_close_double(&x[k], &want, 1, 1e-3);
        assert_close_double(&height, &tall, 1, 1e-2);
    }
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

static void scores_of_changed_spikes_are_a_table(void **state) {
    (void)state;
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    vdib__findings *findings = VDIB_FINDINGS(content->evaluation);
    static const double steps[] = {1};
    fill(&content->evaluation, VDIB__ARRAY_RATE_BY_STEP, steps, 1); /* the section is there */
    findings->times_shuffled = (vdib__scores){0.11, NAN, 0.12, 13};
    findings->neurons_shuffled = (vdib__scores){0.21, NAN, 0.22, 23};
    findings->counts_alone = (vdib__scores){0.26, NAN, 0.27, NAN};
    findings->of_draws = (vdib__scores){0.31, NAN, 0.32, 33};
    findings->draws_averaged = (vdib__scores){0.41, NAN, 0.42, 43};
    char *page = render(content);
    const char *at = strstr(page, "figures changes");
    assert_non_null(at);
    static const char *const rows[] = {
        "as sent</th><td class=\"number\">0.874</td>",
        "shuffled</th><td class=\"number\">0.110</td>",
        "shuffled</th><td class=\"number\">0.210</td>",
        "alone</th><td class=\"number\">0.260</td>",
        "several</th><td class=\"number\">0.310</td>",
        "averaged</th><td class=\"number\">0.410</td><td class=\"number\">0.420</td><td class=\"number\">43"};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        assert_non_null(at = strstr(at, rows[r]));
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

static void a_picture_has_a_dot_an_example(void **state) {
    (void)state;
    static const double labels[] = {0, 1, 3, 1}, x[] = {0, 10, 5, 0}, y[] = {0, 0, 10, 20};
    static const double x_counts[] = {4, 3, 2, 1}, y_counts[] = {1, 2, 1, 2}, shares[] = {0.5, 0.25, 0.75, 0.125};
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    fill(&content->evaluation, VDIB__ARRAY_PICTURE_LABELS, labels, 4);
    fill(&content->evaluation, VDIB__ARRAY_PICTURE_TIME_X, x, 4);
    fill(&content->evaluation, VDIB__ARRAY_PICTURE_TIME_Y, y, 4);
    fill(&content->evaluation, VDIB__ARRAY_PICTURE_COUNTS_X, x_counts, 4);
    fill(&content->evaluation, VDIB__ARRAY_PICTURE_COUNTS_Y, y_counts, 4);
    fill(&content->evaluation, VDIB__ARRAY_PICTURE_SHARES, shares, 4);
    char *page = render(content);
    const char *at = strstr(page, "<b>Spikes in time</b> <span>50 % and 25 % of the variance");
    assert_non_null(at);
    static const char *const dots[] = {"<circle cx=\"44.0\" cy=\"180.0\" r=\"2.2\" fill=\"hsl(0 70% 45%)\"/>",
                                       "<circle cx=\"390.0\" cy=\"180.0\" r=\"2.2\" fill=\"hsl(90 70% 45%)\"/>",
                                       "<circle cx=\"217.0\" cy=\"95.0\" r=\"2.2\" fill=\"hsl(270 70% 45%)\"/>",
                                       "<circle cx=\"44.0\" cy=\"10.0\" r=\"2.2\" fill=\"hsl(90 70% 45%)\"/>",
                                       "<b>Counts of spikes</b> <span>75 % and 12 % of the variance",
                                       "<circle cx=\"390.0\" cy=\"180.0\""};
    for (size_t d = 0; d < sizeof dots / sizeof *dots; d++)
        assert_non_null(at = strstr(at, dots[d]));
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

static void energy_is_a_table(void **state) {
    (void)state;
    static const double steps[] = {1};
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    fill(&content->evaluation, VDIB__ARRAY_RATE_BY_STEP, steps, 1); /* the section is there */
    VDIB_FINDINGS(content->evaluation)->spiking = (vdib__efforts){11, 12, 13, 14, 15};
    VDIB_FINDINGS(content->evaluation)->counting = (vdib__efforts){21, 22, 23, 24, 25};
    VDIB_FINDINGS(content->evaluation)->decoding = (vdib__efforts){301, 302, 303, 304, 305};
    char *page = render(content);
    const char *at = strstr(page, "figures energy");
    assert_non_null(at);
    static const char *const rows[] = {
        "additions, 0.9 pJ",       "11", "301", "312", "21", /* encoder, decoder, both, layers on counts */
        "multiplications, 3.7 pJ", "12", "302", "314", "22", "weights read", "13", "303", "316", "23",
        "states read or written",  "14", "304", "318", "24", "energy, nJ",   "15", "305", "320", "25"};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        char cell[64];
        snprintf(cell, sizeof cell, r % 5 == 0 ? "<th scope=\"row\">%s" : "<td class=\"number\">%s</td>", rows[r]);
        assert_non_null(at = strstr(at, cell));
    }
    assert_null(strstr(page, "ANN on counts"));
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

static void a_network_on_counts_stands_beside(void **state) {
    (void)state;
    static const double steps[] = {1};
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    vdib__findings *findings = VDIB_FINDINGS(content->evaluation);
    fill(&content->evaluation, VDIB__ARRAY_RATE_BY_STEP, steps, 1); /* the section is there */
    findings->spiking = findings->decoding = findings->counting = (vdib__efforts){1, 2, 3, 4, 5};
    findings->ann_effort = (vdib__efforts){51, 52, 53, 54, 55};
    findings->ann = (vdib__scores){.accuracy = 0.75, .judge_accuracy = NAN, .mse = 0.25};
    findings->accuracy = 0.5;
    findings->mse = 0.125;
    char *page = render(content);
    const char *at = strstr(page, "figures energy");
    assert_non_null(at);
    static const char *const rows[] = {
        "ANN on counts</th></tr>",
        "Accuracy</th><td></td><td></td><td class=\"number\">0.500</td><td></td><td class=\"number\">0.750</td></tr>",
        "MSE</th><td></td><td></td><td class=\"number\">0.125</td><td></td><td class=\"number\">0.250</td></tr>",
        ">51</td></tr>",
        ">52</td></tr>",
        ">53</td></tr>",
        ">54</td></tr>",
        "energy, nJ</th><td class=\"number\">5</td><td class=\"number\">5</td><td class=\"number\">10</td>"
        "<td class=\"number\">5</td><td class=\"number\">55</td></tr>"};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        assert_non_null(at = strstr(at, rows[r]));
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_without_has_no_such_section), cmocka_unit_test(bars_are_as_high_as_the_bits),
        cmocka_unit_test(the_first_steps_are_a_line),         cmocka_unit_test(scores_of_changed_spikes_are_a_table),
        cmocka_unit_test(a_picture_has_a_dot_an_example),     cmocka_unit_test(energy_is_a_table),
        cmocka_unit_test(a_network_on_counts_stands_beside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
