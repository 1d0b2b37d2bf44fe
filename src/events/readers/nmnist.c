/* SPDX-License-Identifier: MIT */
/* N-MNIST and N-Caltech101, `.bin` (Orchard et al. 2015). A record with y = 240 is no event: it adds 8192 us to the
 * time of all that follow, as in the data set authors' own reader. */

#include "events/readers/five_bytes.h"

VDIB_FIVE_BYTES_READER(nmnist, .help = "N-MNIST", .endings = ".bin", .read = vdib__five_bytes_read_overflowing);
