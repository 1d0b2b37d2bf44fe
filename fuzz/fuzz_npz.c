/* SPDX-License-Identifier: MIT */
/* NumPy archives. */
#define FUZZ_MEMORY (16 << 20) /* each array that is looked at has a buffer */
#include "events.h"

FUZZ_FORMAT("npz")
