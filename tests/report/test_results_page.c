/* SPDX-License-Identifier: MIT */
/* The page of a table of runs: where dots, lines and deviations stand, what is said of them, what is escaped. */
#include "support.h"

#include <math.h>

#include "core/alloc.h"
#include "core/file.h"
#include "run/results.h"
#include "vdib/vdib.h"

static void set_text(char **place, const char *text) {
    assert_ok(vdib__strdup(text, place));
}

static void set(vdib__result *run, vdib_split split, const char *figure, double value) {
    size_t f = vdib_figure_find(figure);
    assert_true(f < vdib_figure_count());
    (split == VDIB_SPLIT_TEST ? run->test : run->validation)[f] = value;
}

/* values (settings, keys), two runs of each setting; the second differs by `spread` in every figure. */
static vdib_results *make_table(size_t settings, size_t keys, const char *const *names, const char *const *values) {
    vdib_results *results = NULL;
    assert_ok(vdib__results_create(2 * settings, keys, &results));
    for (size_t k = 0; k < keys; k++)
        set_text(&results->keys[k], names[k]);
    for (size_t r = 0; r < 2 * settings; r++) {
        vdib__result *run = &results->runs[r];
        char folder[32];
        snprintf(folder, sizeof folder, "runs/<%zu>", r);
        set_text(&run->folder, folder);
        set_text(&run->experiment, "a & b");
        run->state = VDIB_SWEEP_DONE;
        run->seed = 5 + r % 2;
        run->examples = 1000 + r;
        run->seconds = 2.5;
        for (size_t k = 0; k < keys; k++)
            set_text(&run->values[k], values[r / 2 * keys + k]);
    }
    vdib__results_settle(results);
    assert_int_equal(results->setting_count, settings);
    return results;
}

static char *page_of(const vdib_results *results, const char *title) {
    char *folder = support_folder(), path[256];
    uint8_t *bytes = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/page.html", folder);
    assert_ok(vdib_results_page(results, title, path));
    assert_ok(vdib__file_read(path, &bytes, &size));
    support_folder_remove(folder);
    return (char *)bytes;
}

static void assert_has(const char *page, const char *part) {
    if (strstr(page, part) == NULL)
        fail_msg("the page lacks: %s", part);
}

static void assert_lacks(const char *page, const char *part) {
    if (strstr(page, part) != NULL)
        fail_msg("the page has: %s", part);
}

