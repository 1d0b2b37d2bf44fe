/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/kernels_throughput.h"
#include "core/alloc.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/matrix.h"
#include "core/threads.h"

enum { INTERVALS = 5, MATRIX = 1024, ADD_ROUNDS = 100, MEBIBYTE = 1 << 20, ADDED = 4096 /* 16 KiB */ };
static const double LONG_INTERVAL = 0.04, SHORT_INTERVAL = 0.01;

/* ---- timing ---- */

static vdib_status interval_seconds(vdib__bench_work *work, void *user, size_t repeats, double *seconds) {
    double start = vdib__clock_seconds();
    for (size_t i = 0; i < repeats; i++)
        VDIB_TRY(work(user));
    *seconds = (vdib__clock_seconds() - start) / (double)repeats;
    return VDIB_OK;
}

vdib_status vdib__bench_time(vdib__bench_work *work, void *user, double interval, double *seconds) {
    double once = 0, best = 0;
    VDIB_TRY(work(user));
    VDIB_TRY(interval_seconds(work, user, 1, &once));
    size_t repeats = once < interval ? (size_t)(interval / (once + 1e-9)) + 1 : 1;
    for (int i = 0; i < INTERVALS; i++) {
        double now = 0;
        VDIB_TRY(interval_seconds(work, user, repeats, &now));
        best = i == 0 || now < best ? now : best;
    }
    *seconds = best;
    return VDIB_OK;
}

/* ---- throughput ---- */

VDIB_KERNEL_TABLES(vdib__throughput_kernels, vdib__throughput_kernels);

static const vdib__throughput_kernels *kernels_of(vdib__kernel_level level) {
    return VDIB_KERNEL_TABLE_AT(vdib__throughput_kernels, level);
}

/* Buffers that throughput is measured on. */
typedef struct buffers {
    const vdib__throughput_kernels *kernels;
    float *a, *b, *c;
    size_t count; /* floats of a unit */
    int threads;
    float sums[64];
} buffers;

static void buffers_free(buffers *m) {
    vdib__free(m->c);
    vdib__free(m->b);
    vdib__free(m->a);
}

/* Room for `count` numbers and for matrix products. Call buffers_free also after a failure. */
static vdib_status buffers_create(size_t count, buffers *m) {
    vdib__kernel_level level;
    size_t square = (size_t)MATRIX * MATRIX, size = count > square ? count : square;
    *m = (buffers){.threads = 1};
    VDIB_TRY(vdib__kernel_level_choose(&level));
    m->kernels = kernels_of(level);
    VDIB_TRY(VDIB_NEW(&m->a, size));
    VDIB_TRY(VDIB_NEW(&m->b, size));
    return VDIB_NEW(&m->c, square);
}

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

static void copy_share(const void *context, size_t number, size_t slot) {
    const buffers *m = context;
    size_t share = m->count / (size_t)m->threads;
    (void)slot;
    memcpy(m->b + number * share, m->a + number * share, share * sizeof(float));
}

static vdib_status copy_work(void *user) {
    const buffers *m = user;
    vdib__parallel(m->threads, (size_t)m->threads, copy_share, m);
    return VDIB_OK;
}

static vdib_status product_work(void *user) {
    buffers *m = user;
    vdib__matrix_multiply(NULL, m->threads, false, false, MATRIX, MATRIX, MATRIX, 1.0F, m->a, m->b, 0.0F, m->c);
    return VDIB_OK;
}

/* Units of work a second, `unit` of them in one piece of work on `count` numbers. */
static vdib_status throughput_of(vdib__bench_work *work, buffers *m, double interval, size_t count, double unit,
                                 double *throughput) {
    double seconds = 0;
    m->count = count;
    VDIB_TRY(vdib__bench_time(work, m, interval, &seconds));
    *throughput = unit / seconds;
    return VDIB_OK;
}

/* What one piece of work does: bytes read and written by an update or a copy, additions, operations of a matrix
 * product. */
static double update_bytes(size_t count) {
    return 2.0 * (double)count * sizeof(float);
}
static const double ADDITIONS = ADD_ROUNDS * (double)ADDED, PRODUCT = 2.0 * MATRIX * MATRIX * MATRIX;

