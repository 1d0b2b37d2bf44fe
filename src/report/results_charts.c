/* SPDX-License-Identifier: MIT */
/* Charts of a table of runs: one figure against another, a dot a setting; and figures against a key. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "report/chart.h"
#include "report/results.h"

enum { LEFT = VDIB__CHART_LEFT, RIGHT = VDIB__CHART_RIGHT, TOP = VDIB__CHART_TOP, BOTTOM = VDIB__CHART_BOTTOM };

/* Mean and standard deviation of a figure over the runs of a setting. */
typedef struct spread {
    double mean, deviation;
} spread;

static bool spread_of(const vdib__results_part *part, size_t setting, size_t figure, spread *s) {
    return vdib_results_moments(part->results, setting, part->split, figure, &s->mean, &s->deviation) > 0;
}

/* "0.951 ± 0.002" */
static void put_spread(FILE *page, const spread *s) {
    vdib__html_number(page, s->mean);
    if (s->deviation > 0)
        fprintf(page, " \xC2\xB1 %.2g", s->deviation);
}

void vdib__results_setting(FILE *page, const vdib_results *results, size_t setting, size_t but) {
    size_t run = vdib_results_setting_run(results, setting);
    const char *between = "";
    for (size_t k = 0; k < vdib_results_key_count(results); k++) {
        if (k == but)
            continue;
        fprintf(page, "%s", between);
        vdib__html_text(page, vdib_results_key(results, k));
        fputc('=', page);
        vdib__html_text(page, vdib_results_value(results, run, k));
        between = ", ";
    }
    if (between[0] == '\0')
        vdib__html_text(page, vdib_results_experiment(results, run));
}

/* A dot with a line for the deviation along each axis; hovering says what it is. */
typedef struct dot {
    double x, y, x_low, x_high, y_low, y_high;
    size_t colour;
} dot;

static void put_dot(FILE *page, const dot *d) {
    if (d->x_high > d->x_low)
        fprintf(page, "<path class=\"spread s%zu\" d=\"M%.1f %.1fH%.1f\"/>", d->colour, d->x_low, d->y, d->x_high);
    if (d->y_low > d->y_high) /* pixels grow downwards */
        fprintf(page, "<path class=\"spread s%zu\" d=\"M%.1f %.1fV%.1f\"/>", d->colour, d->x, d->y_low, d->y_high);
    fprintf(page, "<circle class=\"s%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\">", d->colour, d->x, d->y);
}

/* ---- a figure against a figure ---- */

void vdib__results_colours(const vdib_results *results, size_t *colours) {
    size_t next = 0;
    for (size_t s = 0; s < vdib_results_setting_count(results); s++) {
        const char *value = vdib_results_value(results, vdib_results_setting_run(results, s), 0);
        size_t other = 0;
        while (other < s && value != NULL &&
               strcmp(vdib_results_value(results, vdib_results_setting_run(results, other), 0), value) != 0)
            other++;
        colours[s] = other < s ? colours[other] : next++;
    }
}

static void put_plane_dot(FILE *page, const vdib__results_part *part, size_t setting, const vdib__axis axes[2],
                          const size_t figures[2]) {
    spread s[2];
    if (!spread_of(part, setting, figures[0], &s[0]) || !spread_of(part, setting, figures[1], &s[1]))
        return;
    const dot d = {.x = vdib__axis_at(&axes[0], s[0].mean),
                   .x_low = vdib__axis_at(&axes[0], s[0].mean - s[0].deviation),
                   .x_high = vdib__axis_at(&axes[0], s[0].mean + s[0].deviation),
                   .y = vdib__axis_at(&axes[1], s[1].mean),
                   .y_low = vdib__axis_at(&axes[1], s[1].mean - s[1].deviation),
                   .y_high = vdib__axis_at(&axes[1], s[1].mean + s[1].deviation),
                   .colour = part->colours[setting] % VDIB__RESULTS_COLOURS};
    put_dot(page, &d);
    fputs("<title>", page);
    vdib__results_setting(page, part->results, setting, SIZE_MAX);
    for (size_t i = 0; i < 2; i++) {
        fputs(i == 0 ? ": " : ", ", page);
        vdib__html_text(page, vdib_figure_label(figures[i]));
        fputc(' ', page);
        put_spread(page, &s[i]);
    }
    fputs("</title></circle>", page);
}

