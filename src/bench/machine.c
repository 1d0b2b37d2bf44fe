/* SPDX-License-Identifier: MIT */
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/kernels_rates.h"
#include "core/alloc.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/matrix.h"
#include "core/threads.h"

enum { WINDOWS = 5, MATRIX = 1024, ADD_ROUNDS = 100, MEBIBYTE = 1 << 20, UNIT = 128 };
static const double RATE_WINDOW = 0.04, SHORT_WINDOW = 0.01;

/* ---- timing ---- */

static vdib_status window_seconds(vdib__bench_work *work, void *user, size_t repeats, double *seconds) {
    double start = vdib__clock_seconds();
    for (size_t i = 0; i < repeats; i++)
        VDIB_TRY(work(user));
    *seconds = (vdib__clock_seconds() - start) / (double)repeats;
    return VDIB_OK;
}

vdib_status vdib__bench_time(vdib__bench_work *work, void *user, double window, double *seconds) {
    double once = 0, best = 0;
    VDIB_TRY(work(user));
    VDIB_TRY(window_seconds(work, user, 1, &once));
    size_t repeats = once < window ? (size_t)(window / (once + 1e-9)) + 1 : 1;
    for (int w = 0; w < WINDOWS; w++) {
        double now = 0;
        VDIB_TRY(window_seconds(work, user, repeats, &now));
        best = w == 0 || now < best ? now : best;
    }
    *seconds = best;
    return VDIB_OK;
}

/* ---- rates ---- */

/* Buffers that the rates are measured on. */
typedef struct buffers {
    const vdib__rate_kernels *kernels;
    float *a, *b, *c;
    size_t count; /* floats of a unit */
    int threads;
    float sums[64];
} buffers;

static vdib_status add_work(void *user) {
    buffers *m = user;
    m->kernels->add(m->sums, m->a, m->count, ADD_ROUNDS);
    return VDIB_OK;
}

static vdib_status read_work(void *user) {
    buffers *m = user;
    m->kernels->add(m->sums, m->a, m->count, 1);
    return VDIB_OK;
}

static vdib_status update_work(void *user) {
    buffers *m = user;
    m->kernels->update(m->a, m->count, 0.999F);
    return VDIB_OK;
}

static vdib_status copy_work(void *user) {
    buffers *m = user;
#pragma omp parallel for schedule(static) num_threads(m->threads)
    for (int t = 0; t < m->threads; t++) {
        size_t share = m->count / (size_t)m->threads;
        memcpy(m->b + (size_t)t * share, m->a + (size_t)t * share, share * sizeof(float));
    }
    return VDIB_OK;
}

static vdib_status product_work(void *user) {
    buffers *m = user;
    vdib__matrix_multiply(m->threads, false, false, MATRIX, MATRIX, MATRIX, 1.0F, m->a, m->b, 0.0F, m->c);
    return VDIB_OK;
}

static double cache_bytes(int level) {
    static const int names[3] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
    static const double usual[3] = {32 * 1024.0, 1024 * 1024.0, 16 * 1048576.0};
    long size = sysconf(names[level]);
    return size > 0 ? (double)size : usual[level];
}

/* The memory that holds so many bytes: 0 .. 2 first- to third-level cache, 3 main memory. */
static int level_of(double bytes) {
    int level = 0;
    while (level < 3 && bytes > cache_bytes(level))
        level++;
    return level;
}

/* Half of the first two caches. Of the third, which others may use too, a few times the second; of memory what no cache
 * holds. */
static size_t update_count(int level, size_t most) {
    double bytes = level < 2 ? cache_bytes(level) / 2 : level == 2 ? 4 * cache_bytes(1) : (double)most * sizeof(float);
    if (bytes > (double)most * sizeof(float))
        bytes = (double)most * sizeof(float);
    return (size_t)(bytes / sizeof(float)) / UNIT * UNIT;
}

static vdib_status measure_rates(vdib_machine *machine, buffers *m, size_t most) {
    double seconds = 0;
    m->count = 4096; /* 16 KiB */
    VDIB_TRY(vdib__bench_time(add_work, m, RATE_WINDOW, &seconds));
    machine->add_gops = (double)ADD_ROUNDS * (double)m->count / seconds * 1e-9;
    for (int level = 0; level < 4; level++) {
        m->count = update_count(level, most);
        VDIB_TRY(vdib__bench_time(update_work, m, RATE_WINDOW, &seconds));
        machine->update_gb_s[level] = 2.0 * (double)m->count * sizeof(float) / seconds * 1e-9;
    }
    m->count = most;
    m->threads = (int)machine->cores;
    VDIB_TRY(vdib__bench_time(copy_work, m, RATE_WINDOW, &seconds));
    machine->copy_gb_s = 2.0 * (double)m->count * sizeof(float) / seconds * 1e-9;
    memset(m->a, 0, MATRIX * MATRIX * sizeof(float)); /* no numbers that are slow to multiply */
    memset(m->b, 0, MATRIX * MATRIX * sizeof(float));
    VDIB_TRY(vdib__bench_time(product_work, m, RATE_WINDOW, &seconds));
    machine->sgemm_gflops = 2.0 * MATRIX * MATRIX * MATRIX / seconds * 1e-9;
    m->threads = 1;
    VDIB_TRY(vdib__bench_time(product_work, m, RATE_WINDOW, &seconds));
    machine->sgemm_core_gflops = 2.0 * MATRIX * MATRIX * MATRIX / seconds * 1e-9;
    return VDIB_OK;
}

