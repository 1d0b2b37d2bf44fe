/* SPDX-License-Identifier: MIT */
/* Prophesee RAW EVT 2.1. */
#include "events.h"

FUZZ_FORMAT("evt21")
