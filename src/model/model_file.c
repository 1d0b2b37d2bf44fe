/* SPDX-License-Identifier: MIT */
/* Model files: one safetensors file, tensors in PyTorch order, configuration and shapes as JSON texts of its
 * metadata. */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/geometry.h"
#include "core/json.h"
#include "core/release.h"
#include "core/text.h"
#include "core/threads.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "vdib/vdib.h"

/* Version of what the metadata hold; a reader refuses any other. */
static const char FORMAT_VERSION[] = "1";
/* Key of the release that wrote the file, which 0.1.0 did not always name. */
static const char RELEASE[] = "vdib_release";

/* The members of a geometry: JSON name and place. */
static const struct {
    const char *name;
    size_t offset;
} GEOMETRY[] = {
    {"input_channels", offsetof(vdib_geometry, input_channels)},
    {"input_height", offsetof(vdib_geometry, input_height)},
    {"input_width", offsetof(vdib_geometry, input_width)},
    {"steps", offsetof(vdib_geometry, steps)},
    {"classes", offsetof(vdib_geometry, classes)},
    {"target_height", offsetof(vdib_geometry, target_height)},
    {"target_width", offsetof(vdib_geometry, target_width)},
};
enum { GEOMETRY_MEMBERS = sizeof GEOMETRY / sizeof GEOMETRY[0] };
/* Written for colour alone: files of grey images and classes stay as they were before there was any. */
static const char CHANNELS[] = "target_channels";

static void geometry_to_json(const vdib_geometry *geometry, char *json, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < GEOMETRY_MEMBERS; i++) {
        size_t value;
        memcpy(&value, (const char *)geometry + GEOMETRY[i].offset, sizeof value);
        used +=
            (size_t)snprintf(json + used, size - used, "%s\"%s\": %zu", i == 0 ? "{" : ", ", GEOMETRY[i].name, value);
    }
    if (geometry->target_channels > 1)
        used += (size_t)snprintf(json + used, size - used, ", \"%s\": %zu", CHANNELS, geometry->target_channels);
    snprintf(json + used, size - used, "}");
}

/* 1 where the file says nothing, else what it says; 0 of targets that are labels. */
static vdib_status channels_from_json(const json_t *object, const char *origin, vdib_geometry *geometry) {
    const json_t *value = json_object_get(object, CHANNELS);
    if (value != NULL && (json_integer_value(value) < 1 || json_integer_value(value) > 3))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: vdib_geometry has %s that are neither 1 (grey) nor 3 (colour)",
                          origin, CHANNELS);
    geometry->target_channels = value != NULL ? (size_t)json_integer_value(value) : 0;
    geometry->target_channels = vdib__target_channels(geometry);
    return VDIB_OK;
}

static vdib_status geometry_from_json(const char *json, const char *origin, vdib_geometry *geometry) {
    json_error_t problem;
    json_t *object = vdib__json_read(json, strlen(json), &problem);
    if (object == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: vdib_geometry is not JSON (%s)", origin, problem.text);
    vdib_status status = VDIB_OK;
    for (size_t i = 0; i < GEOMETRY_MEMBERS && status == VDIB_OK; i++) {
        json_t *value = json_object_get(object, GEOMETRY[i].name);
        size_t number = json_is_integer(value) ? (size_t)json_integer_value(value) : 0;
        if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > INT32_MAX)
            status =
                vdib__fail(VDIB_ERROR_FORMAT, "%s: vdib_geometry lacks a whole number %s", origin, GEOMETRY[i].name);
        memcpy((char *)geometry + GEOMETRY[i].offset, &number, sizeof number);
    }
    if (status == VDIB_OK)
        status = channels_from_json(object, origin, geometry);
    json_decref(object);
    size_t inputs = geometry->input_channels * geometry->input_height;
    if (status == VDIB_OK && (inputs == 0 || geometry->input_width == 0 || geometry->steps == 0 ||
                              inputs > UINT32_MAX / geometry->input_width || geometry->steps > 0xFFFFFF))
        status = vdib__fail(VDIB_ERROR_FORMAT, "%s: vdib_geometry has an impossible input shape", origin);
    return status;
}

