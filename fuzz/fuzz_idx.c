/* SPDX-License-Identifier: MIT */
/* IDX files: whatever the bytes, they are refused with a message or all promised elements are there. */
#include <stdlib.h>

#include "data/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    for (size_t rank = 1; rank <= 3; rank++) {
        size_t sizes[3] = {1, 1, 1};
        const uint8_t *elements = NULL;
        if (vdib__idx_decode("fuzz", bytes, size, rank, sizes, &elements) != VDIB_OK) {
            require(elements == NULL && vdib_last_message()[0] != '\0');
            continue;
        }
        size_t count = sizes[0] * sizes[1] * sizes[2];
        require(count > 0 && elements == bytes + 4 + 4 * rank && elements + count == bytes + size);
        for (size_t i = 0; i < count; i++)
            (void)*(const volatile uint8_t *)&elements[i]; /* read, and not optimised away */
    }
    return 0;
}
