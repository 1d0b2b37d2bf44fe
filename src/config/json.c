/* SPDX-License-Identifier: MIT */
/* The configuration as a model's metadata: one JSON object a section. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/digest.h"
#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/json.h"
#include "core/text.h"

/* An item as a number where it is one: a layer as a whole number (dense) or a text (convolutional). */
static json_t *item_to_json(const vdib__config_key *key, const char *text) {
    if (key->numbers)
        return json_real(vdib__parse_double(text, NULL));
    bool dense = text[strspn(text, "0123456789")] == '\0';
    return dense ? json_integer(strtoll(text, NULL, 10)) : json_string(text);
}

/* NULL without memory. */
static json_t *list_to_json(const vdib_config *config, const vdib__config_key *key) {
    const vdib__config_list *list = vdib__config_listed(config, key);
    json_t *made = json_array();
    for (size_t i = 0; i < list->count; i++)
        if (json_array_append_new(made, item_to_json(key, list->items[i])) != 0) {
            json_decref(made);
            return NULL;
        }
    return made;
}

static json_t *value_to_json(const vdib_config *config, const vdib__config_key *key) {
    char text[VDIB_CONFIG_VALUE];
    switch (key->type) {
    case VDIB_KEY_WHOLE:
        return json_integer(vdib__config_whole(config, key));
    case VDIB_KEY_REAL:
        return json_real(vdib__config_real(config, key));
    case VDIB_KEY_SWITCH:
        return json_boolean(vdib__config_switch(config, key));
    case VDIB_KEY_LIST:
        return list_to_json(config, key);
    default:
        vdib__config_format(config, key, text);
        return json_string(text);
    }
}

/* The object that holds `key` (its section's, made if needed) and its name there; NULL without memory. */
static json_t *section_of(json_t *root, const vdib__config_key *key, const char **name) {
    const char *dot = strchr(key->name, '.');
    *name = key->name;
    if (dot == NULL)
        return root;
    char section[VDIB_CONFIG_KEY_NAME];
    snprintf(section, sizeof section, "%.*s", (int)(dot - key->name), key->name);
    *name = dot + 1;
    json_t *object = json_object_get(root, section);
    if (object == NULL && json_object_set_new(root, section, json_object()) == 0)
        object = json_object_get(root, section);
    return object;
}

static json_t *config_to_object(const vdib_config *config) {
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    json_t *root = json_object();
    for (size_t i = 0; i < count; i++) {
        if (strncmp(keys[i].name, "training.", strlen("training.")) == 0)
            continue;
        const char *name = NULL;
        json_t *section = section_of(root, &keys[i], &name);
        if (json_object_set_new(section, name, value_to_json(config, &keys[i])) != 0) {
            json_decref(root);
            return NULL;
        }
    }
    return root;
}

/* Sorted and compact, with the fewest digits (15 to 17) from which all numbers read back the same. malloc'ed, or NULL.
 */
static char *dump_exactly(const json_t *root) {
    for (size_t digits = 15;; digits++) {
        char *text = vdib__json_write(root, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(digits));
        json_t *back = text != NULL ? vdib__json_read(text, strlen(text), NULL) : NULL;
        bool exact = back != NULL && json_equal(root, (json_t *)back);
        json_decref(back);
        if (text == NULL || exact || digits == 17)
            return text;
        vdib__json_free(text);
    }
}

vdib_status vdib__config_to_json(const vdib_config *config, char **json) {
    json_t *root = config_to_object(config);
    char *text = root != NULL ? dump_exactly(root) : NULL;
    json_decref(root);
    if (text == NULL)
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: the configuration could not be written as JSON");
    vdib_status status = vdib__strdup(text, json);
    vdib__json_free(text);
    return status;
}

vdib_status vdib__config_digest(const vdib_config *config, char digest[VDIB_DIGEST_TEXT]) {
    char *settings = NULL;
    vdib__digest made;
    VDIB_TRY(vdib__config_to_json(config, &settings));
    vdib__digest_begin(&made);
    vdib__digest_add(&made, settings, strlen(settings));
    vdib__digest_end(&made, digest);
    vdib__free(settings);
    return VDIB_OK;
}

static vdib_status refuse_value(const char *origin, const vdib__config_key *key, const char *what) {
    return vdib__fail(VDIB_ERROR_CONFIG, "%s: %s is %s; it takes %s", origin, key->name, what, key->takes);
}