/* One entry a tensor, values in file order; *values holds them all. */
static vdib_status make_entries(const vdib_model *model, vdib__safetensors_entry *entries, float *values) {
    for (size_t i = 0; i < model->table.count; i++) {
        const vdib__tensor *tensor = &model->table.tensors[i];
        vdib__safetensors_entry entry = {.name = tensor->name, .dtype = VDIB_DTYPE_F32, .rank = tensor->rank};
        memcpy(entry.shape, tensor->shape, tensor->rank * sizeof *entry.shape);
        vdib__tensor_to_file(tensor, model->parameters + tensor->offset, values);
        entry.data = values;
        entries[i] = entry;
        values += tensor->count;
    }
    return VDIB_OK;
}

/* A file by path, or the same bytes in memory where `bytes` is given. */
static vdib_status write_model(const vdib_model *model, const char *path, uint8_t **bytes, size_t *size) {
    vdib__safetensors_entry *entries = NULL;
    float *values = NULL;
    char *config = NULL, *classes = NULL, geometry[512], examples[32];
    size_t count = model->table.count;
    vdib_status status = vdib__config_to_json(model->config, &config);
    if (status != VDIB_OK)
        return status;
    VDIB_TRY_GOTO(VDIB_NEW(&entries, count), done);
    VDIB_TRY_GOTO(VDIB_NEW(&values, model->table.total), done);
    VDIB_TRY_GOTO(make_entries(model, entries, values), done);
    VDIB_TRY_GOTO(vdib__model_classes_to_json(model, &classes), done);
    geometry_to_json(&model->geometry, geometry, sizeof geometry);
    snprintf(examples, sizeof examples, "%" PRIu64, model->examples);
    const vdib__safetensors_text texts[] = {{"vdib_version", FORMAT_VERSION}, {RELEASE, VDIB_VERSION},
                                            {"vdib_config", config},          {"vdib_geometry", geometry},
                                            {"vdib_examples", examples},      {"vdib_classes", classes}};
    /* Numbers need no names: the last text is left out then. */
    const size_t text_count = sizeof texts / sizeof texts[0] - (classes == NULL ? 1 : 0);
    status = bytes == NULL ? vdib__safetensors_write(path, entries, count, texts, text_count)
                           : vdib__safetensors_write_memory(path, entries, count, texts, text_count, bytes, size);
done:
    vdib__free(classes);
    vdib__free(values);
    vdib__free(entries);
    vdib__free(config);
    return status;
}

vdib_status vdib_model_save(const vdib_model *model, const char *path) {
    VDIB_REQUIRE(model, path);
    return write_model(model, path, NULL, NULL);
}

vdib_status vdib_model_save_memory(const vdib_model *model, void **bytes, size_t *size) {
    VDIB_REQUIRE(model, bytes, size);
    uint8_t *made = NULL;
    VDIB_TRY(write_model(model, "a model in memory", &made, size));
    *bytes = made;
    return VDIB_OK;
}

/* The metadata text of a key that every model file has. */
static vdib_status metadata(const vdib__safetensors *file, const char *key, const char **text) {
    *text = vdib__safetensors_metadata(file, key);
    if (*text == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: its metadata has no %s, so it is no vdib model; name a model.safetensors of a run",
                          vdib__safetensors_origin(file), key);
    return VDIB_OK;
}

static vdib_status check_version(const vdib__safetensors *file) {
    const char *version = NULL;
    VDIB_TRY(metadata(file, "vdib_version", &version));
    return vdib__release_check(vdib__safetensors_origin(file), "model", version, FORMAT_VERSION,
                               vdib__safetensors_metadata(file, RELEASE));
}

