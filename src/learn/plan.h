/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_PLAN_H
#define VDIB_LEARN_PLAN_H

#include "learn/estimator.h"
#include "learn/objective.h"

/* The constants of a model's estimator for losses over `steps` steps. */
vdib__estimator_plan vdib__plan_of(const vdib_model *model, size_t steps);

#endif
