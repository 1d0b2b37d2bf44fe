/* SPDX-License-Identifier: MIT */
#include "encoder/kernels.h"

const vdib__encoder_kernels *vdib__encoder_kernels_of(vdib__kernel_level level) {
#if defined(__x86_64__)
    if (level == VDIB_KERNEL_AVX512)
        return &vdib__encoder_kernels_avx512;
    if (level == VDIB_KERNEL_AVX2)
        return &vdib__encoder_kernels_avx2;
#endif
    (void)level;
    return &vdib__encoder_kernels_portable;
}
