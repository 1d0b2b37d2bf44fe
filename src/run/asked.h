/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_ASKED_H
#define VDIB_RUN_ASKED_H
/* What was asked for of a folder that holds several runs, a series or a sweep: config.yaml and a JSON file beside it
 * keep it, so that what was interrupted goes on. */

#include "run/run_files.h"
#include "vdib/run.h"

typedef struct vdib__asked {
    vdib_config *config;        /* what the runs have in common */
    vdib_run_options options;   /* of a run that begins; its paths are owned */
    vdib_resume_options resume; /* of one that goes on */
} vdib__asked;

/* Owns copies of what it is given; a folder's path is made absolute. */
vdib_status vdib__asked_make(const vdib_config *config, const vdib_run_options *options, vdib__asked *asked);
void vdib__asked_clear(vdib__asked *asked);

/* Data and limits as a JSON object, to which others add; NULL if out of memory. */
json_t *vdib__asked_json(const vdib__asked *asked);

/* Writes the folder's config.yaml. */
vdib_status vdib__asked_save_config(const vdib__asked *asked, const char *folder);

/* A JSON file of a folder whose keys are those of `keys` (key_count) besides those of vdib__asked_json; `what` names
 * such a folder in messages: "series". */
vdib_status vdib__asked_read(const char *folder, vdib_run_file file, const char *what, const vdib__record_key *keys,
                             size_t key_count, json_t **object);

/* From the folder's config.yaml and that object. */
vdib_status vdib__asked_restore(const char *folder, const vdib_resume_options *resume, const json_t *object,
                                vdib__asked *asked);

/* Begins the run of a folder, or goes on with it; `opened` as vdib__run_begin (begin.h). */
vdib_status vdib__asked_run(const vdib__asked *asked, const vdib_config *config, const char *folder,
                            const vdib_dataset *opened, vdib_run **run);

/* A whole number of an object; 0 if there is none, or a negative one. */
uint64_t vdib__json_count(const json_t *object, const char *name);

/* Writes a file of the folder; takes over `object`, which may be NULL for one that could not be formed. */
vdib_status vdib__folder_json(const char *folder, vdib_run_file file, json_t *object);

#endif