/* The ranges of two figures over all settings; false if no setting has both. */
static bool find_ranges(const vdib__results_part *part, const size_t figures[2], vdib__range ranges[2]) {
    bool any = false;
    for (size_t setting = 0; setting < vdib_results_setting_count(part->results); setting++) {
        spread s[2];
        if (!spread_of(part, setting, figures[0], &s[0]) || !spread_of(part, setting, figures[1], &s[1]))
            continue;
        any = true;
        for (size_t i = 0; i < 2; i++) {
            vdib__range_widen(&ranges[i], s[i].mean - s[i].deviation);
            vdib__range_widen(&ranges[i], s[i].mean + s[i].deviation);
        }
    }
    return any;
}

static void open_chart(FILE *page, const vdib__results_part *part, size_t figure, const char *against) {
    vdib__chart_title(page, vdib__figure_named(vdib_figure_name(figure)), part->stepwise);
    fprintf(page, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", VDIB__CHART_WIDTH, VDIB__CHART_HEIGHT);
    vdib__html_text(page, vdib_figure_label(figure));
    fputs(" against ", page);
    vdib__html_text(page, against);
    fputs("\">", page);
}

static void put_plane(FILE *page, const vdib__results_part *part, const char *x_name, const char *y_name) {
    const size_t figures[2] = {vdib_figure_find(x_name), vdib_figure_find(y_name)};
    vdib__range ranges[2] = {{INFINITY, -INFINITY}, {INFINITY, -INFINITY}};
    if (!find_ranges(part, figures, ranges))
        return;
    vdib__range_reach_zero(&ranges[0]);
    vdib__range_reach_zero(&ranges[1]);
    const vdib__axis axes[2] = {vdib__axis_make(ranges[0].low, ranges[0].high, LEFT, RIGHT),
                                vdib__axis_make(ranges[1].low, ranges[1].high, BOTTOM, TOP)};
    open_chart(page, part, figures[1], vdib_figure_label(figures[0]));
    char name[128];
    const char *unit = vdib_figure_unit(figures[0]), *per = vdib_figure_per(figures[0], part->stepwise);
    snprintf(name, sizeof name, "%s, %s%s%s", vdib_figure_label(figures[0]), unit, per[0] != '\0' ? " per " : "", per);
    vdib__chart_axes(page, &axes[0], &axes[1], name);
    for (size_t setting = 0; setting < vdib_results_setting_count(part->results); setting++)
        put_plane_dot(page, part, setting, axes, figures);
    fputs("</svg></figure>\n", page);
}

static void put_key(FILE *page, const vdib__results_part *part) {
    const vdib_results *results = part->results;
    size_t next = 0;
    if (vdib_results_key_count(results) == 0)
        return;
    fputs("<p class=\"key\">", page);
    vdib__html_text(page, vdib_results_key(results, 0));
    fputs(": ", page);
    for (size_t s = 0; s < vdib_results_setting_count(results); s++) {
        if (part->colours[s] != next)
            continue;
        fprintf(page, "<span class=\"s%zu\">", next % VDIB__RESULTS_COLOURS);
        vdib__html_text(page, vdib_results_value(results, vdib_results_setting_run(results, s), 0));
        fputs("</span> ", page);
        next++;
    }
    fputs("</p>\n", page);
}

void vdib__results_planes(FILE *page, const vdib__results_part *part) {
    static const char *const rates[] = {"rate_bits", "spikes_per_example"};
    static const char *const qualities[] = {"distortion_nats", "judge_accuracy", "accuracy"};
    put_key(page, part);
    fputs("<div class=\"charts\">\n", page);
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++)
        for (size_t q = 0; q < sizeof qualities / sizeof qualities[0]; q++)
            put_plane(page, part, rates[r], qualities[q]);
    fputs("</div>\n", page);
}

/* ---- figures against a key ---- */

/* The values of a key along an axis: numbers at their places, on a logarithmic axis where they are positive and span
 * more than a factor of 20; else in the order in which they come. */
typedef struct places {
    const char **texts; /* (count) borrowed */
    double *at;         /* (count) pixels, increasing */
    size_t count;
} places;

static void free_places(places *p) {
    vdib__free(p->texts);
    vdib__free(p->at);
}