static size_t count_of(const char *page, const char *part) {
    size_t count = 0;
    for (const char *at = page; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

/* Rate from 0 to 100 bits over pixels 44 to 390, distortion from 0 to 40 nats over pixels 180 to 10. */
static void dots_stand_at_means(void **state) {
    (void)state;
    static const char *const names[] = {"objective.beta", "decoder.type"};
    static const char *const values[] = {"0.1", "mlp", "0.001", "mlp", "0.01", "mlp", "0.1", "<li>"};
    static const double rates[] = {25, 50, 100, 75}, distortions[] = {10, 20, 40, 30};
    vdib_results *results = make_table(4, 2, names, values);
    for (size_t r = 0; r < 8; r++) {
        double side = r % 2 == 0 ? -1 : 1;
        bool spread = r / 2 == 1;
        set(&results->runs[r], VDIB_SPLIT_TEST, "rate_bits", rates[r / 2] + (spread ? side * 5 / sqrt(2) : 0));
        set(&results->runs[r], VDIB_SPLIT_TEST, "distortion_nats",
            distortions[r / 2] + (spread ? side * 4 / sqrt(2) : 0));
    }
    char *page = page_of(results, "A <title>");
    assert_has(page, "<h1>A &lt;title&gt;</h1>");
    assert_has(page, "a &amp; b \xC2\xB7 4 settings \xC2\xB7 8 of 8 runs done");
    assert_lacks(page, "<li>");
    assert_lacks(page, "<script");
    assert_has(page, "id=\"test\"");
    assert_lacks(page, "id=\"validation\"");
    /* the plane: colours by the first key, in the order in which its values come */
    assert_has(page, "aria-label=\"distortion against rate\"");
    assert_has(page,
               "objective.beta: <span class=\"s0\">0.1</span> <span class=\"s1\">0.001</span> <span class=\"s2\">0.01"
               "</span>");
    assert_has(page,
               "<circle class=\"s0\" cx=\"130.5\" cy=\"137.5\" r=\"4\"><title>objective.beta=0.1, decoder.type=mlp: "
               "rate 25, distortion 10</title>");
    assert_has(page,
               "<path class=\"spread s1\" d=\"M199.7 95.0H234.3\"/><path class=\"spread s1\" d=\"M217.0 112.0V78.0\"/>"
               "<circle class=\"s1\" cx=\"217.0\" cy=\"95.0\" r=\"4\"><title>objective.beta=0.001, decoder.type=mlp: "
               "rate 50 \xC2\xB1 5, distortion 20 \xC2\xB1 4</title>");
    assert_has(page, "<circle class=\"s2\" cx=\"390.0\" cy=\"10.0\" r=\"4\">");
    assert_has(page, "<circle class=\"s0\" cx=\"303.5\" cy=\"52.5\" r=\"4\"><title>objective.beta=0.1, "
                     "decoder.type=&lt;li&gt;: rate 75, distortion 30</title>");
    /* against beta: a logarithmic axis from pixel 64 to 370, values in their order; a line for each decoder */
    assert_has(page, "<polyline class=\"s0\" points=\"64.0,95.0 217.0,10.0 370.0,137.5 \"/>"
                     "<polyline class=\"s1\" points=\"370.0,52.5 \"/>");
    assert_has(page,
               "<text x=\"64.0\" y=\"196\" class=\"middle\">0.001</text><text x=\"217.0\" y=\"196\" class=\"middle\">"
               "0.01</text><text x=\"370.0\" y=\"196\" class=\"middle\">0.1</text>");
    assert_has(page,
               "<p class=\"key\"><span class=\"s0\">decoder.type=mlp</span> <span class=\"s1\">decoder.type=&lt;li&gt;"
               "</span> </p>");
    /* against the decoder: in the order in which the names come; a line for each beta */
    assert_has(page,
               "<polyline class=\"s0\" points=\"64.0,137.5 370.0,52.5 \"/><polyline class=\"s1\" points=\"64.0,95.0 "
               "\"/><polyline class=\"s2\" points=\"64.0,10.0 \"/>");
    /* two figures against two keys, and one plane */
    assert_int_equal(count_of(page, "<svg"), 5);
    assert_int_equal(count_of(page, "<details"), 2);
    assert_int_equal(count_of(page, "<details open"), 1);
    /* tables */
    assert_has(page,
               "<tr><th scope=\"row\">0.001</th><th scope=\"row\">mlp</th><td>2 of 2</td><td class=\"number\">20 "
               "<span class=\"error\">\xC2\xB1 4</span></td><td class=\"number\">50 <span class=\"error\">\xC2\xB1 5"
               "</span></td></tr>");
    assert_has(page,
               "<tr><th scope=\"row\">runs/&lt;3&gt;</th><td>done</td><td>6</td><td>1,003</td><td>2.500</td></tr>");
    vdib__free(page);
    vdib_results_destroy(results);
}

static void numbers_stand_at_their_places(void **state) {
    (void)state;
    static const char *const names[] = {"data.delta"};
    static const char *const values[] = {"2", "-4", "4"};
    static const double accuracies[] = {0.25, 0.75, 1};
    vdib_results *results = make_table(3, 1, names, values);
    for (size_t r = 0; r < 6; r++)
        set(&results->runs[r], VDIB_SPLIT_VALIDATION, "accuracy", accuracies[r / 2]);
    results->runs[5].state = VDIB_SWEEP_BEGUN;
    set(&results->runs[5], VDIB_SPLIT_VALIDATION, "accuracy", NAN);
    char *page = page_of(results, NULL);
    assert_has(page, "<h1>a &amp; b</h1>");
    assert_has(page, "5 of 6 runs done");
    assert_has(page, "id=\"validation\"");
    assert_lacks(page, "id=\"test\"");
    /* -4 .. 4 over 64 .. 370 pixels; accuracy from 0 to 1 over 180 .. 10 */
    assert_has(page, "<polyline class=\"s0\" points=\"64.0,52.5 293.5,137.5 370.0,10.0 \"/>");
    assert_has(page, "<td>1 of 2</td><td class=\"number\">1</td>");
    assert_has(page, "<td>begun</td>");
    assert_int_equal(count_of(page, "<svg"), 1); /* no rate: no plane */
    vdib__free(page);
    vdib_results_destroy(results);
}

/* One setting, no key: a plane and a table, nothing to draw against. */
static void a_single_setting_has_a_page(void **state) {
    (void)state;
    vdib_results *results = make_table(1, 0, NULL, NULL);
    for (size_t r = 0; r < 2; r++) {
        set(&results->runs[r], VDIB_SPLIT_TEST, "spikes_per_example", 30);
        set(&results->runs[r], VDIB_SPLIT_TEST, "judge_accuracy", 0.5);
    }
    char *page = page_of(results, "one");
    assert_int_equal(count_of(page, "<svg"), 1);
    assert_has(page, "aria-label=\"judge accuracy against readout spikes\"");
    assert_has(page, "<title>a &amp; b: readout spikes 30, judge accuracy 0.500</title>");
    assert_lacks(page, "<details");
    vdib__free(page);
    vdib_results_destroy(results);
}

/* More names than there is room for: cut short, and those left out that would touch. */
static void names_under_the_axis_do_not_touch(void **state) {
    (void)state;
    enum { COUNT = 40 };
    static const char *const names[] = {"decoder.type"};
    char texts[COUNT][64];
    const char *values[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "a-very-long-name-of-a-value-%zu", i);
        values[i] = texts[i];
    }
    vdib_results *results = make_table(COUNT, 1, names, values);
    for (size_t r = 0; r < 2 * COUNT; r++)
        set(&results->runs[r], VDIB_SPLIT_TEST, "mse", 0.5);
    char *page = page_of(results, "many");
    double last = -1e9;
    size_t shown = 0;
    for (const char *at = page; (at = strstr(at, "\" y=\"196\" class=\"middle\">a-v")) != NULL; at++) {
        const char *number = at;
        while (number[-1] != '"')
            number--;
        double x = strtod(number, NULL);
        assert_true(x - last >= 20);
        last = x;
        shown++;
    }
    assert_in_range(shown, 5, 20);
    assert_lacks(page, "<circle class=\"s1\""); /* one line has one colour */
    assert_int_equal(count_of(page, "<circle class=\"s0\""), COUNT);
    vdib__free(page);
    vdib_results_destroy(results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dots_stand_at_means),
        cmocka_unit_test(numbers_stand_at_their_places),
        cmocka_unit_test(a_single_setting_has_a_page),
        cmocka_unit_test(names_under_the_axis_do_not_touch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
