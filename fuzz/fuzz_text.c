/* SPDX-License-Identifier: MIT */
/* Text. */
#include "events.h"

FUZZ_FORMAT("text")
