/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CONFIG_NEEDS_H
#define VDIB_CONFIG_NEEDS_H
/* Conditions between keys, as the rows of choices state them. */

#include "config/keys.h"

/* Whether the configuration meets a need of one of its choices. */
bool vdib__need_met(const vdib_config *config, const vdib__need *need);

#endif
