/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_CHOICE_H
#define VDIB_CORE_CHOICE_H
/* Choices: the values that a configuration key such as `neuron.surrogate` takes by name.
 *
 * Each value is one row of a table in the part that implements it. A row is a struct of that part whose first member is
 * a vdib__choice, followed by the functions and properties that the part calls:
 *
 *     typedef struct vdib__gain {
 *         vdib__choice choice;
 *         float (*current)(float decay);
 *     } vdib__gain;
 *
 * The keys, their help, the checks of combinations, the YAML parser and the tests read the vdib__choice of the rows and
 * know nothing of the rest. docs/extending.md shows how a row is added. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A condition that a choice puts on another key. */
typedef struct vdib__need {
    const char *key; /* dotted name; NULL ends a list of needs */
    const char *any; /* keys with named values: the value or one of its tags is among these words; NULL: any value */
    int64_t least, most; /* keys with numbers: the range; `most` 0 stands for no upper limit */
    const char *below;   /* keys with numbers: the key whose number must be larger; NULL: none */
    const char *remedy;  /* what to do otherwise, after "; "; NULL: nothing beyond what the condition says */
} vdib__need;

/* What "auto" of another key means under a choice. */
typedef struct vdib__preference {
    const char *key;    /* dotted name; NULL ends a list of preferences */
    const char *values; /* words: the first whose own needs are met, the last if none is */
} vdib__preference;

/* One value of a key. All members but the name and the help may be NULL. Strings are static. */
typedef struct vdib__choice {
    const char *name; /* as files and --set spell it: lower case, digits, '-' */
    const char *help; /* what it is, one line without a full stop */
    const char *tags; /* words by which needs of other choices may ask for it, separated by blanks */
    const vdib__need *needs;
    const vdib__preference *prefers;
} vdib__choice;

/* A table of choices, in the order of help. */
typedef struct vdib__choices {
    const vdib__choice *const *rows; /* (count) */
    size_t count;
} vdib__choices;

/* A table from an array of pointers to choices. */
#define VDIB_CHOICES(rows_)                                                                                            \
    { .rows = (rows_), .count = sizeof(rows_) / sizeof *(rows_) }

/* The row of that name, NULL if there is none. */
const vdib__choice *vdib__choice_find(const vdib__choices *choices, const char *name);

/* Whether `word` is one of the words of `words`, which blanks separate; NULL has none. */
bool vdib__choice_word(const char *words, const char *word);

/* Whether the name of a choice or one of its tags is among `words`. */
bool vdib__choice_is(const vdib__choice *choice, const char *words);

#endif
