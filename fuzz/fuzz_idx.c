/* SPDX-License-Identifier: MIT */
/* IDX files: whatever the bytes, they are refused with a message or all promised elements are there. */
#include <stdlib.h>

#include "data/idx.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    vdib__idx idx = {.count = 0};
    char shape[VDIB_IDX_SHAPE_TEXT];
    if (vdib__idx_decode("fuzz", bytes, size, &idx) != VDIB_OK) {
        require(idx.count == 0 && vdib_last_message()[0] != '\0');
        return 0;
    }
    require(idx.rank >= 1 && idx.rank <= VDIB_IDX_RANK && idx.count > 0);
    require(idx.count == idx.sizes[0] * idx.sizes[1] * idx.sizes[2] * idx.sizes[3]);
    require(idx.elements == bytes + 4 + 4 * idx.rank && (size_t)(bytes + size - idx.elements) % idx.count == 0);
    volatile double sum = 0; /* every element is read */
    for (size_t i = 0; i < idx.count; i++)
        sum = sum + vdib__idx_at(&idx, i);
    (void)sum;
    require(vdib__idx_shape(&idx, shape)[0] != '\0' && vdib__idx_type_name(idx.type)[0] != '\0');
    return 0;
}
