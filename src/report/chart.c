/* SPDX-License-Identifier: MIT */
#include "report/chart.h"

#include <math.h>
#include <string.h>

enum { LEFT = VDIB__CHART_LEFT, RIGHT = VDIB__CHART_RIGHT, BOTTOM = VDIB__CHART_BOTTOM, HEIGHT = VDIB__CHART_HEIGHT };

void vdib__range_widen(vdib__range *range, double value) {
    if (!isfinite(value))
        return;
    range->low = value < range->low ? value : range->low;
    range->high = value > range->high ? value : range->high;
}

void vdib__range_reach_zero(vdib__range *range) {
    if (range->low > 0 && range->low < 0.4 * range->high)
        range->low = 0;
}

void vdib__chart_upright_axis(FILE *page, const vdib__axis *y) {
    char text[24];
    for (int i = 0; i <= (int)round((y->high - y->low) / y->tick); i++) {
        double value = y->low + i * y->tick, at = vdib__axis_at(y, value);
        vdib__axis_label(y, value, text);
        fprintf(page, "<path d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" class=\"end\">%s</text>", LEFT, at, RIGHT,
                LEFT - 7, at + 3.5, text);
    }
}

void vdib__chart_axis_name(FILE *page, const char *name) {
    fprintf(page, "<text x=\"%d\" y=\"%d\" class=\"middle name\">", (LEFT + RIGHT) / 2, HEIGHT - 4);
    vdib__html_text(page, name);
    fputs("</text>", page);
}

void vdib__chart_axes(FILE *page, const vdib__axis *x, const vdib__axis *y, const char *x_name) {
    char text[24];
    fputs("<g class=\"axis\">", page);
    vdib__chart_upright_axis(page, y);
    for (int i = 0; i <= (int)round((x->high - x->low) / x->tick); i++) {
        double value = x->low + i * x->tick;
        vdib__axis_label(x, value, text);
        fprintf(page, "<text x=\"%.1f\" y=\"%d\" class=\"middle\">%s</text>", vdib__axis_at(x, value), BOTTOM + 16,
                text);
    }
    vdib__chart_axis_name(page, x_name);
    fputs("</g>", page);
}

void vdib__chart_title(FILE *page, const vdib__figure *figure, bool stepwise) {
    fputs("<figure class=\"chart\"><figcaption><b>", page);
    vdib__html_label(page, figure);
    fputs("</b> <span>", page);
    if (strcmp(figure->name, "loss") == 0)
        vdib__html_text(page, "objective as configured");
    else
        vdib__html_unit(page, figure, stepwise);
    fputs("</span></figcaption>", page);
}
