/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_PLAN_H
#define VDIB_LEARN_PLAN_H

#include "learn/estimator.h"
#include "learn/objective.h"

/* The constants of a model's estimator for losses over `steps` steps. */
vdib__estimator_plan vdib__plan_of(const vdib_model *model, size_t steps);

/* Sets the price of the rate, which is the configuration's beta until then. */
void vdib__plan_price(vdib__estimator_plan *plan, double beta);

#endif
