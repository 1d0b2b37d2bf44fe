/* SPDX-License-Identifier: MIT */
/* AEDAT 4. */
#include "events.h"

FUZZ_FORMAT("aedat4")