/* Turns numbers into places; false if one is none. */
static bool place_numbers(places *p) {
    bool positive = true;
    for (size_t i = 0; i < p->count; i++) {
        char *end = NULL;
        p->at[i] = vdib__parse_double(p->texts[i], &end);
        if (p->texts[i][0] == '\0' || *end != '\0' || !isfinite(p->at[i]))
            return false;
        positive = positive && p->at[i] > 0;
    }
    for (size_t i = 1; i < p->count; i++) /* few values: sorted by insertion */
        for (size_t j = i; j > 0 && p->at[j] < p->at[j - 1]; j--) {
            double at = p->at[j];
            const char *text = p->texts[j];
            p->at[j] = p->at[j - 1];
            p->texts[j] = p->texts[j - 1];
            p->at[j - 1] = at;
            p->texts[j - 1] = text;
        }
    bool logarithmic = positive && p->at[p->count - 1] > 20 * p->at[0];
    for (size_t i = 0; i < p->count && logarithmic; i++)
        p->at[i] = log(p->at[i]);
    return true;
}

static vdib_status find_places(const vdib_results *results, size_t key, places *p) {
    enum { MARGIN = 20 };
    *p = (places){.texts = NULL};
    vdib_status status = VDIB_NEW(&p->texts, vdib_results_setting_count(results));
    if (status == VDIB_OK)
        status = VDIB_NEW(&p->at, vdib_results_setting_count(results));
    if (status != VDIB_OK) {
        free_places(p);
        return status;
    }
    for (size_t s = 0; s < vdib_results_setting_count(results); s++) {
        const char *value = vdib_results_value(results, vdib_results_setting_run(results, s), key);
        size_t i = 0;
        while (i < p->count && strcmp(p->texts[i], value) != 0)
            i++;
        if (i == p->count)
            p->texts[p->count++] = value;
    }
    if (!place_numbers(p))
        for (size_t i = 0; i < p->count; i++)
            p->at[i] = (double)i;
    double low = p->at[0], high = p->at[p->count - 1];
    for (size_t i = 0; i < p->count; i++)
        p->at[i] = high > low ? LEFT + MARGIN + (p->at[i] - low) / (high - low) * (RIGHT - LEFT - 2 * MARGIN)
                              : (LEFT + RIGHT) / 2.0;
    return VDIB_OK;
}

static size_t place_of(const places *p, const vdib_results *results, size_t setting, size_t key) {
    const char *value = vdib_results_value(results, vdib_results_setting_run(results, setting), key);
    size_t i = 0;
    while (i + 1 < p->count && strcmp(p->texts[i], value) != 0)
        i++;
    return i;
}

/* Values under the axis, cut to their room; one that would touch the one before is left out. */
static void put_values(FILE *page, const places *p) {
    enum { LETTER = 6 };
    double free_from = 0;
    for (size_t i = 0; i < p->count; i++) {
        double next = i + 1 < p->count ? p->at[i + 1] : RIGHT + (RIGHT - p->at[i]);
        double room = next - p->at[i] > 4 * LETTER ? next - p->at[i] : 4 * LETTER;
        size_t length = strlen(p->texts[i]), most = (size_t)(room / LETTER), shown = length < most ? length : most;
        double half = (double)shown * LETTER / 2;
        if (p->at[i] - half < free_from)
            continue;
        char text[64];
        snprintf(text, sizeof text, "%.*s%s", (int)(shown < 60 ? shown : 60), p->texts[i],
                 shown < length ? "\xE2\x80\xA6" : "");
        fprintf(page, "<text x=\"%.1f\" y=\"%d\" class=\"middle\">", p->at[i], BOTTOM + 16);
        vdib__html_text(page, text);
        fputs("</text>", page);
        free_from = p->at[i] + half;
    }
}

/* Settings that differ in the key alone are a line: lines[s] is that of setting s. Returns how many there are. */
static size_t find_lines(const vdib_results *results, size_t key, size_t *lines) {
    size_t count = 0;
    for (size_t s = 0; s < vdib_results_setting_count(results); s++) {
        size_t run = vdib_results_setting_run(results, s), other = 0;
        for (; other < s; other++) {
            size_t there = vdib_results_setting_run(results, other), k = 0;
            while (
                k < vdib_results_key_count(results) &&
                (k == key || strcmp(vdib_results_value(results, run, k), vdib_results_value(results, there, k)) == 0))
                k++;
            if (k == vdib_results_key_count(results))
                break;
        }
        lines[s] = other < s ? lines[other] : count++;
    }
    return count;
}

/* What the charts of one key have in common. */
typedef struct against {
    const vdib__results_part *part;
    size_t key, line_count;
    size_t *lines; /* (settings) */
    places p;
} against;

