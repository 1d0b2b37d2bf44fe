/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_RUN_FILES_H
#define VDIB_RUN_RUN_FILES_H
/* The files of a run folder besides models and checkpoints: run.json (what the run was given, where it stands) and
 * metrics.jsonl (one JSON object a line). */

#include "core/json.h"
#include "run/growing.h"
#include "vdib/evaluate.h"
#include "vdib/run.h"
#include "vdib/train.h"

/* What run.json holds. Texts are freed with vdib__free. */
typedef struct vdib__run_record {
    char *data, *images; /* NULL: by default */
    char *dataset;       /* summary of data that the program gave; NULL: they were opened by path */
    uint64_t example_limit, epoch_limit;
    double second_limit;
    size_t checkpoint_every;
    size_t threads;                          /* as asked for; 0: every core */
    char *version, *kernel, *blas, *machine; /* that it was made with; version NULL: 0.1.0 */
    char *written_by;                        /* read only: the release that wrote the file; NULL: not known */
    char *digest;                            /* of the data (data/dataset.h); NULL: not known (0.1.0) */
    json_t *configuration; /* {"objective.beta": "0.001", ...} at the start; NULL: not known (0.1.0) */
    char *split;           /* read only: the digest of the split among the parts below; NULL: not known */
    json_t *parts;         /* what the digest is of: {"training examples": "54", ...}; NULL: not known */
    json_t *resumes;       /* what vdib__resume_check added, a list; NULL: none */
    char *initialised;     /* what initialisation from data did, a line a layer; NULL: nothing */
    char *init;            /* the file of weights that training began with; NULL: none */
    uint64_t examples;
    double seconds;
    bool finished;
} vdib__run_record;

/* A key of a record in JSON, of an object in it where `in` is one. */
typedef struct vdib__record_key {
    const char *in, *name;
    bool (*is)(const json_t *value);
    const char *kind; /* what it is, in words */
    bool optional;    /* not written by every run, or not by every vdib */
} vdib__record_key;
bool vdib__json_is_text(const json_t *value); /* or null */
bool vdib__json_is_count(const json_t *value);
bool vdib__json_is_amount(const json_t *value);
/* Writes into an object which version of the files it is of, and this release. */
vdib_status vdib__record_stamp(json_t *object);
/* VDIB_ERROR_VERSION if a file is of a later version; VDIB_ERROR_FORMAT if a key (keys: (count)) that every run writes
 * is missing, or one is of another kind. */
vdib_status vdib__record_check(const json_t *object, const char *path, const vdib__record_key *keys, size_t count);

vdib_status vdib__run_record_save(const vdib__run_record *record, const char *folder);
vdib_status vdib__run_record_load(const char *folder, vdib__run_record *record);
void vdib__run_record_clear(vdib__run_record *record);

/* Version, kernel level, BLAS and machine type of this process. */
vdib_status vdib__run_record_machine(vdib__run_record *record);

/* The configuration as the record keeps it, and back. */
vdib_status vdib__run_record_configuration(vdib__run_record *record, const vdib_config *config);
vdib_status vdib__run_record_config(const vdib__run_record *record, vdib_config **config);

/* The digest of the data, and what it is of. */
vdib_status vdib__run_record_data(vdib__run_record *record, const vdib_dataset *dataset);

/* metrics.jsonl opened for appending after its first `keep` bytes; what was behind them is cut off. */
vdib_status vdib__metrics_open(const char *folder, uint64_t keep, vdib__growing **file);
/* One line: {"kind": "train", ...} with the running averages, or {"kind": "validation", ...} with the figures of the
 * validation that the step ended with: those of the table of figures that are recorded. */
vdib_status vdib__metrics_point(vdib__growing *file, const vdib_progress *progress, bool validation);

/* Writes the figures of an evaluation as a file of a folder, in place of what was there and of what a killed process
 * left of it. */
vdib_status vdib__run_evaluation_save(const char *folder, vdib_run_file file, const vdib_evaluation *evaluation);

#endif
