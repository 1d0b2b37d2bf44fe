/* SPDX-License-Identifier: MIT */
#include "core/tensor.h"

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/random.h"

enum { OFFSET_MULTIPLE = 16 };

vdib_status vdib__tensor_add(vdib__tensor_table *table, vdib__tensor_role role, const char *name, size_t rank,
                             const size_t *shape, const uint8_t *order, float bound, size_t *index) {
    VDIB_TRY(VDIB_RESERVE(&table->tensors, &table->capacity, table->count + 1));
    vdib__tensor tensor = {.role = role, .rank = rank, .bound = bound, .count = 1};
    snprintf(tensor.name, sizeof tensor.name, "%s", name);
    for (size_t a = 0; a < VDIB_TENSOR_RANK; a++) {
        tensor.shape[a] = a < rank ? shape[a] : 1;
        tensor.order[a] = order != NULL && a < rank ? order[a] : (uint8_t)a;
        if (__builtin_mul_overflow(tensor.count, tensor.shape[a], &tensor.count))
            return vdib__fail(VDIB_ERROR_MEMORY, "tensor %s does not fit in memory; make the network smaller", name);
    }
    if (index != NULL)
        *index = table->count;
    table->tensors[table->count++] = tensor;
    return VDIB_OK;
}

void vdib__tensor_layout(vdib__tensor_table *table) {
    size_t offset = 0;
    for (int role = 0; role < VDIB_TENSOR_ROLES; role++) {
        table->role_begin[role] = offset;
        for (size_t i = 0; i < table->count; i++) {
            vdib__tensor *tensor = &table->tensors[i];
            if ((int)tensor->role != role)
                continue;
            tensor->offset = offset;
            offset += (tensor->count + OFFSET_MULTIPLE - 1) / OFFSET_MULTIPLE * OFFSET_MULTIPLE;
        }
        table->role_count[role] = offset - table->role_begin[role];
    }
    table->trained = table->role_begin[VDIB_TENSOR_FIXED];
    table->total = offset;
}

/* Element `element` of the memory order as a place in the file order. */
static size_t file_place(const vdib__tensor *tensor, size_t element) {
    size_t at[VDIB_TENSOR_RANK] = {0};
    for (size_t a = VDIB_TENSOR_RANK; a-- > 0;) {
        size_t extent = tensor->shape[tensor->order[a]];
        at[tensor->order[a]] = element % extent;
        element /= extent;
    }
    size_t place = 0;
    for (size_t a = 0; a < VDIB_TENSOR_RANK; a++)
        place = place * tensor->shape[a] + at[a];
    return place;
}

void vdib__tensor_initialise(const vdib__tensor_table *table, uint64_t seed, float *values) {
    memset(values, 0, table->total * sizeof *values);
    for (size_t i = 0; i < table->count; i++) {
        const vdib__tensor *tensor = &table->tensors[i];
        vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_INIT, .example = i};
        for (size_t element = 0; element < tensor->count; element++) {
            float uniform = vdib__random_uniform(&key, 0, (uint32_t)file_place(tensor, element));
            values[tensor->offset + element] = (2.0F * uniform - 1.0F) * tensor->bound;
        }
    }
}

void vdib__tensor_to_file(const vdib__tensor *tensor, const float *memory, float *file) {
    for (size_t element = 0; element < tensor->count; element++)
        file[file_place(tensor, element)] = memory[element];
}

void vdib__tensor_from_file(const vdib__tensor *tensor, const float *file, float *memory) {
    for (size_t element = 0; element < tensor->count; element++)
        memory[element] = file[file_place(tensor, element)];
}

size_t vdib__tensor_elements(const vdib__tensor_table *table, vdib__tensor_role role) {
    size_t sum = 0;
    for (size_t i = 0; i < table->count; i++)
        sum += table->tensors[i].role == role ? table->tensors[i].count : 0;
    return sum;
}

void vdib__tensor_table_free(vdib__tensor_table *table) {
    vdib__free(table->tensors);
    *table = (vdib__tensor_table){0};
}
