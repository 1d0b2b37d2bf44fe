/* SPDX-License-Identifier: MIT */
/* SLAYER .bs3. */
#include "events.h"

FUZZ_FORMAT("slayer3")
