/* SPDX-License-Identifier: MIT */
/* validation.json: the figures of a run's model on the validation split. */
#include "core/error.h"
#include "run/run_files.h"
#include "vdib/sweep.h"

vdib_status vdib_run_validate(const vdib_run *run, const vdib_evaluation_options *options,
                              vdib_evaluation *evaluation) {
    vdib_evaluation found = {NULL};
    VDIB_REQUIRE(run);
    if (vdib_dataset_size(vdib_run_dataset(run), VDIB_SPLIT_VALIDATION) == 0)
        return VDIB_OK;
    VDIB_TRY(vdib_evaluate(vdib_run_model(run), vdib_run_dataset(run), VDIB_SPLIT_VALIDATION, options, &found));
    vdib_status status = vdib__run_evaluation_save(vdib_run_folder(run), VDIB_RUN_FILE_VALIDATION, &found);
    if (status == VDIB_OK && evaluation != NULL)
        *evaluation = found;
    else
        vdib_evaluation_clear(&found);
    return status;
}
