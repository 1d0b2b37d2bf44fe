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
    bars by_step = {.title = "rate of each time step",
                    .unit = stepwise ? "bits, mean over sequences" : "bits per example",
                    .x_name = stepwise ? "scored step" : "time step"};
    bars by_neuron = {.title = "rate of each readout neuron",
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

bool vdib__html_has_spikes(const vdib__report_content *content) {
    for (size_t a = 0; a < vdib_array_count(); a++)
        if (vdib_evaluation_array(&content->evaluation, vdib_array_name(a), NULL) != NULL)
            return true;
    return false;
}

void vdib__html_spikes(FILE *page, const vdib__report_content *content) {
    put_split(page, content);
}
