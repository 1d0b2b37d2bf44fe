/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_TASK_H
#define VDIB_LEARN_TASK_H
/* What a model decodes of an example: one thing of the whole sample, at its last step, or something at every step from
 * the one on at which the decoder's window is full. A walk (walk.h) runs examples through the task of its model. Each
 * task is one file of tasks/. */

#include "learn/objective.h"
#include "vdib/dataset.h"

struct vdib__walk;

typedef struct vdib__walk_task {
    bool by_step; /* figures are a step's; else a sample's */
    /* The first step at which something is decoded; it is decoded in every step from there on to the last. */
    size_t (*first)(const vdib_model *model, size_t steps);
    /* Whether an example can be of this task; VDIB_ERROR_DATA. */
    vdib_status (*check)(const vdib_model *model, const vdib_example *example);
    /* Buffers for `capacity` examples at once, and what frees them. */
    vdib_status (*create)(struct vdib__walk *walk, size_t capacity);
    void (*destroy)(struct vdib__walk *walk);
    /* Encodes and decodes the batch at hand; calls walk->visit, unless it is NULL, for every step at which it decodes.
     */
    vdib_status (*run)(struct vdib__walk *walk);
    /* Of example i of the batch that was run: the encoder's trial; the losses, summed over all that was decoded. */
    const vdib__trial *(*trial)(const struct vdib__walk *walk, size_t i);
    vdib__loss (*loss)(const struct vdib__walk *walk, size_t i);
    /* Of what is decoded at `step` of an example: its true class, and the readout spikes that belong to it alone. */
    uint32_t (*label)(const vdib_example *example, size_t step);
    size_t (*spikes)(const vdib_raster *readout, size_t step);
    /* The steps over which the rate of one loss is summed. */
    size_t (*loss_steps)(size_t steps);
} vdib__walk_task;

extern const vdib__walk_task vdib__task_samples, vdib__task_steps;

/* Whether the target of example `index` is one that the model's head can stand for; VDIB_ERROR_DATA. Values may leave
 * the range by what rounding does to pixels that are moved. */
vdib_status vdib__task_check_target(const vdib_model *model, const vdib_example *example, size_t index);

/* The task of a model's target. */
const vdib__walk_task *vdib__task_of(const vdib_model *model);

#endif
