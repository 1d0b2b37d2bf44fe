/* SPDX-License-Identifier: MIT */
/* The confusion matrix: a table of counts, or of many classes a picture and the confusions that are most frequent. */
#include "core/alloc.h"
#include "core/error.h"
#include "report/html.h"

enum {
    MOST_IN_TABLE = 40, /* classes; more are shown as a picture */
    MOST_LISTED = 20    /* confusions beside the picture */
};

static const char *judge_of(const vdib__report_content *content) {
    return content->task == VDIB_REPORT_CLASSES ? "the decoder" : "the judge, looking at the reconstruction";
}

static double row_sum(const vdib_evaluation *evaluation, size_t truth) {
    double sum = 0;
    for (size_t said = 0; said < vdib_evaluation_classes(evaluation); said++)
        sum += (double)vdib_evaluation_confusion(evaluation, truth, said);
    return sum;
}

static void put_head(FILE *page, const vdib__report_content *content) {
    fprintf(page,
            "<div class=\"wide\"><table class=\"confusion\">\n<caption>Rows: true class. Columns: class said by %s. "
            "Shade: share of the row.</caption>\n<thead><tr><td></td>",
            judge_of(content));
    for (size_t c = 0; c < vdib_evaluation_classes(&content->evaluation); c++) {
        fputs("<th scope=\"col\">", page);
        vdib__html_class(page, &content->evaluation, c);
        fputs("</th>", page);
    }
    fputs("<th scope=\"col\" class=\"recall\">recall</th></tr></thead>\n<tbody>\n", page);
}

static void put_row(FILE *page, const vdib_evaluation *evaluation, size_t truth) {
    double sum = row_sum(evaluation, truth);
    fputs("<tr><th scope=\"row\">", page);
    vdib__html_class(page, evaluation, truth);
    fputs("</th>", page);
    for (size_t c = 0; c < vdib_evaluation_classes(evaluation); c++) {
        uint64_t count = vdib_evaluation_confusion(evaluation, truth, c);
        double share = sum > 0 ? (double)count / sum : 0;
        fprintf(page, "<td class=\"%s%s\" style=\"--share:%.3f\">", c == truth ? "hit" : "miss",
                share > 0.55 ? " deep" : "", share);
        if (count != 0)
            fprintf(page, "%llu", (unsigned long long)count);
        else
            fputs("<span>0</span>", page);
        fputs("</td>", page);
    }
    fputs("<td class=\"recall\">", page);
    if (sum > 0)
        fprintf(page, "%.2f", (double)vdib_evaluation_confusion(evaluation, truth, truth) / sum);
    fputs("</td></tr>\n", page);
}

static void put_table(FILE *page, const vdib__report_content *content) {
    put_head(page, content);
    for (size_t truth = 0; truth < vdib_evaluation_classes(&content->evaluation); truth++)
        put_row(page, &content->evaluation, truth);
    fputs("</tbody></table></div>\n", page);
}

/* One byte an entry: the share of the row. */
static vdib_status put_picture(FILE *page, const vdib_evaluation *evaluation) {
    size_t classes = vdib_evaluation_classes(evaluation);
    vdib__report_picture picture = {.height = classes, .width = classes};
    VDIB_TRY(VDIB_NEW(&picture.pixels, classes * classes));
    for (size_t truth = 0; truth < classes; truth++) {
        double sum = row_sum(evaluation, truth);
        for (size_t said = 0; said < classes && sum > 0; said++)
            picture.pixels[truth * classes + said] =
                (uint8_t)(255.0 * (double)vdib_evaluation_confusion(evaluation, truth, said) / sum + 0.5);
    }
    const vdib__html_image image = {.kind = VDIB_PNG_MASK,
                                    .class = "ink",
                                    .height = classes * ((399 + classes) / classes),
                                    .alt = "confusion matrix: a row a true class, darker where more of them were said"};
    vdib_status status = vdib__html_picture(page, &picture, &image);
    vdib__free(picture.pixels);
    return status;
}

/* A pair of different classes and how many examples were taken for the other. */
typedef struct confusion {
    size_t truth, said;
    uint64_t count;
} confusion;

/* The most frequent confusions, most frequent first, by class on ties. Returns how many. */
static size_t most_frequent(const vdib_evaluation *evaluation, confusion list[MOST_LISTED]) {
    size_t classes = vdib_evaluation_classes(evaluation), count = 0;
    for (size_t truth = 0; truth < classes; truth++)
        for (size_t said = 0; said < classes; said++) {
            confusion one = {truth, said, vdib_evaluation_confusion(evaluation, truth, said)};
            if (truth == said || one.count == 0)
                continue;
            size_t at = count < MOST_LISTED ? count++ : MOST_LISTED;
            for (; at > 0 && list[at - 1].count < one.count; at--)
                if (at < MOST_LISTED)
                    list[at] = list[at - 1];
            if (at < MOST_LISTED)
                list[at] = one;
        }
    return count;
}

static void put_list(FILE *page, const vdib_evaluation *evaluation) {
    confusion list[MOST_LISTED];
    size_t count = most_frequent(evaluation, list);
    fputs("<div class=\"wide\"><table class=\"figures\">\n<caption>The most frequent confusions</caption>\n<thead><tr>"
          "<th scope=\"col\">True class</th><th scope=\"col\">Said</th><th scope=\"col\" class=\"number\">Examples</th>"
          "</tr></thead>\n<tbody>\n",
          page);
    for (size_t i = 0; i < count; i++) {
        fputs("<tr><th scope=\"row\">", page);
        vdib__html_class(page, evaluation, list[i].truth);
        fputs("</th><td>", page);
        vdib__html_class(page, evaluation, list[i].said);
        fprintf(page, "</td><td class=\"number\">%llu</td></tr>\n", (unsigned long long)list[i].count);
    }
    fputs("</tbody></table></div>\n", page);
}

vdib_status vdib__html_confusion(FILE *page, const vdib__report_content *content) {
    if (vdib_evaluation_classes(&content->evaluation) <= MOST_IN_TABLE) {
        put_table(page, content);
        return VDIB_OK;
    }
    fprintf(page, "<p>Rows: the %zu true classes. Columns: class said by %s. Darker: a larger share of the row.</p>\n",
            vdib_evaluation_classes(&content->evaluation), judge_of(content));
    VDIB_TRY(put_picture(page, &content->evaluation));
    put_list(page, &content->evaluation);
    return VDIB_OK;
}
