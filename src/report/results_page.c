/* SPDX-License-Identifier: MIT */
/* The page of a table of runs, and what a sweep writes into its folder. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "report/html.h"
#include "report/results.h"
#include "run/folder.h"
#include "run/results.h"
#include "vdib/evaluate.h"
#include "vdib/sweep.h"
#include "vdib/vdib.h"

static const char STYLE[] =
    ":root { --s0: #1f5f99; --s1: #a84f09; --s2: #2c7a3d; --s3: #9c2f6e; --s4: #6b5bb5; --s5: #7a6a00; --s6: #0d7d85;\n"
    "  --s7: #8a3b3b; }\n"
    "@media (prefers-color-scheme: dark) { :root { --s0: #7db7ee; --s1: #f0a260; --s2: #7fce90; --s3: #e88fbf;\n"
    "  --s4: #b7aaf5; --s5: #d8c656; --s6: #6fd0d8; --s7: #e59a9a; } }\n"
    ".s0 { --own: var(--s0); } .s1 { --own: var(--s1); } .s2 { --own: var(--s2); } .s3 { --own: var(--s3); }\n"
    ".s4 { --own: var(--s4); } .s5 { --own: var(--s5); } .s6 { --own: var(--s6); } .s7 { --own: var(--s7); }\n"
    "circle { fill: var(--own); } polyline, path.spread { stroke: var(--own); } path.spread { opacity: 0.6; }\n"
    ".key span::before { background: var(--own); }\n"
    "details { margin: 1.25rem 0; } summary { margin-bottom: 0.75rem; cursor: pointer; font-weight: 600; }\n"
    ".key span { white-space: normal; }\n"
    ".figures tbody th { white-space: normal; }\n";

static const struct {
    vdib_split split;
    const char *id, *title, *about;
} parts[] = {
    {VDIB_SPLIT_VALIDATION, "validation", "Validation data",
     "Settings are chosen by these figures: the models were trained on other examples, and the test data stay "
     "untouched."},
    {VDIB_SPLIT_TEST, "test", "Test data", "Figures to report. They choose no setting."},
};

/* ---- tables ---- */

static void put_table_head(FILE *page, const vdib__results_part *part, const char *caption) {
    fprintf(page, "<div class=\"wide\"><table class=\"figures\">\n<caption>%s</caption>\n<thead><tr>", caption);
    for (size_t k = 0; k < vdib_results_key_count(part->results); k++) {
        fputs("<th scope=\"col\">", page);
        vdib__html_text(page, vdib_results_key(part->results, k));
        fputs("</th>", page);
    }
    fputs("<th scope=\"col\">runs</th>", page);
    for (size_t f = 0; f < vdib_figure_count(); f++) {
        if (!vdib_figure_over_seeds(f) || !vdib__results_have(part->results, part->split, f))
            continue;
        const vdib__figure *figure = vdib__figure_named(vdib_figure_name(f));
        fputs("<th scope=\"col\" class=\"number\">", page);
        vdib__html_label(page, figure);
        fputs(" <span class=\"unit\">", page);
        vdib__html_unit(page, figure, part->stepwise);
        fputs("</span></th>", page);
    }
    fputs("</tr></thead>\n<tbody>\n", page);
}

static size_t count_runs(const vdib_results *results, size_t setting, bool done) {
    size_t count = 0;
    for (size_t r = 0; r < vdib_results_count(results); r++)
        count +=
            vdib_results_setting(results, r) == setting && (!done || vdib_results_state(results, r) == VDIB_SWEEP_DONE);
    return count;
}

static void put_setting_row(FILE *page, const vdib__results_part *part, size_t setting) {
    size_t run = vdib_results_setting_run(part->results, setting);
    double mean = 0, deviation = 0;
    fputs("<tr>", page);
    for (size_t k = 0; k < vdib_results_key_count(part->results); k++) {
        fputs("<th scope=\"row\">", page);
        vdib__html_text(page, vdib_results_value(part->results, run, k));
        fputs("</th>", page);
    }
    fprintf(page, "<td>%zu of %zu</td>", count_runs(part->results, setting, true),
            count_runs(part->results, setting, false));
    for (size_t f = 0; f < vdib_figure_count(); f++) {
        if (!vdib_figure_over_seeds(f) || !vdib__results_have(part->results, part->split, f))
            continue;
        size_t n = vdib_results_moments(part->results, setting, part->split, f, &mean, &deviation);
        fputs("<td class=\"number\">", page);
        vdib__html_number(page, n > 0 ? mean : NAN);
        if (n > 1)
            fprintf(page, " <span class=\"error\">\xC2\xB1 %.2g</span>", deviation);
        fputs("</td>", page);
    }
    fputs("</tr>\n", page);
}

static void put_settings(FILE *page, const vdib__results_part *part) {
    put_table_head(page, part, "Means \xC2\xB1 one standard deviation over the runs of a setting");
    for (size_t s = 0; s < vdib_results_setting_count(part->results); s++)
        put_setting_row(page, part, s);
    fputs("</tbody></table></div>\n", page);
}

