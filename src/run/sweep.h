/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_SWEEP_H
#define VDIB_RUN_SWEEP_H
/* A sweep from inside. */

#include <pthread.h>

#include "run/asked.h"
#include "run/data_pool.h"
#include "run/variation.h"
#include "vdib/sweep.h"

enum { VDIB__SWEEP_MOST = 100000 }; /* runs */

struct vdib_sweep {
    /* parameters */
    char *folder;
    vdib__asked asked;
    size_t variation_count, setting_count, seeds;
    vdib__variation *variations; /* (variation_count) */
    char **runs;                 /* (setting_count * seeds) their folders */
    /* state, under the lock */
    pthread_mutex_t lock;
    bool saved;
    vdib__data_pool *pool;
};

/* Which value of variation `which` setting `setting` has: the last variation changes fastest. */
size_t vdib__sweep_value(const vdib_sweep *sweep, size_t setting, size_t which);

/* "objective.beta=0.1, decoder.type=mlp" of a setting, cut to `size`. */
void vdib__sweep_say(const vdib_sweep *sweep, size_t setting, char *text, size_t size);

/* ---- sweep.json (sweep_file.c) ---- */

/* Refuses a folder that holds something else than nothing or the same sweep. *same: sweep.json is there. */
vdib_status vdib__sweep_compare(const vdib_sweep *sweep, bool *same);

/* Writes config.yaml and sweep.json, unless another process has meanwhile, whose sweep must be the same then. */
vdib_status vdib__sweep_save(const vdib_sweep *sweep);

/* What sweep.json of a folder asks for: *over receives texts (*count), freed with vdib__sweep_texts_free. */
vdib_status vdib__sweep_read(const char *folder, const vdib_resume_options *resume, vdib__asked *asked, char ***over,
                             size_t *count, size_t *seeds);
void vdib__sweep_texts_free(char **texts, size_t count);

#endif
