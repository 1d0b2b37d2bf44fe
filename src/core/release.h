/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_RELEASE_H
#define VDIB_CORE_RELEASE_H
/* Files of other releases of vdib. A file says which version of its format it has, and the release that wrote it
 * ("0.1.0"): what this program does not know is refused by a message that names the release that does. */

#include <stdbool.h>

#include "vdib/status.h"

/* VDIB_OK where a file has the format that this program reads, VDIB_ERROR_VERSION otherwise. origin: the file, for the
 * message; what: "model"; release: that which wrote it, as the file says it, NULL where it does not. */
vdib_status vdib__release_check(const char *origin, const char *what, const char *format, const char *reads,
                                const char *release);

/* After `status` of a file that a release wrote (text as above, NULL: not known): what is wrong with a file of a later
 * release may be right there. VDIB_ERROR_VERSION then, with the message that is already set and what to install;
 * otherwise `status`. Memory that is short and files that cannot be read stay what they are. */
vdib_status vdib__release_explain(vdib_status status, const char *release);

#endif
