/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CONFIG_TABLES_H
#define VDIB_CONFIG_TABLES_H
/* How the configuration gets the tables of choices: it includes no part that implements them. */

#include "core/choice.h"

typedef struct vdib__key_table {
    const char *key; /* dotted name; NULL ends the list */
    const vdib__choices *choices;
} vdib__key_table;

/* One for every key with named values. Defined in src/choices.c, which stands above all parts. */
extern const vdib__key_table vdib__key_tables[];

#endif
