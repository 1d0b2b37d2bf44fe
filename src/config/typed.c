/* SPDX-License-Identifier: MIT */
/* Keys by type, and what the table says of a key. Values go through their text, which reads back to the same value, so
 * that ranges and messages are those of files and --set. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/keys.h"
#include "core/error.h"
#include "core/sized.h"

_Static_assert((int)VDIB_TYPE_TEXT == (int)VDIB_KEY_TEXT && (int)VDIB_TYPE_WHOLE == (int)VDIB_KEY_WHOLE &&
                   (int)VDIB_TYPE_REAL == (int)VDIB_KEY_REAL && (int)VDIB_TYPE_SWITCH == (int)VDIB_KEY_SWITCH &&
                   (int)VDIB_TYPE_CHOICE == (int)VDIB_KEY_CHOICE && (int)VDIB_TYPE_LIST == (int)VDIB_KEY_LIST,
               "public and internal types");

static const char *const TYPES[] = {"a text", "a whole number", "a real number", "a switch", "a choice", "a list"};

static vdib_status find(const char *function, const char *name, const vdib__config_key **key) {
    *key = vdib__config_key_find(name);
    return *key != NULL ? VDIB_OK : vdib__config_unknown(function, name);
}

/* The key of that name, which must be of one type. */
static vdib_status find_typed(const char *function, const char *name, vdib__key_type type,
                              const vdib__config_key **key) {
    const vdib__config_key *found = NULL;
    VDIB_TRY(find(function, name, &found));
    if (found->type != type)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: %s is %s, not %s; it takes %s", function, found->name,
                          TYPES[found->type], TYPES[type], found->takes);
    *key = found;
    return VDIB_OK;
}

/* ---- setting ---- */

vdib_status vdib_config_set_text(vdib_config *config, const char *key, const char *value) {
    const vdib__config_key *found = NULL;
    VDIB_REQUIRE(config, key, value);
    VDIB_TRY(find(__func__, key, &found));
    return vdib__config_assign(config, found, __func__, value);
}

vdib_status vdib_config_set_whole(vdib_config *config, const char *key, int64_t value) {
    const vdib__config_key *found = NULL;
    char text[32];
    VDIB_REQUIRE(config, key);
    VDIB_TRY(find_typed(__func__, key, VDIB_KEY_WHOLE, &found));
    snprintf(text, sizeof text, "%" PRId64, value);
    return vdib__config_assign(config, found, __func__, text);
}

vdib_status vdib_config_set_real(vdib_config *config, const char *key, double value) {
    const vdib__config_key *found = NULL;
    char text[32];
    VDIB_REQUIRE(config, key);
    VDIB_TRY(find_typed(__func__, key, VDIB_KEY_REAL, &found));
    if (isfinite(value))
        vdib__number_format(value, text);
    else
        snprintf(text, sizeof text, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    return vdib__config_assign(config, found, __func__, text);
}

vdib_status vdib_config_set_switch(vdib_config *config, const char *key, bool value) {
    const vdib__config_key *found = NULL;
    VDIB_REQUIRE(config, key);
    VDIB_TRY(find_typed(__func__, key, VDIB_KEY_SWITCH, &found));
    return vdib__config_assign(config, found, __func__, value ? "true" : "false");
}

vdib_status vdib_config_set_list(vdib_config *config, const char *key, const char *const *items, size_t count) {
    const vdib__config_key *found = NULL;
    char text[VDIB_CONFIG_VALUE] = "[";
    size_t used = 1;
    VDIB_REQUIRE(config, key);
    if (count > 0)
        VDIB_REQUIRE(items);
    VDIB_TRY(find_typed(__func__, key, VDIB_KEY_LIST, &found));
    for (size_t i = 0; i < count; i++) {
        if (items[i] == NULL || strpbrk(items[i], ",[]") != NULL || used + strlen(items[i]) + 3 > sizeof text)
            return vdib__fail(VDIB_ERROR_CONFIG, "%s: item %zu of %s is none, or there are too many; it takes %s",
                              __func__, i, found->name, found->takes);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? "," : "", items[i]);
    }
    snprintf(text + used, sizeof text - used, "]");
    return vdib__config_assign(config, found, __func__, text);
}

/* ---- reading ---- */

vdib_status vdib_config_get_whole(const vdib_config *config, const char *key, int64_t *value) {
    const vdib__config_key *found = NULL;
    VDIB_REQUIRE(config, key, value);
    VDIB_TRY(find_typed(__func__, key, VDIB_KEY_WHOLE, &found));
    *value = vdib__config_whole(config, found);
    return VDIB_OK;
}

vdib_status vdib_config_get_real(const vdib_config *config, const char *key, double *value) {
    const vdib__config_key *found = NULL;
    VDIB_REQUIRE(config, key, value);
    VDIB_TRY(find_typed(__func__, key, VDIB_KEY_REAL, &found));
    *value = vdib__config_real(config, found);
    return VDIB_OK;
}

vdib_status vdib_config_get_switch(const vdib_config *config, const char *key, bool *value) {
    const vdib__config_key *found = NULL;
    VDIB_REQUIRE(config, key, value);
    VDIB_TRY(find_typed(__func__, key, VDIB_KEY_SWITCH, &found));
    *value = vdib__config_switch(config, found);
    return VDIB_OK;
}

vdib_status vdib_config_get_list(const vdib_config *config, const char *key, size_t index, const char **item,
                                 size_t *count) {
    const vdib__config_key *found = NULL;
    VDIB_REQUIRE(config, key);
    VDIB_TRY(find_typed(__func__, key, VDIB_KEY_LIST, &found));
    const vdib__config_list *list = vdib__config_listed(config, found);
    if (item != NULL)
        *item = index < list->count ? list->items[index] : NULL;
    if (count != NULL)
        *count = list->count;
    return VDIB_OK;
}

/* ---- the table ---- */

vdib_status vdib_config_key_info(const char *key, vdib_key_info *info) {
    const vdib__config_key *found = NULL;
    size_t count = 0;
    VDIB_REQUIRE(key);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_key_info, info));
    VDIB_TRY(find(__func__, key, &found));
    size_t index = (size_t)(found - vdib__config_keys(&count));
    const vdib_key_info made = {.size = sizeof(vdib_key_info),
                                .name = found->name,
                                .index = index,
                                .type = (vdib_key_type)found->type,
                                .least = found->least,
                                .most = found->most,
                                .low = found->low,
                                .high = found->high,
                                .includes_low = found->includes_low,
                                .includes_high = found->includes_high,
                                .choices = vdib_config_key_choice_count(index),
                                .items = found->type == VDIB_KEY_LIST ? VDIB_CONFIG_LAYERS : 0,
                                .standard = found->standard,
                                .takes = found->takes,
                                .about = found->about};
    VDIB_SIZED_WRITE(vdib_key_info, &made, info);
    return VDIB_OK;
}
