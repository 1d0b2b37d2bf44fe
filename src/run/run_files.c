/* SPDX-License-Identifier: MIT */
#include "run/run_files.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/kernel_level.h"
#include "core/matrix.h"
#include "core/release.h"
#include "core/text.h"
#include "data/dataset.h"
#include "eval/figures.h"
#include "run/folder.h"
#include "vdib/vdib.h"

/* Version of the JSON files of runs, series and sweeps; files without one are of the first. */
enum { FORMAT = 1 };
static const char WRITTEN_BY[] = "written_by";

vdib_status vdib__run_record_machine(vdib__run_record *record) {
    vdib__kernel_level level;
    struct utsname system;
    VDIB_TRY(vdib__kernel_level_choose(&level));
    if (uname(&system) != 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "the machine's name cannot be read");
    VDIB_TRY(vdib__strdup(VDIB_VERSION, &record->version));
    VDIB_TRY(vdib__strdup(vdib__kernel_level_name(level), &record->kernel));
    VDIB_TRY(vdib__strdup(vdib__blas_name(), &record->blas));
    return vdib__strdup(system.machine, &record->machine);
}

void vdib__run_record_clear(vdib__run_record *record) {
    char *texts[] = {record->data,        record->images, record->dataset, record->version,
                     record->kernel,      record->blas,   record->machine, record->digest,
                     record->initialised, record->split,  record->init,    record->written_by};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        vdib__free(texts[i]);
    json_decref(record->configuration);
    json_decref(record->parts);
    json_decref(record->resumes);
    *record = (vdib__run_record){0};
}

static json_t *text_or_null(const char *text) {
    return text != NULL ? json_string(text) : json_null();
}

static json_t *made_with(const vdib__run_record *record) {
    return json_pack("{s:o, s:o, s:o, s:o}", "version", text_or_null(record->version), "kernel",
                     text_or_null(record->kernel), "blas", text_or_null(record->blas), "machine",
                     text_or_null(record->machine));
}

vdib_status vdib__record_stamp(json_t *object) {
    if (json_object_set_new(object, "format", json_integer(FORMAT)) != 0 ||
        json_object_set_new(object, WRITTEN_BY, json_string(VDIB_VERSION)) != 0)
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: the release could not be recorded");
    return VDIB_OK;
}

static json_t *record_to_json(const vdib__run_record *record) {
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:{s:I, s:I, s:f}, s:I, s:I, s:o, s:o, s:I, s:f, s:b}", "data", text_or_null(record->data),
        "images", text_or_null(record->images), "dataset", text_or_null(record->dataset), "limits", "examples",
        (json_int_t)record->example_limit, "epochs", (json_int_t)record->epoch_limit, "seconds", record->second_limit,
        "checkpoint_every", (json_int_t)record->checkpoint_every, "threads", (json_int_t)record->threads, "made_with",
        made_with(record), "data_digest", text_or_null(record->digest), "examples", (json_int_t)record->examples,
        "seconds", record->seconds, "finished", record->finished);
    if (object != NULL && record->parts != NULL)
        json_object_set(object, "data_parts", record->parts);
    if (object != NULL && record->resumes != NULL)
        json_object_set(object, "resumes", record->resumes);
    if (object != NULL && record->initialised != NULL)
        json_object_set_new(object, "initialisation", json_string(record->initialised));
    if (object != NULL && record->init != NULL)
        json_object_set_new(object, "init", json_string(record->init));
    if (object != NULL && record->configuration != NULL)
        json_object_set(object, "configuration", record->configuration);
    return object;
}

vdib_status vdib__run_record_configuration(vdib__run_record *record, const vdib_config *config) {
    json_t *made = json_object();
    bool good = made != NULL;
    for (size_t i = 0; i < vdib_config_key_count() && good; i++) {
        char value[VDIB_CONFIG_VALUE];
        VDIB_TRY(vdib_config_get(config, vdib_config_key_name(i), value, sizeof value));
        good = json_object_set_new(made, vdib_config_key_name(i), json_string(value)) == 0;
    }
    if (!good) {
        json_decref(made);
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: the configuration could not be recorded");
    }
    json_decref(record->configuration);
    record->configuration = made;
    return VDIB_OK;
}

