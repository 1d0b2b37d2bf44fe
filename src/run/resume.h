/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_RESUME_H
#define VDIB_RUN_RESUME_H
/* Whether a run that is resumed can still end in the bytes that it would have ended in: the same processor type,
 * kernels and BLAS, the same data, the same configuration. */

#include "data/dataset.h"
#include "run/run_files.h"

/* Compares what the record says of the run's beginning with this process, `config` (the folder's config.yaml) and
 * `dataset`, and adds what it finds to record->resumes. Without a difference VDIB_OK. With some: refused, and the
 * record is saved (VDIB_ERROR_CONFIG, VDIB_ERROR_DATA or, for another machine, VDIB_ERROR_UNSUPPORTED; the message
 * names all of them); or, if it is forced, VDIB_OK, and *differences receives them (freed with vdib__free; NULL if
 * there are none). checkpoint_path may name no file yet. */
vdib_status vdib__resume_check(vdib__run_record *record, const char *folder, const char *checkpoint_path,
                               const vdib_config *config, const vdib_dataset *dataset, bool force, char **differences);

#endif
