/* SPDX-License-Identifier: MIT */
/* config.yaml and sweep.json of a sweep's folder: what was asked for, and whether it is what is asked for now. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "run/folder.h"
#include "run/sweep.h"

static bool is_texts(const json_t *value) {
    size_t i;
    json_t *item;
    if (!json_is_array(value))
        return false;
    json_array_foreach(value, i, item) if (!json_is_string(item)) return false;
    return true;
}

static bool is_positive(const json_t *value) {
    return vdib__json_is_count(value) && json_integer_value(value) > 0;
}

/* What it says besides data and limits, in every version. */
static const vdib__record_key KEYS[] = {
    {NULL, "over", is_texts, "a list of texts", false},
    {NULL, "seeds", is_positive, "a whole number above 0", false},
};

static json_t *to_json(const vdib_sweep *sweep) {
    json_t *object = vdib__asked_json(&sweep->asked), *over = json_array();
    bool good = object != NULL && over != NULL;
    for (size_t v = 0; v < sweep->variation_count && good; v++)
        good = json_array_append_new(over, json_string(sweep->variations[v].text)) == 0;
    good = good && json_object_set(object, "over", over) == 0 &&
           json_object_set_new(object, "seeds", json_integer((json_int_t)sweep->seeds)) == 0;
    json_decref(over);
    if (!good) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* ---- reading ---- */

bool vdib_sweep_is(const char *folder) {
    char *path = NULL;
    bool there = folder != NULL && vdib__run_path(folder, VDIB_RUN_FILE_SWEEP, &path) == VDIB_OK && vdib__is_file(path);
    vdib__free(path);
    return there;
}

static vdib_status read_object(const char *folder, json_t **object) {
    return vdib__asked_read(folder, VDIB_RUN_FILE_SWEEP, "sweep", KEYS, sizeof KEYS / sizeof KEYS[0], object);
}

void vdib__sweep_texts_free(char **texts, size_t count) {
    for (size_t i = 0; texts != NULL && i < count; i++)
        vdib__free(texts[i]);
    vdib__free(texts);
}

static vdib_status copy_texts(const json_t *list, char ***texts, size_t *count) {
    char **made = NULL;
    size_t length = json_array_size(list);
    VDIB_TRY(VDIB_NEW(&made, length));
    for (size_t i = 0; i < length; i++) {
        vdib_status status = vdib__strdup(json_string_value(json_array_get(list, i)), &made[i]);
        if (status != VDIB_OK) {
            vdib__sweep_texts_free(made, length);
            return status;
        }
    }
    *texts = made;
    *count = length;
    return VDIB_OK;
}

vdib_status vdib__sweep_read(const char *folder, const vdib_resume_options *resume, vdib__asked *asked, char ***over,
                             size_t *count, size_t *seeds) {
    json_t *object = NULL;
    if (!vdib_sweep_is(folder))
        return vdib__fail(VDIB_ERROR_IO,
                          "%s: is the folder of no sweep (it has no %s); name one that `vdib sweep` made", folder,
                          vdib_run_file_name(VDIB_RUN_FILE_SWEEP));
    VDIB_TRY(read_object(folder, &object));
    *seeds = (size_t)vdib__json_count(object, "seeds");
    vdib_status status = vdib__asked_restore(folder, resume, object, asked);
    if (status == VDIB_OK) {
        status = copy_texts(json_object_get(object, "over"), over, count);
        if (status != VDIB_OK)
            vdib__asked_clear(asked);
    }
    json_decref(object);
    return status;
}

/* ---- comparing ---- */

/* A list of differences: "seeds was 3, is 5; ...". */
typedef struct findings {
    char *text;
    size_t size, used;
} findings;

static vdib_status add(findings *found, const char *what, const char *was, const char *is) {
    enum { ROOM = 32 };
    if (strcmp(was, is) == 0)
        return VDIB_OK;
    VDIB_TRY(VDIB_RESERVE(&found->text, &found->size, found->used + strlen(what) + strlen(was) + strlen(is) + ROOM));
    found->used += (size_t)snprintf(found->text + found->used, found->size - found->used, "%s%s was %s, is %s",
                                    found->used > 0 ? "; " : "", what, was[0] != '\0' ? was : "not given",
                                    is[0] != '\0' ? is : "not given");
    return VDIB_OK;
}

/* A value of the JSON as text; numbers as they are written. */
static void say(const json_t *value, char text[VDIB_CONFIG_VALUE]) {
    text[0] = '\0';
    if (json_is_string(value))
        snprintf(text, VDIB_CONFIG_VALUE, "%s", json_string_value(value));
    else if (json_is_number(value) && json_number_value(value) != 0)
        vdib__number_format(json_number_value(value), text);
}

static vdib_status compare_asked(findings *found, const json_t *was, const json_t *is) {
    static const struct {
        const char *name, *said;
    } keys[] = {{"data", "--data"},     {"images", "--images"},   {"examples", "--examples"},
                {"epochs", "--epochs"}, {"seconds", "--seconds"}, {"checkpoint_every", "--checkpoint-every"},
                {"seeds", "--seeds"}};
    char texts[2][VDIB_CONFIG_VALUE];
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        say(json_object_get(was, keys[i].name), texts[0]);
        say(json_object_get(is, keys[i].name), texts[1]);
        VDIB_TRY(add(found, keys[i].said, texts[0], texts[1]));
    }
    const json_t *over[] = {json_object_get(was, "over"), json_object_get(is, "over")};
    size_t count =
        json_array_size(over[0]) > json_array_size(over[1]) ? json_array_size(over[0]) : json_array_size(over[1]);
    for (size_t i = 0; i < count; i++) {
        say(json_array_get(over[0], i), texts[0]);
        say(json_array_get(over[1], i), texts[1]);
        VDIB_TRY(add(found, "--over", texts[0], texts[1]));
    }
    return VDIB_OK;
}

