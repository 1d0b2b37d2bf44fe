/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_VARIATION_H
#define VDIB_RUN_VARIATION_H
/* One --over of a sweep: a key and the values that it takes one after the other, or keys that change together. */

#include "config/keys.h"

typedef struct vdib__variation {
    size_t key_count, value_count;
    const vdib__config_key **keys; /* (key_count) */
    char **values;                 /* (value_count, key_count) as the configuration spells them */
    char *text;                    /* the whole in one form: "decoder.type:decoder.coding=mlp:time,mlp:rate" */
} vdib__variation;

/* Reads "key=value,value" or "key:key=value:value,value:value". Commas within brackets belong to a value. Each value is
 * tried on a copy of `config`. VDIB_ERROR_CONFIG, and the message names the text, for an unknown key, a value that the
 * key refuses, a value that comes twice, and for `seed`, which --seeds varies. */
vdib_status vdib__variation_read(const char *text, const vdib_config *config, vdib__variation *variation);
void vdib__variation_clear(vdib__variation *variation);

/* Gives its keys the values number `value`. */
vdib_status vdib__variation_apply(const vdib__variation *variation, size_t value, vdib_config *config);

/* "decoder.type=mlp, decoder.coding=rate": what apply sets. Returns the length as snprintf. */
size_t vdib__variation_say(const vdib__variation *variation, size_t value, char *text, size_t size);

#endif
