/* SPDX-License-Identifier: MIT */
/* The figures of an evaluation with their units and what they mean. */
#include <math.h>
#include <string.h>

#include "report/html.h"

/* A figure's standard error, NaN if it has none. */
static double error_of(const vdib_evaluation *evaluation, const vdib__figure *figure) {
    size_t count = 0;
    double error = NAN;
    const vdib__figure *table = vdib__figures(&count);
    for (size_t f = 0; f < count; f++)
        if (table[f].error_of != NULL && strcmp(table[f].error_of, figure->name) == 0)
            (void)vdib_evaluation_figure(evaluation, f, &error);
    return error;
}

static void put_row(FILE *page, const vdib_evaluation *evaluation, const vdib__figure *figure, double value) {
    bool stepwise = vdib_evaluation_stepwise(evaluation);
    double error = error_of(evaluation, figure);
    fputs("<tr><th scope=\"row\">", page);
    vdib__html_label(page, figure);
    fputs("</th><td class=\"number\">", page);
    vdib__html_number(page, value);
    if (isfinite(error))
        fprintf(page, " <span class=\"error\">\xC2\xB1 %.2g</span>", error);
    fputs(" <span class=\"unit\">", page);
    vdib__html_unit(page, figure, stepwise);
    fputs("</span></td><td>", page);
    vdib__html_text(page, stepwise && figure->step_help != NULL ? figure->step_help : figure->help);
    fputs("</td></tr>\n", page);
}

/* The errors of each value of a vector. */
static void put_outputs(FILE *page, const vdib_evaluation *evaluation) {
    size_t count = 0;
    const double *errors = vdib_evaluation_array(evaluation, "mse_by_output", &count);
    const double *variances = vdib_evaluation_array(evaluation, "target_variance_by_output", &count);
    if (errors == NULL || variances == NULL)
        return;
    fputs("<div class=\"wide\"><table class=\"figures\">\n<caption>Each value by itself, counted from 0</caption>\n"
          "<thead><tr><th scope=\"col\">Value</th><th scope=\"col\" class=\"number\">MSE</th>"
          "<th scope=\"col\" class=\"number\">Root</th><th scope=\"col\" class=\"number\">Standard deviation of the "
          "targets</th><th scope=\"col\" class=\"number\">Share of their variance explained</th></tr></thead>\n"
          "<tbody>\n",
          page);
    for (size_t o = 0; o < count; o++) {
        const double numbers[] = {errors[o], sqrt(errors[o]), sqrt(variances[o]),
                                  variances[o] > 0 ? 1 - errors[o] / variances[o] : NAN};
        fprintf(page, "<tr><th scope=\"row\">%zu</th>", o);
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
            fputs("<td class=\"number\">", page);
            vdib__html_number(page, numbers[n]);
            fputs("</td>", page);
        }
        fputs("</tr>\n", page);
    }
    fputs("</tbody></table></div>\n", page);
}

void vdib__html_figures(FILE *page, const vdib__report_content *content) {
    size_t count = 0;
    double value = 0;
    const vdib__figure *table = vdib__figures(&count);
    fprintf(page,
            "<div class=\"wide\"><table class=\"figures\">\n<caption>Test data, %s</caption>\n<thead><tr>"
            "<th scope=\"col\">Figure</th><th scope=\"col\" class=\"number\">Value</th>"
            "<th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n",
            content->task == VDIB_REPORT_UNITS ? "means \xC2\xB1 one standard error over sequences"
                                               : "means over examples");
    for (size_t f = 0; f < count; f++)
        if (table[f].error_of == NULL && vdib_evaluation_figure(&content->evaluation, f, &value))
            put_row(page, &content->evaluation, &table[f], value);
    fputs("</tbody></table></div>\n", page);
    put_outputs(page, &content->evaluation);
}

static void put_tile(FILE *page, const vdib__report_content *content, const char *name) {
    const vdib__figure *figure = vdib__figure_named(name);
    double value = vdib_evaluation_get(&content->evaluation, name);
    if (!isfinite(value))
        return;
    fputs("<div><dt>", page);
    vdib__html_label(page, figure);
    fputs("</dt><dd>", page);
    vdib__html_number(page, value);
    fputs(" <span>", page);
    vdib__html_unit(page, figure, vdib_evaluation_stepwise(&content->evaluation));
    fputs("</span></dd></div>\n", page);
}

/* The figures that say most about the task, at the page's top. */
void vdib__html_tiles(FILE *page, const vdib__report_content *content) {
    static const char *const of_images[] = {"judge_accuracy", "ssim", "mse", "rate_bits", "spike_density"};
    static const char *const of_others[] = {"accuracy", "mse", "distortion_nats", "rate_bits", "spike_density"};
    const char *const *names = content->task == VDIB_REPORT_IMAGES ? of_images : of_others;
    fputs("<dl class=\"tiles\">\n", page);
    for (size_t i = 0; i < sizeof of_images / sizeof *of_images; i++)
        put_tile(page, content, names[i]);
    fputs("</dl>\n", page);
}
