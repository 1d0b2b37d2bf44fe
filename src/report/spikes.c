/* SPDX-License-Identifier: MIT */
/* What the spikes say: the arrays of an evaluation as charts. */
#include <math.h>

#include "report/chart.h"

enum { LEFT = VDIB__CHART_LEFT, RIGHT = VDIB__CHART_RIGHT, TOP = VDIB__CHART_TOP, BOTTOM = VDIB__CHART_BOTTOM };

/* A chart of bars: values (count) against 0, 1, ... */
typedef struct bars {
    const char *title, *unit, *x_name;
    const double *values;
    size_t count;
} bars;

static void open_chart(FILE *page, const char *title, const char *unit, const char *label) {
    fprintf(page, "<figure class=\"chart\"><figcaption><b>%s</b> <span>%s</span></figcaption>", title, unit);
    fprintf(page, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", VDIB__CHART_WIDTH, VDIB__CHART_HEIGHT,
            label);
}

static void put_bars(FILE *page, const bars *b) {
    vdib__range range = {0, 0};
    double width = (double)(RIGHT - LEFT) / (double)b->count;
    for (size_t i = 0; i < b->count; i++)
        vdib__range_widen(&range, b->values[i]);
    vdib__axis x = {.low = 0, .high = (double)b->count, .from = LEFT, .to = RIGHT};
    vdib__axis y = vdib__axis_make(range.low, range.high, BOTTOM, TOP);
    open_chart(page, b->title, b->unit, b->title);
    fputs("<g class=\"axis\">", page);
    vdib__chart_upright_axis(page, &y);
    fprintf(page,
            "<text x=\"%.1f\" y=\"%d\" class=\"middle\">0</text><text x=\"%.1f\" y=\"%d\" class=\"middle\">%zu</text>",
            LEFT + width / 2, BOTTOM + 16, RIGHT - width / 2, BOTTOM + 16, b->count - 1);
    vdib__chart_axis_name(page, b->x_name);
    fputs("</g><path class=\"bar\" d=\"", page);
    for (size_t i = 0; i < b->count; i++)
        fprintf(page, "M%.2f %dh%.2fV%.1fh-%.2fz", vdib__axis_at(&x, (double)i), BOTTOM, width * 0.9,
                vdib__axis_at(&y, b->values[i]), width * 0.9);
    fputs("\"/></svg></figure>\n", page);
}

static void put_split(FILE *page, const vdib__report_content *content) {
    bool stepwise = vdib_evaluation_stepwise(&content->evaluation);
    bars by_step = {.title = "Rate of each time step",
                    .unit = stepwise ? "bits, mean over sequences" : "bits per example",
                    .x_name = stepwise ? "scored step" : "time step"};
    bars by_neuron = {.title = "Rate of each readout neuron",
                      .unit = stepwise ? "bits per step" : "bits per example",
                      .x_name = "readout neuron"};
    by_step.values = vdib_evaluation_array(&content->evaluation, "rate_bits_by_step", &by_step.count);
    by_neuron.values = vdib_evaluation_array(&content->evaluation, "rate_bits_by_neuron", &by_neuron.count);
    if (by_step.values == NULL || by_neuron.values == NULL)
        return;
    fputs("<p>Where the bits of the rate are, which bounds what the spikes say of the input: in which time steps, and "
          "in which neurons.</p>\n<div class=\"charts\">\n",
          page);
    put_bars(page, &by_step);
    put_bars(page, &by_neuron);
    fputs("</div>\n", page);
}

/* ---- the first steps alone ---- */