vdib_status vdib__run_record_config(const vdib__run_record *record, vdib_config **config) {
    const char *key = NULL;
    json_t *value = NULL;
    vdib_config *made = NULL;
    VDIB_TRY(vdib_config_create(&made));
    vdib_status status = VDIB_OK;
    json_object_foreach(record->configuration, key, value) {
        char setting[VDIB_CONFIG_KEY_NAME + VDIB_CONFIG_VALUE];
        snprintf(setting, sizeof setting, "%s=%s", key, json_is_string(value) ? json_string_value(value) : "");
        if (status == VDIB_OK)
            status = vdib_config_set(made, setting);
    }
    if (status != VDIB_OK) {
        vdib_config_destroy(made);
        (void)vdib__fail_prefix(status, "%s", vdib_run_file_name(VDIB_RUN_FILE_RECORD));
        return vdib__release_explain(status, record->written_by);
    }
    *config = made;
    return VDIB_OK;
}

vdib_status vdib__run_record_data(vdib__run_record *record, const vdib_dataset *dataset) {
    vdib__data_account account;
    char digest[VDIB_DIGEST_TEXT];
    VDIB_TRY(vdib__dataset_account(dataset, &account, digest));
    VDIB_TRY(vdib__strdup(digest, &record->digest));
    json_t *made = json_object();
    bool good = made != NULL;
    for (size_t i = 0; i < VDIB_DATA_FACTS && good; i++)
        good = account.facts[i][0] == '\0' ||
               json_object_set_new(made, vdib__data_fact_name(i), json_string(account.facts[i])) == 0;
    if (!good) {
        json_decref(made);
        return vdib__fail(VDIB_ERROR_MEMORY, "out of memory: the data could not be recorded");
    }
    json_decref(record->parts);
    record->parts = made;
    return VDIB_OK;
}

