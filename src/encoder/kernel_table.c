/* SPDX-License-Identifier: MIT */
#include "encoder/kernels.h"

#define TABLES(level)                                                                                                  \
    extern const vdib__product_kernels vdib__product_kernels_##level;                                                  \
    extern const vdib__lif_kernels vdib__lif_kernels_##level;                                                          \
    extern const vdib__reset_kernels vdib__reset_kernels_##level;                                                      \
    extern const vdib__readout_kernels vdib__readout_kernels_##level;                                                  \
    static const vdib__encoder_kernels encoder_kernels_##level = {                                                     \
        &vdib__product_kernels_##level, &vdib__lif_kernels_##level, &vdib__reset_kernels_##level,                      \
        &vdib__readout_kernels_##level};

TABLES(portable)
#if defined(__x86_64__)
TABLES(avx2)
TABLES(avx512)
#endif

const vdib__encoder_kernels *vdib__encoder_kernels_of(vdib__kernel_level level) {
    return VDIB_KERNEL_TABLE_AT(encoder_kernels, level);
}
