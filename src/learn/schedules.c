/* SPDX-License-Identifier: MIT */
/* The table of schedules. */
#include "learn/trainer.h"

static const vdib__choice *const rows[] = {&vdib__schedule_episode.choice, &vdib__schedule_online.choice};
const vdib__choices vdib__schedules = VDIB_CHOICES(rows);
