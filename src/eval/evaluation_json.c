/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/json.h"
#include "core/sized.h"
#include "model/model.h"
#include "vdib/evaluate.h"

/* Digits that tell apart figures of any two models, without the noise of the binary form. */
enum { DIGITS = 15 };

/* The real members in the order of the struct, which is that of the output. */
#define REAL_MEMBERS(X)                                                                                                \
    X(judge_accuracy)                                                                                                  \
    X(judge_accuracy_original)                                                                                         \
    X(accuracy)                                                                                                        \
    X(accuracy_standard_error)                                                                                         \
    X(mse)                                                                                                             \
    X(mse_standard_error)                                                                                              \
    X(constant_accuracy)                                                                                               \
    X(constant_mse)                                                                                                    \
    X(psnr)                                                                                                            \
    X(ssim)                                                                                                            \
    X(distortion_nats)                                                                                                 \
    X(distortion_nats_per_output)                                                                                      \
    X(rate_bits)                                                                                                       \
    X(rate_bits_sampled)                                                                                               \
    X(spikes_per_example)                                                                                              \
    X(spike_density)                                                                                                   \
    X(input_spikes_per_example)                                                                                        \
    X(synaptic_operations)                                                                                             \
    X(seconds)                                                                                                         \
    X(examples_per_second)

/* Adds a value, which is taken over; *good becomes false if it could not be made or added. */
static void put(json_t *object, const char *key, json_t *value, bool *good) {
    if (json_object_set_new(object, key, value) != 0)
        *good = false;
}

/* JSON has no NaN and no infinity: such a member is left out, but for the image metrics, which every object names. */
static void put_real(json_t *object, const char *key, double value, bool *good) {
    if (isfinite(value))
        put(object, key, json_real(value), good);
    else if (strcmp(key, "psnr") == 0 || strcmp(key, "ssim") == 0)
        put(object, key, json_null(), good);
}

static json_t *confusion_rows(const vdib_evaluation *evaluation, bool *good) {
    json_t *rows = json_array();
    for (size_t i = 0; i < evaluation->confusion_classes; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < evaluation->confusion_classes; j++)
            if (json_array_append_new(row, json_integer(evaluation->confusion[i][j])) != 0)
                *good = false;
        if (json_array_append_new(rows, row) != 0)
            *good = false;
    }
    return rows;
}

static json_t *evaluation_object(const vdib_evaluation *evaluation, const vdib_model *model, bool *good) {
    json_t *object = json_object();
    put(object, "experiment", json_string(model->config->experiment), good);
    put(object, "examples", json_integer((json_int_t)evaluation->examples), good);
    if (evaluation->steps > 0)
        put(object, "steps", json_integer((json_int_t)evaluation->steps), good);
#define PUT_MEMBER(name) put_real(object, #name, evaluation->name, good);
    REAL_MEMBERS(PUT_MEMBER)
#undef PUT_MEMBER
    put(object, "seed", json_integer((json_int_t)evaluation->seed), good);
    if (evaluation->confusion_classes > 0) {
        put(object, "confusion_classes", json_integer((json_int_t)evaluation->confusion_classes), good);
        put(object, "confusion", confusion_rows(evaluation, good), good);
    }
    return object;
}

vdib_status vdib_evaluation_json(const vdib_evaluation *given, const vdib_model *model, char **json) {
    vdib_evaluation used;
    VDIB_TRY(VDIB_SIZED_READ(vdib_evaluation, given, &used));
    const vdib_evaluation *evaluation = &used;
    if (evaluation->confusion_classes > VDIB_CONFUSION_CLASSES)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "confusion_classes is %zu; it is %d at most",
                          evaluation->confusion_classes, VDIB_CONFUSION_CLASSES);
    bool good = true;
    json_t *object = evaluation_object(evaluation, model, &good);
    char *text = good ? vdib__json_write(object, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(DIGITS)) : NULL;
    json_decref(object);
    if (text == NULL)
        return vdib__fail(VDIB_ERROR_MEMORY,
                          "the evaluation could not be written as JSON (out of memory, or 'experiment' is not UTF-8)");
    vdib_status status = vdib__strdup(text, json);
    free(text);
    return status;
}

void vdib_text_free(char *text) {
    vdib__free(text);
}
