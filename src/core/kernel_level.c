/* SPDX-License-Identifier: MIT */
#include "core/kernel_level.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"

static const char *const NAMES[VDIB_KERNEL_LEVELS] = {"portable", "avx2", "avx512"};

const char *vdib__kernel_level_name(vdib__kernel_level level) {
    return NAMES[level];
}

static vdib__kernel_level best_level(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl"))
        return VDIB_KERNEL_AVX512;
    if (__builtin_cpu_supports("avx2"))
        return VDIB_KERNEL_AVX2;
#endif
    return VDIB_KERNEL_PORTABLE;
}

vdib_status vdib__kernel_level_choose(vdib__kernel_level *level) {
    vdib__kernel_level best = best_level();
    const char *forced = getenv("VDIB_KERNEL");
    if (forced == NULL || forced[0] == '\0') {
        *level = best;
        return VDIB_OK;
    }
    for (int i = 0; i < VDIB_KERNEL_LEVELS; i++) {
        if (strcmp(forced, NAMES[i]) != 0)
            continue;
        if (i > (int)best)
            return vdib__fail(VDIB_ERROR_UNSUPPORTED, "VDIB_KERNEL=%s: this machine has no %s; choose %s", forced,
                              forced, NAMES[best]);
        *level = (vdib__kernel_level)i;
        return VDIB_OK;
    }
    return vdib__fail(VDIB_ERROR_CONFIG, "VDIB_KERNEL=%s: use portable, avx2 or avx512", forced);
}
