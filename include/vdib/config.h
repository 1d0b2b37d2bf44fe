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
#include <stddef.h>

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
 * @return ::VDIB_ERROR_CONFIG for an unknown key or a value of the wrong type or range; the message has the file, the line
 * and the nearest valid name; ::VDIB_ERROR_IO if the file cannot be read.
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

/** Checks what no single key can: combinations. Called by everything that takes a configuration. */
VDIB_API vdib_status vdib_config_check(const vdib_config *config);

/** Writes the complete configuration as YAML, every default spelled out (atomically: whole or not at all). */
VDIB_API vdib_status vdib_config_save(const vdib_config *config, const char *path);

/** The number of keys, and for each its dotted name and one line that says what it does, its range and its default. */
VDIB_API size_t vdib_config_key_count(void);
VDIB_API const char *vdib_config_key_name(size_t index);
VDIB_API const char *vdib_config_key_help(size_t index);

/**
 * The values that a key takes by name, `auto` first where it is legal: how many (0 for keys with numbers, texts, switches),
 * and for each its name and one line that says what it is. Static strings; NULL beyond the last.
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
