/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CONFIG_KEYS_H
#define VDIB_CONFIG_KEYS_H
/* The table of configuration keys, and the one way in and out of a key: text. --set, YAML, JSON and the documentation
 * all go through it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* Room for any value as text: 8 layers of 31 characters, ", " between them, brackets and the NUL. */
enum { VDIB_CONFIG_VALUE = 512, VDIB_CONFIG_KEY_NAME = 64 };

typedef enum vdib__key_type {
    VDIB_KEY_TEXT,   /* char [VDIB_CONFIG_TEXT] */
    VDIB_KEY_WHOLE,  /* int, size_t, int64_t or uint64_t, within int64_t */
    VDIB_KEY_REAL,   /* double */
    VDIB_KEY_SWITCH, /* bool */
    VDIB_KEY_CHOICE, /* const vdib__choice *: a row of `choices`, or NULL for "auto" */
    VDIB_KEY_LIST    /* vdib__config_list: of layers, or of numbers */
} vdib__key_type;

typedef struct vdib__config_key {
    const char *name;  /* dotted */
    const char *alias; /* the name that it had once, which files and --set may still use; NULL: none */
    vdib__key_type type;
    size_t offset; /* of the member in struct vdib_config */
    size_t size;   /* of the member */
    int64_t least; /* whole numbers: range, both ends included */
    int64_t most;
    double low; /* reals: range */
    double high;
    bool includes_low;
    bool includes_high;
    const char *zero;             /* whole numbers: the key whose number 0 stands for; NULL: 0 is 0 */
    const vdib__choices *choices; /* choices: the rows */
    bool automatic;               /* choices: "auto" is legal */
    bool numbers;                 /* lists: of numbers, each in the range of reals; else of layers */
    const char *takes;            /* what values are legal, in words */
    const char *standard;         /* the default, as text */
    const char *before;           /* what programs without the key did; NULL: the default */
    const char *about;            /* what the key does */
    const char *help;             /* "<about>; <takes>; default <standard>" */
} vdib__config_key;

/* The table, in the order of files. */
const vdib__config_key *vdib__config_keys(size_t *count);

/* The key of a dotted name or alias; a section's name alone means its main key. NULL if there is none. */
const vdib__config_key *vdib__config_key_find(const char *name);

/* Whether `name` is the part before the dot of some key. */
bool vdib__config_is_section(const char *name);

/* The key whose name is nearest to `name` by edit distance (a name without its section counts too). Never NULL. */
const char *vdib__config_nearest(const char *name);

/* Text from outside made fit for a message: at most 60 characters, '?' for what is not printable ASCII. */
enum { VDIB_SHOWN = 64 };
const char *vdib__shown(const char *text, char shown[VDIB_SHOWN]);

/* Fails with VDIB_ERROR_CONFIG: "<place>: unknown key '<name>'; did you mean '<nearest>'?". */
vdib_status vdib__config_unknown(const char *place, const char *name);

/* Sets one key from text; *config is unchanged on failure. `place` leads the message: "FILE:LINE" or "--set". */
vdib_status vdib__config_assign(vdib_config *config, const vdib__config_key *key, const char *place, const char *value);

/* A file that was written complete, and which keys it names. */
typedef struct vdib__config_file {
    const char *origin;
    const void *file;
    bool (*names)(const void *file, const vdib__config_key *key);
} vdib__config_file;

/* Sets the keys that a complete file does not name, since they are newer, to what programs did without them. */
vdib_status vdib__config_fill(vdib_config *config, const vdib__config_file *complete);

/* The value of a key as the text that vdib__config_assign reads back to the same value. */
void vdib__config_format(const vdib_config *config, const vdib__config_key *key, char text[VDIB_CONFIG_VALUE]);

/* The value of a key of type CHOICE (NULL: "auto"), WHOLE, LIST, REAL, SWITCH. */
const vdib__choice *vdib__config_choice(const vdib_config *config, const vdib__config_key *key);
int64_t vdib__config_whole(const vdib_config *config, const vdib__config_key *key);
const vdib__config_list *vdib__config_listed(const vdib_config *config, const vdib__config_key *key);
double vdib__config_real(const vdib_config *config, const vdib__config_key *key);
bool vdib__config_switch(const vdib_config *config, const vdib__config_key *key);

/* The same of a choice with "auto" resolved, never NULL, and of a whole number with `zero` resolved. */
const vdib__choice *vdib__config_chosen(const vdib_config *config, const vdib__config_key *key);
int64_t vdib__config_number(const vdib_config *config, const vdib__config_key *key);

/* A finite number as the shortest decimal text that reads back as the same double, whatever the process's locale. */
void vdib__number_format(double value, char text[32]);

/* One layer text ("800", "conv16k5s1p2m2"); false if it is none. */
bool vdib__layer_parse(const char *text, vdib__layer_text *parsed);

#endif
