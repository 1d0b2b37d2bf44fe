/* SPDX-License-Identifier: MIT */
/* The sizes of this processor's caches, and how much is moved to measure each. */
#include <unistd.h>

#include "bench/bench.h"

double vdib__bench_cache_bytes(int level) {
    static const int names[3] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
    static const double usual[3] = {32 * 1024.0, 1024 * 1024.0, 16 * 1048576.0};
    long size = sysconf(names[level]);
    return size > 0 ? (double)size : usual[level];
}

int vdib__bench_level_of(double bytes) {
    int level = 0;
    while (level < 3 && bytes > vdib__bench_cache_bytes(level))
        level++;
    return level;
}

size_t vdib__bench_update_count(int level, size_t most) {
    double bytes = (double)most * sizeof(float);
    double cached = level < 2 ? vdib__bench_cache_bytes(level) / 2 : 4 * vdib__bench_cache_bytes(1);
    if (level < 3 && cached < bytes)
        bytes = cached;
    return (size_t)(bytes / sizeof(float)) / VDIB_BENCH_UNIT * VDIB_BENCH_UNIT;
}
