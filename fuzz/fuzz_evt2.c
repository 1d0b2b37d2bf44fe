/* SPDX-License-Identifier: MIT */
/* Prophesee RAW EVT 2.0. */
#include "events.h"

FUZZ_FORMAT("evt2")
