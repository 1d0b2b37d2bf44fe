/* SPDX-License-Identifier: MIT */
/* One benchmark: its time, its memory, and how near it comes to the machine's throughput. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/bench.h"
#include "core/error.h"
#include "core/text.h"

static const double INTERVAL = 0.12; /* seconds */

/* The largest resident set since forget_peak, or since the start. */
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

vdib_status vdib__bench_measure_batch(const vdib__bench *bench, const char *name, const char *unit, int threads,
                                      size_t batch, const vdib__bench_need *need, vdib__bench_work *work, void *user) {
    vdib_benchmark result = {.size = sizeof(vdib_benchmark), .name = name, .unit = unit, .threads = (size_t)threads};
    vdib__bench_throughput most;
    VDIB_TRY(vdib__bench_time(work, user, INTERVAL, &result.seconds));
    result.peak_mib = peak_mib();
    result.seconds /= (double)batch;
    VDIB_TRY(vdib__bench_throughput_now(need, result.threads, &most));
    vdib__bench_compare(&most, need, &result);
    if (bench->options->benchmark != NULL)
        bench->options->benchmark(bench->options->user, &result);
    return VDIB_OK;
}

vdib_status vdib__bench_measure(const vdib__bench *bench, const char *name, const char *unit, int threads,
                                const vdib__bench_need *need, vdib__bench_work *work, void *user) {
    return vdib__bench_measure_batch(bench, name, unit, threads, 1, need, work, user);
}
