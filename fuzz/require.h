/* SPDX-License-Identifier: MIT */
#ifndef VDIB_FUZZ_REQUIRE_H
#define VDIB_FUZZ_REQUIRE_H
/* What a target promises: where it does not hold, the input is kept as a crash. */
#include <stdlib.h>

static inline void require(int holds) {
    if (!holds)
        abort();
}

#endif