static vdib_status measure_throughputs(vdib_machine *machine, buffers *m, size_t most) {
    double adds, updates, copies, products, core_products;
    VDIB_TRY(throughput_of(add_work, m, LONG_INTERVAL, ADDED, ADDITIONS, &adds));
    machine->add_gops = adds * 1e-9;
    for (int level = 0; level < 4; level++) {
        size_t count = vdib__bench_update_count(level, most);
        VDIB_TRY(throughput_of(update_work, m, LONG_INTERVAL, count, update_bytes(count), &updates));
        machine->update_gb_s[level] = updates * 1e-9;
    }
    m->threads = (int)machine->cores;
    VDIB_TRY(throughput_of(copy_work, m, LONG_INTERVAL, most, update_bytes(most), &copies));
    memset(m->a, 0, MATRIX * MATRIX * sizeof(float)); /* denormal numbers would be slow to multiply */
    memset(m->b, 0, MATRIX * MATRIX * sizeof(float));
    VDIB_TRY(throughput_of(product_work, m, LONG_INTERVAL, 0, PRODUCT, &products));
    m->threads = 1;
    VDIB_TRY(throughput_of(product_work, m, LONG_INTERVAL, 0, PRODUCT, &core_products));
    machine->copy_gb_s = copies * 1e-9;
    machine->sgemm_gflops = products * 1e-9;
    machine->sgemm_core_gflops = core_products * 1e-9;
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
    while ((double)most * sizeof(float) < 2.0 * vdib__bench_cache_bytes(2) &&
           most < (size_t)256 * MEBIBYTE / sizeof(float))
        most *= 2;
    VDIB_TRY(vdib__kernel_level_choose(&level));
    VDIB_TRY(vdib__blas_start());
    *machine = (vdib_machine){.size = sizeof(vdib_machine), .cores = (size_t)vdib__threads(0)};
    read_name(machine->cpu);
    snprintf(machine->kernels, sizeof machine->kernels, "%s", vdib__kernel_level_name(level));
    snprintf(machine->blas, sizeof machine->blas, "%s", vdib__blas_core());
    buffers m;
    vdib_status status = buffers_create(most, &m);
    if (status == VDIB_OK)
        status = measure_throughputs(machine, &m, most);
    buffers_free(&m);
    return status;
}

/* ---- limits ---- */

/* Reading, or updating in place, of `count` numbers on one thread, times the threads; of memory, which all threads
 * share, no more than copying on all of them allows. */
static vdib_status moving_throughput(const vdib__bench_need *need, buffers *m, size_t count, size_t threads,
                                     double *throughput) {
    double bytes = update_bytes(count), copying = 0;
    if (need->read_only)
        VDIB_TRY(throughput_of(read_work, m, SHORT_INTERVAL, count, bytes / 2, throughput));
    else
        VDIB_TRY(throughput_of(update_work, m, SHORT_INTERVAL, count, bytes, throughput));
    *throughput *= (double)threads;
    if (threads == 1 || vdib__bench_level_of(need->within) < 3)
        return VDIB_OK;
    m->threads = (int)threads;
    VDIB_TRY(throughput_of(copy_work, m, SHORT_INTERVAL, count, bytes, &copying));
    if (copying < *throughput)
        *throughput = copying;
    return VDIB_OK;
}

static vdib_status throughput_now(const vdib__bench_need *need, size_t threads, buffers *m, size_t count,
                                  vdib__bench_throughput *most) {
    size_t tile = vdib__bench_update_count(0, SIZE_MAX / 64);
    VDIB_TRY(throughput_of(add_work, m, SHORT_INTERVAL, ADDED, ADDITIONS * (double)threads, &most->adds));
    VDIB_TRY(
        throughput_of(update_work, m, SHORT_INTERVAL, tile, update_bytes(tile) * (double)threads, &most->tile_bytes));
    VDIB_TRY(moving_throughput(need, m, count, threads, &most->bytes));
    if (!(need->flops > 0))
        return VDIB_OK;
    m->threads = (int)threads;
    return throughput_of(product_work, m, SHORT_INTERVAL, 0, PRODUCT, &most->flops);
}

vdib_status vdib__bench_throughput_now(const vdib__bench_need *need, size_t threads, vdib__bench_throughput *most) {
    size_t largest = (size_t)128 * MEBIBYTE / sizeof(float);
    size_t count = (size_t)(need->within / sizeof(float)) / VDIB_BENCH_UNIT * VDIB_BENCH_UNIT;
    count = count < VDIB_BENCH_UNIT ? VDIB_BENCH_UNIT : count < largest ? count : largest;
    buffers m;
    vdib_status status = buffers_create(count, &m);
    if (status == VDIB_OK)
        status = throughput_now(need, threads, &m, count, most);
    buffers_free(&m);
    return status;
}

void vdib__bench_compare(const vdib__bench_throughput *most, const vdib__bench_need *need, vdib_benchmark *result) {
    static const char *const names[4] = {"bytes (L1)", "bytes (L2)", "bytes (L3)", "bytes (memory)"};
    double computing = need->adds / most->adds + (need->flops > 0 ? need->flops / most->flops : 0);
    double moving = need->bytes / most->bytes, working = need->tile_bytes / most->tile_bytes;
    bool tiles = working > moving;
    moving = tiles ? working : moving;
    result->per_second = 1.0 / result->seconds;
    result->bytes = tiles ? need->tile_bytes : need->bytes;
    result->operations = need->adds + need->flops;
    result->limit = computing >= moving ? "operations" : names[tiles ? 0 : vdib__bench_level_of(need->within)];
    result->fraction_of_limit = (computing >= moving ? computing : moving) / result->seconds;
}
