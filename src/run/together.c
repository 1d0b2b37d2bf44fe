/* SPDX-License-Identifier: MIT */
#include "run/together.h"

#include <string.h>

#include "config/config.h"
#include "config/digest.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "vdib/vdib.h"

bool vdib__run_follows(const vdib_ranks *ranks) {
    return ranks != NULL && ranks->count > 1 && ranks->rank > 0;
}

vdib_status vdib__run_compare_ranks(const vdib_trainer *trainer, const vdib__run_record *record) {
    char facts[VDIB_MESSAGE_SIZE], settings[VDIB_DIGEST_TEXT];
    const vdib_config *config = trainer->model->config;
    if (trainer->ranks == NULL)
        return VDIB_OK;
    VDIB_TRY(vdib__config_digest(config, settings));
    vdib__format(facts, sizeof facts,
                 "version: %s\nmachine type: %s\nkernel level: %s\nBLAS: %s\ndata (digest): %.16s\nsettings (digest): "
                 "%.16s\nexamples: %llu of %llu, %llu epochs, %g seconds%s\ncheckpoints: every %zu examples\n"
                 "validation: every %llu examples\nupdates (VDIB_MPI_UPDATES): %s",
                 record->version, record->machine, record->kernel, record->blas, record->digest, settings,
                 (unsigned long long)trainer->model->examples, (unsigned long long)record->example_limit,
                 (unsigned long long)record->epoch_limit, record->second_limit, record->finished ? ", finished" : "",
                 record->checkpoint_every, (unsigned long long)config->training.validate_every,
                 vdib__ranks_divide_updates(trainer->ranks) ? "divided" : "whole");
    return vdib__ranks_compare(trainer->ranks, facts);
}

vdib_status vdib__run_compare_weights(const vdib_trainer *trainer) {
    char facts[VDIB_MODEL_DIGEST + 64], digest[VDIB_MODEL_DIGEST];
    if (trainer->ranks == NULL)
        return VDIB_OK;
    VDIB_TRY(vdib_model_digest(trainer->model, digest));
    vdib__format(facts, sizeof facts, "the weights to begin with (digest): %.16s", digest);
    return vdib__ranks_compare(trainer->ranks, facts);
}

static vdib_status digest_file(const char *path, char digest[VDIB_DIGEST_TEXT]) {
    const uint8_t *bytes = NULL;
    size_t size = 0;
    vdib__digest made;
    VDIB_TRY(vdib__file_map(path, &bytes, &size));
    vdib__digest_begin(&made);
    vdib__digest_add(&made, bytes, size);
    vdib__digest_end(&made, digest);
    vdib__file_unmap(bytes, size);
    return VDIB_OK;
}

/* What a run goes on with: ranks that see different folders, or an older state of one, would end in other bytes. */
static vdib_status compare_checkpoints(const vdib_trainer *trainer, const char *folder) {
    char facts[VDIB_DIGEST_TEXT + 64], digest[VDIB_DIGEST_TEXT] = "none";
    char *path = NULL;
    VDIB_TRY(vdib__path_join(folder, vdib_run_file_name(VDIB_RUN_FILE_CHECKPOINT), &path));
    vdib_status status = vdib__is_file(path) ? digest_file(path, digest) : VDIB_OK;
    vdib__free(path);
    VDIB_TRY(status);
    vdib__format(facts, sizeof facts, "%s (digest): %.16s", vdib_run_file_name(VDIB_RUN_FILE_CHECKPOINT), digest);
    return vdib__ranks_compare(trainer->ranks, facts);
}

vdib_status vdib__run_compare_resumed(vdib_trainer *trainer, const vdib_dataset *dataset, const char *folder,
                                      const vdib__run_record *begun) {
    vdib__run_record now = {.example_limit = begun->example_limit,
                            .epoch_limit = begun->epoch_limit,
                            .second_limit = begun->second_limit,
                            .checkpoint_every = begun->checkpoint_every,
                            .finished = begun->finished};
    if (trainer->ranks == NULL)
        return VDIB_OK;
    vdib_status status = vdib__run_record_machine(&now);
    if (status == VDIB_OK)
        status = vdib__run_record_data(&now, dataset);
    if (status == VDIB_OK)
        status = vdib__run_compare_ranks(trainer, &now);
    if (status == VDIB_OK)
        status = compare_checkpoints(trainer, folder);
    vdib__run_record_clear(&now);
    return status;
}

vdib_status vdib__run_settle(const vdib_trainer *trainer, const vdib_ranks *ranks, vdib_status status) {
    if (trainer != NULL && trainer->ranks != NULL)
        return vdib__ranks_settle(trainer->ranks, status);
    return status == VDIB_OK || ranks == NULL || ranks->count < 2 ? status : vdib_ranks_agree(ranks, status);
}
