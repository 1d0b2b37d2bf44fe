/* SPDX-License-Identifier: MIT */
#include "run/resume.h"

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/products.h"
#include "learn/trainer.h"

enum { SHOWN = 64, SENTENCE = 256 };

/* What was found: texts between "; ", and the status of the first. */
typedef struct findings {
    char *text; /* NULL: nothing */
    size_t size, used;
    vdib_status status;
} findings;

static vdib_status add(findings *found, vdib_status status, const char *what, const char *was, const char *is) {
    size_t room = strlen(what) + strlen(was) + strlen(is) + 32;
    VDIB_TRY(VDIB_RESERVE(&found->text, &found->size, found->used + room));
    found->used += (size_t)snprintf(found->text + found->used, found->size - found->used, "%s%s%s%s%s%s",
                                    found->used > 0 ? "; " : "", what, was[0] != '\0' ? " was " : "", was,
                                    is[0] != '\0' ? ", is " : "", is);
    if (found->status == VDIB_OK)
        found->status = status;
    return VDIB_OK;
}

/* A text that 0.1.0 did not record is taken for the same. */
static vdib_status compare(findings *found, vdib_status status, const char *what, const char *was, const char *is) {
    return was == NULL || strcmp(was, is) == 0 ? VDIB_OK : add(found, status, what, was, is);
}

static vdib_status compare_configs(findings *found, const vdib_config *was, const vdib_config *is, bool training) {
    char *text = NULL;
    VDIB_TRY(vdib__config_differences(was, is, training, &text));
    vdib_status status = text != NULL ? add(found, VDIB_ERROR_CONFIG, text, "", "") : VDIB_OK;
    vdib__free(text);
    return status;
}

/* With the configuration that the run was started with, or, where it was not recorded, with that of the checkpoint. */
static vdib_status compare_configuration(findings *found, const vdib__run_record *record, const char *checkpoint_path,
                                         const vdib_config *config) {
    vdib_config *was = NULL;
    if (record->configuration != NULL)
        VDIB_TRY(vdib__run_record_config(record, &was));
    else if (vdib__is_file(checkpoint_path))
        VDIB_TRY(vdib__checkpoint_config(checkpoint_path, &was));
    vdib_status status = was != NULL ? compare_configs(found, was, config, record->configuration != NULL) : VDIB_OK;
    vdib_config_destroy(was);
    return status;
}

/* A text of the data's account, a digest by its beginning. */
static const char *shorten(const char *text, char shown[SHOWN]) {
    bool digest = strlen(text) == VDIB_DIGEST_TEXT - 1 && text[strspn(text, "0123456789abcdef")] == '\0';
    snprintf(shown, SHOWN, digest ? "%.10s..." : "%.60s", text);
    return shown;
}

/* Every part of the data's account that is not as it was, after one sentence that says where the data are. A run that
 * has no account says the digests. */
static vdib_status compare_data(findings *found, const vdib__run_record *record, const vdib__run_record *now) {
    char sentence[SENTENCE], was[SHOWN], is[SHOWN];
    const char *name = NULL, *place = record->data != NULL ? record->data : "";
    json_t *value = NULL;
    if (record->digest == NULL || now->digest == NULL || strcmp(record->digest, now->digest) == 0)
        return VDIB_OK;
    if (record->dataset != NULL)
        place = "those that the program gives";
    snprintf(sentence, sizeof sentence, "the data have changed since the run began (%.200s)",
             place[0] != '\0' ? place : "built-in");
    VDIB_TRY(add(found, VDIB_ERROR_DATA, sentence, "", ""));
    if (record->parts == NULL)
        return add(found, VDIB_ERROR_DATA, "their digest", shorten(record->digest, was), shorten(now->digest, is));
    json_object_foreach(record->parts, name, value) {
        const char *old = json_string_value(value), *new = json_string_value(json_object_get(now->parts, name));
        if (old != NULL && new != NULL && strcmp(old, new) != 0)
            VDIB_TRY(add(found, VDIB_ERROR_DATA, name, shorten(old, was), shorten(new, is)));
    }
    return VDIB_OK;
}

static vdib_status find(findings *found, const vdib__run_record *record, const vdib__run_record *now,
                        const char *checkpoint_path, const vdib_config *config) {
    VDIB_TRY(compare_configuration(found, record, checkpoint_path, config));
    VDIB_TRY(compare_data(found, record, now));
    if (vdib__products_are_portable(config->numeric.products)) /* the same bits everywhere: tests/ledger.txt */
        return VDIB_OK;
    VDIB_TRY(compare(found, VDIB_ERROR_UNSUPPORTED, "the machine type", record->machine, now->machine));
    VDIB_TRY(compare(found, VDIB_ERROR_UNSUPPORTED, "the kernel level", record->kernel, now->kernel));
    return compare(found, VDIB_ERROR_UNSUPPORTED, "the BLAS", record->blas, now->blas);
}

/* One entry of run.json's list; a refusal that is repeated stands there once. */
static vdib_status append(vdib__run_record *record, const vdib__run_record *now, const char *outcome,
                          const char *differences) {
    json_t *entry =
        json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s?, s:s?}", "outcome", outcome, "examples",
                  (json_int_t)record->examples, "version", now->version, "kernel", now->kernel, "blas", now->blas,
                  "machine", now->machine, "data_digest", now->digest, "differences", differences);
    if (record->resumes == NULL)
        record->resumes = json_array();
    size_t count = json_array_size(record->resumes);
    bool same = count > 0 && strcmp(outcome, "refused") == 0 &&
                json_equal(json_array_get(record->resumes, count - 1), entry) == 1;
    if (same)
        json_decref(entry);
    else if (entry == NULL || json_array_append_new(record->resumes, entry) != 0)
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: the resume could not be recorded");
    return VDIB_OK;
}

static vdib_status describe_now(const vdib_dataset *dataset, vdib__run_record *now) {
    VDIB_TRY(vdib__run_record_machine(now));
    return vdib__run_record_data(now, dataset);
}

static vdib_status conclude(const findings *found, vdib__run_record *record, const vdib__run_record *now,
                            const char *folder, bool force) {
    if (found->text == NULL)
        return append(record, now, "resumed", NULL);
    VDIB_TRY(append(record, now, force ? "forced" : "refused", found->text));
    vdib_status saved = vdib__run_record_save(record, folder);
    if (force)
        return saved;
    return vdib__fail(found->status,
                      "%s: would go on to another result: %.800s; undo the change, or go on all the same with --force",
                      folder, found->text);
}

vdib_status vdib__resume_check(vdib__run_record *record, const char *folder, const char *checkpoint_path,
                               const vdib_config *config, const vdib_dataset *dataset, bool force, char **differences) {
    vdib__run_record now = {0};
    findings found = {.status = VDIB_OK};
    *differences = NULL;
    vdib_status status = describe_now(dataset, &now);
    if (status == VDIB_OK)
        status = find(&found, record, &now, checkpoint_path, config);
    if (status == VDIB_OK)
        status = conclude(&found, record, &now, folder, force);
    vdib__run_record_clear(&now);
    if (status != VDIB_OK)
        vdib__free(found.text);
    else
        *differences = found.text;
    return status;
}
