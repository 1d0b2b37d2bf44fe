/* SPDX-License-Identifier: MIT */
/* Checkpoints: everything that training needs to go on, as one safetensors file. Weights and optimiser state are stored
 * in memory order (a checkpoint is for the same build of the same configuration), doubles by their bit patterns. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/release.h"
#include "learn/trainer.h"
#include "learn/updates.h"
#include "model/safetensors.h"
#include "vdib/vdib.h"

static const char FORMAT_VERSION[] = "1";
/* Key of the release that wrote the file. */
static const char RELEASE[] = "vdib_release";

enum { MAX_ENTRIES = 32, COUNTERS = 8, SCALARS = 24 };

/* The float arrays of a trainer: name, place, length. */
typedef struct array {
    const char *name;
    float *values;
    size_t count;
} array;

static size_t list_arrays(const vdib_trainer *trainer, array *arrays) {
    const vdib__optimizer *encoder = &trainer->encoder, *decoder = &trainer->decoder;
    size_t trained = trainer->model->table.trained;
    const array all[] = {
        {"model", trainer->model->parameters, trained},
        {"average", trainer->averaged != NULL ? trainer->averaged->parameters : NULL, trained},
        {"best", trainer->best->parameters, trained},
        {"encoder.first", encoder->first, encoder->count},
        {"encoder.second", encoder->second, encoder->count},
        {"encoder.numerator", encoder->numerator, encoder->count},
        {"encoder.denominator", encoder->denominator, encoder->count},
        {"decoder.first", decoder->first, decoder->count},
        {"decoder.second", decoder->second, decoder->count},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].values != NULL)
            arrays[count++] = all[i];
    return count;
}

static void gather_counters(const vdib_trainer *trainer, const vdib__file_lengths *lengths,
                            uint64_t counters[COUNTERS]) {
    const uint64_t all[COUNTERS] = {trainer->model->examples, trainer->best->examples,  trainer->has_best,
                                    trainer->encoder.updates, trainer->decoder.updates, trainer->averages.count,
                                    lengths->metrics,         lengths->tensorboard};
    memcpy(counters, all, sizeof all);
}

static void spread_counters(vdib_trainer *trainer, vdib__file_lengths *lengths, const uint64_t counters[COUNTERS]) {
    trainer->model->examples = 0;
    vdib__trainer_count(trainer, counters[0]);
    trainer->best->examples = counters[1];
    trainer->has_best = counters[2] != 0;
    trainer->encoder.updates = counters[3];
    trainer->decoder.updates = counters[4];
    trainer->averages.count = counters[5];
    *lengths = (vdib__file_lengths){.metrics = counters[6], .tensorboard = counters[7]};
}

/* The doubles of a trainer, in the order of the file. */
static size_t list_scalars(vdib_trainer *trainer, double **scalars) {
    double *const all[] = {
        &trainer->best_loss,
        &trainer->validation.loss,
        &trainer->validation.distortion,
        &trainer->validation.rate_bits,
        &trainer->encoder.power[0],
        &trainer->encoder.power[1],
        &trainer->encoder.signal,
        &trainer->decoder.power[0],
        &trainer->decoder.power[1],
        &trainer->decoder.signal,
        &trainer->averages.loss,
        &trainer->averages.distortion,
        &trainer->averages.rate_bits,
        &trainer->averages.density,
        &trainer->seconds_before,
    };
    memcpy(scalars, all, sizeof all);
    return sizeof all / sizeof all[0];
}

