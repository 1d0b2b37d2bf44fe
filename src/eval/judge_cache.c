/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/matrix.h"
#include "data/digits.h"
#include "eval/judge.h"
#include "model/safetensors.h"

enum { HEX_DIGITS = 16 };

/* 64-bit FNV-1a (Fowler, Noll, Vo) over 32-bit words. */
#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

static uint64_t hash_words(uint64_t hash, const void *words, size_t count) {
    const unsigned char *bytes = words;
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, bytes + i * sizeof word, sizeof word);
        hash = (hash ^ word) * FNV_PRIME;
    }
    return hash;
}

static uint64_t hash_images(const vdib__images *images) {
    uint32_t header[4] = {VDIB_JUDGE_RECIPE, (uint32_t)images->count, (uint32_t)images->height,
                          (uint32_t)images->width};
    uint64_t hash = hash_words(FNV_BASIS, header, 4);
    for (const char *at = vdib__blas_name(); *at != '\0'; at++) /* weights are promised for one BLAS only */
        hash = (hash ^ (unsigned char)*at) * FNV_PRIME;
    if (images->drawn) { /* the number of a drawn digit says which it is: none has to be drawn for the hash */
        uint32_t drawing[2] = {UINT32_MAX, VDIB_DIGIT_DRAWING};
        return hash_words(hash, drawing, 2);
    }
    hash = hash_words(hash, images->pixels, images->count * images->height * images->width);
    return hash_words(hash, images->labels, images->count);
}

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* *folder: NULL if the environment names no place. */
static vdib_status cache_folder(char **folder) {
    *folder = NULL;
    const char *chosen = environment("VDIB_CACHE"), *shared = environment("XDG_CACHE_HOME"),
               *home = environment("HOME");
    if (chosen != NULL)
        return vdib__strdup(chosen, folder);
    if (shared != NULL)
        return vdib__path_join(shared, "vdib", folder);
    if (home != NULL)
        return vdib__path_join(home, ".cache/vdib", folder);
    return VDIB_OK;
}

vdib_status vdib__judge_path(const vdib__images *images, char **path) {
    char *folder = NULL, name[64];
    *path = NULL;
    VDIB_TRY(cache_folder(&folder));
    if (folder == NULL)
        return VDIB_OK;
    snprintf(name, sizeof name, "judge-%016" PRIx64 ".safetensors", hash_images(images));
    vdib_status status = vdib__path_join(folder, name, path);
    vdib__free(folder);
    return status;
}

static void checksum(const vdib__judge *judge, char text[HEX_DIGITS + 1]) {
    snprintf(text, HEX_DIGITS + 1, "%016" PRIx64, hash_words(FNV_BASIS, judge->parameters, judge->table.total));
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

static vdib_status make_parent(const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return VDIB_OK;
    char *folder = NULL;
    VDIB_TRY(vdib__strdup(path, &folder));
    folder[slash - path] = '\0';
    vdib_status status = vdib__folder_make(folder);
    vdib__free(folder);
    return status;
}

vdib_status vdib__judge_save(const vdib__judge *judge, const char *path) {
    vdib__safetensors_entry *entries = NULL;
    char sum[HEX_DIGITS + 1];
    checksum(judge, sum);
    const vdib__safetensors_text texts[] = {{"format", "vdib-judge"}, {"checksum", sum}};
    VDIB_TRY(make_parent(path));
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
