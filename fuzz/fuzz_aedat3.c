/* SPDX-License-Identifier: MIT */
/* AEDAT 3. */
#include "events.h"

FUZZ_FORMAT("aedat3")
