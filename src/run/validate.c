/* SPDX-License-Identifier: MIT */
/* validation.json: the figures of a run's model on the validation split. */
#include <stdio.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "run/folder.h"
#include "vdib/sweep.h"

static vdib_status write_json(const char *folder, const vdib_evaluation *evaluation) {
    char *path = NULL, *json = NULL;
    vdib__writer writer;
    VDIB_TRY(vdib_evaluation_json(evaluation, &json));
    vdib_status status = vdib__run_path(folder, VDIB_RUN_FILE_VALIDATION, &path);
    if (status == VDIB_OK)
        status = vdib__writer_open(&writer, path);
    if (status == VDIB_OK) {
        fprintf(writer.stream, "%s\n", json);
        status = vdib__writer_commit(&writer);
    }
    vdib__free(path);
    vdib_text_free(json);
    return status;
}

vdib_status vdib_run_validate(const vdib_run *run, const vdib_evaluation_options *options,
                              vdib_evaluation *evaluation) {
    vdib_evaluation found = {NULL};
    VDIB_REQUIRE(run);
    if (vdib_dataset_size(vdib_run_dataset(run), VDIB_SPLIT_VALIDATION) == 0)
        return VDIB_OK;
    VDIB_TRY(vdib_evaluate(vdib_run_model(run), vdib_run_dataset(run), VDIB_SPLIT_VALIDATION, options, &found));
    vdib_status status = write_json(vdib_run_folder(run), &found);
    if (status == VDIB_OK && evaluation != NULL)
        *evaluation = found;
    else
        vdib_evaluation_clear(&found);
    return status;
}
