/* SPDX-License-Identifier: MIT */
/* Ready experiments, and configurations by name or path. */
#include <string.h>

#include "config/experiments.h"
#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/spelling.h"

size_t vdib_experiment_count(void) {
    return vdib__experiment_total;
}

const char *vdib_experiment_name(size_t index) {
    return index < vdib__experiment_total ? vdib__experiments[index].name : NULL;
}

const char *vdib_experiment_summary(size_t index) {
    return index < vdib__experiment_total ? vdib__experiments[index].summary : NULL;
}

const char *vdib_experiment_yaml(size_t index) {
    return index < vdib__experiment_total ? vdib__experiments[index].yaml : NULL;
}

static const char *nearest_experiment(const char *name) {
    const char *nearest = vdib__experiments[0].name;
    for (size_t i = 1; i < vdib__experiment_total; i++)
        if (vdib__edit_distance(name, vdib__experiments[i].name) < vdib__edit_distance(name, nearest))
            nearest = vdib__experiments[i].name;
    return nearest;
}

/* Whether the name is meant as a file's. */
static bool names_file(const char *name) {
    const char *ending = strrchr(name, '.');
    return vdib__is_file(name) || vdib__is_folder(name) ||
           (ending != NULL && (strcmp(ending, ".yaml") == 0 || strcmp(ending, ".yml") == 0));
}

static vdib_status load_file(const char *path, vdib_config **config) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (!names_file(path))
        return vdib__fail(VDIB_ERROR_IO, "%s: is neither a ready experiment nor a file; did you mean '%s'?", path,
                          nearest_experiment(path));
    VDIB_TRY(vdib__file_read(path, &bytes, &size));
    vdib_status status = vdib_config_parse((const char *)bytes, size, path, config);
    vdib__free(bytes);
    return status;
}

vdib_status vdib_config_load(const char *name_or_path, vdib_config **config) {
    if (name_or_path == NULL || config == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_load: neither argument may be NULL");
    for (size_t i = 0; i < vdib__experiment_total; i++) {
        const vdib__experiment *experiment = &vdib__experiments[i];
        if (strcmp(experiment->name, name_or_path) == 0)
            return vdib_config_parse(experiment->yaml, strlen(experiment->yaml), experiment->name, config);
    }
    return load_file(name_or_path, config);
}
