/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_REPORT_OUTPUTS_PAGE_H
#define VDIB_TESTS_REPORT_OUTPUTS_PAGE_H
/* Every figure on the page of a report, against the plain computation. */
#include "data/blobs.h"
#include "report/outputs_twin.h"

/* The rows of the report's table and the tiles at its top: name, value, unit. */
static inline void check_figures(const twin *w, const char *page, const vdib_evaluation *shown,
                                 const plain_evaluation *want) {
    char start[128], unit[128];
    for (const outputs_row *row = w->of->rows; row->label != NULL; row++) {
        double value = plain_get(want, row->name);
        if (isnan(value))
            value = vdib_evaluation_get(shown, row->name); /* what depends on the clock */
        snprintf(start, sizeof start, "<tr><th scope=\"row\">%s</th><td class=\"number\">", row->label);
        snprintf(unit, sizeof unit, "<span class=\"unit\">%s</span></td>", row->unit);
        const char *at = read_behind(page, start), *end = strstr(at, "</tr>");
        read_assert_shown(at, value, row->label);
        assert_true(read_behind(at, unit) < end);
        if (row->error != NULL)
            read_assert_shown(read_behind(at, "<span class=\"error\">\xC2\xB1 "), plain_get(want, row->error),
                              row->error);
    }
    for (const outputs_row *row = w->of->tiles; row->label != NULL; row++) {
        snprintf(start, sizeof start, "<div><dt>%s</dt><dd>", row->label);
        snprintf(unit, sizeof unit, " <span>%s</span></dd></div>", row->unit);
        const char *at = read_behind(page, start);
        read_assert_shown(at, plain_get(want, row->name), row->label);
        assert_int_equal(strncmp(read_shown(at).end, unit, strlen(unit)), 0);
    }
}

/* "examples,value examples,value ..." of a curve. */
static inline void check_points(const char *at, const expected *want, size_t wanted, size_t offset, const char *what) {
    for (size_t i = 0; i < wanted; i++) {
        double value = *(const double *)((const char *)&want[i].losses + offset);
        char *end = NULL;
        assert_int_equal(strtoull(at, &end, 10), want[i].examples);
        assert_int_equal(*end, ',');
        double got = strtod(end + 1, &end);
        if (!(fabs(got - value) <= 1e-4 * fabs(value)))
            fail_msg("chart of %s, training or validation after %llu examples: %g is drawn, %g is right", what,
                     (unsigned long long)want[i].examples, got, value);
        assert_int_equal(*end, i + 1 < wanted ? ' ' : '"');
        at = end + 1;
    }
}

/* The learning curves: the values behind the drawing, and those that stand under it. */
static inline void check_charts(const twin *w, const char *page) {
    const struct {
        const char *title, *unit;
        size_t offset;
        bool validated;
    } charts[] = {
        {"Loss", "objective as configured", offsetof(plain_losses, loss), true},
        {"Distortion", w->of->stepwise ? "nats per step" : "nats per example", offsetof(plain_losses, distortion),
         true},
        {"Rate", w->of->stepwise ? "bits per step" : "bits per example", offsetof(plain_losses, rate_bits), true},
        {"Spike density", "per neuron and step", offsetof(plain_losses, density), false}};
    for (size_t c = 0; c < sizeof charts / sizeof *charts; c++) {
        char start[160];
        const expected *last = &w->train[w->train_count - 1], *valid = &w->validation[w->validation_count - 1];
        snprintf(start, sizeof start, "<figcaption><b>%s</b> <span>%s</span></figcaption>", charts[c].title,
                 charts[c].unit);
        const char *at = read_behind(page, start), *end = strstr(at, "</figure>");
        at = read_behind(at, "data-name=\"training\" data-points=\"");
        check_points(at, w->train, w->train_count, charts[c].offset, charts[c].title);
        const char *below = read_behind(at, "last: training <b>");
        read_assert_shown(below, *(const double *)((const char *)&last->losses + charts[c].offset), charts[c].title);
        if (!charts[c].validated)
            continue;
        at = read_behind(at, "data-name=\"validation\" data-points=\"");
        assert_true(at < end);
        check_points(at, w->validation, w->validation_count, charts[c].offset, charts[c].title);
        below = read_behind(below, "validation <b>");
        assert_true(below < end);
        read_assert_shown(below, *(const double *)((const char *)&valid->losses + charts[c].offset), charts[c].title);
    }
}

