/* SPDX-License-Identifier: MIT */
/* The safetensors reader on arbitrary bytes: it refuses them or every byte of every tensor can be read. */
#include <stdint.h>
#include <stdlib.h>

#include "model/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    vdib__safetensors *file = NULL;
    if (vdib__safetensors_parse(data, size, "fuzz", &file) != VDIB_OK)
        return 0;
    size_t covered = 0;
    unsigned sum = 0;
    for (size_t i = 0; i < vdib__safetensors_count(file); i++) {
        const vdib__safetensors_tensor *tensor = vdib__safetensors_at(file, i);
        size_t bytes = tensor->count * vdib__dtype_size(tensor->dtype);
        for (size_t b = 0; b < bytes; b++)
            sum += tensor->bytes[b];
        covered += bytes;
        if (vdib__safetensors_find(file, tensor->name) != tensor)
            abort();
    }
    if (covered > size || sum > 255 * covered)
        abort();
    (void)vdib__safetensors_metadata(file, "vdib_config");
    vdib__safetensors_close(file);
    return 0;
}
