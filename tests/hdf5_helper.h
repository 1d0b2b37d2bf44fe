/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_HDF5_HELPER_H
#define VDIB_TESTS_HDF5_HELPER_H
/* Tests that cannot run where HDF5 was left out. */
#include <stdbool.h>
#include <stdio.h>

#include "core/alloc.h"
#include "core/helper.h"
#include "vdib/status.h"

/* What a test program returns that is skipped. */
enum { HDF5_SKIPPED = 77 };

/* Whether the helper program is there; says why it is not. */
static inline bool hdf5_helper_is_here(void) {
    char *program = NULL;
    if (vdib__helper_find("here", &program) != VDIB_OK) {
        printf("skipped: %s\n", vdib_last_message());
        return false;
    }
    vdib__free(program);
    return true;
}

#endif