/* The points of the rate-distortion plane, by their titles; the head of the page. */
static inline void check_plane(const twin *w, const char *page, const plain_evaluation *want) {
    const char *plane = read_behind(page, "<section id=\"rate-distortion\"");
    for (size_t i = 0; i < w->validation_count; i++) {
        const plain_losses *losses = &w->validation[i].losses;
        char title[96];
        snprintf(title, sizeof title,
                 "<title>validation after %llu examples: ", (unsigned long long)w->validation[i].examples);
        const char *at = read_behind(plane, title);
        read_assert_shown(at, losses->rate_bits, "rate of a validation");
        read_assert_shown(read_behind(at, " bits, "), losses->distortion, "distortion of a validation");
    }
    const char *at = read_behind(plane, "<title>test: ");
    read_assert_shown(at, plain_get(want, "rate_bits"), "rate in the plane");
    read_assert_shown(read_behind(at, " bits, "), plain_get(want, "distortion_nats"), "distortion in the plane");
    at = read_behind(page, "<p class=\"under\">");
    read_assert_shown(at, plain_get(want, "examples"), "examples at the top");
    read_assert_shown(read_behind(at, "seed "), (double)w->seed, "seed at the top");
    plain_model *model = plain_model_of(vdib_run_model(w->run));
    read_assert_shown(read_behind(at, "beta "), model->beta, "beta at the top");
    read_assert_shown(read_behind(at, "prior rate "), model->prior, "prior rate at the top");
    plain_model_free(model);
}

/* How many weights the encoder and the decoder have, by the names of the model's tensors. */
static inline void check_weights(const twin *w, const char *page) {
    double counts[2] = {0, 0};
    for (size_t i = 0; i < vdib_model_tensor_count(vdib_run_model(w->run)); i++) {
        vdib_tensor_info info = {.size = sizeof info};
        assert_ok(vdib_model_tensor(vdib_run_model(w->run), i, &info));
        if (strncmp(info.name, "feedback.", 9) != 0) /* fixed random matrices are no weights */
            counts[strncmp(info.name, "decoder.", 8) == 0] += (double)info.count;
    }
    const char *at = read_behind(page, "<dt>Weights</dt><dd>");
    read_assert_shown(at, counts[0], "weights of the encoder");
    read_assert_shown(read_behind(at, "in the encoder, "), counts[1], "weights of the decoder");
}

enum { STRIP_STEPS = 200, STRIP_UNITS = 20 };

/* The cells that the strip draws in one path: cells[step][unit]. A step is 5 wide from 26 on, a unit 5 high from 6 on;
 * decoded cells lie `inset` within. */
static inline void read_cells(const char *page, const char *name, int inset, bool cells[STRIP_STEPS][STRIP_UNITS]) {
    char start[64];
    snprintf(start, sizeof start, "<path class=\"%s\" d=\"", name);
    memset(cells, 0, STRIP_STEPS * sizeof *cells);
    for (const char *at = read_behind(page, start); *at == 'M'; at = read_behind(at, "z")) {
        char *end = NULL;
        long x = strtol(at + 1, &end, 10) - inset - 26, y = strtol(end, NULL, 10) - inset - 6;
        assert_true(x >= 0 && x % 5 == 0 && x / 5 < STRIP_STEPS && y >= 0 && y % 5 == 0 && y / 5 < STRIP_UNITS);
        cells[x / 5][y / 5] = true;
    }
}

/* What the strip draws at one step: both true units, and the decoded ones as right or wrong. */
static inline void check_cells(const char *page, size_t step, uint32_t truth, uint32_t said) {
    bool drawn[3][STRIP_STEPS][STRIP_UNITS];
    uint32_t true_units[2], said_units[2];
    read_cells(page, "truth", 0, drawn[0]);
    read_cells(page, "right", 1, drawn[1]);
    read_cells(page, "wrong", 1, drawn[2]);
    vdib__blobs_pair(truth, &true_units[0], &true_units[1]);
    vdib__blobs_pair(said, &said_units[0], &said_units[1]);
    for (uint32_t unit = 0; unit < STRIP_UNITS; unit++) {
        bool spikes = unit == true_units[0] || unit == true_units[1];
        bool decoded = unit == said_units[0] || unit == said_units[1];
        assert_int_equal(drawn[0][step][unit], spikes);
        assert_int_equal(drawn[1][step][unit], decoded && spikes);
        assert_int_equal(drawn[2][step][unit], decoded && !spikes);
    }
}

