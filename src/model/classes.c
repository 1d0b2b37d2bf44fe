/* SPDX-License-Identifier: MIT */
/* The names of a model's classes. */

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "model/model.h"

static void free_names(vdib_model *model) {
    for (size_t c = 0; c < model->geometry.classes && model->class_names != NULL; c++)
        vdib__free(model->class_names[c]);
    vdib__free(model->class_names);
    model->class_names = NULL;
}

vdib_status vdib__model_set_classes(vdib_model *model, const char *const *names) {
    free_names(model);
    if (names == NULL)
        return VDIB_OK;
    VDIB_TRY(VDIB_NEW(&model->class_names, model->geometry.classes));
    for (size_t c = 0; c < model->geometry.classes; c++)
        VDIB_TRY(vdib__strdup(names[c], &model->class_names[c]));
    return VDIB_OK;
}

const char *vdib_model_class_name(const vdib_model *model, size_t class_number) {
    if (model == NULL || model->class_names == NULL || class_number >= model->geometry.classes)
        return NULL;
    return model->class_names[class_number];
}

vdib_status vdib__model_classes_to_json(const vdib_model *model, char **json) {
    *json = NULL;
    if (model->class_names == NULL)
        return VDIB_OK;
    json_t *list = json_array();
    bool good = list != NULL;
    for (size_t c = 0; c < model->geometry.classes && good; c++) {
        /* Names of folders need not be UTF-8, but JSON must. */
        json_t *name = json_string(model->class_names[c]);
        good = json_array_append_new(list, name != NULL ? name : json_sprintf("class-%zu", c)) == 0;
    }
    char *text = good ? vdib__json_write(list, JSON_COMPACT) : NULL;
    json_decref(list);
    if (text == NULL)
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: the names of the classes could not be written");
    vdib_status status = vdib__strdup(text, json);
    vdib__json_free(text);
    return status;
}

vdib_status vdib__model_classes_from_json(vdib_model *model, const char *json, const char *origin) {
    const char **names = NULL;
    json_t *list = vdib__json_read(json, strlen(json), NULL);
    size_t classes = model->geometry.classes;
    bool good = json_is_array(list) && json_array_size(list) == classes;
    vdib_status status = good ? VDIB_NEW(&names, classes) : VDIB_OK;
    for (size_t c = 0; c < classes && good && status == VDIB_OK; c++) {
        names[c] = json_string_value(json_array_get(list, c));
        good = names[c] != NULL;
    }
    if (status == VDIB_OK && !good)
        status = vdib__fail(VDIB_ERROR_FORMAT, "%s: vdib_classes is no list of %zu name%s", origin, classes,
                            vdib__s(classes));
    if (status == VDIB_OK)
        status = vdib__model_set_classes(model, names);
    vdib__free(names);
    json_decref(list);
    return status;
}