static vdib_status load_tensor(const vdib__safetensors *file, vdib_model *model, size_t number) {
    const vdib__tensor *tensor = &model->table.tensors[number];
    const float *values = NULL;
    float *copy = NULL;
    VDIB_TRY(vdib__safetensors_view(file, tensor->name, tensor->rank, tensor->shape, &values, &copy));
    vdib_status status = vdib_model_tensor_set(model, number, values);
    if (status != VDIB_OK) {
        char fault[512];
        vdib__format(fault, sizeof fault, "%s", vdib_last_message());
        status = vdib__fail(status, "%s: tensor %s; train again or use an earlier model",
                            vdib__safetensors_origin(file), fault);
    }
    vdib__free(copy);
    return status;
}

typedef struct loading {
    const vdib__safetensors *file;
    vdib_model *model;
    vdib__failure *failure;
} loading;

static void load_task(const void *context, size_t number, size_t slot) {
    const loading *l = context;
    (void)slot;
    vdib__failure_note(l->failure, number, load_tensor(l->file, l->model, number));
}

/* A model has two or three large tensors: more threads than that have nothing to do. */
enum { LOADERS = 4 };

/* Side by side: most of it is waiting for pages of the file and turning weights around. */
static vdib_status load_tensors(const vdib__safetensors *file, vdib_model *model) {
    vdib__failure failure;
    const loading all = {file, model, &failure};
    vdib__failure_init(&failure);
    vdib__parallel(vdib__threads(0) < LOADERS ? vdib__threads(0) : LOADERS, model->table.count, load_task, &all);
    return vdib__failure_raise(&failure);
}

static vdib_status load_checked(const vdib__safetensors *file, vdib_model **model) {
    const char *config_text = NULL, *geometry_text = NULL, *examples_text = NULL;
    const char *origin = vdib__safetensors_origin(file);
    vdib_config *config = NULL;
    vdib_model *made = NULL;
    vdib_geometry geometry = {.size = sizeof(vdib_geometry)};
    VDIB_TRY(metadata(file, "vdib_config", &config_text));
    VDIB_TRY(metadata(file, "vdib_geometry", &geometry_text));
    VDIB_TRY(metadata(file, "vdib_examples", &examples_text));
    VDIB_TRY(geometry_from_json(geometry_text, origin, &geometry));
    VDIB_TRY(vdib__config_from_json(config_text, origin, &config));
    vdib_status status = vdib__model_build(config, &geometry, &made);
    if (status != VDIB_OK)
        status = vdib__fail_prefix(status, "%s", origin);
    else
        status = load_tensors(file, made);
    vdib_config_destroy(config);
    const char *classes = vdib__safetensors_metadata(file, "vdib_classes");
    if (status == VDIB_OK && classes != NULL)
        status = vdib__model_classes_from_json(made, classes, origin);
    if (status != VDIB_OK) {
        vdib_model_destroy(made);
        return status;
    }
    made->examples = strtoull(examples_text, NULL, 10);
    *model = made;
    return VDIB_OK;
}

/* What a later release wrote in the same format may have keys and layers that are not known here. */
static vdib_status load(const vdib__safetensors *file, vdib_model **model) {
    VDIB_TRY(check_version(file));
    return vdib__release_explain(load_checked(file, model), vdib__safetensors_metadata(file, RELEASE));
}

vdib_status vdib_model_load(const char *path, vdib_model **model) {
    vdib__safetensors *file = NULL;
    VDIB_REQUIRE(path, model);
    VDIB_TRY(vdib__safetensors_open(path, &file));
    vdib_status status = load(file, model);
    vdib__safetensors_close(file);
    return status;
}

vdib_status vdib_model_load_memory(const void *bytes, size_t size, const char *origin, vdib_model **model) {
    vdib__safetensors *file = NULL;
    VDIB_REQUIRE(bytes, model);
    VDIB_TRY(vdib__safetensors_parse(bytes, size, origin != NULL ? origin : "a model in memory", &file));
    vdib_status status = load(file, model);
    vdib__safetensors_close(file);
    return status;
}
