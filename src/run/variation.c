/* SPDX-License-Identifier: MIT */
#include "run/variation.h"

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"

static const char PLACE[] = "--over";

/* The length of the part of `text` before `separator` or its end; what stands in brackets is not looked at. */
static size_t part_length(const char *text, char separator) {
    size_t length = 0;
    int depth = 0;
    for (; text[length] != '\0' && (depth > 0 || text[length] != separator); length++)
        depth += text[length] == '[' ? 1 : text[length] == ']' && depth > 0 ? -1 : 0;
    return length;
}

static size_t count_parts(const char *text, char separator) {
    size_t count = 1;
    for (text += part_length(text, separator); *text != '\0'; count++)
        text += 1 + part_length(text + 1, separator);
    return count;
}

/* Copies part `index` of `text`; false if it has no room. */
static bool part_of(const char *text, char separator, size_t index, char *part, size_t size) {
    for (; index > 0; index--)
        text += part_length(text, separator) + 1;
    size_t length = part_length(text, separator);
    if (length >= size)
        return false;
    memcpy(part, text, length);
    part[length] = '\0';
    return true;
}

static vdib_status read_keys(const char *names, vdib__variation *made) {
    char name[VDIB_CONFIG_KEY_NAME] = "", shown[VDIB_SHOWN];
    made->key_count = count_parts(names, ':');
    VDIB_TRY(VDIB_NEW(&made->keys, made->key_count));
    for (size_t k = 0; k < made->key_count; k++) {
        bool fits = part_of(names, ':', k, name, sizeof name);
        made->keys[k] = fits ? vdib__config_key_find(name) : NULL;
        if (made->keys[k] == NULL)
            return vdib__config_unknown(PLACE, fits ? name : names);
        if (strcmp(made->keys[k]->name, "seed") == 0)
            return vdib__fail(VDIB_ERROR_CONFIG, "%s: seeds are no setting; --seed says the first, --seeds how many",
                              PLACE);
        if (strcmp(made->keys[k]->name, "experiment") == 0)
            return vdib__fail(VDIB_ERROR_CONFIG,
                              "%s: experiment is a name, the runs would differ by it alone; vary other keys, or begin "
                              "a sweep of each experiment",
                              PLACE);
        for (size_t other = 0; other < k; other++)
            if (made->keys[other] == made->keys[k])
                return vdib__fail(VDIB_ERROR_CONFIG, "%s: %s stands twice in '%s'; name it once", PLACE,
                                  made->keys[k]->name, vdib__shown(names, shown));
    }
    return VDIB_OK;
}

/* The values number `value`, written as one text such as "mlp:rate", as the configuration spells them. */
static vdib_status read_value(const char *text, size_t value, vdib_config *config, vdib__variation *made) {
    char part[VDIB_CONFIG_VALUE], formatted[VDIB_CONFIG_VALUE], shown[VDIB_SHOWN];
    size_t keys = made->key_count, given = keys > 1 ? count_parts(text, ':') : 1;
    if (given != keys)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: '%s' has %zu value%s, but %zu keys change together: value:value",
                          PLACE, vdib__shown(text, shown), given, vdib__s(given), keys);
    for (size_t k = 0; k < keys; k++) {
        if (!part_of(text, keys > 1 ? ':' : '\0', k, part, sizeof part))
            return vdib__fail(VDIB_ERROR_CONFIG, "%s: '%s' is too long for a value", PLACE, vdib__shown(text, shown));
        VDIB_TRY(vdib__config_assign(config, made->keys[k], PLACE, part));
        vdib__config_format(config, made->keys[k], formatted);
        VDIB_TRY(vdib__strdup(formatted, &made->values[value * keys + k]));
    }
    return VDIB_OK;
}

static bool same_values(const vdib__variation *v, size_t a, size_t b) {
    for (size_t k = 0; k < v->key_count; k++)
        if (strcmp(v->values[a * v->key_count + k], v->values[b * v->key_count + k]) != 0)
            return false;
    return true;
}