vdib_status vdib__checkpoint_save(const vdib_trainer *trainer, const vdib__file_lengths *lengths, const char *path) {
    array arrays[MAX_ENTRIES];
    vdib__safetensors_entry entries[MAX_ENTRIES];
    vdib_trainer now = *trainer; /* the time of this process counts as earlier time of the next */
    now.seconds_before = vdib__trainer_seconds(trainer);
    vdib__optimizer_settle(&now.encoder);
    size_t count = list_arrays(&now, arrays);
    for (size_t i = 0; i < count; i++)
        entries[i] = (vdib__safetensors_entry){.name = arrays[i].name,
                                               .dtype = VDIB_DTYPE_F32,
                                               .rank = 1,
                                               .shape = {arrays[i].count},
                                               .data = arrays[i].values};
    uint64_t counters[COUNTERS], bits[SCALARS];
    double *scalars[SCALARS];
    gather_counters(trainer, lengths, counters);
    size_t scalar_count = list_scalars(&now, scalars);
    for (size_t i = 0; i < scalar_count; i++)
        memcpy(&bits[i], scalars[i], sizeof bits[i]);
    entries[count++] = (vdib__safetensors_entry){
        .name = "counters", .dtype = VDIB_DTYPE_U64, .rank = 1, .shape = {COUNTERS}, .data = counters};
    if (trainer->validation_pending)
        entries[count++] = (vdib__safetensors_entry){
            .name = "validation_pending", .dtype = VDIB_DTYPE_U64, .rank = 1, .shape = {1}, .data = &now.step_began};
    const uint64_t yes = 1;
    if (trainer->is_initialised && trainer->model->examples == 0) /* later on it goes without saying */
        entries[count++] = (vdib__safetensors_entry){
            .name = "initialised", .dtype = VDIB_DTYPE_U64, .rank = 1, .shape = {1}, .data = &yes};
    entries[count++] = (vdib__safetensors_entry){
        .name = "scalars", .dtype = VDIB_DTYPE_U64, .rank = 1, .shape = {scalar_count}, .data = bits};
    char *config = NULL;
    VDIB_TRY(vdib__config_to_json(trainer->model->config, &config));
    const vdib__safetensors_text texts[] = {
        {"vdib_checkpoint", FORMAT_VERSION}, {RELEASE, VDIB_VERSION}, {"vdib_config", config}};
    vdib_status status = vdib__safetensors_write(path, entries, count, texts, sizeof texts / sizeof *texts);
    vdib__free(config);
    return status;
}

