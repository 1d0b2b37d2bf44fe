/* SPDX-License-Identifier: MIT */
/* Learning curves and the rate-distortion plane as inline SVG. */
#include <math.h>

#include "report/html.h"

/* The drawing area of every chart, in units of its viewBox. */
enum { WIDTH = 400, HEIGHT = 220, LEFT = 44, RIGHT = 390, TOP = 10, BOTTOM = 180 };

/* More points than this are thinned: a chart has some 300 pixels. */
enum { MOST_POINTS = 600 };

/* Least and largest value so far. */
typedef struct range {
    double low, high;
} range;

static void widen(range *r, double value) {
    if (!isfinite(value))
        return;
    r->low = value < r->low ? value : r->low;
    r->high = value > r->high ? value : r->high;
}

/* An axis whose lowest value is near zero starts at zero. */
static void reach_zero(range *r) {
    if (r->low > 0 && r->low < 0.4 * r->high)
        r->low = 0;
}

static void widen_by_curve(range *x, range *y, const vdib__report_curve *curve, size_t k) {
    for (size_t i = 0; i < curve->count; i++) {
        double value = curve->points[i].values[k];
        if (!isfinite(value))
            continue;
        widen(x, curve->points[i].examples);
        widen(y, value);
    }
}

static size_t stride_of(const vdib__report_curve *curve) {
    return curve->count / MOST_POINTS + 1;
}

/* Every stride-th point and the last. */
static bool shown(const vdib__report_curve *curve, size_t i, size_t k) {
    return (i % stride_of(curve) == 0 || i + 1 == curve->count) && isfinite(curve->points[i].values[k]);
}

static void put_axes(FILE *page, const vdib__axis *x, const vdib__axis *y, const char *x_name) {
    char text[24];
    fputs("<g class=\"axis\">", page);
    for (int i = 0; i <= (int)round((y->high - y->low) / y->tick); i++) {
        double value = y->low + i * y->tick, at = vdib__axis_at(y, value);
        vdib__axis_label(y, value, text);
        fprintf(page, "<path d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" class=\"end\">%s</text>", LEFT, at, RIGHT,
                LEFT - 7, at + 3.5, text);
    }
    for (int i = 0; i <= (int)round((x->high - x->low) / x->tick); i++) {
        double value = x->low + i * x->tick;
        vdib__axis_label(x, value, text);
        fprintf(page, "<text x=\"%.1f\" y=\"%d\" class=\"middle\">%s</text>", vdib__axis_at(x, value), BOTTOM + 16,
                text);
    }
    fprintf(page, "<text x=\"%d\" y=\"%d\" class=\"middle name\">%s</text></g>", (LEFT + RIGHT) / 2, HEIGHT - 4,
            x_name);
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

static void put_title(FILE *page, const vdib__figure *figure, bool stepwise) {
    fputs("<figure class=\"chart\"><figcaption><b>", page);
    vdib__html_label(page, figure);
    fputs("</b> <span>", page);
    if (figure->unit == NULL && figure->per == NULL)
        vdib__html_text(page, "objective as configured");
    else
        vdib__html_unit(page, figure, stepwise);
    fputs("</span></figcaption>", page);
}

static void put_chart(FILE *page, const vdib__report_content *content, const vdib__figure *figure, size_t k) {
    range x_range = {0, 0}, y_range = {INFINITY, -INFINITY};
    widen_by_curve(&x_range, &y_range, &content->training, k);
    widen_by_curve(&x_range, &y_range, &content->validation, k);
    if (y_range.low > y_range.high)
        return;
    reach_zero(&y_range);
    vdib__axis x = vdib__axis_make(0, x_range.high > 0 ? x_range.high : 1, LEFT, RIGHT);
    vdib__axis y = vdib__axis_make(y_range.low, y_range.high, BOTTOM, TOP);
    put_title(page, figure, content->task == VDIB_REPORT_UNITS);
    fprintf(page,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s against training examples\" tabindex=\"0\" "
            "data-low=\"%g\" data-high=\"%g\" data-from=\"%d\" data-to=\"%d\">",
            WIDTH, HEIGHT, figure->label, x.low, x.high, LEFT, RIGHT);
    put_axes(page, &x, &y, "training examples");
    fprintf(page, "<path class=\"guide\" d=\"M0 %dV%d\"/>", TOP, BOTTOM);
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
    range x_range = {rate, rate}, y_range = {distortion, distortion};
    for (size_t i = 0; i < content->validation.count; i++) {
        widen(&x_range, content->validation.points[i].values[p.rate]);
        widen(&y_range, content->validation.points[i].values[p.distortion]);
    }
    reach_zero(&x_range);
    reach_zero(&y_range);
    p.x = vdib__axis_make(x_range.low, x_range.high, LEFT, RIGHT);
    p.y = vdib__axis_make(y_range.low, y_range.high, BOTTOM, TOP);
    return p;
}

void vdib__html_rate_distortion(FILE *page, const vdib__report_content *content) {
    double rate = vdib_evaluation_get(&content->evaluation, "rate_bits");
    double distortion = vdib_evaluation_get(&content->evaluation, "distortion_nats");
    if (!isfinite(rate) || !isfinite(distortion))
        return;
    plane p = make_plane(content, rate, distortion);
    const char *each = content->task == VDIB_REPORT_UNITS ? "step" : "example";
    put_title(page, vdib__figure_named("distortion_nats"), content->task == VDIB_REPORT_UNITS);
    fprintf(page, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Test data: %.4g bits and %.4g nats per %s\">",
            WIDTH, HEIGHT, rate, distortion, each);
    put_axes(page, &p.x, &p.y, content->task == VDIB_REPORT_UNITS ? "rate, bits per step" : "rate, bits per example");
    put_path(page, &content->validation, &p);
    fprintf(page,
            "<circle class=\"test\" cx=\"%.1f\" cy=\"%.1f\" r=\"5.5\"><title>test: %.4g bits, %.4g nats</title>"
            "</circle></svg>",
            vdib__axis_at(&p.x, rate), vdib__axis_at(&p.y, distortion), rate, distortion);
    fputs("<p class=\"key\"><span class=\"validation\">validations on the way</span> <span class=\"test\">test data"
          "</span></p></figure>\n",
          page);
}
