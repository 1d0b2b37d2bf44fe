/* SPDX-License-Identifier: MIT */
/* NumPy arrays. */
#include "events.h"

FUZZ_FORMAT("npy")
