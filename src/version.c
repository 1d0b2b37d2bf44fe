/* SPDX-License-Identifier: MIT */
#include "core/threads.h"
#include "vdib/vdib.h"

const char *vdib_version(void) {
    return VDIB_VERSION;
}

int vdib_version_number(void) {
    return VDIB_VERSION_NUMBER;
}

size_t vdib_cores(void) {
    return (size_t)vdib__threads(0);
}
