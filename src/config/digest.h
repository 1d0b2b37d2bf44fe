/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CONFIG_DIGEST_H
#define VDIB_CONFIG_DIGEST_H
/* A fingerprint of a configuration, without `training`. */

#include "core/digest.h"
#include "vdib/config.h"

vdib_status vdib__config_digest(const vdib_config *config, char digest[VDIB_DIGEST_TEXT]);

#endif
