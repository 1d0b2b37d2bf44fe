/* SPDX-License-Identifier: MIT */
#include "learn/task.h"

#include "core/error.h"
#include "data/inputs.h"

const vdib__walk_task *vdib__task_of(const vdib_model *model) {
    return vdib__target_of(model->config->data.target)->by_step ? &vdib__task_steps : &vdib__task_samples;
}

vdib_status vdib__task_check_target(const vdib_model *model, const vdib_example *example, size_t index) {
    const float slack = 1e-4F;
    if (!model->head->unit || example->target == NULL)
        return VDIB_OK;
    for (size_t i = 0; i < model->outputs; i++)
        if (example->target[i] < -slack || example->target[i] > 1.0F + slack)
            return vdib__fail(VDIB_ERROR_DATA,
                              "the target of example %zu has the value %g, but decoder.head=%s needs values from 0 to "
                              "1; scale them, or choose decoder.head=gaussian",
                              index, (double)example->target[i], model->head->choice.name);
    return VDIB_OK;
}
