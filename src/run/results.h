/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_RESULTS_H
#define VDIB_RUN_RESULTS_H
/* A table of runs from inside. */

#include "config/config.h"
#include "vdib/results.h"

typedef struct vdib__result {
    char *folder, *experiment;
    vdib_sweep_state state;
    bool stepwise;
    uint64_t seed, examples;
    double seconds;
    size_t setting;
    char **values;             /* (key_count) */
    double *test, *validation; /* (vdib_figure_count()) NaN where there is none */
} vdib__result;

struct vdib_results {
    size_t count, key_count, setting_count;
    char **keys;        /* (key_count) */
    vdib__result *runs; /* (count) */
    size_t *firsts;     /* (setting_count) the first run of each */
};

/* A table of `count` runs without figures and `key_count` keys without names or values, each its own setting. */
vdib_status vdib__results_create(size_t count, size_t key_count, vdib_results **results);

/* What a folder of a run that was begun says: state, training, figures. */
vdib_status vdib__result_read(const char *folder, vdib__result *result);

/* Name, seed and kind of the experiment. */
vdib_status vdib__result_describe(const vdib_config *config, vdib__result *result);

/* Numbers the settings: runs with the same values have the same one. */
void vdib__results_settle(vdib_results *results);

/* Whether any run has the figure. */
bool vdib__results_have(const vdib_results *results, vdib_split split, size_t figure);

#endif
