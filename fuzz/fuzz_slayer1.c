/* SPDX-License-Identifier: MIT */
/* SLAYER .bs1. */
#include "events.h"

FUZZ_FORMAT("slayer1")
