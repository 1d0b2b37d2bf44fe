/* SPDX-License-Identifier: MIT */
/* What "auto", and a 0 that stands for another key, mean. */
#include <stdio.h>
#include <string.h>

#include "config/needs.h"

int64_t vdib__config_number(const vdib_config *config, const vdib__config_key *key) {
    int64_t value = vdib__config_whole(config, key);
    return value == 0 && key->zero != NULL ? vdib__config_whole(config, vdib__config_key_find(key->zero)) : value;
}

bool vdib__need_met(const vdib_config *config, const vdib__need *need) {
    const vdib__config_key *key = vdib__config_key_find(need->key);
    if (key->type == VDIB_KEY_CHOICE)
        return vdib__choice_is(vdib__config_chosen(config, key), need->any);
    int64_t value = vdib__config_number(config, key);
    return value >= need->least && (need->most == 0 || value <= need->most) &&
           (need->below == NULL || value < vdib__config_number(config, vdib__config_key_find(need->below)));
}

static bool needs_met(const vdib_config *config, const vdib__choice *choice) {
    for (const vdib__need *need = choice->needs; need != NULL && need->key != NULL; need++)
        if (!vdib__need_met(config, need))
            return false;
    return true;
}

/* The values that the other keys' choices prefer for `key`; NULL if none says anything. */
static const char *preferred(const vdib_config *config, const vdib__config_key *key) {
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        const vdib__choice *choice = keys[i].type == VDIB_KEY_CHOICE ? vdib__config_choice(config, &keys[i]) : NULL;
        for (const vdib__preference *p = choice != NULL ? choice->prefers : NULL; p != NULL && p->key != NULL; p++)
            if (strcmp(p->key, key->name) == 0)
                return p->values;
    }
    return NULL;
}

/* The first of the preferred values whose needs are met, else the last of them. Of one value alone no need is looked
 * at. */
const vdib__choice *vdib__config_chosen(const vdib_config *config, const vdib__config_key *key) {
    const vdib__choice *value = vdib__config_choice(config, key);
    if (value != NULL)
        return value;
    value = key->choices->rows[0];
    const char *words = preferred(config, key);
    while (words != NULL && *words != '\0') {
        char name[VDIB_CONFIG_KEY_NAME];
        size_t length = strcspn(words, " ");
        snprintf(name, sizeof name, "%.*s", (int)length, words);
        words += length + strspn(words + length, " ");
        const vdib__choice *found = vdib__choice_find(key->choices, name);
        value = found != NULL ? found : value;
        if (*words != '\0' && needs_met(config, value))
            break;
    }
    return value;
}

static const vdib__choice *chosen(const vdib_config *config, const char *name) {
    return vdib__config_chosen(config, vdib__config_key_find(name));
}

const vdib__choice *vdib__config_rate(const vdib_config *config) {
    return chosen(config, "objective.rate_term");
}

const vdib__choice *vdib__config_baseline(const vdib_config *config) {
    return chosen(config, "learning.baseline");
}

const vdib__choice *vdib__config_head(const vdib_config *config) {
    return chosen(config, "decoder.head");
}

size_t vdib__config_test_steps(const vdib_config *config) {
    return config->data.test_steps != 0 ? config->data.test_steps : config->data.steps;
}

size_t vdib__config_window(const vdib_config *config) {
    return config->decoder.window != 0 ? config->decoder.window : config->data.steps;
}

size_t vdib__config_warmup_steps(const vdib_config *config) {
    return vdib__choice_is(config->data.input, "stepwise") ? config->decoder.window : 0;
}
