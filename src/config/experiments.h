/* SPDX-License-Identifier: MIT */
#ifndef VDIB_MODEL_CONFIG_EXPERIMENTS_H
#define VDIB_MODEL_CONFIG_EXPERIMENTS_H
/* The ready experiments: the files of experiments/, put into a generated source at build time. */

#include <stddef.h>

typedef struct vdib__experiment {
    const char *name;    /* path below experiments/ without ".yaml" */
    const char *summary; /* first line of the file, without "# " */
    const char *yaml;
} vdib__experiment;

extern const vdib__experiment vdib__experiments[];
extern const size_t vdib__experiment_total;

#endif
