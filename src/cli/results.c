/* SPDX-License-Identifier: MIT */
#include "results.h"

#include <stdlib.h>
#include <string.h>

#include "figures.h"

static const struct {
    vdib_split split;
    const char *name;
} splits[] = {{VDIB_SPLIT_VALIDATION, "validation split"}, {VDIB_SPLIT_TEST, "test split"}};
enum { SPLITS = sizeof splits / sizeof splits[0] };

size_t cli_results_headline(size_t index) {
    static const char *const names[] = {"judge_accuracy", "accuracy", "distortion_nats", "rate_bits",
                                        "spikes_per_example"};
    return index < sizeof names / sizeof names[0] ? vdib_figure_find(names[index]) : vdib_figure_count();
}

static bool have(const vdib_results *results, vdib_split split, size_t figure) {
    double value = 0;
    for (size_t r = 0; r < vdib_results_count(results); r++)
        if (vdib_results_figure(results, r, split, figure, &value))
            return true;
    return false;
}

/* ---- a row a setting ---- */

/* A table of texts, printed in columns that are as wide as their widest text. */
typedef struct grid {
    size_t rows, columns;
    char **cells; /* (rows, columns) */
} grid;

static int grid_make(grid *g, size_t rows, size_t columns) {
    *g = (grid){.rows = rows, .columns = columns, .cells = calloc(rows * columns + 1, sizeof(char *))};
    return g->cells != NULL ? CLI_DONE : cli_fail(CLI_FAILED, "out of memory");
}

static int grid_put(grid *g, size_t row, size_t column, const char *text) {
    char *copy = strdup(text);
    g->cells[row * g->columns + column] = copy;
    return copy != NULL ? CLI_DONE : cli_fail(CLI_FAILED, "out of memory");
}

static void grid_print(const grid *g) {
    for (size_t r = 0; r < g->rows; r++)
        for (size_t c = 0; c < g->columns; c++) {
            size_t width = 0;
            for (size_t i = 0; i < g->rows; i++) {
                size_t length = strlen(g->cells[i * g->columns + c]);
                width = length > width ? length : width;
            }
            printf("%s%-*s%s", "  ", c + 1 < g->columns ? (int)width : 0, g->cells[r * g->columns + c],
                   c + 1 < g->columns ? "" : "\n");
        }
}

static void grid_free(grid *g) {
    for (size_t i = 0; i < g->rows * g->columns; i++)
        free(g->cells[i]);
    free(g->cells);
}

/* "0.9512 +- 0.0020" */
static void say_moments(const vdib_results *results, size_t setting, vdib_split split, size_t figure,
                        char text[CLI_TEXT]) {
    double mean = 0, deviation = 0;
    char number[CLI_TEXT];
    size_t n = vdib_results_moments(results, setting, split, figure, &mean, &deviation);
    snprintf(text, CLI_TEXT, "%s", n > 0 ? cli_figure_value(figure, mean, number) : "-");
    if (n > 1) {
        size_t used = strlen(text);
        snprintf(text + used, CLI_TEXT - used, " +- %s", cli_figure_value(figure, deviation, number));
    }
}

static size_t done_of(const vdib_results *results, size_t setting) {
    size_t done = 0;
    for (size_t r = 0; r < vdib_results_count(results); r++)
        done += vdib_results_setting(results, r) == setting && vdib_results_state(results, r) == VDIB_SWEEP_DONE;
    return done;
}

static int fill_settings(const vdib_results *results, vdib_split split, const size_t *figures, grid *g) {
    size_t keys = vdib_results_key_count(results);
    char text[CLI_TEXT], unit[CLI_TEXT];
    for (size_t k = 0; k < keys; k++)
        CLI_TRY(grid_put(g, 0, k, vdib_results_key(results, k)));
    CLI_TRY(grid_put(g, 0, keys, "runs"));
    for (size_t c = keys + 1; c < g->columns; c++) {
        size_t f = figures[c - keys - 1];
        snprintf(text, sizeof text, "%s%s%s", vdib_figure_label(f), vdib_figure_unit(f)[0] != '\0' ? "," : "",
                 vdib_figure_unit(f)[0] != '\0' ? cli_figure_unit(f, vdib_results_stepwise(results, 0), unit) : "");
        CLI_TRY(grid_put(g, 0, c, text));
    }
    for (size_t s = 0; s + 1 < g->rows; s++) {
        for (size_t k = 0; k < keys; k++)
            CLI_TRY(grid_put(g, s + 1, k, vdib_results_value(results, vdib_results_setting_run(results, s), k)));
        snprintf(text, sizeof text, "%zu", done_of(results, s));
        CLI_TRY(grid_put(g, s + 1, keys, text));
        for (size_t c = keys + 1; c < g->columns; c++) {
            say_moments(results, s, split, figures[c - keys - 1], text);
            CLI_TRY(grid_put(g, s + 1, c, text));
        }
    }
    return CLI_DONE;
}

