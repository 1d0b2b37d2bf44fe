/* SPDX-License-Identifier: MIT */
/* Event Stream. */
#include "events.h"

FUZZ_FORMAT("es")
