/* SPDX-License-Identifier: MIT */
#include "vdib/benchmark.h"

#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "core/error.h"
#include "core/sized.h"
#include "core/threads.h"
#include "vdib/config.h"
#include "vdib/dataset.h"

/* The high-water mark of the resident set starts anew; not every system lets it. */
static void forget_peak(void) {
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file == NULL)
        return;
    (void)fputs("5", file);
    (void)fclose(file);
}

static const vdib__bench_entry *const tables[] = {vdib__bench_whole, vdib__bench_kernels, vdib__bench_scaling};
enum { TABLES = sizeof tables / sizeof tables[0] };

vdib_status vdib__bench_go_on(const vdib__bench *bench) {
    const vdib_benchmark_options *options = bench->options;
    if (options->cancelled != NULL && options->cancelled(options->user))
        return vdib__fail(VDIB_ERROR_CANCELLED, "the benchmarks were stopped");
    return VDIB_OK;
}

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
    VDIB_TRY(vdib__bench_go_on(&bench));
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
            VDIB_TRY(vdib__bench_go_on(&bench));
            if (options->begin != NULL)
                options->begin(options->user, entry->name);
            forget_peak();
            VDIB_TRY(entry->run(&bench, entry->name));
        }
    return VDIB_OK;
}
