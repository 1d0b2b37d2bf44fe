/* SPDX-License-Identifier: MIT */
#ifndef VDIB_BENCHMARK_H
#define VDIB_BENCHMARK_H
/**
 * @file benchmark.h
 * How fast this machine runs vdib, beside what it could do: `vdib bench`, as functions. docs/performance.md has the
 * method.
 *
 * Every figure is the best of several windows of time, after a warm-up. A benchmark states what its unit of work (an
 * example, a step, a call) must at least compute and move; its limit is the time that the machine's own rates,
 * measured in the same run, need for the larger of the two.
 */
#include <stddef.h>

#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the machine does, measured when a run begins. Rates of one thread unless said. */
typedef struct vdib_machine {
    size_t size;              /**< sizeof(vdib_machine), set by the library */
    char cpu[96];             /**< name of the processor */
    char kernels[16];         /**< level of the kernels: portable, avx2 or avx512 */
    size_t cores;             /**< usable by this process */
    double sgemm_gflops;      /**< matrix product of 1024 x 1024 single-precision numbers, all cores */
    double sgemm_core_gflops; /**< the same on one core */
    double add_gops;          /**< additions of single-precision numbers that come from the first-level cache, 10^9/s */
    double copy_gb_s;         /**< bytes read and written when memory is copied, all cores, 10^9/s */
    double update_gb_s[4]; /**< bytes read and written when numbers are updated in place, one core, out of the first-,
                                    second- and third-level cache and out of memory, 10^9/s; of the third a
                                    few times the second's size, since others may use it too */
    char blas[32];         /**< OpenBLAS's name of the processor that its kernels are made for */
} vdib_machine;

/** One result. */
typedef struct vdib_benchmark {
    size_t size;              /**< sizeof(vdib_benchmark), set by the library */
    const char *name;         /**< static */
    const char *unit;         /**< "examples" or "steps" (of a stream; updates: of training); static */
    size_t threads;           /**< threads used */
    double per_second;        /**< units a second */
    double seconds;           /**< of one unit */
    double bytes;             /**< that one unit must read and write */
    double operations;        /**< additions and multiplications that one unit must do */
    const char *limit;        /**< what binds: "operations" or "bytes (L1)", ..., "bytes (memory)"; static */
    double fraction_of_limit; /**< the time at the machine's rates, measured right afterwards, over the time taken */
    double peak_mib;          /**< most memory in use while it ran; of the whole process where the system cannot tell */
} vdib_benchmark;

/** One point of a scaling section. */
typedef struct vdib_scaling {
    size_t size;         /**< sizeof(vdib_scaling), set by the library */
    const char *section; /**< "density", "steps", "hidden", "batch", "threads", "halving"; static */
    const char *what;    /**< what was timed; static */
    double value;        /**< of the section's parameter; density in percent */
    double seconds;      /**< of one example; halving: the ratio of the times at half and at full density */
} vdib_scaling;

/** What to run. Zeroed: everything, on data that vdib draws, on every core. */
typedef struct vdib_benchmark_options {
    size_t size;        /**< sizeof(vdib_benchmark_options), set by the caller */
    const char *filter; /**< only benchmarks and sections whose name contains it; NULL: all */
    const char *data; /**< a folder of recordings like N-MNIST for the whole benchmarks of `dvs`; NULL: drawn digits */
    size_t threads;   /**< of the whole benchmarks; 0: every core */
    void (*machine)(void *user, const vdib_machine *machine); /**< called first; may be NULL */
    void (*begin)(void *user, const char *name);              /**< before each benchmark or section; may be NULL */
    void (*benchmark)(void *user, const vdib_benchmark *benchmark); /**< each result; may be NULL */
    void (*scaling)(void *user, const vdib_scaling *scaling);       /**< each point; may be NULL */
    vdib_cancelled *cancelled; /**< asked before each benchmark, section and point; NULL: never */
    void *user;                /**< handed to all */
} vdib_benchmark_options;

/**
 * Runs benchmarks, one after the other.
 * @return ::VDIB_ERROR_ARGUMENT if no name contains the filter: the message lists the names; ::VDIB_ERROR_CANCELLED if
 * the caller asked to stop
 */
VDIB_API vdib_status vdib_benchmark_run(const vdib_benchmark_options *options);

#ifdef __cplusplus
}
#endif
#endif
