/* SPDX-License-Identifier: MIT */
/* Two-dimensional spikes of SLAYER, `.bs2` (Shrestha and Orchard 2018): the bytes of N-MNIST without its overflow
 * records. */

#include "events/readers/five_bytes.h"

VDIB_FIVE_BYTES_READER(slayer, .help = "SLAYER", .endings = ".bs2", .read = vdib__five_bytes_read);