static void read_name(char name[96]) {
    snprintf(name, 96, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            snprintf(name, 96, "%.95s", strchr(line, ':') + 2);
            name[strcspn(name, "\n")] = '\0';
            break;
        }
    if (file != NULL)
        (void)fclose(file);
}

vdib_status vdib__bench_machine(vdib_machine *machine) {
    vdib__kernel_level level;
    size_t most = (size_t)128 * MEBIBYTE / sizeof(float);
    while ((double)most * sizeof(float) < 2.0 * cache_bytes(2) && most < (size_t)256 * MEBIBYTE / sizeof(float))
        most *= 2;
    VDIB_TRY(vdib__kernel_level_choose(&level));
    VDIB_TRY(vdib__blas_start());
    *machine = (vdib_machine){.cores = (size_t)vdib__threads(0)};
    read_name(machine->cpu);
    snprintf(machine->kernels, sizeof machine->kernels, "%s", vdib__kernel_level_name(level));
    buffers m = {.kernels = vdib__rate_kernels_of(level), .threads = 1};
    vdib_status status = VDIB_NEW(&m.a, most);
    if (status == VDIB_OK)
        status = VDIB_NEW(&m.b, most);
    if (status == VDIB_OK)
        status = VDIB_NEW(&m.c, MATRIX * MATRIX);
    if (status == VDIB_OK)
        status = measure_rates(machine, &m, most);
    vdib__free(m.c);
    vdib__free(m.b);
    vdib__free(m.a);
    return status;
}

/* ---- limits ---- */

/* Units of work a second. */
static vdib_status rate_of(vdib__bench_work *work, buffers *m, size_t count, double unit, double *rate) {
    double seconds = 0;
    m->count = count;
    VDIB_TRY(vdib__bench_time(work, m, SHORT_WINDOW, &seconds));
    *rate = unit / seconds;
    return VDIB_OK;
}

/* Reading, or updating in place, of `count` numbers on one thread, times the threads; of memory, which all threads share, no
 * more than copying on all of them allows. */
static vdib_status moving_rate(const vdib__bench_need *need, buffers *m, size_t count, size_t threads, double *rate) {
    double passes = need->read_only ? 1.0 : 2.0, copying = 0;
    VDIB_TRY(
        rate_of(need->read_only ? read_work : update_work, m, count, passes * (double)count * sizeof(float), rate));
    *rate *= (double)threads;
    if (threads == 1 || level_of(need->within) < 3)
        return VDIB_OK;
    m->threads = (int)threads;
    VDIB_TRY(rate_of(copy_work, m, count, 2.0 * (double)count * sizeof(float), &copying));
    if (copying < *rate)
        *rate = copying;
    return VDIB_OK;
}

static vdib_status rates_now(const vdib__bench_need *need, size_t threads, buffers *m, size_t count,
                             vdib__bench_rates *rates) {
    double each = (double)threads, tile = (double)update_count(0, SIZE_MAX / 64);
    VDIB_TRY(rate_of(add_work, m, 4096, ADD_ROUNDS * 4096.0 * each, &rates->adds));
    VDIB_TRY(rate_of(update_work, m, (size_t)tile, 2.0 * tile * sizeof(float) * each, &rates->tile_bytes));
    VDIB_TRY(moving_rate(need, m, count, threads, &rates->bytes));
    if (!(need->flops > 0))
        return VDIB_OK;
    m->threads = (int)threads;
    return rate_of(product_work, m, 0, 2.0 * MATRIX * MATRIX * MATRIX, &rates->flops);
}

vdib_status vdib__bench_rates_now(const vdib__bench_need *need, size_t threads, vdib__bench_rates *rates) {
    vdib__kernel_level level;
    VDIB_TRY(vdib__kernel_level_choose(&level));
    buffers m = {.kernels = vdib__rate_kernels_of(level), .threads = 1};
    size_t least = MATRIX * MATRIX, most = (size_t)128 * MEBIBYTE / sizeof(float);
    size_t count = (size_t)(need->within / sizeof(float)) / UNIT * UNIT;
    count = count < UNIT ? UNIT : count < most ? count : most;
    vdib_status status = VDIB_NEW(&m.a, count > least ? count : least);
    if (status == VDIB_OK)
        status = VDIB_NEW(&m.b, count > least ? count : least);
    if (status == VDIB_OK)
        status = VDIB_NEW(&m.c, least);
    if (status == VDIB_OK)
        status = rates_now(need, threads, &m, count, rates);
    vdib__free(m.c);
    vdib__free(m.b);
    vdib__free(m.a);
    return status;
}

void vdib__bench_judge(const vdib__bench_rates *rates, const vdib__bench_need *need, vdib_benchmark *result) {
    static const char *const names[4] = {"bytes (L1)", "bytes (L2)", "bytes (L3)", "bytes (memory)"};
    double computing = need->adds / rates->adds + (need->flops > 0 ? need->flops / rates->flops : 0);
    double moving = need->bytes / rates->bytes, working = need->tile_bytes / rates->tile_bytes;
    bool tiles = working > moving;
    moving = tiles ? working : moving;
    result->per_second = 1.0 / result->seconds;
    result->bytes = tiles ? need->tile_bytes : need->bytes;
    result->operations = need->adds + need->flops;
    result->limit = computing >= moving ? "operations" : names[tiles ? 0 : level_of(need->within)];
    result->fraction_of_limit = (computing >= moving ? computing : moving) / result->seconds;
}
