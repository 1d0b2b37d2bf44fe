/* SPDX-License-Identifier: MIT */
/* Learning curves and the rate-distortion plane as inline SVG. */
#include <math.h>

#include "report/chart.h"

/* More points than this are thinned: a chart has some 300 pixels. */
enum { MOST_POINTS = 600 };

static void widen_by_curve(vdib__range *x, vdib__range *y, const vdib__report_curve *curve, size_t k) {
    for (size_t i = 0; i < curve->count; i++) {
        double value = curve->points[i].values[k];
        if (!isfinite(value))
            continue;
        vdib__range_widen(x, curve->points[i].examples);
        vdib__range_widen(y, value);
    }
}

static size_t stride_of(const vdib__report_curve *curve) {
    return curve->count / MOST_POINTS + 1;
}

/* Every stride-th point and the last. */
static bool shown(const vdib__report_curve *curve, size_t i, size_t k) {
    return (i % stride_of(curve) == 0 || i + 1 == curve->count) && isfinite(curve->points[i].values[k]);
}

/* The values of a series for the page's script, which shows those nearest to the pointer. */
static void put_values(FILE *page, const vdib__report_curve *curve, size_t k, const char *name) {
    fprintf(page, " data-name=\"%s\" data-points=\"", name);
    const char *between = "";
    for (size_t i = 0; i < curve->count; i++)
        if (shown(curve, i, k)) {
            fprintf(page, "%s%.0f,%.5g", between, curve->points[i].examples, curve->points[i].values[k]);
            between = " ";
        }
    fputc('"', page);
}

static void put_line(FILE *page, const vdib__report_curve *curve, size_t k, const vdib__axis *x, const vdib__axis *y,
                     const char *name) {
    fprintf(page, "<polyline class=\"%s\"", name);
    put_values(page, curve, k, name);
    fputs(" points=\"", page);
    for (size_t i = 0; i < curve->count; i++)
        if (shown(curve, i, k))
            fprintf(page, "%.1f,%.1f ", vdib__axis_at(x, curve->points[i].examples),
                    vdib__axis_at(y, curve->points[i].values[k]));
    fputs("\"/>", page);
}

static void put_dots(FILE *page, const vdib__report_curve *curve, size_t k, const vdib__axis *x, const vdib__axis *y) {
    if (curve->count > MOST_POINTS / 10)
        return;
    for (size_t i = 0; i < curve->count; i++)
        if (shown(curve, i, k))
            fprintf(page, "<circle class=\"validation\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>",
                    vdib__axis_at(x, curve->points[i].examples), vdib__axis_at(y, curve->points[i].values[k]));
}

/* "training 61.2, validation 63.0" of the last points: what stands under a chart until a pointer is over it. */
static void put_last(FILE *page, const vdib__report_content *content, size_t k) {
    const vdib__report_curve *curves[] = {&content->training, &content->validation};
    static const char *const names[] = {"training", "validation"};
    fputs("<p class=\"reading\" aria-live=\"polite\">last: ", page);
    const char *between = "";
    for (size_t c = 0; c < 2; c++)
        for (size_t i = curves[c]->count; i-- > 0;) {
            double value = curves[c]->points[i].values[k];
            if (!isfinite(value))
                continue;
            fprintf(page, "%s%s <b>", between, names[c]);
            vdib__html_number(page, value);
            fputs("</b>", page);
            between = ", ";
            break;
        }
    fputs("</p>", page);
}

static void put_chart(FILE *page, const vdib__report_content *content, const vdib__figure *figure, size_t k) {
    vdib__range x_range = {0, 0}, y_range = {INFINITY, -INFINITY};
    widen_by_curve(&x_range, &y_range, &content->training, k);
    widen_by_curve(&x_range, &y_range, &content->validation, k);
    if (y_range.low > y_range.high)
        return;
    vdib__range_reach_zero(&y_range);
    vdib__axis x = vdib__axis_make(0, x_range.high > 0 ? x_range.high : 1, VDIB__CHART_LEFT, VDIB__CHART_RIGHT);
    vdib__axis y = vdib__axis_make(y_range.low, y_range.high, VDIB__CHART_BOTTOM, VDIB__CHART_TOP);
    vdib__chart_title(page, figure, content->task == VDIB_REPORT_UNITS);
    fprintf(page,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s against training examples\" tabindex=\"0\" "
            "data-low=\"%g\" data-high=\"%g\" data-from=\"%d\" data-to=\"%d\">",
            VDIB__CHART_WIDTH, VDIB__CHART_HEIGHT, figure->label, x.low, x.high, VDIB__CHART_LEFT, VDIB__CHART_RIGHT);
    vdib__chart_axes(page, &x, &y, "training examples");
    fprintf(page, "<path class=\"guide\" d=\"M0 %dV%d\"/>", VDIB__CHART_TOP, VDIB__CHART_BOTTOM);
    put_line(page, &content->training, k, &x, &y, "training");
    put_line(page, &content->validation, k, &x, &y, "validation");
    put_dots(page, &content->validation, k, &x, &y);
    fputs("</svg>", page);
    put_last(page, content, k);
    fputs("</figure>\n", page);
}

