/* SPDX-License-Identifier: MIT */
/* Prophesee RAW EVT 3.0. */
#include "events.h"

FUZZ_FORMAT("evt3")