/* The strip of a step-by-step task: which steps it shows, its cells, and at how many of them the class is right. */
static inline void check_strip(const twin *w, const char *page) {
    size_t right = 0, most = STRIP_STEPS;
    assert_int_equal(strstr(page, "<section id=\"strip\"") != NULL, w->of->stepwise);
    if (!w->of->stepwise)
        return;
    plain_model *model = plain_model_of(vdib_run_model(w->run));
    vdib__key key = {.seed = w->seed, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_EVALUATION, .example = 0};
    assert_ok(vdib_dataset_get(w->dataset, VDIB_SPLIT_TEST, 0, w->seed, w->example));
    plain_trial *trial = plain_run(model, w->example->raster, &key);
    double *logits = calloc(model->outputs, sizeof *logits);
    assert_non_null(logits);
    size_t end = trial->steps < model->window + most ? trial->steps : model->window + most;
    for (size_t t = model->window; t < end; t++) {
        uint32_t said = 0;
        plain_decode(model, trial, t, logits);
        for (uint32_t c = 1; c < model->outputs; c++)
            said = logits[c] > logits[said] ? c : said;
        check_cells(page, t - model->window, w->example->step_labels[t], said);
        right += said == w->example->step_labels[t];
    }
    const char *at = read_behind(page, "The first test sequence, steps ");
    read_assert_shown(at, (double)model->window, "first step of the strip");
    read_assert_shown(at = read_behind(at, " to "), (double)end - 1, "last step of the strip");
    read_assert_shown(at = read_behind(at, "Both units are right in "), (double)right, "right steps of the strip");
    read_assert_shown(read_behind(at, " of "), (double)(end - model->window), "steps of the strip");
    assert_true(right > 0 && right < end - model->window);
    free(logits);
    plain_trial_free(trial);
    plain_model_free(model);
}

/* The matrix, row by row. */
static inline void check_matrix(const char *page, const plain_evaluation *want) {
    size_t n = want->classes;
    assert_int_equal(strstr(page, "<section id=\"confusion\"") != NULL, n > 0);
    const char *at = n > 0 ? read_behind(read_behind(page, "<section id=\"confusion\""), "<tbody>") : NULL;
    for (size_t truth = 0; truth < n; truth++) {
        double sum = 0;
        read_assert_shown(at = read_behind(at, "<th scope=\"row\">"), (double)truth, "true class");
        for (size_t said = 0; said < n; said++)
            sum += (double)want->confusion[truth * n + said];
        for (size_t said = 0; said < n; said++) {
            double count = (double)want->confusion[truth * n + said];
            at = read_behind(at, "--share:");
            if (sum > 0)
                read_assert_shown(at, count / sum, "share of a row");
            at = read_behind(at, count > 0 ? "\">" : "\"><span>");
            read_assert_shown(at, count, "entry of the matrix");
        }
        at = read_behind(at, "<td class=\"recall\">");
        if (sum > 0)
            read_assert_shown(at, (double)want->confusion[truth * n + truth] / sum, "recall");
    }
}

/* Captions of the examples: class, what was said, spikes; in the alternative text stands which one it is. */
static inline void check_examples(const twin *w, const char *page, const plain_evaluation *want) {
    const char *at = w->of->stepwise ? NULL : strstr(page, "<section id=\"examples\"");
    size_t seen = 0;
    for (; at != NULL && (at = strstr(at, "<figure><div>")) != NULL; seen++) {
        size_t index = (size_t)read_shown(read_behind(at, "of test example ")).value;
        assert_true(index < OUTPUTS_TEST);
        assert_ok(vdib_dataset_get(w->dataset, VDIB_SPLIT_TEST, index, w->seed, w->example));
        at = read_behind(at, "<figcaption><span>class ");
        read_assert_shown(at, w->example->label, "class of an example");
        if (want->classes > 0) {
            at = read_behind(at, w->of->judged ? ">judged " : ">decoded ");
            read_assert_shown(at, want->said[index], "class said of an example");
        }
        at = read_behind(at, "<span>");
        read_assert_shown(at, (double)want->spikes[index], "spikes of an example");
    }
    assert_int_equal(seen > 0, !w->of->stepwise);
}

/* The rasters: different examples, each with its class, and time in milliseconds (3.75 a step by default) or in steps.
 */
static inline void check_rasters(const twin *w, const char *page) {
    const char *at = read_behind(page, "<section id=\"rasters\"");
    size_t seen[3] = {0}, count = 0;
    for (; !w->of->stepwise && (at = strstr(at, "<h3>Example ")) != NULL; count++) {
        assert_true(count < 3);
        read_number index = read_shown(at = read_behind(at, "<h3>Example "));
        seen[count] = (size_t)index.value;
        for (size_t k = 0; k < count; k++)
            assert_true(seen[k] != seen[count]);
        assert_ok(vdib_dataset_get(w->dataset, VDIB_SPLIT_TEST, seen[count], w->seed, w->example));
        read_assert_shown(read_behind(at, ", class "), w->example->label, "class of a raster");
        read_assert_shown(at = read_behind(at, "<p class=\"time\"><span>"), 0, "first time of a raster");
        read_assert_shown(read_behind(at, "time, ms</span><span>"), OUTPUTS_STEPS * 3.75, "last time of a raster");
    }
    assert_int_equal(count, w->of->stepwise ? 0 : 3);
    if (!w->of->stepwise)
        return;
    read_assert_shown(at = read_behind(at, "<p class=\"time\"><span>"), 4, "first step of the raster");
    read_assert_shown(read_behind(at, "time steps</span><span>"), 64, "last step of the raster");
}

#endif
