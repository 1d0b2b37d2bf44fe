/* SPDX-License-Identifier: MIT */
/* Values of keys as text, both ways. */
#include "config/keys.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"

void vdib__number_format(double value, char text[32]) {
    for (int digits = 15; digits <= 17; digits++) {
        vdib__format(text, 32, "%.*g", digits, value);
        if (vdib__parse_double(text, NULL) == value)
            break;
    }
    char *exponent = strchr(text, 'e');
    if (exponent != NULL && strchr(text, '.') == NULL) { /* YAML 1.1 takes 1e-05 for a string, 1.0e-05 for a number */
        memmove(exponent + 2, exponent, strlen(exponent) + 1);
        exponent[0] = '.';
        exponent[1] = '0';
    }
}

static bool parse_whole(const vdib__config_key *key, const char *text, int64_t *value) {
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    errno = 0;
    long long parsed = strtoll(text, NULL, 10);
    *value = parsed;
    return errno == 0 && parsed >= key->least && parsed <= key->most;
}

static bool parse_real(const vdib__config_key *key, const char *text, double *value) {
    /* strtod alone would take "nan", "inf", hexadecimal and leading blanks. */
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    char *end = NULL;
    double parsed = vdib__parse_double(text, &end);
    *value = parsed;
    return end != text && *end == '\0' && isfinite(parsed) &&
           (parsed > key->low || (key->includes_low && parsed == key->low)) &&
           (parsed < key->high || (key->includes_high && parsed == key->high));
}

/* NULL stands for "auto". */
static bool parse_choice(const vdib__config_key *key, const char *text, const vdib__choice **value) {
    if (key->automatic && strcmp(text, "auto") == 0) {
        *value = NULL;
        return true;
    }
    *value = vdib__choice_find(key->choices, text);
    return *value != NULL;
}

static bool parse_name(const char *text, char value[VDIB_CONFIG_TEXT]) {
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    if (length == 0 || length >= VDIB_CONFIG_TEXT || text[0] == ' ' || text[length - 1] == ' ')
        return false;
    memset(value, 0, VDIB_CONFIG_TEXT);
    snprintf(value, VDIB_CONFIG_TEXT, "%s", text);
    return true;
}

/* An item's text without the blanks around it, a number in its shortest form; false if it does not fit or is none. */
static bool parse_item(const vdib__config_key *key, const char *begin, const char *end,
                       char item[VDIB_CONFIG_LAYER_TEXT]) {
    while (begin < end && *begin == ' ')
        begin++;
    while (end > begin && end[-1] == ' ')
        end--;
    if (end - begin >= VDIB_CONFIG_LAYER_TEXT)
        return false;
    snprintf(item, VDIB_CONFIG_LAYER_TEXT, "%.*s", (int)(end - begin), begin);
    vdib__layer_text layer;
    double number = 0;
    if (!key->numbers)
        return vdib__layer_parse(item, &layer);
    if (!parse_real(key, item, &number))
        return false;
    memset(item, 0, VDIB_CONFIG_LAYER_TEXT); /* the same number is the same bytes */
    vdib__number_format(number, item);
    return true;
}

/* "[800, 256]" or "800,256"; "[]" has no items. */
static bool parse_list(const vdib__config_key *key, const char *text, vdib__config_list *list) {
    const char *end = text + strlen(text);
    if (text[0] == '[') {
        if (end[-1] != ']')
            return false;
        text++;
        end--;
        if (text + strspn(text, " ") == end)
            return true;
    }
    for (;;) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma != NULL ? comma : end;
        if (list->count == VDIB_CONFIG_LAYERS || !parse_item(key, text, stop, list->items[list->count]))
            return false;
        list->count++;
        if (comma == NULL)
            return true;
        text = comma + 1;
    }
}

static bool assign_whole(vdib_config *config, const vdib__config_key *key, const char *text) {
    int64_t value = 0;
    if (!parse_whole(key, text, &value))
        return false;
    char *member = (char *)config + key->offset;
    int narrow = (int)value;
    if (key->size == sizeof narrow)
        memcpy(member, &narrow, sizeof narrow);
    else /* size_t, int64_t and uint64_t share their bytes within the range */
        memcpy(member, &value, sizeof value);
    return true;
}

static bool assign_real(vdib_config *config, const vdib__config_key *key, const char *text) {
    double value = 0;
    if (!parse_real(key, text, &value))
        return false;
    value += 0.0; /* -0 and 0 are the same value and the same text */
    memcpy((char *)config + key->offset, &value, sizeof value);
    return true;
}

static bool assign_switch(vdib_config *config, const vdib__config_key *key, const char *text) {
    bool value = strcmp(text, "true") == 0;
    if (!value && strcmp(text, "false") != 0)
        return false;
    memcpy((char *)config + key->offset, &value, sizeof value);
    return true;
}

