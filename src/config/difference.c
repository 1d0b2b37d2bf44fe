/* SPDX-License-Identifier: MIT */
/* What differs between two configurations, in words. */
#include <stdio.h>
#include <string.h>

#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"

/* Limits and the interval of checkpoints belong to a run, which keeps its own (run.json): they change no result. */
static bool is_limit(const vdib__config_key *key) {
    return strcmp(key->name, "training.examples") == 0 || strcmp(key->name, "training.checkpoint_every") == 0;
}

/* Whether the one leaves the course of the learning rates to the limit, and the other has what came of it. */
static bool is_fitted(const vdib_config *was, const vdib_config *is) {
    const vdib_config *open = was->learning.decay_examples == 0 ? was : is, *fitted = open == was ? is : was;
    return open->learning.decay_examples == 0 && fitted->learning.decay_examples != 0 &&
           fitted->learning.warmup_examples == fitted->learning.decay_examples / 4 &&
           fitted->learning.warmup_examples <= open->learning.warmup_examples;
}

static bool differs(const vdib_config *was, const vdib_config *is, const vdib__config_key *key,
                    char texts[2][VDIB_CONFIG_VALUE]) {
    vdib__config_format(was, key, texts[0]);
    vdib__config_format(is, key, texts[1]);
    bool automatic = strcmp(texts[0], "auto") == 0 || strcmp(texts[1], "auto") == 0;
    bool zero = strcmp(texts[0], "0") == 0 || strcmp(texts[1], "0") == 0;
    if (automatic && strcmp(key->name, "data.sensor") == 0) /* it is what was found in the data */
        return false;
    if (zero && strcmp(key->name, "learning.decay_examples") == 0) /* it is the limit that training began with */
        return false;
    if (strcmp(key->name, "learning.warmup_examples") == 0 && is_fitted(was, is)) /* so is its quarter */
        return false;
    return strcmp(texts[0], texts[1]) != 0;
}

vdib_status vdib__config_differences(const vdib_config *was, const vdib_config *is, bool training, char **text) {
    enum { ROOM = 32 };
    size_t count, size = 0, used = 0;
    const vdib__config_key *keys = vdib__config_keys(&count);
    char texts[2][VDIB_CONFIG_VALUE], *made = NULL;
    for (size_t i = 0; i < count; i++) {
        if (is_limit(&keys[i]) || (!training && strncmp(keys[i].name, "training.", strlen("training.")) == 0) ||
            !differs(was, is, &keys[i], texts))
            continue;
        VDIB_TRY(VDIB_RESERVE(&made, &size, used + strlen(keys[i].name) + strlen(texts[0]) + strlen(texts[1]) + ROOM));
        used += (size_t)snprintf(made + used, size - used, "%s%s was %s, is %s", used > 0 ? "; " : "", keys[i].name,
                                 texts[0], texts[1]);
    }
    *text = made;
    return VDIB_OK;
}
