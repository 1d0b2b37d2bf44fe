/* SPDX-License-Identifier: MIT */
/* The report's page from hand-made content of every kind of task; numbers, axes and pictures on it. */
#include "report_content.h"

#include "model/model.h"
#include "page_checks.h"
#include "report/html.h"
#include "vdib/vdib.h"

/* ---- the page ---- */

static char *render(const vdib__report_content *content) {
    char *page = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&page, &size);
    assert_non_null(stream);
    assert_ok(vdib__report_render(content, stream));
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(strlen(page), size);
    return page;
}

static void check_page(vdib__report_task task, size_t images) {
    vdib__report_content *content = made_content(task);
    char *page = render(content);
    assert_ptr_equal(strstr(page, "<!DOCTYPE html>"), page);
    assert_balanced(page);
    assert_self_contained(page);
    assert_no_nan(page);
    assert_int_equal(count_of(page, "<img "), images);
    assert_int_equal(count_of(page, "<img "), count_of(page, " alt=\""));
    assert_int_equal(count_of(page, "class=\"chart\""), 5);
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

static void a_page_of_images(void **state) {
    (void)state;
    check_page(VDIB_REPORT_IMAGES,
               24 * 3 + 3 * 3 + 1); /* the player of the trial whose example is shown has its target */
}

static void a_page_of_classes(void **state) {
    (void)state;
    check_page(VDIB_REPORT_CLASSES, 24 + 3 * 3);
}

static void a_page_of_units(void **state) {
    (void)state;
    check_page(VDIB_REPORT_UNITS, 2);
}

/* Labels below the true and decoded units are inside the drawing, which a browser would cut off otherwise. */
static void the_strip_holds_its_labels(void **state) {
    (void)state;
    vdib__report_content *content = made_content(VDIB_REPORT_UNITS);
    char *page = render(content);
    int width = 0, height = 0, lowest = 0, y = 0;
    const char *at = strstr(page, "<svg class=\"strip\""), *end = at != NULL ? strstr(at, "</svg>") : NULL;
    assert_non_null(end);
    assert_int_equal(sscanf(strstr(at, "viewBox"), "viewBox=\"0 0 %d %d\"", &width, &height), 2);
    for (at = strstr(at, "<text "); at != NULL && at < end; at = strstr(at + 1, "<text ")) {
        assert_int_equal(sscanf(strstr(at, " y="), " y=\"%d\"", &y), 1);
        lowest = y > lowest ? y : lowest;
    }
    assert_true(lowest > height / 2 && lowest < height);
    assert_non_null(strstr(page, "image-rendering: pixelated")); /* a pixel of a raster is a square, not a blur */
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

static void text_from_files_is_escaped(void **state) {
    (void)state;
    vdib__report_content *content = made_content(VDIB_REPORT_IMAGES);
    char *page = render(content);
    assert_null(strstr(page, "<b>made"));
    assert_null(strstr(page, "digits <i>"));
    assert_non_null(strstr(page, "<title>&lt;b&gt;made &amp; &#39;quoted&#39;&lt;/b&gt;"));
    assert_non_null(strstr(page, "experiment: &quot;&lt;b&gt;made"));
    assert_non_null(strstr(page, "drawn digits &lt;i&gt;"));
    assert_null(strstr(page, "script-src 'unsafe-inline'"));
    assert_non_null(strstr(page, "; script-src 'sha256-")); /* in a browser: cli-report-browser, cli-view */
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

/* What the script reads: a line of every frame, and the probabilities. */
static void films_have_a_line_a_frame(void **state) {
    (void)state;
    static const char *const want[] = {
        [VDIB_REPORT_IMAGES] = "data-now=\"%s ms \xC2\xB7 0 readout spikes \xC2\xB7 judged 0\xC2\xA0\xE2\x9C\x93\n",
        [VDIB_REPORT_CLASSES] = "data-now=\"%s ms \xC2\xB7 0 readout spikes \xC2\xB7 decoded 0\xC2\xA0\xE2\x9C\x93\n",
        [VDIB_REPORT_UNITS] = "step %s \xC2\xB7 1 readout spike \xC2\xB7 true 4 and 9, decoded 0 and 1\n"};
    for (int task = VDIB_REPORT_IMAGES; task <= VDIB_REPORT_UNITS; task++) {
        vdib__report_content *content = made_content((vdib__report_task)task);
        content->sends_spikes = true;
        char *page = render(content), line[160], of[64];
        size_t third = MADE_STEPS / 3, unit = task == VDIB_REPORT_UNITS ? 1 : 10;
        snprintf(of, sizeof of, "%zu of %zu", unit * third * (task == VDIB_REPORT_UNITS ? 2 : 1), unit * third * 3);
        snprintf(line, sizeof line, want[task], of);
        assert_non_null(strstr(page, line));
        assert_int_equal(count_of(page, " data-odds=\"0.000,"), task == VDIB_REPORT_CLASSES ? VDIB_REPORT_TRIALS : 0);
        assert_int_equal(count_of(page, "\n0.625,"), task == VDIB_REPORT_CLASSES ? VDIB_REPORT_TRIALS : 0);
        assert_int_equal(count_of(page, "<canvas "), task == VDIB_REPORT_IMAGES    ? 6
                                                     : task == VDIB_REPORT_CLASSES ? 3
                                                                                   : 0);
        free(page);
        vdib__report_clear(content);
        vdib__free(content);
    }
}

/* A run that recorded nothing, on data without judge, examples or rasters. */
static void an_empty_report_is_a_page(void **state) {
    (void)state;
    vdib__report_content content = {.task = VDIB_REPORT_IMAGES};
    assert_ok(vdib__findings_create(VDIB__TASK_IMAGES, (vdib__findings **)&content.evaluation.findings));
    char *page = render(&content);
    assert_balanced(page);
    assert_no_nan(page);
    assert_non_null(strstr(page, "recorded no points"));
    assert_null(strstr(page, "Judge accuracy"));
    assert_int_equal(count_of(page, "<img "), 0);
    free(page);
    vdib__report_clear(&content);
}

static void wrong_answers_are_marked(void **state) {
    (void)state;
    vdib__report_content *content = made_content(VDIB_REPORT_IMAGES);
    size_t wrong = 0;
    for (size_t i = 0; i < content->example_count; i++)
        wrong += content->examples[i].said != content->examples[i].label;
    char *page = render(content);
    assert_true(wrong > 0);
    assert_int_equal(count_of(page, "<span class=\"wrong\">judged"), wrong);
    assert_int_equal(count_of(page, "<span class=\"right\">judged"), content->example_count - wrong);
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

/* Classes that have names are called by them, escaped; a class without one keeps its number. */
static void classes_are_called_by_name(void **state) {
    (void)state;
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    char name[32];
    for (size_t c = 0; c < MADE_CLASSES; c++) {
        snprintf(name, sizeof name, "<name> of %c", (char)('a' + c));
        if (c != 3)
            assert_ok(vdib__findings_name(VDIB_FINDINGS(content->evaluation), c, name));
    }
    char *page = render(content);
    assert_balanced(page);
    assert_null(strstr(page, "<name>"));
    assert_non_null(strstr(page, "<th scope=\"col\">&lt;name&gt; of a</th>"));
    assert_non_null(strstr(page, "<th scope=\"row\">&lt;name&gt; of j</th>"));
    assert_non_null(strstr(page, "<th scope=\"row\">3</th>"));
    assert_non_null(strstr(page, "decoded &lt;name&gt; of "));
    assert_non_null(strstr(page, "<title>class &lt;name&gt; of c: "));
    size_t captions = 0;
    for (size_t c = 0; c < MADE_CLASSES; c++) {
        snprintf(name, sizeof name, c == 3 ? "<span>class 3</span>" : "<span>class &lt;name&gt; of %c<",
                 (char)('a' + c));
        captions += count_of(page, name);
    }
    assert_int_equal(captions, content->example_count);
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

/* A matrix of many classes is a picture, and a list of what is confused most often, in that order. */
/* The ten most probable ones and the true one. */
static void many_classes_have_few_bars(void **state) {
    (void)state;
    enum { MANY = 300, BARS = 11 };
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    vdib__report_example *example = &content->examples[0];
    char *few = render(content);
    size_t bars = count_of(few, "</title></rect>") - example->classes + BARS;
    free(few);
    vdib__free(example->probabilities);
    example->probabilities = NULL;
    assert_ok(VDIB_NEW(&example->probabilities, MANY));
    for (size_t c = 0; c < MANY; c++)
        example->probabilities[c] = (float)c / (MANY * (MANY - 1) / 2.0F);
    example->classes = MANY;
    char *page = render(content);
    assert_balanced(page);
    assert_int_equal(count_of(page, "</title></rect>"), bars);
    assert_non_null(strstr(page, "<title>class 290: "));
    assert_null(strstr(page, "<title>class 289: "));
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

static void many_classes_are_a_picture_and_a_list(void **state) {
    (void)state;
    enum { MANY = 300, LISTED = 20 };
    vdib__report_content *content = made_content(VDIB_REPORT_CLASSES);
    vdib__findings *findings = VDIB_FINDINGS(content->evaluation);
    char *few = render(content);
    size_t pictures = count_of(few, "<img ");
    free(few);
    vdib__free(findings->confusion);
    assert_ok(vdib__findings_confuse(findings, MANY));
    for (size_t c = 0; c < MANY; c++)
        findings->confusion[c * MANY + c] = 1000;
    for (size_t k = 0; k < 30; k++) /* counts 1, 2, ..., 30 scattered over the matrix */
        findings->confusion[(k * 77 % MANY) * MANY + (k * 31 + 5) % MANY] = k + 1;
    char *page = render(content);
    assert_balanced(page);
    assert_self_contained(page);
    assert_int_equal(count_of(page, "<img "), pictures + 1);
    assert_non_null(strstr(page, "the 300 true classes"));
    const char *at = strstr(page, "The most frequent confusions");
    assert_non_null(at);
    for (size_t k = 30; k > 30 - LISTED; k--) {
        char row[128];
        snprintf(row, sizeof row, "<tr><th scope=\"row\">%zu</th><td>%zu</td><td class=\"number\">%zu</td></tr>",
                 (k - 1) * 77 % MANY, ((k - 1) * 31 + 5) % MANY, k);
        assert_non_null(at = strstr(at, row));
    }
    assert_null(strstr(at, "<td class=\"number\">10</td>"));
    free(page);
    vdib__report_clear(content);
    vdib__free(content);
}

/* ---- numbers and axes ---- */

static void assert_number(double value, const char *want) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    vdib__html_number(stream, value);
    fclose(stream);
    assert_string_equal(text, want);
    free(text);
}

static void numbers_are_short(void **state) {
    (void)state;
    assert_number(0, "0");
    assert_number(7, "7");
    assert_number(0.91234, "0.912");
    assert_number(0.0312, "0.0312");
    assert_number(0.0021, "0.00210");
    assert_number(12.345, "12.35");
    assert_number(841.23, "841.2");
    assert_number(3714455.4, "3,714,455");
    assert_number(1000, "1,000");
    assert_number(999, "999");
    assert_number(-0.5, "\xE2\x88\x92"
                        "0.500");
    assert_number(-1234, "\xE2\x88\x92"
                         "1,234");
    assert_number(1e-7, "1.00e-07");
    assert_number(NAN, "\xE2\x80\x93");
}

/* Round ends around the values, 2 to 8 parts, no label twice. */
static void axes_hold_their_values(void **state) {
    (void)state;
    static const double cases[][2] = {{0, 1}, {0.13, 0.17}, {0, 10000}, {-3, 4},          {5, 5},       {0, 0},
                                      {7, 1}, {1e-9, 2e-9}, {0, 5e6},   {0.4999, 0.5001}, {-12, -11.5}, {99, 101}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vdib__axis axis = vdib__axis_make(cases[i][0], cases[i][1], 10, 110);
        double low = fmin(cases[i][0], cases[i][1]), high = fmax(cases[i][0], cases[i][1]);
        double parts = (axis.high - axis.low) / axis.tick;
        assert_true(axis.low < axis.high);
        assert_true(axis.low <= low + 1e-9 * axis.tick && axis.high >= high - 1e-9 * axis.tick);
        assert_true(parts >= 1.5 && parts <= 8.5);
        assert_true(fabs(parts - round(parts)) < 1e-6);
        char before[24] = "", text[24];
        for (int t = 0; t <= (int)round(parts) && axis.tick >= 1e-6; t++) {
            vdib__axis_label(&axis, axis.low + t * axis.tick, text);
            assert_string_not_equal(text, before);
            strcpy(before, text);
        }
    }
    vdib__axis axis = vdib__axis_make(0, 10000, 40, 140);
    char text[24];
    const double middle = vdib__axis_at(&axis, 5000), want = 90;
    assert_close_double(&middle, &want, 1, 1e-12);
    vdib__axis_label(&axis, 4000, text);
    assert_string_equal(text, "4k");
}

/* ---- pictures ---- */

static void rasters_become_ink(void **state) {
    (void)state;
    vdib_raster *spikes = NULL;
    vdib__report_raster raster = {0};
    uint8_t dense[3 * 600] = {0};
    dense[1 * 600 + 0] = dense[1 * 600 + 1] = dense[1 * 600 + 2] = 1; /* a row of three channels, full */
    dense[2 * 600 + 5] = 1;
    dense[0 * 600 + 9] = 1; /* before the window */
    assert_ok(vdib_raster_create(600, 3, &spikes));
    assert_ok(vdib_raster_from_dense(spikes, dense));
    assert_ok(vdib__report_picture_raster(spikes, 1, 2, &raster));
    assert_int_equal(raster.group, 3);
    assert_int_equal(raster.ink.height, 200);
    assert_int_equal(raster.ink.width, 2);
    assert_int_equal(raster.spikes, 4);
    size_t inked = 0;
    for (size_t i = 0; i < 400; i++)
        inked += raster.ink.pixels[i] != 0;
    assert_int_equal(inked, 2);
    assert_int_equal(raster.ink.pixels[0], 255);
    assert_in_range(raster.ink.pixels[1 * 2 + 1], 64, 128);
    vdib__free(raster.ink.pixels);
    vdib_raster_destroy(spikes);
}

static size_t spikes_between(const vdib_raster *spikes, size_t begin, size_t end) {
    size_t count = 0;
    for (size_t t = begin; t < end; t++) {
        const uint32_t *channels = NULL;
        count += vdib_raster_at(spikes, t, &channels);
    }
    return count;
}

/* Blank steps come before the first step of a report in the trial, but not in its input and its readout. */
static void hidden_spikes_are_those_of_the_steps_shown(void **state) {
    (void)state;
    enum { NX = 6, STEPS = 8, BLANK = 3, FIRST = 2, SHOWN = 4 };
    static const char *const settings[] = {"data.input=rate",    "data.target=class",   "data.steps=8",
                                           "data.blank_steps=3", "encoder.layers=[40]", "encoder.readouts=8",
                                           "decoder=linear"};
    const vdib_geometry geometry = {.size = sizeof geometry,
                                    .input_channels = 1,
                                    .input_height = 1,
                                    .input_width = NX,
                                    .steps = STEPS,
                                    .classes = 3};
    vdib_config *config = NULL;
    vdib_model *model = NULL;
    vdib__batch *batch = NULL;
    vdib_raster *input = NULL, *hidden = NULL;
    vdib__report_trial shown = {0};
    uint8_t dense[STEPS * NX];
    const uint64_t number = 0;
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    for (size_t i = 0; i < sizeof dense; i++)
        dense[i] = i % 3 == 0 || i > 30;
    assert_ok(vdib_model_create(config, &geometry, &model));
    assert_ok(vdib_raster_create(NX, STEPS, &input));
    assert_ok(vdib_raster_from_dense(input, dense));
    assert_ok(vdib__batch_create(model, 1, 1, STEPS, 1, &batch));
    const vdib_raster *inputs[] = {input};
    assert_ok(vdib__batch_encode(model, 1, batch, inputs, 1, VDIB_STAGE_EVALUATION, &number, 1));
    assert_ok(vdib__trial_spikes(&model->encoder, batch->trials[0], 0, &hidden));
    size_t want = spikes_between(hidden, BLANK + FIRST, BLANK + FIRST + SHOWN);
    assert_int_not_equal(want, spikes_between(hidden, FIRST, FIRST + SHOWN));
    assert_ok(vdib__report_picture_trial(&model->encoder, batch->trials[0], FIRST, SHOWN, &shown));
    assert_int_equal(shown.count, 3);
    assert_int_equal(shown.rasters[0].spikes, spikes_between(input, FIRST, FIRST + SHOWN));
    assert_int_equal(shown.rasters[1].spikes, want);
    assert_int_equal(shown.rasters[2].spikes, spikes_between(batch->trials[0]->readout, FIRST, FIRST + SHOWN));
    for (size_t r = 0; r < shown.count; r++)
        vdib__free(shown.rasters[r].ink.pixels);
    vdib_raster_destroy(hidden);
    vdib_raster_destroy(input);
    vdib__batch_destroy(batch);
    vdib_model_destroy(model);
    vdib_config_destroy(config);
}

static void inputs_are_summed_or_timed(void **state) {
    (void)state;
    const vdib_geometry geometry = {
        .size = sizeof(vdib_geometry), .input_channels = 2, .input_height = 1, .input_width = 3, .steps = 4};
    const uint8_t dense[4 * 6] = {1,      0, 0, 0, 0, 0, /**/ 1, 0, 0, 1, 0, 0,
                                  /**/ 0, 1, 0, 1, 0, 0, /**/ 0, 0, 0, 0, 1, 0};
    vdib_raster *spikes = NULL;
    vdib__report_picture picture = {0};
    assert_ok(vdib_raster_create(6, 4, &spikes));
    assert_ok(vdib_raster_from_dense(spikes, dense));
    const vdib_example example = {.raster = spikes};
    assert_ok(vdib__report_picture_input(&example, &geometry, false, &picture));
    const uint8_t summed[] = {255, 128, 0}; /* 4, 2 and no spikes over both polarities */
    assert_memory_equal(picture.pixels, summed, 3);
    vdib__free(picture.pixels);
    assert_ok(vdib__report_picture_input(&example, &geometry, true, &picture));
    const uint8_t timed[] = {255, 128, 0}; /* first spikes in steps 0 and 2 of 4 */
    assert_memory_equal(picture.pixels, timed, 3);
    vdib__free(picture.pixels);
    vdib_raster_destroy(spikes);
}

static void values_are_clipped(void **state) {
    (void)state;
    const float values[] = {-1.0F, 0.0F, 0.5F, 1.0F, 3.0F, NAN};
    const uint8_t want[] = {0, 0, 128, 255, 255, 0};
    vdib__report_picture picture = {0};
    assert_ok(vdib__report_picture_values(values, 2, 3, &picture));
    assert_memory_equal(picture.pixels, want, sizeof want);
    vdib__free(picture.pixels);
}

static void colour_is_interleaved(void **state) {
    (void)state;
    const vdib_geometry geometry = {
        .size = sizeof geometry, .target_channels = 3, .target_height = 1, .target_width = 2};
    const float values[] = {0.0F, 1.0F, /* red */ 0.2F, 0.4F, /* green */ 0.6F, 2.0F /* blue */};
    const uint8_t want[] = {0, 51, 153, 255, 102, 255};
    const uint8_t scaled[] = {0, 26, 77, 128, 51, 255};
    const vdib__report_range plain = {0, 0}, wide = {0, 2};
    vdib__report_picture picture = {0};
    assert_ok(vdib__report_picture_target(values, &geometry, &plain, &picture));
    assert_true(picture.colour);
    assert_int_equal(picture.height * 10 + picture.width, 12);
    assert_memory_equal(picture.pixels, want, sizeof want);
    vdib__free(picture.pixels);
    assert_ok(vdib__report_picture_target(values, &geometry, &wide, &picture));
    assert_memory_equal(picture.pixels, scaled, sizeof scaled);
    vdib__free(picture.pixels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_of_images),
        cmocka_unit_test(a_page_of_classes),
        cmocka_unit_test(a_page_of_units),
        cmocka_unit_test(text_from_files_is_escaped),
        cmocka_unit_test(an_empty_report_is_a_page),
        cmocka_unit_test(films_have_a_line_a_frame),
        cmocka_unit_test(wrong_answers_are_marked),
        cmocka_unit_test(classes_are_called_by_name),
        cmocka_unit_test(many_classes_have_few_bars),
        cmocka_unit_test(many_classes_are_a_picture_and_a_list),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(axes_hold_their_values),
        cmocka_unit_test(rasters_become_ink),
        cmocka_unit_test(the_strip_holds_its_labels),
        cmocka_unit_test(hidden_spikes_are_those_of_the_steps_shown),
        cmocka_unit_test(inputs_are_summed_or_timed),
        cmocka_unit_test(values_are_clipped),
        cmocka_unit_test(colour_is_interleaved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
