/* SPDX-License-Identifier: MIT */
#ifndef VDIB_REPORT_BASE64_H
#define VDIB_REPORT_BASE64_H
/* Base64 with padding (RFC 4648 section 4), for data URIs. */

#include <stddef.h>

#include "vdib/status.h"

/* *text receives the NUL-terminated encoding of `size` bytes, freed with vdib__free. */
vdib_status vdib__base64(const void *bytes, size_t size, char **text);

#endif
