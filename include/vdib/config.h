/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CONFIG_H
#define VDIB_CONFIG_H
/**
 * @file config.h
 * The configuration of an experiment: a fixed set of keys such as `objective.beta`, each with a type, a range and a
 * default. It comes from a ready experiment, a YAML file, single settings, or all three, the later winning.
 *
 *     vdib_config_load("published/dvs", &config);
 *     vdib_config_set(config, "decoder=conv");
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A complete configuration. Not shared between threads without a lock while it is being changed. */
typedef struct vdib_config vdib_config;

/** Every key at its default. @param config receives it, owned by the caller (vdib_config_destroy()) */
VDIB_API vdib_status vdib_config_create(vdib_config **config);

/**
 * Loads a ready experiment by its name (vdib_experiment_name()) or a YAML file by its path (a name that is no ready
 * experiment's is taken as a path). Keys that are not given keep their defaults.
 * @return ::VDIB_ERROR_CONFIG for an unknown key or a value of the wrong type or range; the message has the file, the
 * line and the nearest valid name; ::VDIB_ERROR_IO if the file cannot be read.
 */
VDIB_API vdib_status vdib_config_load(const char *name_or_path, vdib_config **config);

/** As vdib_config_load(), from `size` bytes of YAML; `origin` names them in messages. */
VDIB_API vdib_status vdib_config_parse(const char *yaml, size_t size, const char *origin, vdib_config **config);

/** A copy, owned by the caller. */
VDIB_API vdib_status vdib_config_copy(const vdib_config *config, vdib_config **copy);

/**
 * Sets one key: "section.key=value". A section's name alone means its main key: "decoder=conv" is "decoder.type=conv".
 * On failure the configuration is unchanged.
 */
VDIB_API vdib_status vdib_config_set(vdib_config *config, const char *assignment);

/**
 * Writes the value of one key as text.
 * @param value receives at most `size` bytes including the NUL
 */
VDIB_API vdib_status vdib_config_get(const vdib_config *config, const char *key, char *value, size_t size);

/**
 * Sets one key by its value: the text that stands after `key=` in vdib_config_set(), or a number, a switch, or the
 * items of a list. Ranges are those of files; a real number is kept to the last bit. On failure the configuration is
 * unchanged.
 * @param key dotted name, or a section's name for its main key
 * @param value vdib_config_set_text(): any key; the others: keys of that type (vdib_config_key_info()). A list is
 * items (count), for example "conv16k5s1p2m2", "800"; it may be NULL if count is 0
 * @return ::VDIB_ERROR_CONFIG for an unknown key, a key of another type or a value outside its range: the message
 * says what it takes
 */
VDIB_API vdib_status vdib_config_set_text(vdib_config *config, const char *key, const char *value);
VDIB_API vdib_status vdib_config_set_whole(vdib_config *config, const char *key, int64_t value);
VDIB_API vdib_status vdib_config_set_real(vdib_config *config, const char *key, double value);
VDIB_API vdib_status vdib_config_set_switch(vdib_config *config, const char *key, bool value);
VDIB_API vdib_status vdib_config_set_list(vdib_config *config, const char *key, const char *const *items, size_t count);

/** The value of one key of that type. Errors as vdib_config_set_whole(); *value is untouched then. */
VDIB_API vdib_status vdib_config_get_whole(const vdib_config *config, const char *key, int64_t *value);
VDIB_API vdib_status vdib_config_get_real(const vdib_config *config, const char *key, double *value);
VDIB_API vdib_status vdib_config_get_switch(const vdib_config *config, const char *key, bool *value);

/**
 * One item of a list.
 * @param item receives item `index`, borrowed from the configuration until it changes; NULL beyond the last; may be
 * NULL
 * @param count receives how many items the list has; may be NULL
 */
VDIB_API vdib_status vdib_config_get_list(const vdib_config *config, const char *key, size_t index, const char **item,
                                          size_t *count);

/** Checks what no single key can: combinations. Called by everything that takes a configuration. */
VDIB_API vdib_status vdib_config_check(const vdib_config *config);

/** Writes the complete configuration as YAML, every default spelled out (atomically: whole or not at all). */
VDIB_API vdib_status vdib_config_save(const vdib_config *config, const char *path);

/** The length of a time step in microseconds: data.step_us, or what its 0 stands for; 0 for NULL. */
VDIB_API int64_t vdib_config_step_us(const vdib_config *config);

/** The number of keys, and for each its dotted name and one line that says what it does, its range and its default. */
VDIB_API size_t vdib_config_key_count(void);
VDIB_API const char *vdib_config_key_name(size_t index);
VDIB_API const char *vdib_config_key_help(size_t index);

/** Types of keys. Values are pinned. */
typedef enum vdib_key_type {
    VDIB_TYPE_TEXT = 0,   /**< free text */
    VDIB_TYPE_WHOLE = 1,  /**< a whole number */
    VDIB_TYPE_REAL = 2,   /**< a real number */
    VDIB_TYPE_SWITCH = 3, /**< true or false */
    VDIB_TYPE_CHOICE = 4, /**< one of some names */
    VDIB_TYPE_LIST = 5    /**< a list of texts, layers or numbers */
} vdib_key_type;

/** What is known of a key. Strings are static. */
typedef struct vdib_key_info {
    size_t size;          /**< sizeof(vdib_key_info), set by the caller */
    const char *name;     /**< dotted */
    size_t index;         /**< as vdib_config_key_name() counts */
    vdib_key_type type;   /**< which of the following hold */
    int64_t least, most;  /**< whole numbers: the range, both ends included */
    double low, high;     /**< real numbers: the range */
    bool includes_low;    /**< real numbers: whether `low` itself is legal */
    bool includes_high;   /**< real numbers: whether `high` itself is legal */
    size_t choices;       /**< choices: how many (vdib_config_key_choice_name()), else 0 */
    size_t items;         /**< lists: how many items at most, else 0 */
    const char *standard; /**< the default, as text */
    const char *takes;    /**< what values are legal, in words */
    const char *about;    /**< what the key does */
} vdib_key_info;

/**
 * Fills *info.
 * @param key dotted name, or a section's name for its main key
 * @return ::VDIB_ERROR_CONFIG for an unknown key: the message names the nearest one
 */
VDIB_API vdib_status vdib_config_key_info(const char *key, vdib_key_info *info);

/**
 * The values that a key takes by name, `auto` first where it is legal: how many (0 for keys with numbers, texts,
 * switches), and for each its name and one line that says what it is. Static strings; NULL beyond the last.
 */
VDIB_API size_t vdib_config_key_choice_count(size_t index);
VDIB_API const char *vdib_config_key_choice_name(size_t index, size_t choice);
VDIB_API const char *vdib_config_key_choice_help(size_t index, size_t choice);

/** The ready experiments: how many, and the name, one-line summary and YAML text of each; NULL beyond the last. */
VDIB_API size_t vdib_experiment_count(void);
VDIB_API const char *vdib_experiment_name(size_t index);
VDIB_API const char *vdib_experiment_summary(size_t index);
VDIB_API const char *vdib_experiment_yaml(size_t index);

/** Frees a configuration; NULL is safe. */
VDIB_API void vdib_config_destroy(vdib_config *config);

#ifdef __cplusplus
}
#endif
#endif
