/* SPDX-License-Identifier: MIT */
#include "core/tensor.h"

#include <stdbool.h>
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

void vdib__tensor_strides(const vdib__tensor *tensor, size_t strides[VDIB_TENSOR_RANK]) {
    size_t stride = 1;
    for (size_t a = VDIB_TENSOR_RANK; a-- > 0;) {
        strides[tensor->order[a]] = stride;
        stride *= tensor->shape[tensor->order[a]];
    }
}

/* Elements between neighbours along each axis of the memory, in the file. */
static void file_strides(const vdib__tensor *tensor, size_t strides[VDIB_TENSOR_RANK]) {
    for (size_t a = 0; a < VDIB_TENSOR_RANK; a++) {
        strides[a] = 1;
        for (size_t b = tensor->order[a] + 1U; b < VDIB_TENSOR_RANK; b++)
            strides[a] *= tensor->shape[b];
    }
}

/* Where line `line` of a tensor of this rank begins if axes have these strides; lines run along the last axis. */
static size_t line_place(size_t rank, const size_t *extents, const size_t *strides, size_t line) {
    size_t place = 0;
    for (size_t a = rank - 1; a-- > 0;) {
        place += line % extents[a] * strides[a];
        line /= extents[a];
    }
    return place;
}

static void initialise(const vdib__tensor *tensor, const vdib__key *key, float *memory) {
    size_t strides[VDIB_TENSOR_RANK], element = 0, last = tensor->rank - 1;
    uint32_t words[4];
    vdib__tensor_strides(tensor, strides);
    for (size_t line = 0; element < tensor->count; line++) {
        size_t place = line_place(tensor->rank, tensor->shape, strides, line);
        for (size_t i = 0; i < tensor->shape[last]; i++, element++) {
            if (element % 4 == 0)
                vdib__random_block(key, 0, (uint32_t)(element / 4), words);
            memory[place + i * strides[last]] =
                tensor->middle + (2.0F * vdib__uniform(words[element % 4]) - 1.0F) * tensor->bound;
        }
    }
}

void vdib__tensor_initialise(const vdib__tensor_table *table, uint64_t seed, float *values) {
    memset(values, 0, table->total * sizeof *values);
    for (size_t i = 0; i < table->count; i++) {
        vdib__key key = {.seed = seed, .purpose = VDIB_PURPOSE_INIT, .example = i};
        initialise(&table->tensors[i], &key, values + table->tensors[i].offset);
    }
}

/* The lines of the memory that are copied side by side: where axes are swapped, they share cache lines of the file. */
enum { LINES = 16 };

typedef struct line_copy {
    size_t places[LINES]; /* where each line begins in the file */
    size_t count, width, stride;
} line_copy;

/* Elements of a line of the memory. */
static size_t line_width(const vdib__tensor *tensor) {
    return tensor->shape[tensor->order[tensor->rank - 1]];
}

static line_copy lines_from(const vdib__tensor *tensor, size_t first) {
    size_t extents[VDIB_TENSOR_RANK], strides[VDIB_TENSOR_RANK], width = line_width(tensor);
    for (size_t a = 0; a < VDIB_TENSOR_RANK; a++)
        extents[a] = tensor->shape[tensor->order[a]];
    file_strides(tensor, strides);
    line_copy c = {.width = width, .stride = strides[tensor->rank - 1]};
    for (; c.count < LINES && (first + c.count) * width < tensor->count; c.count++)
        c.places[c.count] = line_place(tensor->rank, extents, strides, first + c.count);
    return c;
}

static bool is_in_file_order(const vdib__tensor *tensor) {
    for (size_t a = 0; a < tensor->rank; a++)
        if (tensor->order[a] != a)
            return false;
    return true;
}

void vdib__tensor_to_file(const vdib__tensor *tensor, const float *memory, float *file) {
    if (is_in_file_order(tensor)) {
        memcpy(file, memory, tensor->count * sizeof *file);
        return;
    }
    for (size_t first = 0; first * line_width(tensor) < tensor->count; first += LINES) {
        line_copy c = lines_from(tensor, first);
        for (size_t i = 0; i < c.width; i++)
            for (size_t line = 0; line < c.count; line++)
                file[c.places[line] + i * c.stride] = memory[(first + line) * c.width + i];
    }
}

void vdib__tensor_from_file(const vdib__tensor *tensor, const float *file, float *memory) {
    if (is_in_file_order(tensor)) {
        memcpy(memory, file, tensor->count * sizeof *file);
        return;
    }
    for (size_t first = 0; first * line_width(tensor) < tensor->count; first += LINES) {
        line_copy c = lines_from(tensor, first);
        for (size_t i = 0; i < c.width; i++)
            for (size_t line = 0; line < c.count; line++)
                memory[(first + line) * c.width + i] = file[c.places[line] + i * c.stride];
    }
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