/* Runs with what no mean says. */
static void put_runs(FILE *page, const vdib_results *results) {
    vdib__html_section(page, "runs", "Runs");
    fputs("<div class=\"wide\"><table class=\"figures\">\n<thead><tr><th scope=\"col\">Run</th><th scope=\"col\">State"
          "</th><th scope=\"col\">Seed</th><th scope=\"col\">Training examples</th><th scope=\"col\">Training, s</th>"
          "</tr></thead>\n<tbody>\n",
          page);
    for (size_t r = 0; r < vdib_results_count(results); r++) {
        fputs("<tr><th scope=\"row\">", page);
        vdib__html_text(page, vdib_results_folder(results, r));
        fprintf(page, "</th><td>%s</td><td>%llu</td><td>", vdib_sweep_state_name(vdib_results_state(results, r)),
                (unsigned long long)vdib_results_seed(results, r));
        vdib__html_number(page, (double)vdib_results_examples(results, r));
        fputs("</td><td>", page);
        vdib__html_number(page, vdib_results_seconds(results, r));
        fputs("</td></tr>\n", page);
    }
    fputs("</tbody></table></div>\n</section>\n", page);
}

/* ---- the page ---- */

static bool has_figures(const vdib__results_part *part) {
    for (size_t f = 0; f < vdib_figure_count(); f++)
        if (vdib__results_have(part->results, part->split, f))
            return true;
    return false;
}

static vdib_status put_part(FILE *page, const vdib_results *results, const size_t *colours, size_t which) {
    const vdib__results_part part = {results, parts[which].split, vdib_results_stepwise(results, 0), colours};
    if (!has_figures(&part))
        return VDIB_OK;
    vdib__html_section(page, parts[which].id, parts[which].title);
    fprintf(page, "<p>%s</p>\n", parts[which].about);
    vdib__results_planes(page, &part);
    for (size_t k = 0; k < vdib_results_key_count(results); k++)
        VDIB_TRY(vdib__results_against(page, &part, k));
    put_settings(page, &part);
    fputs("</section>\n", page);
    return VDIB_OK;
}

static void put_top(FILE *page, const vdib_results *results, const char *title) {
    size_t done = 0, count = vdib_results_count(results), settings = vdib_results_setting_count(results);
    for (size_t r = 0; r < count; r++)
        done += vdib_results_state(results, r) == VDIB_SWEEP_DONE;
    vdib__html_head(page, title, "results", STYLE, NULL);
    fputs("<p class=\"under\">", page);
    vdib__html_text(page, vdib_results_experiment(results, 0));
    fprintf(page, " \xC2\xB7 %zu setting%s \xC2\xB7 %zu of %zu run%s done</p>\n</header>\n<main>\n", settings,
            vdib__s(settings), done, count, vdib__s(count));
}

static vdib_status put_page(const vdib_results *results, const char *title, FILE *page) {
    size_t *colours = NULL;
    VDIB_TRY(VDIB_NEW(&colours, vdib_results_setting_count(results)));
    vdib__results_colours(results, colours);
    put_top(page, results, title);
    vdib_status status = VDIB_OK;
    for (size_t p = 0; p < sizeof parts / sizeof parts[0] && status == VDIB_OK; p++)
        status = put_part(page, results, colours, p);
    put_runs(page, results);
    vdib__html_end(page, NULL);
    vdib__free(colours);
    return status;
}

vdib_status vdib_results_page(const vdib_results *results, const char *title, const char *path) {
    vdib__writer writer;
    VDIB_REQUIRE(results, path);
    VDIB_TRY(vdib__writer_open(&writer, path));
    vdib__plain_locale entered = vdib__plain_locale_enter();
    vdib_status status = put_page(results, title != NULL ? title : vdib_results_experiment(results, 0), writer.stream);
    vdib__plain_locale_leave(entered);
    if (status == VDIB_OK)
        return vdib__writer_commit(&writer);
    vdib__writer_abandon(&writer);
    return status;
}

/* ---- the files of a sweep ---- */

static vdib_status write_text(const char *folder, vdib_run_file file, const vdib_results *results,
                              vdib_status (*make)(const vdib_results *, char **)) {
    char *text = NULL, *path = NULL;
    VDIB_TRY(make(results, &text));
    vdib_status status = vdib__run_path(folder, file, &path);
    if (status == VDIB_OK)
        status = vdib__file_write(path, text, strlen(text));
    vdib__free(path);
    vdib_text_free(text);
    return status;
}

static vdib_status write_files(const vdib_sweep *sweep, const vdib_results *results) {
    const char *folder = vdib_sweep_folder(sweep), *name = strrchr(folder, '/');
    char *path = NULL;
    VDIB_TRY(write_text(folder, VDIB_RUN_FILE_RESULTS_CSV, results, vdib_results_csv));
    VDIB_TRY(write_text(folder, VDIB_RUN_FILE_RESULTS_JSON, results, vdib_results_json));
    VDIB_TRY(vdib__run_path(folder, VDIB_RUN_FILE_RESULTS_PAGE, &path));
    vdib_status status = vdib_results_page(results, name != NULL && name[1] != '\0' ? name + 1 : folder, path);
    vdib__free(path);
    return status;
}

/* Several processes may end at once: who writes last has seen every run that was done before. */
vdib_status vdib_sweep_write(const vdib_sweep *sweep) {
    int lock = -1;
    vdib_results *results = NULL;
    VDIB_REQUIRE(sweep);
    VDIB_TRY(vdib__run_folder_wait(vdib_sweep_folder(sweep), &lock));
    vdib_status status = vdib_sweep_results(sweep, &results);
    if (status == VDIB_OK)
        status = write_files(sweep, results);
    vdib_results_destroy(results);
    (void)close(lock);
    return status;
}
