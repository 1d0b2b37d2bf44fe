/* SPDX-License-Identifier: MIT */
/* Prophesee DAT. */
#include "events.h"

FUZZ_FORMAT("dat")
