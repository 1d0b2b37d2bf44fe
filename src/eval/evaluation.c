/* SPDX-License-Identifier: MIT */
#include "eval/evaluation.h"

#include <math.h>

#include "core/alloc.h"
#include "core/error.h"

vdib_status vdib__evaluation_create(vdib__task_kind task, vdib_evaluation **evaluation) {
    vdib_evaluation *made = NULL;
    size_t count = 0;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->task = task;
    const vdib__figure *figures = vdib__figures(&count);
    for (size_t f = 0; f < count; f++)
        if (figures[f].evaluation != 0 && !figures[f].whole)
            *(double *)((char *)made + figures[f].evaluation - 1) = NAN;
    *evaluation = made;
    return VDIB_OK;
}

vdib_status vdib__evaluation_confuse(vdib_evaluation *evaluation, size_t classes) {
    if (classes != 0 && classes > SIZE_MAX / classes)
        return vdib__fail(VDIB_ERROR_MEMORY, "the matrix of %zu x %zu classes is larger than the memory", classes,
                          classes);
    VDIB_TRY(VDIB_NEW(&evaluation->confusion, classes * classes));
    evaluation->classes = classes;
    return VDIB_OK;
}

void vdib_evaluation_destroy(vdib_evaluation *evaluation) {
    if (evaluation == NULL)
        return;
    for (size_t c = 0; c < evaluation->classes && evaluation->class_names != NULL; c++)
        vdib__free(evaluation->class_names[c]);
    vdib__free(evaluation->class_names);
    vdib__free(evaluation->confusion);
    vdib__free(evaluation->experiment);
    vdib__free(evaluation);
}

double vdib_evaluation_get(const vdib_evaluation *evaluation, const char *name) {
    double value = NAN;
    (void)vdib_evaluation_figure(evaluation, vdib_figure_find(name), &value);
    return value;
}

bool vdib_evaluation_stepwise(const vdib_evaluation *evaluation) {
    return evaluation != NULL && evaluation->task == VDIB__TASK_STEPS;
}

uint64_t vdib_evaluation_seed(const vdib_evaluation *evaluation) {
    return evaluation != NULL ? evaluation->seed : 0;
}

size_t vdib_evaluation_classes(const vdib_evaluation *evaluation) {
    return evaluation != NULL ? evaluation->classes : 0;
}

uint64_t vdib_evaluation_confusion(const vdib_evaluation *evaluation, size_t truth, size_t said) {
    size_t classes = vdib_evaluation_classes(evaluation);
    return truth < classes && said < classes ? evaluation->confusion[truth * classes + said] : 0;
}

const char *vdib_evaluation_class_name(const vdib_evaluation *evaluation, size_t class_number) {
    if (class_number >= vdib_evaluation_classes(evaluation) || evaluation->class_names == NULL)
        return NULL;
    return evaluation->class_names[class_number];
}
