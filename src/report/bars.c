/* SPDX-License-Identifier: MIT */
/* Class probabilities as bars. */
#include "report/html.h"

static bool has_bar(const vdib__html_bars *bars, size_t c) {
    size_t before = 0;
    if (!bars->few || bars->classes <= VDIB_HTML_MOST_BARS || c == bars->truth)
        return true;
    for (size_t other = 0; other < bars->classes && before < VDIB_HTML_PROBABLE_BARS; other++)
        before += bars->probabilities[other] > bars->probabilities[c] ||
                  (bars->probabilities[other] == bars->probabilities[c] && other < c);
    return before < VDIB_HTML_PROBABLE_BARS;
}

static size_t count_bars(const vdib__html_bars *bars) {
    size_t count = 0;
    for (size_t c = 0; c < bars->classes; c++)
        count += has_bar(bars, c);
    return count;
}

/* In units of the viewBox: the height of probability 1, the foot of the bars; the page's script knows them, too. */
enum { HIGH = 56, FOOT = 62, WIDE = 120, MOST_NAMED_BARS = 20 };

void vdib__html_put_bars(FILE *page, const vdib_evaluation *evaluation, const vdib__html_bars *bars) {
    size_t count = count_bars(bars), at = 0;
    double step = (double)WIDE / (double)count;
    fprintf(page, "<svg class=\"bars\" viewBox=\"0 0 %d 76\" role=\"img\" aria-label=\"%s\">", WIDE, bars->label);
    for (size_t c = 0; c < bars->classes; c++) {
        if (!has_bar(bars, c))
            continue;
        double height = HIGH * (double)bars->probabilities[c];
        fprintf(page, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>class ",
                c == bars->truth ? "true" : "other", step * ((double)at + 0.12), FOOT - height - 0.8, step * 0.76,
                height + 0.8);
        vdib__html_class(page, evaluation, c);
        fprintf(page, ": %.3f</title></rect>", (double)bars->probabilities[c]);
        if (count <= MOST_NAMED_BARS)
            fprintf(page, "<text x=\"%.2f\" y=\"72\" class=\"middle%s\">%zu</text>", step * ((double)at + 0.5),
                    c == bars->truth ? " true" : "", c);
        at++;
    }
    fputs("</svg>", page);
}
