/* SPDX-License-Identifier: MIT */
#ifndef VDIB_BENCH_BENCH_H
#define VDIB_BENCH_BENCH_H
/* Inside of the benchmarks. caches.c knows sizes; machine.c times and finds the machine's throughput; measure.c times a
 * benchmark's unit of work and compares it with that; whole.c, micro.c and scaling.c have the benchmarks; benchmark.c
 * runs those that are asked for. Each uses those before it only. */

#include "model/model.h"
#include "vdib/benchmark.h"

/* ---- caches ---- */

enum { VDIB_BENCH_UNIT = 128 }; /* numbers are moved in so many at a time */

/* Bytes of the first- to third-level cache, level 0 .. 2; usual ones where the system does not tell. */
double vdib__bench_cache_bytes(int level);

/* The memory that holds so many bytes: 0 .. 2 first- to third-level cache, 3 main memory. */
int vdib__bench_level_of(double bytes);

/* How many numbers are updated to measure a level: half of what the first- or second-level cache holds; for the third,
 * which other programs share, four times the second-level cache; for memory `most`, more than any cache holds. Never
 * more than `most`; whole units. */
size_t vdib__bench_update_count(int level, size_t most);

/* ---- timing ---- */

/* One unit of work; may fail. */
typedef vdib_status vdib__bench_work(void *user);

/* Seconds of one unit: the shortest of several intervals of about `interval` seconds each, after one unit to warm up.
 */
vdib_status vdib__bench_time(vdib__bench_work *work, void *user, double interval, double *seconds);

/* ---- the machine ---- */

vdib_status vdib__bench_machine(vdib_machine *machine);

/* What a unit must do. */
typedef struct vdib__bench_need {
    double adds;  /* additions and multiplications of the spiking kernels */
    double flops; /* of matrix products */
    double bytes; /* read and written */
    double
        within; /* size in bytes of the arrays that they belong to: it decides which cache, or memory, they come from */
    bool read_only;    /* nothing of them is written */
    double tile_bytes; /* moved in the first-level cache meanwhile: the slower of the two is the limit */
} vdib__bench_need;

/* What the machine can do of a need a second, measured right after the work: a shared machine changes from minute to
 * minute. */
typedef struct vdib__bench_throughput {
    double adds, flops, bytes, tile_bytes; /* a second; all threads */
} vdib__bench_throughput;

vdib_status vdib__bench_throughput_now(const vdib__bench_need *need, size_t threads, vdib__bench_throughput *most);

/* Fills per_second, bytes, operations, limit and fraction_of_limit of a result from `seconds`. */
void vdib__bench_compare(const vdib__bench_throughput *most, const vdib__bench_need *need, vdib_benchmark *result);

/* ---- the run ---- */

typedef struct vdib__bench {
    const vdib_benchmark_options *options;
    int threads;
} vdib__bench;

/* VDIB_ERROR_CANCELLED if the caller asks to stop. */
vdib_status vdib__bench_go_on(const vdib__bench *bench);

/* Times a unit and hands the result out. */
vdib_status vdib__bench_measure(const vdib__bench *bench, const char *name, const char *unit, int threads,
                                const vdib__bench_need *need, vdib__bench_work *work, void *user);

/* The same for work on `batch` units at once. */
vdib_status vdib__bench_measure_batch(const vdib__bench *bench, const char *name, const char *unit, int threads,
                                      size_t batch, const vdib__bench_need *need, vdib__bench_work *work, void *user);

/* Benchmarks of one file, each of a name. */
typedef struct vdib__bench_entry {
    const char *name;
    vdib_status (*run)(const vdib__bench *bench, const char *name);
} vdib__bench_entry;

extern const vdib__bench_entry vdib__bench_whole[], vdib__bench_kernels[], vdib__bench_scaling[]; /* end with NULL */

/* ---- what the parts share ---- */

/* A raster of random spikes, (steps, channels), that the caller destroys. */
vdib_status vdib__bench_raster(size_t channels, size_t steps, double density, vdib_raster **raster);

/* An encoder of one hidden layer (0: none) with initial weights, published gain, and trials with inputs. */
typedef struct vdib__bench_network {
    vdib__encoder encoder;
    vdib__tensor_table table;
    float *parameters, *gradients;
    size_t count;
    vdib__trial **trials;
    vdib_raster **inputs;
    vdib__key *keys;
    vdib__encoder_workspace *workspace; /* for every core */
} vdib__bench_network;

typedef struct vdib__bench_shape {
    size_t inputs, hidden, readouts, steps, batch;
    double density; /* of the input, in 0 .. 1 */
} vdib__bench_shape;

vdib_status vdib__bench_network_create(const vdib__bench_shape *shape, vdib__bench_network *network);
void vdib__bench_network_free(vdib__bench_network *network);

#endif
