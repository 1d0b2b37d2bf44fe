/* SPDX-License-Identifier: MIT */
#include "vdib/vdib.h"

const char *vdib_version(void) {
    return VDIB_VERSION;
}

int vdib_version_number(void) {
    return VDIB_VERSION_NUMBER;
}