static void put_line(FILE *page, const against *a, size_t line, size_t figure, const vdib__axis *y) {
    const vdib_results *results = a->part->results;
    spread s;
    fprintf(page, "<polyline class=\"s%zu\" points=\"", line % VDIB__RESULTS_COLOURS);
    for (size_t i = 0; i < a->p.count; i++)
        for (size_t setting = 0; setting < vdib_results_setting_count(results); setting++)
            if (a->lines[setting] == line && place_of(&a->p, results, setting, a->key) == i &&
                spread_of(a->part, setting, figure, &s))
                fprintf(page, "%.1f,%.1f ", a->p.at[i], vdib__axis_at(y, s.mean));
    fputs("\"/>", page);
}

static void put_line_dots(FILE *page, const against *a, size_t figure, const vdib__axis *y) {
    const vdib_results *results = a->part->results;
    spread s;
    for (size_t setting = 0; setting < vdib_results_setting_count(results); setting++) {
        if (!spread_of(a->part, setting, figure, &s))
            continue;
        const dot d = {.x = a->p.at[place_of(&a->p, results, setting, a->key)],
                       .y = vdib__axis_at(y, s.mean),
                       .y_low = vdib__axis_at(y, s.mean - s.deviation),
                       .y_high = vdib__axis_at(y, s.mean + s.deviation),
                       .colour = a->lines[setting] % VDIB__RESULTS_COLOURS};
        put_dot(page, &d);
        fputs("<title>", page);
        vdib__results_setting(page, results, setting, SIZE_MAX);
        fputs(": ", page);
        put_spread(page, &s);
        fputs("</title></circle>", page);
    }
}

static void put_against(FILE *page, const against *a, size_t figure) {
    vdib__range range = {INFINITY, -INFINITY};
    spread s;
    for (size_t setting = 0; setting < vdib_results_setting_count(a->part->results); setting++)
        if (spread_of(a->part, setting, figure, &s)) {
            vdib__range_widen(&range, s.mean - s.deviation);
            vdib__range_widen(&range, s.mean + s.deviation);
        }
    if (range.low > range.high)
        return;
    vdib__range_reach_zero(&range);
    vdib__axis y = vdib__axis_make(range.low, range.high, BOTTOM, TOP);
    open_chart(page, a->part, figure, vdib_results_key(a->part->results, a->key));
    fputs("<g class=\"axis\">", page);
    vdib__chart_upright_axis(page, &y);
    put_values(page, &a->p);
    vdib__chart_axis_name(page, vdib_results_key(a->part->results, a->key));
    fputs("</g>", page);
    for (size_t line = 0; line < a->line_count; line++)
        put_line(page, a, line, figure, &y);
    put_line_dots(page, a, figure, &y);
    fputs("</svg></figure>\n", page);
}

/* What each line is. */
static void put_lines_key(FILE *page, const against *a) {
    size_t next = 0;
    if (a->line_count < 2)
        return;
    fputs("<p class=\"key\">", page);
    for (size_t s = 0; s < vdib_results_setting_count(a->part->results); s++) {
        if (a->lines[s] != next)
            continue;
        fprintf(page, "<span class=\"s%zu\">", next % VDIB__RESULTS_COLOURS);
        vdib__results_setting(page, a->part->results, s, a->key);
        fputs("</span> ", page);
        next++;
    }
    fputs("</p>\n", page);
}

static void put_charts(FILE *page, const against *a) {
    fprintf(page, "<details%s><summary>Against ", a->key == 0 ? " open" : "");
    vdib__html_text(page, vdib_results_key(a->part->results, a->key));
    fputs("</summary>\n", page);
    put_lines_key(page, a);
    fputs("<div class=\"charts\">\n", page);
    for (size_t f = 0; f < vdib_figure_count(); f++)
        if (vdib_figure_over_seeds(f) && vdib_figure_error_of(f) == NULL)
            put_against(page, a, f);
    fputs("</div>\n</details>\n", page);
}

vdib_status vdib__results_against(FILE *page, const vdib__results_part *part, size_t key) {
    against a = {.part = part, .key = key};
    VDIB_TRY(find_places(part->results, key, &a.p));
    vdib_status status = VDIB_NEW(&a.lines, vdib_results_setting_count(part->results));
    if (status == VDIB_OK) {
        a.line_count = find_lines(part->results, key, a.lines);
        put_charts(page, &a);
    }
    vdib__free(a.lines);
    free_places(&a.p);
    return status;
}
