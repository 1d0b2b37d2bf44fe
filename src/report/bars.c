/* SPDX-License-Identifier: MIT */
/* Class probabilities as bars. */
#include "report/html.h"

/* In units of the viewBox: the height of probability 1, the foot of the bars; the page's script knows them, too. */
enum { HIGH = 56, FOOT = 62, WIDE = 120, MOST_NAMED_BARS = 20 };

void vdib__html_put_bars(FILE *page, const vdib_evaluation *evaluation, const vdib__html_bars *bars) {
    double step = (double)WIDE / (double)bars->classes;
    fprintf(page, "<svg class=\"bars\" viewBox=\"0 0 %d 76\" role=\"img\" aria-label=\"%s\">", WIDE, bars->label);
    for (size_t c = 0; c < bars->classes; c++) {
        double height = HIGH * (double)bars->probabilities[c];
        fprintf(page, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>class ",
                c == bars->truth ? "true" : "other", step * ((double)c + 0.12), FOOT - height - 0.8, step * 0.76,
                height + 0.8);
        vdib__html_class(page, evaluation, c);
        fprintf(page, ": %.3f</title></rect>", (double)bars->probabilities[c]);
        if (bars->classes <= MOST_NAMED_BARS)
            fprintf(page, "<text x=\"%.2f\" y=\"72\" class=\"middle%s\">%zu</text>", step * ((double)c + 0.5),
                    c == bars->truth ? " true" : "", c);
    }
    fputs("</svg>", page);
}
