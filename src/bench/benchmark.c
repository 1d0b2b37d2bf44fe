/* SPDX-License-Identifier: MIT */
#include "vdib/benchmark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/bench.h"
#include "bench/kernels_rates.h"
#include "core/error.h"
#include "core/sized.h"
#include "core/text.h"
#include "core/threads.h"
#include "vdib/config.h"
#include "vdib/dataset.h"

static const double WINDOW = 0.12; /* seconds */

VDIB_KERNEL_TABLES(vdib__rate_kernels, vdib__rate_kernels);

const vdib__rate_kernels *vdib__rate_kernels_of(vdib__kernel_level level) {
    return VDIB_KERNEL_TABLE_AT(vdib__rate_kernels, level);
}

/* ---- memory ---- */

/* The high-water mark of the resident set starts anew; not every system lets it. */
static void forget_peak(void) {
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file == NULL)
        return;
    (void)fputs("5", file);
    (void)fclose(file);
}

static double peak_mib(void) {
    struct rusage usage;
    double kib = getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss : 0;
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = vdib__parse_double(line + 6, NULL);
    if (file != NULL)
        (void)fclose(file);
    return kib / 1024.0;
}

/* ---- the run ---- */

vdib_status vdib__bench_measure_batch(const vdib__bench *bench, const char *name, const char *unit, int threads,
                                      size_t batch, const vdib__bench_need *need, vdib__bench_work *work, void *user) {
    vdib_benchmark result = {.size = sizeof(vdib_benchmark), .name = name, .unit = unit, .threads = (size_t)threads};
    vdib__bench_rates rates;
    VDIB_TRY(vdib__bench_time(work, user, WINDOW, &result.seconds));
    result.peak_mib = peak_mib();
    result.seconds /= (double)batch;
    VDIB_TRY(vdib__bench_rates_now(need, result.threads, &rates));
    vdib__bench_judge(&rates, need, &result);
    if (bench->options->benchmark != NULL)
        bench->options->benchmark(bench->options->user, &result);
    return VDIB_OK;
}

vdib_status vdib__bench_measure(const vdib__bench *bench, const char *name, const char *unit, int threads,
                                const vdib__bench_need *need, vdib__bench_work *work, void *user) {
    return vdib__bench_measure_batch(bench, name, unit, threads, 1, need, work, user);
}

static const vdib__bench_entry *const tables[] = {vdib__bench_whole, vdib__bench_kernels, vdib__bench_scaling};
enum { TABLES = sizeof tables / sizeof tables[0] };

static bool is_wanted(const vdib_benchmark_options *options, const char *name) {
    return options->filter == NULL || strstr(name, options->filter) != NULL;
}

static vdib_status check_filter(const vdib_benchmark_options *options) {
    char names[1024] = "";
    for (size_t t = 0; t < TABLES; t++)
        for (const vdib__bench_entry *entry = tables[t]; entry->name != NULL; entry++) {
            if (is_wanted(options, entry->name))
                return VDIB_OK;
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", entry->name);
        }
    return vdib__fail(VDIB_ERROR_ARGUMENT, "no benchmark's name contains '%s'; there are %s", options->filter, names);
}

/* Recordings that are given are looked at before time is spent, also if no benchmark wants them. */
static vdib_status check_data(const vdib_benchmark_options *options) {
    if (options->data == NULL)
        return VDIB_OK;
    vdib_config *config = NULL;
    vdib_dataset *data = NULL;
    VDIB_TRY(vdib_config_load("published/dvs", &config));
    vdib_status status = vdib_dataset_open(options->data, config, &data);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return status;
}

vdib_status vdib_benchmark_run(const vdib_benchmark_options *given) {
    vdib_benchmark_options used;
    const vdib_benchmark_options *options = &used;
    VDIB_TRY(VDIB_SIZED_READ_OPTIONAL(vdib_benchmark_options, given, &used));
    VDIB_TRY(check_filter(options));
    VDIB_TRY(check_data(options));
    vdib__bench bench = {.options = options, .threads = vdib__threads(options->threads)};
    if (options->begin != NULL)
        options->begin(options->user, "machine");
    vdib_machine machine = {.size = sizeof(vdib_machine)};
    VDIB_TRY(vdib__bench_machine(&machine));
    if (options->machine != NULL)
        options->machine(options->user, &machine);
    for (size_t t = 0; t < TABLES; t++)
        for (const vdib__bench_entry *entry = tables[t]; entry->name != NULL; entry++) {
            if (!is_wanted(options, entry->name))
                continue;
            if (options->begin != NULL)
                options->begin(options->user, entry->name);
            forget_peak();
            VDIB_TRY(entry->run(&bench, entry->name));
        }
    return VDIB_OK;
}