/* A checkpoint must be of this format. */
static vdib_status check_version(const vdib__safetensors *file) {
    const char *path = vdib__safetensors_origin(file), *version = vdib__safetensors_metadata(file, "vdib_checkpoint");
    if (version == NULL || vdib__safetensors_metadata(file, "vdib_config") == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: is no vdib checkpoint", path);
    return vdib__release_check(path, "checkpoint", version, FORMAT_VERSION, vdib__safetensors_metadata(file, RELEASE));
}

static vdib_status config_of(const vdib__safetensors *file, vdib_config **config) {
    VDIB_TRY(check_version(file));
    vdib_status status =
        vdib__config_from_json(vdib__safetensors_metadata(file, "vdib_config"), vdib__safetensors_origin(file), config);
    return vdib__release_explain(status, vdib__safetensors_metadata(file, RELEASE));
}

vdib_status vdib__checkpoint_config(const char *path, vdib_config **config) {
    vdib__safetensors *file = NULL;
    VDIB_TRY(vdib__safetensors_open(path, &file));
    vdib_status status = config_of(file, config);
    vdib__safetensors_close(file);
    return status;
}

/* It must be of the trainer's own configuration, key by key: an older checkpoint lacks new keys, which have their
 * defaults. */
static vdib_status check_origin(const vdib_trainer *trainer, const vdib__safetensors *file) {
    vdib_config *config = NULL;
    char *differences = NULL;
    VDIB_TRY(config_of(file, &config));
    vdib_status status = vdib__config_differences(config, trainer->model->config, false, &differences);
    vdib_config_destroy(config);
    if (status == VDIB_OK && differences != NULL)
        status = vdib__fail(VDIB_ERROR_CONFIG,
                            "%s: was written under another configuration (%s); resume with the run's own config.yaml",
                            vdib__safetensors_origin(file), differences);
    vdib__free(differences);
    return status;
}

/* Training goes on with weights that are finite, or not at all. */
static vdib_status check_weights(const vdib__safetensors *file, const char *name, size_t count) {
    const uint8_t *bytes = vdib__safetensors_find(file, name)->bytes;
    for (size_t i = 0; i < count; i++)
        if ((bytes[4 * i + 3] & 0x7F) == 0x7F && (bytes[4 * i + 2] & 0x80) != 0) /* the exponent, little-endian */
            return vdib__fail(
                VDIB_ERROR_NUMERIC,
                "%s: %s: element %zu is not finite: the file is damaged, or training had gone astray; take an "
                "earlier copy, or train again",
                vdib__safetensors_origin(file), name, i);
    return VDIB_OK;
}

/* Everything that load_all takes is there, of its type and length. */
static vdib_status check_all(const vdib__safetensors *file, const array *arrays, size_t count, size_t scalar_count) {
    VDIB_TRY(vdib__safetensors_check(file, "counters", VDIB_DTYPE_U64, COUNTERS));
    VDIB_TRY(vdib__safetensors_check(file, "scalars", VDIB_DTYPE_U64, scalar_count));
    for (size_t i = 0; i < count; i++)
        VDIB_TRY(vdib__safetensors_check(file, arrays[i].name, VDIB_DTYPE_F32, arrays[i].count));
    for (size_t i = 0; i < count; i++) /* not optimisers' state, which may be larger than a float holds */
        if (strchr(arrays[i].name, '.') == NULL)
            VDIB_TRY(check_weights(file, arrays[i].name, arrays[i].count));
    if (vdib__safetensors_find(file, "validation_pending") != NULL)
        VDIB_TRY(vdib__safetensors_check(file, "validation_pending", VDIB_DTYPE_U64, 1));
    if (vdib__safetensors_find(file, "initialised") != NULL)
        VDIB_TRY(vdib__safetensors_check(file, "initialised", VDIB_DTYPE_U64, 1));
    return VDIB_OK;
}

/* All or nothing: a checkpoint that is refused leaves the trainer as it was. */
static vdib_status load_all(vdib_trainer *trainer, vdib__file_lengths *lengths, const vdib__safetensors *file) {
    array arrays[MAX_ENTRIES];
    uint64_t counters[COUNTERS], bits[SCALARS];
    double *scalars[SCALARS];
    size_t count = list_arrays(trainer, arrays), scalar_count = list_scalars(trainer, scalars);
    VDIB_TRY(check_all(file, arrays, count, scalar_count));
    VDIB_TRY(vdib__safetensors_values(file, "counters", VDIB_DTYPE_U64, COUNTERS, counters));
    VDIB_TRY(vdib__safetensors_values(file, "scalars", VDIB_DTYPE_U64, scalar_count, bits));
    for (size_t i = 0; i < count; i++)
        VDIB_TRY(vdib__safetensors_values(file, arrays[i].name, VDIB_DTYPE_F32, arrays[i].count, arrays[i].values));
    trainer->validation_pending = vdib__safetensors_find(file, "validation_pending") != NULL;
    if (trainer->validation_pending)
        VDIB_TRY(vdib__safetensors_values(file, "validation_pending", VDIB_DTYPE_U64, 1, &trainer->step_began));
    spread_counters(trainer, lengths, counters);
    trainer->is_initialised = trainer->model->examples > 0 || vdib__safetensors_find(file, "initialised") != NULL;
    for (size_t i = 0; i < scalar_count; i++)
        memcpy(scalars[i], &bits[i], sizeof bits[i]);
    vdib__optimizer_loaded(&trainer->encoder);
    trainer->started = 0; /* the time so far is the checkpoint's */
    trainer->shown = 0;
    return VDIB_OK;
}

/* The course of the learning rates that the configuration leaves to the limit is the one that training began with. */
static vdib_status take_over_course(vdib_trainer *trainer, const vdib__safetensors *file) {
    vdib_config *config = NULL, *own = trainer->model->config;
    VDIB_TRY(config_of(file, &config));
    if (own->learning.decay_examples == 0)
        vdib__trainer_set_course(trainer, config->learning.warmup_examples, config->learning.decay_examples);
    vdib_config_destroy(config);
    vdib__updates_begin(trainer, 0);
    return VDIB_OK;
}

vdib_status vdib__checkpoint_load(vdib_trainer *trainer, bool forced, vdib__file_lengths *lengths, const char *path) {
    vdib__safetensors *file = NULL;
    VDIB_TRY(vdib__safetensors_open(path, &file));
    vdib_status status = forced ? check_version(file) : check_origin(trainer, file);
    if (status == VDIB_OK)
        status = vdib__release_explain(load_all(trainer, lengths, file), vdib__safetensors_metadata(file, RELEASE));
    if (status == VDIB_OK)
        status = take_over_course(trainer, file);
    vdib__safetensors_close(file);
    return status;
}

vdib_status vdib_trainer_checkpoint(const vdib_trainer *trainer, const char *path) {
    const vdib__file_lengths none = {0};
    VDIB_REQUIRE(trainer, path);
    if (trainer->divided[0].scattered || trainer->divided[1].scattered)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_trainer_checkpoint: the other ranks have a part of the state; all "
                                               "ranks call vdib_trainer_collect first");
    return vdib__checkpoint_save(trainer, &none, path);
}

vdib_status vdib_trainer_resume(vdib_trainer *trainer, const char *path) {
    vdib__file_lengths lengths;
    VDIB_REQUIRE(trainer, path);
    return vdib__checkpoint_load(trainer, false, &lengths, path);
}