static vdib_status compare_configurations(findings *found, const vdib_config *was, const vdib_config *is) {
    size_t count = 0;
    char texts[2][VDIB_CONFIG_VALUE];
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        vdib__config_format(was, &keys[i], texts[0]);
        vdib__config_format(is, &keys[i], texts[1]);
        VDIB_TRY(add(found, keys[i].name, texts[0], texts[1]));
    }
    return VDIB_OK;
}

static vdib_status find_differences(const vdib_sweep *sweep, const json_t *was, findings *found) {
    char *path = NULL;
    vdib_config *config = NULL;
    json_t *is = to_json(sweep);
    if (is == NULL)
        return vdib__fail(VDIB_ERROR_DATA, "%s: cannot be formed (out of memory, or a path is not UTF-8)",
                          vdib_run_file_name(VDIB_RUN_FILE_SWEEP));
    vdib_status status = vdib__run_path(sweep->folder, VDIB_RUN_FILE_CONFIG, &path);
    if (status == VDIB_OK)
        status = vdib_config_load(path, &config);
    if (status == VDIB_OK)
        status = compare_configurations(found, config, sweep->asked.config);
    if (status == VDIB_OK)
        status = compare_asked(found, was, is);
    vdib_config_destroy(config);
    vdib__free(path);
    json_decref(is);
    return status;
}

static vdib_status compare_with_file(const vdib_sweep *sweep) {
    json_t *object = NULL;
    findings found = {.text = NULL};
    VDIB_TRY(read_object(sweep->folder, &object));
    vdib_status status = find_differences(sweep, object, &found);
    if (status == VDIB_OK && found.text != NULL)
        status = vdib__fail(VDIB_ERROR_EXISTS,
                            "%s: is the folder of another sweep: %.700s; name a new folder, or go on with that one by "
                            "`vdib sweep --resume %s`",
                            sweep->folder, found.text, sweep->folder);
    vdib__free(found.text);
    json_decref(object);
    return status;
}

static vdib_status compare_locked(const vdib_sweep *sweep, bool *same) {
    *same = vdib_sweep_is(sweep->folder);
    if (*same)
        return compare_with_file(sweep);
    char **names = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__folder_list(sweep->folder, &names, &count));
    vdib__names_free(names, count);
    if (count != 0)
        return vdib__fail(VDIB_ERROR_EXISTS, "%s: holds something, but no sweep (it has no %s); name a new folder",
                          sweep->folder, vdib_run_file_name(VDIB_RUN_FILE_SWEEP));
    return VDIB_OK;
}

vdib_status vdib__sweep_compare(const vdib_sweep *sweep, bool *same) {
    int lock = -1;
    *same = false;
    if (vdib__is_file(sweep->folder))
        return vdib__fail(VDIB_ERROR_EXISTS, "%s: is a file; name a new folder", sweep->folder);
    if (!vdib__is_folder(sweep->folder))
        return VDIB_OK;
    VDIB_TRY(vdib__run_folder_wait(sweep->folder, &lock));
    vdib_status status = compare_locked(sweep, same);
    (void)close(lock);
    return status;
}

/* ---- writing ---- */

static vdib_status save_locked(const vdib_sweep *sweep) {
    bool same = false;
    VDIB_TRY(compare_locked(sweep, &same));
    if (same)
        return VDIB_OK;
    VDIB_TRY(vdib__asked_save_config(&sweep->asked, sweep->folder));
    return vdib__folder_json(sweep->folder, VDIB_RUN_FILE_SWEEP, to_json(sweep));
}

vdib_status vdib__sweep_save(const vdib_sweep *sweep) {
    int lock = -1;
    VDIB_TRY(vdib__folder_make(sweep->folder));
    VDIB_TRY(vdib__run_folder_wait(sweep->folder, &lock));
    vdib_status status = save_locked(sweep);
    (void)close(lock);
    return status;
}
