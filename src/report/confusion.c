/* SPDX-License-Identifier: MIT */
#include "report/html.h"

static void put_head(FILE *page, size_t classes, const char *by) {
    fprintf(page,
            "<div class=\"wide\"><table class=\"confusion\">\n<caption>Rows: true class. Columns: class said by %s. "
            "Shade: share of the row.</caption>\n<thead><tr><td></td>",
            by);
    for (size_t c = 0; c < classes; c++)
        fprintf(page, "<th scope=\"col\">%zu</th>", c);
    fputs("<th scope=\"col\" class=\"recall\">recall</th></tr></thead>\n<tbody>\n", page);
}

static void put_row(FILE *page, const uint32_t *row, size_t classes, size_t truth) {
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum += row[c];
    fprintf(page, "<tr><th scope=\"row\">%zu</th>", truth);
    for (size_t c = 0; c < classes; c++) {
        double share = sum > 0 ? row[c] / sum : 0;
        fprintf(page, "<td class=\"%s%s\" style=\"--share:%.3f\">", c == truth ? "hit" : "miss",
                share > 0.55 ? " deep" : "", share);
        if (row[c] != 0)
            fprintf(page, "%u", (unsigned)row[c]);
        else
            fputs("<span>0</span>", page);
        fputs("</td>", page);
    }
    fputs("<td class=\"recall\">", page);
    if (sum > 0)
        fprintf(page, "%.2f", row[truth] / sum);
    fputs("</td></tr>\n", page);
}

void vdib__html_confusion(FILE *page, const vdib__report_content *content) {
    const vdib_evaluation *evaluation = &content->evaluation;
    size_t classes = evaluation->confusion_classes;
    put_head(page, classes,
             content->task == VDIB_REPORT_CLASSES ? "the decoder" : "the judge, looking at the reconstruction");
    for (size_t truth = 0; truth < classes; truth++)
        put_row(page, evaluation->confusion[truth], classes, truth);
    fputs("</tbody></table></div>\n", page);
}