vdib_status vdib__run_record_save(const vdib__run_record *record, const char *folder) {
    json_t *object = record_to_json(record);
    if (object == NULL)
        return vdib__fail(VDIB_ERROR_DATA, "%s: a path in it is not valid UTF-8; rename the data folder",
                          vdib_run_file_name(VDIB_RUN_FILE_RECORD));
    char *text = NULL, *path = NULL;
    if (vdib__record_stamp(object) == VDIB_OK)
        text = vdib__json_write(object, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(object);
    if (text == NULL)
        return vdib__fail(VDIB_ERROR_MEMORY, "%s could not be formed", vdib_run_file_name(VDIB_RUN_FILE_RECORD));
    vdib_status status = vdib__run_path(folder, VDIB_RUN_FILE_RECORD, &path);
    if (status == VDIB_OK)
        status = vdib__file_write(path, text, strlen(text));
    vdib__free(path);
    vdib__json_free(text);
    return status;
}

/* ---- reading ---- */

bool vdib__json_is_text(const json_t *value) {
    return json_is_string(value) || json_is_null(value);
}

bool vdib__json_is_count(const json_t *value) {
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

bool vdib__json_is_amount(const json_t *value) {
    return json_is_number(value) && json_number_value(value) >= 0;
}

static bool is_switch(const json_t *value) {
    return json_is_boolean(value);
}

static bool is_object(const json_t *value) {
    return json_is_object(value);
}

static bool is_list(const json_t *value) {
    return json_is_array(value);
}

static const vdib__record_key KEYS[] = {
    {NULL, "data", vdib__json_is_text, "a path or null", false},
    {NULL, "images", vdib__json_is_text, "a path or null", false},
    {NULL, "dataset", vdib__json_is_text, "a text or null", true},
    {NULL, "limits", is_object, "an object", false},
    {"limits", "examples", vdib__json_is_count, "a whole number", false},
    {"limits", "epochs", vdib__json_is_count, "a whole number", false},
    {"limits", "seconds", vdib__json_is_amount, "a number", false},
    {NULL, "checkpoint_every", vdib__json_is_count, "a whole number", false},
    {NULL, "threads", vdib__json_is_count, "a whole number", false},
    {NULL, "made_with", is_object, "an object", false},
    {"made_with", "version", vdib__json_is_text, "a text", true},
    {"made_with", "kernel", vdib__json_is_text, "a text", false},
    {"made_with", "blas", vdib__json_is_text, "a text", false},
    {"made_with", "machine", vdib__json_is_text, "a text", false},
    {NULL, "data_digest", vdib__json_is_text, "a text", true},
    {NULL, "data_parts", is_object, "an object", true},
    {NULL, "examples", vdib__json_is_count, "a whole number", false},
    {NULL, "seconds", vdib__json_is_amount, "a number", false},
    {NULL, "finished", is_switch, "true or false", false},
    {NULL, "resumes", is_list, "a list", true},
    {NULL, "configuration", is_object, "an object", true},
    {NULL, "initialisation", vdib__json_is_text, "a text", true},
    {NULL, "init", vdib__json_is_text, "a path", true},
};

static vdib_status check_format(const json_t *object, const char *path) {
    const json_t *format = json_object_get(object, "format");
    char has[32] = "that is no number", reads[32];
    if (format == NULL)
        return VDIB_OK;
    if (json_is_integer(format))
        snprintf(has, sizeof has, "%" JSON_INTEGER_FORMAT, json_integer_value(format));
    snprintf(reads, sizeof reads, "%d", FORMAT);
    return vdib__release_check(path, "run", has, reads, json_string_value(json_object_get(object, WRITTEN_BY)));
}

static vdib_status check_keys(const json_t *object, const char *path, const vdib__record_key *keys, size_t count) {
    static const char remedy[] = "put a copy of the whole file in its place, or train again in a new folder";
    for (size_t i = 0; i < count; i++) {
        const vdib__record_key *key = &keys[i];
        const json_t *value = json_object_get(key->in != NULL ? json_object_get(object, key->in) : object, key->name);
        const char *in = key->in != NULL ? key->in : "", *dot = key->in != NULL ? "." : "";
        if (value == NULL && !key->optional)
            return vdib__fail(VDIB_ERROR_FORMAT, "%s: is damaged: it has no '%s%s%s', which every run writes; %s", path,
                              in, dot, key->name, remedy);
        if (value != NULL && !key->is(value))
            return vdib__fail(VDIB_ERROR_FORMAT, "%s: is damaged: its '%s%s%s' is not %s; %s", path, in, dot, key->name,
                              key->kind, remedy);
    }
    return VDIB_OK;
}

vdib_status vdib__record_check(const json_t *object, const char *path, const vdib__record_key *keys, size_t count) {
    VDIB_TRY(check_format(object, path));
    return vdib__release_explain(check_keys(object, path, keys, count),
                                 json_string_value(json_object_get(object, WRITTEN_BY)));
}

static vdib_status copy_text(const json_t *object, const char *key, char **copy) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? vdib__strdup(text, copy) : VDIB_OK;
}

static uint64_t count_of(const json_t *object, const char *key) {
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static vdib_status record_from_json(const json_t *object, vdib__run_record *record) {
    const json_t *limits = json_object_get(object, "limits"), *made = json_object_get(object, "made_with");
    record->example_limit = count_of(limits, "examples");
    record->epoch_limit = count_of(limits, "epochs");
    record->second_limit = json_number_value(json_object_get(limits, "seconds"));
    record->checkpoint_every = count_of(object, "checkpoint_every");
    record->threads = count_of(object, "threads");
    record->examples = count_of(object, "examples");
    record->seconds = json_number_value(json_object_get(object, "seconds"));
    record->finished = json_is_true(json_object_get(object, "finished"));
    VDIB_TRY(copy_text(object, "data", &record->data));
    VDIB_TRY(copy_text(object, "images", &record->images));
    VDIB_TRY(copy_text(object, "dataset", &record->dataset));
    const json_t *resumes = json_object_get(object, "resumes"), *config = json_object_get(object, "configuration");
    const json_t *parts = json_object_get(object, "data_parts");
    record->resumes = json_is_array(resumes) ? json_deep_copy(resumes) : NULL;
    record->parts = json_is_object(parts) ? json_deep_copy(parts) : NULL;
    record->configuration = json_is_object(config) ? json_deep_copy(config) : NULL;
    VDIB_TRY(copy_text(object, "data_digest", &record->digest));
    VDIB_TRY(copy_text(parts, vdib__data_fact_name(VDIB_DATA_FACTS - 1), &record->split));
    VDIB_TRY(copy_text(object, "initialisation", &record->initialised));
    VDIB_TRY(copy_text(object, "init", &record->init));
    VDIB_TRY(copy_text(object, WRITTEN_BY, &record->written_by));
    VDIB_TRY(copy_text(made, "version", &record->version));
    VDIB_TRY(copy_text(made, "kernel", &record->kernel));
    VDIB_TRY(copy_text(made, "blas", &record->blas));
    return copy_text(made, "machine", &record->machine);
}

vdib_status vdib__run_record_load(const char *folder, vdib__run_record *record) {
    char *path = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    json_error_t problem;
    *record = (vdib__run_record){0};
    VDIB_TRY(vdib__run_path(folder, VDIB_RUN_FILE_RECORD, &path));
    vdib_status status = VDIB_OK;
    if (vdib_series_is(folder))
        status =
            vdib__fail(VDIB_ERROR_IO,
                       "%s: is a series of runs over several seeds; name one of them, a folder seed-... in it", folder);
    else if (!vdib__is_file(path))
        status = vdib__fail(
            VDIB_ERROR_IO,
            "%s: is no run folder (it has no %s); name one that `vdib train` made, or remove it and train again",
            folder, vdib_run_file_name(VDIB_RUN_FILE_RECORD));
    if (status == VDIB_OK)
        status = vdib__file_read(path, &bytes, &size);
    if (status == VDIB_OK)
        status = vdib__memory_check_json(path, size);
    if (status == VDIB_OK) {
        json_t *object = vdib__json_read((const char *)bytes, size, &problem);
        if (!json_is_object(object))
            status = vdib__fail(VDIB_ERROR_FORMAT, "%s:%d: is not a run's JSON (%s); train again", path,
                                object == NULL ? problem.line : 1,
                                object == NULL ? problem.text : "it is no object in braces");
        else
            status = vdib__record_check(object, path, KEYS, sizeof KEYS / sizeof KEYS[0]);
        if (status == VDIB_OK)
            status = record_from_json(object, record);
        json_decref(object);
    }
    vdib__free(bytes);
    vdib__free(path);
    if (status != VDIB_OK)
        vdib__run_record_clear(record);
    return status;
}

vdib_status vdib__metrics_open(const char *folder, uint64_t keep, vdib__growing **file) {
    char *path = NULL;
    VDIB_TRY(vdib__run_path(folder, VDIB_RUN_FILE_METRICS, &path));
    vdib_status status = vdib__growing_open(path, keep, vdib__whole_lines, file);
    vdib__free(path);
    return status;
}

static void compose(FILE *line, const vdib_progress *progress, bool validation) {
    double value = 0;
    size_t count = 0;
    const vdib__figure *figures = vdib__figures(&count);
    fprintf(line, "{\"kind\": \"%s\"", validation ? "validation" : "train");
    for (size_t f = 0; f < count; f++) {
        if ((figures[f].uses & VDIB__FIGURE_RECORDED) == 0 || !vdib_progress_figure(progress, f, validation, &value))
            continue;
        if (figures[f].whole)
            vdib__print(line, ", \"%s\": %.0f", figures[f].name, value);
        else
            vdib__print(line, ", \"%s\": %.9g", figures[f].name, value);
    }
    if (validation)
        fprintf(line, ", \"improved\": %s", progress->improved ? "true" : "false");
    fputs("}\n", line);
}

/* The line is made in memory first, so that the file gets it in one piece. */
vdib_status vdib__metrics_point(vdib__growing *file, const vdib_progress *progress, bool validation) {
    char *text = NULL;
    size_t size = 0;
    FILE *line = open_memstream(&text, &size);
    if (line != NULL)
        compose(line, progress, validation);
    if (line == NULL || ferror(line) || fclose(line) != 0) {
        free(text);
        return vdib__fail(VDIB_ERROR_MEMORY, "a line of %s could not be formed",
                          vdib_run_file_name(VDIB_RUN_FILE_METRICS));
    }
    vdib_status status = vdib__growing_append(file, text, size);
    free(text);
    return status;
}

vdib_status vdib__run_evaluation_save(const char *folder, vdib_run_file file, const vdib_evaluation *evaluation) {
    char *path = NULL, *json = NULL;
    vdib__writer writer;
    VDIB_TRY(vdib_evaluation_json(evaluation, &json));
    vdib_status status = vdib__run_path(folder, file, &path);
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