static int print_settings(const vdib_results *results, size_t which) {
    enum { MOST = 8 };
    size_t figures[MOST], count = 0;
    grid g;
    for (size_t i = 0; cli_results_headline(i) < vdib_figure_count() && count < MOST; i++)
        if (have(results, splits[which].split, cli_results_headline(i)))
            figures[count++] = cli_results_headline(i);
    if (count == 0)
        return CLI_DONE;
    CLI_TRY(grid_make(&g, vdib_results_setting_count(results) + 1, vdib_results_key_count(results) + 1 + count));
    int code = fill_settings(results, splits[which].split, figures, &g);
    if (code == CLI_DONE) {
        printf("%s, mean +- standard deviation:\n", splits[which].name);
        grid_print(&g);
    }
    grid_free(&g);
    return code;
}

int cli_results_settings(const vdib_results *results) {
    for (size_t s = 0; s < SPLITS; s++)
        CLI_TRY(print_settings(results, s));
    return CLI_DONE;
}

/* ---- a column a run ---- */

static int fill_runs(const vdib_results *results, grid *g, size_t *used) {
    char text[CLI_TEXT];
    size_t row = 0;
    CLI_TRY(grid_put(g, row, 0, ""));
    for (size_t r = 0; r < vdib_results_count(results); r++) {
        snprintf(text, sizeof text, "[%zu]", r + 1);
        CLI_TRY(grid_put(g, row, r + 1, text));
    }
    for (size_t k = 0; k < vdib_results_key_count(results); k++) {
        CLI_TRY(grid_put(g, ++row, 0, vdib_results_key(results, k)));
        for (size_t r = 0; r < vdib_results_count(results); r++)
            CLI_TRY(grid_put(g, row, r + 1, vdib_results_value(results, r, k)));
    }
    static const char *const names[] = {"seed", "training examples", "training, s"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        CLI_TRY(grid_put(g, ++row, 0, names[n]));
        for (size_t r = 0; r < vdib_results_count(results); r++) {
            if (n == 0)
                snprintf(text, sizeof text, "%llu", (unsigned long long)vdib_results_seed(results, r));
            else if (n == 1)
                (void)cli_count(vdib_results_examples(results, r), text);
            else
                snprintf(text, sizeof text, "%.1f", vdib_results_seconds(results, r));
            CLI_TRY(grid_put(g, row, r + 1, text));
        }
    }
    *used = row + 1;
    return CLI_DONE;
}

static int fill_figures(const vdib_results *results, grid *g, size_t *used) {
    char text[CLI_TEXT], unit[CLI_TEXT];
    double value = 0;
    for (size_t s = 0; s < SPLITS; s++)
        for (size_t f = 0; f < vdib_figure_count(); f++) {
            if (!have(results, splits[s].split, f))
                continue;
            snprintf(text, sizeof text, "%s%s%s%s", splits[s].split == VDIB_SPLIT_VALIDATION ? "validation " : "",
                     vdib_figure_label(f), vdib_figure_unit(f)[0] != '\0' ? "," : "",
                     vdib_figure_unit(f)[0] != '\0' ? cli_figure_unit(f, vdib_results_stepwise(results, 0), unit) : "");
            CLI_TRY(grid_put(g, *used, 0, text));
            for (size_t r = 0; r < vdib_results_count(results); r++) {
                bool has = vdib_results_figure(results, r, splits[s].split, f, &value);
                CLI_TRY(grid_put(g, *used, r + 1, has ? cli_figure_value(f, value, text) : "-"));
            }
            (*used)++;
        }
    return CLI_DONE;
}

int cli_results_side_by_side(const vdib_results *results) {
    grid g;
    size_t used = 0, rows = vdib_results_key_count(results) + 4 + SPLITS * vdib_figure_count();
    for (size_t r = 0; r < vdib_results_count(results); r++)
        printf("[%zu] %s\n", r + 1, vdib_results_folder(results, r));
    CLI_TRY(grid_make(&g, rows, vdib_results_count(results) + 1));
    int code = fill_runs(results, &g, &used);
    if (code == CLI_DONE)
        code = fill_figures(results, &g, &used);
    g.rows = used;
    if (code == CLI_DONE)
        grid_print(&g);
    g.rows = rows;
    grid_free(&g);
    return code;
}