void vdib__html_curves(FILE *page, const vdib__report_content *content) {
    const vdib__figure *figures[VDIB_REPORT_CURVES];
    size_t count = vdib__report_curve_figures(figures);
    if (content->training.count + content->validation.count == 0) {
        fputs("<p>The run has recorded no points.</p>\n", page);
        return;
    }
    fputs("<p class=\"key\"><span class=\"training\">training (running average)</span> <span class=\"validation\">"
          "validation split</span></p>\n<div class=\"charts\">\n",
          page);
    for (size_t k = 0; k < count; k++)
        put_chart(page, content, figures[k], k);
    fputs("</div>\n", page);
}

/* The curves that are the axes of the plane. */
typedef struct plane {
    size_t rate, distortion;
    vdib__axis x, y;
} plane;

static bool in_plane(const vdib__report_curve *curve, size_t i, const plane *p) {
    return shown(curve, i, p->rate) && isfinite(curve->points[i].values[p->distortion]);
}

/* The validations in their order, a dot each, joined by a line. */
static void put_path(FILE *page, const vdib__report_curve *curve, const plane *p) {
    fputs("<polyline class=\"way\" points=\"", page);
    for (size_t i = 0; i < curve->count; i++)
        if (in_plane(curve, i, p))
            fprintf(page, "%.1f,%.1f ", vdib__axis_at(&p->x, curve->points[i].values[p->rate]),
                    vdib__axis_at(&p->y, curve->points[i].values[p->distortion]));
    fputs("\"/>", page);
    for (size_t i = 0; i < curve->count; i++) {
        double rate = curve->points[i].values[p->rate], distortion = curve->points[i].values[p->distortion];
        if (in_plane(curve, i, p))
            fprintf(page,
                    "<circle class=\"validation\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>validation after %.0f "
                    "examples: %.4g bits, %.4g nats</title></circle>",
                    vdib__axis_at(&p->x, rate), vdib__axis_at(&p->y, distortion), curve->points[i].examples, rate,
                    distortion);
    }
}

/* The plane with its axes around the test data's point and those of the validations. */
static plane make_plane(const vdib__report_content *content, double rate, double distortion) {
    plane p = {.rate = vdib__report_curve_of("rate_bits"), .distortion = vdib__report_curve_of("distortion_nats")};
    vdib__range x_range = {rate, rate}, y_range = {distortion, distortion};
    for (size_t i = 0; i < content->validation.count; i++) {
        vdib__range_widen(&x_range, content->validation.points[i].values[p.rate]);
        vdib__range_widen(&y_range, content->validation.points[i].values[p.distortion]);
    }
    vdib__range_reach_zero(&x_range);
    vdib__range_reach_zero(&y_range);
    p.x = vdib__axis_make(x_range.low, x_range.high, VDIB__CHART_LEFT, VDIB__CHART_RIGHT);
    p.y = vdib__axis_make(y_range.low, y_range.high, VDIB__CHART_BOTTOM, VDIB__CHART_TOP);
    return p;
}

void vdib__html_rate_distortion(FILE *page, const vdib__report_content *content) {
    double rate = vdib_evaluation_get(&content->evaluation, "rate_bits");
    double distortion = vdib_evaluation_get(&content->evaluation, "distortion_nats");
    if (!isfinite(rate) || !isfinite(distortion))
        return;
    plane p = make_plane(content, rate, distortion);
    const char *each = content->task == VDIB_REPORT_UNITS ? "step" : "example";
    vdib__chart_title(page, vdib__figure_named("distortion_nats"), content->task == VDIB_REPORT_UNITS);
    fprintf(page, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Test data: %.4g bits and %.4g nats per %s\">",
            VDIB__CHART_WIDTH, VDIB__CHART_HEIGHT, rate, distortion, each);
    vdib__chart_axes(page, &p.x, &p.y,
                     content->task == VDIB_REPORT_UNITS ? "rate, bits per step" : "rate, bits per example");
    put_path(page, &content->validation, &p);
    fprintf(page,
            "<circle class=\"test\" cx=\"%.1f\" cy=\"%.1f\" r=\"5.5\"><title>test: %.4g bits, %.4g nats</title>"
            "</circle></svg>",
            vdib__axis_at(&p.x, rate), vdib__axis_at(&p.y, distortion), rate, distortion);
    fputs("<p class=\"key\"><span class=\"validation\">validations on the way</span> <span class=\"test\">test data"
          "</span></p></figure>\n",
          page);
}