/* A string or number as the text that the setter takes; false for anything else. */
static bool scalar_from_json(const json_t *value, char *text, size_t size) {
    char number[32];
    switch (json_typeof(value)) {
    case JSON_STRING:
        return (size_t)snprintf(text, size, "%s", json_string_value(value)) < size;
    case JSON_INTEGER:
        return (size_t)snprintf(text, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value)) < size;
    case JSON_REAL:
        vdib__number_format(json_real_value(value), number);
        return (size_t)snprintf(text, size, "%s", number) < size;
    case JSON_TRUE:
    case JSON_FALSE:
        return (size_t)snprintf(text, size, "%s", json_is_true(value) ? "true" : "false") < size;
    default:
        return false;
    }
}

static bool list_from_json(const json_t *list, char text[VDIB_CONFIG_VALUE]) {
    size_t used = (size_t)snprintf(text, VDIB_CONFIG_VALUE, "[");
    for (size_t i = 0; i < json_array_size(list); i++) {
        char item[VDIB_CONFIG_LAYER_TEXT];
        if (!scalar_from_json(json_array_get(list, i), item, sizeof item))
            return false;
        used += (size_t)snprintf(text + used, VDIB_CONFIG_VALUE - used, "%s%s", i == 0 ? "" : ", ", item);
        if (used + 2 > VDIB_CONFIG_VALUE)
            return false;
    }
    snprintf(text + used, VDIB_CONFIG_VALUE - used, "]");
    return true;
}

static vdib_status assign_json(vdib_config *config, const char *origin, const char *name, const json_t *value) {
    const vdib__config_key *key = vdib__config_key_find(name);
    char text[VDIB_CONFIG_VALUE];
    bool named = key != NULL && (strcmp(key->name, name) == 0 || (key->alias != NULL && strcmp(key->alias, name) == 0));
    if (!named)
        return vdib__config_unknown(origin, name);
    if (json_is_array(value) != (key->type == VDIB_KEY_LIST) ||
        !(json_is_array(value) ? list_from_json(value, text) : scalar_from_json(value, text, sizeof text)))
        return refuse_value(origin, key, "of another type");
    return vdib__config_assign(config, key, origin, text);
}

static vdib_status read_object(vdib_config *config, const char *origin, json_t *root) {
    const char *name, *inner;
    json_t *value, *member;
    json_object_foreach(root, name, value) {
        if (!json_is_object(value) || !vdib__config_is_section(name)) {
            VDIB_TRY(assign_json(config, origin, name, value));
            continue;
        }
        json_object_foreach(value, inner, member) {
            char full[2 * VDIB_CONFIG_KEY_NAME];
            snprintf(full, sizeof full, "%s.%s", name, inner);
            VDIB_TRY(assign_json(config, origin, full, member));
        }
    }
    return VDIB_OK;
}

/* In its section, or with the section in its name. */
static bool has_value(const json_t *root, const char *name) {
    const char *dot = strchr(name, '.');
    char section[VDIB_CONFIG_KEY_NAME];
    if (json_object_get(root, name) != NULL)
        return true;
    if (dot == NULL)
        return false;
    snprintf(section, sizeof section, "%.*s", (int)(dot - name), name);
    return json_object_get(json_object_get(root, section), dot + 1) != NULL;
}

static bool names_key(const void *file, const vdib__config_key *key) {
    return has_value(file, key->name) || (key->alias != NULL && has_value(file, key->alias));
}

vdib_status vdib__config_from_json(const char *json, const char *origin, vdib_config **config) {
    json_error_t error;
    json_t *root = vdib__json_read(json, strlen(json), &error);
    if (root == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: its configuration is not valid JSON (line %d: %s); fetch or write the "
                          "file again",
                          origin, error.line, error.text);
    vdib_config *made = NULL;
    vdib_status status;
    if (!json_is_object(root)) {
        status = vdib__fail(VDIB_ERROR_FORMAT, "%s: its configuration is no JSON object", origin);
        goto done;
    }
    VDIB_TRY_GOTO(vdib_config_create(&made), done);
    status = read_object(made, origin, root);
    if (status == VDIB_OK)
        status = vdib__config_fill(made, &(vdib__config_file){origin, root, names_key});
    if (status == VDIB_OK)
        *config = made;
    else
        vdib_config_destroy(made);
done:
    json_decref(root);
    return status;
}
