/* SPDX-License-Identifier: MIT */
/* What encoder and decoder do for an example, beside ordinary networks: a table. */
#include <math.h>

#include "report/html.h"

/* A column has the figures "<first>_additions" and so on, plus those of `second`, if there is one; the scores of the
 * figures named `scores` before their own name ("ann_accuracy"), if that is not NULL. */
static const struct {
    const char *title, *first, *second, *scores;
} columns[] = {{"Spiking encoder", "spiking", NULL, NULL},
               {"Decoder", "decoding", NULL, NULL},
               {"Both", "spiking", "decoding", ""},
               {"The encoder\xE2\x80\x99s layers on counts", "counting", NULL, NULL},
               {"ANN on counts", "ann", NULL, "ann_"}};
static const char *const scores[] = {"judge_accuracy", "accuracy", "mse"};
static const char *const rows[][2] = {{"additions", "additions, 0.9 pJ"},
                                      {"multiplications", "multiplications, 3.7 pJ"},
                                      {"weight_reads", "weights read, 32 bits"},
                                      {"state_accesses", "states read or written, 32 bits"},
                                      {"energy_nj", "energy, nJ"}};
enum { COLUMNS = sizeof columns / sizeof *columns, SCORES = sizeof scores / sizeof *scores, ROWS = 5 };

static double value_of(const vdib__report_content *content, const char *prefix, const char *between, const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%s%s%s", prefix, between, name);
    return vdib_evaluation_get(&content->evaluation, full);
}

static double effort_of(const vdib__report_content *content, size_t column, const char *row) {
    double value = value_of(content, columns[column].first, "_", row);
    return columns[column].second != NULL ? value + value_of(content, columns[column].second, "_", row) : value;
}

static bool is_shown(const vdib__report_content *content, size_t column) {
    return isfinite(effort_of(content, column, "energy_nj"));
}

static void put_cell(FILE *page, double value) {
    fputs("<td class=\"number\">", page);
    vdib__html_number(page, value);
    fputs("</td>", page);
}

/* What both score, where a network was evaluated beside the model. */
static void put_scores(FILE *page, const vdib__report_content *content) {
    for (size_t s = 0; s < SCORES; s++) {
        if (!isfinite(value_of(content, "ann_", "", scores[s])))
            continue;
        fputs("<tr><th scope=\"row\">", page);
        vdib__html_label(page, vdib__figure_named(scores[s]));
        fputs("</th>", page);
        for (size_t c = 0; c < COLUMNS; c++)
            if (is_shown(content, c) && columns[c].scores != NULL)
                put_cell(page, value_of(content, columns[c].scores, "", scores[s]));
            else if (is_shown(content, c))
                fputs("<td></td>", page);
        fputs("</tr>\n", page);
    }
}

static void put_efforts(FILE *page, const vdib__report_content *content) {
    for (size_t r = 0; r < ROWS; r++) {
        fprintf(page, "<tr><th scope=\"row\">%s</th>", rows[r][1]);
        for (size_t c = 0; c < COLUMNS; c++)
            if (is_shown(content, c))
                put_cell(page, effort_of(content, c, rows[r][0]));
        fputs("</tr>\n", page);
    }
}

static void put_caption(FILE *page, const vdib__report_content *content) {
    bool ann = isfinite(value_of(content, "ann", "_", "energy_nj"));
    fprintf(
        page,
        "<caption>What is done for %s, on weights and states of 32 bits, beside an ordinary network of the "
        "encoder\xE2\x80\x99s layers on counts of events%s. Energies are estimated by M. Horowitz, "
        "Computing\xE2\x80\x99s energy problem, ISSCC 2014: 45 nm, 32-bit floating point; a word is half of 64 bits "
        "from the smallest memory that holds all weights, or all states, of a part: 10 pJ up to 8 KiB, 20 pJ up "
        "to 32 KiB, 100 pJ up to 1 MiB, else DRAM at 1,300 pJ. Functions other than sums and products, random "
        "numbers, clocks and wires are left out. %s</caption>\n",
        content->task == VDIB_REPORT_UNITS ? "a sequence" : "an example",
        ann ? ", and a whole ordinary network (ANN) that was trained on its own" : "",
        ann ? "The ANN was evaluated on the same examples; it counts their events itself."
            : "A whole ordinary network with its accuracy stands beside with --ann.");
}

void vdib__html_energy(FILE *page, const vdib__report_content *content) {
    if (!is_shown(content, 0))
        return;
    fputs("<div class=\"wide\"><table class=\"figures energy\">\n", page);
    put_caption(page, content);
    fputs("<thead><tr><th scope=\"col\">Figure</th>", page);
    for (size_t c = 0; c < COLUMNS; c++)
        if (is_shown(content, c))
            fprintf(page, "<th scope=\"col\" class=\"number\">%s</th>", columns[c].title);
    fputs("</tr></thead>\n<tbody>\n", page);
    put_scores(page, content);
    put_efforts(page, content);
    fputs("</tbody></table></div>\n", page);
}
