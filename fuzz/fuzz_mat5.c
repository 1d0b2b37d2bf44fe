/* SPDX-License-Identifier: MIT */
/* MATLAB's files of version 5. */
#define FUZZ_MEMORY (16 << 20) /* each variable that is looked at has a buffer */
#include "events.h"

FUZZ_FORMAT("mat5")
