/* SPDX-License-Identifier: MIT */
#include "core/products.h"

#include "core/kernels_dense.h"

static const vdib__product_kind blas = {
    .choice = {.name = "blas", .help = "OpenBLAS, whose bits differ from processor to processor"}};
static const vdib__product_kind portable = {
    .choice = {.name = "portable", .help = "kernels of this library, with the same bits on every machine"},
    .portable = true};

static const vdib__choice *const kinds[] = {&blas.choice, &portable.choice};
const vdib__choices vdib__product_kinds = VDIB_CHOICES(kinds);

VDIB_KERNEL_TABLES(vdib__dense_kernels, vdib__dense_kernels);

vdib__products vdib__products_of(bool use_portable, vdib__kernel_level level) {
    return use_portable ? VDIB_KERNEL_TABLE_AT(vdib__dense_kernels, level) : NULL;
}