/* A chart of a line: values (count) at steps (count). */
static void put_line(FILE *page, const vdib__report_content *content, const char *array, const char *figure_name) {
    size_t count = 0;
    const double *steps = vdib_evaluation_array(&content->evaluation, "anytime_steps", NULL);
    const double *values = vdib_evaluation_array(&content->evaluation, array, &count);
    vdib__range range = {INFINITY, -INFINITY};
    if (steps == NULL || values == NULL)
        return;
    for (size_t k = 0; k < count; k++)
        vdib__range_widen(&range, values[k]);
    if (range.low > range.high)
        return;
    vdib__range_reach_zero(&range);
    vdib__axis x = vdib__axis_make(0, steps[count - 1], LEFT, RIGHT);
    vdib__axis y = vdib__axis_make(range.low, range.high, BOTTOM, TOP);
    vdib__chart_title(page, vdib__figure_named(figure_name), false);
    fprintf(page, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s from the first steps alone\">",
            VDIB__CHART_WIDTH, VDIB__CHART_HEIGHT, vdib__figure_named(figure_name)->label);
    vdib__chart_axes(page, &x, &y, "time steps that have arrived");
    fputs("<polyline class=\"training anytime\" points=\"", page);
    for (size_t k = 0; k < count; k++)
        fprintf(page, "%.1f,%.1f ", vdib__axis_at(&x, steps[k]), vdib__axis_at(&y, values[k]));
    fputs("\"/></svg></figure>\n", page);
}

static void put_anytime(FILE *page, const vdib__report_content *content) {
    if (vdib_evaluation_array(&content->evaluation, "anytime_steps", NULL) == NULL)
        return;
    fputs("<p>What is decoded before all spikes are there: the first time steps have arrived, the decoder reads zeros "
          "for the rest.</p>\n<div class=\"charts\">\n",
          page);
    put_line(page, content, "anytime_judge_accuracy", "judge_accuracy");
    put_line(page, content, "anytime_accuracy", "accuracy");
    put_line(page, content, "anytime_mse", "mse");
    put_line(page, content, "anytime_distortion_nats", "distortion_nats");
    fputs("</div>\n", page);
}

/* ---- the same decoder on changed spikes ---- */

static const struct {
    const char *suffix, *label;
} changes[] = {{"", "as sent"},
               {"_times_shuffled", "times of each neuron shuffled"},
               {"_neurons_shuffled", "neurons of each step shuffled"},
               {"_counts_alone", "regression on counts alone"},
               {"_one_draw", "one draw, mean over several"},
               {"_draws_averaged", "outputs of several draws averaged"}};
static const char *const scores[] = {"judge_accuracy", "accuracy", "mse", "distortion_nats"};
enum { CHANGES = sizeof changes / sizeof *changes, SCORES = sizeof scores / sizeof *scores };

/* A score of changed spikes, NaN if there is none. */
static double score_of(const vdib__report_content *content, size_t score, size_t change) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", scores[score], changes[change].suffix);
    return vdib_evaluation_get(&content->evaluation, name);
}

static void put_scores(FILE *page, const vdib__report_content *content) {
    if (!isfinite(score_of(content, SCORES - 1, 1)))
        return;
    fputs("<p>The same decoder on changed spikes. What it loses by the first shuffle is what it reads from times, by "
          "the second what it reads from which neurons spike. A decoder of counts (decoder.coding=rate) loses nothing "
          "by the first. What counts alone say is learnt anew from training examples, by a regression.</p>\n"
          "<div class=\"wide\"><table class=\"figures changes\">\n<thead><tr><th scope=\"col\">Spikes</th>",
          page);
    for (size_t s = 0; s < SCORES; s++)
        if (isfinite(score_of(content, s, 0))) {
            fputs("<th scope=\"col\" class=\"number\">", page);
            vdib__html_label(page, vdib__figure_named(scores[s]));
            fputs("</th>", page);
        }
    fputs("</tr></thead>\n<tbody>\n", page);
    for (size_t c = 0; c < CHANGES; c++) {
        fprintf(page, "<tr><th scope=\"row\">%s</th>", changes[c].label);
        for (size_t s = 0; s < SCORES; s++)
            if (isfinite(score_of(content, s, 0))) {
                fputs("<td class=\"number\">", page);
                vdib__html_number(page, score_of(content, s, c));
                fputs("</td>", page);
            }
        fputs("</tr>\n", page);
    }
    fputs("</tbody></table></div>\n", page);
}

