/* SPDX-License-Identifier: MIT */
/* How fast this machine runs vdib, as a table or as JSON. */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

/* What the callbacks fill. */
typedef struct results {
    bool json, terminal;
    json_t *machine, *benchmarks, *scaling; /* with --json */
    const char *section;                    /* that was printed last */
} results;

static void begin(void *user, const char *name) {
    const results *r = user;
    if (r->terminal)
        fprintf(stderr, "\r\033[Kmeasuring %s ...", name);
}

static void clear(const results *r) {
    if (r->terminal)
        fputs("\r\033[K", stderr);
}

static void show_machine(void *user, const vdib_machine *m) {
    results *r = user;
    clear(r);
    if (r->json) {
        r->machine =
            json_pack("{s:s, s:I, s:s, s:s, s:f, s:f, s:f, s:f, s:[f, f, f, f]}", "cpu", m->cpu, "cores",
                      (json_int_t)m->cores, "kernels", m->kernels, "blas", m->blas, "sgemm_gflops", m->sgemm_gflops,
                      "sgemm_core_gflops", m->sgemm_core_gflops, "add_gops", m->add_gops, "copy_gb_s", m->copy_gb_s,
                      "update_gb_s", m->update_gb_s[0], m->update_gb_s[1], m->update_gb_s[2], m->update_gb_s[3]);
        return;
    }
    printf("%s, %zu core%s, %s kernels, OpenBLAS for %s\n", m->cpu, m->cores, cli_s(m->cores), m->kernels, m->blas);
    printf("sgemm %.0f GFLOP/s (one core %.0f), additions %.1f G/s a core, copy %.1f GB/s\n", m->sgemm_gflops,
           m->sgemm_core_gflops, m->add_gops, m->copy_gb_s);
    printf("update in place, one core: L1 %.0f, L2 %.0f, L3 %.0f, memory %.1f GB/s\n", m->update_gb_s[0],
           m->update_gb_s[1], m->update_gb_s[2], m->update_gb_s[3]);
    fflush(stdout);
}

/* Seconds as "12.3 us" and so on. */
static const char *time_text(double seconds, char text[CLI_TEXT]) {
    if (seconds < 1e-3)
        snprintf(text, CLI_TEXT, "%.2f us", seconds * 1e6);
    else if (seconds < 1)
        snprintf(text, CLI_TEXT, "%.2f ms", seconds * 1e3);
    else
        snprintf(text, CLI_TEXT, "%.2f s", seconds);
    return text;
}

static void show_benchmark(void *user, const vdib_benchmark *b) {
    results *r = user;
    char text[CLI_TEXT], speed[CLI_TEXT];
    clear(r);
    if (r->json) {
        snprintf(speed, sizeof speed, "%s_per_second", b->unit);
        json_array_append_new(r->benchmarks,
                              json_pack("{s:s, s:f, s:f, s:f, s:f, s:s, s:f, s:f, s:I}", "name", b->name, speed,
                                        b->per_second, "seconds", b->seconds, "bytes", b->bytes, "operations",
                                        b->operations, "limit", b->limit, "fraction_of_limit", b->fraction_of_limit,
                                        "peak_mib", b->peak_mib, "threads", (json_int_t)b->threads));
        return;
    }
    if (r->section == NULL || strcmp(r->section, "benchmarks") != 0)
        printf("\n%-24s %7s %14s %11s %9s %9s %6s  %-15s %9s\n", "benchmark", "threads", "a second", "time", "MB",
               "Mop", "limit", "", "peak MiB");
    r->section = "benchmarks";
    printf("%-24s %7zu %14.1f %11s %9.3f %9.2f %5.0f%%  %-15s %9.0f\n", b->name, b->threads, b->per_second,
           time_text(b->seconds, text), b->bytes * 1e-6, b->operations * 1e-6, 100 * b->fraction_of_limit, b->limit,
           b->peak_mib);
    fflush(stdout);
}

static void show_scaling(void *user, const vdib_scaling *s) {
    results *r = user;
    char text[CLI_TEXT];
    clear(r);
    bool ratio = strcmp(s->section, "halving") == 0;
    if (r->json) {
        json_array_append_new(r->scaling, json_pack("{s:s, s:s, s:f, s:f}", "section", s->section, "what", s->what,
                                                    "value", s->value, ratio ? "ratio" : "seconds", s->seconds));
        return;
    }
    if (r->section == NULL || strcmp(r->section, s->section) != 0)
        printf("\n%s\n", ratio ? "halving the input spikes" : s->section);
    r->section = s->section;
    if (ratio)
        printf("  %-24s %.2f of the time\n", s->what, s->seconds);
    else
        printf("  %-24s %8g %12s an example\n", s->what, s->value, time_text(s->seconds, text));
    fflush(stdout);
}

static int print_json(results *r) {
    json_t *all =
        json_pack("{s:O, s:O, s:O}", "machine", r->machine, "benchmarks", r->benchmarks, "scaling", r->scaling);
    int code =
        all != NULL && json_dumpf(all, stdout, JSON_INDENT(2)) == 0 ? CLI_DONE : cli_fail(CLI_FAILED, "out of memory");
    putchar('\n');
    json_decref(all);
    return code;
}

static int run(const cli_arguments *arguments) {
    results r = {.json = arguments->json,
                 .terminal = isatty(STDERR_FILENO) == 1,
                 .benchmarks = json_array(),
                 .scaling = json_array()};
    vdib_benchmark_options options = {.size = sizeof(vdib_benchmark_options),
                                      .filter = arguments->filter,
                                      .data = arguments->data,
                                      .threads = arguments->threads,
                                      .machine = show_machine,
                                      .begin = begin,
                                      .benchmark = show_benchmark,
                                      .scaling = show_scaling,
                                      .user = &r};
    vdib_status status = vdib_benchmark_run(&options);
    clear(&r);
    int code = status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
    if (code == CLI_DONE && r.json)
        code = print_json(&r);
    json_decref(r.scaling);
    json_decref(r.benchmarks);
    json_decref(r.machine);
    return code;
}

static const struct poptOption options_table[] = {
    OPTION("filter", OPTION_FILTER, "only benchmarks and sections whose name contains NAME", "NAME"),
    OPTION("data", OPTION_DATA, "recordings for the benchmarks of dvs; drawn digits by default", "DIR"),
    OPTION("threads", OPTION_THREADS, "threads of training, every core by default", "N"),
    OPTION("json", OPTION_JSON, "print JSON", NULL),
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_bench = {
    .name = "bench",
    .usage = "[OPTION...]",
    .summary = "Measures this machine's speed beside its limits",
    .details =
        "Takes about half a minute. Times are the best of several; `limit` is the share of what the machine's own\n"
        "rates, measured beside each, would allow. Leave the machine alone meanwhile.\n",
    .least = 0,
    .most = 0,
    .options = options_table,
    .prints = true,
    .run = run,
};
