/* SPDX-License-Identifier: MIT */
#include "vdib/vdib.h"

const char *vdib_version(void) {
    return VDIB_VERSION;
}