static vdib_status read_values(const char *texts, const vdib_config *config, vdib__variation *made) {
    char text[VDIB_CONFIG_VALUE], said[VDIB_CONFIG_VALUE], shown[VDIB_SHOWN];
    vdib_config *tried = NULL;
    made->value_count = count_parts(texts, ',');
    VDIB_TRY(VDIB_NEW(&made->values, made->value_count * made->key_count));
    VDIB_TRY(vdib_config_copy(config, &tried));
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < made->value_count && status == VDIB_OK; i++) {
        if (!part_of(texts, ',', i, text, sizeof text))
            status =
                vdib__fail(VDIB_ERROR_CONFIG, "%s: '%s' is too long for a value", PLACE, vdib__shown(texts, shown));
        else
            status = read_value(text, i, tried, made);
        for (size_t other = 0; other < i && status == VDIB_OK; other++)
            if (same_values(made, other, i)) {
                vdib__variation_say(made, i, said, sizeof said);
                status = vdib__fail(VDIB_ERROR_CONFIG, "%s: %s is given twice; leave one out", PLACE, said);
            }
    }
    vdib_config_destroy(tried);
    return status;
}

/* The whole in one form, so that two sweeps can be compared. */
static vdib_status write_text(vdib__variation *made) {
    size_t size = 1;
    for (size_t k = 0; k < made->key_count; k++)
        size += strlen(made->keys[k]->name) + 1;
    for (size_t i = 0; i < made->value_count * made->key_count; i++)
        size += strlen(made->values[i]) + 1;
    VDIB_TRY(VDIB_NEW(&made->text, size));
    size_t used = 0;
    for (size_t k = 0; k < made->key_count; k++)
        used += (size_t)snprintf(made->text + used, size - used, "%s%s", k > 0 ? ":" : "", made->keys[k]->name);
    for (size_t i = 0; i < made->value_count; i++)
        for (size_t k = 0; k < made->key_count; k++)
            used += (size_t)snprintf(made->text + used, size - used, "%s%s",
                                     k > 0   ? ":"
                                     : i > 0 ? ","
                                             : "=",
                                     made->values[i * made->key_count + k]);
    return VDIB_OK;
}

vdib_status vdib__variation_read(const char *text, const vdib_config *config, vdib__variation *variation) {
    char shown[VDIB_SHOWN], *names = NULL;
    const char *equals = strchr(text, '=');
    vdib__variation made = {.key_count = 0};
    if (equals == NULL)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: '%s' has no '='; write key=value,value", PLACE,
                          vdib__shown(text, shown));
    VDIB_TRY(vdib__strdup(text, &names));
    names[equals - text] = '\0';
    vdib_status status = read_keys(names, &made);
    vdib__free(names);
    if (status == VDIB_OK)
        status = read_values(equals + 1, config, &made);
    if (status == VDIB_OK)
        status = write_text(&made);
    if (status == VDIB_OK)
        *variation = made;
    else
        vdib__variation_clear(&made);
    return status;
}

void vdib__variation_clear(vdib__variation *variation) {
    for (size_t i = 0; variation->values != NULL && i < variation->value_count * variation->key_count; i++)
        vdib__free(variation->values[i]);
    vdib__free(variation->values);
    vdib__free(variation->keys);
    vdib__free(variation->text);
    *variation = (vdib__variation){.key_count = 0};
}

vdib_status vdib__variation_apply(const vdib__variation *variation, size_t value, vdib_config *config) {
    for (size_t k = 0; k < variation->key_count; k++)
        VDIB_TRY(vdib__config_assign(config, variation->keys[k], PLACE,
                                     variation->values[value * variation->key_count + k]));
    return VDIB_OK;
}

size_t vdib__variation_say(const vdib__variation *variation, size_t value, char *text, size_t size) {
    size_t used = 0;
    for (size_t k = 0; k < variation->key_count; k++)
        used += (size_t)snprintf(used < size ? text + used : NULL, used < size ? size - used : 0, "%s%s=%s",
                                 k > 0 ? ", " : "", variation->keys[k]->name,
                                 variation->values[value * variation->key_count + k]);
    return used;
}
