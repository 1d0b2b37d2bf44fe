/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_LEARN_TOY_TRAINING_H
#define VDIB_TESTS_LEARN_TOY_TRAINING_H
/* Trainings of toy data, from their first step to the last. */

#include "learn/toy.h"

#include "learn/trainer.h"

static inline void toy_finish(vdib_trainer *trainer, vdib_progress *now) {
    *now = (vdib_progress){.size = sizeof *now};
    do
        assert_ok(vdib_trainer_step(trainer, now));
    while (!now->done);
}

/* Bytes of the weights depend neither on threads nor on a stop. The trainers are new and alike: one trains with one
 * thread, half with two for 80 examples, two goes on from there. All are destroyed. */
static inline void toy_check_resume(vdib_trainer *one, vdib_trainer *two, vdib_trainer *half) {
    char *folder = support_folder(), path[4096];
    vdib_progress now = {.size = sizeof now};
    assert_ok(vdib_trainer_set_threads(one, 1));
    assert_ok(vdib_trainer_set_threads(half, 2));
    while (now.examples < 80)
        assert_ok(vdib_trainer_step(half, &now));
    snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
    assert_ok(vdib_trainer_checkpoint(half, path));
    assert_ok(vdib_trainer_resume(two, path));
    toy_finish(one, &now);
    toy_finish(two, &now);
    assert_memory_equal(one->model->parameters, two->model->parameters,
                        one->model->table.total * sizeof *one->model->parameters);
    vdib_trainer_destroy(half), vdib_trainer_destroy(two), vdib_trainer_destroy(one);
    support_folder_remove(folder);
}

#endif
