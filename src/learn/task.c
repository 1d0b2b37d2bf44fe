/* SPDX-License-Identifier: MIT */
#include "learn/task.h"

#include "data/inputs.h"

const vdib__walk_task *vdib__task_of(const vdib_model *model) {
    return vdib__target_of(model->config->data.target)->by_step ? &vdib__task_steps : &vdib__task_samples;
}