static bool assign_choice(vdib_config *config, const vdib__config_key *key, const char *text) {
    const vdib__choice *value = NULL;
    if (!parse_choice(key, text, &value))
        return false;
    memcpy((char *)config + key->offset, &value, sizeof value);
    return true;
}

static bool assign_list(vdib_config *config, const vdib__config_key *key, const char *text) {
    vdib__config_list list = {0};
    if (!parse_list(key, text, &list))
        return false;
    memcpy((char *)config + key->offset, &list, sizeof list);
    return true;
}

static bool assign(vdib_config *config, const vdib__config_key *key, const char *text) {
    switch (key->type) {
    case VDIB_KEY_TEXT:
        return parse_name(text, (char *)config + key->offset);
    case VDIB_KEY_WHOLE:
        return assign_whole(config, key, text);
    case VDIB_KEY_REAL:
        return assign_real(config, key, text);
    case VDIB_KEY_SWITCH:
        return assign_switch(config, key, text);
    case VDIB_KEY_CHOICE:
        return assign_choice(config, key, text);
    case VDIB_KEY_LIST:
        return assign_list(config, key, text);
    }
    return false;
}

vdib_status vdib__config_assign(vdib_config *config, const vdib__config_key *key, const char *place,
                                const char *value) {
    if (assign(config, key, value))
        return VDIB_OK;
    char shown[VDIB_SHOWN];
    return vdib__fail(VDIB_ERROR_CONFIG, "%s: %s is '%s'; it takes %s", place, key->name, vdib__shown(value, shown),
                      key->takes);
}

const vdib__config_list *vdib__config_listed(const vdib_config *config, const vdib__config_key *key) {
    return (const vdib__config_list *)(const void *)((const char *)config + key->offset);
}

static void format_list(const vdib__config_list *list, char text[VDIB_CONFIG_VALUE]) {
    size_t used = (size_t)snprintf(text, VDIB_CONFIG_VALUE, "[");
    for (size_t i = 0; i < list->count; i++)
        used += (size_t)snprintf(text + used, VDIB_CONFIG_VALUE - used, "%s%s", i == 0 ? "" : ", ", list->items[i]);
    snprintf(text + used, VDIB_CONFIG_VALUE - used, "]");
}

const vdib__choice *vdib__config_choice(const vdib_config *config, const vdib__config_key *key) {
    const vdib__choice *value = NULL;
    memcpy(&value, (const char *)config + key->offset, sizeof value);
    return value;
}

int64_t vdib__config_whole(const vdib_config *config, const vdib__config_key *key) {
    const char *member = (const char *)config + key->offset;
    int narrow = 0;
    int64_t wide = 0;
    if (key->size == sizeof narrow) {
        memcpy(&narrow, member, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, member, sizeof wide);
    return wide;
}

double vdib__config_real(const vdib_config *config, const vdib__config_key *key) {
    double value = 0;
    memcpy(&value, (const char *)config + key->offset, sizeof value);
    return value;
}

bool vdib__config_switch(const vdib_config *config, const vdib__config_key *key) {
    bool value = false;
    memcpy(&value, (const char *)config + key->offset, sizeof value);
    return value;
}

vdib_status vdib__config_fill(vdib_config *config, const vdib__config_file *complete) {
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t i = 0; i < count; i++)
        if (keys[i].before != NULL && !complete->names(complete->file, &keys[i]))
            VDIB_TRY(vdib__config_assign(config, &keys[i], complete->origin, keys[i].before));
    return VDIB_OK;
}

void vdib__config_format(const vdib_config *config, const vdib__config_key *key, char text[VDIB_CONFIG_VALUE]) {
    const vdib__choice *choice;
    switch (key->type) {
    case VDIB_KEY_TEXT:
        snprintf(text, VDIB_CONFIG_VALUE, "%s", (const char *)config + key->offset);
        break;
    case VDIB_KEY_WHOLE:
        snprintf(text, VDIB_CONFIG_VALUE, "%" PRId64, vdib__config_whole(config, key));
        break;
    case VDIB_KEY_REAL:
        vdib__number_format(vdib__config_real(config, key), text);
        break;
    case VDIB_KEY_SWITCH:
        snprintf(text, VDIB_CONFIG_VALUE, "%s", vdib__config_switch(config, key) ? "true" : "false");
        break;
    case VDIB_KEY_CHOICE:
        choice = vdib__config_choice(config, key);
        snprintf(text, VDIB_CONFIG_VALUE, "%s", choice != NULL ? choice->name : "auto");
        break;
    case VDIB_KEY_LIST:
        format_list(vdib__config_listed(config, key), text);
        break;
    }
}
