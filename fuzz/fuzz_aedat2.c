/* SPDX-License-Identifier: MIT */
/* AEDAT 1.0 and 2.0. */
#include "events.h"

FUZZ_FORMAT("aedat2")
