/* SPDX-License-Identifier: MIT */
/* Targets as files, PNG, PGM, PPM and NPY: whatever the bytes, they are refused with a message, or all values are there
 * and in their range. */
#include <math.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "data/targets/picture.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void look(const vdib__picture *picture, vdib__picture_range range) {
    require(picture->channels == 1 || picture->channels == 3);
    for (size_t i = 0; i < picture->channels * picture->height * picture->width; i++)
        require(isfinite(picture->values[i]) &&
                (range == VDIB_RANGE_ANY || (picture->values[i] >= 0.0F && picture->values[i] <= 1.0F)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    for (int range = VDIB_RANGE_UNIT; range <= VDIB_RANGE_ANY; range++) {
        vdib__picture picture = {0};
        if (vdib__picture_decode("fuzz", bytes, size, (vdib__picture_range)range, &picture) == VDIB_OK)
            look(&picture, (vdib__picture_range)range);
        else
            require(picture.values == NULL && vdib_last_message()[0] != '\0');
        vdib__free(picture.values);
    }
    return 0;
}
