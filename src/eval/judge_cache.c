/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/cache.h"
#include "core/error.h"
#include "core/file.h"
#include "core/matrix.h"
#include "data/digits.h"
#include "eval/judge.h"
#include "model/safetensors.h"

enum { HEX_DIGITS = 16 };

static uint64_t hash_images(const vdib__images *images) {
    uint32_t header[4] = {VDIB_JUDGE_RECIPE, (uint32_t)images->count, (uint32_t)images->height,
                          (uint32_t)images->width};
    uint64_t hash = vdib__hash(VDIB_HASH_BASIS, header, sizeof header);
    for (const char *at = vdib__blas_name(); *at != '\0'; at++) /* weights are promised for one BLAS only */
        hash = vdib__hash(hash, at, 1);
    if (images->chosen != NULL)
        hash = vdib__hash(hash, images->chosen, images->chosen_count * sizeof *images->chosen);
    if (images->channels > 1) {
        uint32_t channels = (uint32_t)images->channels;
        hash = vdib__hash(hash, &channels, sizeof channels);
    }
    if (images->drawn) { /* the number of a drawn digit says which it is: none has to be drawn for the hash */
        uint32_t drawing[2] = {UINT32_MAX, VDIB_DIGIT_DRAWING};
        return vdib__hash(hash, drawing, sizeof drawing);
    }
    hash = vdib__hash(hash, images->pixels, images->count * vdib__images_values(images) * sizeof(float));
    return vdib__hash(hash, images->labels, images->count * sizeof *images->labels);
}

vdib_status vdib__judge_path(const vdib__images *images, char **path) {
    return vdib__cache_path("judge", hash_images(images), "safetensors", path);
}

static void checksum(const vdib__judge *judge, char text[HEX_DIGITS + 1]) {
    snprintf(text, HEX_DIGITS + 1, "%016" PRIx64,
             vdib__hash(VDIB_HASH_BASIS, judge->parameters, judge->table.total * sizeof(float)));
}

vdib_status vdib__judge_load(vdib__judge *judge, const char *path) {
    vdib__safetensors *file = NULL;
    char sum[HEX_DIGITS + 1];
    VDIB_TRY(vdib__safetensors_open(path, &file));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < judge->table.count && status == VDIB_OK; i++) {
        const vdib__tensor *tensor = &judge->table.tensors[i];
        status = vdib__safetensors_floats(file, tensor->name, tensor->rank, tensor->shape,
                                          judge->parameters + tensor->offset);
    }
    const char *written = vdib__safetensors_metadata(file, "checksum");
    checksum(judge, sum);
    if (status == VDIB_OK && (written == NULL || strcmp(written, sum) != 0))
        status =
            vdib__fail(VDIB_ERROR_FORMAT, "%s: the judge's weights do not match their checksum; remove the file", path);
    vdib__safetensors_close(file);
    return status;
}

vdib_status vdib__judge_save(const vdib__judge *judge, const char *path) {
    vdib__safetensors_entry *entries = NULL;
    char sum[HEX_DIGITS + 1];
    checksum(judge, sum);
    const vdib__safetensors_text texts[] = {{"format", "vdib-judge"}, {"checksum", sum}};
    VDIB_TRY(vdib__cache_prepare(path));
    VDIB_TRY(VDIB_NEW(&entries, judge->table.count));
    for (size_t i = 0; i < judge->table.count; i++) {
        const vdib__tensor *tensor = &judge->table.tensors[i];
        entries[i] = (vdib__safetensors_entry){.name = tensor->name,
                                               .dtype = VDIB_DTYPE_F32,
                                               .rank = tensor->rank,
                                               .data = judge->parameters + tensor->offset};
        memcpy(entries[i].shape, tensor->shape, sizeof tensor->shape);
    }
    vdib_status status = vdib__safetensors_write(path, entries, judge->table.count, texts, 2);
    vdib__free(entries);
    return status;
}
