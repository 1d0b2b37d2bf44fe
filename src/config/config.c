/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdio.h>
#include <string.h>

#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"

vdib_status vdib_config_create(vdib_config **config) {
    if (config == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_create: config must not be NULL");
    vdib_config *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        vdib_status status = vdib__config_assign(made, &keys[i], "default", keys[i].standard);
        if (status != VDIB_OK) {
            vdib__free(made);
            return status;
        }
    }
    *config = made;
    return VDIB_OK;
}

vdib_status vdib_config_copy(const vdib_config *config, vdib_config **copy) {
    if (config == NULL || copy == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_copy: neither argument may be NULL");
    vdib_config *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    *made = *config;
    *copy = made;
    return VDIB_OK;
}

void vdib_config_destroy(vdib_config *config) {
    vdib__free(config);
}

/* Copies text[0..length) without the blanks around it, cut to `size`; false if it was cut. */
static bool copy_trimmed(const char *text, size_t length, char *copy, size_t size) {
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    snprintf(copy, size, "%.*s", (int)(length < size ? length : size - 1), text);
    return length < size;
}

vdib_status vdib_config_set(vdib_config *config, const char *assignment) {
    static const char place[] = "--set";
    if (config == NULL || assignment == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_set: neither argument may be NULL");
    const char *equals = strchr(assignment, '=');
    char name[VDIB_CONFIG_KEY_NAME], value[VDIB_CONFIG_VALUE], shown[VDIB_SHOWN];
    if (equals == NULL)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: '%s' sets nothing; write key=value, for example decoder.type=conv",
                          place, vdib__shown(assignment, shown));
    bool whole_name = copy_trimmed(assignment, (size_t)(equals - assignment), name, sizeof name);
    bool whole_value = copy_trimmed(equals + 1, strlen(equals + 1), value, sizeof value);
    const vdib__config_key *key = whole_name ? vdib__config_key_find(name) : NULL;
    if (key == NULL)
        return vdib__config_unknown(place, name);
    if (!whole_value)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: %s is '%s'; it takes %s", place, key->name, vdib__shown(value, shown),
                          key->takes);
    return vdib__config_assign(config, key, place, value);
}

vdib_status vdib_config_get(const vdib_config *config, const char *key, char *value, size_t size) {
    if (config == NULL || key == NULL || value == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_get: no argument may be NULL");
    const vdib__config_key *found = vdib__config_key_find(key);
    if (found == NULL)
        return vdib__config_unknown("vdib_config_get", key);
    char text[VDIB_CONFIG_VALUE];
    vdib__config_format(config, found, text);
    if (strlen(text) >= size)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_get: %s needs %zu byte%s, %zu were given", found->name,
                          strlen(text) + 1, vdib__s(strlen(text) + 1), size);
    memcpy(value, text, strlen(text) + 1);
    return VDIB_OK;
}
