/* SPDX-License-Identifier: MIT */
/* The table of surrogate derivatives: values of neuron.surrogate. */
#include "encoder/surrogate.h"

/* symbol of surrogates/kernels_<symbol>.c, then the members of its vdib__surrogate */
#define SURROGATES(ROW)                                                                                                \
    ROW(boxcar, .choice = {.name = "boxcar", .help = "1 where -0.5 < u <= 0.5, else 0"})                               \
    ROW(logistic, .choice = {.name = "logistic", .help = "sigma(u) (1 - sigma(u))"})                                   \
    ROW(fast_sigmoid, .reads_slope = true, .choice = {.name = "fast-sigmoid", .help = "1 / (k|u| + 1)^2"})

#if defined(__x86_64__)
#define LEVELS(symbol)                                                                                                 \
    { &vdib__surrogate_##symbol##_portable, &vdib__surrogate_##symbol##_avx2, &vdib__surrogate_##symbol##_avx512 }
#else
#define LEVELS(symbol)                                                                                                 \
    { &vdib__surrogate_##symbol##_portable, &vdib__surrogate_##symbol##_portable, &vdib__surrogate_##symbol##_portable }
#endif

#define DEFINE(symbol, ...)                                                                                            \
    VDIB_KERNEL_TABLES(vdib__surrogate_kernel, vdib__surrogate_##symbol);                                              \
    static const vdib__surrogate symbol = {__VA_ARGS__, .levels = LEVELS(symbol)};
#define LIST(symbol, ...) &symbol.choice,

SURROGATES(DEFINE)
static const vdib__choice *const rows[] = {SURROGATES(LIST)};
const vdib__choices vdib__surrogates = VDIB_CHOICES(rows);