/* ---- pictures of all examples ---- */

/* Classes are told apart by hue. */
static int hue_of(double label, size_t classes) {
    return (int)(label * 360 / (double)classes);
}

typedef struct plane {
    const char *title, *x, *y;
    size_t share; /* of the x axis among picture_shares */
} plane;

static void put_plane(FILE *page, const vdib__report_content *content, const plane *p, size_t classes) {
    size_t count = 0;
    const double *x = vdib_evaluation_array(&content->evaluation, p->x, &count);
    const double *y = vdib_evaluation_array(&content->evaluation, p->y, NULL);
    const double *labels = vdib_evaluation_array(&content->evaluation, "picture_labels", NULL);
    const double *shares = vdib_evaluation_array(&content->evaluation, "picture_shares", NULL);
    vdib__range across = {INFINITY, -INFINITY}, up = {INFINITY, -INFINITY};
    for (size_t i = 0; i < count; i++) {
        vdib__range_widen(&across, x[i]);
        vdib__range_widen(&up, y[i]);
    }
    vdib__axis x_axis = vdib__axis_make(across.low, across.high, LEFT, RIGHT);
    vdib__axis y_axis = vdib__axis_make(up.low, up.high, BOTTOM, TOP);
    char unit[64];
    snprintf(unit, sizeof unit, "%.0f %% and %.0f %% of the variance", 100 * shares[p->share],
             100 * shares[p->share + 1]);
    open_chart(page, p->title, unit, p->title);
    vdib__chart_axes(page, &x_axis, &y_axis, "first principal component");
    for (size_t i = 0; i < count; i++)
        fprintf(page, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.2\" fill=\"hsl(%d 70%% 45%%)\"/>",
                vdib__axis_at(&x_axis, x[i]), vdib__axis_at(&y_axis, y[i]), hue_of(labels[i], classes));
    fputs("</svg></figure>\n", page);
}

/* Names of the classes in their colours, unless they are too many to be told apart. */
static void put_class_key(FILE *page, const vdib__report_content *content, size_t classes) {
    enum { MOST_NAMED = 20 };
    if (classes > MOST_NAMED)
        return;
    fputs("<p class=\"classes\">", page);
    for (size_t c = 0; c < classes; c++) {
        fprintf(page, "<span style=\"color: hsl(%d 70%% 45%%)\">\xE2\x97\x8F</span> ", hue_of((double)c, classes));
        vdib__html_class(page, &content->evaluation, c);
        fputs(" &#160; ", page);
    }
    fputs("</p>\n", page);
}

static void put_picture(FILE *page, const vdib__report_content *content) {
    static const plane planes[] = {{"Spikes in time", "picture_time_x", "picture_time_y", 0},
                                   {"Counts of spikes", "picture_counts_x", "picture_counts_y", 2}};
    size_t count = 0, classes = 1;
    const double *labels = vdib_evaluation_array(&content->evaluation, "picture_labels", &count);
    if (labels == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        classes = (size_t)labels[i] + 1 > classes ? (size_t)labels[i] + 1 : classes;
    fprintf(
        page,
        "<p>The readout's spikes of %zu test examples in the plane of their first two principal components, a dot "
        "an example, coloured by its class: as they are sent, neuron by neuron and step by step, and counted.</p>\n",
        count);
    put_class_key(page, content, classes);
    fputs("<div class=\"charts\">\n", page);
    put_plane(page, content, &planes[0], classes);
    put_plane(page, content, &planes[1], classes);
    fputs("</div>\n", page);
}

bool vdib__html_has_spikes(const vdib__report_content *content) {
    for (size_t a = 0; a < vdib_array_count(); a++)
        if (vdib_evaluation_array(&content->evaluation, vdib_array_name(a), NULL) != NULL)
            return true;
    return false;
}

void vdib__html_spikes(FILE *page, const vdib__report_content *content) {
    put_split(page, content);
    put_anytime(page, content);
    put_scores(page, content);
    put_picture(page, content);
    vdib__html_energy(page, content);
}
