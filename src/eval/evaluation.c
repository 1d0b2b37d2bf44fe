/* SPDX-License-Identifier: MIT */
#include "eval/evaluation.h"

#include <math.h>

#include "core/alloc.h"
#include "core/error.h"
#include "data/dataset.h"

vdib_status vdib__findings_create(vdib__task_kind task, vdib__findings **findings) {
    vdib__findings *made = NULL;
    size_t count = 0;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->task = task;
    const vdib__figure *figures = vdib__figures(&count);
    for (size_t f = 0; f < count; f++)
        if (figures[f].evaluation != 0 && !figures[f].unsigned_member)
            *(double *)((char *)made + figures[f].evaluation - 1) = NAN;
    *findings = made;
    return VDIB_OK;
}

vdib_status vdib__findings_confuse(vdib__findings *findings, size_t classes) {
    if (classes != 0 && classes > SIZE_MAX / classes)
        return vdib__fail(VDIB_ERROR_MEMORY, "the matrix of %zu x %zu classes is larger than the memory", classes,
                          classes);
    VDIB_TRY(VDIB_NEW(&findings->confusion, classes * classes));
    findings->classes = classes;
    return VDIB_OK;
}

vdib_status vdib__findings_name(vdib__findings *findings, size_t class_number, const char *name) {
    if (class_number >= findings->classes)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "class %zu is named, but there are %zu", class_number,
                          findings->classes);
    if (findings->class_names == NULL)
        VDIB_TRY(VDIB_NEW(&findings->class_names, findings->classes));
    char *copy = NULL;
    VDIB_TRY(vdib__strdup(name, &copy));
    vdib__free(findings->class_names[class_number]);
    findings->class_names[class_number] = copy;
    return VDIB_OK;
}

/* The names that the data give their classes. A judge may know more classes than the data: those have none. */
static vdib_status take_names(vdib__findings *findings, const vdib_dataset *dataset) {
    for (size_t c = 0; c < findings->classes; c++) {
        const char *name = vdib_dataset_class_name(dataset, c);
        if (name != NULL)
            VDIB_TRY(vdib__findings_name(findings, c, name));
    }
    return VDIB_OK;
}

vdib_status vdib__findings_take_data(vdib__findings *findings, const vdib_dataset *dataset, vdib_split split,
                                     const size_t *indices, size_t count) {
    for (int c = 0; c < VDIB__DATA_COUNTS; c++)
        findings->data_counts[c] = vdib_dataset_count(dataset, split, (vdib_data_count)c);
    VDIB_TRY(take_names(findings, dataset));
    return vdib__dataset_notes_of(dataset, split, indices, count, &findings->notes);
}

vdib_status vdib__findings_warn(vdib__findings *findings, const vdib__activity_summary *summary) {
    vdib__warning found[VDIB__WARNINGS_MOST];
    size_t count = vdib__warnings_find(summary, found);
    VDIB_TRY(VDIB_NEW(&findings->warnings, count));
    for (size_t i = 0; i < count; i++)
        findings->warnings[i] = found[i];
    findings->warning_count = count;
    return VDIB_OK;
}

size_t vdib_evaluation_warning_count(const vdib_evaluation *evaluation) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    return findings != NULL ? findings->warning_count : 0;
}

const char *vdib_evaluation_warning(const vdib_evaluation *evaluation, size_t index, const char **code) {
    if (index >= vdib_evaluation_warning_count(evaluation))
        return NULL;
    const vdib__warning *warning = &vdib__findings_of(evaluation)->warnings[index];
    if (code != NULL)
        *code = warning->code;
    return warning->message;
}

const char *vdib_evaluation_notes(const vdib_evaluation *evaluation) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    return findings != NULL && findings->notes != NULL ? findings->notes : "";
}

void vdib__findings_destroy(vdib__findings *findings) {
    if (findings == NULL)
        return;
    for (size_t c = 0; c < findings->classes && findings->class_names != NULL; c++)
        vdib__free(findings->class_names[c]);
    for (size_t a = 0; a < VDIB__ARRAYS; a++)
        vdib__free(findings->arrays[a].values);
    vdib__free(findings->class_names);
    vdib__free(findings->warnings);
    vdib__free(findings->notes);
    vdib__free(findings->confusion);
    vdib__free(findings->experiment);
    vdib__free(findings);
}

void vdib_evaluation_clear(vdib_evaluation *evaluation) {
    if (evaluation == NULL)
        return;
    vdib__findings_destroy(evaluation->findings);
    evaluation->findings = NULL;
}

double vdib_evaluation_get(const vdib_evaluation *evaluation, const char *name) {
    double value = NAN;
    (void)vdib_evaluation_figure(evaluation, vdib_figure_find(name), &value);
    return value;
}

bool vdib_evaluation_stepwise(const vdib_evaluation *evaluation) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    return findings != NULL && findings->task == VDIB__TASK_STEPS;
}

uint64_t vdib_evaluation_seed(const vdib_evaluation *evaluation) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    return findings != NULL ? findings->seed : 0;
}

size_t vdib_evaluation_classes(const vdib_evaluation *evaluation) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    return findings != NULL ? findings->classes : 0;
}

uint64_t vdib_evaluation_confusion(const vdib_evaluation *evaluation, size_t truth, size_t said) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    size_t classes = vdib_evaluation_classes(evaluation);
    return truth < classes && said < classes ? findings->confusion[truth * classes + said] : 0;
}

const char *vdib_evaluation_class_name(const vdib_evaluation *evaluation, size_t class_number) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    if (class_number >= vdib_evaluation_classes(evaluation) || findings->class_names == NULL)
        return NULL;
    return findings->class_names[class_number];
}
